# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project's visualization jobs in memory, on virtual time, with what may go wrong on the way to them.

It stands where the transport is. Of the collection it uses only the shape of an answer and the two failures to get one.
"""

from __future__ import annotations

import collections
import copy
import json
import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from ansible_collections.otc.modelarts.plugins.module_utils import _client

COUNTS: t.Counter[str] = collections.Counter()

BASE = "https://modelarts.example.com"
IAM = "https://iam.example.com/v3"
PROJECT = "project"
SECRET = "the-secret"
TOKEN = "the-token"
API_TIMEOUT = 30.0
CHANGING = ("create", "describe", "delete", "stop", "restart")
HTML = b"<html><body>\n404 Not Found\n</body></html>"

RUNNING = (8,)
STARTING = (1, 2, 4, 7, 15, 18, 19, 20)
KILLING = 9
STOPPED = (3, 5, 6, 10, 11, 12, 13, 14, 16, 17, 21, 22)


class Time:
    """A clock that only moves when someone sleeps, or when a request takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds
        self.slept += 1

    def clock(self) -> _client.Clock:
        return _client.Clock(monotonic=lambda: self.now, sleep=self.sleep, time=lambda: 1763892000.0 + self.now)


@dataclass(frozen=True)
class Rules:
    """What this cloud is like, whatever happens.

    ``missing``: how it tells of a job that does not exist. ``removal``: how a deletion goes; ``seconds``: how long that,
    a stop and a start take. ``refuses``: the statuses in which a delete is refused. ``forbidden``: the calls that the user
    has no right to make. ``cap``: how a list of more than a hundred jobs on one page is treated. ``order``: whether ids are
    sorted as numbers or as text. ``off``: by how much the total of the list is wrong.
    """

    missing: str = "0015"
    removal: str = "killing"
    seconds: float = 1.0
    refuses: t.Tuple[int, ...] = (KILLING,)
    forbidden: t.Tuple[str, ...] = ()
    cap: str = "none"
    refusal: str = "reference"
    texts: bool = False
    latency: float = 0.02
    again: str = "refused"  # a second DELETE while the first is under way
    start_ends: int = 8
    order: str = "number"
    off: int = 0


@dataclass
class Job:
    """A job, and what will become of it by itself: at a time another status, or (``None``) nothing."""

    job_id: str
    name: str
    status: int = 8
    workspace: str = "0"
    description: str = ""
    train_url: str = "/b/"
    plan: t.List[t.Tuple[float, t.Optional[int]]] = field(default_factory=list)
    deleting: bool = False

    def told(self, texts: bool) -> t.Dict[str, t.Any]:
        """Return the job as the API tells it."""
        numbers: t.Dict[str, t.Any] = {"job_id": int(self.job_id), "status": self.status, "create_time": 1763892000000}
        if texts:
            numbers = {key: str(value) for key, value in numbers.items()}
        return {**numbers, "job_name": self.name, "job_desc": self.description, "train_url": self.train_url}


@dataclass
class Call:
    """A request that came, what was told in answer, and whether its work was done.

    ``told``: ``accepted``, ``refused``, ``lost`` (no answer, or a gateway's in its place), ``odd`` (an answer that nobody
    can read) or ``unsent``. ``held``: whether the list had the job then. ``namesakes``: how many jobs of the name that a
    task may give a list had.
    """

    action: str
    job_id: str
    at: float
    told: str = "refused"
    done: bool = False
    status: int = 0
    existed: bool = False
    held: bool = False
    fault: str = ""
    namesakes: int = 0


