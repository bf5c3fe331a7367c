# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever bytes come over the wire, there is a result or one of our failures, in short lines and in time."""

from __future__ import annotations

import json
import socket
import threading
import time
import typing as t

import hypothesis
import pytest
import requests
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _clock, _http, _module, _settings
from ansible_collections.otc.modelarts.tests.fuzz.laws import validated
from ansible_collections.otc.modelarts.tests.fuzz.test_schedules import share_of_all
from ansible_collections.otc.modelarts.tests.fuzz.world import ACCESS_KEY, BASE, COUNTS, IAM, NAME, PROJECT, SECRET, START

LONGEST_MESSAGE = 1500  # characters
SETTINGS = _settings.Settings(_settings.AccessKey(ACCESS_KEY, SECRET), None, PROJECT, None, None, None, BASE)

# --- answers -----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    (
        *("is_success", "error_code", "error_message", "error_msg", "errorCode", "errorMsg", "code", "message", "error"),
        *("request_id", "job_id", "job_name", "status", "create_time", "duration", "jobs", "job_total_count", "quotas"),
        *("token", "project", "id", "catalog", "type", "endpoints", "url", "interface", "region_id", "projects", "name"),
    )
)
VALUES = st.sampled_from(
    (
        *(None, True, False, "true", "false", "", "10", 10, "8", 8, 8.5, -1, 10**30, "9" * 500, float("nan"), float("inf")),
        *(1e300, -(10**18), "JOBSTAT_RUNNING", "\u0663", "\ud800", "a\nb\r\x00\x1b[31m", "x" * 5000, "ModelArts.0105"),
        *("ModelArts.0015", "APIG.0101", "APIGW.0307", "ModelArts.0101", "night", "modelarts", "https://[::1", PROJECT),
        *("http://h:99999/v1", "https://h/v1/p", "public", "IAM.0001", 2**63, "253402300800000", 253402300800000),
    )
)
TREES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=6),
    max_leaves=14,
)
JOB: st.SearchStrategy[t.Dict[str, t.Any]] = st.fixed_dictionaries(
    {"job_id": st.sampled_from(("10", 10, 10.0, None, True, "", [], "11"))},
    optional=dict.fromkeys(("status", "job_name", "create_time", "duration", "job_desc", "train_url"), VALUES),
)
SHAPED = st.one_of(
    JOB,
    st.fixed_dictionaries({"is_success": VALUES}, optional={"error_code": VALUES, "error_msg": VALUES, "error": TREES}),
    st.fixed_dictionaries({"jobs": st.lists(JOB, max_size=3) | TREES, "job_total_count": VALUES}, optional={"quotas": VALUES}),
    st.fixed_dictionaries({"token": st.fixed_dictionaries({"project": TREES, "catalog": TREES}) | TREES}),
    st.dictionaries(NAMES, TREES, max_size=5),
)
ODD_BODIES = (
    b"",
    b" \n",
    b"null",
    b"NaN",
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"error":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"job_id": ' + b"9" * 5000 + b', "status": 8}',
    b'{"is_success": true, "x": "' + b"x" * (5 * 1024 * 1024) + b'"}',
    b'{"error_code": "\xff\xfe", "error_msg": "\xc3("}',
    b"\xef\xbb\xbf{}",
    '{"is_success": true}'.encode("utf-16"),
    '{"is_success": true}'.encode("utf-32"),
    b"\x1f\x8b\x08\x00junk",
    b'{"is_success": true, "is_success": false}',
    b'{"is_success": true}{"is_success": true}',
    b"<html>\n<body>\r\n502</body></html>",
    b'{"job_id": "10", "status": 1e999}',
    b'{"job_id": "10", "status": -1e999, "create_time": NaN, "duration": Infinity}',
    b'{"jobs": [{"job_id": "10", "status": Infinity}], "job_total_count": Infinity}',
    b'{"jobs": [{"job_id": "10", "create_time": NaN}], "job_total_count": NaN}',
)
BODIES = st.one_of(
    SHAPED.map(lambda body: json.dumps(body).encode()),
    TREES.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=60),
    st.sampled_from(ODD_BODIES),
)
STATUSES = st.sampled_from(
    (200, 200, 200, 201, 204, 0, 100, 199, 301, 302, 304, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504, 999)
)
HEADERS = st.dictionaries(
    st.sampled_from(("X-Request-Id", "X-Openstack-Request-Id", "Retry-After", "Content-Type", "X-Subject-Token", "Location")),
    st.sampled_from(
        (
            *(
                "",
                "1",
                "0",
                "-1",
                "1.5",
                "999999",
                "9" * 400,
                "\u0663",
                "\u00b2",
                "nan",
                "inf",
                "soon",
                "x" * 100_000,
                "a\tb\x00",
            ),
            *("Wed, 21 Oct 2015 07:28:00 GMT", "Mon, 01 Jan 0001 00:00:00 +9999", "Fri, 31 Dec 9999 23:59:59 -2359"),
            *("Mon, 32 Foo 99999 99:99:99 GMT", "text/html; charset=utf-16", "\u00e9\u00ff", ", ".join(["1"] * 50)),
        )
    ),
    max_size=3,
)
ANSWERS = st.builds(
    lambda status, headers, body: _http.Answer(status, CaseInsensitiveDict(headers), body), STATUSES, HEADERS, BODIES
)


