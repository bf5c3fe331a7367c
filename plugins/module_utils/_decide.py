# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is next for one job: pure decisions, from the state wanted and what was sent and seen.

Nothing here sends, waits, or knows Ansible or HTTP. Its law: a request whose answer proves neither "done" nor "not done" is
open until a repeat of it was accepted or its effect was seen, and a job with an open request does not end well.

:func:`next_step` is the only entrance.
"""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from . import _jobs
from ._http import CallError, Refused
from ._jobs import CONFIRM_SECONDS, SETTLE_SECONDS, Found, Gone, Job, Sighting, Spec, Unreadable, Watch, Why

LOOKS_TO_PROVE = 3  # so many can prove a job gone, as far as it can be proven
MOST_SENT = 6  # of one kind of request: one, and five repeats
DEFAULT_WORKSPACE = "0"


# --- what is wanted, what was sent, and how it ends ----------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What the task asks for: one of the states of the module, or ``shown``, which changes nothing."""

    state: str
    wait: bool = True
    force: bool = False
    recreate: bool = False
    check_mode: bool = False
    workspace_id: t.Optional[str] = None
    spec: Spec = field(default_factory=Spec)


SHAPING = frozenset(("stop", "restart", "describe"))  # what is sent to a job that is to stay


class Outcome(enum.Enum):
    """What came of a changing request."""

    ACCEPTED = "accepted"
    REFUSED = "refused: nothing was done"
    MAYBE_GONE = "answered as if there were no such job: nothing was done"
    UNKNOWN = "it may have been done"


@dataclass
class Attempt:
    """A changing request, noted before it is sent.

    ``action``: ``delete``, ``stop``, ``restart``, ``create`` or ``describe``. ``at``: when its answer came, or its end.
    ``status_before``: the one that was shown last; ``shown_before``: all that this task had been shown. ``passed``: a passing
    status was seen since. ``moot``: the job that it was for was replaced, so what came of it is nothing. ``job_id``: that job;
    ``None`` of a creation.
    """

    action: str
    at: float
    status_before: t.Optional[int] = None
    shown_before: t.FrozenSet[int] = frozenset()
    answered: bool = False
    error: t.Optional[CallError] = None
    passed: bool = False
    moot: bool = False
    job_id: t.Optional[str] = None

    @property
    def outcome(self) -> Outcome:
        """Return what came of it, by its answer."""
        if not self.answered:
            return Outcome.UNKNOWN
        if self.error is None:
            return Outcome.ACCEPTED
        if self.error.maybe_done:
            return Outcome.UNKNOWN
        missing = self.action != "create" and (_jobs.says_gone(self.error) or _jobs.says_maybe_gone(self.error))
        return Outcome.MAYBE_GONE if missing else Outcome.REFUSED


class Reason(enum.Enum):
    """Why the work at a job ended without the state that is wanted. How each is worded stands in ``_messages``."""

    REFUSED = enum.auto()  # a changing request was refused
    READ_FAILED = enum.auto()  # a look was answered with an error
    MISSING = enum.auto()  # there is no such job, and the state needs one
    VANISHED = enum.auto()  # it was there, and is gone
    MISSING_BY_ID = enum.auto()  # there is no such job, and an id is nothing to create one by
    MISSING_PATH = enum.auto()  # there is no such job, and no train_url to create one by
    REFUSED_IN_STATUS = enum.auto()  # check mode: the API refuses that in this status
    BROKEN = enum.auto()  # accepted, but the job shows that it failed
    UNCLEAR = enum.auto()  # a request may have been done, and time did not tell
    UNPROVEN = enum.auto()  # the job may be gone, and nothing proves it
    NO_RIGHT_TO_READ = enum.auto()
    NO_RIGHT_TO_PREDICT = enum.auto()
    NO_RIGHT_TO_VERIFY = enum.auto()  # the deletion was accepted
    TIMED_OUT = enum.auto()
    OTHER_PATH = enum.auto()  # present: train_url differs
    PATH_UNTOLD = enum.auto()  # present: the API does not tell its train_url
    NOT_RUNNING = enum.auto()  # present: it does not run
    RECREATE_ELSEWHERE = enum.auto()  # it could not be made again where it is
    RECREATE_UNSOUND = enum.auto()  # what it tells of itself is nothing that a creation takes
    RECREATE_NO_PATH = enum.auto()  # it could not be made again without a train_url
    PLACE_UNKNOWN = enum.auto()  # created, but the list of the workspace could not be read
    RUNS_ELSEWHERE = enum.auto()  # created, but the list of the workspace does not hold it
    NAMESAKES = enum.auto()  # several jobs of one name
    NO_ACCESS = enum.auto()  # the key, the token or IAM said no
    NOT_TRIED = enum.auto()  # because of that, at another job
    INTERRUPTED = enum.auto()
    BUG = enum.auto()


