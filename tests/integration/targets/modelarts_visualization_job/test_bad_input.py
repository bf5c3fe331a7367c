# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that cannot be meant: refused in one line before any request, and no job is the wrong one."""

from __future__ import annotations

import typing as t

from conftest import INFO, Cloud, Play, Result

ABSENT: Result = {"state": "absent", "job_id": "10"}


def failed(result: Result, *said: str) -> bool:
    """Tell whether a task failed with a message of one line that says all this."""
    return bool(result.get("failed")) and all(one in result["msg"] for one in said) and "\n" not in result["msg"]


def test_what_cannot_be_a_job_id_is_refused_before_any_request(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    *alone, together, info = play(
        *({"state": "absent", "job_id": one} for one in ("10/stop", "10\n", "x" * 65, "\uff11\uff10")),
        {"state": "absent", "visualization_id": ".."},
        {"state": "absent", "job_ids": ["10", "10/stop"]},
        {"module": INFO, "job_id": "../10"},
    )
    for result in alone:
        assert failed(result, "job_id must be 1 to 64 of A-Z, a-z, 0-9, _ and -") and result["changed"] is False, result.get(
            "msg"
        )
    assert failed(together, "job_ids must be 1 to 64", "'10/stop'") and together["changed"] is False
    assert failed(info, "job_id must be 1 to 64", "'../10'")
    assert cloud.log() == []
    assert cloud.job_ids() == {"10"}


def test_ids_of_64_characters_and_ids_that_yaml_reads_as_numbers_are_ids(cloud: Cloud, play: Play) -> None:
    longest = cloud.add("Az_-" * 16)
    cloud.add("10")
    alone, together = play({"state": "absent", "job_id": longest}, {"state": "absent", "job_ids": [10]})
    assert alone["changed"] is True and together["changed"] is True
    assert together["jobs"][0]["job_id"] == "10"
    assert cloud.job_ids() == set()


def test_a_name_is_exact_and_two_jobs_of_it_are_an_error_that_lists_their_ids(cloud: Cloud, play: Play) -> None:
    for job_id in ("10", "11"):
        cloud.add(job_id, job_name="twin")
    cloud.add("12", job_name="twin-3")
    absent = {"state": "absent", "name": "twin"}
    *results, part = play(
        absent,
        {**absent, "check_mode": True},
        {"state": "stopped", "name": "twin"},
        {"name": "twin", "train_url": "/other/", "recreate": True},
        {"state": "absent", "name": "twin-"},
    )
    for result in results:
        assert failed(result, "twin", "10", "11", "job_id") and result["changed"] is False, result.get("msg")
        assert "12" not in result["msg"]
    assert part["changed"] is False and not part.get("failed")
    assert cloud.changing() == []
    assert cloud.job_ids() == {"10", "11", "12"}


def test_an_empty_list_changes_nothing_and_asks_nothing(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    results = play(
        {"state": "absent", "job_ids": []},
        {"state": "absent", "job_ids": [], "environment": {"OS_ACCESS_KEY": "", "OS_SECRET_KEY": ""}},
        environ={**cloud.access_key(), **cloud.password()},
    )
    for result in results:
        assert result["changed"] is False and not result.get("failed")
        assert result["jobs"] == []
    assert cloud.log() == []
    assert cloud.job_ids() == {"10"}


def test_options_that_exclude_each_other_or_are_out_of_range_are_refused_before_any_request(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cases: t.List[t.Tuple[Result, t.List[str]]] = [
        ({**ABSENT, "name": "name-10", "job_ids": ["10"]}, ["mutually exclusive", "job_id", "job_ids", "name"]),
        ({"state": "absent"}, ["one of the following is required", "job_id", "job_ids", "name"]),
        ({"module": INFO, "job_id": "10", "name": "name-10"}, ["mutually exclusive", "job_id", "name"]),
        ({"state": "absent", "name": "x" * 21}, ["name must be 1 to 20"]),
        ({**ABSENT, "wait_timeout": 0}, ["wait_timeout must be at least 1", "0"]),
        ({**ABSENT, "wait_sleep": 0}, ["wait_sleep must be at least"]),
        ({**ABSENT, "api_timeout": 0}, ["api_timeout must be at least 1"]),
        ({**ABSENT, "state": "gone"}, ["state", "absent", "gone"]),
        ({"job_ids": ["10"]}, ["job_ids", "present"]),
        ({"name": "new", "train_url": "/bucket/", "auto_stop_hours": 25}, ["auto_stop_hours must be 0 to 24", "25"]),
        ({"module": INFO, "status": ["running", "sleeping"]}, ["status", "sleeping", "delete_failed"]),
    ]
    results = play(*(options for options, dummy in cases))
    for result, (dummy, said) in zip(results, cases):
        assert failed(result, *said), (said, result.get("msg"))
    assert cloud.log() == []
    assert cloud.job_ids() == {"10"}
