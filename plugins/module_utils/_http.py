# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exchange: bytes out; a value or one exception in.

The law of what an answer proves stands in :func:`failure_of`: only a refusal proves that nothing was done, and only a
2xx that can be read proves that something was. All else leaves the outcome open: ``CallError.maybe_done``.
"""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import base64
import contextlib
import datetime
import enum
import errno
import html
import importlib
import itertools
import json
import math
import os
import re
import socket
import ssl
import typing as t
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import quote, quote_plus, unquote, urlencode, urlsplit

from . import _wire
from ._auth import Authorise, host_header
from ._clock import Clock
from ._settings import Settings, named, printable

try:
    import requests
    import requests.utils
    from requests.structures import CaseInsensitiveDict
    from urllib3 import exceptions as urllib3_exceptions
except ImportError as error:
    REQUESTS_IMPORT_ERROR: t.Optional[ImportError] = error
else:
    REQUESTS_IMPORT_ERROR = None

SHORTEST_SECRET = 4  # characters
LONGEST_TEXT = 16384  # characters of a text that an error may tell, before it is cut
MOST_FIELDS = 100  # of an error answer; what comes behind them is not looked through
REFUSES_US = r"(?i)alert[ _](certificate[ _]required|bad[ _]certificate|certificate[ _](expired|revoked|unknown)|unknown[ _]ca)"
LONGEST_ID = 128  # characters of the id of a request
DEEPEST = 30  # levels of nesting; the API uses four
MAX_ANSWER_BYTES = 4 * 1024 * 1024
USER_AGENT = "ansible-otc.modelarts"
REQUEST_ID_HEADERS = ("X-Request-Id", "X-Openstack-Request-Id", "X-IAM-Trace-Id")
PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

EXPIRED_CODES = ("APIGW.0307", "ModelArts.0202")
ACCESS_CODES = (*EXPIRED_CODES, "APIGW.0301", "ModelArts.0201", "ModelArts.0203")
# What ModelArts itself says when it has understood a call and does not do it, whatever the HTTP status beside it.
REFUSAL_CODES = (
    "ModelArts.0015",
    "ModelArts.0101",
    "ModelArts.0102",
    "ModelArts.0103",
    "ModelArts.0104",
    "ModelArts.0105",
    "ModelArts.0107",
    "ModelArts.0108",
    "ModelArts.0112",
    "ModelArts.0204",
    "ModelArts.0207",
    "ModelArts.0210",
    "ModelArts.0212",
    "ModelArts.2775",
    "ModelArts.2786",
    "ModelArts.2836",
    "ModelArts.4204",
    "ModelArts.6650",
)

# What says that something broke on the way or behind it, whatever the HTTP status beside it.
INTERNAL_CODES = r"ModelArts\.(0010|295\d)|APIGW\.(0201|0202|0203|0610|0613)"
THROTTLED_CODES = ("APIGW.0308", "ModelArts.2799", "ModelArts.4206", "ModelArts.6101")

Json = t.Dict[str, t.Any]


class Speaker(enum.Enum):
    """Whose words an error tells."""

    MODELARTS = "ModelArts"
    IAM = "IAM"
    PROXY = "the proxy"
    LOCAL = "this machine"
    NETWORK = "the network"


class CallError(Exception):
    """A call did not succeed.

    ``message`` is the API's own where there is one; ``code``, ``http_status`` and ``request_id`` are ``None`` where
    the answer had none, or where there was no answer. ``maybe_done``: what was asked may have been done all the same.
    ``retry_after``: the seconds for which the server wants no other request, where it said so.
    """

    usually_maybe_done = False
    usual_speaker = Speaker.MODELARTS

    def __init__(
        self,
        message: str,
        code: t.Optional[str] = None,
        http_status: t.Optional[int] = None,
        request_id: t.Optional[str] = None,
        *,
        maybe_done: t.Optional[bool] = None,
        speaker: t.Optional[Speaker] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after: t.Optional[float] = None
        self.maybe_done = self.usually_maybe_done if maybe_done is None else maybe_done
        self.speaker = speaker or self.usual_speaker

    def kind(self) -> str:
        """Return the code in the spelling that our tables use; empty where there is none."""
        return kind_of(self.code)


def kind_of(code: t.Optional[str]) -> str:
    """Return a code with the one of the gateway's two prefixes that our tables use."""
    return re.sub(r"^APIG\.", "APIGW.", code or "")


