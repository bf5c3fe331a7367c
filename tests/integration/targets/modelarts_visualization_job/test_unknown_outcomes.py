# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing requests whose answer proves neither "done" nor "not done": the task finds out, or says that it does not know."""

from __future__ import annotations

import typing as t

import pytest
from conftest import Cloud, Clouds, Play, Result, Row, Table, says_unknown

HTML = {"raw_body": "<html><body><h1>Something went wrong</h1></body></html>"}
UNKNOWN = {"body": {"error_code": "ModelArts.9999", "error_msg": "Something went wrong."}}
THROTTLING = {"body": {"error_code": "APIGW.0308", "error_msg": "The throttling threshold has been reached."}}
INTERNAL = {"body": {"is_success": False, "error_code": "ModelArts.0010", "error_msg": "Internal error."}}
BACKEND = {"body": {"error_code": "APIGW.0203", "error_msg": "Backend timeout."}}
REFUSAL = {"body": {"is_success": False, "error_code": "ModelArts.0105", "error_message": "Not in this status."}}

# What a 2xx may lack.
SAYS_NOTHING: t.Dict[str, Result] = {
    "200 html": {"status": 200, **HTML},
    "200 empty": {"status": 200, "raw_body": ""},
    "200 null": {"status": 200, "raw_body": "null", "content_type": "application/json"},
    "200 list": {"status": 200, "body": []},
    "200 without is_success": {"status": 200, "body": {}},
    "200 is_success null": {"status": 200, "body": {"is_success": None}},
}
# Each with each, where a row is a job of one task.
ALL: t.Dict[str, Result] = {
    **{
        f"{status} {kind}": {"status": status, **body}
        for status in (408, 500, 502, 503, 504, 599)
        for kind, body in (("html", HTML), ("unknown", UNKNOWN), ("throttling", THROTTLING))
    },
    **{
        f"{status} {kind}": {"status": status, **body}
        for status in (200, 201, 400, 403, 404, 409)
        for kind, body in (("internal", INTERNAL), ("backend", BACKEND))
    },
    **{f"{status} throttling": {"status": status, **THROTTLING} for status in (200, 400)},
    "429 internal": {"status": 429, **INTERNAL},
    **SAYS_NOTHING,
}
# Where each row is a task: what differs for a client that looks at one of status, code and body only.
FEW = {
    name: ALL[name]
    for name in ("408 html", "500 unknown", "503 throttling", "200 empty", "200 internal", "400 throttling", "404 backend")
}
CREATE = {
    **FEW,
    **{name: ALL[name] for name in ("502 html", "504 unknown", "500 throttling", "599 html", "200 null", "200 is_success null")},
    **{name: ALL[name] for name in ("200 throttling", "400 internal", "429 internal")},
    "200 without id": {"status": 200, "body": {"is_success": True}},
}
REFUSED: t.Dict[str, Result] = {f"{status} 0105": {"status": status, **REFUSAL} for status in (500, 502, 503, 504, 599)}


class Call(t.NamedTuple):
    """A changing call. ``status``: of a job that it is made for. ``shows``: whether what is there shows that it was done."""

    task: Result
    shows: t.Callable[[t.Dict[str, Result]], bool]
    status: t.Optional[int] = 8


CALLS = {
    "create": Call({"name": "made", "train_url": "/bucket/logs/"}, lambda jobs: len(jobs) == 1, None),
    "update": Call({"name": "name-10", "description": "new"}, lambda jobs: jobs["10"]["job_desc"] == "new"),
    "delete": Call({"state": "absent", "job_id": "10"}, lambda jobs: jobs == {}),
    "stop": Call({"state": "stopped", "job_id": "10"}, lambda jobs: jobs["10"]["status"] == 12),
    "restart": Call({"state": "started", "job_id": "10"}, lambda jobs: jobs["10"]["status"] == 8, 12),
}


def struck(clouds: Clouds, operation: str, fault: Result) -> Cloud:
    """Return a cloud where a job is as a call needs it, and where this becomes of the call."""
    cloud, status = clouds(), CALLS[operation].status
    if status is not None:
        cloud.add("10", status=status)
    cloud.fault(operation=operation, **fault)
    return cloud


