# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job is created once, whoever else does so, and replaced only by one that can be made."""

from __future__ import annotations

import typing as t

import pytest
from conftest import Cloud, Clouds, Play, Result, Row, Table

NEW: Result = {"name": "tb", "train_url": "/bucket/logs/", "wait_timeout": 20}


# --- others create it too ----------------------------------------------------------------------------------------


def test_three_hosts_that_create_the_same_job_at_once_find_it_made_once(cloud: Cloud, table: Table) -> None:
    cloud.set(unique_names=True, latency_ms=1500)  # each has looked before any has created
    results = table({f"host-{number}": (cloud, {**NEW, "wait_timeout": 60}) for number in range(3)})
    assert not [result["msg"] for result in results.values() if result.get("failed")]
    assert sorted(result["changed"] for result in results.values()) == [False, False, True]
    assert {result["job"]["job_id"] for result in results.values()} == cloud.job_ids() and len(cloud.job_ids()) == 1
    assert cloud.changing().count("create") == 3


def test_a_name_that_another_host_has_just_taken_is_that_jobs(clouds: Clouds, table: Table) -> None:
    theirs: t.Dict[str, t.Optional[str]] = {"same path": "/bucket/logs/", "other path": "/other/", "not shown": None}
    rows: t.Dict[str, Row] = {}
    for name, path in theirs.items():
        cloud = clouds(unique_names=True)
        if path is None:
            cloud.fault(operation="create", times=0, status=400, body={"error_code": "ModelArts.0103", "error_msg": "Taken."})
        else:
            cloud.fault(operation="create", effects=[{"create": {"job_id": "77", "job_name": "tb", "train_url": path}}])
        rows[name] = (cloud, {**NEW, "wait_timeout": 10})
    results = table(rows)
    same, other, hidden = (results[name] for name in theirs)
    assert same["changed"] is False and not same.get("failed") and same["job"]["job_id"] == "77", same
    assert other["failed"] and other["changed"] is False and "/other/" in other["msg"] and "recreate" in other["msg"], other
    assert hidden["failed"] and hidden["changed"] is False and hidden["error_code"] == "ModelArts.0103", hidden
    assert not any(result.get("outcome_unknown") for result in results.values())


def test_a_name_still_taken_after_our_own_delete_is_tried_again(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_name="tb", train_url="/other/")
    cloud.fault(operation="create", times=3, status=400, body={"error_code": "ModelArts.0103", "error_msg": "Taken."})
    run = play({**NEW, "recreate": True})[0]
    assert run["changed"] is True and not run.get("failed"), run["msg"]
    assert run["job"]["train_url"] == "/bucket/logs/" and cloud.job_ids() == {run["job"]["job_id"]}


# --- just created ------------------------------------------------------------------------------------------------


def test_a_job_just_created_that_cannot_be_read_for_a_moment_is_waited_for(clouds: Clouds, table: Table) -> None:
    cases: t.Dict[str, t.Tuple[Result, t.List[Result]]] = {
        "get says 0015": ({"get_lag_seconds": 2}, []),
        "get says html": ({"get_lag_seconds": 2, "missing_job": "html404"}, []),
        "not in the list": ({"list_lag_seconds": 2}, []),
        "in neither": ({"get_lag_seconds": 2, "list_lag_seconds": 2, "missing_job": "0102"}, []),
        "answer lost": ({"get_lag_seconds": 2, "list_lag_seconds": 2}, [{"operation": "create", "drop": "after"}]),
    }
    rows: t.Dict[str, Row] = {}
    for name, (settings, faults) in cases.items():
        cloud = clouds(start_seconds=1, **settings)
        for fault in faults:
            cloud.fault(**fault)
        rows[name] = (cloud, NEW)
    for name, result in table(rows).items():
        assert result["changed"] is True and not result.get("failed"), (name, result["msg"])
        assert result["job"]["status_name"] == "running" and rows[name][0].changing() == ["create"], name


def test_a_job_just_created_in_its_workspace_is_found_there(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, settings in {"at once": {}, "late": {"list_lag_seconds": 2}}.items():
        rows[name] = (clouds(create_knows_workspaces=True, **settings), {**NEW, "workspace_id": "w"})
    for name, result in table(rows).items():
        assert result["changed"] is True and not result.get("failed"), (name, result["msg"])
        assert {job["workspace_id"] for job in rows[name][0].jobs().values()} == {"w"}


# --- replaced ----------------------------------------------------------------------------------------------------


def test_what_could_not_be_made_again_is_not_deleted(clouds: Clouds, table: Table) -> None:
    recreate: Result = {**NEW, "recreate": True}
    # The task, the workspace of the job, and whether it can be known before anything is asked.
    cases: t.Dict[str, t.Tuple[Result, str, bool]] = {
        "empty path": ({**recreate, "train_url": ""}, "0", True),
        "blank path": ({**recreate, "train_url": "  "}, "0", True),
        "no bucket": ({**recreate, "train_url": "obs://"}, "0", True),
        "by id": ({"job_id": "10", "train_url": "/bucket/logs/", "recreate": True}, "0", True),
        "by id, elsewhere": ({"job_id": "10", "train_url": "/bucket/logs/", "recreate": True}, "7", True),
        "another workspace": ({**recreate, "workspace_id": "7"}, "7", False),
    }
    rows: t.Dict[str, Row] = {}
    for name, (task, workspace, dummy) in cases.items():
        cloud = clouds()
        cloud.add("10", job_name="tb", train_url="/other/", workspace_id=workspace)
        rows[name] = (cloud, {**task, "wait_timeout": 10})
    for name, result in table(rows).items():
        cloud = rows[name][0]
        assert result["failed"] and result["changed"] is False, (name, result)
        assert cloud.changing() == [] and cloud.job_ids() == {"10"}, name
        if cases[name][2]:
            assert cloud.log() == [], name


def test_a_path_is_the_same_however_it_is_written(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_name="tb", train_url="/bucket/x/")
    written = ("obs://bucket/x/", "obs://bucket/x", "/bucket/x/", "/bucket/x", "bucket/x/", "bucket/x")
    for path, run in zip(written, play(*({**NEW, "train_url": path, "recreate": True} for path in written))):
        assert run["changed"] is False and not run.get("failed"), (path, run)
    assert cloud.changing() == [] and cloud.job_ids() == {"10"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_replaced_job_keeps_nothing_open(cloud: Cloud, play: Play, check_mode: bool) -> None:
    cloud.add("10", job_name="tb", train_url="/other/")
    cloud.fault(operation="delete", drop="after")
    cloud.fault(operation="create", status=504, work=True, raw_body="")
    run = play({**NEW, "recreate": True, "check_mode": check_mode})[0]
    assert run["changed"] is True and not run.get("failed") and not run.get("outcome_unknown"), run
    if check_mode:
        assert cloud.changing() == [] and cloud.job_ids() == {"10"}
    else:
        assert cloud.job_ids() == {run["job"]["job_id"]} and "10" not in cloud.job_ids()
