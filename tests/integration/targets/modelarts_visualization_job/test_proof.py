# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is called gone is proven gone, whatever a balancer, a lagging replica or a wrong path answers."""

from __future__ import annotations

import typing as t

import pytest
from conftest import Cloud, Clouds, Play, Result, Row, Table

APART = 2.0  # seconds between two lists that prove something together
NO_JOBS = {"job_total_count": 0, "job_count_limit": 10, "quotas": 10, "jobs": []}
BY_ID: Result = {"state": "absent", "job_id": "5", "wait_timeout": 25}


def answer(status: int, code: str) -> Result:
    """Return a fault that answers with an error code."""
    return {"status": status, "body": {"is_success": False, "error_code": code, "error_message": "No."}}


# What may mean that there is no such job, and may not.
MAYBE_GONE: t.Dict[str, Result] = {
    "html": {"status": 404, "raw_body": "<html><body>404 Not Found</body></html>"},
    "empty": {"status": 404, "raw_body": ""},
    "unknown code": answer(404, "ModelArts.9999"),
    **{code: answer(400, f"ModelArts.{code}") for code in ("0101", "0102", "0103", "0104", "0105", "0107")},
}
# What never means that.
NOT_GONE: t.Dict[str, Result] = {
    **{code: answer(404, code) for code in ("APIGW.0101", "APIG.0101", "ModelArts.4204", "ModelArts.2786")},
    **{code: answer(404, code) for code in ("ModelArts.2836", "ModelArts.6650")},
    "wrong project": answer(403, "ModelArts.0210"),
    "forbidden": answer(403, "ModelArts.0108"),
    "html in 200": {"status": 200, "raw_body": "<html><body>Welcome</body></html>"},
    "html in 502": {"status": 502, "raw_body": "<html><body>Bad Gateway</body></html>"},
}


def told_failed(result: Result) -> bool:
    """Tell whether a task failed because its deletion, which was accepted, failed."""
    return bool(result.get("failed")) and "delete_failed" in result["msg"] and result["changed"] is True


def proving_lists(cloud: Cloud) -> float:
    """Return how far apart (seconds) the first and the last list are that were read once the deletion was over."""
    gone = cloud.times("delete")[-1] + 0.6
    after = [moment for moment in cloud.times("list") if moment >= gone]
    return after[-1] - after[0]


# --- one answer proves nothing -----------------------------------------------------------------------------------


