# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible does, against a script of calls, on a clock of its own.

A script is a list of calls in the exact order in which they must come, each with its answer. A call that is not the next
in the script fails the test, and so does one that never comes.
"""

from __future__ import annotations

import contextlib
import json
import types
import typing as t
from urllib.parse import urlsplit

import pytest
from ansible.module_utils import basic

from ansible_collections.otc.modelarts.plugins.module_utils import _clock, _http, _module

Fields = t.Dict[str, t.Any]
Reply = t.Union[_http.Answer, _http.CallError]
Calls = t.List[t.Tuple[str, Reply]]

BASE = "https://modelarts.example.com/v1/project"
CONNECTION: Fields = {
    "endpoint": "https://modelarts.example.com",
    "auth": {"access_key": "AK", "secret_key": "the-secret-key", "project_id": "project"},
}


# --- answers -----------------------------------------------------------------------------------------------------


def answer(status: int, body: t.Any, **headers: str) -> _http.Answer:
    """Return an answer with a JSON body."""
    return _http.Answer(status, {"X-Request-Id": "req-1", **headers}, json.dumps(body).encode())


def job(status: int = 8, job_id: str = "10", **fields: t.Any) -> Fields:
    """Return a job as the API tells it."""
    told: Fields = {
        "job_id": job_id,
        "job_name": f"name-{job_id}",
        "status": status,
        "create_time": 1763892000000,
        "duration": 5000,
    }
    told.update(job_desc="", service_url="https://example.com/10", train_url="/bucket/logs/", resource_id="r-10")
    return {**told, **fields}


def shown(status: int = 8, job_id: str = "10", **fields: t.Any) -> _http.Answer:
    """Return the answer of a look at one job."""
    return answer(200, job(status, job_id, **fields))


def listed(*jobs: Fields, total: t.Optional[int] = None) -> _http.Answer:
    """Return a page of the list."""
    body = {"is_success": True, "job_total_count": len(jobs) if total is None else total, "jobs": list(jobs)}
    return answer(200, {**body, "job_count_limit": 40, "quotas": 50})


def refused(code: str, status: int = 400, message: str = "The API says no.", **headers: str) -> _http.Answer:
    """Return a refusal."""
    return answer(status, {"is_success": False, "error_code": code, "error_message": message}, **headers)


OK = answer(200, {"is_success": True})
GONE = refused("ModelArts.0015", 404, "The resource does not exist.")
NOT_NOW = refused("ModelArts.0105", 400, "This job can't be delete. job status: 9")
FORBIDDEN = refused("ModelArts.0108", 403, "No permission.")
BAD_KEY = refused("APIGW.0301", 401, "Incorrect IAM authentication information.")
LOST = _http.AnswerLost("The connection broke before the answer was complete.")
NOT_SENT = _http.NotSent("The host refused the connection.")


# --- the script --------------------------------------------------------------------------------------------------


class Time:
    """A clock that only moves when someone sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


class Script:
    """Stands where the transport is: checks each call, and gives the answer that the script has for it."""

    def __init__(self, calls: Calls, deletes: t.Optional[t.Callable[[], t.Any]] = None) -> None:
        self.calls = list(calls)
        self.deletes = deletes  # when the script is over, any DELETE is accepted, in any order, after this was called
        self.made: t.List[str] = []
        self.bodies: t.List[t.Optional[Fields]] = []

    def __call__(self, *dummy: t.Any) -> Script:
        return self

    def exchange(self, request: _http.Request) -> _http.Answer:
        method, url, query, body = request.method, request.url, request.query, request.body
        path = urlsplit(url).path
        prefix = "/v1/project/visualization-jobs"
        if not url.startswith(BASE) or not path.startswith(prefix):
            pytest.fail(f"a call to {url}")
        call = f"{method} {path[len(prefix) + 1 :]}".strip()
        if call == "GET":
            call = f"LIST {query['page']}" + (f" {query['search_content']}" if query.get("search_content") else "")
        self.made.append(call)
        self.bodies.append(body)
        if not self.calls and self.deletes and method == "DELETE":
            self.deletes()
            return OK
        if not self.calls:
            pytest.fail(f"{call} comes after the end, which was {self.made[:-1]}")
        expected, reply = self.calls.pop(0)
        if call != expected:
            pytest.fail(f"{call} comes where {expected} should, after {self.made[:-1]}")
        if isinstance(reply, _http.CallError):
            raise reply
        return reply


class Run(t.NamedTuple):
    """What came of a run."""

    result: Fields
    script: Script
    seconds: float


Runner = t.Callable[..., Run]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Return what runs a module with options against a script, and sees that the script is played to its end."""
    for name in ("OS_CLOUD", "OS_TOKEN", "OS_AUTH_TOKEN", "OS_MODELARTS_ENDPOINT_OVERRIDE", "OS_PROJECT_ID", "OS_TENANT_ID"):
        monkeypatch.delenv(name, raising=False)

    def run_module(
        module: types.ModuleType,
        options: Fields,
        calls: Calls,
        check_mode: bool = False,
        deletes: t.Optional[t.Callable[[], t.Any]] = None,
    ) -> Run:
        script, time = Script(calls, deletes), Time()
        begin = time.now
        clock = _clock.Clock(monotonic=lambda: time.now, sleep=time.sleep, time=lambda: 1763892000.0 + time.now)
        monkeypatch.setattr(_module, "Transport", script)
        monkeypatch.setattr(_module, "interruptible", lambda: contextlib.nullcontext(clock))
        given = {**CONNECTION, **options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            module.main()
        output = capsys.readouterr().out
        result: Fields = json.loads(output)
        assert not script.calls, f"never made: {[call for call, dummy in script.calls]}; the result is {output}"
        assert "the-secret-key" not in output.replace(json.dumps(result.get("invocation")), "")
        assert "his is a bug in otc.modelarts" not in output
        if check_mode:
            assert all(call.startswith(("GET", "LIST")) for call in script.made)
        return Run(result, script, time.now - begin)

    return run_module
