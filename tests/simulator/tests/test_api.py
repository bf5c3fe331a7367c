# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seven calls without a process: what each answers, and how each setting and each error looks. Time is in test_cloud.py."""

from __future__ import annotations

import json
import re
import typing as t

import errors
import pytest
from api import OPERATIONS, Api
from conftest import SIMULATOR, SOUND, Json, World

BODY = json.dumps({**SOUND, "job_desc": "new"}).encode()  # as good for a creation as for an update
OF_A_JOB = [name for name in OPERATIONS if name not in ("create", "list")]


class Caller(Api):
    """Makes calls about job 7, if nothing else is said."""

    def __init__(self, jobs: World) -> None:
        super().__init__(jobs.settings, jobs)

    def __call__(self, operation: str, job_id: str = "7", body: bytes = BODY) -> t.Tuple[int, t.Any]:
        """Return the status and the JSON of an answer."""
        status, dummy, answer = self.answer(operation, job_id, {}, body)
        return status, json.loads(answer)

    def code(self, operation: str, job_id: str = "7", body: bytes = BODY) -> t.Tuple[int, t.Optional[str]]:
        """Return the status and the code of an answer."""
        status, told = self(operation, job_id, body)
        return status, told.get("error_code")


@pytest.fixture
def ask(jobs: World) -> Caller:
    """What makes calls."""
    return Caller(jobs)


def test_the_same_calls_get_the_same_answers_with_ids_of_their_own() -> None:
    calls = ("create", "list", "get", "update", "stop", "delete")
    worlds = [Caller(World()) for dummy in range(2)]
    first, second = ([api.answer(operation, "1001", {}, BODY) for operation in calls] for api in worlds)
    assert first == second
    assert len({headers["X-Request-Id"] for dummy, headers, another_dummy in first}) == len(calls)
    assert [json.loads(body).get("error_code") for dummy, another_dummy, body in first] == [None] * 5 + ["ModelArts.0105"]
    assert json.loads(first[0][2]) == {
        **{"is_success": True, "job_id": "1001", "job_name": "losses", "status": 1, "create_time": 1_700_000_000_000},
        "service_url": "https://simulated.example.com/1001/",
    }


def test_it_needs_neither_a_network_nor_chance_nor_the_time_of_day() -> None:
    needless = r"import (aiohttp|asyncio|iam|random|secrets|server|socket|time|threading)\b|uuid[14]\(|\.(utc)?now\(\)"
    for name in ("api", "cloud", "errors", "faults", "settings"):
        text = (SIMULATOR / f"{name}.py").read_text(encoding="utf-8").replace("self.now()", "").replace("_jobs.now()", "")
        assert re.search(needless, text) is None, name


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_that_is_denied_or_retired_does_nothing(ask: Caller, jobs: World, operation: str) -> None:
    before = jobs.seed({"job_id": "7", "status": 12 if operation == "restart" else 8})
    others = [other for other in OPERATIONS if other != operation]
    for changes, expected in (
        ({"denied": [operation]}, (403, "ModelArts.0108")),
        ({"denied": [], "retired": True}, (404, "APIGW.0101")),
        ({"retired": operation}, (404, "APIGW.0101")),
    ):
        jobs.set(**changes)
        assert ask.code(operation) == expected
        assert jobs.truth() == [before]
    jobs.set(denied=others, retired="create" if operation != "create" else False)
    assert ask(operation)[0] == 200


def test_what_is_no_call_and_a_body_that_is_no_object_are_refused(ask: Caller, jobs: World) -> None:
    jobs.seed({"job_id": "7"})
    assert [ask.code(operation) for operation in ("", "token", "start")] == [(404, "APIGW.0101")] * 3
    for body in (b"", b"{", b"[]", b"null"):
        assert [ask.code(operation, body=body) for operation in ("create", "update")] == [(400, "ModelArts.0101")] * 2


@pytest.mark.parametrize(
    ("variant", "status", "code"),
    [
        ("0015", 404, "ModelArts.0015"),
        ("0015_in_200", 200, "ModelArts.0015"),
        ("2775", 400, "ModelArts.2775"),
        *((number, 400, f"ModelArts.{number}") for number in ("0101", "0102", "0103", "0104", "0105")),
        ("unknown404", 404, "ModelArts.9999"),
    ],
)
def test_a_missing_job_answers_as_it_is_set_to(ask: Caller, jobs: World, variant: str, status: int, code: str) -> None:
    assert [ask.code(operation, "99") for operation in OF_A_JOB] == [(404, "ModelArts.0015")] * 5, "if nothing is set"
    jobs.set(missing_job=variant, refusal_http=200)  # the second is about other refusals
    for operation in OF_A_JOB:
        answered, told = ask(operation, "99")
        assert (answered, told["error_code"], told["is_success"], bool(told["error_message"])) == (status, code, False, True)
    jobs.set(missing_job_on=["delete"])
    assert (ask.code("delete", "99"), ask.code("get", "99")) == ((status, code), (404, "ModelArts.0015"))


def test_a_missing_job_may_answer_without_a_code(ask: Caller, jobs: World) -> None:
    for variant, status, kind, begins in (
        ("empty404", 404, "text/html; charset=utf-8", b""),
        ("html404", 404, "text/html; charset=utf-8", b"<html>"),
        ("json404", 404, "application/json", b'{"message": "Not found."}'),
        ({"status": 410, "body": {"gone": True}}, 410, "application/json", b'{"gone": true}'),
    ):
        jobs.set(missing_job=variant)
        answered, headers, body = ask.answer("get", "99", {}, b"")
        assert (answered, headers["Content-Type"], body[: len(begins) or 1]) == (status, kind, begins)


