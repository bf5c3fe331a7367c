# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there: the job, one table of its statuses, the seven calls, and the proof that a job is gone.

Source of the calls: https://docs.otc.t-systems.com/modelarts/api-ref/ ("Visualization Jobs").
"""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import contextlib
import datetime
import enum
import math
import re
import typing as t
from dataclasses import dataclass, field, replace

from ._client import Client, is_throttled
from ._http import CallError, DeadlineExceeded, Interrupted, Json, NoAccess, Refused, Reply, TooLong, Unintelligible

Job = t.Dict[str, t.Any]

# --- statuses ----------------------------------------------------------------------------------------------------

STATES = ("starting", "running", "stopping", "stopped", "failed", "unknown")
# The number that the API tells: the name, without JOBSTAT_, and what it means for someone who waits.
STATUSES: t.Dict[int, t.Tuple[str, str]] = {
    0: ("unknown", "unknown"),
    1: ("init", "starting"),
    2: ("image_creating", "starting"),
    3: ("image_failed", "failed"),
    4: ("submit_trying", "starting"),
    5: ("submit_failed", "failed"),
    6: ("delete_failed", "failed"),
    7: ("waiting", "starting"),
    8: ("running", "running"),
    9: ("killing", "stopping"),
    10: ("completed", "stopped"),
    11: ("failed", "failed"),
    12: ("killed", "stopped"),
    13: ("canceled", "stopped"),
    14: ("lost", "failed"),
    15: ("scaling", "starting"),
    16: ("submit_model_failed", "failed"),
    17: ("deploy_service_failed", "failed"),
    18: ("check_init", "starting"),
    19: ("check_running", "starting"),
    20: ("check_running_completed", "starting"),
    21: ("check_failed", "failed"),
    22: ("mount_failed", "failed"),
}
STATUS_NUMBERS = {name: number for number, (name, dummy) in STATUSES.items()}


def in_state(*states: str) -> t.FrozenSet[int]:
    """Return the statuses that mean one of these states."""
    return frozenset(number for number, (dummy, state) in STATUSES.items() if state in states)


RUNNING, KILLING, KILLED, DELETE_FAILED = (STATUS_NUMBERS[name] for name in ("running", "killing", "killed", "delete_failed"))
STARTING = in_state("starting")
PASSING = in_state("starting", "stopping")
STOPPED_ON_PURPOSE = in_state("stopped")
FAILED = in_state("failed")
NO_LONGER_RUNNING = STOPPED_ON_PURPOSE | FAILED
UNKNOWN_STATUS = STATUSES[0]


def status_name(status: int) -> str:
    """Return the name of a status; ``unknown`` for a number that the table does not have."""
    return STATUSES.get(status, UNKNOWN_STATUS)[0]


def state_of(status: int) -> str:
    """Return what a status means: one of :data:`STATES`."""
    return STATUSES.get(status, UNKNOWN_STATUS)[1]


def status_number(value: t.Any) -> int:
    """Return the status of a job as a number, whether it came as one, as its digits, or as its name."""
    name = re.sub(r"^jobstat_", "", str(value).strip().lower())
    if name in STATUS_NUMBERS:
        return STATUS_NUMBERS[name]
    number = whole_number(value)
    whole = not isinstance(value, float) or number == value
    return 0 if number is None or not whole else number


# --- a job, in our types -----------------------------------------------------------------------------------------


def whole_number(value: t.Any) -> t.Optional[int]:
    """Return a number that came as a number or as a string; ``None`` where it is neither."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}\s*", value):
        return int(value)
    if isinstance(value, float) and abs(value) < 1e18:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def timestamp(milliseconds: t.Optional[int]) -> t.Optional[str]:
    """Return milliseconds since the epoch as ISO 8601 in UTC; ``None`` where that is no date."""
    if milliseconds is None:
        return None
    try:
        moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


FIELDS = (
    *("job_id", "job_name", "job_desc", "status", "status_name", "state", "create_time", "created_at", "duration"),
    *("service_url", "train_url", "resource_id", "remaining_duration", "schedule"),
)


