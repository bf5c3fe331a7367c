# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of a project: what becomes of them in time, what is refused, and how they are listed. Without a process."""

from __future__ import annotations

import re
import time
import typing as t

import cloud
import pytest
from cloud import Jobs, Refusal
from conftest import Clock, Json

EVERY_STATUS = range(len(cloud.STATUS_NAMES))
SOUND: Json = {"job_name": "losses", "train_url": "/bucket/logs/"}


def refusal(call: t.Callable[[], t.Any]) -> Refusal:
    """Return how a call is refused."""
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value


def status(jobs: Jobs, job_id: str) -> t.Optional[int]:
    """Return the status of a job; ``None`` where there is none."""
    rows = {job["job_id"]: job["status"] for job in jobs.truth()}
    return rows.get(job_id)


def ids(answer: Json) -> t.List[str]:
    """Return the ids in an answer to list."""
    return [job["job_id"] for job in answer["jobs"]]


def seeded(jobs: Jobs, number: int) -> None:
    """Put jobs there, of ids from 1."""
    for job_id in range(1, number + 1):
        jobs.seed({"job_id": str(job_id)})


# --- time passes -------------------------------------------------------------------------------------------------


def test_a_job_is_deleted_only_after_a_while(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["delete_seconds"] = 7
    job_id = jobs.seed({})["job_id"]
    assert jobs.delete(job_id) == {"is_success": True}
    assert jobs.get(job_id)["status"] == 9
    clock.pass_by(6.9)
    assert jobs.get(job_id)["status"] == 9
    clock.pass_by(0.1)
    assert refusal(lambda: jobs.get(job_id)).code == "missing_job"
    assert jobs.list({})["job_total_count"] == 0


def test_a_job_is_stopped_only_after_a_while(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["stop_seconds"] = 7
    job_id = jobs.seed({})["job_id"]
    assert jobs.stop(job_id) == {"is_success": True}
    clock.pass_by(6.9)
    assert jobs.get(job_id)["status"] == 9
    clock.pass_by(0.1)
    assert jobs.get(job_id)["status"] == 12


def test_a_job_is_restarted_only_after_a_while(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["start_seconds"] = 7
    job_id = jobs.seed({"status": 12})["job_id"]
    assert jobs.restart(job_id) == {"is_success": True}
    clock.pass_by(6.9)
    assert jobs.get(job_id)["status"] == 4
    clock.pass_by(0.1)
    assert jobs.get(job_id)["status"] == 8


def test_a_job_that_is_created_runs_only_after_a_while(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["start_seconds"] = 7
    job_id = jobs.create(SOUND)["job_id"]
    clock.pass_by(6.9)
    assert jobs.get(job_id)["status"] == 1
    clock.pass_by(0.1)
    assert jobs.get(job_id)["status"] == 8


@pytest.mark.parametrize(("action", "before", "after"), [("delete", 8, None), ("stop", 8, 12), ("restart", 12, 8)])
def test_what_takes_no_time_is_done_at_once(jobs: Jobs, settings: Json, action: str, before: int, after: t.Optional[int]) -> None:
    settings.update(delete_seconds=0, stop_seconds=0, start_seconds=0)
    job_id = jobs.seed({"status": before})["job_id"]
    getattr(jobs, action)(job_id)
    assert status(jobs, job_id) == after


def test_a_job_that_is_being_stopped_cannot_be_deleted_until_it_is_stopped(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.seed({})["job_id"]
    jobs.stop(job_id)
    assert refusal(lambda: jobs.delete(job_id)).code == "ModelArts.0105"
    clock.pass_by(2)
    jobs.delete(job_id)
    assert status(jobs, job_id) == 9


@pytest.mark.parametrize(("fails", "end"), [(False, None), (True, 6), (["one"], 6), (["other"], None), ([], None)])
def test_a_deletion_fails_where_it_is_set_to(
    jobs: Jobs, settings: Json, clock: Clock, fails: t.Any, end: t.Optional[int]
) -> None:
    settings["delete_fails"] = fails
    jobs.seed({"job_id": "one"})
    jobs.delete("one")
    assert status(jobs, "one") == 9
    clock.pass_by(2)
    assert status(jobs, "one") == end


@pytest.mark.parametrize("end", [3, 5, 16, 22])
def test_a_start_fails_where_it_is_set_to(jobs: Jobs, settings: Json, clock: Clock, end: int) -> None:
    settings["start_fails"] = end
    created, restarted = jobs.create(SOUND)["job_id"], jobs.seed({"status": 12})["job_id"]
    jobs.restart(restarted)
    clock.pass_by(2)
    assert (status(jobs, created), status(jobs, restarted)) == (end, end)


def test_the_duration_grows_while_a_job_runs_and_only_then(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.seed({})["job_id"]
    clock.pass_by(10)
    assert jobs.get(job_id)["duration"] == 10_000
    jobs.stop(job_id)
    clock.pass_by(100)
    assert jobs.get(job_id)["duration"] == 10_000
    jobs.restart(job_id)
    clock.pass_by(2 + 5)
    assert jobs.get(job_id)["duration"] == 15_000


def test_the_time_of_creation_is_in_milliseconds(jobs: Jobs, clock: Clock) -> None:
    assert jobs.create(SOUND)["create_time"] == int(clock() * 1000)


# --- what is refused ---------------------------------------------------------------------------------------------

REFUSED_AT: t.Dict[str, t.Set[int]] = {
    "delete": {9},
    "stop": {3, 5, 6, 9, 10, 11, 12, 13, 14, 16, 17, 21, 22},
    "restart": {1, 2, 4, 7, 8, 9, 15, 18, 19, 20},
}


@pytest.mark.parametrize("at", EVERY_STATUS)
@pytest.mark.parametrize("action", REFUSED_AT)
def test_an_action_is_refused_in_some_statuses_and_then_changes_nothing(jobs: Jobs, action: str, at: int) -> None:
    job_id = jobs.seed({"status": at})["job_id"]
    if at in REFUSED_AT[action]:
        no = refusal(lambda: getattr(jobs, action)(job_id))
        assert (no.code, no.message) == ("ModelArts.0105", f"This job can't be {action}. job status: {at}")
        assert status(jobs, job_id) == at
    else:
        assert getattr(jobs, action)(job_id) == {"is_success": True}
        assert status(jobs, job_id) == (4 if action == "restart" else 9)


@pytest.mark.parametrize("action", REFUSED_AT)
def test_which_statuses_refuse_can_be_set(jobs: Jobs, settings: Json, action: str) -> None:
    settings[f"{action}_refused_at"] = [0]
    unknown, killing = jobs.seed({"status": 0})["job_id"], jobs.seed({"status": 9})["job_id"]
    assert refusal(lambda: getattr(jobs, action)(unknown)).code == "ModelArts.0105"
    assert getattr(jobs, action)(killing) == {"is_success": True}


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda jobs: jobs.get("99"), id="get"),
        pytest.param(lambda jobs: jobs.describe("99", {"job_desc": ""}), id="update"),
        pytest.param(lambda jobs: jobs.delete("99"), id="delete"),
        pytest.param(lambda jobs: jobs.stop("99"), id="stop"),
        pytest.param(lambda jobs: jobs.restart("99"), id="restart"),
        pytest.param(lambda jobs: jobs.patch("99", {}), id="patch"),
    ],
)
def test_a_job_that_does_not_exist_is_told_to_be_missing(jobs: Jobs, call: t.Callable[[Jobs], t.Any]) -> None:
    assert refusal(lambda: call(jobs)).code == "missing_job"


# --- create and update -------------------------------------------------------------------------------------------


def test_a_new_job_is_told_with_what_the_reference_says_and_no_more(jobs: Jobs) -> None:
    answer = jobs.create(SOUND)
    assert set(answer) == {"is_success", "job_id", "job_name", "status", "create_time", "service_url"}
    assert (answer["is_success"], answer["job_name"], answer["status"]) == (True, "losses", 1)


def test_details_have_no_is_success_and_nothing_that_does_not_come_back(jobs: Jobs) -> None:
    schedule = {"type": "stop", "time_unit": "HOURS", "duration": 1}
    asked = {**SOUND, "job_desc": "mine", "job_type": "mindinsight", "flavor": {"code": "f"}, "schedule": schedule}
    job = jobs.get(jobs.create(asked)["job_id"])
    assert {"is_success", "job_type", "flavor", "schedule", "workspace_id"} & set(job) == set()
    assert (job["job_name"], job["train_url"], job["job_desc"]) == ("losses", "/bucket/logs/", "mine")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"job_name": None}, id="no name"),
        pytest.param({"job_name": ""}, id="empty name"),
        pytest.param({"job_name": "x" * 21}, id="long name"),
        pytest.param({"job_name": "my job"}, id="name with a space"),
        pytest.param({"job_name": 7}, id="name that is a number"),
        pytest.param({"train_url": None}, id="no train_url"),
        pytest.param({"train_url": ""}, id="empty train_url"),
        pytest.param({"job_desc": "x" * 257}, id="long description"),
        pytest.param({"job_desc": None}, id="null description"),
        pytest.param({"job_type": "jupyter"}, id="unknown type"),
        pytest.param({"schedule": {"type": "stop", "time_unit": "HOURS", "duration": 25}}, id="25 hours"),
        pytest.param({"schedule": {"type": "stop", "time_unit": "HOURS", "duration": -1}}, id="-1 hours"),
        pytest.param({"schedule": {"type": "stop", "time_unit": "DAYS", "duration": 1}}, id="days"),
        pytest.param({"schedule": {"type": "start", "time_unit": "HOURS", "duration": 1}}, id="start"),
        pytest.param({"schedule": []}, id="empty schedule"),
        pytest.param({"schedule": "1h"}, id="schedule that is text"),
    ],
)
def test_a_job_that_cannot_be_is_not_created(jobs: Jobs, fields: Json) -> None:
    assert refusal(lambda: jobs.create({**SOUND, **fields})).code == "ModelArts.0104"
    assert jobs.truth() == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"job_name": "x" * 20}, id="name of 20"),
        pytest.param({"job_desc": "ä" * 256}, id="description of 256"),
        pytest.param({"job_type": "TensorBoard"}, id="TensorBoard"),
        pytest.param({"job_type": "mindinsight"}, id="mindinsight"),
        pytest.param({"schedule": {"type": "stop", "time_unit": "HOURS", "duration": 0}}, id="0 hours"),
        pytest.param({"schedule": {"type": "stop", "time_unit": "HOURS", "duration": 24}}, id="24 hours"),
        pytest.param({"schedule": [{"type": "stop", "time_unit": "HOURS", "duration": 1}]}, id="list of one schedule"),
    ],
)
def test_a_job_at_the_limits_is_created(jobs: Jobs, fields: Json) -> None:
    job_id = jobs.create({**SOUND, **fields})["job_id"]
    assert status(jobs, job_id) == 1


