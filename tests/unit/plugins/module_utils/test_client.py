# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call: what is repeated and when, what all threads learn of an answer, and what is asked of IAM."""

from __future__ import annotations

import json
import threading
import typing as t
from concurrent import futures
from dataclasses import replace
from urllib.parse import urlencode

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from ansible_collections.otc.modelarts.plugins.module_utils import _client, _clock, _http, _settings

Fields = t.Dict[str, t.Any]
Failure = t.Type[_http.CallError]

HTML = b"<html><body>Bad Gateway</body></html>"


def answer(status: int, body: t.Any = None, **headers: str) -> _http.Answer:
    """Return an answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _http.Answer(status, CaseInsensitiveDict(headers), content)


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
    assert _client.is_throttled(_http.Refused("No.", code, status)) is throttled


@pytest.mark.parametrize(
    ("failure", "read", "change"),
    [
        (_http.NotSent("x"), True, True),
        (_http.Refused("x", None, 429), True, True),
        (_http.Refused("x", "ModelArts.4206", 400), True, True),
        (_http.AnswerLost("x"), True, False),
        (_http.AnswerLost("x", None, 503), True, False),
        (_http.Unsendable("x"), False, False),
        (_http.Refused("x", "ModelArts.0105", 400), False, False),
        (_http.Refused("x", None, 500), False, False),
        (_http.NoAccess("x", "APIGW.0301", 401), False, False),
        (_http.Unintelligible("x", None, 200), False, False),
        (_http.DeadlineExceeded("x"), False, False),
        (_http.CallError("x"), False, False),
    ],
    ids=lambda value: f"{type(value).__name__} {value.http_status or ''}" if isinstance(value, _http.CallError) else None,
)
def test_only_what_was_not_done_or_does_no_harm_twice_may_be_repeated(failure: _http.CallError, read: bool, change: bool) -> None:
    assert _client.repeatable(failure, idempotent=True) is read
    assert _client.repeatable(failure, idempotent=False) is change


# --- a client with a script in place of the network --------------------------------------------------------------

MODELARTS = "https://modelarts.example.com/v1/p"
IAM = "https://iam.example.com/v3"
TOKENS = f"{IAM}/auth/tokens"
JOB = "/visualization-jobs/10"
OK = answer(200, {"is_success": True})
KEY = _settings.AccessKey("AK", "the-secret-key")
TOKEN = _settings.Token("given")
PASSWORD = _settings.Password({"name": "user", "password": "the-password", "domain": {"name": "domain"}})
Reply = t.Union[_http.Answer, _http.CallError]


def settings(credentials: _settings.Credentials = KEY, **fields: t.Any) -> _settings.Settings:
    """Return settings with which nothing has to be asked of IAM, but for a token by password and the fields given."""
    usual: Fields = {"auth_url": IAM, "project_id": "p", "project_name": None, "project_domain": None, "region_name": None}
    return _settings.Settings(credentials, **{**usual, "endpoint": "https://modelarts.example.com", **fields})


def token(value: str, project: t.Optional[str] = "p", catalog: t.Sequence[Fields] = ()) -> _http.Answer:
    """Return IAM's answer with a token."""
    told = {"project": {"id": project} if project else None, "catalog": list(catalog)}
    return answer(201, {"token": told}, **{"X-Subject-Token": value})


def refused(status: int, code: t.Optional[str] = None, **headers: str) -> _http.Answer:
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
    request: _http.Request


class Script:
    """Stands where the transport is: sees that each request is the next of the script, and gives its answer.

    A request is written with what authorises it: ``GET <url> as <token>``, ``as AK``, or ``as nobody``.
    """

    def __init__(self, *calls: t.Tuple[str, Reply], seconds: float = 0.0) -> None:
        self.calls = list(calls)
        self.made: t.List[Made] = []
        self.time = Time()
        self.seconds = seconds

    def exchange(self, request: _http.Request) -> _http.Answer:
        prepared = requests.Request(request.method, request.url, auth=request.authorise).prepare()
        authorization = str(prepared.headers.get("Authorization", ""))
        who = "AK" if "Access=AK," in authorization else prepared.headers.get("X-Auth-Token", "nobody")
        query = f"?{urlencode(request.query)}" if request.query else ""
        made = f"{request.method} {request.url}{query} as {who}"
        expected, reply = next(iter(self.calls), ("nothing more", OK))
        self.calls = self.calls[1:]
        if made != expected:
            pytest.fail(f"{made} comes where {expected} should, after {len(self.made)} requests")
        self.made.append(Made(self.time.now, request.end - self.time.now, authorization, request))
        self.time.now += self.seconds
        if isinstance(reply, _http.CallError):
            raise reply
        return reply


def client(
    script: Script,
    seconds: float = 300.0,
    retries: int = 5,
    jitter: float = 1.0,
    stopped: t.Callable[[], bool] = lambda: False,
    **fields: t.Any,
) -> _client.Client:
    """Return a client that talks to a script, on its clock."""
    clock = _clock.Clock(lambda: script.time.now, script.time.sleep, lambda: script.time.now, stopped)
    transport = t.cast(_http.Transport, script)
    return _client.Client(settings(**fields), transport, _client.Deadline(clock, seconds), retries, 1, lambda: jitter)


def threaded(
    transport: t.Any, concurrency: int, given: t.Optional[_settings.Settings] = None, seconds: float = 60.0
) -> _client.Client:
    """Return a client for many threads, on the clock of this machine."""
    return _client.Client(given or settings(), transport, _client.Deadline(_clock.Clock(), seconds), 5, concurrency, lambda: 0.0)


def played(script: Script) -> None:
    """See that every request of the script was made."""
    assert [request for request, dummy in script.calls] == []