def is_internal(code: t.Optional[str]) -> bool:
    """Tell whether a code says that something broke."""
    return re.fullmatch(INTERNAL_CODES, kind_of(code)) is not None


def proves_nothing(status: int, code: t.Optional[str]) -> bool:
    """Tell whether an error answer leaves open what was done: by its status, or by its code, whatever its status.

    Being throttled is proof only with the status that says so.
    """
    if is_internal(code) or (status != 429 and kind_of(code) in THROTTLED_CODES):
        return True
    return status == 408 or (status >= 500 and kind_of(code) not in REFUSAL_CODES)


class Refused(CallError):
    """The API understood the call and said no; nothing was done."""


class NoAccess(CallError):
    """The key or the token was refused, or IAM gave us none: no other call of this task will fare better."""


class AnswerLost(CallError):
    """There was no answer, or one that proves nothing: the call may have been carried out, or not."""

    usually_maybe_done = True


class Unintelligible(CallError):
    """There was an answer that no client can read: no JSON, too long, a redirect, the wrong shape."""

    usually_maybe_done = True


class TooLong(Unintelligible):
    """The answer is longer than what is read of one."""


class NotSent(CallError):
    """No connection came about, so nothing was done."""

    usual_speaker = Speaker.NETWORK


class Unsendable(NotSent):
    """No connection came about, and none will: what is wrong is a certificate, a file, a proxy, or the address."""


class DeadlineExceeded(CallError):
    """The time that the task has is over, or will be before the server wants to hear of us again; nothing was sent."""

    usual_speaker = Speaker.LOCAL


class Interrupted(CallError):
    """Somebody ended the task; nothing was sent."""

    usual_speaker = Speaker.LOCAL


# --- reading answers: pure ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whole. ``body`` is at most one byte longer than what is accepted."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What a call that succeeded was answered with. ``asked``: when that was sent to which this is the answer (monotonic)."""

    body: Json
    headers: t.Mapping[str, str]
    http_status: int
    request_id: t.Optional[str]
    asked: float = 0.0


def read_answer(answer: Answer) -> Reply:
    """Return what a successful answer says.

    A failed call may come with any HTTP status, 200 too, and in many shapes.
    Raises :class:`Refused`, :class:`NoAccess`, :class:`AnswerLost` or :class:`Unintelligible`.
    Source: https://docs.otc.t-systems.com/modelarts/api-ref/ ("Error Codes", "Status Code").
    """
    body = parse_json(answer.body)
    request_id = request_id_of(answer.headers, body)
    if 300 <= answer.status < 400:
        raise Unintelligible("The server answered with a redirect, which is not followed.", None, answer.status, request_id)
    code, message = error_of(body, answer.status)
    if not 200 <= answer.status < 300 or failed(body, code):
        raise failure_of(answer, body, code, message, request_id)
    if not isinstance(body, dict):
        unread = TooLong if len(answer.body) > MAX_ANSWER_BYTES else Unintelligible
        raise unread(describe_body(answer), None, answer.status, request_id)
    return Reply(body, answer.headers, answer.status, request_id)