# --- the steps that a decision can ask for -----------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """Look (again): what is seen decides what is done. ``by_list``: only the list can tell."""

    by_list: bool = False


@dataclass(frozen=True)
class Wait:
    """Nothing is left to send; look until the end is seen."""


@dataclass(frozen=True)
class Send:
    """Send a changing request."""

    action: str


@dataclass(frozen=True)
class Replan:
    """Go on with other phases: these, instead of the present ones. ``adopt``: with this job, found by its name."""

    phases: t.Tuple[str, ...]
    adopt: t.Optional[Job] = None


@dataclass(frozen=True)
class Done:
    """The state is reached. ``proof``: the answer that said so, where nothing had to be changed."""

    proof: t.Optional[CallError] = None


@dataclass(frozen=True)
class Fail:
    """The state cannot be reached, or not be known to be. ``status``: the one that is why. ``detail``: of a bug, names, time."""

    reason: Reason
    error: t.Optional[CallError] = None
    status: t.Optional[int] = None
    detail: str = ""


@dataclass(frozen=True)
class Seen:
    """Take note that the effect of a request without a clear answer was seen (as this job), then decide again."""

    action: str
    adopt: t.Optional[Job] = None


Step = t.Union[Look, Wait, Send, Replan, Done, Fail, Seen]


@dataclass
class Progress:
    """One job in one task: what was seen, what was sent, how it ended.

    ``phases``: what is still to be done, the present one first; ``begun``: how many requests were sent before it.
    ``shown``: the statuses that the looks have shown; ``same_since``: since which look after the last request it is the same.
    ``unsure``: since when no look has shown the job, or that it is gone; ``unsure_looks``: how many these were.
    ``list_failure``: why the list that alone can tell did not, when it was last read.
    ``namesakes``: the jobs of the name, when it was last looked for by its name; ``known``: the ids of all that were seen before
    a creation. ``effects``: the actions without a clear answer whose effect was seen. ``predicted``: in check mode, that a run
    would send something.
    """

    wanted: Wanted
    job_id: t.Optional[str] = None
    phases: t.Tuple[str, ...] = ()
    begun: int = 0
    watch: Watch = field(default_factory=Watch)
    sighting: t.Optional[Sighting] = None
    seen_at: float = -1.0
    shown: t.Set[int] = field(default_factory=set)
    same_since: t.Optional[float] = None
    unsure: t.Optional[float] = None
    unsure_looks: int = 0
    list_failure: t.Optional[CallError] = None
    namesakes: t.Tuple[Job, ...] = ()
    known: t.Set[str] = field(default_factory=set)
    before: t.Optional[Job] = None
    job: t.Optional[Job] = None
    attempts: t.List[Attempt] = field(default_factory=list)
    effects: t.Set[str] = field(default_factory=set)
    predicted: bool = False
    end: t.Union[Done, Fail, None] = None

    def __post_init__(self) -> None:
        self.phases = self.phases or FIRST_PHASES[self.wanted.state]

    @property
    def phase(self) -> str:
        """Return the present phase; empty where there is nothing to do but to look."""
        return self.phases[0] if self.phases else ""

    @property
    def attempt(self) -> t.Optional[Attempt]:
        """Return the last request of the present phase."""
        return self.attempts[-1] if len(self.attempts) > self.begun else None

    @property
    def fresh(self) -> bool:
        """Tell whether the job was looked at since the last request."""
        return not self.attempts or self.seen_at > self.attempts[-1].at

    @property
    def changed(self) -> bool:
        """Tell whether this task is known to have changed the job, or in check mode would."""
        done = (one.outcome is Outcome.ACCEPTED or self.has_effect(one) for one in self.attempts)
        return self.predicted or any(done)

    @property
    def last_error(self) -> t.Optional[CallError]:
        """Return what was last answered with an error; one that was no answer only where there was none."""
        errors: t.List[t.Optional[CallError]] = []
        if isinstance(self.sighting, Unreadable) and self.fresh:
            errors.append(self.sighting.error)
        if isinstance(self.sighting, Gone) and self.fresh:
            errors.append(self.sighting.proof)
        if self.attempts and self.phase not in ("place", "run"):
            errors.append(self.attempts[-1].error)
        told = [error for error in errors if error is not None]
        return next((error for error in told if error.http_status is not None), told[0] if told else None)

    @property
    def told(self) -> t.Optional[CallError]:
        """Return the error answer that decided the end, or is why nothing changed."""
        if isinstance(self.end, Fail):
            return self.end.error
        if self.changed or self.end is None:
            return None
        refused = self.attempts[-1].error if self.attempts else None
        return self.end.proof or refused

    @property
    def created(self) -> bool:
        """Tell whether the job is known to be made by this task."""
        mine = (one for one in self.attempts if one.action == "create")
        return any(one.outcome is Outcome.ACCEPTED or self.has_effect(one) for one in mine)

    def has_effect(self, attempt: Attempt) -> bool:
        """Tell whether an attempt of unknown outcome was seen to be done."""
        return attempt.outcome is Outcome.UNKNOWN and attempt.action in self.effects

    def open(self) -> t.List[Attempt]:
        """Return the requests of which nobody knows whether they were carried out.

        Of a job that was to go, and is gone, none that shaped it: nothing can come of them any more, nor be missed.
        """
        settled = {one.action for one in self.attempts if one.outcome is Outcome.ACCEPTED} | self.effects
        settled |= SHAPING if isinstance(self.sighting, Gone) and {"delete", "create"} & set(self.phases) else set()
        unclear = (one for one in self.attempts if one.outcome is Outcome.UNKNOWN and not one.moot)
        return [one for one in unclear if one.action not in settled]

    def sent(self, action: str) -> int:
        """Return how often something was sent."""
        return sum(one.action == action for one in self.attempts)


