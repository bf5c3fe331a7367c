# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurement: rounds in which every way has its turn, and a look at what each of them really did."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import typing as t
from dataclasses import dataclass

from loopback import BenchError, Project
from ways import FEW, OFTEN, Run, Way

Sample = t.Dict[str, t.Any]


@dataclass(frozen=True)
class Plan:
    """What is measured, how often, and how long all of it may take at most."""

    ways: t.Sequence[Way]
    repetitions: int
    quick: bool
    latency_ms: int
    end: float  # on the monotonic clock

    def rounds(self) -> list[list[tuple[Way, int]]]:
        """Return who has a turn in which round, with how many jobs: each round begins with another."""
        rounds = []
        for number in range(self.repetitions):
            turns = [(way, size) for way in self.ways for size in (way.quick_sizes if self.quick else way.sizes)]
            turns = [(way, size) for way, size in turns if number < min(way.repetitions, FEW.get((way.name, size), number + 1))]
            if not self.quick:
                turns += [turn for again in (2, 3) for turn in turns if again <= OFTEN.get((turn[0].name, turn[1]), 1)]
            first = number * 5 % len(turns) if turns else 0
            rounds.append(turns[first:] + turns[:first])
        return rounds


def timed(run: Run, folder: pathlib.Path, end: float) -> float:
    """Run a command to its end and return the seconds. Raises :class:`BenchError` where it fails or takes too long."""
    said, late = folder / "said", threading.Event()

    def end_all() -> None:
        with contextlib.suppress(ProcessLookupError):  # the process, and what it started
            os.killpg(process.pid, signal.SIGKILL)

    def give_up() -> None:
        late.set()
        end_all()

    with said.open("wb") as file:
        options: dict[str, t.Any] = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file, "start_new_session": True}
        begin = time.monotonic()
        with subprocess.Popen(run.command, env=run.environment, cwd=folder, **options) as process:
            # Not the timeout of wait(), which looks every 50 ms only.
            timer = threading.Timer(max(0.0, end - begin), give_up)
            try:
                timer.start()
                code = process.wait()
                seconds = time.monotonic() - begin
            finally:
                timer.cancel()
                end_all()
    if late.is_set():
        raise BenchError("The time limit of the bench is over.")
    if code:
        raise BenchError(f"exit code {code}: {said.read_text(encoding='utf-8', errors='replace')[-1500:]}")
    return seconds


def sampled(way: Way, size: int, url: str, latency_ms: int, end: float) -> Sample:
    """Have a way delete jobs, and return what it took. Raises :class:`BenchError` where it did not do its work."""
    project = Project(url, latency_ms, size)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "run").mkdir()
        try:
            seconds = timed(way.prepare(project, folder / "run"), folder / "run", end)
        except BenchError as error:
            raise BenchError(f"{way.label}, {size} jobs: {error}") from error
        left, traffic = project.left(), project.traffic()
        if left or traffic["deleted"] != size:
            told = f"{len(left)} of {size} jobs are left ({', '.join(left[:5])}), {traffic['deleted']} were deleted"
            raise BenchError(f"{way.label} did not do its work: {told}.")
        sample: Sample = {"way": way.name, "jobs": size, "seconds": round(seconds, 4), **traffic}
        if way.name == "requests":
            sample["inner_seconds"] = round(float((folder / "run" / "seconds").read_text(encoding="utf-8")), 4)
        if way.name == "memory":
            sample["peak_kib"] = max(int(line) for line in (folder / "run" / "peak").read_text(encoding="utf-8").split())
    return sample


def measure(plan: Plan, url: str, tell: t.Callable[[str], None]) -> list[Sample]:
    """Return the samples of all rounds; before them, every way has a run that does not count."""
    for way in plan.ways:
        sampled(way, min(way.sizes), url, plan.latency_ms, plan.end)
    samples = []
    for number, turns in enumerate(plan.rounds(), 1):
        for way, size in turns:
            sample = sampled(way, size, url, plan.latency_ms, plan.end)
            samples.append(sample)
            tell(f"{number}/{plan.repetitions} {way.label}, {size}: {sample['seconds']:.2f} s")
    return samples
