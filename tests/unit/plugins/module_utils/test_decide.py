# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is next, as tables: from what was sent, and what was seen, to the next step."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _jobs
from ansible_collections.otc.modelarts.plugins.module_utils._decide import (
    Attempt,
    Done,
    Fail,
    Look,
    Outcome,
    Progress,
    Reason,
    Replan,
    Seen,
    Send,
    Step,
    Wait,
    Wanted,
    next_step,
    same_path,
)
from ansible_collections.otc.modelarts.plugins.module_utils._http import AnswerLost, CallError, NotSent, Refused, Unintelligible
from ansible_collections.otc.modelarts.plugins.module_utils._jobs import (
    SETTLE_SECONDS,
    Found,
    Gone,
    Sighting,
    Spec,
    Unreadable,
    Why,
)

NOT_NOW = Refused("Not now.", "ModelArts.0105", 400, "req-1")
SLOW = Refused("Slow down.", "APIGW.0308", 429)
NO_API = Refused("No such API.", "APIGW.0101", 404)
NO = Refused("No.", "ModelArts.0999", 409, "req-1")
TAKEN = Refused("Taken.", "ModelArts.0103", 400, "req-1")
GONE = Refused("Gone.", "ModelArts.0015", 404, "req-1")
FORBIDDEN = Refused("Forbidden.", "ModelArts.0108", 403, "req-1")
DOWN = AnswerLost("Down.", None, 503)
LOST = AnswerLost("Lost.")
ODD = Unintelligible("Odd.", None, 200)
SENT_AT, SOON, LATE = 25.0, 26.0, 25.0 + SETTLE_SECONDS + 1
UNREADABLE = Unreadable(Why.FORBIDDEN, FORBIDDEN)


def job(status: int, **fields: t.Any) -> _jobs.Job:
    """Return a job."""
    return _jobs.represent({"job_id": "10", "job_name": "n", "status": status, "train_url": "/b/", **fields})


def there(status: int, **fields: t.Any) -> Found:
    """Return a look that showed the job."""
    return Found(job(status, **fields))


def sent(error: t.Optional[CallError] = None, before: int = 8, action: str = "delete", **fields: t.Any) -> Attempt:
    """Return what came of a request that was sent while a status was shown."""
    fields.setdefault("shown_before", frozenset((before,)))
    return Attempt(action, SENT_AT, before, answered=True, error=error, **fields)


def decide(
    state: str,
    phases: t.Sequence[str],
    sighting: t.Optional[Sighting],
    attempts: t.Union[Attempt, t.Sequence[Attempt], None],
    now: float,
    **wanted: t.Any,
) -> Step:
    """Return the next step, where the last look is as old as ``now``."""
    spec = Spec(**{key: wanted.pop(key) for key in ("name", "description", "train_url") if key in wanted})
    progress = Progress(Wanted(state, spec=spec, **wanted), "10", tuple(phases), sighting=sighting, seen_at=now)
    progress.attempts = [attempts] if isinstance(attempts, Attempt) else list(attempts or ())
    progress.before = progress.job = sighting.job if isinstance(sighting, Found) else None
    return next_step(progress, now)


def kind(step: Step) -> str:
    """Return a step in short."""
    if isinstance(step, Send):
        return f"send {step.action}"
    if isinstance(step, Replan):
        return f"turn to {', '.join(step.phases)}"
    if isinstance(step, Fail):
        return "unclear" if step.reason is Reason.UNCLEAR else "fail"
    return {Look: "look", Wait: "wait", Seen: "seen", Done: "done"}[type(step)]


STATUSES = [*range(23), 99, -1]
PASSING = [1, 2, 4, 7, 9, 15, 18, 19, 20]
STOPPED = [3, 5, 6, 10, 11, 12, 13, 14, 16, 17, 21, 22]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("options", [{}, {"wait": False}, {"force": True}], ids=str)
def test_a_delete_is_tried_whatever_the_status(status: int, options: t.Dict[str, bool]) -> None:
    assert kind(decide("absent", ["delete"], there(status), None, 0, **options)) == "send delete"


@pytest.mark.parametrize("state", ["absent", "started", "stopped", "restarted", "present"])
def test_nothing_is_decided_without_a_look(state: str) -> None:
    assert decide(state, ["x"], None, None, 0) == Look()