# --- deciding ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Phase:
    """A part of the way to a state: one changing request, and the statuses that say whether it worked.

    ``reached``: statuses in which there is nothing (more) to do. ``on_way``: in which there is nothing to send, but
    to wait for. ``broken``: in which it has failed, once they are not left over from before.
    """

    action: str
    reached: t.FrozenSet[int]
    on_way: t.FrozenSet[int]
    broken: t.FrozenSet[int]

    @property
    def effect(self) -> t.FrozenSet[int]:
        """Return the statuses that show that a request without an answer was done. No request makes a job fail."""
        return self.reached.union(self.on_way).difference(_jobs.FAILED)


NONE: t.FrozenSet[int] = frozenset()
PHASES = {
    "delete": Phase("delete", NONE, NONE, frozenset((_jobs.DELETE_FAILED,))),
    "stop": Phase("stop", _jobs.NO_LONGER_RUNNING, frozenset((_jobs.KILLING,)), NONE),
    "start": Phase("restart", frozenset((_jobs.RUNNING,)), _jobs.STARTING, _jobs.NO_LONGER_RUNNING),
}
FIRST_PHASES: t.Dict[str, t.Tuple[str, ...]] = {
    "absent": ("delete",),
    "stopped": ("stop",),
    "started": ("start",),
    "restarted": ("stop", "start"),
    "present": ("present",),
    "shown": (),
}


def next_step(progress: Progress, now: float) -> Step:
    """Decide what is next for one job.

    :param now: seconds on the clock of ``progress.seen_at``.
    """
    sighting = progress.sighting
    if sighting is None:
        return Look()
    special = {"present": present_step, "create": create_step, "place": place_step, "run": run_step}.get(progress.phase)
    if special is not None:
        return special(progress, sighting, now)
    if not progress.phases:
        return unreadable_step(progress, sighting, now) if isinstance(sighting, Unreadable) else Done()
    if isinstance(sighting, Unreadable):
        return unreadable_step(progress, sighting, now)
    if isinstance(sighting, Gone):
        return gone_step(progress, sighting, now)
    phase = PHASES[progress.phase]
    if progress.attempt is None:
        return first_step(progress, phase, sighting.job["status"])
    return sent_step(progress, phase, progress.attempt, sighting.job["status"], now)


