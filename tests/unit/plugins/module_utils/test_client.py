# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How we talk: what an answer means, what is repeated and when, and what goes over the wire."""

from __future__ import annotations

import gzip
import http.server
import json
import pathlib
import socket
import ssl
import threading
import typing as t
from concurrent import futures
from urllib.parse import urlencode

import pytest
import requests
from requests.structures import CaseInsensitiveDict
from urllib3 import exceptions as urllib3_exceptions

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _client

Fields = t.Dict[str, t.Any]
Failure = t.Type[_client.CallError]

HTML = b"<html><body>Bad Gateway</body></html>"
TOO_LONG = b'{"is_success":true,"x":"' + b"x" * _client.MAX_ANSWER_BYTES + b'"}'
EMPTY_BODY = "The answer has an empty body."
NO_JSON = "The answer is not JSON."
ODD_JSON = "The answer is JSON, but not what this call answers with."


def answer(status: int, body: t.Any = None, **headers: str) -> _client.Answer:
    """Return an answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _client.Answer(status, CaseInsensitiveDict(headers), content)


def failure_of(status: int, body: t.Any = None, **headers: str) -> _client.CallError:
    """Return the failure that an answer is read as."""
    with pytest.raises(_client.CallError) as caught:
        _client.read_answer(answer(status, body, **headers))
    return caught.value


# --- answers that are successes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 299])
@pytest.mark.parametrize(
    "body",
    [
        {"is_success": True},
        {"is_success": "true"},
        {"job_id": "10", "status": "8"},
        {"is_success": True, "error_code": None, "error_message": None},
        {"is_success": True, "error_code": "", "error_msg": ""},
        {"job_id": 10, "code": "of the job", "message": "of the job"},
        {},
    ],
    ids=["true", "'true'", "details", "null code", "empty code", "fields of an error's names", "empty"],
)
def test_a_json_object_without_a_sign_of_failure_is_a_success(status: int, body: Fields) -> None:
    assert _client.read_answer(answer(status, body)) == body


def test_a_request_id_is_told_up_to_128_characters() -> None:
    assert failure_of(400, {"error_code": "X", "request_id": "r" * 200}).request_id == "r" * 128
    assert failure_of(400, {"error_code": "X"}, **{"X-Request-Id": "h" * 200}).request_id == "h" * 128


def test_a_byte_order_mark_does_not_matter() -> None:
    assert _client.read_answer(answer(200, b'\xef\xbb\xbf{"is_success": true}')) == {"is_success": True}


def test_an_answer_of_4_mib_is_read_and_one_byte_more_is_not() -> None:
    frame = b'{"x":""}'
    longest = b'{"x":"' + b"x" * (_client.MAX_ANSWER_BYTES - len(frame)) + b'"}'
    assert len(longest) == 4 * 1024 * 1024
    assert len(_client.read_answer(answer(200, longest))["x"]) == _client.MAX_ANSWER_BYTES - len(frame)
    assert failure_of(200, longest + b" ").__class__ is _client.Unintelligible


# --- answers that are failures -----------------------------------------------------------------------------------

SHAPES: t.List[t.Tuple[str, int, t.Any, Failure, t.Optional[str], str]] = [
    ("code in a 200", 200, {"is_success": False, "code": "X", "message": "No."}, _client.Refused, "X", "No."),
    ("error in a 200", 200, {"error": {"code": 401, "message": "No."}}, _client.Refused, "401", "No."),
    ("a gateway in a 500", 500, {"error_code": "APIG.0201", "error_msg": "Slow."}, _client.AnswerLost, "APIG.0201", "Slow."),
    # what it is, status, body, what it is read as, code, message
    (
        "API reference",
        400,
        {"is_success": False, "error_code": "ModelArts.0105", "error_message": "No."},
        _client.Refused,
        "ModelArts.0105",
        "No.",
    ),
    (
        "SDK reference",
        400,
        {"is_success": False, "error_code": "ModelArts.0105", "error_msg": "No."},
        _client.Refused,
        "ModelArts.0105",
        "No.",
    ),
    ("200, false", 200, {"is_success": False, "error_code": "M.1", "error_message": "No."}, _client.Refused, "M.1", "No."),
    ("200, 'false'", 200, {"is_success": "false", "error_code": "M.1", "error_msg": "No."}, _client.Refused, "M.1", "No."),
    ("200, 'False'", 200, {"is_success": "False", "error_msg": "No."}, _client.Refused, None, "No."),
    ("200, only a code", 200, {"error_code": "M.1"}, _client.Refused, "M.1", ODD_JSON),
    ("200, code and message", 200, {"error_code": "M.1", "error_msg": "No."}, _client.Refused, "M.1", "No."),
    ("200, false and nothing else", 200, {"is_success": False}, _client.Refused, None, ODD_JSON),
    ("200, 'false' and nothing else", 200, {"is_success": "false"}, _client.Refused, None, ODD_JSON),
    ("201, false", 201, {"is_success": False, "error_message": "No."}, _client.Refused, None, "No."),
    (
        "gateway",
        404,
        {"error_msg": "No such API.", "error_code": "APIGW.0101", "request_id": "r"},
        _client.Refused,
        "APIGW.0101",
        "No such API.",
    ),
    (
        "IAM, error with a number",
        401,
        {"error": {"code": 401, "message": "No.", "title": "Unauthorized"}},
        _client.AccessRefused,
        "401",
        "No.",
    ),
    ("IAM, flat", 400, {"error_code": "IAM.0002", "error_msg": "No."}, _client.Refused, "IAM.0002", "No."),
    ("error inside", 400, {"error": {"error_code": "M.1", "error_msg": "No."}}, _client.Refused, "M.1", "No."),
    ("200, error inside", 200, {"error": {"error_code": "M.1", "error_msg": "No."}}, _client.Refused, "M.1", "No."),
    ("camel case", 400, {"errorCode": "M.1", "errorMsg": "No."}, _client.Refused, "M.1", "No."),
    ("200, camel case", 200, {"errorCode": "M.1", "errorMsg": "No."}, _client.Refused, "M.1", "No."),
    ("code and message", 404, {"code": "M.1", "message": "No."}, _client.Refused, "M.1", "No."),
    ("error is text", 400, {"error": "No."}, _client.Refused, None, "No."),
    ("error is null", 400, {"error": None, "error_code": "M.1", "error_msg": "No."}, _client.Refused, "M.1", "No."),
    ("both messages", 400, {"error_code": "M.1", "error_message": "A", "error_msg": "B"}, _client.Refused, "M.1", "A"),
    ("null and message", 400, {"error_code": "M.1", "error_message": None, "error_msg": "B"}, _client.Refused, "M.1", "B"),
    ("code is a number", 400, {"error_code": 105, "error_msg": "No."}, _client.Refused, "105", "No."),
    ("code is an object", 400, {"error_code": {"a": 1}, "error_msg": ["b"]}, _client.Refused, None, ODD_JSON),
    ("an error code before a code", 400, {"code": "x", "error_code": "M.1", "message": "No."}, _client.Refused, "M.1", "No."),
    ("an empty object", 404, {}, _client.Refused, None, ODD_JSON),
    ("HTML", 404, HTML, _client.Refused, None, NO_JSON),
    ("200, HTML", 200, HTML, _client.Unintelligible, None, NO_JSON),
    ("502, HTML", 502, HTML, _client.AnswerLost, None, NO_JSON),
    ("empty", 404, b"", _client.Refused, None, EMPTY_BODY),
    ("200, empty", 200, b"", _client.Unintelligible, None, EMPTY_BODY),
    ("200, blank", 200, b" \r\n", _client.Unintelligible, None, EMPTY_BODY),
    ("503, empty", 503, b"", _client.AnswerLost, None, EMPTY_BODY),
    ("null", 404, b"null", _client.Refused, None, ODD_JSON),
    ("200, null", 200, b" null ", _client.Unintelligible, None, ODD_JSON),
    ("list", 404, [{"error_code": "M.1"}], _client.Refused, None, ODD_JSON),
    ("200, list", 200, [], _client.Unintelligible, None, ODD_JSON),
    ("200, number", 200, 7, _client.Unintelligible, None, ODD_JSON),
    ("200, text", 200, "true", _client.Unintelligible, None, ODD_JSON),
    ("200, cut off", 200, b'{"is_success": tr', _client.Unintelligible, None, NO_JSON),
    ("200, no UTF-8", 200, b'{"a": "\xff"}', _client.Unintelligible, None, NO_JSON),
    ("200, too deep", 200, b"[" * 200_000, _client.Unintelligible, None, NO_JSON),
    ("200, too long", 200, TOO_LONG, _client.Unintelligible, None, "The answer is longer than 4 MiB."),
    ("500, too long", 500, TOO_LONG, _client.Refused, None, "The answer is longer than 4 MiB."),
]


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
def test_a_failure_is_read_in_whichever_shape_it_comes(
    status: int, body: t.Any, kind: Failure, code: t.Optional[str], message: str
) -> None:
    failure = failure_of(status, body)
    assert failure.__class__ is kind
    assert (failure.code, failure.message, failure.http_status) == (code, message, status)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_a_failure_whatever_it_carries(status: int) -> None:
    failure = failure_of(status, {"is_success": True}, **{"Location": "https://other.example.com", "X-Request-Id": "r"})
    assert failure.__class__ is _client.Unintelligible
    assert failure.message == "The server answered with a redirect, which is not followed."
    assert (failure.code, failure.http_status, failure.request_id) == (None, status, "r")


@pytest.mark.parametrize(
    ("headers", "body", "request_id"),
    [
        ({"X-Request-Id": "a"}, {}, "a"),
        ({"X-Openstack-Request-Id": "a"}, {}, "a"),
        ({"X-IAM-Trace-Id": "a"}, {}, "a"),
        ({"x-request-id": "a"}, {}, "a"),
        ({}, {"request_id": "a"}, "a"),
        ({}, {"request_id": 7}, "7"),
        ({"X-Request-Id": "a"}, {"request_id": "b"}, "a"),
        ({"X-Request-Id": "a", "X-IAM-Trace-Id": "b"}, {}, "a"),
        ({"X-Request-Id": "", "X-IAM-Trace-Id": "b"}, {}, "b"),
        ({"X-Request-Id": ""}, {"request_id": "b"}, "b"),
        ({"X-Request-Id": "a"}, HTML, "a"),
        ({"X-Request-Id": "x" * 500}, {}, "x" * 128),
        ({}, {}, None),
        ({}, {"request_id": None}, None),
        ({}, HTML, None),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 503])
def test_the_request_id_is_found_in_each_header_and_in_the_body(
    headers: t.Dict[str, str], body: t.Any, request_id: t.Optional[str], status: int
) -> None:
    assert failure_of(status, body, **headers).request_id == request_id


def test_what_the_server_says_is_told_in_one_line_that_is_not_too_long() -> None:
    said = "first\r\nsecond\tthird\x1b[31m" + "x" * 1000
    failure = failure_of(400, {"error_code": "ModelArts.\n0101", "error_message": said, "request_id": "a\nb"})
    assert failure.message.startswith("first second third [31mxxx")
    assert len(failure.message) == 400
    assert (failure.code, failure.request_id) == ("ModelArts. 0101", "a b")


INTERNAL = ["ModelArts.0010", *(f"ModelArts.295{digit}" for digit in range(10))]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, None, _client.AccessRefused),
        (401, "ModelArts.0105", _client.AccessRefused),
        *((status, code, _client.AccessRefused) for status in (200, 400, 401, 403) for code in _client.ACCESS_CODES),
        (401, "APIG.0301", _client.AccessRefused),
        (400, "APIG.0307", _client.AccessRefused),
        *((status, None, _client.AnswerLost) for status in (502, 503, 504)),
        (502, "APIGW.0202", _client.AnswerLost),
        (503, "APIGW.0203", _client.AnswerLost),
        (504, "APIGW.0201", _client.AnswerLost),
        *((500, code, _client.AnswerLost) for code in INTERNAL),
        (500, None, _client.Refused),
        (500, "ModelArts.2960", _client.Refused),
        (500, "ModelArts.29500", _client.Refused),
        (500, "ModelArts.0011", _client.Refused),
        (501, None, _client.Refused),
        *((status, None, _client.Refused) for status in (400, 403, 404, 405, 409, 413, 429)),
        (403, "ModelArts.0108", _client.Refused),
        (403, "APIGW.0302", _client.Refused),
        (429, "APIGW.0308", _client.Refused),
        (400, "ModelArts.0010", _client.Refused),
    ],
)
def test_status_and_code_say_which_kind_of_failure_it_is(status: int, code: t.Optional[str], kind: Failure) -> None:
    assert _client.failure_type(status, code) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("APIG.0101", "APIGW.0101"),
        ("APIGW.0101", "APIGW.0101"),
        ("ModelArts.0101", "ModelArts.0101"),
        (None, ""),
        ("APIGX", "APIGX"),
    ],
)
def test_both_spellings_of_the_gateway_are_one(code: t.Optional[str], kind: str) -> None:
    assert _client.Refused("No.", code).kind() == kind


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 12 ", 12.0),
        ("999999", 999999.0),
        ("Thu, 01 Jan 1970 00:17:20 GMT", 40.0),
        ("Thu, 01 Jan 1970 01:17:20 +0100", 40.0),
        ("Thu, 01 Jan 1970 00:16:40 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("Thu, 99 Jan 1970 00:00:00 GMT", None),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_read_as_a_number_and_as_a_date(value: str, seconds: t.Optional[float]) -> None:
    assert _client.retry_after({"Retry-After": value}, 1000.0) == seconds


def test_without_retry_after_there_is_none() -> None:
    assert _client.retry_after({}, 1000.0) is None


@pytest.mark.parametrize(
    ("status", "code", "throttled"),
    [
        (429, None, True),
        (429, "APIGW.0308", True),
        (429, "anything", True),
        (400, "APIGW.0308", True),
        (400, "APIG.0308", True),
        (200, "ModelArts.2799", True),
        (400, "ModelArts.4206", True),
        (400, "ModelArts.6101", True),
        (400, "ModelArts.0105", False),
        (503, None, False),
        (None, None, False),
    ],
)
def test_throttling_is_known_by_its_status_and_by_its_codes(
    status: t.Optional[int], code: t.Optional[str], throttled: bool
) -> None:
    assert _client.is_throttled(_client.Refused("No.", code, status)) is throttled


@pytest.mark.parametrize(
    ("failure", "read", "change"),
    [
        (_client.NotSent("x"), True, True),
        (_client.Refused("x", None, 429), True, True),
        (_client.Refused("x", "ModelArts.4206", 400), True, True),
        (_client.AnswerLost("x"), True, False),
        (_client.AnswerLost("x", None, 503), True, False),
        (_client.Untrusted("x"), False, False),
        (_client.Refused("x", "ModelArts.0105", 400), False, False),
        (_client.Refused("x", None, 500), False, False),
        (_client.AccessRefused("x", "APIGW.0301", 401), False, False),
        (_client.Unintelligible("x", None, 200), False, False),
        (_client.DeadlineExceeded("x"), False, False),
        (_client.CallError("x"), False, False),
    ],
    ids=lambda value: f"{type(value).__name__} {value.http_status or ''}" if isinstance(value, _client.CallError) else None,
)
def test_only_what_was_not_done_or_does_no_harm_twice_may_be_repeated(
    failure: _client.CallError, read: bool, change: bool
) -> None:
    assert _client.repeatable(failure, idempotent=True) is read
    assert _client.repeatable(failure, idempotent=False) is change


# --- a client with a script in place of the network --------------------------------------------------------------

MODELARTS = "https://modelarts.example.com/v1/p"
IAM = "https://iam.example.com/v3"
TOKENS = f"{IAM}/auth/tokens"
JOB = "/visualization-jobs/10"
OK = answer(200, {"is_success": True})
KEY = _auth.AccessKey("AK", "the-secret-key")
TOKEN = _auth.Token("given")
PASSWORD = _auth.Password({"name": "user", "password": "the-password", "domain": {"name": "domain"}})
Reply = t.Union[_client.Answer, _client.CallError]


def settings(credentials: _auth.Credentials = KEY, **fields: t.Any) -> _auth.Settings:
    """Return settings with which nothing has to be asked of IAM, but for a token by password and the fields given."""
    usual: Fields = {"auth_url": IAM, "project_id": "p", "project_name": None, "project_domain": None, "region_name": None}
    return _auth.Settings(credentials, **{**usual, "endpoint": "https://modelarts.example.com", **fields})


def token(value: str, project: t.Optional[str] = "p", catalog: t.Sequence[Fields] = ()) -> _client.Answer:
    """Return IAM's answer with a token."""
    told = {"project": {"id": project} if project else None, "catalog": list(catalog)}
    return answer(201, {"token": told}, **{"X-Subject-Token": value})