MASK = "********"
SHORTEST_HIDDEN = 6  # characters; a secret with fewer is looked for only as it is usually written
ROUNDS = 5  # how often a text may be encoded
ENCODINGS = ("utf-8", "latin-1", "cp1252")
ESCAPED = re.compile(r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")  # in JSON within JSON there are several
ODD = re.compile(r"[%&\\+\s\x00-\x1f\x7f]")  # without any of these, a text is written plainly
GAPS = re.compile(r"(?<!\\)\\+[bfnrt]|[+\s\x00-\x1f\x7f]")  # a run of backslashes is looked at once
ZEROS = re.compile(r"(&#[xX]?)0+(?=[0-9a-fA-F])")
NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")  # a number that Python may refuse to read


def usual_forms(secret: str) -> t.Set[str]:
    """Return a secret as it is, and as URLs, HTML, JSON and headers usually carry it."""
    plain = secret.strip()
    contents = in_bytes(plain)
    urls = {way(content, safe=safe) for content in contents for way in (quote, quote_plus) for safe in ("", "/")}
    texts = {form for one in (plain, *misread(plain)) for form in (one, *in_json(one), html.escape(one))}
    return {secret, *urls, *texts, *(base64.b64encode(content).decode() for content in contents)}


def in_bytes(secret: str) -> t.Set[bytes]:
    """Return a secret in each of the usual encodings that has its characters."""
    found = {secret.encode("utf-8", "replace")}
    for encoding in ENCODINGS:
        with contextlib.suppress(UnicodeEncodeError):
            found.add(secret.encode(encoding))
    return found


def misread(secret: str) -> t.Set[str]:
    """Return what becomes of a secret that is written in one of the usual encodings and read in another."""
    texts = {content.decode(encoding, "replace") for content in in_bytes(secret) for encoding in ENCODINGS}
    return {text for text in texts if len(text.replace("\ufffd", "")) >= SHORTEST_SECRET}


def in_json(secret: str) -> t.Set[str]:
    """Return a secret as JSON carries it."""
    return {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}


def plainly(text: str) -> str:
    """Return what a text says, however it is written: without the escapes of URLs, HTML and JSON, and without blanks.

    A secret and a text that repeats it come to the same, whichever parts of it are encoded, and however often.
    """
    if not ODD.search(text):
        return text
    for dummy in range(ROUNDS):
        before = text
        text = ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), GAPS.sub("", text))
        text = unquote(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        text = html.unescape(NO_CHARACTER.sub("\ufffd", ZEROS.sub(r"\1", text)))
        if text == before:
            break
    return GAPS.sub("", text).replace("\\", "")


def within_base64(secret: str) -> t.Iterator[str]:
    """Yield what of a base64 text, in both alphabets, tells that a secret is in it, whatever stands before and behind it."""
    for content, (before, first) in itertools.product(in_bytes(secret), ((0, 0), (1, 2), (2, 3))):
        encoded = base64.b64encode(bytes(before) + content)[first : (before + len(content)) * 8 // 6].decode()
        yield encoded
        yield encoded.translate({ord("+"): "-", ord("/"): "_"})


def masker(secrets: t.Iterable[str], shortest: int = SHORTEST_SECRET) -> t.Callable[[str], str]:
    """Return what takes these secrets out of a text, the longest first, however long the blanks in them are there.

    A text that has one in another way than the usual ones is masked as a whole.

    :param shortest: characters; a secret with fewer could be anything.
    """
    long_enough = [secret for secret in secrets if len(secret.strip()) >= shortest]
    forms = {form for secret in long_enough for form in usual_forms(secret)}
    ordered = [(form, re.compile(r"\s+".join(map(re.escape, form.split())))) for form in sorted(forms, key=len, reverse=True)]
    in_full = [secret.strip() for secret in long_enough if len(plainly(secret)) >= SHORTEST_HIDDEN]
    in_base64 = {part for secret in in_full for form in (secret, *in_json(secret)) for part in within_base64(form)}
    told = {plainly(form) for form in (*in_full, *in_base64, *(text for secret in in_full for text in misread(secret)))}
    hidden = [form for form in told if len(form) >= SHORTEST_HIDDEN]

    def mask(text: str) -> str:
        for form, with_any_blanks in ordered:
            if form in text:
                text = text.replace(form, MASK)
            elif re.search(r"\s", form.strip()):
                text = with_any_blanks.sub(MASK, text)
        said = plainly(text)
        return MASK if any(form in said for form in hidden) else text

    return mask


def masked_texts(value: t.Any, mask: t.Callable[[str], str]) -> t.Any:
    """Return JSON in which no text has a secret in it.

    It is done to whole texts, decoded, as what is cut from a text may be a piece of a secret.

    :param mask: what takes the secrets out of a text.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [masked_texts(one, mask) for one in value]
    if isinstance(value, dict):
        return {name: masked_texts(one, mask) for name, one in value.items()}
    return value


def masked(answer: Answer, mask: t.Callable[[str], str]) -> Answer:
    """Return what an error may tell of an answer, without secrets.

    :param mask: what takes them out of a text.
    """
    parsed = parse_json(answer.body)
    body = answer.body if parsed is None else json.dumps(masked_texts(tellable(parsed), mask)).encode()
    headers = {name: mask(str(value)) for name, value in answer.headers.items()}
    return Answer(answer.status, CaseInsensitiveDict(headers), body)


def tellable(body: t.Any) -> t.Any:
    """Return of JSON what an error may tell: what stands in it or in its ``error``, but for texts that nobody would read."""
    if not isinstance(body, dict):
        return plain(body)
    inner = body.get("error")
    return {**plain_fields(body), **({"error": plain_fields(inner)} if isinstance(inner, dict) else {})}


def plain_fields(fields: Json) -> Json:
    """Return the first fields of an object, as :func:`plain` has their values."""
    return {name: plain(value) for name, value in itertools.islice(fields.items(), MOST_FIELDS)}


def plain(value: t.Any) -> t.Any:
    """Return a number or a text; ``None`` in the place of what has parts, or is too long."""
    too_long = isinstance(value, str) and len(value) > LONGEST_TEXT
    return None if too_long or isinstance(value, (dict, list)) else value


CONTRADICTION = "The answer says both that the call succeeded and that it failed"


def failure_of(
    answer: Answer, body: t.Any, code: t.Optional[str], message: t.Optional[str], request_id: t.Optional[str]
) -> CallError:
    """Return what an answer that is no success, and no redirect, proves."""
    status, text = answer.status, message or describe_body(answer)
    failure: t.Type[CallError] = Refused
    if not 200 <= status < 600:
        failure, text = Unintelligible, f"The server answered with HTTP {status}, which ends no call."
    elif status < 300 and contradicts_itself(body, code):
        failure, text = Unintelligible, f"{CONTRADICTION}: {text}"
    elif status == 401 or kind_of(code) in ACCESS_CODES:
        failure = NoAccess
    elif proves_nothing(status, code):
        failure = AnswerLost
    elif says(body, "true"):
        failure, text = Unintelligible, f"{CONTRADICTION}: {text}"
    open_still = failure.usually_maybe_done or proves_nothing(status, code) or says(body, "true")
    speaker = Speaker.PROXY if status == 407 else Speaker.MODELARTS
    return failure(text, code, status, request_id, maybe_done=open_still, speaker=speaker)


def request_id_of(headers: t.Mapping[str, str], body: t.Any, mask: t.Callable[[str], str] = str) -> t.Optional[str]:
    """Return the id by which the provider knows the request, from the headers or else from the body.

    :param mask: what takes secrets out of a text.
    """
    found = next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)
    inside = body.get("request_id") if isinstance(body, dict) else None
    ids = (mask(value) if isinstance(value, str) else value for value in (found, inside))
    return next((shown for shown in (one_line(value, LONGEST_ID) for value in ids) if shown), None)


def parse_json(body: bytes) -> t.Any:
    """Return what the JSON in ``body`` says, as sound Unicode; ``None`` where it is none or too much."""
    if len(body) > MAX_ANSWER_BYTES:
        return None
    try:
        read = json.loads(
            body.decode("utf-8-sig"), parse_constant=lambda dummy: None, parse_float=finite, object_pairs_hook=all_told
        )
        return sound(read)
    except (ValueError, RecursionError):
        return None


def all_told(pairs: t.Sequence[t.Tuple[str, t.Any]]) -> Json:
    """Return an object of JSON; of a name with several different values a list of them, which no reader expects."""
    values: t.Dict[str, t.List[t.Any]] = {}
    for name, value in pairs:
        told = values.setdefault(name, [])
        if value not in told:
            told.append(value)
    return {name: told.pop() if len(told) == 1 else told for name, told in values.items()}


def finite(text: str) -> t.Union[float, str]:
    """Return the number that JSON has; as text where it is greater than any."""
    number = float(text)
    return number if math.isfinite(number) else text


def sound(value: t.Any, depth: int = 0) -> t.Any:
    """Return JSON with U+FFFD for each half of a character that has no other half, in keys too.

    What is nested too deeply for anybody, and names that mean something to Ansible itself, are left out.
    """
    if isinstance(value, str):
        return value if value.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, (list, dict)) and depth > DEEPEST:
        return None
    if isinstance(value, list):
        return [sound(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {sound(key): sound(item, depth + 1) for key, item in value.items() if not key.startswith("__ansible")}
    return value


def failed(body: t.Any, code: t.Optional[str]) -> bool:
    """Tell whether the body of a 2xx answer tells of a failure."""
    if code is not None or not isinstance(body, dict):
        return code is not None
    if says(body, "false") or isinstance(body.get("error"), dict):
        return True
    coded = re.match(r"[A-Za-z]+\.[0-9]+$", str(body.get("code"))) is not None
    return not shows_success(body) and (coded or bool(body.get("error")))


def contradicts_itself(body: t.Any, code: t.Optional[str]) -> bool:
    """Tell whether a failure that comes with a 2xx says of itself that it is none, or shows what only a success does.

    A refusal that says that it is one, and why, may show the job that it is about.
    """
    explained = code is not None and says(body, "false")
    return says(body, "true") or (isinstance(body, dict) and shows_success(body) and not explained)


def shows_success(body: Json) -> bool:
    """Tell whether a body has in it what nothing but a success has: a job, or a list of them."""
    return "jobs" in body or ("status" in body and ("job_id" in body or "job_name" in body))


def says(body: t.Any, is_success: str) -> bool:
    """Tell whether the body says that the call succeeded (``true``) or not (``false``)."""
    return isinstance(body, dict) and str(body.get("is_success")).lower() == is_success


def error_of(body: t.Any, status: int) -> t.Tuple[t.Optional[str], t.Optional[str]]:
    """Return the code and the message of an error, in whichever of the known shapes it comes."""
    if not isinstance(body, dict):
        return None, None
    inner = body.get("error")
    fields = {**body, **inner} if isinstance(inner, dict) else body
    codes = [first_of(one, "error_code", "errorCode") for one in (body, inner) if isinstance(one, dict)]
    code = " and ".join(dict.fromkeys(filter(None, codes))) or None  # two of them prove neither
    message = first_of(fields, "error_message", "error_msg", "errorMsg")
    if status >= 400 or failed(body, None):  # else these are fields of the job
        code = code or first_of(fields, "code")
        message = message or first_of(fields, "message", "error")
    return code, message


def first_of(fields: t.Mapping[str, t.Any], *names: str) -> t.Optional[str]:
    """Return the first of the named fields that says anything, as text on one line."""
    return next((one_line(fields[name]) for name in names if one_line(fields.get(name))), None)


def one_line(value: t.Any, length: int = 400) -> t.Optional[str]:
    """Return a value that came over the wire as short text without line breaks and control characters, or ``None``."""
    if value is None or isinstance(value, (dict, list, bool)) or value == 0:
        return None
    shown = "".join(char if char.isprintable() else " " for char in str(value)[: 4 * length])
    return " ".join(shown.split())[:length] or None


def describe_body(answer: Answer) -> str:
    """Say what is wrong with an answer that has no message of the API in it."""
    it = "The answer" if 200 <= answer.status < 300 else f"The answer (HTTP {answer.status})"
    if len(answer.body) > MAX_ANSWER_BYTES:
        return f"{it} is longer than {MAX_ANSWER_BYTES // 1024 // 1024} MiB."
    if not answer.body.strip():
        return f"{it} has an empty body."
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return f"{it} is compressed, which was not asked for: something between here and the server does that."
    if parse_json(answer.body) is None and answer.body.strip() != b"null":
        return f"{it} is not JSON."
    if says(parse_json(answer.body), "false"):
        return f"{it} says that the call failed, and not why."
    return f"{it} is JSON, but not what this call answers with."


def retry_after(headers: t.Mapping[str, str], now: float) -> t.Optional[float]:
    """Return the seconds for which the server asks us to be quiet, given as a number or a date, or ``None``."""
    value = headers.get("Retry-After")
    if not value:
        return None
    if re.fullmatch(r"\s*\d{1,300}(\.\d*)?\s*", value):
        return float(value)
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)  # one without a zone is in UTC, as HTTP has it
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


# --- sending -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """A request, whole: as it travels through retries and transport.

    ``authorise`` puts on it what proves who we are. ``idempotent``: doing it twice does no harm.
    ``end``: the moment, on the clock's monotonic time, at which its answer has to be there.
    """

    method: str
    url: str
    query: t.Mapping[str, t.Any]
    body: t.Optional[Json] = field(repr=False)
    headers: t.Mapping[str, str] = field(repr=False)
    authorise: Authorise = field(repr=False)
    idempotent: bool
    end: float


@dataclass(frozen=True)
class Route:
    """Which way a request goes. ``proxy``: how a proxy is called in messages; empty where there is none."""

    host: str
    proxy: str
    options: t.Dict[str, t.Any] = field(repr=False)

    @property
    def through(self) -> str:
        """Return the part of a message that names the proxy."""
        return f" through the proxy {self.proxy}" if self.proxy else ""


class Transport:
    """One HTTP request after the other over reused connections, each turned into an :class:`Answer`.

    :param timeout: seconds for one request, from the look-up of the host's name to the last byte.
    :param connections: how many are kept open.

    May be used by many threads. Redirects are not followed, cookies not kept.
    """

    def __init__(self, settings: Settings, clock: Clock, timeout: float, connections: int) -> None:
        self._clock = clock
        self._timeout = timeout
        self._verify = settings.verify
        self._cert = settings.cert
        self._sound_files: t.Set[t.Tuple[t.Any, t.Any]] = set()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"})
        self._adapter = _wire.TimedAdapter(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()
        self._adapter.close()

    def exchange(self, request: Request) -> Answer:
        """Send a request, once, and return the answer whatever its status.

        Raises :class:`NotSent`, :class:`Unsendable`, :class:`AnswerLost`, :class:`Unintelligible` or :class:`DeadlineExceeded`.
        """
        seconds = min(self._timeout, request.end - self._clock.monotonic())
        end = monotonic() + seconds
        route = self._route(request.url)
        prepared = self._prepare(request)
        if seconds <= 0:
            raise DeadlineExceeded(f"No time is left for a request to {route.host}.")
        try:
            options = {**route.options, "timeout": _wire.Until(end)}
            with self._adapter.send(prepared, **options) as response:
                answer = Answer(response.status_code, response.headers, read_body(response, route))
        except (requests.exceptions.RequestException, urllib3_exceptions.HTTPError, OSError, ValueError) as error:
            raise accident(error, route, seconds) from error
        except (AttributeError, TypeError, LookupError) as error:  # as by requests 2.31, over a header that is half a parameter
            text = f"The libraries here cannot read what {route.host}{route.through} answered ({type(error).__name__})."
            raise Unintelligible(text) from error
        if answer.status == 407 and route.proxy:
            raise Unsendable(f"The proxy {route.proxy} answered 407: it wants other credentials.", speaker=Speaker.PROXY)
        return answer

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        """Return the request as it goes out, authorised. Raises :class:`Unsendable`."""
        content = None if request.body is None else json.dumps(request.body, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **request.headers}
        try:
            query = urlencode(request.query, quote_via=quote)  # a blank as %20: a + is one only to some
            prepared = self._session.prepare_request(
                requests.Request(
                    request.method,
                    f"{request.url}?{query}" if query else request.url,
                    headers,
                    data=content,
                    auth=request.authorise,
                )
            )
            for value in prepared.headers.values():
                if re.search(r"[\r\n\0]", value if isinstance(value, str) else value.decode("latin-1")):
                    raise ValueError("a line break in a header")
                if isinstance(value, str):
                    value.encode("latin-1")
        except (requests.exceptions.RequestException, ValueError) as error:
            text = f"The request to {host_header(request.url)} cannot be sent: its URL, or a header of it, is none that can be."
            raise Unsendable(text, speaker=Speaker.LOCAL) from error
        return prepared

    def _route(self, url: str) -> Route:
        """Return which way a request to a URL goes. Raises :class:`Unsendable` where that way cannot be gone."""
        environment = self._session.merge_environment_settings(url, {}, True, self._verify, self._cert)
        verify, cert = environment["verify"], environment["cert"]
        if (verify, cert) not in self._sound_files:
            check_files(verify, cert, named("ca_cert") if verify == self._verify else bundle_variable(verify))
            self._sound_files.add((verify, cert))
        proxy = (requests.utils.select_proxy(url, environment["proxies"]) or "").strip()
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        proxies = {urlsplit(url).scheme: proxy} if proxy else {}
        options = {"verify": verify, "cert": cert, "proxies": proxies}
        return Route(host_header(url), checked_proxy(proxy) if proxy else "", options)


def read_body(response: requests.Response, route: Route) -> bytes:
    """Return the body of an answer, up to one byte more than is accepted. Raises :class:`AnswerLost` where it is cut short."""
    body = bytearray()
    while len(body) <= MAX_ANSWER_BYTES:
        chunk = response.raw.read(min(65536, MAX_ANSWER_BYTES + 1 - len(body)), decode_content=False)
        if not chunk:
            if response.raw.length_remaining:  # urllib3 before 2.0 takes this for the end
                raise broken(route)
            break
        body += chunk
    return bytes(body)


# --- what is wrong on this machine: found before anything is sent ------------------------------------------------


def bundle_variable(verify: t.Any) -> str:
    """Return the variable from which ``requests`` has taken the path of a bundle."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((name for name in names if os.environ.get(name) == verify), names[0])


def check_files(verify: t.Any, cert: t.Any, giver: str) -> None:
    """Raise :class:`Unsendable` where a file of certificates or a key cannot be used; nobody is asked for a passphrase.

    :param giver: the option, or the variable, that names the bundle.
    """
    if isinstance(verify, str):
        try:
            folder = os.path.isdir(verify)
            if not folder and not os.path.isfile(verify):  # a pipe would keep us waiting
                raise FileNotFoundError(errno.ENOENT, "there is no such file")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(capath=verify if folder else None, cafile=None if folder else verify)
        except (OSError, ValueError) as error:
            raise unusable(giver, verify, "certificates in PEM format", error) from error
    if cert:
        check_client_certificate(*((cert, None) if isinstance(cert, str) else cert))


class EncryptedKeyError(Exception):
    """A private key needs a passphrase."""


def check_client_certificate(cert: str, key: t.Optional[str]) -> None:
    """Raise :class:`Unsendable` where a client certificate and its key cannot be used."""
    giver, path = ("client_key", key) if key else ("client_cert", cert)

    def refuse() -> t.NoReturn:
        raise EncryptedKeyError

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key, password=refuse)
    except EncryptedKeyError as error:
        text = f"{giver}: the key in {printable(path)} is encrypted. A key without a passphrase is needed."
        raise Unsendable(text, speaker=Speaker.LOCAL) from error
    except (OSError, ValueError) as error:
        files = printable(cert) if key is None else f"{printable(cert)} and {printable(key)}"
        names = "client_cert" if key is None else "client_cert and client_key"
        text = f"{names}: {files} cannot be used, a certificate and its key in PEM format ({reason(error)})."
        raise Unsendable(text, speaker=Speaker.LOCAL) from error


def unusable(giver: str, path: str, wanted: str, error: Exception) -> Unsendable:
    """Return the error for a file that is not what it should be."""
    text = f"{giver}: the file {printable(path)} cannot be used as {wanted} ({reason(error)})."
    return Unsendable(text, speaker=Speaker.LOCAL)


def reason(error: BaseException) -> str:
    """Return why something failed, in a few words that have neither a path nor an address in them."""
    said = getattr(error, "reason", None)  # an end of the connection in the middle of the handshake has none
    if isinstance(error, ssl.SSLError) and isinstance(said, str):
        return said.replace("_", " ").lower()
    if isinstance(error, ssl.SSLError):
        return "the TLS library does not say why"
    return getattr(error, "strerror", None) or "it cannot be read"


def checked_proxy(proxy: str) -> str:
    """Return how a proxy is called: without user and password. Raises :class:`Unsendable` for one that none can use."""
    try:
        parts = urlsplit(proxy)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        name = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError as error:
        raise Unsendable("The URL of the proxy is none.", speaker=Speaker.PROXY) from error
    server = parts.netloc.rpartition("@")[2]
    if not parts.hostname or "@" in f"{parts.path}{parts.query}{parts.fragment}" or re.search("%(3a|40)", server, re.I):
        text = "The URL of the proxy has no host, or a user or password in it whose special characters are not written as %XX."
        raise Unsendable(text, speaker=Speaker.PROXY)
    if parts.scheme not in PROXY_SCHEMES:
        text = f"The proxy {name} cannot be used: its URL must begin with {', '.join(PROXY_SCHEMES)}."
        raise Unsendable(text, speaker=Speaker.PROXY)
    if parts.scheme.startswith("socks"):
        try:
            importlib.import_module("socks")
        except ImportError as error:
            raise Unsendable(f"The proxy {name} needs PySocks, which cannot be imported.", speaker=Speaker.PROXY) from error
    return name


# --- accidents: was anything sent, and would it help to send it again? -------------------------------------------


def accident(error: Exception, route: Route, seconds: float) -> CallError:
    """Turn an exception of ``requests`` into ours.

    :param seconds: the time that the request had.
    """
    chain = list(causes(error))
    if any(isinstance(cause, UnicodeEncodeError) for cause in chain):
        text = "it, or the URL of the proxy, has a character in it that no header can carry"
        return Unsendable(f"The request to {route.host} cannot be sent: {text}.", speaker=Speaker.LOCAL)
    if any(isinstance(cause, ssl.SSLError) and re.search(REFUSES_US, str(cause)) for cause in chain):
        wants = "it wants a client certificate, or another one (client_cert, client_key)"  # with TLS 1.3 that is told late
        return Unsendable(f"{route.host}{route.through} refused the TLS connection: {wants}.", speaker=Speaker.LOCAL)
    if any(isinstance(cause, _wire.NotConnected) for cause in chain):
        return unconnected(chain, route, seconds)
    if any(isinstance(cause, (socket.timeout, urllib3_exceptions.TimeoutError)) for cause in chain):
        return AnswerLost(f"No answer from {route.host}{route.through} within {seconds:.3g} s.", speaker=Speaker.NETWORK)
    invalid = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema)
    if isinstance(error, invalid):
        return Unsendable(f"The request to {route.host} cannot be sent: its URL is none.", speaker=Speaker.LOCAL)
    return broken(route)


