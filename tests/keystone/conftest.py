# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Keystone on SQLite, with ModelArts in its catalog, and a simulator that asks it about every token."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import time
import typing as t

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import simulation

BIN = pathlib.Path(sys.executable).parent
REGION = "eu-de"
Json = t.Dict[str, t.Any]

CONFIGURATION = """
[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[token]
provider = fernet
expiration = {expiration}
[fernet_tokens]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
"""
SERVE = """
import sys
port, sys.argv = int(sys.argv[1]), [""]
from keystone.wsgi.api import application
import waitress
waitress.serve(application, host="127.0.0.1", port=port, threads=4)
"""


def free_port() -> int:
    """Return a port of loopback that no one listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Keystone:
    """Keystone's own API, as its administrator."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = self._as_admin
        self._password = password

    def log_in(self, username: str, password: str, scope: t.Any = "unscoped") -> str:
        """Return a new token."""
        user = {"name": username, "password": password, "domain": {"id": "default"}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        answer = requests.post(f"{self.url}/auth/tokens", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def _as_admin(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authorise a request by a token of its own: they may expire within seconds."""
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        request.headers["X-Auth-Token"] = self.log_in("admin", self._password, scope)
        return request

    def make(self, kind: str, **fields: t.Any) -> str:
        """Make something, and return its id."""
        plural = {"policy": "policies"}.get(kind, f"{kind}s")
        answer = self.session.post(f"{self.url}/{plural}", json={kind: fields}, timeout=30)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[kind]["id"])

    def enter(self, kind: str, name: str, url: str) -> None:
        """Enter a service into the catalog."""
        service = self.make("service", type=kind, name=name)
        self.make("endpoint", service_id=service, interface="public", region_id=REGION, url=url)

    def grant(self, user_id: str, project_id: str) -> None:
        """Give a user the role of a member in a project."""
        roles = self.session.get(f"{self.url}/roles", params={"name": "member"}, timeout=30).json()["roles"]
        url = f"{self.url}/projects/{project_id}/users/{user_id}/roles/{roles[0]['id']}"
        assert self.session.put(url, timeout=30).status_code == 204

    def disable(self, user_id: str) -> None:
        """Disable a user."""
        answer = self.session.patch(f"{self.url}/users/{user_id}", json={"user": {"enabled": False}}, timeout=30)
        assert answer.status_code == 200, answer.text


class Cloud(simulation.Project):
    """A project of Keystone, a user of it, and the simulator's view of it."""

    def __init__(self, keystone: Keystone, simulator: str) -> None:
        self.keystone = keystone
        self.username = f"user-{secrets.token_hex(4)}"
        self.password = f"password-{secrets.token_hex(12)}"
        self.project_name = f"project-{secrets.token_hex(4)}"
        self.project_id = keystone.make("project", name=self.project_name, domain_id="default")
        super().__init__({"url": simulator, "project_id": self.project_id})
        self.user_id = keystone.make("user", name=self.username, password=self.password, domain_id="default")
        keystone.grant(self.user_id, self.project_id)
        self.tokens: t.List[str] = []

    def token(self, scoped: bool = True) -> str:
        """Return a new token."""
        scope = {"project": {"id": self.project_id}} if scoped else "unscoped"
        self.tokens.append(self.keystone.log_in(self.username, self.password, scope))
        return self.tokens[-1]

    def auth(self, **fields: t.Any) -> Json:
        """Return the option ``auth``, or what a clouds.yaml has in its place."""
        own = {"auth_url": self.keystone.url, "username": self.username, "password": self.password}
        return {**own, "user_domain_name": "Default", "project_id": self.project_id, **fields}

    def meet(self) -> None:
        """Have the simulator know the project: it does with the first call that shows a token of it."""
        url = f"{self.credentials['url']}/v1/{self.project_id}/visualization-jobs"
        assert requests.get(url, headers={"X-Auth-Token": self.token()}, timeout=10).status_code == 200
        self.control("DELETE", "log")


@contextlib.contextmanager
def running(command: t.Sequence[str], ready: t.Callable[[], bool], **options: t.Any) -> t.Iterator[None]:
    """Run a program for as long as it is needed. Fails where it does not become ready within a minute."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options) as process:
        try:
            end = time.monotonic() + 60
            while not ready():
                assert process.poll() is None and time.monotonic() < end, f"{command[0]} does not start"
                time.sleep(0.1)
            yield
        finally:
            process.kill()


def answers(url: str) -> bool:
    """Tell whether something answers there."""
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(url, timeout=5).status_code < 500
    return False


def configured(folder: pathlib.Path, expiration: int = 3600) -> t.Dict[str, str]:
    """Configure the Keystone in this folder, and return the environment of what works on it.

    :param expiration: seconds for which a token is valid.
    """
    (folder / "keystone.conf").write_text(CONFIGURATION.format(folder=folder, expiration=expiration))
    return {**os.environ, "OS_KEYSTONE_CONFIG_DIR": str(folder)}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> t.Tuple[pathlib.Path, str]:
    """The folder of a Keystone that never runs, to be copied, and the password of its administrator."""
    folder, password = tmp_path_factory.mktemp("made"), secrets.token_hex(12)
    who = ("--keystone-user", getpass.getuser(), "--keystone-group", grp.getgrgid(os.getgid()).gr_name)
    for arguments in (
        ("db_sync",),
        ("fernet_setup", *who),
        ("credential_setup", *who),
        ("bootstrap", "--bootstrap-password", password, "--bootstrap-region-id", REGION),
    ):
        environment, silent = configured(folder), subprocess.DEVNULL
        command = [str(BIN / "keystone-manage"), "--config-file", str(folder / "keystone.conf"), *arguments]
        subprocess.run(command, env=environment, check=True, timeout=120, stdout=silent, stderr=silent)
    return folder, password


@contextlib.contextmanager
def a_keystone(made: t.Tuple[pathlib.Path, str], folder: pathlib.Path, expiration: int) -> t.Iterator[Keystone]:
    """Copy a Keystone to a folder, run it, and enter it into its own catalog."""
    shutil.copytree(made[0], folder)
    port = free_port()
    url = f"http://127.0.0.1:{port}/v3"
    with running([sys.executable, "-c", SERVE, str(port)], lambda: answers(url), env=configured(folder, expiration)):
        keystone = Keystone(url, made[1])
        keystone.enter("identity", "keystone", url)
        yield keystone


@contextlib.contextmanager
def a_simulator(keystone: Keystone) -> t.Iterator[str]:
    """Run a simulator that trusts this Keystone, enter it into the catalog, and return its URL."""
    with simulation.started("--keystone", keystone.url) as credentials:
        url = str(credentials["url"])
        for version in ("v2", "v1"):
            keystone.enter("modelarts", f"modelarts{version}", f"{url}/{version}/$(project_id)s")
        yield url


@pytest.fixture(scope="session")
def lasting(made: t.Tuple[pathlib.Path, str], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Tuple[Keystone, str]]:
    """A Keystone whose tokens last, and its simulator."""
    with a_keystone(made, tmp_path_factory.mktemp("lasting") / "keystone", 3600) as keystone, a_simulator(keystone) as url:
        yield keystone, url


@pytest.fixture(scope="session")
def passing(made: t.Tuple[pathlib.Path, str], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Tuple[Keystone, str]]:
    """A Keystone whose tokens expire after a few seconds, and its simulator."""
    with a_keystone(made, tmp_path_factory.mktemp("passing") / "keystone", 6) as keystone, a_simulator(keystone) as url:
        yield keystone, url


@pytest.fixture
def cloud(lasting: t.Tuple[Keystone, str]) -> Cloud:
    """A project with a user of its own."""
    return Cloud(*lasting)
