# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rounds of looking, sending and waiting: how many calls they make, how long they pause, and how they end."""

from __future__ import annotations

import math
import types
import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _clock, _http, _jobs, _reconcile
from ansible_collections.otc.modelarts.plugins.module_utils._client import Deadline
from ansible_collections.otc.modelarts.plugins.module_utils._decide import Attempt, Done, Fail, Progress, Reason, Wanted
from ansible_collections.otc.modelarts.plugins.module_utils._http import AnswerLost, CallError, Interrupted, NoAccess, Refused
from ansible_collections.otc.modelarts.plugins.module_utils._jobs import Spec

GONE = Refused("No such job.", "ModelArts.0015", 404)
NOT_NOW = Refused("Not now.", "ModelArts.0105", 400)
FORBIDDEN = Refused("No permission.", "ModelArts.0108", 403)
BAD_KEY = NoAccess("Bad signature.", "APIGW.0301", 401)
LOST = AnswerLost("The connection broke.")
STOPPED = Interrupted("The task was interrupted.")
OK = None

Reply = t.Any  # an error, a status or (of the list) the statuses of jobs by id, or OK; ~status of a job told without its path
Calls = t.Sequence[t.Tuple[str, Reply]]


def job(job_id: str, status: int, name: str = "n") -> _jobs.Job:
    """Return a job as the API tells it, in our types."""
    path = {"train_url": "/b/x/"} if status >= 0 else {}
    return _jobs.represent({"job_id": job_id, "job_name": name, "status": status if path else ~status, **path})


