# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How every failure is worded: what was tried, who said what, what may have been done all the same, and what to do about it."""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import collections
import re
import typing as t

from . import _jobs
from ._decide import Attempt, Fail, Outcome, Progress, Reason
from ._http import EXPIRED_CODES, AnswerLost, CallError, NoAccess, Speaker, Unintelligible
from ._jobs import SETTLE_SECONDS, Unreadable
from ._settings import named

# What a task was about to do, by the phase in which it failed.
VERBS = {"delete": "delete", "stop": "stop", "start": "start", "create": "create", "place": "create", "run": "start"}
# A changing request, as a noun.
NOUNS = {
    "delete": "deletion",
    "stop": "stop",
    "restart": "start",
    "create": "creation",
    "describe": "change of the description",
}
DONE_WORDS = {"absent": "deleted", "started": "started", "stopped": "stopped", "restarted": "restarted"}
READ_RIGHTS = "the right modelarts:tensorboard:get, or modelarts:tensorboard:list together with the right workspace_id"


def sentences(*parts: str) -> str:
    """Join parts that may or may not end in a full stop, or be empty, to sentences."""
    whole = (part.strip() for part in parts)
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in whole if part)


def status_words(status: t.Optional[int]) -> str:
    """Return a status for a message: its name and its number."""
    return "not shown" if status is None else f"{_jobs.status_name(status)} ({status})"


def label(progress: Progress) -> str:
    """Return how messages call the job."""
    name = progress.wanted.spec.name or (progress.before or {}).get("job_name")
    return f"visualization job {progress.job_id or name}"


# --- one job -----------------------------------------------------------------------------------------------------


def failure(progress: Progress, fail: Fail) -> str:
    """Return why a job failed, in one or two lines."""
    verb = VERBS.get(progress.phase, "read" if progress.wanted.state == "shown" else "manage")
    why, code = words(progress, fail).rstrip("."), f"[{fail.error.code}]" if fail.error and fail.error.code else ""
    why = why if code in why else f"{why} {code}"
    return sentences(
        f"Cannot {verb} {label(progress)}: {why}",
        accepted(progress),
        unknown(progress),
        what_to_do(progress, fail),
    )


def words(progress: Progress, fail: Fail) -> str:
    """Return what stands behind a reason."""
    said = speech(fail.error) if fail.error else ""
    status = status_words(fail.status)
    if fail.reason in (Reason.REFUSED, Reason.READ_FAILED, Reason.NO_ACCESS):
        return said
    if fail.reason is Reason.UNPROVEN:
        return sentences(said, unproven(progress))
    plain = {
        Reason.MISSING: "it does not exist",
        Reason.VANISHED: "it was there, and does not exist any more",
        Reason.MISSING_BY_ID: "it does not exist, and a job can only be created by its name",
        Reason.MISSING_PATH: "it does not exist, and train_url is needed to create it",
        Reason.REFUSED_IN_STATUS: f"its status is {status}, in which the API refuses that (ModelArts.0105)",
        Reason.BROKEN: f"its status is now {status}",
        Reason.UNCLEAR: f"{said.rstrip('.')}. The job was looked at for up to {SETTLE_SECONDS:g} s, which did not tell",
        Reason.NO_RIGHT_TO_READ: f"{said.rstrip('.')}. It cannot be read",
        Reason.NO_RIGHT_TO_PREDICT: f"{said.rstrip('.')}. A prediction needs the right to read the job",
        Reason.NO_RIGHT_TO_VERIFY: f"{said.rstrip('.')}. That it is gone cannot be verified",
        Reason.TIMED_OUT: sentences(
            f"{fail.detail.rstrip('.')}; its status was last {status}",
            f"The last answer was: {said}" if said else "",
        ),
        Reason.OTHER_PATH: f"its train_url is {fail.detail}, which cannot be changed",
        Reason.PATH_UNTOLD: "the API does not tell its train_url, so it is unknown whether that is the one asked for",
        Reason.NOT_RUNNING: f"it does not run: its status is {status}",
        Reason.RECREATE_ELSEWHERE: "recreate works in the default workspace only: a job might not come back where it was",
        Reason.RECREATE_NO_PATH: "recreate needs a train_url such as /bucket/folder/, and neither the task nor the job has one",
        Reason.RECREATE_UNSOUND: "its description or its auto stop is nothing that a creation takes: it could not be made again",
        Reason.PLACE_UNKNOWN: f"{said.rstrip('.')}. Whether it runs in workspace {progress.wanted.workspace_id} is unknown",
        Reason.RUNS_ELSEWHERE: f"it was created, but the list of workspace {progress.wanted.workspace_id} does not hold it",
        Reason.NAMESAKES: f"there are several jobs of that name: {fail.detail}",
        Reason.NOT_TRIED: f"{'not finished' if progress.attempts else 'not tried'}, as there was no access any more",
        Reason.INTERRUPTED: "the task was interrupted",
        Reason.BUG: f"this is a bug in otc.modelarts: {fail.detail}",
    }
    return plain[fail.reason]


