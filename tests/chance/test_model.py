# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the cloud, the network and other people do, what a task says of itself is true.

The number of schedules is taken from the environment variable ``CHANCE_SCHEDULES``.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, replace

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _client, _jobs, _reconcile
from ansible_collections.otc.modelarts.tests.chance import model
from ansible_collections.otc.modelarts.tests.chance.model import BASE, COUNTS, EVENTS, FAULTS, IAM, PROJECT, SECRET, TOKEN

SCHEDULES = int(os.environ.get("CHANCE_SCHEDULES", "5000"))
STATES = ("absent", "started", "stopped", "restarted", "present")
PROVEN = ("0015", "0015 in a 200", "2775")  # these prove by themselves that a job is gone
# A run survives any five of these: it repeats, or looks again.
SURVIVABLE = (
    *("429", "429, 3 s", "429, junk", "400, throttled", "unsent", "lost", "lost, done", "late", "late, done", "slow"),
    *(f"{name}{done}" for name in ("502", "503", "504", "500, internal") for done in ("", ", done")),
)


@dataclass(frozen=True)
class Schedule:
    """A cloud, a task, and what happens while it runs."""

    rules: model.Rules
    jobs: t.Tuple[model.Job, ...]
    steps: t.Tuple[str, ...]
    state: str
    job_ids: t.Tuple[str, ...]  # one or many; none where the job is named by its name
    wait: bool = True
    force: bool = False
    recreate: bool = False
    train_url: t.Optional[str] = None
    description: t.Optional[str] = None
    wait_timeout: float = 300.0
    wait_sleep: float = 5.0
    retries: int = 5
    password: bool = False

    def world(self) -> model.World:
        return model.World(self.rules, self.jobs, self.steps, self.job_ids[0] if self.job_ids else "10")


@dataclass(frozen=True)
class Outcome:
    """How a run ended: each job's end, or the failure of the whole; and the seconds that it took."""

    tasks: t.Tuple[_reconcile.Progress, ...]
    failure: t.Optional[str]
    seconds: float


def run(schedule: Schedule, world: model.World, check_mode: bool = False) -> Outcome:
    """Run a task as its module does."""
    credentials: _auth.Credentials = _auth.AccessKey("AK", SECRET)
    if schedule.password:
        credentials = _auth.Password({"name": "n", "password": SECRET, "domain": {"name": "d"}})
    settings = _auth.Settings(credentials, IAM, PROJECT, None, None, "eu-de", BASE)
    clock = world.time.clock()
    deadline = _client.Deadline(clock, schedule.wait_timeout)
    transport = t.cast(_client.Transport, world)
    client = _client.Client(settings, transport, deadline, schedule.retries, jitter=lambda: 0.5)
    reconciler = _reconcile.Reconciler(_jobs.Jobs(client), deadline, schedule.wait_sleep, 1)
    create = {"train_url": schedule.train_url, "job_desc": schedule.description}
    wanted = _reconcile.Wanted(
        schedule.state,
        schedule.wait,
        schedule.force,
        schedule.recreate,
        check_mode,
        None if schedule.job_ids else "night",
        schedule.description,
        schedule.train_url,
        {key: value for key, value in create.items() if value is not None},
    )
    tasks = [_reconcile.Progress(wanted, job_id) for job_id in schedule.job_ids or (None,)]
    begin, failure = world.time.now, None
    try:
        reconciler.run(tasks)
    except _auth.AuthError as error:
        failure = str(error)
    COUNTS["runs"] += 1
    COUNTS["requests"] += len(world.calls)
    COUNTS["faults and events"] += len(world.met)
    return Outcome(tuple(tasks), failure, world.time.now - begin)


# --- the promises ------------------------------------------------------------------------------------------------


def check_promises(schedule: Schedule, world: model.World, outcome: Outcome) -> None:
    """See that a run kept what it promises, and that what it says is true."""
    check_messages(outcome)
    check_only_named(schedule, world)
    check_repetitions(schedule, world)
    check_cost(schedule, world, outcome)
    for progress in outcome.tasks:
        if outcome.failure is None:
            assert progress.done
            check_changed(schedule, world, progress)
            check_end(schedule, world, progress)


