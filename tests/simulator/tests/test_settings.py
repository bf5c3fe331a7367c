# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the calls answer, with each setting: what comes over the wire. What needs time to pass stands in test_cloud.py."""

from __future__ import annotations

import time
import typing as t

import errors
import pytest
import settings as known_settings
from conftest import Cloud, Json

NewCloud = t.Callable[..., Cloud]
CALLS: t.Dict[str, t.Tuple[str, str, t.Any]] = {
    "create": ("POST", "", {"job_name": "new", "train_url": "/b/"}),
    "list": ("GET", "", None),
    "get": ("GET", "/{}", None),
    "update": ("PUT", "/{}", {"job_desc": "new"}),
    "delete": ("DELETE", "/{}", None),
    "stop": ("POST", "/{}/stop", None),
    "restart": ("POST", "/{}/restart", None),
}
OF_A_JOB = [name for name, (dummy, rest, another_dummy) in CALLS.items() if rest]
EACH_CALL = pytest.mark.parametrize("operation", CALLS)
EACH_CALL_OF_A_JOB = pytest.mark.parametrize("operation", OF_A_JOB)


def made(cloud: Cloud, operation: str, job_id: str = "99") -> t.Any:
    """Make one of the seven calls, and return the answer."""
    method, rest, body = CALLS[operation]
    return cloud.ask(method, rest.format(job_id), body)


def told(answer: t.Any) -> t.Tuple[int, t.Optional[str]]:
    return answer.status_code, answer.json().get("error_code")


# --- the calls, with nothing set ---------------------------------------------------------------------------------


@EACH_CALL
def test_each_call_succeeds_and_has_a_request_id(cloud: Cloud, operation: str) -> None:
    job_id = cloud.add(status=12 if operation == "restart" else 8)
    answer = made(cloud, operation, job_id)
    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"]
    assert answer.json().get("is_success") is (None if operation == "get" else True)
    assert cloud.log()[-1]["operation"] == operation


@pytest.mark.parametrize(
    ("operation", "status"), [("delete", 9), ("stop", 10), ("restart", 8)], ids=["delete at 9", "stop at 10", "restart at 8"]
)
def test_the_refusals_that_the_reference_knows(cloud: Cloud, operation: str, status: int) -> None:
    answer = made(cloud, operation, cloud.add(status=status))
    assert answer.status_code == 400
    assert answer.json() == {
        "is_success": False,
        "error_message": f"This job can't be {operation}. job status: {status}",
        "error_code": "ModelArts.0105",
    }


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_a_body_that_is_no_object_is_refused(cloud: Cloud, operation: str, body: bytes) -> None:
    method, rest, dummy = CALLS[operation]
    headers = {"X-Auth-Token": cloud.token()}
    answer = cloud.session.request(
        method, f"{cloud.url}{cloud.path(rest.format(cloud.add()))}", data=body, headers=headers, timeout=10
    )
    assert told(answer) == (400, "ModelArts.0101")


@pytest.mark.parametrize(
    ("method", "rest"),
    [("DELETE", ""), ("DELETE", "/"), ("PUT", ""), ("PATCH", "/1"), ("POST", "/1"), ("POST", "/1/start"), ("GET", "/1/stop")],
)
def test_what_is_none_of_the_seven_calls_does_not_exist(cloud: Cloud, method: str, rest: str) -> None:
    cloud.add(job_id="1")
    assert told(cloud.ask(method, rest)) == (404, "APIGW.0101")
    assert cloud.jobs()["1"]["status"] == 8


# --- missing jobs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "status", "code"),
    [
        ("0015", 404, "ModelArts.0015"),
        ("0015_in_200", 200, "ModelArts.0015"),
        ("2775", 400, "ModelArts.2775"),
        ("0101", 400, "ModelArts.0101"),
        ("0102", 400, "ModelArts.0102"),
        ("0103", 400, "ModelArts.0103"),
        ("0104", 400, "ModelArts.0104"),
        ("0105", 400, "ModelArts.0105"),
        ("unknown404", 404, "ModelArts.9999"),
    ],
)
@EACH_CALL_OF_A_JOB
def test_a_missing_job_answers_as_it_is_set_to(cloud: Cloud, operation: str, variant: str, status: int, code: str) -> None:
    cloud.set(missing_job=variant)
    answer = made(cloud, operation)
    assert told(answer) == (status, code)
    assert (answer.json()["is_success"], bool(answer.json()["error_message"])) == (False, True)
    assert variant in errors.MISSING