def refused(status: int, code: t.Optional[str] = None, **headers: str) -> _client.Answer:
    """Return a refusal."""
    return answer(status, {"is_success": False, "error_code": code, "error_message": "The API says no."}, **headers)


class Time:
    """A clock that only moves when someone sleeps, or when an answer takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: t.List[float] = []
        self.meanwhile: t.Optional[t.Callable[[], t.Any]] = None

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(round(seconds, 6))
        meanwhile, self.meanwhile = self.meanwhile, None
        until = self.now + seconds
        if meanwhile is not None:
            meanwhile()
        self.now = max(self.now, until)


class Made(t.NamedTuple):
    """A request that was made, and when."""

    at: float
    within: float
    authorization: str
    body: t.Any
    headers: t.Mapping[str, str]


class Script:
    """Stands where the transport is: sees that each request is the next of the script, and gives its answer.

    A request is written with what authorises it: ``GET <url> as <token>``, ``as AK``, or ``as nobody``.
    """

    def __init__(self, *calls: t.Tuple[str, Reply], seconds: float = 0.0) -> None:
        self.calls = list(calls)
        self.made: t.List[Made] = []
        self.time = Time()
        self.seconds = seconds

    def exchange(
        self,
        method: str,
        url: str,
        auth: t.Callable[[t.Any], t.Any],
        query: t.Optional[t.Mapping[str, t.Any]] = None,
        body: t.Any = None,
        headers: t.Optional[t.Mapping[str, str]] = None,
        within: float = -1.0,
    ) -> _client.Answer:
        prepared = requests.Request(method, url, auth=auth).prepare()
        authorization = str(prepared.headers.get("Authorization", ""))
        who = "AK" if "Access=AK," in authorization else prepared.headers.get("X-Auth-Token", "nobody")
        request = f"{method} {url}{'?' if query else ''}{urlencode(query or {})} as {who}"
        expected, reply = next(iter(self.calls), ("nothing more", OK))
        self.calls = self.calls[1:]
        if request != expected:
            pytest.fail(f"{request} comes where {expected} should, after {len(self.made)} requests")
        self.made.append(Made(self.time.now, within, authorization, body, headers or {}))
        self.time.now += self.seconds
        if isinstance(reply, _client.CallError):
            raise reply
        return reply


def client(script: Script, seconds: float = 300.0, retries: int = 5, jitter: float = 1.0, **fields: t.Any) -> _client.Client:
    """Return a client that talks to a script, on its clock."""
    clock = _client.Clock(lambda: script.time.now, script.time.sleep, lambda: script.time.now)
    deadline = _client.Deadline(clock, seconds)
    transport = t.cast(_client.Transport, script)
    return _client.Client(settings(**fields), transport, deadline, retries, lambda: jitter)


def played(script: Script) -> None:
    """See that every request of the script was made."""
    assert [request for request, dummy in script.calls] == []


def request(method: str, who: str = "AK") -> str:
    return f"{method} {MODELARTS}{JOB} as {who}"


def test_a_call_gives_what_the_api_answers() -> None:
    script = Script((f"PUT {MODELARTS}{JOB}?a=1&b=x+y as AK", answer(200, {"is_success": True, "x": 1})))
    assert client(script).call("PUT", JOB, {"a": 1, "b": "x y"}, {"job_desc": "d"}) == {"is_success": True, "x": 1}
    played(script)
    assert script.made[0].body == {"job_desc": "d"}
    assert "x-project-id" in script.made[0].authorization


FAILURES: t.List[t.Tuple[str, Reply, Failure, str]] = [
    # what it is, how it comes, how it is told where it is not repeated, which methods are repeated after it
    ("lost", _client.AnswerLost("Lost."), _client.AnswerLost, "GET"),
    ("502", answer(502, HTML), _client.AnswerLost, "GET"),
    ("503", refused(503), _client.AnswerLost, "GET"),
    ("504", answer(504, b""), _client.AnswerLost, "GET"),
    ("504 APIGW.0201", refused(504, "APIGW.0201"), _client.AnswerLost, "GET"),
    ("500 ModelArts.0010", refused(500, "ModelArts.0010"), _client.AnswerLost, "GET"),
    ("500 ModelArts.2955", refused(500, "ModelArts.2955"), _client.AnswerLost, "GET"),
    ("not sent", _client.NotSent("Refused the connection."), _client.NotSent, "GET DELETE POST PUT"),
    ("429", refused(429), _client.Refused, "GET DELETE POST PUT"),
    ("429 HTML", answer(429, HTML), _client.Refused, "GET DELETE POST PUT"),
    ("400 ModelArts.4206", refused(400, "ModelArts.4206"), _client.Refused, "GET DELETE POST PUT"),
    ("200 APIG.0308", refused(200, "APIG.0308"), _client.Refused, "GET DELETE POST PUT"),
    ("untrusted", _client.Untrusted("Bad certificate."), _client.Untrusted, ""),
    ("400", refused(400, "ModelArts.0105"), _client.Refused, ""),
    ("403", refused(403, "ModelArts.0108"), _client.Refused, ""),
    ("404", refused(404, "APIGW.0101"), _client.Refused, ""),
    ("401", refused(401, "APIGW.0301"), _client.AccessRefused, ""),
    ("500", refused(500, "ModelArts.9999"), _client.Refused, ""),
    ("200 HTML", answer(200, HTML), _client.Unintelligible, ""),
    ("302", answer(302, b""), _client.Unintelligible, ""),
]


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT"])
@pytest.mark.parametrize(("reply", "kind", "repeated"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_each_method_is_repeated_only_where_that_is_safe(method: str, reply: Reply, kind: Failure, repeated: str) -> None:
    if method in repeated.split():
        script = Script((request(method), reply), (request(method), OK))
        assert client(script).call(method, JOB) == {"is_success": True}
        assert script.time.slept == [0.5]
    else:
        script = Script((request(method), reply))
        with pytest.raises(_client.CallError) as caught:
            client(script).call(method, JOB)
        assert caught.value.__class__ is kind
        assert script.time.slept == []
    played(script)


@pytest.mark.parametrize(
    ("jitter", "pauses"),
    [(1.0, [0.5, 1, 2, 4, 8, 16, 30, 30]), (0.0, [0.25, 0.5, 1, 2, 4, 8, 15, 15])],
    ids=["longest", "shortest"],
)
@pytest.mark.parametrize("failure", [_client.NotSent("x"), refused(503), refused(429)], ids=["not sent", "503", "429"])
def test_pauses_double_up_to_a_limit_and_vary(jitter: float, pauses: t.List[float], failure: Reply) -> None:
    script = Script(*[(request("GET"), failure)] * 8, (request("GET"), OK))
    assert client(script, 1e6, 8, jitter).call("GET", JOB) == {"is_success": True}
    played(script)
    assert script.time.slept == pauses


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_call_is_repeated_as_often_as_told_and_then_fails_with_the_last_answer(retries: int) -> None:
    script = Script(*[(request("GET"), refused(503))] * retries, (request("GET"), refused(504, "APIGW.0201")))
    with pytest.raises(_client.AnswerLost) as caught:
        client(script, retries=retries).call("GET", JOB)
    played(script)
    assert (caught.value.http_status, caught.value.code, caught.value.message) == (504, "APIGW.0201", "The API says no.")
    assert len(script.time.slept) == retries


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "pause"),
    [("7", 7.1), ("0", 0.1), ("120", 120.1), ("Thu, 01 Jan 1970 00:17:20 GMT", 40.1), ("soon", 0.5)],
    ids=["seconds", "at once", "longer than our own longest", "date", "nonsense"],
)
def test_the_pause_is_as_long_as_the_server_asks(status: int, value: str, pause: float) -> None:
    script = Script((request("GET"), refused(status, **{"Retry-After": value})), (request("GET"), OK))
    client(script).call("GET", JOB)
    played(script)
    assert script.time.slept == [pause]
    assert script.made[1].at == pytest.approx(1000.0 + pause)


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (refused(429, **{"Retry-After": "100"}), 100.0),
        (refused(503, **{"Retry-After": "100"}), 100.0),
        (refused(503, **{"Retry-After": "Thu, 01 Jan 1970 01:16:40 GMT"}), 3600.0),
        (refused(429), 0.5),
        (refused(503), 0.5),
        (_client.NotSent("x"), 0.5),
    ],
    ids=["429, asked", "503, asked", "503, asked by a date", "429", "503", "not sent"],
)
def test_a_pause_that_would_last_to_the_deadline_is_not_made(failure: Reply, seconds: float) -> None:
    script = Script((request("GET"), failure))
    with pytest.raises(_client.CallError) as caught:
        client(script, seconds=seconds).call("GET", JOB)
    played(script)
    assert caught.value.http_status == (failure.status if isinstance(failure, _client.Answer) else None)
    assert (script.time.now, script.time.slept) == (1000.0, [])


def test_a_request_is_given_only_the_time_that_is_left() -> None:
    script = Script((request("GET"), refused(503)), (request("GET"), refused(503)), (request("GET"), OK), seconds=10.0)
    client(script, seconds=60.0).call("GET", JOB)
    played(script)
    assert [made.within for made in script.made] == [60.0, 49.5, 38.5]


def test_repeating_ends_with_the_deadline() -> None:
    script = Script(*[(request("GET"), refused(503))] * 2, seconds=10.0)
    with pytest.raises(_client.AnswerLost):
        client(script, seconds=21.5).call("GET", JOB)
    played(script)
    assert script.time.now <= 1021.5


def test_after_the_deadline_nothing_is_sent() -> None:
    script = Script((request("GET"), OK), seconds=30.0)
    connected = client(script, seconds=30.0)
    connected.call("GET", JOB)
    with pytest.raises(_client.DeadlineExceeded) as caught:
        connected.call("GET", JOB)
    played(script)
    assert caught.value.message == "The time of the task, wait_timeout (30 s), is over."
    assert connected.deadline.remaining() == 0.0


def test_one_that_is_throttled_slows_down_all() -> None:
    script = Script((request("GET"), refused(429, **{"Retry-After": "20"})), (request("DELETE"), OK), (request("GET"), OK))
    connected = client(script)
    script.time.meanwhile = lambda: connected.call("DELETE", JOB)
    connected.call("GET", JOB)
    played(script)
    assert [made.at for made in script.made] == pytest.approx([1000.0, 1020.1, 1020.1])


def test_one_that_finds_no_connection_slows_down_itself_only() -> None:
    script = Script((request("GET"), _client.NotSent("x")), (request("DELETE"), OK), (request("GET"), OK))
    connected = client(script)
    script.time.meanwhile = lambda: connected.call("DELETE", JOB)
    connected.call("GET", JOB)
    played(script)
    assert [made.at for made in script.made] == pytest.approx([1000.0, 1000.0, 1000.5])


# --- the key and the token ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("code", [*_client.ACCESS_CODES, "APIG.0301", "APIG.0307", None], ids=str)
@pytest.mark.parametrize("credentials", [KEY, TOKEN], ids=["AK/SK", "token of someone else"])
def test_a_refused_key_or_given_token_is_sent_once(method: str, code: t.Optional[str], credentials: _auth.Credentials) -> None:
    who = "AK" if credentials is KEY else "given"
    script = Script((request(method, who), refused(401, code)))
    with pytest.raises(_client.AccessRefused) as caught:
        client(script, credentials=credentials).call(method, JOB)
    played(script)
    assert (caught.value.code, caught.value.http_status) == (code, 401)


def test_a_token_is_fetched_by_password_once_in_a_task() -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("GET", "one"), OK),
        (request("DELETE", "one"), OK),
        (request("GET", "one"), OK),
    )
    connected = client(script, credentials=PASSWORD)
    for method in ("GET", "DELETE", "GET"):
        connected.call(method, JOB)
    played(script)
    assert script.made[0].body["auth"]["identity"]["password"]["user"] == PASSWORD.user
    assert script.made[0].body["auth"]["scope"] == {"project": {"id": "p"}}


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT"])
@pytest.mark.parametrize(
    "expired",
    [refused(401, "APIGW.0307"), refused(401, "APIG.0307"), refused(401, "ModelArts.0202"), refused(200, "ModelArts.0202")],
    ids=["APIGW.0307", "APIG.0307", "ModelArts.0202", "200 ModelArts.0202"],
)
def test_an_expired_token_is_renewed_once_and_the_request_repeated_once(method: str, expired: _client.Answer) -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request(method, "one"), expired),
        (f"POST {TOKENS} as nobody", token("two")),
        (request(method, "two"), OK),
        (request("GET", "two"), OK),
    )
    connected = client(script, credentials=PASSWORD)
    assert connected.call(method, JOB) == {"is_success": True}
    connected.call("GET", JOB)
    played(script)
    assert connected.secrets == ["the-password", "one", "two"]
    assert script.time.slept == []


def test_a_second_expiry_fails() -> None:
    expired = refused(401, "APIGW.0307")
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("DELETE", "one"), expired),
        (f"POST {TOKENS} as nobody", token("two")),
        (request("DELETE", "two"), expired),
    )
    with pytest.raises(_client.AccessRefused) as caught:
        client(script, credentials=PASSWORD).call("DELETE", JOB)
    played(script)
    assert caught.value.code == "APIGW.0307"


def test_a_token_is_not_renewed_a_second_time_in_a_later_call() -> None:
    expired = refused(401, "ModelArts.0202")
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("GET", "one"), expired),
        (f"POST {TOKENS} as nobody", token("two")),
        (request("GET", "two"), OK),
        (request("GET", "two"), expired),
    )
    connected = client(script, credentials=PASSWORD)
    connected.call("GET", JOB)
    with pytest.raises(_client.AccessRefused):
        connected.call("GET", JOB)
    played(script)


def test_one_whose_token_another_has_renewed_takes_the_new_one() -> None:
    expired = refused(401, "APIGW.0307")
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("GET", "one"), _client.NotSent("x")),
        (request("DELETE", "one"), expired),
        (f"POST {TOKENS} as nobody", token("two")),
        (request("DELETE", "two"), OK),
        (request("GET", "one"), expired),
        (request("GET", "two"), OK),
    )
    connected = client(script, credentials=PASSWORD)
    script.time.meanwhile = lambda: connected.call("DELETE", JOB)
    assert connected.call("GET", JOB) == {"is_success": True}
    played(script)


class TwoExpire:
    """A transport on which two deletions meet an expired token together; the second one fails while IAM takes its time."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2)
        self.fetched = 0

    def exchange(
        self, method: str, url: str, auth: t.Callable[[t.Any], t.Any], *dummy: t.Any, **options: t.Any
    ) -> _client.Answer:
        if url == TOKENS:
            self.fetched += 1
            return token(str(self.fetched))
        if requests.Request(method, url, auth=auth).prepare().headers["X-Auth-Token"] == "1" and method == "DELETE":
            self.both.wait(10)
            return refused(401, "APIGW.0307")
        return OK