def check_texts(*texts: t.Optional[str]) -> None:
    """See that what is said is short, and that a terminal survives it."""
    for text in texts:
        assert text is None or (text.replace("\n", " ").isprintable() and len(text) <= LONGEST_MESSAGE), text[:200]
        assert SECRET not in (text or "")


def attempted(work: t.Callable[[], _http.Reply]) -> None:
    """See that some work ends in a value or in one of our failures."""
    try:
        reply = work()
    except _http.CallError as error:
        check_texts(str(error), error.message, error.code, error.request_id)
        assert error.code is None or isinstance(error.code, str)
        assert error.http_status is None or isinstance(error.http_status, int)
        assert len(error.request_id or "") <= 128
        COUNTS[type(error).__name__] += 1
    else:
        assert isinstance(reply.body, dict)
        COUNTS["replies"] += 1


@share_of_all(0.2)
@hypothesis.given(ANSWERS)
def test_any_answer_is_read_as_a_json_object_or_as_a_failure(answer: _http.Answer) -> None:
    attempted(lambda: _http.read_answer(answer))
    seconds = _http.retry_after(answer.headers, START)
    assert seconds is None or seconds >= 0


class Wire:
    """Stands where the transport is, and gives one answer after the other, the last one for ever."""

    def __init__(self, answers: t.Sequence[_http.Answer]) -> None:
        self.answers = list(answers)
        self.now = START

    def connect(self, *dummy: t.Any) -> t.Any:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def exchange(self, request: _http.Request) -> _http.Answer:
        COUNTS["answers"] += 1
        assert request.end > self.now
        self.now += 0.01
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


KEY = {"access_key": ACCESS_KEY, "secret_key": SECRET}
PASSWORD = {"auth_url": IAM, "username": "n", "password": SECRET, "user_domain_name": "d"}
CONNECTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "key": {"auth": {**KEY, "project_id": PROJECT}, "endpoint": BASE},
    "key, project by name": {"auth": {**KEY, "project_name": NAME, "auth_url": IAM}, "endpoint": BASE},
    "password": {"auth": {**PASSWORD, "project_id": PROJECT}, "endpoint": BASE},
    "password, endpoint from the catalog": {"auth": {**PASSWORD, "project_name": "eu-de_p"}, "region_name": "eu-de"},
    "token": {"auth": {"token": "t" * 40, "auth_url": IAM}, "region_name": "eu-de"},
}
TASKS: t.Tuple[t.Dict[str, t.Any], ...] = (
    *({"state": state, "job_id": "10"} for state in ("absent", "absent", "started", "stopped", "restarted")),
    *({"state": state, "job_ids": ["10", "11"]} for state in ("absent", "stopped")),
    *({"state": state, "name": NAME, "train_url": "/b/"} for state in ("absent", "present")),
    {"state": "present", "job_id": "10", "description": "d"},
    *({}, {"job_id": "10"}, {"name": NAME}, {"search": NAME, "status": ["running"]}),
)