# What is shown, what was sent, when: with wait, without wait, with wait and force.
ABSENT: t.List[t.Tuple[str, Sighting, t.Any, float, str, str, str]] = [
    ("gone before", Gone(GONE), None, SOON, "done", "done", "done"),
    ("accepted, gone", Gone(GONE), sent(), SOON, "done", "done", "done"),
    ("accepted, killing", there(9), sent(), SOON, "wait", "done", "wait"),
    ("accepted, still shown as it was", there(8), sent(), LATE, "wait", "done", "wait"),
    ("accepted, unknown", there(99), sent(), SOON, "wait", "done", "wait"),
    ("accepted, then delete_failed", there(6), sent(), SOON, "fail", "done", "fail"),
    ("accepted, delete_failed as before", there(6), sent(before=6), SOON, "wait", "done", "wait"),
    ("accepted, delete_failed as before, still", there(6), sent(before=6), LATE, "fail", "done", "fail"),
    ("accepted, delete_failed after another look", there(6), sent(before=6, passed=True), SOON, "wait", "done", "wait"),
    ("refused for another reason", there(8), sent(NO), SOON, "fail", "fail", "fail"),
    ("not sent", there(8), sent(NotSent("No.")), SOON, "fail", "fail", "fail"),
    ("an odd answer", there(8), sent(ODD), SOON, "send delete", "send delete", "send delete"),
    ("not now, running", there(8), sent(NOT_NOW), SOON, "fail", "fail", "turn to stop, delete"),
    ("not now, stopped", there(12), sent(NOT_NOW, before=12), SOON, "fail", "fail", "fail"),
    ("not now, killing", there(9), sent(NOT_NOW, before=9), SOON, "look", "fail", "look"),
    *[(f"not now, {status}", there(status), sent(NOT_NOW, before=status), SOON, "look", "fail", "look") for status in (0, 99)],
    *[
        (f"not now, {status}", there(status), sent(NOT_NOW, before=status), SOON, "look", "fail", "turn to stop, delete")
        for status in PASSING
        if status != 9
    ],
    ("not now, it has passed", there(12), sent(NOT_NOW, before=9), SOON, "send delete", "fail", "send delete"),
    ("not now, back again", there(8), sent(NOT_NOW, passed=True), SOON, "send delete", "fail", "send delete"),
    ("not now, gone by itself", Gone(GONE), sent(NOT_NOW, before=9), SOON, "done", "done", "done"),
    ("lost, gone", Gone(GONE), sent(LOST), SOON, "seen", "seen", "seen"),
    ("lost, still there", there(8), sent(LOST), SOON, "send delete", "send delete", "send delete"),
    ("lost, then not now", there(8), [sent(LOST), sent(NOT_NOW)], SOON, "look", "look", "look"),
    ("lost, then not now, long ago", there(8), [sent(LOST), sent(NOT_NOW)], LATE, "fail", "fail", "turn to stop, delete"),
    ("lost, then accepted", there(8), [sent(LOST), sent()], SOON, "wait", "done", "wait"),
    ("maybe gone, still shown", there(8), sent(Refused("?", None, 404)), SOON, "look", "look", "look"),
    ("maybe gone, still there", there(8), sent(Refused("?", None, 404)), LATE, "fail", "fail", "fail"),
    ("lost, then refused", there(8), [sent(LOST), sent(NO)], SOON, "look", "look", "look"),
    ("lost, then refused, long ago", there(8), [sent(LOST), sent(NO)], LATE, "fail", "fail", "fail"),
    ("accepted, throttled", Unreadable(Why.TROUBLE, SLOW), sent(), LATE, "look", "done", "look"),
    ("lost, throttled", Unreadable(Why.TROUBLE, SLOW), sent(LOST), SOON, "look", "look", "look"),
    ("lost, a wrong path", Unreadable(Why.TROUBLE, NO_API), sent(LOST), SOON, "look", "look", "look"),
    ("lost, a wrong path, for long", Unreadable(Why.TROUBLE, NO_API), sent(LOST), LATE, "fail", "fail", "fail"),
    ("unreadable", UNREADABLE, None, SOON, "send delete", "send delete", "send delete"),
    ("unreadable, accepted", UNREADABLE, sent(), SOON, "fail", "done", "fail"),
    ("unreadable, refused", UNREADABLE, sent(NOT_NOW), SOON, "fail", "fail", "fail"),
    ("unreadable, lost", UNREADABLE, sent(LOST), SOON, "look", "look", "look"),
    ("unreadable, lost, for long", UNREADABLE, sent(LOST), LATE, "unclear", "unclear", "unclear"),
    ("maybe gone", Unreadable(Why.MAYBE_GONE, GONE), None, SOON, "look", "look", "look"),
    ("maybe gone, accepted", Unreadable(Why.MAYBE_GONE, GONE), sent(), LATE, "look", "done", "look"),
    ("trouble", Unreadable(Why.TROUBLE, DOWN), None, SOON, "fail", "fail", "fail"),
    ("trouble, accepted", Unreadable(Why.TROUBLE, DOWN), sent(), SOON, "look", "done", "look"),
    ("trouble, lost", Unreadable(Why.TROUBLE, DOWN), sent(LOST), SOON, "look", "look", "look"),
    ("a refused look, accepted", Unreadable(Why.TROUBLE, NO), sent(), SOON, "fail", "done", "fail"),
]


@pytest.mark.parametrize(
    ("sighting", "attempts", "now", "waiting", "silent", "forced"), [row[1:] for row in ABSENT], ids=[row[0] for row in ABSENT]
)
def test_absent(sighting: Sighting, attempts: t.Any, now: float, waiting: str, silent: str, forced: str) -> None:
    # Without wait, a "not now" is final: nothing is looked at again.
    assert kind(decide("absent", ["delete"], sighting, attempts, now)) == waiting
    assert kind(decide("absent", ["delete"], sighting, attempts, now, wait=False)) == silent
    assert kind(decide("absent", ["delete"], sighting, attempts, now, force=True)) == forced


