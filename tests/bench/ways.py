# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to delete jobs that are compared: the command that each of them is, and its environment."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import typing as t
from dataclasses import dataclass

from loopback import Project

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = pathlib.Path(sys.executable).parent
CONCURRENCY = 5  # the default of max_concurrency

Task = t.Dict[str, t.Any]


@dataclass(frozen=True)
class Run:
    """A command, ready to be timed."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Way:
    """A way to delete jobs.

    ``label``: how tables call it. ``sizes``: with how many jobs it is measured; ``quick_sizes``: the same for a short test.
    ``prepare``: makes the command from a project and a folder of its own. ``repetitions``: at most so many.
    ``note``: what it is, and where its sizes end.
    """

    name: str
    label: str
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    prepare: t.Callable[[Project, pathlib.Path], Run]
    note: str
    repetitions: int = 1000


# --- environments ------------------------------------------------------------------------------------------------


def clean_environment() -> dict[str, str]:
    """Return the environment without any cloud, any setting of Ansible, and any proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_", "PYTHON"))}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', os.defpath)}"}


def ansible_environment(project: Project, folder: pathlib.Path) -> dict[str, str]:
    """Return the environment of ansible-playbook: this collection under its name, and AK/SK of the project."""
    place = folder.parent / "collections" / "ansible_collections" / "otc" / "modelarts"
    if not place.is_symlink():
        place.parent.mkdir(parents=True)
        place.symlink_to(ROOT, target_is_directory=True)
    return {
        **clean_environment(),
        "ANSIBLE_COLLECTIONS_PATH": str(folder.parent / "collections"),
        "ANSIBLE_HOME": str(folder.parent / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        **project.access_key(),
    }


def openstack_environment(project: Project, folder: pathlib.Path) -> dict[str, str]:
    """Return the environment of the SDK and its command line, with a password: they do not sign requests to ModelArts."""
    given = project.credentials
    auth = {name: given[name] for name in ("username", "password", "project_id", "user_domain_name")}
    entry = {"auth": {"auth_url": given["iam_url"], **auth}, "region_name": given["region_name"]}
    path = folder / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {"simulated": entry}}), encoding="utf-8")
    return {**clean_environment(), "OS_CLIENT_CONFIG_FILE": str(path)}


# --- plays -------------------------------------------------------------------------------------------------------


def play(project: Project, folder: pathlib.Path, tasks: list[Task], python: str = sys.executable) -> Run:
    """Return the run of a play with these tasks, whose modules are run by this Python."""
    path = folder / "play.yml"
    content = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": python}, "tasks": tasks}
    path.write_text(json.dumps([content]), encoding="utf-8")
    return Run([str(BIN / "ansible-playbook"), str(path)], ansible_environment(project, folder))


def module_task(**options: t.Any) -> Task:
    """Return a task with our module."""
    return {"otc.modelarts.modelarts_visualization_job": {"state": "absent", "wait": False, **options}}


def uri_task(project: Project, token: str, job_id: str) -> Task:
    """Return a task that deletes a job with ansible.builtin.uri."""
    return {
        "ansible.builtin.uri": {"url": f"{project.jobs_url}/{job_id}", "method": "DELETE", "headers": {"X-Auth-Token": token}}
    }


def empty_play(project: Project, folder: pathlib.Path) -> Run:
    """Return a play that does nothing."""
    return play(project, folder, [{"ansible.builtin.meta": "noop"}])


def one_module_task(project: Project, folder: pathlib.Path, python: str = sys.executable) -> Run:
    """Return a play with one task of ours for all jobs: ``job_id`` for one, ``job_ids`` for many."""
    named: Task = {"job_ids": project.job_ids} if len(project.job_ids) > 1 else {"job_id": project.job_ids[0]}
    return play(project, folder, [module_task(**named)], python)


def module_tasks(project: Project, folder: pathlib.Path) -> Run:
    """Return a play with one task of ours for each job."""
    return play(project, folder, [module_task(job_id=job_id) for job_id in project.job_ids])


def uri_tasks(project: Project, folder: pathlib.Path) -> Run:
    """Return a play with one uri task for each job."""
    token = project.token()
    return play(project, folder, [uri_task(project, token, job_id) for job_id in project.job_ids])


def uri_loop(project: Project, folder: pathlib.Path) -> Run:
    """Return a play with one uri task that loops over the jobs."""
    return play(project, folder, [{**uri_task(project, project.token(), "{{ item }}"), "loop": project.job_ids}])


