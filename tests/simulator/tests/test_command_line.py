# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program: its options, how it starts and ends, and that its page tells all that there is."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import typing as t

import pytest
import settings
import simulation
from conftest import SIMULATOR, Cloud, Json, command, connection
from faults import Fault

README = (SIMULATOR / "README.md").read_text(encoding="utf-8")


def ended(*options: str) -> t.Tuple[int, str]:
    """Run a simulator that ends by itself, and return what it returned and all that it said."""
    done = subprocess.run(command(*options), capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_ready_file_tells_all_that_a_client_needs(simulator: Json) -> None:
    assert isinstance(simulator["pid"], int)
    os.kill(simulator["pid"], 0)
    cloud = Cloud(simulator)
    assert cloud.ask("GET").status_code == 200
    assert cloud.ask_signed().status_code == 200


def test_options_set_the_first_project_up() -> None:
    options = ("--jobs", "3", "--latency-ms", "1.5", "--setting", "list_cap=2", "--setting", "missing_job=html404")
    with simulation.started(*options) as credentials:
        cloud = Cloud(credentials)
        own = cloud.control("GET", "settings").json()
        answer = cloud.ask("GET", "?per_page=100").json()
    assert (own["latency_ms"], own["list_cap"], own["missing_job"]) == (1.5, 2, "html404")
    assert (answer["job_total_count"], len(answer["jobs"])) == (3, 2)
    assert {job["status"] for job in answer["jobs"]} == {8}


def test_a_keystone_that_knows_the_tokens_takes_the_place_of_iam(cloud: Cloud) -> None:
    with simulation.started("--keystone", cloud.credentials["iam_url"]) as other:
        url = f"{other['url']}{cloud.path()}"
        answers = [connection().get(url, headers={"X-Auth-Token": token}, timeout=10) for token in (cloud.token(), "unknown")]
    assert (answers[0].status_code, answers[0].json()["job_total_count"]) == (200, 0)
    assert (answers[1].status_code, answers[1].json()["error_code"]) == (401, "APIGW.0307")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--host", "0.0.0.0"], "only a loopback address"),
        (["--host", "192.0.2.1"], "only a loopback address"),
        (["--host", "::"], "only a loopback address"),
        (["--setting", "no_such=1"], "no such setting: no_such"),
        (["--port", "many"], "invalid int value"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_it_listens(options: t.List[str], why: str) -> None:
    code, said = ended(*options)
    assert code != 0
    assert why in said
    assert "Traceback" not in said


def test_help_names_every_setting() -> None:
    code, said = ended("--help")
    assert code == 0
    assert [name for name in settings.KNOWN if name not in said] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_how_to_use_it_and_ends_when_told_to(number: signal.Signals) -> None:
    with subprocess.Popen(command(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        said = first + "".join(iter(process.stdout.readline, "Its settings, jobs, faults and log are under /_simulator.\n"))
        assert connection().get(first.split()[4].rstrip("."), timeout=10).status_code == 300
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
    assert re.fullmatch(r"The simulator listens on http://127\.0\.0\.1:\d+\. Stop it with Ctrl-C\.\n", first)
    for name in ("OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_USER_DOMAIN_NAME", "OS_PROJECT_ID", "OS_ACCESS_KEY"):
        assert f"export {name}=" in said


def test_it_ends_when_the_process_it_belongs_to_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait(timeout=30)
    assert ended("--parent-pid", str(gone.pid))[0] == 0


# --- the page ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", settings.KNOWN)
def test_the_page_tells_every_setting_with_what_it_is_at_first(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| `(.*?)` \|", README, re.MULTILINE)
    assert row is not None
    assert row[1] == json.dumps(settings.KNOWN[name][0])


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(Fault) if one.name != "seen"])
def test_the_page_tells_every_field_of_a_fault(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \|", README, re.MULTILINE)
