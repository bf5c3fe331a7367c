# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who we are: every way to say it, what is stronger than what, what is missing, and the signature that comes of it."""

from __future__ import annotations

import calendar
import hashlib
import json
import os
import pathlib
import sys
import time
import typing as t

import pytest
import requests

from ansible_collections.otc.modelarts.plugins.module_utils import _auth

Fields = t.Dict[str, t.Any]

VECTORS: t.List[Fields] = json.loads((pathlib.Path(__file__).parent / "signing_vectors.json").read_text(encoding="utf-8"))[
    "vectors"
]
EACH_VECTOR = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])

ENDPOINT = "https://modelarts.example.com"
IAM = "https://iam.example.com/v3"
PASSWORD: Fields = {"auth_url": IAM, "username": "user", "password": "the-password", "user_domain_name": "domain"}
KEY: Fields = {"access_key": "AK", "secret_key": "the-secret-key"}
A_TOKEN = _auth.Token("the-token")
A_KEY = _auth.AccessKey("AK", "the-secret-key")
A_TEMPORARY_KEY = _auth.AccessKey("AK", "the-secret-key", "the-security-token")
A_PASSWORD = _auth.Password({"name": "user", "password": "the-password", "domain": {"name": "domain"}})
A_USER_ID = _auth.Password({"id": "user-id", "password": "the-password"})
THE_SECRETS = ("the-token", "the-secret-key", "the-security-token", "the-password")


def no_cloud(name: str) -> _auth.Source:
    """Stand where clouds.yaml is read, in tests that must not read it."""
    pytest.fail(f"clouds.yaml is read for {name}")


def clouds(**entries: Fields) -> t.Callable[[str], _auth.Source]:
    """Return what reads clouds.yaml if these are its entries."""
    return lambda name: _auth.known(entries[name])


def resolved(options: t.Optional[Fields] = None, environ: t.Optional[t.Dict[str, str]] = None, **cloud: Fields) -> _auth.Settings:
    """Resolve options and environment; without entries of clouds.yaml it is an error to read it."""
    return _auth.resolve(options or {}, environ or {}, clouds(**cloud) if cloud else no_cloud)


def refusal(options: t.Optional[Fields] = None, environ: t.Optional[t.Dict[str, str]] = None, **cloud: Fields) -> str:
    """Return what is said where options and environment cannot be resolved; it must be one line."""
    with pytest.raises(_auth.AuthError) as caught:
        resolved(options, environ, **cloud)
    message = str(caught.value)
    assert "\n" not in message
    return message


def settings(**fields: t.Any) -> _auth.Settings:
    """Return settings with a token for a project at an endpoint, but for the fields given."""
    usual: Fields = {"credentials": A_TOKEN, "auth_url": IAM, "project_id": "p", "project_name": None, "project_domain": None}
    return _auth.Settings(**{**usual, "region_name": None, "endpoint": ENDPOINT, **fields})


# --- the signature -----------------------------------------------------------------------------------------------


def url_of(vector: Fields) -> str:
    return f"{vector['inputs']['scheme']}://{vector['inputs']['host']}{vector['request_uri']}"


def signed_headers(vector: Fields) -> t.Dict[str, str]:
    names = vector["signed_headers"].split(";")
    return {name.lower(): value for name, value in vector["sent_headers"].items() if name.lower() in names}


def moment(date: str) -> float:
    """Return an X-Sdk-Date as seconds since the epoch."""
    return float(calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ")))


@EACH_VECTOR
def test_the_canonical_request_is_the_published_one(vector: Fields) -> None:
    inputs = vector["inputs"]
    canonical = _auth.canonical_request(inputs["method"], url_of(vector), signed_headers(vector), inputs["body"])
    assert canonical == vector["canonical_request"]
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    assert vector["string_to_sign"] == f"{_auth.ALGORITHM}\n{inputs['x_sdk_date']}\n{digest}"


@EACH_VECTOR
def test_the_signature_is_the_published_one(vector: Fields) -> None:
    inputs = vector["inputs"]
    assert _auth.sign(vector["canonical_request"], inputs["x_sdk_date"], inputs["secret_key"]) == vector["signature"]


@EACH_VECTOR
@pytest.mark.parametrize("as_bytes", [True, False], ids=["body in bytes", "body as text"])
def test_a_request_that_requests_prepares_carries_the_published_authorization(vector: Fields, as_bytes: bool) -> None:
    inputs = vector["inputs"]
    key = _auth.AccessKey(inputs["access_key"], inputs["secret_key"], inputs["security_token"])
    auth = _auth.SignatureAuth(key, inputs["project_id"], lambda: moment(inputs["x_sdk_date"]))
    given = {name: value for name, value in inputs["headers"].items() if name != "X-Sdk-Date"}
    url = f"{inputs['scheme']}://{inputs['host']}{inputs['path']}"
    content = inputs["body"].encode() if as_bytes else inputs["body"]
    request = requests.Request(inputs["method"], url, params=inputs["query"], headers=given, data=content or None, auth=auth)
    headers = request.prepare().headers
    assert headers["Authorization"] == vector["authorization"]
    assert {name: headers[name] for name in vector["sent_headers"]} == vector["sent_headers"]
    assert ("X-Project-Id" in headers) == bool(inputs["project_id"])
    assert ("X-Security-Token" in headers) == bool(inputs["security_token"])


def canonical_lines(url: str, body: t.Union[str, bytes] = b"") -> t.List[str]:
    return _auth.canonical_request("GET", url, {"host": "h"}, body).split("\n")


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("", "/"),
        ("/", "/"),
        ("/a", "/a/"),
        ("/a/", "/a/"),
        ("/a b/%20", "/a%20b/%20/"),
        ("/a%2Fb", "/a%2Fb/"),
        ("/A-Za_z0.9~", "/A-Za_z0.9~/"),
        ("/(x)!*'", "/%28x%29%21%2A%27/"),
        ("/%C3%A4", "/%C3%A4/"),
    ],
)
def test_a_path_is_signed_with_each_segment_quoted_once_and_a_slash_at_its_end(path: str, canonical: str) -> None:
    assert canonical_lines(f"https://h{path}")[1] == canonical


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=1", "a=1&a=2"),
        ("a=&b", "a=&b="),
        ("q=x+y", "q=x%20y"),
        ("q=x%2By", "q=x%2By"),
        ("q=~*/:", "q=~%2A%2F%3A"),
        ("B=1&a=1", "B=1&a=1"),
    ],
)
def test_a_query_is_signed_sorted_and_quoted(query: str, canonical: str) -> None:
    assert canonical_lines(f"https://h/?{query}")[2] == canonical