class Script(_jobs.Jobs):
    """The calls that are expected, in this order, each with its answer; the last one may come again and again."""

    def __init__(self, calls: Calls, seconds: float = 300.0) -> None:
        self.now = 0.0
        self.pauses: t.List[float] = []
        self.made: t.List[str] = []
        self.left = list(calls)
        self.deadline = Deadline(_clock.Clock(lambda: self.now, self.sleep, lambda: self.now), seconds)
        super().__init__(t.cast(t.Any, types.SimpleNamespace(deadline=self.deadline)))

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        self.now += seconds

    def play(self, call: str) -> Reply:
        """Return what this call is answered with, which has to be the next one."""
        self.made.append(call)
        expected, reply = self.left[0]
        assert call == expected, f"{call} in place of {expected}, after {self.made[:-1]}"
        if len(self.left) > 1:
            del self.left[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def get(self, job_id: str) -> _jobs.Job:
        """Return one job."""
        return job(job_id, self.play(f"get {job_id}"))

    def list(self, search: t.Optional[str] = None, end: float = math.inf) -> _jobs.Listing:
        """Return all jobs."""
        rows = self.play("list").items()
        self.held.update(one for one, dummy in rows)
        return _jobs.Listing({one: job(one, status) for one, status in rows}, True, begun=self.now, ended=self.now)

    def create(self, body: _http.Json) -> _jobs.Job:
        """Create a job."""
        return job(self.play("create"), 1)

    def delete(self, job_id: str) -> None:
        """Delete a job."""
        self.play(f"delete {job_id}")

    def stop(self, job_id: str) -> None:
        """Stop a job."""
        self.play(f"stop {job_id}")

    def restart(self, job_id: str) -> None:
        """Start a job."""
        self.play(f"restart {job_id}")


def work(calls: Calls, *job_ids: t.Optional[str], seconds: float = 300.0, **wanted: t.Any) -> t.Tuple[Script, t.List[Progress]]:
    """Work at jobs, and return what was called, and how each ended."""
    script = Script(calls, seconds)
    tasks = [Progress(Wanted(**{"state": "absent", **wanted}), job_id) for job_id in job_ids]
    _reconcile.Reconciler(script, script.deadline).run(tasks)
    return script, tasks


def end(progress: Progress) -> str:
    """Return in a word how a job ended."""
    assert progress.end is not None
    return progress.end.reason.name if isinstance(progress.end, Fail) else "done"


# --- which calls are made ----------------------------------------------------------------------------------------


def test_one_job_costs_a_look_a_delete_and_the_polls() -> None:
    script, (one,) = work([("get 1", 8), ("delete 1", OK), ("get 1", 9), ("list", {"1": 9}), ("get 1", GONE)], "1")
    assert script.made == ["get 1", "delete 1", "get 1", "list", "get 1"] and (end(one), one.changed) == ("done", True)


def test_a_delete_that_is_answered_as_gone_needs_no_further_look() -> None:
    script, (one,) = work([("get 1", 8), ("delete 1", GONE), ("nothing", OK)], "1")
    assert len(script.made) == 2 and (end(one), one.changed) == ("done", False)
    assert one.told is GONE


def test_without_wait_nothing_follows_the_delete() -> None:
    script, (one,) = work([("get 1", 8), ("delete 1", OK), ("nothing", OK)], "1", wait=False)
    assert script.made == ["get 1", "delete 1"] and (end(one), one.changed, script.pauses) == ("done", True, [])


def test_many_cost_one_list_per_round_and_one_to_confirm() -> None:
    deletes = [(f"delete {one}", OK) for one in "123"]
    lists: Calls = [("list", {"3": 9}), ("list", {}), ("list", {}), ("list", {})]
    script, tasks = work([("list", {"1": 8, "2": 8, "3": 8}), *deletes, *lists], *"123")
    assert [end(one) for one in tasks] == ["done"] * 3 and all(one.changed for one in tasks)
    assert not any(call.startswith("get") for call in script.made) and script.made.count("list") <= 5


def test_what_the_list_never_held_is_looked_at_by_its_id() -> None:
    calls: Calls = [("list", {"1": 8}), ("get 2", 8), ("delete 1", OK), ("delete 2", OK), ("nothing", OK)]
    dummy, tasks = work(calls, "1", "2", wait=False)
    assert [(end(one), one.changed) for one in tasks] == [("done", True)] * 2


def test_without_the_right_to_list_each_is_looked_at_by_its_id() -> None:
    calls: Calls = [("list", FORBIDDEN), ("get 1", 8), ("get 2", GONE), ("delete 1", OK), ("nothing", OK)]
    dummy, tasks = work(calls, "1", "2", wait=False)
    assert [(end(one), one.changed) for one in tasks] == [("done", True), ("done", False)]


def test_a_list_that_cannot_be_read_fails_each_and_sends_nothing() -> None:
    script, tasks = work([("list", Refused("No.", "APIGW.0101", 404)), ("nothing", OK)], "1", "2")
    assert [end(one) for one in tasks] == ["READ_FAILED"] * 2 and script.made == ["list"]


def test_check_mode_only_looks() -> None:
    script, (one,) = work([("get 1", 8), ("nothing", OK)], "1", check_mode=True)
    assert script.made == ["get 1"] and (end(one), one.changed, one.attempts) == ("done", True, [])


def test_several_jobs_of_a_name_are_an_end_that_lists_their_ids() -> None:
    script, (one,) = work([("list", {"2": 8, "1": 8}), ("nothing", OK)], None, spec=Spec(name="n"))
    assert script.made == ["list"] and end(one) == "NAMESAKES"
    assert isinstance(one.end, Fail) and one.end.detail == "1, 2"


def test_a_created_job_is_followed_by_the_id_that_the_answer_has() -> None:
    spec = Spec(name="n", train_url="/b/x/")
    calls: Calls = [("list", {}), ("list", {}), ("create", "7"), ("get 7", 1), ("get 7", 8)]
    script = Script(calls)
    one = Progress(Wanted("present", spec=spec))
    _reconcile.Reconciler(script, script.deadline).run([one])
    assert (end(one), one.created, one.job_id, one.before) == ("done", True, "7", None)
    assert script.made.count("create") == 1 and script.made[-1] == "get 7"


@pytest.mark.parametrize(
    ("told", "path", "ended", "looks"),
    [
        (8, "/b/x/", "done", ["get 1"]),
        (8, "/b/y/", "OTHER_PATH", ["get 1"]),
        (~8, "/b/x/", "PATH_UNTOLD", ["get 1"]),
        (8, None, "done", []),
    ],
)
def test_a_job_that_the_list_does_not_tell_whole_is_asked_for(
    told: int, path: t.Optional[str], ended: str, looks: t.List[str]
) -> None:
    calls: Calls = [("list", {"1": ~8}), ("get 1", told)]
    script, (one,) = work(calls, None, state="present", spec=Spec(name="n", train_url=path))
    assert (end(one), script.made, one.changed) == (ended, ["list", *looks], False)


def test_a_job_that_takes_the_place_of_the_one_deleted_is_not_what_was_there_before() -> None:
    taken = Refused("The name is taken.", "ModelArts.0103", 400)
    deleted: Calls = [("list", {"1": 11}), ("get 1", 11), ("delete 1", OK), ("get 1", GONE)]
    calls: Calls = [*deleted, ("create", taken), ("list", {"5": 11})]
    dummy, (one,) = work(calls, None, state="present", recreate=True, spec=Spec(name="n", train_url="/b/x/"))
    assert (end(one), one.job_id, one.before and one.before["job_id"]) == ("NOT_RUNNING", "5", "1")
    assert [(attempt.action, attempt.job_id) for attempt in one.attempts] == [("delete", "1"), ("create", None)]


# --- pauses ------------------------------------------------------------------------------------------------------


def test_pauses_grow_to_the_longest_and_the_task_is_over_in_its_time() -> None:
    script, (one,) = work([("get 1", 8), ("stop 1", OK), ("get 1", 9)], "1", state="stopped", seconds=60)
    assert script.pauses[:4] == [0.25, 0.375, 0.5625, 0.84375] and max(script.pauses) == 5.0
    assert script.now <= 60 and isinstance(one.end, Fail)
    assert (end(one), one.end.status, one.changed) == ("TIMED_OUT", 9, True)


def test_before_the_first_look_there_is_no_pause() -> None:
    assert work([("get 1", GONE), ("nothing", OK)], "1")[0].pauses == []


def test_what_has_to_be_seen_twice_is_looked_at_after_two_seconds_at_least() -> None:
    script, (one,) = work([("get 1", Refused("?", "ModelArts.0104", 400)), ("list", {})] * 2, "1")
    assert script.pauses == [2.0] and (end(one), one.changed) == ("done", False)


# --- how it ends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "first", "changed"),
    [(BAD_KEY, "NO_ACCESS", False), (STOPPED, "INTERRUPTED", False)],
)
def test_what_ends_the_task_ends_it_for_all_and_nothing_more_is_sent(reply: CallError, first: str, changed: bool) -> None:
    script, tasks = work([("list", {"1": 8, "2": 8, "3": 8}), ("delete 1", OK), ("delete 2", reply), ("nothing", OK)], *"123")
    rest = "NOT_TRIED" if reply is BAD_KEY else "INTERRUPTED"
    assert script.made[-1] == "delete 2" and [end(one) for one in tasks] == [rest, first, rest]
    assert [one.changed for one in tasks] == [True, changed, False] and not any(one.open() for one in tasks)


