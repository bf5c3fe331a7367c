# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breaks the decision core and the reading of answers in every way that cosmic-ray knows, and sees whether a test notices.

It works on a copy. It fails where a mutant survives that survivors.txt does not explain.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import typing as t
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
UNIT = "tests/unit/plugins"
TIMEOUT = 60  # seconds for the tests of one mutant; one that hangs counts as killed
# Each file, and the tests that speak of it.
TARGETS: t.Dict[str, t.Tuple[str, ...]] = {
    "_decide.py": ("module_utils/test_decide.py", "modules"),
    "_messages.py": ("module_utils/test_messages.py", "modules"),
    "_jobs.py": ("module_utils/test_jobs.py", "module_utils/test_decide.py", "modules"),
    "_http.py": ("module_utils/test_http.py", "modules"),
}
# Of an exchange only what turns an answer into a value or an exception.
SECTIONS = {"_http.py": ("# --- reading answers: pure", "# --- ")}
# Left out: decorators are no decisions; and what is compared for equality here are strings, numbers with a name, and
# lists, so that asking instead which comes first, or whether they are the same object, is chance and no test's business.
NOISE = re.compile(
    r"RemoveDecorator|ReplaceComparisonOperator_(Eq|NotEq)_(Lt|Gt|Is)|_(Lt|LtE|Gt|GtE|Is|IsNot)_(Is|IsNot|Eq|NotEq)$"
)


@dataclass(frozen=True)
class Mutant:
    """A change of one line, and whether no test noticed it."""

    file: str
    line: int
    before: str
    after: str
    survived: bool

    def told(self) -> str:
        """Return the change as survivors.txt has it."""
        return f"{self.file}: {self.before} -> {self.after}"


def copy(folder: pathlib.Path) -> pathlib.Path:
    """Copy what the unit tests need to where Python finds it by the name of the collection, and return its root."""
    root = folder / "ansible_collections" / "otc" / "modelarts"
    shutil.copytree(ROOT / "plugins", root / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "unit", root / "tests" / "unit", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def lines_of(file: str, source: str) -> range:
    """Return the numbers of the lines of a file that are broken."""
    if file not in SECTIONS:
        return range(1, source.count("\n") + 2)
    begin, end = SECTIONS[file]
    before, section = source.split(begin, 1)
    first = before.count("\n") + 2
    return range(first, first + section.split(end, 1)[0].count("\n"))


def run(command: t.Sequence[str], root: pathlib.Path) -> None:
    """Run a program of cosmic-ray on the copy."""
    environ = {**os.environ, "PYTHONPATH": str(root.parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-m", "cosmic_ray.cli", *command], cwd=root, env=environ, check=True)


def mutate(file: str, folder: pathlib.Path) -> t.List[Mutant]:
    """Break one file in every way, test each, and return what became of them. Raises where the tests fail unbroken."""
    root = copy(folder)
    path = root / "plugins" / "module_utils" / file
    tests = " ".join(f"{UNIT}/{name}" for name in TARGETS[file])
    (root / "mutation.toml").write_text(
        f'[cosmic-ray]\nmodule-path = ["plugins/module_utils/{file}"]\ntimeout = {TIMEOUT}.0\nexcluded-modules = []\n'
        f'test-command = "{sys.executable} -m pytest -x -q -p no:cacheprovider {tests}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    run(["init", "--force", "mutation.toml", "session.sqlite"], root)
    wanted = lines_of(file, path.read_text())
    with sqlite3.connect(root / "session.sqlite") as session:
        specs = session.execute("select job_id, operator_name, start_pos_row from mutation_specs").fetchall()
        left_out = [(job,) for job, operator, line in specs if line not in wanted or NOISE.search(operator)]
        for table in ("mutation_specs", "work_items"):
            session.executemany(f"delete from {table} where job_id = ?", left_out)
    run(["baseline", "mutation.toml"], root)
    run(["exec", "mutation.toml", "session.sqlite"], root)
    with sqlite3.connect(root / "session.sqlite") as session:
        rows = session.execute(
            "select start_pos_row, test_outcome, diff from mutation_specs join work_results using (job_id) order by 1"
        ).fetchall()
    return [Mutant(file, line, *change(diff), survived=outcome == "SURVIVED") for line, outcome, diff in rows]


def change(diff: str) -> t.Tuple[str, str]:
    """Return the lines that a diff takes out and puts in."""
    lines = diff.splitlines()
    out = " ".join(line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---"))
    come = " ".join(line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++"))
    return out, come


def explained() -> t.Set[str]:
    """Return the survivors that change nothing that matters; survivors.txt says why under a heading for each reason."""
    lines = (HERE / "survivors.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def main() -> int:
    """Break the files, print a table and each survivor, and return 1 where one is not explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(TARGETS), action="append", help="break this file only")
    files = parser.parse_args().only or sorted(TARGETS)
    known, new = explained(), 0
    table = [f"{'file':16} {'mutants':>8} {'killed':>8} {'explained':>10} {'survived':>9}"]
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            mutants = mutate(file, pathlib.Path(folder))
        survivors = [one for one in mutants if one.survived]
        unexplained = [one for one in survivors if one.told() not in known]
        for one in unexplained:
            print(f"{one.file}:{one.line}\n{one.told()}", flush=True)
        killed = len(mutants) - len(survivors)
        table.append(f"{file:16} {len(mutants):8} {killed:8} {len(survivors) - len(unexplained):10} {len(unexplained):9}")
        new += len(unexplained)
    print("\n".join(table))
    return int(new > 0)


if __name__ == "__main__":
    sys.exit(main())
