# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proving who we are: what is asked of IAM, what its answer says, and what is put on a request.

Nothing here sends a request: the client asks the one question that :func:`question` returns, and has the answer read by
:func:`read_access`.
"""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import hashlib
import hmac
import re
import time
import typing as t
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from ._settings import (
    AccessKey,
    Credentials,
    Password,
    Settings,
    SettingsError,
    Token,
    asks_iam,
    checked_project_id,
    iam_base,
    modelarts_base,
    named,
    printable,
    split_endpoint,
)

MODELARTS_SERVICE_TYPES = ("modelarts", "modelartsv1")
ALGORITHM = "SDK-HMAC-SHA256"
SIGNED_HEADERS = ("host", "x-sdk-date", "x-project-id", "content-type", "x-security-token")

Json = t.Mapping[str, t.Any]
Authorise = t.Callable[[t.Any], t.Any]
Now = t.Callable[[], float]


class AuthError(Exception):
    """IAM answered, but not with what we need: no token, no project, or no endpoint that fits."""


@dataclass(frozen=True)
class Question:
    """What is asked of IAM, before it is authorised."""

    method: str
    url: str
    headers: t.Dict[str, str] = field(default_factory=dict, repr=False)
    body: t.Optional[t.Dict[str, t.Any]] = field(default=None, repr=False)
    query: t.Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """What IAM says of a token: the project it is for, and the catalog of that project."""

    project_id: t.Optional[str] = None
    catalog: t.Sequence[Json] = ()
    project_name: t.Optional[str] = None


@dataclass(frozen=True)
class Access:
    """What a task needs for its calls.

    ``base``: the URL of the project in ModelArts. ``authorise`` puts on a request what proves who we are.
    ``token``: the token that IAM gave us, if it did.
    """

    base: str
    authorise: Authorise = field(repr=False)
    token: t.Optional[str] = field(default=None, repr=False)


# --- IAM: one question, one reading ------------------------------------------------------------------------------


def question(settings: Settings) -> t.Optional[Question]:
    """Return what has to be asked of IAM before ModelArts can be called; ``None`` where nothing has to.

    With a password, that is a token for the project; with a token, which project it is for; with an access key, the id
    of the project. Raises :class:`SettingsError`.
    Source: https://docs.otc.t-systems.com/identity-access-management/api-ref/ ("Obtaining a User Token").
    """
    if not asks_iam(settings):
        return None
    base, credentials = iam_base(settings), settings.credentials
    if isinstance(credentials, AccessKey):
        return Question("GET", f"{base}/projects", query={"name": str(settings.project_name)})
    if isinstance(credentials, Token):
        return Question("GET", f"{base}/auth/tokens", headers={"X-Subject-Token": credentials.token})
    project: t.Dict[str, t.Any] = {"id": settings.project_id}
    if settings.project_id is None:
        project = {"name": settings.project_name}
        if settings.project_domain:
            project["domain"] = settings.project_domain
    identity = {"methods": ["password"], "password": {"user": credentials.user}}
    return Question("POST", f"{base}/auth/tokens", body={"auth": {"identity": identity, "scope": {"project": project}}})


def authoriser(credentials: Credentials, project_id: t.Optional[str] = None, now: Now = time.time) -> Authorise:
    """Return what authorises a request by credentials as they were given: a password by itself authorises nothing.

    :param now: seconds since the epoch.
    """
    if isinstance(credentials, AccessKey):
        return SignatureAuth(credentials, project_id, now)
    return TokenAuth(credentials.token) if isinstance(credentials, Token) else unauthorised


def read_access(settings: Settings, body: t.Optional[Json], headers: t.Mapping[str, str], now: Now = time.time) -> Access:
    """Return what a task needs for its calls, from the settings and from IAM's answer to :func:`question`.

    :param body: of the answer; ``None`` where nothing was asked.
    :param headers: of the answer.
    :param now: seconds since the epoch.

    Raises :class:`AuthError` where the answer does not give it, and :class:`SettingsError` where nothing was asked and
    the settings do not.
    """
    credentials, project_id = settings.credentials, settings.project_id
    scope, token = Scope(), None
    if isinstance(credentials, Password):
        token = headers.get("X-Subject-Token")
        if not token:
            raise AuthError(f"IAM answered without a token: check {named('auth_url')}.")
        credentials = Token(token)
    if body is not None and isinstance(credentials, AccessKey):
        project_id = read_project_id(body, str(settings.project_name), settings.project_domain)
    elif body is not None:
        scope = read_scope(body)
        project_id = project_of_scope(project_id, scope, settings.project_name)
    endpoint = (
        settings.endpoint
        or endpoint_from_catalog(scope, settings.region_name, settings.interface)
        or endpoint_from_region(settings, scope)
    )
    return Access(f"{endpoint}/v1/{project_id}", authoriser(credentials, project_id, now), token)


def read_scope(body: Json) -> Scope:
    """Read IAM's answer about a token."""
    token = body.get("token")
    token = token if isinstance(token, dict) else {}
    project = token.get("project")
    project_id = project.get("id") if isinstance(project, dict) else None
    catalog = token.get("catalog")
    services = [entry for entry in catalog if isinstance(entry, dict)] if isinstance(catalog, list) else []
    project_name = project.get("name") if isinstance(project, dict) else None
    return Scope(str(project_id) if project_id else None, services, str(project_name) if project_name else None)


