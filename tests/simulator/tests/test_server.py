# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: which calls there are, who may make them, IAM, the controls under /_simulator, and the log."""

from __future__ import annotations

import typing as t

import pytest
import settings as known_settings
import simulation
from conftest import SOUND, UNENDING, Cloud, Json, told

NewCloud = t.Callable[..., Cloud]


def test_each_call_has_the_method_and_the_path_of_the_reference(cloud: Cloud) -> None:
    for job_id, status in (("1", 8), ("2", 12), ("3", 8)):
        cloud.add(status, job_id=job_id)
    calls: t.Dict[str, t.Tuple[t.Any, ...]] = {
        **{
            "create": ("POST", "", SOUND),
            "list": ("GET", ""),
            "get": ("GET", "/1"),
            "update": ("PUT", "/1", {"job_desc": "new"}),
        },
        **{"stop": ("POST", "/1/stop"), "restart": ("POST", "/2/restart"), "delete": ("DELETE", "/3")},
    }
    answers = {operation: cloud.ask(*call) for operation, call in calls.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert [operation for operation, answer in answers.items() if "is_success" not in answer.json()] == ["get"]
    assert [entry["operation"] for entry in cloud.log()] == list(calls)
    assert sorted(cloud.statuses().values()) == [1, 4, 9, 9]
    assert [cloud.control("GET", f"jobs/{job_id}")["job_desc"] for job_id in ("1", "2", "3")] == ["new", "", ""]
    assert len({answer.headers["X-Request-Id"] for answer in answers.values()}) == len(calls)
    assert cloud.ask("GET", "/").json()["job_total_count"] == 4


def test_what_is_none_of_the_seven_calls_does_not_exist(cloud: Cloud) -> None:
    cloud.add(job_id="1")
    calls = ["DELETE ", "DELETE /", "PUT ", "PATCH /1", "POST /1", "POST /1/start", "GET /1/stop"]
    assert {call: told(cloud.ask(*call.split(" "))) for call in calls} == dict.fromkeys(calls, (404, "APIGW.0101"))
    assert (cloud.statuses(), {entry["operation"] for entry in cloud.log()}) == ({"1": 8}, {""})


def test_the_query_and_the_settings_are_heeded(cloud: Cloud) -> None:
    for job_id, name in (("9", "a-1"), ("10", "a-2"), ("11", "b-3"), ("12", "a-4")):
        cloud.add(job_id=job_id, job_name=name, workspace_id="w")
    query = "?sortBy=job_id&order=asc&search_content=a-&per_page=1&page=2&workspace_id=w"
    assert [job["job_id"] for job in cloud.ask("GET", query).json()["jobs"]] == ["10"]
    cloud.set(missing_job="html404", latency_ms=100)
    answer = cloud.ask("GET", "/99")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")
    assert answer.elapsed.total_seconds() >= 0.1


def test_many_large_jobs_are_a_large_list(cloud: Cloud) -> None:
    description = "x" * 50_000
    cloud.control("POST", "jobs", [{"job_desc": description}] * 100)
    assert [job["job_desc"] for job in cloud.ask("GET", "?per_page=100").json()["jobs"]] == [description] * 100


def test_who_may_not_ask_is_refused_as_the_project_of_the_path_refuses(cloud: Cloud, new_cloud: NewCloud) -> None:
    other = new_cloud(token_seconds=0, gateway_prefix="APIG")
    mine = {"X-Auth-Token": cloud.own_token}
    assert told(other.ask("GET", headers={})) == (401, "ModelArts.0201")
    assert told(other.ask("GET", headers={"X-Auth-Token": "unknown"})) == (401, "APIG.0301")
    assert told(other.ask("GET", headers={"Authorization": "Basic dXNlcjpwYXNz"})) == (401, "APIG.0301")
    assert told(other.ask("GET")) == (401, "APIG.0307")
    assert told(other.ask("GET", headers=mine)) == (403, "ModelArts.0210")
    nowhere = f"{cloud.credentials['endpoint']}/v1/{'0' * 32}/visualization-jobs"
    assert told(cloud.session.get(nowhere, headers=mine, timeout=10)) == (404, "ModelArts.2786")


def test_a_signature_is_checked_from_what_was_sent(cloud: Cloud) -> None:
    cloud.add(job_id="7")
    headers = cloud.signed("GET", f"{cloud.jobs_url}?search_content=a%2Fb+c&status=")
    assert cloud.ask("GET", "?status=&search_content=a%2Fb%20c", headers=headers).json()["job_total_count"] == 0
    headers = cloud.signed("POST", cloud.jobs_url, body=b"{}")
    assert told(cloud.ask("POST", "", SOUND, headers=headers)) == (401, "APIGW.0301")
    headers = cloud.signed("DELETE", f"{cloud.jobs_url}/7", secret_key="wrong")
    assert told(cloud.ask("DELETE", "/7", headers=headers)) == (401, "APIGW.0301")
    assert cloud.statuses() == {"7": 8}
    headers = cloud.signed("DELETE", f"{cloud.jobs_url}/7")
    assert cloud.ask("DELETE", "/7", headers=headers).status_code == 200


def test_a_token_comes_in_a_header_and_its_body_tells_the_rest(cloud: Cloud) -> None:
    answer, given = cloud.log_in(), cloud.credentials
    token, body = answer.headers["X-Subject-Token"], answer.json()["token"]
    assert (answer.status_code, body["project"]["id"], body["user"]["name"]) == (201, given["project_id"], given["username"])
    assert f"{cloud.url}/v1/{given['project_id']}" in [service["endpoints"][0]["url"] for service in body["catalog"]]
    assert cloud.ask("GET", headers={"X-Auth-Token": token}).json()["job_total_count"] == 0
    answer = cloud.ask_iam("/auth/tokens", X_Auth_Token=token, X_Subject_Token=token)
    assert (answer.status_code, answer.json()["token"]["project"]["id"]) == (200, given["project_id"])
    assert told(cloud.ask_iam("/auth/tokens", X_Auth_Token=token, X_Subject_Token="unknown")) == (401, "APIGW.0301")
    assert told(cloud.ask_iam("/auth/tokens", X_Auth_Token="unknown", X_Subject_Token=token)) == (401, "APIGW.0301")
    refused = cloud.log_in(password="wrong")
    assert (refused.status_code, "X-Subject-Token" in refused.headers) == (401, False)
    assert set(refused.json()["error"]) == {"code", "message", "title"}


def test_iam_turns_a_name_into_the_id_of_a_project_and_tells_its_version_to_anyone(cloud: Cloud) -> None:
    for name, ids in ((cloud.credentials["project_name"], [cloud.credentials["project_id"]]), ("another", [])):
        path = f"/projects?name={name}"
        for headers in ({"X-Auth-Token": cloud.own_token}, cloud.signed("GET", f"{cloud.credentials['iam_url']}{path}")):
            assert [project["id"] for project in cloud.ask_iam(path, **headers).json()["projects"]] == ids
    for path, status in (("/v3", 200), ("/v3/", 200), ("/", 300)):
        answer = cloud.session.get(f"{cloud.url}{path}", timeout=10)
        assert (answer.status_code, f"{cloud.url}/v3/" in answer.text) == (status, True)


def test_projects_know_nothing_of_each_other(cloud: Cloud, new_cloud: NewCloud, simulator: Json) -> None:
    other = new_cloud(retired=True, denied=["list"], requests_per_second=1)
    one, two = cloud.credentials, other.credentials
    shared = {key for key in one if one[key] == two[key]}
    assert shared == {"url", "iam_url", "endpoint", "region_name", "user_domain_name"}
    own = {*shared, "project_id", "project_name", "username", "password", "access_key", "secret_key", "temporary"}
    assert (set(one), set(one["temporary"])) == (own, {"access_key", "secret_key", "security_token"})
    assert set(one["temporary"].values()).isdisjoint((one["access_key"], one["secret_key"]))
    other.fault({"operation": "list", "status": 500})
    assert [set(other.statuses()) for dummy in range(3)] == [set()] * 3, "what is denied does not hold for the controls"
    other.add()
    assert cloud.ask("GET").json()["job_total_count"] == 0
    assert ([entry["operation"] for entry in cloud.log()], other.log()) == (["list"], [])
    assert other.ask("GET").status_code == 500
    usual = {**known_settings.defaults(), **{f"{name}_seconds": UNENDING for name in ("delete", "stop", "start")}}
    assert cloud.control("GET", "settings") == usual
    assert other.control("GET", "credentials") == two
    first = cloud.session.get(f"{cloud.url}/_simulator/credentials", timeout=10).json()
    assert first == {key: value for key, value in simulator.items() if key != "pid"}, "meant where no project is named"


def test_jobs_are_put_there_changed_and_taken_away_behind_the_apis_back(cloud: Cloud) -> None:
    one = cloud.control("POST", "jobs", {"job_id": "a", "status": 14})
    assert (one["job_id"], one["status"], one["workspace_id"]) == ("a", 14, "0")
    many = cloud.control("POST", "jobs", [{"job_id": "b"}, {"job_id": "c", "workspace_id": "w"}])
    assert ([job["job_id"] for job in many], set(cloud.statuses())) == (["b", "c"], {"a", "b", "c"})
    assert cloud.control("PATCH", "jobs/a", {"status": 12, "job_desc": "x"})["status"] == 12
    assert cloud.control("GET", "jobs/a")["job_desc"] == cloud.ask("GET", "/a").json()["job_desc"] == "x"
    cloud.control("DELETE", "jobs/a")
    assert (cloud.ask("GET", "/a").status_code, set(cloud.statuses())) == (404, {"b", "c"})


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("GET", "nothing", None),
        ("POST", "log", None),
        *((method, what, {}) for method, what in (("DELETE", "jobs"), ("PUT", "jobs"), ("PATCH", "jobs"), ("POST", "jobs/5"))),
        ("GET", "jobs/99", None),
        ("PATCH", "jobs/99", {"status": 8}),
        ("POST", "jobs", {"status": "soon"}),
        ("PATCH", "settings", None),
        ("PATCH", "settings", {"retired": True, "no_such": 1}),
        *(("POST", "faults", body) for body in ({"no_such": 1}, {"seen": 1}, {"drop": "now"}, None)),
        ("POST", "projects", {"settings": {"no_such": 1}}),
    ],
)
def test_a_control_that_cannot_be_is_refused_with_why_and_changes_nothing(
    cloud: Cloud, method: str, what: str, body: t.Any
) -> None:
    url, query = f"{cloud.url}/_simulator/{what}", {"project": cloud.credentials["project_id"]}
    answer = cloud.session.request(method, url, params=query, json=body, timeout=10)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert (cloud.statuses(), cloud.control("GET", "settings")["retired"]) == ({}, False)
    nowhere = cloud.session.get(url, params={"project": "none"}, timeout=10)
    assert (nowhere.status_code, nowhere.json()) == (404, {"error": "no such project"})


