# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for each test, and ansible-playbook run against it.

Every run is made with -vvvv and --diff, and fails the test where any of its output holds a secret.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import ansible
import pytest
import yaml

MODULE = "otc.modelarts.modelarts_visualization_job"
INFO = "otc.modelarts.modelarts_visualization_job_info"
SECRETS = ("password", "secret_key", "security_token", "token")
READS = ("GET",)
MODULE_PYTHON = os.environ.get("MODULE_PYTHON", sys.executable)  # on which the modules run, if nothing else is said


def collection_root() -> pathlib.Path:
    """Return the folder of the collection: the one that ansible-test runs, or the one that holds this file."""
    for place in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":"):
        root = pathlib.Path(place, "ansible_collections", "otc", "modelarts")
        if place and root.is_dir():
            return root
    return pathlib.Path(__file__).resolve().parents[4]


sys.path.insert(0, str(collection_root() / "tests" / "tools"))
import simulation  # noqa: E402


class Cloud(simulation.Project):
    """One project of the simulator, with credentials, jobs, settings, faults and a log of its own."""

    def __init__(self, credentials: t.Dict[str, t.Any], authority: t.Optional[str] = None) -> None:
        super().__init__(credentials, authority)
        self.url = str(credentials["url"])
        self.tokens: t.List[str] = []

    def add(self, job_id: str, status: int = 8, **fields: t.Any) -> str:
        """Put a job there, running if nothing else is said, and return its id."""
        self.control("POST", "jobs", {"job_id": job_id, "job_name": f"name-{job_id}", "status": status, **fields})
        return job_id

    def job_ids(self) -> t.Set[str]:
        """Return the ids of the jobs that are really there, whatever the API tells."""
        return {str(job["job_id"]) for job in self.control("GET", "jobs")}

    def set(self, **settings: t.Any) -> None:
        """Change how this cloud behaves."""
        self.control("PATCH", "settings", settings)

    def fault(self, **rule: t.Any) -> None:
        """Have something go wrong."""
        self.control("POST", "faults", rule)

    def log(self) -> t.List[t.Dict[str, t.Any]]:
        """Return the requests that reached this cloud."""
        return t.cast(t.List[t.Dict[str, t.Any]], self.control("GET", "log"))

    def calls(self) -> t.List[str]:
        """Return the operations that reached this cloud, in order."""
        return [entry["operation"] for entry in self.log()]

    def changing(self) -> t.List[str]:
        """Return the operations, the token call apart, that were not reads."""
        return [one["operation"] for one in self.log() if one["method"] not in READS and one["operation"] != "token"]

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self.control("DELETE", "log")

    def password(self) -> t.Dict[str, str]:
        """Return the environment for a user with a password; the endpoint comes from the catalog."""
        given = self.credentials
        return {
            "OS_AUTH_URL": given["iam_url"],
            "OS_USERNAME": given["username"],
            "OS_PASSWORD": given["password"],
            "OS_USER_DOMAIN_NAME": given["user_domain_name"],
            "OS_PROJECT_ID": given["project_id"],
        }

    def token(self) -> str:
        """Fetch a token, which must not be shown from then on."""
        self.tokens.append(super().token())
        return self.tokens[-1]

    def secrets(self) -> t.Set[str]:
        """Return all values that must never be shown."""
        found = set(self.tokens)

        def walk(value: t.Any) -> None:
            if isinstance(value, dict):
                found.update(str(value[name]) for name in SECRETS if value.get(name))
                for inner in value.values():
                    walk(inner)

        walk(self.credentials)
        return found


@pytest.fixture(scope="session")
def simulator() -> t.Iterator[str]:
    """Start a simulator on a free port, and return its URL."""
    with simulation.started() as credentials:
        yield str(credentials["url"])


@pytest.fixture
def cloud(simulator: str) -> Cloud:
    """Return a project of its own, in which everything is quick."""
    return Cloud(simulation.new_project(simulator, delete_seconds=0.6, stop_seconds=0.6, start_seconds=0.6))


Result = t.Dict[str, t.Any]
Play = t.Callable[..., t.List[Result]]


@pytest.fixture
def play(cloud: Cloud, tmp_path: pathlib.Path) -> Play:
    """Return what runs tasks as a playbook and returns their results, whether they failed or not."""

    def run(*tasks: Result, environ: t.Optional[t.Dict[str, str]] = None, python: str = MODULE_PYTHON) -> t.List[Result]:
        written = [as_task(number, task) for number, task in enumerate(tasks)]
        results = tmp_path / "results.json"
        names = ", ".join(f"result_{number}" for number in range(len(tasks)))
        written.append(
            {"ansible.builtin.copy": {"dest": str(results), "mode": "0600", "content": f"{{{{ [{names}] | to_json }}}}"}}
        )
        book = tmp_path / "playbook.yml"
        book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": written}]))
        output = ansible_playbook(str(book), cloud.access_key() if environ is None else environ, tmp_path, python)
        assert results.exists(), output
        text = output + results.read_text()
        shown = [secret for secret in cloud.secrets() if secret in text]
        assert not shown, "the output shows a secret"
        assert "Traceback (most recent call last)" not in text
        return t.cast(t.List[Result], json.loads(results.read_text()))

    return run


def as_task(number: int, task: Result) -> Result:
    """Return a task as a playbook has it. What is not a keyword of a task is an option of the module."""
    task = dict(task)
    keywords: Result = {name: task.pop(name) for name in ("check_mode", "environment") if name in task}
    module = task.pop("module", MODULE)
    own = {"name": f"Task {number}", "register": f"result_{number}", "ignore_errors": True, **keywords}
    return {**own, module: {"wait_sleep": 0.3, **task} if module == MODULE else task}


def ansible_playbook(book: str, environ: t.Dict[str, str], folder: pathlib.Path, python: str, *arguments: str) -> str:
    """Run a playbook at the highest verbosity in an environment of its own, and return all that it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    own = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "HOME": str(folder)}
    if "ANSIBLE_COLLECTIONS_PATH" not in kept:
        own["ANSIBLE_COLLECTIONS_PATH"] = str(pathlib.Path(os.path.abspath(__file__)).parents[7])
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), kept.get("PATH", "")])
    done = subprocess.run(
        ["ansible-playbook", "-vvvv", "--diff", "-e", f"ansible_python_interpreter={python}", book, *arguments],
        env={**kept, **own, "PATH": path, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=240,
        text=True,
    )
    return done.stdout


def pytest_report_header() -> str:
    """Say what this is run with."""
    return f"ansible-core {ansible.release.__version__}"
