# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project's visualization jobs as the API reference describes them: pure, on a clock that comes from outside."""

from __future__ import annotations

import re
import typing as t
import uuid
from dataclasses import dataclass, field

from settings import Settings

Json = t.Dict[str, t.Any]

INIT, SUBMIT_TRYING, DELETE_FAILED, RUNNING, KILLING, KILLED = 1, 4, 6, 8, 9, 12
STATUS_NAMES = [
    "UNKNOWN",
    "INIT",
    "IMAGE_CREATING",
    "IMAGE_FAILED",
    "SUBMIT_TRYING",
    "SUBMIT_FAILED",
    "DELETE_FAILED",
    "WAITING",
    "RUNNING",
    "KILLING",
    "COMPLETED",
    "FAILED",
    "KILLED",
    "CANCELED",
    "LOST",
    "SCALING",
    "SUBMIT_MODEL_FAILED",
    "DEPLOY_SERVICE_FAILED",
    "CHECK_INIT",
    "CHECK_RUNNING",
    "CHECK_RUNNING_COMPLETED",
    "CHECK_FAILED",
    "MOUNT_FAILED",
]
SORT_KEYS = ("job_id", "job_name", "job_desc", "create_time", "status")
NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
SHOWN = [
    "job_id",
    "job_name",
    "status",
    "create_time",
    "duration",
    "job_desc",
    "service_url",
    "train_url",
    "resource_id",
    "remaining_duration",
]