def is_known(status: int) -> bool:
    """Tell whether a status means anything to us."""
    return _jobs.state_of(status) != "unknown"


def is_old(progress: Progress, attempt: Attempt, status: int) -> bool:
    """Tell whether a status may be one of before the request, shown by a server that lags: until two looks agree."""
    since = progress.seen_at if progress.same_since is None else progress.same_since
    return status in attempt.shown_before and progress.seen_at - since < CONFIRM_SECONDS


def is_sudden(progress: Progress, now: float) -> bool:
    """Tell whether that a job is gone comes right after a request that is to shape it: a single answer may be wrong then."""
    last = progress.attempts[-1] if progress.attempts else None
    if last is None or last.action not in SHAPING or last.outcome not in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        return False
    return now - last.at < SETTLE_SECONDS


def waits(progress: Progress) -> bool:
    """Tell whether the end of the present phase is to be waited for: also where another one needs it."""
    return progress.wanted.wait or len(progress.phases) > 1


def reached_step(progress: Progress) -> Step:
    """What the present phase is for is the case. Where others have done all of it, a job is not restarted yet."""
    if progress.wanted.state == "restarted" and len(progress.phases) == 1 and not progress.changed:
        return Replan(FIRST_PHASES["restarted"])
    return Done() if len(progress.phases) == 1 else Replan(progress.phases[1:])


def arrived_step(progress: Progress, phase: Phase, status: int) -> Step:
    """The job is where the present phase wants it, or on its way there, though nothing of ours has brought it there."""
    return Wait() if status in phase.on_way and waits(progress) else reached_step(progress)


def read_failure(error: t.Optional[CallError]) -> Fail:
    """Return the end by a look that was answered with an error."""
    return Fail(Reason.READ_FAILED, error)


def unreadable_step(progress: Progress, sighting: Unreadable, now: float) -> Step:
    """The last look showed neither the job, nor that it is gone."""
    attempt = progress.attempt
    if attempt is not None and attempt.outcome is Outcome.ACCEPTED and not waits(progress):
        return Done()
    if sighting.why is Why.FORBIDDEN:
        return forbidden_step(progress, sighting.error, now)
    if not progress.fresh:
        return Look()
    since = 0.0 if progress.unsure is None else progress.seen_at - progress.unsure  # what happens to others is no look
    if sighting.why is Why.MAYBE_GONE:
        followed = attempt is not None and attempt.outcome is Outcome.ACCEPTED and progress.phase == "delete"
        patience = CONFIRM_SECONDS if isinstance(sighting.obstacle, Refused) else SETTLE_SECONDS
        enough = since >= patience and progress.unsure_looks >= LOOKS_TO_PROVE
        return Fail(Reason.UNPROVEN, sighting.error) if enough and not followed else Look()
    throttled = _jobs.says_later(sighting.error)
    still_open = progress.open()
    if still_open and now - still_open[-1].at < SETTLE_SECONDS:
        return Look()
    if throttled and attempt is not None and attempt.outcome is Outcome.ACCEPTED:
        return Look()
    hopeless = isinstance(sighting.error, Refused) and not throttled
    return Look() if progress.attempts and not hopeless and since < SETTLE_SECONDS else read_failure(sighting.error)


def forbidden_step(progress: Progress, error: t.Optional[CallError], now: float) -> Step:
    """Neither the job nor the list may be read. A delete is possible all the same."""
    attempt = progress.attempt
    if progress.phases != ("delete",) or progress.job_id is None:
        return Fail(Reason.NO_RIGHT_TO_READ, error)
    if progress.wanted.check_mode:
        return Fail(Reason.NO_RIGHT_TO_PREDICT, error)
    if attempt is None:
        return Send("delete")
    if attempt.outcome is Outcome.UNKNOWN and now - attempt.at < SETTLE_SECONDS:
        return Look()
    ends = {
        Outcome.ACCEPTED: Fail(Reason.NO_RIGHT_TO_VERIFY, error),
        Outcome.UNKNOWN: Fail(Reason.UNCLEAR, attempt.error),
        Outcome.MAYBE_GONE: Fail(Reason.UNPROVEN, attempt.error),
        Outcome.REFUSED: Fail(Reason.REFUSED, attempt.error),
    }
    return ends[attempt.outcome]