@EACH_CALL_OF_A_JOB
def test_a_missing_job_answers_0015_if_nothing_is_set(cloud: Cloud, operation: str) -> None:
    assert told(made(cloud, operation)) == (404, "ModelArts.0015")


@pytest.mark.parametrize(("variant", "begins"), [("empty404", ""), ("html404", "<html>")])
def test_a_missing_job_may_answer_without_json(cloud: Cloud, variant: str, begins: str) -> None:
    cloud.set(missing_job=variant)
    answer = made(cloud, "get")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (404, "text/html")
    assert bool(answer.text) is bool(begins)
    assert answer.text.startswith(begins)


def test_a_missing_job_may_answer_with_json_that_has_no_code(cloud: Cloud) -> None:
    cloud.set(missing_job="json404")
    answer = made(cloud, "get")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not found."})


def test_a_missing_job_may_answer_with_anything(cloud: Cloud) -> None:
    cloud.set(missing_job={"status": 410, "body": {"gone": True}})
    answer = made(cloud, "get")
    assert (answer.status_code, answer.json()) == (410, {"gone": True})


def test_a_missing_job_may_answer_so_on_some_calls_only(cloud: Cloud) -> None:
    cloud.set(missing_job="2775", missing_job_on=["delete"])
    assert told(made(cloud, "delete")) == (400, "ModelArts.2775")
    assert told(made(cloud, "get")) == (404, "ModelArts.0015")


def test_every_variant_of_a_missing_job_is_tried_here() -> None:
    assert set(errors.MISSING) == {"0015", "0015_in_200", "2775", "0101", "0102", "0103", "0104", "0105", "unknown404"}


# --- how errors look ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 200])
def test_a_refusal_comes_as_400_or_as_200(cloud: Cloud, status: int) -> None:
    cloud.set(refusal_http=status)
    killing = cloud.add(status=9)
    assert told(made(cloud, "delete", killing)) == (status, "ModelArts.0105")
    assert told(cloud.ask("GET", "?page=0")) == (status, "ModelArts.0104")


def test_only_what_would_be_400_comes_as_200(cloud: Cloud) -> None:
    cloud.set(refusal_http=200, denied=["list"])
    assert told(made(cloud, "get")) == (404, "ModelArts.0015")
    assert told(made(cloud, "list")) == (403, "ModelArts.0108")
    assert told(cloud.ask("GET", headers={"X-Auth-Token": "wrong"})) == (401, "APIGW.0301")


