# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exchange: what an answer proves, and what goes over the wire."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import os
import pathlib
import socket
import ssl
import threading
import time
import types
import typing as t

import pytest
import requests
from requests.structures import CaseInsensitiveDict
from urllib3 import exceptions as urllib3_exceptions

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _clock, _http, _settings, _wire

Fields = t.Dict[str, t.Any]
Failure = t.Type[_http.CallError]

HTML = b"<html><body>Bad Gateway</body></html>"
TOO_LONG = b'{"is_success":true,"x":"' + b"x" * _http.MAX_ANSWER_BYTES + b'"}'
EMPTY_BODY = "The answer has an empty body."
NO_JSON = "The answer is not JSON."
NO_REASON = "The answer says that the call failed, and not why."
ODD_JSON = "The answer is JSON, but not what this call answers with."


def answer(status: int, body: t.Any = None, **headers: str) -> _http.Answer:
    """Return an answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _http.Answer(status, CaseInsensitiveDict(headers), content)


def failure_of(status: int, body: t.Any = None, **headers: str) -> _http.CallError:
    """Return the failure that an answer is read as."""
    with pytest.raises(_http.CallError) as caught:
        _http.read_answer(answer(status, body, **headers))
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
    assert _http.read_answer(answer(status, body)).body == body


def test_a_request_id_is_told_up_to_128_characters() -> None:
    assert failure_of(400, {"error_code": "X", "request_id": "r" * 200}).request_id == "r" * 128
    assert failure_of(400, {"error_code": "X"}, **{"X-Request-Id": "h" * 200}).request_id == "h" * 128


def test_a_byte_order_mark_does_not_matter() -> None:
    assert _http.read_answer(answer(200, b'\xef\xbb\xbf{"is_success": true}')).body == {"is_success": True}


def test_an_answer_of_4_mib_is_read_and_one_byte_more_is_not() -> None:
    frame = b'{"x":""}'
    longest = b'{"x":"' + b"x" * (_http.MAX_ANSWER_BYTES - len(frame)) + b'"}'
    assert len(longest) == 4 * 1024 * 1024
    assert len(_http.read_answer(answer(200, longest)).body["x"]) == _http.MAX_ANSWER_BYTES - len(frame)
    assert failure_of(200, longest + b" ").__class__ is _http.TooLong


# --- answers that are failures -----------------------------------------------------------------------------------

SHAPES: t.List[t.Tuple[str, int, t.Any, Failure, t.Optional[str], str]] = [
    ("code in a 200", 200, {"is_success": False, "code": "X", "message": "No."}, _http.Refused, "X", "No."),
    ("error in a 200", 200, {"error": {"code": 401, "message": "No."}}, _http.Refused, "401", "No."),
    ("a gateway in a 500", 500, {"error_code": "APIG.0201", "error_msg": "Slow."}, _http.AnswerLost, "APIG.0201", "Slow."),
    # what it is, status, body, what it is read as, code, message
    (
        "API reference",
        400,
        {"is_success": False, "error_code": "ModelArts.0105", "error_message": "No."},
        _http.Refused,
        "ModelArts.0105",
        "No.",
    ),
    (
        "SDK reference",
        400,
        {"is_success": False, "error_code": "ModelArts.0105", "error_msg": "No."},
        _http.Refused,
        "ModelArts.0105",
        "No.",
    ),
    ("200, false", 200, {"is_success": False, "error_code": "M.1", "error_message": "No."}, _http.Refused, "M.1", "No."),
    ("200, 'false'", 200, {"is_success": "false", "error_code": "M.1", "error_msg": "No."}, _http.Refused, "M.1", "No."),
    ("200, 'False'", 200, {"is_success": "False", "error_msg": "No."}, _http.Refused, None, "No."),
    ("200, only a code", 200, {"error_code": "M.1"}, _http.Refused, "M.1", ODD_JSON),
    ("200, code and message", 200, {"error_code": "M.1", "error_msg": "No."}, _http.Refused, "M.1", "No."),
    ("200, false and nothing else", 200, {"is_success": False}, _http.Refused, None, NO_REASON),
    ("200, 'false' and nothing else", 200, {"is_success": "false"}, _http.Refused, None, NO_REASON),
    ("201, false", 201, {"is_success": False, "error_message": "No."}, _http.Refused, None, "No."),
    (
        "gateway",
        404,
        {"error_msg": "No such API.", "error_code": "APIGW.0101", "request_id": "r"},
        _http.Refused,
        "APIGW.0101",
        "No such API.",
    ),
    (
        "IAM, error with a number",
        401,
        {"error": {"code": 401, "message": "No.", "title": "Unauthorized"}},
        _http.NoAccess,
        "401",
        "No.",
    ),
    ("IAM, flat", 400, {"error_code": "IAM.0002", "error_msg": "No."}, _http.Refused, "IAM.0002", "No."),
    ("error inside", 400, {"error": {"error_code": "M.1", "error_msg": "No."}}, _http.Refused, "M.1", "No."),
    ("200, error inside", 200, {"error": {"error_code": "M.1", "error_msg": "No."}}, _http.Refused, "M.1", "No."),
    ("camel case", 400, {"errorCode": "M.1", "errorMsg": "No."}, _http.Refused, "M.1", "No."),
    ("200, camel case", 200, {"errorCode": "M.1", "errorMsg": "No."}, _http.Refused, "M.1", "No."),
    ("code and message", 404, {"code": "M.1", "message": "No."}, _http.Refused, "M.1", "No."),
    ("error is text", 400, {"error": "No."}, _http.Refused, None, "No."),
    ("error is null", 400, {"error": None, "error_code": "M.1", "error_msg": "No."}, _http.Refused, "M.1", "No."),
    ("both messages", 400, {"error_code": "M.1", "error_message": "A", "error_msg": "B"}, _http.Refused, "M.1", "A"),
    ("null and message", 400, {"error_code": "M.1", "error_message": None, "error_msg": "B"}, _http.Refused, "M.1", "B"),
    ("code is a number", 400, {"error_code": 105, "error_msg": "No."}, _http.Refused, "105", "No."),
    ("code is an object", 400, {"error_code": {"a": 1}, "error_msg": ["b"]}, _http.Refused, None, ODD_JSON),
    ("an error code before a code", 400, {"code": "x", "error_code": "M.1", "message": "No."}, _http.Refused, "M.1", "No."),
    ("an empty object", 404, {}, _http.Refused, None, ODD_JSON),
    ("HTML", 404, HTML, _http.Refused, None, NO_JSON),
    ("200, HTML", 200, HTML, _http.Unintelligible, None, NO_JSON),
    ("502, HTML", 502, HTML, _http.AnswerLost, None, NO_JSON),
    ("empty", 404, b"", _http.Refused, None, EMPTY_BODY),
    ("200, empty", 200, b"", _http.Unintelligible, None, EMPTY_BODY),
    ("200, blank", 200, b" \r\n", _http.Unintelligible, None, EMPTY_BODY),
    ("503, empty", 503, b"", _http.AnswerLost, None, EMPTY_BODY),
    ("null", 404, b"null", _http.Refused, None, ODD_JSON),
    ("200, null", 200, b" null ", _http.Unintelligible, None, ODD_JSON),
    ("list", 404, [{"error_code": "M.1"}], _http.Refused, None, ODD_JSON),
    ("200, list", 200, [], _http.Unintelligible, None, ODD_JSON),
    ("200, number", 200, 7, _http.Unintelligible, None, ODD_JSON),
    ("200, text", 200, "true", _http.Unintelligible, None, ODD_JSON),
    ("200, cut off", 200, b'{"is_success": tr', _http.Unintelligible, None, NO_JSON),
    ("200, no UTF-8", 200, b'{"a": "\xff"}', _http.Unintelligible, None, NO_JSON),
    ("200, too deep", 200, b"[" * 200_000, _http.Unintelligible, None, NO_JSON),
    ("200, too long", 200, TOO_LONG, _http.TooLong, None, "The answer is longer than 4 MiB."),
    ("500, too long", 500, TOO_LONG, _http.AnswerLost, None, "The answer is longer than 4 MiB."),
]


def test_an_answer_that_something_has_compressed_is_called_so() -> None:
    packed = gzip.compress(b'{"is_success": true}')
    assert "is compressed" in failure_of(200, packed, **{"Content-Encoding": "gzip"}).message
    assert failure_of(200, HTML, **{"Content-Encoding": "identity"}).message == NO_JSON


def test_a_pipe_in_place_of_a_bundle_is_not_waited_for(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(
        _http.Unsendable, match=r"REQUESTS_CA_BUNDLE: the file '.*pipe' cannot be used as .*there is no such file"
    ):
        _http.check_files(str(tmp_path / "pipe"), None, "REQUESTS_CA_BUNDLE")


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
def test_a_failure_is_read_in_whichever_shape_it_comes(
    status: int, body: t.Any, kind: Failure, code: t.Optional[str], message: str
) -> None:
    failure = failure_of(status, body)
    assert failure.__class__ is kind
    told = message if status < 300 else message.replace("The answer ", f"The answer (HTTP {status}) ")
    assert (failure.code, failure.message, failure.http_status) == (code, told, status)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_a_failure_whatever_it_carries(status: int) -> None:
    failure = failure_of(status, {"is_success": True}, **{"Location": "https://other.example.com", "X-Request-Id": "r"})
    assert failure.__class__ is _http.Unintelligible
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


# Every code of the page of facts, by what it means.
GONE = ["ModelArts.0015", "ModelArts.2775"]
NO_SUCH_API = ["APIGW.0101", "APIG.0101", "ModelArts.4204"]
ELSEWHERE = ["ModelArts.2786", "ModelArts.2836", "ModelArts.6650"]
BAD = ["ModelArts.0101", "ModelArts.0102", "ModelArts.0103", "ModelArts.0104", "ModelArts.0105", "ModelArts.0107"]
PROJECT = ["ModelArts.0204", "ModelArts.0207", "ModelArts.0210", "ModelArts.0212"]
ACCESS = ["APIGW.0301", "APIG.0301", "APIGW.0307", "APIG.0307", "ModelArts.0201", "ModelArts.0202", "ModelArts.0203"]
RIGHTS = ["ModelArts.0108", "ModelArts.0112", "APIGW.0302", "APIG.0302"]
THROTTLED = ["APIGW.0308", "APIG.0308", "ModelArts.2799", "ModelArts.4206", "ModelArts.6101"]
BACKEND = ["APIGW.0201", "APIGW.0202", "APIGW.0203", "APIGW.0610", "APIGW.0613", "APIG.0201"]
INTERNAL = ["ModelArts.0010", *(f"ModelArts.295{digit}" for digit in range(10))]
OWN_REFUSALS = [code for code in (*GONE, *NO_SUCH_API, *ELSEWHERE, *BAD, *PROJECT, *RIGHTS) if code.startswith("ModelArts.")]
CODES = [
    *GONE,
    *NO_SUCH_API,
    *ELSEWHERE,
    *BAD,
    *PROJECT,
    *ACCESS,
    *RIGHTS,
    *THROTTLED,
    *BACKEND,
    *INTERNAL,
    "IAM.0002",
    "X",
    "401",
]


def proof(status: int, code: t.Optional[str]) -> t.Tuple[Failure, bool]:
    """Return what an answer of a status with a code proves: what it is read as, and whether anything may have been done."""
    if not 200 <= status <= 599 or 300 <= status <= 399:
        return _http.Unintelligible, True
    nobody_knows = code in (*BACKEND, *INTERNAL) or (code in THROTTLED and status != 429)
    if status == 401:
        return _http.NoAccess, nobody_knows
    if code in ACCESS:
        return _http.NoAccess, status == 408 or status >= 500
    if status == 408 or nobody_knows:
        return _http.AnswerLost, True
    if status < 500 or code in OWN_REFUSALS:
        return _http.Refused, False
    return _http.AnswerLost, True


@pytest.mark.parametrize("code", [None, *CODES], ids=str)
def test_each_status_with_each_code_proves_what_it_proves_and_no_more(code: t.Optional[str]) -> None:
    for status in (*range(100, 600), 0, 1, 99, 600, 999, -1):
        for body in (
            {"error_code": code, "error_msg": "No."},
            {"is_success": False, "error_code": code},
            {"error": {"error_code": code}},
        ):
            failure = failure_of(status, body, **{"X-Request-Id": "r"}) if code or status not in range(200, 300) else None
            if failure is not None:
                assert (failure.__class__, failure.maybe_done) == proof(status, code), (status, body)
                assert (failure.http_status, failure.request_id) == (status, "r")


@pytest.mark.parametrize("body", [HTML, b"", b"[]", b"null", b"{", {}], ids=["HTML", "empty", "list", "null", "cut", "{}"])
def test_each_status_without_a_code_proves_what_it_proves_and_no_more(body: t.Any) -> None:
    for status in (*range(100, 600), 0, 99, 600, 999):
        if 200 <= status < 300:
            if body != {}:
                failure = failure_of(status, body)
                assert (failure.__class__, failure.maybe_done) == (_http.Unintelligible, True)
        else:
            failure = failure_of(status, body)
            assert (failure.__class__, failure.maybe_done) == proof(status, None), status


@pytest.mark.parametrize(
    "body", [{"error_code": "ModelArts.0105"}, {"error_code": "APIGW.0301"}, {"error": {"message": "No."}}], ids=str
)
@pytest.mark.parametrize("yes", [True, "true", "True"], ids=repr)
def test_an_answer_that_contradicts_itself_proves_nothing(body: Fields, yes: t.Any) -> None:
    failure = failure_of(200, {"is_success": yes, **body}, **{"X-Request-Id": "r"})
    assert (failure.__class__, failure.maybe_done, failure.request_id) == (_http.Unintelligible, True, "r")
    assert failure.message.startswith("The answer says both that the call succeeded and that it failed: ")


@pytest.mark.parametrize("yes", [True, "true"], ids=repr)
@pytest.mark.parametrize("code", [None, "ModelArts.0105", "ModelArts.0015", "APIGW.0301", "APIGW.0308", "X.1"], ids=str)
def test_whatever_its_status_a_failure_that_says_that_it_is_a_success_leaves_open_what_was_done(
    code: t.Optional[str], yes: t.Any
) -> None:
    for status in (200, 201, 400, 401, 403, 404, 408, 409, 429, 500, 503):
        body = {"is_success": yes, "job_id": "5", **({"error_code": code} if code else {})}
        if code or status > 201:
            assert failure_of(status, body).maybe_done, status


@pytest.mark.parametrize(
    "shown",
    [
        {"job_id": 1, "status": 8},
        {"job_name": "n", "status": "8"},
        {"jobs": []},
        {"jobs": [{"job_id": 1}], "job_total_count": 1},
    ],
    ids=str,
)
def test_a_failure_in_a_2xx_that_shows_what_only_a_success_shows_proves_nothing(shown: Fields) -> None:
    coded = {"error_code": "ModelArts.0015", "error_msg": "No."}
    assert failure_of(200, {**shown, **coded}).__class__ is _http.Unintelligible
    for status, body in (
        (200, {**shown, **coded, "is_success": False}),
        (404, {**shown, **coded}),
        (200, {"job_id": 1, **coded}),
        (200, {"job_id": 1, "is_success": False}),
    ):
        assert failure_of(status, body).__class__ is _http.Refused, body
    assert failure_of(200, {**shown, "is_success": False}).maybe_done


@pytest.mark.parametrize(
    "said",
    [
        {"error": "backend failed"},
        {"error": {"message": "No."}},
        {"code": "ModelArts.0105", "message": "No."},
        {"code": "APIGW.0101"},
    ],
    ids=str,
)
def test_a_success_that_tells_of_an_error_in_any_form_is_none(said: Fields) -> None:
    assert failure_of(200, {"is_success": True, **said}).maybe_done
    assert failure_of(200, said).__class__ is _http.Refused
    harmless = {"is_success": True, "code": 200, "message": "ok", "error": None}
    of_a_job = {"job_id": 1, "status": 11, "error": "The image cannot be pulled.", "code": "Image.1"}
    for body in (harmless, of_a_job, {"jobs": [], "error": "None."}):
        assert _http.read_answer(answer(200, body)).body == body


@pytest.mark.parametrize("status", [200, 404])
def test_two_codes_that_differ_prove_what_neither_does(status: int) -> None:
    body = {"error_code": "APIGW.0101", "error": {"error_code": "ModelArts.0015", "error_msg": "Gone."}}
    failure = failure_of(status, body)
    assert (failure.code, failure.message) == ("APIGW.0101 and ModelArts.0015", "Gone.")
    assert failure_of(status, {**body, "error_code": "ModelArts.0015"}).code == "ModelArts.0015"


def test_of_an_answer_that_is_long_only_what_may_be_told_is_looked_at_for_secrets() -> None:
    seen: t.List[str] = []

    def mask(text: str) -> str:
        seen.append(text)
        return text

    long = "x" * (_http.LONGEST_TEXT + 1)
    body = {
        "error_code": "X.1",
        "error_msg": "m",
        "data": ["a"] * 9,
        "more": {"b": "c"},
        "error": {"title": "t", "in": {"d": "e"}},
    }
    told = json.loads(_http.masked(answer(400, {**body, "trace": long}), mask).body)
    assert sorted(seen) == ["X.1", "m", "t"]
    assert told["trace"] is None and told["error"] == {"title": "t", "in": None}


@pytest.mark.parametrize(
    ("failure", "maybe_done", "speaker"),
    [
        (_http.Refused, False, "ModelArts"),
        (_http.NoAccess, False, "ModelArts"),
        (_http.AnswerLost, True, "ModelArts"),
        (_http.Unintelligible, True, "ModelArts"),
        (_http.NotSent, False, "the network"),
        (_http.Unsendable, False, "the network"),
        (_http.DeadlineExceeded, False, "this machine"),
        (_http.Interrupted, False, "this machine"),
    ],
)
def test_a_failure_says_what_may_have_been_done_and_who_speaks(failure: Failure, maybe_done: bool, speaker: str) -> None:
    error = failure("No.")
    assert (error.maybe_done, error.speaker.value, error.retry_after) == (maybe_done, speaker, None)
    assert failure("No.", maybe_done=not maybe_done, speaker=_http.Speaker.PROXY).maybe_done is not maybe_done
    assert failure("No.", speaker=_http.Speaker.PROXY).speaker is _http.Speaker.PROXY


def test_a_407_is_told_as_the_proxys() -> None:
    assert (failure_of(407, HTML).speaker, failure_of(403, HTML).speaker) == (_http.Speaker.PROXY, _http.Speaker.MODELARTS)


# --- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'{"a": "cut \ud83d"}', {"a": "cut \ufffd"}),
        (rb'{"a": ["\uDE00", {"b": "\uD83D"}]}', {"a": ["\ufffd", {"b": "\ufffd"}]}),
        (rb'{"k\ud83d": {"\udfff": 1}}', {"k\ufffd": {"\ufffd": 1}}),
        (rb'{"a": "\ud83d\ude00"}', {"a": "\U0001f600"}),
        (rb'{"a": "\\ud83d", "b": "\ude00\ud83d"}', {"a": "\\ud83d", "b": "\ufffd\ufffd"}),
        (b'{"a": "\xf0\x9f\x98\x80", "n": [1, 0.5, true, null]}', {"a": "\U0001f600", "n": [1, 0.5, True, None]}),
    ],
    ids=["at the end", "nested", "in keys", "a whole one", "escaped", "none"],
)
def test_every_text_is_sound_unicode(sent: bytes, read: Fields) -> None:
    reply = _http.read_answer(answer(200, sent))
    assert reply.body == read
    assert json.dumps(reply.body, ensure_ascii=False).encode()


def test_half_a_character_in_an_error_is_replaced_too() -> None:
    failure = failure_of(400, rb'{"error_code": "X\ud83d", "error_msg": "No\ud83d.", "request_id": "r\ud83d"}')
    assert (failure.code, failure.message, failure.request_id) == ("X\ufffd", "No\ufffd.", "r\ufffd")


def test_text_too_deep_for_us_with_half_a_character_in_it_is_no_json() -> None:
    assert failure_of(200, b"[" * 900 + rb'"\ud83d"' + b"]" * 900).__class__ is _http.Unintelligible


@pytest.mark.parametrize("status", [200, 201, 299])
@pytest.mark.parametrize(
    ("headers", "body", "request_id"),
    [({"X-Request-Id": "rq1"}, {"is_success": None}, "rq1"), ({}, {"request_id": "rq2"}, "rq2"), ({}, {}, None)],
)
def test_the_id_of_the_request_is_in_the_reply(
    headers: t.Dict[str, str], body: Fields, request_id: t.Optional[str], status: int
) -> None:
    reply = _http.read_answer(answer(status, body, **headers))
    assert (reply.request_id, reply.http_status, reply.body) == (request_id, status, body)
    assert dict(reply.headers) == headers


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
    assert _http.Refused("No.", code).kind() == kind


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
        ("Thu Jan  1 00:17:20 1970", 40.0),
        ("Thu, 01 Jan 1970 00:17:20 -0000", 40.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("Thu, 99 Jan 1970 00:00:00 GMT", None),
        ("10000000", 1e7),
        ("600.5", 600.5),
        ("9" * 40, 1e40),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_read_as_a_number_and_as_a_date(value: str, seconds: t.Optional[float]) -> None:
    assert _http.retry_after({"Retry-After": value}, 1000.0) == seconds


def test_without_retry_after_there_is_none() -> None:
    assert _http.retry_after({}, 1000.0) is None


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


SAID_AGAIN = [
    r'"Not with the\u002dsecret\u002Dkey."',
    r'"Not with \u0074\u0068\u0065-secret-key."',
    r'"Not with the-secret-key/ or the-secret-key."',
    '"Not with a+%2Fb%26c d."',
    '"Not with a +/b&amp;c d."',
    '"Not with a    +/b&c\\td."',
    '"Basic ' + base64.b64encode(b"user:the-password").decode() + '"',
]


@pytest.mark.parametrize("said", SAID_AGAIN)
def test_a_secret_is_masked_however_it_is_written(said: str) -> None:
    answer = _http.Answer(400, {}, ('{"error_code": "ModelArts.0999", "error_msg": ' + said + "}").encode())
    secrets = ["the-secret-key", "a +/b&c d", "user:the-password"]
    shown = json.loads(_http.masked(answer, _http.masker(secrets)).body)["error_msg"]
    assert _http.MASK in shown and not [one for one in ("secret", "/b", "%2F", "dXN") if one in shown]


def test_what_nobody_can_read_is_left_out_of_an_answer() -> None:
    deep = b"[" * 800 + b"]" * 800
    body = b'{"job_id": "1", "deep": ' + deep + b', "__ansible_type": "x", "in": {"__ansible_vault": 1, "a": NaN}, "code": 0}'
    read = _http.read_answer(_http.Answer(200, {}, body)).body
    assert (read["job_id"], read["in"], "__ansible_type" in read) == ("1", {"a": None}, False)
    assert len(json.dumps(read)) < 200


@pytest.mark.parametrize("code", ["0", "false", "NaN", "null", '""', "[]"])
def test_a_code_that_is_none_is_no_failure(code: str) -> None:
    body = f'{{"is_success": true, "error_code": {code}}}'.encode()
    assert _http.read_answer(_http.Answer(200, {}, body)).body["is_success"] is True


def test_a_number_that_is_greater_than_any_stays_what_json_can_say() -> None:
    assert _http.parse_json(b'{"a": 1e999, "b": -1e999, "c": 1.5}') == {"a": "1e999", "b": "-1e999", "c": 1.5}


def test_what_an_answer_says_in_two_ways_it_does_not_say() -> None:
    twice = b'{"a": 1, "a": 1, "b": 1, "b": 2, "c": {"d": "x", "d": "y"}}'
    assert _http.parse_json(twice) == {"a": 1, "b": [1, 2], "c": {"d": ["x", "y"]}}
    both = b'{"is_success": false, "error_code": "ModelArts.0105", "error_code": "", "is_success": true}'
    assert _http.read_answer(_http.Answer(200, {}, both)).body["is_success"] == [False, True]  # which is no success


def test_of_an_error_only_what_may_be_read_is_looked_through() -> None:
    long = "x" * _http.LONGEST_TEXT
    error = {"error": {"a": long, "error": {"b": 1}}, "code": long + "x", "list": [1], "object": {"c": 2}, "number": 3}
    told = {"error": {"a": long, "error": None}, "code": None, "list": None, "object": None, "number": 3}
    assert _http.tellable({"error_msg": long, **error}) == {"error_msg": long, **told}
    assert [_http.tellable(one) for one in ([1], "text", None, 7)] == [None, "text", None, 7]


@pytest.mark.parametrize("status", [200, 201, 299])
def test_in_each_status_of_a_success_a_contradiction_is_one_and_the_status_is_not_told(status: int) -> None:
    failure = failure_of(status, {"job_id": 1, "status": 8, "error_code": "ModelArts.0105"})
    assert failure.__class__ is _http.Unintelligible
    assert failure_of(status, b"[]").message.startswith("The answer is ")


def test_of_an_error_with_more_fields_than_anybody_reads_only_the_first_are_looked_through() -> None:
    looked: t.List[str] = []

    def mask(text: str) -> str:
        looked.append(text)
        return text

    body = json.dumps({"error_msg": "No.", **{str(number): "%a" for number in range(100_000)}}).encode()
    shown = _http.masked(_http.Answer(500, {}, body), mask)
    assert json.loads(shown.body)["error_msg"] == "No." and len(looked) == _http.MOST_FIELDS


def test_no_answer_fills_the_memory_whatever_it_says_of_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_wire, "MOST_BYTES", 20_000)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 30_000)
        ours.settimeout(5)
        answer = _wire.TimedResponse(ours)
        answer.begin()
        with pytest.raises(OSError, match="The answer is too long"):
            while answer.read(4096):
                pass


def test_tls_within_tls_keeps_time_though_each_byte_of_it_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = threading.Event()

    class Layer:
        """A socket that is none, and reads on and on."""

        def makefile(self, *dummy: t.Any, **options: t.Any) -> t.Any:
            return types.SimpleNamespace(readinto=lambda dummy: silence.wait(20), close=lambda: None)

        def settimeout(self, seconds: float) -> None:
            assert seconds > 0

    begin = time.monotonic()
    with pytest.raises(socket.timeout):
        _wire.TimedReader(t.cast(t.Any, Layer()), begin + 0.2).readinto(bytearray(8))
    connection = _wire.DirectTlsConnection("127.0.0.1", 9, timeout=0.2)
    connection.proxy = t.cast(t.Any, types.SimpleNamespace(scheme="https"))
    monkeypatch.setattr("urllib3.connection.HTTPSConnection.connect", lambda dummy: silence.wait(20))
    with pytest.raises(_wire.NotConnected):
        connection.connect()
    silence.set()
    assert time.monotonic() - begin < 5


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


def settings(**fields: t.Any) -> _settings.Settings:
    """Return settings, of which a transport looks at the certificates only."""
    usual: Fields = {"auth_url": None, "project_id": "p", "project_name": None, "project_domain": None, "region_name": None}
    return _settings.Settings(_settings.Token("t"), **{**usual, "endpoint": "https://modelarts.example.com", **fields})


def send(
    transport: _http.Transport,
    method: str,
    url: str,
    authorise: _auth.Authorise = _auth.unauthorised,
    query: t.Optional[Fields] = None,
    body: t.Optional[Fields] = None,
    headers: t.Optional[t.Dict[str, str]] = None,
    within: float = 60.0,
) -> _http.Answer:
    """Send a request that has so many seconds."""
    end = time.monotonic() + within
    return transport.exchange(_http.Request(method, url, query or {}, body, headers or {}, authorise, method == "GET", end))


@pytest.fixture
def transport() -> t.Iterator[_http.Transport]:
    """Return a transport that gives up after ten seconds."""
    made = _http.Transport(settings(), _clock.Clock(), 10.0, 2)
    yield made
    made.close()


def test_a_request_arrives_as_it_was_meant(wire: Wire, transport: _http.Transport) -> None:
    wire.reply("200 OK", b'{"is_success":true}', "X-Request-Id: r")
    auth = _auth.TokenAuth("the-token")
    got = send(
        transport,
        "PUT",
        f"{wire.url}/v1/p/x",
        auth,
        query={"b": 1, "a": "x y/ä"},
        body={"job_desc": "ä"},
        headers={"X-Other": "o"},
    )
    assert (got.status, got.body) == (200, b'{"is_success":true}')
    assert got.headers["x-request-id"] == "r"
    (received,) = wire.received
    assert received.line == "PUT /v1/p/x?b=1&a=x%20y%2F%C3%A4 HTTP/1.1"
    assert received.body == b'{"job_desc":"\\u00e4"}'
    expected = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": _http.USER_AGENT,
        "X-Auth-Token": "the-token",
        "X-Other": "o",
    }
    assert {name: received.headers[name] for name in expected} == expected


def test_a_request_without_a_body_has_none(wire: Wire, transport: _http.Transport) -> None:
    send(transport, "DELETE", f"{wire.url}/x")
    assert (wire.received[0].line, wire.received[0].body) == ("DELETE /x HTTP/1.1", b"")


def test_what_arrives_is_what_was_signed(wire: Wire, transport: _http.Transport) -> None:
    auth = _auth.SignatureAuth(_settings.AccessKey("AK", "the-secret-key"), "p", lambda: 0.0)
    send(transport, "POST", f"{wire.url}/v1/p/x", auth, query={"b": "x y", "a": 1}, body={"job_desc": "ä"})
    (received,) = wire.received
    names = ("content-type", "host", "x-project-id", "x-sdk-date")
    signed = {name: received.headers[name] for name in names}
    target = f"{wire.url}{received.line.split(' ')[1]}"
    signature = _auth.sign(_auth.canonical_request("POST", target, signed, received.body), signed["x-sdk-date"], "the-secret-key")
    assert received.headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access=AK, SignedHeaders={';'.join(names)}, Signature={signature}"
    )


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 429, 500, 503])
def test_an_answer_comes_back_once_whatever_its_status(wire: Wire, transport: _http.Transport, status: int) -> None:
    wire.reply(f"{status} Any", b"text")
    got = send(transport, "GET", wire.url)
    assert (got.status, got.body) == (status, b"text")
    assert len(wire.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(wire: Wire, transport: _http.Transport, status: int) -> None:
    wire.reply(f"{status} Elsewhere", b"", f"Location: {wire.url}/elsewhere")
    assert send(transport, "GET", f"{wire.url}/here").status == status
    assert [received.line for received in wire.received] == ["GET /here HTTP/1.1"]


def test_cookies_are_not_kept(wire: Wire, transport: _http.Transport) -> None:
    wire.reply("200 OK", b"{}", "Set-Cookie: session=1; Path=/")
    send(transport, "GET", wire.url)
    send(transport, "GET", wire.url)
    assert [received.headers["Cookie"] for received in wire.received] == [None, None]


def test_netrc_is_not_used(
    wire: Wire, transport: _http.Transport, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password the-password\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    requests.get(wire.url, timeout=10)
    send(transport, "GET", wire.url)
    by_requests, by_us = wire.received
    assert str(by_requests.headers["Authorization"]).startswith("Basic ")
    assert by_us.headers["Authorization"] is None


def test_connections_are_reused(wire: Wire, transport: _http.Transport) -> None:
    for dummy in range(3):
        send(transport, "GET", wire.url)
    assert len({received.peer for received in wire.received}) == 1


def test_an_answer_is_read_up_to_one_byte_more_than_is_accepted(wire: Wire, transport: _http.Transport) -> None:
    wire.reply("200 OK", b"x" * (_http.MAX_ANSWER_BYTES + 70_000))
    wire.hang_up = True
    assert len(send(transport, "GET", wire.url).body) == _http.MAX_ANSWER_BYTES + 1
    wire.reply("200 OK", b"x" * _http.MAX_ANSWER_BYTES)
    assert len(send(transport, "GET", wire.url).body) == _http.MAX_ANSWER_BYTES


def test_a_compressed_answer_is_not_unpacked(wire: Wire, transport: _http.Transport) -> None:
    packed = gzip.compress(b" " * 1_000_000)
    wire.reply("200 OK", packed, "Content-Encoding: gzip")
    assert send(transport, "GET", wire.url).body == packed


def test_a_refused_connection_is_known_as_not_sent(transport: _http.Transport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(_http.NotSent) as caught:
            send(transport, "POST", f"http://127.0.0.1:{port}/x", body={})
    assert caught.value.__class__ is _http.NotSent
    assert caught.value.message == f"127.0.0.1:{port} refused the connection."
    assert (caught.value.code, caught.value.http_status) == (None, None)


def test_a_name_that_cannot_be_resolved_is_known_as_not_sent(transport: _http.Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*dummy: t.Any, **dummies: t.Any) -> t.NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(_http.NotSent) as caught:
        send(transport, "POST", "http://nowhere.invalid/x")
    assert caught.value.__class__ is _http.NotSent
    assert caught.value.message == "The name of nowhere.invalid cannot be resolved."


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"],
    ids=["nothing", "no HTTP", "half of the body"],
)
def test_a_connection_that_is_closed_before_the_answer_is_whole_loses_it(
    wire: Wire, transport: _http.Transport, content: bytes
) -> None:
    wire.content = content
    wire.hang_up = True
    with pytest.raises(_http.AnswerLost) as caught:
        send(transport, "DELETE", wire.url)
    assert caught.value.__class__ is _http.AnswerLost
    assert len(wire.received) == 1
    assert f"127.0.0.1:{wire.server_address[1]}" in caught.value.message


def test_where_no_thread_can_be_started_to_look_up_a_name_that_is_said_and_nothing_is_sent(
    wire: Wire, transport: _http.Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dummy: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(_http.NotSent, match="starts no more threads") as caught:
        send(transport, "DELETE", wire.url)
    assert caught.value.__class__ is _http.NotSent and not caught.value.maybe_done


def test_an_answer_that_does_not_come_in_time_is_lost(wire: Wire, transport: _http.Transport) -> None:
    wire.silence = threading.Event()
    with pytest.raises(_http.AnswerLost) as caught:
        send(transport, "DELETE", wire.url, within=1.5)
    assert caught.value.message == f"No answer from 127.0.0.1:{wire.server_address[1]} within 1.5 s."


@pytest.mark.parametrize(("within", "seconds"), [(3.0, 3.0), (10.0, 10.0), (300.0, 10.0)], ids=["less", "as much", "more"])
def test_a_request_gives_up_after_its_timeout_or_sooner(
    transport: _http.Transport, monkeypatch: pytest.MonkeyPatch, within: float, seconds: float
) -> None:
    given: t.List[t.Any] = []

    def note(*dummy: t.Any, **options: t.Any) -> t.NoReturn:
        given.extend((options["timeout"].connect_timeout, options["timeout"].clone().read_timeout))
        raise requests.exceptions.ReadTimeout

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", note)
    with pytest.raises(_http.AnswerLost):
        send(transport, "GET", "http://127.0.0.1:1", within=within)
    assert len(given) == 2 and all(max(0.0, seconds - 6.0) < one <= seconds + 0.1 for one in given)  # a machine may stall


@pytest.mark.parametrize("within", [0.0, -5.0])
def test_without_time_nothing_is_sent(wire: Wire, transport: _http.Transport, within: float) -> None:
    with pytest.raises(_http.DeadlineExceeded):
        send(transport, "GET", wire.url, within=within)
    assert wire.received == []


def test_the_end_of_a_request_is_on_the_clock_that_was_given(wire: Wire) -> None:
    transport = _http.Transport(settings(), _clock.Clock(monotonic=lambda: 1e9), 10.0, 1)
    request = _http.Request("GET", wire.url, {}, None, {}, _auth.unauthorised, True, 1e9 + 5)
    assert transport.exchange(request).status == 200
    transport.close()


def test_speech_that_is_no_tls_is_no_connection(wire: Wire, transport: _http.Transport) -> None:
    with pytest.raises(_http.NotSent, match=r"^The TLS connection to 127\.0\.0\.1:\d+ failed \([a-z ]+\)\.$") as caught:
        send(transport, "DELETE", wire.url.replace("http:", "https:"))
    assert caught.value.__class__ is _http.NotSent
    assert wire.received == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://*.example.com/", "http://", f"http://{'a' * 64}.example.com/"])
def test_what_cannot_be_sent_at_all_is_known_as_such(transport: _http.Transport, url: str) -> None:
    with pytest.raises(_http.Unsendable) as caught:
        send(transport, "GET", url)
    assert not caught.value.maybe_done


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\u20ac", "a\0"], ids=repr)
def test_a_header_that_none_can_send_is_known_as_such(wire: Wire, transport: _http.Transport, value: str) -> None:
    with pytest.raises(_http.Unsendable) as caught:
        send(transport, "GET", wire.url, _auth.TokenAuth(value))
    assert (caught.value.speaker, value in caught.value.message) == (_http.Speaker.LOCAL, False)
    assert wire.received == []


def test_no_secret_is_in_what_is_printed_of_a_request() -> None:
    request = _http.Request("POST", "https://h", {}, {"x": "s3cret"}, {"X": "s3cret"}, _auth.TokenAuth("s3cret"), True, 1.0)
    assert "https://h" in repr(request) and "s3cret" not in repr(request)


# --- accidents ---------------------------------------------------------------------------------------------------

HERE = _http.Route("h", "", {})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectTimeout(), _http.AnswerLost),
        (requests.exceptions.ReadTimeout(), _http.AnswerLost),
        (requests.exceptions.ProxyError(), _http.AnswerLost),
        (requests.exceptions.ConnectionError(), _http.AnswerLost),
        (requests.exceptions.ConnectionError(ConnectionResetError(104, "reset")), _http.AnswerLost),
        (requests.exceptions.ConnectionError(ConnectionRefusedError(111, "refused")), _http.AnswerLost),
        (requests.exceptions.ChunkedEncodingError(), _http.AnswerLost),
        (requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")), _http.AnswerLost),
        (requests.exceptions.InvalidURL(), _http.Unsendable),
        (UnicodeEncodeError("latin-1", "\u20ac", 0, 1, "no"), _http.Unsendable),
        (requests.exceptions.InvalidSchema(), _http.Unsendable),
        (requests.exceptions.InvalidHeader(urllib3_exceptions.InvalidHeader("two lengths")), _http.AnswerLost),
        (ValueError(), _http.AnswerLost),
        (OSError(), _http.AnswerLost),
    ],
    ids=lambda value: f"{type(value).__name__} {value}" if isinstance(value, Exception) else None,
)
def test_only_what_shows_that_no_connection_came_about_proves_that_nothing_was_done(error: Exception, kind: Failure) -> None:
    failure = _http.accident(error, HERE, 3.0)
    assert failure.__class__ is kind
    assert failure.maybe_done is (kind is _http.AnswerLost)
    assert "h" in failure.message.split()


def not_connected(cause: BaseException) -> Exception:
    """Return what ``requests`` raises where this has kept a connection from coming about."""
    failure = _wire.NotConnected(t.cast(t.Any, None), "no connection")
    failure.__cause__ = cause
    return requests.exceptions.ConnectionError(urllib3_exceptions.MaxRetryError(t.cast(t.Any, None), "/", failure))


@pytest.mark.parametrize(
    ("cause", "kind", "message"),
    [
        (ConnectionRefusedError(111, "Connection refused"), _http.NotSent, "h refused the connection."),
        (OSError(113, "No route to host"), _http.NotSent, "No connection to h (No route to host)."),
        (OSError(), _http.NotSent, "No connection to h."),
        (socket.timeout("timed out"), _http.NotSent, "No connection to h within 3 s."),
        (_wire.LookupTimeout(), _http.NotSent, "The name of h could not be looked up within 3 s."),
        (socket.gaierror(-2, "Name or service not known"), _http.NotSent, "The name of h cannot be resolved."),
        (UnicodeError("label empty or too long"), _http.Unsendable, "h is not the name of a host."),
        (ssl.SSLEOFError(8, "EOF occurred"), _http.NotSent, "The TLS connection to h failed (the TLS library does not say why)."),
        (
            ssl.SSLCertVerificationError("hostname 'h' doesn't match 'x'"),
            _http.Unsendable,
            "The certificate of h cannot be verified: it is for another host (validate_certs, ca_cert).",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_where_no_connection_came_about_the_reason_is_told(cause: BaseException, kind: Failure, message: str) -> None:
    failure = _http.accident(not_connected(cause), HERE, 3.0)
    assert (failure.__class__, failure.message, failure.maybe_done) == (kind, message, False)


def test_a_certificate_that_cannot_be_verified_is_known_as_such_however_deep_it_lies() -> None:
    bad = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    bad.verify_message = "self-signed certificate"
    failure = _http.accident(not_connected(urllib3_exceptions.SSLError(bad)), HERE, 3.0)
    assert failure.__class__ is _http.Unsendable
    assert failure.message == "The certificate of h cannot be verified: self-signed certificate (validate_certs, ca_cert)."


@pytest.mark.parametrize("alert", ["tlsv13 alert certificate required", "tlsv1 alert unknown ca", "sslv3 alert bad certificate"])
@pytest.mark.parametrize("connected", [True, False])
def test_a_server_that_refuses_our_certificate_is_known_as_such_and_asked_once(alert: str, connected: bool) -> None:
    refusal = ssl.SSLError(1, f"[SSL: {alert.upper().replace(' ', '_')}] {alert} (_ssl.c:2580)")
    failure = _http.accident(requests.exceptions.SSLError(refusal) if connected else not_connected(refusal), HERE, 3.0)
    assert failure.__class__ is _http.Unsendable and failure.speaker is _http.Speaker.LOCAL
    assert failure.message.startswith("h refused the TLS connection: it wants a client certificate")


def test_what_came_of_an_earlier_request_proves_nothing_of_this_one(wire: Wire, transport: _http.Transport) -> None:
    with pytest.raises(_http.NotSent) as earlier:
        send(transport, "GET", "http://127.0.0.1:1")
    wire.content, wire.hang_up = b"", True
    with pytest.raises(_http.AnswerLost) as caught:
        try:
            raise earlier.value
        except _http.NotSent:
            send(transport, "DELETE", wire.url)
    assert caught.value.maybe_done


def test_causes_that_lie_in_a_circle_are_told_once() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert list(_http.causes(first)) == [first, second]


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("http://the-user:the-password@", "has no host"),
        ("http://the-user:12/the-password@proxy:3128", "has no host, or a user or password in it"),
        ("http://the-user:12?the-password@proxy:3128", "has no host, or a user or password in it"),
        ("http://the-user%3Athe-password%40proxy:3128", "has no host, or a user or password in it"),
        ("ftp://the-user:the-password@proxy:21", "The proxy ftp://proxy:21 cannot be used"),
        ("http://[::1", "The URL of the proxy is none"),
    ],
)
def test_a_proxy_that_none_can_use_is_told_without_its_user(proxy: str, said: str) -> None:
    with pytest.raises(_http.Unsendable) as caught:
        _http.checked_proxy(proxy)
    assert said in caught.value.message and "the-" not in caught.value.message
    assert caught.value.speaker is _http.Speaker.PROXY


@pytest.mark.parametrize("failure", [AttributeError("strip"), TypeError("x"), IndexError("x"), KeyError("x")], ids=repr)
def test_an_answer_over_which_the_libraries_stumble_may_have_been_to_a_call_that_was_made(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    transport = _http.Transport(settings(), _clock.Clock(), 10.0, 1)

    def stumble(*dummy: t.Any, **options: t.Any) -> t.NoReturn:
        raise failure

    monkeypatch.setattr(transport._adapter, "send", stumble)
    with pytest.raises(_http.Unintelligible, match="cannot read what") as caught:
        send(transport, "DELETE", "http://127.0.0.1:9")
    assert caught.value.maybe_done and type(failure).__name__ in caught.value.message


@pytest.mark.parametrize("user", ["", "u:p@", "u:pass%40word@", "u:pass%3Aword@", "u%40d:p@", "u:%2f%3f@"])
def test_a_proxy_may_have_a_user_and_a_password_with_any_character_that_is_written_as_it_must_be(user: str) -> None:
    assert _http.checked_proxy(f"http://{user}proxy:3128") == "http://proxy:3128"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "Https_Proxy", "all_proxy", "ALL_Proxy"])
@pytest.mark.parametrize(
    "proxy", ["the-token-of-us@proxy:3128", " http://the-token-of-us@proxy:3128", "http://u:the-token-of-us@p"]
)
def test_what_a_proxy_variable_tells_of_its_user_is_a_secret(variable: str, proxy: str) -> None:
    assert "the-token-of-us" in _settings.secrets_given({}, {variable: proxy})
