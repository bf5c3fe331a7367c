# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends a task before it is done, and the threads that must not get in the way of that."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _clock

# --- who still listens -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [True, False])
def test_a_module_knows_whether_anybody_reads_its_output(read: bool) -> None:
    reader, writer = os.pipe()
    before = os.dup(1)
    try:
        os.dup2(writer, 1)
        if not read:
            os.close(reader)
        heard = not _clock.unheard()
    finally:
        os.dup2(before, 1)
        for number in (before, writer, *([reader] if read else [])):
            os.close(number)
    assert heard is read


def test_output_to_a_file_is_read_by_somebody(tmp_path: pathlib.Path) -> None:
    before = os.dup(1)
    with (tmp_path / "out").open("w") as file:
        os.dup2(file.fileno(), 1)
        heard = not _clock.unheard()
        os.dup2(before, 1)
    os.close(before)
    assert heard


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_clock_and_ends_its_pauses(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "unheard", lambda: False)
    before = signal.getsignal(number)
    with _clock.interruptible() as clock:
        assert not clock.stopped()
        signal.raise_signal(number)
        clock.sleep(60)
        assert clock.stopped()
    assert signal.getsignal(number) is before


def test_a_clock_stops_where_nobody_reads_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "unheard", lambda: True)
    with _clock.interruptible() as clock:
        assert clock.stopped()


def test_a_pause_ends_soon_after_nobody_waits_for_the_task_any_more() -> None:
    alone = threading.Event()
    with _clock.interruptible(alone.is_set) as clock:
        timer = threading.Timer(0.2, alone.set)
        timer.start()
        begin = clock.monotonic()
        clock.sleep(60)
        assert clock.stopped() and clock.monotonic() - begin < 10
        timer.join()


def test_a_pause_is_as_long_as_it_was_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "LOOK_PAUSE", 0.01)
    with _clock.interruptible(lambda: False) as clock:
        for seconds in (0.0, 0.005, 0.1):
            begin = clock.monotonic()
            clock.sleep(seconds)
            assert seconds - 0.002 <= clock.monotonic() - begin < seconds + 5
        begin = clock.monotonic()
        clock.sleep(-1.0)
        assert clock.monotonic() - begin < 5


def test_many_threads_may_pause_at_once_and_all_wake_at_a_signal() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with _clock.interruptible() as clock, ThreadPoolExecutor(8) as pool:
        short = [pool.submit(clock.sleep, 0.05) for dummy in range(40)]
        assert [future.result() for future in short] == [None] * 40
        begin = clock.monotonic()
        long = [pool.submit(clock.sleep, 30.0) for dummy in range(8)]
        os.kill(os.getpid(), signal.SIGTERM)
        assert [future.result() for future in long] == [None] * 8 and clock.stopped()
        assert clock.monotonic() - begin < 10


SIGNALLED = """
from ansible_collections.otc.modelarts.plugins.module_utils import _clock
with _clock.interruptible(lambda: False, _clock.ENDING, 60.0) as clock:
    def piece(number):
        if number == 0:
            print("begun", flush=True)
        end = clock.monotonic() + 0.01
        while clock.monotonic() < end and not clock.stopped():
            pass
    most = clock.monotonic() + 10
    waiting = _clock.in_background(lambda: clock.sleep(10))
    while not clock.stopped() and clock.monotonic() < most:
        _clock.in_threads(piece, [(number,) for number in range(5000)], 5)
    print("ended" if clock.stopped() else "not ended")
"""


def test_two_signals_at_once_reach_the_thread_that_acts_on_them_whatever_the_others_do() -> None:
    collections = [str(one.parent) for one in pathlib.Path(__file__).parents if one.name == "ansible_collections"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*collections, *sys.path])}
    running = [
        subprocess.Popen([sys.executable, "-c", SIGNALLED], stdout=subprocess.PIPE, text=True, env=environ) for dummy in range(4)
    ]
    for process in running:
        with process:
            assert process.stdout is not None and process.stdout.readline() == "begun\n"
            begin = time.monotonic()
            for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
                process.send_signal(number)
            assert process.stdout.read() == "ended\n" and time.monotonic() - begin < 5


# --- threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 3, 50])
def test_each_piece_is_done_once_by_threads_that_nobody_has_to_wait_for(most: int) -> None:
    done: t.List[int] = []
    threads: t.Set[threading.Thread] = set()

    def piece(number: int) -> None:
        threads.add(threading.current_thread())
        done.append(number)

    _clock.in_threads(piece, [(number,) for number in range(20)], most)
    assert sorted(done) == list(range(20)) and all(one.daemon for one in threads) and 1 <= len(threads) <= most


@pytest.mark.parametrize("most", [0, 1, 2])
def test_where_no_more_threads_can_be_started_each_piece_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    done: t.List[int] = []
    started: t.List[threading.Thread] = []
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if len(started) >= most:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    _clock.in_threads(done.append, [(number,) for number in range(20)], 5)
    assert sorted(done) == list(range(20)) and len(started) == most
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask


def test_an_error_where_no_thread_can_be_started_is_raised_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(dummy: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    def piece(number: int) -> None:
        raise IndexError(str(number))

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(IndexError, match="0"):
        _clock.in_threads(piece, [(number,) for number in range(20)], 5)


def test_after_an_error_no_piece_begins_and_it_is_raised() -> None:
    begun: t.List[int] = []

    def piece(number: int) -> None:
        begun.append(number)
        raise IndexError(str(number))

    with pytest.raises(IndexError, match="0"):
        _clock.in_threads(piece, [(number,) for number in range(20)], 1)
    assert begun == [0]


def test_when_the_wait_is_ended_no_piece_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: t.List[int] = []
    first, go_on = threading.Event(), threading.Event()

    def piece(number: int) -> None:
        begun.append(number)
        first.set()
        go_on.wait(10)

    def join(dummy: threading.Thread) -> None:
        first.wait(10)
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(threading.Thread, "join", join)
        _clock.in_threads(piece, [(number,) for number in range(20)], 1)
    [own] = set(threading.enumerate()) - before
    go_on.set()
    own.join(10)
    assert begun == [0] and not own.is_alive()


def test_a_thread_in_the_background_leaves_all_signals_to_the_one_that_started_it() -> None:
    before, masks = signal.pthread_sigmask(signal.SIG_BLOCK, ()), []
    thread = _clock.in_background(lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
    thread.join(10)
    assert thread.daemon and masks[0] >= {signal.SIGINT, signal.SIGTERM, signal.SIGALRM}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