def both_ways(faults: t.Mapping[str, Result]) -> t.Iterator[t.Tuple[str, Result, bool]]:
    """Give each fault after the work was done and instead of it, and whether it was done; breaks among them."""
    for name, fault in faults.items():
        yield f"{name}, not done", fault, False
        yield f"{name}, done", {**fault, "work": True}, True
    yield "broken before", {"drop": "before"}, False
    yield "broken after", {"drop": "after"}, True
    yield "cut short", {"cut": 10}, True


# --- the tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", CALLS)
def test_no_doubtful_answer_is_taken_for_a_failure_or_a_success(clouds: Clouds, table: Table, operation: str) -> None:
    call, label = CALLS[operation], "made" if operation == "create" else "10"
    cases = {name: (fault, done) for name, fault, done in both_ways(CREATE if operation == "create" else FEW)}
    options = {**call.task, "wait_timeout": 12 if operation == "delete" else 5}
    rows: t.Dict[str, Row] = {name: (struck(clouds, operation, fault), options) for name, (fault, dummy) in cases.items()}
    results, wrong = table(rows), {}
    for name, (cloud, dummy) in rows.items():
        result, sent = results[name], cloud.changing()
        if cases[name][1] or operation == "delete":  # a delete that was not done is repeated until it is
            right = not result.get("failed") and result["changed"] is True and call.shows(cloud.jobs())
        else:
            right = says_unknown(result, label) and result["changed"] is False
        if not right or (operation != "delete" and sent != [operation]):
            wrong[name] = (sent, result.get("changed"), result.get("outcome_unknown"), result.get("msg"))
    assert not wrong


@pytest.mark.parametrize("operation", ["delete", "stop", "restart"])
def test_no_doubtful_answer_among_many_is_taken_for_a_failure_or_a_success(cloud: Cloud, play: Play, operation: str) -> None:
    call = CALLS[operation]
    cases = {f"j{number}": case for number, case in enumerate(both_ways(ALL))}
    cloud.add_many([{"job_id": job_id, "status": call.status} for job_id in (*cases, "good")])
    for job_id, case in cases.items():
        cloud.fault(operation=operation, job_id=job_id, **case[1])
    seconds = 20 if operation == "delete" else 12
    run = play({"state": call.task["state"], "job_ids": [*cases, "good"], "wait_timeout": seconds})[0]
    there, rows, wrong = cloud.jobs(), {row["job_id"]: row for row in run["jobs"]}, {}
    sent = [entry["job_id"] for entry in cloud.log() if entry["operation"] == operation]
    for job_id, (name, dummy, done) in cases.items():
        row, reached = rows[job_id], job_id not in there or there[job_id]["status"] != call.status
        if done or operation == "delete":
            right = not row.get("failed") and row["changed"] is True and reached
        else:
            right = says_unknown(row, job_id) and row["changed"] is False and not reached and sent.count(job_id) == 1
        if not right:
            wrong[name] = (sent.count(job_id), row.get("changed"), row.get("outcome_unknown"), row.get("msg"))
    assert not wrong
    assert rows["good"]["changed"] is True and not rows["good"].get("failed")
    assert run["changed"] is True and bool(run.get("outcome_unknown")) is (operation != "delete")


def test_a_refusal_of_modelarts_itself_is_one_whatever_status_it_comes_with(clouds: Clouds, table: Table) -> None:
    cases = {name: ("delete", fault) for name, fault in REFUSED.items()}
    cases.update({f"{operation} 500 0105": (operation, REFUSED["500 0105"]) for operation in CALLS if operation != "delete"})
    rows: t.Dict[str, Row] = {}
    for name, (operation, fault) in cases.items():
        rows[name] = (struck(clouds, operation, fault), {**CALLS[operation].task, "wait_timeout": 10})
    for name, result in table(rows).items():
        assert result["failed"] and result["changed"] is False, (name, result)
        assert result["error_code"] == "ModelArts.0105" and not result.get("outcome_unknown"), (name, result["msg"])
        assert rows[name][0].changing() == [cases[name][0]], name


# --- one by one --------------------------------------------------------------------------------------------------


def test_a_create_answered_by_a_broken_proxy_is_found_by_its_name(cloud: Cloud, play: Play) -> None:
    cloud.fault(operation="create", status=500, work=True, **HTML)
    run = play({"name": "made", "train_url": "/bucket/logs/", "wait_timeout": 20})[0]
    assert run["changed"] is True and not run.get("failed"), run["msg"]
    assert {run["job"]["job_id"]} == cloud.job_ids() and run["job"]["status_name"] == "running"
    assert cloud.changing() == ["create"]


