# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time, what ends a task before it is done, and work that goes on beside it."""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import collections
import contextlib
import functools
import os
import select
import signal
import threading
import time as system_time
import typing as t
from dataclasses import dataclass

LOOK_PAUSE = 1.0  # seconds between two looks, in a pause, whether anybody still waits
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)  # what Ansible, a terminal and a service manager end a task with


@dataclass(frozen=True)
class Clock:
    """Time, in seconds, and a way to let it pass; tests bring their own. ``stopped``: somebody has ended the task."""

    monotonic: t.Callable[[], float] = system_time.monotonic
    sleep: t.Callable[[float], None] = system_time.sleep
    time: t.Callable[[], float] = system_time.time
    stopped: t.Callable[[], bool] = lambda: False


class OutOfTime(BaseException):
    """The task was ended a while ago, and what it waits for has not come: whatever is going on, it ends now."""


@contextlib.contextmanager
def interruptible(
    alone: t.Optional[t.Callable[[], bool]] = None,
    signals: t.Sequence[int] = (signal.SIGINT, signal.SIGTERM),
    patience: t.Optional[float] = None,
    ended: t.Optional[t.List[int]] = None,
) -> t.Iterator[Clock]:
    """Give a clock that signals stop, and that stops when nobody waits for this task any more.

    A signal writes to a pipe, on which every pause sleeps: a handler that took a lock might wait for the thread that it is in.

    :param alone: whether nobody waits; if not given, whether nobody reads the output of this process.
    :param patience: seconds after a signal until :class:`OutOfTime` is raised; if not given, it never is.
    :param ended: comes to hold the signals that came.
    """
    ended = [] if ended is None else ended
    nobody_waits = alone or unheard

    def end(number: int, dummy: t.Any) -> None:
        if ended and number == signal.SIGALRM:
            raise OutOfTime
        if not ended and patience is not None:
            signal.setitimer(signal.ITIMER_REAL, patience)
        ended.append(number)

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = {number: signal.signal(number, end) for number in signals}
    awoken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    plain = Clock()
    try:
        sleep = functools.partial(sleep_on, reader, nobody_waits)
        yield Clock(plain.monotonic, sleep, plain.time, lambda: bool(ended) or nobody_waits())
    finally:
        if ended and patience is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.set_wakeup_fd(awoken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def sleep_on(reader: int, alone: t.Callable[[], bool], seconds: float) -> None:
    """Let time pass, but not after something can be read from a pipe, nor for long where nobody waits any more."""
    poll = select.poll()  # one for each thread: several must not wait on the same
    poll.register(reader, select.POLLIN)
    end = system_time.monotonic() + seconds
    while True:
        left = max(0.0, end - system_time.monotonic())
        if poll.poll(min(left, LOOK_PAUSE) * 1000) or left <= LOOK_PAUSE or alone():
            return


def unheard() -> bool:
    """Tell whether nobody reads the standard output: Ansible leaves a module running that it waits for no longer."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for dummy, event in poll.poll(0))


def in_background(work: t.Callable[[], None]) -> threading.Thread:
    """Start a thread that does not keep the program from ending, and that no signal is given to.

    Python acts on signals in its main thread. Where a second one comes before that has woken for the first, the system gives both
    to any thread that takes them, and the main thread sleeps on. Raises :class:`RuntimeError` where none can be started.
    """
    thread = threading.Thread(target=work, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # a thread begins with the mask of the one that starts it
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return thread


def in_threads(work: t.Callable[..., None], arguments: t.Sequence[t.Tuple[t.Any, ...]], most: int) -> None:
    """Do a piece of work for each of the arguments, in so many threads at most; raise what it raised first.

    Where fewer can be started, those do it, or this one.

    After an error, and when something ends the wait, no further piece begins. Unlike those of a pool, these threads do not keep
    a process from ending that waits for them no longer.
    """
    waiting = collections.deque(arguments)
    errors: t.List[Exception] = []

    def worker() -> None:
        try:
            while True:
                try:
                    one = waiting.popleft()
                except IndexError:
                    return
                work(*one)
        except Exception as error:  # noqa: BLE001  # it is raised where this is waited for
            errors.append(error)
            waiting.clear()

    try:
        threads: t.List[threading.Thread] = []
        with contextlib.suppress(RuntimeError):
            while len(threads) < min(most, len(arguments)):
                threads.append(in_background(worker))
        if not threads:
            worker()
        for thread in threads:
            thread.join()
    finally:
        waiting.clear()
    if errors:
        raise errors[0]
