# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What is there: the job, its statuses, the seven calls, and the proof that a job is gone.

Source of the calls: https://docs.otc.t-systems.com/modelarts/api-ref/ ("Visualization Jobs").
"""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.otc.modelarts.plugins.module_utils._client import (
    AccessRefused,
    CallError,
    Client,
    DeadlineExceeded,
    Json,
    Refused,
    Unintelligible,
)

Job = t.Dict[str, t.Any]

STATUS_NAMES = {
    0: "unknown",
    1: "init",
    2: "image_creating",
    3: "image_failed",
    4: "submit_trying",
    5: "submit_failed",
    6: "delete_failed",
    7: "waiting",
    8: "running",
    9: "killing",
    10: "completed",
    11: "failed",
    12: "killed",
    13: "canceled",
    14: "lost",
    15: "scaling",
    16: "submit_model_failed",
    17: "deploy_service_failed",
    18: "check_init",
    19: "check_running",
    20: "check_running_completed",
    21: "check_failed",
    22: "mount_failed",
}
STATUS_NUMBERS = {name: number for number, name in STATUS_NAMES.items()}
RUNNING = 8
KILLING = 9
DELETE_FAILED = 6
PASSING = frozenset((1, 2, 4, 7, 9, 15, 18, 19, 20))
STARTING = PASSING - {KILLING}
STOPPED = frozenset((3, 5, 6, 10, 11, 12, 13, 14, 16, 17, 21, 22))
STOPPED_ON_PURPOSE = frozenset((10, 12, 13))
FAILED = STOPPED - STOPPED_ON_PURPOSE

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
NOT_NOW_CODE = "ModelArts.0105"

LARGE_PAGE = 1000  # what the API reference allows
SMALL_PAGE = 100  # what the SDK reference allows
LIST_ATTEMPTS = 5
MOST_PAGES = 10_000


def status_number(value: t.Any) -> int:
    """Return the status of a job as a number, whether it came as one, as its digits, or as its name."""
    name = re.sub(r"^jobstat_", "", str(value).strip().lower())
    if name in STATUS_NUMBERS:
        return STATUS_NUMBERS[name]
    number = whole_number(value)
    return 0 if number is None else number


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


def represent(raw: Json) -> Job:
    """Return a job as both modules tell it: our types whatever types the API sent; what it added stays in."""
    create_time = whole_number(raw.get("create_time"))
    status = status_number(raw.get("status"))
    job = {key: value for key, value in raw.items() if key != "is_success"}
    for key in ("job_name", "job_desc", "service_url", "train_url", "resource_id"):
        job[key] = None if raw.get(key) is None else str(raw[key])
    job.update(
        job_id=str(raw["job_id"]),
        status=status,
        status_name=STATUS_NAMES.get(status, "unknown"),
        create_time=create_time,
        created_at=timestamp(create_time),
        duration=whole_number(raw.get("duration")),
    )
    return job


def says_gone(error: CallError) -> bool:
    """Tell whether a refusal proves by its code that the job does not exist."""
    return isinstance(error, Refused) and error.http_status in (200, 400, 404) and error.kind() in GONE_CODES


def says_maybe_gone(error: CallError) -> bool:
    """Tell whether a refusal may mean that the job does not exist, so that the list has to prove it."""
    if not isinstance(error, Refused) or error.kind() in NOT_GONE_CODES:
        return False
    return error.http_status == 404 or error.kind() in MAYBE_GONE_CODES


def says_forbidden(error: CallError) -> bool:
    """Tell whether a refusal means that the user has no right to make this call."""
    return isinstance(error, Refused) and error.http_status == 403 and error.kind() not in NOT_GONE_CODES


@dataclass(frozen=True)
class Listing:
    """The jobs of a workspace as one pass through the list showed them, by id.

    ``complete``: every page told the same total, and the ids add up to it. Between two ``pages`` a job that goes and one that
    comes can still hide a third.
    """

    jobs: t.Dict[str, Job]
    complete: bool
    facts: Json = field(default_factory=dict)
    pages: int = 1


@dataclass(frozen=True)
class Seen:
    """What one look showed of one job: the job; or ``None``, proven gone, with the answer that said so if one did.

    ``unreadable``: neither was shown, for want of the right to read.
    """

    job: t.Optional[Job]
    proof: t.Optional[CallError] = None
    unreadable: t.Optional[CallError] = None
    in_list: bool = False


class Jobs:
    """The visualization jobs of a project, and of one workspace where the list is concerned.

    :param workspace_id: ``None`` for the default workspace.
    """

    def __init__(self, client: Client, workspace_id: t.Optional[str] = None) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._page_size = LARGE_PAGE

    # --- the seven calls; each raises CallError ---

    def create(self, job: Json) -> Json:
        """Create a job; asynchronous. Returns what the API tells of it, ``job_id`` included."""
        body = {**job, **({"workspace_id": self._workspace_id} if self._workspace_id else {})}
        answer = self._client.call("POST", "/visualization-jobs", body=body)
        if whole_id(answer) is None:
            raise Unintelligible("The job's id is missing in the answer.", None, 200)
        return answer

    def get(self, job_id: str) -> Job:
        """Return one job, of whichever workspace."""
        answer = self._client.call("GET", f"/visualization-jobs/{job_id}")
        told = whole_id(answer)
        if "status" not in answer or told not in (None, job_id):
            raise Unintelligible("The answer is JSON, but not the details of this job.", None, 200)
        return represent({**answer, "job_id": job_id})

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
        answer = self._client.call(method, f"/visualization-jobs/{job_id}{action}", body=body)
        if str(answer.get("is_success")).lower() != "true":
            raise Unintelligible("The answer does not say whether the call succeeded (is_success).", None, 200)

    def list(self, search: t.Optional[str] = None) -> Listing:
        """Return all jobs of the workspace, all pages.

        Pages shift while jobs come and go; then they are read again, a few times.

        :param search: only jobs whose name contains this.
        """
        query = {"sortBy": "job_id", "order": "asc"}
        if search:
            query["search_content"] = search
        if self._workspace_id:
            query["workspace_id"] = self._workspace_id
        listing = Listing({}, False)
        for dummy in range(LIST_ATTEMPTS):
            listing = self._pass(query)
            if listing.complete:
                break
        return listing

    def _pass(self, query: t.Mapping[str, t.Any]) -> Listing:
        """Go through the pages once."""
        jobs: t.Dict[str, Job] = {}
        totals = set()
        page = 0
        while page < MOST_PAGES:
            page += 1
            facts = self._page(query, page)
            rows = [represent(row) for row in facts["jobs"]]
            total = whole_number(facts.get("job_total_count"))
            totals.add(total)
            jobs.update((job["job_id"], job) for job in rows)
            if total is None or len(totals) > 1 or not rows or len(jobs) >= total:
                break
            if len(rows) < self._page_size:
                shrunk = self._page_size != SMALL_PAGE
                self._page_size = SMALL_PAGE
                if shrunk and len(rows) != SMALL_PAGE:
                    break
        return Listing(jobs, totals == {len(jobs)}, facts, page)

    def _page(self, query: t.Mapping[str, t.Any], page: int) -> Json:
        """Return one page, asking for fewer jobs where the server refuses to tell that many at once."""
        try:
            answer = self._client.call("GET", "/visualization-jobs", {**query, "per_page": self._page_size, "page": page})
        except Refused as error:
            too_large = error.kind() in ("ModelArts.0101", "ModelArts.0104", "ModelArts.0107")
            if not too_large or self._page_size == SMALL_PAGE:
                raise
            self._page_size = SMALL_PAGE
            return self._page(query, page)
        rows = answer.get("jobs")
        if not isinstance(rows, list) or not all(isinstance(row, dict) and whole_id(row) for row in rows):
            raise Unintelligible("The answer is JSON, but not a list of jobs.", None, 200)
        return answer

    # --- looking, and proving ---

    def look(self, job_id: str, listing: t.Optional[Listing] = None, listed: bool = False) -> Seen:
        """Look at one job by its id.

        :param listing: a pass through the list just made, to prove with; without it one is made where it is needed.
        :param listed: the list has held the job before, so that it lives in this workspace.

        Raises :class:`CallError` where what was seen is neither the job, nor a proof that it is gone, nor a want of rights.
        """
        try:
            return Seen(self.get(job_id))
        except AccessRefused:
            raise
        except Refused as error:
            if says_gone(error):
                return Seen(None, error)
            if not says_maybe_gone(error) and not says_forbidden(error):
                raise
            return self._look_in_list(job_id, error, listing, listed)

    def _look_in_list(self, job_id: str, doubt: CallError, listing: t.Optional[Listing], listed: bool) -> Seen:
        """Settle by the list what asking for the job did not."""
        try:
            shown = listing if listing is not None else self.list()
        except (AccessRefused, DeadlineExceeded):
            raise
        except Refused as error:
            if says_forbidden(doubt) and says_forbidden(error):
                return Seen(None, unreadable=doubt)
            raise unproven(doubt, f"the list, which would prove it, was refused: {error.message}") from error
        except CallError as error:
            raise unproven(doubt, f"the list, which would prove it, failed: {error.message}") from error
        if job_id in shown.jobs:
            return Seen(shown.jobs[job_id], in_list=True)
        if not shown.complete:
            raise unproven(doubt, "the list, which would prove it, was never complete")
        if says_forbidden(doubt) and not listed:
            return Seen(None, unreadable=doubt)  # it may live in another workspace
        return Seen(None, doubt)

    def complete_list(self, search: t.Optional[str] = None) -> Listing:
        """Return all jobs of the workspace, or those whose name contains something. Raises :class:`CallError`."""
        listing = self.list(search)
        if not listing.complete:
            raise Unintelligible("The list of jobs was never complete: its pages and its total do not agree.")
        return listing

    def find(self, name: str) -> t.List[Job]:
        """Return the jobs of exactly this name in the workspace. Raises :class:`CallError`."""
        return [job for job in self.complete_list(name).jobs.values() if job["job_name"] == name]


def select(jobs: t.Iterable[Job], statuses: t.Container[int], sort_by: str, descending: bool) -> t.List[Job]:
    """Return the jobs of these statuses (of any, where there are none), sorted; ids that are numbers sort as such."""

    def key(job: Job) -> t.Tuple[bool, int, str]:
        value = job.get(sort_by)
        number = whole_number(value)
        return number is None, number or 0, str(value or "")

    chosen = [job for job in jobs if not statuses or job["status"] in statuses]
    return sorted(chosen, key=key, reverse=descending)


def whole_id(row: Json) -> t.Optional[str]:
    """Return the id of a job as the API tells it, or ``None``."""
    value = row.get("job_id")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) or None


def unproven(doubt: CallError, why: str) -> CallError:
    """Return the error for a job that may be gone, or not: the first answer's, with why it could not be settled."""
    message = f"{doubt.message.rstrip('.')}. Whether the job is gone is unknown: {why.rstrip('.')}."
    return Unintelligible(message, doubt.code, doubt.http_status, doubt.request_id)
