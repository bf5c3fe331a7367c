# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for the clients that others wrote: its start, and one project of it."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

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

    def entry(self) -> t.Dict[str, t.Any]:
        """Return the project as an entry of clouds.yaml, with a password.

        It tells of CSS, as real clouds do: one of the commands asks for that service.
        """
        given = self.credentials
        auth = {name: given[name] for name in ("username", "password", "project_id", "user_domain_name")}
        own = {"auth_url": given["iam_url"], **auth}
        return {"auth": own, "region_name": given["region_name"], "css_endpoint_override": f"{given['url']}/css"}


@contextlib.contextmanager
def running(folder: pathlib.Path) -> t.Iterator[str]:
    """Start a simulator, give its URL, and end it."""
    ready = folder / "ready.json"
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


def project(url: str, settings: t.Optional[t.Dict[str, t.Any]] = None) -> Cloud:
    """Make a project in a running simulator."""
    answer = requests.post(f"{url}/_simulator/projects", json={"settings": settings or {}}, timeout=10)
    assert answer.status_code == 200, answer.text
    return Cloud(answer.json())


def clouds_yaml(folder: pathlib.Path, clouds: t.Mapping[str, Cloud]) -> pathlib.Path:
    """Write a clouds.yaml that names these projects, and return its path."""
    path = folder / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {name: cloud.entry() for name, cloud in clouds.items()}}), encoding="utf-8")
    return path


def environment(path: pathlib.Path) -> t.Dict[str, str]:
    """Return an environment that tells of this clouds.yaml, of no other cloud and of no proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**kept, "OS_CLIENT_CONFIG_FILE": str(path)}
