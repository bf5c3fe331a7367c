# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From samples to figures: medians, spreads, and the goals as ratios. Pure."""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass

Sample = t.Dict[str, t.Any]
Key = t.Tuple[str, int]


@dataclass(frozen=True)
class Spread:
    """Repeated measurements of the same."""

    median: float
    least: float
    most: float
    count: int


@dataclass(frozen=True)
class Goal:
    """A promise about cost. ``value`` is ``None`` where it was not measured; ``aim``: at most, or at least, ``limit``."""

    title: str
    computed: str
    aim: str
    limit: float
    value: t.Optional[float]

    @property
    def met(self) -> t.Optional[bool]:
        """Tell whether it was reached; ``None`` where it was not measured."""
        if self.value is None:
            return None
        return {"<=": self.value <= self.limit, ">=": self.value >= self.limit, "=": self.value == self.limit}[self.aim]

    @property
    def verdict(self) -> str:
        return {True: "met", False: "not met", None: "not measured"}[self.met]


def spread(values: t.Sequence[float]) -> Spread:
    """Return median, minimum and maximum."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


class Figures:
    """What the samples say, by way and number of jobs."""

    def __init__(self, samples: t.Sequence[Sample]) -> None:
        self._samples: t.Dict[Key, t.List[Sample]] = {}
        for sample in samples:
            self._samples.setdefault((sample["way"], sample["jobs"]), []).append(sample)

    def sizes(self, way: str) -> list[int]:
        """Return with how many jobs a way was measured."""
        return sorted(jobs for name, jobs in self._samples if name == way)

    def samples(self, way: str, jobs: int) -> list[Sample]:
        """Return the samples of a way with so many jobs; none where it was not measured."""
        return self._samples.get((way, jobs), [])

    def seconds(self, way: str, jobs: int) -> t.Optional[Spread]:
        """Return the seconds of a way: those of the whole process, but for what notes its own."""
        found: list[float] = [
            sample["inner_seconds" if "inner_seconds" in sample else "seconds"] for sample in self.samples(way, jobs)
        ]
        return spread(found) if found else None

    def peak_mib(self, jobs: int) -> t.Optional[Spread]:
        """Return the peak memory of our module, in MiB."""
        found = [sample["peak_kib"] / 1024 for sample in self.samples("memory", jobs)]
        return spread(found) if found else None

    def median(self, way: str, jobs: int) -> t.Optional[float]:
        """Return the median of the seconds."""
        found = self.seconds(way, jobs)
        return found.median if found else None

    def one_task(self, way: str) -> t.Optional[float]:
        """Return the seconds of one of several equal tasks in a play, without the play itself."""
        sizes = self.sizes(f"{way}_tasks")
        if not sizes:
            return None
        beyond = difference(self.median(f"{way}_tasks", sizes[-1]), self.median("empty", 0))
        return None if beyond is None else beyond / sizes[-1]

    def only_task(self, way: str) -> t.Optional[float]:
        """Return the seconds of a play with one task, less those of an empty play."""
        return difference(self.median(way, 1), self.median("empty", 0))

    def surplus_requests(self) -> t.Optional[int]:
        """Return the requests of our module for many jobs beyond one DELETE each and the pages of the list, at worst."""
        found = [
            abs(sample["requests"] - sample["jobs"] - sample["operations"].get("list", 0))
            for (way, jobs), samples in self._samples.items()
            for sample in samples
            if way == "module" and jobs > 1
        ]
        return max(found) if found else None

    def goals(self) -> list[Goal]:
        """Return the goals with what was measured."""
        peak_one, peak_thousand = self.peak_mib(1), self.peak_mib(1000)
        module, uri, network = "otc.modelarts", "uri", "bare requests"
        return [
            Goal(
                "One delete costs little more than one uri task.",
                f"one of several equal tasks: {module} over {uri}",
                "<=",
                1.2,
                ratio(self.one_task("module"), self.one_task("uri")),
            ),
            Goal(
                "The same, with a play that has only that task.",
                f"(play with one task - empty play): {module} over {uri}",
                "<=",
                1.2,
                ratio(self.only_task("module"), self.only_task("uri")),
            ),
            Goal(
                "One delete is cheaper than the same with the SDK.",
                f"one of several equal tasks: {module} over a task that runs the SDK script",
                "<=",
                0.5,
                ratio(self.one_task("module"), self.one_task("sdk")),
            ),
            Goal(
                "The same, where only we pay for Ansible.",
                f"one of several equal tasks with {module}, over the SDK script outside of Ansible",
                "<=",
                0.5,
                ratio(self.one_task("module"), self.median("sdk", 1)),
            ),
            Goal(
                "100 jobs in one task are much faster than a loop.",
                f"{uri} loop over {module}, 100 jobs, whole plays",
                ">=",
                40,
                ratio(self.median("uri", 100), self.median("module", 100)),
            ),
            Goal(
                "The same, without the start of Ansible.",
                f"(play - empty play): {uri} loop over {module}, 100 jobs",
                ">=",
                40,
                ratio(
                    difference(self.median("uri", 100), self.median("empty", 0)),
                    difference(self.median("module", 100), self.median("empty", 0)),
                ),
            ),
            Goal(
                "More jobs cost hardly more than the network does.",
                f"{module} (100 jobs - 1 job), over {network} with 100 jobs",
                "<=",
                1.3,
                ratio(difference(self.median("module", 100), self.median("module", 1)), self.median("requests", 100)),
            ),
            Goal(
                "Time grows with the number of jobs, not faster.",
                f"{module}: 1,000 jobs over 100 jobs",
                "<=",
                11,
                ratio(self.median("module", 1000), self.median("module", 100)),
            ),
            Goal(
                "Memory hardly grows.",
                f"peak memory of the module: {module}, 1,000 jobs over 1 job",
                "<=",
                1.3,
                ratio(peak_thousand.median if peak_thousand else None, peak_one.median if peak_one else None),
            ),
            Goal(
                "No request too many.",
                "requests for N jobs that exist, without waiting, less N and the pages of the list; the worst of all runs",
                "=",
                0,
                self.surplus_requests(),
            ),
        ]


def difference(one: t.Optional[float], other: t.Optional[float]) -> t.Optional[float]:
    """Return how much larger the one is; ``None`` where it is not, for then the measurement says nothing."""
    return None if one is None or other is None or one <= other else one - other


def ratio(one: t.Optional[float], other: t.Optional[float]) -> t.Optional[float]:
    """Return the quotient; ``None`` where a part of it is missing."""
    return None if one is None or not other else one / other
