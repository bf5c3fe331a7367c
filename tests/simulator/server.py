# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: IAM and ModelArts as a client sees them, and the controls under ``/_simulator``."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import typing as t
import weakref
from dataclasses import fields

import aiohttp
import errors
import settings
from aiohttp import web
from api import Answer, parsed
from cloud import Refusal
from faults import Fault
from iam import Iam, Project

Json = t.Dict[str, t.Any]

MOST_BYTES = 256 * 1024**2  # for who puts many large jobs there
JOB_PATH = re.compile(r"/v1/(?P<project>[^/]+)/visualization-jobs(?:/(?P<job>[^/]+))?(?:/(?P<action>stop|restart))?/?")
OPERATIONS = {
    ("POST", False, None): "create",
    ("GET", False, None): "list",
    ("GET", True, None): "get",
    ("PUT", True, None): "update",
    ("DELETE", True, None): "delete",
    ("POST", True, "stop"): "stop",
    ("POST", True, "restart"): "restart",
}
IAM_OPERATIONS = {
    ("POST", "/v3/auth/tokens"): "token",
    ("GET", "/v3/auth/tokens"): "validate",
    ("GET", "/v3/projects"): "projects",
    ("GET", "/v3/auth/projects"): "projects",
    ("GET", "/v3"): "version",
    ("GET", "/v3/"): "version",
    ("GET", "/"): "version",
}


class Dropped(Exception):
    """The connection was ended without an answer."""