def test_an_error_that_speaks_of_access_and_leaves_open_what_was_done_is_looked_after() -> None:
    odd = NoAccess("It expired.", "APIGW.0307", 500, maybe_done=True)
    before: Calls = [("get 1", 8), ("delete 1", odd)]
    dummy, (one,) = work([*before, ("get 1", GONE)], "1")
    assert (end(one), one.changed) == ("done", True)
    dummy, (one,) = work([*before, ("get 1", BAD_KEY)], "1")
    assert (end(one), [attempt.action for attempt in one.open()]) == ("NO_ACCESS", ["delete"])


@pytest.mark.parametrize("late", [BAD_KEY, STOPPED, _http.DeadlineExceeded("The time is over.")])
def test_nothing_that_comes_later_makes_an_open_request_forgotten(late: CallError) -> None:
    dummy, (one,) = work([("get 1", 8), ("delete 1", LOST), ("get 1", late)], "1")
    assert end(one) != "done" and len(one.open()) == 1 and not one.changed


def test_where_the_server_wants_quiet_the_answer_that_said_so_is_told_and_how_long() -> None:
    quiet, slow = _http.DeadlineExceeded("The server wants no request for another 900 s."), Refused("Slow.", "APIGW.0308", 429)
    dummy, (one,) = work([("get 1", 8), ("delete 1", OK), ("get 1", slow), ("get 1", quiet)], "1")
    assert isinstance(one.end, Fail) and (end(one), one.end.error, one.changed) == ("TIMED_OUT", slow, True)
    assert one.end.detail == quiet.message


def test_an_answer_that_the_job_is_gone_is_told_where_the_time_is_over() -> None:
    calls: Calls = [("get 1", 8), ("stop 1", OK), ("get 1", 12), ("restart 1", LOST), ("get 1", GONE)]
    dummy, (one,) = work(calls, "1", state="restarted", seconds=20)
    assert isinstance(one.end, Fail) and (end(one), one.end.error, one.end.status) == ("TIMED_OUT", GONE, None)
    assert one.changed and [attempt.action for attempt in one.open()] == ["restart"]