def broken(route: Route) -> AnswerLost:
    """Return the error for an answer that did not come, or not whole."""
    text = f"The connection to {route.host}{route.through} broke before the answer was complete."
    return AnswerLost(text, speaker=Speaker.NETWORK)


def unconnected(chain: t.Sequence[BaseException], route: Route, seconds: float) -> NotSent:
    """Return the error where no connection came about: whose fault it is, and whether another try may help."""
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = getattr(cause, "verify_message", None) or "it is for another host"  # else the text quotes the certificate
            owner = f"{route.host}, or that of the proxy {route.proxy}," if route.proxy.startswith("https") else route.host
            text = f"The certificate of {owner} cannot be verified: {why} (validate_certs, ca_cert)."
            return Unsendable(text, speaker=Speaker.LOCAL)
    for cause in chain:
        if isinstance(cause, (UnicodeError, urllib3_exceptions.LocationValueError)):
            return Unsendable(f"{route.host} is not the name of a host.")
        if isinstance(cause, ssl.SSLError):
            return NotSent(f"The TLS connection to {route.host}{route.through} failed ({reason(cause)}).")
    if route.proxy:
        return unconnected_proxy(chain, route, seconds)
    return NotSent(f"{unreached(chain, route.host, seconds)}.")


def unreached(chain: t.Sequence[BaseException], host: str, seconds: float) -> str:
    """Say why a host could not be reached."""
    for cause in chain:
        if isinstance(cause, _wire.LookupTimeout):
            return f"The name of {host} could not be looked up within {seconds:.3g} s"
        if isinstance(cause, socket.gaierror):
            return f"The name of {host} cannot be resolved"
        if isinstance(cause, ConnectionRefusedError):
            return f"{host} refused the connection"
        if isinstance(cause, socket.timeout):
            return f"No connection to {host} within {seconds:.3g} s"
    why = next((f" ({cause.strerror})" for cause in chain if isinstance(cause, OSError) and cause.strerror), "")
    return f"No connection to {host}{why}"