@pytest.mark.parametrize(("since", "looks", "expected"), [(29, 9, "look"), (31, 2, "look"), (30, 3, "fail"), (31, 3, "fail")])
def test_what_may_be_gone_is_looked_at_for_half_a_minute(since: float, looks: int, expected: str) -> None:
    unsure = Unreadable(Why.MAYBE_GONE, GONE)
    progress = Progress(Wanted("absent"), "10", sighting=unsure, seen_at=100.0, unsure=100.0 - since)
    progress.unsure_looks = looks
    assert kind(next_step(progress, 100.0)) == expected


@pytest.mark.parametrize(("phases", "action", "expected"), [(["delete"], "delete", "look"), (["stop"], "stop", "fail")])
def test_what_may_be_gone_is_looked_at_for_longer_where_its_deletion_was_accepted(
    phases: t.List[str], action: str, expected: str
) -> None:
    progress = Progress(Wanted("absent"), "10", tuple(phases), sighting=Unreadable(Why.MAYBE_GONE, GONE), seen_at=LATE)
    progress.attempts, progress.unsure, progress.unsure_looks = [sent(action=action)], SENT_AT, 9
    assert kind(next_step(progress, LATE)) == expected


def test_without_an_id_nothing_is_deleted_that_may_not_be_read() -> None:
    step = next_step(Progress(Wanted("absent", spec=Spec(name="n")), None, sighting=UNREADABLE, seen_at=1.0), 1.0)
    assert isinstance(step, Fail) and step.reason is Reason.NO_RIGHT_TO_READ


@pytest.mark.parametrize("count", range(1, 8))
def test_so_is_one_that_is_refused_in_each_status_that_it_comes_to(count: int) -> None:
    attempts = [sent(NOT_NOW, 12 if number % 2 else 8) for number in range(count)]
    after = there(8 if count % 2 == 0 else 12)
    assert kind(decide("absent", ["delete"], after, attempts, SOON)) == ("send delete" if count <= 5 else "fail")
    by_force = kind(decide("absent", ["delete"], there(8), [*attempts, sent(NOT_NOW, 12)], SOON, force=True))
    assert by_force == ("send delete" if count <= 4 else "fail")


@pytest.mark.parametrize("count", range(1, 8))
def test_a_lost_delete_is_repeated_five_times_at_most(count: int) -> None:
    attempts = [sent(LOST) for dummy in range(count)]
    assert kind(decide("absent", ["delete"], there(8), attempts, SOON)) == ("send delete" if count <= 5 else "look")
    assert kind(decide("absent", ["delete"], there(8), attempts, LATE)) == ("send delete" if count <= 5 else "unclear")


OUTCOMES = [
    ("delete", False, None, Outcome.UNKNOWN),
    ("delete", True, None, Outcome.ACCEPTED),
    ("delete", True, NO, Outcome.REFUSED),
    ("delete", True, NOT_NOW, Outcome.REFUSED),
    ("delete", True, NotSent("No."), Outcome.REFUSED),
    ("delete", True, GONE, Outcome.MAYBE_GONE),
    ("delete", True, Refused("?", None, 404), Outcome.MAYBE_GONE),
    ("create", True, TAKEN, Outcome.REFUSED),
    ("create", True, Refused("?", None, 404), Outcome.REFUSED),
    *[("stop", True, error, Outcome.UNKNOWN) for error in (LOST, ODD, DOWN)],
]


@pytest.mark.parametrize(("action", "answered", "error", "outcome"), OUTCOMES)
def test_what_came_of_a_request(action: str, answered: bool, error: t.Optional[CallError], outcome: Outcome) -> None:
    assert Attempt(action, SENT_AT, answered=answered, error=error).outcome is outcome


# The requests, the effects that were seen, whether the job is changed, and what is open.
OPEN: t.List[t.Tuple[t.List[Attempt], t.Set[str], bool, t.List[str]]] = [
    ([], set(), False, []),
    ([sent()], set(), True, []),
    ([sent(NO)], set(), False, []),
    ([sent(LOST)], set(), False, ["delete"]),
    ([sent(LOST)], {"delete"}, True, []),
    ([sent(LOST)], {"stop"}, False, ["delete"]),
    ([sent(LOST), sent(NOT_NOW)], set(), False, ["delete"]),
    ([sent(LOST), sent()], set(), True, []),
    ([sent(LOST), sent()], {"delete"}, True, []),
    ([sent(LOST), sent(LOST)], set(), False, ["delete", "delete"]),
    ([sent(LOST), sent(action="stop")], set(), True, ["delete"]),
    ([sent(NOT_NOW), sent(action="stop"), sent(LOST)], set(), True, ["delete"]),
    ([Attempt("create", SENT_AT)], set(), False, ["create"]),
]


@pytest.mark.parametrize(("attempts", "effects", "changed", "still_open"), OPEN)
def test_changed_and_what_is_open_follow_from_what_was_sent(
    attempts: t.List[Attempt], effects: t.Set[str], changed: bool, still_open: t.List[str]
) -> None:
    progress = Progress(Wanted("absent"), "10", attempts=attempts, effects=effects)
    assert (progress.changed, [one.action for one in progress.open()]) == (changed, still_open)