def request(method: str, who: str = "AK") -> str:
    return f"{method} {MODELARTS}{JOB} as {who}"


@pytest.mark.parametrize("code", ["ModelArts.0105", "APIGW.0101", "APIG.0106", "404"])
def test_a_code_that_has_a_secret_in_it_stays_what_is_decided_by(code: str) -> None:
    for secret in (code, code[:4], code[-4:], code.partition(".")[0]):
        script = Script((request("GET"), answer(400, {"error_code": code, "error_msg": f"with {secret}"})))
        asking = client(script)
        asking.secrets.append(secret)
        with pytest.raises(_http.CallError) as caught:
            asking.call("GET", JOB)
        assert caught.value.code == code and (len(secret) < 4 or secret not in caught.value.message)


@pytest.mark.parametrize("code", ["the-secret.0101", "ModelArts.0105 the-secret", "x" * 500 + "the-secret"])
def test_what_is_no_code_that_we_decide_by_is_masked_before_it_is_cut(code: str) -> None:
    script = Script((request("GET"), answer(400, {"error_code": code, "error_msg": "m"})))
    asking = client(script)
    asking.secrets.append("the-secret")
    with pytest.raises(_http.CallError) as caught:
        asking.call("GET", JOB)
    assert "the-sec" not in str(caught.value.code)


def test_a_call_gives_what_the_api_answers() -> None:
    script = Script((f"PUT {MODELARTS}{JOB}?a=1&b=x+y as AK", answer(200, {"is_success": True, "x": 1})))
    assert client(script).call("PUT", JOB, {"a": 1, "b": "x y"}, {"job_desc": "d"}).body == {"is_success": True, "x": 1}
    played(script)
    assert script.made[0].request.body == {"job_desc": "d"}
    assert "x-project-id" in script.made[0].authorization


