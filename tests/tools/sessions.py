# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs nox sessions, two at a time, all of them whatever fails, shows each as it ends, and adds up what they said."""

from __future__ import annotations

import collections
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

ANSIBLE_TEST = ("units-", "integration-", "other-way-", "sanity-")  # they share a folder of the tree, and take turns
CLOSING = re.compile(r"(\d+) (passed|failed|error|errors|skipped|xfailed)\b")


@dataclass
class Outcome:
    """How a session ended. ``tests``: what the closing lines of pytest in its output add up to."""

    name: str
    green: bool
    ran: bool
    seconds: float
    tests: dict[str, int]


def run(name: str) -> Outcome:
    """Run one session, and show its output once it has ended."""
    command = ["nox", "--reuse-existing-virtualenvs", "--no-error-on-missing-interpreters", "--session", name]
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
    own = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
    print(f"{name} begins", flush=True)
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=own, check=False)
    print(done.stdout, end="", flush=True)
    return Outcome(name, done.returncode == 0, "was skipped" not in done.stdout, time.monotonic() - begin, counted(done.stdout))


def counted(output: str) -> dict[str, int]:
    """Return how many tests passed, failed and were skipped, by the closing lines of pytest."""
    tests = {"passed": 0, "failed": 0, "skipped": 0}
    for line in output.splitlines():
        if re.search(r"(passed|failed|error|errors|skipped)\b.* in \d[\d.:]*s", line):
            for number, what in CLOSING.findall(line):
                tests[what if what in tests else "failed"] += int(number)
    return tests


def run_all(names: list[str]) -> list[Outcome]:
    """Run the sessions, two at a time, those that must take turns one after the other."""
    outcomes: list[Outcome] = []
    waiting = collections.deque(name for name in names if not name.startswith(ANSIBLE_TEST))

    def work(own: list[str]) -> None:
        outcomes.extend(run(name) for name in own)
        while True:
            try:
                name = waiting.popleft()
            except IndexError:  # nothing is waiting any more
                return
            outcomes.append(run(name))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ([name for name in names if name.startswith(ANSIBLE_TEST)], [])))
    return sorted(outcomes, key=lambda one: names.index(one.name))


def main(names: list[str]) -> int:
    """Run the sessions named, print a table, and return 1 where any failed."""
    outcomes = run_all(names)
    width = max(map(len, names))
    print(f"\n{'session':{width}}  result   seconds  tests passed")
    for one in outcomes:
        result = "failed" if not one.green else "ok" if one.ran else "not run"
        print(f"{one.name:{width}}  {result:7}  {one.seconds:7.0f}  {one.tests['passed'] or '':>12}")
    missing = [one.name for one in outcomes if one.green and not one.ran]
    if missing:
        print(f"\nNot run, for want of the Python that they need: {', '.join(missing)}")
    failed = sum(one.tests["failed"] or int(not one.green) for one in outcomes)
    passed = sum(one.tests["passed"] or int(one.green and one.ran) for one in outcomes)
    skipped = sum(one.tests["skipped"] for one in outcomes)
    print(f"\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return int(any(not one.green for one in outcomes))


if __name__ == "__main__":
    if shutil.which("git") is None:
        raise SystemExit("The linters need git.")
    sys.exit(main(sys.argv[1:]))
