# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many jobs in one task: what they cost, in which order they are told, and what one failure does to the others."""

from __future__ import annotations

import typing as t

import pytest
from conftest import Cloud, Play, Result


def many(job_ids: t.Sequence[str], **options: t.Any) -> Result:
    """Return a task that deletes these jobs."""
    return {"state": "absent", "job_ids": list(job_ids), "wait_timeout": 60, **options}


def test_a_hundred_jobs_are_a_hundred_deletes_and_a_few_lists(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(str(number)) for number in range(1, 101)]
    cloud.add("bystander")
    cloud.set(latency_ms=20)
    predicted = play({**many(ids), "check_mode": True})[0]
    assert predicted["changed"] is True and [row["changed"] for row in predicted["jobs"]] == [True] * 100
    assert cloud.calls() == ["list"]
    cloud.clear_log()
    run, again = play(many(ids, max_concurrency=7), many(ids[:3]))
    assert run["changed"] is True and not run.get("failed")
    assert [row["job_id"] for row in run["jobs"]] == ids
    assert again["changed"] is False and not again.get("failed")
    log = cloud.log()
    deletes = [entry for entry in log if entry["operation"] == "delete"]
    assert sorted(entry["job_id"] for entry in deletes) == sorted(ids)
    # The second task has asked for its three by id, because the list did not hold them.
    assert sorted(entry["job_id"] for entry in log if entry["operation"] == "get") == ids[:3]
    assert len([entry for entry in log if entry["operation"] == "list"]) <= 27
    assert 2 <= max(entry["in_flight"] for entry in deletes) <= 7
    assert len({entry["connection"] for entry in deletes}) <= 7
    assert cloud.job_ids() == {"bystander"}


def test_without_waiting_they_cost_one_list_and_their_deletes(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(str(number)) for number in range(1, 21)]
    assert play(many(ids, wait=False))[0]["changed"] is True
    assert sorted(cloud.calls()) == ["delete"] * 20 + ["list"]


def test_sixty_jobs_under_a_server_that_allows_fifteen_requests_a_second(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(str(number)) for number in range(1, 61)]
    cloud.set(requests_per_second=15)
    run = play(many(ids))[0]
    assert run["changed"] is True and not run.get("failed"), run.get("msg")
    assert cloud.job_ids() == set()
    throttled = [entry for entry in cloud.log() if entry["status"] == 429]
    assert 0 < len(throttled) < 60


def test_a_mixed_list_tells_each_in_order_and_fails_at_the_end(cloud: Cloud, play: Play) -> None:
    cloud.add("1")
    cloud.add("2", status=12)
    cloud.add("4")
    cloud.add("elsewhere", workspace_id="w", status=12)
    cloud.set(delete_refused_at=[8, 9])
    cloud.fault(operation="delete", job_id="4", status=403, body={"error_code": "ModelArts.0108", "error_msg": "Not allowed."})
    run = play(many(["2", "3", "1", "2", "4", "elsewhere"]))[0]
    assert run["failed"] and run["changed"] is True
    assert [row["job_id"] for row in run["jobs"]] == ["2", "3", "1", "2", "4", "elsewhere"]
    assert [row["changed"] for row in run["jobs"]] == [True, False, False, True, False, True]
    codes = [row.get("error_code") for row in run["jobs"]]
    assert codes == [None, "ModelArts.0015", "ModelArts.0105", None, "ModelArts.0108", None]
    assert "2 of 5 visualization jobs failed, 2 deleted, 1 unchanged. ModelArts.0105: 1 (1); ModelArts.0108: 1 (4)." in run["msg"]
    assert cloud.calls().count("delete") == 4 and cloud.job_ids() == {"1", "4"}


def test_a_refused_key_ends_all_at_once(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(str(number)) for number in range(1, 11)]
    bad = {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information."}
    cloud.fault(operation="delete", nth=3, times=0, status=401, body=bad)
    run = play(many(ids, max_concurrency=1, wait=False))[0]
    assert run["failed"] and run["changed"] is True
    assert "8 of 10 visualization jobs failed, 2 being deleted, 0 unchanged. APIGW.0301: 1 (3); not tried: 7 (4, " in run["msg"]
    assert cloud.calls().count("delete") == 3


def test_without_the_right_to_list_they_are_deleted_one_by_one(cloud: Cloud, play: Play) -> None:
    ids = [cloud.add(str(number)) for number in range(1, 4)]
    cloud.set(denied=["list"])
    run, again = play(many(ids), many(ids))
    assert run["changed"] is True and not run.get("failed")
    assert again["changed"] is False and not again.get("failed")
    assert cloud.changing() == ["delete"] * 3


def test_no_ids_are_no_requests(cloud: Cloud, play: Play) -> None:
    run = play(many([]))[0]
    assert run["changed"] is False and run["jobs"] == [] and cloud.log() == []


@pytest.mark.parametrize("state, status, others", [("stopped", 8, 12), ("started", 12, 8)])
def test_many_are_stopped_and_started(cloud: Cloud, play: Play, state: str, status: int, others: int) -> None:
    ids = [cloud.add(str(number), status=status) for number in range(1, 5)]
    cloud.add("5", status=others)
    task = many([*ids, "5"], state=state)
    predicted, run, again = play({**task, "check_mode": True}, task, task)
    assert [row["changed"] for row in predicted["jobs"]] == [True] * 4 + [False]
    assert [row["changed"] for row in run["jobs"]] == [True] * 4 + [False]
    assert again["changed"] is False and not again.get("failed")
    assert {row["job"]["status"] for row in again["jobs"]} == {others}
    assert cloud.changing() == [{"stopped": "stop", "started": "restart"}[state]] * 4


def test_many_are_restarted_and_one_that_is_not_there_fails(cloud: Cloud, play: Play) -> None:
    cloud.add("1")
    cloud.add("2", status=12)
    run = play(many(["1", "2", "3"], state="restarted"))[0]
    assert [row["changed"] for row in run["jobs"]] == [True, True, False]
    assert "1 of 3 visualization jobs failed, 2 restarted, 0 unchanged. ModelArts.0015: 1 (3)." in run["msg"]
    assert sorted(cloud.changing()) == ["restart", "restart", "stop"]