def speech(error: CallError) -> str:
    """Return an error's message and its code, with who speaks where that is IAM."""
    said = error.message if error.speaker is not Speaker.IAM else f"IAM: {error.message}"
    return f"{said.rstrip('.')} [{error.code}]" if error.code else said


def unproven(progress: Progress) -> str:
    """Say why it could not be proven that a job is gone."""
    sighting = progress.sighting
    if isinstance(sighting, Unreadable) and sighting.obstacle is not None:
        return f"Whether it is gone is unknown, and the list of jobs did not tell: {sighting.obstacle.message}"
    if progress.watch.shown and not progress.watch.listed:
        return "Whether it is gone is unknown: the list of this workspace has never held it"
    return "Whether it is gone is unknown"


def accepted(progress: Progress) -> str:
    """Say what this task has done to the job before it failed."""
    done = []
    for one in progress.attempts:
        noun = noun_of(one, progress)
        if (one.outcome is Outcome.ACCEPTED or progress.has_effect(one)) and noun not in done:
            done.append(noun)
    if not done:
        return ""
    told = f"The {' and the '.join(done)} {'was' if len(done) == 1 else 'were'} accepted"
    undeleted = progress.wanted.state == "absent" and "deletion" not in done
    return f"{told}, but the job was {stopped_words(done)}not deleted" if undeleted and not progress.open() else told


def noun_of(attempt: Attempt, progress: Progress) -> str:
    """Return what a request is called, and of which job it was, where that is not the one that is spoken of."""
    other = attempt.job_id not in (None, progress.job_id)
    return f"{NOUNS[attempt.action]} of job {attempt.job_id}" if other else NOUNS[attempt.action]


def stopped_words(done: t.Sequence[str]) -> str:
    """Return what a job is that was to be deleted, and was stopped only."""
    return "only stopped, " if "stop" in done else ""


def unknown(progress: Progress) -> str:
    """Say of which requests nobody knows whether they were carried out."""
    counts = collections.Counter(noun_of(one, progress) for one in progress.open())
    told = [f"the {noun} (sent {times} times)" if times > 1 else f"the {noun}" for noun, times in counts.items()]
    if not told:
        return ""
    return f"The outcome is unknown: {' and '.join(told)} may have been carried out, as no answer said whether it was"


# --- what to do --------------------------------------------------------------------------------------------------


