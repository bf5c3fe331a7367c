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
from ansible.module_utils.common.validation import check_type_int

from ansible_collections.otc.modelarts.plugins.module_utils import _client, _clock, _http, _module

Result = t.Dict[str, t.Any]
AUTH = {"access_key": "AK", "secret_key": "the-secret-key", "project_id": "p"}


Work = t.Callable[[t.Any, bool, _client.Client], Result]


def end(work: Work, **options: t.Any) -> Result:
    """Do some work behind the boundary, and return what a task would."""
    own = {"auth": AUTH, "endpoint": "https://m.example.com", "wait_timeout": 60, "api_timeout": 5, "api_retries": 0}
    own.update(options)
    spec: t.Dict[str, t.Any] = {"argument_spec": {}}
    task = _module.Task(spec, lambda dummy: None, lambda params, check_mode, client, dummy: work(params, check_mode, client))
    result = _module.perform(task, own, False, _clock.Clock(), _http.Transport)
    assert "the-secret-key" not in json.dumps(result) and "Traceback" not in json.dumps(result)
    return result


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
        return {"changed": check_mode, "msg": "Not with a-fetched-token."}

    assert end(work)["msg"] == "Not with ********."


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


# --- what selects jobs, and was given without a value ------------------------------------------------------------

SELECTORS = [(option, name) for option, aliases in _module.SELECTORS.items() for name in (option, *aliases)]
LISTS = ("job_ids", "status", "state")


@pytest.mark.parametrize(("option", "name"), SELECTORS)
@pytest.mark.parametrize("value", [None, "", " \t", [None], ["a", ""], ["a", "  "]])
def test_a_selector_that_says_nothing_is_refused_also_by_its_alias(option: str, name: str, value: t.Any) -> None:
    with pytest.raises(_module.ParameterError, match=f"^{option} is given, but has no value"):
        _module.check_given({name: value}, {option: value})


@pytest.mark.parametrize(("option", "name"), SELECTORS)
def test_an_empty_list_of_ids_is_the_only_selection_of_nothing(option: str, name: str) -> None:
    if option == "job_ids":
        _module.check_given({name: []}, {option: []})
        return
    with pytest.raises(_module.ParameterError):
        _module.check_given({name: []}, {option: []})


@pytest.mark.parametrize(("option", "name"), SELECTORS)
def test_a_selector_with_a_value_or_left_out_is_accepted(option: str, name: str) -> None:
    _module.check_given({name: ["a"] if option in LISTS else "a"}, {option: "a"})
    _module.check_given({}, {option: None})


def test_an_alias_without_a_value_is_refused_beside_its_option_with_one() -> None:
    with pytest.raises(_module.ParameterError):
        _module.check_given({"job_id": "a", "id": None}, {"job_id": "a"})


@pytest.mark.parametrize("value", [True, False, 1.5, ["a", True], [2.0]])
@pytest.mark.parametrize("option", ["job_id", "job_ids", "name", "status"])
def test_what_yaml_made_another_thing_of_selects_nothing(option: str, value: t.Any) -> None:
    with pytest.raises(_module.ParameterError, match="which is no text: put it in quotes"):
        _module.check_given({option: value}, {option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *((option, value) for option in ("name", "search", "workspace_id") for value in ("a\n", " a", ["a"], {"a": 1})),
        ("workspace_id", "a b"),
        ("workspace_id", "../x"),
    ],
)
def test_what_no_job_can_be_equal_to_is_refused_and_not_looked_for(option: str, value: t.Any) -> None:
    with pytest.raises(_module.ParameterError, match=f"^{option} (must be|has a blank or a line end)"):
        _module.check_given({option: value}, {option: value})


