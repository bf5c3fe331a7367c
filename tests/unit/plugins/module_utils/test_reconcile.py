# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do, as tables: from what was seen, and what was sent, to the next step."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _jobs
from ansible_collections.otc.modelarts.plugins.module_utils._client import (
    AccessRefused,
    AnswerLost,
    CallError,
    Refused,
    Unintelligible,
)
from ansible_collections.otc.modelarts.plugins.module_utils._jobs import Seen
from ansible_collections.otc.modelarts.plugins.module_utils._reconcile import (
    SETTLE_SECONDS,
    Attempt,
    Done,
    Fail,
    Look,
    Progress,
    Send,
    Step,
    Turn,
    Wanted,
    advice,
    completes,
    next_step,
)

NOT_NOW = Refused("Not now.", "ModelArts.0105", 400, "req-1")
NO = Refused("No.", "ModelArts.0999", 409, "req-1")
GONE = Refused("Gone.", "ModelArts.0015", 404, "req-1")
FORBIDDEN = Refused("Forbidden.", "ModelArts.0108", 403, "req-1")
LOST = AnswerLost("Lost.")
ODD = Unintelligible("Odd.", None, 200)
SENT_AT, SOON, LATE = 25.0, 26.0, 25.0 + SETTLE_SECONDS + 1


def job(status: int, **fields: t.Any) -> _jobs.Job:
    """Return a job."""
    return _jobs.represent({"job_id": "10", "job_name": "n", "status": status, "train_url": "/b/", **fields})


def there(status: int, **fields: t.Any) -> Seen:
    """Return a look that showed the job."""
    return Seen(job(status, **fields))


def sent(outcome: str, error: t.Optional[CallError] = None, before: int = 8, **fields: t.Any) -> Attempt:
    """Return what came of a request that was sent while a status was shown."""
    lost_since = SENT_AT if outcome == "lost" else None
    return Attempt(outcome, SENT_AT, 1, status_before=before, error=error, **{"lost_since": lost_since, **fields})


def decide(
    state: str, phases: t.Sequence[str], seen: t.Optional[Seen], attempt: t.Optional[Attempt], now: float, **wanted: t.Any
) -> Step:
    """Return the next step, where the last look is as old as ``now``."""
    progress = Progress(Wanted(state, **wanted), "10", phases=list(phases), seen=seen, seen_at=now, attempt=attempt)
    progress.before = progress.job = seen.job if seen else None
    return next_step(progress, now)


def kind(step: Step) -> str:
    """Return a step in short."""
    if isinstance(step, Send):
        return f"send {step.action}"
    if isinstance(step, Turn):
        return f"turn to {', '.join(step.phases)}"
    if isinstance(step, Look):
        return "look, decisive" if step.decisive else "look"
    return "done" if isinstance(step, Done) else "fail"


STATUSES = [*range(23), 99, -1]
PASSING = [1, 2, 4, 7, 9, 15, 18, 19, 20]
STOPPED = [3, 5, 6, 10, 11, 12, 13, 14, 16, 17, 21, 22]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("options", [{}, {"wait": False}, {"force": True}], ids=str)
def test_a_delete_is_tried_whatever_the_status(status: int, options: t.Dict[str, bool]) -> None:
    assert kind(decide("absent", ["delete"], there(status), None, 0, **options)) == "send delete"


@pytest.mark.parametrize("state", ["absent", "started", "stopped", "restarted", "present"])
def test_nothing_is_decided_without_a_look(state: str) -> None:
    assert decide(state, ["x"], None, None, 0) == Look(decisive=True)