def test_an_answer_that_a_job_is_gone_does_not_close_a_request_where_the_job_is_shown_again() -> None:
    calls: Calls = [("get 1", 8), ("stop 1", LOST), ("get 1", GONE), ("get 1", 8)]
    dummy, (one,) = work(calls, "1", state="stopped")
    assert end(one) == "UNCLEAR" and [attempt.action for attempt in one.open()] == ["stop"]


def test_what_looks_have_shown_is_noted_with_the_request_and_for_how_long_since() -> None:
    calls: Calls = [("get 1", 9), ("get 1", 12), ("restart 1", OK), ("get 1", 8), ("get 1", 12), ("get 1", 4), ("get 1", 8)]
    script, (one,) = work(calls, "1", state="restarted")
    assert end(one) == "done" and one.attempts[0].shown_before == {9, 12}
    script, (one,) = work([("get 1", 8), ("stop 1", OK), ("get 1", 12), ("restart 1", OK), ("get 1", 8)], "1", state="restarted")
    assert end(one) == "done" and one.attempts[1].shown_before == {8, 12}
    assert one.same_since is not None and one.seen_at - one.same_since >= 2 and script.now < 10


def test_a_request_that_was_not_sent_is_not_open() -> None:
    dummy, (one,) = work([("get 1", 8), ("delete 1", _http.DeadlineExceeded("The time is over."))], "1")
    assert (end(one), one.attempts, one.open()) == ("TIMED_OUT", [], [])


def test_with_an_open_request_a_job_does_not_end_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reconcile, "next_step", lambda *dummy: Done())
    script = Script([("nothing", OK)])
    one = Progress(Wanted("absent"), "1", attempts=[Attempt("delete", 0.0, 8, answered=True, error=LOST)])
    _reconcile.Reconciler(script, script.deadline).run([one])
    assert end(one) == "UNCLEAR" and isinstance(one.end, Fail) and one.end.error is LOST


def test_a_bug_while_sending_leaves_the_request_open() -> None:
    script = Script([("get 1", 8), ("delete 1", ZeroDivisionError())])
    one = Progress(Wanted("absent"), "1")
    reconciler = _reconcile.Reconciler(script, script.deadline)
    with pytest.raises(ZeroDivisionError):
        reconciler.run([one])
    reconciler.give_up([one], Reason.BUG, "ZeroDivisionError")
    assert end(one) == "BUG" and len(one.open()) == 1


def test_giving_up_leaves_what_has_ended_as_it_is() -> None:
    script = Script([("nothing", OK)])
    ended, other = (Progress(Wanted("absent"), one) for one in "12")
    ended.end = Done()
    _reconcile.Reconciler(script, script.deadline).give_up([ended, other], Reason.BUG, "why")
    assert (end(ended), end(other)) == ("done", "BUG")


def test_one_job_s_failure_does_not_stop_the_others() -> None:
    calls: Calls = [("list", {"1": 8, "2": 8}), ("delete 1", Refused("No.", "ModelArts.0999", 409)), ("delete 2", OK)]
    dummy, tasks = work(calls, "1", "2", wait=False)
    assert [(end(one), one.changed) for one in tasks] == [("REFUSED", False), ("done", True)]


def test_of_many_a_doubt_is_left_open_while_others_are_looked_at_and_ends_with_them() -> None:
    calls: Calls = [("list", {"1": 8, "2": 9}), ("stop 1", LOST), ("list", {"1": 8, "2": 9})]
    script, tasks = work(calls, "1", "2", state="stopped", seconds=50.0)
    assert script.now > 45 and [end(one) for one in tasks] == ["UNCLEAR", "TIMED_OUT"]
    assert len(tasks[0].open()) == 1 and isinstance(tasks[0].end, Fail) and tasks[0].end.error is LOST


def test_a_doubt_about_the_only_job_that_is_left_ends_the_task() -> None:
    calls: Calls = [("list", {"1": 8, "2": 8}), ("stop 1", LOST), ("stop 2", LOST), ("list", {"1": 8, "2": 8})]
    script, tasks = work(calls, "1", "2", state="stopped")
    assert 30 <= script.now < 40 and [end(one) for one in tasks] == ["UNCLEAR", "UNCLEAR"]


def test_a_passing_status_is_waited_out_and_the_delete_sent_again() -> None:
    calls: Calls = [("get 1", 9), ("delete 1", NOT_NOW), ("get 1", 9), ("list", {"1": 9}), ("get 1", 12), ("delete 1", OK)]
    script, (one,) = work([*calls, ("get 1", GONE)], "1")
    assert script.made.count("delete 1") == 2 and (end(one), one.changed) == ("done", True)
