# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task runs, and what it brings: the decisions of direct execution, without Ansible around them."""

from __future__ import annotations

import datetime
import json
import logging
import os
import pathlib
import signal
import sys
import threading
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail
from ansible.plugins.action.normal import ActionModule as ModuleAction

from ansible_collections.otc.modelarts.plugins.action import modelarts_visualization_job, modelarts_visualization_job_info
from ansible_collections.otc.modelarts.plugins.module_utils import _messages, _module
from ansible_collections.otc.modelarts.plugins.module_utils._decide import Attempt, Done, Fail, Progress, Reason, Wanted
from ansible_collections.otc.modelarts.plugins.plugin_utils import _direct
from ansible_collections.otc.modelarts.plugins.plugin_utils._direct import Place, obstacle, plain

OWN = "/venv/bin/python3.13"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"connection": "ansible.builtin.local"}, ""),
        ({"connection": "ssh"}, "the connection is ssh"),
        ({"connection": "community.docker.docker"}, "the connection is community.docker.docker"),
        ({"become": True}, "it becomes another user"),
        ({"asynchronous": True}, "it is asynchronous"),
        ({"platform": "darwin"}, "a forked process on macOS may not ask for proxies"),
        ({"platform": "freebsd14"}, ""),
        ({"switched_on": False}, "the variable otc_modelarts_direct is false"),
        ({"libraries": False}, "its libraries cannot be imported here"),
        ({"main_thread": False}, "it is not in the main thread"),
        ({"interpreter": ""}, ""),
        ({"interpreter": "auto"}, ""),
        ({"interpreter": "auto_silent"}, ""),
        ({"interpreter": "auto_legacy"}, ""),
        ({"interpreter": "auto_legacy_silent"}, ""),
        ({"interpreter": OWN}, ""),
        ({"interpreter": "/other/bin/python3.13"}, "its Python is /other/bin/python3.13"),
        ({"interpreter": f"{OWN} -E"}, f"its Python is {OWN} -E"),
        ({"interpreter": OWN, "own_interpreter": ""}, f"its Python is {OWN}"),
        ({"switched_on": False, "become": True, "connection": "ssh"}, "the variable otc_modelarts_direct is false"),
    ],
)
def test_a_task_runs_here_where_nothing_speaks_against_it(fields: t.Dict[str, t.Any], reason: str) -> None:
    assert obstacle(Place(**{"own_interpreter": OWN, **fields}), lambda path: path) == reason


def test_one_environment_is_told_from_another_that_links_to_the_same_file(tmp_path: pathlib.Path) -> None:
    for name in ("system", "one", "two", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "system" / "python3.13").write_text("")
    for name in ("one", "two"):
        (tmp_path / name / "python3.13").symlink_to(tmp_path / "system" / "python3.13")
        (tmp_path / name / "python3").symlink_to("python3.13")
    (tmp_path / "elsewhere" / "python").symlink_to(tmp_path / "one" / "python3.13")
    (tmp_path / "link").symlink_to(tmp_path / "one", target_is_directory=True)
    own = str(tmp_path / "one" / "python3.13")
    same = {
        path: _direct.same_python(str(tmp_path / path), own, os.path.realpath)
        for path in ("one/python3", "link/python3.13", "two/python3.13", "system/python3.13", "elsewhere/python", "one/missing")
    }
    assert [path for path, so in same.items() if so] == ["one/python3", "link/python3.13"]


class Tagged(str):
    """Text with something to it that a module would not get."""


class Vaulted:
    """What is decrypted once it is asked for its text."""

    def __str__(self) -> str:
        return "decrypted"


def test_arguments_are_what_json_has_and_nothing_else() -> None:
    given = {
        Tagged("name"): Tagged("x"),
        "secret": Vaulted(),
        "list": (1, True, None, 2.5, {Tagged("y")}),
        "date": datetime.date(2026, 1, 2),
        "bytes": b"raw",
        3: {"deep": [Tagged("z")]},
    }
    made = plain(given)
    assert made == {
        "name": "x",
        "secret": "decrypted",
        "list": [1, True, None, 2.5, ["y"]],
        "date": "2026-01-02",
        "bytes": "raw",
        "3": {"deep": ["z"]},
    }
    assert json.loads(json.dumps(made)) == made
    assert {type(text) for text in (*made, made["name"], made["list"][4][0], made["3"]["deep"][0])} == {str}


