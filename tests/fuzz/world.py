# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud, which is the simulator's own on virtual time, and the way to it, on which much may go wrong.

It stands where the transport is. Of the collection it uses only the shape of an answer and the two failures to get one.
A world has bounds, within which a task can come to know the truth: what it shows is at most a second old, and it shows an empty
list, or answers 404 without a code for what is there, only once.
"""

from __future__ import annotations

import collections
import contextlib
import enum
import functools
import json
import re
import types
import typing as t
from dataclasses import dataclass, field, replace

import settings as known_settings
from api import Api
from cloud import Jobs, Refusal
from requests.structures import CaseInsensitiveDict

from ansible_collections.otc.modelarts.plugins.module_utils import _clock, _http

COUNTS: t.Counter[str] = collections.Counter()

BASE = "https://modelarts.example.com"
IAM = "https://iam.example.com/v3"
PROJECT = "0123456789abcdef0123456789abcdef"
NAME = "night"  # of the job that a task gives by its name
ACCESS_KEY = "AKIAFUZZFUZZ"
SECRET = "the-secret-of-the-key"
TOKEN = "the-token-of-the-task"
START = 1_763_892_000.0  # seconds since the epoch
MOST_REQUESTS = 20_000  # a list of many pages that never agree is read six times at every look

CHANGING = ("create", "update", "delete", "stop", "restart")
KILLING, DELETE_FAILED = 9, 6
RUNNING = (8,)
STARTING = (1, 2, 4, 7, 15, 18, 19, 20)
STOPPED = (3, 5, 6, 10, 11, 12, 13, 14, 16, 17, 21, 22)
STOPPED_ON_PURPOSE = (10, 12, 13)
FAILED = tuple(status for status in STOPPED if status not in STOPPED_ON_PURPOSE)


class Means(enum.Enum):
    """What the answer to a request proves of what was asked for; to a look it is an answer only if it is ``DONE``."""

    DONE = "done"
    NOT_DONE = "not done"
    NOTHING = "nothing"


HTML = b"<html><body>\n404 Not Found\n</body></html>"
Fault = t.Tuple[Means, int, t.Any, t.Mapping[str, str]]  # the status, the body (bytes, or what is sent as JSON), the headers


def coded(code: str, message: str = "No.") -> t.Dict[str, t.Any]:
    return {"error_code": code, "error_msg": message}


# What is answered in place of the cloud, which has then done nothing.
REFUSING: t.Dict[str, Fault] = {
    "429": (Means.NOT_DONE, 429, coded("APIGW.0308"), {}),
    "429, 3 s": (Means.NOT_DONE, 429, coded("ModelArts.2799"), {"Retry-After": "3"}),
    "429, 200 s": (Means.NOT_DONE, 429, b"", {"Retry-After": "200"}),
    "429, junk": (Means.NOT_DONE, 429, HTML, {"Retry-After": "soon, \u00b2"}),
    "200, false": (Means.NOT_DONE, 200, {"is_success": "false"}, {}),
    "200, false, code": (Means.NOT_DONE, 200, {"is_success": False, **coded("ModelArts.0999")}, {}),
    "404, no such API": (Means.NOT_DONE, 404, coded("APIG.0101"), {}),
    "404, other project": (Means.NOT_DONE, 404, coded("ModelArts.2786"), {}),
    "404, IAM": (Means.NOT_DONE, 404, {"error": {"code": 404, "message": "Could not find project.", "title": "Not Found"}}, {}),
    "404, IAM's code": (Means.NOT_DONE, 404, coded("IAM.0004"), {}),
    "403": (Means.NOT_DONE, 403, coded("ModelArts.0108"), {}),
    "403, HTML": (Means.NOT_DONE, 403, HTML, {}),
    "403, a secret": (Means.NOT_DONE, 403, coded("ModelArts.0112", f"Not with {SECRET}, nor with {TOKEN}."), {}),
    "401": (Means.NOT_DONE, 401, coded("APIGW.0301"), {}),
    "401, HTML": (Means.NOT_DONE, 401, HTML, {}),
}
# The same, but only where it is no lie about a job that is there: to a request that would change it.
NOT_NOW: t.Dict[str, Fault] = {
    "400, 0105": (Means.NOT_DONE, 400, {"is_success": False, **coded("ModelArts.0105")}, {}),
    "500, 0105": (Means.NOT_DONE, 500, coded("ModelArts.0105"), {}),
}
# A load balancer that has lost its way. In a world there is one at most.
LOST_ITS_WAY: t.Dict[str, Fault] = {
    "404, HTML": (Means.NOT_DONE, 404, HTML, {}),
    "404, empty": (Means.NOT_DONE, 404, b"", {}),
    "404, JSON": (Means.NOT_DONE, 404, {"message": "Not found."}, {}),
}
# What proves nothing: with ", done" the cloud has done its work, without it has not.
AMBIGUOUS: t.Dict[str, Fault] = {
    "502": (Means.NOTHING, 502, HTML, {}),
    "503": (Means.NOTHING, 503, b"", {"Retry-After": "2"}),
    "503, throttled": (Means.NOTHING, 503, coded("ModelArts.2799"), {"Retry-After": "1"}),
    "504": (Means.NOTHING, 504, coded("APIG.0201"), {}),
    "500, internal": (Means.NOTHING, 500, coded("ModelArts.0010"), {}),
    "400, internal": (Means.NOTHING, 400, coded("ModelArts.2955"), {}),
    "404, internal": (Means.NOTHING, 404, coded("APIG.0203"), {}),
    "200, internal": (Means.NOTHING, 200, {"is_success": False, **coded("ModelArts.0010")}, {}),
    "400, throttled": (Means.NOTHING, 400, coded("ModelArts.6101"), {}),
    "200, throttled": (Means.NOTHING, 200, coded("APIGW.0308"), {"Retry-After": "1"}),
    "500, HTML": (Means.NOTHING, 500, HTML, {}),
    "500, JSON": (Means.NOTHING, 500, {"message": "Broken."}, {}),
    "500, throttled": (Means.NOTHING, 500, coded("APIGW.0308"), {}),
    "500, bad key": (Means.NOTHING, 500, coded("APIGW.0301"), {}),
    "500, odd code": (Means.NOTHING, 500, coded("ModelArts.9999"), {}),
    "507": (Means.NOTHING, 507, b"", {}),
    "408": (Means.NOTHING, 408, b"", {}),
    "302": (Means.NOTHING, 302, b"", {"Location": "https://example.com/"}),
    "200, HTML": (Means.NOTHING, 200, HTML, {}),
    "200, empty": (Means.NOTHING, 200, b"", {}),
    "200, null": (Means.NOTHING, 200, b"null", {}),
    "200, list": (Means.NOTHING, 200, [], {}),
    "200, cut": (Means.NOTHING, 200, b'{"is_success": true, "job_', {}),
    "200, nothing said": (Means.NOTHING, 200, {"jobs": "none"}, {}),
    "200, null said": (Means.NOTHING, 200, {"is_success": None}, {}),
    "200, unsure": (Means.NOTHING, 200, {"is_success": "perhaps"}, {}),
    "200, an id only": (Means.NOTHING, 200, {"job_id": "999", "job_name": NAME, "status": 1}, {}),
    "200, no id": (Means.NOTHING, 200, {"is_success": True}, {}),  # of a creation only: to another call that says enough
}
ANSWERS: t.Dict[str, Fault] = {**REFUSING, **NOT_NOW, **LOST_ITS_WAY, **AMBIGUOUS}
NO_ANSWER = ("lost", "late")
FAULTS = (
    *ANSWERS,
    *(f"{name}, done" for name in (*AMBIGUOUS, *NO_ANSWER)),
    *(*NO_ANSWER, "lost, done 8 s later", "lost, done 40 s later", "unsent", "slow"),
)
# What else happens before a request, or to the whole of it.
EVENTS = (
    *("someone deletes it", "it vanishes", "someone stops it", "someone starts it"),
    *("someone deletes another", "someone creates another", "someone creates a namesake", "someone creates the same"),
    *("it fails", "it scales", "it is delete_failed", "it is unknown", "it is status 99"),
    *("a lagging list", "an empty list", "the token expires"),
)
ENDINGS = ("an interrupt", "a bug", "a bug, done")
EVENT_STATUS = {"it fails": 11, "it scales": 15, "it is delete_failed": 6, "it is unknown": 0, "it is status 99": 99}


@dataclass(frozen=True)
class Way:
    """What the way to the cloud is like, whatever happens. ``hidden``: seconds in which a job that we created is not found."""

    latency: float = 0.02
    hidden: float = 0.0
    total_off: int = 0  # by how much the total of a list is wrong


@dataclass
class Call:
    """A request that came, and what was answered.

    ``name``: of the job in truth. ``beside``: the jobs of the name that a creation gives, which were there. ``shown``: the jobs
    that the answer showed, by id.
    """

    action: str
    job_id: str
    at: float
    ended: float = 0.0
    means: Means = Means.NOTHING
    done: bool = False
    name: str = ""
    beside: t.Sequence[str] = ()
    fault: str = ""
    status: int = 0
    code: str = ""
    retry_after: t.Optional[float] = None
    query: t.Mapping[str, t.Any] = field(default_factory=dict)
    shown: t.Dict[str, t.Dict[str, t.Any]] = field(default_factory=dict)
    total: t.Optional[int] = None


class Breach(BaseException):
    """There are requests that there must never be; no handler of the collection's is to catch this."""


