# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever happens to a task, what it says is true: thousands of random schedules prove it against laws, random bytes the rest.

``world.py`` is the cloud and the way to it, ``evidence.py`` what its answers prove, ``laws.py`` what is promised. Here it is
counted how much was tried, and told at the end.
"""

from __future__ import annotations

import collections
import os
import pathlib
import sys
import tempfile
import typing as t

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "simulator"))
from ansible_collections.otc.modelarts.tests.fuzz.world import COUNTS

set_hypothesis_home_dir(tempfile.mkdtemp(prefix="fuzz-"))  # nothing is left in the folder of the sources
for variable in [name for name in os.environ if name.startswith("OS_")]:
    del os.environ[variable]  # no credentials but those of the tasks


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> t.Generator[None, None, None]:
    """Note with each test what it counted, so that the counts of all workers come together."""
    COUNTS.clear()
    try:
        return (yield)
    finally:
        item.user_properties.append(("fuzz", dict(COUNTS)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much was tried, and of what."""
    counts: t.Counter[str] = collections.Counter()
    for kind in ("passed", "failed"):
        for report in terminalreporter.stats.get(kind, []):
            for name, value in report.user_properties:
                if name == "fuzz":
                    counts.update(value)
    terminalreporter.section("fuzz")
    terminalreporter.write_line(", ".join(f"{name}: {number}" for name, number in sorted(counts.items())))
