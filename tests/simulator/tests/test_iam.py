# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: tokens, and keys that get locked. On a clock, and as a client sees it."""

from __future__ import annotations

import datetime
import email.utils
import time
import typing as t

import pytest
from conftest import Clock, Cloud, Json, signature
from errors import ErrorAnswer
from iam import Iam, Project

URL = "http://127.0.0.1:1/v1/p/visualization-jobs?per_page=10"
TARGET = "/v1/p/visualization-jobs?per_page=10"


@pytest.fixture
def iam(clock: Clock) -> Iam:
    """IAM with one project, without a process."""
    return Iam(clock)


def refused(call: t.Callable[[], t.Any]) -> t.Tuple[int, t.Any]:
    """Return the status and the code of the error that a call ends in."""
    with pytest.raises(ErrorAnswer) as caught:
        call()
    body = caught.value.body
    return caught.value.status, body.get("error_code") or body["error"]["code"]


def request_for_token(project: Project, user: t.Optional[Json] = None, scope: t.Optional[Json] = None) -> Json:
    usual: Json = {"name": project.username, "password": project.password, "domain": {"name": "OTC-simulated"}}
    identity = {"methods": ["password"], "password": {"user": usual if user is None else user}}
    return {"auth": {"identity": identity, "scope": {"project": scope or {"id": project.project_id}}}}


def told(answer: t.Any) -> t.Tuple[int, t.Optional[str]]:
    """Return the status and the code of an answer."""
    return answer.status_code, answer.json().get("error_code")


# --- tokens ------------------------------------------------------------------------------------------------------


def test_a_token_is_valid_until_its_time_is_over(iam: Iam, clock: Clock) -> None:
    project = iam.first()
    token, owner = iam.log_in(request_for_token(project))
    assert owner is project
    clock.pass_by(86399)
    assert iam.project_of_token(token) is project
    clock.pass_by(1)
    assert refused(lambda: iam.project_of_token(token)) == (401, "APIGW.0307")


def test_how_long_a_token_is_valid_can_be_set_and_is_told(iam: Iam, clock: Clock) -> None:
    project = iam.add_project({"token_seconds": 60})
    token = iam.log_in(request_for_token(project))[0]
    told_at = datetime.datetime.strptime(iam.token_body(token, "")["token"]["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert told_at.replace(tzinfo=datetime.timezone.utc).timestamp() == clock() + 60
    clock.pass_by(60)
    assert refused(lambda: iam.project_of_token(token)) == (401, "APIGW.0307")


def test_every_token_is_another_and_an_unknown_one_is_refused(iam: Iam) -> None:
    body = request_for_token(iam.first())
    assert iam.log_in(body)[0] != iam.log_in(body)[0]
    assert refused(lambda: iam.project_of_token("unknown")) == (401, "APIGW.0301")


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"name": "user1", "domain": {"name": "OTC-simulated"}}, id="by name and name of the domain"),
        pytest.param({"name": "user1", "domain": {"id": "simulated-domain"}}, id="by name and id of the domain"),
        pytest.param({"id": "id-user1"}, id="by id"),
    ],
)
@pytest.mark.parametrize("key", ["id", "name"])
def test_the_user_and_the_project_may_be_given_by_name_or_id(iam: Iam, user: Json, key: str) -> None:
    project = iam.first()
    scope = {key: {"id": project.project_id, "name": project.name}[key]}
    token = iam.log_in(request_for_token(project, {**user, "password": project.password}, scope))[0]
    assert iam.project_of_token(token) is project


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"name": "user1", "password": "wrong", "domain": {"name": "OTC-simulated"}}, id="password"),
        pytest.param({"name": "user9", "domain": {"name": "OTC-simulated"}}, id="name"),
        pytest.param({"name": "user1", "domain": {"name": "another"}}, id="domain"),
        pytest.param({"name": "user1"}, id="no domain"),
        pytest.param({"id": "id-user9"}, id="id"),
    ],
)
def test_a_wrong_user_is_refused(iam: Iam, user: Json) -> None:
    project = iam.first()
    body = request_for_token(project, {"password": project.password, **user})
    assert refused(lambda: iam.log_in(body)) == (401, 401)
    assert iam.tokens == {}


