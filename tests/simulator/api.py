# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of the visualization jobs without HTTP: a call goes in, the answer that would be sent comes out.

It needs no network, no process and no time that passes: the clock is that of the jobs, and the same calls get the same answers,
ids included. So other programs may use it as it is:

    settings = known_settings.defaults()
    jobs = Jobs(settings, clock)
    status, headers, body = Api(settings, jobs).answer("delete", "1001", {}, b"")

Settings may be changed between two calls. What is not here, since it belongs to the way to the API: who calls (see ``iam.py``),
faults (``faults.py``), and how long an answer takes.
"""

from __future__ import annotations

import collections
import datetime
import json
import typing as t
import uuid

import errors
from cloud import Jobs, Refusal
from settings import Settings

Json = t.Dict[str, t.Any]
Answer = t.Tuple[int, t.Dict[str, str], bytes]  # status, headers, body

OPERATIONS = ("create", "list", "get", "update", "delete", "stop", "restart")


class Api:
    """The seven calls of one project, as its settings have them.

    :param project_settings: what the jobs have, too. It is not copied.
    """

    def __init__(self, project_settings: Settings, jobs: Jobs) -> None:
        self._settings = project_settings
        self._jobs = jobs
        self._recent: t.Deque[float] = collections.deque()
        self._answers = 0

    def answer(self, operation: str, job_id: t.Optional[str], query: t.Mapping[str, str], body: bytes) -> Answer:
        """Carry out a call of someone who may make it, and return its answer.

        :param operation: one of :data:`OPERATIONS`; every other is answered as an API that there is not.
        """
        try:
            self._throttle()
            if not self.serves(operation):
                raise errors.known(self._settings, "APIGW.0101")
            if operation in self._settings["denied"]:
                raise errors.known(self._settings, "ModelArts.0108")
            told = dialect(self._call(operation, job_id or "", query, body), self._settings)
        except Refusal as refusal:
            if refusal.code == "missing_job":
                return self.refused(errors.missing_job(self._settings, operation))
            return self.refused(errors.known(self._settings, refusal.code, refusal.message))
        except errors.ErrorAnswer as error:
            return self.refused(error)
        return self.accepted(told)

    def serves(self, operation: str) -> bool:
        """Tell whether there is such an API at all."""
        return operation in OPERATIONS and self._settings["retired"] not in (True, operation)

    # --- one call ---

    def _call(self, operation: str, job_id: str, query: t.Mapping[str, str], body: bytes) -> Json:
        content = parsed(body)
        if operation in ("create", "update") and not isinstance(content, dict):
            raise Refusal("ModelArts.0101")
        calls: t.Dict[str, t.Callable[[], Json]] = {
            "create": lambda: self._jobs.create(content),
            "list": lambda: self._jobs.list(query),
            "get": lambda: self._jobs.get(job_id),
            "update": lambda: self._jobs.describe(job_id, content),
            "delete": lambda: self._jobs.delete(job_id),
            "stop": lambda: self._jobs.stop(job_id),
            "restart": lambda: self._jobs.restart(job_id),
        }
        return calls[operation]()

    def _throttle(self) -> None:
        """Raise :class:`errors.ErrorAnswer` where too much is asked in a second."""
        limit, now = self._settings["requests_per_second"], self._jobs.now()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if limit and len(self._recent) >= limit:
            raise errors.known(self._settings, "APIGW.0308", headers=self._retry_after())
        self._recent.append(now)

    def _retry_after(self) -> t.Dict[str, str]:
        """Return the header that says when to come back, if one is set."""
        seconds = self._settings["retry_after"]
        if seconds is None:
            return {}
        if not self._settings["retry_after_as_date"]:
            return {"Retry-After": str(seconds)}
        moment = datetime.datetime.fromtimestamp(self._jobs.now() + seconds, datetime.timezone.utc)
        return {"Retry-After": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}

    # --- answers, also to what is none of the seven calls ---

    def request_id(self) -> str:
        """Return the id that the next answer has."""
        self._answers += 1
        return uuid.uuid5(uuid.NAMESPACE_OID, f"answer {self._answers}").hex

    def accepted(self, body: t.Any, status: int = 200, headers: t.Optional[t.Mapping[str, str]] = None) -> Answer:
        """Return an answer in JSON."""
        own = {"X-Request-Id": self.request_id(), "Content-Type": "application/json", **(headers or {})}
        return status, own, json.dumps(body).encode()

    def refused(self, error: errors.ErrorAnswer) -> Answer:
        """Return the answer that tells of an error."""
        if not isinstance(error.body, str):
            return self.accepted(error.body, error.status, error.headers)
        own = {"X-Request-Id": self.request_id(), "Content-Type": "text/html; charset=utf-8", **error.headers}
        return error.status, own, error.body.encode()


def dialect(answer: t.Any, own: Settings) -> t.Any:
    """Return an answer with its numbers and booleans as they are set to come."""
    if not own["success_as_string"] and not own["numbers_as_strings"]:
        return answer
    if isinstance(answer, dict):
        return {key: dialect(value, own) for key, value in answer.items()}
    if isinstance(answer, list):
        return [dialect(value, own) for value in answer]
    if isinstance(answer, bool):
        return str(answer).lower() if own["success_as_string"] else answer
    if isinstance(answer, int) and own["numbers_as_strings"]:
        return str(answer)
    return answer


def parsed(body: bytes) -> t.Any:
    """Return the JSON in a body; ``None`` where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None
