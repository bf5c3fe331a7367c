# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boundary: whatever happens below it, a result or one clear failure, and never a secret."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _client, _http, _module

Result = t.Dict[str, t.Any]
AUTH = {"access_key": "AK", "secret_key": "the-secret-key", "project_id": "p"}


Work = t.Callable[[t.Any, bool, _client.Client], Result]


def end(work: Work, **options: t.Any) -> Result:
    """Do some work behind the boundary, and return what a task would."""
    own = {"auth": AUTH, "endpoint": "https://m.example.com", "wait_timeout": 60, "api_timeout": 5, "api_retries": 0}
    own.update(options)
    task = _module.Task(lambda dummy: None, work)
    result, secrets = _module.perform(task, own, False, _http.Clock(), _http.Transport)
    assert "the-secret-key" not in json.dumps(result) and "Traceback" not in json.dumps(result)
    return {**result, "secrets": list(secrets)}


def failing(error: Exception) -> Work:
    """Return work that fails."""

    def work(*dummy: t.Any) -> Result:
        raise error

    return work


def test_a_result_comes_through() -> None:
    assert end(lambda *dummy: {"changed": True, "job": None})["changed"] is True


def test_a_failure_of_ours_is_one_line_that_names_the_place() -> None:
    result = end(failing(ZeroDivisionError("the-secret-key")))
    assert result["failed"] and result["msg"].startswith("This is a bug in otc.modelarts: ZeroDivisionError at test_module.py:")


def test_an_error_answer_is_told_with_all_that_it_said() -> None:
    result = end(failing(_http.Refused("No.", "ModelArts.0108", 403, "req-1")))
    assert result["failed"] and result["changed"] is False
    assert (result["error_code"], result["http_status"], result["request_id"]) == ("ModelArts.0108", 403, "req-1")
    assert result["error_message"] == "No." and "No [ModelArts.0108]. Ask for the IAM action" in result["msg"]


def test_without_an_answer_there_are_no_fields_of_one() -> None:
    result = end(failing(_http.NotSent("h refused the connection.")))
    assert "http_status" not in result and "error_code" not in result and "h refused the connection" in result["msg"]


def test_a_missing_requests_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", ImportError("requests"))
    result = end(failing(AssertionError("no work without requests")))
    assert result["failed"] and "requests" in result["msg"] and "AssertionError" not in result["msg"]


def test_a_token_that_was_fetched_is_a_secret_too() -> None:
    def work(dummy: t.Any, check_mode: bool, client: _client.Client) -> Result:
        client.secrets.append("a-fetched-token")
        return {"changed": check_mode}

    assert end(work)["secrets"] == ["the-secret-key", "a-fetched-token"]


def test_a_task_with_an_access_key_imports_nothing_that_it_does_not_need() -> None:
    module = "ansible_collections.otc.modelarts.plugins.modules.modelarts_visualization_job"
    settings = "ansible_collections.otc.modelarts.plugins.module_utils._settings"
    code = (
        f"import sys, {module}, {settings}\n"
        "auth = {'access_key': 'a', 'secret_key': 's', 'project_id': 'p'}\n"
        f"{settings}.resolve({{'auth': auth, 'region_name': 'eu-de'}}, {{}})\n"
        "print([name for name in ('openstack', 'keystoneauth1', 'yaml', 'concurrent.futures') if name in sys.modules])"
    )
    collections = [str(one.parent) for one in pathlib.Path(__file__).parents if one.name == "ansible_collections"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*collections, *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environ)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
