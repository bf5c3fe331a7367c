# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the info module asks for, and how it tells what it gets."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.modules import modelarts_visualization_job_info as module
from ansible_collections.otc.modelarts.tests.unit.plugins.modules.conftest import (
    FORBIDDEN,
    GONE,
    LOST,
    Calls,
    Fields,
    Runner,
    answer,
    job,
    listed,
    refused,
    shown,
)

SOME = [
    job(8, "9", job_name="night", create_time=10**12 + 3),
    job(12, "10", job_name="day", create_time=str(10**12 + 1)),
    job(11, "11", job_name="night-2", create_time=10**12 + 2),
]


def ids(result: Fields) -> t.List[str]:
    """Return the ids of the jobs that a result tells, in order."""
    return [one["job_id"] for one in result["jobs"]]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("options", "expected", "total"),
    [
        ({}, ["9", "11", "10"], 3),
        ({"order": "asc"}, ["10", "11", "9"], 3),
        ({"sort_by": "job_id", "order": "asc"}, ["9", "10", "11"], 3),
        ({"sort_by": "job_name", "order": "asc"}, ["10", "9", "11"], 3),
        ({"sort_by": "status"}, ["10", "11", "9"], 3),
        ({"status": ["running"]}, ["9"], 1),
        ({"status": ["8", "KILLED"]}, ["9", "10"], 2),
        ({"status": ["99"]}, [], 0),
        ({"status": ["JOBSTAT_RUNNING"]}, ["9"], 1),
        ({"state": ["stopped", "failed"]}, ["11", "10"], 2),
        ({"state": ["running"], "status": ["12"]}, [], 0),
        ({"older_than": "1d"}, ["9", "11", "10"], 3),
        ({"newer_than": "1d"}, [], 0),
        ({"wait": True}, ["9", "11", "10"], 3),
        ({"limit": 2}, ["9", "11"], 3),
    ],
    ids=str,
)
def test_all_jobs_are_read_filtered_sorted_and_limited(
    run: Runner, options: Fields, expected: t.List[str], total: int, check_mode: bool
) -> None:
    done = run(module, options, [("LIST 1", listed(*SOME))], check_mode).result
    assert ids(done) == expected and done["total_count"] == total
    assert (done["job_count_limit"], done["quotas"], done["changed"]) == (40, 50, False)


def test_pages_are_read_to_the_end(run: Runner) -> None:
    numbers = [job(8, str(number)) for number in range(250)]
    calls: Calls = [(f"LIST {page + 1}", listed(*numbers[page * 100 : page * 100 + 100], total=250)) for page in range(3)]
    assert sorted(ids(run(module, {}, calls * 2).result), key=int) == [str(number) for number in range(250)]


def test_a_name_is_exact_and_a_search_is_not(run: Runner) -> None:
    found = listed(SOME[0], SOME[2])
    assert ids(run(module, {"name": "night"}, [("LIST 1 night", found)]).result) == ["9"]
    assert ids(run(module, {"search": "night"}, [("LIST 1 night", found)]).result) == ["9", "11"]


def test_one_job_by_its_id_without_the_list(run: Runner) -> None:
    done = run(module, {"job_id": "10"}, [("GET 10", shown())]).result
    assert ids(done) == ["10"] and done["total_count"] == 1
    assert done["job_count_limit"] is None and done["quotas"] is None


@pytest.mark.parametrize("calls", [[("GET 10", GONE)], [("GET 10", answer(404, {})), ("LIST 1", listed())] * 2])
def test_an_unknown_id_is_no_job_and_no_failure(run: Runner, calls: Calls) -> None:
    done = run(module, {"job_id": "10"}, calls).result
    assert done["jobs"] == [] and done["total_count"] == 0 and not done.get("failed")


@pytest.mark.parametrize(
    ("options", "calls", "said", "code"),
    [
        ({}, [("LIST 1", FORBIDDEN)], "modelarts:tensorboard", "ModelArts.0108"),
        ({}, [("LIST 1", listed(total=1))] * 6, "never complete", None),
        ({"api_retries": 0}, [("LIST 1", LOST)], "broke before the answer", None),
        ({}, [("LIST 1", answer(200, {"jobs": 5}))], "not a list of jobs", None),
    ],
)
def test_what_cannot_be_read_is_a_failure(run: Runner, options: Fields, calls: Calls, said: str, code: t.Optional[str]) -> None:
    done = run(module, options, calls).result
    assert done["failed"] and said in done["msg"] and done.get("error_code") == code
    assert done["msg"].startswith("Cannot read the visualization jobs: ")


@pytest.mark.parametrize(
    ("calls", "said", "code"),
    [
        ([("GET 10", FORBIDDEN), ("LIST 1", FORBIDDEN)], "Ask for the right modelarts:tensorboard:get", "ModelArts.0108"),
        ([("GET 10", refused("APIGW.0101", 404))], "Check endpoint and region_name", "APIGW.0101"),
    ],
)
def test_one_job_that_cannot_be_read_is_a_failure(run: Runner, calls: Calls, said: str, code: str) -> None:
    done = run(module, {"job_id": "10"}, calls).result
    assert done["failed"] and said in done["msg"] and done["error_code"] == code
    assert done["msg"].startswith("Cannot read visualization job 10: ")


@pytest.mark.parametrize("options", [{"name": "night"}, {"search": "night"}, {}], ids=str)
def test_a_job_that_one_list_lacks_is_looked_for_again(run: Runner, options: Fields) -> None:
    page = "LIST 1 night" if options else "LIST 1"
    calls: Calls = [(page, listed()), (page, listed(SOME[0]))]
    done = run(module, options, calls)
    assert ids(done.result) == ["9"] and done.seconds == 2


def test_a_list_that_holds_other_jobs_is_read_once(run: Runner) -> None:
    done = run(module, {"status": ["failed"]}, [("LIST 1", listed(SOME[0]))])
    assert ids(done.result) == [] and done.seconds == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"job_id": "a/b"}, "job_id must be 1 to 64 of"),
        ({"name": ""}, "name is given, but has no value"),
        ({"name": None}, "name is given, but has no value"),
        ({"job_id": None}, "job_id is given, but has no value"),
        ({"visualization_id": " "}, "job_id is given, but has no value"),
        ({"status": []}, "status is given, but has no value"),
        ({"status": ["running", ""]}, "status is given, but has no value"),
        ({"older_than": ""}, "older_than is given, but has no value"),
        ({"older_than": "soon"}, "older_than must be a number with a unit"),
        ({"newer_than": "-1d"}, "newer_than must be a number with a unit"),
        ({"search": "s" * 65}, "search must be at most 64"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"status": ["sleeping"]}, "'sleeping' is none of"),
        ({"job_id": "1", "name": "n"}, "mutually exclusive"),
        ({"name": "n", "search": "n"}, "mutually exclusive"),
    ],
    ids=str,
)
def test_bad_options_are_refused_before_any_request(run: Runner, options: Fields, said: str) -> None:
    done = run(module, options, []).result
    assert done["failed"] and said in done["msg"]