def check_messages(outcome: Outcome) -> None:
    for progress in outcome.tasks:
        texts = [progress.failure or "", str(progress.told), repr(progress), outcome.failure or ""]
        assert not any(SECRET in text or TOKEN in text for text in texts)
        if progress.failure is not None:
            assert progress.failure.startswith("Cannot ") and progress.failure.count("\n") <= 1
            assert len(progress.failure) < 1500
            COUNTS["failures told"] += 1


def check_only_named(schedule: Schedule, world: model.World) -> None:
    """Nothing is changed that was not named."""
    named = set(schedule.job_ids) or {job_id for job_id, name in world.names.items() if name == "night"}
    touched = {call.job_id for call in world.calls if call.action in ("delete", "stop", "restart", "describe")}
    assert touched <= named
    changes = [number for number, call in enumerate(world.calls) if call.action in model.CHANGING]
    if changes and not schedule.job_ids:
        lists = [call for call in world.calls[: changes[0]] if call.action == "list"]
        assert lists[-1].namesakes <= 1, "one of two jobs of a name was chosen"
    if schedule.state != "absent" and not schedule.recreate:
        assert not world.removed_by_us
    if schedule.state != "present":
        assert not any(call.action == "create" for call in world.calls)


def check_repetitions(schedule: Schedule, world: model.World) -> None:
    """What may have been done is not sent again; a delete only after a look. A refused key is not used again."""
    uncertain = set()
    last: t.Dict[str, model.Call] = {}
    for call in world.calls:
        assert (call.action, call.job_id if call.action != "create" else "") not in uncertain
        if call.action == "delete" and last.get(call.job_id) is not None:
            assert last[call.job_id].told not in ("lost", "odd"), "a delete was repeated without a look"
        if call.action in ("stop", "restart", "describe", "create") and call.told in ("lost", "odd"):
            uncertain.add((call.action, call.job_id if call.action != "create" else ""))
        if call.action == "list":
            last = {}
        else:
            last[call.job_id] = call
            if call.action != "delete":
                last.pop(call.job_id)
    failed_in_a_row = 0
    for call, following in zip(world.calls, [*world.calls[1:], None]):
        same = following is not None and (call.action, call.job_id) == (following.action, following.job_id)
        failed_in_a_row = failed_in_a_row + 1 if same and call.told in ("lost", "unsent") else 0
        assert call.action not in ("get", "list") or failed_in_a_row <= schedule.retries
    refused = [number for number, call in enumerate(world.calls) if call.told == "refused" and call.status == 401]
    if refused and not schedule.password:
        assert refused == [len(world.calls) - 1]
    assert len(refused) <= 2
    assert sum(call.done for call in world.calls if call.action == "create") <= 1


def most_looks(schedule: Schedule) -> int:
    """Return how often a job can be looked at within the time of the task."""
    looks, spent = 1, 0.0
    while schedule.wait_timeout - spent >= 0.05:
        pause = min(schedule.wait_sleep, 0.25 * 1.5 ** min(looks - 1, 30))
        spent += min(pause, (schedule.wait_timeout - spent) * 0.8)
        looks += 1
    return looks


def check_cost(schedule: Schedule, world: model.World, outcome: Outcome) -> None:
    """The deadline holds, up to the least time that a request is given, and the number of requests is bounded."""
    assert outcome.seconds <= schedule.wait_timeout + 0.051
    looks, number = most_looks(schedule), len(outcome.tasks)
    pages = 2 if len(schedule.jobs) + len(schedule.steps) >= 100 else 1
    per_look = (pages if number > 1 or not schedule.job_ids else 0) + (number + pages)
    if world.met or schedule.rules.off:
        per_look = _jobs.LIST_ATTEMPTS * (pages + 1) + 1 + 2 * number
    sends = number * (looks + 3)
    assert len(world.calls) <= looks * per_look + sends + len(world.met) + 2
    if not world.met and number > 1 and not schedule.rules.forbidden and not schedule.rules.off:
        assert not any(call.action == "get" and call.held for call in world.calls), "a GET for a job that the list holds"


def requests_for(schedule: Schedule, world: model.World, progress: _reconcile.Progress) -> t.List[model.Call]:
    """Return the changing requests for a job."""
    calls = [call for call in world.calls if call.action in model.CHANGING]
    return [call for call in calls if len(schedule.job_ids) < 2 or call.job_id == progress.job_id]