def test_the_log_tells_every_request_and_how_it_was_answered_but_no_secret(cloud: Cloud) -> None:
    job_id = cloud.add(status=9)
    cloud.ask("GET", "?page=1&order=asc")
    cloud.ask("DELETE", f"/{job_id}")
    created = cloud.ask("POST", body=SOUND)
    cloud.ask("GET", headers=cloud.signed("GET", cloud.jobs_url))
    entries = cloud.control("GET", "log")
    times = [entry.pop(name) for entry in entries for name in ("time", "answered")]
    assert times == sorted(times)
    assert [entry["n"] for entry in entries] == [1, 2, 3, 4, 5]
    keys = ("method", "operation", "job_id", "status", "error_code", "fault", "bytes_in")
    assert [tuple(entry[key] for key in keys) for entry in entries[1:4]] == [
        ("GET", "list", None, 200, None, False, 0),
        ("DELETE", "delete", job_id, 400, "ModelArts.0105", False, 0),
        ("POST", "create", None, 200, None, False, len(created.request.body or b"")),
    ]
    assert (entries[1]["query"], entries[3]["bytes_out"]) == ({"page": "1", "order": "asc"}, len(created.content))
    assert cloud.jobs_url.endswith(entries[1]["path"])
    assert "x-auth-token" in entries[1]["header_names"]
    secrets = (cloud.own_token, cloud.credentials["password"], cloud.credentials["secret_key"])
    assert [secret for secret in secrets if secret in str(entries)] == []
    cloud.control("DELETE", "log")
    assert cloud.control("GET", "log") == []


def test_requests_to_iam_are_in_the_log_of_the_project_they_are_for(cloud: Cloud) -> None:
    answers = [cloud.log_in(), cloud.log_in(name=cloud.credentials["project_name"]), cloud.log_in(password="wrong")]
    token = answers[0].headers["X-Subject-Token"]
    cloud.ask_iam("/auth/tokens", X_Auth_Token="unknown", X_Subject_Token=token)
    cloud.ask_iam("/projects", **cloud.signed("GET", f"{cloud.credentials['iam_url']}/projects"))
    seen = [(entry["operation"], entry["status"]) for entry in cloud.control("GET", "log")]
    assert seen == [("token", 201), ("token", 201), ("token", 401), ("validate", 401), ("projects", 200)]


def test_the_log_tells_which_requests_came_by_the_same_connection(cloud: Cloud) -> None:
    for dummy in range(2):
        cloud.ask("GET")
    for dummy in range(8):
        simulation.ask("GET", cloud.jobs_url, headers={"X-Auth-Token": cloud.own_token})
    connections = [entry["connection"] for entry in cloud.log()]
    assert connections[0] == connections[1]
    assert len(set(connections)) == 9
