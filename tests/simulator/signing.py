# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks signatures of the kind SDK-HMAC-SHA256, from the bytes of a request as it arrived."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import typing as t
import urllib.parse

SKEW_SECONDS = 15 * 60
AUTHORIZATION = re.compile(
    r"SDK-HMAC-SHA256 Access=(?P<access>[^,\s]+), ?SignedHeaders=(?P<names>[^,\s]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class BadSignature(Exception):
    """The signature does not fit the request; the text says why."""


def parse(authorization: str) -> t.Tuple[str, t.List[str], str]:
    """Return the access key, the names of the signed headers and the signature."""
    match = AUTHORIZATION.fullmatch(authorization.strip())
    if match is None:
        raise BadSignature("the Authorization header is malformed")
    return match["access"], match["names"].split(";"), match["signature"]


def encode(value: str) -> str:
    """Percent-encode all but letters, digits and four marks."""
    return urllib.parse.quote(value, safe="-_.~")


def canonical(method: str, target: str, headers: t.Mapping[str, str], names: t.Iterable[str], body: bytes) -> str:
    """Return the canonical request.

    :param target: path and query as they stand in the request line.
    """
    path, dummy, query = target.partition("?")
    uri = "/".join(encode(urllib.parse.unquote(part)) for part in path.split("/"))
    uri = uri if uri.endswith("/") else uri + "/"
    items = urllib.parse.parse_qsl(query, keep_blank_values=True)
    parameters = "&".join(f"{name}={value}" for name, value in sorted((encode(k), encode(v)) for k, v in items))
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    lines = [f"{name}:{lower.get(name, '')}\n" for name in names]
    return "\n".join([method, uri, parameters, "".join(lines), ";".join(names), hashlib.sha256(body).hexdigest()])


def signature_of(canonical_request: str, date: str, secret: str) -> str:
    """Return the signature that a canonical request has."""
    to_sign = "\n".join(["SDK-HMAC-SHA256", date, hashlib.sha256(canonical_request.encode()).hexdigest()])
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def check(
    method: str, target: str, headers: t.Mapping[str, str], body: bytes, key: t.Mapping[str, t.Optional[str]], now: float
) -> None:
    """Raise :class:`BadSignature` where a request is not signed as it has to be.

    :param key: ``secret_key``, and for a temporary key ``security_token``.
    :param now: seconds since the epoch.
    """
    dummy, names, given = parse(headers.get("Authorization", ""))
    present = {name.lower() for name in headers}
    needed = {"host", "x-sdk-date"} | ({"x-project-id", "x-security-token", "content-type"} & present)
    if names != sorted(set(names)) or not needed <= set(names) or not set(names) <= present:
        raise BadSignature("a header that has to be signed is not, or one is signed that is not there")
    date = headers.get("X-Sdk-Date", "")
    try:
        moment = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError as error:
        raise BadSignature("X-Sdk-Date is malformed") from error
    if abs(moment.timestamp() - now) > SKEW_SECONDS:
        raise BadSignature("X-Sdk-Date is more than 15 minutes off")
    if key.get("security_token") != headers.get("X-Security-Token"):
        raise BadSignature("the security token does not belong to the key")
    expected = signature_of(canonical(method, target, headers, names, body), date, str(key["secret_key"]))
    if not hmac.compare_digest(expected, given):
        raise BadSignature("the signature does not match")