def test_a_delete_that_may_be_under_way_is_said_to_be_though_the_repeat_is_refused(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_refused_at=[8])
    cloud.fault(operation="delete", drop="before")
    run = play({"state": "absent", "job_id": "10", "wait_timeout": 6})[0]
    assert says_unknown(run, "10") and run["changed"] is False, run["msg"]
    assert run["error_code"] == "ModelArts.0105" and "ModelArts.0105" in run["msg"]
    assert cloud.changing() == ["delete", "delete"]


@pytest.mark.parametrize("wait", [True, False])
def test_a_delete_answered_by_an_error_that_no_one_knows_is_looked_after(cloud: Cloud, play: Play, wait: bool) -> None:
    cloud.add("10")
    cloud.set(delete_seconds=1)
    cloud.fault(operation="delete", status=500, work=True, **UNKNOWN)
    run = play({"state": "absent", "job_id": "10", "wait": wait, "wait_timeout": 20})[0]
    assert run["changed"] is True and not run.get("failed"), run["msg"]
    assert cloud.job_ids() == set()


def test_someone_elses_job_of_that_name_is_not_taken_for_ours(clouds: Clouds, table: Table) -> None:
    task = {"name": "made", "train_url": "/bucket/logs/", "wait_timeout": 6}
    theirs: t.Dict[str, Result] = {
        "another path": {"job_id": "77", "job_name": "made", "train_url": "/other/"},
        "no path": {"job_id": "77", "job_name": "made", "train_url": None},
        "another name": {"job_id": "77", "job_name": "made-not", "train_url": "/bucket/logs/"},
    }
    rows: t.Dict[str, Row] = {}
    for name, job in theirs.items():
        cloud = clouds()
        cloud.fault(operation="create", drop="before", effects=[{"create": job, "when": "after"}])
        rows[name] = (cloud, task)
    # What is new and has this path is ours, as far as anyone can tell.
    ours = clouds()
    like_ours = {"job_id": "77", "job_name": "made", "train_url": "obs://bucket/logs"}
    ours.fault(operation="create", drop="before", effects=[{"create": like_ours, "when": "before"}])
    results = table({**rows, "ours": (ours, task)})
    for name, (cloud, dummy) in rows.items():
        assert says_unknown(results[name], "made") and results[name]["changed"] is False, (name, results[name])
        assert cloud.changing() == ["create"] and cloud.job_ids() <= {"77"}
    assert results["ours"]["changed"] is True and results["ours"]["job"]["job_id"] == "77"


def test_what_may_have_been_done_to_a_job_that_is_gone_afterwards_is_said(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    tasks: t.Dict[str, t.Tuple[int, Result]] = {
        "stop": (8, {"state": "stopped"}),
        "restart": (12, {"state": "started"}),
        "update": (8, {"state": "present", "description": "new"}),
    }
    for operation, (status, task) in tasks.items():
        cloud = clouds()
        cloud.add("5", status=status)
        cloud.fault(operation=operation, drop="after", effects=[{"vanish": "5", "when": "after"}])
        rows[operation] = (cloud, {"job_id": "5", "wait_timeout": 20, **task})
    for result in table(rows).values():
        assert result["failed"] and result["outcome_unknown"] is True and result["changed"] is False, result
        assert "does not exist" in result["msg"] and "may have been carried out" in result["msg"], result["msg"]


def test_the_request_id_of_an_answer_that_says_nothing_is_told(clouds: Clouds, table: Table) -> None:
    cases: t.Dict[str, Result] = {
        "is_success null": {"body": {"is_success": None}},
        "empty": {"raw_body": ""},
        "html": HTML,
        "by openstack's name": {"body": {}, "headers": {"X-Request-Id": "", "X-Openstack-Request-Id": "rq1"}},
        "in the body": {"body": {"is_success": None, "request_id": "rq1"}, "headers": {"X-Request-Id": ""}},
    }
    rows: t.Dict[str, Row] = {}
    for name, fault in cases.items():
        cloud = clouds()
        cloud.add("10")
        cloud.fault(operation="stop", status=200, **{"headers": {"X-Request-Id": "rq1"}, **fault})
        rows[name] = (cloud, {"state": "stopped", "job_id": "10", "wait_timeout": 3})
    for name, result in table(rows).items():
        assert (result["http_status"], result["request_id"]) == (200, "rq1"), (name, result)
        assert says_unknown(result, "10") and "error_code" not in result, (name, result)