def test_two_whose_token_expires_at_once_share_the_new_one() -> None:
    transport = TwoExpire()
    deadline = _client.Deadline(_client.Clock(), 60)
    connected = _client.Client(settings(PASSWORD), t.cast(_client.Transport, transport), deadline, 0)
    connected.call("GET", JOB)
    with futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda dummy: connected.call("DELETE", JOB), range(2)))
    assert answers == [{"is_success": True}] * 2
    assert transport.fetched == 2


@pytest.mark.parametrize("code", ["APIGW.0301", "ModelArts.0201", "ModelArts.0203", None], ids=str)
def test_a_token_that_is_refused_but_not_expired_is_not_renewed(code: t.Optional[str]) -> None:
    script = Script((f"POST {TOKENS} as nobody", token("one")), (request("GET", "one"), refused(401, code)))
    with pytest.raises(_client.AccessRefused):
        client(script, credentials=PASSWORD).call("GET", JOB)
    played(script)


def test_what_comes_after_a_renewal_is_repeated_like_anything_else() -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("GET", "one"), refused(401, "APIGW.0307")),
        (f"POST {TOKENS} as nobody", token("two")),
        (request("GET", "two"), refused(503)),
        (request("GET", "two"), OK),
    )
    assert client(script, credentials=PASSWORD).call("GET", JOB) == {"is_success": True}
    played(script)


