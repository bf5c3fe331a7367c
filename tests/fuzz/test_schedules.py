# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the cloud, the network and other people do, the laws hold: thousands of schedules, drawn at random.

How many is taken from the environment variable ``FUZZ_SCHEDULES``; without it they are the same ones each time.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.otc.modelarts.tests.fuzz import world
from ansible_collections.otc.modelarts.tests.fuzz.laws import LAWS, Run, Schedule, run
from ansible_collections.otc.modelarts.tests.fuzz.world import CHANGING, COUNTS, DELETE_FAILED, KILLING, NAME, STOPPED, Way

SCHEDULES = int(os.environ.get("FUZZ_SCHEDULES", "5000"))
Json = t.Dict[str, t.Any]

# --- clouds ------------------------------------------------------------------------------------------------------

MISSING = ("0015", "0015", "0015_in_200", "2775", "0101", "0102", "0103", "0105", "unknown404", "html404", "empty404", "json404")
PROVEN = ("0015", "0015_in_200", "2775")  # these prove by themselves that a job is gone
SHAPES: st.SearchStrategy[Json] = st.sampled_from(
    (
        *({}, {}, {"refusal_http": 200, "success_as_string": True}, {"error_shape": "gateway", "message_key": "error_msg"}),
        *({"error_shape": "nested"}, {"error_shape": "camel"}, {"gateway_prefix": "APIG", "numbers_as_strings": True}),
    )
)
PAGES: st.SearchStrategy[Json] = st.sampled_from(
    ({}, {"list_cap": 100, "list_cap_mode": "cap"}, {"list_cap": 100, "list_cap_mode": "refuse"})
)
REMOVALS: st.SearchStrategy[Json] = st.sampled_from(
    ({}, {"delete_seconds": 0}, {"delete_shown_after": None}, {"delete_shown_after": 0.6})
)
CALM = {
    "missing_job": st.sampled_from(MISSING),
    "delete_again": st.sampled_from(("refuse", "accept")),
    "create_knows_workspaces": st.booleans(),
    "unique_names": st.booleans(),
}
WILD = {
    "delete_fails": st.sampled_from((False, False, False, True)),
    "start_fails": st.sampled_from((None, None, None, 11)),
    "delete_refused_at": st.sampled_from(([9], [9], [9], [], [8, 9], [1, 2, 4, 7, 9, 15, 18, 19, 20], list(range(23)))),
    "denied": st.sampled_from(([],) * 7 + (["get"], ["list"], ["get", "list"], ["delete"], ["stop"], ["create"])),
    "retired": st.sampled_from((False,) * 14 + (True, "create")),
    "page_ignored": st.sampled_from((False,) * 9 + (True,)),
}


@st.composite
def clouds(draw: st.DrawFn, wild: bool) -> Json:
    """Draw what is set about the simulated cloud, where it is not as usual."""
    drawn = {name: draw(values) for name, values in {**CALM, **(WILD if wild else {})}.items()}
    seconds = draw(st.sampled_from((1.0, 0.1, 4.0, *((20.0, 40.0, 1000.0) if wild else ()))))
    times = dict.fromkeys(("delete_seconds", "stop_seconds", "start_seconds"), seconds)
    usual: Json = {"missing_job": "0015", "delete_again": "refuse", "create_knows_workspaces": False, "unique_names": False}
    usual.update(delete_fails=False, start_fails=None, delete_refused_at=[9], denied=[], retired=False, page_ignored=False)
    own = {name: value for name, value in drawn.items() if value != usual[name]}
    return {**times, **own, **draw(SHAPES), **draw(PAGES), **draw(REMOVALS)}


WAYS = st.builds(
    Way,
    latency=st.sampled_from((0.02, 0.02, 0.0, 0.5, 3.0)),
    hidden=st.sampled_from((0.0, 0.0, 0.5, 1.0)),
    total_off=st.sampled_from((0,) * 12 + (1,)),
)

# --- what happens ------------------------------------------------------------------------------------------------

