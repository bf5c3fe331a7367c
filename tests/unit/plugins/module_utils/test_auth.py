# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proving who we are: the signature, what is asked of IAM, and what its answer says."""

from __future__ import annotations

import calendar
import contextlib
import hashlib
import json
import pathlib
import time
import typing as t

import pytest
import requests

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _settings

Fields = t.Dict[str, t.Any]

VECTORS: t.List[Fields] = json.loads((pathlib.Path(__file__).parent / "signing_vectors.json").read_text(encoding="utf-8"))[
    "vectors"
]
EACH_VECTOR = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])

ENDPOINT = "https://modelarts.example.com"
IAM = "https://iam.example.com/v3"
A_TOKEN = _settings.Token("the-token")
A_KEY = _settings.AccessKey("AK", "the-secret-key")
A_TEMPORARY_KEY = _settings.AccessKey("AK", "the-secret-key", "the-security-token")
A_PASSWORD = _settings.Password({"name": "user", "password": "the-password", "domain": {"name": "domain"}})
THE_SECRETS = ("the-token", "the-secret-key", "the-security-token", "the-password")


def settings(**fields: t.Any) -> _settings.Settings:
    """Return settings with a token for a project at an endpoint, but for the fields given."""
    usual: Fields = {"credentials": A_TOKEN, "auth_url": IAM, "project_id": "p", "project_name": None, "project_domain": None}
    return _settings.Settings(**{**usual, "region_name": None, "endpoint": ENDPOINT, **fields})


def entry(url: str, region: t.Optional[str] = "eu-de", **fields: t.Any) -> Fields:
    return {"url": url, "region_id": region, "region": region, "interface": "public", **fields}


def service(*endpoints: t.Any, service_type: str = "modelarts") -> Fields:
    return {"type": service_type, "name": "any", "endpoints": list(endpoints)}


V1 = "https://one.example.com/v1/p"
V2 = "https://two.example.com/v2/p"


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
    key = _settings.AccessKey(inputs["access_key"], inputs["secret_key"], inputs["security_token"])
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


# --- IAM: one question, one reading ------------------------------------------------------------------------------


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
    asked = _auth.question(settings(credentials=A_PASSWORD, **fields))
    identity = {"methods": ["password"], "password": {"user": A_PASSWORD.user}}
    body = {"auth": {"identity": identity, "scope": {"project": project}}}
    assert asked == _auth.Question("POST", f"{IAM}/auth/tokens", body=body)


@pytest.mark.parametrize("fields", [{"project_id": None}, {"endpoint": None}], ids=["project", "endpoint"])
def test_a_token_is_asked_about_with_itself(fields: Fields) -> None:
    asked = _auth.question(settings(**fields))
    assert asked == _auth.Question("GET", f"{IAM}/auth/tokens", headers={"X-Subject-Token": "the-token"})


def test_a_project_is_asked_for_by_its_name_at_the_iam_of_the_region_where_none_is_given() -> None:
    asked = _auth.question(
        settings(credentials=A_KEY, auth_url=None, region_name="eu-de", project_id=None, project_name="eu-de_x", endpoint=None)
    )
    assert asked == _auth.Question("GET", "https://iam.eu-de.otc.t-systems.com/v3/projects", query={"name": "eu-de_x"})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"auth_url": None},
        {"auth_url": None, "endpoint": None, "region_name": "eu-de"},
        {"credentials": A_KEY},
        {"credentials": A_KEY, "endpoint": None, "region_name": "eu-de"},
    ],
    ids=["token", "token without IAM", "token in a region", "AK/SK", "AK/SK in a region"],
)
def test_iam_is_not_asked_where_nothing_is_left_to_ask(fields: Fields) -> None:
    assert _auth.question(settings(**fields)) is None


@pytest.mark.parametrize(
    ("credentials", "who"),
    [(A_TOKEN, "X-Auth-Token"), (A_KEY, "Authorization"), (A_PASSWORD, None)],
    ids=["token", "AK/SK", "password"],
)
def test_credentials_authorise_a_question_by_themselves(credentials: _settings.Credentials, who: t.Optional[str]) -> None:
    plain = set(requests.Request("GET", IAM).prepare().headers)
    prepared = requests.Request("GET", IAM, auth=_auth.authoriser(credentials)).prepare()
    assert set(prepared.headers) - plain - {"Host", "X-Sdk-Date"} == ({who} if who else set())


def put_on(access: _auth.Access) -> t.Mapping[str, str]:
    """Return the headers of a request that is authorised."""
    return requests.Request("GET", f"{access.base}/x", auth=access.authorise).prepare().headers


def test_without_a_question_the_settings_are_all_that_is_needed() -> None:
    for credentials, proof in ((A_TOKEN, "X-Auth-Token"), (A_KEY, "Authorization")):
        access = _auth.read_access(settings(credentials=credentials), None, {})
        assert (access.base, access.token) == (f"{ENDPOINT}/v1/p", None)
        assert proof in put_on(access)
    regional = settings(credentials=A_KEY, endpoint=None, region_name="eu-de", auth_url=None)
    assert _auth.read_access(regional, None, {}).base == "https://modelarts.eu-de.otc.t-systems.com/v1/p"


