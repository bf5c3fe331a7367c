# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for the clients that others wrote, with a project of its own for each test."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

import pytest
import requests

SIMULATOR = pathlib.Path(__file__).resolve().parents[1] / "simulator"
START_SECONDS = 30


class Cloud:
    """One project of the simulator."""

    def __init__(self, credentials: t.Dict[str, t.Any]) -> None:
        self.credentials = credentials
        self.jobs_url = f"{credentials['endpoint']}/v1/{credentials['project_id']}/visualization-jobs"

    def control(self, method: str, what: str, body: t.Any = None) -> t.Any:
        """Use one of the simulator's controls."""
        query = {"project": self.credentials["project_id"]}
        answer = requests.request(method, f"{self.credentials['url']}/_simulator/{what}", params=query, json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def add(self, **fields: t.Any) -> str:
        """Put a job there, and return its id."""
        return str(self.control("POST", "jobs", fields)["job_id"])

    def statuses(self) -> t.Dict[str, int]:
        """Return the status of each job that is really there."""
        return {job["job_id"]: job["status"] for job in self.control("GET", "jobs")}

    def operations(self) -> t.List[str]:
        """Return what was asked for, in order, but for what IAM was asked."""
        entries = self.control("GET", "log")
        return [entry["operation"] for entry in entries if entry["operation"] not in ("token", "version")]


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[str]:
    """The URL of a running simulator."""
    ready = tmp_path_factory.mktemp("simulator") / "ready.json"
    command = [sys.executable, str(SIMULATOR), "--ready-file", str(ready), "--parent-pid", str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + START_SECONDS
            while not ready.exists():
                assert process.poll() is None, "the simulator ended"
                assert time.monotonic() < end, "the simulator does not start"
                time.sleep(0.02)
            yield json.loads(ready.read_text(encoding="utf-8"))["url"]
        finally:
            process.terminate()


@pytest.fixture
def cloud(simulator: str, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A project, and nothing in the environment that tells of another cloud or of a proxy."""
    for name in list(os.environ):
        if name.startswith("OS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    answer = requests.post(f"{simulator}/_simulator/projects", json={}, timeout=10)
    assert answer.status_code == 200, answer.text
    return Cloud(answer.json())