def gone_step(progress: Progress, sighting: Gone, now: float) -> Step:
    """The job is proven gone."""
    if "delete" not in progress.phases:
        return lost_step(progress, sighting, now)
    last = progress.attempt
    if "create" in progress.phases and last is not None and last.error is not None and sighting.proof is last.error:
        return Look()  # what takes its place is not made on the word of a single answer
    if any(one.action == "delete" for one in progress.open()):
        return Seen("delete")
    rest = tuple(name for name in progress.phases if name not in ("delete", "stop"))
    return Replan(rest) if rest else Done(sighting.proof)


def lost_step(progress: Progress, sighting: Gone, now: float) -> Step:
    """The job is gone that was to stay. It is not made again: what says so may be wrong, or somebody has deleted it."""
    if is_sudden(progress, now):
        return Look()
    return Fail(Reason.MISSING if progress.before is None else Reason.VANISHED, sighting.proof)


def first_step(progress: Progress, phase: Phase, status: int) -> Step:
    """The job is there, and nothing was sent in this phase."""
    if phase.action == "delete":
        return first_delete_step(progress, status)
    if not is_known(status):
        return Look()
    if status in (*phase.reached, *phase.on_way):
        return arrived_step(progress, phase, status)
    if phase.action == "restart" and status == _jobs.KILLING:
        return Look()
    return Send(phase.action)


def first_delete_step(progress: Progress, status: int) -> Step:
    """A delete is tried whatever the status; a prediction minds the one that is documented to be refused."""
    if progress.wanted.check_mode and status == _jobs.KILLING:
        if waits(progress) or progress.wanted.force:
            return Look()
        return Fail(Reason.REFUSED_IN_STATUS, None, status)
    return Send("delete")


def sent_step(progress: Progress, phase: Phase, attempt: Attempt, status: int, now: float) -> Step:
    """Something was sent, and the job is there."""
    if attempt.outcome is Outcome.ACCEPTED or progress.has_effect(attempt):
        return accepted_step(progress, phase, attempt, status, now)
    if attempt.outcome is Outcome.MAYBE_GONE:
        settled = progress.fresh and now - attempt.at >= SETTLE_SECONDS  # what still shows it may lag behind
        return Fail(Reason.REFUSED, attempt.error) if settled else Look()
    decide = unknown_step if attempt.outcome is Outcome.UNKNOWN else refused_step
    return decide(progress, phase, attempt, status, now)


def accepted_step(progress: Progress, phase: Phase, attempt: Attempt, status: int, now: float) -> Step:
    """The request was accepted; is it done?"""
    if not waits(progress):
        return Done()
    if not progress.fresh:
        return Wait()
    if status in phase.reached and not is_old(progress, attempt, status):
        return reached_step(progress)
    left_over = status in attempt.shown_before and now - attempt.at < SETTLE_SECONDS
    if status in phase.broken and not left_over:
        return Fail(Reason.BROKEN, None, status)
    return Wait()


def unknown_step(progress: Progress, phase: Phase, attempt: Attempt, status: int, now: float) -> Step:
    """The request may have been done. Only a delete is repeated, and only after a look."""
    if not progress.fresh:
        return Look()
    if phase.action == "delete" and progress.sent("delete") < MOST_SENT:
        return Send("delete")
    if status in phase.effect and not is_old(progress, attempt, status):
        return Seen(phase.action)
    if status in phase.reached and "delete" in progress.phases and not is_old(progress, attempt, status):
        return reached_step(progress)  # it ended by itself; a job that is to go need not be known to be stopped
    if now - attempt.at < SETTLE_SECONDS:
        return Look()
    return Fail(Reason.UNCLEAR, attempt.error, status)


