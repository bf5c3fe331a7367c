# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What random schedules have found, each as small as it could be made, with what is right."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.otc.modelarts.tests.fuzz.laws import Schedule, run
from ansible_collections.otc.modelarts.tests.fuzz.test_schedules import job, judge
from ansible_collections.otc.modelarts.tests.fuzz.world import KILLING, NAME, Way

ABSENT = {"state": "absent", "job_id": "10"}
PRESENT = {"state": "present", "name": NAME, "train_url": "/b/"}
BOTH = {"state": "absent", "job_ids": ["10", "11"]}
TWO = (job("10", NAME), job("11", "other"))
ELSEWHERE = (job("30", "elsewhere", workspace_id="7"),)

DONE, UNCHANGED = (False, True, False), (False, False, False)  # failed, changed, outcome_unknown
FAILED, FAILED_AFTER_A_CHANGE, UNKNOWN = (True, False, False), (True, True, False), (True, False, True)
FOUND: t.Dict[str, t.Tuple[Schedule, t.Tuple[bool, bool, bool]]] = {
    "a created job is found where the answer was a broken one": (Schedule(PRESENT, jobs=(), changes=("500, HTML, done",)), DONE),
    "a creation that came to nothing, without an answer, is open": (Schedule(PRESENT, jobs=(), changes=("lost",)), UNKNOWN),
    "another's job of the name, with another path, is not ours": (
        Schedule(PRESENT, jobs=(), changes=("someone creates a namesake", "lost")),
        UNKNOWN,
    ),
    "who is second to create a job takes it as it is": (
        Schedule(PRESENT, jobs=(), changes=("someone creates the same",), settings={"unique_names": True}),
        UNCHANGED,
    ),
    "a job just created may not be found for a moment": (Schedule(PRESENT, jobs=(), way=Way(hidden=1.0)), DONE),
    "a name that one list lacks is not free": (Schedule(PRESENT, looks=("an empty list",)), UNCHANGED),
    "a job that runs in another workspace than was asked for": (
        Schedule({**PRESENT, "workspace_id": "7"}, jobs=()),
        FAILED_AFTER_A_CHANGE,
    ),
    "a deletion without an answer is open, whatever is said to the next": (
        Schedule(
            {**ABSENT, "wait_timeout": 60},
            changes=("lost, done",),
            settings={"delete_shown_after": None, "delete_seconds": 1000},
        ),
        UNKNOWN,
    ),
    "a deletion that an odd code hides is done": (Schedule(ABSENT, changes=("500, odd code, done",)), DONE),
    "a deletion that a bad key in a 500 hides is open": (Schedule(ABSENT, changes=("500, bad key, done",)), UNKNOWN),
    "a job of another workspace is not gone as the list lacks it": (
        Schedule({**ABSENT, "job_id": "30"}, ("fine", "fine", "404, HTML"), jobs=ELSEWHERE, settings={"delete_fails": True}),
        FAILED_AFTER_A_CHANGE,
    ),
    "jobs are not gone as one list is empty": (
        Schedule(BOTH, ("fine", "an empty list"), jobs=TWO, settings={"delete_fails": True}),
        FAILED_AFTER_A_CHANGE,
    ),
    "a name is not gone as one list is empty": (Schedule({"state": "absent", "name": NAME}, ("an empty list",)), DONE),
    "the list alone proves what it has shown": (
        Schedule({"state": "absent", "name": NAME}, settings={"denied": ["get"]}),
        DONE,
    ),
    "a job that waits is stopped, where it is refused to delete it so": (
        Schedule({**ABSENT, "force": True}, jobs=(job("10", NAME, 7, 1000.0),), settings={"delete_refused_at": [7]}),
        DONE,
    ),
    "two jobs that were stopped before the key was refused": (
        Schedule({**BOTH, "force": True}, changes=("fine",) * 4 + ("401",), jobs=TWO, settings={"delete_refused_at": [8, 9]}),
        FAILED_AFTER_A_CHANGE,
    ),
    "a server that wants quiet for longer than there is time": (
        Schedule({**BOTH, "wait_timeout": 20}, changes=("429, 200 s",), jobs=TWO),
        FAILED,
    ),
    "an interrupt after the first of two": (Schedule(BOTH, changes=("an interrupt",), jobs=TWO), FAILED_AFTER_A_CHANGE),
    "a bug after a deletion": (Schedule(BOTH, changes=("fine", "a bug"), jobs=TWO), (True, True, True)),
    "IAM never proves that a job is gone": (
        Schedule({**ABSENT, "job_id": "30"}, ("404, IAM",) * 30, jobs=ELSEWHERE),
        FAILED,
    ),
    "nor does its code": (Schedule({**ABSENT, "job_id": "30"}, ("404, IAM's code",) * 30, jobs=ELSEWHERE), FAILED),
    "a creation that is answered by an id alone is open": (Schedule(PRESENT, jobs=(), changes=("200, an id only",)), UNKNOWN),
    "a deletion without an answer is looked after, though looks are throttled": (
        Schedule(ABSENT, ("fine", *("429",) * 7), ("lost, done",)),
        DONE,
    ),
    "an accepted deletion is waited for, though looks are throttled": (Schedule(ABSENT, ("fine", *("429",) * 12)), DONE),
    "a deletion without an answer is looked after, though its repeat is refused": (
        Schedule(ABSENT, changes=("lost, done", "403"), settings={"delete_shown_after": None, "delete_seconds": 5.0}),
        DONE,
    ),
    "a job that vanishes after it was stopped to be deleted is gone": (
        Schedule({**ABSENT, "force": True}, ("fine", "fine", "fine", "it vanishes"), settings={"delete_refused_at": [8, 9]}),
        DONE,
    ),
    "jobs of a list that is never complete are asked for": (Schedule(BOTH, jobs=TWO, way=Way(total_off=5)), DONE),
    "IAM that refuses is asked once": (Schedule(BOTH, jobs=TWO, password=True, iam=("403",)), FAILED),
    "a secret in an answer is not told": (Schedule(ABSENT, changes=("403, a secret",)), FAILED),
    "nor is any token that the task was given": (
        Schedule(ABSENT, ("the token expires",), ("403, a secret",), ("503, done",), password=True),
        FAILED,
    ),
    "what only half a list has shown may be told as unknown": (
        Schedule(
            {"state": "stopped", "job_ids": ["10", "98"], "wait_timeout": 51},
            changes=("lost, done",),
            way=Way(latency=3.0, total_off=1),
        ),
        UNKNOWN,
    ),
    "a job that a list showed before it broke off is one that the list holds": (
        Schedule(
            ABSENT,
            ("fine", "fine", "fine", "fine", "403"),
            ("lost", "lost, done"),
            jobs=(*TWO, *(job(str(100 + n), "n") for n in range(110))),
            settings={"missing_job": "0105", "list_cap": 100, "delete_seconds": 0.1},
        ),
        DONE,
    ),
    "a description that was changed is known to be, though the job has failed": (
        Schedule({**PRESENT, "description": "new"}, changes=("it is delete_failed", "507, done")),
        FAILED_AFTER_A_CHANGE,
    ),
    "a description that may be changed is looked after, though the job has failed": (
        Schedule({**PRESENT, "description": "new"}, changes=("it is delete_failed", "lost, done 8 s later")),
        FAILED_AFTER_A_CHANGE,
    ),
    "a server that ignores page is asked for no page without end": (
        Schedule(
            {"state": "info"},
            jobs=tuple(job(str(100 + n), "n") for n in range(150)),
            settings={"page_ignored": True, "list_cap": 100},
        ),
        FAILED,
    ),
    "a job that goes and one that comes between two pages hide no third": (
        Schedule(
            {"state": "info"},
            ("fine", "someone deletes another", "someone creates another"),
            jobs=tuple(job(str(100 + n), "n") for n in range(250)),
            settings={"list_cap": 100},
        ),
        UNCHANGED,
    ),
    "a deletion given up for a stop counts, where the job goes meanwhile": (
        Schedule(
            {**ABSENT, "wait": False, "force": True},
            changes=("502, done",),
            settings={"delete_seconds": 40, "stop_seconds": 40},
        ),
        DONE,
    ),
    "an answer without a code that is slow to come is of the time when it was asked for": (
        Schedule(
            {"state": "started", "job_ids": ["11", "99"], "wait_timeout": 60},
            ("fine", "503, done", "fine", "fine", "slow"),
            jobs=(job("11", "other", KILLING, 1000.0),),
            settings={"missing_job": "html404"},
            way=Way(latency=0.0),
        ),
        FAILED,
    ),
    "a list that answers when it is asked again is of then": (
        Schedule(
            {"state": "absent", "job_ids": ["99", "10", "30"]},
            ("fine", "403", *("fine",) * 7, "late"),
            ("502",),
            jobs=(job("10", NAME), job("11", "night-11"), job("30", "elsewhere", workspace_id="7")),
            settings={"missing_job": "0101"},
            way=Way(latency=0.02),
        ),
        DONE,
    ),
    "a stop without an answer is looked after for as long as there is another job to look at": (
        Schedule(
            {"state": "stopped", "job_ids": ["10", "12"]},
            changes=("lost, done 40 s later",),
            jobs=(job("10", NAME), job("12", "other", KILLING, 60.0)),
        ),
        DONE,
    ),
    "so is a deletion without an answer, whose repeat was refused": (
        Schedule(
            BOTH,
            changes=("lost, done",),
            jobs=(job("10", NAME), job("11", "other", KILLING, 60.0)),
            settings={"delete_shown_after": None, "delete_seconds": 40.0},
        ),
        DONE,
    ),
    "what may have been done is unknown where the other jobs are done": (
        Schedule(
            {"state": "stopped", "job_ids": ["10", "12"]},
            changes=("lost, done 60 s later",),
            jobs=(job("10", NAME), job("12", "other", KILLING, 40.0)),
        ),
        UNKNOWN,
    ),
    "and where the time is over": (
        Schedule(
            {"state": "stopped", "job_ids": ["10", "12"], "wait_timeout": 45},
            changes=("lost",),
            jobs=(job("10", NAME), job("12", "other", KILLING, 60.0)),
        ),
        UNKNOWN,
    ),
    "a status of before, shown once after a start without an answer, is no start": (
        Schedule(
            {"state": "restarted", "job_id": "10"},
            (*("fine",) * 5, "someone deletes it"),
            ("fine", "503, done"),
            settings={"missing_job": "0101", "delete_seconds": 1.0, "stop_seconds": 1.0, "start_seconds": 1.0},
        ),
        (True, True, True),
    ),
    "an answer without a code came before the slow list that was read after it": (
        Schedule(
            {**ABSENT, "wait_timeout": 60, "wait_sleep": 0.5},
            changes=("502, done",),
            settings={"missing_job": "html404", "delete_seconds": 40.0},
            way=Way(latency=3.0),
        ),
        DONE,
    ),
    "what IAM answers does not prove that a job that cannot be read was deleted": (
        Schedule(
            {"state": "absent", "job_ids": ["10", "98", "99"]},
            (*("fine",) * 4, "404, IAM", "401"),
            ("fine", "502"),
            jobs=TWO,
            settings={"denied": ["get"], "delete_seconds": 1.0},
            way=Way(latency=0.5),
        ),
        (True, True, True),
    ),
    "a stop without an answer is open where the job is gone afterwards": (
        Schedule({"state": "stopped", "job_id": "10"}, ("fine", "it vanishes"), ("lost, done",)),
        UNKNOWN,
    ),
    "so is a start": (
        Schedule(
            {"state": "started", "job_id": "10"},
            ("fine", "someone deletes it"),
            ("lost, done",),
            jobs=(job("10", NAME, 12),),
            settings={"start_seconds": 60.0},
        ),
        UNKNOWN,
    ),
    "a stop without an answer does not count as done where the job fails by itself": (
        Schedule({"state": "stopped", "job_id": "10"}, ("fine", "it fails"), ("lost",)),
        UNKNOWN,
    ),
    "a job that fails by itself is deleted without its stop": (
        Schedule(
            {**ABSENT, "force": True}, ("fine", "fine", "it fails"), ("fine", "lost"), settings={"delete_refused_at": [8, 9]}
        ),
        DONE,
    ),
    "what someone else has started is restarted all the same": (
        Schedule({"state": "restarted", "job_id": "10"}, changes=("someone starts it",), jobs=(job("10", NAME, 12),)),
        DONE,
    ),
}


