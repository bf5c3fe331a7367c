# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each promise of the module as the exact calls that it makes, with its check-mode and its idempotency twin."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils._http import Answer, DeadlineExceeded, Interrupted
from ansible_collections.otc.modelarts.plugins.modules import modelarts_visualization_job as module
from ansible_collections.otc.modelarts.tests.unit.plugins.modules.conftest import (
    BAD_KEY,
    FORBIDDEN,
    GONE,
    LOST,
    NOT_NOW,
    NOT_SENT,
    OK,
    Calls,
    Fields,
    Runner,
    answer,
    job,
    listed,
    refused,
    shown,
)

GONE_ALREADY: Calls = [("GET 10", GONE)]


@dataclass
class Case:
    """One situation: what is asked for, the calls of a run, and what it must say.

    ``checked``: the calls in check mode; ``predicted``: what it says then, where that is not what the run says.
    ``unknown``: whether the outcome is. ``again``: the calls of a second run, which must change nothing; ``None`` where the
    first one failed.
    """

    name: str
    calls: Calls
    checked: Calls
    changed: bool
    options: Fields = field(default_factory=dict)
    failed: t.Optional[str] = None
    code: t.Optional[str] = None
    predicted: t.Optional[bool] = None
    check_failed: t.Optional[str] = None
    again: t.Optional[Calls] = None
    unknown: bool = False

    def __str__(self) -> str:
        return self.name


LOOK: Calls = [("GET 10", shown())]
UNKNOWN_404 = answer(404, {})
LIST_WITHOUT = listed(job(job_id="11"))
MAYBE_GONE: Calls = [("GET 10", UNKNOWN_404), ("LIST 1", LIST_WITHOUT)]
NOT_THERE: Calls = [*MAYBE_GONE, *MAYBE_GONE]  # one alone proves nothing
KILLING: Calls = [("GET 10", shown(9))]