@pytest.mark.parametrize(("unique", "number"), [(False, 2), (True, 1)])
def test_a_second_job_of_a_name_is_refused_only_where_that_is_set(jobs: Jobs, settings: Json, unique: bool, number: int) -> None:
    settings["unique_names"] = unique
    jobs.create(SOUND)
    if unique:
        assert refusal(lambda: jobs.create(SOUND)).code == "ModelArts.0103"
    else:
        jobs.create(SOUND)
    assert len(jobs.truth()) == number


def test_no_more_jobs_are_created_than_the_project_may_have(jobs: Jobs, settings: Json) -> None:
    settings["job_count_limit"] = 2
    jobs.create(SOUND)
    jobs.create(SOUND)
    assert "quota" in refusal(lambda: jobs.create(SOUND)).message
    assert len(jobs.truth()) == 2


def test_the_description_can_be_changed_and_nothing_else(jobs: Jobs) -> None:
    before = jobs.seed({})
    assert jobs.describe(before["job_id"], {"job_desc": "new", "job_name": "new"}) == {"is_success": True}
    assert jobs.truth(before["job_id"]) == {**before, "job_desc": "new"}


@pytest.mark.parametrize("body", [{}, {"job_desc": None}, {"job_desc": 7}, {"job_desc": "x" * 257}])
def test_a_description_that_cannot_be_is_refused(jobs: Jobs, body: Json) -> None:
    job_id = jobs.seed({"job_desc": "old"})["job_id"]
    assert refusal(lambda: jobs.describe(job_id, body)).code == "ModelArts.0104"
    assert jobs.get(job_id)["job_desc"] == "old"


