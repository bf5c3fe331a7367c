# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing what is decided: looking, sending and waiting, in rounds, for one job and for a thousand."""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import typing as t

from . import _jobs
from ._client import Deadline
from ._clock import in_threads
from ._decide import (
    SHAPING,
    Attempt,
    Done,
    Fail,
    Look,
    Outcome,
    Progress,
    Reason,
    Replan,
    Seen,
    Send,
    Step,
    Wait,
    next_step,
)
from ._http import CallError, DeadlineExceeded, Interrupted, NoAccess
from ._jobs import CONFIRM_SECONDS, Found, Gone, Job, Jobs, Listing, Sighting, Unreadable, Watch, Why

FIRST_LOOK_PAUSE = 0.25  # seconds between the first two looks
PAUSE_GROWTH = 1.5
LEAST_PAUSE = 0.05  # seconds; where less is left of the task, it is over


class Reconciler:
    """Brings jobs to the states wanted: asks :func:`next_step`, does what it says, and waits, in rounds.

    :param longest_pause: seconds between two looks, at most; the first pauses are shorter.
    :param concurrency: how many threads send and look.
    """

    def __init__(self, jobs: Jobs, deadline: Deadline, longest_pause: float = 5.0, concurrency: int = 1) -> None:
        self._jobs = jobs
        self._deadline = deadline
        self._now = deadline.clock.monotonic
        self._longest_pause = longest_pause
        self._concurrency = concurrency
        self._rounds = 0
        self._ended: t.Optional[CallError] = None  # no other call will fare better, or may be made
        self._many = False

    def run(self, tasks: t.Sequence[Progress]) -> None:
        """Work until every job is done or failed. Raises nothing that is about a job; see :class:`Progress`."""
        self._many = len(tasks) > 1
        while True:
            steps = [(progress, self._settle(progress)) for progress in tasks if progress.end is None]
            sends = [(progress, step.action) for progress, step in steps if isinstance(step, Send)]
            looks = [(progress, step) for progress, step in steps if isinstance(step, (Look, Wait))]
            doubts = [(progress, step) for progress, step in steps if isinstance(step, Fail)]
            if self._ended is not None or not (sends or looks):
                for progress, doubt in doubts:
                    self._end(progress, doubt)
            if self._ended is not None:
                self._end_rest(tasks)
                return
            if not steps:
                return
            if sends:
                self._each(self._send, sends)
            elif looks:
                self._look_all([*looks, *((progress, Wait()) for progress, dummy in doubts)])

    def give_up(self, tasks: t.Sequence[Progress], reason: Reason, detail: str) -> None:
        """End what is not ended yet, whatever came in between."""
        for progress in tasks:
            self._end(progress, Fail(reason, None, detail=detail))

    # --- deciding, and ending ---

    def _settle(self, progress: Progress) -> t.Optional[Step]:
        """Decide until there is something to do; ``None`` where the job is done.

        Of many jobs, one with an open request is not given up (the step is a :class:`Fail`) while others are looked at: what
        is seen of them may tell.
        """
        while True:
            step = next_step(progress, self._now())
            if isinstance(step, Seen):
                progress.effects.add(step.action)
                self._adopt(progress, step.adopt)
            elif isinstance(step, Replan):
                progress.phases, progress.begun = step.phases, len(progress.attempts)
                self._adopt(progress, step.adopt)
            elif isinstance(step, Fail) and self._many and progress.open():
                return step
            elif isinstance(step, (Done, Fail)):
                self._end(progress, step)
                return None
            elif progress.wanted.check_mode and self._predicts(progress, step):
                return None
            else:
                return step

    def _predicts(self, progress: Progress, step: Step) -> bool:
        """In check mode, end where a run would send, or would only wait."""
        progress.predicted = progress.predicted or isinstance(step, Send)
        if progress.predicted or (isinstance(step, Wait) and len(progress.phases) == 1):
            self._end(progress, Done())
        return progress.end is not None

    def _end(self, progress: Progress, end: t.Union[Done, Fail]) -> None:
        """End the work at a job: the only place. With an open request it does not end well."""
        if progress.end is not None:
            return
        still_open = progress.open()
        if isinstance(end, Done) and still_open:
            end = Fail(Reason.UNCLEAR, still_open[-1].error)
        progress.end = end

    def _end_rest(self, tasks: t.Sequence[Progress]) -> None:
        """End all that is left, as no other call may be made or will fare better."""
        for progress in tasks:
            if isinstance(self._ended, DeadlineExceeded):
                self._time_out(progress, self._ended)
            else:
                interrupted = isinstance(self._ended, Interrupted)
                self._end(progress, Fail(Reason.INTERRUPTED if interrupted else Reason.NOT_TRIED))

    def _stop(self, progress: Progress, error: CallError) -> None:
        """Note what ends the whole task; where the credentials were refused, it is told of this job."""
        if isinstance(error, NoAccess):
            self._end(progress, Fail(Reason.NO_ACCESS, error))
        self._ended = self._ended or error

    def _time_out(self, progress: Progress, error: DeadlineExceeded) -> None:
        status = progress.job["status"] if progress.job and not isinstance(progress.sighting, Gone) else None
        early = self._deadline.remaining() > 1  # the server wants no request for longer than is left
        detail = error.message if early else f"not done within {self._deadline.seconds:g} s (wait_timeout)"
        self._end(progress, Fail(Reason.TIMED_OUT, progress.last_error, status, detail))

    def _adopt(self, progress: Progress, job: t.Optional[Job]) -> None:
        """Go on with a job that was found by its name."""
        if job is None:
            return
        progress.job_id, progress.job, progress.watch = job["job_id"], job, Watch()
        progress.sighting = progress.watch.saw(job, in_list=True)
        progress.before = progress.before or (None if progress.created else job)

    # --- looking ---

    def _look_all(self, looks: t.Sequence[t.Tuple[Progress, t.Union[Look, Wait]]]) -> None:
        """Look at the jobs again, after a pause that grows."""
        tasks = [progress for progress, dummy in looks]
        if any(progress.sighting is not None for progress in tasks) and not self._pause(tasks):
            self._ended = self._ended or DeadlineExceeded("")
            return
        by_list = any(isinstance(step, Look) and step.by_list for dummy, step in looks)
        if not self._many and not by_list:
            self._look_one(tasks[0], None)
            return
        try:
            listing = self._jobs.list_or_error()
        except (NoAccess, DeadlineExceeded, Interrupted) as error:
            self._stop(tasks[0], error)
            return
        for progress in tasks:
            progress.list_failure = _jobs.obstacle_in(listing)
        rest = [(progress, listing) for progress in tasks if not self._saw_in_list(progress, listing)]
        self._each(self._look_one, [] if by_list else rest)

    def _pause(self, tasks: t.Sequence[Progress]) -> bool:
        """Let time pass before the next look; ``False`` where there is too little of it left."""
        remaining = self._deadline.remaining()
        if remaining < LEAST_PAUSE:
            return False
        pause = FIRST_LOOK_PAUSE * PAUSE_GROWTH ** min(self._rounds, 30)
        self._rounds += 1
        if all(isinstance(one.sighting, Unreadable) and one.sighting.why is Why.MAYBE_GONE for one in tasks):
            pause = max(pause, CONFIRM_SECONDS)
        self._deadline.clock.sleep(min(pause, self._longest_pause, remaining * 0.8))
        return True

    def _saw_in_list(self, progress: Progress, listing: t.Union[Listing, CallError]) -> bool:
        """Note what the list says of a job; ``False`` where the job has to be asked for by its id."""
        if not isinstance(listing, Listing):
            if not _jobs.says_forbidden(listing):
                self._saw(progress, progress.watch.failed(listing))
                return True
            return False
        job = listing.jobs.get(progress.job_id or "")
        if job is not None:
            self._saw(progress, progress.watch.saw(job, in_list=True))
            return True
        if not progress.watch.listed or not listing.complete:
            return False
        self._saw(progress, progress.watch.judge(self._now(), None, listing))
        return True

    def _look_one(self, progress: Progress, listing: t.Union[Listing, CallError, None]) -> None:
        """Look at one job: by its id, or by its name while that is all we know."""
        list_too = listing is None and progress.phase == "delete" and progress.attempts != []
        try:
            if progress.job_id is None:
                sighting = self._look_by_name(progress)
            else:
                sighting = self._jobs.look(progress.job_id, progress.watch, listing, list_too)
        except (NoAccess, DeadlineExceeded, Interrupted) as error:
            self._stop(progress, error)
        else:
            self._saw(progress, sighting)

    def _look_by_name(self, progress: Progress) -> Sighting:
        """Look at the job of a name, and note all jobs that have it."""
        name = progress.wanted.spec.name
        progress.namesakes = ()
        listing = self._jobs.list_or_error(name)
        if not isinstance(listing, Listing):
            return Unreadable(Why.FORBIDDEN if _jobs.says_forbidden(listing) else Why.TROUBLE, listing)
        if not listing.complete:
            return Unreadable(Why.TROUBLE, _jobs.incomplete())
        progress.namesakes = tuple(job for job in listing.jobs.values() if job["job_name"] == name)
        if progress.phase == "create":
            return progress.sighting or Gone()
        progress.known |= {job["job_id"] for job in progress.namesakes}
        if len(progress.namesakes) > 1:
            ids = ", ".join(sorted(progress.known))
            self._end(progress, Fail(Reason.NAMESAKES, detail=ids))
        if len(progress.namesakes) != 1:
            return progress.watch.judge(self._now(), None, listing)
        job = progress.namesakes[0]
        progress.job_id = job["job_id"]
        if progress.wanted.recreate or progress.wanted.spec.lacks_path(job):  # a list need not tell all of a job
            return self._jobs.look(progress.job_id, progress.watch, listing)
        return progress.watch.saw(job, in_list=True)

    def _saw(self, progress: Progress, sighting: Sighting) -> None:
        """Note what a look showed."""
        progress.sighting, progress.seen_at = sighting, self._now()
        if isinstance(sighting, Unreadable):
            progress.unsure = progress.seen_at if progress.unsure is None else progress.unsure
            progress.unsure_looks += 1
            return
        progress.unsure, progress.unsure_looks = None, 0
        if isinstance(sighting, Found):
            status = sighting.job["status"]
            same = progress.same_since is not None and progress.job is not None and progress.job["status"] == status
            progress.same_since = progress.same_since if same else progress.seen_at
            progress.shown.add(status)
            progress.job = sighting.job
            if progress.before is None and not progress.sent("create"):
                progress.before = sighting.job
            if progress.attempts and sighting.job["status"] in _jobs.PASSING:
                progress.attempts[-1].passed = True

    # --- sending ---

    def _send(self, progress: Progress, action: str) -> None:
        """Send one changing request, noted before it is sent, and note what came of it."""
        status = progress.sighting.job["status"] if isinstance(progress.sighting, Found) else None
        shown, job_id = frozenset(progress.shown), None if action == "create" else progress.job_id
        attempt = Attempt(action, self._now(), status, shown, job_id=job_id)
        progress.attempts.append(attempt)
        try:
            self._call(progress, action)
        except (DeadlineExceeded, Interrupted) as error:  # it was not sent
            progress.attempts.remove(attempt)
            self._stop(progress, error)
            return
        except CallError as error:
            attempt.error = error
        attempt.answered, attempt.at = True, self._now()
        progress.unsure, progress.unsure_looks, progress.same_since = None, 0, None
        if isinstance(attempt.error, NoAccess) and not attempt.error.maybe_done:  # else a look tells whether there is access
            self._stop(progress, attempt.error)
        elif attempt.outcome is Outcome.MAYBE_GONE and attempt.error is not None and _jobs.says_gone(attempt.error):
            self._saw(progress, Gone(attempt.error))
        elif action == "delete" and attempt.outcome is Outcome.ACCEPTED:
            progress.watch.deleted = True

    def _call(self, progress: Progress, action: str) -> None:
        job_id = progress.job_id or ""
        if action == "create":
            for one in progress.attempts[:-1]:
                one.moot = one.action in SHAPING
            progress.job_id, progress.shown = None, set()
            progress.watch = Watch()
            made = self._jobs.create(progress.wanted.spec.body(progress.before))
            progress.job_id = made["job_id"]
            self._saw(progress, progress.watch.saw(made, in_list=False))
        elif action == "describe":
            self._jobs.describe(job_id, progress.wanted.spec.description or "")
            progress.job = {**(progress.job or {}), "job_desc": progress.wanted.spec.description}
        else:
            {"delete": self._jobs.delete, "stop": self._jobs.stop, "restart": self._jobs.restart}[action](job_id)

    # --- many at once ---

    def _each(self, work: t.Callable[..., None], arguments: t.Sequence[t.Tuple[t.Any, ...]]) -> None:
        """Do a piece of work for each job, some at a time; none any more once something has ended the whole task."""

        def guarded(*one: t.Any) -> None:
            if self._ended is None:
                work(*one)

        if len(arguments) < 2 or self._concurrency < 2:
            for one in arguments:
                guarded(*one)
            return
        in_threads(guarded, arguments, self._concurrency)