@pytest.mark.parametrize("connection", list(CONNECTIONS))
@share_of_all(0.1)
@hypothesis.given(
    options=st.sampled_from(TASKS),
    wait=st.booleans(),
    good_token=st.booleans(),
    answers=st.lists(ANSWERS, min_size=1, max_size=6),
)
def test_any_answers_to_a_task_end_in_a_result(
    connection: str, options: t.Dict[str, t.Any], wait: bool, good_token: bool, answers: t.List[_http.Answer]
) -> None:
    if good_token and connection != "key":
        answers[0] = _http.Answer(201, CaseInsensitiveDict({**answers[0].headers, "X-Subject-Token": "t" * 40}), answers[0].body)
    wire = Wire(answers)
    clock = _clock.Clock(monotonic=lambda: wire.now, sleep=wire.sleep, time=lambda: wire.now)
    task, spec, own = _module.INFO, _module.INFO_SPEC, {}
    if "state" in options:
        task, spec, own = _module.JOB, _module.JOB_SPEC, {"wait": wait, "max_concurrency": 1}
    given = {"wait_timeout": 30, "api_retries": 2, **CONNECTIONS[connection], **own, **options}
    result = _module.perform(task, validated(spec, given), False, clock, wire.connect, given)
    text = json.dumps(result)
    assert SECRET not in text and "is a bug" not in text, text[:500]
    check_texts(result.get("msg"), *(row.get("msg") for row in result.get("jobs") or []))
    for job in [result.get("job"), *(row.get("job", row) for row in result.get("jobs") or [])]:
        if job is not None:
            assert isinstance(job["job_id"], str) and job["status"].__class__ is int and isinstance(job["status_name"], str)
            assert all(job[key].__class__ is int or job[key] is None for key in ("create_time", "duration"))
    assert wire.now <= START + 30.0 + 5.0


# --- a real socket -----------------------------------------------------------------------------------------------

Speech = t.Callable[[socket.socket, threading.Event], None]
TIMEOUT = 1.0  # seconds
OKAY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Server:
    """A server on loopback that says to each request what it was told to say, until the client is gone."""

    def __init__(self, *speeches: Speech) -> None:
        self.speeches = list(speeches)
        self.closing = threading.Event()
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1/project/visualization-jobs"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while self.speeches:
            try:
                connection, dummy = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(5)
            with connection:
                try:
                    while self.speeches and connection.recv(65536):
                        self.speeches.pop(0)(connection, self.closing)
                except OSError:
                    continue

    def close(self) -> None:
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        assert not self.thread.is_alive()


