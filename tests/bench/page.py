# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was measured to what people read: the goals, the page of the guide, and the plot."""

from __future__ import annotations

import io
import math
import pathlib
import statistics
import textwrap
import typing as t
from dataclasses import dataclass

from measuring import CASES, Case, Samples
from ways import ALLOWED, CONCURRENCY, LATENCY_MS, WAYS

PAGE = pathlib.Path(__file__).with_name("speed.rst.in")
BUSY = """
The machine was busy with other work while this was measured: its load average was {:.1f} before the first round, and up to {:.1f}
later on, of which the measurement itself makes about 2. Take the ratios with care, and the milliseconds with more.
"""
COLUMNS: dict[str, t.Any] = {  # of the table: the cases without their way
    "1 job": (1,),
    "21 jobs, a task each": (21, "far", True),
    "100 jobs": (100,),
    "1,000 jobs": (1000,),
    "1,000 jobs, no latency": (1000, "near"),
    "10,000 jobs, no latency": (10000, "near"),
}


@dataclass(frozen=True)
class Goal:
    """A promise about cost, what was measured of it, and its limit. ``aim``: ``at most`` or ``at least``."""

    title: str
    value: float
    aim: str
    limit: float
    unit: str = ""

    def row(self) -> list[str]:
        """Return the goal as words: what, wanted, measured, and whether it was met."""
        wanted = f"{self.aim} {self.limit:g}{self.unit}"
        if math.isnan(self.value):
            return [self.title, wanted, "lost in the noise", "unknown"]
        met = self.value <= self.limit if self.aim == "at most" else self.value >= self.limit
        value = f"{self.value:.{0 if self.value >= 20 else 2}f}{self.unit}"
        return [self.title, wanted, value, "met" if met else "missed"]


def beyond(one: float, other: float) -> float:
    """Return how much larger the one is; where it is not, the difference says nothing, nor does what is made of it."""
    return one - other if one > other else math.nan


def goals(samples: Samples) -> list[Goal]:
    """Return the goals, with what was measured."""

    def median(*case: t.Any, which: int = 0) -> float:
        return statistics.median(took[which] for took in samples[str(Case(*case))])

    one = {way: beyond(median(way, 21, "far", True), median(way, 1)) / 20 for way in ("direct", "module", "uri", "ping")}
    empty, uri, direct, at_least, at_most = median("empty", 1), median("uri", 100), median("direct", 100), "at least", "at most"
    growth = median("direct", 10000, "near") / median("direct", 1000, "near")
    memory = median("direct", 10000, "near", which=1) / median("direct", 1, which=1)
    limited, thousand = median("direct", 500, "throttled") / (500 / ALLOWED), median("direct", 1000) / median("requests", 1000)
    loop = beyond(uri, empty) / beyond(direct, empty)
    return [
        Goal(
            "One more deletion in a play that runs anyway, over one more ``uri`` task", one["direct"] / one["uri"], at_most, 0.3
        ),
        Goal(
            "The same, beyond the two answers that it waits for", beyond(one["direct"] * 1000, 2 * LATENCY_MS), at_most, 40, " ms"
        ),
        Goal("The same as an ordinary module, over one more ``uri`` task", one["module"] / one["uri"], at_most, 1.2),
        Goal("One more deletion, over one more ``ping`` task, which does nothing", one["direct"] / one["ping"], at_most, 0.45),
        Goal("100 jobs: a ``uri`` loop over one task of this collection, whole plays", uri / direct, at_least, 35),
        Goal("The same, both less a play without tasks", loop, at_least, 80),
        Goal("1,000 jobs: the whole play over the script with ``requests``", thousand, at_most, 1.3),
        Goal("10,000 jobs over 1,000, without latency", growth, at_most, 11),
        Goal("Peak memory: 10,000 jobs over one", memory, at_most, 2),
        Goal(f"500 jobs where {ALLOWED} requests a second are allowed, over the least time, none failed", limited, at_most, 1.4),
    ]


def table(rows: list[list[str]]) -> str:
    """Return a list-table."""
    cells = [f"{'     - ' if number else '   * - '}{cell or chr(92)}" for row in rows for number, cell in enumerate(row)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *cells])


def shown(found: t.Sequence[float]) -> str:
    """Return the median of some seconds, with the least and the most of them; nothing where there are none."""
    return f"{statistics.median(found):.2f} ({min(found):.2f} - {max(found):.2f})" if found else ""


def rst(results: dict[str, t.Any]) -> str:
    """Return the page of the guide."""
    samples, loads = results["samples"], results["loads"]
    cases = {name: [Case(name, *column) for column in COLUMNS.values()] for name in WAYS}
    seconds = {name: [shown([took[0] for took in samples.get(str(case), [])]) for case in row] for name, row in cases.items()}
    peaks = [[took[1] for took in samples[str(case)]] for case in (Case("direct", 1), Case("direct", 10000, "near"))]
    machine = [f"{name}: {value}" for name, value in results["machine"].items()]
    return PAGE.read_text(encoding="utf-8").format(
        latency=LATENCY_MS,
        concurrency=CONCURRENCY,
        rounds=results["rounds"],
        goals=table([["what", "wanted", "measured", ""], *(goal.row() for goal in goals(samples))]),
        seconds=table([["way", *COLUMNS], *([WAYS[name].label, *row] for name, row in seconds.items())]),
        busy=BUSY.format(*loads) if loads[0] > 1 or loads[1] > 3 else "",
        memory="{:.0f} MiB with one job and {:.0f} MiB with 10,000".format(*(statistics.median(peak) / 1024 for peak in peaks)),
        machine="\n".join(textwrap.fill(line, 125, initial_indent="- ", subsequent_indent="  ") for line in machine),
    )


def svg(results: dict[str, t.Any]) -> str:
    """Return the plot, the same for the same results."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with matplotlib.rc_context(t.cast("t.Any", {"svg.fonttype": "none", "svg.hashsalt": "otc.modelarts"})):
        figure, axes = pyplot.subplots(figsize=(9, 4.5), layout="constrained")
        for number, (name, cloud) in enumerate((name, cloud) for cloud in ("far", "near") for name in WAYS):
            cases = [case for case in CASES if (case.way, case.cloud, case.apart) == (name, cloud, False)]
            medians = [statistics.median(took[0] for took in results["samples"][str(case)]) for case in cases]
            if len(cases) > 1:
                label, marks = (WAYS[name].label, "o-") if cloud == "far" else (f"{WAYS[name].label}, no latency", "s:")
                axes.loglog([case.jobs for case in cases], medians, marks, color=f"C{number % len(WAYS)}", label=label)
        axes.set(xlabel="jobs", ylabel="seconds")
        axes.grid(color="#dddddd")
        figure.legend(loc="outside right upper", frameon=False)
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return "\n".join(line.rstrip() for line in drawing.getvalue().splitlines()) + "\n"