FAILURES: t.List[t.Tuple[str, Reply, Failure, str]] = [
    # what it is, how it comes, how it is told where it is not repeated, which methods are repeated after it
    ("lost", _http.AnswerLost("Lost."), _http.AnswerLost, "GET"),
    ("502", answer(502, HTML), _http.AnswerLost, "GET"),
    ("503", refused(503), _http.AnswerLost, "GET"),
    ("504", answer(504, b""), _http.AnswerLost, "GET"),
    ("504 APIGW.0201", refused(504, "APIGW.0201"), _http.AnswerLost, "GET"),
    ("500 ModelArts.0010", refused(500, "ModelArts.0010"), _http.AnswerLost, "GET"),
    ("500 ModelArts.2955", refused(500, "ModelArts.2955"), _http.AnswerLost, "GET"),
    ("not sent", _http.NotSent("Refused the connection."), _http.NotSent, "GET DELETE POST PUT"),
    ("429", refused(429), _http.Refused, "GET DELETE POST PUT"),
    ("429 HTML", answer(429, HTML), _http.Refused, "GET DELETE POST PUT"),
    ("429 ModelArts.4206", refused(429, "ModelArts.4206"), _http.Refused, "GET DELETE POST PUT"),
    ("429 ModelArts.0010", refused(429, "ModelArts.0010"), _http.AnswerLost, "GET"),
    ("400 ModelArts.4206", refused(400, "ModelArts.4206"), _http.AnswerLost, "GET"),
    ("200 APIG.0308", refused(200, "APIG.0308"), _http.AnswerLost, "GET"),
    ("200 ModelArts.0010", refused(200, "ModelArts.0010"), _http.AnswerLost, "GET"),
    ("400 ModelArts.2950", refused(400, "ModelArts.2950"), _http.AnswerLost, "GET"),
    ("404 APIGW.0203", refused(404, "APIGW.0203"), _http.AnswerLost, "GET"),
    ("401 ModelArts.0010", refused(401, "ModelArts.0010"), _http.NoAccess, ""),
    ("untrusted", _http.Unsendable("Bad certificate."), _http.Unsendable, ""),
    ("400", refused(400, "ModelArts.0105"), _http.Refused, ""),
    ("403", refused(403, "ModelArts.0108"), _http.Refused, ""),
    ("404", refused(404, "APIGW.0101"), _http.Refused, ""),
    ("401", refused(401, "APIGW.0301"), _http.NoAccess, ""),
    ("408", answer(408, HTML), _http.AnswerLost, "GET"),
    ("503 with a code of throttling", refused(503, "ModelArts.4206"), _http.AnswerLost, "GET"),
    ("500 with a code of throttling", refused(500, "APIGW.0308"), _http.AnswerLost, "GET"),
    ("500 with a refusal", refused(500, "ModelArts.0105"), _http.Refused, ""),
    ("500 with a code of access", refused(500, "APIGW.0301"), _http.NoAccess, ""),
    ("500", refused(500, "ModelArts.9999"), _http.AnswerLost, ""),
    ("500 HTML", answer(500, HTML), _http.AnswerLost, ""),
    ("501", refused(501), _http.AnswerLost, ""),
    ("200 with both", answer(200, {"is_success": True, "error_code": "X"}), _http.Unintelligible, ""),
    ("200 HTML", answer(200, HTML), _http.Unintelligible, ""),
    ("302", answer(302, b""), _http.Unintelligible, ""),
]


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT"])
@pytest.mark.parametrize(("reply", "kind", "repeated"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_each_method_is_repeated_only_where_that_is_safe(method: str, reply: Reply, kind: Failure, repeated: str) -> None:
    if method in repeated.split():
        script = Script((request(method), reply), (request(method), OK))
        assert client(script).call(method, JOB).body == {"is_success": True}
        assert script.time.slept == [0.5]
    else:
        script = Script((request(method), reply))
        with pytest.raises(_http.CallError) as caught:
            client(script).call(method, JOB)
        assert caught.value.__class__ is kind
        assert script.time.slept == []
    played(script)


@pytest.mark.parametrize(
    ("jitter", "pauses"),
    [(1.0, [0.5, 1, 2, 4, 8, 16, 30, 30]), (0.0, [0.25, 0.5, 1, 2, 4, 8, 15, 15])],
    ids=["longest", "shortest"],
)
@pytest.mark.parametrize("failure", [_http.NotSent("x"), refused(503), refused(429)], ids=["not sent", "503", "429"])
def test_pauses_double_up_to_a_limit_and_vary(jitter: float, pauses: t.List[float], failure: Reply) -> None:
    script = Script(*[(request("GET"), failure)] * 8, (request("GET"), OK))
    assert client(script, 1e6, 8, jitter).call("GET", JOB).body == {"is_success": True}
    played(script)
    assert script.time.slept == pauses


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_call_is_repeated_as_often_as_told_and_then_fails_with_the_last_answer(retries: int) -> None:
    script = Script(*[(request("GET"), refused(503))] * retries, (request("GET"), refused(504, "APIGW.0201")))
    with pytest.raises(_http.AnswerLost) as caught:
        client(script, retries=retries).call("GET", JOB)
    played(script)
    assert (caught.value.http_status, caught.value.code, caught.value.message) == (504, "APIGW.0201", "The API says no.")
    assert len(script.time.slept) == retries


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("7", 7.1),
        ("1", 1.1),
        *((value, 0.5) for value in ("0", "0.9", "Thu, 01 Jan 1970 00:16:40 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "soon")),
        ("120", 120.1),
        ("Thu, 01 Jan 1970 00:17:20 GMT", 40.1),
    ],
    ids=["seconds", "one", "at once", "rounded", "now", "past", "nonsense", "longer than our own longest", "date"],
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
        (refused(429), 0.1),
        (refused(503), 0.5),
        (_http.NotSent("x"), 0.5),
    ],
    ids=["429, asked", "503, asked", "503, asked by a date", "429", "503", "not sent"],
)
def test_a_pause_that_would_last_to_the_deadline_is_not_made(failure: Reply, seconds: float) -> None:
    script = Script((request("GET"), failure))
    with pytest.raises(_http.CallError) as caught:
        client(script, seconds=seconds).call("GET", JOB)
    played(script)
    assert caught.value.http_status == (failure.status if isinstance(failure, _http.Answer) else None)
    assert (script.time.now, script.time.slept) == (1000.0, [])


def test_quiet_that_nobody_asked_for_leaves_half_of_the_time() -> None:
    script = Script(*[(request("GET"), refused(429))] * 3, (request("GET"), OK))
    client(script, seconds=0.8).call("GET", JOB)
    played(script)
    assert [round(one, 3) for one in script.time.slept] == [0.4, 0.2, 0.1]


def test_a_request_is_given_only_the_time_that_is_left() -> None:
    script = Script((request("GET"), refused(503)), (request("GET"), refused(503)), (request("GET"), OK), seconds=10.0)
    client(script, seconds=60.0).call("GET", JOB)
    played(script)
    assert [made.within for made in script.made] == [60.0, 49.5, 38.5]


def test_repeating_ends_with_the_deadline() -> None:
    script = Script(*[(request("GET"), refused(503))] * 2, seconds=10.0)
    with pytest.raises(_http.AnswerLost):
        client(script, seconds=21.5).call("GET", JOB)
    played(script)
    assert script.time.now <= 1021.5


def test_after_the_deadline_nothing_is_sent() -> None:
    script = Script((request("GET"), OK), seconds=30.0)
    connected = client(script, seconds=30.0)
    connected.call("GET", JOB)
    with pytest.raises(_http.DeadlineExceeded) as caught:
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
    script = Script((request("GET"), _http.NotSent("x")), (request("DELETE"), OK), (request("GET"), OK))
    connected = client(script)
    script.time.meanwhile = lambda: connected.call("DELETE", JOB)
    connected.call("GET", JOB)
    played(script)
    assert [made.at for made in script.made] == pytest.approx([1000.0, 1000.0, 1000.5])


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_where_the_server_wants_quiet_for_longer_than_is_left_nothing_is_sent_any_more(method: str, status: int) -> None:
    script = Script((request("POST"), refused(status, **{"Retry-After": "100"})))
    connected = client(script, seconds=20.0)
    with pytest.raises(_http.CallError) as first:
        connected.call("POST", JOB)
    assert (first.value.http_status, first.value.retry_after) == (status, 100.0)
    with pytest.raises(_http.DeadlineExceeded) as later:
        connected.call(method, JOB)
    played(script)
    assert later.value.message == ("The server wants no request for another 100 s, longer than is left of wait_timeout (20 s).")
    assert script.time.slept == []


def test_a_call_that_is_not_repeated_keeps_the_others_quiet_all_the_same() -> None:
    script = Script((request("POST"), refused(503, **{"Retry-After": "7"})), (request("DELETE"), OK))
    connected = client(script)
    with pytest.raises(_http.AnswerLost):
        connected.call("POST", JOB)
    connected.call("DELETE", JOB)
    played(script)
    assert script.time.slept == [7.1]


def test_a_refusal_that_will_not_pass_keeps_nobody_quiet() -> None:
    script = Script((request("POST"), refused(400, "ModelArts.0105", **{"Retry-After": "7"})), (request("DELETE"), OK))
    connected = client(script)
    with pytest.raises(_http.Refused):
        connected.call("POST", JOB)
    connected.call("DELETE", JOB)
    assert script.time.slept == []


def test_after_an_interrupt_nothing_is_sent() -> None:
    script = Script((request("GET"), OK))
    stopped = threading.Event()
    connected = client(script, stopped=stopped.is_set)
    connected.call("GET", JOB)
    stopped.set()
    for method in ("GET", "DELETE"):
        with pytest.raises(_http.Interrupted) as caught:
            connected.call(method, JOB)
        assert (caught.value.maybe_done, caught.value.speaker) == (False, _http.Speaker.LOCAL)
    played(script)


@pytest.mark.parametrize("failure", [refused(429), refused(503), _http.NotSent("x")], ids=["429", "503", "not sent"])
def test_what_is_interrupted_in_a_pause_is_not_repeated(failure: Reply) -> None:
    script = Script((request("GET"), failure))
    stopped = threading.Event()
    connected = client(script, stopped=stopped.is_set)
    script.time.meanwhile = stopped.set
    with pytest.raises(_http.Interrupted):
        connected.call("GET", JOB)
    played(script)


@pytest.mark.parametrize("ended", ["interrupted", "over"])
def test_an_interrupt_stays_what_it_is_while_iam_is_asked_and_the_deadline_is_told_with_what_iam_said(ended: str) -> None:
    script = Script((f"POST {TOKENS} as nobody", refused(503)), seconds=400.0 if ended == "over" else 0.0)
    stopped = threading.Event()
    connected = client(script, 900.0, stopped=stopped.is_set, credentials=PASSWORD)
    script.time.meanwhile = stopped.set if ended == "interrupted" else lambda: setattr(script.time, "now", 5000.0)
    for dummy in range(2):
        with pytest.raises(_http.Interrupted if ended == "interrupted" else _http.NoAccess) as caught:
            connected.call("GET", JOB)
        assert ended == "interrupted" or caught.value.speaker is _http.Speaker.IAM
    played(script)


def test_the_id_of_a_request_is_in_the_reply() -> None:
    script = Script((request("DELETE"), answer(200, {"is_success": None}, **{"X-Request-Id": "rq1"})))
    reply = client(script).call("DELETE", JOB)
    assert (reply.request_id, reply.http_status, reply.body) == ("rq1", 200, {"is_success": None})


# --- how many at once --------------------------------------------------------------------------------------------

THROTTLED = _http.Refused("x", "APIGW.0308", 429)


@pytest.mark.parametrize(
    ("learnt", "limits"),
    [
        ([None], [8]),
        ([THROTTLED, None], [1, 8]),
        ([_http.AnswerLost("x"), None], [1, 8]),
        ([None, THROTTLED, THROTTLED, THROTTLED, THROTTLED, None, None], [8, 4, 2, 1, 1, 2, 3]),
        ([None, None, THROTTLED, None], [8, 8, 4, 5]),
        ([None, THROTTLED, _http.AnswerLost("x", None, 503), _http.Refused("x", "ModelArts.0105", 400)], [8, 4, 4, 4]),
        ([None, _http.AnswerLost("x", "ModelArts.4206", 503)], [8, 4]),
        ([_http.Refused("x", "ModelArts.0105", 400)], [8]),
        ([_http.Refused("x", "ModelArts.0108", 403)], [8]),
        ([_http.Refused("x", "APIG.0302", 403)], [8]),
        ([_http.Refused("x", "APIGW.0101", 404)], [1]),
        ([_http.Refused("x", None, 404)], [1]),
        ([_http.Refused("x", "ModelArts.2799", 429)], [1]),
        ([_http.NoAccess("x", "APIGW.0301", 401)], [1]),
        ([_http.NotSent("x")], [1]),
    ],
)
def test_the_number_in_flight_finds_its_level(learnt: t.Sequence[t.Optional[_http.CallError]], limits: t.Sequence[int]) -> None:
    gate = _client.Gate(8)
    found = [gate.limit]
    for error in learnt:
        gate.learn(error)
        found.append(gate.limit)
    assert found == [1, *limits]


@pytest.mark.parametrize("concurrency", [-1, 0, 1])
def test_there_is_always_room_for_one(concurrency: int) -> None:
    gate = _client.Gate(concurrency)
    for error in (THROTTLED, None, THROTTLED, None):
        gate.learn(error)
        assert gate.limit == 1


class Crowd:
    """A transport that counts the requests that are in flight at once, and answers each when enough have come, or soon."""

    def __init__(self, *first: Reply, rest: Reply = OK, meet: int = 1) -> None:
        self.replies = list(first)
        self.rest = rest
        self.meet = meet
        self.lock = threading.Condition()
        self.in_flight = 0
        self.most: t.List[int] = []

    def exchange(self, dummy: _http.Request) -> _http.Answer:
        with self.lock:
            self.in_flight += 1
            self.most.append(self.in_flight)
            reply = self.replies.pop(0) if self.replies else self.rest
            if len(self.most) > 1:
                self.lock.notify_all()
                self.lock.wait_for(lambda: max(self.most) >= self.meet, 5)
            self.in_flight -= 1
        if isinstance(reply, _http.CallError):
            raise reply
        return reply


def outcomes(connected: _client.Client, number: int) -> t.List[str]:
    """Return what comes of so many deletions at once: the name of the failure, or ok."""

    def attempt(dummy: int) -> str:
        try:
            connected.call("DELETE", JOB)
        except (_http.CallError, RuntimeError) as error:
            return type(error).__name__
        return "ok"

    with futures.ThreadPoolExecutor(number) as pool:
        return sorted(pool.map(attempt, range(number)))


def test_the_first_request_goes_alone_and_then_as_many_as_are_allowed() -> None:
    crowd = Crowd(meet=4)
    assert outcomes(threaded(crowd, 4), 12) == ["ok"] * 12
    assert (crowd.most[0], max(crowd.most)) == (1, 4)
    assert len(crowd.most) == 12


def test_until_the_key_has_proved_good_each_goes_alone() -> None:
    crowd = Crowd(*[refused(404, "APIGW.0101")] * 6, meet=1)
    assert outcomes(threaded(crowd, 20), 6) == ["Refused"] * 6
    assert crowd.most == [1] * 6


@pytest.mark.parametrize("code", ["APIGW.0301", "APIGW.0307", None], ids=str)
def test_a_bad_key_is_sent_once_however_many_wait_with_it(code: t.Optional[str]) -> None:
    crowd = Crowd(rest=refused(401, code))
    assert outcomes(threaded(crowd, 20), 10) == ["NoAccess"] * 10
    assert crowd.most == [1]


def test_where_the_first_is_told_to_be_quiet_for_long_nobody_else_sends() -> None:
    crowd = Crowd(rest=refused(429, **{"Retry-After": "100"}))
    assert outcomes(threaded(crowd, 20, seconds=20.0), 10) == [*["DeadlineExceeded"] * 9, "Refused"]
    assert crowd.most == [1]


def test_a_request_that_fails_in_any_way_leaves_room_for_the_next() -> None:
    class Broken:
        def exchange(self, dummy: _http.Request) -> t.NoReturn:
            raise RuntimeError

    assert outcomes(threaded(Broken(), 2), 6) == ["RuntimeError"] * 6


def test_who_asks_for_no_quiet_at_all_is_asked_less_and_less_often_all_the_same() -> None:
    script = Script(*[(request("DELETE"), refused(429, **{"Retry-After": "0"}))] * 5, (request("DELETE"), OK))
    client(script).call("DELETE", JOB)
    assert script.time.slept == [0.5, 1, 2, 4, 8]


def test_what_is_throttled_is_repeated_for_as_long_as_others_get_through() -> None:
    answers = [(request("DELETE"), refused(429)), (request("GET"), OK)] * 20
    script = Script(*answers, (request("DELETE"), OK))
    asking = client(script, 1e6, 2)
    sleep = script.time.sleep

    def others(seconds: float) -> None:
        sleep(seconds)
        asking.call("GET", JOB)

    asking._clock = replace(asking._clock, sleep=others)
    assert asking.call("DELETE", JOB).body == {"is_success": True}
    played(script)


def test_what_is_throttled_while_nobody_gets_through_is_given_up() -> None:
    script = Script(*[(request("DELETE"), refused(429))] * 3)
    with pytest.raises(_http.Refused):
        client(script, 1e6, 2).call("DELETE", JOB)
    played(script)


def test_a_call_that_has_to_be_over_before_the_task_is_repeated_for_that_long_only() -> None:
    script = Script((request("GET"), refused(503)), (request("GET"), refused(503)), (request("GET"), OK))
    asking = client(script, 300)
    with pytest.raises(_http.AnswerLost):
        asking.call("GET", JOB, end=1001.0)
    assert [one.request.end for one in script.made] == [1001.0] * 2 and script.time.slept == [0.5]
    asking.call("GET", JOB)
    assert script.made[-1].request.end == 1300.0
    played(script)


def test_nor_does_it_wait_for_longer_where_the_server_wants_quiet() -> None:
    script = Script((request("GET"), refused(429, **{"Retry-After": "20"})), (request("GET"), OK))
    asking = client(script, 300)
    for kind in (_http.Refused, _http.DeadlineExceeded):
        with pytest.raises(kind):
            asking.call("GET", JOB, end=1010.0)
    assert script.time.slept == []
    asking.call("GET", JOB)
    played(script)
    assert script.time.slept == [20.1]


@pytest.mark.parametrize("failure", [_http.NotSent("h refused the connection."), refused(503)], ids=["not sent", "503"])
def test_what_the_last_try_met_is_told_where_the_time_is_over_before_the_next(failure: Reply) -> None:
    script = Script((request("GET"), failure))
    asking = client(script, 0.59)  # the pause of half a second leaves too little
    with pytest.raises(_http.CallError) as caught:
        asking.call("GET", JOB)
    played(script)
    assert not isinstance(caught.value, _http.DeadlineExceeded)


def test_nothing_is_sent_where_there_is_no_time_for_an_answer() -> None:
    script = Script()
    asking = client(script, 0.09)
    with pytest.raises(_http.DeadlineExceeded):
        asking.call("DELETE", JOB)
    played(script)


def test_waiting_for_others_counts_against_the_deadline() -> None:
    held = threading.Event()

    class Slow:
        def exchange(self, dummy: _http.Request) -> _http.Answer:
            held.wait(10)
            return OK

    connected = threaded(Slow(), 20, seconds=0.3)
    with futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(connected.call, "DELETE", JOB) for dummy in range(2)]
        done, waiting = futures.wait(calls, 5, futures.FIRST_COMPLETED)
        held.set()
    assert isinstance(done.pop().exception(), _http.DeadlineExceeded)
    assert waiting.pop().result().body == {"is_success": True}