def test_an_omitted_entry_of_a_list_is_no_id() -> None:
    for value in ("__omit_place_holder__4ca8f0", ["a", "__omit_place_holder__4ca8f0"]):
        with pytest.raises(_module.ParameterError, match=r"^job_ids is given, but has no value"):
            _module.check_given({"job_ids": value}, {"job_ids": value})


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"validate_certs": True, "verify": False}, "validate_certs"),
        ({"wait_timeout": 60, "timeout": 600}, "wait_timeout"),
        ({"id": "1", "visualization_id": "2"}, "job_id"),
        ({"ca_cert": "/a", "cacert": "/b"}, "ca_cert"),
    ],
)
def test_what_is_given_by_two_names_and_differs_is_refused(given: t.Dict[str, t.Any], option: str) -> None:
    spec = _module.JOB_SPEC["argument_spec"]
    with pytest.raises(_module.ParameterError, match=rf"^{option} is given by two names, with different values"):
        _module.check_names(given, spec)
    _module.check_names(dict.fromkeys(given, "5"), spec)


@pytest.mark.parametrize(
    "cloud",
    [
        {"cloud": "x", "auth": {"token": ""}},
        {"cloud": "x", "ak": "", "sk": None},
        {"cloud": "x", "auth": {"username": " ", "password": ""}},
        {"cloud": "x", "auth": {"user-name": ""}},
        {"cloud": "x", "auth": {"auth_token": "", "os_password": None}},
    ],
)
def test_credentials_in_a_cloud_that_say_nothing_are_no_other_account(cloud: t.Any) -> None:
    with pytest.raises(_module.ParameterError, match=r"^cloud has .*, but without a value"):
        _module.check_credentials({"cloud": cloud})


@pytest.mark.parametrize("name", ["otc#prod", "it's", "a, b", "c&d!", "$x", "~me", "a;b", "a*"])
def test_an_entry_may_have_any_name_that_no_mapping_looks_like(name: str) -> None:
    _module.check_credentials({"cloud": name})
    _module.check_credentials({"cloud": {"cloud": name}})


def test_what_a_module_does_not_have_is_not_its_to_check() -> None:
    _module.check_given({"search": None, "flavor": None}, {"flavor": None})


def test_every_selector_and_alias_of_both_modules_is_checked() -> None:
    for spec in (_module.JOB_SPEC, _module.INFO_SPEC):
        for option, fields in spec["argument_spec"].items():
            if option in _module.SELECTORS:
                assert set(fields.get("aliases", ())) == set(_module.SELECTORS[option])


# --- durations and statuses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("30d", 2592000), ("12h", 43200), ("90m", 5400), ("45s", 45), ("2w", 1209600), (" 1 d ", 86400), ("0s", 0)],
)
def test_a_duration_is_the_moment_that_lies_so_long_before_now(duration: str, seconds: int) -> None:
    assert _module.moment_before("older_than", duration, 1e10) == (10**10 - seconds) * 1000


@pytest.mark.parametrize("duration", ["30", "d", "-1d", "1.5h", "1y", "1d 2h", "1D", "1234567890s", "now"])
def test_what_is_no_duration_is_refused_by_name(duration: str) -> None:
    with pytest.raises(_module.ParameterError, match=r"^newer_than must be a number with a unit"):
        _module.moment_before("newer_than", duration, 0.0)


def test_a_duration_left_out_chooses_nothing() -> None:
    assert _module.moment_before("older_than", None, 0.0) is None


def test_statuses_are_known_by_name_by_long_name_and_by_number() -> None:
    assert _module.statuses_of(["running", "JOBSTAT_KILLED", " Failed ", "22", "99"]) == {8, 12, 11, 22, 99}
    with pytest.raises(_module.ParameterError, match=r"^status 'runing' is none of"):
        _module.statuses_of(["runing"])


# --- what was done is told, whatever ended it --------------------------------------------------------------------


class Broken:
    """An API with one job that accepts its deletion; the next request after that meets a bug of ours."""

    def __init__(self, *dummy: t.Any) -> None:
        self.deleted = False

    def exchange(self, request: _http.Request) -> _http.Answer:
        """Answer a request."""
        if self.deleted:
            raise ZeroDivisionError
        self.deleted = request.method == "DELETE"
        body = {"is_success": True} if self.deleted else {"job_id": "10", "job_name": "n", "status": 8}
        return _http.Answer(200, {}, json.dumps(body).encode())