def refused_step(progress: Progress, phase: Phase, attempt: Attempt, status: int, now: float) -> Step:
    """The request was refused; with ``ModelArts.0105`` that depends on the status, which may pass."""
    error = attempt.error
    is_delete = phase.action == "delete"
    if any(one.action == phase.action for one in progress.open()) and now - attempt.at < SETTLE_SECONDS:
        return Look()
    if error is None or error.kind() != _jobs.NOT_NOW_CODE:
        return Fail(Reason.REFUSED, error)
    if is_delete and not waits(progress):
        return firm_refusal(progress, phase, error, status)
    if not progress.fresh or (status in (*phase.reached, *phase.on_way) and is_old(progress, attempt, status)):
        return Look()
    if status in (*phase.reached, *phase.on_way):
        return arrived_step(progress, phase, status)
    if is_delete and progress.wanted.force and status in _jobs.STARTING:
        return firm_refusal(progress, phase, error, status)
    if not is_known(status) or status in _jobs.PASSING:
        return Look() if waits(progress) else firm_refusal(progress, phase, error, status)
    if (attempt.passed or status != attempt.status_before) and progress.sent(phase.action) < MOST_SENT:
        return Send(phase.action)
    return firm_refusal(progress, phase, error, status)


def firm_refusal(progress: Progress, phase: Phase, error: CallError, status: int) -> Step:
    """The API does not do this as the job is; ``force`` stops it first, once."""
    stopped_already = bool(progress.sent("stop")) or status in _jobs.NO_LONGER_RUNNING
    again = progress.wanted.force and not stopped_already and progress.sent("delete") < MOST_SENT
    if phase.action == "delete" and again:
        return Replan(("stop", *progress.phases))
    return Fail(Reason.REFUSED, error, status)


# --- deciding about `present` ------------------------------------------------------------------------------------


def same_path(one: t.Any, other: t.Any) -> bool:
    """Tell whether two OBS paths are the same folder, however they are written."""
    return (_jobs.obs_path(one) or str(one or "")) == (_jobs.obs_path(other) or str(other or ""))


def present_step(progress: Progress, sighting: Sighting, now: float) -> Step:
    """Compare what is wanted with what is there."""
    wanted = progress.wanted
    if isinstance(sighting, Unreadable):
        return unreadable_step(progress, sighting, now)
    if isinstance(sighting, Gone):
        return missing_step(progress, sighting) if progress.before is None else lost_step(progress, sighting, now)
    job, status = sighting.job, sighting.job["status"]
    path, path_untold = wanted.spec.train_url, wanted.spec.lacks_path(job)
    other_path = path is not None and not path_untold and not same_path(job["train_url"], path)
    differs = wanted.spec.description is not None and (job["job_desc"] or "") != wanted.spec.description
    unclear = any(one.action == "describe" for one in progress.open())
    if unclear and not differs:
        return Seen("describe")
    if wanted.recreate and not progress.sent("delete") and (other_path or status in _jobs.FAILED):
        return replace_step(progress, job)
    if unclear:
        return describe_step(progress, status, now)
    if path_untold:
        return Fail(Reason.PATH_UNTOLD)
    if other_path:
        return Fail(Reason.OTHER_PATH, detail=str(job["train_url"]))
    if wanted.wait and status in _jobs.FAILED:
        return Fail(Reason.NOT_RUNNING, None, status)
    return describe_step(progress, status, now) if differs else Replan(("run",))


def replace_step(progress: Progress, job: Job) -> Step:
    """Delete only what can be made again, as far as can be known beforehand."""
    if progress.wanted.workspace_id not in (None, DEFAULT_WORKSPACE):
        return Fail(Reason.RECREATE_ELSEWHERE)
    if not progress.wanted.spec.can_replace(job):
        return Fail(Reason.RECREATE_UNSOUND)
    path = progress.wanted.spec.train_url
    if _jobs.obs_path(job["train_url"] if path is None else path) is None:
        return Fail(Reason.RECREATE_NO_PATH)
    return Replan(("delete", "create", "run"))


def missing_step(progress: Progress, sighting: Gone) -> Step:
    """There is no job yet."""
    if progress.wanted.spec.name is None:
        return Fail(Reason.MISSING_BY_ID, sighting.proof)
    if not progress.wanted.spec.train_url:
        return Fail(Reason.MISSING_PATH, sighting.proof)
    return Replan(("create", "run") if progress.wanted.workspace_id is None else ("create", "place", "run"))


def describe_step(progress: Progress, status: int, now: float) -> Step:
    """The description differs."""
    attempt = progress.attempt
    if attempt is None:
        return Send("describe")
    if attempt.outcome is Outcome.ACCEPTED:
        return Replan(("run",))
    if attempt.outcome is Outcome.UNKNOWN and (not progress.fresh or now - attempt.at < SETTLE_SECONDS):
        return Look()
    if attempt.outcome is Outcome.MAYBE_GONE and not progress.fresh:
        return Look()
    unclear = attempt.outcome is Outcome.UNKNOWN
    return Fail(Reason.UNCLEAR if unclear else Reason.REFUSED, attempt.error, status)