ABSENT = [
    Case(
        "it is there, the delete is accepted, it is waited for",
        [*LOOK, ("DELETE 10", OK), *KILLING, *KILLING, ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case("without wait it is two requests", [*LOOK, ("DELETE 10", OK)], LOOK, True, {"wait": False}, again=GONE_ALREADY),
    Case(
        "by its name",
        [("LIST 1 name-10", listed(job())), ("DELETE 10", OK), ("GET 10", GONE)],
        [("LIST 1 name-10", listed(job()))],
        True,
        {"job_id": None, "name": "name-10"},
        again=[("LIST 1 name-10", listed())] * 2,
    ),
    Case("gone by its code", GONE_ALREADY, GONE_ALREADY, False, code="ModelArts.0015", again=GONE_ALREADY),
    Case(
        "gone by the code of a training job",
        [("GET 10", refused("ModelArts.2775"))],
        [("GET 10", refused("ModelArts.2775"))],
        False,
        code="ModelArts.2775",
        again=GONE_ALREADY,
    ),
    Case("gone by a complete list", NOT_THERE, NOT_THERE, changed=False, again=NOT_THERE),
    Case(
        "maybe gone, and the list holds it",
        [("GET 10", UNKNOWN_404), ("LIST 1", listed(job())), ("DELETE 10", OK), *NOT_THERE],
        [("GET 10", UNKNOWN_404), ("LIST 1", listed(job()))],
        changed=True,
        again=NOT_THERE,
    ),
    Case(
        "maybe gone, and the list is refused",
        [("GET 10", UNKNOWN_404), ("LIST 1", FORBIDDEN)] * 3,
        [("GET 10", UNKNOWN_404), ("LIST 1", FORBIDDEN)] * 3,
        changed=False,
        failed="Whether it is gone is unknown",
    ),
    Case(
        "maybe gone, and the list is never complete",
        [("GET 10", UNKNOWN_404), *[("LIST 1", listed(total=1))] * 6] * 12,
        [("GET 10", UNKNOWN_404), *[("LIST 1", listed(total=1))] * 6] * 12,
        changed=False,
        failed="never complete",
    ),
    *[
        Case(
            f"{code} is never gone",
            [("GET 10", refused(code, 404))],
            [("GET 10", refused(code, 404))],
            changed=False,
            failed="The API says no",
            code=code,
        )
        for code in ("APIGW.0101", "APIG.0101", "ModelArts.4204", "ModelArts.2786", "ModelArts.2836", "ModelArts.6650")
    ],
    Case(
        "vanished between look and delete",
        [*LOOK, ("DELETE 10", GONE)],
        LOOK,
        changed=False,
        predicted=True,
        code="ModelArts.0015",
        again=GONE_ALREADY,
    ),
    Case(
        "perhaps vanished between look and delete, settled by the list that has held it",
        [("LIST 1 name-10", listed(job())), ("DELETE 10", UNKNOWN_404), *NOT_THERE],
        [("LIST 1 name-10", listed(job()))],
        False,
        {"job_id": None, "name": "name-10"},
        predicted=True,
        again=[("LIST 1 name-10", listed())] * 2,
    ),
    Case("answer lost, gone", [*LOOK, ("DELETE 10", LOST), ("GET 10", GONE)], LOOK, changed=True, again=GONE_ALREADY),
    Case(
        "answer lost, still there, repeated",
        [*LOOK, ("DELETE 10", LOST), *LOOK, ("DELETE 10", OK), ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "a gateway's 503, still there, repeated",
        [*LOOK, ("DELETE 10", answer(503, {})), *LOOK, ("DELETE 10", OK), ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "answer lost, the repeat refused, gone later",
        [*LOOK, ("DELETE 10", LOST), *LOOK, ("DELETE 10", NOT_NOW), *KILLING, *LOOK, ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "answer lost, and lost again and again",
        [*LOOK, ("DELETE 10", LOST), *[*LOOK, ("DELETE 10", LOST)] * 5, *LOOK * 8],
        LOOK,
        changed=False,
        predicted=True,
        failed="the deletion (sent 6 times) may have been carried out",
        unknown=True,
    ),
    Case(
        "not sent, repeated as it is",
        [*LOOK, ("DELETE 10", NOT_SENT), ("DELETE 10", OK), ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "throttled, repeated as it is",
        [*LOOK, ("DELETE 10", refused("APIGW.0308", 429)), ("DELETE 10", OK), ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "refused while a status passes, deleted after it",
        [*KILLING, ("DELETE 10", NOT_NOW), *KILLING, ("GET 10", shown(12)), ("DELETE 10", OK), ("GET 10", GONE)],
        [*KILLING, *KILLING, ("GET 10", shown(12))],
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "refused while a status passes, gone by itself",
        [*KILLING, ("DELETE 10", NOT_NOW), *KILLING, ("GET 10", GONE)],
        [*KILLING, *KILLING, ("GET 10", GONE)],
        changed=False,
        code="ModelArts.0015",
        again=GONE_ALREADY,
    ),
    Case(
        "refused while a status passes, without wait",
        [*KILLING, ("DELETE 10", NOT_NOW)],
        KILLING,
        False,
        {"wait": False},
        failed="job status: 9 [ModelArts.0105]",
        code="ModelArts.0105",
        check_failed="ModelArts.0105",
    ),
    Case(
        "refused in a status that does not pass",
        [*LOOK, ("DELETE 10", NOT_NOW), *LOOK],
        LOOK,
        changed=False,
        predicted=True,
        failed="[ModelArts.0105]. Wait for another status, or use force to have it stopped first.",
        code="ModelArts.0105",
    ),
    Case(
        "refused in an unknown status, waited for until it is known",
        [("GET 10", shown(99)), ("DELETE 10", NOT_NOW), ("GET 10", shown(99)), *LOOK, ("DELETE 10", OK), ("GET 10", GONE)],
        [("GET 10", shown(99))],
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "refused, on its way to somewhere, and back: deleted",
        [*LOOK, ("DELETE 10", NOT_NOW), *KILLING, *LOOK, ("DELETE 10", OK), ("GET 10", GONE)],
        LOOK,
        True,
        again=GONE_ALREADY,
    ),
    Case(
        "refused, with force stopped and deleted",
        [
            *LOOK,
            ("DELETE 10", NOT_NOW),
            *LOOK,
            ("POST 10/stop", OK),
            *KILLING,
            ("GET 10", shown(12)),
            ("DELETE 10", OK),
            ("GET 10", GONE),
        ],
        LOOK,
        True,
        {"force": True},
        again=GONE_ALREADY,
    ),
    Case(
        "refused while it waits to start, with force stopped at once",
        [
            ("GET 10", shown(7)),
            ("DELETE 10", NOT_NOW),
            ("GET 10", shown(7)),
            ("POST 10/stop", OK),
            ("GET 10", shown(12)),
            ("DELETE 10", OK),
            ("GET 10", GONE),
        ],
        [("GET 10", shown(7))],
        True,
        {"force": True},
        again=GONE_ALREADY,
    ),
    Case(
        "refused, with force but without wait the stop is waited for all the same",
        [*LOOK, ("DELETE 10", NOT_NOW), ("POST 10/stop", OK), *KILLING, ("GET 10", shown(12)), ("DELETE 10", OK)],
        LOOK,
        True,
        {"force": True, "wait": False},
        again=GONE_ALREADY,
    ),
    Case(
        "refused though it is stopped: force does not help",
        [("GET 10", shown(12)), ("DELETE 10", NOT_NOW), ("GET 10", shown(12))],
        [("GET 10", shown(12))],
        False,
        {"force": True},
        failed="[ModelArts.0105]. Wait for another status.",
        code="ModelArts.0105",
        predicted=True,
    ),
    Case(
        "accepted, then delete_failed",
        [*LOOK, ("DELETE 10", OK), *KILLING, ("GET 10", shown(6))],
        LOOK,
        changed=True,
        failed="delete_failed (6)",
    ),
    Case(
        "neither look nor list is allowed, delete is, without wait",
        [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN), ("DELETE 10", OK)],
        [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN)],
        True,
        {"wait": False},
        predicted=False,
        check_failed="A prediction needs the right",
    ),
    Case(
        "neither look nor list is allowed, delete is, with wait",
        [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN), ("DELETE 10", OK)],
        [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN)],
        changed=True,
        failed="No permission [ModelArts.0108]. That it is gone cannot be verified. The deletion was accepted.",
        code="ModelArts.0108",
        predicted=False,
        check_failed="A prediction needs the right",
    ),
    Case(
        "look is forbidden, the list is not",
        [("GET 10", FORBIDDEN), ("LIST 1", listed(job())), ("DELETE 10", OK), *[("GET 10", FORBIDDEN), ("LIST 1", listed())] * 2],
        [("GET 10", FORBIDDEN), ("LIST 1", listed(job()))],
        changed=True,
    ),
    Case(
        "delete is forbidden",
        [*LOOK, ("DELETE 10", FORBIDDEN)],
        LOOK,
        changed=False,
        failed="No permission [ModelArts.0108]",
        code="ModelArts.0108",
        predicted=True,
    ),
    Case(
        "any other error",
        [*LOOK, ("DELETE 10", refused("ModelArts.0999", 409))],
        LOOK,
        changed=False,
        failed="Cannot delete visualization job 10: The API says no [ModelArts.0999]",
        code="ModelArts.0999",
        predicted=True,
    ),
    Case(
        "a refusal in an HTTP 200",
        [*LOOK, ("DELETE 10", refused("ModelArts.0999", 200))],
        LOOK,
        changed=False,
        failed="[ModelArts.0999]",
        code="ModelArts.0999",
        predicted=True,
    ),
    Case(
        "an answer to the delete that no one can read, and it is gone",
        [*LOOK, ("DELETE 10", answer(200, {})), ("GET 10", GONE)],
        LOOK,
        changed=True,
        again=GONE_ALREADY,
    ),
    Case(
        "the key is refused: sent once",
        [("GET 10", BAD_KEY)],
        [("GET 10", BAD_KEY)],
        changed=False,
        failed="Check the credentials",
        code="APIGW.0301",
    ),
]

MADE = answer(200, {"is_success": True, "job_id": "10", "job_name": "new", "status": 1})
NEW: Fields = {"state": "present", "job_id": None, "name": "new", "train_url": "/bucket/logs/"}
NONE_OF_THAT_NAME: Calls = [("LIST 1 new", listed(job(job_name="new-er")))] * 2  # one list alone proves nothing
OF_THAT_NAME: Calls = [("LIST 1 new", listed(job(job_name="new")))]
STARTED: Fields = {"state": "started"}
STOPPED: Fields = {"state": "stopped"}
RESTARTED: Fields = {"state": "restarted"}


def of_that_name(status: int = 8, **fields: t.Any) -> Calls:
    """Return the look by name that finds a job."""
    return [("LIST 1 new", listed(job(status, job_name="new", **fields)))]


def read_whole(status: int = 8, **fields: t.Any) -> Calls:
    """Return the looks at a job that may have to be replaced: by its name, then all of it."""
    return [*of_that_name(status), ("GET 10", shown(status, job_name="new", **fields))]


OTHER_STATES = [
    Case(
        "present: created and waited for",
        [*NONE_OF_THAT_NAME, ("POST", MADE), ("GET 10", shown(1)), ("GET 10", shown(4)), ("GET 10", shown(8))],
        NONE_OF_THAT_NAME,
        True,
        NEW,
        again=OF_THAT_NAME,
    ),
    Case(
        "present: created, without wait",
        [*NONE_OF_THAT_NAME, ("POST", MADE)],
        NONE_OF_THAT_NAME,
        True,
        {**NEW, "wait": False},
        again=of_that_name(4),
    ),
    Case(
        "present: created, and it fails to start",
        [*NONE_OF_THAT_NAME, ("POST", MADE), ("GET 10", shown(22))],
        NONE_OF_THAT_NAME,
        True,
        NEW,
        failed="visualization job 10: it does not run: its status is mount_failed (22)",
    ),
    Case(
        "present: the answer is lost, found by its name",
        [*NONE_OF_THAT_NAME, ("POST", LOST), *of_that_name(1), ("GET 10", shown(8))],
        NONE_OF_THAT_NAME,
        True,
        NEW,
        again=OF_THAT_NAME,
    ),
    Case(
        "present: someone else was quicker",
        [*NONE_OF_THAT_NAME, ("POST", refused("ModelArts.0103")), *OF_THAT_NAME],
        NONE_OF_THAT_NAME,
        False,
        NEW,
        code="ModelArts.0103",
        predicted=True,
        again=OF_THAT_NAME,
    ),
    Case(
        "present: the name is taken by a job that no list shows",
        [*NONE_OF_THAT_NAME, ("POST", refused("ModelArts.0103")), *NONE_OF_THAT_NAME[:1] * 11],
        NONE_OF_THAT_NAME,
        False,
        NEW,
        failed="Cannot create visualization job new: The API says no [ModelArts.0103]",
        code="ModelArts.0103",
        predicted=True,
    ),
    Case(
        "present: not there, and no train_url",
        NONE_OF_THAT_NAME,
        NONE_OF_THAT_NAME,
        False,
        {**NEW, "train_url": None},
        failed="train_url is needed",
    ),
    Case("present: there and running", OF_THAT_NAME, OF_THAT_NAME, False, NEW, again=OF_THAT_NAME),
    Case("present: there and stopped, left as it is", of_that_name(12), of_that_name(12), False, NEW, again=of_that_name(12)),
    Case(
        "present: there and on its way",
        [*of_that_name(7), *LOOK],
        of_that_name(7),
        False,
        NEW,
        again=OF_THAT_NAME,
    ),
    Case(
        "present: the description differs",
        [*OF_THAT_NAME, ("PUT 10", OK)],
        OF_THAT_NAME,
        True,
        {**NEW, "description": "other"},
        again=of_that_name(8, job_desc="other"),
    ),
    Case(
        "present: the description differs, the answer is lost, it was done",
        [*OF_THAT_NAME, ("PUT 10", LOST), ("GET 10", shown(8, job_name="new", job_desc="other"))],
        OF_THAT_NAME,
        True,
        {**NEW, "description": "other"},
        again=of_that_name(8, job_desc="other"),
    ),
    Case(
        "present: the description differs, the answer is lost, it was not done",
        [*OF_THAT_NAME, ("PUT 10", LOST), *[("GET 10", shown(8, job_name="new"))] * 12],
        OF_THAT_NAME,
        False,
        {**NEW, "description": "other"},
        failed="the change of the description may have been carried out",
        predicted=True,
        unknown=True,
    ),
    Case(
        "present: the description differs, refused",
        [*OF_THAT_NAME, ("PUT 10", FORBIDDEN)],
        OF_THAT_NAME,
        False,
        {**NEW, "description": "other"},
        failed="No permission [ModelArts.0108]",
        code="ModelArts.0108",
        predicted=True,
    ),
    Case(
        "present: created, and vanished meanwhile",
        [*NONE_OF_THAT_NAME, ("POST", MADE), *[("GET 10", GONE)] * 11],
        NONE_OF_THAT_NAME,
        True,
        NEW,
        failed="it was there, and does not exist any more",
        code="ModelArts.0015",
    ),
    Case("present: train_url differs", OF_THAT_NAME, OF_THAT_NAME, False, {**NEW, "train_url": "/b/"}, failed="Use recreate"),
    Case(
        "present: train_url differs by its last slash only",
        OF_THAT_NAME,
        OF_THAT_NAME,
        False,
        {**NEW, "train_url": "/bucket/logs"},
        again=OF_THAT_NAME,
    ),
    Case(
        "present: train_url is the same in other words",
        OF_THAT_NAME,
        OF_THAT_NAME,
        False,
        {**NEW, "train_url": "obs://bucket/logs"},
        again=OF_THAT_NAME,
    ),
    Case(
        "present: created, but not in the list of its workspace",
        [*NONE_OF_THAT_NAME, ("POST", MADE), *[("LIST 1", listed())] * 11],
        NONE_OF_THAT_NAME,
        True,
        {**NEW, "workspace_id": "7", "wait": False},
        failed="It runs in another workspace and is billed: delete job 10 by its job_id.",
    ),
    Case(
        "present: train_url differs, recreated",
        [*read_whole(), ("DELETE 10", OK), ("GET 10", GONE), ("POST", MADE), ("GET 10", shown(8))],
        read_whole(),
        True,
        {**NEW, "train_url": "/b/", "recreate": True},
        again=read_whole(8, train_url="/b/"),
    ),
    Case("present: it failed", of_that_name(11), of_that_name(11), False, NEW, failed="failed (11). Use recreate"),
    Case(
        "present: it failed, recreated, without wait the delete is waited for all the same",
        [*read_whole(11), ("DELETE 10", OK), ("GET 10", shown(9)), ("GET 10", GONE), ("POST", MADE)],
        read_whole(11),
        True,
        {**NEW, "recreate": True, "wait": False},
        again=read_whole(1),
    ),
    Case("started: running", LOOK, LOOK, False, STARTED, again=LOOK),
    Case(
        "started: on its way, waited for",
        [("GET 10", shown(4)), *LOOK],
        [("GET 10", shown(4))],
        False,
        STARTED,
        again=LOOK,
    ),
    Case(
        "started: stopped",
        [("GET 10", shown(12)), ("POST 10/restart", OK), ("GET 10", shown(1)), *LOOK],
        [("GET 10", shown(12))],
        True,
        STARTED,
        again=LOOK,
    ),
    Case(
        "started: refused, as it is",
        [("GET 10", shown(12)), ("POST 10/restart", NOT_NOW), ("GET 10", shown(12))],
        [("GET 10", shown(12))],
        False,
        STARTED,
        failed="job status: 9 [ModelArts.0105]. Wait for another status.",
        code="ModelArts.0105",
        predicted=True,
    ),
    Case("started: there is none", GONE_ALREADY, GONE_ALREADY, False, STARTED, failed="does not exist", code="ModelArts.0015"),
    Case("stopped: not running", [("GET 10", shown(10))], [("GET 10", shown(10))], False, STOPPED, again=[("GET 10", shown(10))]),
    Case(
        "stopped: running",
        [*LOOK, ("POST 10/stop", OK), *KILLING, ("GET 10", shown(12))],
        LOOK,
        True,
        STOPPED,
        again=[("GET 10", shown(12))],
    ),
    Case(
        "started: vanished meanwhile",
        [("GET 10", shown(12)), ("POST 10/restart", OK), *[("GET 10", GONE)] * 12],
        [("GET 10", shown(12))],
        True,
        STARTED,
        failed="it was there, and does not exist any more",
        code="ModelArts.0015",
    ),
    Case(
        "stopped: refused, for it has stopped by itself",
        [*LOOK, ("POST 10/stop", NOT_NOW), ("GET 10", shown(10))],
        LOOK,
        False,
        STOPPED,
        code="ModelArts.0105",
        predicted=True,
        again=[("GET 10", shown(10))],
    ),
    Case(
        "stopped: it may not be looked at",
        [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN)],
        [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN)],
        False,
        STOPPED,
        failed="Ask for the right modelarts:tensorboard:get",
        code="ModelArts.0108",
    ),
    Case(
        "stopped: being stopped already",
        [*KILLING, ("GET 10", shown(12))],
        KILLING,
        False,
        STOPPED,
        again=[("GET 10", shown(12))],
    ),
    Case("stopped: there is none", GONE_ALREADY, GONE_ALREADY, False, STOPPED, failed="does not exist", code="ModelArts.0015"),
    Case(
        "stopped: answer lost, stopped",
        [*LOOK, ("POST 10/stop", LOST), ("GET 10", shown(12))],
        LOOK,
        True,
        STOPPED,
        again=[("GET 10", shown(12))],
    ),
    Case(
        "restarted: running",
        [*LOOK, ("POST 10/stop", OK), ("GET 10", shown(12)), ("POST 10/restart", OK), ("GET 10", shown(1)), *LOOK * 3],
        LOOK,
        True,
        RESTARTED,
    ),
    Case(
        "restarted: stopped, only started",
        [("GET 10", shown(12)), ("POST 10/restart", OK), *LOOK],
        [("GET 10", shown(12))],
        True,
        RESTARTED,
    ),
    Case(
        "restarted: there is none", GONE_ALREADY, GONE_ALREADY, False, RESTARTED, failed="does not exist", code="ModelArts.0015"
    ),
]


HTML_500 = answer(500, "<html>")
OTHER_STATES += [
    Case(
        f"{state}: a 500 that proves nothing, {'done' if done else 'not done'}",
        [("GET 10", shown(before)), (f"POST 10/{action}", HTML_500), *([("GET 10", shown(after))] if done else looks)],
        [("GET 10", shown(before))],
        done,
        {"state": state},
        predicted=True,
        failed=None if done else f"the {noun} may have been carried out",
        unknown=not done,
        again=[("GET 10", shown(after))] if done else None,
    )
    for state, action, noun, before, after in (("stopped", "stop", "stop", 8, 12), ("started", "restart", "start", 12, 8))
    for done, looks in ((True, []), (False, [("GET 10", shown(before))] * 12))
]


def options_of(case: Case) -> Fields:
    """Return the options of a case: the job 10, absent, if it does not say another."""
    options: Fields = {"state": "absent", "job_id": "10", **case.options}
    return {name: value for name, value in options.items() if value is not None}


def with_list(calls: Calls) -> Calls:
    """Return the calls for a job asked for by its id: the first look after a delete that shows it reads the list too, once."""
    whole, deleted, read = [], False, not calls or any(call.startswith("LIST") for call, dummy in calls)
    for call, reply in calls:
        whole.append((call, reply))
        deleted = call == "DELETE 10" or (deleted and call.startswith("GET"))
        if deleted and not read and call == "GET 10" and isinstance(reply, Answer) and reply.status == 200:
            whole.append(("LIST 1", listed(job())))
            read = True
    return whole


@pytest.mark.parametrize("case", [*ABSENT, *OTHER_STATES], ids=str)
def test_run(run: Runner, case: Case) -> None:
    done = run(module, options_of(case), with_list(case.calls)).result
    assert done["changed"] is case.changed
    assert bool(done.get("failed")) is (case.failed is not None)
    assert (case.failed or "") in done.get("msg", "")
    assert done.get("msg", "").count("\n") < 2
    assert done.get("error_code") == case.code
    assert done.get("outcome_unknown", False) is case.unknown
    if case.code:
        assert done["error_message"] and done["http_status"] and done["request_id"] == "req-1"


@pytest.mark.parametrize("case", [*ABSENT, *OTHER_STATES], ids=str)
def test_check_mode(run: Runner, case: Case) -> None:
    done = run(module, options_of(case), case.checked, check_mode=True).result
    assert done["changed"] is (case.changed if case.predicted is None else case.predicted)
    must_fail = case.check_failed or (case.failed if case.checked == case.calls else None)
    assert bool(done.get("failed")) is (must_fail is not None)
    assert (must_fail or "") in done.get("msg", "")


@pytest.mark.parametrize("case", [case for case in (*ABSENT, *OTHER_STATES) if case.again is not None], ids=str)
def test_a_second_run_changes_nothing(run: Runner, case: Case) -> None:
    done = run(module, options_of(case), case.again).result
    assert done["changed"] is False and not done.get("failed")


# --- what a table cannot say -------------------------------------------------------------------------------------

DELETE: Fields = {"state": "absent", "job_id": "10"}


def test_not_there_in_time_fails_with_the_last_status_and_code(run: Runner) -> None:
    looks: Calls = [("GET 10", shown(9)) for dummy in range(6)]
    done = run(module, {**DELETE, "wait_timeout": 4}, with_list([*looks[:1], ("DELETE 10", NOT_NOW), *looks]))
    assert done.result["failed"] and not done.result["changed"]
    assert (
        "not done within 4 s (wait_timeout); its status was last killing (9). The last answer was: This job" in done.result["msg"]
    )
    assert done.seconds <= 4


def test_delete_failed_from_before_counts_only_once_it_persists(run: Runner) -> None:
    failing = ("GET 10", shown(6))
    done = run(module, DELETE, with_list([failing, ("DELETE 10", OK), *[failing] * 12]))
    assert done.result["failed"] and "delete_failed" in done.result["msg"]
    assert 30 <= done.seconds < 40


def test_the_repeat_of_a_lost_delete_refused_for_half_a_minute_fails_with_the_code(run: Runner) -> None:
    looks: Calls = [("GET 10", shown(8))] * 11
    done = run(module, DELETE, with_list([*LOOK, ("DELETE 10", LOST), *LOOK, ("DELETE 10", NOT_NOW), *looks]))
    assert done.result["failed"] and done.result["outcome_unknown"] and done.result["error_code"] == "ModelArts.0105"
    assert 30 <= done.seconds < 40


def test_a_lost_delete_that_a_stop_was_turned_to_counts_where_the_job_goes_after_all(run: Runner) -> None:
    looks: Calls = [("GET 10", shown(8))] * 11
    lost: Calls = [*LOOK, ("DELETE 10", LOST), *LOOK, ("DELETE 10", NOT_NOW), *looks]
    done = run(module, {**DELETE, "force": True}, with_list([*lost, ("POST 10/stop", NOT_NOW), ("GET 10", GONE)]))
    assert done.result["changed"] is True and not done.result.get("failed")


def test_a_stop_that_no_delete_was_lost_before_does_not_count_where_the_job_goes(run: Runner) -> None:
    calls: Calls = [*LOOK, ("DELETE 10", NOT_NOW), *LOOK, ("POST 10/stop", NOT_NOW), ("GET 10", GONE)]
    done = run(module, {**DELETE, "force": True}, with_list(calls))
    assert done.result["changed"] is False and not done.result.get("failed")


def test_a_delete_that_is_lost_and_may_not_be_looked_after_says_that_it_is_unknown(run: Runner) -> None:
    unreadable: Calls = [("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN)]
    done = run(module, DELETE, [*unreadable, ("DELETE 10", LOST), *unreadable * 12])
    assert done.result["failed"] and done.result["outcome_unknown"]
    assert "the deletion may have been carried out" in done.result["msg"]
    done = run(module, DELETE, [*unreadable, ("DELETE 10", NOT_NOW)])
    assert done.result["failed"] and "outcome_unknown" not in done.result


def test_a_look_that_the_deadline_ends_tells_the_last_status(run: Runner) -> None:
    calls: Calls = [*LOOK, ("DELETE 10", OK), *KILLING, ("GET 10", DeadlineExceeded("There is no time left."))]
    done = run(module, DELETE, with_list(calls))
    assert done.result["failed"] and "There is no time left; its status was last killing (9)" in done.result["msg"]


def test_a_request_that_there_is_no_time_for_is_not_sent_and_fails(run: Runner) -> None:
    done = run(module, DELETE, [*LOOK, ("DELETE 10", DeadlineExceeded("There is no time left."))])
    assert done.result["failed"] and not done.result["changed"]
    assert "There is no time left; its status was last running (8)" in done.result["msg"]


def test_a_description_is_sent_and_told(run: Runner) -> None:
    done = run(module, {"state": "present", "job_id": "10", "description": "other", "wait": False}, [*LOOK, ("PUT 10", OK)])
    assert done.script.bodies[-1] == {"job_desc": "other"}
    assert (done.result["job"]["job_desc"], done.result["job"]["job_name"]) == ("other", "name-10")


def test_a_job_that_is_replaced_keeps_what_the_task_does_not_say(run: Runner) -> None:
    options: Fields = {"state": "present", "name": "new", "recreate": True, "wait": False, "train_url": "/b/"}
    old = read_whole(8, job_desc="kept", schedule=[{"type": "stop", "timeUnit": "HOURS", "duration": 3}])
    done = run(module, options, [*old, ("DELETE 10", OK), ("GET 10", GONE), ("POST", MADE)])
    stop = {"type": "stop", "time_unit": "HOURS", "duration": 3}
    assert done.script.bodies[-1] == {"job_name": "new", "job_desc": "kept", "train_url": "/b/", "schedule": stop}


@pytest.mark.parametrize(
    ("options", "calls", "after"),
    [
        (STOPPED, LOOK, {"job_name": "name-10", "status_name": "killed"}),
        (STARTED, [("GET 10", shown(12))], {"job_name": "name-10", "status_name": "running"}),
        (RESTARTED, LOOK, {"job_name": "name-10", "status_name": "running"}),
        (NEW, NONE_OF_THAT_NAME, {"job_name": "new", "train_url": "/bucket/logs/"}),
        ({**NEW, "train_url": "/b/", "recreate": True}, read_whole(), {"job_name": "new", "train_url": "/b/"}),
    ],
    ids=["stopped", "started", "restarted", "created", "replaced"],
)
def test_check_mode_shows_what_a_run_would_leave(run: Runner, options: Fields, calls: Calls, after: Fields) -> None:
    given: Fields = {"job_id": "10", **options}
    given = {name: value for name, value in given.items() if value is not None}
    shown_after = run(module, given, calls, check_mode=True).result["diff"]["after"]
    assert {name: shown_after[name] for name in after} == after


def test_a_create_whose_answer_is_lost_and_that_does_not_appear_is_never_repeated(run: Runner) -> None:
    calls: Calls = [*NONE_OF_THAT_NAME, ("POST", LOST), *[("LIST 1 new", listed())] * 11]
    done = run(module, {name: value for name, value in NEW.items() if value}, calls)
    assert done.result["failed"] and "the creation may have been carried out" in done.result["msg"]
    assert done.result["outcome_unknown"]
    assert done.result["changed"] is False


def test_the_body_of_a_creation(run: Runner) -> None:
    options: Fields = {
        "state": "present",
        "name": "new",
        "train_url": "/bucket/logs/",
        "description": "d",
        "job_type": "mindinsight",
    }
    options.update(flavor="small", auto_stop_hours=3, workspace_id="w", wait=False)
    calls: Calls = [*NONE_OF_THAT_NAME, ("POST", MADE), ("LIST 1", listed(job(1)))]
    done = run(module, options, calls)
    assert done.script.bodies[-2] == {
        "job_name": "new",
        "train_url": "/bucket/logs/",
        "job_desc": "d",
        "job_type": "mindinsight",
        "flavor": {"code": "small"},
        "schedule": {"type": "stop", "time_unit": "HOURS", "duration": 3},
        "workspace_id": "w",
    }
    assert done.result["job"]["job_id"] == "10"


def test_the_job_is_told_as_it_was_before(run: Runner) -> None:
    told = run(
        module,
        DELETE,
        [("GET 10", answer(200, {**job(), "status": "8", "create_time": "1763892000000", "added": "stays"}))],
        True,
    )
    before = told.result["job"]
    assert (before["job_id"], before["status"], before["status_name"]) == ("10", 8, "running")
    assert (before["create_time"], before["created_at"], before["added"]) == (1763892000000, "2025-11-23T10:00:00Z", "stays")


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_diff_shows_the_job_before_and_what_remains(run: Runner, check_mode: bool) -> None:
    calls: Calls = LOOK if check_mode else [*LOOK, ("DELETE 10", OK), ("GET 10", GONE)]
    diff = run(module, DELETE, calls, check_mode).result["diff"]
    assert diff["before"]["job_name"] == "name-10" and diff["after"] == {} and "duration" not in diff["before"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("options", "calls", "status"),
    [
        (STOPPED, [*LOOK, ("POST 10/stop", OK)], "killed"),
        (RESTARTED, [*LOOK, ("POST 10/stop", OK), ("GET 10", shown(12)), ("POST 10/restart", OK)], "running"),
        (DELETE, [*LOOK, ("DELETE 10", OK)], None),
    ],
    ids=["stopped", "restarted", "absent"],
)
def test_without_wait_the_diff_shows_what_was_asked_for_as_check_mode_does(
    run: Runner, options: Fields, calls: Calls, status: t.Optional[str], check_mode: bool
) -> None:
    diff = run(module, {**options, "job_id": "10", "wait": False}, LOOK if check_mode else calls, check_mode).result["diff"]
    assert diff["after"].get("status_name") == status


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_diff_of_a_description_is_that_field_only(run: Runner, check_mode: bool) -> None:
    options = {"state": "present", "job_id": "10", "description": "other"}
    diff = run(module, options, LOOK if check_mode else [*LOOK, ("PUT 10", OK)], check_mode).result["diff"]
    assert {name for name in diff["after"] if diff["before"][name] != diff["after"][name]} == {"job_desc"}


def test_two_jobs_of_one_name_are_an_error_with_their_ids(run: Runner) -> None:
    twins = listed(job(job_name="new"), job(job_id="11", job_name="new"), job(job_id="12", job_name="newer"))
    done = run(module, {"state": "absent", "name": "new"}, [("LIST 1 new", twins)])
    assert done.result["failed"] and "10, 11" in done.result["msg"] and "12" not in done.result["msg"]


BAD_OPTIONS = [
    ({"job_id": "1/2"}, "job_id must be 1 to 64 of"),
    ({"job_id": ".."}, "job_id must be 1 to 64 of"),
    ({"job_id": "1\n"}, "job_id must be 1 to 64 of"),
    ({"job_id": ""}, "job_id is given, but has no value"),
    ({"job_id": None}, "job_id is given, but has no value"),
    ({"job_ids": None}, "job_ids is given, but has no value"),
    ({"job_ids": ["1", None]}, "job_ids is given, but has no value"),
    ({"id": " "}, "job_id is given, but has no value"),
    ({"name": None}, "name is given, but has no value"),
    ({"workspace_id": "", "job_id": "1"}, "workspace_id is given, but has no value"),
    ({"job_id": "1", "state": "present", "recreate": True}, "recreate goes with name"),
    ({"name": "n", "state": "present", "train_url": ""}, "train_url must be an OBS path"),
    ({"job_id": "1", "wait_sleep": "nan"}, "wait_sleep must be at least"),
    ({"job_id": "1" * 65}, "job_id must be 1 to 64 of"),
    ({"job_ids": ["1", "a b"]}, "job_ids must be 1 to 64 of"),
    ({"name": "n" * 21}, "name must be 1 to 20 of"),
    ({"name": "a.b"}, "name must be 1 to 20 of"),
    ({"name": ""}, "name is given, but has no value"),
    ({"name": "n", "state": "present", "description": "d" * 257}, "description must be at most 256"),
    ({"name": "n", "state": "present", "auto_stop_hours": 25}, "auto_stop_hours must be 0 to 24"),
    ({"name": "n", "state": "present", "auto_stop_hours": -1}, "auto_stop_hours must be 0 to 24"),
    ({"job_ids": ["1"], "state": "present"}, "job_ids goes with every state but present"),
    ({"job_id": "1", "wait_timeout": 0}, "wait_timeout must be at least 1"),
    ({"job_id": "1", "wait_sleep": 0}, "wait_sleep must be at least 0.1"),
    ({"job_id": "1", "max_concurrency": 0}, "max_concurrency must be at least 1"),
    ({"job_id": "1", "api_timeout": 0}, "api_timeout must be at least 1"),
    ({"job_id": "1", "api_retries": -1}, "api_retries must be at least 0"),
    ({}, "one of the following is required: job_id, job_ids, name"),
    ({"job_id": "1", "name": "n"}, "mutually exclusive"),
    ({"job_id": "1", "job_ids": []}, "mutually exclusive"),
]


@pytest.mark.parametrize("options, said", BAD_OPTIONS, ids=lambda value: str(value)[:60])
def test_bad_options_are_refused_before_any_request(run: Runner, options: Fields, said: str) -> None:
    done = run(module, {"state": "absent", **options}, [])
    assert done.result["failed"] and said in done.result["msg"]


# --- many jobs ---------------------------------------------------------------------------------------------------


def many(*job_ids: str, **options: t.Any) -> Fields:
    """Return the options that delete these jobs, one after the other so that the calls have an order."""
    return {"state": "absent", "job_ids": list(job_ids), "max_concurrency": 1, **options}


def test_an_empty_list_changes_nothing_and_asks_nothing(run: Runner) -> None:
    done = run(module, many(), [])
    assert done.result["changed"] is False and done.result["jobs"] == []


MANY = [job(job_id="10"), job(9, "11"), job(8, "12")]
MIXED: Calls = [
    ("LIST 1", listed(*MANY)),
    ("GET 13", GONE),
    ("DELETE 10", OK),
    ("DELETE 11", NOT_NOW),
    ("DELETE 12", FORBIDDEN),
]


def test_a_mixed_list_tells_each_in_order_and_fails_at_the_end(run: Runner) -> None:
    done = run(module, many("10", "13", "11", "10", "12", wait=False), MIXED).result
    assert done["failed"] and done["changed"]
    assert [row["job_id"] for row in done["jobs"]] == ["10", "13", "11", "10", "12"]
    assert [row["changed"] for row in done["jobs"]] == [True, False, False, True, False]
    assert [row.get("error_code") for row in done["jobs"]] == [None, "ModelArts.0015", "ModelArts.0105", None, "ModelArts.0108"]
    assert (
        "2 of 4 visualization jobs failed, 1 being deleted, 1 unchanged. ModelArts.0105: 1 (11); ModelArts.0108: 1 (12)."
        in done["msg"]
    )


def test_a_mixed_list_in_check_mode_sends_reads_only(run: Runner) -> None:
    done = run(module, many("10", "13", "12", wait=False), MIXED[:2], check_mode=True).result
    assert [row["changed"] for row in done["jobs"]] == [True, False, True] and not done.get("failed")
    assert done["diff"]["before"] == {"10": "name-10: running", "12": "name-12: running", "13": "no job"}
    assert set(done["diff"]["after"].values()) == {"no job"}


def test_many_that_are_gone_change_nothing(run: Runner) -> None:
    done = run(module, many("10", "13"), [("LIST 1", listed()), ("GET 10", GONE), ("GET 13", GONE)]).result
    assert done["changed"] is False and not done.get("failed")


def test_many_are_followed_by_one_list_per_poll(run: Runner) -> None:
    calls: Calls = [
        ("LIST 1", listed(*MANY)),
        ("DELETE 10", OK),
        ("DELETE 12", OK),
        ("LIST 1", listed(job(9), MANY[1], job(9, "12"))),
        ("LIST 1", listed(MANY[1], job(9, "12"))),
        ("LIST 1", listed(MANY[1])),
        ("LIST 1", listed(MANY[1])),
    ]
    done = run(module, many("10", "12"), calls).result
    assert done["changed"] and not done.get("failed")


def test_a_list_of_several_pages_is_believed_when_two_passes_agree(run: Runner) -> None:
    others = [job(8, str(number)) for number in range(1000, 1100)]
    first, second = listed(*others, total=101), listed(job(9, "2000"), total=101)
    shifted = listed(job(8, "3000"), total=101)  # 1001 went, 3000 came, and 2000 slid onto the page read before
    both: Calls = [("LIST 1", first), ("LIST 2", second)]
    gone: Calls = [("LIST 1", listed(*others[2:]))]
    calls: Calls = [*both, *both, ("DELETE 2000", OK), ("DELETE 1000", OK), ("LIST 1", first), ("LIST 2", shifted), *both, *both]
    done = run(module, many("2000", "1000"), [*calls, *gone, *gone]).result
    assert done["changed"] and not done.get("failed")


def test_a_refused_key_ends_all_at_once_and_the_rest_is_not_tried(run: Runner) -> None:
    done = run(module, many("10", "11", "12"), [("LIST 1", listed(*MANY)), ("DELETE 10", BAD_KEY)]).result
    assert done["failed"] and not done["changed"]
    assert "APIGW.0301: 1 (10); not tried: 2 (11, 12)." in done["msg"]
    assert all("not tried, as there was no access any more" in row["msg"] for row in done["jobs"][1:])


def test_a_key_refused_after_the_deletes_says_that_they_were_sent(run: Runner) -> None:
    calls: Calls = [("LIST 1", listed(*MANY)), ("DELETE 10", OK), ("DELETE 12", OK), ("LIST 1", BAD_KEY)]
    done = run(module, many("10", "12"), calls).result
    assert done["failed"] and done["changed"]
    assert "not finished, as there was no access any more. The deletion was accepted." in done["jobs"][1]["msg"]


def test_a_key_refused_at_a_repetition_leaves_what_was_sent_before(run: Runner) -> None:
    looks: Calls = [("LIST 1", listed(*MANY))]
    calls: Calls = [*looks, ("DELETE 10", OK), ("DELETE 12", LOST), ("LIST 1", listed(job(9), *MANY[1:])), ("DELETE 12", BAD_KEY)]
    done = run(module, many("10", "12"), calls).result
    assert done["failed"] and done["jobs"][0]["changed"]
    assert "not finished, as there was no access any more. The deletion was accepted." in done["jobs"][0]["msg"]


def test_a_key_refused_after_the_stops_says_that_jobs_are_stopped_and_not_deleted(run: Runner) -> None:
    refusals: Calls = [("DELETE 10", NOT_NOW), ("DELETE 12", NOT_NOW), ("LIST 1", listed(*MANY))]
    stopped: Calls = [("POST 10/stop", OK), ("POST 12/stop", OK), ("LIST 1", listed(job(12), job(12, "12")))]
    calls: Calls = [("LIST 1", listed(*MANY)), *refusals, *stopped, ("DELETE 10", BAD_KEY)]
    done = run(module, many("10", "12", force=True), calls).result
    assert done["failed"] and [row["changed"] for row in done["jobs"]] == [True, True]
    assert all("The stop was accepted, but the job was only stopped, not deleted." in row["msg"] for row in done["jobs"])


def test_an_interrupted_task_sends_nothing_more_and_says_what_is_done(run: Runner) -> None:
    calls: Calls = [("LIST 1", listed(*MANY)), ("DELETE 10", LOST), ("DELETE 11", OK), ("DELETE 12", Interrupted("Ended."))]
    done = run(module, many("10", "11", "12"), calls).result
    assert done["failed"] and done["changed"] and done["outcome_unknown"]
    assert [row["changed"] for row in done["jobs"]] == [False, True, False]
    assert [row.get("outcome_unknown") for row in done["jobs"]] == [True, None, None]
    assert all("the task was interrupted" in row["msg"] for row in done["jobs"])


def test_of_many_one_that_goes_by_itself_after_a_refusal_tells_the_code(run: Runner) -> None:
    looks: Calls = [("LIST 1", listed(*MANY)), ("GET 13", GONE)]
    calls: Calls = [*looks, ("DELETE 11", NOT_NOW), *[("LIST 1", listed(MANY[0], MANY[2]))] * 2]
    [dummy, row] = run(module, many("13", "11"), calls).result["jobs"]
    assert (row["changed"], row.get("failed"), row["error_code"]) == (False, None, "ModelArts.0105")


@pytest.mark.parametrize("allowed", [2, 3])
def test_as_many_go_at_once_as_are_allowed(run: Runner, allowed: int) -> None:
    together = threading.Barrier(allowed, timeout=10)  # passes only where so many are in flight
    ids = ["10", "12", "13"][:allowed]
    listing: Calls = [("LIST 1", listed(*[job(8, job_id) for job_id in ids]))]
    done = run(module, many(*ids, wait=False, max_concurrency=allowed), listing, deletes=together.wait)
    assert done.result["changed"] and not done.result.get("failed")


def test_without_the_right_to_list_many_are_deleted_one_by_one(run: Runner) -> None:
    looks: Calls = [("GET 10", shown()), ("GET 12", shown(8, "12"))]
    calls: Calls = [("LIST 1", FORBIDDEN), *looks, ("DELETE 10", OK), ("DELETE 12", OK)]
    done = run(module, many("10", "12", wait=False), calls).result
    assert done["changed"] and not done.get("failed")


@pytest.mark.parametrize(
    "state, action, status", [("started", "restart", 12), ("stopped", "stop", 8), ("restarted", "restart", 12)]
)
def test_other_states_go_for_many(run: Runner, state: str, action: str, status: int) -> None:
    jobs = listed(job(status), job(status, "12"))
    calls: Calls = [("LIST 1", jobs), (f"POST 10/{action}", OK), (f"POST 12/{action}", OK)]
    done = run(module, many("10", "12", state=state, wait=False), calls).result
    assert [row["changed"] for row in done["jobs"]] == [True, True] and not done.get("failed")


def test_many_go_in_parallel_and_are_told_in_order(run: Runner) -> None:
    ids = [str(number) for number in range(100, 140)]
    jobs = listed(*[job(8, job_id) for job_id in ids])
    done = run(module, many(*ids, wait=False, max_concurrency=4), [("LIST 1", jobs)], deletes=lambda: None)
    assert [row["job_id"] for row in done.result["jobs"]] == ids
    assert sorted(done.script.made[1:]) == sorted(f"DELETE {job_id}" for job_id in ids)


@pytest.mark.parametrize(
    ("reply", "said"),
    [(LOST, "broke before the answer"), (refused("APIGW.0101", 404), "[APIGW.0101]"), (answer(200, {}), "not a list")],
)
def test_a_list_that_fails_fails_all_and_changes_nothing(run: Runner, reply: t.Any, said: str) -> None:
    done = run(module, many("10", "11", api_retries=0), [("LIST 1", reply)]).result
    assert done["failed"] and not done["changed"] and "2 of 2" in done["msg"] and said in done["msg"]


def test_a_list_that_fails_after_the_deletes_says_that_they_were_accepted(run: Runner) -> None:
    calls: Calls = [("LIST 1", listed(*MANY)), ("DELETE 10", OK), ("DELETE 12", OK), *[("LIST 1", answer(200, {}))] * 12]
    done = run(module, many("10", "12"), calls).result
    assert done["failed"] and done["changed"]
    assert all("The deletion was accepted" in row["msg"] for row in done["jobs"])


def test_a_key_refused_at_the_list_leaves_the_others_untried(run: Runner) -> None:
    done = run(module, many("10", "11"), [("LIST 1", BAD_KEY)]).result
    assert "APIGW.0301: 1 (10); not tried: 1 (11)." in done["msg"] and not done["changed"]


def test_the_deadline_is_shared_by_all(run: Runner) -> None:
    calls: Calls = [("LIST 1", listed(*MANY)), ("DELETE 10", OK), ("DELETE 12", OK), *[("LIST 1", listed(*MANY))] * 4]
    done = run(module, many("10", "12", wait_timeout=2), calls)
    assert done.result["failed"] and done.result["changed"] and done.seconds <= 2
    assert all("not done within 2 s (wait_timeout)" in row["msg"] for row in done.result["jobs"])


def test_null_means_not_given_where_it_chooses_nothing(run: Runner) -> None:
    names = ("force", "wait", "recreate", "wait_timeout", "wait_sleep", "max_concurrency", "api_retries", "job_type")
    given: Fields = {"name": "new", "train_url": "/bucket/logs/", **dict.fromkeys(names)}
    done = run(module, given, [("LIST 1 new", listed(job(job_name="new")))])
    refused = run(module, {"job_id": "10", "state": None}, [])
    assert refused.result["failed"] and "state is given, but has no value" in refused.result["msg"]
    assert not done.result.get("failed") and done.result["changed"] is False
