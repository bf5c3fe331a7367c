# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares ways to delete visualization jobs, against the simulator only, and writes what it found."""

from __future__ import annotations

import argparse
import json
import pathlib
import signal
import sys
import tempfile
import time
import typing as t

import loopback
import machine
import measuring
import page
import simulation
from figures import Figures
from ways import ROOT, WAYS

HERE = pathlib.Path(__file__).resolve().parent
GUIDE = ROOT / "docs" / "docsite" / "rst"
LATENCY_MS = 30
REPETITIONS = 5


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    made = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    made.add_argument("--quick", action="store_true", help="few jobs, once: only to see that the bench works; nothing is kept")
    made.add_argument("--repetitions", type=positive, metavar="N", help=f"rounds (default: {REPETITIONS}; with --quick: 1)")
    made.add_argument("--output", type=pathlib.Path, metavar="DIR", help="write everything there, and not where it is kept")
    made.add_argument("--render", action="store_true", help="make page, table and plot anew from results.json; measure nothing")
    made.add_argument("--time-limit", type=positive, metavar="SECONDS", default=1200, help="end after that (default: 1200)")
    return made


def positive(text: str) -> int:
    """Read a number that is at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def measured(options: argparse.Namespace) -> dict[str, t.Any]:
    """Measure, and return the results."""
    repetitions = options.repetitions or (1 if options.quick else REPETITIONS)
    facts, versions = machine.described(), machine.versions(ROOT)
    plan = measuring.Plan(WAYS, repetitions, options.quick, LATENCY_MS, time.monotonic() + options.time_limit)
    with simulation.started() as credentials:
        samples = measuring.measure(plan, credentials["url"], lambda line: print(line, flush=True))
    settings = {"repetitions": repetitions, "quick": options.quick, "latency_ms": LATENCY_MS}
    return {"machine": facts, "versions": versions, "options": settings, "samples": samples}


def written(results: dict[str, t.Any]) -> str:
    """Return the results as JSON, a line for each sample."""
    parts = {name: json.dumps(value, indent=2) for name, value in results.items() if name != "samples"}
    parts["samples"] = "[\n" + ",\n".join(json.dumps(sample) for sample in results["samples"]) + "\n]"
    return "{\n" + ",\n".join(f'"{name}": {text}' for name, text in parts.items()) + "\n}\n"


def render(results: dict[str, t.Any], tables: pathlib.Path, guide: pathlib.Path) -> None:
    """Write the tables, the page and the plot."""
    import plot

    (tables / "results.md").write_text(page.markdown(results), encoding="utf-8")
    (guide / "speed.rst").write_text(page.rst(results), encoding="utf-8")
    (guide / "speed.svg").write_text(plot.svg(results), encoding="utf-8")


def tell_goals(results: dict[str, t.Any]) -> None:
    """Print the goals."""
    for goal in Figures(results["samples"]).goals():
        value = "" if goal.value is None else f"{goal.value:.3f} "
        print(f"{goal.verdict:12} {value}({page.AIMS[goal.aim].format(goal.limit)}): {goal.computed}")


def main(arguments: list[str]) -> int:
    """Measure or render. Return 1 where the measurement cannot be trusted; a goal that is not met is no failure."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, dummy: sys.exit(128 + number))  # so that nothing goes on without us
    with tempfile.TemporaryDirectory() as name:
        output = options.output or (pathlib.Path(name) if options.quick else None)
        tables, guide = (output, output) if output else (HERE, GUIDE)
        tables.mkdir(parents=True, exist_ok=True)
        try:
            if not options.render:
                (tables / "results.json").write_text(written(measured(options)), encoding="utf-8")
            results = json.loads((tables / "results.json").read_text(encoding="utf-8"))
        except (loopback.BenchError, simulation.SimulationError, OSError) as error:
            print(f"Stopped: {error}", file=sys.stderr)
            return 1
        render(results, tables, guide)
        tell_goals(results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