def project_of_scope(project_id: t.Optional[str], scope: Scope, project_name: t.Optional[str] = None) -> str:
    """Return the id of the project. Raises :class:`AuthError` where the token is for another, or for none."""
    if project_name and scope.project_name and project_name.casefold() != scope.project_name.casefold():
        given = f"{printable(project_name)} ({named('project_name')})"
        raise AuthError(f"The token is for project {printable(scope.project_name)}, not for {given}.")
    if project_id and scope.project_id and project_id != scope.project_id:
        given = f"{project_id} ({named('project_id')})"
        raise AuthError(f"The token is for project {printable(scope.project_id)}, not for {given}.")
    if project_id or scope.project_id:
        return project_from_iam(project_id or scope.project_id or "")
    raise AuthError(f"The token is for no project: set {named('project_id')}.")


def read_project_id(body: Json, name: str, domain: t.Optional[t.Mapping[str, str]] = None) -> str:
    """Read IAM's answer about a project of a name. Raises :class:`AuthError` where it is not exactly one.

    :param domain: of the project; only by its id it can be told from others.
    """
    projects = body.get("projects")
    rows = [row for row in (projects if isinstance(projects, list) else []) if isinstance(row, dict)]
    domain_id = (domain or {}).get("id")
    if domain_id:
        rows = [row for row in rows if row.get("domain_id") in (None, domain_id)]
    ids = sorted({str(row["id"]) for row in rows if row.get("name") == name and row.get("id")})
    if len(ids) != 1:
        found = f"{len(ids)} projects" if ids else "no project"
        raise AuthError(f"IAM knows {found} of the name {printable(name)}: set {named('project_id')}.")
    return project_from_iam(ids[0])


def project_from_iam(project_id: str) -> str:
    """Return an id that IAM told, which becomes a part of the path. Raises :class:`AuthError` where it cannot be one."""
    try:
        return checked_project_id(project_id)
    except SettingsError as error:
        raise AuthError(f"What IAM answered is not the id of a project: {printable(project_id)}.") from error


def listed(scope: Scope) -> t.List[t.Tuple[str, str, str]]:
    """Return region (empty: any), interface (empty: any) and URL of each v1 endpoint of ModelArts in a catalog.

    The service is listed more than once, with v1 and v2 URLs.
    """
    found = []
    for service in scope.catalog:
        entries = service.get("endpoints") if service.get("type") in MODELARTS_SERVICE_TYPES else None
        for entry in entries if isinstance(entries, list) else []:
            url = str(entry.get("url") or "") if isinstance(entry, dict) else ""
            if re.search(r"/v1(/|$)", url):
                region = str(entry.get("region_id") or entry.get("region") or "")
                found.append(("" if region == "*" else region, str(entry.get("interface") or ""), url))
    return found


def endpoint_from_catalog(scope: Scope, region_name: t.Optional[str], interface: str = "public") -> t.Optional[str]:
    """Return ModelArts' v1 endpoint (what is before ``/v1``) from a catalog, or ``None``.

    Raises :class:`AuthError` where it is no URL, or where several regions have one and none of them was chosen.
    """
    fitting = [(region, url) for region, kind, url in listed(scope) if kind in ("", interface)]
    if region_name:
        fitting = [one for one in fitting if one[0] == region_name] or [one for one in fitting if not one[0]]
    endpoints = sorted({endpoint_from_iam(url) for dummy, url in fitting})
    regions = sorted({region for region, dummy in fitting})
    if len(endpoints) > 1 and len(regions) > 1:
        names = ", ".join(printable(region) for region in regions if region)
        raise AuthError(f"IAM lists ModelArts in several regions ({names}): set {named('region_name')}.")
    if len(endpoints) > 1:
        raise AuthError(f"IAM lists ModelArts at several URLs ({', '.join(map(printable, endpoints))}): set {named('endpoint')}.")
    return endpoints[0] if endpoints else None


