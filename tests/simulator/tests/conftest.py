# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a process, a project of its own for each test, and a clock for the parts that need no process."""

from __future__ import annotations

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


class Clock:
    """Seconds since the epoch, which pass only where a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


def command(*options: str) -> t.List[str]:
    """Return the command line of a simulator."""
    return [sys.executable, str(SIMULATOR), *options]


def connection() -> requests.Session:
    """Return a session that no proxy and no .netrc of the machine gets between."""
    session = requests.Session()
    session.trust_env = False
    return session


class Cloud:
    """One project of a simulator, as a client sees it, and its controls."""

    def __init__(self, credentials: Json) -> None:
        self.credentials = credentials
        self.url = str(credentials["url"])
        self.project_id = str(credentials["project_id"])
        self.session = connection()
        self._token: t.Optional[str] = None

    # --- as a client ---

    def log_in(self, user: t.Optional[Json] = None, project: t.Optional[Json] = None) -> requests.Response:
        """Ask IAM for a token, of this project and by its password if nothing else is said."""
        own = {"name": self.credentials["username"], "domain": {"name": self.credentials["user_domain_name"]}}
        own["password"] = self.credentials["password"]
        identity = {"methods": ["password"], "password": {"user": {**own, **(user or {})}}}
        body = {"auth": {"identity": identity, "scope": {"project": project or {"id": self.project_id}}}}
        return self.session.post(f"{self.credentials['iam_url']}/auth/tokens", json=body, timeout=10)

    def token(self) -> str:
        """Return a token that is fetched once."""
        if self._token is None:
            answer = self.log_in()
            assert answer.status_code == 201, answer.text
            self._token = answer.headers["X-Subject-Token"]
        return self._token

    def path(self, rest: str = "") -> str:
        """Return the path of the jobs, or of what is under it."""
        return f"/v1/{self.project_id}/visualization-jobs{rest}"

    def ask(self, method: str, rest: str = "", body: t.Any = None, **options: t.Any) -> requests.Response:
        """Make a call with a token. ``rest``: what follows the path of the jobs, query included."""
        headers = {"X-Auth-Token": self.token(), **options.pop("headers", {})}
        options = {"timeout": 10, "allow_redirects": False, **options}
        return self.session.request(method, f"{self.url}{self.path(rest)}", json=body, headers=headers, **options)

    def ask_signed(self, method: str = "GET", rest: str = "", **how: t.Any) -> requests.Response:
        """Make a call that is signed with AK/SK; ``how`` as for :func:`signature`."""
        url = f"{self.url}{self.path(rest)}"
        headers = signature(method, url, **{**self.key(), "project_id": self.project_id, **how})
        return self.session.request(method, url, data=how.get("body"), headers=headers, timeout=10)

    def key(self, temporary: bool = False) -> Json:
        """Return an access key."""
        own = self.credentials["temporary"] if temporary else self.credentials
        return {name: own[name] for name in ("access_key", "secret_key", "security_token") if name in own}

    # --- behind the API's back ---

    def control(self, method: str, what: str, body: t.Any = None) -> requests.Response:
        """Use a control of this project, whatever it answers."""
        url = f"{self.url}/_simulator/{what}"
        return self.session.request(method, url, params={"project": self.project_id}, json=body, timeout=10)

    def _controlled(self, method: str, what: str, body: t.Any = None) -> t.Any:
        answer = self.control(method, what, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def add(self, status: int = 8, **fields: t.Any) -> str:
        """Put a job there, and return its id."""
        return str(self._controlled("POST", "jobs", {"status": status, **fields})["job_id"])

    def jobs(self) -> t.Dict[str, Json]:
        """Return the jobs that are really there, by id."""
        return {str(job["job_id"]): job for job in self._controlled("GET", "jobs")}

    def set(self, **settings: t.Any) -> None:
        """Change settings."""
        self._controlled("PATCH", "settings", settings)

    def fault(self, *rules: Json) -> None:
        """Have things go wrong; for the token, which is fetched before, only where it is asked for again."""
        self.token()
        self._controlled("POST", "faults", list(rules))

    def log(self) -> t.List[Json]:
        """Return the log, but for the requests for tokens."""
        return [entry for entry in self._controlled("GET", "log") if entry["operation"] != "token"]


def signature(
    method: str,
    url: str,
    access_key: str,
    secret_key: str,
    security_token: t.Optional[str] = None,
    project_id: t.Optional[str] = None,
    body: bytes = b"",
    moment: t.Optional[float] = None,
) -> t.Dict[str, str]:
    """Return the headers of a signed request. ``moment``: seconds since the epoch, now if not given."""
    parts = urllib.parse.urlsplit(url)
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    headers = {"Host": parts.netloc, "X-Sdk-Date": date, "Content-Type": "application/json"}
    if project_id:
        headers["X-Project-Id"] = project_id
    if security_token:
        headers["X-Security-Token"] = security_token
    names = sorted(name.lower() for name in headers)
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
    """What makes a project with settings."""

    def made(**settings: t.Any) -> Cloud:
        return Cloud(simulation.new_project(simulator["url"], **settings))

    return made


@pytest.fixture
def cloud(new_cloud: t.Callable[..., Cloud]) -> Cloud:
    """A project with the usual settings, in which nothing that takes time ends during a test."""
    return new_cloud(delete_seconds=UNENDING, stop_seconds=UNENDING, start_seconds=UNENDING)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def settings() -> Json:
    """The settings of the jobs."""
    return known_settings.defaults()


@pytest.fixture
def jobs(settings: Json, clock: Clock) -> Jobs:
    """The jobs of a project, without a process."""
    return Jobs(settings, clock)
