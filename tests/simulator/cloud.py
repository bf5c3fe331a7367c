# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project's visualization jobs as the API reference describes them: pure, on a clock that comes from outside.

Nothing here depends on a network, on a process, on chance or on the time of day: see :class:`Jobs`.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
import typing as t
import uuid
from dataclasses import dataclass, field

from settings import Settings

Json = t.Dict[str, t.Any]
SortKey = t.Tuple[bool, float, str]

INIT, SUBMIT_TRYING, DELETE_FAILED, RUNNING, KILLING, KILLED = 1, 4, 6, 8, 9, 12
SORT_KEYS = ("job_id", "job_name", "job_desc", "create_time", "status")
NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
NOT_TOLD = ("job_type", "flavor", "schedule")
EVER = -math.inf
MS_PER_HOUR = 3_600_000


class Refusal(Exception):
    """The API says no.

    :param code: a name in :data:`errors.KNOWN`.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Moment(t.NamedTuple):
    """Since when a job has a status, and how many milliseconds it had run by then."""

    at: float
    status: int
    duration: int

    def duration_at(self, now: float) -> int:
        """Return how many milliseconds the job has run by a later time."""
        return self.duration + (max(0, int((now - self.at) * 1000)) if self.status == RUNNING else 0)


@dataclass
class Job:
    """One job.

    ``place``: where it stands among others by its id. ``since``: when it was created. ``past``: its statuses so far. ``then``:
    what becomes of it by itself, at that time the status, or ``None`` for gone. ``deleting``: whether a deletion was accepted
    and is under way, whatever is shown.
    """

    job_id: str
    place: SortKey
    fields: Json
    workspace_id: str
    since: float
    past: t.List[Moment]
    then: t.List[t.Tuple[float, t.Optional[int]]] = field(default_factory=list)
    deleting: bool = False
    gone_at: float = math.inf

    @property
    def status(self) -> int:
        return self.past[-1].status

    def at(self, moment: float) -> Moment:
        """Return what was so at a time."""
        return next((one for one in reversed(self.past) if one.at <= moment), self.past[0])

    def sorted_by(self, key: str, moment: float) -> SortKey:
        """Return what the job is sorted by, as it was at a time."""
        if key == "job_id":
            return self.place
        return sortable(self.at(moment).status if key == "status" else self.fields[key])


class Jobs:
    """The jobs of one project. Every method brings them up to date first.

    The seven calls are :meth:`create`, :meth:`list`, :meth:`get`, :meth:`describe`, :meth:`delete`, :meth:`stop` and
    :meth:`restart`; they raise :class:`Refusal`. ``api.Api`` makes of it what is sent. Behind the back of the API there are
    :meth:`seed`, :meth:`appear`, :meth:`vanish`, :meth:`patch` and :meth:`truth`, for which no setting counts but the default
    workspace. Ids are numbers from 1001 on in the order of creation, so that the same calls make the same jobs.

    :param settings: as in ``settings.py``. It is not copied: a change counts from the next call on.
    :param now: seconds since the epoch, which do not go back.
    """

    def __init__(self, settings: Settings, now: t.Callable[[], float]) -> None:
        self._settings = settings
        self.now = now
        self._jobs: t.Dict[str, Job] = {}
        self._gone: t.Dict[str, Job] = {}  # for lists that lag
        self._due: t.List[t.Tuple[float, int, Job]] = []  # a heap; what is in it may be out of date, what is in a job is not
        self._due_numbers = itertools.count()
        self._last_id = 1000

    # --- the passing of time, and what others do ---

    def _advance(self) -> None:
        now = self.now()
        while self._due and self._due[0][0] <= now:
            job = heapq.heappop(self._due)[2]
            while job.then and job.then[0][0] <= now:
                at, status = job.then.pop(0)
                if status is None:
                    self._remove(job, at)
                else:
                    self._set_status(job, status, at)

    def _set_status(self, job: Job, status: int, at: float) -> None:
        job.past.append(Moment(at, status, job.past[-1].duration_at(at)))
        job.deleting = job.deleting and status == KILLING

    def _remove(self, job: Job, at: float) -> None:
        del self._jobs[job.job_id]
        job.then, job.gone_at = [], at
        self._gone[job.job_id] = job

    def _plan(self, job: Job, then: t.List[t.Tuple[float, t.Optional[int]]]) -> None:
        """Say what becomes of a job from now on, and let come what takes no time."""
        job.then = then
        for at, dummy in then:
            heapq.heappush(self._due, (at, next(self._due_numbers), job))
        self._advance()

    def seed(self, fields: Json) -> Json:
        """Put a job there, as it is said to be; it is as if it had always been there. Returns its truth."""
        return self._add(fields, EVER)

    def appear(self, fields: Json) -> Json:
        """Have someone else create a job now, as it is said to be. Returns its truth."""
        return self._add(fields, self.now())

    def _add(self, fields: Json, since: float) -> Json:
        self._advance()
        self._last_id += 1
        fields, now = dict(fields), self.now()
        workspace = str(fields.pop("workspace_id", self._settings["default_workspace"]))
        job_id = str(fields.pop("job_id", self._last_id))
        status, duration = int(fields.pop("status", RUNNING)), int(fields.pop("duration", 0))
        whole: Json = {
            "job_id": job_id,
            "job_name": f"job-{job_id}"[:20],
            "status": status,
            "create_time": int(now * 1000),
            "duration": duration,
            "job_desc": "",
            "service_url": f"https://simulated.example.com/{job_id}/",
            "train_url": "/bucket/logs/",
            "resource_id": str(uuid.uuid5(uuid.NAMESPACE_OID, job_id)),
            **fields,
        }
        self.vanish(job_id)
        self._gone.pop(job_id, None)
        self._jobs[job_id] = Job(job_id, sortable(job_id), whole, workspace, since, [Moment(now, status, duration)])
        return t.cast(Json, self.truth(job_id))

    def vanish(self, job_id: str) -> None:
        """Have someone else's deletion of a job end; it may be gone already."""
        self._advance()
        if job_id in self._jobs:
            self._remove(self._jobs[job_id], self.now())

    def patch(self, job_id: str, fields: Json) -> Json:
        """Change a job behind everyone's back, and return its truth. With a new status, what it was to become is forgotten.

        Raises :class:`Refusal` where it is not there.
        """
        job = self._find(job_id)
        fields = dict(fields)
        if "status" in fields:
            job.then, job.deleting = [], False
            self._set_status(job, int(fields.pop("status")), self.now())
        if "duration" in fields:
            job.past.append(Moment(self.now(), job.status, int(fields.pop("duration"))))
        job.workspace_id = str(fields.pop("workspace_id", job.workspace_id))
        job.fields.update(fields)
        return t.cast(Json, self.truth(job_id))

    def truth(self, job_id: t.Optional[str] = None) -> t.Any:
        """Return what is really there: one job, or all of all workspaces.

        That is what the API tells and what it does not: ``workspace_id``, ``job_type``, ``flavor`` and ``schedule`` as they were
        given, ``deleting``, and in ``then`` what becomes of the job by itself.
        """
        self._advance()
        if job_id is None:
            return [self._truth(job) for job in self._jobs.values()]
        return self._truth(self._find(job_id))

    def _truth(self, job: Job) -> Json:
        own = {"workspace_id": job.workspace_id, "deleting": job.deleting, "then": list(job.then)}
        return {**job.fields, **self._numbers(job, self.now()), **own}

    # --- the seven calls ---

    def _find(self, job_id: str) -> Job:
        self._advance()
        if job_id not in self._jobs:
            raise Refusal("missing_job")
        return self._jobs[job_id]

    @staticmethod
    def _numbers(job: Job, at: float) -> Json:
        moment = job.at(at)
        return {"status": moment.status, "duration": moment.duration_at(at)}

    def _shown(self, job: Job, at: float) -> Json:
        """Return a job as the API told it at a time."""
        shown = {**job.fields, **self._numbers(job, at)}
        schedule = told_schedule(job.fields.get("schedule"))
        for name in NOT_TOLD:
            shown.pop(name, None)
        if self._settings["job_ids_as_numbers"] and job.job_id.isdigit():
            shown["job_id"] = int(job.job_id)
        if self._settings["schedule_shown"] and schedule:
            shown["schedule"] = [schedule]
        if self._settings["remaining_duration_shown"]:
            left = max(0, schedule["duration"] * MS_PER_HOUR - shown["duration"]) if schedule else None
            shown.setdefault("remaining_duration", left)
        return shown

    def get(self, job_id: str) -> Json:
        """Details of a job."""
        job, now = self._find(job_id), self.now()
        if now < job.since + self._settings["get_lag_seconds"]:
            raise Refusal("missing_job")
        return self._shown(job, now)

    def list(self, query: t.Mapping[str, str]) -> Json:
        """One page of the jobs of a workspace."""
        self._advance()
        per_page, page = self._paging(query)
        key, order = query.get("sortBy", "job_id"), query.get("order", "desc")
        if key not in SORT_KEYS or order not in ("asc", "desc") or len(query.get("search_content", "")) > 64:
            raise Refusal("ModelArts.0104")
        workspace = query.get("workspace_id") or self._settings["default_workspace"]
        text, status = query.get("search_content", ""), query.get("status")
        at = self.now() - self._settings["list_lag_seconds"]
        there = self._there(at)
        chosen = [job for job in there if job.workspace_id == workspace and text in job.fields["job_name"]]
        if status:
            chosen = [job for job in chosen if str(job.at(at).status) == status]
        chosen.sort(key=lambda job: job.sorted_by(key, at), reverse=order == "desc")
        begin = (page - 1) * per_page
        return {
            "is_success": True,
            "job_total_count": len(chosen),
            "job_count_limit": max(0, int(self._settings["job_count_limit"]) - len(there)),
            "quotas": self._settings["quotas"],
            "jobs": [self._shown(job, at) for job in chosen[begin : begin + per_page]],
        }

    def _there(self, at: float) -> t.List[Job]:
        """Return the jobs that there were at a time."""
        jobs = list(self._jobs.values())
        if at >= self.now():
            return jobs
        return [job for job in (*self._gone.values(), *jobs) if job.since <= at < job.gone_at]

    def _paging(self, query: t.Mapping[str, str]) -> t.Tuple[int, int]:
        try:
            per_page, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        except ValueError as error:
            raise Refusal("ModelArts.0104") from error
        most, mode = self._settings["list_cap"], self._settings["list_cap_mode"]
        if page < 1 or not 1 <= per_page <= 1000 or (mode == "refuse" and per_page > most):
            raise Refusal("ModelArts.0104")
        return min(per_page, most), 1 if self._settings["page_ignored"] else page

    def create(self, body: Json) -> Json:
        """Create a job; it starts by itself."""
        self._advance()
        name, url, description = body.get("job_name"), body.get("train_url"), body.get("job_desc", "")
        if not isinstance(name, str) or not NAME.fullmatch(name) or not isinstance(url, str) or not url:
            raise Refusal("ModelArts.0104")
        if not isinstance(description, str) or len(description) > 256 or not sound_schedule(body.get("schedule")):
            raise Refusal("ModelArts.0104")
        if str(body.get("job_type", "tensorboard")).lower() not in ("tensorboard", "mindinsight"):
            raise Refusal("ModelArts.0104")
        if self._settings["unique_names"] and any(job.fields["job_name"] == name for job in self._jobs.values()):
            raise Refusal("ModelArts.0103")
        if len(self._jobs) >= int(self._settings["job_count_limit"]):
            raise Refusal("ModelArts.0104", "The quota of visualization jobs is used up.")
        made: Json = {"job_name": name, "train_url": url, "job_desc": description, "status": INIT}
        made.update({key: body[key] for key in NOT_TOLD if body.get(key) is not None})
        if self._settings["create_knows_workspaces"] and body.get("workspace_id"):
            made["workspace_id"] = body["workspace_id"]
        job = self._jobs[self.appear(made)["job_id"]]
        self._start(job)
        told = self._shown(job, self.now())
        return {"is_success": True, **{key: told[key] for key in ("job_id", "job_name", "status", "create_time", "service_url")}}

    def describe(self, job_id: str, body: Json) -> Json:
        """Change the description of a job."""
        job, description = self._find(job_id), body.get("job_desc")
        if not isinstance(description, str) or len(description) > 256:
            raise Refusal("ModelArts.0104")
        job.fields["job_desc"] = description
        return {"is_success": True}

    def delete(self, job_id: str) -> Json:
        """Begin to delete a job."""
        job = self._find(job_id)
        if job.deleting and self._settings["delete_again"] == "accept":
            return {"is_success": True}
        self._refuse_at("delete_refused_at", job, "This job can't be delete")
        fails, now = self._settings["delete_fails"], self.now()
        end = DELETE_FAILED if fails is True or (isinstance(fails, list) and job_id in fails) else None
        seconds, shown_after = self._settings["delete_seconds"], self._settings["delete_shown_after"]
        then: t.List[t.Tuple[float, t.Optional[int]]] = [(now + seconds, end)]
        if shown_after is not None and shown_after < seconds:
            then.insert(0, (now + shown_after, KILLING))
        job.deleting = True
        self._plan(job, then)
        return {"is_success": True}

    def stop(self, job_id: str) -> Json:
        """Begin to stop a job."""
        job = self._find(job_id)
        self._refuse_at("stop_refused_at", job, "This job can't be stop")
        self._pass_through(job, KILLING, self._settings["stop_seconds"], KILLED)
        return {"is_success": True}

    def restart(self, job_id: str) -> Json:
        """Begin to start a stopped job."""
        job = self._find(job_id)
        self._refuse_at("restart_refused_at", job, "This job can't be restart")
        self._start(job)
        return {"is_success": True}

    def _refuse_at(self, setting: str, job: Job, why: str) -> None:
        if job.deleting or job.status in self._settings[setting]:
            raise Refusal("ModelArts.0105", f"{why}. job status: {job.status}")

    def _start(self, job: Job) -> None:
        end = self._settings["start_fails"] or RUNNING
        first = INIT if job.status == INIT else SUBMIT_TRYING
        self._pass_through(job, first, self._settings["start_seconds"], int(end))

    def _pass_through(self, job: Job, status: int, seconds: float, end: int) -> None:
        now = self.now()
        self._set_status(job, status, now)
        self._plan(job, [(now + seconds, end)])


def sortable(value: t.Any) -> SortKey:
    """Return what a value is sorted by: numbers, also as text, before other text."""
    if isinstance(value, int):
        return False, value, ""
    text = str(value)
    return (False, float(text), "") if re.fullmatch(r"-?\d+", text) else (True, 0.0, text)


def sound_schedule(schedule: t.Any) -> bool:
    """Tell whether an auto stop is one: an object, or a list of one object; the reference shows both."""
    if schedule is None:
        return True
    one = schedule[0] if isinstance(schedule, list) and len(schedule) == 1 else schedule
    if not isinstance(one, dict) or one.get("type") != "stop" or one.get("time_unit") != "HOURS":
        return False
    duration = one.get("duration")
    return isinstance(duration, int) and 0 <= duration <= 24


def told_schedule(schedule: t.Any) -> t.Optional[Json]:
    """Return an auto stop as older editions of the reference told it back; ``None`` where there is none."""
    one = schedule[0] if isinstance(schedule, list) and schedule else schedule
    if not isinstance(one, dict):
        return None
    return {
        "type": one.get("type"),
        "timeUnit": one.get("time_unit", one.get("timeUnit")),
        "duration": int(one.get("duration") or 0),
    }