# --- list --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first", "length"),
    [
        pytest.param({}, "25", 10, id="ten if nothing is said"),
        pytest.param({"page": "2"}, "15", 10, id="second page"),
        pytest.param({"page": "3"}, "5", 5, id="last page"),
        pytest.param({"page": "4"}, None, 0, id="past the last page"),
        pytest.param({"per_page": "7", "page": "2"}, "18", 7, id="pages of seven"),
        pytest.param({"per_page": "1000"}, "25", 25, id="largest page"),
        pytest.param({"per_page": "1"}, "25", 1, id="smallest page"),
    ],
)
def test_the_list_comes_in_pages_that_all_tell_the_total(
    jobs: Jobs, query: t.Dict[str, str], first: t.Optional[str], length: int
) -> None:
    seeded(jobs, 25)
    answer = jobs.list(query)
    assert (answer["is_success"], answer["job_total_count"]) == (True, 25)
    assert len(answer["jobs"]) == length
    assert next(iter(ids(answer)), None) == first


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 20, 25])
def test_all_pages_together_hold_every_job_once(jobs: Jobs, number: int) -> None:
    seeded(jobs, number)
    found = [job_id for page in ("1", "2", "3") for job_id in ids(jobs.list({"page": page}))]
    assert found == [str(job_id) for job_id in range(number, 0, -1)]