class Server:
    """Answers requests.

    :param keystone: URL of a Keystone (v3) that knows the tokens, or ``None``.
    """

    def __init__(self, iam: Iam, keystone: t.Optional[str] = None) -> None:
        self.iam = iam
        self.base = ""
        self.started = iam.now()
        self._keystone = keystone
        self._connections: weakref.WeakKeyDictionary[t.Any, int] = weakref.WeakKeyDictionary()
        self._connection_numbers = itertools.count(1)

    def application(self) -> web.Application:
        """Return the application."""
        application = web.Application(client_max_size=MOST_BYTES)
        application.router.add_route("*", "/_simulator/{what}", self.control)
        application.router.add_route("*", "/_simulator/{what}/{job_id}", self.control)
        application.router.add_route("*", "/{path:.*}", self.serve)
        return application

    # --- one request ---

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a client's request, log it, and let go wrong what is to go wrong."""
        begun = self._seconds()
        body = await request.read()
        operation, job_id = operation_of(request)
        project = self._project_concerned(request, body)
        entry = self._entry(request, operation, job_id, project, body)
        entry["time"] = begun
        project.in_flight += 1
        entry["in_flight"] = project.in_flight
        project.log.append(entry)
        asked = (request.method, operation, request.path, job_id, request.query)
        fault = next((one for one in list(project.faults) if one.strikes(*asked)), None)
        entry["fault"] = fault is not None
        try:
            await asyncio.sleep(project.settings["latency_ms"] / 1000 + (fault.delay if fault else 0))
            answer = await self._answer(request, body, project, operation, job_id, fault)
            entry.update(
                answered=self._seconds(), status=answer[0], bytes_out=len(answer[2]), error_code=error_code_in(answer[2])
            )
            return await sent(request, answer, fault.cut if fault else None)
        except Dropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        finally:
            project.in_flight -= 1

    async def _answer(
        self,
        request: web.Request,
        body: bytes,
        project: Project,
        operation: str,
        job_id: t.Optional[str],
        fault: t.Optional[Fault],
    ) -> Answer:
        """Return the answer to a request. Raises :class:`Dropped` where there is none that is whole."""
        if fault is None:
            return await self._work(request, body, project, operation, job_id)
        fault.act("before", project.jobs, project.settings)
        if fault.drop == "before":
            raise Dropped
        answer = await self._work(request, body, project, operation, job_id) if fault.works() else None
        fault.act("after", project.jobs, project.settings)
        await asyncio.sleep(fault.delay_after)
        if fault.drop == "after":
            raise Dropped
        answer = fault.answer(answer, project.api.request_id())
        if fault.drip_headers_seconds:
            await drip_headers(request, answer, fault.drip_headers_seconds)
        if fault.drip_seconds:
            await drip_body(request, answer, fault.drip_seconds)
        return answer

    async def _work(self, request: web.Request, body: bytes, project: Project, operation: str, job_id: t.Optional[str]) -> Answer:
        """Carry a call out."""
        try:
            if operation in IAM_OPERATIONS.values():
                status, told, headers = self._iam(request, body, operation)
                return project.api.accepted(told, status, headers)
            return await self._modelarts(request, body, project, operation, job_id)
        except errors.ErrorAnswer as error:
            return project.api.refused(error)

    async def _modelarts(
        self, request: web.Request, body: bytes, project: Project, operation: str, job_id: t.Optional[str]
    ) -> Answer:
        caller = await self._caller(request, body, project.settings)
        match = JOB_PATH.fullmatch(request.path)
        if match is not None and caller.api.serves(operation):
            if match["project"] not in self.iam.projects:
                raise errors.known(caller.settings, "ModelArts.2786")
            if caller.project_id != match["project"]:
                raise errors.known(caller.settings, "ModelArts.0210")
        return caller.api.answer(operation, job_id, request.query, body)

    async def _caller(self, request: web.Request, body: bytes, own: settings.Settings) -> Project:
        """Return whose request it is. Raises :class:`errors.ErrorAnswer`, as the settings ``own`` have it."""
        token = request.headers.get("X-Auth-Token")
        if token and self._keystone:
            return await self._project_in_keystone(token, own)
        if token:
            return self.iam.project_of_token(token, own)
        if "Authorization" in request.headers:
            return self.iam.project_of_signature(request.method, request.raw_path, request.headers, body, own)
        raise errors.known(own, "ModelArts.0201")

    async def _project_in_keystone(self, token: str, own: settings.Settings) -> Project:
        """Ask the real Keystone about a token; a project that is new to us is made."""
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        url = f"{self._keystone}/auth/tokens"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            if answer.status != 200:
                raise errors.known(own, "APIGW.0307")
            project_id = (await answer.json())["token"]["project"]["id"]
        if project_id not in self.iam.projects:
            project = self.iam.add_project()
            del self.iam.projects[project.project_id]
            project.project_id = project_id
            self.iam.projects[project_id] = project
        return self.iam.projects[project_id]

    def _iam(self, request: web.Request, body: bytes, operation: str) -> t.Tuple[int, Json, t.Dict[str, str]]:
        if operation == "version":
            links = [{"rel": "self", "href": f"{self.base}/v3/"}]
            version = {"id": "v3.14", "status": "stable", "links": links, "updated": "2020-04-07T00:00:00Z", "media-types": []}
            one = request.path.startswith("/v3")
            return (200, {"version": version}, {}) if one else (300, {"versions": {"values": [version]}}, {})
        if operation == "token":
            token, project = self.iam.log_in(parsed(body))
            return 201, self.iam.token_body(token, self.base), {"X-Subject-Token": token}
        if operation == "validate":
            subject = request.headers.get("X-Subject-Token", "")
            self.iam.project_of_token(request.headers.get("X-Auth-Token", ""))
            self.iam.project_of_token(subject)
            return 200, self.iam.token_body(subject, self.base), {"X-Subject-Token": subject}
        if "X-Auth-Token" in request.headers:
            project = self.iam.project_of_token(request.headers["X-Auth-Token"])
        else:
            project = self.iam.project_of_signature(request.method, request.raw_path, request.headers, body)
        name = request.query.get("name", project.name)
        rows = [{"id": project.project_id, "name": project.name, "enabled": True}] if name == project.name else []
        return 200, {"projects": rows, "links": {}}, {}

    # --- the log ---

    def _project_concerned(self, request: web.Request, body: bytes) -> Project:
        """Return the project whose log, settings and faults a request falls under."""
        match = re.match(r"/v\d+/([0-9a-f]{32})(/|$)", request.path)
        if match and match[1] in self.iam.projects:
            return self.iam.projects[match[1]]
        token = self.iam.tokens.get(request.headers.get("X-Subject-Token") or request.headers.get("X-Auth-Token") or "")
        if token:
            return self.iam.projects[token.project_id]
        access = re.search(r"Access=([^,\s]+)", request.headers.get("Authorization", ""))
        owner = self.iam.key(access[1])[0] if access else None
        if owner is None and request.path == "/v3/auth/tokens":
            text = body.decode("utf-8", "replace")
            owner = next((one for one in self.iam.projects.values() if one.project_id in text or f'"{one.name}"' in text), None)
        return owner or self.iam.first()

    def _seconds(self) -> float:
        """Return the seconds since the simulator was started, as the log tells them."""
        return round(self.iam.now() - self.started, 4)

    def _entry(self, request: web.Request, operation: str, job_id: t.Optional[str], project: Project, body: bytes) -> Json:
        connection = self._connections.get(request.transport) or next(self._connection_numbers)
        self._connections[request.transport] = connection
        return {
            "n": len(project.log) + 1,
            "time": None,
            "answered": None,
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "operation": operation,
            "job_id": job_id,
            "status": None,
            "error_code": None,
            "header_names": sorted({name.lower() for name in request.headers}),
            "connection": connection,
            "bytes_in": len(body),
            "bytes_out": 0,
            "fault": False,
        }

    # --- the controls ---

    async def control(self, request: web.Request) -> web.Response:
        """Answer a request to the simulator itself."""
        what, job_id = request.match_info["what"], request.match_info.get("job_id")
        project = self.iam.projects.get(request.query.get("project", self.iam.first().project_id))
        if project is None:
            return json_response({"error": "no such project"}, 404)
        body = parsed(await request.read())
        try:
            return json_response(self._control(request.method, what, job_id, project, body))
        except (KeyError, TypeError, ValueError, Refusal) as error:
            return json_response({"error": str(error)}, 400)

    def _control(self, method: str, what: str, job_id: t.Optional[str], project: Project, body: t.Any) -> t.Any:
        """Read or change what a project is."""
        many = body if isinstance(body, list) else [body]
        if what == "jobs":
            return control_jobs(method, job_id, project, body, many)
        if (method, what) == ("POST", "faults"):
            allowed = {one.name for one in fields(Fault)} - {"seen"}
            if any(set(rule) - allowed for rule in many):
                raise KeyError(f"a fault has only {', '.join(sorted(allowed))}")
            project.faults.extend(Fault(**rule) for rule in many)
            return {}
        simple: t.Dict[t.Tuple[str, str], t.Callable[[], t.Any]] = {
            ("GET", "log"): lambda: project.log,
            ("DELETE", "log"): project.log.clear,
            ("DELETE", "faults"): project.faults.clear,
            ("GET", "settings"): lambda: project.settings,
            ("PATCH", "settings"): lambda: settings.changed(project.settings, body),
            ("GET", "credentials"): lambda: project.credentials(self.base),
            ("POST", "projects"): lambda: self.iam.add_project((body or {}).get("settings")).credentials(self.base),
        }
        if (method, what) not in simple:
            raise KeyError(f"no such control: {method} {what}")
        return simple[method, what]() or ([] if what == "log" else {})


