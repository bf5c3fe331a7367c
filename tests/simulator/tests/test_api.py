# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API as other programs use it, without a process; that it is what comes over the wire stands in test_settings.py."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

import pytest
from api import OPERATIONS, Api
from cloud import Jobs
from conftest import SIMULATOR, Clock, Json

SOUND = b'{"job_name": "losses", "train_url": "/bucket/logs/"}'


@pytest.fixture
def api(settings: Json, jobs: Jobs) -> Api:
    """The API of a project, without a process."""
    return Api(settings, jobs)


def asked(
    api: Api, operation: str, job_id: t.Optional[str] = None, body: bytes = b"", **query: str
) -> t.Tuple[int, t.Optional[str], t.Any]:
    """Make a call, and return status, code and JSON."""
    status, dummy, answer = api.answer(operation, job_id, query, body)
    told = json.loads(answer)
    return status, told.get("error_code"), told


def test_a_call_goes_in_and_an_answer_comes_out(api: Api, jobs: Jobs, clock: Clock) -> None:
    created = asked(api, "create", body=SOUND)[2]
    job_id = created["job_id"]
    assert created == {
        **{"is_success": True, "job_id": "1001", "job_name": "losses", "status": 1, "create_time": int(clock() * 1000)},
        "service_url": "https://simulated.example.com/1001/",
    }
    assert asked(api, "get", job_id)[2] == jobs.get(job_id)
    assert asked(api, "update", job_id, b'{"job_desc": "new"}')[2] == {"is_success": True}
    assert asked(api, "list", page="1")[2]["jobs"][0]["job_desc"] == "new"
    clock.pass_by(2)
    assert [asked(api, "restart", job_id)[:2], asked(api, "stop", job_id)[0]] == [(400, "ModelArts.0105"), 200]
    clock.pass_by(2)
    assert [asked(api, "delete", job_id)[0], asked(api, "delete", job_id)[:2]] == [200, (400, "ModelArts.0105")]
    clock.pass_by(2)
    assert asked(api, "get", job_id)[:2] == (404, "ModelArts.0015")


def test_the_same_calls_get_the_same_answers(settings: Json, clock: Clock) -> None:
    calls: t.List[t.Tuple[str, t.Optional[str], bytes]] = [
        ("create", None, SOUND), ("list", None, b""), ("get", "1001", b""), ("delete", "99", b""),
    ]  # fmt: skip
    first, second = ([api.answer(one, job, {}, body) for one, job, body in calls] for api in two(settings, clock))
    assert first == second
    ids = [headers["X-Request-Id"] for dummy, headers, another_dummy in first]
    assert len(set(ids)) == len(ids)


def two(settings: Json, clock: Clock) -> t.List[Api]:
    return [Api(settings, Jobs(settings, clock)) for dummy in range(2)]


def test_it_needs_neither_a_network_nor_chance_nor_the_time_of_day() -> None:
    needless = ("aiohttp", "asyncio", "secrets", "threading")
    program = f"import sys; sys.path.insert(0, {str(SIMULATOR)!r}); import api, cloud, faults; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "api" in modules
    assert [name for name in needless if name in modules] == []
    for name in ("api", "cloud", "errors", "faults", "settings"):
        text = (SIMULATOR / f"{name}.py").read_text(encoding="utf-8")
        assert [word for word in ("import random", "import time", "uuid4", "datetime.now") if word in text] == [], name


@pytest.mark.parametrize("operation", ["", "token", "start"])
def test_what_is_none_of_the_seven_calls_is_no_api(api: Api, operation: str) -> None:
    assert asked(api, operation)[:2] == (404, "APIGW.0101")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_settings_count_from_the_next_call_on(api: Api, jobs: Jobs, settings: Json, operation: str) -> None:
    jobs.seed({"job_id": "7", "status": 12 if operation == "restart" else 8})
    settings["denied"] = [operation]
    assert asked(api, operation, "7", SOUND)[:2] == (403, "ModelArts.0108")
    settings.update(denied=[], retired=True)
    assert asked(api, operation, "7", SOUND)[:2] == (404, "APIGW.0101")
    settings.update(retired=False, success_as_string=True)
    status, dummy, told = asked(api, operation, "7", b'{"job_name": "n", "train_url": "/b/", "job_desc": ""}')
    assert (status, told.get("is_success")) == (200, None if operation == "get" else "true")


# --- throttling --------------------------------------------------------------------------------------------------


def test_more_calls_than_are_allowed_in_a_second_are_throttled(api: Api, settings: Json, clock: Clock) -> None:
    settings["requests_per_second"] = 2
    assert [asked(api, "list")[0] for dummy in range(3)] == [200, 200, 429]
    clock.pass_by(0.9)
    assert asked(api, "list")[:2] == (429, "APIGW.0308")
    clock.pass_by(0.1)
    assert [asked(api, "list")[0] for dummy in range(3)] == [200, 200, 429]


def test_nothing_is_throttled_where_there_is_no_limit(api: Api) -> None:
    assert {asked(api, "list")[0] for dummy in range(1000)} == {200}


@pytest.mark.parametrize(
    ("changes", "retry_after"),
    [
        ({}, "1"),
        ({"retry_after": 7}, "7"),
        ({"retry_after": None}, None),
        ({"retry_after": None, "retry_after_as_date": True}, None),
        ({"retry_after": 7, "retry_after_as_date": True}, "Tue, 14 Nov 2023 22:13:27 GMT"),
    ],
    ids=str,
)
def test_when_to_come_back_is_told_as_it_is_set(api: Api, settings: Json, changes: Json, retry_after: t.Optional[str]) -> None:
    settings.update(requests_per_second=1, **changes)
    api.answer("list", None, {}, b"")
    assert api.answer("list", None, {}, b"")[1].get("Retry-After") == retry_after
