# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurement: rounds in which every case has its turn, and a look at what each of them really did."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import typing as t
from dataclasses import dataclass

from ways import WAYS, Project, Run

SECONDS = 1800  # that a run may take
# Runs a command in a process so small that the peak memory (KiB) is the command's, and notes it after the seconds.
STOPWATCH = """
import json, resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.call(sys.argv[2:])
seconds = time.monotonic() - begin
with open(sys.argv[1], "w") as file:
    json.dump([round(seconds, 3), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss], file)
sys.exit(code)
"""

Took = t.List[float]
Samples = t.Dict[str, t.List[Took]]


class BenchError(Exception):
    """A way did not do its work: what it took says nothing, and the bench ends."""


@dataclass(frozen=True)
class Case:
    """A way, with so many jobs, in a cloud of ``ways.CLOUDS``; ``apart``: with a task for each job."""

    way: str
    jobs: int
    cloud: str = "far"
    apart: bool = False

    def __str__(self) -> str:
        return f"{self.way}, {self.jobs} jobs, {self.cloud}{', a task each' if self.apart else ''}"


CASES = (
    *(Case(way, 1) for way in WAYS),
    *(Case(way, 21, apart=True) for way in ("ping", "direct", "module", "uri")),
    *(Case(way, 100) for way in ("direct", "module", "uri", "sdk", "openstack", "requests")),
    *(Case(way, 1000) for way in ("direct", "module", "requests")),
    *(Case(way, jobs, "near") for jobs in (1000, 10000) for way in ("direct", "module", "requests")),
    Case("direct", 500, "throttled"),
)


def timed(run: Run, folder: pathlib.Path, limit: float = SECONDS) -> Took:
    """Run a command to its end; return the seconds, and the peak memory (KiB) of the largest of its processes.

    Raises :class:`BenchError` where it fails, takes too long, or does not say what it must.
    """
    command = [sys.executable, "-I", "-S", "-c", STOPWATCH, str(folder / "took"), *run.command]
    with (folder / "said").open("wb") as said:
        streams: t.Any = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
        with subprocess.Popen(command, env=run.environment, cwd=folder, start_new_session=True, **streams) as process:
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                raise BenchError(f"It took more than {limit:g} s.") from None
            finally:
                with contextlib.suppress(ProcessLookupError):  # the process, and what it started
                    os.killpg(process.pid, signal.SIGKILL)
    text = (folder / "said").read_text(encoding="utf-8", errors="replace")
    if code or run.says not in text:
        raise BenchError(f"Exit code {code}, and {run.says!r} must be in what it said: {text[-1500:]}")
    return t.cast("Took", json.loads((folder / "took").read_text(encoding="utf-8")))


def sample(case: Case, url: str, talkative: bool = False) -> Took:
    """Have a way delete jobs, and return what it took. Raises :class:`BenchError` where it did not do its work.

    :param talkative: have Ansible tell how it runs the tasks, and see that it is the way that is meant.
    """
    way, job_ids = WAYS[case.way], [str(number) for number in range(1, case.jobs + 1)]
    expected = case.jobs if way.deletes else 0
    project = Project(url, case.cloud, expected)
    with tempfile.TemporaryDirectory() as name:
        run = way.prepare(project, pathlib.Path(name), [[job_id] for job_id in job_ids] if case.apart else [job_ids])
        if talkative and way.mode:
            run = Run(run.command, {**run.environment, "ANSIBLE_VERBOSITY": "3"}, way.mode)
        try:
            took = timed(run, pathlib.Path(name))
        except BenchError as error:
            raise BenchError(f"{case}: {error}") from error
    left = len(project.control("GET", "jobs"))
    answers = [entry["status"] for entry in project.control("GET", "log") if entry["operation"] == "delete"]
    project.control("DELETE", "log")  # a simulator that grows would be slower for those who come later
    done, refused = answers.count(200), len(answers) - answers.count(200) - answers.count(429)  # 429: not done, and no failure
    if left or refused or done != expected:
        raise BenchError(f"{case}: {left} jobs are left; of {expected} DELETEs {done} were done, {refused} refused.")
    return took


def measure(cases: t.Sequence[Case], rounds: int, url: str, tell: t.Callable[[str], None]) -> Samples:
    """Return what every case took in each round; before that, every way has a run that does not count."""
    for case in {case.way: case for case in reversed(cases)}.values():
        sample(case, url, talkative=True)
    samples: Samples = {str(case): [] for case in cases}
    for number in range(1, rounds + 1):
        for case in cases:
            samples[str(case)].append(sample(case, url))
            tell(f"{number}/{rounds} {case}: {samples[str(case)][-1][0]:.2f} s, load average {os.getloadavg()[0]:.1f}")
    return samples
