# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of failure: who said what, what was done, what may have been done, and what to do about it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _jobs
from ansible_collections.otc.modelarts.plugins.module_utils._decide import Attempt, Done, Fail, Progress, Reason, Wanted
from ansible_collections.otc.modelarts.plugins.module_utils._http import (
    AnswerLost,
    CallError,
    NoAccess,
    NotSent,
    Refused,
    Speaker,
    Unintelligible,
    Unsendable,
)
from ansible_collections.otc.modelarts.plugins.module_utils._jobs import Spec, Unreadable, Why
from ansible_collections.otc.modelarts.plugins.module_utils._messages import (
    advice,
    failure,
    reading_failure,
    so_far,
    summary,
)

NOT_NOW = Refused("This job can't be delete. job status: 8", "ModelArts.0105", 400)
NO = Refused("No.", "ModelArts.0999", 409)
FORBIDDEN = Refused("No permission.", "ModelArts.0108", 403)
LOST = AnswerLost("The connection broke.")
BAD_KEY = NoAccess("Bad signature.", "APIGW.0301", 401)


def sent(action: str, error: t.Optional[CallError] = None) -> Attempt:
    """Return a request, and what came of it."""
    return Attempt(action, 1.0, 8, answered=True, error=error)


def progress(*attempts: Attempt, state: str = "absent", job_id: t.Optional[str] = "10", **fields: t.Any) -> Progress:
    """Return what was done to a job."""
    wanted = {key: fields.pop(key) for key in ("workspace_id", "force", "recreate") if key in fields}
    made = Progress(Wanted(state, spec=Spec(name=fields.pop("name", None)), **wanted), job_id, **fields)
    made.attempts = list(attempts)
    return made


STOPPED_ONLY = "The stop was accepted, but the job was only stopped, not deleted."
OPEN = "The outcome is unknown: the deletion may have been carried out, as no answer said whether it was."

