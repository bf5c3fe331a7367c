# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""How we talk: one session, the retries, and answers turned into values or exceptions."""

from __future__ import annotations

import http.client
import io
import json
import random
import re
import socket
import ssl
import threading
import time as system_time
import typing as t
from dataclasses import dataclass

from ansible_collections.otc.modelarts.plugins.module_utils import _auth

try:
    import requests
    import requests.adapters
    from urllib3 import exceptions as urllib3_exceptions
except ImportError as error:
    REQUESTS_IMPORT_ERROR: t.Optional[ImportError] = error
else:
    REQUESTS_IMPORT_ERROR = None

MAX_ANSWER_BYTES = 4 * 1024 * 1024
FIRST_PAUSE = 0.5  # seconds before the first repetition
LONGEST_PAUSE = 30.0  # seconds, where the server does not ask for more
USER_AGENT = "ansible-otc.modelarts"

THROTTLED_CODES = ("APIGW.0308", "ModelArts.2799", "ModelArts.4206", "ModelArts.6101")
ACCESS_CODES = ("APIGW.0301", "APIGW.0307", "ModelArts.0201", "ModelArts.0202", "ModelArts.0203")
EXPIRED_CODES = ("APIGW.0307", "ModelArts.0202")
REQUEST_ID_HEADERS = ("X-Request-Id", "X-Openstack-Request-Id", "X-IAM-Trace-Id")

Json = t.Dict[str, t.Any]