@pytest.mark.parametrize("status", STATUSES)
def test_stopped(status: int) -> None:
    expected = "done" if status in STOPPED else "wait" if status == 9 else "send stop"
    if status in (0, 99, -1):
        expected = "look"
    assert kind(decide("stopped", ["stop"], there(status), None, 0)) == expected


@pytest.mark.parametrize("status", STATUSES)
def test_started(status: int) -> None:
    expected = "done" if status == 8 else "wait" if status in PASSING else "send restart"
    if status in (0, 9, 99, -1):
        expected = "look"
    assert kind(decide("started", ["start"], there(status), None, 0)) == expected


@pytest.mark.parametrize("status", STATUSES)
def test_restarted_stops_what_is_active_and_then_starts(status: int) -> None:
    expected = "turn to start" if status in STOPPED else "wait" if status == 9 else "send stop"
    if status in (0, 99, -1):
        expected = "look"
    assert kind(decide("restarted", ["stop", "start"], there(status), None, 0, wait=False)) == expected


@pytest.mark.parametrize(
    ("phases", "status", "error", "waiting", "silent"),
    [
        (["stop"], 9, None, "wait", "done"),
        (["stop"], 12, None, "done", "done"),
        (["stop", "delete"], 9, None, "wait", "wait"),
        (["stop", "delete"], 12, None, "turn to delete", "turn to delete"),
        (["stop", "start"], 12, None, "turn to start", "turn to start"),
        (["start"], 1, None, "wait", "done"),
        (["start"], 12, None, "wait", "done"),
        (["start"], 8, None, "done", "done"),
        (["stop"], 12, LOST, "seen", "seen"),
        (["stop"], 9, LOST, "seen", "seen"),
        (["stop"], 8, LOST, "look", "look"),
        (["start"], 8, ODD, "seen", "seen"),
        (["start"], 1, DOWN, "seen", "seen"),
        (["start"], 12, LOST, "look", "look"),
    ],
)
def test_after_a_stop_or_a_start(
    phases: t.List[str], status: int, error: t.Optional[CallError], waiting: str, silent: str
) -> None:
    attempt = sent(error, 12 if phases == ["start"] else 8, {"start": "restart"}.get(phases[0], "stop"))
    assert kind(decide("stopped", phases, there(status), attempt, SOON)) == waiting
    assert kind(decide("stopped", phases, there(status), attempt, SOON, wait=False)) == silent


@pytest.mark.parametrize("action", ["stop", "restart"])
@pytest.mark.parametrize(("now", "expected"), [(SOON, "look"), (LATE, "fail")])
def test_right_after_a_stop_or_a_start_a_single_answer_does_not_make_a_job_gone(action: str, now: float, expected: str) -> None:
    phase = {"stop": "stop", "restart": "start"}[action]
    assert kind(decide("started", [phase], Gone(GONE), sent(None, 12, action), now)) == expected
    assert kind(decide("started", [phase], Gone(GONE), sent(NO, 12, action), SOON)) == "fail"


@pytest.mark.parametrize("error", [None, LOST, NOT_NOW], ids=["accepted", "lost", "not now"])
@pytest.mark.parametrize(("same_for", "expected"), [(0.0, "look"), (1.9, "look"), (2.0, "reached"), (21.0, "reached")])
def test_a_status_of_before_a_restart_counts_once_it_is_shown_for_a_while(
    error: t.Optional[CallError], same_for: float, expected: str
) -> None:
    attempt = sent(error, 12, "restart", shown_before=frozenset((8, 9, 12)))
    progress = Progress(Wanted("restarted"), "10", ("start",), 1, sighting=there(8), seen_at=SOON, same_since=SOON - same_for)
    progress.attempts = [sent(None, 8, "stop"), attempt]
    step = kind(next_step(progress, SOON))
    assert step == (
        expected if expected == "look" and error else {"look": "wait", "reached": "seen" if error is LOST else "done"}[expected]
    )


def test_a_status_of_before_a_restart_is_no_failure_of_it_whatever_is_shown_in_between() -> None:
    attempt = sent(None, 12, "restart", shown_before=frozenset((8, 9, 12)), passed=True)
    for status in (9, 12):
        assert kind(decide("restarted", ["start"], there(status), attempt, SOON)) == "wait"
    assert kind(decide("restarted", ["start"], there(12), attempt, LATE)) == "fail"
    assert kind(decide("restarted", ["start"], there(11), attempt, SOON)) == "fail"


@pytest.mark.parametrize("error", [None, LOST, GONE, NO], ids=["accepted", "lost", "gone", "refused"])
def test_what_was_there_when_the_task_began_is_not_created_again(error: t.Optional[CallError]) -> None:
    wanted = Wanted("present", spec=Spec(name="n", description="b", train_url="/b/"))
    progress = Progress(wanted, "10", sighting=Gone(GONE), seen_at=SOON, before=job(8), job=job(8))
    assert kind(next_step(progress, SOON)) == "fail"
    progress.attempts = [sent(error, action="describe")]
    assert kind(next_step(progress, SOON)) == ("look" if error in (None, LOST) else "fail")
    step = next_step(progress, LATE)
    assert isinstance(step, Fail) and step.reason is Reason.VANISHED