def represent(raw: Json) -> Job:
    """Return a job as both modules tell it: our types whatever types the API sent; what it added stays in."""
    create_time = whole_number(raw.get("create_time"))
    status = status_number(raw.get("status"))
    job = {key: value for key, value in raw.items() if key != "is_success"}
    for key in ("job_name", "job_desc", "service_url", "train_url", "resource_id"):
        job[key] = None if raw.get(key) is None or isinstance(raw[key], (dict, list)) else str(raw[key])
    job.update(
        job_id=str(raw["job_id"]),
        status=status,
        status_name=status_name(status),
        state=state_of(status),
        create_time=create_time,
        created_at=timestamp(create_time),
        duration=whole_number(raw.get("duration")),
    )
    if "remaining_duration" in raw:
        job["remaining_duration"] = whole_number(raw["remaining_duration"])
    return job


JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def whole_id(row: Json) -> t.Optional[str]:
    """Return the id of a job as the API tells it; ``None`` for what cannot be one: it becomes a part of a path."""
    value = row.get("job_id")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) if JOB_ID.fullmatch(str(value)) else None


LONGEST_DESCRIPTION = 256  # characters
MOST_HOURS = 24

# --- what a creation asks for ------------------------------------------------------------------------------------


def obs_path(url: t.Any) -> t.Optional[str]:
    """Return an OBS path as ``/bucket/folder/``, the form of the API reference; ``None`` for what is no such path.

    ``obs://bucket/folder/``, ``/bucket/folder`` and ``bucket/folder/`` are the same path.
    """
    match = re.fullmatch(r"(?:obs://|/)?([A-Za-z0-9][A-Za-z0-9._-]*(?:/[^\x00-\x1f\x7f]*)?)", str(url or ""))
    return f"/{match.group(1).rstrip('/')}/" if match else None


def auto_stop(schedule: t.Any) -> t.Optional[int]:
    """Return after how many hours a job stops by itself, from the schedule that the API tells; it may be the one of a list."""
    one = schedule[0] if isinstance(schedule, list) and len(schedule) == 1 else schedule
    if not isinstance(one, dict) or one.get("type") != "stop":
        return None
    unit = one.get("time_unit", one.get("timeUnit"))
    return whole_number(one.get("duration")) if unit == "HOURS" else None


@dataclass(frozen=True)
class Spec:
    """What a task asks of a job that it may have to create. ``auto_stop_hours``: 0 to 24."""

    name: t.Optional[str] = None
    description: t.Optional[str] = None
    train_url: t.Optional[str] = None
    job_type: t.Optional[str] = None
    flavor: t.Optional[str] = None
    auto_stop_hours: t.Optional[int] = None

    def lacks_path(self, job: Job) -> bool:
        """Tell whether a path is asked for and the job does not tell its own, so that they cannot be compared."""
        return self.train_url is not None and job["train_url"] is None

    def can_replace(self, old: Job) -> bool:
        """Tell whether what is kept of a job that is replaced is something that a creation takes."""
        body, told = self.body(old), old.get("schedule")
        if told and "schedule" not in body:  # in a way that we cannot read
            return False
        hours = body.get("schedule", {}).get("duration", 0)
        return len(body.get("job_desc", "")) <= LONGEST_DESCRIPTION and 0 <= hours <= MOST_HOURS

    def body(self, old: t.Optional[Job] = None) -> Json:
        """Return the body of the creation.

        :param old: the job that is replaced: what it tells of itself is kept where the task says nothing else.

        Source: https://docs.otc.t-systems.com/modelarts/api-ref/ ("Creating a Visualization Job").
        """
        before = old or {}
        path = self.train_url if self.train_url is not None else before.get("train_url")
        hours = self.auto_stop_hours if self.auto_stop_hours is not None else auto_stop(before.get("schedule"))
        body: Json = {
            "job_name": self.name or before.get("job_name"),
            "train_url": obs_path(path) if str(path or "")[:1] != "/" else path,
            "job_desc": self.description if self.description is not None else before.get("job_desc") or None,
            "job_type": self.job_type,
            "flavor": None if self.flavor is None else {"code": self.flavor},
            "schedule": None if hours is None else {"type": "stop", "time_unit": "HOURS", "duration": hours},
        }
        return {key: value for key, value in body.items() if value is not None}


# --- what an answer says about a job -----------------------------------------------------------------------------

