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

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import simulation  # noqa: E402  # it is in the folder named above

BIN = pathlib.Path(sys.executable).parent
CONCURRENCY = 20  # the default of max_concurrency
LATENCY_MS = 30
ALLOWED = 50  # requests a second, where they are limited
# The clouds that are measured against, by name.
CLOUDS: dict[str, dict[str, t.Any]] = {
    "far": {"latency_ms": LATENCY_MS},
    "near": {},
    "throttled": {"requests_per_second": ALLOWED, "retry_after": 1},
}
SDK = """
import sys, openstack
cloud = openstack.connect(cloud="simulated", vendor_hook="otcextensions.sdk:load")
for job_id in sys.argv[1:]:
    cloud.modelartsv1.delete_visualization_job(job_id, ignore_missing=False)
"""
REQUESTS = """
import concurrent.futures, json, requests, sys, threading
given, own = json.load(open(sys.argv[1])), threading.local()
def delete(url):
    own.session = getattr(own, "session", None) or requests.Session()
    own.session.delete(url, headers={"X-Auth-Token": given["token"]}, timeout=60).raise_for_status()
with concurrent.futures.ThreadPoolExecutor(given["concurrency"]) as pool:
    list(pool.map(delete, given["urls"]))
"""


class Project(simulation.Project):
    """A project of a simulated cloud, with jobs in it, for one run."""

    def __init__(self, url: str, cloud: str, jobs: int) -> None:
        super().__init__(simulation.new_project(url, delete_seconds=0, **CLOUDS[cloud]))
        self.control("POST", "jobs", [{"job_id": str(number)} for number in range(1, jobs + 1)])
        self.jobs_url = f"{self.credentials['endpoint']}/v1/{self.credentials['project_id']}/visualization-jobs"


@dataclass(frozen=True)
class Run:
    """A command, its environment, and what its output must hold."""

    command: list[str]
    environment: dict[str, str]
    says: str = ""


Task = t.Dict[str, t.Any]
Prepare = t.Callable[[Project, pathlib.Path, t.List[t.List[str]]], Run]


@dataclass(frozen=True)
class Way:
    """A way to delete jobs.

    ``prepare``: returns the run, in a folder of its own, for lists of ids; a play has a task for each list, others know one list.
    ``deletes``: whether it deletes at all. ``mode``: what Ansible tells of it with ``-vvv``.
    """

    label: str
    prepare: Prepare
    deletes: bool = True
    mode: str = ""


def clean_environment(**own: str) -> dict[str, str]:
    """Return the environment without any cloud, any setting of Ansible, and any proxy, but with some variables of our own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_", "PYTHON"))}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', os.defpath)}", **own}


def playing(task: t.Callable[[Project, list[str]], Task] | None) -> Prepare:
    """Return what prepares a play with such a task for each list of ids; without one, a play that does nothing."""

    def prepare(project: Project, folder: pathlib.Path, lists: list[list[str]]) -> Run:
        play, collection = folder / "play.yml", folder / "ansible_collections" / "otc" / "modelarts"
        tasks = [task(project, job_ids) for job_ids in lists] if task else []
        play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        collection.parent.mkdir(parents=True)
        collection.symlink_to(ROOT, target_is_directory=True)
        own = {"ANSIBLE_COLLECTIONS_PATH": str(folder), "ANSIBLE_HOME": str(folder / "home"), **project.access_key()}
        return Run([f"{BIN}/ansible-playbook", str(play)], clean_environment(**own), f"ok={len(tasks)} " if tasks else "RECAP")

    return prepare


def direct(project: Project, job_ids: list[str]) -> Task:
    which: Task = {"job_ids": job_ids} if len(job_ids) > 1 else {"job_id": job_ids[0]}
    return {"otc.modelarts.modelarts_visualization_job": {"state": "absent", "wait": False, **which}}


def module(project: Project, job_ids: list[str]) -> Task:
    return {**direct(project, job_ids), "vars": {"otc_modelarts_direct": False}}


def uri(project: Project, job_ids: list[str]) -> Task:
    which = job_ids[0] if len(job_ids) == 1 else "{{ item }}"
    options = {"url": f"{project.jobs_url}/{which}", "method": "DELETE", "headers": {"X-Auth-Token": project.token()}}
    return {"ansible.builtin.uri": options, **({"loop": job_ids} if len(job_ids) > 1 else {})}


def with_password(*command: str) -> Prepare:
    """Return what prepares a command that takes ids and logs in with a password: the SDK does not sign requests."""

    def prepare(project: Project, folder: pathlib.Path, lists: list[list[str]]) -> Run:
        given, clouds = project.credentials, folder / "clouds.yaml"
        auth = {name: given[name] for name in ("username", "password", "project_id", "user_domain_name")}
        entry = {"auth": {"auth_url": given["iam_url"], **auth}, "region_name": given["region_name"]}
        clouds.write_text(json.dumps({"clouds": {"simulated": entry}}), encoding="utf-8")
        return Run([*command, *lists[0]], clean_environment(OS_CLIENT_CONFIG_FILE=str(clouds)))

    return prepare


def bare_requests(project: Project, folder: pathlib.Path, lists: list[list[str]]) -> Run:
    urls = [f"{project.jobs_url}/{job_id}" for job_id in lists[0]]
    given = {"token": project.token(), "urls": urls, "concurrency": CONCURRENCY}
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    return Run([sys.executable, "-c", REQUESTS, str(folder / "given.json")], clean_environment())


OPENSTACK = (f"{BIN}/openstack", "--os-cloud", "simulated", "ma", "visualization", "job", "delete")
WAYS = {
    "empty": Way("a play without tasks", playing(None), deletes=False),
    "ping": Way("ansible.builtin.ping", playing(lambda project, job_ids: {"ansible.builtin.ping": {}}), deletes=False),
    "direct": Way("this collection", playing(direct), mode="modelarts_visualization_job runs in this process."),
    "module": Way("this collection, as a module", playing(module), mode="modelarts_visualization_job runs as a module"),
    "uri": Way("ansible.builtin.uri", playing(uri)),
    "sdk": Way("script with otcextensions", with_password(sys.executable, "-c", SDK)),
    "openstack": Way("openstack command", with_password(*OPENSTACK)),
    "requests": Way("script with requests", bare_requests),
}