@pytest.mark.parametrize("key", ["error_message", "error_msg"])
def test_the_message_is_where_it_is_set_to_be(cloud: Cloud, key: str) -> None:
    cloud.set(message_key=key)
    body = made(cloud, "delete", cloud.add(status=9)).json()
    assert body == {"is_success": False, key: "This job can't be delete. job status: 9", "error_code": "ModelArts.0105"}


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("modelarts", {"is_success": False, "error_message": "M", "error_code": "C"}),
        ("gateway", {"error_msg": "M", "error_code": "C", "request_id": "gw-0"}),
        ("nested", {"error": {"error_code": "C", "error_msg": "M"}}),
        ("camel", {"errorCode": "C", "errorMsg": "M"}),
        ("plain", {"code": "C", "message": "M"}),
        ("iam", {"error": {"code": "C", "message": "M", "title": "Refused"}}),
    ],
)
@pytest.mark.parametrize("missing", [False, True])
def test_errors_of_modelarts_have_the_shape_that_is_set(cloud: Cloud, shape: str, body: Json, missing: bool) -> None:
    cloud.set(error_shape=shape)
    if missing:
        answer, code, message = made(cloud, "get"), "ModelArts.0015", "The resource does not exist."
    else:
        answer = made(cloud, "delete", cloud.add(status=9))
        code, message = "ModelArts.0105", "This job can't be delete. job status: 9"

    def filled(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return {"C": code, "M": message}.get(value, value) if isinstance(value, str) else value

    assert answer.json() == filled(body)


def test_errors_of_the_gateway_keep_their_own_shape(cloud: Cloud) -> None:
    cloud.set(error_shape="camel", retired=True)
    assert set(made(cloud, "get").json()) == {"error_msg", "error_code", "request_id"}


@pytest.mark.parametrize("prefix", ["APIGW", "APIG"])
def test_the_gateway_has_the_prefix_that_is_set(cloud: Cloud, prefix: str) -> None:
    cloud.set(gateway_prefix=prefix, retired=True)
    assert told(made(cloud, "get")) == (404, f"{prefix}.0101")


# --- how answers look --------------------------------------------------------------------------------------------


def test_success_may_come_as_text(cloud: Cloud) -> None:
    cloud.set(success_as_string=True)
    assert made(cloud, "delete", cloud.add()).json()["is_success"] == "true"
    assert made(cloud, "delete", cloud.add(status=9)).json()["is_success"] == "false"
    assert made(cloud, "get").json()["is_success"] == "false"
    assert made(cloud, "list").json()["is_success"] == "true"


def test_numbers_may_come_as_text(cloud: Cloud) -> None:
    job_id = cloud.add(create_time=5, duration=6, status=12)
    numbers = ("create_time", "duration", "status")
    assert [made(cloud, "get", job_id).json()[name] for name in numbers] == [5, 6, 12]
    assert isinstance(made(cloud, "list").json()["job_total_count"], int)
    cloud.set(numbers_as_strings=True)
    assert [made(cloud, "get", job_id).json()[name] for name in numbers] == ["5", "6", "12"]
    listed = made(cloud, "list").json()
    assert [listed[name] for name in ("job_total_count", "quotas", "job_count_limit")] == ["1", "100", "4999"]
    assert [listed["jobs"][0][name] for name in numbers] == ["5", "6", "12"]
    assert listed["is_success"] is True


@pytest.mark.parametrize(("mode", "per_page", "length"), [("cap", 1000, 3), ("cap", 2, 2), ("refuse", 3, 3), ("refuse", 4, None)])
def test_a_page_holds_no_more_than_the_cap(cloud: Cloud, mode: str, per_page: int, length: t.Optional[int]) -> None:
    cloud.set(list_cap=3, list_cap_mode=mode)
    for dummy in range(5):
        cloud.add()
    answer = cloud.ask("GET", f"?per_page={per_page}")
    if length is None:
        assert told(answer) == (400, "ModelArts.0104")
    else:
        assert (len(answer.json()["jobs"]), answer.json()["job_total_count"]) == (length, 5)


def test_pages_sorting_search_and_workspaces_come_from_the_query(cloud: Cloud) -> None:
    for job_id, name, workspace in (("9", "a-1", "0"), ("10", "a-2", "0"), ("11", "b-3", "0"), ("12", "a-4", "w1")):
        cloud.add(job_id=job_id, job_name=name, workspace_id=workspace)

    def ids(query: str) -> t.List[str]:
        return [job["job_id"] for job in cloud.ask("GET", query).json()["jobs"]]

    assert ids("") == ["11", "10", "9"]
    assert ids("?sortBy=job_id&order=asc&search_content=a-") == ["9", "10"]
    assert ids("?per_page=2&page=2") == ["9"]
    assert ids("?workspace_id=w1") == ["12"]
    assert cloud.ask("GET", "/12").json()["job_id"] == "12"


def test_the_default_workspace_can_be_another(cloud: Cloud) -> None:
    cloud.set(default_workspace="home")
    job_id = made(cloud, "create").json()["job_id"]
    assert [job["job_id"] for job in cloud.ask("GET", "?workspace_id=home").json()["jobs"]] == [job_id]
    assert cloud.ask("GET", "?workspace_id=0").json()["jobs"] == []


# --- what is not allowed -----------------------------------------------------------------------------------------


@EACH_CALL
def test_an_action_that_is_denied_is_refused_and_every_other_is_not(cloud: Cloud, operation: str) -> None:
    job_id = cloud.add(status=12)
    cloud.set(denied=[operation])
    assert told(made(cloud, operation, job_id)) == (403, "ModelArts.0108")
    assert set(cloud.jobs()) == {job_id}
    assert cloud.jobs()[job_id]["job_desc"] == ""
    cloud.set(denied=[other for other in CALLS if other != operation])
    assert made(cloud, operation, cloud.add(status=8 if operation == "stop" else 12)).status_code == 200


@EACH_CALL
def test_a_retired_api_answers_every_call_as_if_there_were_none(cloud: Cloud, operation: str) -> None:
    job_id = cloud.add()
    cloud.set(retired=True)
    assert told(made(cloud, operation, job_id)) == (404, "APIGW.0101")
    assert {key: job["status"] for key, job in cloud.jobs().items()} == {job_id: 8}


def test_of_a_retired_api_all_but_the_creation_may_go_on(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.set(retired="create")
    assert told(made(cloud, "create")) == (404, "APIGW.0101")
    assert set(cloud.jobs()) == {job_id}
    assert [made(cloud, one, job_id).status_code for one in ("list", "get", "update", "stop")] == [200] * 4
    assert made(cloud, "delete", cloud.add()).status_code == 200


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"unique_names": True}, "ModelArts.0103"), ({"job_count_limit": 1}, "ModelArts.0104")],
    ids=["name", "quota"],
)
def test_a_second_job_is_refused_where_that_is_set(new_cloud: NewCloud, settings: Json, code: str) -> None:
    cloud = new_cloud(**settings)
    assert made(cloud, "create").status_code == 200
    assert told(made(cloud, "create")) == (400, code)
    assert len(cloud.jobs()) == 1