@pytest.mark.parametrize(
    "failure",
    [_client.AnswerLost("Lost."), _client.NotSent("x"), refused(503), refused(429), refused(500, "ModelArts.0010")],
    ids=["lost", "not sent", "503", "429", "500"],
)
def test_the_request_for_a_token_is_repeated(failure: Reply) -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", failure), (f"POST {TOKENS} as nobody", token("one")), (request("DELETE", "one"), OK)
    )
    assert client(script, credentials=PASSWORD).call("DELETE", JOB) == {"is_success": True}
    played(script)


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (
            answer(401, {"error": {"code": 401, "message": "Wrong password.", "title": "Unauthorized"}}),
            _client.AccessRefused,
            "IAM: Wrong password.",
        ),
        (answer(403, {"error_code": "IAM.0002", "error_msg": "No."}), _client.Refused, "IAM: No."),
        (answer(404, HTML), _client.Refused, "IAM: The answer is not JSON."),
        (answer(201, {"token": {}}), _client.Unintelligible, "IAM answered without a token."),
        (_client.Untrusted("Bad certificate."), _client.Untrusted, "IAM: Bad certificate."),
    ],
    ids=["wrong password", "locked", "wrong URL", "no token", "bad certificate"],
)
def test_where_iam_gives_no_token_its_reason_is_told_and_nothing_else_is_sent(reply: Reply, kind: Failure, message: str) -> None:
    script = Script((f"POST {TOKENS} as nobody", reply))
    with pytest.raises(_client.CallError) as caught:
        client(script, credentials=PASSWORD).call("GET", JOB)
    played(script)
    assert caught.value.__class__ is kind
    assert caught.value.message == message
    assert "the-password" not in str(caught.value)


