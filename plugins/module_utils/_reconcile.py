# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What to do: from the state wanted and what was seen to the next step, for one job and for a thousand.

:func:`next_step` decides, and does nothing. :class:`Reconciler` does what it says: it looks, sends and waits, in rounds,
for all jobs together. Check mode is the same with nothing sent.
"""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field

from ansible_collections.otc.modelarts.plugins.module_utils import _jobs
from ansible_collections.otc.modelarts.plugins.module_utils._client import (
    AccessRefused,
    AnswerLost,
    CallError,
    Clock,
    Deadline,
    DeadlineExceeded,
    Unintelligible,
)
from ansible_collections.otc.modelarts.plugins.module_utils._jobs import Job, Jobs, Listing, Seen

SETTLE_SECONDS = 30.0  # how long what is shown may still be what was, before it is believed
FIRST_LOOK_PAUSE = 0.25  # seconds between the first two looks
PAUSE_GROWTH = 1.5


@dataclass(frozen=True)
class Wanted:
    """What the task asks for. ``create``: what the body of a creation has beside the name."""

    state: str
    wait: bool = True
    force: bool = False
    recreate: bool = False
    check_mode: bool = False
    name: t.Optional[str] = None
    description: t.Optional[str] = None
    train_url: t.Optional[str] = None
    create: t.Mapping[str, t.Any] = field(default_factory=dict)


@dataclass
class Attempt:
    """The last changing request of a phase.

    ``outcome``: ``accepted``; ``refused``; ``doubted``, answered as if there were no such job; or ``lost``.
    ``status_before``: what was shown when it was sent. ``lost_since``: when the first one without an answer was sent.
    """

    outcome: str
    at: float
    count: int
    status_before: t.Optional[int] = None
    error: t.Optional[CallError] = None
    lost_since: t.Optional[float] = None
    passed: bool = False  # a passing status was seen since


@dataclass
class Progress:
    """One job in one task: what was seen, what was sent, how it ended."""

    wanted: Wanted
    job_id: t.Optional[str] = None
    phases: t.List[str] = field(default_factory=list)
    seen: t.Optional[Seen] = None
    seen_at: float = -1.0
    listed: bool = False
    before: t.Optional[Job] = None
    job: t.Optional[Job] = None  # as last seen
    after: t.Optional[Job] = None  # predicted, in check mode
    attempt: t.Optional[Attempt] = None
    delete_lost: bool = False  # a delete had no answer, and was given up for a stop before the next
    told: t.Optional[CallError] = None  # the last error answer
    changed: bool = False
    done: bool = False
    failure: t.Optional[str] = None
    not_tried: bool = False

    def label(self) -> str:
        """Return how messages call the job."""
        return f"visualization job {self.job_id or name_of(self)}"


# --- the steps that a decision can ask for -----------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """Look (again). ``decisive``: what is seen decides whether anything will be changed."""

    decisive: bool = False


@dataclass(frozen=True)
class Send:
    """Send a changing request: ``delete``, ``stop``, ``restart``, ``create`` or ``describe``."""

    action: str


@dataclass(frozen=True)
class Turn:
    """Go on with other phases: these, instead of the present one."""

    phases: t.Tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """The state is reached."""

    proof: t.Optional[CallError] = None


@dataclass(frozen=True)
class Fail:
    """The state cannot be reached, or not be known to be."""

    why: str
    error: t.Optional[CallError] = None


Step = t.Union[Look, Send, Turn, Done, Fail]


# --- deciding: pure ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Phase:
    """A part of the way to a state: one changing request, and the statuses that say whether it worked.

    ``reached``: statuses in which there is nothing (more) to do. ``on_way``: in which there is nothing to send, but
    to wait for. ``broken``: in which it has failed, once they are not left over from before. ``repeat``: how often
    it may be sent again after a lost answer.
    """

    action: str
    verb: str
    reached: t.FrozenSet[int]
    on_way: t.FrozenSet[int]
    broken: t.FrozenSet[int]
    repeat: int = 0


NONE: t.FrozenSet[int] = frozenset()
PHASES = {
    "delete": Phase("delete", "delete", NONE, NONE, frozenset((_jobs.DELETE_FAILED,)), repeat=5),
    "stop": Phase("stop", "stop", _jobs.STOPPED, frozenset((_jobs.KILLING,)), NONE),
    "start": Phase("restart", "start", frozenset((_jobs.RUNNING,)), _jobs.STARTING, _jobs.STOPPED),
}
FIRST_PHASES = {
    "absent": ["delete"],
    "stopped": ["stop"],
    "started": ["start"],
    "restarted": ["stop", "start"],
    "present": ["present"],
}


def next_step(progress: Progress, now: float) -> Step:
    """Decide what is next for one job.

    :param now: seconds on the clock of ``progress.seen_at``.
    """
    if progress.seen is None:
        return Look(decisive=True)
    phase = progress.phases[0]
    if phase == "present":
        return present_step(progress)
    if phase in ("create", "run"):
        return create_step(progress, now) if phase == "create" else run_step(progress)
    if progress.seen.unreadable is not None:
        return blind_step(progress)
    if progress.seen.job is None:
        return gone_step(progress, phase)
    if progress.attempt is None:
        return first_step(progress, PHASES[phase])
    return {
        "accepted": accepted_step,
        "refused": refused_step,
        "doubted": doubted_step,
        "lost": lost_step,
    }[progress.attempt.outcome](progress, PHASES[phase], now)


def shown_status(progress: Progress) -> int:
    """Return the status last shown; 0, which is unknown, where none was."""
    return progress.seen.job["status"] if progress.seen and progress.seen.job else 0


def is_known(status: int) -> bool:
    """Tell whether a status means anything to us."""
    return status != 0 and status in _jobs.STATUS_NAMES


def is_last(progress: Progress) -> bool:
    """Tell whether no other phase follows, so that only ``wait`` asks for its end."""
    return len(progress.phases) == 1


def waits(progress: Progress) -> bool:
    """Tell whether the end of the present phase is to be waited for: also where another one needs it."""
    return progress.wanted.wait or not is_last(progress)


def gone_step(progress: Progress, phase: str) -> Step:
    """The job is proven gone."""
    proof = progress.seen.proof if progress.seen else None
    if phase == "delete" or "delete" in progress.phases:
        rest = tuple(name for name in progress.phases if name not in ("delete", "stop"))
        return Turn(rest) if rest else Done(proof)
    if progress.before is None:
        return Fail("it does not exist", proof)
    return Fail("it vanished meanwhile", proof)


def first_step(progress: Progress, phase: Phase) -> Step:
    """The job is there, and nothing was sent in this phase."""
    status = shown_status(progress)
    if phase.action == "delete":
        return first_delete_step(progress, status)
    if not is_known(status):
        return Look(decisive=True)
    if status in phase.reached:
        return reached_step(progress)
    if status in phase.on_way:
        return Look() if waits(progress) else Done()
    if phase.action == "restart" and status == _jobs.KILLING:
        return Look(decisive=True)
    return Send(phase.action)


def first_delete_step(progress: Progress, status: int) -> Step:
    """A delete is tried whatever the status; a prediction minds the one that is documented to be refused."""
    wanted = progress.wanted
    if wanted.check_mode and status == _jobs.KILLING:
        if waits(progress) or wanted.force:
            return Look(decisive=True)
        return Fail("the API refuses that in status killing (ModelArts.0105); with wait it would be waited for")
    return Send("delete")


def reached_step(progress: Progress) -> Step:
    """What the phase is for is the case."""
    return Done() if is_last(progress) else Turn(tuple(progress.phases[1:]))


def accepted_step(progress: Progress, phase: Phase, now: float) -> Step:
    """The request was accepted; is it done?"""
    attempt, status = t.cast(Attempt, progress.attempt), shown_status(progress)
    if not waits(progress):
        return Done()
    if progress.seen_at <= attempt.at:
        return Look()
    if status in phase.reached:
        return reached_step(progress)
    stale = status == attempt.status_before and not attempt.passed and now - attempt.at < SETTLE_SECONDS
    if status in phase.broken and not stale:
        return Fail(f"the API accepted that, but the job is now {shown(status)}", progress.told)
    return Look()


def refused_step(progress: Progress, phase: Phase, now: float) -> Step:
    """The request was refused; with ``ModelArts.0105`` that depends on the status, which may pass."""
    attempt, status, wait = t.cast(Attempt, progress.attempt), shown_status(progress), progress.wanted.wait
    error = t.cast(CallError, attempt.error)
    if isinstance(error, Unintelligible):
        return Fail(f"{error.message} Whether it was done is unknown", error)
    if error.kind() != _jobs.NOT_NOW_CODE:
        return Fail(error.message, error)
    if attempt.lost_since is not None and now - attempt.at < SETTLE_SECONDS:
        return Look(decisive=True)
    if phase.action == "delete" and not wait and is_last(progress):
        return firm_refusal(progress, phase, error, status)
    if progress.seen_at <= attempt.at:
        return Look(decisive=True)
    if status in phase.reached:
        return reached_step(progress)
    if status in phase.on_way:
        return Look() if waits(progress) else Done()
    if not is_known(status) or status in _jobs.PASSING:
        return Look(decisive=True) if waits(progress) else firm_refusal(progress, phase, error, status)
    if attempt.passed or status != attempt.status_before:
        return Send(phase.action)
    return firm_refusal(progress, phase, error, status)


def firm_refusal(progress: Progress, phase: Phase, error: CallError, status: int) -> Step:
    """The API does not do this as the job is; ``force`` stops it first."""
    stopped_already = "stop" in progress.phases or status in _jobs.STOPPED
    if phase.action == "delete" and progress.wanted.force and not stopped_already:
        return Turn(("stop", *progress.phases))
    return Fail(error.message, error)


def doubted_step(progress: Progress, phase: Phase, now: float) -> Step:
    """The answer was that there is no such job; looked at again, it is there."""
    attempt = t.cast(Attempt, progress.attempt)
    error = t.cast(CallError, attempt.error)
    if progress.seen_at <= attempt.at:
        return Look(decisive=True)
    return Fail(error.message, error)


def lost_step(progress: Progress, phase: Phase, now: float) -> Step:
    """There was no answer: was it done? Only a delete is repeated."""
    attempt, status = t.cast(Attempt, progress.attempt), shown_status(progress)
    error = t.cast(CallError, attempt.error)
    if progress.seen_at <= attempt.at:
        return Look(decisive=True)
    if phase.action == "delete":
        if attempt.count <= phase.repeat:
            return Send("delete")
        return Fail(f"{error.message} It was sent {attempt.count} times; whether it will be done is unknown", error)
    if status in phase.reached:
        return reached_step(progress)
    if status in phase.on_way and not waits(progress):
        return Done()
    if status in phase.on_way or now - attempt.at < SETTLE_SECONDS:
        return Look(decisive=True)
    return Fail(f"{error.message} Whether it was done is unknown; the job is still {shown(status)}", error)


def blind_step(progress: Progress) -> Step:
    """Neither the job nor the list may be read. A delete is possible all the same."""
    unreadable = t.cast(CallError, t.cast(Seen, progress.seen).unreadable)
    wanted, attempt = progress.wanted, progress.attempt
    rights = "the right modelarts:tensorboard:get, or list together with workspace_id,"
    if progress.phases != ["delete"]:
        return Fail(f"{unreadable.message} {rights} is needed", unreadable)
    if wanted.check_mode:
        return Fail(f"{unreadable.message} A prediction needs {rights} to read the job", unreadable)
    if attempt is None:
        return Send("delete")
    if attempt.outcome == "accepted":
        if not wanted.wait:
            return Done()
        return Fail(f"the delete was accepted, but cannot be verified: {rights} or wait: false would help", unreadable)
    error = t.cast(CallError, attempt.error)
    unknown = "" if attempt.outcome == "refused" else f" Whether it is gone cannot be verified: {rights} would help"
    return Fail(f"{error.message}{unknown}", error)


def completes(progress: Progress, step: Step) -> bool:
    """Tell whether a step ends a phase whose request had no answer: then it was that request which did it."""
    lost: t.Set[str] = {"delete"} if progress.delete_lost else set()
    if progress.attempt is not None and progress.attempt.lost_since is not None:
        lost.add(progress.phases[0])
    if isinstance(step, Turn):
        return not lost.issubset(step.phases)
    return isinstance(step, Done) and bool(lost)


def shown(status: int) -> str:
    """Return a status for a message: its name and its number."""
    return f"{_jobs.STATUS_NAMES.get(status, 'unknown')} ({status})"


# --- deciding about `present`: pure ------------------------------------------------------------------------------


def same_path(one: t.Any, other: t.Any) -> bool:
    """Tell whether two OBS paths are the same folder."""
    return str(one or "").rstrip("/") == str(other or "").rstrip("/")


def present_step(progress: Progress) -> Step:
    """Compare what is wanted with what is there."""
    seen, wanted = t.cast(Seen, progress.seen), progress.wanted
    if seen.unreadable is not None:
        return Fail(f"{seen.unreadable.message} The right modelarts:tensorboard:get or list is needed", seen.unreadable)
    if seen.job is None:
        return missing_step(progress, seen)
    status, other_path = seen.job["status"], False
    if wanted.train_url is not None:
        other_path = not same_path(seen.job["train_url"], wanted.train_url)
    if wanted.recreate and (other_path or status in _jobs.FAILED):
        return Turn(("delete", "create", "run"))
    if other_path:
        return Fail(f"its train_url is {seen.job['train_url']}, which cannot be changed; recreate would replace the job")
    if wanted.wait and status in _jobs.FAILED:
        return Fail(f"it is {shown(status)}; recreate would replace it")
    if wanted.description is not None and (seen.job["job_desc"] or "") != wanted.description:
        return describe_step(progress)
    return Turn(("run",))


def missing_step(progress: Progress, seen: Seen) -> Step:
    """There is no job yet."""
    if progress.wanted.name is None:
        return Fail("it does not exist; a job is created by its name", seen.proof)
    if not progress.wanted.train_url:
        return Fail("it does not exist, and train_url is needed to create it", seen.proof)
    return Turn(("create", "run"))


def describe_step(progress: Progress) -> Step:
    """The description differs."""
    attempt = progress.attempt
    if attempt is None:
        return Send("describe")
    if attempt.outcome == "accepted":
        return Turn(("run",))
    error = t.cast(CallError, attempt.error)
    if attempt.outcome == "lost" and progress.seen_at <= attempt.at:
        return Look(decisive=True)
    return Fail(error.message, error)


def create_step(progress: Progress, now: float) -> Step:
    """Create the job, once: after a lost answer it is looked for by its name."""
    attempt = progress.attempt
    if attempt is None:
        return Send("create")
    if attempt.outcome == "accepted":
        return Turn(("run",))
    error = t.cast(CallError, attempt.error)
    if attempt.outcome != "lost":
        return Fail(error.message, error)
    if progress.seen is not None and progress.seen.job is not None and progress.seen_at > attempt.at:
        return Turn(("run",))
    if now - attempt.at < SETTLE_SECONDS / 3 or progress.seen_at <= attempt.at:
        return Look(decisive=True)
    return Fail(f"{error.message} The outcome is unknown: no job of that name has appeared; it was not created twice", error)


def run_step(progress: Progress) -> Step:
    """The job is there: wait until it runs. One that was there before, and stopped, is left as it is."""
    seen = t.cast(Seen, progress.seen)
    if not progress.wanted.wait:
        return Done()
    if seen.job is None:
        return Fail("it vanished meanwhile", seen.proof) if seen.unreadable is None else Done()
    status = seen.job["status"]
    existed = progress.before is not None and progress.before["job_id"] == progress.job_id
    if status == _jobs.RUNNING or (existed and status in _jobs.STOPPED_ON_PURPOSE):
        return Done()
    if status in _jobs.STOPPED:
        return Fail(f"it does not run but is {shown(status)}; recreate would replace it")
    return Look()


# --- doing -------------------------------------------------------------------------------------------------------


class Reconciler:
    """Brings jobs to the states wanted: asks :func:`next_step`, does what it says, and waits, in rounds.

    :param longest_pause: seconds between two looks, at most; the first pauses are shorter.
    :param concurrency: changing requests in flight, at most.
    """

    def __init__(self, jobs: Jobs, deadline: Deadline, longest_pause: float = 5.0, concurrency: int = 5) -> None:
        self._jobs = jobs
        self._deadline = deadline
        self._clock: Clock = deadline.clock
        self._longest_pause = longest_pause
        self._concurrency = concurrency
        self._stopped = threading.Event()  # the key or token was refused
        self._rounds = 0

    def run(self, tasks: t.Sequence[Progress]) -> None:
        """Work until every job is done or failed. Raises nothing that is about a job; see :class:`Progress`."""
        for progress in tasks:
            progress.phases = progress.phases or list(FIRST_PHASES[progress.wanted.state])
        while True:
            steps = [(progress, self._settle(progress)) for progress in tasks if not progress.done]
            sends = [(progress, step) for progress, step in steps if isinstance(step, Send)]
            looks = [progress for progress, step in steps if isinstance(step, Look)]
            if sends:
                self._each(self._send, sends)
            elif looks:
                self._look_all(looks)
            else:
                return

    def _settle(self, progress: Progress) -> t.Optional[Step]:
        """Decide until there is something to do; ``None`` where the job is done."""
        while True:
            step = next_step(progress, self._clock.monotonic())
            if completes(progress, step):
                progress.changed = True
            if isinstance(step, Turn):
                if progress.phases[0] == "delete" and progress.attempt and progress.attempt.lost_since is not None:
                    progress.delete_lost = True
                progress.phases, progress.attempt = list(step.phases), None
            elif isinstance(step, Done):
                self._finish(progress, step.proof)
                return None
            elif isinstance(step, Fail):
                self._fail(progress, step.why, step.error)
                return None
            elif progress.wanted.check_mode and self._predicts(progress, step):
                return None
            else:
                return step

    def _predicts(self, progress: Progress, step: Step) -> bool:
        """In check mode, end where a run would send or only wait."""
        if isinstance(step, Send):
            progress.changed = True
            progress.after = predicted(progress)
            self._finish(progress, None)
        elif isinstance(step, Look) and not step.decisive and is_last(progress):
            self._finish(progress, None)
        return progress.done

    def _finish(self, progress: Progress, proof: t.Optional[CallError]) -> None:
        progress.done = True
        answered = progress.attempt.error if progress.attempt and progress.attempt.outcome == "refused" else None
        progress.told = None if progress.changed else proof or answered

    def _fail(self, progress: Progress, why: str, error: t.Optional[CallError]) -> None:
        progress.done = True
        progress.told = error
        doing = doing_what(progress)
        code = f" [{error.code}]" if error and error.code else ""
        force_helps = doing == PHASES["delete"].verb and not progress.wanted.force
        progress.failure = f"Cannot {doing} {progress.label()}: {why.rstrip('.')}{code}.{advice(error, force_helps)}"

    # --- looking ---

    def _look_all(self, tasks: t.Sequence[Progress]) -> None:
        """Look at the jobs again, after a pause that grows."""
        if self._stopped.is_set():
            for progress in tasks:
                self._leave(progress)
            return
        if any(progress.seen is not None for progress in tasks) and not self._pause():
            for progress in tasks:
                self._time_out(progress)
            return
        if len(tasks) > 1 or tasks[0].listed:
            self._look_by_list(tasks)
        else:
            self._look_one(tasks[0], None)

    def _pause(self) -> bool:
        """Let time pass before the next look; ``False`` where there is too little of it left."""
        remaining = self._deadline.remaining()
        if remaining < 0.05:
            return False
        pause = min(self._longest_pause, FIRST_LOOK_PAUSE * PAUSE_GROWTH ** min(self._rounds, 30))
        self._rounds += 1
        self._clock.sleep(min(pause, remaining * 0.8))
        return True

    def _time_out(self, progress: Progress) -> None:
        told = progress.told
        status = shown(progress.job["status"]) if progress.job else "not shown"
        self._fail(progress, f"not done within {self._deadline.seconds:g} s (wait_timeout); its status is {status}", told)

    def _look_by_list(self, tasks: t.Sequence[Progress]) -> None:
        """One pass through the list for all; what it does not hold, and never held, is asked for by its id."""
        listing: t.Optional[Listing] = None
        try:
            listing = self._jobs.list()
        except AccessRefused as error:
            self._stop_all(tasks, error)
            return
        except CallError as error:
            if not _jobs.says_forbidden(error):
                for progress in tasks:
                    self._lose_sight(progress, error)
                return
        rest = []
        for progress in tasks:
            job = listing.jobs.get(progress.job_id or "") if listing else None
            if job is not None:
                self._saw(progress, Seen(job, in_list=True))
            elif listing and listing.complete and listing.pages == 1 and progress.listed:
                self._saw(progress, Seen(None))
            else:
                rest.append((progress, listing))
        self._each(self._look_one, rest)

    def _look_one(self, progress: Progress, listing: t.Optional[Listing]) -> None:
        """Look at one job: by its id, or by its name while that is all we know."""
        try:
            if progress.job_id is None:
                seen = self._look_by_name(progress)
            else:
                seen = self._jobs.look(progress.job_id, listing, progress.listed)
        except AccessRefused as error:
            self._stopped.set()
            self._lose_sight(progress, error)
        except CallError as error:
            self._lose_sight(progress, error)
        else:
            self._saw(progress, seen)

    def _look_by_name(self, progress: Progress) -> Seen:
        found = self._jobs.find(name_of(progress))
        if len(found) > 1:
            ids = ", ".join(sorted(job["job_id"] for job in found))
            raise Unintelligible(f"There are {len(found)} jobs of that name; use job_id with one of {ids}.")
        if not found:
            return Seen(None)
        progress.job_id = found[0]["job_id"]
        return Seen(found[0])

    def _saw(self, progress: Progress, seen: Seen) -> None:
        first = progress.seen is None
        progress.seen, progress.seen_at = seen, self._clock.monotonic()
        if seen.job is None:
            return
        progress.listed = progress.listed or seen.in_list
        progress.job = seen.job
        if first:
            progress.before = seen.job
        if progress.attempt is not None and seen.job["status"] in _jobs.PASSING:
            progress.attempt.passed = True

    def _lose_sight(self, progress: Progress, error: CallError) -> None:
        if isinstance(error, DeadlineExceeded) and progress.seen is not None:
            self._time_out(progress)
            return
        sent = progress.attempt.outcome if progress.attempt else ""
        suffix = {"accepted": " The request before was accepted", "lost": " Whether the request before was done is unknown"}
        self._fail(progress, f"{error.message}{suffix.get(sent, '')}", error)

    # --- sending ---

    def _send(self, progress: Progress, step: Send) -> None:
        """Send one changing request, and note what came of it."""
        now = self._clock.monotonic()
        last = progress.attempt
        attempt = Attempt("accepted", now, (last.count if last else 0) + 1, lost_since=last.lost_since if last else None)
        attempt.status_before = progress.seen.job["status"] if progress.seen and progress.seen.job else None
        try:
            self._call(progress, step.action)
        except DeadlineExceeded:
            self._time_out(progress)
            return
        except AccessRefused as error:
            self._stopped.set()
            self._fail(progress, error.message, error)
            return
        except AnswerLost as error:
            attempt.outcome, attempt.error = "lost", error
            attempt.lost_since = now if attempt.lost_since is None else attempt.lost_since
        except CallError as error:
            attempt.outcome, attempt.error = "refused", error
            if step.action != "create" and (_jobs.says_gone(error) or _jobs.says_maybe_gone(error)):
                self._doubt(progress, attempt, error)
        attempt.at = self._clock.monotonic()
        progress.attempt, progress.told = attempt, attempt.error
        progress.changed = progress.changed or attempt.outcome == "accepted"

    def _doubt(self, progress: Progress, attempt: Attempt, error: CallError) -> None:
        """Note an answer that speaks of a job that does not exist: a proof, or a reason to look."""
        attempt.outcome = "doubted"
        if _jobs.says_gone(error):
            progress.seen, progress.seen_at = Seen(None, error), self._clock.monotonic()

    def _call(self, progress: Progress, action: str) -> None:
        job_id = progress.job_id or ""
        if action == "create":
            body = creation(progress)
            progress.job_id, progress.listed = None, False
            made = _jobs.represent({**body, **self._jobs.create(body)})
            progress.job_id = made["job_id"]
            progress.job = made
            progress.seen, progress.seen_at = Seen(made), self._clock.monotonic()
        elif action == "describe":
            self._jobs.describe(job_id, progress.wanted.description or "")
            progress.job = {**(progress.job or {}), "job_desc": progress.wanted.description}
        else:
            {"delete": self._jobs.delete, "stop": self._jobs.stop, "restart": self._jobs.restart}[action](job_id)

    # --- many at once ---

    def _each(self, work: t.Callable[..., None], arguments: t.Sequence[t.Tuple[t.Any, ...]]) -> None:
        """Do a piece of work for each job, a few at a time; none any more once the key or token was refused."""

        def guarded(progress: Progress, *rest: t.Any) -> None:
            if self._stopped.is_set():
                self._leave(progress)
            else:
                work(progress, *rest)

        if len(arguments) < 2 or self._concurrency < 2:
            for one in arguments:
                guarded(*one)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(self._concurrency, len(arguments))) as pool:
            for future in [pool.submit(guarded, *one) for one in arguments]:
                future.result()

    def _stop_all(self, tasks: t.Sequence[Progress], error: CallError) -> None:
        """The key or token was refused: tell it of the first job, and leave the others."""
        self._stopped.set()
        self._lose_sight(tasks[0], error)
        for progress in tasks[1:]:
            self._leave(progress)

    def _leave(self, progress: Progress) -> None:
        progress.not_tried = progress.attempt is None
        what = "not tried" if progress.not_tried else "sent, but not followed up"
        self._fail(progress, f"{what}, because the key or token was refused", None)


def name_of(progress: Progress) -> str:
    """Return the name of the job, as the task or the job itself gives it."""
    return progress.wanted.name or str((progress.before or {}).get("job_name") or "")


def creation(progress: Progress) -> Job:
    """Return the body of a creation: what the task wants, and where it replaces a job, what that one had."""
    old = {key: (progress.before or {}).get(key) for key in ("train_url", "job_desc")}
    kept = {key: value for key, value in old.items() if value}
    return {"job_name": name_of(progress), **kept, **progress.wanted.create}


def predicted(progress: Progress) -> t.Optional[Job]:
    """Return what a run would leave of a job, as far as that is known; ``None`` for nothing."""
    wanted = progress.wanted
    if wanted.state == "absent":
        return None
    after: Job = dict(progress.before or {})
    if wanted.state == "present":
        if "create" in progress.phases:
            after = creation(progress)
        elif wanted.description is not None:
            after["job_desc"] = wanted.description
        return after
    status = 12 if wanted.state == "stopped" else _jobs.RUNNING
    return {**after, "status": status, "status_name": _jobs.STATUS_NAMES[status]}


def doing_what(progress: Progress) -> str:
    """Return the verb for a message."""
    phase = progress.phases[0] if progress.phases else ""
    if phase in PHASES:
        return PHASES[phase].verb
    return {"create": "create", "run": "bring up"}.get(phase, "manage")


def advice(error: t.Optional[CallError], force_helps: bool = False) -> str:
    """Return what a person can do about an error, for the end of a message.

    :param force_helps: whether the API may do with ``force`` what it has refused in this status.
    """
    if error is None:
        return ""
    if isinstance(error, AccessRefused):
        return " Check the credentials; a key is locked for some minutes after more than five bad signatures."
    known = {
        _jobs.NOT_NOW_CODE: f" Wait for another status{', or use force to have it stopped first' if force_helps else ''}.",
        "APIGW.0101": " Check endpoint and region_name: there is no such API there (any more).",
        "ModelArts.4204": " Check endpoint and region_name: there is no such API there (any more).",
    }
    if error.kind() in known:
        return known[error.kind()]
    if error.kind() in _jobs.NOT_GONE_CODES:
        return " Check that project_id, region_name and endpoint belong together, and to the credentials."
    if error.http_status == 403:
        return " Ask for the IAM action modelarts:tensorboard that this call needs."
    if error.http_status == 429:
        return " Raise wait_timeout or api_retries, or lower max_concurrency."
    return ""
