# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of a project: what becomes of them in time, what is refused, and how they are listed. Without a process."""

from __future__ import annotations

import typing as t

import pytest
from cloud import Refusal
from conftest import HOURS, SOUND, Json, World

DONE = {"is_success": True}
REFUSED = "ModelArts.0104"


def refusal(call: t.Callable[..., t.Any], *arguments: t.Any) -> t.Tuple[str, str]:
    """Return the code and the message with which a call is refused."""
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    return caught.value.code, caught.value.message


def ids(answer: Json) -> t.List[str]:
    """Return the ids in an answer to list."""
    return [job["job_id"] for job in answer["jobs"]]


@pytest.mark.parametrize("seconds", [0, 7])
@pytest.mark.parametrize(
    ("action", "statuses", "changes"),
    [
        ("delete", [8, 9, None], {"delete_fails": []}),
        ("delete", [8, 9, None], {"delete_fails": ["another"]}),
        ("delete", [8, 9, 6], {"delete_fails": ["one"]}),
        ("delete", [8, 9, 6], {"delete_fails": True}),
        ("stop", [8, 9, 12], {}),
        ("restart", [12, 4, 8], {}),
        ("restart", [12, 4, 22], {"start_fails": 22}),
        ("create", [8, 1, 8], {}),
        ("create", [8, 1, 5], {"start_fails": 5}),
    ],
)
def test_an_action_has_its_effect_after_the_time_that_is_set(
    jobs: World, action: str, statuses: t.List[t.Optional[int]], changes: Json, seconds: int
) -> None:
    """``statuses``: before, during and after."""
    jobs.set(delete_seconds=seconds, stop_seconds=seconds, start_seconds=seconds, **changes)
    jobs.seed({"job_id": "one", "status": statuses[0]})
    job_id = jobs.create(SOUND)["job_id"] if action == "create" else "one"
    assert action == "create" or getattr(jobs, action)(job_id) == DONE
    for passing in (0, 6.9) if seconds else ():
        jobs.clock.pass_by(passing)
        assert jobs.get(job_id)["status"] == jobs.statuses()[job_id] == statuses[1]
    jobs.clock.pass_by(0.1 if seconds else 0)
    assert jobs.statuses().get(job_id) == statuses[2]


def test_a_job_that_is_being_stopped_cannot_be_deleted_until_it_is_stopped(jobs: World) -> None:
    jobs.set(delete_again="accept")  # which is about a deletion only
    job_id = jobs.seed({})["job_id"]
    jobs.stop(job_id)
    assert refusal(jobs.delete, job_id)[0] == "ModelArts.0105"
    jobs.clock.pass_by(2)
    assert jobs.delete(job_id) == DONE


def test_the_duration_grows_while_a_job_runs_and_only_then(jobs: World) -> None:
    job_id, told = jobs.seed({})["job_id"], []
    for seconds, action in ((10, jobs.stop), (100, jobs.restart), (7, jobs.stop)):
        jobs.clock.pass_by(seconds)
        told.append(jobs.get(job_id)["duration"])
        action(job_id)
    assert told == [10_000, 10_000, 15_000], "milliseconds; two seconds of the last seven went by before it ran"
    jobs.patch(job_id, {"status": 8})
    assert jobs.patch(job_id, {"duration": 1_000_000})["duration"] == 1_000_000
    jobs.clock.pass_by(10)
    assert jobs.get(job_id)["duration"] == 1_010_000


@pytest.mark.parametrize(
    ("action", "refused", "shown"),
    [
        ("delete", {9}, 9),
        ("stop", {3, 5, 6, 9, 10, 11, 12, 13, 14, 16, 17, 21, 22}, 9),
        ("restart", {1, 2, 4, 7, 8, 9, 15, 18, 19, 20}, 4),
    ],
)
def test_an_action_is_refused_in_some_statuses_and_then_changes_nothing(
    jobs: World, action: str, refused: t.Set[int], shown: int
) -> None:
    act = getattr(jobs, action)
    for at in range(23):
        job_id = jobs.seed({"status": at})["job_id"]
        if at in refused:
            assert refusal(act, job_id) == ("ModelArts.0105", f"This job can't be {action}. job status: {at}")
        else:
            assert act(job_id) == DONE
        assert jobs.statuses()[job_id] == (at if at in refused else shown)
    jobs.set(**{f"{action}_refused_at": [0]})
    unknown, killing = jobs.seed({"status": 0})["job_id"], jobs.seed({"status": 9})["job_id"]
    assert (refusal(act, unknown)[0], act(killing)) == ("ModelArts.0105", DONE)