class CallError(Exception):
    """A call did not succeed.

    ``message`` is the API's own where there is one; ``code``, ``http_status`` and ``request_id`` are ``None`` where
    the answer had none, or where there was no answer.
    """

    def __init__(
        self,
        message: str,
        code: t.Optional[str] = None,
        http_status: t.Optional[int] = None,
        request_id: t.Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after: t.Optional[float] = None

    def kind(self) -> str:
        """Return the code in the spelling that our tables use; empty where there is none."""
        return kind_of(self.code)


def kind_of(code: t.Optional[str]) -> str:
    """Return a code with the one of the gateway's two prefixes that our tables use."""
    return re.sub(r"^APIG\.", "APIGW.", code or "")


class Refused(CallError):
    """The API understood the call and said no; nothing was done."""


class AccessRefused(Refused):
    """The key or the token was refused (401): no other call will fare better."""


class AnswerLost(CallError):
    """There was no usable answer, or a gateway's in its place: the call may have been carried out, or not."""


class NotSent(CallError):
    """No connection came about, so nothing was done."""


class Untrusted(NotSent):
    """No connection came about, and none will: the certificate, or the address itself, is wrong."""


class Unintelligible(CallError):
    """There was an answer that no client can read: no JSON, too long, a redirect, the wrong shape."""


class DeadlineExceeded(CallError):
    """The time that the task has is over; nothing was sent."""


@dataclass(frozen=True)
class Clock:
    """Time, in seconds, and a way to let it pass; tests bring their own."""

    monotonic: t.Callable[[], float] = system_time.monotonic
    sleep: t.Callable[[float], None] = system_time.sleep
    time: t.Callable[[], float] = system_time.time


class Deadline:
    """The moment at which a task has to be over.

    :param seconds: from now.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self._end = clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left; never less than zero."""
        return max(0.0, self._end - self.clock.monotonic())


# --- reading answers: pure ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whole. ``body`` is at most one byte longer than what is accepted."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes


def read_answer(answer: Answer) -> Json:
    """Return the JSON object of a successful answer.

    A failed call may come with any HTTP status, 200 too, and in many shapes.
    Raises :class:`Refused`, :class:`AccessRefused`, :class:`AnswerLost` or :class:`Unintelligible`.
    Source: https://docs.otc.t-systems.com/modelarts/api-ref/ ("Error Codes", "Status Code").
    """
    request_id = next((answer.headers[name] for name in REQUEST_ID_HEADERS if answer.headers.get(name)), None)
    request_id = one_line(request_id, 128)
    if 300 <= answer.status < 400:
        raise Unintelligible("The server answered with a redirect, which is not followed.", None, answer.status, request_id)
    body = parse_json(answer.body)
    code, message = error_of(body, answer.status)
    if isinstance(body, dict):
        request_id = request_id or one_line(body.get("request_id"), 128)
    if 200 <= answer.status < 300 and not failed(body, code):
        if not isinstance(body, dict):
            raise Unintelligible(describe_body(answer), None, answer.status, request_id)
        return body
    failure = failure_type(answer.status, code)
    raise failure(message or describe_body(answer), code, answer.status, request_id)


def failure_type(status: int, code: t.Optional[str]) -> t.Type[CallError]:
    """Return which kind of failure an HTTP status with a code is."""
    if status == 401 or kind_of(code) in ACCESS_CODES:
        return AccessRefused
    internal = re.fullmatch(r"ModelArts\.(0010|295\d)|APIGW\.(0201|0202|0203|0610|0613)", kind_of(code))
    return AnswerLost if status in (502, 503, 504) or (status == 500 and internal) else Refused


def parse_json(body: bytes) -> t.Any:
    """Return what the JSON in ``body`` says; ``None`` where it is none or too much."""
    if len(body) > MAX_ANSWER_BYTES:
        return None
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def failed(body: t.Any, code: t.Optional[str]) -> bool:
    """Tell whether the body of a 2xx answer tells of a failure."""
    if code is not None or not isinstance(body, dict):
        return code is not None
    return str(body.get("is_success")).lower() == "false" or isinstance(body.get("error"), dict)


def error_of(body: t.Any, status: int) -> t.Tuple[t.Optional[str], t.Optional[str]]:
    """Return the code and the message of an error, in whichever of the known shapes it comes."""
    if not isinstance(body, dict):
        return None, None
    inner = body.get("error")
    fields = {**body, **inner} if isinstance(inner, dict) else body
    told = status >= 400 or failed(body, None)
    code = first_of(fields, "error_code", "errorCode")
    message = first_of(fields, "error_message", "error_msg", "errorMsg")
    if told:
        code = code or first_of(fields, "code")
        message = message or first_of(fields, "message", "error")
    return code, message


def first_of(fields: t.Mapping[str, t.Any], *names: str) -> t.Optional[str]:
    """Return the first of the named fields that says anything, as text on one line."""
    return next((one_line(fields[name]) for name in names if one_line(fields.get(name))), None)


def one_line(value: t.Any, length: int = 400) -> t.Optional[str]:
    """Return a value that came over the wire as short text without line breaks and control characters, or ``None``."""
    if value is None or isinstance(value, (dict, list)):
        return None
    shown = "".join(char if char.isprintable() else " " for char in str(value)[: 4 * length])
    return " ".join(shown.split())[:length] or None


def describe_body(answer: Answer) -> str:
    """Say what is wrong with an answer that has no message of the API in it."""
    if len(answer.body) > MAX_ANSWER_BYTES:
        return f"The answer is longer than {MAX_ANSWER_BYTES // 1024 // 1024} MiB."
    if not answer.body.strip():
        return "The answer has an empty body."
    if parse_json(answer.body) is None and answer.body.strip() != b"null":
        return "The answer is not JSON."
    return "The answer is JSON, but not what this call answers with."


def retry_after(headers: t.Mapping[str, str], now: float) -> t.Optional[float]:
    """Return the seconds for which the server asks us to be quiet, given as a number or a date, or ``None``."""
    value = headers.get("Retry-After")
    if not value:
        return None
    if re.fullmatch(r"\s*\d{1,6}\s*", value):
        return float(value)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def is_throttled(error: CallError) -> bool:
    """Tell whether an error says that too much was asked."""
    return error.http_status == 429 or error.kind() in THROTTLED_CODES


def repeatable(error: CallError, idempotent: bool) -> bool:
    """Tell whether a call may be repeated as it is: where nothing was done, or doing it twice does no harm."""
    if isinstance(error, Untrusted):
        return False
    return isinstance(error, NotSent) or is_throttled(error) or (idempotent and isinstance(error, AnswerLost))


# --- sending -----------------------------------------------------------------------------------------------------


class Transport:
    """One HTTP request after the other over reused connections, each turned into an :class:`Answer`.

    :param timeout: seconds for one request, from connecting to the last byte.
    :param connections: how many are kept open.

    May be used by many threads. Redirects are not followed, cookies not kept.
    """

    def __init__(self, settings: _auth.Settings, clock: Clock, timeout: float, connections: int) -> None:
        self._clock = clock
        self._timeout = timeout
        self._verify = settings.verify
        self._cert = settings.cert
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"})
        adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=connections, max_retries=0)
        limit_answers(adapter)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def exchange(
        self,
        method: str,
        url: str,
        auth: t.Callable[[t.Any], t.Any],
        query: t.Optional[t.Mapping[str, t.Any]] = None,
        body: t.Optional[Json] = None,
        headers: t.Optional[t.Mapping[str, str]] = None,
        within: float = 1e9,
    ) -> Answer:
        """Send one request, once, and return the answer whatever its status.

        :param within: seconds after which to give up, if that is less than the timeout.

        Raises :class:`NotSent`, :class:`Untrusted` or :class:`AnswerLost`.
        """
        seconds = max(0.05, min(self._timeout, within))
        end = self._clock.monotonic() + seconds
        TimedResponse.limits.end = system_time.monotonic() + seconds
        own = {"Content-Type": "application/json", **(headers or {})}
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        try:
            request = requests.Request(method, url, headers=own, data=content, params=dict(query or {}), auth=auth)
            prepared = self._session.prepare_request(request)
            environment = t.cast(
                t.Dict[str, t.Any], self._session.merge_environment_settings(url, {}, True, self._verify, self._cert)
            )
            adapter = self._session.get_adapter(url)
            with adapter.send(prepared, timeout=(seconds, seconds), **environment) as response:
                return Answer(response.status_code, response.headers, self._read(response, end))
        except requests.exceptions.RequestException as error:
            raise unanswered(error, _auth.host_header(url)) from error
        except (urllib3_exceptions.LocationValueError, UnicodeError) as error:
            raise unanswered(error, _auth.host_header(url)) from error
        except (urllib3_exceptions.HTTPError, OSError) as error:
            raise AnswerLost(f"{_auth.host_header(url)}: The connection broke ({type(error).__name__}).") from error

    def _read(self, response: requests.Response, end: float) -> bytes:
        body = bytearray()
        while len(body) <= MAX_ANSWER_BYTES:
            chunk = response.raw.read(min(65536, MAX_ANSWER_BYTES + 1 - len(body)), decode_content=False)
            if not chunk:
                break
            body += chunk
            if self._clock.monotonic() > end:
                raise AnswerLost("The answer did not end in time.")
        return bytes(body)


