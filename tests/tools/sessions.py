# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs nox sessions one after the other, all of them whatever fails, and adds up what they said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

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
    """Run one session, showing its output as it comes."""
    command = ["nox", "--reuse-existing-virtualenvs", "--no-error-on-missing-interpreters", "--session", name]
    begin, tests, ran = time.monotonic(), {"passed": 0, "failed": 0, "skipped": 0}, True
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
    own = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=own) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            ran = ran and "was skipped" not in line
            if re.search(r"(passed|failed|error|errors|skipped)\b.* in \d[\d.:]*s", line):
                for number, what in CLOSING.findall(line):
                    kind = what if what in tests else "failed"
                    tests[kind] += int(number)
    return Outcome(name, process.returncode == 0, ran, time.monotonic() - begin, tests)


def main(names: list[str]) -> int:
    """Run the sessions named, print a table, and return 1 where any failed."""
    outcomes = [run(name) for name in names]
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