def test_where_a_token_cannot_be_renewed_iam_says_why() -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("DELETE", "one"), refused(401, "APIGW.0307")),
        (f"POST {TOKENS} as nobody", refused(401, "IAM.0001")),
    )
    with pytest.raises(_client.AccessRefused) as caught:
        client(script, credentials=PASSWORD).call("DELETE", JOB)
    played(script)
    assert (caught.value.code, caught.value.message) == ("IAM.0001", "IAM: The API says no.")


# --- the project and the endpoint --------------------------------------------------------------------------------

CATALOG: t.List[Fields] = [
    {"type": "obs", "endpoints": [{"url": "https://obs.example.com/v1", "interface": "public", "region_id": "eu-de"}]},
    {
        "type": "modelarts",
        "endpoints": [
            {"url": "https://catalog.example.com/v2/p", "interface": "public", "region_id": "eu-de"},
            {"url": "https://nl.example.com/v1/p", "interface": "public", "region_id": "eu-nl"},
            {"url": "https://catalog.example.com/v1/p", "interface": "public", "region_id": "eu-de"},
        ],
    },
]


def test_with_a_key_the_id_of_a_project_is_looked_up_by_its_name_once() -> None:
    projects = answer(200, {"projects": [{"id": "q", "name": "nn"}, {"id": "p", "name": "n"}]})
    script = Script((f"GET {IAM}/projects?name=n as AK", projects), (request("GET"), OK), (request("DELETE"), OK))
    connected = client(script, project_id=None, project_name="n")
    connected.call("GET", JOB)
    connected.call("DELETE", JOB)
    played(script)
    assert ["x-project-id" in made.authorization for made in script.made] == [False, True, True]


