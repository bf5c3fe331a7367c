# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures are checked from the bytes of the request, against worked examples of which the vendor published three."""

from __future__ import annotations

import calendar
import json
import pathlib
import time
import typing as t

import pytest
import signing

Json = t.Dict[str, t.Any]

UNIT = pathlib.Path(__file__).resolve().parents[2] / "unit" / "plugins" / "module_utils"
VECTORS: t.List[Json] = json.loads((UNIT / "signing_vectors.json").read_text(encoding="utf-8"))["vectors"]
EACH_VECTOR = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
BY_NAME = {vector["name"]: vector for vector in VECTORS}
LIST = BY_NAME["get_list_with_query"]
TEMPORARY = BY_NAME["with_security_token"]


def moment_of(vector: Json) -> float:
    return calendar.timegm(time.strptime(vector["inputs"]["x_sdk_date"], "%Y%m%dT%H%M%SZ"))


def checked(vector: Json, **changes: t.Any) -> None:
    """Check the request of a vector, but for the changes. ``headers`` that are ``None`` are left out."""
    headers = {**vector["sent_headers"], "Authorization": vector["authorization"], **changes.pop("headers", {})}
    key = {name: vector["inputs"][name] for name in ("secret_key", "security_token")}
    request = {
        "method": vector["inputs"]["method"],
        "target": vector["request_uri"],
        "headers": {name: value for name, value in headers.items() if value is not None},
        "body": vector["inputs"]["body"].encode(),
        "key": {**key, **changes.pop("key", {})},
        "now": moment_of(vector),
    }
    signing.check(**{**request, **changes})


def signed_anew(vector: Json, names: t.Sequence[str], headers: t.Mapping[str, str]) -> str:
    """Return the Authorization of a vector's request with these headers, of which these are signed."""
    body = vector["inputs"]["body"].encode()
    canonical = signing.canonical(vector["inputs"]["method"], vector["request_uri"], headers, names, body)
    signature = signing.signature_of(canonical, headers["X-Sdk-Date"], vector["inputs"]["secret_key"])
    access = vector["inputs"]["access_key"]
    return f"SDK-HMAC-SHA256 Access={access}, SignedHeaders={';'.join(names)}, Signature={signature}"


@EACH_VECTOR
def test_the_canonical_request_is_the_one_of_the_worked_example(vector: Json) -> None:
    names = vector["signed_headers"].split(";")
    body = vector["inputs"]["body"].encode()
    canonical = signing.canonical(vector["inputs"]["method"], vector["request_uri"], vector["sent_headers"], names, body)
    assert canonical == vector["canonical_request"]


@EACH_VECTOR
def test_the_signature_is_the_one_of_the_worked_example(vector: Json) -> None:
    date, secret = vector["inputs"]["x_sdk_date"], vector["inputs"]["secret_key"]
    assert signing.signature_of(vector["canonical_request"], date, secret) == vector["signature"]


@EACH_VECTOR
def test_the_request_of_the_worked_example_is_accepted(vector: Json) -> None:
    checked(vector)
    assert signing.parse(vector["authorization"]) == (
        vector["inputs"]["access_key"],
        vector["signed_headers"].split(";"),
        vector["signature"],
    )


@EACH_VECTOR
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"method": "PATCH"}, id="another method"),
        pytest.param({"target": "/v1/else?size=1"}, id="another path"),
        pytest.param({"body": b"{}"}, id="another body"),
        pytest.param({"key": {"secret_key": "another"}}, id="another secret"),
        pytest.param({"headers": {"Host": "elsewhere.example.com"}}, id="another host"),
    ],
)
def test_a_request_that_was_changed_after_it_was_signed_is_refused(vector: Json, changes: Json) -> None:
    with pytest.raises(signing.BadSignature, match="does not match"):
        checked(vector, **changes)


def test_a_query_that_was_changed_after_it_was_signed_is_refused() -> None:
    with pytest.raises(signing.BadSignature, match="does not match"):
        checked(LIST, target=LIST["request_uri"].replace("status=8", "status=9"))