# --- the key and the token ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("code", [*_http.ACCESS_CODES, "APIG.0301", "APIG.0307", None], ids=str)
@pytest.mark.parametrize("credentials", [KEY, TOKEN], ids=["AK/SK", "token of someone else"])
def test_a_refused_key_or_given_token_is_sent_once(
    method: str, code: t.Optional[str], credentials: _settings.Credentials
) -> None:
    who = "AK" if credentials is KEY else "given"
    script = Script((request(method, who), refused(401, code)))
    with pytest.raises(_http.NoAccess) as caught:
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
    assert script.made[0].request.body == {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": PASSWORD.user}},
            "scope": {"project": {"id": "p"}},
        }
    }


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT"])
@pytest.mark.parametrize(
    "expired",
    [refused(401, "APIGW.0307"), refused(401, "APIG.0307"), refused(401, "ModelArts.0202"), refused(200, "ModelArts.0202")],
    ids=["APIGW.0307", "APIG.0307", "ModelArts.0202", "200 ModelArts.0202"],
)
def test_an_expired_token_is_renewed_once_and_the_request_repeated_once(method: str, expired: _http.Answer) -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request(method, "one"), expired),
        (f"POST {TOKENS} as nobody", token("two")),
        (request(method, "two"), OK),
        (request("GET", "two"), OK),
    )
    connected = client(script, credentials=PASSWORD)
    assert connected.call(method, JOB).body == {"is_success": True}
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
    with pytest.raises(_http.NoAccess) as caught:
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
    with pytest.raises(_http.NoAccess):
        connected.call("GET", JOB)
    played(script)