def test_surroundings_are_put_back_however_it_ends(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "before")
    folder, environment = os.getcwd(), dict(os.environ)
    with pytest.raises(KeyboardInterrupt), _direct.surroundings({"KEPT": "other", "NEW": "1"}, str(tmp_path)) as written:
        assert (os.environ["KEPT"], os.environ["NEW"], os.getcwd()) == ("other", "1", str(tmp_path.resolve()))
        os.environ["LEFT"] = "by a library"
        print("said", file=sys.stderr)
        raise KeyboardInterrupt
    assert (os.getcwd(), dict(os.environ), written.getvalue()) == (folder, environment, "said\n")


@pytest.mark.parametrize(("seconds", "shown"), [(4.9, []), (5.0, [5]), (13, [5, 12]), (1000, [5, 12, 23, 40, 65, 95, 125])])
def test_signs_of_life_come_after_5_s_and_then_more_and_more_seldom(seconds: float, shown: t.List[int]) -> None:
    now = [100.0]
    told: t.List[int] = []

    def over(pause: float) -> bool:
        now[0] += pause
        return now[0] - 100.0 > seconds

    _direct.signs(over, lambda: now[0], lambda passed: told.append(int(passed)))
    assert told[: len(shown)] == shown and (seconds == 1000 or len(told) == len(shown))


@pytest.mark.parametrize(("alone", "ends"), [([False, False], 0), ([False, True], 1), ([True, True], 1), ([], 0)], ids=str)
def test_what_waits_for_a_module_ends_once_ansible_is_gone(alone: t.List[bool], ends: int) -> None:
    left, ended = iter(alone), []
    looks = iter([False] * len(alone) + [True])
    _direct.end_alone(lambda dummy: next(looks), lambda: next(left), lambda: ended.append(True))
    assert len(ended) == ends


def test_a_process_is_orphaned_once_its_parent_at_the_first_task_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_direct, "STARTED_BY", {})
    own, parents = 50, iter([7, 7, 7, 7, 1, 1, 1, 1])
    monkeypatch.setattr(os, "getpid", lambda: own)
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    assert [_direct.orphaned() for dummy in range(4)] == [False, False, True, True]
    own = 51  # a fork of it, whose parent has been that all the time
    assert _direct.STARTED_BY == {50: 7}
    monkeypatch.setattr(os, "getppid", lambda: 50)
    assert not _direct.orphaned() and _direct.STARTED_BY[51] == 50