# What is shown, what was sent, when: with wait, without wait, with wait and force.
ABSENT: t.List[t.Tuple[str, Seen, t.Optional[Attempt], float, str, str, str]] = [
    ("gone before", Seen(None, GONE), None, SOON, "done", "done", "done"),
    ("accepted, gone", Seen(None, GONE), sent("accepted"), SOON, "done", "done", "done"),
    ("accepted, killing", there(9), sent("accepted"), SOON, "look", "done", "look"),
    ("accepted, still shown as it was", there(8), sent("accepted"), LATE, "look", "done", "look"),
    ("accepted, unknown", there(99), sent("accepted"), SOON, "look", "done", "look"),
    ("accepted, then delete_failed", there(6), sent("accepted"), SOON, "fail", "done", "fail"),
    ("accepted, delete_failed as before", there(6), sent("accepted", before=6), SOON, "look", "done", "look"),
    ("accepted, delete_failed as before, still", there(6), sent("accepted", before=6), LATE, "fail", "done", "fail"),
    ("accepted, failed anew", there(6), sent("accepted", before=6, passed=True), SOON, "fail", "done", "fail"),
    ("refused for another reason", there(8), sent("refused", NO), SOON, "fail", "fail", "fail"),
    ("an odd answer", there(8), sent("refused", ODD), SOON, "fail", "fail", "fail"),
    ("not now, running", there(8), sent("refused", NOT_NOW), SOON, "fail", "fail", "turn to stop, delete"),
    ("not now, stopped", there(12), sent("refused", NOT_NOW, before=12), SOON, "fail", "fail", "fail"),
    *[
        (
            f"not now, {status}",
            there(status),
            sent("refused", NOT_NOW, before=status),
            SOON,
            "look, decisive",
            "fail",
            "look, decisive",
        )
        for status in (*PASSING, 0, 99)
    ],
    ("not now, it has passed", there(12), sent("refused", NOT_NOW, before=9), SOON, "send delete", "fail", "send delete"),
    ("not now, back again", there(8), sent("refused", NOT_NOW, passed=True), SOON, "send delete", "fail", "send delete"),
    ("not now, gone by itself", Seen(None, GONE), sent("refused", NOT_NOW, before=9), SOON, "done", "done", "done"),
    ("lost, gone", Seen(None, GONE), sent("lost", LOST), SOON, "done", "done", "done"),
    ("lost, still there", there(8), sent("lost", LOST), SOON, "send delete", "send delete", "send delete"),
    (
        "lost, then not now",
        there(8),
        sent("refused", NOT_NOW, lost_since=90.0),
        SOON,
        "look, decisive",
        "look, decisive",
        "look, decisive",
    ),
    (
        "lost, then not now, long ago",
        there(8),
        sent("refused", NOT_NOW, lost_since=90.0),
        LATE,
        "fail",
        "fail",
        "turn to stop, delete",
    ),
    ("doubted, still there", there(8), sent("doubted", Refused("?", None, 404)), SOON, "fail", "fail", "fail"),
    ("unreadable, accepted", Seen(None, unreadable=FORBIDDEN), sent("accepted"), SOON, "fail", "done", "fail"),
    ("unreadable", Seen(None, unreadable=FORBIDDEN), None, SOON, "send delete", "send delete", "send delete"),
    ("unreadable, refused", Seen(None, unreadable=FORBIDDEN), sent("refused", NOT_NOW), SOON, "fail", "fail", "fail"),
]


@pytest.mark.parametrize(
    ("seen", "attempt", "now", "waiting", "silent", "forced"), [row[1:] for row in ABSENT], ids=[row[0] for row in ABSENT]
)
def test_absent(seen: Seen, attempt: t.Optional[Attempt], now: float, waiting: str, silent: str, forced: str) -> None:
    # Without wait, a "not now" is final: nothing is looked at again.
    assert kind(decide("absent", ["delete"], seen, attempt, now)) == waiting
    assert kind(decide("absent", ["delete"], seen, attempt, now, wait=False)) == silent
    assert kind(decide("absent", ["delete"], seen, attempt, now, force=True)) == forced


@pytest.mark.parametrize("count", range(1, 8))
def test_a_lost_delete_is_repeated_five_times_at_most(count: int) -> None:
    attempt = sent("lost", LOST)
    attempt.count = count
    assert kind(decide("absent", ["delete"], there(8), attempt, SOON)) == ("send delete" if count <= 5 else "fail")


@pytest.mark.parametrize("status", STATUSES)
def test_stopped(status: int) -> None:
    expected = "done" if status in STOPPED else "look" if status == 9 else "send stop"
    if status in (0, 99, -1):
        expected = "look, decisive"
    assert kind(decide("stopped", ["stop"], there(status), None, 0)) == expected


@pytest.mark.parametrize("status", STATUSES)
def test_started(status: int) -> None:
    expected = "done" if status == 8 else "look" if status in PASSING else "send restart"
    if status in (0, 9, 99, -1):
        expected = "look, decisive"
    assert kind(decide("started", ["start"], there(status), None, 0)) == expected


@pytest.mark.parametrize("status", STATUSES)
def test_restarted_stops_what_is_active_and_then_starts(status: int) -> None:
    expected = "turn to start" if status in STOPPED else "look" if status == 9 else "send stop"
    if status in (0, 99, -1):
        expected = "look, decisive"
    assert kind(decide("restarted", ["stop", "start"], there(status), None, 0, wait=False)) == expected


