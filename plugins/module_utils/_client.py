# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call: authorised, repeated where that is safe, and never past the deadline."""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import contextlib
import math
import random
import re
import threading
import typing as t
from dataclasses import replace

from . import _auth, _settings
from ._clock import Clock
from ._http import (
    EXPIRED_CODES,
    THROTTLED_CODES,
    Answer,
    AnswerLost,
    CallError,
    DeadlineExceeded,
    Interrupted,
    Json,
    NoAccess,
    NotSent,
    Refused,
    Reply,
    Request,
    Speaker,
    Transport,
    Unintelligible,
    Unsendable,
    is_internal,
    masked,
    masked_texts,
    masker,
    read_answer,
    request_id_of,
    retry_after,
)

FIRST_PAUSE = 0.5  # seconds before the first repetition
LONGEST_PAUSE = 30.0  # seconds, where the server does not ask for more
UNSHOWN = "What was answered cannot be shown, as it repeats a secret."
LEAST_ASKED = 1.0  # seconds; a server that asks for less quiet has rounded, or its clock is not ours
TOO_LITTLE = 0.1  # seconds; in less, neither a connection nor an answer comes about


class Deadline:
    """The moment at which a task has to be over.

    :param seconds: from now.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.end = clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left; never less than zero."""
        return max(0.0, self.end - self.clock.monotonic())

    def check(self) -> None:
        """Raise :class:`Interrupted` or :class:`DeadlineExceeded` where nothing may be sent any more."""
        if self.clock.stopped():
            raise Interrupted("The task was interrupted.")
        if self.remaining() < TOO_LITTLE:
            raise self.exceeded()

    def exceeded(self) -> DeadlineExceeded:
        """Return the error for a task whose time is over."""
        return DeadlineExceeded(f"The time of the task, wait_timeout ({self.seconds:g} s), is over.")


# --- what may be repeated: pure ----------------------------------------------------------------------------------


def is_throttled(error: CallError) -> bool:
    """Tell whether an error says that too much was asked."""
    return error.http_status == 429 or error.kind() in THROTTLED_CODES


def is_passing(error: CallError) -> bool:
    """Tell whether an error may be another one, or none, a moment later."""
    if isinstance(error, NotSent):
        return not isinstance(error, Unsendable)
    if not isinstance(error, AnswerLost):
        return is_throttled(error)
    return error.http_status in (None, 408, 502, 503, 504) or is_throttled(error) or is_internal(error.code)


def repeatable(error: CallError, idempotent: bool) -> bool:
    """Tell whether a call may be repeated as it is: where nothing was done, or doing it twice does no harm."""
    return is_passing(error) and (idempotent or not error.maybe_done)


def proves_access(error: CallError) -> bool:
    """Tell whether a refusal shows that the key or the token was accepted: it comes from behind the gateway."""
    spoken_behind = re.match(r"ModelArts\.|APIGW\.0302", error.kind())
    return isinstance(error, Refused) and spoken_behind is not None and not is_throttled(error)


# --- how many at once --------------------------------------------------------------------------------------------