def endpoint_from_region(settings: Settings, scope: Scope) -> str:
    """Return the endpoint that no catalog gives. Raises :class:`SettingsError`, or :class:`AuthError` if there is one."""
    try:
        return modelarts_base(settings)
    except SettingsError as error:
        if not asks_iam(settings):
            raise
        others = sorted({f"{region or 'any region'}, {kind or 'any interface'}" for region, kind, dummy in listed(scope)})
        wanted = f"{settings.region_name or 'any region'}, {settings.interface}"
        lists = f"lists ModelArts not for {wanted}, but for {'; '.join(others)}" if others else "lists no ModelArts"
        raise AuthError(f"The catalog of IAM {lists}. {error}") from error


def endpoint_from_iam(url: str) -> str:
    """Return the endpoint in a URL of the catalog. Raises :class:`AuthError` where it is none."""
    try:
        return split_endpoint(url)[0]
    except SettingsError as error:
        raise AuthError(f"IAM lists ModelArts at what is no URL: {printable(url)}. Set {named('endpoint')}.") from error


# --- what is put on a request ------------------------------------------------------------------------------------


def unauthorised(request: t.Any) -> t.Any:
    """Put nothing on a request. (Without anything to authorise it, ``requests`` would look into ``.netrc``.)"""
    return request


class TokenAuth:
    """Puts a token on a request of ``requests``."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: t.Any) -> t.Any:
        request.headers["X-Auth-Token"] = self._token
        return request


class SignatureAuth:
    """Signs a request of ``requests`` with AK/SK, SDK-HMAC-SHA256.

    :param key: the access key.
    :param project_id: sent and signed as ``X-Project-Id``, where it is known.
    :param now: seconds since the epoch; the cloud rejects more than 15 minutes of skew.

    Source: https://docs.otc.t-systems.com/modelarts/api-ref/ ("Authentication", AK/SK-based).
    """

    def __init__(self, key: AccessKey, project_id: t.Optional[str] = None, now: Now = time.time) -> None:
        self._key = key
        self._project_id = project_id
        self._now = now

    def __call__(self, request: t.Any) -> t.Any:
        headers = request.headers
        headers.setdefault("X-Sdk-Date", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now())))
        headers["Host"] = host_header(request.url)
        if self._project_id:
            headers["X-Project-Id"] = self._project_id
        if self._key.security_token:
            headers["X-Security-Token"] = self._key.security_token
        signed = {name.lower(): text(value).strip() for name, value in headers.items() if name.lower() in SIGNED_HEADERS}
        canonical = canonical_request(request.method, request.url, signed, request.body or b"")
        signature = sign(canonical, signed["x-sdk-date"], self._key.secret_key)
        names = ";".join(sorted(signed))
        headers["Authorization"] = f"{ALGORITHM} Access={self._key.access_key}, SignedHeaders={names}, Signature={signature}"
        return request


def text(value: t.Union[str, bytes]) -> str:
    """Return a header's value, which ``requests`` allows to be bytes, as text."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def host_header(url: str) -> str:
    """Return the ``Host`` header of a URL: with the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def canonical_request(method: str, url: str, headers: t.Mapping[str, str], body: t.Union[str, bytes]) -> str:
    """Return the canonical form of a request, the first step of SDK-HMAC-SHA256. Header names are lower case."""
    parts = urlsplit(url)
    path = "/".join(quoted(unquote(segment)) for segment in parts.path.split("/")).rstrip("/") + "/"
    pairs = sorted((quoted(name), quoted(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    payload = body.encode("utf-8") if isinstance(body, str) else body
    return "\n".join((method, path, query, lines, ";".join(sorted(headers)), hashlib.sha256(payload).hexdigest()))


def quoted(value: str) -> str:
    """Percent-encode all but the unreserved characters."""
    return quote(value, safe="-_.~")


def sign(canonical: str, date: str, secret_key: str) -> str:
    """Return the signature of a canonical request, the second and third step of SDK-HMAC-SHA256."""
    digest = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    return hmac.new(secret_key.encode("utf-8"), f"{ALGORITHM}\n{date}\n{digest}".encode(), hashlib.sha256).hexdigest()