# Every reason, after these requests: the words.
WORDS: t.List[t.Tuple[Progress, Fail, str]] = [
    (
        progress(sent("delete", NOT_NOW)),
        Fail(Reason.REFUSED, NOT_NOW, 8),
        "Cannot delete visualization job 10: This job can't be delete. job status: 8 [ModelArts.0105]. "
        "Wait for another status, or use force to have it stopped first.",
    ),
    (
        progress(sent("delete", LOST), sent("delete", NOT_NOW), force=True),
        Fail(Reason.REFUSED, NOT_NOW, 8),
        "Cannot delete visualization job 10: This job can't be delete. job status: 8 [ModelArts.0105]. "
        f"{OPEN} Wait for another status.",
    ),
    (
        progress(sent("delete", LOST), sent("delete", LOST)),
        Fail(Reason.UNCLEAR, LOST, 8),
        "Cannot delete visualization job 10: The connection broke. The job was looked at for up to 30 s, which did not tell. "
        "The outcome is unknown: the deletion (sent 2 times) may have been carried out, as no answer said whether it was.",
    ),
    (
        progress(Attempt("create", 1.0), state="present", job_id=None, name="n", phases=("create",)),
        Fail(Reason.BUG, None, detail="RuntimeError at _jobs.py:1"),
        "Cannot create visualization job n: this is a bug in otc.modelarts: RuntimeError at _jobs.py:1. "
        "The outcome is unknown: the creation may have been carried out, as no answer said whether it was. "
        "Look for a job of that name before you run the task again: what was created is billed.",
    ),
    (
        progress(sent("delete")),
        Fail(Reason.TIMED_OUT, None, 9, "not done within 20 s (wait_timeout)"),
        "Cannot delete visualization job 10: not done within 20 s (wait_timeout); its status was last killing (9). "
        "The deletion was accepted. Run the task again, or raise wait_timeout.",
    ),
    (
        progress(sent("delete")),
        Fail(Reason.TIMED_OUT, Refused("Slow down.", "APIGW.0308", 429), 9, "The server wants no request for another 100 s."),
        "Cannot delete visualization job 10: The server wants no request for another 100 s; its status was last killing (9). "
        "The last answer was: Slow down [APIGW.0308]. The deletion was accepted. Raise wait_timeout or api_retries, or lower "
        "max_concurrency. Run the task again, or raise wait_timeout.",
    ),
    (
        progress(sent("stop")),
        Fail(Reason.NO_ACCESS, BAD_KEY),
        f"Bad signature [APIGW.0301]. {STOPPED_ONLY} Check the credentials",
    ),
    (
        progress(sent("stop")),
        Fail(Reason.NOT_TRIED),
        f"not finished, as there was no access any more. {STOPPED_ONLY}",
    ),
    (progress(), Fail(Reason.NOT_TRIED), "Cannot delete visualization job 10: not tried, as there was no access any more."),
    (
        progress(sent("delete", LOST)),
        Fail(Reason.INTERRUPTED),
        f"the task was interrupted. {OPEN} Run the task again to see what is left to do.",
    ),
    (progress(state="stopped"), Fail(Reason.MISSING), "Cannot stop visualization job 10: it does not exist."),
    (progress(state="started"), Fail(Reason.VANISHED), "it was there, and does not exist any more."),
    (progress(state="present"), Fail(Reason.MISSING_BY_ID), "a job can only be created by its name. Use name instead of job_id."),
    (progress(state="present", job_id=None, name="n"), Fail(Reason.MISSING_PATH), "job n: it does not exist, and train_url is"),
    (progress(), Fail(Reason.REFUSED_IN_STATUS, None, 9), "its status is killing (9), in which the API refuses that (ModelArts."),
    (progress(sent("delete")), Fail(Reason.BROKEN, None, 6), "its status is now delete_failed (6). The deletion was accepted."),
    (progress(state="present"), Fail(Reason.RECREATE_UNSOUND), "could not be made again. Set description and auto_stop_hours"),
    (
        progress(state="present"),
        Fail(Reason.PLACE_UNKNOWN, FORBIDDEN),
        "is unknown. Look for job 10 before you run the task again",
    ),
    (progress(), Fail(Reason.READ_FAILED, NotSent("h refused the connection.")), "job 10: h refused the connection."),
    (
        progress(),
        Fail(Reason.UNPROVEN, Refused("?", None, 404)),
        "Whether it is gone is unknown. If the job is in another workspace",
    ),
    (progress(state="stopped"), Fail(Reason.NO_RIGHT_TO_READ, FORBIDDEN), "Ask for the right modelarts:tensorboard:get, or"),
    (
        progress(),
        Fail(Reason.NO_RIGHT_TO_PREDICT, FORBIDDEN),
        "No permission [ModelArts.0108]. A prediction needs the right to read the job.",
    ),
    (progress(sent("delete")), Fail(Reason.NO_RIGHT_TO_VERIFY, FORBIDDEN), "or use wait: false."),
    (
        progress(state="present"),
        Fail(Reason.OTHER_PATH, detail="/a/"),
        "its train_url is /a/, which cannot be changed. Use name with recre",
    ),
    (
        progress(state="present"),
        Fail(Reason.PATH_UNTOLD),
        "unknown whether that is the one asked for. Look at the job in the console, or leave out train_url.",
    ),
    (
        progress(state="present"),
        Fail(Reason.NOT_RUNNING, None, 11),
        "it does not run: its status is failed (11). Use name with recreate",
    ),
    (
        progress(sent("create"), state="present", phases=("run",)),
        Fail(Reason.VANISHED, Refused("No such job.", "ModelArts.0015", 404)),
        "does not exist any more [ModelArts.0015]. The creation was accepted. Look for job 10 all the same: it may run, and be b",
    ),
    (progress(state="stopped"), Fail(Reason.VANISHED), "job 10: it was there, and does not exist any more."),
    (progress(state="present"), Fail(Reason.RECREATE_ELSEWHERE), "recreate works in the default workspace only"),
    (progress(state="present"), Fail(Reason.RECREATE_NO_PATH), "recreate needs a train_url such as /bucket/folder/"),
    (
        progress(sent("create"), state="present", phases=("place",), workspace_id="7"),
        Fail(Reason.RUNS_ELSEWHERE),
        "the list of workspace 7 does not hold it. The creation was accepted. "
        "It runs in another workspace and is billed: delete job 10 by its job_id.",
    ),
    (progress(job_id=None, name="n"), Fail(Reason.NAMESAKES, detail="1, 2"), "several jobs of that name: 1, 2. Use job_id with"),
    (progress(state="shown"), Fail(Reason.READ_FAILED, FORBIDDEN), "Cannot read visualization job 10: No permission [ModelArts."),
]


@pytest.mark.parametrize(
    ("one", "fail", "said"), WORDS, ids=[f"{row[1].reason.name} {number}" for number, row in enumerate(WORDS)]
)
def test_a_failure_says_all_that_a_person_needs(one: Progress, fail: Fail, said: str) -> None:
    told = failure(one, fail)
    assert said in told
    assert told.startswith("Cannot ") and told.endswith(".") and ".." not in told and "\n" not in told


def test_every_reason_has_words() -> None:
    assert {fail.reason for dummy, fail, said in WORDS} == set(Reason)


