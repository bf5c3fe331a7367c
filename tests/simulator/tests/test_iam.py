# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask: tokens, signatures, of which the vendor published examples, and keys that get locked. Without a process."""

from __future__ import annotations

import calendar
import datetime
import json
import time
import typing as t

import pytest
import signing
from conftest import SIMULATOR, Clock, Json, signature
from errors import ErrorAnswer
from iam import Iam, Project

HOST = "http://127.0.0.1:1"
TARGET = "/v1/p/visualization-jobs?per_page=10&search_content=a%20b"
ALIKE = "/v1/p/visualization-jobs?search_content=a+b&per_page=10"
START = Clock.seconds
NAMES = ["content-type", "host", "x-project-id", "x-sdk-date", "x-security-token"]
MALFORMED = (
    *("", " Access=A, SignedHeaders=host, Signature=abc", f" SignedHeaders=host, Access=A, Signature={'a' * 64}"),
    f" Access=A, SignedHeaders=host, Signature={'A' * 64}",
)
OTHERS = ("", "Basic dXNlcjpwYXNz", f"V11-HMAC-SHA256 Access=A, SignedHeaders=host, Signature={'a' * 64}")
DATES = ("", "2026-09-01T10:11:12Z", "20260901T101112", "yesterday")
UNIT = SIMULATOR.parent / "unit" / "plugins" / "module_utils"
VECTORS: t.List[Json] = json.loads((UNIT / "signing_vectors.json").read_text(encoding="utf-8"))["vectors"]
BY_NAME: Json = {"name": "user1", "domain": {"name": "OTC-simulated"}}


class OnTime(Iam):
    """IAM with one project, on a clock that stands still."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(self.clock)


@pytest.fixture
def iam() -> OnTime:
    """IAM with one project, without a process."""
    return OnTime()


def refused(call: t.Callable[..., t.Any], *arguments: t.Any) -> t.Tuple[int, t.Any]:
    """Return the status and the code of the error that a call ends in."""
    with pytest.raises(ErrorAnswer) as caught:
        call(*arguments)
    body = caught.value.body
    return caught.value.status, body.get("error_code") or body["error"]["code"]


def wanted(project: Project, user: t.Optional[Json] = None, scope: t.Optional[Json] = None) -> Json:
    """Return a request for a token, with the project's password if no other is given."""
    identity = {"methods": ["password"], "password": {"user": {"password": project.password, **(user or BY_NAME)}}}
    return {"auth": {"identity": identity, "scope": {"project": scope or {"id": project.project_id}}}}