class Gate:
    """Lets so many requests be in flight: one until the key has proved good, then ``most``.

    Being throttled halves the number, each success raises it by one. May be used by many threads.
    """

    def __init__(self, most: int) -> None:
        self.limit = 1
        self.successes = 0
        self._most = max(1, most)
        self._proven = False
        self._in_flight = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def slot(self, deadline: Deadline) -> t.Iterator[None]:
        """Be one of those in flight. Raises :class:`DeadlineExceeded` and :class:`Interrupted`."""
        with self._changed:
            patience = min(deadline.remaining(), threading.TIMEOUT_MAX)
            self._changed.wait_for(lambda: self._in_flight < self.limit or deadline.remaining() <= 0, patience)
            deadline.check()
            if self._in_flight >= self.limit:
                raise deadline.exceeded()
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def learn(self, error: t.Optional[CallError] = None) -> None:
        """Set the number anew by what a request was answered with; without an error it was a success."""
        with self._changed:
            self.successes += error is None
            if error is not None and is_throttled(error):
                self.limit = max(1, self.limit // 2)
            elif not self._proven and (error is None or proves_access(error)):
                self._proven, self.limit = True, self._most
            elif error is None:
                self.limit = min(self._most, self.limit + 1)
            self._changed.notify_all()


# --- calling -----------------------------------------------------------------------------------------------------


class Client:
    """The API's calls for one task.

    :param retries: how often a call is repeated.
    :param concurrency: how many requests may be in flight at once.
    :param jitter: a number between 0 and 1, for the length of a pause.

    ``secrets`` must never be shown; a token that is fetched comes to it. May be used by many threads.
    """

    def __init__(
        self,
        settings: _settings.Settings,
        transport: Transport,
        deadline: Deadline,
        retries: int,
        concurrency: int = 1,
        jitter: t.Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.deadline = deadline
        self.retries = retries
        self.secrets: t.List[str] = list(_settings.secrets_of(settings.credentials))
        self._masks = (list(self.secrets), masker(self.secrets))
        self._transport = transport
        self._clock = deadline.clock
        self._jitter = jitter
        self._gate = Gate(concurrency)
        self._iam_gate = Gate(1)
        self._quiet_until = 0.0
        self._quieting = threading.Lock()
        self._connecting = threading.Lock()
        self._access: t.Optional[_auth.Access] = None
        self._no_access: t.Optional[NoAccess] = None
        self._renewed = False

    def call(
        self,
        method: str,
        path: str,
        query: t.Optional[t.Mapping[str, t.Any]] = None,
        body: t.Optional[Json] = None,
        end: float = math.inf,
    ) -> Reply:
        """Call ModelArts and return its answer, if that is a success.

        :param path: what follows ``/v1/{project_id}``.
        :param end: the moment (monotonic) at which it has to be over, where that is before the end of the task.

        Only GET is repeated where the outcome is unknown. Raises :class:`CallError`, and nothing else.
        """
        access = self._connected()
        end = min(end, self.deadline.end)
        request = Request(method, access.base + path, query or {}, body, {}, access.authorise, method == "GET", end)
        try:
            return self._repeat(request, self._gate)
        except NoAccess as error:
            expired = error.kind() in EXPIRED_CODES and (request.idempotent or not error.maybe_done)
            renewed = self._renew(access) if expired else access
            if renewed is access:
                raise
        return self._repeat(replace(request, authorise=renewed.authorise), self._gate)

    # --- sending: again where that is safe, and only when the server wants to hear of us ---

    def _repeat(self, request: Request, gate: Gate) -> Reply:
        """Send a request until it succeeds or repeating it is useless, unsafe, or past the deadline."""
        attempt, before = 0, gate.successes
        met: t.List[CallError] = []
        while True:
            try:
                return self._send(request, gate, attempt)
            except DeadlineExceeded as over:
                raise (met[-1] if met else over) from None  # what was met says more than that the time is over
            except CallError as error:
                met.append(error)
                if is_throttled(error) and gate.successes > before:  # others get through, so in time this one will
                    attempt, before = 0, gate.successes
                pause = 0.0 if wants_quiet(error) else self._pause(error, attempt)
                late = max(pause, self._quiet()) >= self._left(request)
                if attempt >= self.retries or late or not repeatable(error, request.idempotent):
                    raise
            if pause:
                self._clock.sleep(pause)
            attempt += 1

    def _send(self, request: Request, gate: Gate, attempt: int) -> Reply:
        """Send a request once, as soon as it may be sent."""
        while True:
            self.deadline.check()
            self._keep_quiet(request)
            with gate.slot(self.deadline):
                if self._quiet() > 0:
                    continue
                self._check_access()
                return self._exchange(request, gate, attempt)

    def _exchange(self, request: Request, gate: Gate, attempt: int) -> Reply:
        """Send a request, and let all threads know what its answer means for them."""
        headers: t.Mapping[str, str] = {}
        asked = self._clock.monotonic()
        try:
            answer = self._transport.exchange(request)
            headers = answer.headers
            reply = replace(self._read(answer), asked=asked)
        except CallError as error:
            asked_for = retry_after(headers, self._clock.time())
            error.retry_after = asked_for if asked_for is not None and asked_for >= LEAST_ASKED else None
            if wants_quiet(error):
                pause = self._pause(error, attempt)
                if error.retry_after is None:  # how long is ours to choose, and what may have been done is to be looked at still
                    pause = min(pause, max(self.deadline.remaining() / 2, TOO_LITTLE))
                with self._quieting:
                    self._quiet_until = max(self._quiet_until, self._clock.monotonic() + pause)
            if gate is self._gate:
                self._remember(error, request)
            gate.learn(error)
            raise
        gate.learn()
        return reply

    def _read(self, answer: Answer) -> Reply:
        """Return what an answer says; where parts of it are cut out to be shown, without the secrets that it may repeat."""
        told = answer.headers.get("X-Subject-Token") or ""
        self.secrets.extend(filter(None, {told, *told.split(", ")}))  # two headers of a name come joined
        try:
            reply = read_answer(answer)
        except CallError as error:
            shown: CallError = Unintelligible(UNSHOWN)
            try:
                read_answer(masked(answer, self._mask()))
            except CallError as masked_error:
                shown = masked_error
            error.message, error.request_id = shown.message, shown.request_id
            error.code = error.code if is_code(error.code) else shown.code  # decided by, and masked where it is told
            raise
        return replace(reply, request_id=request_id_of(reply.headers, reply.body, self._mask()))

    def _mask(self) -> t.Callable[[str], str]:
        """Return what takes the secrets out of a text that a server has sent."""
        if self._masks[0] != self.secrets:
            self._masks = (list(self.secrets), masker(self.secrets))
        return self._masks[1]

    def _pause(self, error: CallError, attempt: int) -> float:
        """Return the seconds to let pass before the next attempt: exponential with jitter, or as the server asks."""
        exponential = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt, 30)) * (0.5 + self._jitter() / 2)
        return exponential if error.retry_after is None else error.retry_after + self._jitter() / 10

    def _quiet(self) -> float:
        """Return the seconds for which the server wants no request; not more than zero where it wants one."""
        return self._quiet_until - self._clock.monotonic()

    def _left(self, request: Request) -> float:
        """Return the seconds until a request has to be over."""
        return request.end - self._clock.monotonic()

    def _keep_quiet(self, request: Request) -> None:
        """Let the time pass in which the server wants no request. Raises :class:`DeadlineExceeded` where it is too long."""
        quiet = self._quiet()
        if quiet > 0 and quiet >= self._left(request):
            left = f"longer than is left of wait_timeout ({self.deadline.seconds:g} s)"
            raise DeadlineExceeded(f"The server wants no request for another {quiet:.3g} s, {left}.")
        if quiet > 0:
            self._clock.sleep(quiet)

    # --- the key or the token; the project; the endpoint ---

    def _connected(self) -> _auth.Access:
        """Return what a call needs. IAM is asked once for what is not known; everybody else waits, and shares."""
        with self._connecting:
            if self._access is None:
                self._access = self._connect()
            return self._access

    def _connect(self) -> _auth.Access:
        """Ask IAM, if anything has to be asked. Raises :class:`NoAccess`, which is remembered."""
        self._check_access()
        reply: t.Optional[Reply] = None
        try:
            asked = _auth.question(self.settings)
            if asked is not None:
                reply = self._ask(asked)
            access = self._access_of(reply)
        except (DeadlineExceeded, Interrupted):
            raise
        except CallError as error:
            self._no_access = from_iam(error)
            raise self._no_access from error
        except (_auth.AuthError, _settings.SettingsError) as error:
            told = (reply.http_status, reply.request_id) if reply else (None, None)
            self._no_access = NoAccess(str(error), None, *told, speaker=Speaker.LOCAL)  # what to do stands in it
            raise self._no_access from error
        return access

    def _access_of(self, reply: t.Optional[Reply]) -> _auth.Access:
        """Return what IAM's answer gives; where parts of it are cut out to be shown, without the secrets that it may repeat."""
        if reply is None:
            return _auth.read_access(self.settings, None, {}, self._clock.time)
        try:
            return _auth.read_access(self.settings, reply.body, reply.headers, self._clock.time)
        except _auth.AuthError as error:
            try:
                _auth.read_access(self.settings, masked_texts(reply.body, self._mask()), reply.headers, self._clock.time)
            except _auth.AuthError as masked_error:
                raise masked_error from error
            raise _auth.AuthError(UNSHOWN) from error

    def _ask(self, asked: _auth.Question) -> Reply:
        """Ask IAM. Raises :class:`CallError`."""
        authorise = _auth.authoriser(self.settings.credentials, None, self._clock.time)
        request = Request(asked.method, asked.url, asked.query, asked.body, asked.headers, authorise, True, self.deadline.end)
        return self._repeat(request, self._iam_gate)

    def _renew(self, used: _auth.Access) -> _auth.Access:
        """Return what holds a new token in place of one that expired; once in a task, else what was used comes back."""
        with self._connecting:
            if self._access is used and not self._renewed and isinstance(self.settings.credentials, _settings.Password):
                self._access = None  # from here on, a refusal of what was used says nothing about what comes
                self._renewed = True
                self._access = replace(self._connect(), base=used.base)
            return self._access or used

    def _remember(self, error: CallError, request: Request) -> None:
        """Let no other request try what was refused: more than five bad signatures lock a key."""
        renewable = isinstance(self.settings.credentials, _settings.Password) and not self._renewed
        current = self._access is not None and self._access.authorise is request.authorise
        if isinstance(error, NoAccess) and current and not (renewable and error.kind() in EXPIRED_CODES):
            self._no_access = error

    def _check_access(self) -> None:
        """Raise :class:`NoAccess`, in the same words, where it was met before."""
        known = self._no_access
        if known is not None:
            raise NoAccess(known.message, known.code, known.http_status, known.request_id, speaker=known.speaker)


def is_code(code: t.Optional[str]) -> bool:
    """Tell whether a code is written as those that we decide by are."""
    return re.fullmatch(r"[A-Za-z]{1,20}\.[0-9]{1,8}|[0-9]{3}", code or "") is not None


def wants_quiet(error: CallError) -> bool:
    """Tell whether an answer asks all of us, not only the one who got it, to be quiet for a while."""
    return is_throttled(error) or (error.retry_after is not None and is_passing(error))


def from_iam(error: CallError) -> NoAccess:
    """Return what came of asking IAM as what it means for every call. What others than a server say stays theirs."""
    speaker = Speaker.IAM if error.speaker is Speaker.MODELARTS else error.speaker
    return NoAccess(error.message, error.code, error.http_status, error.request_id, speaker=speaker)
