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
import re
import subprocess
import sys
import threading
import time
import typing as t

import ansible
import pytest
import yaml

MODULE = "otc.modelarts.modelarts_visualization_job"
INFO = "otc.modelarts.modelarts_visualization_job_info"
SECRETS = ("password", "secret_key", "security_token", "token")
READS = ("GET",)
RUN_DIRECTLY = os.environ.get("RUN_DIRECTLY", "1") == "1"  # where nothing else is said; else all tasks run as modules
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

    def add_many(self, jobs: t.Sequence[t.Mapping[str, t.Any]]) -> t.List[str]:
        """Put many jobs there at once, running if nothing else is said, and return their ids."""
        for begin in range(0, len(jobs), 100):
            several = jobs[begin : begin + 100]
            self.control("POST", "jobs", [{"job_name": f"name-{job['job_id']}", **job} for job in several])
        return [str(job["job_id"]) for job in jobs]

    def job_ids(self) -> t.Set[str]:
        """Return the ids of the jobs that are really there, whatever the API tells."""
        return {str(job["job_id"]) for job in self.control("GET", "jobs")}

    def set(self, **settings: t.Any) -> None:
        """Change how this cloud behaves."""
        self.control("PATCH", "settings", settings)

    def fault(self, **rule: t.Any) -> None:
        """Have something go wrong."""
        self.control("POST", "faults", rule)

    def jobs(self) -> t.Dict[str, t.Dict[str, t.Any]]:
        """Return the jobs that are really there, by their ids."""
        return {str(job["job_id"]): job for job in self.control("GET", "jobs")}

    def log(self) -> t.List[t.Dict[str, t.Any]]:
        """Return the requests that reached this cloud."""
        return t.cast(t.List[t.Dict[str, t.Any]], self.control("GET", "log"))

    def times(self, *operations: str) -> t.List[float]:
        """Return when (seconds) requests of these operations reached this cloud."""
        return [float(entry["time"]) for entry in self.log() if entry["operation"] in operations]

    def started_at(self) -> float:
        """Return the time (seconds since the epoch) from which this cloud counts the times in its log."""
        before = time.time()
        simulation.ask("GET", f"{self.url}/v1/{self.credentials['project_id']}/now", verify=self.authority or True)
        return before - float(self.log()[-1]["time"])

    def calls(self) -> t.List[str]:
        """Return the operations that reached this cloud, in order."""
        return [entry["operation"] for entry in self.log()]

    def changing(self) -> t.List[str]:
        """Return the operations, the token call apart, that were not reads."""
        return [one["operation"] for one in self.log() if one["method"] not in READS and one["operation"] != "token"]

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self.control("DELETE", "log")

    def by_key(self) -> t.Dict[str, t.Any]:
        """Return the options of a task for this very project, whatever the environment says."""
        auth = {name: self.credentials[name] for name in ("access_key", "secret_key", "project_id")}
        return {"auth": auth, "endpoint": self.credentials["endpoint"]}

    def by_password(self) -> t.Dict[str, t.Any]:
        """Return the same with a password; the endpoint comes from the catalog."""
        names = ("username", "password", "user_domain_name", "project_id")
        return {"auth": {"auth_url": self.credentials["iam_url"], **{name: self.credentials[name] for name in names}}}

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
    return new_cloud(simulator)


Clouds = t.Callable[..., Cloud]


@pytest.fixture
def clouds(simulator: str) -> Clouds:
    """Return what makes further projects, one for each row of a table."""
    return lambda **settings: new_cloud(simulator, **settings)


def new_cloud(url: str, **settings: t.Any) -> Cloud:
    """Make a project in which everything is quick, if nothing else is said."""
    quick = {"delete_seconds": 0.6, "stop_seconds": 0.6, "start_seconds": 0.6}
    return Cloud(simulation.new_project(url, **{**quick, **settings}))