@pytest.mark.parametrize(
    ("shown", "obstacle", "said"),
    [
        (False, FORBIDDEN, "and the list of jobs did not tell: No permission. Ask for the right modelarts:tensorboard:list."),
        (False, LOST, "did not tell: The connection broke. Run the task again when jobs can be listed."),
        (True, None, "the list of this workspace has never held it."),
        (False, None, "Whether it is gone is unknown."),
    ],
)
def test_what_is_unproven_says_why(shown: bool, obstacle: t.Optional[CallError], said: str) -> None:
    one = progress(sighting=Unreadable(Why.MAYBE_GONE, NO, obstacle))
    one.watch.shown = shown
    assert said in failure(one, Fail(Reason.UNPROVEN, NO))


@pytest.mark.parametrize(("job_id", "of"), [("7", " of job 7"), ("10", ""), (None, "")], ids=str)
def test_a_request_is_told_of_the_job_that_it_was_for(job_id: t.Optional[str], of: str) -> None:
    done, lost = sent("delete"), sent("stop", LOST)
    done.job_id = lost.job_id = job_id
    said = failure(progress(done, lost, state="present"), Fail(Reason.OTHER_PATH, detail="/a/"))
    assert f"The deletion{of} was accepted." in said and f"the stop{of} may have been carried out" in said


ADVICE = [
    (None, ""),
    (LOST, ""),
    (NO, ""),
    (NOT_NOW, "Wait for another status"),
    (FORBIDDEN, "Ask for the IAM action modelarts:tensorboard that this call needs"),
    (Refused("No.", "ModelArts.0103", 400), "Another job has that name"),
    (BAD_KEY, "Check the credentials; an access key is locked for some minutes after more than five bad signatures"),
    (NoAccess("It expired.", "APIGW.0307", 401), "The token has expired: give a new one, or run the task again"),
    (NoAccess("It expired.", "ModelArts.0202", 401), "The token has expired: give a new one, or run the task again"),
    *[(Refused("No.", code, 404), "Check endpoint and region_name") for code in ("APIGW.0101", "APIG.0101", "ModelArts.4204")],
    (Refused("No.", "ModelArts.2786", 404), "Check that project_id, region_name and endpoint belong together"),
    (Refused("Slow down.", "APIGW.0308", 429), "Raise wait_timeout or api_retries, or lower max_concurrency"),
    (AnswerLost("Slow down.", "ModelArts.4206", 200), "Raise wait_timeout or api_retries, or lower max_concurrency"),
    (Unintelligible("Odd.", None, 200), "Try again later"),
    *(
        (NoAccess("No.", None, status, speaker=Speaker.IAM), "Check the credentials and the project (of a user also the domain)")
        for status in (400, 401)
    ),
    (NoAccess("No.", None, 403, speaker=Speaker.IAM), "Check the credentials and the project (of a user also the domain)"),
    (NoAccess("No.", "401", 200, speaker=Speaker.IAM), "Check the credentials and the project (of a user also the domain)"),
    (NoAccess("No.", None, 404, speaker=Speaker.IAM), "Check auth_url: IAM answers there, or a server that is not IAM"),
    (NoAccess("No.", None, 503, speaker=Speaker.IAM), "Check auth_url, and try again later"),
    (Unsendable("The proxy p answered 407.", speaker=Speaker.PROXY), ""),
    (Unsendable("ca_cert: no.", speaker=Speaker.LOCAL), ""),
    (NotSent("No connection to h."), ""),
    (NoAccess("No connection to iam.", speaker=Speaker.NETWORK), "Check auth.auth_url (OS_AUTH_URL)"),
    (NoAccess("The token is for no project: set it.", None, 201, speaker=Speaker.LOCAL), ""),
]


@pytest.mark.parametrize(("error", "said"), ADVICE, ids=lambda value: str(value)[:40])
def test_advice_fits_the_speaker(error: t.Optional[CallError], said: str) -> None:
    assert advice(error).startswith(said) and bool(advice(error)) == bool(said)
    assert ("use force" in advice(error, True)) == (error is NOT_NOW)
    assert "use force" not in advice(error)


def test_a_list_that_cannot_be_read_says_whose_words_it_tells() -> None:
    assert reading_failure(FORBIDDEN).startswith("Cannot read the visualization jobs: No permission [ModelArts.0108]. Ask for")
    assert "jobs: IAM: No. Check the credentials" in reading_failure(NoAccess("No.", None, 401, speaker=Speaker.IAM))


def test_many_failures_are_counted_by_cause_with_victims_last() -> None:
    victims = [progress(job_id=str(number), end=Fail(Reason.NOT_TRIED)) for number in range(20)]
    unfinished = progress(sent("stop"), job_id="30", end=Fail(Reason.NOT_TRIED))
    unclear = progress(sent("delete", LOST), job_id="31", end=Fail(Reason.UNCLEAR, LOST))
    refused = progress(job_id="32", end=Fail(Reason.NO_ACCESS, BAD_KEY))
    plain = progress(job_id="33", end=Fail(Reason.MISSING))
    done = [progress(sent("delete"), job_id="40", end=Done()), progress(job_id="41", end=Done())]
    told = summary([*victims, unfinished, unclear, refused, plain, *done])
    assert told.startswith(
        "24 of 26 visualization jobs failed, 1 deleted, 1 unchanged. "
        "outcome unknown: 1 (31); APIGW.0301: 1 (32); missing: 1 (33); "
        "not tried: 20 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10 more); not finished: 1 (30). "
        "Of those that failed, 1 was changed. The first: Cannot delete visualization job 31: "
    )