@pytest.mark.parametrize(
    ("phases", "status", "outcome", "waiting", "silent"),
    [
        (["stop"], 9, "accepted", "look", "done"),
        (["stop"], 12, "accepted", "done", "done"),
        (["stop", "delete"], 9, "accepted", "look", "look"),
        (["stop", "delete"], 12, "accepted", "turn to delete", "turn to delete"),
        (["stop", "start"], 12, "accepted", "turn to start", "turn to start"),
        (["start"], 1, "accepted", "look", "done"),
        (["start"], 12, "accepted", "look", "done"),
        (["start"], 8, "accepted", "done", "done"),
        (["stop"], 12, "lost", "done", "done"),
        (["stop"], 9, "lost", "look, decisive", "done"),
        (["stop"], 8, "lost", "look, decisive", "look, decisive"),
        (["start"], 8, "lost", "done", "done"),
        (["start"], 12, "lost", "look, decisive", "look, decisive"),
    ],
)
def test_after_a_stop_or_a_start(phases: t.List[str], status: int, outcome: str, waiting: str, silent: str) -> None:
    attempt = sent(outcome, LOST if outcome == "lost" else None, before=12 if phases == ["start"] else 8)
    assert kind(decide("x", phases, there(status), attempt, SOON)) == waiting
    assert kind(decide("x", phases, there(status), attempt, SOON, wait=False)) == silent


@pytest.mark.parametrize("status", [status for status in STOPPED if status != 12])
def test_a_start_that_ends_in_another_status_has_failed(status: int) -> None:
    assert kind(decide("started", ["start"], there(status), sent("accepted", before=12), SOON)) == "fail"


@pytest.mark.parametrize(("phases", "status"), [(["stop"], 8), (["start"], 12)])
def test_a_lost_stop_or_start_is_never_repeated(phases: t.List[str], status: int) -> None:
    step = decide("x", phases, there(status), sent("lost", LOST, before=status), LATE)
    assert isinstance(step, Fail) and "Whether it was done is unknown" in step.why


@pytest.mark.parametrize("phases", [["stop"], ["start"], ["stop", "start"]], ids=str)
def test_what_is_gone_can_be_neither_stopped_nor_started(phases: t.List[str]) -> None:
    step = decide("x", phases, Seen(None, GONE), None, 0)
    assert isinstance(step, Fail) and step.error is GONE and "does not exist" in step.why


@pytest.mark.parametrize("phases", [["delete"], ["stop", "delete"]], ids=str)
def test_what_vanishes_on_the_way_to_its_deletion_is_deleted(phases: t.List[str]) -> None:
    assert decide("absent", phases, Seen(None, GONE), sent("accepted"), SOON) == Done(GONE)


PRESENT: t.List[t.Tuple[str, Seen, t.Dict[str, t.Any], str]] = [
    ("there, as wanted", there(8), {"train_url": "/b/"}, "turn to run"),
    ("there, nothing said of its path", there(8), {}, "turn to run"),
    ("another path", there(8), {"train_url": "/c/"}, "fail"),
    ("another path, recreate", there(8), {"train_url": "/c/", "recreate": True}, "turn to delete, create, run"),
    ("same path, recreate", there(8), {"train_url": "/b", "recreate": True}, "turn to run"),
    ("failed", there(11), {}, "fail"),
    ("failed, without wait", there(11), {"wait": False}, "turn to run"),
    ("failed, recreate", there(11), {"recreate": True}, "turn to delete, create, run"),
    ("stopped, recreate", there(12), {"recreate": True}, "turn to run"),
    ("another description", there(8, job_desc="a"), {"description": "b"}, "send describe"),
    ("same description", there(8, job_desc="a"), {"description": "a"}, "turn to run"),
    ("no description told, none wanted", there(8), {"description": ""}, "turn to run"),
    ("not there", Seen(None), {"train_url": "/b/"}, "turn to create, run"),
    ("not there, no path", Seen(None), {}, "fail"),
    ("not there, no name", Seen(None), {"name": None, "train_url": "/b/"}, "fail"),
    ("unreadable", Seen(None, unreadable=FORBIDDEN), {"train_url": "/b/"}, "fail"),
]


@pytest.mark.parametrize(("seen", "wanted", "expected"), [row[1:] for row in PRESENT], ids=[row[0] for row in PRESENT])
def test_present(seen: Seen, wanted: t.Dict[str, t.Any], expected: str) -> None:
    assert kind(decide("present", ["present"], seen, None, 0, **{"name": "n", **wanted})) == expected