# Name: (told, status, body, headers). ``{}``: the code of the API; text: as it is.
Trouble = t.Tuple[str, int, t.Any, t.Mapping[str, str]]
TROUBLES: t.Dict[str, Trouble] = {
    "429": ("refused", 429, {"error_code": "APIGW.0308", "error_msg": "Throttled."}, {}),
    "429, 3 s": ("refused", 429, {"error_code": "ModelArts.2799", "error_msg": "Throttled."}, {"Retry-After": "3"}),
    "429, 200 s": ("refused", 429, b"", {"Retry-After": "200"}),
    "429, junk": ("refused", 429, HTML, {"Retry-After": "soon, \u00b2"}),
    "400, throttled": ("refused", 400, {"error_code": "ModelArts.6101", "error_msg": "Throttled."}, {}),
    "502": ("lost", 502, HTML, {}),
    "503": ("lost", 503, b"", {"Retry-After": "2"}),
    "504": ("lost", 504, {"error_code": "APIG.0201", "error_msg": "Time is over."}, {}),
    "500, internal": ("lost", 500, {"error_code": "ModelArts.0010", "error_message": "Internal."}, {}),
    "500": ("odd", 500, {"message": "Broken."}, {}),
    "HTML": ("odd", 200, HTML, {}),
    "empty": ("odd", 200, b"", {}),
    "null": ("odd", 200, b"null", {}),
    "list": ("odd", 200, [], {}),
    "redirect": ("odd", 302, b"", {"Location": "https://example.com/"}),
    "unsure": ("odd", 200, {"is_success": "perhaps", "jobs": "none"}, {}),
    "false": ("refused", 200, {"is_success": "false"}, {}),
    "false, code": ("refused", 200, {"is_success": "false", "error_code": "ModelArts.0999", "error_msg": "No."}, {}),
    "no such API": ("refused", 404, {"error_code": "APIG.0101", "error_msg": "No such API."}, {}),
    "other project": ("refused", 404, {"error_code": "ModelArts.2786", "error_msg": "Not this project."}, {}),
    "404": ("refused", 404, {}, {}),
    "not now": ("refused", 400, {"is_success": False, "error_code": "ModelArts.0105", "error_message": "Not now."}, {}),
    "403": ("refused", 403, {"error_code": "ModelArts.0108", "error_msg": "No permission."}, {}),
    "401": ("refused", 401, {"error_code": "APIGW.0301", "error_msg": "Bad signature."}, {}),
    "401, expired": ("refused", 401, {"error_code": "APIG.0307", "error_msg": "Expired."}, {}),
}
# What may come after the work was done as well as instead of it.
AMBIGUOUS = ("502", "503", "504", "500, internal", "500", "HTML", "empty", "null", "list", "redirect", "unsure")
FAULTS = (
    *TROUBLES,
    *(f"{name}, done" for name in AMBIGUOUS),
    *("unsent", "lost", "lost, done", "late", "late, done", "slow"),
)
MISSING: t.Dict[str, t.Tuple[int, t.Any]] = {
    "0015": (404, {"is_success": False, "error_code": "ModelArts.0015", "error_message": "No such resource."}),
    "0015 in a 200": (200, {"is_success": "false", "error_code": "ModelArts.0015", "error_msg": "No such resource."}),
    "2775": (400, {"error_code": "ModelArts.2775", "error_msg": "No such training job."}),
    "0102": (400, {"error_code": "ModelArts.0102", "error_msg": "No such workspace."}),
    "404": (404, {"message": "Not found."}),
    "HTML": (404, HTML),
    "empty": (404, b""),
}
REFUSALS: t.Dict[str, t.Tuple[int, t.Any]] = {
    "reference": (400, {"is_success": False, "error_code": "ModelArts.0105", "error_message": "Not in this status."}),
    "sdk": (400, {"error_code": "ModelArts.0105", "error_msg": "Not in this status."}),
    "200": (200, {"is_success": "false", "error_code": "ModelArts.0105", "error_msg": "Not in this status."}),
    "inside": (409, {"error": {"error_code": "ModelArts.0105", "error_msg": "Not in this status."}}),
}
# What others do between our requests; each is about the first job that the task names.
EVENTS = (
    "someone deletes it",
    "someone deletes another",
    "someone creates another",
    "someone creates a namesake",
    "someone stops it",
    "someone starts it",
    "it fails",
    "it scales",
    "it is delete_failed",
    "it is unknown",
    "it is status 99",
)
EVENT_STATUS = {"it fails": 11, "it scales": 15, "it is delete_failed": 6, "it is unknown": 0, "it is status 99": 99}