def test_a_bug_after_an_accepted_delete_still_tells_that_it_was_accepted() -> None:
    spec = _module.JOB_SPEC["argument_spec"]
    params = {option: fields.get("default") for option, fields in spec.items()}
    params.update(state="absent", job_id="10", auth=AUTH, endpoint="https://m.example.com")
    given = {"state": "absent", "job_id": "10"}
    result = _module.perform(_module.JOB, params, False, _clock.Clock(sleep=lambda dummy: None), Broken, given)  # type: ignore[arg-type]
    assert (result["failed"], result["changed"], result["job"]["job_id"]) == (True, True, "10")
    assert "bug in otc.modelarts: ZeroDivisionError at" in result["msg"] and "The deletion was accepted" in result["msg"]
    assert "outcome_unknown" not in result


def test_numbers_that_no_clock_and_no_pool_can_hold_do_no_harm() -> None:
    seen: t.List[t.Any] = []

    def connect(dummy: t.Any, clock: t.Any, timeout: float, connections: int) -> t.Any:
        seen.extend((timeout, connections))
        return Broken()

    params = {option: fields.get("default") for option, fields in _module.JOB_SPEC["argument_spec"].items()}
    params.update(state="absent", job_ids=["1", "2"], auth=AUTH, endpoint="https://m.example.com", wait=False)
    params.update(max_concurrency=10**9, wait_timeout=10**400, api_timeout=10**400, api_retries=10**9)
    result = _module.perform(_module.JOB, params, False, _clock.Clock(sleep=lambda dummy: None), connect, {"job_ids": ["1", "2"]})
    assert "OverflowError" not in json.dumps(result) and seen == [_module.LONGEST_TIME, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"wait_timeout": -(10**400)}, "wait_timeout must be at least 1."),
        ({"wait_timeout": -3}, "wait_timeout must be at least 1, not -3."),
        ({"api_retries": -(10**400)}, "api_retries must be at least 0."),
    ],
)
def test_a_number_that_is_too_small_is_told_where_it_can_be(options: t.Dict[str, t.Any], said: str) -> None:
    assert end(lambda *dummy: {"changed": True}, **options)["msg"] == said


def test_a_number_that_is_none_is_refused_in_words_and_paths_are_those_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "/x")
    given = {"wait_timeout": float("inf"), "wait_sleep": float("inf"), "ca_cert": "$HERE/a:b@c.pem"}
    arguments = _module.Arguments(given, _module.JOB_SPEC["argument_spec"])
    assert arguments.shown["wait_timeout"] == "no finite number" and arguments.shown["wait_sleep"] == float("inf")
    assert arguments.real(arguments.shown)["ca_cert"] == "/x/a:b@c.pem"
    for value in ("inf", "-Infinity", "NaN", float("nan")):
        shown = _module.Arguments({"api_retries": value}, _module.JOB_SPEC["argument_spec"]).shown
        with pytest.raises(TypeError):
            check_type_int(shown["api_retries"])


def test_an_end_that_comes_while_secrets_are_looked_for_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ends, masker = [_clock.OutOfTime()], _http.masker

    def ended_once(*args: t.Any) -> t.Any:
        if ends:
            raise ends.pop()
        return masker(*args)

    monkeypatch.setattr(_module, "masker", ended_once)
    assert end(lambda *dummy: {"changed": True, "job": None}) == {"changed": True, "job": None} and not ends


@pytest.mark.parametrize(
    "cloud", [{"cloud": {"auth": {"pin_code": "ZZSECRET-abcdefgh"}}}, {"cloud": ["ZZSECRET-abcdefgh"]}, {"cloud": 5}]
)
def test_a_cloud_in_a_cloud_must_be_a_name_and_is_not_shown(cloud: t.Any) -> None:
    with pytest.raises(_module.ParameterError, match="cloud has a key cloud") as caught:
        _module.check_credentials({"cloud": cloud})
    assert "ZZSECRET" not in str(caught.value)