@pytest.mark.parametrize(
    ("outcome", "seen", "now", "expected"),
    [
        ("accepted", there(1), SOON, "turn to run"),
        ("refused", Seen(None), SOON, "fail"),
        ("lost", Seen(None), SOON, "look, decisive"),
        ("lost", Seen(None), LATE, "fail"),
        ("lost", there(1), SOON, "turn to run"),
    ],
)
def test_a_creation_is_sent_once(outcome: str, seen: Seen, now: float, expected: str) -> None:
    error = {"refused": NO, "lost": LOST}.get(outcome)
    assert kind(decide("present", ["create", "run"], seen, sent(outcome, error), now, name="n")) == expected


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_job_is_waited_for_until_it_runs_or_fails(status: int) -> None:
    progress = Progress(Wanted("present"), "10", phases=["run"], seen=there(status))
    expected = "done" if status == 8 else "fail" if status in STOPPED else "look"
    assert kind(next_step(progress, 0)) == expected
    progress.before = job(status)
    assert kind(next_step(progress, 0)) == ("done" if status in (10, 12, 13) else expected)


@pytest.mark.parametrize(
    ("attempt", "phases", "step", "expected"),
    [
        (sent("lost", LOST), ["delete"], Done(), True),
        (sent("refused", NOT_NOW, lost_since=90.0), ["delete"], Done(), True),
        (sent("lost", LOST), ["delete", "create"], Turn(("create",)), True),
        (sent("lost", LOST), ["delete"], Turn(("stop", "delete")), False),
        (sent("lost", LOST), ["delete"], Look(), False),
        (sent("lost", LOST), ["delete"], Fail("x"), False),
        (sent("refused", NOT_NOW), ["delete"], Done(), False),
        (None, ["delete"], Done(), False),
    ],
)
def test_only_the_end_of_a_lost_request_counts_as_its_work(
    attempt: t.Optional[Attempt], phases: t.List[str], step: Step, expected: bool
) -> None:
    assert completes(Progress(Wanted("absent"), phases=phases, attempt=attempt), step) is expected


ADVICE = [
    (None, ""),
    (LOST, ""),
    (NO, ""),
    (ODD, ""),
    (NOT_NOW, " Wait for another status."),
    (FORBIDDEN, " Ask for the IAM action modelarts:tensorboard that this call needs."),
    (AccessRefused("No.", "APIGW.0301", 401), " Check the credentials; a key is locked for some minutes after more than five"),
    (Refused("No.", "APIGW.0101", 404), " Check endpoint and region_name: there is no such API there (any more)."),
    (Refused("No.", "APIG.0101", 404), " Check endpoint and region_name: there is no such API there (any more)."),
    (Refused("No.", "ModelArts.4204", 404), " Check endpoint and region_name: there is no such API there (any more)."),
    (Refused("No.", "ModelArts.2786", 404), " Check that project_id, region_name and endpoint belong together"),
    (Refused("Slow down.", "APIGW.0308", 429), " Raise wait_timeout or api_retries, or lower max_concurrency."),
]


@pytest.mark.parametrize(("error", "said"), ADVICE, ids=lambda value: str(value)[:40])
def test_a_failure_says_what_to_do(error: t.Optional[CallError], said: str) -> None:
    assert advice(error).startswith(said)
    assert bool(advice(error)) == bool(said)
    assert "force" not in advice(error)
    assert ("use force" in advice(error, True)) == (error is NOT_NOW)


@pytest.mark.parametrize(
    ("state", "phase", "attempt"),
    [
        ("absent", "delete", sent("accepted", before=12)),
        ("absent", "delete", sent("refused", NOT_NOW, before=12)),
        ("absent", "delete", sent("doubted", GONE, before=12)),
        ("absent", "delete", sent("lost", LOST, before=12)),
        ("started", "start", sent("accepted", before=12)),
        ("started", "start", sent("lost", LOST, before=12)),
        ("present", "create", sent("lost", LOST)),
    ],
)
def test_what_was_seen_before_a_request_says_nothing_of_it(state: str, phase: str, attempt: Attempt) -> None:
    assert isinstance(decide(state, [phase], there(12), attempt, SENT_AT, name="n"), Look)


@pytest.mark.parametrize(("wait", "expected"), [(True, "look"), (False, "done")])
def test_a_stop_refused_because_it_is_under_way_is_waited_for(wait: bool, expected: str) -> None:
    attempt = sent("refused", NOT_NOW)
    assert kind(decide("stopped", ["stop"], there(9), attempt, SOON, wait=wait)) == expected


def test_half_a_minute_is_what_is_believed() -> None:
    assert SETTLE_SECONDS == 30