class World:
    """A project and the way to it.

    :param jobs: what the simulator's ``seed`` takes; ``becomes``: after how many seconds it has which status, or is gone.
    :param looks: what happens to one request that reads after the other: events, which come before it, and at most one fault.
    :param changes: the same of the requests that change anything. :param iam: and of those to IAM.
    :param named: the ids that the task gives.
    """

    def __init__(
        self,
        settings: t.Mapping[str, t.Any],
        way: Way,
        jobs: t.Sequence[t.Mapping[str, t.Any]],
        named: t.Sequence[str] = (),
        looks: t.Sequence[str] = (),
        changes: t.Sequence[str] = (),
        iam: t.Sequence[str] = (),
    ) -> None:
        self.now = START
        self.way = way
        self.settings = {**known_settings.defaults(), **settings}
        self.jobs = Jobs(self.settings, lambda: self.now)
        self.steps = {"looks": list(looks), "changes": list(changes), "iam": list(iam)}
        self.target = named[0] if named else next((str(job["job_id"]) for job in jobs if job["job_name"] == NAME), "")
        self.calls: t.List[Call] = []
        self.met: t.List[str] = []  # the faults and events that came to pass
        self.pauses: t.List[float] = []  # when the task let time pass
        self.created: t.Dict[str, float] = {}  # by us
        self.given: t.List[str] = []  # the tokens that the task was given
        self.interrupted_at: t.Optional[int] = None  # the number of requests by then
        self.breach = ""
        self._api = Api(self.settings, self.jobs)
        self._later: t.List[t.Tuple[float, t.Callable[[], object]]] = []
        self._once: t.Set[str] = set()
        self._empty_list = False
        self._tokens = 0
        self._expired = 0
        for job in jobs:
            fields = {key: value for key, value in job.items() if key != "becomes"}
            self.jobs.seed(fields)
            if "becomes" in job:
                seconds, status = job["becomes"]
                self._after(seconds, self._become, str(job["job_id"]), status)

    # --- time ---

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.pauses.append(self.now)
        self.now += seconds

    def clock(self) -> _clock.Clock:
        return _clock.Clock(
            monotonic=lambda: self.now,
            sleep=self.sleep,
            time=lambda: self.now,
            stopped=lambda: self.interrupted_at is not None,
        )

    def _after(self, seconds: float, work: t.Callable[..., object], *arguments: t.Any) -> None:
        self._later.append((self.now + seconds, functools.partial(work, *arguments)))

    def catch_up(self) -> None:
        """Let happen, each at its time, what was to happen by now."""
        now = self.now
        while True:
            due = min((one for one in self._later if one[0] <= now), key=lambda one: one[0], default=None)
            if due is None:
                break
            self._later.remove(due)
            self.now = due[0]
            due[1]()
        self.now = now

    def settle(self) -> None:
        """Let so much time pass that nothing is under way any more, and let nothing go wrong from now on."""
        self.steps = {"looks": [], "changes": [], "iam": []}
        self.now += 10_000
        self.catch_up()
        self.calls, self.met, self.pauses = [], [], []
        self.interrupted_at = None

    # --- truth ---

    def truth(self, job_id: str) -> t.Optional[t.Dict[str, t.Any]]:
        """Return a job as it is, with its ``workspace_id``; ``None`` where there is none."""
        try:
            return t.cast(t.Dict[str, t.Any], self.jobs.truth(job_id))
        except Refusal:
            return None

    def of_name(self, name: str, workspace: str) -> t.List[t.Dict[str, t.Any]]:
        """Return the jobs of a name that there are."""
        return [job for job in self.jobs.truth() if job["job_name"] == name and job["workspace_id"] == workspace]

    # --- what stands where the transport is ---

    def connect(self, dummy_settings: t.Any, dummy_clock: t.Any, timeout: float, dummy_connections: int) -> t.Any:
        self.timeout = timeout
        return self

    def close(self) -> None:
        """Nothing is open."""

    def exchange(self, request: _http.Request) -> _http.Answer:
        """Take one request, and answer it or not."""
        action, job_id = read_call(request.method, request.url)
        breaches = {
            f"a request that is no call: {request}": not action,
            "a request after its end": request.end <= self.now,
            "requests without end": len(self.calls) >= MOST_REQUESTS,
        }
        self.breach = next((what for what, so in breaches.items() if so), self.breach)
        if self.breach:
            raise Breach(self.breach)
        fault = self._next_fault(action)
        self.catch_up()
        there = self.truth(job_id) or {}
        call = Call(action, job_id, self.now, name=there.get("job_name", ""), fault=fault, query=dict(request.query))
        if action == "create":
            call.beside = [job["job_id"] for job in self.jobs.truth() if job["job_name"] == (request.body or {}).get("job_name")]
        self.calls.append(call)
        try:
            return self._exchange(call, request, min(self.timeout, request.end - self.now))
        finally:
            call.ended = self.now

    def _exchange(self, call: Call, request: _http.Request, limit: float) -> _http.Answer:
        name, body = call.fault, b"" if request.body is None else json.dumps(request.body).encode()
        if name == "unsent":
            self.now += min(limit, self.way.latency)
            call.means = Means.NOT_DONE
            raise _http.NotSent("The host refused the connection.")
        if name == "a bug":
            raise RuntimeError("a bug of ours")
        fault = ANSWERS.get(name.removesuffix(", done"))
        if ", done " in name and call.action in CHANGING:
            self._after(float(name.split()[2]), self._work, call, body, "")
        answer = None
        if name.endswith(", done") or name in ("", "slow"):
            answer = self._work(call, body, token_of(request))
        seconds = 1e9 if name.startswith("late") else 12.0 if name == "slow" else self.way.latency
        self.now += min(limit, seconds)
        if name.startswith("lost") or (seconds >= limit and fault is None):
            raise _http.AnswerLost("The connection broke before the answer was complete.")
        if name == "a bug, done":
            raise RuntimeError("a bug of ours")
        if fault is not None:
            answer = self._naming_tokens(answered(*fault[1:]))
        assert answer is not None
        self.given += [token for header, token in answer.headers.items() if header == "X-Subject-Token"]
        read_into(call, answer, fault[0] if fault else None)
        return answer

    def _naming_tokens(self, answer: _http.Answer) -> _http.Answer:
        """Have an answer that tells a token tell all that the task was given: no other can it know for a secret."""
        told = ", ".join(self.given) or TOKEN
        return replace(answer, body=answer.body.replace(TOKEN.encode(), told.encode()))

    def _work(self, call: Call, body: bytes, token: str = "") -> _http.Answer:
        """Have the cloud do what is asked for."""
        if call.action == "token":
            self._tokens += 1
            content = {"token": {"project": {"id": PROJECT}, "catalog": [], "expires_at": "2099-01-01T00:00:00.000000Z"}}
            return answered(201, content, {"X-Subject-Token": f"{TOKEN}-{self._tokens}"})
        if token and int(token.rsplit("-", 1)[1]) <= self._expired:
            return answered(401, coded("APIG.0307", "Expired."), {})
        ours = self.now - self.created.get(call.job_id, -1e9) < self.way.hidden
        self.settings["get_lag_seconds"] = self.way.hidden if ours else 0
        if call.action == "list" and self._empty_list:
            self._empty_list = False
            return answered(200, {"is_success": True, "job_total_count": 0, "jobs": []}, {})
        query = {key: str(value) for key, value in call.query.items()}
        status, headers, content = self._api.answer(call.action, call.job_id, query, body)
        self.settings["list_lag_seconds"] = 0
        answer = _http.Answer(status, CaseInsensitiveDict(headers), content)
        if call.action in CHANGING and means_of(call, answer) is Means.DONE:
            call.done = True
            if call.action == "create":
                call.job_id = str(json.loads(content)["job_id"])
                self.created[call.job_id] = self.now
        if call.action == "list" and self.way.total_off and status == 200:
            told = json.loads(content)
            if "job_total_count" in told:
                answer = answered(200, {**told, "job_total_count": int(told["job_total_count"]) + self.way.total_off}, {})
        return answer

    # --- what happens ---

    def _next_fault(self, action: str) -> str:
        """Let happen what comes before this request, and return what happens to it."""
        steps = self.steps["iam" if action == "token" else "changes" if action in CHANGING else "looks"]
        while steps:
            step = steps.pop(0)
            if step == "fine" or not self._can_be(step, action):
                return ""
            self.met.append(step)
            if step == "an interrupt":
                self.interrupted_at = len(self.calls) + 1
            elif step in EVENTS:
                self.catch_up()
                with contextlib.suppress(Refusal):
                    self._happen(step)
            else:
                return step
        return ""

    def _can_be(self, step: str, action: str) -> bool:
        """Tell whether a step keeps the bounds of a world, and means anything for this request."""
        kind = "404" if step in LOST_ITS_WAY else step
        if kind in ("404", "an empty list") and kind in self._once:
            return False
        self._once.add(kind)
        if step in NOT_NOW:
            return action in CHANGING
        return action == "create" or not step.startswith("200, no id")

    def _happen(self, event: str) -> None:
        there = self.truth(self.target)
        others = {
            "someone deletes it": self.jobs.delete,
            "someone stops it": self.jobs.stop,
            "someone starts it": self.jobs.restart,
        }
        if event == "the token expires":
            self._expired = self._tokens
        elif event == "an empty list":
            self._empty_list = True
        elif event == "a lagging list":
            self.settings["list_lag_seconds"] = 1.0
        elif event == "someone deletes another":
            rest = [job["job_id"] for job in self.jobs.truth() if job["job_id"] != self.target]
            self.jobs.vanish(rest[0] if rest else "")
        elif event.startswith("someone creates"):
            url = "/b/" if event.endswith("the same") else "/other/"
            name = "nightly" if event.endswith("another") else NAME
            made = self.jobs.appear({"job_name": name, "status": 1, "train_url": url})["job_id"]
            self._after(float(self.settings["start_seconds"]), self._become, made, 8)
        elif event in others:
            others[event](self.target)
        elif event == "it vanishes":
            self.jobs.vanish(self.target)
        elif there is not None and not there["deleting"]:
            self.jobs.patch(self.target, {"status": EVENT_STATUS[event]})
            if event not in ("it fails", "it is delete_failed"):
                self._after(float(self.settings["start_seconds"]), self._become, self.target, 8)

    def _become(self, job_id: str, status: t.Optional[int]) -> None:
        """Let a job have another status, or none any more, unless someone has changed its course."""
        there = self.truth(job_id)
        if there is None or there["deleting"] or there["then"]:
            return
        if status is None:
            self.jobs.vanish(job_id)
        else:
            self.jobs.patch(job_id, {"status": status})


