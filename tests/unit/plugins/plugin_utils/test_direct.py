# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task runs, and what it brings: the decisions of direct execution, without Ansible around them."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import sys
import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _messages
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