def test_the_token_that_a_password_gets_authorises() -> None:
    body = {"token": {"project": {"id": "q"}, "catalog": [service(entry(V1))]}}
    asker = settings(credentials=A_PASSWORD, project_id=None, project_name="n", endpoint=None, region_name="eu-de")
    access = _auth.read_access(asker, body, {"X-Subject-Token": "fetched"})
    assert (access.base, access.token) == ("https://one.example.com/v1/q", "fetched")
    assert put_on(access)["X-Auth-Token"] == "fetched"


def test_a_project_that_iam_knows_is_signed_with_every_request() -> None:
    asker = settings(credentials=A_KEY, project_id=None, project_name="n")
    access = _auth.read_access(asker, {"projects": [{"id": "q", "name": "n"}]}, {}, lambda: 0.0)
    assert access.base == f"{ENDPOINT}/v1/q"
    assert (put_on(access)["X-Project-Id"], put_on(access)["X-Sdk-Date"]) == ("q", "19700101T000000Z")


TOKEN_OF_P: Fields = {"token": {"project": {"id": "p"}}}


@pytest.mark.parametrize(
    ("fields", "body", "headers", "message"),
    [
        ({"credentials": A_PASSWORD}, TOKEN_OF_P, {}, "IAM answered without a token: check auth.auth_url (OS_AUTH_URL)."),
        (
            {"credentials": A_PASSWORD},
            TOKEN_OF_P,
            {"X-Subject-Token": ""},
            "IAM answered without a token: check auth.auth_url (OS_AUTH_URL).",
        ),
        ({"project_id": None}, {}, {}, "The token is for no project: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID)."),
        (
            {"project_id": "q"},
            TOKEN_OF_P,
            {},
            "The token is for project 'p', not for q (auth.project_id (OS_PROJECT_ID or OS_TENANT_ID)).",
        ),
        (
            {"project_id": None},
            {"token": {"project": {"id": "../x"}}},
            {},
            "What IAM answered is not the id of a project: '../x'.",
        ),
        (
            {"credentials": A_KEY, "project_id": None, "project_name": "n"},
            {"projects": [{"id": "../x", "name": "n"}]},
            {},
            "What IAM answered is not the id of a project: '../x'.",
        ),
        (
            {"endpoint": None},
            {"token": {"project": {"id": "p"}, "catalog": [{"type": "modelarts", "endpoints": [{"url": "ftp://h/v1/p"}]}]}},
            {},
            "IAM lists ModelArts at what is no URL: 'ftp://h/v1/p'. Set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE).",
        ),
    ],
    ids=["no token", "an empty token", "no project", "another project", "odd project", "odd project by name", "odd catalog"],
)
def test_an_answer_that_does_not_give_what_is_needed_is_an_error(
    fields: Fields, body: Fields, headers: t.Dict[str, str], message: str
) -> None:
    with pytest.raises(_auth.AuthError) as caught:
        _auth.read_access(settings(**fields), body, headers)
    assert str(caught.value) == message


def odd(depth: int) -> t.Iterator[t.Any]:
    """Yield JSON of every kind, nested in everything that is looked into."""
    yield from (None, True, 7, 0.5, "", "x", [], {})
    if depth:
        for inner in odd(depth - 1):
            yield [inner]
            for name in ("token", "project", "id", "name", "catalog", "type", "endpoints", "url", "projects"):
                yield {name: inner}


@pytest.mark.parametrize("credentials", [A_TOKEN, A_KEY, A_PASSWORD], ids=["token", "AK/SK", "password"])
def test_whatever_iam_answers_is_read_or_is_one_kind_of_error(credentials: _settings.Credentials) -> None:
    asker = settings(credentials=credentials, project_id=None, project_name="n", endpoint=None, region_name="eu-de", auth_url=IAM)
    for body in odd(3):
        for whole in (
            body,
            {"token": body},
            {"token": {"project": {"id": "p"}, "catalog": [{"type": "modelarts", "endpoints": body}]}},
        ):
            if isinstance(whole, dict):
                with contextlib.suppress(_auth.AuthError):
                    _auth.read_access(asker, whole, {"X-Subject-Token": "t"})


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


# --- the endpoint from the catalog and from the region -----------------------------------------------------------


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


def regions(*entries: t.Tuple[t.Optional[str], str]) -> t.List[Fields]:
    """Return a catalog in which ModelArts has these regions and hosts."""
    found = [{"interface": "public", "region_id": region, "url": f"https://{host}/v1/p"} for region, host in entries]
    return [{"type": "modelarts", "endpoints": found}]


@pytest.mark.parametrize(
    ("catalog", "region", "endpoint"),
    [
        (regions(("eu-de", "a"), ("eu-nl", "a")), None, "https://a"),
        (regions(("*", "any"), ("eu-de", "a")), "eu-de", "https://a"),
        (regions((None, "any"), ("eu-nl", "a")), "eu-de", "https://any"),
        (regions(("eu-nl", "a")), "eu-de", None),
    ],
    ids=["two at one host", "the region before any", "any before another", "another only"],
)
def test_of_several_regions_the_one_asked_for_is_taken(
    catalog: t.List[Fields], region: t.Optional[str], endpoint: t.Optional[str]
) -> None:
    assert _auth.endpoint_from_catalog(_auth.Scope("p", catalog), region) == endpoint


