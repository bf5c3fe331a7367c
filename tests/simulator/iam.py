# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM, projects and who may call: users, keys and tokens."""

from __future__ import annotations

import datetime
import secrets
import typing as t
from dataclasses import dataclass, field

import errors
import settings
import signing
from api import Api
from cloud import Jobs
from faults import Fault

Json = t.Dict[str, t.Any]

REGION = "eu-de"
BAD_SIGNATURES_BEFORE_LOCK = 5


def generated(kind: str) -> str:
    """Return a credential that no one could guess, and that no one takes for a real one."""
    return f"simulated-{kind}-{secrets.token_hex(12)}"


@dataclass
class Key:
    """An access key."""

    access_key: str
    secret_key: str
    security_token: t.Optional[str] = None
    bad: int = 0
    locked_until: float = 0.0


@dataclass
class Token:
    """A token and the project it is for."""

    project_id: str
    expires: float


@dataclass
class Project:
    """One project, with everything of its own."""

    project_id: str
    name: str
    username: str
    password: str
    keys: t.List[Key]
    settings: settings.Settings
    jobs: Jobs
    faults: t.List[Fault] = field(default_factory=list)
    log: t.List[Json] = field(default_factory=list)
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.api = Api(self.settings, self.jobs)

    def credentials(self, base: str) -> Json:
        """Return all that a user needs to know."""
        permanent, temporary = self.keys
        return {
            "url": base,
            "iam_url": f"{base}/v3",
            "endpoint": base,
            "project_id": self.project_id,
            "project_name": self.name,
            "region_name": REGION,
            "username": self.username,
            "password": self.password,
            "user_domain_name": "OTC-simulated",
            "access_key": permanent.access_key,
            "secret_key": permanent.secret_key,
            "temporary": {
                "access_key": temporary.access_key,
                "secret_key": temporary.secret_key,
                "security_token": temporary.security_token,
            },
        }