def test_a_project_that_iam_does_not_know_is_an_error_before_anything_is_sent_to_modelarts() -> None:
    script = Script((f"GET {IAM}/projects?name=n as AK", answer(200, {"projects": []})))
    with pytest.raises(_auth.AuthError, match="IAM knows no project of the name 'n'"):
        client(script, project_id=None, project_name="n").call("GET", JOB)
    played(script)


def test_a_key_that_iam_refuses_is_sent_once() -> None:
    script = Script((f"GET {IAM}/projects?name=n as AK", refused(401, "APIGW.0301")))
    with pytest.raises(_client.AccessRefused, match=r"^The API says no\.") as caught:
        client(script, project_id=None, project_name="n").call("GET", JOB)
    played(script)
    assert caught.value.message == "IAM: The API says no."


@pytest.mark.parametrize(
    ("fields", "scope", "url"),
    [
        ({"endpoint": None, "region_name": "eu-de"}, token("one", "p", CATALOG), "https://catalog.example.com/v1/p"),
        ({"endpoint": None, "region_name": "eu-nl"}, token("one", "p", CATALOG), "https://nl.example.com/v1/p"),
        ({"endpoint": None}, token("one", "p", CATALOG), "https://nl.example.com/v1/p"),
        ({"endpoint": None, "region_name": "eu-de"}, token("one"), "https://modelarts.eu-de.otc.t-systems.com/v1/p"),
        ({}, token("one", "p", CATALOG), MODELARTS),
        ({"project_id": None, "project_name": "n"}, token("one", "q"), "https://modelarts.example.com/v1/q"),
        ({}, token("one", None), MODELARTS),
    ],
    ids=[
        "catalog",
        "catalog in another region",
        "catalog without region",
        "region where the catalog is silent",
        "option before catalog",
        "project of the token",
        "project where the token is silent",
    ],
)
@pytest.mark.parametrize("credentials", [PASSWORD, TOKEN], ids=["password", "token"])
def test_project_and_endpoint_come_from_the_token_where_they_are_not_given(
    credentials: _auth.Credentials, fields: Fields, scope: _client.Answer, url: str
) -> None:
    if credentials is PASSWORD:
        script = Script((f"POST {TOKENS} as nobody", scope), (f"GET {url}{JOB} as one", OK), (f"GET {url}{JOB} as one", OK))
    elif fields:
        script = Script((f"GET {TOKENS} as given", scope), (f"GET {url}{JOB} as given", OK), (f"GET {url}{JOB} as given", OK))
    else:
        script = Script((f"GET {url}{JOB} as given", OK), (f"GET {url}{JOB} as given", OK))
    connected = client(script, credentials=credentials, **fields)
    connected.call("GET", JOB)
    connected.call("GET", JOB)
    played(script)


def test_iam_is_asked_about_a_given_token_with_that_token() -> None:
    script = Script((f"GET {TOKENS} as given", token("", "p")), (request("GET", "given"), OK))
    client(script, credentials=TOKEN, project_id=None).call("GET", JOB)
    played(script)
    assert script.made[0].headers == {"X-Auth-Token": "given", "X-Subject-Token": "given"}