def measured_memory(project: Project, folder: pathlib.Path) -> Run:
    """Return the same as :func:`one_module_task`, with a wrapper around Python that notes the peak memory of the module."""
    wrapper = folder / "python"
    wrapper.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "peak_memory.py"}" "{folder / "peak"}" "$@"\n', encoding="utf-8"
    )
    wrapper.chmod(0o755)
    return one_module_task(project, folder, str(wrapper))


def sdk_tasks(project: Project, folder: pathlib.Path) -> Run:
    """Return a play with one task for each job that runs the script with the SDK, as a play without this collection would."""
    script = [sys.executable, str(HERE / "sdk_delete.py"), "simulated"]
    prepared = play(project, folder, [{"ansible.builtin.command": {"argv": [*script, job_id]}} for job_id in project.job_ids])
    return Run(prepared.command, {**prepared.environment, **openstack_environment(project, folder)})


# --- others ------------------------------------------------------------------------------------------------------


def sdk_script(project: Project, folder: pathlib.Path) -> Run:
    """Return a script with the SDK, one delete after the other."""
    command = [sys.executable, str(HERE / "sdk_delete.py"), "simulated", *project.job_ids]
    return Run(command, openstack_environment(project, folder))


def command_line(project: Project, folder: pathlib.Path) -> Run:
    """Return the command, which takes several ids."""
    words = ["--os-cloud", "simulated", "ma", "visualization", "job", "delete", *project.job_ids]
    return Run([str(BIN / "openstack"), *words], openstack_environment(project, folder))


def bare_requests(project: Project, folder: pathlib.Path) -> Run:
    """Return a script with nothing but requests; it notes its own seconds, without its start."""
    given = {"token": project.token(), "urls": [f"{project.jobs_url}/{job_id}" for job_id in project.job_ids]}
    path = folder / "given.json"
    path.write_text(json.dumps({**given, "concurrency": CONCURRENCY}), encoding="utf-8")
    return Run([sys.executable, str(HERE / "requests_delete.py"), str(path), str(folder / "seconds")], clean_environment())


WAYS = (
    Way("empty", "empty play", (0,), (0,), empty_play, "``ansible-playbook`` with a play that does nothing"),
    Way(
        "module",
        "otc.modelarts",
        (1, 20, 100, 500, 1000),
        (1, 20),
        one_module_task,
        "one task of this collection in a play: ``job_id`` for one job, ``job_ids`` for more, ``wait: false``, AK/SK",
    ),
    Way(
        "uri",
        "uri loop",
        (1, 20, 100),
        (1, 3),
        uri_loop,
        "one task with ``ansible.builtin.uri`` that loops over the jobs, with a token that was made before; up to 100 jobs, "
        "and 100 jobs in two repetitions only, for they take minutes",
    ),
    Way(
        "command",
        "openstack command",
        (1, 20, 100),
        (1,),
        command_line,
        "``openstack ma visualization job delete ID ID ...``, all jobs in one call, with a password; up to 100 jobs",
    ),
    Way(
        "sdk",
        "SDK script",
        (1, 20, 100),
        (1,),
        sdk_script,
        "a script with ``otcextensions`` that deletes one job after the other, with a password; up to 100 jobs",
    ),
    Way(
        "requests",
        "bare requests",
        (1, 20, 100, 500, 1000),
        (1, 20),
        bare_requests,
        "``requests`` in 5 threads with a token that was made before: DELETEs and nothing else. The script's start does not "
        "count. It is the floor of the network",
    ),
    Way(
        "module_tasks", "otc.modelarts, a task per job", (10,), (3,), module_tasks, "equal tasks in one play, for the time of one"
    ),
    Way("uri_tasks", "uri, a task per job", (10,), (3,), uri_tasks, "equal tasks in one play, for the time of one"),
    Way(
        "sdk_tasks",
        "SDK script, a task per job",
        (10,),
        (3,),
        sdk_tasks,
        "equal tasks in one play, each of which runs the SDK script for one job with ``ansible.builtin.command``",
    ),
    Way("memory", "otc.modelarts, memory", (1, 1000), (1, 20), measured_memory, "not timed; for the peak memory", 3),
)
# Of these sizes there are no more repetitions than that.
FEW = {("uri", 100): 2}
# So often in each round: goals are made of the ratios of these, or of differences between them.
OFTEN = {
    ("empty", 0): 3,
    ("module", 1): 3,
    ("uri", 1): 3,
    ("sdk", 1): 3,
    ("module_tasks", 10): 3,
    ("uri_tasks", 10): 3,
    ("sdk_tasks", 10): 3,
}