def unconnected_proxy(chain: t.Sequence[BaseException], route: Route, seconds: float) -> NotSent:
    """Return the error where a proxy could not be reached, or did not let us pass."""
    text = " ".join(str(cause) for cause in chain)
    answered = re.search(r"Tunnel connection failed: (\d{3})", text)
    if answered:
        status = int(answered.group(1))
        failure = Unsendable if 400 <= status < 500 and status not in (408, 429) else NotSent
        said = f"The proxy {route.proxy} answered {status} to the connection to {route.host}."
        return failure(said, speaker=Speaker.PROXY)
    names = {type(cause).__name__ for cause in chain}
    if names & {"SOCKS5AuthError", "SOCKS4Error"}:
        return Unsendable(f"The proxy {route.proxy} refused our credentials.", speaker=Speaker.PROXY)
    if names & {"SOCKS5Error", "GeneralProxyError"} and not names & {"timeout", "TimeoutError"}:
        return NotSent(f"The proxy {route.proxy} made no connection to {route.host}.", speaker=Speaker.PROXY)
    return NotSent(f"{unreached(chain, f'the proxy {route.proxy}', seconds)}.", speaker=Speaker.PROXY)


def causes(error: t.Any) -> t.Iterator[BaseException]:
    """Yield an exception and all that are said to lie behind it, but not what came of an earlier request."""
    seen: t.List[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop(0)
        if isinstance(one, BaseException) and not isinstance(one, CallError) and one not in seen and len(seen) < 20:
            seen.append(one)
            yield one
            todo.extend([one.__cause__, one.__context__, getattr(one, "reason", None), *one.args])
