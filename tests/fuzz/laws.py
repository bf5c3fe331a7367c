# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is promised of every task, whatever happens: each law judges what a task returned by the log and by the truth."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.otc.modelarts.plugins.module_utils import _module
from ansible_collections.otc.modelarts.tests.fuzz import evidence, world
from ansible_collections.otc.modelarts.tests.fuzz.evidence import Undecided
from ansible_collections.otc.modelarts.tests.fuzz.world import CHANGING, COUNTS, NAME, Call, Means, Way, World

Result = t.Dict[str, t.Any]

GRACE = 5.0  # seconds by which a task may overrun its time
LITTLE = 0.2  # seconds at the end of a task in which it need not begin anything
LONGEST_MESSAGE = 1500  # characters
WORDS = {"create": "creat", "update": "descri|updat|chang", "delete": "delet", "stop": "stop", "restart": "start"}
ALLOWED = {
    "absent": {"delete"},
    "started": {"restart"},
    "stopped": {"stop"},
    "restarted": {"stop", "restart"},
    "present": {"create", "update"},
    "info": set(),
}


@dataclass(frozen=True)
class Schedule:
    """A cloud, a task, and what happens while it runs; see :class:`World`.

    ``options``: of the task; the state ``info`` is the other module.
    """

    options: t.Mapping[str, t.Any]
    looks: t.Tuple[str, ...] = ()
    changes: t.Tuple[str, ...] = ()
    iam: t.Tuple[str, ...] = ()
    jobs: t.Tuple[t.Mapping[str, t.Any], ...] = ({"job_id": "10", "job_name": NAME, "status": 8, "train_url": "/b/"},)
    settings: t.Mapping[str, t.Any] = field(default_factory=dict)
    way: Way = field(default_factory=Way)
    password: bool = False

    @property
    def state(self) -> str:
        return str(self.options["state"])

    @property
    def named(self) -> t.Tuple[str, ...]:
        return tuple(self.options.get("job_ids") or ([self.options["job_id"]] if "job_id" in self.options else []))

    @property
    def workspace(self) -> str:
        return str(self.options.get("workspace_id") or "0")

    def cloud(self) -> World:
        return World(self.settings, self.way, self.jobs, self.named, self.looks, self.changes, self.iam)

    def parameters(self) -> t.Dict[str, t.Any]:
        auth: t.Dict[str, t.Any] = {"access_key": world.ACCESS_KEY, "secret_key": world.SECRET, "project_id": world.PROJECT}
        if self.password:
            auth = {
                "auth_url": world.IAM,
                "username": "n",
                "password": world.SECRET,
                "user_domain_name": "d",
                "project_id": world.PROJECT,
            }
        own = {key: value for key, value in self.options.items() if (key, value) != ("state", "info")}
        return {"auth": auth, "endpoint": world.BASE, **({} if self.state == "info" else {"max_concurrency": 1}), **own}


@dataclass(frozen=True)
class Run:
    """A task that has ended: what it returned, and when; the requests that it made, its pauses, and what it met."""

    schedule: Schedule
    cloud: World
    result: Result
    begin: float
    end: float
    check_mode: bool
    calls: t.Sequence[Call]
    pauses: t.Sequence[float]
    met: t.Sequence[str]

    @property
    def rows(self) -> t.List[t.Tuple[t.Optional[str], Result]]:
        """Return what is told of each job, with its id where the task is about many."""
        if "job_ids" not in self.schedule.options:
            return [(None, self.result)]
        return list(zip(self.schedule.named, self.result.get("jobs") or []))

    def outcomes(self, job_id: t.Optional[str]) -> t.List[t.Tuple[str, t.Union[bool, Undecided, None]]]:
        """Return for each changing request (for a job) whether it is known to be done, not done, or not known."""
        found: t.List[t.Tuple[str, t.Union[bool, Undecided, None]]] = []
        for number in evidence.changing(self.calls, job_id):
            try:
                known: t.Union[bool, Undecided, None] = evidence.outcome(
                    self.calls, number, self.schedule.workspace, self.schedule.options
                )
            except Undecided as undecided:
                COUNTS["requests of which reasonable people may differ"] += 1
                known = undecided
            found.append((self.calls[number].action, known))
        return found

    def subject(self, row: Result) -> t.Optional[str]:
        """Return the id of the job that a task for one is about, if it came to know one."""
        if "job_id" in self.schedule.options:
            return str(self.schedule.options["job_id"])
        shown = row["job"]["job_id"] if row.get("job") else None
        return shown or next((call.job_id for call in self.calls if call.job_id and call.action != "create"), None)