def what_to_do(progress: Progress, fail: Fail) -> str:
    """Return what a person can do about a failure; it may be nothing."""
    if progress.open() and any(one.action == "create" for one in progress.open()):
        return "Look for a job of that name before you run the task again: what was created is billed"
    by_reason = {
        Reason.MISSING_BY_ID: "Use name instead of job_id",
        Reason.OTHER_PATH: replacing(progress),
        Reason.PATH_UNTOLD: "Look at the job in the console, or leave out train_url",
        Reason.NOT_RUNNING: replacing(progress) or "Look at the job in the console",
        Reason.REFUSED_IN_STATUS: "With wait, the task waits until that status has passed",
        Reason.NO_RIGHT_TO_READ: f"Ask for {READ_RIGHTS}",
        Reason.NO_RIGHT_TO_PREDICT: f"Ask for {READ_RIGHTS}",
        Reason.NO_RIGHT_TO_VERIFY: f"Ask for {READ_RIGHTS}, or use wait: false",
        Reason.UNPROVEN: proof_advice(progress),
        Reason.PLACE_UNKNOWN: f"Look for job {progress.job_id} before you run the task again: it runs, and is billed",
        Reason.RECREATE_UNSOUND: "Set description and auto_stop_hours in the task",
        Reason.RUNS_ELSEWHERE: f"It runs in another workspace and is billed: delete job {progress.job_id} by its job_id",
        Reason.NAMESAKES: "Use job_id with one of these",
        Reason.VANISHED: f"Look for job {progress.job_id} all the same: it may run, and be billed" if progress.created else "",
        Reason.BROKEN: "Look at the job in the console, then run the task again",
        Reason.INTERRUPTED: "Run the task again to see what is left to do",
        Reason.BUG: "Please report it",
    }
    if progress.phase == "place" and fail.reason not in (Reason.RUNS_ELSEWHERE, Reason.PLACE_UNKNOWN):
        place = progress.wanted.workspace_id
        runs = f"Job {progress.job_id} runs and is billed, perhaps not in workspace {place}"
        return f"{runs}: look for it before you run the task again"
    if fail.reason is Reason.TIMED_OUT:
        return late_advice(progress, fail)
    if fail.reason in by_reason:
        return by_reason[fail.reason]
    return advice(fail.error, force_helps(progress))


def force_helps(progress: Progress) -> bool:
    """Tell whether the API may do with ``force`` what it has refused in this status."""
    stopped = progress.job is not None and progress.job["status"] in (*_jobs.NO_LONGER_RUNNING, _jobs.KILLING)
    return progress.phase == "delete" and progress.wanted.state == "absent" and not progress.wanted.force and not stopped


def replacing(progress: Progress) -> str:
    """Return how a job may be replaced, where the task does not ask for it already."""
    if progress.wanted.recreate:
        return ""
    return "Use recreate to replace the job" if progress.wanted.spec.name else "Use name with recreate to replace the job"


def proof_advice(progress: Progress) -> str:
    """Return what a person can do where nothing proves that a job is gone."""
    obstacle = progress.sighting.obstacle if isinstance(progress.sighting, Unreadable) else None
    if obstacle is None:
        return "If the job is in another workspace, set workspace_id to it"
    if _jobs.says_forbidden(obstacle):
        return "Ask for the right modelarts:tensorboard:list"
    return "Run the task again when jobs can be listed"


def late_advice(progress: Progress, fail: Fail) -> str:
    """Return what a person can do where the time was too short."""
    return sentences(advice(fail.error, force_helps(progress)), "Run the task again, or raise wait_timeout")


def advice(error: t.Optional[CallError], with_force: bool = False) -> str:
    """Return what a person can do about an error; it depends on who speaks.

    :param with_force: whether the API may do with ``force`` what it has refused in this status.
    """
    if error is None:
        return ""
    if error.speaker is Speaker.IAM:
        return iam_advice(error)
    if error.speaker in (Speaker.PROXY, Speaker.LOCAL):
        return ""  # their message names the proxy, or the file and the option
    if error.speaker is Speaker.NETWORK:
        return f"Check {named('auth_url')}" if isinstance(error, NoAccess) else ""
    if isinstance(error, NoAccess) and error.kind() in EXPIRED_CODES:
        return "The token has expired: give a new one, or run the task again"
    if isinstance(error, NoAccess):
        return "Check the credentials; an access key is locked for some minutes after more than five bad signatures"
    return modelarts_advice(error, with_force)


def iam_advice(error: CallError) -> str:
    """Return what a person can do where no token was to be had, or IAM did not tell the project."""
    if re.match(r"ModelArts\.", error.kind()):
        return "Check auth_url: ModelArts answers there, which is not IAM"
    if error.http_status in (400, 401, 403) or error.code in ("400", "401", "403"):
        return "Check the credentials and the project (of a user also the domain): IAM refused them"
    if error.http_status == 404:
        return "Check auth_url: IAM answers there, or a server that is not IAM"
    return "Check auth_url, and try again later"