# A run survives any five of these: it repeats, or looks again.
SURVIVABLE = (
    *("429", "429, 3 s", "429, junk", "400, throttled", "unsent", "slow"),
    *(f"{name}{done}" for name in ("502", "503", "504", "500, internal", "lost", "late") for done in ("", ", done")),
)
READS = ("an empty list", "a lagging list", "404, HTML")
LOOKS = st.sampled_from(("fine",) * 200 + world.FAULTS + world.EVENTS * 4 + READS * 6 + SURVIVABLE * 3 + world.ENDINGS * 2)
UNPROVEN = tuple(f"{name}{done}" for name in (*world.AMBIGUOUS, "lost", "late") for done in ("", ", done"))
CHANGES = st.sampled_from(("fine",) * 50 + UNPROVEN * 2 + world.FAULTS + world.EVENTS + world.ENDINGS * 2)
OF_IAM = st.sampled_from(("fine",) * 100 + world.FAULTS)
CALM_ENDS = ("401", "403", "404, no such API", "an interrupt", "a bug", "a bug, done", "the token expires")

# --- tasks -------------------------------------------------------------------------------------------------------

ANY_STATUS = st.sampled_from((8, 8, 8, 8, 9, 9, 12, 12, 6, 6, 1, 4, 7, 11, 10, 13, 0, 15, 99))
ONE: t.Tuple[Json, ...] = ({"job_id": "10"}, {"job_id": "10"}, {"job_id": "10"}, {"name": NAME}, {"name": NAME}, {"job_id": "30"})
MANY: t.Tuple[Json, ...] = tuple(
    {"job_ids": ids} for ids in (["10", "11"], ["10", "11", "12", "99"], ["99", "10", "30"], ["10", "98", "10", "99"])
)
EVERY_STATE = ("absent", "started", "stopped", "restarted", "present")


def job(job_id: str, name: str, status: int = 8, seconds: float = 0.0, **fields: t.Any) -> Json:
    """Return a job; one that is on its way gets there."""
    becomes: Json = {"becomes": (seconds, 8)} if status in world.STARTING or status in (0, 99) else {}
    if status == KILLING:
        becomes = {"becomes": (seconds, 12 if int(job_id) % 2 == 0 else None)}
    return {"job_id": job_id, "job_name": name, "status": status, "train_url": "/b/", **becomes, **fields}


@st.composite
def schedules(
    draw: st.DrawFn,
    states: t.Sequence[str] = ("absent",),
    subjects: t.Sequence[Json] = ONE,
    calm: bool = False,
) -> Schedule:
    """Draw a cloud, a task, and what happens while it runs; nothing in particular where it is calm."""
    settings, state = draw(clouds(not calm)), draw(st.sampled_from(states))
    subject = draw(st.sampled_from([one for one in subjects if state != "present" or "job_ids" not in one]))
    options: Json = {"state": state, **subject, **draw(task_options(state, subject))}
    seconds = settings["stop_seconds"]
    jobs = [] if draw(st.integers(0, 7)) == 7 else [job("10", NAME, draw(ANY_STATUS), seconds)]
    jobs += [job(job_id, f"{NAME}-{job_id}", draw(ANY_STATUS), seconds) for job_id in ("11", "12") if "job_ids" in subject]
    jobs.append(job("30", "elsewhere", draw(st.sampled_from((8, 8, 12))), workspace_id="7"))
    jobs += [job(str(100 + number), "nightly") for number in range(draw(st.sampled_from((0,) * 24 + (98, 110))))]
    if draw(st.integers(0, 11)) == 11:
        jobs.append(job("13", NAME))
    password = draw(st.sampled_from((False, False, True)))
    return Schedule(
        options=options,
        looks=() if calm else tuple(draw(st.lists(LOOKS, max_size=10))),
        changes=() if calm else tuple(draw(st.lists(CHANGES, max_size=5))),
        iam=tuple(draw(st.lists(OF_IAM, max_size=3))) if password and not calm else (),
        jobs=tuple(jobs),
        settings=settings,
        way=Way() if calm else draw(WAYS),
        password=password,
    )


@st.composite
def task_options(draw: st.DrawFn, state: str, subject: Json) -> Json:
    """Draw the options of a task beside its state and its job, where they are not as usual."""
    drawn: Json = {}
    if state != "info":
        drawn = {
            "wait": draw(st.sampled_from((True, True, False))),
            "force": draw(st.booleans()),
            "wait_timeout": draw(st.sampled_from((300, 300, 60, 5, 1))),
            "wait_sleep": draw(st.sampled_from((5.0, 0.5, 60.0))),
            "workspace_id": draw(st.sampled_from((None,) * 9 + ("0",))) if "job_id" not in subject else None,
        }
    if state == "present":
        url = draw(st.sampled_from(("/b/", "/b/", "/c/", None)))
        drawn["train_url"], drawn["description"] = url, draw(st.sampled_from(("", "new", None)))
        drawn["recreate"] = draw(st.booleans()) and url is not None and "name" in subject
        if "name" in subject and not drawn["recreate"]:
            drawn["workspace_id"] = draw(st.sampled_from((None, None, "7")))
    drawn["api_retries"] = draw(st.sampled_from((5, 5, 1, 0)))
    usual = {"wait": True, "force": False, "wait_timeout": 300, "wait_sleep": 5.0, "recreate": False, "api_retries": 5}
    return {name: value for name, value in drawn.items() if value is not None and usual.get(name) != value}