# --- reading, apart from the collection's own ---

PATH = re.compile(rf"{re.escape(BASE)}/v1/{PROJECT}/visualization-jobs(?:/([A-Za-z0-9_-]+)(?:/(stop|restart))?)?")
ACTIONS = {
    ("GET", False, None): "list",
    ("POST", False, None): "create",
    ("GET", True, None): "get",
    ("PUT", True, None): "update",
    ("DELETE", True, None): "delete",
    ("POST", True, "stop"): "stop",
    ("POST", True, "restart"): "restart",
}


def read_call(method: str, url: str) -> t.Tuple[str, str]:
    """Return which call a request is, and for which job; nothing where it is none."""
    if (method, url) == ("POST", f"{IAM}/auth/tokens"):
        return "token", ""
    match = PATH.fullmatch(url)
    if match is None:
        return "", ""
    return ACTIONS.get((method, match[1] is not None, match[2]), ""), match[1] or ""


def token_of(request: _http.Request) -> str:
    """Return the token that a request carries; empty with a key."""
    headers: t.Dict[str, str] = {}
    prepared = types.SimpleNamespace(headers=headers, method=request.method, url=request.url, body=None)
    if f"{IAM}/" not in request.url:
        request.authorise(prepared)
    return headers.get("X-Auth-Token", "")


