# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is done again and again, by a loop or until it succeeds, begins nothing after an interrupt either."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
from conftest import Clouds, Result, Row, Running, begin_table
from test_interrupts import AFTERMATH, EACH_WAY, GRACE, at_once, begun_after, in_terminal, left_running

pytestmark = pytest.mark.usefixtures("directly_unless_said")
AGAIN: t.Dict[str, Result] = {
    "a loop": {"loop": [str(number) for number in range(1, 61)], "loop_control": {"pause": 2}},
    "until": {"until": "false", "retries": 60, "delay": 1, "vars": {"item": "1"}},
}


@EACH_WAY
@pytest.mark.parametrize("interrupt", [in_terminal, at_once])
@pytest.mark.parametrize("again", AGAIN)
def test_a_task_that_is_done_again_and_again_begins_nothing_after_an_interrupt(
    clouds: Clouds, tmp_path: pathlib.Path, again: str, interrupt: t.Callable[[Running], None], direct: bool
) -> None:
    rows: t.Dict[str, Row] = {}
    for latency in (50, 1000):  # so that here a request is under way, and there a pause between two
        cloud = clouds(latency_ms=latency, denied=["delete"])
        cloud.add_many([{"job_id": str(number)} for number in range(1, 61)])
        options: Result = {"state": "absent", "job_id": "{{ item }}", "wait": False, "otc_modelarts_direct": direct}
        rows[f"of-{latency}"] = (cloud, options)
    running = begin_table(rows, tmp_path, **AGAIN[again])
    end = time.monotonic() + 60
    while not all(len(cloud.times("delete")) >= 2 for cloud, dummy in rows.values()):
        assert running.process.poll() is None and time.monotonic() < end, running.output()
        time.sleep(0.05)
    time.sleep(0.5)
    interrupt(running)
    moment = time.time()
    running.process.wait(timeout=20)
    time.sleep(max(0.0, moment + GRACE + AFTERMATH - time.time()))
    assert {name: begun_after(cloud, moment) for name, (cloud, dummy) in rows.items()} == {name: [] for name in rows}
    assert left_running(tmp_path) == []