def check_changed(schedule: Schedule, world: model.World, progress: _reconcile.Progress) -> None:
    """``changed`` is true where a request of this run was accepted, and where a lost one is seen to be done."""
    told = {call.told for call in requests_for(schedule, world, progress)}
    if "accepted" in told:
        assert progress.changed, "accepted, but not changed"
    elif "lost" not in told:
        assert not progress.changed, "changed, but nothing was accepted or lost"
    elif progress.failure is None:
        assert progress.changed, "lost, and the state was reached"
    COUNTS["jobs changed" if progress.changed else "jobs unchanged"] += 1


def check_end(schedule: Schedule, world: model.World, progress: _reconcile.Progress) -> None:
    """A run that did not fail left what the task wants."""
    if progress.failure is not None:
        return
    COUNTS["jobs brought to their state"] += 1
    gone = progress.job_id not in world.jobs
    calls = requests_for(schedule, world, progress)
    accepted = any(call.told == "accepted" and call.action == "delete" for call in calls)
    if schedule.state == "absent":
        left = world.jobs.get(progress.job_id or "")
        if left is not None and left.workspace != "0" and "404" in schedule.steps:
            return  # a cloud that denies a job of another workspace: the list, which is the proof, does not hold it
        assert gone or (accepted and not schedule.wait)
        if schedule.rules.off and not accepted:
            assert schedule.rules.missing in PROVEN, "called gone without a proof"
        if progress.before is None and progress.changed:
            assert "get" in world.rules.forbidden or "403" in schedule.steps
        return
    assert progress.job_id is not None and progress.job is not None
    if len(schedule.job_ids) > 1:
        return
    status = progress.job["status"]
    if schedule.state == "stopped":
        assert status in model.STOPPED or (not schedule.wait and (status == model.KILLING or progress.changed))
    if schedule.state in ("started", "restarted"):
        assert status in model.RUNNING or not schedule.wait
    if schedule.state == "present" and schedule.wait:
        assert status in model.RUNNING or (progress.before is not None and status in (10, 12, 13))


def check_second_run(schedule: Schedule, world: model.World, outcome: Outcome) -> None:
    """Once all is settled, the same task again, without faults, changes nothing."""
    if outcome.failure or any(progress.failure for progress in outcome.tasks) or schedule.state == "restarted":
        return
    if schedule.job_ids and any(call.action == "create" for call in world.calls):
        return  # the id that the task names is replaced by another
    world.settle()
    ids = [progress.job_id for progress in outcome.tasks]
    left = [world.jobs.get(job_id or "") for job_id in ids]
    reached = {"absent": (None,), "started": (8,), "stopped": model.STOPPED, "present": (8, 10, 12, 13)}[schedule.state]
    names = [job.name for job in world.jobs.values()]
    if any((job.status if job else None) not in reached for job in left):
        return
    if not schedule.job_ids and names.count("night") != sum(job is not None for job in left):
        return
    world.calls, world.met = [], []
    world.rules = replace(world.rules, forbidden=(), off=0)
    again = run(replace(schedule, wait_timeout=600.0), world)
    assert again.failure is None
    for progress in again.tasks:
        assert progress.failure is None and not progress.changed
    assert not any(call.action in model.CHANGING for call in world.calls)
    COUNTS["second runs"] += 1


# --- schedules ---------------------------------------------------------------------------------------------------

