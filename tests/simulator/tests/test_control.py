# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controls under /_simulator: projects that are apart, jobs behind the API's back, the log."""

from __future__ import annotations

import typing as t

import pytest
import requests
from conftest import Cloud, Json, connection

# --- projects ----------------------------------------------------------------------------------------------------


def test_a_project_has_credentials_of_its_own(new_cloud: t.Callable[..., Cloud]) -> None:
    one, other = new_cloud().credentials, new_cloud().credentials
    assert set(one) == {
        "url",
        "iam_url",
        "endpoint",
        "project_id",
        "project_name",
        "region_name",
        "username",
        "password",
        "user_domain_name",
        "access_key",
        "secret_key",
        "temporary",
    }
    shared = {key for key in one if one[key] == other[key]}
    assert shared == {"url", "iam_url", "endpoint", "region_name", "user_domain_name"}
    assert set(one["temporary"]) == {"access_key", "secret_key", "security_token"}


def test_projects_know_nothing_of_each_other(cloud: Cloud, new_cloud: t.Callable[..., Cloud]) -> None:
    other = new_cloud()
    cloud.add()
    cloud.set(retired=True)
    cloud.fault({"operation": "list", "status": 500})
    assert other.ask("GET").json()["jobs"] == []
    assert [entry["operation"] for entry in other.log()] == ["list"]
    assert cloud.log() == []
    assert cloud.ask("GET").status_code == 500


def test_the_credentials_of_a_project_can_be_read_again(cloud: Cloud) -> None:
    assert cloud.control("GET", "credentials").json() == cloud.credentials


def test_without_a_project_the_first_is_meant(simulator: Json) -> None:
    answer = connection().get(f"{simulator['url']}/_simulator/credentials", timeout=10)
    assert answer.json() == {key: value for key, value in simulator.items() if key != "pid"}


# --- jobs --------------------------------------------------------------------------------------------------------


def test_jobs_are_put_there_one_or_many(cloud: Cloud) -> None:
    one = cloud.control("POST", "jobs", {"job_id": "a", "status": 14}).json()
    assert (one["job_id"], one["status"], one["workspace_id"]) == ("a", 14, "0")
    many = cloud.control("POST", "jobs", [{"job_id": "b"}, {"job_id": "c", "workspace_id": "w"}]).json()
    assert [job["job_id"] for job in many] == ["b", "c"]
    assert set(cloud.jobs()) == {"a", "b", "c"}, "whatever their workspace"


def test_a_job_is_read_changed_and_taken_away_behind_the_apis_back(cloud: Cloud) -> None:
    job_id = cloud.add()
    assert cloud.control("PATCH", f"jobs/{job_id}", {"status": 14, "job_desc": "x"}).json()["status"] == 14
    assert cloud.control("GET", f"jobs/{job_id}").json()["job_desc"] == "x"
    assert cloud.ask("GET", f"/{job_id}").json()["status"] == 14
    assert cloud.control("DELETE", f"jobs/{job_id}").status_code == 200
    assert cloud.ask("GET", f"/{job_id}").status_code == 404


def test_the_controls_are_not_denied_throttled_or_retired(new_cloud: t.Callable[..., Cloud]) -> None:
    cloud = new_cloud(retired=True, denied=["get", "list"], requests_per_second=1)
    job_id = cloud.add()
    assert [set(cloud.jobs()) for dummy in range(5)] == [{job_id}] * 5
    assert cloud.log() == []


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("GET", "nothing", None),
        ("POST", "log", None),
        ("GET", "jobs/99", None),
        ("PATCH", "jobs/99", {"status": 8}),
        ("POST", "jobs", {"status": "soon"}),
        ("PATCH", "settings", None),
        ("POST", "faults", {"no_such": 1}),
        ("POST", "faults", None),
        ("POST", "projects", {"settings": {"no_such": 1}}),
    ],
)
def test_a_control_that_cannot_be_is_refused_with_why(cloud: Cloud, method: str, what: str, body: t.Any) -> None:
    answer = cloud.control(method, what, body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert cloud.jobs() == {}


def test_a_control_of_a_project_that_does_not_exist_is_refused(cloud: Cloud) -> None:
    answer = cloud.session.get(f"{cloud.url}/_simulator/log", params={"project": "none"}, timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"error": "no such project"})


# --- the log -----------------------------------------------------------------------------------------------------


