# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of jobs, and plays that go on from it."""

from __future__ import annotations

import typing as t

import pytest
from conftest import INFO, MODULE, Cloud, Play, Result


def info(**options: t.Any) -> Result:
    """Return a task that lists jobs."""
    return {"module": INFO, **options}


def ids(result: Result) -> t.List[str]:
    """Return the ids that a result tells, in order."""
    return [job["job_id"] for job in result["jobs"]]


@pytest.mark.parametrize("cap", ["cap", "refuse"])
def test_250_jobs_come_back_typed_and_once_each(cloud: Cloud, play: Play, cap: str) -> None:
    added = [cloud.add(str(number), duration=5) for number in range(1, 251)]
    cloud.set(list_cap=100, list_cap_mode=cap, numbers_as_strings=True)
    whole, few = play(info(sort_by="job_id", order="asc"), info(limit=3, sort_by="job_id", order="desc"))
    assert ids(whole) == added and whole["total_count"] == 250
    assert ids(few) == ["250", "249", "248"] and few["total_count"] == 250
    for job in whole["jobs"]:
        assert [type(job[name]) for name in ("job_id", "status", "create_time", "duration")] == [str, int, int, int]
    assert isinstance(whole["job_count_limit"], int) and isinstance(whole["quotas"], int)
    assert cloud.changing() == []


def test_jobs_that_come_and_go_between_pages_do_not_hide_others(cloud: Cloud, play: Play) -> None:
    stay = [cloud.add(str(number)) for number in range(1000, 1250)]
    cloud.add("0500")
    cloud.set(list_cap=100)
    cloud.fault(operation="list", nth=2, effects=[{"vanish": "0500", "when": "before"}])
    cloud.fault(operation="list", nth=3, effects=[{"create": {"job_id": "0900", "job_name": "late"}, "when": "before"}])
    found = ids(play(info())[0])
    assert len(found) == len(set(found)) and set(stay) <= set(found) <= {*stay, "0900"}


def test_filters(cloud: Cloud, play: Play) -> None:
    cloud.add("1", job_name="night", status=8)
    cloud.add("2", job_name="night-2", status=12)
    cloud.add("3", job_name="day", status=11, workspace_id="w")
    name, search, status, number, space, one, none = play(
        info(name="night"),
        info(search="night"),
        info(status=["killed", "failed"]),
        info(status=[8]),
        info(workspace_id="w"),
        info(job_id="3"),
        info(job_id="4"),
    )
    assert (ids(name), ids(status), ids(number)) == (["1"], ["2"], ["1"])
    assert sorted(ids(search)) == ["1", "2"] and ids(space) == ["3"] and ids(one) == ["3"]
    assert none["jobs"] == [] and none["total_count"] == 0 and not none.get("failed")
    assert one["quotas"] is None and one["job_count_limit"] is None


def test_a_chain_creates_registers_and_deletes_what_was_made(cloud: Cloud, play: Play) -> None:
    made, gone = play(
        {"name": "made", "train_url": "/bucket/logs/"},
        {"job_id": "{{ result_0.job.job_id }}", "state": "absent"},
    )
    assert made["changed"] and gone["changed"] and gone["job"]["job_id"] == made["job"]["job_id"]
    assert cloud.job_ids() == set()


def test_a_chain_lists_filters_with_jinja_and_deletes(cloud: Cloud, play: Play) -> None:
    cloud.add("1", job_name="exp-1", status=12)
    cloud.add("2", job_name="exp-2", status=8)
    cloud.add("3", job_name="keep", status=12)
    chosen = "result_0.jobs | selectattr('job_name', 'match', 'exp-') | map(attribute='job_id') | list"
    listed, gone = play(info(), {"module": MODULE, "job_ids": "{{ " + chosen + " }}", "state": "absent", "wait_timeout": 30})
    assert listed["total_count"] == 3 and gone["changed"] is True
    assert cloud.job_ids() == {"3"}