@pytest.mark.parametrize("credentials", [KEY, TOKEN], ids=["AK/SK", "token"])
def test_without_iam_the_endpoint_is_that_of_the_region_and_nothing_is_asked(credentials: _auth.Credentials) -> None:
    who = "AK" if credentials is KEY else "given"
    script = Script((f"GET https://modelarts.eu-de.otc.t-systems.com/v1/p{JOB} as {who}", OK))
    client(script, credentials=credentials, endpoint=None, auth_url=None, region_name="eu-de").call("GET", JOB)
    played(script)


@pytest.mark.parametrize(
    ("fields", "scope", "message"),
    [
        ({"project_id": None, "project_name": "n"}, token("one", None), "The token is for no project: set auth.project_id"),
        ({"endpoint": None, "region_name": "eu-de"}, token("one", "q"), "The token is for project q, not for p"),
        ({"endpoint": None}, token("one", "p"), "The catalog lists no ModelArts: set endpoint"),
        ({"project_id": None, "project_name": "n"}, token("one", "../x"), "is not the id of a project"),
    ],
    ids=["no project", "another project", "no endpoint", "odd project"],
)
@pytest.mark.parametrize("credentials", [PASSWORD, TOKEN], ids=["password", "token"])
def test_a_token_that_does_not_fit_is_an_error_before_anything_is_sent_to_modelarts(
    credentials: _auth.Credentials, fields: Fields, scope: _client.Answer, message: str
) -> None:
    asked = f"POST {TOKENS} as nobody" if credentials is PASSWORD else f"GET {TOKENS} as given"
    script = Script((asked, scope))
    with pytest.raises(_auth.AuthError) as caught:
        client(script, credentials=credentials, **fields).call("GET", JOB)
    played(script)
    assert message in str(caught.value)


def test_a_connection_that_did_not_come_about_is_tried_again_by_the_next_call() -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", refused(403)), (f"POST {TOKENS} as nobody", token("one")), (request("GET", "one"), OK)
    )
    connected = client(script, credentials=PASSWORD)
    with pytest.raises(_client.Refused):
        connected.call("GET", JOB)
    assert connected.call("GET", JOB) == {"is_success": True}
    played(script)


# --- what goes over the wire -------------------------------------------------------------------------------------


class Received(t.NamedTuple):
    """A request as a server got it."""

    line: str
    headers: t.Any
    body: bytes
    peer: t.Any


class Wire(http.server.ThreadingHTTPServer):
    """A server on loopback whose answers are bytes: head and body as they are to be sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), WireHandler)
        self.received: t.List[Received] = []
        self.content = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        self.hang_up = False
        self.silence: t.Optional[threading.Event] = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reply(self, status: str, body: bytes = b"{}", *headers: str) -> None:
        """Set the answer to all that comes."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.content = "\r\n".join([*lines, "", ""]).encode() + body

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Keep quiet about clients that hang up."""


class WireHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        server = t.cast(Wire, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.received.append(Received(self.requestline, self.headers, body, self.client_address))
        if server.silence is not None:
            server.silence.wait(60)
        self.wfile.write(server.content)
        self.close_connection = server.hang_up

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """See that the proxy of this machine, if it has one, is left alone."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def wire() -> t.Iterator[Wire]:
    """Run a server on loopback."""
    with Wire() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            if server.silence is not None:
                server.silence.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def transport() -> t.Iterator[_client.Transport]:
    """Return a transport that gives up after ten seconds."""
    made = _client.Transport(settings(), _client.Clock(), 10.0, 2)
    yield made
    made.close()


def test_a_request_arrives_as_it_was_meant(wire: Wire, transport: _client.Transport) -> None:
    wire.reply("200 OK", b'{"is_success":true}', "X-Request-Id: r")
    auth = _auth.TokenAuth("the-token")
    got = transport.exchange("PUT", f"{wire.url}/v1/p/x", auth, {"b": 1, "a": "x y/ä"}, {"job_desc": "ä"}, {"X-Other": "o"})
    assert (got.status, got.body) == (200, b'{"is_success":true}')
    assert got.headers["x-request-id"] == "r"
    (received,) = wire.received
    assert received.line == "PUT /v1/p/x?b=1&a=x+y%2F%C3%A4 HTTP/1.1"
    assert received.body == b'{"job_desc":"\\u00e4"}'
    expected = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": _client.USER_AGENT,
        "X-Auth-Token": "the-token",
        "X-Other": "o",
    }
    assert {name: received.headers[name] for name in expected} == expected


def test_a_request_without_a_body_has_none(wire: Wire, transport: _client.Transport) -> None:
    transport.exchange("DELETE", f"{wire.url}/x", _client.unauthorised)
    assert (wire.received[0].line, wire.received[0].body) == ("DELETE /x HTTP/1.1", b"")