@pytest.mark.parametrize("entries", [(("eu-nl", "a"), ("eu-de", "b")), (("*", "a"), ("eu-de", "b"), ("eu-nl", "c"))])
def test_of_several_regions_none_is_taken_that_nobody_asked_for(entries: t.Tuple[t.Tuple[str, str], ...]) -> None:
    said = r"in several regions \('eu-de', 'eu-nl'\): set region_name \(OS_REGION_NAME or OS_REGION\)"
    with pytest.raises(_auth.AuthError, match=said):
        _auth.endpoint_from_catalog(_auth.Scope("p", regions(*entries)), None)


@pytest.mark.parametrize("region", [None, "eu-de"])
def test_of_several_urls_of_a_region_none_is_taken(region: t.Optional[str]) -> None:
    with pytest.raises(_auth.AuthError, match=r"at several URLs \('https://a', 'https://b'\): set endpoint"):
        _auth.endpoint_from_catalog(_auth.Scope("p", regions(("eu-de", "b"), ("eu-de", "a"))), region)


def test_a_token_that_a_password_got_for_another_project_is_not_used() -> None:
    asker = settings(credentials=A_PASSWORD, project_id=None, project_name="mine")
    body = {"token": {"project": {"id": "q", "name": "other"}}}
    with pytest.raises(_auth.AuthError, match="The token is for project 'other', not for 'mine'"):
        _auth.read_access(asker, body, {"X-Subject-Token": "fetched"})


@pytest.mark.parametrize(("told", "found"), [("mine", True), (None, True), ("other", False)])
def test_a_project_of_another_domain_is_not_the_one_that_is_meant(told: t.Optional[str], found: bool) -> None:
    body = {"projects": [{"id": "q", "name": "n", "domain_id": told}]}
    if found:
        assert _auth.read_project_id(body, "n", {"id": "mine"}) == "q"
    else:
        with pytest.raises(_auth.AuthError, match="no project of the name 'n'"):
            _auth.read_project_id(body, "n", {"id": "mine"})
    assert _auth.read_project_id(body, "n", {"name": "whatever"}) == "q"


def test_a_catalog_that_has_modelarts_elsewhere_says_where() -> None:
    body = {"token": {"project": {"id": "p"}, "catalog": regions(("eu-nl", "a"))}}
    own = settings(endpoint=None, project_id=None, region_name="eu-de", auth_url="https://iam.example.com/v3")
    with pytest.raises(_auth.AuthError, match="lists ModelArts not for eu-de, public, but for eu-nl, public"):
        _auth.read_access(own, body, {})


def test_without_a_catalog_there_is_no_endpoint_in_it() -> None:
    assert _auth.endpoint_from_catalog(_auth.Scope(), "eu-de") is None


@pytest.mark.parametrize(
    ("region", "auth_url", "message"),
    [
        (None, IAM, "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE), as 'iam.example.com' belongs to no provider"),
        (None, "https://iam.eu-de.otc.t-systems.com/v3", "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) or region"),
        (
            "EU/x",
            "https://iam.eu-de.otc.t-systems.com/v3",
            "region_name (OS_REGION_NAME or OS_REGION) is not the name of a region",
        ),
    ],
    ids=["unknown provider", "no region", "odd region"],
)
def test_where_the_catalog_is_silent_and_the_region_does_not_help_the_option_is_named(
    region: t.Optional[str], auth_url: str, message: str
) -> None:
    asker = settings(credentials=A_PASSWORD, endpoint=None, region_name=region, auth_url=auth_url)
    with pytest.raises(_auth.AuthError) as caught:
        _auth.read_access(asker, TOKEN_OF_P, {"X-Subject-Token": "t"})
    assert str(caught.value).startswith(f"The catalog of IAM lists no ModelArts. {message}")


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        _auth.question(settings(credentials=A_PASSWORD)),
        _auth.question(settings(project_id=None)),
        _auth.read_access(settings(credentials=A_PASSWORD), TOKEN_OF_P, {"X-Subject-Token": "the-token"}),
        _auth.TokenAuth("the-token"),
        _auth.SignatureAuth(A_TEMPORARY_KEY, "p"),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_no_secret_is_in_what_is_printed_of_it(shown: object) -> None:
    for way in (repr(shown), str(shown), f"{shown!a}"):
        assert type(shown).__name__ in way
        assert not [secret for secret in THE_SECRETS if secret in way]


def test_a_token_for_a_project_of_another_name_is_refused() -> None:
    scope = _auth.read_scope({"token": {"project": {"id": "p2", "name": "second"}}})
    with pytest.raises(_auth.AuthError, match=r"The token is for project 'second', not for 'first' \(auth\.project_name"):
        _auth.project_of_scope(None, scope, "first")
    assert _auth.project_of_scope(None, scope, "Second") == _auth.project_of_scope(None, scope) == "p2"