def test_no_token_is_given_for_the_project_of_someone_else(iam: Iam) -> None:
    other = iam.add_project()
    for scope in ({"id": other.project_id}, {"name": other.name}):
        assert refused(lambda scope=scope: iam.log_in(request_for_token(iam.first(), scope=scope))) == (401, 401)  # type: ignore[misc]


@pytest.mark.parametrize("body", [None, [], {}, {"auth": {}}, {"auth": {"identity": {"password": {"user": {}}}}}])
def test_a_request_for_a_token_that_is_none_is_refused(iam: Iam, body: t.Any) -> None:
    assert refused(lambda: iam.log_in(body)) == (400, 400)


def test_the_catalog_lists_modelarts_more_than_once_and_v2_first(iam: Iam) -> None:
    token = iam.log_in(request_for_token(iam.first()))[0]
    catalog = iam.token_body(token, "http://base")["token"]["catalog"]
    urls = [entry["endpoints"][0]["url"] for entry in catalog if entry["type"] in ("modelarts", "modelartsv1")]
    project_id = iam.first().project_id
    assert urls == [f"http://base/{version}/{project_id}" for version in ("v2", "v1", "v1")]


# --- keys --------------------------------------------------------------------------------------------------------


def signed_by(iam: Iam, clock: Clock, secret_key: t.Optional[str] = None) -> t.Callable[[], Project]:
    """Return a call by the first project's key, signed with another secret if one is given."""
    key = iam.first().keys[0]
    headers = signature("GET", URL, key.access_key, secret_key or key.secret_key, moment=clock())
    return lambda: iam.project_of_signature("GET", TARGET, headers, b"")


def test_a_key_is_locked_after_more_than_five_bad_signatures_and_free_after_a_while(iam: Iam, clock: Clock) -> None:
    for dummy in range(6):
        assert refused(signed_by(iam, clock, "wrong")) == (401, "APIGW.0301")
    clock.pass_by(299)
    with pytest.raises(ErrorAnswer) as caught:
        signed_by(iam, clock)()
    assert "locked" in caught.value.body["error_msg"]
    clock.pass_by(1)
    assert signed_by(iam, clock)() is iam.first()


def test_five_bad_signatures_do_not_lock_a_key_and_a_good_one_forgives_them(iam: Iam, clock: Clock) -> None:
    for dummy in range(3):
        assert [refused(signed_by(iam, clock, "wrong"))[0] for another_dummy in range(5)] == [401] * 5
        assert signed_by(iam, clock)() is iam.first()


def test_how_long_a_key_is_locked_can_be_set(iam: Iam, clock: Clock) -> None:
    iam.first().settings["lock_seconds"] = 10
    for dummy in range(6):
        refused(signed_by(iam, clock, "wrong"))
    clock.pass_by(9)
    assert refused(signed_by(iam, clock)) == (401, "APIGW.0301")
    clock.pass_by(1)
    assert signed_by(iam, clock)() is iam.first()


def test_one_locked_key_does_not_lock_another(iam: Iam, clock: Clock) -> None:
    for dummy in range(6):
        refused(signed_by(iam, clock, "wrong"))
    temporary = iam.first().keys[1]
    headers = signature("GET", URL, temporary.access_key, temporary.secret_key, temporary.security_token, moment=clock())
    assert iam.project_of_signature("GET", TARGET, headers, b"") is iam.first()


# --- what is taken back ---


@pytest.mark.parametrize(
    ("revoked", "refusals"),
    [
        (False, []),
        ([], []),
        (["keys"], ["key"]),
        (["tokens"], ["token"]),
        (["password"], ["password"]),
        (["keys", "password"], ["key", "password"]),
        (True, ["key", "token", "password"]),
    ],
    ids=str,
)
def test_credentials_are_refused_from_when_they_are_taken_back(
    iam: Iam, clock: Clock, revoked: t.Any, refusals: t.List[str]
) -> None:
    project = iam.first()
    token = iam.log_in(request_for_token(project))[0]
    calls: t.Dict[str, t.Callable[[], t.Any]] = {
        "key": signed_by(iam, clock),
        "token": lambda: iam.project_of_token(token),
        "password": lambda: iam.log_in(request_for_token(project)),
    }
    codes = {"key": (401, "APIGW.0301"), "token": (401, "APIGW.0301"), "password": (401, 401)}
    project.settings["revoked"] = revoked
    for name, call in calls.items():
        if name in refusals:
            assert refused(call) == codes[name]
        else:
            call()
    project.settings["revoked"] = False
    assert calls["key"]() is calls["token"]() is project, "nor did it lock the key"