def means_of(call: Call, answer: _http.Answer) -> Means:
    """Return what an answer of the simulator itself proves."""
    if answer.status >= 300:
        return Means.NOT_DONE
    body = json.loads(answer.body)
    failed = str(body.get("is_success", True)).lower() == "false" or any(
        key in body for key in ("error_code", "errorCode", "error")
    )
    return Means.NOT_DONE if failed else Means.DONE


def read_into(call: Call, answer: _http.Answer, means: t.Optional[Means]) -> None:
    """Note what an answer says. ``means``: what it is known to prove, as it is not the simulator's own."""
    call.status = answer.status
    call.means = means_of(call, answer) if means is None else means
    seconds = answer.headers.get("Retry-After", "")
    call.retry_after = float(seconds) if seconds.isascii() and seconds.isdigit() else None
    try:
        body = json.loads(answer.body)
    except ValueError:
        return
    if not isinstance(body, dict):
        return
    inner = body["error"] if isinstance(body.get("error"), dict) else body
    call.code = str(next((inner[key] for key in ("error_code", "errorCode", "code") if key in inner), "")).replace(
        "APIG.", "APIGW."
    )
    if call.means is Means.DONE and call.action in ("get", "list"):
        rows = body["jobs"] if call.action == "list" else [body]
        call.shown = {str(row["job_id"]): {**row, "status": int(row["status"])} for row in rows}
        call.total = int(body["job_total_count"]) if call.action == "list" else None


def answered(status: int, body: t.Any, headers: t.Mapping[str, str]) -> _http.Answer:
    """Return an answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _http.Answer(status, CaseInsensitiveDict({"X-Request-Id": "req-1", **headers}), content)