ANY_STATUS = st.sampled_from((8, 8, 8, 8, 9, 9, 12, 12, 6, 6, 1, 4, 11, 10, 13, 0, 15, 99))
FEW = st.sampled_from((0, 0, 0, 0, 1, 1, 2))
STEPS = st.sampled_from(("fine",) * 60 + FAULTS + SURVIVABLE * 3 + EVENTS * 4)
RULES = st.builds(
    model.Rules,
    missing=st.sampled_from(tuple(model.MISSING)),
    removal=st.sampled_from(("killing", "at once", "unseen", "seen late", "fails", "fails unseen")),
    seconds=st.sampled_from((1.0, 0.1, 4.0, 20.0, 40.0, 1000.0)),
    refuses=st.sampled_from(((9,), (9,), (9,), (), (8, 9), (1, 2, 4, 7, 9, 15, 18, 19, 20), tuple(range(23)))),
    forbidden=st.sampled_from(((), (), (), (), (), ("get",), ("list",), ("get", "list"), ("delete",), ("stop",))),
    cap=st.sampled_from(("none", "refuses", "silent")),
    refusal=st.sampled_from(tuple(model.REFUSALS)),
    texts=st.booleans(),
    latency=st.sampled_from((0.02, 0.0, 0.5, 3.0)),
    again=st.sampled_from(("refused", "accepted")),
    start_ends=st.sampled_from((8, 8, 11)),
    order=st.sampled_from(("number", "text")),
    off=st.sampled_from((0,) * 9 + (1,)),
)
KIND = st.builds(  # where nothing is odd, so that the outcome is known
    model.Rules,
    missing=st.sampled_from(tuple(model.MISSING)),
    removal=st.sampled_from(("killing", "at once", "unseen", "seen late")),
    seconds=st.sampled_from((1.0, 0.1, 4.0)),
    cap=st.sampled_from(("none", "refuses", "silent")),
    refusal=st.sampled_from(tuple(model.REFUSALS)),
    texts=st.booleans(),
    again=st.sampled_from(("refused", "accepted")),
    order=st.sampled_from(("number", "text")),
)
ONE = (("10",), ("10",), ("10",), ())
MANY = (("10", "11"), ("10", "11", "12", "99"), ("99", "10", "30"), ("10", "98", "99"))


@st.composite
def schedules(
    draw: st.DrawFn,
    states: t.Sequence[str] = ("absent",),
    ids: t.Sequence[t.Tuple[str, ...]] = ONE,
    rules: st.SearchStrategy[model.Rules] = RULES,
    steps: st.SearchStrategy[str] = STEPS,
    most_steps: int = 12,
    statuses: st.SearchStrategy[int] = ANY_STATUS,
) -> Schedule:
    """Draw a cloud, a task, and what happens while it runs."""
    known = draw(rules)
    state, job_ids = draw(st.sampled_from(states)), draw(st.sampled_from(ids))
    jobs = [] if draw(st.integers(0, 7)) == 7 else [made(draw(statuses), known.seconds, "10", "night")]
    jobs += [made(draw(statuses), known.seconds, job_id, f"night-{job_id}") for job_id in ("11", "12") if len(job_ids) > 1]
    jobs.append(model.Job("30", "elsewhere", 8, workspace="7"))
    jobs += [model.Job(str(100 + number), "nightly", 8) for number in range(draw(st.sampled_from((0,) * 12 + (98, 99, 110))))]
    happens = draw(st.lists(steps, max_size=most_steps))
    if draw(st.integers(0, 9)) == 9:
        jobs.append(model.Job("13", "night"))
    if len(jobs) > 90:  # one job created and another gone between two pages can hide a third from any list
        happens = [step for step in happens if step not in ("someone deletes another", "someone creates another")]
        happens = [step for step in happens if step != "someone creates a namesake"]
    create = state == "present"
    return Schedule(
        rules=known,
        jobs=tuple(jobs),
        steps=tuple(happens),
        state=state,
        job_ids=job_ids,
        wait=draw(st.sampled_from((True, True, False))),
        force=draw(st.booleans()),
        recreate=create and draw(st.booleans()),
        train_url=draw(st.sampled_from(("/b/", "/c/", None))) if create else None,
        description=draw(st.sampled_from(("", "new", None))) if create else None,
        wait_timeout=draw(st.sampled_from((300.0, 300.0, 60.0, 5.0, 1.0))),
        wait_sleep=draw(st.sampled_from((5.0, 0.5, 60.0))),
        retries=draw(st.sampled_from((5, 5, 1, 0))),
        password=draw(st.sampled_from((False, False, True))),
    )


def made(status: int, seconds: float, job_id: str, name: str) -> model.Job:
    """Return a job; one that is on its way gets there."""
    plan: t.List[t.Tuple[float, t.Optional[int]]] = []
    if status in model.STARTING or status in (0, 99):
        plan = [(1000.0 + seconds, 8)]
    if status == model.KILLING:
        plan = [(1000.0 + seconds, 12 if name == "night" else None)]
    return model.Job(job_id, name, status, plan=plan)