def test_the_log_tells_every_request_and_how_it_was_answered(cloud: Cloud) -> None:
    job_id = cloud.add(status=9)
    cloud.ask("GET", "?page=1&order=asc")
    cloud.ask("DELETE", f"/{job_id}")
    cloud.ask("POST", body={"job_name": "new", "train_url": "/b/"})
    listed, deleted, created = cloud.log()
    assert {key: listed[key] for key in ("method", "operation", "job_id", "status", "error_code", "fault", "bytes_in")} == {
        "method": "GET",
        "operation": "list",
        "job_id": None,
        "status": 200,
        "error_code": None,
        "fault": False,
        "bytes_in": 0,
    }
    assert (listed["path"], listed["query"]) == (cloud.path(), {"page": "1", "order": "asc"})
    assert "x-auth-token" in listed["header_names"]
    assert (deleted["operation"], deleted["job_id"], deleted["status"]) == ("delete", job_id, 400)
    assert deleted["error_code"] == "ModelArts.0105"
    assert created["bytes_in"] == len(b'{"job_name": "new", "train_url": "/b/"}')
    assert created["bytes_out"] > 0
    assert [entry["n"] for entry in (listed, deleted, created)] == [2, 3, 4], "the token was the first"
    assert listed["time"] <= deleted["time"] <= created["time"]


def test_the_log_tells_when_a_request_began_and_when_it_was_answered(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "delay": 0.1, "delay_after": 0.1}, {"operation": "get", "drop": "after"})
    cloud.ask("GET")
    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.ask("GET", "/1")
    listed, dropped = cloud.log()
    assert listed["answered"] - listed["time"] >= 0.2
    assert (dropped["time"] >= listed["answered"], dropped["answered"]) == (True, None)


def test_the_log_holds_no_secret(cloud: Cloud) -> None:
    cloud.ask("GET")
    cloud.ask_signed()
    text = cloud.control("GET", "log").text
    assert cloud.token() not in text
    assert cloud.credentials["password"] not in text
    assert cloud.credentials["secret_key"] not in text


def test_requests_for_a_token_are_in_the_log_of_the_project_they_are_for(cloud: Cloud) -> None:
    assert cloud.log_in().status_code == 201
    assert cloud.log_in(project={"name": cloud.credentials["project_name"]}).status_code == 201
    assert cloud.log_in(user={"password": "wrong"}).status_code == 401
    entries = cloud.control("GET", "log").json()
    assert [(entry["operation"], entry["status"]) for entry in entries] == [("token", 201), ("token", 201), ("token", 401)]


def test_the_log_tells_that_a_connection_was_used_again(cloud: Cloud) -> None:
    for dummy in range(3):
        cloud.ask("GET")
    assert len({entry["connection"] for entry in cloud.log()}) == 1


def test_the_log_can_be_cleared(cloud: Cloud) -> None:
    cloud.ask("GET")
    assert cloud.control("DELETE", "log").status_code == 200
    assert cloud.control("GET", "log").json() == []


def test_each_connection_has_a_number_of_its_own(cloud: Cloud) -> None:
    for dummy in range(20):
        with connection() as own:
            own.get(f"{cloud.credentials['url']}{cloud.path('/10')}", timeout=10)
    assert len({entry["connection"] for entry in cloud.log()}) == 20


def test_someone_unknown_is_answered_as_the_project_of_the_path_answers(cloud: Cloud) -> None:
    cloud.set(gateway_prefix="APIG")
    with connection() as own:
        url = f"{cloud.credentials['url']}{cloud.path()}"
        answer = own.get(url, headers={"X-Auth-Token": "nonsense"}, timeout=10)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.0301")


@pytest.mark.parametrize(
    "rule",
    [
        *({"nth": "2"}, {"effects": [1]}, {"drop": "now"}, {"headers": []}, {"query": "page=2"}, {"cut": -1}, {"delay": -1}),
        *(
            {"without": "job_id"},
            {"change": ["job_id"]},
            {"effects": [{"vanishes": "1"}]},
            {"effects": [{"settings": {"no": 1}}]},
        ),
        *({"effects": [{"vanish": "1", "when": "now"}]}, {"effects": [{"set_status": 8}]}),
    ],
    ids=str,
)
def test_a_fault_that_makes_no_sense_is_refused(cloud: Cloud, rule: Json) -> None:
    assert cloud.control("POST", "faults", rule).status_code == 400


def test_others_cannot_change_what_is_not_there(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "effects": [{"set_status": {"99": 8}}]})
    assert cloud.ask("GET").status_code == 200


@pytest.mark.parametrize(("method", "what"), [("DELETE", "jobs"), ("PUT", "jobs"), ("PATCH", "jobs"), ("POST", "jobs/5")])
def test_a_control_that_there_is_not_is_refused(cloud: Cloud, method: str, what: str) -> None:
    assert cloud.control(method, what, {}).status_code == 400