def test_codes_come_with_the_statuses_of_the_reference() -> None:
    by_status: t.Dict[int, t.Set[str]] = {}
    for code, (status, dummy) in errors.KNOWN.items():
        by_status.setdefault(status, set()).add(code.replace("ModelArts.", ""))
    assert by_status == {
        400: {"0101", "0102", "0103", "0104", "0105", "2775"},
        401: {"0201", "APIGW.0301", "APIGW.0307"},
        403: {"0108", "0210"},
        404: {"0015", "2786", "APIGW.0101"},
        429: {"APIGW.0308"},
    }


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({}, {"is_success": False, "error_message": "M", "error_code": "C"}),
        ({"message_key": "error_msg"}, {"is_success": False, "error_msg": "M", "error_code": "C"}),
        ({"success_as_string": True}, {"is_success": "false", "error_message": "M", "error_code": "C"}),
        ({"error_shape": "gateway"}, {"error_msg": "M", "error_code": "C", "request_id": "gw-0"}),
        ({"error_shape": "nested"}, {"error": {"error_code": "C", "error_msg": "M"}}),
        ({"error_shape": "camel"}, {"errorCode": "C", "errorMsg": "M"}),
        ({"error_shape": "plain"}, {"code": "C", "message": "M"}),
        ({"error_shape": "iam"}, {"error": {"code": "C", "message": "M", "title": "Refused"}}),
    ],
    ids=str,
)
def test_errors_of_modelarts_have_the_shape_that_is_set_and_those_of_the_gateway_their_own(
    ask: Caller, jobs: World, changes: Json, body: Json
) -> None:
    jobs.seed({"job_id": "7", "status": 9})
    jobs.set(**changes)

    def filled(code: str, message: str) -> t.Any:
        return json.loads(json.dumps(body).replace('"C"', f'"{code}"').replace('"M"', f'"{message}"'))

    assert ask("delete") == (400, filled("ModelArts.0105", "This job can't be delete. job status: 9"))
    assert ask("get", "99") == (404, filled("ModelArts.0015", "The resource does not exist."))
    jobs.set(retired=True)
    for prefix in ("APIGW", "APIG"):
        jobs.set(gateway_prefix=prefix)
        status, told = ask("get")
        assert (status, told["error_code"], set(told)) == (404, f"{prefix}.0101", {"error_msg", "error_code", "request_id"})


def test_what_would_be_a_400_comes_as_200_where_that_is_set_and_nothing_else(ask: Caller, jobs: World) -> None:
    jobs.seed({"job_id": "7", "status": 9})
    jobs.set(refusal_http=200, denied=["list"])
    assert [ask.code("delete"), ask.code("create", body=b"{}")] == [(200, "ModelArts.0105"), (200, "ModelArts.0104")]
    assert [ask.code("get", "99"), ask.code("list")] == [(404, "ModelArts.0015"), (403, "ModelArts.0108")]


@pytest.mark.parametrize(
    ("changes", "numbers", "job_id", "success"),
    [
        ({}, [5, 6, 12], "7", True),
        ({"success_as_string": True}, [5, 6, 12], "7", "true"),
        ({"numbers_as_strings": True}, ["5", "6", "12"], "7", True),
        ({"job_ids_as_numbers": True}, [5, 6, 12], 7, True),
        ({"job_ids_as_numbers": True, "numbers_as_strings": True}, ["5", "6", "12"], "7", True),
    ],
    ids=str,
)
def test_booleans_numbers_and_ids_come_as_they_are_set_to(
    ask: Caller, jobs: World, changes: Json, numbers: t.List[t.Any], job_id: t.Any, success: t.Any
) -> None:
    jobs.seed({"job_id": "7", "create_time": 5, "duration": 6, "status": 12})
    jobs.seed({"job_id": "1e3", "create_time": 5, "duration": 6, "status": 12})
    jobs.set(**changes)
    got, listed = ask("get")[1], ask("list")[1]
    assert [job["job_id"] for job in (got, *listed["jobs"])] == [job_id, "1e3", job_id]
    for job in (got, *listed["jobs"]):
        assert [job[name] for name in ("create_time", "duration", "status")] == numbers
    totals = [listed[name] for name in ("job_total_count", "quotas", "job_count_limit")]
    assert totals == (["2", "100", "4998"] if numbers[0] == "5" else [2, 100, 4998])
    assert (listed["is_success"], "is_success" in got) == (success, False)


def test_more_calls_than_are_allowed_in_a_second_are_throttled_and_do_nothing(ask: Caller, jobs: World) -> None:
    assert {ask("list")[0] for dummy in range(100)} == {200}, "where there is no limit"
    jobs.clock.pass_by(1)
    jobs.seed({"job_id": "7"})
    jobs.set(requests_per_second=2)
    assert [ask("list")[0] for dummy in range(3)] == [200, 200, 429]
    jobs.clock.pass_by(0.9)
    assert ask.code("delete") == (429, "APIGW.0308")
    jobs.clock.pass_by(0.1)
    assert [ask("get")[1].get("status") for dummy in range(3)] == [8, 8, None]


def test_when_to_come_back_is_told_as_it_is_set(ask: Caller, jobs: World) -> None:
    jobs.set(requests_per_second=1)
    ask("list")
    for seconds, date, told in (
        *((1, False, "1"), (7, False, "7"), (None, False, None), (None, True, None)),
        (7, True, "Tue, 14 Nov 2023 22:13:27 GMT"),
    ):
        jobs.set(retry_after=seconds, retry_after_as_date=date)
        assert ask.answer("list", None, {}, b"")[1].get("Retry-After") == told