def chance(share: float) -> t.Callable[[t.Callable[..., None]], t.Callable[..., None]]:
    """Return the settings for a share of all schedules."""
    return hypothesis.settings(
        max_examples=max(1, round(SCHEDULES * share)),
        database=None,
        deadline=None,
        derandomize="CHANCE_SCHEDULES" not in os.environ,  # the same ones each time, if no one asks for more
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


# --- the tests ---------------------------------------------------------------------------------------------------


def run_and_check(schedule: Schedule) -> Outcome:
    """Run a schedule, and once more without faults."""
    COUNTS["schedules"] += 1
    world = schedule.world()
    outcome = run(schedule, world)
    check_promises(schedule, world, outcome)
    check_second_run(schedule, world, outcome)
    return outcome


@chance(0.4)
@hypothesis.given(schedules())
def test_what_is_said_of_one_job_to_be_absent_is_true(schedule: Schedule) -> None:
    run_and_check(schedule)


@chance(0.15)
@hypothesis.given(schedules(ids=MANY))
def test_what_is_said_of_many_jobs_to_be_absent_is_true(schedule: Schedule) -> None:
    run_and_check(schedule)


@chance(0.15)
@hypothesis.given(schedules(states=STATES[1:]))
def test_what_is_said_of_one_job_in_the_other_states_is_true(schedule: Schedule) -> None:
    run_and_check(schedule)


@chance(0.05)
@hypothesis.given(schedules(states=STATES[1:4], ids=MANY))
def test_what_is_said_of_many_jobs_in_the_other_states_is_true(schedule: Schedule) -> None:
    run_and_check(schedule)


@chance(0.1)
@hypothesis.given(schedules(ids=(*ONE, *MANY), rules=KIND, steps=st.sampled_from(SURVIVABLE), most_steps=5))
def test_five_faults_that_can_be_survived_are(schedule: Schedule) -> None:
    jobs = tuple(job for job in schedule.jobs if job.job_id == "10" or job.name != "night")
    outcome = run_and_check(replace(schedule, jobs=jobs, wait=True, wait_timeout=600.0, retries=5))
    assert outcome.failure is None
    assert [progress.failure for progress in outcome.tasks] == [None] * len(outcome.tasks)


@chance(0.05)
@hypothesis.given(schedules(states=STATES, ids=(*ONE, *MANY)))
def test_check_mode_changes_nothing_whatever_happens(schedule: Schedule) -> None:
    COUNTS["schedules"] += 1
    hypothesis.assume(schedule.state != "present" or len(schedule.job_ids) < 2)
    world = schedule.world()
    outcome = run(schedule, world, check_mode=True)
    check_messages(outcome)
    assert {call.action for call in world.calls} <= {"get", "list", "token"}
    assert outcome.seconds <= schedule.wait_timeout + 0.051


@chance(0.1)
@hypothesis.given(schedules(states=("absent", *STATES), ids=(*ONE, *MANY), rules=KIND, most_steps=0))
def test_check_mode_predicts_what_a_run_does(schedule: Schedule) -> None:
    COUNTS["schedules"] += 1
    hypothesis.assume(schedule.state != "present" or len(schedule.job_ids) < 2)
    jobs = tuple(job for job in schedule.jobs if job.job_id == "10" or job.name != "night" or not schedule.job_ids)
    calm = replace(schedule, jobs=jobs, wait_timeout=600.0)
    predicted = run(calm, calm.world(), check_mode=True)
    done = run(calm, calm.world())
    for before, after in zip(predicted.tasks, done.tasks):
        assert before.changed == after.changed
        assert (before.failure is None) == (after.failure is None) or ends_being_stopped(calm, after)


def ends_being_stopped(schedule: Schedule, progress: _reconcile.Progress) -> bool:
    """A job that is killing may be on its way to be stopped or deleted; who wants it stopped can only wait and see."""
    killing = {job.job_id for job in schedule.jobs if job.status == model.KILLING}
    return schedule.state == "stopped" and progress.job_id in killing


@pytest.mark.parametrize("missing", list(model.MISSING))
@pytest.mark.parametrize("password", [False, True], ids=["key", "password"])
def test_one_job_costs_one_look_one_delete_and_the_polls(missing: str, password: bool) -> None:
    rules = model.Rules(missing=missing)
    schedule = Schedule(rules, (model.Job("10", "night"), model.Job("11", "other")), (), "absent", ("10",), password=password)
    world = schedule.world()
    outcome = run(schedule, world)
    check_promises(schedule, world, outcome)
    made_calls = [call.action for call in world.calls]
    proof = [] if missing in PROVEN else ["list"]
    assert made_calls == [*(["token"] if password else []), "get", "delete", "get", "get", "get", *proof]