GONE_CODES = ("ModelArts.0015", "ModelArts.2775")
MAYBE_GONE_CODES = ("ModelArts.0101", "ModelArts.0102", "ModelArts.0103", "ModelArts.0104", "ModelArts.0107")
# A 404 with one of these speaks of the path, the project or the token, never of the job.
NOT_GONE_CODES = (
    "APIGW.0101",
    "ModelArts.4204",
    "ModelArts.2786",
    "ModelArts.2836",
    "ModelArts.6650",
    "ModelArts.0204",
    "ModelArts.0207",
    "ModelArts.0210",
    "ModelArts.0212",
)
OTHERS_CODES = r"(IAM|APIGW|Keystone)\.|\d+$"  # of IAM, in its two forms, and of the gateway: these never speak of a job
FORBIDDEN_CODES = ("ModelArts.0108", "ModelArts.0112", "APIGW.0302")
TOO_MANY_CODES = ("ModelArts.0101", "ModelArts.0104", "ModelArts.0107")  # of a list: that many on a page are not told
NOT_NOW_CODE = "ModelArts.0105"
NAME_TAKEN_CODE = "ModelArts.0103"


def says_gone(error: CallError) -> bool:
    """Tell whether a refusal proves by its code that the job does not exist."""
    return isinstance(error, Refused) and error.http_status in (200, 400, 404) and error.kind() in GONE_CODES


def says_maybe_gone(error: CallError, looking: bool = False) -> bool:
    """Tell whether a refusal may mean that the job does not exist, so that the list has to prove it.

    :param looking: the call was a GET, of which ``ModelArts.0105`` may say anything.
    """
    if not isinstance(error, Refused) or error.kind() in (*NOT_GONE_CODES, *FORBIDDEN_CODES):
        return False
    if error.kind() == NOT_NOW_CODE:
        return looking
    if error.kind() in (*MAYBE_GONE_CODES, *GONE_CODES):
        return True
    return error.http_status in (404, 410) and re.match(OTHERS_CODES, error.kind()) is None


def says_later(error: t.Optional[CallError]) -> bool:
    """Tell whether a refusal only means that too much is asked at the moment."""
    return error is not None and is_throttled(error)


def says_forbidden(error: CallError) -> bool:
    """Tell whether a refusal means that the user has no right to make this call."""
    if not isinstance(error, Refused) or error.kind() in NOT_GONE_CODES:
        return False
    return error.http_status == 403 or error.kind() in FORBIDDEN_CODES


# --- looking, and proving: pure ----------------------------------------------------------------------------------

CONFIRM_SECONDS = 2.0  # between two looks that together prove what one alone does not
GLANCE_SECONDS = 10.0  # for a list that may be needed later
LISTS_READ = 2  # as one of them may lag behind
SETTLE_SECONDS = 30.0  # how long what is shown may still be what was, before it is believed


@dataclass(frozen=True)
class Listing:
    """The jobs of a workspace, by id, as the list showed them.

    ``complete``: every page told the same total, and the ids add up to it; of several pages, twice in a row.
    ``extras``: what the answer says beside the jobs. ``begun``, ``ended``: seconds on the clock of the client.
    """

    jobs: t.Dict[str, Job]
    complete: bool
    extras: Json = field(default_factory=dict)
    pages: int = 1
    begun: float = 0.0
    ended: float = 0.0


class Why(enum.Enum):
    """Why a look showed neither the job, nor that it is gone."""

    FORBIDDEN = "no right to read"
    MAYBE_GONE = "may be gone, which is not proven yet"
    TROUBLE = "the answer says nothing about the job"


@dataclass(frozen=True)
class Found:
    """The job is there. ``in_list``: the list of the workspace has held it."""

    job: Job
    in_list: bool = False


@dataclass(frozen=True)
class Gone:
    """The job is proven gone; ``proof``: the answer that said so, where one did."""

    proof: t.Optional[CallError] = None


@dataclass(frozen=True)
class Unreadable:
    """Neither was shown. ``error``: what was answered; ``obstacle``: why the list could not settle it."""

    why: Why
    error: t.Optional[CallError] = None
    obstacle: t.Optional[CallError] = None


Sighting = t.Union[Found, Gone, Unreadable]