def test_what_was_accepted_before_the_time_was_over_is_counted_apart() -> None:
    late = Fail(Reason.TIMED_OUT, detail="3 s")
    accepted = [progress(sent("delete"), job_id=str(number), end=late) for number in range(3)]
    untouched = [progress(job_id=str(number), end=late) for number in range(3, 8)]
    told = summary([*accepted, *untouched])
    assert "timed out, not finished: 3 (0, 1, 2); timed out, not tried: 5 (3, 4, 5, 6, 7)" in told
    assert "Of those that failed, 3 were changed." in told


@pytest.mark.parametrize("status", list(_jobs.STATUSES))
def test_a_status_is_told_by_name_and_number(status: int) -> None:
    said = f"{_jobs.status_name(status)} ({status})"
    assert said in failure(progress(state="present"), Fail(Reason.NOT_RUNNING, None, status))


def test_a_job_made_for_a_workspace_is_said_to_be_billed_however_the_wait_for_its_place_ends() -> None:
    wanted = Wanted("present", workspace_id="7", spec=Spec(name="n", train_url="/b/"))
    for reason in (Reason.TIMED_OUT, Reason.INTERRUPTED, Reason.NO_ACCESS, Reason.READ_FAILED):
        one = Progress(wanted, "10", ("place", "run"), attempts=[Attempt("create", 1.0, answered=True)])
        said = failure(one, Fail(reason, FORBIDDEN, detail="20 s"))
        assert "Job 10 runs and is billed, perhaps not in workspace 7: look for it before" in said


@pytest.mark.parametrize(("status", "state", "helps"), [(8, "absent", True), (9, "absent", False), (8, "stopped", False)])
def test_force_is_advised_only_where_it_helps(status: int, state: str, helps: bool) -> None:
    one = progress(state=state, job={"job_id": "10", "job_name": "n", "status": status})
    for reason in (Reason.REFUSED, Reason.TIMED_OUT):
        assert ("use force" in failure(one, Fail(reason, NOT_NOW, 8, "20 s"))) is helps


def test_in_check_mode_nothing_is_said_to_be_deleted() -> None:
    wanted = Wanted("absent", check_mode=True)
    told = summary([Progress(wanted, "1", end=Fail(Reason.MISSING)), Progress(wanted, "2", predicted=True, end=Done())])
    assert told.startswith("1 of 2 visualization jobs failed, 1 would be deleted, 0 unchanged")


def test_ten_jobs_are_named_and_one_alone_is_counted() -> None:
    late = Fail(Reason.TIMED_OUT, detail="3 s")
    ten = [progress(job_id=str(number), end=late) for number in range(10)]
    assert "timed out, not tried: 10 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)." in summary(ten)
    assert summary(ten[:1]).startswith("1 of 1 visualization jobs failed, 0 deleted, 0 unchanged. ")
    assert "1 of 5 visualization jobs failed, 2 deleted, 2 unchanged." in summary(
        [ten[0], *[progress(sent("delete"), end=Done())] * 2, *[progress(end=Done())] * 2]
    )


ACCEPTED, FAILED = progress(sent("delete")), progress(sent("delete", NO), end=Fail(Reason.REFUSED, NO))
FOLLOWED = progress(sent("stop"), sent("delete", NOT_NOW), end=Done())


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([], "asking what is there, 5 of 300 s"),
        ([progress()], "1 job to be deleted, 0 accepted, 0 done, 5 of 300 s"),
        ([progress(state="present")], "1 job to be present, 0 accepted, 0 done, 5 of 300 s"),
        ([ACCEPTED, FAILED], "2 jobs to be deleted, 1 accepted, 0 done, 1 failed, 5 of 300 s"),
        ([ACCEPTED, FOLLOWED, FOLLOWED], "3 jobs to be deleted, 3 accepted, 2 done, 5 of 300 s"),
        ([FOLLOWED] * 3 + [FAILED] * 2, "5 jobs to be deleted, 3 accepted, 3 done, 2 failed, 5 of 300 s"),
    ],
)
def test_how_far_a_task_is_is_told_in_numbers(tasks: t.List[Progress], said: str) -> None:
    assert so_far(tasks, 5.4, 300.0) == said
