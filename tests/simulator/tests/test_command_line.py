# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program: its options, how it starts and ends, and that its page tells all that there is."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import typing as t

import pytest
import settings
import simulation
from conftest import SIMULATOR, Cloud, told
from faults import Fault

PROGRAM = runpy.run_path(str(SIMULATOR / "__main__.py"))
README = (SIMULATOR / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        *((["--host", host], "only a loopback address") for host in ("0.0.0.0", "192.0.2.1", "::")),
        (["--setting", "no_such=1"], "no such setting: no_such"),
        (["--port", "many"], "invalid int value"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], options: t.List[str], why: str) -> None:
    with pytest.raises(SystemExit) as caught:
        PROGRAM["settings_given"](PROGRAM["parser"]().parse_args(options))
    assert caught.value.code
    assert why in f"{caught.value} {capsys.readouterr().err}"


def test_help_names_every_setting() -> None:
    assert [name for name in settings.KNOWN if name not in PROGRAM["parser"]().format_help()] == []


def test_it_is_set_up_by_options_tells_how_to_use_it_and_ends_when_told_to(cloud: Cloud) -> None:
    own = ("--jobs", "3", "--latency-ms", "1.5", "--setting", "list_cap=2", "--setting", "missing_job=html404")
    command = [sys.executable, str(SIMULATOR), *own, "--keystone", cloud.credentials["iam_url"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = "".join(iter(process.stdout.readline, "Its settings, jobs, faults and log are under /_simulator.\n"))
        url = said.split()[4].rstrip(".")
        first = Cloud(simulation.ask("GET", f"{url}/_simulator/credentials").json())
        by_key = first.ask("GET", "?per_page=100", headers=first.signed("GET", f"{first.jobs_url}?per_page=100")).json()
        changed = first.control("GET", "settings")
        # Here the first simulator is the Keystone, which knows a token and its project.
        by_token = [
            first.session.get(f"{url}{cloud.jobs_url[len(cloud.url) :]}", headers={"X-Auth-Token": token}, timeout=10)
            for token in (cloud.own_token, "unknown")
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert (by_key["job_total_count"], [job["status"] for job in by_key["jobs"]]) == (3, [8, 8])
    assert changed == {**settings.defaults(), "latency_ms": 1.5, "list_cap": 2, "missing_job": "html404"}
    assert (by_token[0].status_code, by_token[0].json()["job_total_count"]) == (200, 0)
    assert told(by_token[1]) == (401, "APIGW.0307")
    assert re.match(r"The simulator listens on http://127\.0\.0\.1:\d+\. Stop it with Ctrl-C\.\n", said)
    exported = dict(re.findall(r"export (\w+)=(\S+)", said))
    names = ("iam_url", "username", "password", "user_domain_name", "project_id", "access_key", "secret_key", "endpoint")
    assert sorted(exported.values()) == sorted(first.credentials[name] for name in names)


def test_it_ends_at_ctrl_c_too() -> None:
    async def told() -> None:
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        await PROGRAM["until_told_to_end"](None)

    asyncio.run(told())


def test_it_ends_when_the_process_it_belongs_to_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait(timeout=30)
    command = [sys.executable, str(SIMULATOR), "--parent-pid", str(gone.pid)]
    assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


def test_the_page_tells_every_setting_with_what_it_is_at_first_and_every_field_of_a_fault() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", README, re.MULTILINE))
    assert rows == {name: json.dumps(value) for name, (value, dummy) in settings.KNOWN.items()}
    fields = {one.name for one in dataclasses.fields(Fault)} - {"seen"}
    assert fields <= set(re.findall(r"`(\w+)`", README.partition("## Faults")[2].partition("```")[0]))