@dataclass
class Watch:
    """What the looks at one job have shown so far, and what that proves.

    ``shown``: some look held the job; ``listed``: the list did. ``deleted``: its deletion was accepted.
    ``lists_read``: how often the list was read, while the job was shown, to see whether it holds the job. The times are those
    of the first look since the job was last shown: ``absent`` of a complete list without it, ``denied`` of an answer without a
    code, ``doubted`` of any answer that may mean that it is gone, with nothing else since.
    """

    shown: bool = False
    listed: bool = False
    deleted: bool = False
    lists_read: int = 0
    absent: t.Optional[float] = None
    denied: t.Optional[float] = None
    doubted: t.Optional[float] = None

    def saw(self, job: Job, in_list: bool) -> Found:
        """Note that the job is there."""
        self.shown, self.listed = True, self.listed or in_list
        self.absent = self.denied = self.doubted = None
        return Found(job, self.listed)

    def failed(self, error: CallError) -> Unreadable:
        """Note a look that says nothing about the job."""
        self.doubted = None
        return Unreadable(Why.TROUBLE, error)

    def judge(
        self,
        now: float,
        answer: t.Optional[CallError],
        listing: t.Union[Listing, CallError],
        asked: t.Optional[float] = None,
    ) -> Sighting:
        """Say what follows from a look that did not show the job.

        :param now: when the answer came, or the list where that alone was read; seconds, on the clock of the listing.
        :param answer: what asking for the job by its id was refused with; ``None`` where only the list was read.
        :param listing: the list without the job, or why there is none.
        :param asked: when the look began, where that is not now: a slow answer tells of a time that was before it came.
        """
        asked = now if asked is None else asked
        obstacle = obstacle_in(listing)
        if answer is not None and says_forbidden(answer):
            if obstacle is not None and not says_forbidden(obstacle):
                return self.failed(obstacle)
            if obstacle is not None or not self.listed:
                return Unreadable(Why.FORBIDDEN, answer, obstacle)
        maybe = self._is_maybe(asked, now, answer)
        if maybe and self.doubted is None:
            self.doubted = now
        confirmed = isinstance(listing, Listing) and obstacle is None and self._is_confirmed(listing)
        if maybe and confirmed and (self.listed or not self.shown):
            return Gone(answer)
        if maybe and self.deleted and not self.listed and self.doubted is not None and asked - self.doubted >= SETTLE_SECONDS:
            return Gone(answer)
        return Unreadable(Why.MAYBE_GONE, answer, obstacle)

    def _is_maybe(self, asked: float, now: float, answer: t.Optional[CallError]) -> bool:
        """Tell whether an answer counts as "maybe gone"; one without a code only when it comes again."""
        if answer is None or answer.code or says_forbidden(answer):
            return True
        self.denied = now if self.denied is None else self.denied
        return asked - self.denied >= CONFIRM_SECONDS

    def _is_confirmed(self, listing: Listing) -> bool:
        """Tell whether this is the second complete list without the job, so much later than the first."""
        self.absent = listing.ended if self.absent is None else self.absent
        return listing.begun - self.absent >= CONFIRM_SECONDS


def obstacle_in(listing: t.Union[Listing, CallError]) -> t.Optional[CallError]:
    """Return why a list proves nothing; ``None`` where it is complete."""
    if isinstance(listing, CallError):
        return listing
    return None if listing.complete else incomplete()


def incomplete() -> CallError:
    """Return the error for a list that was never complete."""
    return Unintelligible("The list of jobs was never complete: its pages and its total do not agree.")


# --- the calls ---------------------------------------------------------------------------------------------------

PAGE_SIZES = (1000, 100, 10)  # what the API reference allows, what the SDK reference does, and for jobs that are large
LIST_PASSES = 6
MOST_PAGES = 10_000


