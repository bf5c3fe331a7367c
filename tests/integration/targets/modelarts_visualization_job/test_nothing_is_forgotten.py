# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever ends a task, it tells what was done, and what may have been done."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from conftest import Cloud, Clouds, Play, Result, Row, Table, on_path, says_unknown

BAD_SIGNATURE = {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information."}
EXPIRED = {"error_code": "APIGW.0307", "error_msg": "The token has expired."}
NO_SUCH_API = {"error_code": "APIGW.0101", "error_msg": "The API does not exist."}
FORBIDDEN = {"error_code": "ModelArts.0108", "error_msg": "No permission."}

# What may come after a request: settings of the cloud from then on, faults from then on, and what may be read no more.
Later = t.Tuple[Result, t.List[Result]]
READS = ("get", "list")
LATER: t.Dict[str, Later] = {
    "a lost right": ({"denied": ["get", "list"]}, []),
    "a refused key": ({"revoked": ["keys"]}, []),
    "a retired API": ({"retired": True}, []),
    "errors": ({}, [{"operation": one, "status": 500, "raw_body": "<html>Oh no</html>"} for one in READS]),
    "no answers": ({}, [{"operation": one, "delay": 60} for one in READS]),
    "broken connections": ({}, [{"operation": one, "drop": "before"} for one in READS]),
    "nonsense": ({}, [{"operation": one, "status": 200, "raw_body": "<html>Hello</html>"} for one in READS]),
}
# What may come of the second DELETE where the first had no answer.
REPEATED: t.Dict[str, Result] = {
    "refused": {"status": 403, "body": FORBIDDEN},
    "not now": {"status": 400, "body": {"error_code": "ModelArts.0105", "error_message": "Not in this status."}},
    "a refused key": {"status": 401, "body": BAD_SIGNATURE},
    "no such API": {"status": 404, "body": NO_SUCH_API},
    "throttled": {"status": 429, "body": {"error_code": "APIGW.0308", "error_msg": "Slow."}, "headers": {"Retry-After": "60"}},
    "lost again": {"drop": "before"},
    "no answer": {"delay": 60},
}


def from_then_on(cloud: Cloud, operation: str, later: Later, looks: int = 1, **fault: t.Any) -> None:
    """Have something go wrong with a call, and other things with all that comes after it, on a cloud where all was well.

    ``looks``: how many come before the call.
    """
    settings, faults = later
    when = "before" if fault.get("drop") == "before" else "after"
    cloud.fault(operation=operation, **fault, effects=[{"settings": settings, "when": when}])
    for one in faults:
        cloud.fault(**{"times": 0, "nth": looks + 1, **one})


# --- an open request ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
def test_nothing_that_comes_later_closes_an_open_request(clouds: Clouds, table: Table, done: bool) -> None:
    drop = "after" if done else "before"
    rows: t.Dict[str, Row] = {}
    for name, later in LATER.items():
        deleted, stopped = clouds(delete_seconds=60, stop_seconds=60), clouds(stop_seconds=60)
        for cloud, operation in ((deleted, "delete"), (stopped, "stop")):
            cloud.add("10", workspace_id="7")  # the list does not hold it, so that a GET is what tells
            from_then_on(cloud, operation, later, drop=drop, times=0)
        rows[f"delete, {name}"] = (deleted, {"state": "absent", "job_id": "10", "wait_timeout": 5})
        if name in ("a lost right", "a refused key", "no answers"):
            rows[f"stop, {name}"] = (stopped, {"state": "stopped", "job_id": "10", "wait_timeout": 5})
    for name, result in table(rows).items():
        assert says_unknown(result, "10") and result["changed"] is False, (name, result)


def test_no_answer_to_a_repeated_delete_closes_the_first(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, fault in REPEATED.items():
        cloud = clouds()
        cloud.add("10")
        cloud.fault(operation="delete", drop="before")
        cloud.fault(operation="delete", times=0, **fault)
        rows[name] = (cloud, {"state": "absent", "job_id": "10", "wait_timeout": 6})
    for name, result in table(rows).items():
        assert says_unknown(result, "10") and result["changed"] is False, (name, result)
        assert 2 <= rows[name][0].calls().count("delete") <= 6, name
        assert rows[name][0].job_ids() == {"10"}


def test_nothing_that_comes_later_closes_an_open_creation(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, later in LATER.items():
        cloud = clouds()
        from_then_on(cloud, "create", later, 2, drop="after" if name == "errors" else "before")
        rows[name] = (cloud, {"name": "made", "train_url": "/bucket/logs/", "wait_timeout": 5, "wait_sleep": 5})
    for name, result in table(rows).items():
        assert says_unknown(result, "made") and result["changed"] is False, (name, result)
        assert rows[name][0].changing() == ["create"], name


def test_a_token_that_is_not_renewed_closes_no_open_request(cloud: Cloud, table: Table) -> None:
    cloud.add("10")
    cloud.fault(operation="delete", drop="before", effects=[{"settings": {"revoked": ["password"]}}])
    for operation in READS:
        cloud.fault(operation=operation, nth=2, times=0, status=401, body=EXPIRED)
    result = table({"row": (cloud, {"state": "absent", "job_id": "10", "wait_timeout": 8, **cloud.by_password()})})["row"]
    assert says_unknown(result, "10") and result["changed"] is False, result
    assert "IAM" in result["msg"] and cloud.calls().count("token") <= 2


def test_among_many_the_open_request_is_told_though_the_key_is_refused(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(job_id) for job_id in ("10", "11", "12")]
    cloud.fault(operation="delete", job_id="11", drop="before", effects=[{"settings": {"revoked": ["keys"]}}])
    run = play({"state": "absent", "job_ids": ids, "max_concurrency": 1, "wait_timeout": 10})[0]
    assert run["failed"] and run["changed"] is True and run["outcome_unknown"] is True
    first, second, third = run["jobs"]
    assert first["changed"] is True and not first.get("outcome_unknown")
    assert says_unknown(second, "11") and second["changed"] is False
    assert third["changed"] is False and not third.get("outcome_unknown") and "12" in cloud.job_ids()


# --- what is known to be done ------------------------------------------------------------------------------------


def test_nothing_that_comes_later_takes_back_an_accepted_delete(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, later in LATER.items():
        cloud = clouds(delete_seconds=60)
        cloud.add("10", workspace_id="7")
        from_then_on(cloud, "delete", later)
        rows[name] = (cloud, {"state": "absent", "job_id": "10", "wait_timeout": 5})
    for name, result in table(rows).items():
        assert result["failed"] and result["changed"] is True and "10" in result["msg"], (name, result)
        assert "accepted" in result["msg"], (name, result["msg"])
        assert not result.get("outcome_unknown"), name


def test_jobs_that_were_stopped_before_the_key_was_refused_are_said_to_be_stopped(cloud: Cloud, play: Play) -> None:
    cloud.add_many([{"job_id": "1"}, {"job_id": "2"}])
    cloud.set(delete_refused_at=[8, 9])
    # Two deletes are refused, two stops are accepted; then the key is refused.
    cloud.fault(operation="delete", nth=3, times=0, status=401, body=BAD_SIGNATURE)
    run = play({"state": "absent", "job_ids": ["1", "2"], "force": True, "max_concurrency": 1, "wait_timeout": 30})[0]
    assert run["failed"] and run["changed"] is True
    assert cloud.changing().count("stop") == 2 and cloud.changing().count("delete") == 3
    assert {job["status"] for job in cloud.jobs().values()} == {12}
    for row in run["jobs"]:
        assert row["failed"] and row["changed"] is True, row
        assert "stopped" in row["msg"] and "not tried" not in row["msg"], row["msg"]
    assert "not tried" not in run["msg"]


def test_a_job_that_was_deleted_to_be_made_again_is_said_to_be_though_the_creation_is_open(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_name="made", train_url="/other/")
    cloud.fault(operation="create", drop="before")
    run = play({"name": "made", "train_url": "/bucket/logs/", "recreate": True, "wait_timeout": 15})[0]
    assert says_unknown(run, "made") and run["changed"] is True, run
    assert cloud.changing() == ["delete", "create"] and cloud.job_ids() == set()


BREAKS = """
import requests.adapters

real, calls = requests.adapters.HTTPAdapter.send, []

def send(self, request, *rest, **named):
    if "DELETE" in calls:
        raise ZeroDivisionError("a bug")
    calls.append(request.method)
    return real(self, request, *rest, **named)

requests.adapters.HTTPAdapter.send = send
"""


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_a_bug_after_an_accepted_delete_does_not_hide_that_it_was(
    cloud: Cloud, play: Play, tmp_path: pathlib.Path, many: bool
) -> None:
    cloud.add("10")
    environ = {**cloud.access_key(), **on_path(tmp_path, BREAKS)}
    run = play({"state": "absent", "wait_timeout": 10, **({"job_ids": ["10"]} if many else {"job_id": "10"})}, environ=environ)[0]
    assert cloud.changing() == ["delete"]
    assert run["failed"] and run["changed"] is True and "10" in run["msg"], run


def test_a_pause_that_is_no_number_is_refused_before_anything_is_asked(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cases: t.List[Result] = [{"job_id": "10"}, {"job_ids": ["10"]}, {"name": "name-10"}]
    for run in play(*({"state": "absent", **named, "wait_sleep": float("nan")} for named in cases)):
        assert run["failed"] and run["changed"] is False and "wait_sleep" in run["msg"], run
    assert cloud.log() == []