# --- the tests ---------------------------------------------------------------------------------------------------


def share_of_all(share: float) -> t.Callable[[t.Callable[..., None]], t.Callable[..., None]]:
    """Return the settings for a share of all schedules."""
    return hypothesis.settings(
        max_examples=max(1, round(SCHEDULES * share)),
        database=None,
        deadline=None,
        derandomize="FUZZ_SCHEDULES" not in os.environ,  # the same ones each time, if no one asks for more
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def judge(schedule: Schedule, check_mode: bool = False) -> Run:
    """Run a schedule, and hold the laws beside it; and once more, when all is settled and nothing goes wrong."""
    COUNTS["schedules"] += 1
    ended = run(schedule, schedule.cloud(), check_mode)
    for law in LAWS:
        law(ended)
    if not check_mode:
        judge_second_run(ended)
    return ended


def judge_second_run(first: Run) -> None:
    """Once all is settled, the same task again, without faults, changes nothing."""
    schedule, cloud = first.schedule, first.cloud
    if first.result.get("failed") or schedule.state in ("restarted", "info"):
        return
    cloud.settle()
    lasting = {"absent": (None,), "started": (8,), "stopped": STOPPED, "present": (8, *world.STOPPED_ON_PURPOSE)}[schedule.state]
    ids = schedule.named or [one["job_id"] for one in cloud.of_name(NAME, schedule.workspace)] or ["none"]
    there = [cloud.truth(job_id) for job_id in ids]
    if (len(ids) > 1 and not schedule.named) or any((one["status"] if one else None) not in lasting for one in there):
        return  # others, or the cloud, have changed it since
    cloud.settings.update(denied=[], page_ignored=False, retired=False)
    cloud.way = replace(cloud.way, total_off=0)
    again = run(replace(schedule, options={**schedule.options, "wait_timeout": 600}), cloud)
    assert not again.result.get("failed"), again.result["msg"]
    assert not again.result["changed"] and not any(call.action in CHANGING for call in cloud.calls), "the second run changes"
    COUNTS["second runs"] += 1


@share_of_all(0.36)
@hypothesis.given(schedules())
def test_what_is_said_of_one_job_to_be_absent_is_true(schedule: Schedule) -> None:
    judge(schedule)


@share_of_all(0.14)
@hypothesis.given(schedules(subjects=MANY))
def test_what_is_said_of_many_jobs_to_be_absent_is_true(schedule: Schedule) -> None:
    judge(schedule)


@share_of_all(0.11)
@hypothesis.given(schedules(EVERY_STATE[1:4], (*ONE, *MANY)))
def test_what_is_said_of_jobs_to_be_started_or_stopped_is_true(schedule: Schedule) -> None:
    judge(schedule)


@share_of_all(0.14)
@hypothesis.given(schedules(states=("present",), subjects=({"name": NAME}, {"name": NAME}, {"name": NAME}, {"job_id": "10"})))
def test_what_is_said_of_a_job_to_be_present_is_true(schedule: Schedule) -> None:
    judge(schedule)


@share_of_all(0.04)
@hypothesis.given(schedules(states=("info",), subjects=({"job_id": "10"}, {"job_id": "99"}, {"name": NAME}, {})))
def test_what_is_read_is_there_and_what_is_there_is_read(schedule: Schedule) -> None:
    judge(schedule)


ENDS = st.sampled_from(CALM_ENDS)
TAKEN = "ModelArts.0103"


@share_of_all(0.08)
@hypothesis.given(schedules(EVERY_STATE, (*ONE, *MANY), calm=True), st.integers(0, 7), ENDS, st.booleans())
def test_whatever_ends_a_task_it_tells_what_it_did(schedule: Schedule, fine: int, end: str, changes: bool) -> None:
    steps = ("fine",) * (fine // 2 if changes else fine) + (end,)
    judge(replace(schedule, changes=steps) if changes else replace(schedule, looks=steps))


@share_of_all(0.06)
@hypothesis.given(schedules(subjects=(*ONE, *MANY), calm=True), st.lists(st.sampled_from(SURVIVABLE), max_size=5))
def test_five_faults_that_can_be_survived_are(schedule: Schedule, faults: t.List[str]) -> None:
    jobs = tuple(one for one in schedule.jobs if one["job_id"] != "13")
    options = {**schedule.options, "wait": True, "wait_timeout": 600, "api_retries": 5}
    settings = {**schedule.settings, "missing_job": "0015"} if "30" in schedule.named else schedule.settings  # no list holds it
    half = len(faults) // 2
    if not settings.get("missing_job", "0015").startswith(("0015", "2775")):
        # Then the list has to prove it, and the empty one may be the only that was read while the job was there.
        jobs = tuple({**one, "status": 8} if one["status"] == DELETE_FAILED else one for one in jobs)  # for so long it persists
        jobs = tuple({**one, "becomes": (200.0, one["becomes"][1])} if one.get("becomes") else one for one in jobs)
        settings = {**settings, "delete_seconds": max(200.0, settings["delete_seconds"])}
        if settings.get("delete_shown_after", 0) is None:
            settings["delete_shown_after"] = 0.6  # of a deletion that is hidden for so long nobody can know
    looks, changes = (*faults[:half], "an empty list"), tuple(faults[half:])
    ended = judge(replace(schedule, jobs=jobs, options=options, settings=settings, looks=looks, changes=changes))
    assert not ended.result.get("failed"), ended.result["msg"]


@share_of_all(0.04)
@hypothesis.given(schedules(EVERY_STATE, (*ONE, *MANY)))
def test_check_mode_changes_nothing_whatever_happens(schedule: Schedule) -> None:
    judge(schedule, check_mode=True)


@share_of_all(0.05)
@hypothesis.given(schedules(EVERY_STATE, (*ONE, *MANY), calm=True))
def test_check_mode_predicts_what_a_run_does(schedule: Schedule) -> None:
    calm = replace(schedule, options={**schedule.options, "wait_timeout": 600})
    predicted, done = judge(calm, check_mode=True), judge(calm)
    for (dummy, before), (dummy, after) in zip(predicted.rows, done.rows):
        if after.get("error_code") == TAKEN and "workspace_id" in calm.options:
            continue  # a name that is taken in another workspace
        assert before["changed"] == after["changed"], f"{before} instead of {after}"
        assert bool(before.get("failed")) == bool(after.get("failed")) or ends_otherwise(calm, after), (
            f"{before} instead of {after}"
        )


def ends_otherwise(schedule: Schedule, row: Json) -> bool:
    """Tell whether a run failed by what nobody could know before: what becomes of a job on its way, and where a new one goes."""
    on_way = {one["job_id"] for one in schedule.jobs if one["status"] == KILLING}
    if schedule.state == "present":
        return "workspace_id" in schedule.options and not schedule.settings.get("create_knows_workspaces")
    return row.get("job_id", schedule.options.get("job_id", "10")) in on_way and schedule.state == "stopped"


@pytest.mark.parametrize("password", [False, True], ids=["key", "password"])
@pytest.mark.parametrize("missing", sorted(set(MISSING)))
def test_one_job_costs_one_look_one_delete_and_the_polls(missing: str, password: bool) -> None:
    ended = judge(Schedule({"state": "absent", "job_id": "10"}, settings={"missing_job": missing}, password=password))
    made = [call.action for call in ended.calls]
    assert made[: 1 + password] == [*(["token"] if password else []), "get"] and made.count("delete") == 1
    assert set(made) <= {"token", "get", "list", "delete"} and made.count("token") == password
    polls = 1 + len(ended.pauses)
    assert made.count("get") <= 1 + polls and made.count("list") <= 1 + (0 if missing in PROVEN else 2)


@pytest.mark.parametrize("number", [2, 40, 250])
def test_many_jobs_cost_a_pass_of_the_list_a_delete_each_and_a_pass_per_poll(number: int) -> None:
    ids = [str(100 + one) for one in range(number)]
    cap = {"list_cap": 100}
    jobs = tuple(job(job_id, f"n-{job_id}") for job_id in ids)
    ended = judge(Schedule({"state": "absent", "job_ids": ids}, jobs=jobs, settings=cap))
    made = [call.action for call in ended.calls]
    assert not ended.result.get("failed") and made.count("delete") == number and "get" not in made
    looks = 2 + len(ended.pauses)
    pages = -(-number // 100)
    assert made.count("list") <= looks * pages * (2 if pages > 1 else 1)