class Jobs:
    """The visualization jobs of a project, and of one workspace where the list is concerned.

    ``held``: the ids that the list has shown, also on the pages of one that was not read to its end.

    :param workspace_id: ``None`` for the default workspace.
    """

    def __init__(self, client: Client, workspace_id: t.Optional[str] = None) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._now = client.deadline.clock.monotonic
        self._sizes = list(PAGE_SIZES)
        self.held: t.Set[str] = set()

    # --- the seven calls; each raises CallError ---

    def create(self, body: Json) -> Job:
        """Create a job; asynchronous. Returns what the API tells of it, and for the rest what was asked for."""
        own = {**body, **({"workspace_id": self._workspace_id} if self._workspace_id else {})}
        reply = self._client.call("POST", "/visualization-jobs", body=own)
        if whole_id(reply.body) is None:
            raise unintelligible("The job's id is missing in the answer.", reply)
        self._check_success(reply)
        return represent({**body, **reply.body})

    def get(self, job_id: str) -> Job:
        """Return one job, of whichever workspace."""
        reply = self._client.call("GET", path_of(job_id))
        told = reply.body
        if "status" not in told or not {"job_id", "job_name"} & set(told) or str(told.get("job_id", job_id)) != job_id:
            raise unintelligible("The answer is JSON, but not the details of this job.", reply)
        return represent({**reply.body, "job_id": job_id})

    def describe(self, job_id: str, description: str) -> None:
        """Set a job's description (0-256 characters)."""
        self._change("PUT", job_id, "", {"job_desc": description})

    def delete(self, job_id: str) -> None:
        """Delete a job; asynchronous, and it cannot be undone."""
        self._change("DELETE", job_id)

    def stop(self, job_id: str) -> None:
        """Stop a job; asynchronous."""
        self._change("POST", job_id, "/stop")

    def restart(self, job_id: str) -> None:
        """Start a stopped job again; asynchronous."""
        self._change("POST", job_id, "/restart")

    def _change(self, method: str, job_id: str, action: str = "", body: t.Optional[Json] = None) -> None:
        self._check_success(self._client.call(method, path_of(job_id) + action, body=body))

    @staticmethod
    def _check_success(reply: Reply) -> None:
        """Raise :class:`Unintelligible` where a 2xx does not say that the call succeeded."""
        if str(reply.body.get("is_success")).lower() != "true":
            raise unintelligible("The answer does not say whether the call succeeded (is_success).", reply)

    def list(self, search: t.Optional[str] = None, end: float = math.inf) -> Listing:
        """Return all jobs of the workspace, all pages.

        Pages shift while jobs come and go. A list of several pages is complete when two passes in a row show the same jobs.

        :param search: only jobs whose name contains this.
        :param end: the moment (monotonic) at which it has to be read.
        """
        query = {"sortBy": "job_id", "order": "asc"}
        if search:
            query["search_content"] = search
        if self._workspace_id:
            query["workspace_id"] = self._workspace_id
        last: t.Optional[Listing] = None
        for dummy in range(LIST_PASSES):
            listing = self._pass(query, end)
            agrees = last is not None and last.complete and set(last.jobs) == set(listing.jobs)
            if listing.complete and (listing.pages == 1 or agrees):
                return replace(listing, begun=listing.begun if last is None else last.begun)
            last = listing
        return Listing({} if last is None else last.jobs, False, {} if last is None else last.extras)

    def _pass(self, query: t.Mapping[str, t.Any], end: float) -> Listing:
        """Go through the pages once; with smaller pages, from the first again, where they are too large to be told."""
        while True:
            try:
                return self._pages(query, end)
            except (Refused, TooLong) as error:
                refused_size = isinstance(error, Refused) and error.kind() in TOO_MANY_CODES
                if not (refused_size or isinstance(error, TooLong)) or len(self._sizes) == 1:
                    raise
                del self._sizes[0]

    def _pages(self, query: t.Mapping[str, t.Any], end: float) -> Listing:
        jobs: t.Dict[str, Job] = {}
        totals: t.Set[t.Optional[int]] = set()
        asked: t.List[float] = []
        extras: Json = {}
        while len(asked) < MOST_PAGES:
            reply = self._page({**query, "per_page": self._sizes[0], "page": len(asked) + 1}, end)
            asked.append(reply.asked)
            extras = reply.body
            shown = [represent(row) for row in extras["jobs"]]
            if "search_content" in query and not all(job["job_name"] for job in shown):
                message = "The list of jobs does not tell the name of each, so nobody knows whether one is meant."
                raise unintelligible(message, reply)
            rows = {job["job_id"]: job for job in shown}
            total = whole_number(extras.get("job_total_count"))
            totals.add(total)
            nothing_new = not set(rows) - set(jobs)
            jobs.update(rows)
            self.held.update(rows)
            if nothing_new or total is None or len(totals) > 1 or len(jobs) >= total:
                break
            if len(rows) < self._sizes[0] == PAGE_SIZES[0]:  # the server tells fewer on a page than it was asked for
                del self._sizes[0]
                if len(rows) != self._sizes[0]:
                    break
        told = {key: value for key, value in extras.items() if key != "jobs"}
        return Listing(jobs, totals == {len(jobs)}, told, len(asked), asked[0], self._now())

    def _page(self, query: t.Mapping[str, t.Any], end: float) -> Reply:
        reply = self._client.call("GET", "/visualization-jobs", query, end=end)
        rows = reply.body.get("jobs")
        if not isinstance(rows, list) or not all(isinstance(row, dict) and whole_id(row) for row in rows):
            raise unintelligible("The answer is JSON, but not a list of jobs.", reply)
        return reply

    # --- looking ---

    def look(
        self, job_id: str, watch: Watch, listing: t.Union[Listing, CallError, None] = None, list_too: bool = False
    ) -> Sighting:
        """Look at one job by its id.

        :param listing: the list just read, or why it could not be; without it it is read where it is needed.
        :param list_too: read the list too while the job is shown, for a first and a second time: of a job that is not
            shown any more, the list proves something only if it has held it before.

        Raises what ends the whole task: :class:`NoAccess`, :class:`DeadlineExceeded` and :class:`Interrupted`.
        """
        asked = self._now()
        try:
            job = self.get(job_id)
        except (NoAccess, DeadlineExceeded, Interrupted):
            raise
        except CallError as error:
            answered = self._now()
            if says_gone(error):
                return Gone(error)
            if not says_maybe_gone(error, looking=True) and not says_forbidden(error):
                return watch.failed(error)
            shown = listing if listing is not None else self.list_or_error()
            if isinstance(shown, Listing) and job_id in shown.jobs:
                return watch.saw(shown.jobs[job_id], in_list=True)
            watch.listed = watch.listed or job_id in self.held
            return watch.judge(answered, error, shown, asked)
        wanted = list_too and not watch.listed and watch.lists_read < LISTS_READ
        if wanted:
            self._glance_at_list()
        watch.lists_read += wanted
        return watch.saw(job, in_list=job_id in self.held)

    def _glance_at_list(self) -> None:
        """Read the list, which is not needed yet, if that takes no long time: the job itself is to be looked at again."""
        deadline = self._client.deadline
        with contextlib.suppress(DeadlineExceeded):
            self.list_or_error(end=self._now() + min(GLANCE_SECONDS, deadline.remaining() / 4))

    def list_or_error(self, search: t.Optional[str] = None, end: float = math.inf) -> t.Union[Listing, CallError]:
        """Return the list, or why it could not be read. Raises what ends the whole task, as :meth:`look` does."""
        try:
            return self.list(search, end)
        except (NoAccess, DeadlineExceeded, Interrupted):
            raise
        except CallError as error:
            return error

    def complete_list(self, search: t.Optional[str] = None) -> Listing:
        """Return all jobs of the workspace, or those whose name contains something. Raises :class:`CallError`."""
        listing = self.list(search)
        if not listing.complete:
            raise incomplete()
        return listing