class World:
    """The project, and the way to it.

    :param steps: what happens to one request after the other: events, which come before it, and at most one fault.
    """

    def __init__(self, rules: Rules, jobs: t.Sequence[Job], steps: t.Sequence[str], target: str) -> None:
        self.rules = rules
        self.jobs = {job.job_id: copy.deepcopy(job) for job in jobs}
        self.names = {job.job_id: job.name for job in jobs}  # of all that ever were
        self.steps = list(steps)
        self.target = target
        self.time = Time()
        self.calls: t.List[Call] = []
        self.removed_by_us: t.Set[str] = set()
        self.met: t.List[str] = []  # the faults and events that came to pass

    # --- what stands where the transport is ---

    def exchange(
        self,
        method: str,
        url: str,
        auth: t.Any,
        query: t.Optional[t.Mapping[str, t.Any]] = None,
        body: t.Any = None,
        headers: t.Any = None,
        within: float = 1e9,
    ) -> _client.Answer:
        """Take one request, and answer it or not."""
        assert within > 0, "a request after the deadline"
        action, job_id = read_call(method, url)
        fault = self._next_fault()
        self._progress()
        job = self.jobs.get(job_id)
        held = job is not None and job.workspace == "0"
        call = Call(action, job_id, self.time.now, fault=fault, existed=job is not None, held=held)
        self.calls.append(call)
        limit = max(0.05, min(API_TIMEOUT, within))
        if fault == "unsent":
            call.told = "unsent"
            self.time.now += min(limit, self.rules.latency)
            raise _client.NotSent("The host refused the connection.")
        trouble = TROUBLES.get(fault.removesuffix(", done"))
        answer = None if trouble and not fault.endswith(", done") else self._answer(call, query or {}, body or {}, fault)
        seconds = {"late": 1e9, "late, done": 1e9, "slow": 12.0}.get(fault, self.rules.latency)
        self.time.now += min(limit, seconds)
        if fault.startswith(("lost", "late")) or seconds > limit:
            call.told = "lost"
            raise _client.AnswerLost("The connection broke before the answer was complete.")
        if trouble:
            call.told, call.status = trouble[:2]
            return answered(*trouble[1:])
        assert answer is not None
        call.status = answer.status
        return answer

    def _next_fault(self) -> str:
        """Let happen what comes before this request, and return what happens to it."""
        while self.steps:
            step = self.steps.pop(0)
            if step != "fine":
                self.met.append(step)
            if step not in EVENTS:
                return "" if step == "fine" else step
            self._progress()
            self._happen(step)
        return ""

    def _happen(self, event: str) -> None:
        job = self.jobs.get(self.target)
        if event == "someone deletes another":
            others = [job_id for job_id in self.jobs if job_id != self.target]
            if others:
                del self.jobs[others[0]]
        elif event.startswith("someone creates"):
            name = "night" if event.endswith("a namesake") else "nightly"
            self._add(Job("0", name, 1))
        elif job is None or job.deleting:
            return
        elif event == "someone deletes it":
            self._remove(job)
        elif event == "someone stops it":
            job.status, job.plan = KILLING, [(self.time.now + self.rules.seconds, 12)]
        elif event == "someone starts it":
            job.status, job.plan = 1, [(self.time.now + self.rules.seconds, 8)]
        else:
            job.status, job.plan = EVENT_STATUS[event], []
            if job.status in (0, 15, 99):
                job.plan = [(self.time.now + self.rules.seconds, 8)]

    def _add(self, job: Job) -> Job:
        job.job_id = str(max([5000, *map(int, self.jobs)]) + 1)
        self.jobs[job.job_id] = job
        self.names[job.job_id] = job.name
        return job

    def _progress(self) -> None:
        """Let become of the jobs what was to become of them by now."""
        for job in list(self.jobs.values()):
            while job.plan and job.plan[0][0] <= self.time.now:
                status = job.plan.pop(0)[1]
                if status is None:
                    del self.jobs[job.job_id]
                    break
                job.status = status
                job.deleting = job.deleting and status != 6

    def settle(self) -> None:
        """Let so much time pass that nothing is under way any more."""
        self.time.now += 10_000
        self._progress()
        self.steps = []

    # --- the calls ---

    def _answer(self, call: Call, query: t.Mapping[str, t.Any], body: t.Mapping[str, t.Any], fault: str) -> _client.Answer:
        """Answer as the API does, which is to work before it answers; not where the request did not get there."""
        if fault in ("lost", "late"):
            return answered(200, b"", {})
        if call.action == "token":
            call.told = "accepted"
            token = {"project": {"id": PROJECT}, "catalog": []}
            return answered(201, {"token": token}, {"X-Subject-Token": TOKEN})
        if call.action in self.rules.forbidden:
            return answered(*TROUBLES["403"][1:])
        if call.action == "list":
            return self._list(call, query)
        if call.action == "create":
            return self._create(call, body)
        job = self.jobs.get(call.job_id)
        if job is None:
            return answered(*MISSING[self.rules.missing], {})
        if call.action == "get":
            call.told = "accepted"
            return answered(200, job.told(self.rules.texts), {})
        if self._refused(job, call.action):
            return answered(*REFUSALS[self.rules.refusal], {})
        call.told, call.done = "accepted", True
        self._work(job, call.action, body)
        return answered(200, {"is_success": "true" if self.rules.texts else True}, {})

    def _refused(self, job: Job, action: str) -> bool:
        if action == "delete":
            return job.status in self.rules.refuses or (job.deleting and self.rules.again == "refused")
        if action == "stop":
            return job.status in (*STOPPED, KILLING) or job.deleting
        return action == "restart" and (job.status in (8, KILLING, *STARTING) or job.deleting)

    def _work(self, job: Job, action: str, body: t.Mapping[str, t.Any]) -> None:
        if action == "delete":
            self.removed_by_us.add(job.job_id)
            self._remove(job)
        elif action == "stop":
            job.status, job.plan = KILLING, [(self.time.now + self.rules.seconds, 12)]
        elif action == "restart":
            job.status, job.plan = 1, [(self.time.now + self.rules.seconds, self.rules.start_ends)]
        else:
            job.description = str(body["job_desc"])

    def _remove(self, job: Job) -> None:
        """Begin a deletion, which goes as it goes in this cloud."""
        if job.deleting:
            return
        later = self.time.now + self.rules.seconds
        job.deleting = True
        plans: t.Dict[str, t.List[t.Tuple[float, t.Optional[int]]]] = {
            "at once": [(self.time.now, None)],
            "killing": [(self.time.now, KILLING), (later, None)],
            "unseen": [(later, None)],  # shown as it was until it is gone
            "seen late": [(self.time.now + 0.6, KILLING), (later + 0.6, None)],
            "fails": [(self.time.now, KILLING), (later, 6)],
            "fails unseen": [(later, 6)],
        }
        job.plan = plans[self.rules.removal]
        self._progress()

    def _create(self, call: Call, body: t.Mapping[str, t.Any]) -> _client.Answer:
        if any(job.name == body["job_name"] and job.workspace == "0" for job in self.jobs.values()):
            return answered(400, {"error_code": "ModelArts.0103", "error_msg": "A job of that name exists."}, {})
        job = self._add(Job("0", str(body["job_name"]), 1, "0", str(body.get("job_desc", "")), str(body["train_url"])))
        job.plan = [(self.time.now + self.rules.seconds, self.rules.start_ends)]
        call.told, call.done, call.job_id = "accepted", True, job.job_id
        told = {key: value for key, value in job.told(self.rules.texts).items() if key not in ("train_url", "job_desc")}
        return answered(200, {"is_success": True, **told}, {})

    def _list(self, call: Call, query: t.Mapping[str, t.Any]) -> _client.Answer:
        size, page = int(query["per_page"]), int(query["page"])
        if size > 100 and self.rules.cap == "refuses":
            return answered(400, {"error_code": "ModelArts.0101", "error_msg": "Bad per_page."}, {})
        size = min(size, 100) if self.rules.cap == "silent" else size
        text = str(query.get("search_content", "")).lower()
        found = [job for job in self.jobs.values() if job.workspace == "0" and text in job.name.lower()]
        found.sort(key=lambda job: (int(job.job_id) if self.rules.order == "number" else 0, job.job_id))
        rows = [job.told(self.rules.texts) for job in found[(page - 1) * size : page * size]]
        total: t.Union[int, str] = len(found) + self.rules.off
        total = str(total) if self.rules.texts else total
        call.told, call.namesakes = "accepted", sum(job.name == "night" for job in found)
        return answered(200, {"is_success": True, "job_total_count": total, "jobs": rows}, {})


def read_call(method: str, url: str) -> t.Tuple[str, str]:
    """Return which call a request is, and for which job; a request that is none of them fails the test."""
    parts = urlsplit(url)
    if url == f"{IAM}/auth/tokens" and method == "POST":
        return "token", ""
    assert url.startswith(BASE), url
    segments = parts.path.split("/")
    assert segments[:4] == ["", "v1", PROJECT, "visualization-jobs"], url
    rest = segments[4:]
    assert all(rest) and len(rest) <= 2, url
    names = {
        ("GET", 0, ""): "list",
        ("POST", 0, ""): "create",
        ("GET", 1, ""): "get",
        ("PUT", 1, ""): "describe",
        ("DELETE", 1, ""): "delete",
        ("POST", 2, "stop"): "stop",
        ("POST", 2, "restart"): "restart",
    }
    return names[method, len(rest), rest[1] if len(rest) == 2 else ""], rest[0] if rest else ""


def answered(status: int, body: t.Any, headers: t.Mapping[str, str]) -> _client.Answer:
    """Return an answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _client.Answer(status, CaseInsensitiveDict({"X-Request-Id": "req-1", **headers}), content)