def modelarts_advice(error: CallError, with_force: bool) -> str:
    """Return what a person can do about an answer of ModelArts or its gateway."""
    no_api = "Check endpoint and region_name: there is no such API there, or not any more"
    known = {
        _jobs.NOT_NOW_CODE: f"Wait for another status{', or use force to have it stopped first' if with_force else ''}",
        "APIGW.0101": no_api,
        "ModelArts.4204": no_api,
        _jobs.NAME_TAKEN_CODE: "Another job has that name, perhaps in another workspace: choose another name",
    }
    if error.kind() in known:
        return known[error.kind()]
    if error.kind() in _jobs.NOT_GONE_CODES:
        return "Check that project_id, region_name and endpoint belong together, and to the credentials"
    if _jobs.says_forbidden(error):
        return "Ask for the IAM action modelarts:tensorboard that this call needs"
    if _jobs.says_later(error):
        return "Raise wait_timeout or api_retries, or lower max_concurrency"
    if isinstance(error, (AnswerLost, Unintelligible)) and error.http_status is not None:
        return "Try again later, and check endpoint if it goes on"
    return ""


# --- the whole task ----------------------------------------------------------------------------------------------


def reading_failure(error: CallError) -> str:
    """Return why a list could not be read."""
    return sentences(f"Cannot read the visualization jobs: {speech(error)}", advice(error))


VICTIMS = (Reason.NOT_TRIED, Reason.INTERRUPTED)  # they failed because of something else


def summary(tasks: t.Sequence[Progress]) -> str:
    """Return the failure of a task for many jobs: how many, grouped by why, causes before victims."""
    failed = [(one, one.end) for one in tasks if isinstance(one.end, Fail)]
    failed.sort(key=lambda pair: pair[1].reason in VICTIMS)
    groups: t.Dict[str, t.List[str]] = {}
    for progress, fail in failed:
        groups.setdefault(group(progress, fail), []).append(str(progress.job_id))
    told = "; ".join(f"{name}: {len(ids)} ({some(ids)})" for name, ids in groups.items())
    changed = sum(one.changed for one in tasks if not isinstance(one.end, Fail))
    unchanged = len(tasks) - len(failed) - changed
    wanted = tasks[0].wanted
    verb = ("would be " if wanted.check_mode else "" if wanted.wait else "being ") + DONE_WORDS[wanted.state]
    counts = f"{len(failed)} of {len(tasks)} visualization jobs failed, {changed} {verb}, {unchanged} unchanged"
    accepted = sum(one.changed for one, dummy in failed)
    of_these = f"Of those that failed, {accepted} {'was' if accepted == 1 else 'were'} changed" if accepted else ""
    return sentences(f"{counts}. {told}", of_these, f"The first: {failure(*failed[0])}")


def so_far(tasks: t.Sequence[Progress], seconds: float, limit: float) -> str:
    """Return how far a task is, in a line that names no job.

    :param seconds: for which it has run.
    :param limit: seconds that it has.
    """
    time = f"{seconds:.0f} of {limit:g} s"
    if not tasks:
        return f"asking what is there, {time}"
    wanted = DONE_WORDS.get(tasks[0].wanted.state, "present")
    accepted_ones = sum(any(one.outcome is Outcome.ACCEPTED for one in progress.attempts) for progress in tasks)
    failed = sum(isinstance(progress.end, Fail) for progress in tasks)
    done = sum(progress.end is not None for progress in tasks) - failed
    jobs = "1 job" if len(tasks) == 1 else f"{len(tasks)} jobs"
    counts = f"{jobs} to be {wanted}, {accepted_ones} accepted, {done} done" + (f", {failed} failed" if failed else "")
    return f"{counts}, {time}"


def group(progress: Progress, fail: Fail) -> str:
    """Return under which name a failure is counted."""
    if progress.open():
        return "outcome unknown"
    if fail.reason in VICTIMS or fail.reason is Reason.TIMED_OUT:
        late = "timed out, " if fail.reason is Reason.TIMED_OUT else ""
        return late + ("not tried" if not progress.attempts else "not finished")
    if fail.error is not None and fail.error.code:
        return fail.error.code
    return fail.reason.name.lower().replace("_", " ")


def some(ids: t.Sequence[str], most: int = 10) -> str:
    """Return the first of many ids."""
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