@pytest.mark.parametrize(
    "query",
    [
        {"per_page": "0"},
        {"per_page": "1001"},
        {"per_page": "many"},
        {"page": "0"},
        {"page": "-1"},
        {"page": ""},
        {"sortBy": "duration"},
        {"order": "up"},
        {"search_content": "x" * 65},
    ],
    ids=str,
)
def test_a_query_that_cannot_be_is_refused(jobs: Jobs, query: t.Dict[str, str]) -> None:
    assert refusal(lambda: jobs.list(query)).code == "ModelArts.0104"


def test_a_page_larger_than_the_cap_is_cut_down(jobs: Jobs, settings: Json) -> None:
    settings["list_cap"] = 3
    seeded(jobs, 7)
    assert [ids(jobs.list({"per_page": "1000", "page": page})) for page in ("1", "2", "3")] == [
        ["7", "6", "5"],
        ["4", "3", "2"],
        ["1"],
    ]


def test_a_page_larger_than_the_cap_is_refused_where_that_is_set(jobs: Jobs, settings: Json) -> None:
    settings.update(list_cap=3, list_cap_mode="refuse")
    seeded(jobs, 7)
    assert refusal(lambda: jobs.list({"per_page": "4"})).code == "ModelArts.0104"
    assert len(jobs.list({"per_page": "3"})["jobs"]) == 3


@pytest.mark.parametrize(
    ("sort_by", "ascending"),
    [
        ("job_id", ["3", "9", "20"]),
        ("job_name", ["20", "3", "9"]),
        ("job_desc", ["9", "20", "3"]),
        ("create_time", ["20", "9", "3"]),
        ("status", ["3", "20", "9"]),
    ],
)
def test_jobs_are_sorted_by_each_key_both_ways_and_numbers_as_numbers(jobs: Jobs, sort_by: str, ascending: t.List[str]) -> None:
    jobs.seed({"job_id": "9", "job_name": "c", "job_desc": "k", "create_time": 20, "status": 12})
    jobs.seed({"job_id": "20", "job_name": "a", "job_desc": "l", "create_time": 3, "status": 8})
    jobs.seed({"job_id": "3", "job_name": "b", "job_desc": "m", "create_time": 100, "status": 1})
    assert ids(jobs.list({"sortBy": sort_by, "order": "asc"})) == ascending
    assert ids(jobs.list({"sortBy": sort_by, "order": "desc"})) == ascending[::-1]