@pytest.mark.parametrize("found", list(FOUND))
def test_what_was_found_stays_right(found: str) -> None:
    schedule, right = FOUND[found]
    result = judge(schedule).result
    assert (result.get("failed", False), result["changed"], result.get("outcome_unknown", False)) == right, result


@pytest.mark.parametrize("wait", [True, False], ids=["wait", "no wait"])
def test_a_restart_of_a_job_that_is_being_stopped_is_predicted_as_a_change(wait: bool) -> None:
    schedule = Schedule({"state": "restarted", "job_id": "10", "wait": wait}, jobs=(job("10", NAME, KILLING, 1.0),))
    for check_mode in (True, False):
        result = run(schedule, schedule.cloud(), check_mode).result
        assert (result.get("failed", False), result["changed"]) == (False, True), result


@pytest.mark.parametrize(("job_id", "changed"), [("10", True), ("11", False)], ids=["stopped", "gone"])
def test_a_forced_delete_of_a_job_that_is_killing_is_predicted_by_what_becomes_of_it(job_id: str, changed: bool) -> None:
    options = {"state": "absent", "job_id": job_id, "wait": False, "force": True}
    schedule = Schedule(options, jobs=(job(job_id, NAME, KILLING, 1.0),))
    for check_mode in (True, False):
        result = run(schedule, schedule.cloud(), check_mode).result
        assert (result.get("failed", False), result["changed"]) == (False, changed), result