def operation_of(request: web.Request) -> t.Tuple[str, t.Optional[str]]:
    """Return what a request asks for, and of which job; an empty name for what there is not."""
    match = JOB_PATH.fullmatch(request.path)
    if match is None:
        return IAM_OPERATIONS.get((request.method, request.path), ""), None
    return OPERATIONS.get((request.method, bool(match["job"]), match["action"]), ""), match["job"]


def control_jobs(method: str, job_id: t.Optional[str], project: Project, body: t.Any, many: t.List[Json]) -> t.Any:
    """Read or change the jobs of a project behind the API's back."""
    if method == "POST" and not job_id:
        made = [project.jobs.seed(dict(job)) for job in many]
        return made if isinstance(body, list) else made[0]
    if method == "PATCH" and job_id:
        return project.jobs.patch(job_id, body)
    if method == "DELETE" and job_id:
        project.jobs.vanish(job_id)
        return {}
    if method != "GET":
        raise KeyError(f"no such control: {method} jobs{'/' + job_id if job_id else ''}")
    return project.jobs.truth(job_id)


async def sent(request: web.Request, answer: Answer, cut: t.Optional[int]) -> web.StreamResponse:
    """Return an answer as it is sent. With ``cut`` so many bytes of its body are, and no more."""
    status, headers, body = answer
    if cut is None:
        return web.Response(status=status, headers=headers, body=body)
    stream = web.StreamResponse(status=status, headers=headers)
    stream.content_length = max(len(body), cut + 1)
    await stream.prepare(request)
    with contextlib.suppress(ConnectionError):
        await stream.write(body[:cut])
    if request.transport is not None:
        request.transport.close()
    return stream


async def drip_headers(request: web.Request, answer: Answer, seconds: float) -> t.NoReturn:
    """Send a header a byte at a time until the client has enough of it."""
    transport = request.transport
    if transport is not None:
        transport.write(f"HTTP/1.1 {answer[0]} Slow\r\nX-Slow: ".encode())
        while not transport.is_closing():
            transport.write(b"x")
            await asyncio.sleep(seconds)
    raise Dropped


async def drip_body(request: web.Request, answer: Answer, seconds: float) -> t.NoReturn:
    """Send a body a byte at a time until the client has enough of it."""
    stream = web.StreamResponse(status=answer[0], headers=answer[1])
    await stream.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await stream.write(b" ")
            await asyncio.sleep(seconds)
    raise Dropped


def json_response(body: t.Any, status: int = 200) -> web.Response:
    """Return the answer to a control."""
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def error_code_in(content: bytes) -> t.Optional[str]:
    """Return the code in an answer, for the log."""
    found = re.search(rb'"(?:error_code|errorCode|code)": "?([\w.]+)', content[:2000])
    return found[1].decode() if found else None