def test_one_whose_token_another_has_renewed_takes_the_new_one() -> None:
    expired = refused(401, "APIGW.0307")
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("GET", "one"), _http.NotSent("x")),
        (request("DELETE", "one"), expired),
        (f"POST {TOKENS} as nobody", token("two")),
        (request("DELETE", "two"), OK),
        (request("GET", "one"), expired),
        (request("GET", "two"), OK),
    )
    connected = client(script, credentials=PASSWORD)
    script.time.meanwhile = lambda: connected.call("DELETE", JOB)
    assert connected.call("GET", JOB).body == {"is_success": True}
    played(script)


class TwoExpire:
    """A transport on which two deletions meet an expired token; one hears of it while the other has a new one fetched."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2)
        self.fetching = threading.Event()
        self.heard = threading.Event()
        self.fetched = 0

    def exchange(self, request: _http.Request) -> _http.Answer:
        if request.url == TOKENS:
            self.fetched += 1
            if self.fetched > 1:
                self.fetching.set()
                assert self.heard.wait(10)
            return token(str(self.fetched))
        prepared = requests.Request(request.method, request.url, auth=request.authorise).prepare()
        if prepared.headers["X-Auth-Token"] == "1" and request.method == "DELETE":
            assert self.both.wait(10) == 0 or self.fetching.wait(10)
            return refused(401, "APIGW.0307")
        return OK


def test_two_whose_token_expires_at_once_share_the_new_one() -> None:
    transport = TwoExpire()
    connected = threaded(transport, 2, settings(PASSWORD))
    connected.call("GET", JOB)
    learn = connected._gate.learn

    def hear(error: t.Optional[_http.CallError] = None) -> None:
        learn(error)
        if transport.fetching.is_set():
            transport.heard.set()

    connected._gate.learn = hear  # type: ignore[method-assign]
    with futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda dummy: connected.call("DELETE", JOB).body, range(2)))
    assert answers == [{"is_success": True}] * 2
    assert transport.fetched == 2


@pytest.mark.parametrize("code", ["APIGW.0301", "ModelArts.0201", "ModelArts.0203", None], ids=str)
def test_a_token_that_is_refused_but_not_expired_is_not_renewed(code: t.Optional[str]) -> None:
    script = Script((f"POST {TOKENS} as nobody", token("one")), (request("GET", "one"), refused(401, code)))
    with pytest.raises(_http.NoAccess):
        client(script, credentials=PASSWORD).call("GET", JOB)
    played(script)


def test_an_answer_tells_when_that_was_sent_which_it_answers() -> None:
    script = Script((request("GET"), _http.AnswerLost("Lost.")), (request("GET"), OK))
    reply = client(script).call("GET", JOB)
    assert reply.asked == script.made[1].at > script.made[0].at
    played(script)


def test_what_comes_after_a_renewal_is_repeated_like_anything_else() -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("GET", "one"), refused(401, "APIGW.0307")),
        (f"POST {TOKENS} as nobody", token("two")),
        (request("GET", "two"), refused(503)),
        (request("GET", "two"), OK),
    )
    assert client(script, credentials=PASSWORD).call("GET", JOB).body == {"is_success": True}
    played(script)


@pytest.mark.parametrize(
    "failure",
    [_http.AnswerLost("Lost."), _http.NotSent("x"), refused(503), refused(429), refused(500, "ModelArts.0010")],
    ids=["lost", "not sent", "503", "429", "500"],
)
def test_the_request_for_a_token_is_repeated(failure: Reply) -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", failure), (f"POST {TOKENS} as nobody", token("one")), (request("DELETE", "one"), OK)
    )
    assert client(script, credentials=PASSWORD).call("DELETE", JOB).body == {"is_success": True}
    played(script)


IAM_SAYS = _http.Speaker.IAM
IAM_FAILURES: t.List[t.Tuple[str, Reply, str, t.Optional[str], t.Optional[int], _http.Speaker]] = [
    (
        "wrong password",
        answer(401, {"error": {"code": 401, "message": "Wrong password.", "title": "Unauthorized"}}),
        "Wrong password.",
        "401",
        401,
        IAM_SAYS,
    ),
    ("locked", answer(403, {"error_code": "IAM.0002", "error_msg": "No."}), "No.", "IAM.0002", 403, IAM_SAYS),
    ("a code of ModelArts", refused(404, "ModelArts.0015"), "The API says no.", "ModelArts.0015", 404, IAM_SAYS),
    ("wrong URL", answer(404, HTML), "The answer (HTTP 404) is not JSON.", None, 404, IAM_SAYS),
    ("broken", answer(500, HTML), "The answer (HTTP 500) is not JSON.", None, 500, IAM_SAYS),
    ("redirect", answer(302, b""), "The server answered with a redirect, which is not followed.", None, 302, IAM_SAYS),
    ("HTML", answer(201, HTML), "The answer is not JSON.", None, 201, IAM_SAYS),
    ("no project", token("one", None), "The token is for no project: set auth.project_id", None, 201, _http.Speaker.LOCAL),
    ("odd project", token("one", "a/b"), "What IAM answered is not the id of a project", None, 201, _http.Speaker.LOCAL),
    ("no connection", _http.Unsendable("No host."), "No host.", None, None, _http.Speaker.NETWORK),
    ("proxy", _http.Unsendable("407.", speaker=_http.Speaker.PROXY), "407.", None, None, _http.Speaker.PROXY),
    ("file", _http.Unsendable("No PEM.", speaker=_http.Speaker.LOCAL), "No PEM.", None, None, _http.Speaker.LOCAL),
]


@pytest.mark.parametrize(
    ("reply", "message", "code", "status", "speaker"), [row[1:] for row in IAM_FAILURES], ids=[row[0] for row in IAM_FAILURES]
)
@pytest.mark.parametrize("credentials", [PASSWORD, TOKEN], ids=["password", "token"])
def test_what_iam_refuses_is_no_access_in_its_own_words_and_is_asked_for_once(
    credentials: _settings.Credentials,
    reply: Reply,
    message: str,
    code: t.Optional[str],
    status: t.Optional[int],
    speaker: _http.Speaker,
) -> None:
    asked = f"POST {TOKENS} as nobody" if credentials is PASSWORD else f"GET {TOKENS} as given"
    script = Script((asked, reply))
    connected = client(script, credentials=credentials, project_id=None, project_name="n")
    for method in ("GET", "DELETE", "GET"):
        with pytest.raises(_http.NoAccess) as caught:
            connected.call(method, JOB)
        error = caught.value
        assert error.message.startswith(message)
        assert (error.code, error.http_status, error.speaker, error.maybe_done) == (code, status, speaker, False)
        assert "the-password" not in str(error)
    played(script)


def test_what_iam_refuses_after_retries_is_no_access_too() -> None:
    script = Script(*[(f"POST {TOKENS} as nobody", refused(503))] * 3)
    connected = client(script, retries=2, credentials=PASSWORD)
    for dummy in range(2):
        with pytest.raises(_http.NoAccess) as caught:
            connected.call("DELETE", JOB)
        assert (caught.value.http_status, caught.value.speaker, caught.value.maybe_done) == (503, IAM_SAYS, False)
    played(script)


@pytest.mark.parametrize("reply", [refused(403, "IAM.0002", **{"X-IAM-Trace-Id": "r"}), answer(201, {}, **{"X-Request-Id": "r"})])
def test_the_id_of_a_request_to_iam_is_kept(reply: _http.Answer) -> None:
    connected = client(Script((f"POST {TOKENS} as nobody", reply)), credentials=PASSWORD, project_id=None, project_name="n")
    for dummy in range(2):
        with pytest.raises(_http.NoAccess) as caught:
            connected.call("GET", JOB)
        assert caught.value.request_id == "r"


def test_where_a_token_cannot_be_renewed_iam_says_why_and_nothing_else_is_tried() -> None:
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")),
        (request("DELETE", "one"), refused(401, "APIGW.0307")),
        (f"POST {TOKENS} as nobody", refused(403, "IAM.0001")),
    )
    connected = client(script, credentials=PASSWORD)
    for dummy in range(3):
        with pytest.raises(_http.NoAccess) as caught:
            connected.call("DELETE", JOB)
        assert (caught.value.code, caught.value.message, caught.value.speaker) == ("IAM.0001", "The API says no.", IAM_SAYS)
    played(script)


def test_an_expired_token_inside_a_5xx_is_renewed_for_a_look_but_nothing_is_done_twice() -> None:
    expired = refused(500, "APIGW.0307")
    script = Script(
        (f"POST {TOKENS} as nobody", token("one")), (request("DELETE", "one"), expired), (request("GET", "one"), expired)
    )
    script.calls += [(f"POST {TOKENS} as nobody", token("two")), (request("GET", "two"), OK)]
    connected = client(script, credentials=PASSWORD)
    with pytest.raises(_http.NoAccess) as caught:
        connected.call("DELETE", JOB)
    assert caught.value.maybe_done
    assert connected.call("GET", JOB).body == {"is_success": True}
    played(script)


@pytest.mark.parametrize("code", ["APIGW.0301", "ModelArts.0201", None], ids=str)
@pytest.mark.parametrize("credentials", [KEY, TOKEN, PASSWORD], ids=["AK/SK", "token", "password"])
def test_a_key_or_token_that_was_refused_is_never_sent_again(credentials: _settings.Credentials, code: t.Optional[str]) -> None:
    script, who = Script(), "AK" if credentials is KEY else "given"
    if credentials is PASSWORD:
        script.calls, who = [(f"POST {TOKENS} as nobody", token("one"))], "one"
    script.calls.append((request("DELETE", who), refused(401, code, **{"X-Request-Id": "r"})))
    connected = client(script, credentials=credentials)
    for dummy in range(3):
        with pytest.raises(_http.NoAccess) as caught:
            connected.call("DELETE", JOB)
        error = caught.value
        assert (error.message, error.code, error.http_status, error.request_id) == ("The API says no.", code, 401, "r")
    played(script)


def test_settings_that_say_too_little_are_a_call_error_too() -> None:
    with pytest.raises(_http.NoAccess, match="No endpoint"):
        client(Script(), endpoint=None, auth_url=None).call("GET", JOB)


class SlowIam:
    """A transport on which IAM takes its time, and then answers or refuses."""

    def __init__(self, reply: _http.Answer) -> None:
        self.reply = reply
        self.asked = 0
        self.released = threading.Event()

    def exchange(self, request: _http.Request) -> _http.Answer:
        if request.url != TOKENS:
            return OK
        self.asked += 1
        self.released.wait(10)
        return self.reply


@pytest.mark.parametrize("reply", [token("one"), refused(403, "IAM.0002")], ids=["token", "refusal"])
def test_iam_is_asked_once_by_ten_threads(reply: _http.Answer) -> None:
    transport = SlowIam(reply)
    connected = threaded(transport, 20, settings(PASSWORD))

    def attempt(dummy: int) -> str:
        try:
            return str(connected.call("DELETE", JOB).body)
        except _http.NoAccess as error:
            return error.message

    with futures.ThreadPoolExecutor(10) as pool:
        outcomes = pool.map(attempt, range(10))
        transport.released.set()
        assert set(outcomes) == ({"The API says no."} if reply.status == 403 else {"{'is_success': True}"})
    assert transport.asked == 1


# --- the project and the endpoint --------------------------------------------------------------------------------

OTC_IAM = "https://iam.eu-de.otc.t-systems.com/v3"
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


CATALOG_OF_ONE = [{**CATALOG[1], "endpoints": CATALOG[1]["endpoints"][2:]}]


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
    with pytest.raises(_http.NoAccess, match="IAM knows no project of the name 'n'"):
        client(script, project_id=None, project_name="n").call("GET", JOB)
    played(script)


def test_a_key_that_iam_refuses_is_sent_once() -> None:
    script = Script((f"GET {IAM}/projects?name=n as AK", refused(401, "APIGW.0301")))
    connected = client(script, project_id=None, project_name="n")
    for dummy in range(2):
        with pytest.raises(_http.NoAccess) as caught:
            connected.call("GET", JOB)
        assert (caught.value.message, caught.value.speaker) == ("The API says no.", IAM_SAYS)
    played(script)


@pytest.mark.parametrize(
    ("fields", "scope", "url"),
    [
        ({"endpoint": None, "region_name": "eu-de"}, token("one", "p", CATALOG), "https://catalog.example.com/v1/p"),
        ({"endpoint": None, "region_name": "eu-nl"}, token("one", "p", CATALOG), "https://nl.example.com/v1/p"),
        ({"endpoint": None}, token("one", "p", CATALOG_OF_ONE), "https://catalog.example.com/v1/p"),
        (
            {"endpoint": None, "region_name": "eu-de", "auth_url": OTC_IAM},
            token("one"),
            "https://modelarts.eu-de.otc.t-systems.com/v1/p",
        ),
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
    credentials: _settings.Credentials, fields: Fields, scope: _http.Answer, url: str
) -> None:
    tokens = f"{fields.get('auth_url', IAM)}/auth/tokens"
    if credentials is PASSWORD:
        script = Script((f"POST {tokens} as nobody", scope), (f"GET {url}{JOB} as one", OK), (f"GET {url}{JOB} as one", OK))
    elif fields:
        script = Script((f"GET {tokens} as given", scope), (f"GET {url}{JOB} as given", OK), (f"GET {url}{JOB} as given", OK))
    else:
        script = Script((f"GET {url}{JOB} as given", OK), (f"GET {url}{JOB} as given", OK))
    connected = client(script, credentials=credentials, **fields)
    connected.call("GET", JOB)
    connected.call("GET", JOB)
    played(script)


def test_a_token_that_iam_sends_with_an_answer_that_is_no_success_is_never_shown() -> None:
    secret = "Kx7-vQ2pLmZ9"
    told = answer(
        201, {"error": {"code": 500, "message": f"No, {secret}."}}, **{"X-Subject-Token": secret, "X-Request-Id": secret}
    )
    with pytest.raises(_http.NoAccess) as caught:
        client(Script((f"POST {TOKENS} as nobody", told)), credentials=PASSWORD).call("GET", JOB)
    assert caught.value.message == f"No, {_http.MASK}." and caught.value.request_id == _http.MASK


def test_iam_is_asked_about_a_given_token_with_that_token() -> None:
    script = Script((f"GET {TOKENS} as given", token("", "p")), (request("GET", "given"), OK))
    client(script, credentials=TOKEN, project_id=None).call("GET", JOB)
    played(script)
    assert script.made[0].request.headers == {"X-Subject-Token": "given"}


@pytest.mark.parametrize("credentials", [KEY, TOKEN], ids=["AK/SK", "token"])
def test_without_iam_the_endpoint_is_that_of_the_region_and_nothing_is_asked(credentials: _settings.Credentials) -> None:
    who = "AK" if credentials is KEY else "given"
    script = Script((f"GET https://modelarts.eu-de.otc.t-systems.com/v1/p{JOB} as {who}", OK))
    client(script, credentials=credentials, endpoint=None, auth_url=None, region_name="eu-de").call("GET", JOB)
    played(script)


@pytest.mark.parametrize(
    ("fields", "scope", "message"),
    [
        ({"project_id": None, "project_name": "n"}, token("one", None), "The token is for no project: set auth.project_id"),
        ({"endpoint": None, "region_name": "eu-de"}, token("one", "q"), "The token is for project 'q', not for p"),
        ({"endpoint": None}, token("one", "p"), "The catalog of IAM lists no ModelArts. No endpoint: set endpoint"),
        ({"project_id": None, "project_name": "n"}, token("one", "../x"), "is not the id of a project"),
    ],
    ids=["no project", "another project", "no endpoint", "odd project"],
)
@pytest.mark.parametrize("credentials", [PASSWORD, TOKEN], ids=["password", "token"])
def test_a_token_that_does_not_fit_is_an_error_before_anything_is_sent_to_modelarts(
    credentials: _settings.Credentials, fields: Fields, scope: _http.Answer, message: str
) -> None:
    asked = f"POST {TOKENS} as nobody" if credentials is PASSWORD else f"GET {TOKENS} as given"
    script = Script((asked, scope))
    with pytest.raises(_http.NoAccess) as caught:
        client(script, credentials=credentials, **fields).call("GET", JOB)
    played(script)
    assert message in str(caught.value)
