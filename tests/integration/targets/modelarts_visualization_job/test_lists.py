# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of several pages, and what may be wrong with them."""

from __future__ import annotations

import typing as t

from conftest import INFO, Cloud, Clouds, Play, Result, Row, Table

ABSENT: Result = {"state": "absent", "wait_timeout": 25}


def test_a_job_that_goes_and_one_that_comes_between_two_pages_hide_no_third(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    # Whichever way the pages are sorted, in one of the two a job slides onto the page that was read already.
    for name, (gone, new) in {"ascending": ("1050", "2000"), "descending": ("1200", "0500")}.items():
        cloud = clouds(list_cap=100)
        cloud.add_many([{"job_id": str(number)} for number in range(1000, 1250)])
        effects = [{"vanish": gone}, {"create": {"job_id": new, "job_name": "new"}}]
        cloud.fault(operation="list", query={"page": "2"}, effects=effects)
        rows[name] = (cloud, {"sort_by": "job_id"})
    for name, result in table(rows, module=INFO).items():
        found = [job["job_id"] for job in result["jobs"]]
        there = rows[name][0].job_ids()
        assert not there - set(found), (name, there - set(found))
        assert len(found) == len(set(found)) and result["total_count"] == len(found)


def test_a_server_that_ignores_the_page_is_asked_a_few_times_only(clouds: Clouds, table: Table) -> None:
    tasks: t.Dict[str, Result] = {
        "many": {**ABSENT, "job_ids": ["1", "2", "249", "250"], "wait": False},
        "no such name": {**ABSENT, "name": "no-such-job", "wait_timeout": 10},
    }
    rows: t.Dict[str, Row] = {}
    for name, task in tasks.items():
        cloud = clouds(list_cap=100, page_ignored=True)
        # All match the search and none has the name, but of most no page tells.
        cloud.add_many([{"job_id": str(number), "job_name": "no-such-job-here"} for number in range(1, 251)])
        rows[name] = (cloud, task)
    results = table(rows)
    read = {name: cloud.calls().count("list") for name, (cloud, dummy) in rows.items()}
    assert read["many"] <= 12 and read["no such name"] <= 150, read  # of which the latter may look again until its time is over
    assert results["many"]["changed"] is True and not results["many"].get("failed")
    assert rows["many"][0].changing() == ["delete"] * 4
    # It may be on a page that no one gets to see.
    assert results["no such name"]["failed"] and results["no such name"]["changed"] is False


def test_reading_a_list_whose_pages_are_all_the_same_ends(cloud: Cloud, play: Play) -> None:
    cloud.set(list_cap=100, page_ignored=True)
    cloud.add_many([{"job_id": str(number)} for number in range(1, 251)])
    run = play({"module": INFO, "timeout": 15})[0]
    assert cloud.calls().count("list") <= 12
    assert run.get("failed") or len({job["job_id"] for job in run["jobs"]}) == len(run["jobs"]) == 100


def test_a_list_too_long_for_one_answer_is_asked_for_in_smaller_pages(cloud: Cloud, play: Play) -> None:
    added = cloud.add_many([{"job_id": str(number), "job_desc": "d" * 5000} for number in range(1, 1001)])
    whole, gone = play({"module": INFO}, {**ABSENT, "job_ids": added[:2]})
    assert not whole.get("failed") and {job["job_id"] for job in whole["jobs"]} == set(added), whole.get("msg")
    assert gone["changed"] is True and not gone.get("failed")
    assert len(cloud.job_ids()) == 998