def run(schedule: Schedule, cloud: World, check_mode: bool = False) -> Run:
    """Run a task as its module does, with nothing but the transport and the clock replaced."""
    info = schedule.state == "info"
    task, spec = (_module.INFO, _module.INFO_SPEC) if info else (_module.JOB, _module.JOB_SPEC)
    begin = cloud.now
    given = schedule.parameters()
    result = _module.perform(task, validated(spec, given), check_mode, cloud.clock(), cloud.connect, given)
    cloud.catch_up()
    COUNTS["runs"] += 1
    COUNTS["requests"] += len(cloud.calls)
    COUNTS["faults and events"] += len(cloud.met)
    COUNTS["failures told" if result.get("failed") else "changed" if result.get("changed") else "unchanged"] += 1
    return Run(schedule, cloud, result, begin, cloud.now, check_mode, cloud.calls, cloud.pauses, cloud.met)


def validated(spec: t.Mapping[str, t.Any], parameters: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    known = {key: spec[key] for key in ("argument_spec", "mutually_exclusive", "required_one_of") if key in spec}
    checked = ArgumentSpecValidator(**known).validate(dict(parameters))
    assert not checked.error_messages, checked.error_messages
    return t.cast(t.Dict[str, t.Any], checked.validated_parameters)


# --- what is said ------------------------------------------------------------------------------------------------


def what_is_not_known_is_said(run: Run) -> None:
    """A job with an open request fails, is marked, and its message says what may have been done to which job."""
    marked = []
    for job_id, row in run.rows:
        outcomes = run.outcomes(job_id)
        open_requests = [action for action, known in outcomes if known is None]
        undecided = any(isinstance(known, Undecided) for dummy, known in outcomes)
        said = row.get("outcome_unknown", False)
        if open_requests:
            assert row.get("failed"), f"ok with an open {open_requests}"
            assert said is True, f"an open {open_requests} is not marked: {row['msg']}"
            for action in open_requests:
                assert re.search(r"(?i)\b(may|whether|unknown)\b", row["msg"]), f"not said: {row['msg']}"
                assert re.search(f"(?i){WORDS[action]}", row["msg"]), f"no word of {action}: {row['msg']}"
            assert (job_id or NAME) in row["msg"] or str(run.subject(row)) in row["msg"], f"which job? {row['msg']}"
            COUNTS["unknown outcomes told"] += 1
        elif not undecided:
            assert said is False, f"marked, but nothing is open: {row.get('msg')}"
        assert said is False or row.get("failed"), "marked, and ok"
        marked.append(said)
    assert run.result.get("outcome_unknown", False) is any(marked)


def changed_is_what_was_done(run: Run) -> None:
    """``changed`` tells what is known to be done, whatever ended the task; and so does the message of a job that failed."""
    for job_id, row in [] if run.check_mode else run.rows:
        outcomes = [known for dummy, known in run.outcomes(job_id)]
        if any(known is True for known in outcomes):
            assert row["changed"] is True, "done, but not changed"
        elif not any(isinstance(known, Undecided) for known in outcomes):
            assert row["changed"] is False, "changed, but nothing is known to be done"
        for action, known in run.outcomes(job_id):
            if row.get("failed") and known is True:
                assert re.search(f"(?i){WORDS[action]}", row["msg"]), f"a {action} was done, and not told: {row['msg']}"
    assert run.result["changed"] is any(row["changed"] for dummy, row in run.rows)


CALLED_GONE = re.compile(r"does not exist|vanished|is gone\b|no longer there")
WHETHER_GONE = re.compile(r"(?i)\b(whether|may|that) [^.]*")


def calls_gone(run: Run, row: Result) -> bool:
    """Tell whether a task says of a job that there is none."""
    if row.get("failed"):
        told = row["msg"].replace(str(row.get("error_message")).rstrip("."), "")
        return bool(CALLED_GONE.search(WHETHER_GONE.sub("", told)))
    if run.schedule.state == "info":
        return "job_id" in run.schedule.options and row["jobs"] == []
    if run.schedule.state != "absent" or (run.check_mode and row["changed"]):
        return False
    return bool(run.schedule.options.get("wait", True)) or not row["changed"]


def what_is_called_gone_is_gone(run: Run) -> None:
    for job_id, row in run.rows:
        if not calls_gone(run, row):
            continue
        COUNTS["jobs called gone"] += 1
        subject = job_id or run.subject(row)
        if subject is None:
            left = [job["job_id"] for job in run.cloud.of_name(NAME, run.schedule.workspace)]
            assert not {job["job_id"] for job in run.schedule.jobs} & set(left), "a name is called free that was never"
        else:
            assert run.cloud.truth(subject) is None, f"{subject} is called gone, and is there"


def what_is_called_gone_is_proven_gone(run: Run) -> None:
    for job_id, row in run.rows:
        if not calls_gone(run, row):
            continue
        subject = job_id or run.subject(row)
        if subject is None:
            assert evidence.proven_no_such_name(run.calls, run.schedule.workspace), "a name is called free without proof"
        else:
            proven = evidence.proven_gone(run.calls, subject, run.schedule.workspace, run.cloud.created)
            assert proven, f"{subject} is called gone without proof"


def the_result_is_whole(run: Run) -> None:
    """Every job is reported, in order; what is told is for people, and holds no secret."""
    result, options = run.result, run.schedule.options
    text = json.dumps(result)
    assert world.SECRET not in text, "a secret is told"
    issued = any(call.action == "token" and call.status == 201 for call in run.calls)
    assert world.TOKEN not in text or not issued, "a token is told"
    assert "Traceback" not in text
    assert ("is a bug" in text) <= ("a bug" in " ".join(run.met)), result["msg"]
    assert isinstance(result["changed"], bool)
    if run.schedule.state != "info":
        assert ("jobs" if "job_ids" in options else "job") in result, "the job is missing in the result"
    if "job_ids" in options:
        assert [row["job_id"] for row in result["jobs"]] == list(options["job_ids"]), "not every job is reported in order"
        check_counts(run)
    for dummy, row in [*run.rows, (None, result)]:
        if row.get("failed"):
            check_message(row["msg"], row is result)


def check_message(message: str, whole: bool) -> None:
    assert message.replace("\n", " ").isprintable() and message.count("\n") <= 1, message
    assert len(message) <= LONGEST_MESSAGE * (2 if whole else 1), message


def check_counts(run: Run) -> None:
    """The task fails if a job did, and counts them, each once."""
    by_id = {row["job_id"]: row for row in run.result["jobs"]}
    failed = sum(bool(row.get("failed")) for row in by_id.values())
    deleted = sum(not row.get("failed") and row["changed"] for row in by_id.values())
    assert bool(run.result.get("failed")) is bool(failed)
    if failed:
        numbers = re.findall(r"\d+", run.result["msg"])
        assert str(failed) in numbers, f"{failed} failed: {run.result['msg']}"
        if deleted and run.schedule.state == "absent":
            assert str(deleted) in numbers, f"{deleted} were deleted: {run.result['msg']}"


def the_state_is_reached(run: Run) -> None:
    """What did not fail is as the task wants it, as far as it was waited for."""
    options, state = run.schedule.options, run.schedule.state
    wait = options.get("wait", True)
    for dummy, row in run.rows:
        if row.get("failed") or run.check_mode or state in ("absent", "info"):
            continue
        job = row["job"]
        assert job is not None, "ok without a job"
        status = job["status"]
        assert state != "restarted" or row["changed"], "ok, but nothing was restarted"
        reached = {
            "stopped": (*world.STOPPED, world.KILLING),
            "started": (*world.STARTING, *world.RUNNING),
            "restarted": (*world.STARTING, *world.RUNNING),
            "present": (*world.STARTING, *world.RUNNING, *world.STOPPED_ON_PURPOSE),
        }[state]
        if wait:
            reached = {"stopped": world.STOPPED, "present": (*world.RUNNING, *world.STOPPED_ON_PURPOSE)}.get(state, world.RUNNING)
            assert status in reached, f"ok, but its status is {status}"
        else:
            assert status in reached or row["changed"] or state == "present", f"ok and unchanged, but its status is {status}"
        if state == "present":
            check_present(run, job)


def check_present(run: Run, job: Result) -> None:
    options, there = run.schedule.options, run.cloud.truth(job["job_id"])
    if options.get("train_url") is not None:
        assert job["train_url"] in (options["train_url"], None)
    if there is not None and job["job_id"] in run.cloud.created and "workspace_id" in options and options.get("wait", True):
        assert there["workspace_id"] == run.schedule.workspace, "ok, but the new job is in another workspace"


def info_misses_no_job(run: Run) -> None:
    """What stood there all the time, and matches, is in what was read."""
    options = run.schedule.options
    if run.schedule.state != "info" or run.result.get("failed") or run.met.count("an empty list") > 1:
        return
    expected = [job for job in run.schedule.jobs if job.get("workspace_id", "0") == run.schedule.workspace]
    if "job_id" in options:
        expected = [job for job in run.schedule.jobs if job["job_id"] == options["job_id"]]
    if "name" in options:
        expected = [job for job in expected if job["job_name"] == options["name"]]
    standing = {job["job_id"] for job in expected if run.cloud.truth(job["job_id"]) is not None}
    assert standing <= {job["job_id"] for job in run.result["jobs"]}, "a job that is there is missing"


# --- what is done ------------------------------------------------------------------------------------------------


def only_what_was_named_is_touched(run: Run) -> None:
    options, calls, state = run.schedule.options, run.calls, run.schedule.state
    allowed = set(ALLOWED[state]) | ({"delete"} if options.get("recreate") else set())
    allowed |= {"stop"} if options.get("force") and "delete" in allowed else set()
    made = {call.action for call in calls if call.action in CHANGING}
    assert made <= (set() if run.check_mode else allowed), f"{made} in {state}"
    for call in calls:
        if call.action in CHANGING and call.action != "create":
            named = call.job_id in run.schedule.named or ("name" in options and call.name in (NAME, ""))
            assert named, f"{call.job_id} was not named"
    first = next((number for number, call in enumerate(calls) if call.action in CHANGING), None)
    if first is not None and "name" in options:
        shown = [call for call in calls[:first] if call.action == "list" and call.means is Means.DONE]
        assert len(evidence.of_name(shown[-1].shown)) <= 1, "one of two jobs of a name was chosen"


def nothing_is_done_twice(run: Run) -> None:
    """A request of unknown outcome is not repeated, but for a DELETE: five times at most, and each after a look."""
    calls = run.calls
    assert sum(call.done for call in calls if call.action == "create") <= 1, "two creations were done"
    repeats: t.Dict[str, int] = {}
    for number in evidence.changing(calls, None):
        call = calls[number]
        same = [
            n
            for n in range(number)
            if calls[n].action == call.action and (call.action == "create" or calls[n].job_id == call.job_id)
        ]
        if not same or calls[same[-1]].means is not Means.NOTHING:
            continue
        between = calls[same[-1] + 1 : number]
        assert call.action != "create", "a creation of unknown outcome was repeated"
        shown = [one.shown[call.job_id] for one in between if call.job_id in one.shown]
        if call.action != "delete":
            assert known_done(run, same[-1], number), f"a {call.action} of unknown outcome was repeated"
            continue
        assert shown, "a DELETE was repeated without a look that shows the job"
        repeats[call.job_id] = repeats.get(call.job_id, 0) + 1
        assert repeats[call.job_id] <= 5, "a DELETE was repeated more than five times"


def known_done(run: Run, number: int, until: int) -> bool:
    try:
        return bool(evidence.outcome(run.calls[:until], number, run.schedule.workspace, run.schedule.options))
    except Undecided:
        return True


def no_creation_beside_a_job_that_is_there(run: Run) -> None:
    """A name is proven free before a job is created by it, and an old job gone before another takes its place."""
    for number, call in enumerate(run.calls):
        if call.action != "create":
            continue
        earlier = run.calls[:number]
        for deleted in {one.job_id for one in earlier if one.action == "delete"}:
            assert evidence.proven_gone(earlier, deleted, run.schedule.workspace), "created before the old job was proven gone"
        seeded = {job["job_id"] for job in run.schedule.jobs if job.get("workspace_id", "0") == run.schedule.workspace}
        assert not seeded & set(call.beside), "created beside a job of the same name"


def after_an_interrupt_nothing_is_begun(run: Run) -> None:
    if run.cloud.interrupted_at is not None:
        later = run.calls[run.cloud.interrupted_at :]
        assert not any(call.action in CHANGING for call in later), "a change was begun after the interrupt"
        COUNTS["interrupts"] += 1


def who_is_refused_stops(run: Run) -> None:
    """After a refused key no request. IAM is asked once, and once more for an expired token; its refusal is told as its own."""
    asked = [call for call in run.calls if call.action == "token"]
    for call, following in zip(run.calls, [*run.calls[1:], None]):
        if call.action == "token" and call.means is not Means.DONE:
            passing = call.status in (0, 408, 429) or call.status >= 500 or "throttled" in call.fault or "internal" in call.fault
            again = call.fault == "unsent" or passing
            assert following is None or (again and following.action == "token"), "IAM failed, and something was asked again"
            if not again:
                told = json.dumps([row.get("msg") for dummy, row in run.rows] + [run.result.get("msg")])
                assert "IAM" in told, f"IAM's refusal is not told as IAM's: {told}"
                COUNTS["refusals of IAM"] += 1
        expired = run.schedule.password and call.code == "APIGW.0307"
        if call.status == 401 and call.action != "token" and not expired:
            assert following is None, "a refused key was used again"
            COUNTS["refused keys"] += 1
    assert sum(call.means is Means.DONE for call in asked) <= 2, "more than two tokens"
    assert len(asked) <= 2 * (1 + run.schedule.options.get("api_retries", 5)), "IAM was asked too often"


def the_time_is_kept(run: Run) -> None:
    """Not past the deadline, and no request while the server wants quiet."""
    most = run.schedule.options.get("wait_timeout", 300)
    assert run.end - run.begin <= most + GRACE, f"{run.end - run.begin:.1f} s instead of {most}"
    quiet = 0.0
    for call in run.calls:
        assert call.at >= quiet - 1e-6, "a request while the server wanted quiet"
        if call.status in (429, 503) and call.retry_after is not None:
            quiet = max(quiet, call.ended + call.retry_after)


def what_is_open_is_looked_after(run: Run) -> None:
    """Until it is known, or for half a minute, unless something ends that."""
    for number in evidence.changing(run.calls, None):
        call, later = run.calls[number], run.calls[number + 1 :]
        if call.means is not Means.NOTHING or known_done(run, number, len(run.calls)) or "bad key" in call.fault:
            continue
        if any(one.action in CHANGING or one.means is not Means.DONE for one in later):
            continue
        if run.cloud.interrupted_at is not None or "bug" in call.fault or run.schedule.settings.get("denied"):
            continue
        deadline = run.begin + run.schedule.options.get("wait_timeout", 300)
        if call.ended + (call.retry_after or 0.0) >= deadline - LITTLE:
            continue
        left = deadline - run.end
        assert run.end >= call.ended + evidence.LONG or left <= 0.25 * (deadline - call.ended) + 0.1, "given up too early"


def the_requests_are_not_without_end(run: Run) -> None:
    """Between two pauses there is at most a look at everything, once more to confirm it, and a change of every job."""
    assert not run.cloud.breach, run.cloud.breach
    pages = 1 + len(run.schedule.jobs) // 10  # so small they get where a list is never complete
    a_round = 6 * (pages + 1) + 4 * (1 + len(run.schedule.named))
    assert len(run.calls) <= a_round * (1 + len(run.pauses)) + len(run.met)


LAWS: t.Tuple[t.Callable[[Run], None], ...] = (
    the_requests_are_not_without_end,
    the_result_is_whole,
    what_is_not_known_is_said,
    changed_is_what_was_done,
    what_is_called_gone_is_gone,
    what_is_called_gone_is_proven_gone,
    the_state_is_reached,
    info_misses_no_job,
    only_what_was_named_is_touched,
    nothing_is_done_twice,
    no_creation_beside_a_job_that_is_there,
    after_an_interrupt_nothing_is_begun,
    who_is_refused_stops,
    the_time_is_kept,
    what_is_open_is_looked_after,
)
