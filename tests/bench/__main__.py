# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares ways to delete visualization jobs, in the simulator only, and writes the page about it."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import signal
import sys
import typing as t

import measuring
import page
import simulation
from ways import ROOT

RESULTS = pathlib.Path(__file__).with_name("results.json")
GUIDE = ROOT / "docs" / "docsite" / "rst"
LIBRARIES = ("ansible-core", "requests", "urllib3", "otcextensions", "openstacksdk", "python-openstackclient", "aiohttp")


def described() -> dict[str, str]:
    """Return the machine and the versions, each as a line for people."""
    places = (
        ("/proc/cpuinfo", "model name\\s*: (.+)"),
        ("/etc/os-release", 'PRETTY_NAME="(.+)"'),
        (ROOT / "galaxy.yml", "version: (.+)"),
    )
    processor, system, own = (
        re.findall(pattern, pathlib.Path(place).read_text(encoding="utf-8"))[0] for place, pattern in places
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{processor}, {os.cpu_count()} cores, {memory:.1f} GiB of memory",
        "system": f"{system}, {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join([f"otc.modelarts {own}", *(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)]),
    }


def measured(rounds: int) -> dict[str, t.Any]:
    """Measure, and return the results; ``loads``: the load average of the machine before the first round, and the highest."""
    machine, loads = described(), [os.getloadavg()[0]]

    def tell(line: str) -> None:
        loads.append(os.getloadavg()[0])
        print(line, flush=True)

    with simulation.started() as credentials:
        samples = measuring.measure(measuring.CASES, rounds, credentials["url"], tell)
    return {"machine": machine, "rounds": rounds, "loads": [round(loads[0], 2), round(max(loads), 2)], "samples": samples}


def main(arguments: list[str]) -> int:
    """Measure, or only write the page anew. Return 1 where a way did not do its work; a goal that is missed is no failure."""
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, metavar="N", default=3, help="how often each case is measured (default: 3)")
    parser.add_argument("--render", action="store_true", help="write page and plot anew from results.json; measure nothing")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, dummy: sys.exit(128 + number))  # so that nothing goes on without us
    try:
        if not options.render:
            RESULTS.write_text(json.dumps(measured(options.rounds)).replace("]], ", "]],\n") + "\n", encoding="utf-8")
    except (measuring.BenchError, simulation.SimulationError) as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    (GUIDE / "speed.rst").write_text(page.rst(results), encoding="utf-8")
    (GUIDE / "speed.svg").write_text(page.svg(results), encoding="utf-8")
    for goal in page.goals(results["samples"]):
        print(": ".join(reversed(goal.row())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