def test_jobs_are_sorted_by_descending_id_where_nothing_is_said(jobs: Jobs) -> None:
    for job_id in ("9", "20", "3"):
        jobs.seed({"job_id": job_id})
    assert ids(jobs.list({})) == ["20", "9", "3"]


def test_search_matches_inside_the_name_and_status_matches_whole(jobs: Jobs) -> None:
    for job_id, name, at in (("1", "alpha-loss", 8), ("2", "beta-loss", 12), ("3", "beta-image", 1)):
        jobs.seed({"job_id": job_id, "job_name": name, "status": at})
    assert ids(jobs.list({"search_content": "loss"})) == ["2", "1"]
    assert ids(jobs.list({"search_content": "beta"})) == ["3", "2"]
    assert ids(jobs.list({"search_content": "x" * 64})) == []
    assert ids(jobs.list({"status": "1"})) == ["3"]
    filtered = jobs.list({"search_content": "loss", "status": "8"})
    assert (ids(filtered), filtered["job_total_count"]) == (["1"], 1)


def test_the_list_tells_how_many_more_jobs_can_be_created_and_how_many_may_run(jobs: Jobs, settings: Json) -> None:
    settings.update(job_count_limit=3, quotas=40)
    seeded(jobs, 2)
    assert [jobs.list({})[key] for key in ("quotas", "job_count_limit")] == [40, 1]
    seeded(jobs, 4)
    assert jobs.list({})["job_count_limit"] == 0


def test_more_jobs_may_be_started_than_may_run(jobs: Jobs, settings: Json) -> None:
    settings.update(quotas=1, start_seconds=0)
    started = [jobs.create(SOUND)["job_id"], jobs.create(SOUND)["job_id"], jobs.seed({"status": 12})["job_id"]]
    jobs.restart(started[-1])
    assert [status(jobs, job_id) for job_id in started] == [8, 8, 8], "no source says that it is refused"


def test_the_list_is_of_one_workspace_and_every_other_call_is_of_any(jobs: Jobs, settings: Json) -> None:
    settings["default_workspace"] = "home"
    default, other = jobs.create(SOUND)["job_id"], jobs.seed({"workspace_id": "w1"})["job_id"]
    assert ids(jobs.list({})) == ids(jobs.list({"workspace_id": "home"})) == [default]
    assert ids(jobs.list({"workspace_id": "w1"})) == [other]
    assert ids(jobs.list({"workspace_id": "w2"})) == []
    assert jobs.get(other)["job_id"] == other
    assert jobs.describe(other, {"job_desc": "new"}) == jobs.delete(other) == {"is_success": True}


@pytest.mark.parametrize(("knows", "workspace"), [(False, "0"), (True, "w1")])
def test_a_job_is_created_in_another_workspace_only_where_that_is_set(
    jobs: Jobs, settings: Json, knows: bool, workspace: str
) -> None:
    settings["create_knows_workspaces"] = knows
    job_id = jobs.create({**SOUND, "workspace_id": "w1"})["job_id"]
    assert jobs.truth(job_id)["workspace_id"] == workspace
    assert jobs.truth(jobs.create({**SOUND, "workspace_id": None})["job_id"])["workspace_id"] == "0"


def test_the_first_page_comes_again_and_again_where_that_is_set(jobs: Jobs, settings: Json) -> None:
    seeded(jobs, 5)
    settings["page_ignored"] = True
    assert [ids(jobs.list({"per_page": "2", "page": page})) for page in ("1", "2", "99")] == [["5", "4"]] * 3
    assert refusal(lambda: jobs.list({"page": "0"})).code == "ModelArts.0104"