def test_where_no_thread_can_be_started_the_work_is_done_without_what_goes_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(dummy: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with _direct.beside(lambda *dummy: None):
        done = True
    assert done


def progress(*attempts: bool, end: t.Any = None) -> Progress:
    """Return a job to be deleted, for which requests were sent, accepted or not yet answered."""
    made = Progress(Wanted("absent"), "10", end=end)
    made.attempts = [Attempt("delete", 0.0, answered=answered) for answered in attempts]
    return made


@pytest.mark.parametrize(
    ("jobs", "line"),
    [
        ([], "asking what is there, 7 of 300 s"),
        ([progress()], "1 job to be deleted, 0 accepted, 0 done, 7 of 300 s"),
        ([progress(False), progress(True)], "2 jobs to be deleted, 1 accepted, 0 done, 7 of 300 s"),
        (
            [progress(True, end=Done()), progress(False, True, end=Done()), progress(end=Fail(Reason.TIMED_OUT))],
            "3 jobs to be deleted, 2 accepted, 2 done, 1 failed, 7 of 300 s",
        ),
    ],
)
def test_a_sign_of_life_counts_what_was_asked_for_and_what_is_done(jobs: t.List[Progress], line: str) -> None:
    assert _messages.so_far(jobs, 7.4, 300) == line


# --- the action, with as much of Ansible around it as it looks at ------------------------------------------------

AUTH = {"access_key": "AK", "secret_key": "the-secret-key", "project_id": "p"}


class Around(t.NamedTuple):
    """What Ansible gives to an action, and what the action shows."""

    run: t.Callable[..., t.Dict[str, t.Any]]
    shown: t.List[str]


@pytest.fixture
def around(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Around:
    """Return what runs a task by its action."""
    monkeypatch.delenv("OS_CLOUD", raising=False)
    shown: t.List[str] = []
    monkeypatch.setattr(_direct.display, "vvv", lambda text, host=None: shown.append(text))
    monkeypatch.setattr(_direct.display, "display", lambda text, **dummy: shown.append(text))
    monkeypatch.setattr(ModuleAction, "run", lambda self, tmp, variables: {"as": "module"})

    def run(args: t.Any, variables: t.Any = None, action: t.Any = modelarts_visualization_job, **keywords: t.Any) -> t.Any:
        usual = {"environment": [], "async_val": 0, "check_mode": False, "no_log": False, "delegate_to": None, "timeout": 0}
        task = types.SimpleNamespace(args=args, action="otc.modelarts.it", **{**usual, **keywords})
        shell = types.SimpleNamespace(env_prefix=lambda **dummy: "", tmpdir=None)
        connection = types.SimpleNamespace(transport="local", become=None, _shell=shell)
        context, loader = types.SimpleNamespace(become=False), types.SimpleNamespace(get_basedir=lambda: str(tmp_path))
        templar = types.SimpleNamespace(template=lambda value: value)
        return action.ActionModule(task, connection, context, loader, templar, None).run(task_vars=variables or {})

    return Around(run, shown)


def test_a_task_that_may_run_here_does(around: Around) -> None:
    result = around.run({"job_id": "1", "state": "absent"})
    assert result["failed"] and "No credentials" in result["msg"]
    assert around.shown == ["otc.modelarts.it runs in this process."]
    assert around.run({"job_id": "1"}, action=modelarts_visualization_job_info)["failed"]


@pytest.mark.parametrize(
    ("variables", "keywords"),
    [
        ({"otc_modelarts_direct": False}, {}),
        ({"otc_modelarts_direct": "no"}, {}),
        ({"ansible_python_interpreter": "/other/python"}, {}),
        ({}, {"async_val": 10}),
        ({"ansible_delegated_vars": {"h": {"ansible_python_interpreter": "/other/python"}}}, {"delegate_to": "h"}),
    ],
)
def test_a_task_that_may_not_runs_as_a_module(around: Around, variables: t.Any, keywords: t.Any) -> None:
    assert around.run({"job_id": "1"}, variables, **keywords) == {"as": "module"}
    assert "runs as a module: " in around.shown[0]


def test_a_library_that_only_some_need_is_tried_for_them_only(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: t.List[str] = []

    def imported(*names: str) -> bool:
        asked.extend(names)
        return False

    monkeypatch.setattr(_direct, "imported", imported)
    monkeypatch.delitem(sys.modules, "openstack.config.loader", raising=False)
    assert around.run({"job_id": "1", "cloud": "mine"}) == {"as": "module"} and asked == ["openstack.config"]
    assert around.run({"job_id": "1"}, environment=[{"OS_CLOUD": "mine"}]) == {"as": "module"}
    assert around.run({"job_id": "1"})["failed"] and len(asked) == 2


def test_the_switch_must_be_a_boolean(around: Around) -> None:
    with pytest.raises(AnsibleActionFail, match="otc_modelarts_direct must be true or false"):
        around.run({"job_id": "1"}, {"otc_modelarts_direct": "maybe"})


def test_options_are_refused_as_a_module_refuses_them(around: Around) -> None:
    odd = around.run({"job_id": "1", "colour": "red"})
    assert odd["msg"].startswith("Unsupported parameters for (otc.modelarts.it) module: colour. Supported parameters include: ")
    assert around.run({"state": "absent"})["msg"] == "one of the following is required: job_id, job_ids, name"
    both = around.run({"job_id": "1", "id": "1"})
    assert both["warnings"] == ["Both option job_id and its alias id are set."]


def test_the_invocation_tells_no_secret(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    for shows in (True, False):
        monkeypatch.setattr(_direct.DirectAction, "_shows_invocation", lambda self, variables, shows=shows: shows)
        result = around.run({"job_id": "-", "state": "absent", "auth": AUTH, "wait_sleep": 0})
        assert ("invocation" in result) is shows and "the-secret-key" not in json.dumps(result)


def test_what_a_library_writes_is_shown_to_who_asks_for_much_and_masked(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    def noisy(*dummy: t.Any) -> t.Dict[str, t.Any]:
        print("a warning about the-secret-key", file=sys.stderr)
        return {"changed": False}

    monkeypatch.setattr(_module, "perform", noisy)
    assert around.run({"job_id": "1", "auth": AUTH})["changed"] is False
    assert len(around.shown) == 2 and around.shown[1].startswith("a warning about ") and "the-secret-key" not in around.shown[1]


def test_a_timeout_is_told_by_an_error_that_is_not_tried_again(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(task: t.Any, params: t.Any, check: bool, clock: t.Any, *dummy: t.Any) -> t.Dict[str, t.Any]:
        os.kill(os.getpid(), signal.SIGALRM)
        assert clock.stopped()
        return {"changed": True, "failed": True, "msg": "It was interrupted."}

    monkeypatch.setattr(_module, "perform", ended)
    with pytest.raises(AnsibleActionFail, match=r"The timeout of this task \(3 s\) is over. It was interrupted.") as caught:
        around.run({"job_id": "1", "auth": AUTH}, timeout=3)
    assert caught.value.result["changed"] is True and "exception" not in caught.value.result


def test_an_interrupt_is_handed_on_once_the_task_has_ended(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*dummy: t.Any) -> t.Dict[str, t.Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        return {"changed": False}

    got: t.List[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
    try:
        monkeypatch.setattr(_module, "perform", ended)
        around.run({"job_id": "1", "auth": AUTH})
    finally:
        signal.signal(signal.SIGTERM, before)
    assert got == [signal.SIGTERM]


def test_a_sign_of_life_is_shown_but_for_what_must_not_be_logged(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(dummy: t.Any, now: t.Any, show: t.Callable[[float], None]) -> None:
        show(7.0)

    monkeypatch.setattr(_direct, "signs", at_once)
    monkeypatch.setattr(_module, "perform", lambda *dummy: {"changed": False})
    for no_log in (False, True):
        around.shown.clear()
        around.run({"job_id": "1", "auth": AUTH}, no_log=no_log)
        lines = [line for line in around.shown if line.startswith("WAITING on localhost: asking what is there, 7 of 300 s")]
        assert bool(lines) is not no_log


@pytest.mark.parametrize("code", ["raise RuntimeError", "raise SystemExit", "def", "import nothing_of_this_name"])
def test_a_library_that_breaks_is_one_that_cannot_be_imported(tmp_path: pathlib.Path, monkeypatch: t.Any, code: str) -> None:
    (tmp_path / "broken_on_purpose.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not _direct.imported("broken_on_purpose") and _direct.imported("json")


def test_a_library_looks_for_its_files_where_the_task_is_and_not_where_it_was_imported_first(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "placed_on_purpose.py").write_text("import os\nPLACE = os.getcwd()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert _direct.imported("placed_on_purpose")
    with _direct.surroundings({}, str(tmp_path)):
        assert _direct.imported_anew("placed_on_purpose", "placed_on_purpose")
    assert str(tmp_path.resolve()) == sys.modules["placed_on_purpose"].PLACE


def test_what_libraries_log_reaches_no_log(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    with _direct.surroundings({}, str(tmp_path)):
        logging.getLogger("urllib3.connection").warning("the-secret-key")
    logging.getLogger("urllib3.connection").warning("later")
    assert [record.message for record in caplog.records] == ["later"]