def test_a_path_that_is_not_told_is_not_said_to_be_another() -> None:
    step = decide("present", ["present"], there(8, train_url=None), None, SOON, train_url="/c/", recreate=True)
    assert isinstance(step, Fail) and step.reason is Reason.PATH_UNTOLD


def test_what_is_replaced_is_created_only_where_another_look_proves_that_the_old_one_is_gone() -> None:
    wanted = {"name": "n", "train_url": "/c/", "recreate": True}
    phases = ["delete", "create", "run"]
    assert kind(decide("present", phases, Gone(GONE), sent(GONE), SOON, **wanted)) == "look"
    again = Gone(Refused("Gone.", "ModelArts.0015", 404))
    assert kind(decide("present", phases, again, sent(GONE), SOON, **wanted)) == "turn to create, run"
    assert kind(decide("present", phases, Gone(GONE), sent(), SOON, **wanted)) == "turn to create, run"
    assert kind(decide("absent", ["delete"], Gone(GONE), sent(GONE), SOON)) == "done"


@pytest.mark.parametrize("phases", [("stop", "delete"), ("delete",), ("create", "run")], ids="-".join)
def test_what_is_open_is_not_while_the_job_that_was_to_go_is_gone_but_again_once_it_is_shown(phases: t.Tuple[str, ...]) -> None:
    one = Progress(Wanted("absent"), "10", phases, attempts=[sent(LOST, action="stop")], sighting=Gone(GONE))
    assert one.open() == []
    one.sighting = there(8)
    assert [attempt.action for attempt in one.open()] == ["stop"]
    one.attempts[0].moot = True
    assert one.open() == []


@pytest.mark.parametrize(
    ("state", "action"), [("stopped", "stop"), ("started", "restart"), ("restarted", "stop"), ("present", "describe")]
)
def test_what_is_open_stays_so_where_the_job_is_gone_that_was_to_stay(state: str, action: str) -> None:
    one = Progress(Wanted(state), "10", attempts=[sent(LOST, action=action)], sighting=Gone(GONE))
    assert [attempt.action for attempt in one.open()] == [action]


@pytest.mark.parametrize("status", STOPPED)
def test_a_stop_without_an_answer_is_done_only_where_the_job_has_not_failed_by_itself(status: int) -> None:
    lost, failed = sent(LOST, action="stop"), status not in (10, 12, 13)
    assert kind(decide("stopped", ["stop"], there(status), lost, SOON)) == ("look" if failed else "seen")
    assert kind(decide("stopped", ["stop"], there(status), lost, LATE)) == ("unclear" if failed else "seen")
    to_go = decide("absent", ["stop", "delete"], there(status), lost, SOON, force=True)
    assert kind(to_go) == ("turn to delete" if failed else "seen")


@pytest.mark.parametrize("status", STOPPED)
def test_a_start_without_an_answer_is_not_done_while_the_job_does_not_run(status: int) -> None:
    assert kind(decide("started", ["start"], there(status), sent(LOST, 12, "restart"), SOON)) == "look"
    assert kind(decide("started", ["start"], there(status), sent(LOST, 12, "restart"), LATE)) == "unclear"


@pytest.mark.parametrize(("status", "wait"), [(8, True), (8, False), (1, False)])
@pytest.mark.parametrize("attempt", [None, sent(NOT_NOW, 12, "restart")], ids=["before", "refused"])
def test_what_others_have_started_is_restarted_all_the_same(status: int, wait: bool, attempt: t.Optional[Attempt]) -> None:
    assert kind(decide("restarted", ["start"], there(status), attempt, SOON, wait=wait)) == "turn to stop, start"
    assert kind(decide("started", ["start"], there(status), attempt, SOON, wait=wait)) == "done"


@pytest.mark.parametrize("status", [status for status in STOPPED if status != 12])
def test_a_start_that_ends_in_another_status_has_failed(status: int) -> None:
    assert kind(decide("started", ["start"], there(status), sent(None, 12, "restart"), SOON)) == "fail"


@pytest.mark.parametrize(("phases", "status"), [(["stop"], 8), (["start"], 12)])
def test_a_lost_stop_or_start_is_never_repeated(phases: t.List[str], status: int) -> None:
    action = {"start": "restart"}.get(phases[0], "stop")
    assert kind(decide("stopped", phases, there(status), sent(LOST, status, action), LATE)) == "unclear"


@pytest.mark.parametrize("phases", [["stop"], ["start"], ["stop", "start"]], ids=str)
def test_what_is_gone_can_be_neither_stopped_nor_started(phases: t.List[str]) -> None:
    assert decide("stopped", phases, Gone(GONE), None, 0) == Fail(Reason.MISSING, GONE)


