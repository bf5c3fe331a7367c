# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook of this collection, the demo if no other is named, against a simulator of its own."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile

import simulation

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
# This cloud refuses to delete a job that runs, so that there is something to force.
SIMULATOR = ("--setting", "delete_refused_at=[8, 9]", "--setting", "stop_seconds=0.5", "--setting", "start_seconds=0.5")


def collections(folder: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """Make a folder in which Ansible finds the collection that is in ``root`` under its name, and return it."""
    place = folder / "ansible_collections" / "otc" / "modelarts"
    place.parent.mkdir(parents=True)
    place.symlink_to(root, target_is_directory=True)
    return folder


def environment(project: simulation.Project, folder: pathlib.Path, root: pathlib.Path = ROOT) -> dict[str, str]:
    """Return the environment of a user of the simulated cloud, and nothing of that of a real one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_"))}
    return {
        "PYTHONDONTWRITEBYTECODE": "1",
        **kept,
        "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "ANSIBLE_COLLECTIONS_PATH": str(collections(folder, root)),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_HOME": str(folder / "home"),
        **project.access_key(),
    }


def run(arguments: list[str], root: pathlib.Path = ROOT) -> int:
    """Run ``ansible-playbook`` with these arguments and return what it returned; the simulator ends in any case.

    :param root: the folder of the collection whose playbooks, modules and simulator are used.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        simulation.started(*SIMULATOR, program=root / "tests" / "simulator") as credentials,
    ):
        own = environment(simulation.Project(credentials), pathlib.Path(folder), root)
        own["ANSIBLE_PYTHON_INTERPRETER"] = sys.executable
        return subprocess.call(["ansible-playbook", *arguments], env=own, cwd=folder)


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:] or ["otc.modelarts.demo"]))
    except simulation.SimulationError as error:
        sys.exit(str(error))
