# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated cloud that is measured against: its start, a project for each run, and what was asked of it."""

from __future__ import annotations

import collections
import contextlib
import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
from urllib.parse import urlsplit

import requests

SIMULATOR = pathlib.Path(__file__).resolve().parents[1] / "simulator"
START_SECONDS = 30
CONTROL_SECONDS = 60


class BenchError(Exception):
    """The measurement cannot be trusted, or must not be made; the bench ends."""


def checked(url: str) -> str:
    """Return a URL whose host is a loopback address. Raises :class:`BenchError` for any other."""
    try:
        on_loopback = ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        on_loopback = urlsplit(url).hostname == "localhost"
    if not on_loopback:
        raise BenchError(f"{url} is not on loopback: the bench deletes jobs, and does so only in the simulator.")
    return url


class Project:
    """A project of the simulator with jobs 1 to ``jobs`` in it, for one run."""

    def __init__(self, url: str, latency_ms: int, jobs: int) -> None:
        self._url = checked(url)
        settings = {"latency_ms": latency_ms, "delete_seconds": 0}
        self.credentials: dict[str, t.Any] = {}
        self.credentials = self.control("POST", "projects", {"settings": settings})
        for name in ("url", "endpoint", "iam_url"):
            checked(self.credentials[name])
        self.job_ids = [str(number) for number in range(1, jobs + 1)]
        self.control("POST", "jobs", [{"job_id": job_id} for job_id in self.job_ids])
        self.jobs_url = f"{self.credentials['endpoint']}/v1/{self.credentials['project_id']}/visualization-jobs"

    def control(self, method: str, what: str, body: t.Any = None) -> t.Any:
        """Use one of the simulator's controls."""
        query = {"project": self.credentials["project_id"]} if self.credentials else {}
        url = f"{self._url}/_simulator/{what}"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, params=query, json=body, timeout=CONTROL_SECONDS)
        if answer.status_code != 200:
            raise BenchError(f"The simulator refused {method} {what}: {answer.text[:300]}")
        return answer.json()

    def token(self) -> str:
        """Fetch a token by password, which does not count."""
        given = self.credentials
        user = {"name": given["username"], "password": given["password"], "domain": {"name": given["user_domain_name"]}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": {"id": given["project_id"]}}}}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(f"{given['iam_url']}/auth/tokens", json=body, timeout=CONTROL_SECONDS)
        if answer.status_code != 201:
            raise BenchError(f"The simulator gave no token: {answer.text[:300]}")
        self.control("DELETE", "log")
        return str(answer.headers["X-Subject-Token"])

    def left(self) -> list[str]:
        """Return the ids of the jobs that are really there."""
        return [job["job_id"] for job in self.control("GET", "jobs")]

    def traffic(self) -> dict[str, t.Any]:
        """Return what the log tells of the requests: by operation, the bytes of their bodies, and the connections."""
        log = self.control("GET", "log")
        operations = collections.Counter(entry["operation"] or "other" for entry in log)
        return {
            "requests": len(log),
            "operations": dict(sorted(operations.items())),
            "deleted": sum(entry["operation"] == "delete" and entry["status"] == 200 for entry in log),
            "bytes_sent": sum(entry["bytes_in"] for entry in log),
            "bytes_received": sum(entry["bytes_out"] for entry in log),
            "connections": len({entry["connection"] for entry in log}),
        }


@contextlib.contextmanager
def running(folder: pathlib.Path) -> t.Iterator[str]:
    """Start a simulator, give its URL, and end it."""
    ready = folder / "ready.json"
    command = [sys.executable, str(SIMULATOR), "--ready-file", str(ready), "--parent-pid", str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + START_SECONDS
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > end:
                    raise BenchError("The simulator did not start.")
                time.sleep(0.02)
            yield checked(json.loads(ready.read_text(encoding="utf-8"))["url"])
        finally:
            process.terminate()
