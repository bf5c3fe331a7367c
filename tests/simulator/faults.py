# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: what goes wrong with the n-th request that fits a rule, and what others do meanwhile."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

Json = t.Dict[str, t.Any]


@dataclass
class Fault:
    """A rule. Which requests it fits, which of them it strikes, and what becomes of those.

    ``nth``: the first that is struck, counted from 1 since the rule is there. ``times``: how many from there; 0 for all.
    ``work``: whether the call is carried out, where its answer is replaced. ``drop``: the connection ends without an
    answer, ``before`` or ``after`` the call is carried out. ``drip_seconds``: the body comes a byte at a time, for ever.
    ``effects``: what others do, each ``when`` ``before`` or ``after`` the call: ``{"vanish": id}``,
    ``{"set_status": {id: status}}`` or ``{"create": {...}}``.
    """

    method: t.Optional[str] = None
    operation: t.Optional[str] = None
    path: t.Optional[str] = None
    job_id: t.Optional[str] = None
    nth: int = 1
    times: int = 1
    delay: float = 0.0
    status: t.Optional[int] = None
    body: t.Any = None
    raw_body: t.Optional[str] = None
    body_size: int = 0
    content_type: t.Optional[str] = None
    headers: t.Dict[str, str] = field(default_factory=dict)
    drop: t.Optional[str] = None
    work: bool = False
    drip_seconds: float = 0.0
    redirect: t.Optional[str] = None
    effects: t.List[Json] = field(default_factory=list)
    seen: int = 0

    def __post_init__(self) -> None:
        numbers = (self.nth, self.times, self.delay, self.body_size, self.drip_seconds, self.status or 0)
        if not all(isinstance(number, (int, float)) for number in numbers) or self.drop not in (None, "before", "after"):
            raise ValueError("nth, times, delay, body_size, drip_seconds and status are numbers; drop is before or after")
        if not isinstance(self.headers, dict) or not all(isinstance(effect, dict) for effect in self.effects):
            raise ValueError("headers is an object, effects a list of objects")

    def strikes(self, method: str, operation: str, path: str, job_id: t.Optional[str]) -> bool:
        """Count a request if it fits, and tell whether it is struck."""
        fits = (
            self.method in (None, method)
            and self.operation in (None, operation)
            and self.job_id in (None, job_id)
            and (self.path is None or re.search(self.path, path) is not None)
        )
        if not fits:
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)

    def replaces(self) -> bool:
        """Tell whether the answer is not the call's own."""
        other = (self.status, self.body, self.raw_body, self.redirect)
        return any(one is not None for one in other) or self.body_size > 0 or self.drip_seconds > 0

    def content(self) -> bytes:
        """Return the body of the replaced answer, where it is not JSON."""
        if self.body_size:
            return b'{"jobs": "' + b"x" * max(0, self.body_size - 10)
        return (self.raw_body or "").encode()