def create_step(progress: Progress, sighting: Sighting, now: float) -> Step:
    """Create the job, once."""
    attempt = progress.attempt
    if attempt is None:
        return Send("create")
    if attempt.outcome is Outcome.ACCEPTED or progress.has_effect(attempt):
        return Replan(progress.phases[1:])
    if attempt.outcome is Outcome.UNKNOWN:
        return created_step(progress, attempt, now)
    if attempt.error is not None and attempt.error.kind() == _jobs.NAME_TAKEN_CODE:
        return taken_step(progress, attempt, now)
    return Fail(Reason.REFUSED, attempt.error)


def created_step(progress: Progress, attempt: Attempt, now: float) -> Step:
    """It may have been created: only a new job of this name with this path can be ours."""
    path = progress.wanted.spec.body(progress.before).get("train_url")
    new = [job for job in progress.namesakes if job["job_id"] not in progress.known]
    ours = [job for job in new if same_path(job["train_url"], path)]
    if progress.fresh and len(new) == len(ours) == 1:
        return Seen("create", adopt=ours[0])
    if now - attempt.at < SETTLE_SECONDS or not progress.fresh:
        return Look()
    return Fail(Reason.UNCLEAR, attempt.error)


def taken_step(progress: Progress, attempt: Attempt, now: float) -> Step:
    """The name is taken: another host was quicker, or, after our own delete, the old job still has it for a moment."""
    replaced = progress.sent("delete") > 0
    others = [job for job in progress.namesakes if not (replaced and job["job_id"] in progress.known)]
    if not progress.fresh:
        return Look()
    if len(others) == 1:
        return Replan(("present",), adopt=others[0])
    if others:
        return Fail(Reason.NAMESAKES, attempt.error, detail=", ".join(sorted(job["job_id"] for job in others)))
    if replaced:
        return Send("create")
    return Look() if now - attempt.at < SETTLE_SECONDS else Fail(Reason.REFUSED, attempt.error)


def place_step(progress: Progress, sighting: Sighting, now: float) -> Step:
    """The job was created for a workspace, which the call is not documented to know: does its list hold it?"""
    if isinstance(sighting, Found) and sighting.in_list:
        return Replan(progress.phases[1:])
    if now - progress.attempts[-1].at < SETTLE_SECONDS:
        return Look(by_list=True)
    if progress.list_failure is not None:
        return Fail(Reason.PLACE_UNKNOWN, progress.list_failure)
    return Fail(Reason.RUNS_ELSEWHERE)


def run_step(progress: Progress, sighting: Sighting, now: float) -> Step:
    """The job is there: wait until it runs. One that was there before, and stopped, is left as it is."""
    if not progress.wanted.wait:
        return Done()
    if not isinstance(sighting, Found):
        if progress.created and now - progress.attempts[-1].at < SETTLE_SECONDS:
            return Look()
        return Fail(Reason.VANISHED, sighting.proof) if isinstance(sighting, Gone) else unreadable_step(progress, sighting, now)
    status = sighting.job["status"]
    if status == _jobs.RUNNING or (not progress.created and status in _jobs.STOPPED_ON_PURPOSE):
        return Done()
    return Fail(Reason.NOT_RUNNING, None, status) if status in _jobs.NO_LONGER_RUNNING else Wait()


# --- what a run would leave --------------------------------------------------------------------------------------


def predicted(progress: Progress) -> t.Optional[Job]:
    """Return what a run would leave of a job, as far as that is known; ``None`` for nothing."""
    wanted = progress.wanted
    if wanted.state == "absent":
        return None
    after: Job = dict(progress.before or {})
    if wanted.state == "present":
        if "create" in progress.phases:
            return wanted.spec.body(progress.before)
        if wanted.spec.description is not None:
            after["job_desc"] = wanted.spec.description
        return after
    status = _jobs.KILLED if wanted.state == "stopped" else _jobs.RUNNING
    return {**after, "status": status, "status_name": _jobs.status_name(status), "state": _jobs.state_of(status)}