def test_ten_thousand_jobs_cost_no_more_each_than_ten(jobs: Jobs, clock: Clock) -> None:
    begin = time.process_time()
    for dummy in range(10_000):
        jobs.seed({"job_desc": "x" * 5000})
    pages = [jobs.list({"per_page": "1000", "page": str(page)})["jobs"] for page in range(1, 11)]
    assert len({job["job_id"] for page in pages for job in page}) == 10_000
    for page in pages:
        for job in page:
            jobs.delete(job["job_id"])
    clock.pass_by(2)
    assert jobs.list({})["job_total_count"] == 0
    assert time.process_time() - begin < 20, "it was two minutes when each call looked at every job"


# --- what is seen late, or never ---------------------------------------------------------------------------------


def test_a_list_that_lags_tells_what_was_and_details_tell_what_is(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings.update(list_lag_seconds=10, start_seconds=0, stop_seconds=3, delete_seconds=1)

    def seen() -> t.Dict[str, int]:
        return {job["job_id"]: job["status"] for job in jobs.list({})["jobs"]}

    jobs.seed({"job_id": "1"})
    jobs.seed({"job_id": "2"})
    jobs.seed({"job_id": "3"})
    assert seen() == {"1": 8, "2": 8, "3": 8}, "what is seeded was always there"
    jobs.stop("1")
    jobs.delete("2")
    jobs.vanish("3")
    created = jobs.create(SOUND)["job_id"]
    appeared = jobs.appear({"status": 7})["job_id"]
    clock.pass_by(9.9)
    assert [status(jobs, one) for one in ("1", "2", "3", created, appeared)] == [12, None, None, 8, 7]
    assert (jobs.get("1")["status"], refusal(lambda: jobs.get("2")).code) == (12, "missing_job")
    assert seen() == {"1": 8, "2": 8, "3": 8}
    clock.pass_by(0.1)
    assert seen() == {"1": 9, "2": 9, created: 8, appeared: 7}
    clock.pass_by(1)
    assert seen() == {"1": 9, created: 8, appeared: 7}
    clock.pass_by(2)
    assert seen() == {"1": 12, created: 8, appeared: 7}


def test_a_list_that_lags_is_filtered_sorted_and_counted_as_it_was(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings.update(list_lag_seconds=10, job_count_limit=5)
    jobs.seed({"job_id": "1", "status": 12})
    jobs.seed({"job_id": "2", "duration": 7000})
    clock.pass_by(100)
    jobs.patch("2", {"status": 11})
    jobs.patch("1", {"status": 22})
    jobs.vanish("1")
    clock.pass_by(5)
    assert ids(jobs.list({"sortBy": "status", "order": "asc"})) == ["2", "1"]
    told = jobs.list({"status": "8"})
    assert (ids(told), told["job_total_count"], told["job_count_limit"]) == (["2"], 1, 3)
    assert [told["jobs"][0]["duration"], jobs.get("2")["duration"]] == [102_000, 107_000]
    settings["list_lag_seconds"] = 0
    assert (ids(jobs.list({"status": "8"})), ids(jobs.list({}))) == ([], ["2"]), "another replica"


def test_a_job_that_is_put_there_again_is_listed_once(jobs: Jobs, settings: Json) -> None:
    settings["list_lag_seconds"] = 10
    jobs.seed({"job_id": "1"})
    jobs.vanish("1")
    jobs.seed({"job_id": "1"})
    jobs.seed({"job_id": "1", "status": 11})
    assert [(job["job_id"], job["status"]) for job in jobs.list({})["jobs"]] == [("1", 11)]


def test_the_details_of_a_new_job_are_missing_for_as_long_as_is_set(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["get_lag_seconds"] = 3
    old, new = jobs.seed({})["job_id"], jobs.create(SOUND)["job_id"]
    clock.pass_by(2.9)
    assert refusal(lambda: jobs.get(new)).code == "missing_job"
    assert jobs.get(old)["status"] == 8
    assert ids(jobs.list({})) == [new, old]
    assert jobs.stop(new) == {"is_success": True}, "only the details lag"
    clock.pass_by(0.1)
    assert jobs.get(new)["status"] == 9


@pytest.mark.parametrize(
    ("shown_after", "seen"),
    [(0, [9, 9, 9, 9, None]), (2, [8, 8, 9, 9, None]), (4, [8, 8, 8, 8, None]), (None, [8, 8, 8, 8, None])],
    ids=str,
)
def test_a_deletion_is_seen_at_once_or_later_or_not_before_it_is_done(
    jobs: Jobs, settings: Json, clock: Clock, shown_after: t.Optional[int], seen: t.List[t.Optional[int]]
) -> None:
    settings.update(delete_seconds=4, delete_shown_after=shown_after)
    job_id = jobs.seed({})["job_id"]
    jobs.delete(job_id)
    assert jobs.truth(job_id)["deleting"] is True
    told = []
    for dummy in range(5):
        told.append(status(jobs, job_id))
        clock.pass_by(1)
    assert told == seen


@pytest.mark.parametrize("shown_after", [0, None])
def test_a_deletion_that_fails_is_over(jobs: Jobs, settings: Json, clock: Clock, shown_after: t.Optional[int]) -> None:
    settings.update(delete_fails=True, delete_shown_after=shown_after)
    job_id = jobs.seed({})["job_id"]
    jobs.delete(job_id)
    clock.pass_by(2)
    assert (jobs.truth(job_id)["status"], jobs.truth(job_id)["deleting"]) == (6, False)
    settings["delete_fails"] = False
    assert jobs.delete(job_id) == {"is_success": True}
    clock.pass_by(2)
    assert status(jobs, job_id) is None


@pytest.mark.parametrize(("shown_after", "shown"), [(0, 9), (None, 8)])
@pytest.mark.parametrize("again", ["refuse", "accept"])
def test_a_second_deletion_is_refused_or_accepted_and_changes_nothing(
    jobs: Jobs, settings: Json, clock: Clock, shown_after: t.Optional[int], shown: int, again: str
) -> None:
    settings.update(delete_shown_after=shown_after, delete_again=again)
    job_id = jobs.seed({})["job_id"]
    jobs.delete(job_id)
    clock.pass_by(1)
    if again == "accept":
        assert jobs.delete(job_id) == {"is_success": True}
    else:
        no = refusal(lambda: jobs.delete(job_id))
        assert (no.code, no.message) == ("ModelArts.0105", f"This job can't be delete. job status: {shown}")
    clock.pass_by(1)
    assert status(jobs, job_id) is None, "the first one ends when it would have"


def test_accepting_a_second_deletion_says_nothing_of_a_first_at_killing(jobs: Jobs, settings: Json) -> None:
    settings["delete_again"] = "accept"
    job_id = jobs.seed({})["job_id"]
    jobs.stop(job_id)
    assert refusal(lambda: jobs.delete(job_id)).code == "ModelArts.0105"


@pytest.mark.parametrize("action", ["stop", "restart"])
def test_a_deletion_that_is_not_seen_cannot_be_undone(jobs: Jobs, settings: Json, clock: Clock, action: str) -> None:
    settings.update(delete_shown_after=None, stop_refused_at=[], restart_refused_at=[])
    job_id = jobs.seed({"status": 12})["job_id"]
    jobs.delete(job_id)
    assert refusal(lambda: getattr(jobs, action)(job_id)).code == "ModelArts.0105"
    clock.pass_by(2)
    assert status(jobs, job_id) is None


# --- what not every edition of the API tells ---------------------------------------------------------------------

HOURS: Json = {"type": "stop", "time_unit": "HOURS", "duration": 2}


@pytest.mark.parametrize("given", [HOURS, [HOURS]], ids=["object", "list"])
def test_the_auto_stop_comes_back_where_that_is_set_and_otherwise_than_it_was_given(
    jobs: Jobs, settings: Json, given: t.Any
) -> None:
    settings["schedule_shown"] = True
    with_one, without = jobs.create({**SOUND, "schedule": given})["job_id"], jobs.create(SOUND)["job_id"]
    told = [{"type": "stop", "timeUnit": "HOURS", "duration": 2}]
    assert (jobs.get(with_one)["schedule"], jobs.get(without).get("schedule")) == (told, None)
    assert [job.get("schedule") for job in jobs.list({})["jobs"]] == [None, told]


def test_the_time_until_the_auto_stop_is_told_where_that_is_set(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["start_seconds"] = 0
    with_one, without = jobs.create({**SOUND, "schedule": HOURS})["job_id"], jobs.create(SOUND)["job_id"]
    seeded_one = jobs.seed({"remaining_duration": 5})["job_id"]
    assert "remaining_duration" not in jobs.get(with_one)
    settings["remaining_duration_shown"] = True
    clock.pass_by(60)
    assert [jobs.get(one)["remaining_duration"] for one in (with_one, without, seeded_one)] == [7_140_000, None, 5]
    clock.pass_by(100_000)
    assert jobs.get(with_one)["remaining_duration"] == 0


# --- behind the API's back ---------------------------------------------------------------------------------------


def test_a_seeded_job_is_as_it_was_said_to_be_and_else_running(jobs: Jobs) -> None:
    plain = jobs.seed({})
    assert (plain["status"], plain["workspace_id"], plain["job_desc"]) == (8, "0", "")
    assert re.fullmatch(r"\d+", plain["job_id"])
    said = {"job_id": "7", "job_name": "n", "status": 14, "job_desc": "d", "create_time": 5, "duration": 6, "new": "field"}
    made = jobs.seed({**said, "workspace_id": "w"})
    assert {key: made[key] for key in said} == said
    assert made["workspace_id"] == "w"
    assert jobs.get("7")["new"] == "field"


def test_a_job_that_vanishes_is_gone_at_once_and_may_be_gone_already(jobs: Jobs) -> None:
    job_id = jobs.seed({})["job_id"]
    jobs.vanish(job_id)
    jobs.vanish(job_id)
    assert jobs.truth() == []


def test_the_truth_tells_what_the_api_does_not(jobs: Jobs) -> None:
    own = {"job_type": "mindinsight", "flavor": {"code": "f"}, "schedule": HOURS}
    job_id = jobs.create({**SOUND, **own})["job_id"]
    assert own.items() <= jobs.truth(job_id).items()
    assert set(jobs.truth(job_id)) - set(jobs.get(job_id)) == {*own, "workspace_id", "deleting", "then"}


def test_what_is_seeded_is_not_held_to_what_the_caller_does_with_it(jobs: Jobs) -> None:
    fields = {"job_id": "1", "status": 8, "workspace_id": "w"}
    jobs.seed(fields)
    assert fields == {"job_id": "1", "status": 8, "workspace_id": "w"}


def test_a_duration_set_from_outside_counts_on(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.seed({})["job_id"]
    clock.pass_by(10)
    assert jobs.patch(job_id, {"duration": 1_000_000})["duration"] == 1_000_000
    clock.pass_by(10)
    assert jobs.get(job_id)["duration"] == 1_010_000


def test_a_status_set_from_outside_ends_a_deletion(jobs: Jobs, settings: Json, clock: Clock) -> None:
    settings["delete_shown_after"] = None
    job_id = jobs.seed({})["job_id"]
    jobs.delete(job_id)
    assert jobs.patch(job_id, {"status": 9})["deleting"] is False
    clock.pass_by(10)
    assert status(jobs, job_id) == 9


def test_a_status_set_from_outside_stays(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.seed({})["job_id"]
    jobs.delete(job_id)
    assert jobs.patch(job_id, {"status": 14, "job_name": "other", "workspace_id": "w"})["then"] == []
    clock.pass_by(1000)
    assert jobs.truth(job_id)["status"] == 14
    assert [job["job_name"] for job in jobs.list({"workspace_id": "w"})["jobs"]] == ["other"]


def test_what_is_to_come_is_told(jobs: Jobs, clock: Clock) -> None:
    job_id = jobs.seed({})["job_id"]
    jobs.stop(job_id)
    assert jobs.truth(job_id)["then"] == [(clock() + 2, 12)]
