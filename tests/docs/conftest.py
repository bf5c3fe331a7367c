# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for each example."""

from __future__ import annotations

import pathlib
import sys
import time
import typing as t

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import demo
import simulation

MONTHS = 60 * 24 * 3600 * 1000  # two of them, in milliseconds
MINUTE = 60 * 1000
# The jobs that the examples speak of.
JOBS: t.Tuple[t.Dict[str, t.Any], ...] = (
    {"job_id": "8992", "job_name": "night-run", "status": 8, "train_url": "/bucket/logs/"},
    {"job_id": "8993", "job_name": "day-run", "status": 8},
    {"job_id": "8994", "job_name": "experiment-1", "status": 11},
    {"job_id": "8995", "job_name": "experiment-2", "status": 10},
    {"job_id": "8996", "job_name": "forgotten", "status": 8},
)
# Jobs that no example is about: young, with other names, running and stopped.
OTHERS: t.Tuple[t.Dict[str, t.Any], ...] = (
    {"job_id": "1", "job_name": "night-shift", "status": 8},
    {"job_id": "2", "job_name": "my-experiment", "status": 8},
    {"job_id": "3", "job_name": "demo-night", "status": 8},
    {"job_id": "4", "job_name": "done", "status": 12},
)
SETTINGS = {"delete_seconds": 0.2, "stop_seconds": 0.2, "start_seconds": 0.2}


class Cloud(simulation.Project):
    """A project of the simulator with the jobs of the examples, and others.

    There is no room for one more, so that the example about that has something to do.
    """

    def __init__(self, url: str) -> None:
        super().__init__(simulation.new_project(url, **SETTINGS, job_count_limit=len(JOBS) + len(OTHERS)))
        now = int(time.time() * 1000)
        self.control("POST", "jobs", [{"create_time": now - MONTHS, **job} for job in JOBS])
        self.control("POST", "jobs", [{"create_time": now - MINUTE, **job} for job in OTHERS])

    def jobs(self) -> t.Dict[str, t.Tuple[t.Any, ...]]:
        """Return what there is to say of the jobs that are there, by their ids."""
        told = ("job_name", "job_desc", "status", "train_url", "create_time")
        return {str(job["job_id"]): tuple(job.get(name) for name in told) for job in self.control("GET", "jobs")}

    def others(self) -> t.Dict[str, t.Tuple[t.Any, ...]]:
        """Return the same of the jobs that no example is about."""
        return {one: told for one, told in self.jobs().items() if one in {job["job_id"] for job in OTHERS}}

    def operations(self) -> t.Set[str]:
        """Return the calls that succeeded."""
        return {entry["operation"] for entry in self.control("GET", "log") if entry["status"] < 300}


@pytest.fixture(scope="session")
def simulator() -> t.Iterator[str]:
    """The URL of a running simulator."""
    with simulation.started() as credentials:
        yield str(credentials["url"])


@pytest.fixture
def cloud(simulator: str) -> Cloud:
    """A project of its own."""
    return Cloud(simulator)


@pytest.fixture
def environ(cloud: Cloud, tmp_path: pathlib.Path) -> t.Dict[str, str]:
    """The environment of a user of this cloud, in which the collection is found."""
    return demo.environment(cloud, tmp_path)