@pytest.mark.parametrize("phases", [["delete"], ["stop", "delete"]], ids=str)
def test_what_vanishes_on_the_way_to_its_deletion_is_deleted(phases: t.List[str]) -> None:
    assert decide("absent", phases, Gone(GONE), sent(), SOON) == Done(GONE)


PRESENT: t.List[t.Tuple[str, Sighting, t.Dict[str, t.Any], str]] = [
    ("there, as wanted", there(8), {"train_url": "/b/"}, "turn to run"),
    ("there, nothing said of its path", there(8), {}, "turn to run"),
    ("another path", there(8), {"train_url": "/c/"}, "fail"),
    ("another path, recreate", there(8), {"train_url": "/c/", "recreate": True}, "turn to delete, create, run"),
    ("a path untold", there(8, train_url=None), {"train_url": "/c/"}, "fail"),
    ("a path untold, recreate", there(8, train_url=None), {"train_url": "/c/", "recreate": True}, "fail"),
    (
        "a path untold, recreate a failed one",
        there(11, train_url=None),
        {"train_url": "/c/", "recreate": True},
        "turn to delete, create, run",
    ),
    ("a path untold, none asked for", there(8, train_url=None), {}, "turn to run"),
    (
        "another path, recreate in another workspace",
        there(8),
        {"train_url": "/c/", "recreate": True, "workspace_id": "7"},
        "fail",
    ),
    ("failed, recreate, and no path is known", there(11, train_url=None), {"recreate": True}, "fail"),
    ("the same path in other words", there(8), {"train_url": "obs://b"}, "turn to run"),
    ("not there, in a workspace", Gone(), {"train_url": "/b/", "workspace_id": "7"}, "turn to create, place, run"),
    ("same path, recreate", there(8), {"train_url": "/b", "recreate": True}, "turn to run"),
    ("failed", there(11), {}, "fail"),
    ("failed, without wait", there(11), {"wait": False}, "turn to run"),
    ("failed, recreate", there(11), {"recreate": True}, "turn to delete, create, run"),
    ("stopped, recreate", there(12), {"recreate": True}, "turn to run"),
    ("another description", there(8, job_desc="a"), {"description": "b"}, "send describe"),
    ("same description", there(8, job_desc="a"), {"description": "a"}, "turn to run"),
    ("no description told, none wanted", there(8), {"description": ""}, "turn to run"),
    ("not there", Gone(), {"train_url": "/b/"}, "turn to create, run"),
    ("not there, no path", Gone(), {}, "fail"),
    ("not there, no name", Gone(), {"name": None, "train_url": "/b/"}, "fail"),
    ("unreadable", UNREADABLE, {"train_url": "/b/"}, "fail"),
]


@pytest.mark.parametrize(("seen", "wanted", "expected"), [row[1:] for row in PRESENT], ids=[row[0] for row in PRESENT])
def test_present(seen: Sighting, wanted: t.Dict[str, t.Any], expected: str) -> None:
    assert kind(decide("present", ["present"], seen, None, 0, **{"name": "n", **wanted})) == expected


MINE, THEIRS, OLD = (job(1, job_id=job_id, train_url=url) for job_id, url in (("11", "/b/"), ("12", "/other/"), ("10", "/b/")))


@pytest.mark.parametrize(
    ("error", "namesakes", "now", "expected"),
    [
        (None, [], SOON, "turn to run"),
        (NO, [], SOON, "fail"),
        (LOST, [], SOON, "look"),
        (LOST, [], LATE, "unclear"),
        (LOST, [MINE], SOON, "seen"),
        (LOST, [THEIRS], SOON, "look"),
        (LOST, [THEIRS], LATE, "unclear"),
        (LOST, [OLD], LATE, "unclear"),
        (LOST, [OLD, MINE], SOON, "seen"),
        (LOST, [THEIRS, MINE], LATE, "unclear"),
        (TAKEN, [], SOON, "look"),
        (TAKEN, [], LATE, "fail"),
        (TAKEN, [THEIRS], SOON, "turn to present"),
        (TAKEN, [THEIRS, MINE], SOON, "fail"),
        (TAKEN, [OLD], SOON, "turn to present"),
    ],
)
def test_a_creation_is_sent_once(error: t.Optional[CallError], namesakes: t.List[t.Any], now: float, expected: str) -> None:
    wanted = Wanted("present", spec=Spec(name="n", train_url="/b"))
    progress = Progress(wanted, None, ("create", "run"), sighting=Gone(), seen_at=now, known={"10"})
    progress.attempts, progress.namesakes = [sent(error, 0, "create")], tuple(namesakes)
    assert kind(next_step(progress, now)) == expected


def test_a_name_that_the_deleted_job_still_has_is_tried_again() -> None:
    progress = Progress(Wanted("present", spec=Spec(name="n")), None, ("create", "run"), begun=1, sighting=Gone(), known={"10"})
    progress.attempts, progress.namesakes, progress.seen_at = [sent(), sent(TAKEN, 0, "create")], (OLD,), LATE
    assert next_step(progress, LATE) == Send("create")