def path_of(job_id: str) -> str:
    """Return the path of a job. With anything but an id it would be another's, or that of all jobs, which is never meant."""
    if not JOB_ID.fullmatch(job_id):
        raise ValueError("no job_id")
    return f"/visualization-jobs/{job_id}"


def unintelligible(message: str, reply: Reply) -> CallError:
    """Return the error for a 2xx that does not say what its call answers with."""
    return Unintelligible(message, None, reply.http_status, reply.request_id)


# --- choosing ----------------------------------------------------------------------------------------------------

LEAST_MILLISECONDS = 10**12  # of the year 2001; a smaller number is no moment, or counts something else, such as seconds


@dataclass(frozen=True)
class Criteria:
    """Which jobs are meant; ``None`` where it does not matter. Times are milliseconds since the epoch."""

    name: t.Optional[str] = None
    statuses: t.Optional[t.FrozenSet[int]] = None
    states: t.Optional[t.FrozenSet[str]] = None
    created_before: t.Optional[int] = None
    created_after: t.Optional[int] = None
    search: t.Optional[str] = None

    def fit(self, job: Job) -> bool:
        """Tell whether a job is meant. One without a time of creation is neither older nor newer than anything."""
        created = job["create_time"]
        dated = created is not None and created >= LEAST_MILLISECONDS
        return (
            self.name in (None, job["job_name"])
            and (self.search is None or self.search.lower() in (job["job_name"] or "").lower())
            and (self.statuses is None or job["status"] in self.statuses)
            and (self.states is None or job["state"] in self.states)
            and (self.created_before is None or (dated and created < self.created_before))
            and (self.created_after is None or (dated and created > self.created_after))
        )


def in_order(jobs: t.Iterable[Job], sort_by: str, descending: bool) -> t.List[Job]:
    """Return jobs sorted; ids that are numbers sort as such."""

    def key(job: Job) -> t.Tuple[bool, int, str]:
        value = job.get(sort_by)
        number = whole_number(value)
        return number is None, number or 0, str(value or "")

    return sorted(jobs, key=key, reverse=descending)
