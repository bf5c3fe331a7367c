# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals: of IAM, of a server that wants quiet, and of a job that cannot be deleted as it is."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from conftest import Cloud, Clouds, Play, Result, Row, Table

THROTTLED = {"error_code": "APIGW.0308", "error_msg": "The throttling threshold has been reached."}
PASSING = (1, 2, 4, 7, 15, 18, 19, 20)  # where `force` stops at once; 9 is on its way already


# --- IAM ---------------------------------------------------------------------------------------------------------


def of_iam(status: int, message: str) -> Result:
    """Return a fault that answers as IAM does."""
    return {"status": status, "body": {"error": {"code": status, "message": message, "title": "Refused"}}}


# Whatever IAM says, it says it of IAM; also where it looks as if a job did not exist.
REFUSALS: t.Dict[str, Result] = {
    "400": of_iam(400, "Oranges."),
    "401": of_iam(401, "Oranges."),
    "403": of_iam(403, "Oranges."),
    "404": of_iam(404, "Oranges."),
    "0015": {"status": 404, "body": {"error_code": "ModelArts.0015", "error_msg": "Oranges."}},
    "0105": {"status": 400, "body": {"error_code": "ModelArts.0105", "error_msg": "Oranges."}},
    "0108": {"status": 403, "body": {"error_code": "ModelArts.0108", "error_msg": "Oranges."}},
}


def asked_iam_once(cloud: Cloud, result: Result, *operations: str) -> None:
    """Assert that a task failed with the words of IAM, after one request to it and none to ModelArts."""
    assert result["failed"] and result["changed"] is False and not result.get("outcome_unknown"), result
    assert "IAM" in result["msg"] and "Oranges" in result["msg"] and "modelarts:tensorboard" not in result["msg"], result["msg"]
    assert cloud.calls() == list(operations), cloud.calls()


@pytest.mark.parametrize("named", ["many", "one"])
def test_a_login_that_iam_refuses_is_tried_once(clouds: Clouds, table: Table, named: str) -> None:
    rows: t.Dict[str, Row] = {}
    for name, fault in REFUSALS.items():
        cloud = clouds()
        cloud.fault(operation="token", times=0, **fault)
        jobs: Result = {"job_ids": cloud.add_many([{"job_id": f"1{number}"} for number in range(10)])}
        if named == "one":
            jobs = {"job_id": "10", "wait_timeout": 10} if name != "403" else {"name": "name-10"}
        rows[name] = (cloud, {"state": "absent", **jobs, **cloud.by_password()})
    for name, result in table(rows).items():
        asked_iam_once(rows[name][0], result, "token")
        assert len(rows[name][0].job_ids()) == 10


