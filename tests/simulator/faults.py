# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: what goes wrong with the n-th request that fits a rule, and what others do meanwhile. The waiting is not here."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t
from dataclasses import dataclass, field

import settings as known_settings
from api import Answer
from cloud import Jobs, Refusal
from settings import Settings

Json = t.Dict[str, t.Any]

WHEN = ("before", "after")
EFFECTS = ("vanish", "set_status", "create", "settings")


@dataclass
class Fault:
    """A rule. Which requests it fits, which of them it strikes, and what becomes of those.

    ``query``: parameters that the query has, ``null`` for one that it has not. ``nth``: the first that is struck, counted from 1
    since the rule is there. ``times``: how many from there; 0 for all. ``delay``, ``delay_after``: seconds before the call is
    carried out, and between that and its answer. ``work``: whether the call is carried out, where its answer is replaced.
    ``change``, ``without``: names in the JSON of the answer that get another value, or are left out. ``drop``: the connection
    ends without an answer, ``before`` or ``after`` the call is carried out. ``cut``: only so many bytes of the body are sent
    before the connection ends. ``drip_seconds``, ``drip_headers_seconds``: the body, or the headers, come a byte at a time, for
    ever. ``effects``: what others do, each ``when`` ``before`` or ``after`` the call: ``{"vanish": id}``, ``{"set_status": {id:
    status}}``, ``{"create": {...}}`` or ``{"settings": {...}}``.
    """

    method: t.Optional[str] = None
    operation: t.Optional[str] = None
    path: t.Optional[str] = None
    query: t.Dict[str, t.Any] = field(default_factory=dict)
    job_id: t.Optional[str] = None
    nth: int = 1
    times: int = 1
    delay: float = 0.0
    delay_after: float = 0.0
    status: t.Optional[int] = None
    body: t.Any = None
    raw_body: t.Optional[str] = None
    body_size: int = 0
    content_type: t.Optional[str] = None
    headers: t.Dict[str, str] = field(default_factory=dict)
    change: Json = field(default_factory=dict)
    without: t.List[str] = field(default_factory=list)
    drop: t.Optional[str] = None
    work: bool = False
    cut: t.Optional[int] = None
    drip_seconds: float = 0.0
    drip_headers_seconds: float = 0.0
    redirect: t.Optional[str] = None
    effects: t.List[Json] = field(default_factory=list)
    seen: int = 0

    def __post_init__(self) -> None:
        seconds = (self.delay, self.delay_after, self.drip_seconds, self.drip_headers_seconds)
        numbers = (self.nth, self.times, self.body_size, self.status or 0, self.cut or 0, *seconds)
        if not all(isinstance(number, (int, float)) and number >= 0 for number in numbers):
            raise ValueError("nth, times, body_size, status, cut and all seconds are numbers from 0 on")
        if self.drop not in (None, *WHEN):
            raise ValueError("drop is before or after")
        if not all(isinstance(one, dict) for one in (self.headers, self.query, self.change)):
            raise ValueError("headers, query and change are objects")
        if not isinstance(self.without, list) or not isinstance(self.effects, list):
            raise ValueError("without and effects are lists")
        for effect in self.effects:
            sound_effect(effect)

    def strikes(
        self,
        method: str,
        operation: str,
        path: str,
        job_id: t.Optional[str],
        query: t.Optional[t.Mapping[str, str]] = None,
    ) -> bool:
        """Count a request if it fits, and tell whether it is struck."""
        told = query or {}
        fits = (
            self.method in (None, method)
            and self.operation in (None, operation)
            and self.job_id in (None, job_id)
            and (self.path is None or re.search(self.path, path) is not None)
            and all(told.get(name) == (None if value is None else str(value)) for name, value in self.query.items())
        )
        if not fits:
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)

    def works(self) -> bool:
        """Tell whether the call is carried out."""
        return self.drop != "before" and (self.work or not self.replaces())

    def replaces(self) -> bool:
        """Tell whether the answer is not the call's own."""
        other = (self.status, self.body, self.raw_body, self.redirect)
        return any(one is not None for one in other) or bool(self.body_size or self.drip_seconds or self.drip_headers_seconds)

    def act(self, when: str, jobs: Jobs, own: Settings) -> None:
        """Do what others do, ``before`` or ``after`` the call.

        :param own: the settings of the project.
        """
        for effect in self.effects:
            if effect.get("when", "before") != when:
                continue
            if "vanish" in effect:
                jobs.vanish(effect["vanish"])
            for job_id, status in effect.get("set_status", {}).items():
                with contextlib.suppress(Refusal):  # it is not there
                    jobs.patch(job_id, {"status": status})
            if "create" in effect:
                jobs.appear(effect["create"])
            known_settings.changed(own, effect.get("settings", {}))

    def answer(self, answer: t.Optional[Answer], request_id: str) -> Answer:
        """Return the answer that is sent, as whole as it would be if it was neither dropped nor cut.

        :param answer: the call's own answer, if it was carried out.
        :param request_id: for an answer that takes its place.
        """
        if answer is None or self.replaces():
            answer = self._replacement(request_id)
        status, headers, body = answer
        if self.change or self.without:
            body = self._changed(body)
        return status, headers, body

    def _replacement(self, request_id: str) -> Answer:
        headers, status = {"X-Request-Id": request_id}, self.status or (302 if self.redirect else 200)
        if self.redirect:
            return status, {**headers, **self.headers, "Location": self.redirect}, b""
        if self.raw_body is None and not self.body_size:
            return status, {**headers, "Content-Type": "application/json", **self.headers}, json.dumps(self.body).encode()
        headers["Content-Type"] = self.content_type or "text/html"
        body = b'{"jobs": "' + b"x" * max(0, self.body_size - 10) if self.body_size else (self.raw_body or "").encode()
        return status, {**headers, **self.headers}, body

    def _changed(self, body: bytes) -> bytes:
        """Return a body with some of its names changed, where it is an object."""
        try:
            told = json.loads(body)
        except ValueError:
            return body
        if not isinstance(told, dict):
            return body
        return json.dumps({key: value for key, value in {**told, **self.change}.items() if key not in self.without}).encode()


def sound_effect(effect: t.Any) -> None:
    """Raise :class:`ValueError` or :class:`KeyError` for what is no effect."""
    if not isinstance(effect, dict) or not set(effect) <= {"when", *EFFECTS} or effect.get("when", "before") not in WHEN:
        raise ValueError(f"an effect is one of {', '.join(EFFECTS)}, when before or after")
    if not all(isinstance(effect.get(name, {}), dict) for name in EFFECTS[1:]):
        raise ValueError(f"{', '.join(EFFECTS[1:])} are objects")
    known_settings.changed(known_settings.defaults(), effect.get("settings", {}))