def test_the_order_and_the_spelling_of_a_query_do_not_matter() -> None:
    path, dummy, query = LIST["request_uri"].partition("?")
    shuffled = "&".join(reversed(query.split("&"))).replace("%20", "+")
    assert shuffled != query
    checked(LIST, target=f"{path}?{shuffled}")


@pytest.mark.parametrize("seconds", [-900, 0, 900])
def test_a_date_up_to_15_minutes_off_is_accepted(seconds: int) -> None:
    checked(LIST, now=moment_of(LIST) + seconds)
    with pytest.raises(signing.BadSignature):
        checked(LIST, now=moment_of(LIST) + seconds, body=b"x")


@pytest.mark.parametrize("seconds", [-901, 901, 86400])
def test_a_date_more_than_15_minutes_off_is_refused(seconds: int) -> None:
    with pytest.raises(signing.BadSignature, match="more than 15 minutes off"):
        checked(LIST, now=moment_of(LIST) + seconds)


@pytest.mark.parametrize("date", ["", "2026-09-01T10:11:12Z", "20260901T101112", "yesterday"])
def test_a_date_in_another_form_is_refused(date: str) -> None:
    with pytest.raises(signing.BadSignature, match="malformed"):
        checked(LIST, headers={"X-Sdk-Date": date})


@pytest.mark.parametrize("left_out", ["content-type", "host", "x-project-id", "x-sdk-date", "x-security-token"])
def test_a_header_that_is_there_and_not_signed_is_refused(left_out: str) -> None:
    names = [name for name in TEMPORARY["signed_headers"].split(";") if name != left_out]
    assert len(names) == 4
    with pytest.raises(signing.BadSignature, match="has to be signed"):
        checked(TEMPORARY, headers={"Authorization": signed_anew(TEMPORARY, names, TEMPORARY["sent_headers"])})


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["x-sdk-date", "x-project-id", "host", "content-type"], id="not sorted"),
        pytest.param(["content-type", "host", "host", "x-project-id", "x-sdk-date"], id="twice"),
        pytest.param(["content-type", "date", "host", "x-project-id", "x-sdk-date"], id="not there"),
        pytest.param(["Host", "content-type", "x-project-id", "x-sdk-date"], id="upper case"),
    ],
)
def test_names_of_signed_headers_that_are_not_as_they_have_to_be_are_refused(names: t.List[str]) -> None:
    with pytest.raises(signing.BadSignature):
        checked(LIST, headers={"Authorization": signed_anew(LIST, names, LIST["sent_headers"])})


@pytest.mark.parametrize("token", [None, "another"])
def test_a_temporary_key_needs_its_own_security_token(token: t.Optional[str]) -> None:
    headers = {name: value for name, value in TEMPORARY["sent_headers"].items() if name != "X-Security-Token"}
    if token:
        headers["X-Security-Token"] = token
    authorization = signed_anew(TEMPORARY, sorted(name.lower() for name in headers), headers)
    with pytest.raises(signing.BadSignature, match="security token"):
        checked(TEMPORARY, headers={"X-Security-Token": token, "Authorization": authorization})


def test_a_permanent_key_has_no_security_token() -> None:
    with pytest.raises(signing.BadSignature, match="security token"):
        checked(TEMPORARY, key={"security_token": None})


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic dXNlcjpwYXNz",
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=abc",
        f"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature={'A' * 64}",
        f"SDK-HMAC-SHA256 SignedHeaders=host, Access=AK, Signature={'a' * 64}",
        f"V11-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature={'a' * 64}",
    ],
)
def test_an_authorization_in_another_form_is_refused(authorization: str) -> None:
    with pytest.raises(signing.BadSignature, match="malformed"):
        signing.parse(authorization)
    with pytest.raises(signing.BadSignature, match="malformed"):
        checked(LIST, headers={"Authorization": authorization})
