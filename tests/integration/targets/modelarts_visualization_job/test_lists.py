# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of several pages, and what may be wrong with them."""

from __future__ import annotations

import typing as t

from conftest import INFO, Cloud, Clouds, Play, Result, Row, Table

ABSENT: Result = {"state": "absent", "wait_timeout": 25}


def swap(cloud: Cloud, gone: str, new: str, nth: int = 2) -> None:
    """Have someone delete a job and make another between two pages of the list."""
    effects = [{"vanish": gone, "when": "before"}, {"create": {"job_id": new, "job_name": "new"}, "when": "before"}]
    cloud.fault(operation="list", nth=nth, effects=effects)


def test_a_job_that_goes_and_one_that_comes_between_two_pages_hide_no_third(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    # Whichever way the pages are sorted, in one of the two a job slides onto the page that was read already.
    for name, (gone, new) in {"ascending": ("1050", "2000"), "descending": ("1200", "0500")}.items():
        cloud = clouds(list_cap=100)
        cloud.add_many([{"job_id": str(number)} for number in range(1000, 1250)])
        swap(cloud, gone, new)
        rows[name] = (cloud, {"sort_by": "job_id"})
    for name, result in table(rows, module=INFO).items():
        found = [job["job_id"] for job in result["jobs"]]
        there = rows[name][0].job_ids()
        assert not there - set(found), (name, there - set(found))
        assert len(found) == len(set(found)) and result["total_count"] == len(found)


def test_a_job_hidden_between_two_pages_is_not_called_gone(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    for name, (gone, new, hidden) in {"ascending": ("1050", "2000", "1100"), "descending": ("1200", "0500", "1149")}.items():
        cloud = clouds(list_cap=100, delete_fails=True, delete_seconds=1)
        cloud.add_many([{"job_id": str(number)} for number in range(1000, 1250)])
        # From the end of our first looks on, one pass is disturbed.
        cloud.fault(operation="delete", effects=[{"vanish": "none", "when": "after"}])
        for nth in (5, 8):
            swap(cloud, str(int(gone) + nth), f"{new}{nth}", nth=nth)
        rows[name] = (cloud, {**ABSENT, "job_ids": [hidden, "1120"]})
    for name, result in table(rows).items():
        assert result["failed"] and all("delete_failed" in row["msg"] for row in result["jobs"]), (name, result)


def test_a_server_that_ignores_the_page_is_asked_a_few_times_only(clouds: Clouds, table: Table) -> None:
    jobs = [{"job_id": str(number), "job_name": f"name-{number}", "status": 8} for number in range(1, 101)]
    whole = {"is_success": True, "job_total_count": 250, "job_count_limit": 10, "quotas": 10, "jobs": jobs}
    tasks: t.Dict[str, t.Tuple[Result, t.Dict[str, t.Any]]] = {
        "some": ({**ABSENT, "job_ids": ["1", "2"], "wait": False}, {}),
        "name": ({**ABSENT, "name": "no-such-job", "wait_timeout": 10}, {}),
    }
    rows: t.Dict[str, Row] = {}
    for name, (task, settings) in tasks.items():
        cloud = clouds(**settings)
        cloud.add_many([{"job_id": str(number)} for number in range(1, 251)])
        cloud.fault(operation="list", times=0, status=200, body=whole)
        rows[name] = (cloud, task)
    results = table(rows)
    for name, (cloud, dummy) in rows.items():
        assert cloud.calls().count("list") <= 12, (name, cloud.calls().count("list"))
    assert results["some"]["changed"] is True and not results["some"].get("failed")
    assert results["name"]["failed"] and results["name"]["changed"] is False  # it may be on a page that no one gets to see


def test_reading_a_list_whose_pages_are_all_the_same_ends(cloud: Cloud, play: Play) -> None:
    jobs = [{"job_id": str(number), "job_name": f"name-{number}", "status": 8} for number in range(1, 101)]
    body = {"is_success": True, "job_total_count": 250, "job_count_limit": 10, "quotas": 10, "jobs": jobs}
    cloud.fault(operation="list", times=0, status=200, body=body)
    run = play({"module": INFO})[0]
    assert cloud.calls().count("list") <= 12
    assert run.get("failed") or len({job["job_id"] for job in run["jobs"]}) == len(run["jobs"]) == 100


def test_a_list_too_long_for_one_answer_is_asked_for_in_smaller_pages(cloud: Cloud, play: Play) -> None:
    added = cloud.add_many([{"job_id": str(number), "job_desc": "d" * 5000} for number in range(1, 1001)])
    whole, gone = play({"module": INFO}, {**ABSENT, "job_ids": added[:2]})
    assert not whole.get("failed") and {job["job_id"] for job in whole["jobs"]} == set(added), whole.get("msg")
    assert gone["changed"] is True and not gone.get("failed")
    assert len(cloud.job_ids()) == 998