class Refusal(Exception):
    """The API says no.

    :param code: a name in :data:`errors.KNOWN`.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass
class Job:
    """One job. ``then`` is what becomes of it by itself: at that time the status, or ``None`` for gone."""

    fields: Json
    workspace_id: str
    running_since: t.Optional[float] = None
    then: t.List[t.Tuple[float, t.Optional[int]]] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.fields["status"])


class Jobs:
    """The jobs of one project. Every method brings them up to date first.

    :param now: seconds since the epoch.
    """

    def __init__(self, settings: Settings, now: t.Callable[[], float]) -> None:
        self._settings = settings
        self.now = now
        self._jobs: t.Dict[str, Job] = {}
        self._last_id = 1000

    # --- the passing of time, and what others do ---

    def _advance(self) -> None:
        now = self.now()
        for job_id, job in list(self._jobs.items()):
            while job.then and job.then[0][0] <= now:
                at, status = job.then.pop(0)
                if status is None:
                    self._jobs.pop(job_id, None)
                else:
                    self._set_status(job, status, at)

    def _set_status(self, job: Job, status: int, at: float) -> None:
        if job.running_since is not None:
            job.fields["duration"] += int((at - job.running_since) * 1000)
        job.running_since = at if status == RUNNING else None
        job.fields["status"] = status

    def seed(self, fields: Json) -> Json:
        """Put a job there, as it is said to be."""
        self._last_id += 1
        now = self.now()
        workspace = str(fields.pop("workspace_id", self._settings["default_workspace"]))
        job_id = str(fields.pop("job_id", self._last_id))
        status = int(fields.pop("status", RUNNING))
        whole: Json = {
            "job_id": job_id,
            "job_name": f"job-{job_id}"[:20],
            "status": status,
            "create_time": int(now * 1000),
            "duration": 0,
            "job_desc": "",
            "service_url": f"https://simulated.example.com/{job_id}/",
            "train_url": "/bucket/logs/",
            "resource_id": str(uuid.uuid5(uuid.NAMESPACE_OID, job_id)),
            **fields,
        }
        job = Job(whole, workspace)
        self._jobs[job_id] = job
        if status == RUNNING:
            job.running_since = now
        return t.cast(Json, self.truth(job_id))

    def vanish(self, job_id: str) -> None:
        """Have someone else's deletion of a job end."""
        self._jobs.pop(job_id, None)

    def patch(self, job_id: str, fields: Json) -> Json:
        """Change a job behind everyone's back; what it was about to become is forgotten with a new status."""
        job = self._find(job_id)
        fields = dict(fields)
        if "status" in fields:
            job.then = []
            self._set_status(job, int(fields.pop("status")), self.now())
        job.workspace_id = str(fields.pop("workspace_id", job.workspace_id))
        job.fields.update(fields)
        return t.cast(Json, self.truth(job_id))

    def truth(self, job_id: t.Optional[str] = None) -> t.Any:
        """Return what is really there: one job, or all of all workspaces."""
        self._advance()
        if job_id is not None:
            job = self._find(job_id)
            return {**self._shown(job), "workspace_id": job.workspace_id, "then": job.then}
        return [self.truth(one) for one in list(self._jobs)]

    # --- the seven calls ---

    def _find(self, job_id: str) -> Job:
        self._advance()
        if job_id not in self._jobs:
            raise Refusal("missing_job")
        return self._jobs[job_id]

    def _shown(self, job: Job) -> Json:
        shown = {key: value for key, value in job.fields.items() if key in SHOWN or key not in ("job_type", "flavor", "schedule")}
        if job.running_since is not None:
            shown["duration"] = job.fields["duration"] + int((self.now() - job.running_since) * 1000)
        return shown

    def get(self, job_id: str) -> Json:
        """Details of a job."""
        return self._shown(self._find(job_id))

    def list(self, query: t.Mapping[str, str]) -> Json:
        """One page of the jobs of a workspace."""
        self._advance()
        per_page, page = self._paging(query)
        key, order = query.get("sortBy", "job_id"), query.get("order", "desc")
        if key not in SORT_KEYS or order not in ("asc", "desc") or len(query.get("search_content", "")) > 64:
            raise Refusal("ModelArts.0104")
        workspace = query.get("workspace_id") or self._settings["default_workspace"]
        chosen = [self._shown(job) for job in self._jobs.values() if job.workspace_id == workspace]
        chosen = [job for job in chosen if query.get("search_content", "") in job["job_name"]]
        if query.get("status"):
            chosen = [job for job in chosen if str(job["status"]) == query["status"]]
        chosen.sort(key=lambda job: sortable(job[key]), reverse=order == "desc")
        begin = (page - 1) * per_page
        limit = int(self._settings["job_count_limit"])
        return {
            "is_success": True,
            "job_total_count": len(chosen),
            "job_count_limit": max(0, limit - len(self._jobs)),
            "quotas": limit,
            "jobs": chosen[begin : begin + per_page],
        }

    def _paging(self, query: t.Mapping[str, str]) -> t.Tuple[int, int]:
        try:
            per_page, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        except ValueError as error:
            raise Refusal("ModelArts.0104") from error
        most, mode = self._settings["list_cap"], self._settings["list_cap_mode"]
        if page < 1 or not 1 <= per_page <= 1000 or (mode == "refuse" and per_page > most):
            raise Refusal("ModelArts.0104")
        return min(per_page, most), page

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
        workspace = str(body.get("workspace_id") or self._settings["default_workspace"])
        made = {"job_name": name, "train_url": url, "job_desc": description, "status": INIT, "workspace_id": workspace}
        job_id = self.seed(made)["job_id"]
        self._start(self._jobs[job_id])
        shown = self._shown(self._jobs[job_id])
        return {"is_success": True, **{key: shown[key] for key in ("job_id", "job_name", "status", "create_time", "service_url")}}

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
        self._refuse_at("delete_refused_at", job, "This job can't be delete")
        fails = self._settings["delete_fails"]
        end = DELETE_FAILED if fails is True or (isinstance(fails, list) and job_id in fails) else None
        self._pass_through(job, KILLING, self._settings["delete_seconds"], end)
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
        if job.status in self._settings[setting]:
            raise Refusal("ModelArts.0105", f"{why}. job status: {job.status}")

    def _start(self, job: Job) -> None:
        end = self._settings["start_fails"] or RUNNING
        first = INIT if job.status == INIT else SUBMIT_TRYING
        self._pass_through(job, first, self._settings["start_seconds"], int(end))

    def _pass_through(self, job: Job, status: int, seconds: float, end: t.Optional[int]) -> None:
        now = self.now()
        self._set_status(job, status, now)
        job.then = [(now + seconds, end)]
        self._advance()


def sortable(value: t.Any) -> t.Tuple[bool, float, str]:
    """Return what a value is sorted by: numbers, also as text, before other text."""
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