@pytest.mark.parametrize("operation", ["delete", "stop", "restart"])
def test_in_which_statuses_a_call_is_refused_can_be_set(cloud: Cloud, operation: str) -> None:
    cloud.set(**{f"{operation}_refused_at": [22]})
    assert told(made(cloud, operation, cloud.add(status=22))) == (400, "ModelArts.0105")
    assert made(cloud, operation, cloud.add(status=9)).status_code == 200


# --- time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "before", "during"), [("delete", 8, 9), ("stop", 8, 9), ("restart", 12, 4)])
def test_a_call_is_answered_before_it_is_done(cloud: Cloud, operation: str, before: int, during: int) -> None:
    job_id = cloud.add(status=before)
    assert made(cloud, operation, job_id).json() == {"is_success": True}
    assert made(cloud, "get", job_id).json()["status"] == during


@pytest.mark.parametrize(
    ("settings", "operation", "before", "after"),
    [
        ({"delete_seconds": 0}, "delete", 8, None),
        ({"delete_seconds": 0, "delete_fails": True}, "delete", 8, 6),
        ({"stop_seconds": 0}, "stop", 8, 12),
        ({"start_seconds": 0}, "restart", 12, 8),
        ({"start_seconds": 0, "start_fails": 11}, "restart", 12, 11),
    ],
    ids=str,
)
def test_what_is_set_to_take_no_time_is_done_with_the_answer(
    cloud: Cloud, settings: Json, operation: str, before: int, after: t.Optional[int]
) -> None:
    cloud.set(**settings)
    job_id = cloud.add(status=before)
    assert made(cloud, operation, job_id).status_code == 200
    answer = made(cloud, "get", job_id)
    assert told(answer) == (404, "ModelArts.0015") if after is None else answer.json()["status"] == after


def test_latency_is_added_to_every_answer(cloud: Cloud) -> None:
    cloud.token()
    cloud.set(latency_ms=100)
    begin = time.monotonic()
    assert [made(cloud, operation).status_code for operation in ("list", "get")] == [200, 404]
    assert time.monotonic() - begin >= 0.2


def test_what_is_seen_late_or_never_is_so_on_the_wire(new_cloud: NewCloud) -> None:
    cloud = new_cloud(list_lag_seconds=1000, get_lag_seconds=1000, delete_seconds=1000, delete_shown_after=None)
    old, new = cloud.add(), made(cloud, "create").json()["job_id"]
    assert [job["job_id"] for job in made(cloud, "list").json()["jobs"]] == [old]
    assert told(made(cloud, "get", new)) == (404, "ModelArts.0015")
    assert [made(cloud, "delete", new).status_code for dummy in range(2)] == [200, 400]
    cloud.set(list_lag_seconds=0, get_lag_seconds=0, delete_again="accept", page_ignored=True)
    assert made(cloud, "delete", new).status_code == 200
    assert made(cloud, "get", new).json()["status"] == 1
    assert len(cloud.ask("GET", "?page=9").json()["jobs"]) == 2


def test_a_thousand_large_jobs_are_a_large_list(cloud: Cloud) -> None:
    jobs = [{"job_desc": f"{number:05}" * 1000} for number in range(1000)]
    assert cloud.control("POST", "jobs", jobs).status_code == 200
    answer = cloud.ask("GET", "?per_page=1000")
    assert len(answer.content) > 4 * 1024**2
    assert {job["job_desc"] for job in answer.json()["jobs"]} == {job["job_desc"] for job in jobs}


# --- settings themselves -----------------------------------------------------------------------------------------


def test_a_new_project_has_the_settings_that_are_known(new_cloud: NewCloud) -> None:
    assert new_cloud().control("GET", "settings").json() == known_settings.defaults()


def test_a_setting_that_does_not_exist_is_refused_and_nothing_changed(cloud: Cloud) -> None:
    before = cloud.control("GET", "settings").json()
    answer = cloud.control("PATCH", "settings", {"retired": True, "no_such": 1})
    assert answer.status_code == 400
    assert "no such setting: no_such" in answer.json()["error"]
    assert cloud.control("GET", "settings").json() == before