@pytest.fixture
def directly_unless_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave it to a test which way its tasks run, whatever all others do."""
    monkeypatch.setattr(sys.modules[__name__], "RUN_DIRECTLY", True)


Result = t.Dict[str, t.Any]
Play = t.Callable[..., t.List[Result]]
Row = t.Tuple[Cloud, Result]
Rows = t.Mapping[str, Row]
Table = t.Callable[..., t.Dict[str, Result]]


@pytest.fixture
def play(cloud: Cloud, tmp_path: pathlib.Path) -> Play:
    """Return what runs tasks as a playbook and returns their results, whether they failed or not."""

    def run(*tasks: Result, environ: t.Optional[t.Dict[str, str]] = None, python: str = MODULE_PYTHON) -> t.List[Result]:
        written = [as_task(number, task) for number, task in enumerate(tasks)]
        results = tmp_path / "results.json"
        names = ", ".join(f"result_{number}" for number in range(len(tasks)))
        written.append(keep(results, f"{{{{ [{names}] | to_json }}}}"))
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


@pytest.fixture
def table(tmp_path: pathlib.Path) -> Table:
    """Return what runs a table of tasks at once, each on a cloud of its own, and returns their results by the rows' names.

    To a playbook the rows are hosts. They cost less than a play for each, and those that wait do so together.
    """

    def run(rows: Rows, environ: t.Optional[t.Dict[str, str]] = None, module: str = MODULE) -> t.Dict[str, Result]:
        running = begin_table(rows, tmp_path, environ, module)
        running.process.wait(timeout=TABLE_SECONDS)
        results = tmp_path / "results.json"
        assert results.exists(), running.output()
        text = running.output() + results.read_text()
        assert not [one for cloud, dummy in rows.values() for one in cloud.secrets() if one in text], "the output shows a secret"
        assert "Traceback (most recent call last)" not in text
        return t.cast(t.Dict[str, Result], json.loads(results.read_text()))

    return run


TABLE_SECONDS = 120
MOST_ROWS_AT_ONCE = 12
OF_ALL_ROWS = "ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'result'))"


# What is started in the background ignores Ctrl-C, and so does what it starts itself; a terminal's shell has it heard.
HEARING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"


class Running:
    """A playbook that runs, in a process group of its own as a shell starts it. ``lines``: what it said, and when."""

    def __init__(self, command: t.Sequence[str], environ: t.Dict[str, str]) -> None:
        self.lines: t.List[t.Tuple[float, str]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEARING, *command],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append((time.time(), line))

    def output(self) -> str:
        """Return all that it has said so far."""
        return "".join(line for dummy, line in self.lines)

    def said(self, text: str) -> t.Optional[float]:
        """Return when (seconds since the epoch) it first said this; ``None`` where it has not."""
        return next((moment for moment, line in list(self.lines) if text in line), None)


def begin_table(
    rows: Rows,
    folder: pathlib.Path,
    environ: t.Optional[t.Dict[str, str]] = None,
    module: str = MODULE,
    at_once: int = MOST_ROWS_AT_ONCE,
    then: t.Sequence[Result] = (),
    **keywords: t.Any,
) -> Running:
    """Begin to run a table of tasks as a playbook that writes their results to a file of this folder.

    What is not an option of the module but a variable of the row begins with ``otc_modelarts_``.

    :param then: tasks that follow.
    :param keywords: of the task.
    """
    hosts = {}
    for name, (cloud, task) in rows.items():
        variables = {key: value for key, value in task.items() if key.startswith("otc_modelarts_")}
        options = {key: value for key, value in task.items() if key not in variables}
        pace = {"wait_sleep": 0.3} if module == MODULE else {}
        hosts[name] = {**variables, "check": options.pop("check_mode", False), "options": {**cloud.by_key(), **pace, **options}}
    inventory, book = folder / "inventory.yml", folder / "table.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}))
    own: Result = {"register": "result", "ignore_errors": True, "check_mode": "{{ check }}", **keywords}
    content = "{{ dict(" + OF_ALL_ROWS + ") | to_json }}"
    tasks = [
        {"name": "Row", module: {}, "args": "{{ options }}", **own},
        {**keep(folder / "results.json", content), "run_once": True},
        *then,
    ]
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    arguments = ("-i", str(inventory), "--forks", str(at_once))
    return Running(*prepared(str(book), environ or {}, folder, MODULE_PYTHON, *arguments))


KEEP = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        with open(self._task.args["dest"], "w", encoding="utf-8") as file:
            file.write(self._task.args["content"])
        return {}
"""


def keep(file: pathlib.Path, content: str) -> Result:
    """Return a task that writes text to a file, for a tenth of what C(copy) costs; beside the playbook."""
    place = file.parent / "action_plugins"
    place.mkdir(exist_ok=True)
    (place / "keep.py").write_text(KEEP)
    return {"keep": {"dest": str(file), "content": content}}


def as_task(number: int, task: Result) -> Result:
    """Return a task as a playbook has it. What is not a keyword of a task is an option of the module."""
    task = dict(task)
    keywords: Result = {name: task.pop(name) for name in ("check_mode", "environment", "timeout") if name in task}
    module = task.pop("module", MODULE)
    own = {"name": f"Task {number}", "register": f"result_{number}", "ignore_errors": True, **keywords}
    return {**own, module: {"wait_sleep": 0.3, **task} if module == MODULE else task}


def ansible_playbook(book: str, environ: t.Dict[str, str], folder: pathlib.Path, python: str, *arguments: str) -> str:
    """Run a playbook at the highest verbosity in an environment of its own, and return all that it says."""
    command, own = prepared(book, environ, folder, python, *arguments)
    done = subprocess.run(
        command,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=240,
        text=True,
    )
    return done.stdout


def prepared(
    book: str, environ: t.Dict[str, str], folder: pathlib.Path, python: str, *arguments: str
) -> t.Tuple[t.List[str], t.Dict[str, str]]:
    """Return the command and the environment of a playbook. Without a Python, it is not said on which the modules run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    own = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "HOME": str(folder)}
    if "ANSIBLE_COLLECTIONS_PATH" not in kept:
        own["ANSIBLE_COLLECTIONS_PATH"] = str(pathlib.Path(os.path.abspath(__file__)).parents[7])
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), kept.get("PATH", "")])
    interpreter = ["-e", f"ansible_python_interpreter={python}"] if python else []
    way = [] if RUN_DIRECTLY else ["-e", '{"otc_modelarts_direct": false}']
    command = ["ansible-playbook", "-vvvv", "--diff", *interpreter, *way, book, *arguments]
    return command, {**kept, **own, "PATH": path, **environ}


def says_unknown(result: Result, job: str) -> bool:
    """Tell whether a failure, of a task or of one of its jobs, says of this job that something may have been done to it."""
    words = re.search(r"\b(may|might|whether|unknown)\b", result.get("msg", ""), re.IGNORECASE)
    short = job in result.get("msg", "") and result["msg"].count("\n") < 2
    return bool(result.get("failed")) and result.get("outcome_unknown") is True and bool(words) and short


def on_path(folder: pathlib.Path, code: str) -> t.Dict[str, str]:
    """Write a module that every Python imports as it starts, and return the environment in which it does."""
    place = folder / "at_start"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join([str(place), *filter(None, [os.environ.get("PYTHONPATH")])])}


def pytest_report_header() -> str:
    """Say what this is run with."""
    return f"ansible-core {ansible.release.__version__}"
