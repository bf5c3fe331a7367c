# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a process, a project of its own for each test, and a clock for the parts that need no process."""

from __future__ import annotations

import functools
import pathlib
import sys
import time
import typing as t
import urllib.parse

import pytest
import requests

SIMULATOR = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SIMULATOR), str(SIMULATOR.parent / "tools")]

import settings as known_settings  # noqa: E402
import signing  # noqa: E402
import simulation  # noqa: E402
from cloud import Jobs  # noqa: E402

Json = t.Dict[str, t.Any]
UNENDING = 3600  # seconds after which a deletion, a stop or a start of a test would end
SOUND: Json = {"job_name": "losses", "train_url": "/mine/logs/"}
HOURS: Json = {"type": "stop", "time_unit": "HOURS", "duration": 2}


class Clock:
    """Seconds since the epoch, which pass only where a test says so."""

    seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


class World(Jobs):
    """The jobs of a project without a process, with the settings as they are at first, on a clock that stands still."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.settings = known_settings.defaults()
        super().__init__(self.settings, self.clock)

    def set(self, **changes: t.Any) -> None:
        """Change settings."""
        known_settings.changed(self.settings, changes)

    def statuses(self) -> t.Dict[str, int]:
        """Return the status of each job that is really there."""
        return {job["job_id"]: job["status"] for job in self.truth()}


class Cloud(simulation.Project):
    """One project of a running simulator, as a client sees it, and its controls."""

    def __init__(self, credentials: Json) -> None:
        super().__init__(credentials)
        self.url = str(credentials["url"])
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy and no .netrc of the machine
        self.jobs_url = f"{credentials['endpoint']}/v1/{credentials['project_id']}/visualization-jobs"

    @functools.cached_property
    def own_token(self) -> str:
        """A token that is fetched once."""
        return self.token()

    def ask(self, method: str, rest: str = "", body: t.Any = None, **options: t.Any) -> requests.Response:
        """Make a call, with a token if no headers are given. ``rest``: what follows the URL of the jobs, query included."""
        options = {"headers": {"X-Auth-Token": self.own_token}, "timeout": 10, "allow_redirects": False, **options}
        return self.session.request(method, f"{self.jobs_url}{rest}", json=body, **options)

    def ask_iam(self, path: str, **headers: str) -> requests.Response:
        """Ask IAM for what is under a path."""
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(f"{self.credentials['iam_url']}{path}", headers=own, timeout=10)

    def log_in(self, password: str = "", **scope: str) -> requests.Response:
        """Ask IAM for a token: of this project, and with its password, if nothing else is said."""
        given = self.credentials
        user = {
            "name": given["username"],
            "domain": {"name": given["user_domain_name"]},
            "password": password or given["password"],
        }
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": scope or {"id": given["project_id"]}}}}
        return self.session.post(f"{given['iam_url']}/auth/tokens", json=body, timeout=10)

    def signed(self, method: str, url: str, **how: t.Any) -> t.Dict[str, str]:
        """Return the headers of a request that is signed with the permanent key; ``how`` as for :func:`signature`."""
        key = {name: self.credentials[name] for name in ("access_key", "secret_key", "project_id")}
        return signature(method, url, **{**key, **how})

    def add(self, status: int = 8, **fields: t.Any) -> str:
        """Put a job there, and return its id."""
        return str(self.control("POST", "jobs", {"status": status, **fields})["job_id"])

    def statuses(self) -> t.Dict[str, int]:
        """Return the status of each job that is really there."""
        return {job["job_id"]: job["status"] for job in self.control("GET", "jobs")}

    def set(self, **settings: t.Any) -> None:
        """Change settings."""
        self.control("PATCH", "settings", settings)

    def fault(self, *rules: Json) -> None:
        """Have things go wrong with what is asked from now on: the token of :meth:`ask` is fetched before."""
        assert self.own_token
        self.control("POST", "faults", list(rules))

    def log(self) -> t.List[Json]:
        """Return the log, but for the requests for tokens."""
        return [entry for entry in self.control("GET", "log") if entry["operation"] != "token"]


def told(answer: requests.Response) -> t.Tuple[int, t.Optional[str]]:
    """Return the status and the code of an answer."""
    return answer.status_code, answer.json().get("error_code")


def signature(
    method: str,
    url: str,
    access_key: str,
    secret_key: str,
    security_token: t.Optional[str] = None,
    project_id: t.Optional[str] = None,
    body: bytes = b"",
    moment: t.Optional[float] = None,
    names: t.Sequence[str] = (),
) -> t.Dict[str, str]:
    """Return the headers of a signed request. ``moment``: seconds since the epoch, or now; ``names``: what is signed."""
    parts = urllib.parse.urlsplit(url)
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    headers = {"Host": parts.netloc, "X-Sdk-Date": date, "Content-Type": "application/json"}
    if project_id:
        headers["X-Project-Id"] = project_id
    if security_token:
        headers["X-Security-Token"] = security_token
    names = names or sorted(name.lower() for name in headers)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    signed = signing.signature_of(signing.canonical(method, target, headers, names, body), date, secret_key)
    headers["Authorization"] = f"SDK-HMAC-SHA256 Access={access_key}, SignedHeaders={';'.join(names)}, Signature={signed}"
    return headers


@pytest.fixture(scope="session")
def simulator() -> t.Iterator[Json]:
    """A running simulator, as its ready file describes it."""
    with simulation.started() as credentials:
        yield credentials


@pytest.fixture
def new_cloud(simulator: Json) -> t.Callable[..., Cloud]:
    """What makes a project with settings, in which nothing that takes time ends during a test."""
    slow = {"delete_seconds": UNENDING, "stop_seconds": UNENDING, "start_seconds": UNENDING}
    return lambda **settings: Cloud(simulation.new_project(simulator["url"], **{**slow, **settings}))


@pytest.fixture
def cloud(new_cloud: t.Callable[..., Cloud]) -> Cloud:
    """A project of its own."""
    return new_cloud()


@pytest.fixture
def jobs() -> World:
    """The jobs of a project, without a process."""
    return World()