class Iam:
    """All projects, and the checks that every request goes through.

    :param now: seconds since the epoch.
    """

    def __init__(self, now: t.Callable[[], float]) -> None:
        self.now = now
        self.projects: t.Dict[str, Project] = {}
        self.tokens: t.Dict[str, Token] = {}
        self.add_project()

    def add_project(self, changes: t.Optional[Json] = None) -> Project:
        """Make a project with credentials of its own."""
        own = settings.defaults()
        settings.changed(own, changes or {})
        number = len(self.projects) + 1
        project = Project(
            project_id=secrets.token_hex(16),
            name=f"{REGION}_simulated{number}",
            username=f"user{number}",
            password=generated("password"),
            keys=[
                Key(f"SIMULATED{secrets.token_hex(6).upper()}", generated("secret")),
                Key(f"SIMULATED{secrets.token_hex(6).upper()}", generated("secret"), generated("security-token")),
            ],
            settings=own,
            jobs=Jobs(own, self.now),
        )
        self.projects[project.project_id] = project
        return project

    def first(self) -> Project:
        """Return the project that is there from the start."""
        return next(iter(self.projects.values()))

    # --- tokens ---

    def log_in(self, body: t.Any) -> t.Tuple[str, Project]:
        """Return a new token for a request by password. Raises :class:`errors.ErrorAnswer`."""
        try:
            user = body["auth"]["identity"]["password"]["user"]
            scope = body["auth"]["scope"]["project"]
            password = user["password"]
        except (KeyError, TypeError) as error:
            raise errors.iam(400, "Bad Request", "The request body is not what it has to be.") from error
        project = next((one for one in self.projects.values() if names_user(user, one)), None)
        if project is None or password != project.password or revoked(project.settings, "password"):
            raise errors.iam(401, "Unauthorized", "The username or password is wrong.")
        if project.project_id != scope.get("id") and project.name != scope.get("name"):
            raise errors.iam(401, "Unauthorized", "The user has no role in that project.")
        token = generated("token") * 3
        self.tokens[token] = Token(project.project_id, self.now() + project.settings["token_seconds"])
        return token, project

    def token_body(self, token: str, base: str) -> Json:
        """Return what IAM tells of a token."""
        known = self.tokens[token]
        project = self.projects[known.project_id]
        domain = {"id": "simulated-domain", "name": "OTC-simulated"}
        return {
            "token": {
                "methods": ["password"],
                "issued_at": self.stamp(self.now()),
                "expires_at": self.stamp(known.expires),
                "user": {"id": f"id-{project.username}", "name": project.username, "domain": domain},
                "project": {"id": project.project_id, "name": project.name, "domain": domain},
                "roles": [{"id": "0", "name": "te_admin"}],
                "catalog": catalog(base, project.project_id),
            }
        }

    @staticmethod
    def stamp(moment: float) -> str:
        """Return a time as IAM writes it."""
        return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def project_of_token(self, token: str, own: t.Optional[settings.Settings] = None) -> Project:
        """Return the project of a valid token. Raises :class:`errors.ErrorAnswer`."""
        known = self.tokens.get(token)
        if known is None:
            raise errors.known(own or self.first().settings, "APIGW.0301")
        project = self.projects[known.project_id]
        if revoked(project.settings, "tokens"):
            raise errors.known(project.settings, "APIGW.0301")
        if known.expires <= self.now():
            raise errors.known(project.settings, "APIGW.0307")
        return project

    # --- keys ---

    def key(self, access_key: str) -> t.Tuple[t.Optional[Project], t.Optional[Key]]:
        """Return a key and whose it is."""
        for project in self.projects.values():
            for key in project.keys:
                if key.access_key == access_key:
                    return project, key
        return None, None

    def project_of_signature(
        self,
        method: str,
        target: str,
        headers: t.Mapping[str, str],
        body: bytes,
        own: t.Optional[settings.Settings] = None,
    ) -> Project:
        """Return the project whose key signed a request. Raises :class:`errors.ErrorAnswer`, as ``own`` has it for no one."""
        own = own or self.first().settings
        try:
            access_key = signing.parse(headers.get("Authorization", ""))[0]
        except signing.BadSignature as error:
            raise errors.known(own, "APIGW.0301", f"Incorrect IAM authentication information: {error}") from error
        project, key = self.key(access_key)
        if project is None or key is None:
            raise errors.known(own, "APIGW.0301", "Incorrect IAM authentication information: unknown key")
        if revoked(project.settings, "keys"):
            raise errors.known(project.settings, "APIGW.0301", "Incorrect IAM authentication information: the key is disabled")
        if key.locked_until > self.now():
            raise errors.known(project.settings, "APIGW.0301", "Incorrect IAM authentication information: the key is locked")
        try:
            signing.check(
                method, target, headers, body,
                {"secret_key": key.secret_key, "security_token": key.security_token}, self.now(),
            )  # fmt: skip
        except signing.BadSignature as error:
            key.bad += 1
            if key.bad > BAD_SIGNATURES_BEFORE_LOCK:
                key.bad, key.locked_until = 0, self.now() + project.settings["lock_seconds"]
            raise errors.known(project.settings, "APIGW.0301", f"Incorrect IAM authentication information: {error}") from error
        key.bad = 0
        return project


def revoked(own: settings.Settings, what: str) -> bool:
    """Tell whether a kind of credentials is refused: keys, tokens or the password."""
    return own["revoked"] is True or (isinstance(own["revoked"], list) and what in own["revoked"])


def names_user(user: t.Mapping[str, t.Any], project: Project) -> bool:
    """Tell whether the user of a request is the user of a project."""
    if user.get("id") == f"id-{project.username}":
        return True
    domain = user.get("domain") or {}
    known = domain.get("name") == "OTC-simulated" or domain.get("id") == "simulated-domain"
    return known and user.get("name") == project.username


def catalog(base: str, project_id: str) -> t.List[Json]:
    """Return the catalog: ModelArts is listed more than once, with v2 before v1."""

    def service(kind: str, url: str) -> Json:
        endpoint = {"id": f"{kind}-{url[-4:]}", "interface": "public", "region": REGION, "region_id": REGION, "url": url}
        return {"type": kind, "name": kind, "id": f"{kind}-service", "endpoints": [endpoint]}

    return [
        service("identity", f"{base}/v3"),
        service("modelarts", f"{base}/v2/{project_id}"),
        service("modelarts", f"{base}/v1/{project_id}"),
        service("modelartsv1", f"{base}/v1/{project_id}"),
    ]
