# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is interrupted begins no further deletion; what was in flight may end. The log of the cloud is what counts."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import time
import typing as t

import pytest
from conftest import Cloud, Clouds, Result, Row, Running, begin_table

pytestmark = pytest.mark.usefixtures("directly_unless_said")
JOBS = 120
GRACE = 1.5  # seconds after which no request may begin any more, however busy this machine is
AFTERMATH = 3.0  # seconds for which what was left running is watched
ENOUGH = 10  # deletions after which a task is interrupted
EACH_WAY = pytest.mark.parametrize("direct", [True, False], ids=["direct", "module"])


def deleting(clouds: Clouds, direct: bool, jobs: int = JOBS) -> t.Dict[str, Row]:
    """Return tasks with different numbers of requests in flight, each of which needs seconds for its jobs."""
    rows: t.Dict[str, Row] = {}
    for concurrency in range(1, 6):
        cloud = clouds(latency_ms=150 * concurrency, delete_seconds=60)
        ids = cloud.add_many([{"job_id": str(number)} for number in range(1, jobs + 1)])
        options: Result = {"state": "absent", "job_ids": ids, "max_concurrency": concurrency, "wait_timeout": 100}
        rows[f"of-{concurrency}"] = (cloud, {**options, "otc_modelarts_direct": direct})
    return rows


def wait_for_deletions(rows: t.Mapping[str, Row], running: Running) -> None:
    """Wait until each of the tasks has sent some deletions."""
    end = time.monotonic() + 60
    while not all(len(cloud.times("delete")) >= ENOUGH for cloud, dummy in rows.values()):
        assert running.process.poll() is None and time.monotonic() < end, running.output()
        time.sleep(0.1)


def begun_after(cloud: Cloud, moment: float) -> t.List[float]:
    """Return how long (seconds) after a moment deletions began that should not have."""
    started = cloud.started_at()
    return [round(begun + started - moment, 2) for begun in cloud.times("delete") if begun + started > moment + GRACE]


def left_running(folder: pathlib.Path) -> t.List[str]:
    """Return the processes that belong to a playbook in this folder, but for those that are dead and not buried yet."""
    left = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command, state = (process / "cmdline").read_bytes(), (process / "stat").read_text().rpartition(")")[2].split()[0]
            if str(folder).encode() in command and state != "Z":
                left.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return left


def in_terminal(running: Running) -> None:
    """Press Ctrl-C."""
    os.killpg(running.process.pid, signal.SIGINT)


def by_group(running: Running) -> None:
    """End it as a service manager or the runner of a pipeline does."""
    os.killpg(running.process.pid, signal.SIGTERM)


def by_kill(running: Running) -> None:
    """End the process that was started, and let it see to its own."""
    running.process.terminate()


def at_once(running: Running) -> None:
    """End it without asking, as C(ansible-runner) does where it is cancelled: the group that it sees, and no other."""
    os.killpg(running.process.pid, signal.SIGKILL)


@EACH_WAY
@pytest.mark.parametrize("interrupt", [in_terminal, by_group, by_kill, at_once])
def test_an_interrupted_playbook_begins_no_further_deletion(
    clouds: Clouds, tmp_path: pathlib.Path, interrupt: t.Callable[[Running], None], direct: bool
) -> None:
    rows = deleting(clouds, direct)
    running = begin_table(rows, tmp_path)
    wait_for_deletions(rows, running)
    interrupt(running)
    moment = time.time()
    running.process.wait(timeout=20)
    time.sleep(max(0.0, moment + GRACE + AFTERMATH - time.time()))
    assert {name: begun_after(cloud, moment) for name, (cloud, dummy) in rows.items()} == {name: [] for name in rows}
    assert all(ENOUGH <= len(cloud.times("delete")) < JOBS for cloud, dummy in rows.values())
    assert left_running(tmp_path) == []  # a worker that nobody reads from must not wait until somebody does


def test_after_a_timeout_the_play_goes_on_though_an_answer_is_still_to_come(
    clouds: Clouds, tmp_path: pathlib.Path, directly_unless_said: None
) -> None:
    cloud = clouds()
    cloud.fault(operation="delete", nth=2, times=0, delay=28)
    jobs = [cloud.add(str(number)) for number in range(1, 7)]
    task = {"state": "absent", "job_ids": jobs, "max_concurrency": 2}
    then = [{"name": "what comes next", "ansible.builtin.debug": {"msg": "next"}}]
    running = begin_table({"row": (cloud, task)}, tmp_path, timeout=4, then=then)
    running.process.wait(timeout=60)
    failed, following = running.said("fatal: [row]"), running.said('"msg": "next"')
    assert failed is not None and following is not None, running.output()
    assert following - cloud.started_at() - min(cloud.times("delete")) < 18
    result = json.loads((tmp_path / "results.json").read_text())["row"]
    assert result["outcome_unknown"] is True and result["changed"] is True
    assert re.search(r"^row +: ok=\d+ +changed=1 ", running.output(), re.M), running.output()  # whatever else the recap counts


@EACH_WAY
def test_a_task_that_ran_into_its_timeout_begins_no_further_deletion(
    clouds: Clouds, tmp_path: pathlib.Path, direct: bool
) -> None:
    then = [{"ansible.builtin.pause": {"seconds": int(GRACE + AFTERMATH + 1)}}]
    for seconds in (22, 44, 88):  # half a minute's work, of which a busy machine may begin nothing in a time that is too short
        rows = deleting(clouds, direct, 2 * JOBS)
        running = begin_table(rows, tmp_path, timeout=seconds, then=then)
        running.process.wait(timeout=seconds + 80)
        if any(cloud.times("delete") for cloud, dummy in rows.values()):
            break
    late, sent = {}, {}
    for name, (cloud, dummy) in rows.items():
        failed = running.said(f"fatal: [{name}]")
        assert failed is not None, running.output()
        late[name], sent[name] = begun_after(cloud, failed), len(cloud.times("delete"))
    assert late == {name: [] for name in rows}
    assert all(number < 2 * JOBS for number in sent.values()) and any(sent.values()), sent
    if direct:  # what was in flight has been waited for, and what was done is told
        results = json.loads((tmp_path / "results.json").read_text())
        for name, (cloud, dummy) in rows.items():
            done = {entry["job_id"] for entry in cloud.log() if entry["operation"] == "delete" and entry["status"] == 200}
            assert results[name]["changed"] is bool(done), (name, results[name])
            assert {row["job_id"] for row in results[name]["jobs"] if row["changed"]} == done, name