@pytest.mark.parametrize(
    ("in_list", "now", "expected"), [(True, SOON, "turn to run"), (False, SOON, "look"), (False, LATE, "fail")]
)
def test_a_job_has_to_be_in_the_list_of_its_workspace(in_list: bool, now: float, expected: str) -> None:
    progress = Progress(Wanted("present", workspace_id="7"), "11", ("place", "run"), begun=1, sighting=Found(MINE, in_list))
    progress.attempts, progress.seen_at = [sent(None, 0, "create")], now
    assert kind(next_step(progress, now)) == expected


@pytest.mark.parametrize("sighting", [Gone(GONE), Unreadable(Why.MAYBE_GONE, GONE), Unreadable(Why.TROUBLE, DOWN)], ids=str)
def test_a_job_just_created_that_is_not_shown_for_a_moment_is_waited_for(sighting: Sighting) -> None:
    progress = Progress(Wanted("present"), "11", ("run",), begun=1, sighting=sighting, seen_at=SOON)
    progress.attempts = [sent(None, 0, "create")]
    assert kind(next_step(progress, SOON)) == "look"
    progress.seen_at, progress.unsure, progress.unsure_looks = LATE, SENT_AT, 9
    assert kind(next_step(progress, LATE)) == "fail"


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_job_is_waited_for_until_it_runs_or_fails(status: int) -> None:
    progress = Progress(Wanted("present"), "10", ("run",), begun=1, sighting=there(status), seen_at=SOON)
    progress.attempts = [sent(None, 0, "create")]
    expected = "done" if status == 8 else "fail" if status in STOPPED else "wait"
    assert kind(next_step(progress, SOON)) == expected
    progress.attempts = []
    assert kind(next_step(progress, SOON)) == ("done" if status in (10, 12, 13) else expected)


@pytest.mark.parametrize(
    ("state", "phase", "attempt"),
    [
        ("absent", "delete", sent(None, 12)),
        ("absent", "delete", sent(NOT_NOW, 12)),
        ("absent", "delete", sent(GONE, 12)),
        ("absent", "delete", sent(LOST, 12)),
        ("started", "start", sent(None, 12, "restart")),
        ("started", "start", sent(LOST, 12, "restart")),
        ("present", "create", sent(LOST, 0, "create")),
    ],
)
def test_what_was_seen_before_a_request_says_nothing_of_it(state: str, phase: str, attempt: Attempt) -> None:
    assert isinstance(decide(state, [phase], there(12), attempt, SENT_AT, name="n"), (Look, Wait))


@pytest.mark.parametrize(("wait", "expected"), [(True, "wait"), (False, "done")])
def test_a_stop_refused_because_it_is_under_way_is_waited_for(wait: bool, expected: str) -> None:
    assert kind(decide("stopped", ["stop"], there(9), sent(NOT_NOW, action="stop"), SOON, wait=wait)) == expected


@pytest.mark.parametrize(("sighting", "expected"), [(there(8), "done"), (Gone(GONE), "done"), (UNREADABLE, "fail")])
def test_a_look_only_changes_nothing(sighting: Sighting, expected: str) -> None:
    assert kind(decide("shown", [], sighting, None, SOON)) == expected


def test_half_a_minute_is_what_is_believed() -> None:
    assert SETTLE_SECONDS == 30


UNCLEAR_DELETES = [sent(LOST) for dummy in range(6)]
# What ends with the half minute: the state, the phase, what is seen, what was sent, and the step at that moment.
AT_LAST: t.List[t.Tuple[str, str, Sighting, t.Union[Attempt, t.List[Attempt]], str]] = [
    ("absent", "delete", there(6), sent(before=6), "fail"),
    ("absent", "delete", there(8), UNCLEAR_DELETES, "unclear"),
    ("absent", "delete", there(8), [sent(LOST), sent(NO)], "fail"),
    ("absent", "delete", there(8), sent(Refused("?", None, 404)), "fail"),
    ("absent", "delete", UNREADABLE, sent(LOST), "unclear"),
    ("absent", "delete", Unreadable(Why.TROUBLE, NO_API), sent(LOST), "fail"),
    ("stopped", "stop", there(8), sent(LOST, action="stop"), "unclear"),
    ("stopped", "stop", Gone(GONE), sent(action="stop"), "fail"),
    ("present", "present", there(8, job_desc="a"), sent(LOST, action="describe"), "unclear"),
    ("present", "create", Gone(), sent(LOST, 0, "create"), "unclear"),
    ("present", "create", Gone(), sent(TAKEN, 0, "create"), "fail"),
    ("present", "place", there(1), sent(None, 0, "create"), "fail"),
    ("present", "run", Gone(GONE), sent(None, 0, "create"), "fail"),
]


@pytest.mark.parametrize(("state", "phase", "sighting", "attempts", "expected"), AT_LAST)
@pytest.mark.parametrize("now", [SENT_AT + SETTLE_SECONDS, LATE, SENT_AT * 40])
def test_half_a_minute_after_it_was_sent_the_patience_ends(
    state: str, phase: str, sighting: Sighting, attempts: t.Union[Attempt, t.List[Attempt]], expected: str, now: float
) -> None:
    wanted = {"name": "n", "description": "b", "train_url": "/b/"} if state == "present" else {}
    assert kind(decide(state, [phase], sighting, attempts, now, **wanted)) == expected
    soon = decide(state, [phase], sighting, attempts, SENT_AT + SETTLE_SECONDS - 0.1, **wanted)
    assert isinstance(soon, (Look, Wait))