class TimedReader(io.RawIOBase):
    """Reads from a socket until a moment, at most, however little comes at a time.

    :param end: in seconds, on the system's monotonic clock.
    """

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._end = end

    def readable(self) -> bool:
        """Tell that this can be read from."""
        return True

    def readinto(self, buffer: t.Any) -> t.Optional[int]:
        """Read what there is, or wait for it, but not past the end."""
        remaining = self._end - system_time.monotonic()
        if remaining <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        if not self.closed:
            self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """An answer that has to be there, headers and body, by the end that its thread has set in ``limits``.

    The timeout of a socket begins anew with each byte that comes.
    """

    limits = threading.local()

    def __init__(self, sock: socket.socket, *args: t.Any, **options: t.Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(TimedReader(sock, self.limits.end))


def limit_answers(adapter: requests.adapters.HTTPAdapter) -> None:
    """Have an adapter, and the proxies that it may go through, read each answer as a :class:`TimedResponse`."""

    def limited(pool: t.Any) -> t.Any:
        connection = type("TimedConnection", (pool.ConnectionCls,), {"response_class": TimedResponse})
        return type("TimedPool", (pool,), {"ConnectionCls": connection})

    def proxy_manager_for(*args: t.Any, **options: t.Any) -> t.Any:
        manager = plain(*args, **options)
        manager.pool_classes_by_scheme = pools
        return manager

    plain = adapter.proxy_manager_for
    pools = {scheme: limited(pool) for scheme, pool in adapter.poolmanager.pool_classes_by_scheme.items()}
    adapter.poolmanager.pool_classes_by_scheme = pools
    adapter.proxy_manager_for = proxy_manager_for  # type: ignore[method-assign]


def unanswered(error: Exception, host: str) -> CallError:
    """Turn an exception of ``requests`` into ours: was anything sent, and would it help to send it again?"""
    chain = list(causes(error))
    names = {type(cause).__name__ for cause in chain}
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = f"The certificate of {host} cannot be verified: {cause.verify_message}"
            return Untrusted(f"{reason} (validate_certs, ca_cert).")
    if names & {"NameResolutionError", "gaierror"}:
        return NotSent(f"The name of {host} cannot be resolved.")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return NotSent(f"No connection to {host} within api_timeout.")
    if names & {"NewConnectionError", "ConnectionRefusedError"}:
        return NotSent(f"{host} refused the connection.")
    if isinstance(error, requests.exceptions.SSLError):
        return AnswerLost(f"The TLS connection to {host} failed.")
    if isinstance(error, requests.exceptions.Timeout):
        return AnswerLost(f"No answer from {host} within api_timeout.")
    broken = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)
    if isinstance(error, broken) or any(isinstance(cause, urllib3_exceptions.InvalidHeader) for cause in chain):
        return AnswerLost(f"The connection to {host} broke before the answer was complete.")
    return Untrusted(f"The request to {host} cannot be sent ({type(error).__name__}).")