def drip(first: bytes, piece: bytes) -> Speech:
    """Say something, and then a little at a time, for much longer than anyone should listen."""

    def speak(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(first)
        for dummy in range(150):
            if not closing.wait(0.02):
                connection.sendall(piece)

    return speak


def say(*pieces: bytes) -> Speech:
    """Say one piece after the other."""

    def speak(connection: socket.socket, dummy: threading.Event) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return speak


def whole(body: bytes) -> bytes:
    """Return an answer with its length."""
    return OKAY + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def request_for(url: str, method: str = "GET", seconds: float = 100.0) -> _http.Request:
    """Return a request that nobody has to be known for."""
    return _http.Request(method, url, {}, None, {}, _auth.unauthorised, method == "GET", time.monotonic() + seconds)


@pytest.fixture
def serve() -> t.Iterator[t.Callable[..., Server]]:
    """Return what starts a server; all are closed in the end."""
    servers: t.List[Server] = []

    def start(*speeches: Speech) -> Server:
        servers.append(Server(*speeches))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def transport() -> t.Iterator[_http.Transport]:
    """Return a transport with a short timeout."""
    one = _http.Transport(SETTINGS, _clock.Clock(), TIMEOUT, 1)
    yield one
    one.close()


SLOW = {
    "status line": drip(b"HTTP/1.1 200 O", b"O"),
    "one header": drip(OKAY + b"X-Slow: ", b"x"),
    "many headers": drip(OKAY, b"X-S: y\r\n"),
    "continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body with a length": drip(OKAY + b"Content-Length: 1000000\r\n\r\n", b" "),
    "body without a length": drip(OKAY + b"\r\n", b" "),
    "body in chunks": drip(OKAY + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "length of a chunk": drip(OKAY + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": drip(OKAY + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-S: y\r\n"),
}


@pytest.mark.parametrize("speech", list(SLOW.values()), ids=list(SLOW))
def test_an_answer_that_never_ends_ends_with_the_timeout(
    serve: t.Callable[..., Server], transport: _http.Transport, speech: Speech
) -> None:
    server = serve(speech)
    begin = time.monotonic()
    with pytest.raises(_http.AnswerLost) as caught:
        transport.exchange(request_for(server.url))
    assert time.monotonic() - begin < TIMEOUT + 1.0
    check_texts(str(caught.value))


@pytest.mark.parametrize("length", [b"Content-Length: 31457280\r\n\r\n", b"\r\n"], ids=["with its length", "without"])
def test_of_30_mb_no_more_is_read_than_is_accepted(serve: t.Callable[..., Server], length: bytes) -> None:
    server = serve(say(OKAY + length, *[b"x" * 1048576] * 30))
    transport = _http.Transport(SETTINGS, _clock.Clock(), 20.0, 1)
    answer = transport.exchange(request_for(server.url))
    transport.close()
    assert len(answer.body) == _http.MAX_ANSWER_BYTES + 1
    with pytest.raises(_http.Unintelligible, match="longer than 4 MiB"):
        _http.read_answer(answer)


ODD_SPEECHES = {
    "101 headers": OKAY + b"".join(b"X-%d: y\r\n" % number for number in range(101)) + b"\r\n{}",
    "a header of 70 KB": OKAY + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n{}",
    "a status line of 70 KB": b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "an odd status": b"HTTP/1.1 two hundred\r\n\r\n",
    "a negative length": OKAY + b"Content-Length: -5\r\n\r\n{}",
    "two lengths": OKAY + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length that is none": OKAY + b"Content-Length: two\r\n\r\n{}",
    "a body cut off": OKAY + b"Content-Length: 50\r\n\r\n{}",
    "chunks that are none": OKAY + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "nothing": b"",
    "headers that are none": OKAY + b"no colon here\r\n\x00\xff: \xfe\r\n\r\n",
    "gzip that is none": OKAY + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("speech", list(ODD_SPEECHES.values()), ids=list(ODD_SPEECHES))
def test_speech_that_is_no_http_ends_in_an_answer_or_a_failure(
    serve: t.Callable[..., Server], transport: _http.Transport, speech: bytes
) -> None:
    def speak(connection: socket.socket, dummy: threading.Event) -> None:
        connection.sendall(speech)
        connection.shutdown(socket.SHUT_WR)

    server = serve(speak)
    begin = time.monotonic()
    attempted(lambda: _http.read_answer(transport.exchange(request_for(server.url))))
    assert time.monotonic() - begin < TIMEOUT + 1.0


def test_the_time_of_one_answer_is_not_taken_from_the_next_on_the_same_connection(
    serve: t.Callable[..., Server], transport: _http.Transport
) -> None:
    def late(connection: socket.socket, closing: threading.Event) -> None:
        closing.wait(TIMEOUT * 0.6)
        connection.sendall(whole(b"{}"))

    server = serve(late, late, say(whole(b"{}")), late)
    for dummy in range(4):
        assert transport.exchange(request_for(server.url, "DELETE")).body == b"{}"
    assert server.connections == 1


def test_each_thread_has_the_time_of_its_own_request(serve: t.Callable[..., Server]) -> None:
    transport = _http.Transport(SETTINGS, _clock.Clock(), 20.0, 2)
    slow, quick = serve(drip(OKAY, b"X-S: y\r\n")), serve(say(whole(b"{}")))
    lost: t.List[float] = []

    def ask_slow() -> None:
        begin = time.monotonic()
        with pytest.raises(_http.AnswerLost):
            transport.exchange(request_for(slow.url, seconds=TIMEOUT))
        lost.append(time.monotonic() - begin)

    thread = threading.Thread(target=ask_slow)
    thread.start()
    assert transport.exchange(request_for(quick.url)).body == b"{}"
    thread.join(10)
    transport.close()
    assert len(lost) == 1 and lost[0] < TIMEOUT + 1.0


def test_a_proxy_that_drips_ends_with_the_timeout(
    serve: t.Callable[..., Server], transport: _http.Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(drip(OKAY, b"X-S: y\r\n"))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", requests.compat.urljoin(server.url, "/"))
    begin = time.monotonic()
    with pytest.raises(_http.AnswerLost):
        transport.exchange(request_for("http://modelarts.invalid/"))
    assert time.monotonic() - begin < TIMEOUT + 1.0
