# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator as other programs start it, and one project of it as they control it."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing as t

import requests

SIMULATOR = pathlib.Path(__file__).resolve().parents[1] / "simulator"
START_SECONDS = 30
ANSWER_SECONDS = 60


class SimulationError(Exception):
    """The simulator does not start, or refuses what a program asks of it."""


@contextlib.contextmanager
def started(*options: str, program: pathlib.Path = SIMULATOR) -> t.Iterator[dict[str, t.Any]]:
    """Run a simulator, give what it says of itself once it listens, and end it.

    Raises :class:`SimulationError` where it does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = pathlib.Path(folder, "ready.json")
        command = [sys.executable, str(program), "--ready-file", str(ready), "--parent-pid", str(os.getpid()), *options]
        own = {"PYTHONDONTWRITEBYTECODE": "1", **os.environ}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=own) as process:
            try:
                end = time.monotonic() + START_SECONDS
                while not ready.exists():
                    if process.poll() is not None or time.monotonic() > end:
                        raise SimulationError("The simulator did not start.")
                    time.sleep(0.02)
                yield json.loads(ready.read_text(encoding="utf-8"))
            finally:
                process.terminate()


def ask(method: str, url: str, **options: t.Any) -> requests.Response:
    """Make a request that no proxy and no .netrc of the machine gets between."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=ANSWER_SECONDS, **options)


def new_project(url: str, **settings: t.Any) -> dict[str, t.Any]:
    """Make a project with these settings in the simulator at ``url``, and return its credentials.

    Raises :class:`SimulationError` where the simulator refuses.
    """
    answer = ask("POST", f"{url}/_simulator/projects", json={"settings": settings})
    if answer.status_code != 200:
        raise SimulationError(f"The simulator made no project: {answer.text[:300]}")
    return t.cast("dict[str, t.Any]", answer.json())


class Project:
    """One project of a running simulator.

    :param credentials: what the simulator says of it; ``url`` and ``project_id`` are enough for the controls.
    :param authority: a file with the certificate of the authority that the simulator's own certificate comes from.
    """

    def __init__(self, credentials: dict[str, t.Any], authority: str | None = None) -> None:
        self.credentials = credentials
        self.authority = authority

    def control(self, method: str, what: str, body: t.Any = None) -> t.Any:
        """Use one of the simulator's controls. Raises :class:`SimulationError` where it refuses."""
        url = f"{self.credentials['url']}/_simulator/{what}"
        query = {"project": self.credentials["project_id"]}
        answer = ask(method, url, params=query, json=body, verify=self.authority or True)
        if answer.status_code != 200:
            raise SimulationError(f"The simulator refused {method} {what}: {answer.text[:300]}")
        return answer.json()

    def token(self) -> str:
        """Fetch a token by the password of the user. Raises :class:`SimulationError` where there is none."""
        given = self.credentials
        user = {"name": given["username"], "password": given["password"], "domain": {"name": given["user_domain_name"]}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": {"id": given["project_id"]}}}}
        answer = ask("POST", f"{given['iam_url']}/auth/tokens", json=body)
        if answer.status_code != 201:
            raise SimulationError(f"The simulator gave no token: {answer.text[:300]}")
        return answer.headers["X-Subject-Token"]

    def access_key(self) -> dict[str, str]:
        """Return the environment of a user with an access key."""
        given = self.credentials
        return {
            "OS_ACCESS_KEY": given["access_key"],
            "OS_SECRET_KEY": given["secret_key"],
            "OS_PROJECT_ID": given["project_id"],
            "OS_MODELARTS_ENDPOINT_OVERRIDE": given["endpoint"],
        }