def test_what_comes_back_of_a_new_job_is_what_the_reference_says_and_no_more(jobs: World) -> None:
    own = {"job_type": "mindinsight", "flavor": {"code": "f"}, "schedule": HOURS}
    created = jobs.create({**SOUND, "job_desc": "mine", **own})
    assert set(created) == {"is_success", "job_id", "job_name", "status", "create_time", "service_url"}
    job, truth = jobs.get(created["job_id"]), jobs.truth(created["job_id"])
    told = "job_id job_name status create_time duration job_desc service_url train_url resource_id"
    assert set(job) == set(told.split())
    assert {**SOUND, "job_desc": "mine"}.items() <= job.items()
    assert own.items() <= truth.items()
    assert set(truth) - set(job) == {*own, "workspace_id", "deleting", "then"}


@pytest.mark.parametrize(
    ("fields", "created"),
    [
        *(({"job_name": name}, False) for name in (None, "", "x" * 21, "my job", 7)),
        ({"job_name": "aZ09_-" + "x" * 14}, True),
        *(({"train_url": url}, False) for url in (None, "")),
        *(({"job_desc": description}, False) for description in (None, "x" * 257)),
        ({"job_desc": "ä" * 256}, True),
        ({"job_type": "jupyter"}, False),
        *(({"job_type": kind}, True) for kind in ("TensorBoard", "MindInsight", "mindinsight")),
        *(({"schedule": {**HOURS, "duration": hours}}, hours in (0, 24)) for hours in (-1, 0, 24, 25, "1")),
        *(({"schedule": {**HOURS, **wrong}}, False) for wrong in ({"time_unit": "DAYS"}, {"type": "start"})),
        *(({"schedule": schedule}, schedule == [HOURS]) for schedule in ([HOURS], [], "1h")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_job_is_created_with_has_limits(jobs: World, fields: Json, created: bool) -> None:
    body = {**SOUND, **fields}
    assert jobs.create(body)["status"] == 1 if created else refusal(jobs.create, body)[0] == REFUSED
    assert len(jobs.truth()) == created


@pytest.mark.parametrize(
    ("changes", "code"), [({}, None), ({"unique_names": True}, "ModelArts.0103"), ({"job_count_limit": 1}, REFUSED)]
)
def test_a_second_job_is_refused_only_where_that_is_set(jobs: World, changes: Json, code: t.Optional[str]) -> None:
    jobs.set(quotas=1, start_seconds=0, **changes)
    jobs.create(SOUND)
    assert refusal(jobs.create, SOUND)[0] == code if code else jobs.create(SOUND)["status"] == 8
    assert list(jobs.statuses().values()) == [8] * (1 if code else 2), "no source says that more than may run are refused"


@pytest.mark.parametrize(("knows", "workspace"), [(False, "0"), (True, "w1")])
def test_a_job_is_created_in_another_workspace_only_where_that_is_set(jobs: World, knows: bool, workspace: str) -> None:
    jobs.set(create_knows_workspaces=knows)
    for given, expected in (("w1", workspace), (None, "0")):
        assert jobs.truth(jobs.create({**SOUND, "workspace_id": given})["job_id"])["workspace_id"] == expected


def test_the_description_can_be_changed_and_nothing_else(jobs: World) -> None:
    before = jobs.seed({})
    assert jobs.describe("1001", {"job_desc": "x" * 256, "job_name": "new"}) == DONE
    for body in ({}, {"job_desc": None}, {"job_desc": 7}, {"job_desc": "x" * 257}):
        assert refusal(jobs.describe, "1001", body)[0] == REFUSED
    assert jobs.truth("1001") == {**before, "job_desc": "x" * 256}


@pytest.mark.parametrize(
    ("changes", "query", "found"),
    [
        ({}, {}, range(25, 15, -1)),
        ({}, {"page": "2"}, range(15, 5, -1)),
        ({}, {"page": "3"}, range(5, 0, -1)),
        ({}, {"page": "4"}, []),
        ({}, {"per_page": "7", "page": "2"}, range(18, 11, -1)),
        ({}, {"per_page": "1"}, [25]),
        ({}, {"per_page": "1000"}, range(25, 0, -1)),
        ({"list_cap": 3}, {"per_page": "1000", "page": "2"}, [22, 21, 20]),
        ({"list_cap": 3}, {"per_page": "2", "page": "2"}, [23, 22]),
        ({"list_cap": 3, "list_cap_mode": "refuse"}, {"per_page": "3"}, [25, 24, 23]),
        ({"list_cap": 3, "list_cap_mode": "refuse"}, {"per_page": "4"}, None),
        ({"page_ignored": True}, {"page": "99"}, range(25, 15, -1)),
        ({"page_ignored": True}, {"page": "0"}, None),
        *(({}, {"per_page": number}, None) for number in ("0", "1001", "many")),
        *(({}, {"page": number}, None) for number in ("0", "-1", "")),
        *(({}, {name: value}, None) for name, value in (("sortBy", "duration"), ("order", "up"), ("search_content", "j" * 65))),
    ],
    ids=str,
)
def test_the_list_comes_in_pages_of_descending_ids_that_tell_the_total(
    jobs: World, changes: Json, query: t.Dict[str, str], found: t.Optional[t.Sequence[int]]
) -> None:
    jobs.set(**changes)
    for job_id in range(1, 26):
        jobs.seed({"job_id": str(job_id)})
    if found is None:
        assert refusal(jobs.list, query)[0] == REFUSED
    else:
        answer = jobs.list(query)
        assert (ids(answer), answer["job_total_count"]) == ([str(job_id) for job_id in found], 25)


def test_jobs_are_sorted_by_each_key_both_ways_and_numbers_as_numbers(jobs: World) -> None:
    jobs.seed({"job_id": "9", "job_name": "c", "job_desc": "k", "create_time": 20, "status": 12})
    jobs.seed({"job_id": "20", "job_name": "a", "job_desc": "l", "create_time": 3, "status": 8})
    jobs.seed({"job_id": "3", "job_name": "b", "job_desc": "m", "create_time": 100, "status": 1})
    for key, ascending in (
        *(("job_id", ["3", "9", "20"]), ("job_name", ["20", "3", "9"]), ("job_desc", ["9", "20", "3"])),
        *(("create_time", ["20", "9", "3"]), ("status", ["3", "20", "9"])),
    ):
        assert ids(jobs.list({"sortBy": key, "order": "asc"})) == ascending, key
        assert ids(jobs.list({"sortBy": key, "order": "desc"})) == ascending[::-1], key


def test_the_list_is_of_one_workspace_and_of_what_was_searched_for(jobs: World) -> None:
    jobs.set(default_workspace="home", job_count_limit=5, quotas=40)
    for job_id, name, at in (("1", "alpha-loss", 8), ("2", "beta-loss", 12), ("3", "beta-image", 1)):
        jobs.seed({"job_id": job_id, "job_name": name, "status": at})
    jobs.seed({"job_id": "4", "job_name": "loss", "workspace_id": "w1"})
    for query, found in (
        *(({}, ["3", "2", "1"]), ({"workspace_id": "home"}, ["3", "2", "1"])),
        *(({"workspace_id": "w1"}, ["4"]), ({"workspace_id": "w2"}, [])),
        *(({"search_content": "loss"}, ["2", "1"]), ({"search_content": "x" * 64}, [])),
        *(({"status": "1"}, ["3"]), ({"search_content": "loss", "status": "8"}, ["1"])),
    ):
        answer = jobs.list(query)
        assert (ids(answer), answer["job_total_count"]) == (found, len(found)), query
        assert (answer["job_count_limit"], answer["quotas"]) == (1, 40), "how many more may be created, and how many may run"
    assert (jobs.get("4")["job_id"], jobs.describe("4", {"job_desc": ""}), jobs.delete("4")) == ("4", DONE, DONE)
    jobs.set(job_count_limit=2)
    assert jobs.list({})["job_count_limit"] == 0


def test_a_list_that_lags_tells_what_was_and_details_tell_what_is(jobs: World) -> None:
    jobs.set(list_lag_seconds=10, start_seconds=0, stop_seconds=3, delete_seconds=1)

    def seen() -> t.Dict[str, int]:
        return {job["job_id"]: job["status"] for job in jobs.list({})["jobs"]}

    for job_id in ("1", "2", "3"):
        jobs.seed({"job_id": job_id})
    assert seen() == {"1": 8, "2": 8, "3": 8}, "what is seeded was always there"
    jobs.stop("1")
    jobs.delete("2")
    jobs.vanish("3")
    new = {jobs.create(SOUND)["job_id"]: 8, jobs.appear({"status": 7})["job_id"]: 7}
    jobs.clock.pass_by(9.9)
    assert jobs.statuses() == {"1": 12, **new}
    assert (jobs.get("1")["status"], refusal(jobs.get, "2")[0]) == (12, "missing_job")
    assert seen() == {"1": 8, "2": 8, "3": 8}
    for seconds, shown in ((0.1, {"1": 9, "2": 9}), (1, {"1": 9}), (2, {"1": 12})):
        jobs.clock.pass_by(seconds)
        assert seen() == {**shown, **new}


def test_a_list_that_lags_is_filtered_sorted_and_counted_as_it_was(jobs: World) -> None:
    jobs.set(list_lag_seconds=10, job_count_limit=5)
    jobs.seed({"job_id": "1", "status": 12})
    jobs.seed({"job_id": "2", "duration": 7000})
    jobs.clock.pass_by(100)
    jobs.patch("2", {"status": 22})
    jobs.patch("1", {"status": 11})
    jobs.vanish("1")
    jobs.clock.pass_by(5)
    assert ids(jobs.list({"sortBy": "status", "order": "asc"})) == ["2", "1"]
    told = jobs.list({"status": "8"})
    assert (ids(told), told["job_total_count"], told["job_count_limit"]) == (["2"], 1, 3)
    assert [told["jobs"][0]["duration"], jobs.get("2")["duration"]] == [102_000, 107_000]
    jobs.seed({"job_id": "1"})
    assert ids(jobs.list({})) == ["2", "1"], "one that is put there again is listed once"
    jobs.set(list_lag_seconds=0)
    assert ids(jobs.list({"status": "22"})) == ["2"], "another replica"


def test_the_details_of_a_new_job_are_missing_for_as_long_as_is_set(jobs: World) -> None:
    jobs.set(get_lag_seconds=3)
    old, new = jobs.seed({})["job_id"], jobs.create(SOUND)["job_id"]
    jobs.clock.pass_by(2.9)
    assert (jobs.get(old)["status"], refusal(jobs.get, new)[0]) == (8, "missing_job")
    assert (ids(jobs.list({})), jobs.stop(new)) == ([new, old], DONE), "only the details lag"
    jobs.clock.pass_by(0.1)
    assert jobs.get(new)["status"] == 9


@pytest.mark.parametrize("again", ["refuse", "accept"])
@pytest.mark.parametrize(
    ("shown_after", "fails", "seen"),
    [
        (0, False, [9, 9, 9, 9, None]),
        (2, False, [8, 8, 9, 9, None]),
        (4, False, [8, 8, 8, 8, None]),
        (9, False, [8, 8, 8, 8, None]),
        (None, False, [8, 8, 8, 8, None]),
        (0, True, [9, 9, 9, 9, 6]),
        (None, True, [8, 8, 8, 8, 6]),
    ],
)
def test_a_deletion_is_seen_at_once_or_later_or_never_and_a_second_one_changes_nothing(
    jobs: World, again: str, shown_after: t.Optional[int], fails: bool, seen: t.List[t.Optional[int]]
) -> None:
    jobs.set(delete_seconds=4, delete_shown_after=shown_after, delete_fails=fails, delete_again=again)
    jobs.set(stop_refused_at=[], restart_refused_at=[])
    jobs.seed({"job_id": "7"})
    jobs.delete("7")
    for shown in seen[:-1]:
        assert (jobs.statuses()["7"], jobs.truth("7")["deleting"]) == (shown, True)
        no = ("ModelArts.0105", f"This job can't be delete. job status: {shown}")
        assert jobs.delete("7") == DONE if again == "accept" else refusal(jobs.delete, "7") == no
        assert refusal(jobs.stop, "7")[0] == refusal(jobs.restart, "7")[0] == "ModelArts.0105"
        jobs.clock.pass_by(1)
    assert jobs.statuses().get("7") == seen[-1]
    assert not fails or (jobs.truth("7")["deleting"], jobs.delete("7")) == (False, DONE)


@pytest.mark.parametrize("given", [HOURS, [HOURS]], ids=["object", "list"])
def test_the_auto_stop_comes_back_where_that_is_set_and_otherwise_than_it_was_given(jobs: World, given: t.Any) -> None:
    jobs.set(start_seconds=0)
    with_one, without = jobs.create({**SOUND, "schedule": given})["job_id"], jobs.create(SOUND)["job_id"]
    seeded = jobs.seed({"remaining_duration": 5})["job_id"]
    jobs.set(schedule_shown=True, remaining_duration_shown=True)
    jobs.clock.pass_by(60)
    told = [{"type": "stop", "timeUnit": "HOURS", "duration": 2}]
    assert [job.get("schedule") for job in jobs.list({})["jobs"]] == [None, None, told]
    assert [jobs.get(one)["remaining_duration"] for one in (with_one, without, seeded)] == [7_140_000, None, 5]
    jobs.clock.pass_by(100_000)
    assert jobs.get(with_one)["remaining_duration"] == 0


def test_a_seeded_job_is_as_it_was_said_to_be_and_else_running(jobs: World) -> None:
    assert {"job_id": "1001", "status": 8, "workspace_id": "0", "job_desc": ""}.items() <= jobs.seed({}).items()
    said = {"job_id": "7", "job_name": "n", "status": 14, "create_time": 5, "duration": 6, "new": "field", "workspace_id": "w"}
    given = dict(said)
    assert said.items() <= jobs.seed(given).items()
    assert (given, jobs.get("7")["new"]) == (said, "field"), "what was given is the caller's"
    jobs.vanish("7")
    jobs.vanish("7")  # which may be gone already
    assert jobs.statuses() == {"1001": 8}


@pytest.mark.parametrize("shown_after", [0, None])
def test_what_is_set_from_outside_stays_and_ends_a_deletion(jobs: World, shown_after: t.Optional[int]) -> None:
    jobs.set(delete_shown_after=shown_after)
    jobs.seed({"job_id": "7"})
    jobs.delete("7")
    assert jobs.truth("7")["then"][-1] == (jobs.clock() + 2, None), "what is to come is told"
    truth = jobs.patch("7", {"status": 9, "job_name": "other", "workspace_id": "w"})
    assert (truth["then"], truth["deleting"]) == ([], False)
    jobs.clock.pass_by(1000)
    assert [(job["job_name"], job["status"]) for job in jobs.list({"workspace_id": "w"})["jobs"]] == [("other", 9)]


@pytest.mark.parametrize("number", [0, 1, 10, 11, 20])
def test_all_pages_together_hold_every_job_once(jobs: World, number: int) -> None:
    for job_id in range(1, number + 1):
        jobs.seed({"job_id": str(job_id)})
    found = [job_id for page in ("1", "2", "3") for job_id in ids(jobs.list({"page": page}))]
    assert found == [str(job_id) for job_id in range(number, 0, -1)]


def test_nothing_is_refused_because_of_how_many_may_run(jobs: World) -> None:
    jobs.set(quotas=1, start_seconds=0)
    started = [jobs.create(SOUND)["job_id"], jobs.create(SOUND)["job_id"], jobs.seed({"status": 12})["job_id"]]
    jobs.restart(started[-1])
    assert jobs.statuses() == dict.fromkeys(started, 8)


def test_a_job_that_is_created_is_in_the_default_workspace_whichever_that_is(jobs: World) -> None:
    jobs.set(default_workspace="home")
    created = jobs.create(SOUND)["job_id"]
    assert ids(jobs.list({})) == ids(jobs.list({"workspace_id": "home"})) == [created]
    assert ids(jobs.list({"workspace_id": "0"})) == []


def test_a_job_that_is_put_there_again_is_listed_once_however_the_list_lags(jobs: World) -> None:
    jobs.set(list_lag_seconds=10)
    jobs.seed({"job_id": "1"})
    jobs.vanish("1")
    for status in (8, 11):
        jobs.seed({"job_id": "1", "status": status})
    assert [(job["job_id"], job["status"]) for job in jobs.list({})["jobs"]] == [("1", 11)]