def test_a_body_is_hashed_as_it_is_sent() -> None:
    assert canonical_lines("https://h", "ä")[-1] == canonical_lines("https://h", "ä".encode())[-1]
    assert canonical_lines("https://h", b'{"a":1}')[-1] == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://h.example.com/x", "h.example.com"),
        ("https://h.example.com:443", "h.example.com"),
        ("http://h.example.com:80", "h.example.com"),
        ("https://h.example.com:80", "h.example.com:80"),
        ("http://127.0.0.1:8443/v1", "127.0.0.1:8443"),
        ("http://[::1]:8443/v1", "[::1]:8443"),
        ("https://[::1]", "[::1]"),
    ],
)
def test_the_host_is_signed_as_it_is_sent_with_a_port_only_where_it_is_not_the_usual_one(url: str, host: str) -> None:
    auth = _auth.SignatureAuth(A_KEY, None, lambda: 0.0)
    prepared = requests.Request("GET", url, auth=auth).prepare()
    assert prepared.headers["Host"] == host == _auth.host_header(url)
    signed = {"host": host, "x-sdk-date": "19700101T000000Z"}
    signature = _auth.sign(_auth.canonical_request("GET", url, signed, b""), "19700101T000000Z", "the-secret-key")
    assert prepared.headers["Authorization"].endswith(f"SignedHeaders=host;x-sdk-date, Signature={signature}")


def test_each_request_is_signed_with_the_time_at_which_it_is_made() -> None:
    now = iter((moment("20260901T101112Z"), moment("20260901T101119Z")))
    auth = _auth.SignatureAuth(A_KEY, "p", lambda: next(now))
    made = [requests.Request("GET", ENDPOINT, auth=auth).prepare().headers for dummy in range(2)]
    assert [headers["X-Sdk-Date"] for headers in made] == ["20260901T101112Z", "20260901T101119Z"]
    assert made[0]["Authorization"] != made[1]["Authorization"]


def test_headers_that_are_not_of_the_signature_are_not_signed() -> None:
    auth = _auth.SignatureAuth(A_TEMPORARY_KEY, "p", lambda: 0.0)
    headers = {"User-Agent": "x", "Accept": "y", "Content-Type": "application/json", "Cookie": "z", "X-Other": "w"}
    prepared = requests.Request("PUT", ENDPOINT, headers=headers, data=b"{}", auth=auth).prepare()
    signed = prepared.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0]
    assert signed == "content-type;host;x-project-id;x-sdk-date;x-security-token"


def test_a_header_in_bytes_is_signed_like_the_same_one_as_text() -> None:
    made = []
    for value in (b" application/json ", "application/json"):
        prepared = requests.Request("PUT", ENDPOINT, data=b"{}").prepare()
        t.cast(t.Any, prepared.headers)["Content-Type"] = value
        made.append(_auth.SignatureAuth(A_KEY, "p", lambda: 0.0)(prepared).headers["Authorization"])
    assert made[0] == made[1]


def test_a_token_is_put_on_a_request() -> None:
    prepared = requests.Request("GET", ENDPOINT, auth=_auth.TokenAuth("the-token")).prepare()
    assert prepared.headers["X-Auth-Token"] == "the-token"
    assert "Authorization" not in prepared.headers


# --- every way to authenticate -----------------------------------------------------------------------------------