def causes(error: t.Any) -> t.Iterator[BaseException]:
    """Yield an exception and all that are said to lie behind it."""
    seen: t.List[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop(0)
        if isinstance(one, BaseException) and one not in seen and len(seen) < 20:
            seen.append(one)
            yield one
            todo.extend([one.__cause__, one.__context__, getattr(one, "reason", None), *one.args])


class Client:
    """The API's calls for one task: authorised, repeated where that is safe, never past the deadline.

    :param retries: how often a call is repeated.
    :param jitter: a number between 0 and 1, for the length of a pause.

    May be used by many threads; one that is throttled slows down all.
    """

    def __init__(
        self,
        settings: _auth.Settings,
        transport: Transport,
        deadline: Deadline,
        retries: int,
        jitter: t.Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.deadline = deadline
        self.retries = retries
        self._transport = transport
        self._clock = deadline.clock
        self._jitter = jitter
        self._quiet_until = 0.0
        self._throttling = threading.Lock()
        self._connecting = threading.Lock()
        self._base: t.Optional[str] = None
        self._auth: t.Optional[t.Callable[[t.Any], t.Any]] = None
        self._renewed = False
        self.secrets = list(_auth.secrets_of(settings.credentials))

    def call(
        self, method: str, path: str, query: t.Optional[t.Mapping[str, t.Any]] = None, body: t.Optional[Json] = None
    ) -> Json:
        """Call ModelArts and return the JSON object of a successful answer.

        :param path: what follows ``/v1/{project_id}``.

        Only GET is repeated after a lost answer. Raises :class:`CallError` and :class:`_auth.AuthError`.
        """
        base, auth = self._connected()
        try:
            return self._repeat(method == "GET", method, base + path, auth, query, body)[0]
        except AccessRefused as error:
            renewed = self._renew(auth) if error.kind() in EXPIRED_CODES else None
            if renewed is None:
                raise
            return self._repeat(method == "GET", method, base + path, renewed, query, body)[0]

    def _repeat(self, idempotent: bool, *request: t.Any, **options: t.Any) -> t.Tuple[Json, t.Mapping[str, str]]:
        """Send a request until it succeeds or repeating it is useless, unsafe, or past the deadline."""
        attempt = 0
        while True:
            try:
                return self._send(*request, **options)
            except CallError as error:
                pause = self._pause(error, attempt)
                if attempt >= self.retries or not repeatable(error, idempotent) or pause >= self.deadline.remaining():
                    raise
                self._hold(pause, everyone=is_throttled(error))
                attempt += 1

    def _send(self, *request: t.Any, **options: t.Any) -> t.Tuple[Json, t.Mapping[str, str]]:
        """Send a request once, as soon as the server wants to hear of us again."""
        quiet = self._quiet_until - self._clock.monotonic()
        if quiet > 0:
            self._clock.sleep(min(quiet, self.deadline.remaining()))
        remaining = self.deadline.remaining()
        if remaining <= 0:
            raise DeadlineExceeded(f"The time of the task, wait_timeout ({self.deadline.seconds:g} s), is over.")
        answer = self._transport.exchange(*request, **{**options, "within": remaining})
        try:
            return read_answer(answer), answer.headers
        except CallError as error:
            error.retry_after = retry_after(answer.headers, self._clock.time())
            raise

    def _pause(self, error: CallError, attempt: int) -> float:
        """Return the seconds to let pass before the next attempt: exponential with jitter, or as the server asks."""
        exponential = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt) * (0.5 + self._jitter() / 2)
        return exponential if error.retry_after is None else error.retry_after + self._jitter() / 10

    def _hold(self, seconds: float, everyone: bool) -> None:
        """Let time pass; for every thread where the server throttles."""
        if not everyone:
            self._clock.sleep(seconds)
            return
        with self._throttling:
            self._quiet_until = max(self._quiet_until, self._clock.monotonic() + seconds)

    # --- IAM: the token, the project, the endpoint ---

    def _connected(self) -> t.Tuple[str, t.Callable[[t.Any], t.Any]]:
        """Return the base URL of the project and what authorises a request; IAM is asked once for what is not known."""
        with self._connecting:
            if self._base is None or self._auth is None:
                self._base, self._auth = self._connect()
            return self._base, self._auth

    def _connect(self) -> t.Tuple[str, t.Callable[[t.Any], t.Any]]:
        settings = self.settings
        credentials, project_id, scope = settings.credentials, settings.project_id, None
        auth: t.Callable[[t.Any], t.Any]
        if isinstance(credentials, _auth.AccessKey):
            if project_id is None:
                body = self._ask_iam(_auth.project_request(settings), _auth.SignatureAuth(credentials, None, self._clock.time))[0]
                project_id = _auth.read_project_id(body, str(settings.project_name))
            auth = _auth.SignatureAuth(credentials, project_id, self._clock.time)
        elif isinstance(credentials, _auth.Password):
            auth, scope = self._fetch_token()
        else:
            auth = _auth.TokenAuth(credentials.token)
            if project_id is None or (settings.endpoint is None and settings.auth_url is not None):
                scope = _auth.read_scope(self._ask_iam(_auth.scope_request(settings, credentials.token), auth)[0])
        project_id = project_of_scope(settings, project_id, scope)
        endpoint = settings.endpoint or _auth.endpoint_from_catalog(scope, settings.region_name)
        return f"{endpoint or _auth.endpoint_from_region(settings)}/v1/{project_id}", auth

    def _fetch_token(self) -> t.Tuple[t.Callable[[t.Any], t.Any], _auth.Scope]:
        """Fetch a token by password."""
        body, headers = self._ask_iam(_auth.token_request(self.settings), unauthorised)
        token = headers.get("X-Subject-Token")
        if not token:
            raise Unintelligible("IAM answered without a token.")
        self.secrets.append(token)
        return _auth.TokenAuth(token), _auth.read_scope(body)

    def _ask_iam(self, asked: _auth.IamRequest, auth: t.Callable[[t.Any], t.Any]) -> t.Tuple[Json, t.Mapping[str, str]]:
        """Ask IAM; what its error says is told as IAM's."""
        try:
            return self._repeat(True, asked.method, asked.url, auth, asked.query, asked.body, headers=asked.headers)
        except CallError as error:
            error.message = f"IAM: {error.message}"
            raise

    def _renew(self, used: t.Callable[[t.Any], t.Any]) -> t.Optional[t.Callable[[t.Any], t.Any]]:
        """Return a new token in place of one that expired, once in a task; ``None`` where there is none to be had."""
        with self._connecting:
            if self._auth is used and not self._renewed and isinstance(self.settings.credentials, _auth.Password):
                self._renewed = True
                self._auth = self._fetch_token()[0]
            return None if self._auth is used else self._auth


def unauthorised(request: t.Any) -> t.Any:
    """Put nothing on a request. (Without any ``auth``, ``requests`` would look into ``.netrc``.)"""
    return request


def project_of_scope(settings: _auth.Settings, project_id: t.Optional[str], scope: t.Optional[_auth.Scope]) -> str:
    """Return the id of the project. Raises :class:`_auth.AuthError` where the token is for another, or for none."""
    scoped = scope.project_id if scope else None
    if project_id is None and scoped is None:
        raise _auth.AuthError(f"The token is for no project: set {_auth.named('project_id')}.")
    if project_id and scoped and project_id != scoped:
        raise _auth.AuthError(f"The token is for project {scoped}, not for {project_id} ({_auth.named('project_id')}).")
    return _auth.checked_project_id(project_id or scoped or "")
