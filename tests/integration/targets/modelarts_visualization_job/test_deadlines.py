# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""wait_timeout is for all that a task does, names and connections too, whoever keeps silent. Nothing here leaves loopback."""

from __future__ import annotations

import contextlib
import json
import pathlib
import socket
import time
import typing as t

import pytest
from conftest import Clouds, Result, Row, Table, begin_table, on_path

OVERRUN = 5.0  # seconds, the start of the process among them
DEAD = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
# A name server that does not answer, and a name with four addresses at which nobody is. Other names are none of ours.
NAMES = f"""
import socket, time

real = socket.getaddrinfo

def getaddrinfo(host, port, *rest, **named):
    host = host.decode() if isinstance(host, bytes) else host
    if host == "silent.example":
        time.sleep(28)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    if host == "dead.example":
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(port))) for address in {DEAD!r}]
    return real(host, port, *rest, **named)

socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture
def nobody() -> t.Iterator[int]:
    """Return a port at which no connection comes about, on each of the dead addresses: the queues of its sockets are full."""
    with contextlib.ExitStack() as stack:
        port = 0
        for address in DEAD:
            listener = stack.enter_context(socket.socket())
            listener.bind((address, port))
            listener.listen(0)
            port = listener.getsockname()[1]
            for dummy in range(3):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex((address, port))
        time.sleep(0.1)
        yield port


@pytest.fixture
def silent() -> t.Iterator[int]:
    """Return a port at which connections come about, and nobody ever answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


def test_the_dead_addresses_are_dead(nobody: int) -> None:
    for address in DEAD:
        with socket.socket() as tried, pytest.raises(TimeoutError):
            tried.settimeout(0.5)
            tried.connect((address, nobody))


def waits(clouds: Clouds, nobody: int, silent: int) -> t.Dict[str, Row]:
    """Return tasks that would wait for long."""
    absent: Result = {"state": "absent", "job_id": "10"}
    unheard = f"http://127.0.0.1:{silent}"
    rows: t.Dict[str, Row] = {
        "four dead addresses": (clouds(), {**absent, "endpoint": f"http://dead.example:{nobody}", "wait_timeout": 6}),
        "dead, many": (
            clouds(),
            {"state": "absent", "job_ids": ["10", "11"], "endpoint": f"http://dead.example:{nobody}", "wait_timeout": 6},
        ),
        "silent name server": (clouds(), {**absent, "endpoint": "http://silent.example", "wait_timeout": 3}),
        "silent server": (clouds(), {**absent, "endpoint": unheard, "wait_timeout": 4}),
        "present": (clouds(), {"name": "tb", "train_url": "/b/", "endpoint": "http://silent.example", "wait_timeout": 3}),
    }
    for name, url in {"silent IAM": f"{unheard}/v3", "IAM without a name": "http://silent.example/v3"}.items():
        cloud = clouds()
        auth = {**cloud.by_password()["auth"], "auth_url": url}
        rows[name] = (cloud, {**absent, "auth": auth, "wait_timeout": 3})
    slow: t.Dict[str, Result] = {
        "body by the byte": {"operation": "get", "drip_seconds": 0.5},
        "headers by the byte": {"operation": "get", "drip_headers_seconds": 0.5},
        "list by the byte": {"operation": "list", "drip_seconds": 0.5},
        "late again and again": {"operation": "get", "delay": 60},
        "quiet": {"operation": "get", "status": 503, "raw_body": "", "headers": {"Retry-After": "60"}},
    }
    for name, fault in slow.items():
        cloud = clouds()
        cloud.add("10")
        cloud.fault(times=0, **fault)
        jobs: Result = {"state": "absent", "name": "name-10"} if fault["operation"] == "list" else absent
        rows[name] = (cloud, {**jobs, "wait_timeout": 4, **({"api_timeout": 1} if name == "late again and again" else {})})
    return rows


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "module"])
def test_no_task_outlives_its_time(clouds: Clouds, tmp_path: pathlib.Path, nobody: int, silent: int, direct: bool) -> None:
    rows = {
        name: (cloud, {**task, "otc_modelarts_direct": direct}) for name, (cloud, task) in waits(clouds, nobody, silent).items()
    }
    # All begin together, which takes a slow machine some seconds: what these take, which fail at once, is not counted.
    for name in ("a first", "z last"):
        rows[name] = (clouds(), {"state": "absent", "name": "no name", "otc_modelarts_direct": direct})
    running = begin_table(rows, tmp_path, {**on_path(tmp_path, NAMES), "no_proxy": "*"}, at_once=len(rows))
    running.process.wait(timeout=150)
    ended = {name: running.said(f"fatal: [{name}]") for name in rows}
    begun = max(ended.pop("a first") or 0, ended.pop("z last") or 0)
    assert begun and all(ended.values()), running.output()
    took = {name: (moment or 0) - begun for name, moment in ended.items()}
    assert not {name: seconds for name, seconds in took.items() if seconds > rows[name][1]["wait_timeout"] + OVERRUN}
    results = json.loads((tmp_path / "results.json").read_text())
    assert not {name: result for name, result in results.items() if result["changed"] is not False or "bug" in result["msg"]}


def test_no_delete_that_went_unanswered_is_forgotten_by_the_end_of_the_time(clouds: Clouds, table: Table) -> None:
    rows: t.Dict[str, Row] = {}
    faults: t.Dict[str, Result] = {
        "late": {"delay": 60},
        "done, late": {"delay_after": 60},
        "body by the byte": {"drip_seconds": 0.5, "work": True},
        "headers by the byte": {"drip_headers_seconds": 0.5, "work": True},
    }
    for name, fault in faults.items():
        cloud = clouds(delete_seconds=60)
        cloud.add("10")
        cloud.fault(operation="delete", **fault)
        rows[name] = (cloud, {"state": "absent", "job_id": "10", "wait_timeout": 4})
    for name, result in table(rows).items():
        assert result["failed"] and result["changed"] is False and result.get("outcome_unknown") is True, (name, result)
        assert rows[name][0].changing() == ["delete"], name