# What says it in options and in a cloud entry, the same by variables, and what comes of it.
WAYS: t.List[t.Tuple[str, Fields, t.Dict[str, str], _auth.Credentials]] = [
    ("token", {"token": "the-token"}, {"OS_TOKEN": "the-token"}, A_TOKEN),
    ("token by its other variable", {"token": "the-token"}, {"OS_AUTH_TOKEN": "the-token"}, A_TOKEN),
    ("AK/SK", KEY, {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key"}, A_KEY),
    (
        "temporary AK/SK",
        {**KEY, "security_token": "the-security-token"},
        {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key", "OS_SECURITY_TOKEN": "the-security-token"},
        A_TEMPORARY_KEY,
    ),
    (
        "password",
        PASSWORD,
        {"OS_AUTH_URL": IAM, "OS_USERNAME": "user", "OS_PASSWORD": "the-password", "OS_USER_DOMAIN_NAME": "domain"},
        A_PASSWORD,
    ),
    (
        "password with the other variable for the domain",
        PASSWORD,
        {"OS_AUTH_URL": IAM, "OS_USERNAME": "user", "OS_PASSWORD": "the-password", "OS_DOMAIN_NAME": "domain"},
        A_PASSWORD,
    ),
    (
        "password of a user in a domain by its id",
        {"auth_url": IAM, "username": "user", "password": "the-password", "user_domain_id": "d-id"},
        {"OS_AUTH_URL": IAM, "OS_USERNAME": "user", "OS_PASSWORD": "the-password", "OS_USER_DOMAIN_ID": "d-id"},
        _auth.Password({"name": "user", "password": "the-password", "domain": {"id": "d-id"}}),
    ),
    (
        "password of a user by its id, which needs no domain",
        {"auth_url": IAM, "user_id": "user-id", "password": "the-password"},
        {"OS_AUTH_URL": IAM, "OS_USER_ID": "user-id", "OS_PASSWORD": "the-password"},
        A_USER_ID,
    ),
    (
        "token before AK/SK before password",
        {**PASSWORD, **KEY, "token": "the-token"},
        {"OS_TOKEN": "the-token", "OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key", "OS_PASSWORD": "x"},
        A_TOKEN,
    ),
    (
        "AK/SK before password",
        {**PASSWORD, **KEY},
        {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key", "OS_USERNAME": "user", "OS_PASSWORD": "x"},
        A_KEY,
    ),
]
EACH_WAY = pytest.mark.parametrize(("given", "variables", "expected"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
# What stands beside it: another user of the same kinds, which must not be mixed in.
OTHER_ENVIRONMENT = {
    "OS_TOKEN": "other",
    "OS_ACCESS_KEY": "other",
    "OS_SECRET_KEY": "other",
    "OS_SECURITY_TOKEN": "other",
    "OS_USERNAME": "other",
    "OS_USER_ID": "other",
    "OS_PASSWORD": "other",
    "OS_USER_DOMAIN_NAME": "other",
    "OS_AUTH_URL": "https://iam.other.example.com",
}


@EACH_WAY
@pytest.mark.parametrize("surroundings", [{}, {**OTHER_ENVIRONMENT, "OS_CLOUD": "other"}], ids=["alone", "beside others"])
def test_options_say_who_we_are(
    given: Fields, variables: t.Dict[str, str], expected: _auth.Credentials, surroundings: t.Dict[str, str]
) -> None:
    options = {"auth": {**given, "project_id": "p"}, "endpoint": ENDPOINT}
    found = resolved(options, surroundings)
    assert found.credentials == expected
    assert (found.project_id, found.endpoint) == ("p", ENDPOINT)


@EACH_WAY
@pytest.mark.parametrize("by_variable", [True, False], ids=["OS_CLOUD", "option cloud"])
def test_an_entry_of_clouds_yaml_says_who_we_are(
    given: Fields, variables: t.Dict[str, str], expected: _auth.Credentials, by_variable: bool
) -> None:
    environ = {**OTHER_ENVIRONMENT, **({"OS_CLOUD": "mine"} if by_variable else {"OS_CLOUD": "other"})}
    mine = {**given, "project_id": "p", "endpoint": ENDPOINT}
    found = resolved({} if by_variable else {"cloud": "mine"}, environ, mine=mine)
    assert found.credentials == expected
    assert (found.project_id, found.endpoint) == ("p", ENDPOINT)


@EACH_WAY
def test_the_environment_says_who_we_are(given: Fields, variables: t.Dict[str, str], expected: _auth.Credentials) -> None:
    environ = {**variables, "OS_PROJECT_ID": "p", "OS_MODELARTS_ENDPOINT_OVERRIDE": ENDPOINT}
    found = resolved({}, environ)
    assert found.credentials == expected
    assert (found.project_id, found.endpoint) == ("p", ENDPOINT)


def test_options_are_stronger_than_the_cloud_that_they_name_and_that_than_the_environment() -> None:
    environ = {**OTHER_ENVIRONMENT, "OS_PROJECT_ID": "p-environment", "OS_REGION_NAME": "environment"}
    mine = {**KEY, "project_id": "p-cloud", "region_name": "cloud"}
    options = {"cloud": "mine", "auth": {"token": "the-token"}}
    assert resolved(options, environ, mine=mine).credentials == A_TOKEN
    assert resolved(options, environ, mine=mine).project_id == "p-cloud"
    assert resolved({"cloud": "mine"}, environ, mine=mine).credentials == A_KEY
    assert resolved({"cloud": "mine", "region_name": "option"}, environ, mine=mine).region_name == "option"
    assert resolved({"cloud": "mine"}, environ, mine=mine).region_name == "cloud"
    assert resolved({"cloud": "mine"}, environ, mine={**KEY, "project_id": "p"}).region_name == "environment"


def test_a_weaker_kind_in_a_stronger_place_wins() -> None:
    options = {"auth": {**PASSWORD, "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options, {"OS_TOKEN": "other"}).credentials == A_PASSWORD


def test_os_cloud_is_not_even_read_where_the_options_have_credentials() -> None:
    options = {"auth": {**KEY, "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options, {"OS_CLOUD": "mine"}).credentials == A_KEY


def test_os_cloud_is_read_where_the_options_have_none() -> None:
    found = resolved({"auth": {"project_id": "p"}, "endpoint": ENDPOINT}, {"OS_CLOUD": "mine"}, mine={**KEY, "project_id": "q"})
    assert (found.credentials, found.project_id) == (A_KEY, "p")


def test_what_is_empty_counts_as_not_given() -> None:
    options = {"cloud": "", "auth": {"token": "", "access_key": None, "project_id": ""}, "endpoint": "", "region_name": None}
    environ = {"OS_CLOUD": "", "OS_TOKEN": "", "OS_AUTH_TOKEN": "the-token", "OS_PROJECT_ID": "", "OS_TENANT_ID": "p"}
    found = resolved(options, {**environ, "OS_REGION_NAME": "", "OS_REGION": "eu-de"})
    assert (found.credentials, found.project_id, found.region_name, found.endpoint) == (A_TOKEN, "p", "eu-de", None)


@pytest.mark.parametrize("auth", [None, {}], ids=["none", "empty"])
def test_auth_may_be_left_out(auth: t.Optional[Fields]) -> None:
    assert resolved({"auth": auth}, {"OS_TOKEN": "the-token", "OS_AUTH_URL": IAM}).credentials == A_TOKEN


@pytest.mark.parametrize(
    ("variables", "fact", "value"),
    [
        ({"OS_PROJECT_ID": "x", "OS_TENANT_ID": "y"}, "project_id", "x"),
        ({"OS_TENANT_ID": "y"}, "project_id", "y"),
        ({"OS_PROJECT_NAME": "x", "OS_TENANT_NAME": "y"}, "project_name", "x"),
        ({"OS_TENANT_NAME": "y"}, "project_name", "y"),
        ({"OS_REGION_NAME": "x", "OS_REGION": "y"}, "region_name", "x"),
        ({"OS_REGION": "y"}, "region_name", "y"),
        ({"OS_TOKEN": "x", "OS_AUTH_TOKEN": "y"}, "token", "x"),
        ({"OS_USER_DOMAIN_NAME": "x", "OS_DOMAIN_NAME": "y"}, "user_domain_name", "x"),
        ({"OS_USER_DOMAIN_ID": "x", "OS_DOMAIN_ID": "y"}, "user_domain_id", "x"),
        ({"OS_DOMAIN_ID": "y"}, "user_domain_id", "y"),
        ({"OS_PROJECT_DOMAIN_NAME": "x"}, "project_domain_name", "x"),
        ({"OS_PROJECT_DOMAIN_ID": "x"}, "project_domain_id", "x"),
        ({"OS_CACERT": "/x"}, "ca_cert", "/x"),
    ],
    ids=str,
)
def test_each_fact_comes_from_its_variables_in_their_order(variables: t.Dict[str, str], fact: str, value: str) -> None:
    assert _auth.source_from_environment(variables) == {fact: value}


# --- what is missing ---------------------------------------------------------------------------------------------

HALF = "Half a set of credentials: {} is missing."
NO_PROJECT = (
    "No project: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID) or auth.project_name (OS_PROJECT_NAME or OS_TENANT_NAME)."
)
DOMAIN = "auth.user_domain_name (OS_USER_DOMAIN_NAME or OS_DOMAIN_NAME)"


HALF_SETS = [
    ({"access_key": "AK"}, {"OS_ACCESS_KEY": "AK"}, "auth.secret_key (OS_SECRET_KEY)"),
    ({"secret_key": "s"}, {"OS_SECRET_KEY": "s"}, "auth.access_key (OS_ACCESS_KEY)"),
    (
        {"security_token": "s"},
        {"OS_SECURITY_TOKEN": "s"},
        "auth.access_key (OS_ACCESS_KEY) and auth.secret_key (OS_SECRET_KEY)",
    ),
    (
        {"access_key": "AK", "security_token": "s"},
        {"OS_ACCESS_KEY": "AK", "OS_SECURITY_TOKEN": "s"},
        "auth.secret_key (OS_SECRET_KEY)",
    ),
    ({"username": "u"}, {"OS_USERNAME": "u"}, "auth.password (OS_PASSWORD)"),
    ({"user_id": "u"}, {"OS_USER_ID": "u"}, "auth.password (OS_PASSWORD)"),
    ({"password": "s"}, {"OS_PASSWORD": "s"}, "auth.username (OS_USERNAME)"),
    ({"username": "u", "password": "s"}, {"OS_USERNAME": "u", "OS_PASSWORD": "s"}, DOMAIN),
    (
        {"username": "u", "password": "s", "user_domain_name": "d"},
        {"OS_USERNAME": "u", "OS_PASSWORD": "s", "OS_USER_DOMAIN_NAME": "d"},
        "auth.auth_url (OS_AUTH_URL)",
    ),
    ({"user_id": "u", "password": "s"}, {"OS_USER_ID": "u", "OS_PASSWORD": "s"}, "auth.auth_url (OS_AUTH_URL)"),
]


@pytest.mark.parametrize(("given", "variables", "missing"), HALF_SETS, ids=["+".join(row[0]) for row in HALF_SETS])
def test_half_a_set_names_the_option_and_the_variable_that_is_missing(
    given: Fields, variables: t.Dict[str, str], missing: str
) -> None:
    expected = HALF.format(missing)
    assert refusal({"auth": {**given, "project_id": "p"}, "endpoint": ENDPOINT}) == expected
    assert refusal({"cloud": "mine"}, mine={**given, "project_id": "p", "endpoint": ENDPOINT}) == expected
    environ = {**variables, "OS_PROJECT_ID": "p", "OS_MODELARTS_ENDPOINT_OVERRIDE": ENDPOINT}
    assert refusal({}, environ) == expected


def test_half_a_set_in_the_options_is_not_completed_by_the_environment() -> None:
    options = {"auth": {"access_key": "AK", "project_id": "p"}, "endpoint": ENDPOINT}
    assert refusal(options, {"OS_SECRET_KEY": "s"}) == HALF.format("auth.secret_key (OS_SECRET_KEY)")
    assert refusal(options, {"OS_TOKEN": "s", "OS_CLOUD": "mine"}) == HALF.format("auth.secret_key (OS_SECRET_KEY)")


def test_half_a_set_in_a_weaker_place_does_not_matter() -> None:
    options = {"auth": {"token": "the-token", "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options, {"OS_ACCESS_KEY": "AK"}).credentials == A_TOKEN


def test_without_any_credentials_every_way_to_give_them_is_named() -> None:
    message = refusal({"auth": {"project_id": "p"}, "endpoint": ENDPOINT})
    assert message == (
        "No credentials: set cloud (OS_CLOUD), auth.token (OS_TOKEN), auth.access_key with auth.secret_key "
        "(OS_ACCESS_KEY, OS_SECRET_KEY), or auth.username with auth.password (OS_USERNAME, OS_PASSWORD)."
    )


def test_a_named_cloud_without_credentials_is_an_error_and_not_replaced_by_the_environment() -> None:
    expected = "The entry 'mine' of clouds.yaml, from cloud (OS_CLOUD), has no credentials."
    assert refusal({"cloud": "mine"}, OTHER_ENVIRONMENT, mine={"project_id": "p"}) == expected
    assert refusal({}, {**OTHER_ENVIRONMENT, "OS_CLOUD": "mine"}, mine={"project_id": "p"}) == expected
    assert refusal({"cloud": "mine"}, OTHER_ENVIRONMENT, mine={}) == expected


@pytest.mark.parametrize(
    ("auth", "others", "message"),
    [
        (KEY, {"endpoint": ENDPOINT}, NO_PROJECT),
        (PASSWORD, {"endpoint": ENDPOINT}, NO_PROJECT),
        (
            {"token": "s"},
            {"endpoint": ENDPOINT},
            "The project is not known: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID), "
            "or auth.auth_url (OS_AUTH_URL) to look it up.",
        ),
        (
            {**KEY, "project_name": "n"},
            {"endpoint": ENDPOINT},
            "The project is not known: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID), "
            "or auth.auth_url (OS_AUTH_URL) to look it up.",
        ),
        (
            {"token": "s", "project_id": "p"},
            {},
            "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) or region_name (OS_REGION_NAME or OS_REGION).",
        ),
        (
            {**KEY, "project_id": "p"},
            {},
            "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) or region_name (OS_REGION_NAME or OS_REGION).",
        ),
        (
            {**KEY, "project_id": "p"},
            {"endpoint": ENDPOINT, "client_key": "/k"},
            "client_key: there is no file '/k'.",
        ),
        (
            {**KEY, "project_id": "p"},
            {"endpoint": ENDPOINT, "ca_cert": "/no/such/file"},
            "ca_cert (OS_CACERT): there is no file '/no/such/file'.",
        ),
    ],
    ids=[
        "AK/SK without project",
        "password without project",
        "token without project and IAM",
        "AK/SK with a name and no IAM",
        "token without endpoint",
        "AK/SK without endpoint",
        "no key file",
        "no bundle",
    ],
)
def test_what_else_is_missing_is_named_in_one_line(auth: Fields, others: Fields, message: str) -> None:
    assert refusal({"auth": auth, **others}) == message


# --- the project and the endpoint --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "base", "project"),
    [
        ("https://m.example.com", "https://m.example.com", None),
        ("https://m.example.com/", "https://m.example.com", None),
        ("https://m.example.com/v1", "https://m.example.com", None),
        ("https://m.example.com/v1/", "https://m.example.com", None),
        ("https://m.example.com/v1/p-1_X", "https://m.example.com", "p-1_X"),
        ("https://m.example.com/v1/p//", "https://m.example.com", "p"),
        ("https://m.example.com:8443/gateway/v1/p", "https://m.example.com:8443/gateway", "p"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", None),
        ("http://[::1]:8000/v1/p", "http://[::1]:8000", "p"),
        ("https://v1.example.com", "https://v1.example.com", None),
    ],
)
def test_an_endpoint_is_taken_with_and_without_version_and_project(url: str, base: str, project: t.Optional[str]) -> None:
    assert _auth.split_endpoint(url) == (base, project)
    auth = {**KEY, **({} if project else {"project_id": "other"})}
    for found in (
        resolved({"auth": auth, "endpoint": url}),
        resolved({"cloud": "mine"}, mine={**auth, "endpoint": url}),
        resolved({"auth": auth}, {"OS_MODELARTS_ENDPOINT_OVERRIDE": url}),
    ):
        assert (found.endpoint, found.project_id) == (base, project or "other")


def options_with_url(fact: str, url: str) -> Fields:
    """Return options that are whole, but for the URL of the endpoint or of IAM."""
    if fact == "endpoint":
        return {"auth": {**KEY, "project_id": "p"}, "endpoint": url}
    return {"auth": {**PASSWORD, "project_id": "p", "auth_url": url}}


@pytest.mark.parametrize(
    "url",
    [
        "m.example.com",
        "//m.example.com",
        "ftp://m.example.com",
        "file:///etc/passwd",
        "https://",
        "https:///v1/p",
        "https://m.example.com:0",
        "https://m.example.com:99999",
        "https://m.example.com:port",
        "https://[::1",
        "https://m.example.com/a b",
        "https://m.example.com\n",
        "https://m.example.com\\@other.example.com",
        "https://m.example.com/\x00",
    ],
    ids=repr,
)
@pytest.mark.parametrize("fact", ["endpoint", "auth_url"])
def test_what_is_no_url_is_refused_by_the_name_of_its_option(url: str, fact: str) -> None:
    message = refusal(options_with_url(fact, url))
    assert message.startswith(f"{_auth.named(fact)} is not a URL such as https://host: ")


@pytest.mark.parametrize(
    "rest",
    [
        "user:the-password@m.example.com",
        "user@m.example.com",
        "m.example.com/?token=the-password",
        "m.example.com/#the-password",
        "m.example.com?",
        "m.example.com#",
    ],
)
@pytest.mark.parametrize("fact", ["endpoint", "auth_url"])
def test_a_url_with_a_password_or_a_query_in_it_is_refused_and_not_shown(rest: str, fact: str) -> None:
    url = f"https://{rest}"
    message = refusal(options_with_url(fact, url))
    assert message == f"{_auth.named(fact)} must be a plain URL: no user, password, query or fragment in it."


def test_a_password_in_what_is_no_url_is_not_shown() -> None:
    message = refusal({"auth": {**KEY, "project_id": "p"}, "endpoint": "ftp://user:the-password@m.example.com"})
    assert "the-password" not in message
    assert "ftp://m.example.com" in message


def test_a_project_that_contradicts_the_endpoint_is_an_error_where_both_are_options() -> None:
    options = {"auth": {**KEY, "project_id": "p"}, "endpoint": f"{ENDPOINT}/v1/q"}
    assert refusal(options) == "auth.project_id is 'p', but the endpoint option is for 'q'."
    assert resolved({"auth": {**KEY, "project_id": "q"}, "endpoint": f"{ENDPOINT}/v1/q"}).project_id == "q"


@pytest.mark.parametrize(
    ("options", "environ", "cloud", "project"),
    [
        ({"endpoint": f"{ENDPOINT}/v1/q", "auth": KEY}, {"OS_PROJECT_ID": "p"}, None, "q"),
        ({"auth": {**KEY, "project_id": "p"}}, {"OS_MODELARTS_ENDPOINT_OVERRIDE": f"{ENDPOINT}/v1/q"}, None, "p"),
        ({"auth": KEY}, {"OS_MODELARTS_ENDPOINT_OVERRIDE": f"{ENDPOINT}/v1/q", "OS_PROJECT_ID": "p"}, None, "p"),
        ({"cloud": "mine", "endpoint": f"{ENDPOINT}/v1/q"}, {}, {**KEY, "project_id": "p"}, "q"),
        ({"cloud": "mine"}, {"OS_PROJECT_ID": "p"}, {**KEY, "endpoint": f"{ENDPOINT}/v1/q"}, "q"),
        ({"cloud": "mine", "endpoint": ENDPOINT}, {"OS_PROJECT_ID": "p"}, {**KEY, "project_id": "q"}, "q"),
    ],
    ids=[
        "endpoint option over variable",
        "project option over endpoint variable",
        "both variables",
        "endpoint option over cloud",
        "endpoint of the cloud over variable",
        "project of the cloud over variable",
    ],
)
def test_the_strongest_place_that_names_a_project_decides(
    options: Fields, environ: t.Dict[str, str], cloud: t.Optional[Fields], project: str
) -> None:
    found = resolved(options, environ, **({"mine": cloud} if cloud else {}))
    assert (found.project_id, found.endpoint) == (project, ENDPOINT)


def test_a_project_by_name_in_a_stronger_place_beats_an_id_in_a_weaker_one() -> None:
    auth = {**PASSWORD, "project_name": "mine", "project_domain_name": "theirs"}
    found = resolved({"auth": auth, "endpoint": ENDPOINT}, {"OS_PROJECT_ID": "p"})
    assert (found.project_id, found.project_name, found.project_domain) == (None, "mine", {"name": "theirs"})


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        ({}, {"name": "domain"}),
        ({"project_domain_name": "x"}, {"name": "x"}),
        ({"project_domain_id": "i", "project_domain_name": "x"}, {"id": "i"}),
    ],
    ids=["that of the user", "its name", "its id"],
)
def test_a_project_by_name_is_looked_for_in_its_domain(domains: Fields, expected: t.Dict[str, str]) -> None:
    found = resolved({"auth": {**PASSWORD, "project_name": "mine", **domains}, "endpoint": ENDPOINT})
    assert found.project_domain == expected


def test_an_id_of_a_project_in_the_same_place_makes_its_name_superfluous() -> None:
    found = resolved({"auth": {**PASSWORD, "project_name": "mine", "project_id": "p"}, "endpoint": ENDPOINT})
    assert (found.project_id, found.project_name) == ("p", None)


@pytest.mark.parametrize("project_id", ["a/b", "..", "a b", "x" * 65, "ä", "p?", "p\n"], ids=repr)
def test_what_cannot_be_a_project_in_a_path_is_refused(project_id: str) -> None:
    message = refusal({"auth": {**KEY, "project_id": project_id}, "endpoint": ENDPOINT})
    assert message.startswith("auth.project_id (OS_PROJECT_ID or OS_TENANT_ID) is not the id of a project: ")


@pytest.mark.parametrize("project_id", ["p", "x" * 64, "0123456789abcdef0123456789abcdef", "A-b_9"])
def test_what_can_be_a_project_is_taken(project_id: str) -> None:
    assert _auth.checked_project_id(project_id) == project_id


@pytest.mark.parametrize(
    "url",
    ["https://iam.example.com", "https://iam.example.com/", "https://iam.example.com/v3", "https://iam.example.com/v3/"],
)
def test_iam_is_asked_in_v3_however_its_url_is_given(url: str) -> None:
    assert resolved({"auth": {**PASSWORD, "auth_url": url, "project_id": "p"}}).auth_url == IAM
    assert _auth.iam_url("https://iam.example.com/v2.0") == IAM
    assert _auth.iam_url("https://h.example.com:5000/identity") == "https://h.example.com:5000/identity/v3"


def test_iam_is_not_asked_where_nothing_is_left_to_ask() -> None:
    options = {"auth": {**KEY, "auth_url": "no URL", "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options).auth_url is None


# --- certificates ------------------------------------------------------------------------------------------------


def options_with(**others: t.Any) -> Fields:
    return {"auth": {**KEY, "project_id": "p"}, "endpoint": ENDPOINT, **others}


def test_certificates_are_verified_unless_told_otherwise(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    assert resolved(options_with()).verify is True
    assert resolved(options_with(validate_certs=None)).verify is True
    assert resolved(options_with(validate_certs=True)).verify is True
    assert resolved(options_with(validate_certs=False)).verify is False
    assert resolved(options_with(ca_cert=str(bundle))).verify == str(bundle)
    assert resolved(options_with(), {"OS_CACERT": str(bundle)}).verify == str(bundle)
    assert resolved(options_with(validate_certs=False, ca_cert=str(bundle))).verify is False
    assert resolved(options_with(validate_certs=False), {"OS_CACERT": str(bundle)}).verify is False


def test_an_option_to_verify_is_stronger_than_a_cloud_that_does_not() -> None:
    mine = {**KEY, "project_id": "p", "endpoint": ENDPOINT, "validate_certs": False}
    assert resolved({"cloud": "mine"}, mine=mine).verify is False
    assert resolved({"cloud": "mine", "validate_certs": True}, mine=mine).verify is True


def test_a_client_certificate_is_taken_with_and_without_a_key_of_its_own(tmp_path: pathlib.Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text("")
    key.write_text("")
    assert resolved(options_with()).cert is None
    assert resolved(options_with(client_cert=str(cert))).cert == str(cert)
    assert resolved(options_with(client_cert=str(cert), client_key=str(key))).cert == (str(cert), str(key))
    assert refusal(options_with(client_key=str(key))) == "client_key is set without client_cert."


def test_a_path_may_begin_at_home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle.pem").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolved(options_with(ca_cert="~/bundle.pem")).verify == str(tmp_path / "bundle.pem")


# --- what is asked of IAM ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "project"),
    [
        ({}, {"id": "p"}),
        ({"project_id": None, "project_name": "n"}, {"name": "n"}),
        (
            {"project_id": None, "project_name": "n", "project_domain": {"id": "d"}},
            {"name": "n", "domain": {"id": "d"}},
        ),
    ],
    ids=["by id", "by name", "by name in a domain"],
)
def test_a_token_is_asked_for_by_password_and_for_the_project(fields: Fields, project: Fields) -> None:
    asked = _auth.token_request(settings(credentials=A_PASSWORD, **fields))
    assert (asked.method, asked.url) == ("POST", f"{IAM}/auth/tokens")
    identity = {"methods": ["password"], "password": {"user": A_PASSWORD.user}}
    assert asked.body == {"auth": {"identity": identity, "scope": {"project": project}}}


@pytest.mark.parametrize("credentials", [A_TOKEN, A_KEY], ids=["token", "AK/SK"])
def test_a_token_cannot_be_asked_for_without_a_password(credentials: _auth.Credentials) -> None:
    with pytest.raises(_auth.AuthError, match="user name and a password"):
        _auth.token_request(settings(credentials=credentials))


def test_a_token_is_asked_about_with_itself() -> None:
    asked = _auth.scope_request(settings(), "the-token")
    assert (asked.method, asked.url, asked.body) == ("GET", f"{IAM}/auth/tokens", None)
    assert asked.headers == {"X-Auth-Token": "the-token", "X-Subject-Token": "the-token"}


def test_a_project_is_asked_for_by_its_name_at_the_iam_of_the_region_where_none_is_given() -> None:
    asked = _auth.project_request(settings(auth_url=None, region_name="eu-de", project_id=None, project_name="eu-de_x"))
    assert (asked.method, asked.url) == ("GET", "https://iam.eu-de.otc.t-systems.com/v3/projects")
    assert asked.query == {"name": "eu-de_x"}


@pytest.mark.parametrize(
    "body",
    [{}, {"token": None}, {"token": []}, {"token": {}}, {"token": {"project": "p", "catalog": {}}}, {"token": {"project": {}}}],
    ids=str,
)
def test_a_token_of_which_iam_says_nothing_has_no_scope(body: Fields) -> None:
    assert _auth.read_scope(body) == _auth.Scope(None, [])


def test_the_scope_of_a_token_is_read() -> None:
    catalog = [{"type": "modelarts"}, "no service"]
    scope = _auth.read_scope({"token": {"project": {"id": "p"}, "catalog": catalog}})
    assert scope == _auth.Scope("p", [{"type": "modelarts"}])


@pytest.mark.parametrize(
    ("body", "project_id"),
    [
        ({"projects": [{"id": "p", "name": "n"}]}, "p"),
        ({"projects": [{"id": "q", "name": "n2"}, {"id": "p", "name": "n"}, {"id": "r", "name": "N"}]}, "p"),
        ({"projects": [{"id": "p", "name": "n"}, {"id": "p", "name": "n"}]}, "p"),
    ],
    ids=["one", "one of this very name", "one told twice"],
)
def test_the_id_of_the_project_of_exactly_this_name_is_read(body: Fields, project_id: str) -> None:
    assert _auth.read_project_id(body, "n") == project_id


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "no project"),
        ({"projects": None}, "no project"),
        ({"projects": [{"id": "q", "name": "other"}]}, "no project"),
        ({"projects": [{"name": "n"}, "n"]}, "no project"),
        ({"projects": [{"id": "p", "name": "n"}, {"id": "q", "name": "n"}]}, "2 projects"),
    ],
    ids=["nothing", "null", "another", "no id", "two"],
)
def test_a_name_that_is_not_of_exactly_one_project_is_an_error(body: Fields, found: str) -> None:
    with pytest.raises(_auth.AuthError) as caught:
        _auth.read_project_id(body, "n")
    assert str(caught.value) == f"IAM knows {found} of the name 'n': set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID)."


def test_an_id_from_iam_that_cannot_be_part_of_a_path_is_refused() -> None:
    with pytest.raises(_auth.AuthError, match="is not the id of a project"):
        _auth.read_project_id({"projects": [{"id": "../x", "name": "n"}]}, "n")


# --- the endpoint from the catalog and from the region -----------------------------------------------------------


def entry(url: str, region: t.Optional[str] = "eu-de", **fields: t.Any) -> Fields:
    return {"url": url, "region_id": region, "region": region, "interface": "public", **fields}


def service(*endpoints: t.Any, service_type: str = "modelarts") -> Fields:
    return {"type": service_type, "name": "any", "endpoints": list(endpoints)}


V1 = "https://one.example.com/v1/p"
V2 = "https://two.example.com/v2/p"


@pytest.mark.parametrize(
    ("catalog", "region", "endpoint"),
    [
        ([service(entry(V1))], "eu-de", "https://one.example.com"),
        ([service(entry(V2), entry(V1))], "eu-de", "https://one.example.com"),
        ([service(entry(V1), entry(V2))], "eu-de", "https://one.example.com"),
        ([service(entry(V2)), service(entry(V1), service_type="modelartsv1")], "eu-de", "https://one.example.com"),
        ([service(entry("https://x.example.com/v1"), service_type="modelartsv1")], "eu-de", "https://x.example.com"),
        ([service({**entry(V1), "region": "eu-nl", "region_id": None})], "eu-de", None),
        ([service(entry(V2))], "eu-de", None),
        ([service(entry("https://x.example.com/v10/p"))], "eu-de", None),
        ([service(entry("https://x.example.com"))], "eu-de", None),
        ([service(entry(V1), service_type="obs")], "eu-de", None),
        ([service(entry(V1, "eu-nl"))], "eu-de", None),
        ([service(entry(V1, "eu-nl"), entry("https://x.example.com/v1/p"))], "eu-de", "https://x.example.com"),
        ([service(entry(V1, "eu-nl"))], None, "https://one.example.com"),
        ([service(entry(V1, "*"))], "eu-de", "https://one.example.com"),
        ([service(entry(V1, None))], "eu-de", "https://one.example.com"),
        ([service({"url": V1, "region": "eu-nl"})], "eu-de", None),
        ([service({"url": V1, "region": "eu-de"})], "eu-de", "https://one.example.com"),
        ([service(entry(V1, interface="internal"))], "eu-de", None),
        ([service(entry(V1, interface="admin"), entry("https://x.example.com/v1"))], "eu-de", "https://x.example.com"),
        ([service({"url": V1})], "eu-de", "https://one.example.com"),
        ([service("no endpoint", {"url": None}, {})], "eu-de", None),
        ([{"type": "modelarts", "endpoints": None}], "eu-de", None),
        ([{}], "eu-de", None),
        ([], "eu-de", None),
    ],
    ids=[
        "v1",
        "v2 before v1",
        "v1 before v2",
        "modelartsv1",
        "without project",
        "region_id is null, region is another",
        "only v2",
        "v10",
        "without version",
        "another service",
        "another region",
        "of two regions",
        "any region",
        "every region",
        "no region",
        "another by its other name",
        "by its other name",
        "internal",
        "admin and public",
        "bare",
        "odd",
        "no endpoints",
        "no type",
        "empty",
    ],
)
def test_the_catalog_gives_the_public_v1_endpoint_of_the_region(
    catalog: t.List[Fields], region: t.Optional[str], endpoint: t.Optional[str]
) -> None:
    assert _auth.endpoint_from_catalog(_auth.Scope("p", catalog), region) == endpoint


def test_without_a_catalog_there_is_no_endpoint_in_it() -> None:
    assert _auth.endpoint_from_catalog(None, "eu-de") is None


@pytest.mark.parametrize(
    ("auth_url", "region", "endpoint"),
    [
        (None, "eu-de", "https://modelarts.eu-de.otc.t-systems.com"),
        ("https://iam.eu-de.otc.t-systems.com/v3", "eu-de", "https://modelarts.eu-de.otc.t-systems.com"),
        ("https://iam.ap-x-1.myhuaweicloud.com/v3", "ap-x-1", "https://modelarts.ap-x-1.myhuaweicloud.com"),
        ("https://iam.myhuaweicloud.com.example.com/v3", "r", "https://modelarts.r.otc.t-systems.com"),
    ],
    ids=["no IAM", "OTC", "Huawei", "neither"],
)
def test_the_region_gives_the_endpoint_of_the_cloud_whose_iam_it_is(
    auth_url: t.Optional[str], region: str, endpoint: str
) -> None:
    assert _auth.endpoint_from_region(settings(auth_url=auth_url, region_name=region, endpoint=None)) == endpoint


@pytest.mark.parametrize("region", ["evil.example.com/", "a b", "x@y", "r" * 65, "r\n"], ids=repr)
def test_what_cannot_be_a_region_in_a_host_name_is_refused(region: str) -> None:
    with pytest.raises(_auth.AuthError) as caught:
        _auth.endpoint_from_region(settings(region_name=region))
    assert str(caught.value).startswith("region_name (OS_REGION_NAME or OS_REGION) is not the name of a region: ")
    assert "\n" not in str(caught.value)


def test_without_region_and_catalog_both_options_are_named() -> None:
    with pytest.raises(_auth.AuthError) as caught:
        _auth.endpoint_from_region(settings())
    assert str(caught.value) == (
        "The catalog lists no ModelArts: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) "
        "or region_name (OS_REGION_NAME or OS_REGION)."
    )


# --- clouds.yaml, through the real openstacksdk ------------------------------------------------------------------

CLOUDS_YAML = """
clouds:
  password:
    auth:
      auth_url: https://iam.example.com/v3
      username: user
      password: the-password
      user_domain_name: domain
      project_name: eu-de_x
    region_name: eu-de
  old-names:
    auth: {auth_url: "https://iam.example.com/v2.0", username: user, password: the-password, domain_name: domain, tenant_id: p}
  ak-sk:
    auth: {ak: AK, sk: the-secret-key, project_id: p}
    modelarts_endpoint_override: https://modelarts.example.com/v1/p
  temporary:
    auth_type: aksk
    auth: {access_key: AK, secret_key: the-secret-key, security_token: the-security-token, project_id: p}
    region_name: eu-de
    verify: false
  token:
    auth_type: token
    auth: {auth_url: "https://iam.example.com", token: the-token}
    region_name: eu-de
  certificates:
    auth: {token: the-token, project_id: p}
    region_name: eu-de
    cacert: CACERT
    cert: CERT
    key: KEY
  elsewhere:
    auth: {auth_url: "https://iam.example.com", username: user, user_domain_name: domain, project_id: p}
  single-sign-on:
    auth_type: v3oidcpassword
    auth: {auth_url: "https://iam.example.com", username: user, password: the-password}
  bare:
    region_name: eu-de
"""


@pytest.fixture
def clouds_yaml(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Write a clouds.yaml, make openstacksdk read it, and nothing else of this machine."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    text = CLOUDS_YAML
    for file in ("CACERT", "CERT", "KEY"):
        (tmp_path / file).write_text("")
        text = text.replace(f": {file}\n", f": {tmp_path / file}\n")
    (tmp_path / "my-clouds.yaml").write_text(text)
    (tmp_path / "secure.yaml").write_text("clouds: {elsewhere: {auth: {password: the-password}}}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "my-clouds.yaml"))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(tmp_path / "secure.yaml"))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "password",
            settings(
                credentials=A_PASSWORD,
                project_id=None,
                project_name="eu-de_x",
                project_domain={"name": "domain"},
                region_name="eu-de",
                endpoint=None,
            ),
        ),
        ("old-names", settings(credentials=A_PASSWORD, endpoint=None)),
        ("ak-sk", settings(credentials=A_KEY, auth_url=None)),
        (
            "temporary",
            settings(credentials=A_TEMPORARY_KEY, auth_url=None, region_name="eu-de", endpoint=None, verify=False),
        ),
        ("token", settings(project_id=None, region_name="eu-de", endpoint=None)),
        ("elsewhere", settings(credentials=A_PASSWORD, endpoint=None)),
    ],
    ids=["password", "old names", "AK/SK", "temporary AK/SK", "token", "password in secure.yaml"],
)
@pytest.mark.usefixtures("clouds_yaml")
def test_an_entry_of_clouds_yaml_is_read_by_openstacksdk(name: str, expected: _auth.Settings) -> None:
    assert _auth.resolve({"cloud": name}, {}) == expected
    assert _auth.resolve({}, {"OS_CLOUD": name}) == expected


def test_certificates_of_an_entry_of_clouds_yaml_are_used(clouds_yaml: pathlib.Path) -> None:
    found = _auth.resolve({"cloud": "certificates"}, {})
    assert found.verify == str(clouds_yaml / "CACERT")
    assert found.cert == (str(clouds_yaml / "CERT"), str(clouds_yaml / "KEY"))


@pytest.mark.usefixtures("clouds_yaml")
def test_the_environment_does_not_leak_into_an_entry_of_clouds_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _auth.source_from_cloud("ak-sk")
    for name, value in {**OTHER_ENVIRONMENT, "OS_CLOUD": "token", "OS_PROJECT_ID": "other", "OS_AUTH_TYPE": "none"}.items():
        monkeypatch.setenv(name, value)
    assert _auth.source_from_cloud("ak-sk") == alone
    assert alone["secret_key"] == "the-secret-key"


@pytest.mark.parametrize(
    "text", ["clouds: {odd: }", "clouds: {odd: 7}", "clouds: 7", "clouds: {odd: {auth: 7}}", "clouds: [odd]", "{"], ids=repr
)
def test_an_odd_clouds_yaml_is_one_clear_error(clouds_yaml: pathlib.Path, text: str) -> None:
    (clouds_yaml / "my-clouds.yaml").write_text(text)
    with pytest.raises(_auth.AuthError, match=r"clouds\.yaml"):
        _auth.resolve({"cloud": "odd"}, {})


def test_what_stands_before_an_at_sign_is_never_shown() -> None:
    message = refusal({"auth": {**KEY, "project_id": "p"}, "endpoint": "ftp://user:pa/ss@host"})
    assert "host" in message and "pa" not in message.replace("plain", "")


@pytest.mark.usefixtures("clouds_yaml")
def test_an_unknown_cloud_is_named() -> None:
    with pytest.raises(_auth.AuthError) as caught:
        _auth.resolve({"cloud": "nowhere"}, {})
    assert str(caught.value).startswith("The entry of clouds.yaml named by cloud (OS_CLOUD) cannot be used: ")
    assert "nowhere" in str(caught.value)


@pytest.mark.usefixtures("clouds_yaml")
def test_a_way_to_authenticate_that_iam_does_not_know_is_refused_without_a_secret() -> None:
    with pytest.raises(_auth.AuthError) as caught:
        _auth.resolve({"cloud": "single-sign-on"}, {})
    assert str(caught.value) == (
        "The entry 'single-sign-on' of clouds.yaml has auth_type 'v3oidcpassword'; use password, token or AK/SK."
    )


@pytest.mark.usefixtures("clouds_yaml")
def test_an_entry_of_clouds_yaml_without_credentials_is_an_error() -> None:
    with pytest.raises(_auth.AuthError, match=r"^The entry 'bare' of clouds\.yaml, .* has no credentials\.$"):
        _auth.resolve({"cloud": "bare"}, {})


def test_a_clouds_yaml_that_is_no_mapping_is_an_error(clouds_yaml: pathlib.Path) -> None:
    (clouds_yaml / "my-clouds.yaml").write_text("just text\n")
    with pytest.raises(_auth.AuthError, match="cannot be used"):
        _auth.resolve({"cloud": "password"}, {})


def test_openstacksdk_is_needed_only_where_a_cloud_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openstack", None)
    assert _auth.resolve(options_with(), {}).credentials == A_KEY
    with pytest.raises(_auth.AuthError) as caught:
        _auth.resolve({"cloud": "mine"}, {})
    assert str(caught.value).startswith("cloud (OS_CLOUD) is set, but openstacksdk cannot be imported: ")


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        A_TOKEN,
        A_KEY,
        A_TEMPORARY_KEY,
        A_PASSWORD,
        A_USER_ID,
        settings(),
        settings(credentials=A_TEMPORARY_KEY),
        settings(credentials=A_PASSWORD),
        _auth.token_request(settings(credentials=A_PASSWORD)),
        _auth.scope_request(settings(), "the-token"),
        _auth.TokenAuth("the-token"),
        _auth.SignatureAuth(A_TEMPORARY_KEY, "p"),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_no_secret_is_in_what_is_printed_of_it(shown: object) -> None:
    for way in (repr(shown), str(shown), f"{shown!a}"):
        assert type(shown).__name__ in way
        assert not [secret for secret in THE_SECRETS if secret in way]


@pytest.mark.parametrize(
    ("credentials", "secrets"),
    [
        (A_TOKEN, ("the-token",)),
        (A_KEY, ("the-secret-key",)),
        (A_TEMPORARY_KEY, ("the-secret-key", "the-security-token")),
        (A_PASSWORD, ("the-password",)),
        (_auth.Password({"id": "u", "password": 1234}), ("1234",)),
    ],
    ids=["token", "AK/SK", "temporary AK/SK", "password", "a password that is a number"],
)
def test_what_must_never_be_shown_is_known(credentials: _auth.Credentials, secrets: t.Tuple[str, ...]) -> None:
    assert _auth.secrets_of(credentials) == secrets


@pytest.mark.parametrize(("given", "variables", "missing"), HALF_SETS, ids=["+".join(row[0]) for row in HALF_SETS])
def test_no_secret_is_in_the_message_about_half_a_set(given: Fields, variables: t.Dict[str, str], missing: str) -> None:
    secret = {key: "the-password" if value == "s" else value for key, value in given.items()}
    assert "the-password" not in refusal({"auth": {**secret, "project_id": "p"}, "endpoint": ENDPOINT})


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ({"default_domain_name": "d"}, {"name": "d"}),
        ({"default_domain_id": "0d"}, {"id": "0d"}),
        ({"default_domain_id": "0d", "user_domain_name": "u", "project_domain_name": "u"}, {"name": "u"}),
    ],
    ids=str,
)
def test_a_default_domain_stands_in_for_that_of_the_user_and_of_the_project(
    given: t.Dict[str, str], domain: t.Dict[str, str]
) -> None:
    auth = {"auth_url": "https://i.example.com", "username": "u", "password": "the-password", "project_name": "n", **given}
    found = resolved({"auth": auth, "endpoint": ENDPOINT})
    assert isinstance(found.credentials, _auth.Password)
    assert found.credentials.user["domain"] == domain and found.project_domain == domain