@pytest.mark.parametrize(
    ("sighting", "attempts", "expected"),
    [
        (None, [], None),
        (there(8), [sent()], None),
        (there(8), [sent(NOT_NOW)], NOT_NOW),
        (Unreadable(Why.TROUBLE, DOWN), [sent()], DOWN),
        (Unreadable(Why.TROUBLE, DOWN), [sent(NOT_NOW)], DOWN),
        (Unreadable(Why.TROUBLE, LOST), [sent(ODD)], ODD),
        (Unreadable(Why.TROUBLE, LOST), [sent()], LOST),
        (Unreadable(Why.TROUBLE, LOST), [sent(NotSent("No."))], LOST),
        (there(8), [sent(NO), sent(NOT_NOW)], NOT_NOW),
        (Gone(ODD), [sent(LOST)], ODD),
        (Gone(), [sent(LOST)], LOST),
    ],
)
def test_the_last_error_is_an_answer_where_there_was_one(
    sighting: t.Optional[Sighting], attempts: t.List[Attempt], expected: t.Optional[CallError]
) -> None:
    progress = Progress(Wanted("absent"), "10", sighting=sighting, seen_at=SOON, attempts=attempts)
    assert progress.last_error is expected


def test_why_nothing_changed_is_what_the_last_request_was_answered_with() -> None:
    progress = Progress(Wanted("absent"), "10", attempts=[sent(NO), sent(NOT_NOW)], end=Done())
    assert progress.told is NOT_NOW


LONG_AGO = SENT_AT - 100 * SETTLE_SECONDS
# What counts is when the last request was sent: the state, the phases, what is seen, and the actions that were sent.
TWO_SENT: t.List[t.Tuple[str, t.Tuple[str, ...], Sighting, t.Tuple[str, str], t.Optional[CallError]]] = [
    ("absent", ("delete",), Unreadable(Why.TROUBLE, NO_API), ("delete", "delete"), LOST),
    ("restarted", ("start",), Gone(GONE), ("stop", "restart"), None),
    ("present", ("place", "run"), there(1), ("delete", "create"), None),
    ("present", ("run",), Gone(GONE), ("delete", "create"), None),
]


@pytest.mark.parametrize(("state", "phases", "sighting", "actions", "error"), TWO_SENT, ids=[str(row[1]) for row in TWO_SENT])
def test_the_patience_begins_with_the_last_request(
    state: str, phases: t.Tuple[str, ...], sighting: Sighting, actions: t.Tuple[str, str], error: t.Optional[CallError]
) -> None:
    progress = Progress(Wanted(state), "10", phases, begun=1, sighting=sighting, seen_at=SOON)
    progress.attempts = [Attempt(actions[0], LONG_AGO, 8, answered=True, error=error), sent(error, action=actions[1])]
    assert kind(next_step(progress, SOON)) == "look"


@pytest.mark.parametrize(("since", "expected"), [(SETTLE_SECONDS - 0.1, "look"), (SETTLE_SECONDS, "fail")])
def test_a_job_that_cannot_be_read_after_a_request_is_looked_at_for_half_a_minute(since: float, expected: str) -> None:
    progress = Progress(Wanted("absent"), "10", sighting=Unreadable(Why.TROUBLE, DOWN), seen_at=LATE, unsure=LATE - since)
    progress.attempts = [sent()]
    assert kind(next_step(progress, LATE)) == expected


@pytest.mark.parametrize(("now", "expected"), [(SENT_AT, "look"), (SOON, "fail")])
def test_a_description_that_meets_no_job_is_believed_after_another_look(now: float, expected: str) -> None:
    attempt = sent(Refused("?", None, 404), action="describe")
    assert kind(decide("present", ["present"], there(8, job_desc="a"), attempt, now, name="n", description="b")) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("obs://b", "/b/", True),
        ("/b/", "obs://b", True),
        ("no path", "no path", True),
        (None, "", True),
        ("no path", None, False),
        (None, "no path", False),
        ("no path", "/b/", False),
    ],
)
def test_two_paths_are_the_same_folder_or_not(one: t.Optional[str], other: t.Optional[str], same: bool) -> None:
    assert same_path(one, other) is same


def test_time_in_which_nobody_looked_does_not_count_as_time_in_which_it_was_looked_at() -> None:
    unclear = _jobs.Unreadable(_jobs.Why.MAYBE_GONE, Refused("Invalid parameter", "ModelArts.0101", 400))
    one = Progress(Wanted("absent"), "10", sighting=unclear, seen_at=2.0, unsure=1.0, unsure_looks=9)
    assert next_step(one, 40.0) == Look()
    one.seen_at = 31.0
    end = next_step(one, 40.0)
    assert isinstance(end, Fail) and end.reason is Reason.UNPROVEN