@pytest.mark.parametrize("seconds", [86400, 60])
def test_a_token_is_valid_until_its_time_is_over_which_is_told(iam: OnTime, seconds: int) -> None:
    project = iam.first()
    project.settings.update({} if seconds == 86400 else {"token_seconds": seconds})
    token, owner = iam.log_in(wanted(project))
    assert owner is project
    told = datetime.datetime.strptime(iam.token_body(token, "")["token"]["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert told.replace(tzinfo=datetime.timezone.utc).timestamp() == iam.now() + seconds
    iam.clock.pass_by(seconds - 1)
    assert iam.project_of_token(token) is project
    iam.clock.pass_by(1)
    assert refused(iam.project_of_token, token) == (401, "APIGW.0307")
    assert iam.log_in(wanted(project))[0] != token
    assert refused(iam.project_of_token, "unknown") == (401, "APIGW.0301")


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_token_is_given_to_a_user_of_the_project_and_to_no_one_else(iam: OnTime, by: str) -> None:
    project, other = iam.first(), iam.add_project()
    scope, elsewhere = ({by: {"id": one.project_id, "name": one.name}[by]} for one in (project, other))
    for user in (BY_NAME, {"name": "user1", "domain": {"id": "simulated-domain"}}, {"id": "id-user1"}):
        assert iam.project_of_token(iam.log_in(wanted(project, user, scope))[0]) is project
        assert refused(iam.log_in, wanted(project, user, elsewhere)) == (401, 401)
    for wrong in ({"password": "wrong"}, {"name": "user9"}, {"domain": {"name": "another"}}, {"domain": None}):
        assert refused(iam.log_in, wanted(project, {**BY_NAME, **wrong}, scope)) == (401, 401)
    assert refused(iam.log_in, wanted(project, {"id": "id-user9"}, scope)) == (401, 401)
    assert len(iam.tokens) == 3


def test_a_request_for_a_token_that_is_none_is_refused(iam: OnTime) -> None:
    bodies: t.Tuple[t.Any, ...] = (None, [], {}, {"auth": {}}, {"auth": {"identity": {"password": {"user": {}}}}})
    for body in bodies:
        assert refused(iam.log_in, body) == (400, 400)


def test_the_catalog_lists_modelarts_more_than_once_and_v2_first(iam: OnTime) -> None:
    catalog = iam.token_body(iam.log_in(wanted(iam.first()))[0], "http://base")["token"]["catalog"]
    urls = [entry["endpoints"][0]["url"] for entry in catalog if entry["type"] in ("modelarts", "modelartsv1")]
    assert urls == [f"http://base/{version}/{iam.first().project_id}" for version in ("v2", "v1", "v1")]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_worked_example_is_accepted(vector: Json) -> None:
    own, headers = vector["inputs"], {**vector["sent_headers"], "Authorization": vector["authorization"]}
    moment = calendar.timegm(time.strptime(own["x_sdk_date"], "%Y%m%dT%H%M%SZ"))
    signing.check(own["method"], vector["request_uri"], headers, own["body"].encode(), own, moment)


def test_a_path_is_quoted_once_and_a_parameter_without_a_value_counts() -> None:
    canonical = signing.canonical("GET", "/a%20b/c~?b=&a=%2F+", {}, [], b"")
    assert canonical.split("\n")[:3] == ["GET", "/a%20b/c~/", "a=%2F%20&b="]


def signed(iam: OnTime, number: int = 0, sent: t.Optional[Json] = None, **changes: t.Any) -> t.Callable[[], Project]:
    """Return a call by a key of the first project: the permanent one or, 1, the temporary one.

    :param sent: headers that are others than the signed ones. The other changes are of what is signed.
    """
    key = iam.first().keys[number]
    own: Json = {"access_key": key.access_key, "secret_key": key.secret_key, "security_token": key.security_token}
    own.update(method="GET", url=f"{HOST}{TARGET}", project_id="p", moment=iam.now())
    headers = {**signature(**{**own, **changes}), **(sent or {})}
    return lambda: iam.project_of_signature("GET", TARGET, headers, b"")


@pytest.mark.parametrize(
    ("number", "changes", "why"),
    [
        (0, {"secret_key": "wrong"}, "does not match"),
        (0, {"method": "PUT"}, "does not match"),
        (0, {"url": f"{HOST}/v1/p/visualization-jobs/7?per_page=10&search_content=a%20b"}, "does not match"),
        (0, {"url": f"{HOST}{TARGET}1"}, "does not match"),
        (0, {"body": b"{}"}, "does not match"),
        (0, {"sent": {"Host": "elsewhere.example.com"}}, "does not match"),
        (0, {"access_key": "UNKNOWN"}, "unknown key"),
        (0, {"security_token": "any"}, "security token"),
        *((1, {"security_token": token}, "security token") for token in (None, "wrong")),
        *((0, {"moment": START + seconds}, "more than 15 minutes off") for seconds in (-901, 901)),
        *((0, {"sent": {"X-Sdk-Date": date}}, "malformed") for date in DATES),
        *((1, {"names": [name for name in NAMES if name != left_out]}, "has to be signed") for left_out in NAMES),
        *((1, {"names": sorted([*NAMES, name])}, "has to be signed") for name in ("host", "date")),
        *((1, {"names": names}, "has to be signed") for names in (NAMES[::-1], ["Host", *NAMES[:1], *NAMES[2:]])),
        *((0, {"sent": {"Authorization": f"SDK-HMAC-SHA256{rest}"}}, "malformed") for rest in MALFORMED),
        *((0, {"sent": {"Authorization": other}}, "malformed") for other in OTHERS),
    ],
    ids=str,
)
def test_a_signature_of_something_else_is_refused_with_why(iam: OnTime, number: int, changes: Json, why: str) -> None:
    assert signed(iam, number)() is iam.first()
    with pytest.raises(ErrorAnswer, match="401") as caught:
        signed(iam, number, **changes)()
    assert (caught.value.body["error_code"], why in caught.value.body["error_msg"]) == ("APIGW.0301", True)


def test_a_date_may_be_off_and_a_query_in_another_order_and_spelling(iam: OnTime) -> None:
    for changes in ({"moment": START - 900}, {"moment": START + 900}, {"url": f"{HOST}{ALIKE}"}):
        assert signed(iam, **changes)() is iam.first()


@pytest.mark.parametrize("seconds", [300, 10])
def test_a_key_is_locked_after_more_than_five_bad_signatures_and_free_after_a_while(iam: OnTime, seconds: int) -> None:
    iam.first().settings.update({} if seconds == 300 else {"lock_seconds": seconds})
    for bad in (5, 5, 6):
        assert signed(iam)() is iam.first(), "five do not lock it, and a good one forgives them"
        assert [refused(signed(iam, secret_key="wrong")) for dummy in range(bad)] == [(401, "APIGW.0301")] * bad
    iam.clock.pass_by(seconds - 1)
    with pytest.raises(ErrorAnswer) as caught:
        signed(iam)()
    assert "locked" in caught.value.body["error_msg"]
    assert signed(iam, 1)() is iam.first(), "another key is not locked"
    token = iam.log_in(wanted(iam.first()))[0]
    assert iam.project_of_token(token) is iam.first(), "a token is not concerned"
    iam.clock.pass_by(1)
    assert signed(iam)() is iam.first()


def test_credentials_are_refused_from_when_they_are_taken_back(iam: OnTime) -> None:
    project = iam.first()
    token = iam.log_in(wanted(project))[0]
    calls: t.Dict[str, t.Callable[[], t.Any]] = {
        "keys": signed(iam),
        "tokens": lambda: iam.project_of_token(token),
        "password": lambda: iam.log_in(wanted(project)),
    }
    for revoked in (False, [], ["keys"], ["tokens"], ["password"], ["keys", "password"], True):
        project.settings["revoked"] = revoked
        for name, call in calls.items():
            if revoked is True or (revoked and name in revoked):
                assert [refused(call) for dummy in range(6)] == [(401, 401 if name == "password" else "APIGW.0301")] * 6
            else:
                call()  # nor has it locked the key
