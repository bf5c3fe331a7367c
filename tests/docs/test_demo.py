# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo leaves the jobs of others alone, and nothing of its own."""

from __future__ import annotations

import pathlib
import subprocess

import demo
from conftest import Cloud


def test_the_demo_touches_only_what_it_has_made_itself(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    before = cloud.jobs()
    assert "demo-night" in {name for name, *dummy in before.values()}
    cloud.control("PATCH", "settings", {"delete_refused_at": [8, 9], "job_count_limit": 2 * len(before)})
    environ = demo.environment(cloud, tmp_path)
    done = subprocess.run(["ansible-playbook", "otc.modelarts.demo"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert cloud.jobs() == before
    assert {"create", "stop", "delete"} <= cloud.operations()
