# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated cloud that is measured against: a project for each run, and what was asked of it."""

from __future__ import annotations

import collections
import ipaddress
import pathlib
import sys
import typing as t
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import simulation


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


class Project(simulation.Project):
    """A project of the simulator with jobs 1 to ``jobs`` in it, for one run."""

    def __init__(self, url: str, latency_ms: int, jobs: int) -> None:
        super().__init__(simulation.new_project(checked(url), latency_ms=latency_ms, delete_seconds=0))
        for name in ("url", "endpoint", "iam_url"):
            checked(self.credentials[name])
        self.job_ids = [str(number) for number in range(1, jobs + 1)]
        self.control("POST", "jobs", [{"job_id": job_id} for job_id in self.job_ids])
        self.jobs_url = f"{self.credentials['endpoint']}/v1/{self.credentials['project_id']}/visualization-jobs"

    def token(self) -> str:
        """Fetch a token, which does not count."""
        token = super().token()
        self.control("DELETE", "log")
        return token

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
