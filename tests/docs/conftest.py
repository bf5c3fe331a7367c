# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for each example."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time
import typing as t

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import demo

MONTHS = 60 * 24 * 3600 * 1000  # two of them, in milliseconds
# The jobs that the examples speak of. There is no room for another, so that the example about that has something to do.
JOBS: t.Tuple[t.Dict[str, t.Any], ...] = (
    {"job_id": "8992", "job_name": "night-run", "status": 8, "train_url": "/bucket/logs/"},
    {"job_id": "8993", "job_name": "day-run", "status": 8},
    {"job_id": "8994", "job_name": "experiment-1", "status": 11},
    {"job_id": "8995", "job_name": "experiment-2", "status": 10},
    {"job_id": "8996", "job_name": "forgotten", "status": 8},
)
SETTINGS = {"delete_seconds": 0.2, "stop_seconds": 0.2, "start_seconds": 0.2, "job_count_limit": len(JOBS)}


class Cloud:
    """A project of the simulator with the jobs that the examples speak of, two months old."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.credentials: t.Dict[str, t.Any] = {}
        self.credentials = self._control("POST", "projects", {"settings": SETTINGS})
        created = int(time.time() * 1000) - MONTHS
        self._control("POST", "jobs", [{"create_time": created, **job} for job in JOBS])

    def _control(self, method: str, what: str, body: t.Any = None) -> t.Any:
        project = {"project": self.credentials["project_id"]} if self.credentials else {}
        answer = requests.request(method, f"{self._url}/_simulator/{what}", params=project, json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def operations(self) -> t.Set[str]:
        """Return the calls that succeeded."""
        return {entry["operation"] for entry in self._control("GET", "log") if entry["status"] < 300}

    def token(self) -> str:
        """Fetch a token."""
        given = self.credentials
        user = {"name": given["username"], "password": given["password"], "domain": {"name": given["user_domain_name"]}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": {"id": given["project_id"]}}}}
        return requests.post(f"{given['iam_url']}/auth/tokens", json=body, timeout=10).headers["X-Subject-Token"]


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[str]:
    """The URL of a running simulator."""
    ready = tmp_path_factory.mktemp("simulator") / "ready.json"
    command = [sys.executable, str(ROOT / "tests" / "simulator"), "--ready-file", str(ready), "--parent-pid", str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield str(demo.wait_for(ready, process)["url"])
        finally:
            process.terminate()


@pytest.fixture
def cloud(simulator: str) -> Cloud:
    """A project of its own."""
    return Cloud(simulator)


@pytest.fixture
def environ(cloud: Cloud, tmp_path: pathlib.Path) -> t.Dict[str, str]:
    """The environment of a user of this cloud, in which the collection is found."""
    own: t.Dict[str, str] = demo.environment(cloud.credentials, tmp_path)
    return own