# --- as a client sees it -----------------------------------------------------------------------------------------


def test_a_token_comes_in_a_header_and_its_body_tells_the_rest(cloud: Cloud) -> None:
    answer = cloud.log_in()
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token["project"]["id"] == cloud.project_id
    assert token["user"]["name"] == cloud.credentials["username"]
    endpoint = f"{cloud.url}/v1/{cloud.project_id}"
    assert endpoint in [service["endpoints"][0]["url"] for service in token["catalog"]]
    cloud.add()
    listed = cloud.session.get(
        f"{endpoint}/visualization-jobs", headers={"X-Auth-Token": answer.headers["X-Subject-Token"]}, timeout=10
    )
    assert (listed.status_code, listed.json()["job_total_count"]) == (200, 1)


def test_a_wrong_password_gives_no_token(cloud: Cloud) -> None:
    answer = cloud.log_in(user={"password": "wrong"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)
    assert "X-Subject-Token" not in answer.headers


def test_a_token_can_be_validated(cloud: Cloud) -> None:
    headers = {"X-Auth-Token": cloud.token(), "X-Subject-Token": cloud.token()}
    answer = cloud.session.get(f"{cloud.credentials['iam_url']}/auth/tokens", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["token"]["project"]["id"]) == (200, cloud.project_id)


def test_a_token_that_is_unknown_cannot_be_validated(cloud: Cloud) -> None:
    headers = {"X-Auth-Token": cloud.token(), "X-Subject-Token": "unknown"}
    answer = cloud.session.get(f"{cloud.credentials['iam_url']}/auth/tokens", headers=headers, timeout=10)
    assert told(answer) == (401, "APIGW.0301")


def test_without_a_token_with_a_wrong_one_and_with_an_expired_one_the_refusals_differ(
    new_cloud: t.Callable[..., Cloud],
) -> None:
    cloud = new_cloud(token_seconds=0)
    url = f"{cloud.url}{cloud.path()}"
    assert told(cloud.session.get(url, timeout=10)) == (401, "ModelArts.0201")
    assert told(cloud.ask("GET", headers={"X-Auth-Token": "wrong"})) == (401, "APIGW.0301")
    assert told(cloud.ask("GET")) == (401, "APIGW.0307")


def test_the_project_has_to_be_the_one_of_the_token(cloud: Cloud, new_cloud: t.Callable[..., Cloud]) -> None:
    other = new_cloud()
    headers = {"X-Auth-Token": cloud.token()}
    assert told(other.ask("GET", headers=headers)) == (403, "ModelArts.0210")
    nowhere = f"{cloud.url}/v1/{'0' * 32}/visualization-jobs"
    assert told(cloud.session.get(nowhere, headers=headers, timeout=10)) == (404, "ModelArts.2786")


@pytest.mark.parametrize("by", ["token", "key"])
def test_a_name_is_turned_into_the_id_of_a_project(cloud: Cloud, by: str) -> None:
    for name, ids in ((cloud.credentials["project_name"], [cloud.project_id]), ("another", [])):
        url = f"{cloud.credentials['iam_url']}/projects?name={name}"
        headers = {"X-Auth-Token": cloud.token()} if by == "token" else signature("GET", url, **cloud.key())
        answer = cloud.session.get(url, headers=headers, timeout=10)
        assert answer.status_code == 200
        assert [row["id"] for row in answer.json()["projects"]] == ids


@pytest.mark.parametrize(("path", "status"), [("/v3", 200), ("/v3/", 200), ("/", 300)])
def test_iam_tells_its_version_to_anyone(cloud: Cloud, path: str, status: int) -> None:
    answer = cloud.session.get(f"{cloud.url}{path}", timeout=10)
    body = answer.json()
    version = body["version"] if status == 200 else body["versions"]["values"][0]
    assert (answer.status_code, version["id"]) == (status, "v3.14")
    assert version["links"][0]["href"] == f"{cloud.url}/v3/"


@pytest.mark.parametrize("temporary", [False, True])
def test_a_good_signature_is_accepted(cloud: Cloud, temporary: bool) -> None:
    cloud.add(job_id="7", job_name="a-b")
    key = cloud.key(temporary)
    assert cloud.ask_signed("GET", "?search_content=a-b&per_page=10", **key).json()["job_total_count"] == 1
    body = b'{"job_name": "new", "train_url": "/b/"}'
    assert cloud.ask_signed("POST", body=body, **key).json()["job_name"] == "new"
    assert cloud.ask_signed("DELETE", "/7", **key).json() == {"is_success": True}


@pytest.mark.parametrize(
    ("how", "why"),
    [
        pytest.param({"secret_key": "wrong"}, "does not match", id="wrong secret"),
        pytest.param({"access_key": "UNKNOWN"}, "unknown key", id="unknown key"),
        pytest.param({"security_token": "wrong"}, "security token", id="token of no temporary key"),
        pytest.param({"moment": 1_700_000_000.0}, "15 minutes", id="old date"),
        pytest.param({"moment": 5_000_000_000.0}, "15 minutes", id="date to come"),
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_done(cloud: Cloud, how: Json, why: str) -> None:
    job_id = cloud.add()
    answer = cloud.ask_signed("DELETE", f"/{job_id}", **how)
    assert told(answer) == (401, "APIGW.0301")
    assert why in answer.json()["error_msg"]
    assert cloud.jobs()[job_id]["status"] == 8


def test_a_body_that_is_not_the_signed_one_is_refused(cloud: Cloud) -> None:
    url = f"{cloud.url}{cloud.path()}"
    headers = signature("POST", url, **cloud.key(), project_id=cloud.project_id, body=b"{}")
    answer = cloud.session.post(url, data=b'{"job_name": "new", "train_url": "/b/"}', headers=headers, timeout=10)
    assert told(answer) == (401, "APIGW.0301")
    assert cloud.jobs() == {}


def test_a_key_that_was_locked_refuses_a_good_signature_too(cloud: Cloud) -> None:
    for dummy in range(5):
        cloud.ask_signed(secret_key="wrong")
    assert cloud.ask_signed().status_code == 200
    for dummy in range(6):
        cloud.ask_signed(secret_key="wrong")
    answer = cloud.ask_signed()
    assert told(answer) == (401, "APIGW.0301")
    assert "locked" in answer.json()["error_msg"]
    assert cloud.ask("GET").status_code == 200, "a token is not concerned"


def test_too_many_requests_are_throttled_with_when_to_come_back(new_cloud: t.Callable[..., Cloud]) -> None:
    cloud = new_cloud(requests_per_second=1)
    answers = [cloud.ask("GET") for dummy in range(3)]
    throttled = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200
    assert throttled
    assert {(answer.json()["error_code"], answer.headers["Retry-After"]) for answer in throttled} == {("APIGW.0308", "1")}


def test_a_throttled_request_changes_nothing(new_cloud: t.Callable[..., Cloud]) -> None:
    cloud = new_cloud(requests_per_second=1, retry_after=None)
    job_id = cloud.add()
    answers = [cloud.ask("GET"), cloud.ask("DELETE", f"/{job_id}")]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Retry-After" not in answers[1].headers
    assert cloud.jobs()[job_id]["status"] == 8


def test_when_to_come_back_may_be_a_date(new_cloud: t.Callable[..., Cloud]) -> None:
    cloud = new_cloud(requests_per_second=1, retry_after=100, retry_after_as_date=True)
    throttled = [cloud.ask("GET") for dummy in range(2)][1]
    moment = email.utils.parsedate_to_datetime(throttled.headers["Retry-After"])
    assert 90 < moment.timestamp() - time.time() <= 101


def test_a_key_is_refused_in_the_middle(cloud: Cloud) -> None:
    ids = [cloud.add() for dummy in range(4)]
    cloud.fault({"operation": "delete", "nth": 3, "effects": [{"settings": {"revoked": ["keys"]}}]})
    assert [cloud.ask_signed("DELETE", f"/{job_id}").status_code for job_id in ids] == [200, 200, 401, 401]
    assert [job["status"] for job in cloud.jobs().values()] == [9, 9, 8, 8]