def test_what_arrives_is_what_was_signed(wire: Wire, transport: _client.Transport) -> None:
    auth = _auth.SignatureAuth(KEY, "p", lambda: 0.0)
    transport.exchange("POST", f"{wire.url}/v1/p/x", auth, {"b": "x y", "a": 1}, {"job_desc": "ä"})
    (received,) = wire.received
    names = ("content-type", "host", "x-project-id", "x-sdk-date")
    signed = {name: received.headers[name] for name in names}
    target = f"{wire.url}{received.line.split(' ')[1]}"
    signature = _auth.sign(_auth.canonical_request("POST", target, signed, received.body), signed["x-sdk-date"], "the-secret-key")
    assert received.headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access=AK, SignedHeaders={';'.join(names)}, Signature={signature}"
    )


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 429, 500, 503])
def test_an_answer_comes_back_once_whatever_its_status(wire: Wire, transport: _client.Transport, status: int) -> None:
    wire.reply(f"{status} Any", b"text")
    got = transport.exchange("GET", wire.url, _client.unauthorised)
    assert (got.status, got.body) == (status, b"text")
    assert len(wire.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(wire: Wire, transport: _client.Transport, status: int) -> None:
    wire.reply(f"{status} Elsewhere", b"", f"Location: {wire.url}/elsewhere")
    assert transport.exchange("GET", f"{wire.url}/here", _client.unauthorised).status == status
    assert [received.line for received in wire.received] == ["GET /here HTTP/1.1"]


def test_cookies_are_not_kept(wire: Wire, transport: _client.Transport) -> None:
    wire.reply("200 OK", b"{}", "Set-Cookie: session=1; Path=/")
    transport.exchange("GET", wire.url, _client.unauthorised)
    transport.exchange("GET", wire.url, _client.unauthorised)
    assert [received.headers["Cookie"] for received in wire.received] == [None, None]


def test_netrc_is_not_used(
    wire: Wire, transport: _client.Transport, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password the-password\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    requests.get(wire.url, timeout=10)
    transport.exchange("GET", wire.url, _client.unauthorised)
    by_requests, by_us = wire.received
    assert str(by_requests.headers["Authorization"]).startswith("Basic ")
    assert by_us.headers["Authorization"] is None


def test_connections_are_reused(wire: Wire, transport: _client.Transport) -> None:
    for dummy in range(3):
        transport.exchange("GET", wire.url, _client.unauthorised)
    assert len({received.peer for received in wire.received}) == 1


def test_an_answer_is_read_up_to_one_byte_more_than_is_accepted(wire: Wire, transport: _client.Transport) -> None:
    wire.reply("200 OK", b"x" * (_client.MAX_ANSWER_BYTES + 70_000))
    wire.hang_up = True
    assert len(transport.exchange("GET", wire.url, _client.unauthorised).body) == _client.MAX_ANSWER_BYTES + 1
    wire.reply("200 OK", b"x" * _client.MAX_ANSWER_BYTES)
    assert len(transport.exchange("GET", wire.url, _client.unauthorised).body) == _client.MAX_ANSWER_BYTES


def test_a_compressed_answer_is_not_unpacked(wire: Wire, transport: _client.Transport) -> None:
    packed = gzip.compress(b" " * 1_000_000)
    wire.reply("200 OK", packed, "Content-Encoding: gzip")
    assert transport.exchange("GET", wire.url, _client.unauthorised).body == packed


def test_a_refused_connection_is_known_as_not_sent(transport: _client.Transport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(_client.NotSent) as caught:
            transport.exchange("POST", f"http://127.0.0.1:{port}/x", _client.unauthorised, None, {})
    assert caught.value.__class__ is _client.NotSent
    assert caught.value.message == f"127.0.0.1:{port} refused the connection."
    assert (caught.value.code, caught.value.http_status) == (None, None)


def test_a_name_that_cannot_be_resolved_is_known_as_not_sent(
    transport: _client.Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*dummy: t.Any, **dummies: t.Any) -> t.NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(_client.NotSent) as caught:
        transport.exchange("POST", "http://nowhere.invalid/x", _client.unauthorised)
    assert caught.value.__class__ is _client.NotSent
    assert caught.value.message == "The name of nowhere.invalid cannot be resolved."


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"],
    ids=["nothing", "no HTTP", "half of the body"],
)
def test_a_connection_that_is_closed_before_the_answer_is_whole_loses_it(
    wire: Wire, transport: _client.Transport, content: bytes
) -> None:
    wire.content = content
    wire.hang_up = True
    with pytest.raises(_client.AnswerLost) as caught:
        transport.exchange("DELETE", wire.url, _client.unauthorised)
    assert caught.value.__class__ is _client.AnswerLost
    assert len(wire.received) == 1
    assert f"127.0.0.1:{wire.server_address[1]}" in caught.value.message


def test_an_answer_that_does_not_come_in_time_is_lost(wire: Wire, transport: _client.Transport) -> None:
    wire.silence = threading.Event()
    with pytest.raises(_client.AnswerLost) as caught:
        transport.exchange("DELETE", wire.url, _client.unauthorised, within=0.05)
    assert caught.value.message == f"No answer from 127.0.0.1:{wire.server_address[1]} within api_timeout."


@pytest.mark.parametrize(
    ("within", "seconds"), [(3.0, 3.0), (10.0, 10.0), (300.0, 10.0), (0.0, 0.05)], ids=["less", "as much", "more", "nothing"]
)
def test_a_request_gives_up_after_its_timeout_or_sooner(
    transport: _client.Transport, monkeypatch: pytest.MonkeyPatch, within: float, seconds: float
) -> None:
    given: t.List[t.Any] = []

    def send(*dummy: t.Any, **options: t.Any) -> t.NoReturn:
        given.append(options["timeout"])
        raise requests.exceptions.ReadTimeout

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(_client.AnswerLost):
        transport.exchange("GET", "http://127.0.0.1:1", _client.unauthorised, within=within)
    assert given == [(seconds, seconds)]


def test_an_answer_that_does_not_end_in_time_is_lost(wire: Wire) -> None:
    now = iter((0.0, 10.001))
    transport = _client.Transport(settings(), _client.Clock(monotonic=lambda: next(now)), 10.0, 1)
    with pytest.raises(_client.AnswerLost, match="did not end in time"):
        transport.exchange("GET", wire.url, _client.unauthorised)
    transport.close()


def test_speech_that_is_no_tls_is_no_answer(wire: Wire, transport: _client.Transport) -> None:
    with pytest.raises(_client.AnswerLost, match=r"The TLS connection to 127\.0\.0\.1:\d+ failed"):
        transport.exchange("GET", wire.url.replace("http:", "https:"), _client.unauthorised)
    assert wire.received == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://*.example.com/", "http://", f"http://{'a' * 64}.example.com/"])
def test_what_cannot_be_sent_at_all_is_not_tried_again(transport: _client.Transport, url: str) -> None:
    with pytest.raises(_client.Untrusted) as caught:
        transport.exchange("GET", url, _client.unauthorised)
    assert not _client.repeatable(caught.value, idempotent=True)


def test_a_certificate_that_cannot_be_verified_is_known_as_such_however_deep_it_lies() -> None:
    bad = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    bad.verify_message = "self-signed certificate"
    wrapped = urllib3_exceptions.MaxRetryError(t.cast(t.Any, None), "/", urllib3_exceptions.SSLError(bad))
    failure = _client.unanswered(requests.exceptions.SSLError(wrapped), "h")
    assert failure.__class__ is _client.Untrusted
    assert failure.message == "The certificate of h cannot be verified: self-signed certificate (validate_certs, ca_cert)."


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectTimeout(), _client.NotSent),
        (requests.exceptions.ReadTimeout(), _client.AnswerLost),
        (requests.exceptions.ConnectionError(), _client.AnswerLost),
        (requests.exceptions.ConnectionError(ConnectionResetError(104, "reset")), _client.AnswerLost),
        (requests.exceptions.ConnectionError(ConnectionRefusedError(111, "refused")), _client.NotSent),
        (requests.exceptions.ChunkedEncodingError(), _client.AnswerLost),
        (requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")), _client.AnswerLost),
        (requests.exceptions.InvalidURL(), _client.Untrusted),
        (requests.exceptions.InvalidHeader(), _client.Untrusted),
        (requests.exceptions.InvalidHeader(urllib3_exceptions.InvalidHeader("two lengths")), _client.AnswerLost),
    ],
    ids=lambda value: f"{type(value).__name__} {value}" if isinstance(value, Exception) else None,
)
def test_each_accident_says_whether_anything_may_have_been_done(error: Exception, kind: Failure) -> None:
    failure = _client.unanswered(error, "h")
    assert failure.__class__ is kind
    assert "h" in failure.message.split()


def test_causes_that_lie_in_a_circle_are_told_once() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert list(_client.causes(first)) == [first, second]