def test_a_project_whose_name_iam_does_not_look_up_is_asked_for_once(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name in ("403", "404", "0015"):
        cloud = clouds()
        ids = cloud.add_many([{"job_id": f"1{number}"} for number in range(10)])
        cloud.fault(operation="projects", times=0, **REFUSALS[name])
        auth = {key: cloud.credentials[key] for key in ("access_key", "secret_key", "project_name")}
        auth["auth_url"] = cloud.credentials["iam_url"]
        rows[name] = (cloud, {"state": "absent", "job_ids": ids, "auth": auth})
    for name, result in table(rows).items():
        asked_iam_once(rows[name][0], result, "projects")


# --- a server that wants quiet -----------------------------------------------------------------------------------


def test_a_server_that_wants_quiet_for_longer_than_there_is_time_is_left_alone(clouds: Clouds, table: Table) -> None:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=130)
    date = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    rows: t.Dict[str, Row] = {}
    for name, concurrency, quiet in (("one by one", 1, "100"), ("some", 5, "100"), ("many", 20, "100"), ("date", 1, date)):
        # so that others are in flight when the first is answered, but not for long; what is deleted is gone at once
        cloud = clouds(latency_ms=300, delete_seconds=0)
        ids = cloud.add_many([{"job_id": str(number)} for number in range(1, 51)])
        cloud.fault(operation="delete", status=429, body=THROTTLED, headers={"Retry-After": quiet})
        rows[name] = (cloud, {"state": "absent", "job_ids": ids, "max_concurrency": concurrency, "wait_timeout": 20})
    results = table(rows)
    for name, (cloud, task) in rows.items():
        deletes = [entry for entry in cloud.log() if entry["operation"] == "delete"]
        throttled = next(entry for entry in deletes if entry["status"] == 429)
        answered = throttled["time"] + 0.3
        late = [entry for entry in cloud.log() if entry["time"] > answered + 0.5 and not entry["path"].endswith("/now")]
        assert late == [], (name, len(late))
        before = sum(entry["answered"] <= throttled["answered"] for entry in deletes if entry is not throttled)
        assert len(deletes) <= 2 * task["max_concurrency"] + before, (name, len(deletes))  # some may begin as it is answered
        # What was in flight has deleted, and what was not is still there.
        result, there = results[name], cloud.job_ids()
        assert result["failed"] and "APIGW.0308" in result["msg"], (name, result["msg"])
        assert {row["job_id"] for row in result["jobs"] if row["changed"]} == set(task["job_ids"]) - there, name
        assert result["changed"] is (len(there) < 50), name


def test_who_wanted_quiet_is_told_of_a_deletion_that_can_no_longer_be_looked_after(cloud: Cloud, play: Play) -> None:
    for job_id in ("10", "11", "12"):
        cloud.add(job_id)
    told = {"error_code": "APIGW.0308", "http_status": 429, "request_id": "quiet-please"}
    headers = {"Retry-After": "600", "X-Request-Id": "quiet-please"}
    for operation in ("get", "list"):
        cloud.fault(operation=operation, nth=2, times=0, status=429, body=THROTTLED, headers=headers)
    one, many = play(
        {"state": "absent", "job_id": "10", "wait_timeout": 20}, {"state": "absent", "job_ids": ["11", "12"], "wait_timeout": 20}
    )
    for row in (one, *many["jobs"]):
        assert row["failed"] and row["changed"] is True and {**row, **told} == row, row
        assert "The server wants no request for another 600 s" in row["msg"] and "The deletion was accepted" in row["msg"]


# --- a job that cannot be deleted as it is -----------------------------------------------------------------------


def test_force_stops_at_once_what_passes_through_a_status_that_refuses_a_delete(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(f"j{status}", status=status) for status in PASSING]
    cloud.add("single", status=7)
    cloud.set(delete_refused_at=[*PASSING, 9])
    task: Result = {"state": "absent", "force": True, "wait_timeout": 20}
    many, single = play({**task, "job_ids": ids}, {**task, "job_id": "single"})
    for run in (many, single):
        assert run["changed"] is True and not run.get("failed"), run["msg"]
    for job_id in (*ids, "single"):
        own = [one["operation"] for one in cloud.log() if one["job_id"] == job_id and one["method"] != "GET"]
        assert own == ["delete", "stop", "delete"], (job_id, own)
    assert cloud.job_ids() == set()


def test_what_is_being_killed_is_not_stopped_but_waited_for(cloud: Cloud, play: Play) -> None:
    for job_id in ("10", "11"):
        cloud.add(job_id, status=9)
    cloud.fault(operation="get", job_id="10", nth=4, effects=[{"set_status": {"10": 12}}])
    cloud.fault(operation="get", job_id="11", nth=4, effects=[{"vanish": "11"}])
    task: Result = {"state": "absent", "force": True, "wait_timeout": 20}
    left, gone = play({**task, "job_id": "10"}, {**task, "job_id": "11"})
    assert left["changed"] is True and not left.get("failed"), left
    assert gone["changed"] is False and not gone.get("failed"), gone
    assert cloud.changing() == ["delete", "delete", "delete"] and cloud.job_ids() == set()