def test_what_may_mean_gone_proves_nothing_of_a_job_that_the_list_has_never_held(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, fault in MAYBE_GONE.items():
        cloud = clouds(delete_fails=True, delete_seconds=1.5)
        cloud.add("5", workspace_id="7")
        cloud.fault(operation="get", nth=2, times=3 if name in ("html", "0102") else 1, **fault)
        rows[name] = (cloud, BY_ID)
    for name, result in table(rows).items():
        assert told_failed(result), (name, result)
        assert rows[name][0].changing() == ["delete"] and rows[name][0].job_ids() == {"5"}, name


def test_what_may_mean_gone_proves_nothing_of_a_job_that_the_list_holds(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name in ("html", "empty", "0102"):
        before, after = clouds(), clouds(delete_fails=True, delete_seconds=1)
        for cloud, first in ((before, 1), (after, 2)):
            cloud.add("5")
            cloud.fault(operation="get", nth=first, **MAYBE_GONE[name])
        rows[f"{name} before"], rows[f"{name} after"] = (before, BY_ID), (after, BY_ID)
    for name, result in table(rows).items():
        cloud = rows[name][0]
        if name.endswith("after"):
            assert told_failed(result) and cloud.job_ids() == {"5"}, (name, result)
        else:
            assert result["changed"] is True and not result.get("failed") and cloud.job_ids() == set(), (name, result)


def test_what_speaks_of_a_path_a_project_or_a_right_never_proves_that_a_job_is_gone(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, fault in NOT_GONE.items():
        cloud = clouds(delete_seconds=0)
        cloud.add("5", workspace_id="7")
        cloud.fault(operation="get", nth=2, times=0, **fault)
        rows[name] = (cloud, {**BY_ID, "wait_timeout": 4})
    for name, result in table(rows).items():
        assert result["failed"] and result["changed"] is True, (name, result)
        assert rows[name][0].changing() == ["delete"], name


def test_a_list_that_answers_empty_once_proves_nothing(clouds: Clouds, table: Table) -> None:
    many: Result = {"state": "absent", "job_ids": ["5", "6"], "wait_timeout": 25}
    one: Result = {"state": "absent", "name": "name-5", "wait_timeout": 25}
    other = [{"job_id": "6", "job_name": "name-6", "status": 9}]
    cases: t.Dict[str, t.Tuple[Result, Result]] = {
        "many, none": (many, {"body": NO_JOBS}),
        "many, one": (many, {"body": {**NO_JOBS, "job_total_count": 1, "jobs": other}}),
        "many, total of two": (many, {"body": {**NO_JOBS, "job_total_count": 2, "jobs": other}}),
        "by name, none": (one, {"body": NO_JOBS}),
    }
    rows: t.Dict[str, Row] = {}
    for name, (task, fault) in cases.items():
        cloud = clouds(delete_fails=True, delete_seconds=1)
        cloud.add_many([{"job_id": "5"}, {"job_id": "6"}])
        cloud.fault(operation="list", nth=2, status=200, **fault)
        rows[name] = (cloud, task)
    for name, result in table(rows).items():
        assert told_failed(result), (name, result)
        assert all(told_failed(row) for row in result.get("jobs", [])), (name, result)
        assert rows[name][0].job_ids() == {"5", "6"}


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_name_is_not_called_gone_because_the_first_list_is_empty(cloud: Cloud, play: Play, check_mode: bool) -> None:
    cloud.add("5")
    cloud.fault(operation="list", status=200, body=NO_JOBS)
    run = play({"state": "absent", "name": "name-5", "wait_timeout": 25, "check_mode": check_mode})[0]
    assert run["changed"] is True and not run.get("failed"), run
    assert cloud.job_ids() == ({"5"} if check_mode else set())


# --- and what does prove it --------------------------------------------------------------------------------------


def test_what_a_list_does_not_tell_of_a_job_is_not_taken_for_something_else(clouds: Clouds, table: Table) -> None:
    own: Result = {"job_id": "7", "job_name": "night", "status": 8, "train_url": "/bucket/logs/"}
    present: Result = {"state": "present", "name": "night", "train_url": "/bucket/logs/"}
    without_name, without_path = ({key: value for key, value in own.items() if key != left} for left in ("job_name", "train_url"))
    rows: t.Dict[str, Row] = {}
    for name, row, task in (
        ("absent", without_name, {"state": "absent", "name": "night"}),
        ("present", without_name, present),
        ("recreate", without_path, {**present, "recreate": True}),
        ("broken off", {**own, "status": 11.5}, {**present, "recreate": True}),
    ):
        cloud = clouds()
        cloud.add(**own)
        cloud.fault(operation="list", times=0, body={**NO_JOBS, "job_total_count": 1, "jobs": [row]})
        rows[name] = (cloud, {**task, "wait_timeout": 20})
    results = table(rows)
    assert [rows[name][0].changing() for name in rows] == [[]] * len(rows), results
    assert sorted(name for name, result in results.items() if result.get("failed")) == ["absent", "present"], results
    assert not any(result["changed"] for result in results.values())


def test_two_complete_lists_two_seconds_apart_prove_it(clouds: Clouds, table: Table) -> None:
    names: t.Dict[str, Result] = {
        "by name": {"state": "absent", "name": "name-5"},
        "many": {"state": "absent", "job_ids": ["5"]},
        "by name, check": {"state": "absent", "name": "name-5", "check_mode": True},
    }
    rows: t.Dict[str, Row] = {name: (clouds(), {**task, "wait_timeout": 25}) for name, task in names.items()}
    for name, result in table(rows).items():
        cloud = rows[name][0]
        assert result["changed"] is False and not result.get("failed"), (name, result)
        assert cloud.changing() == []
        if name != "many":  # an id that the list does not hold is asked for, and ModelArts says that it is gone
            first, *dummy, last = cloud.times("list")
            assert last - first >= APART, name


def test_it_is_proven_by_the_list_however_a_missing_job_answers(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, fault in MAYBE_GONE.items():
        body = fault.get("body", fault.get("raw_body"))
        there, never = (clouds(missing_job={"status": fault["status"], "body": body}) for dummy in range(2))
        there.add("5")
        rows[f"{name}, there"], rows[f"{name}, never"] = (there, BY_ID), (never, BY_ID)
    for name, result in table(rows).items():
        cloud = rows[name][0]
        assert not result.get("failed") and cloud.job_ids() == set(), (name, result)
        assert result["changed"] is name.endswith("there"), (name, result)
        lists = cloud.times("list")
        assert (proving_lists(cloud) if name.endswith("there") else lists[-1] - lists[0]) >= APART, name
        assert cloud.changing() == (["delete"] if name.endswith("there") else []), name


def test_a_list_that_hangs_and_is_not_needed_keeps_nobody_from_seeing_that_a_job_is_gone(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.fault(operation="list", times=0, delay=1000)
    result = play({"state": "absent", "job_id": "10", "wait_timeout": 24})[0]
    assert result["changed"] is True and not result.get("failed"), result["msg"]


def test_without_the_right_to_get_the_list_proves_what_it_has_held_before(clouds: Clouds, table: Table) -> None:
    names: t.Dict[str, Result] = {
        "by name": {"state": "absent", "name": "name-5"},
        "by id": {"state": "absent", "job_id": "5"},
        "many": {"state": "absent", "job_ids": ["5"]},
    }
    rows: t.Dict[str, Row] = {}
    for name, task in names.items():
        cloud = clouds(denied=["get"])
        cloud.add("5")
        rows[name] = (cloud, {**task, "wait_timeout": 25})
    for name, result in table(rows).items():
        cloud = rows[name][0]
        assert result["changed"] is True and not result.get("failed"), (name, result)
        assert cloud.job_ids() == set() and cloud.changing() == ["delete"]
        assert proving_lists(cloud) >= APART, name
