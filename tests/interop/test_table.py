# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about other clients says what was measured, and nothing else."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import table
from variations import Ask, Observation, Observations, Reply

CODE, REASON = "ModelArts.0105", "This job can't be delete"
DELETE = Ask("delete", "7", CODE, REASON)
LIST = Ask("list", "")
THERE: t.Dict[str, int] = {"7": 8}
GONE: t.Dict[str, int] = {}


def seen(reply: Reply, ask: Ask = DELETE, before: bool = True, after: bool = True, sent: bool = True) -> Observation:
    """Return an observation of a job that was there before, or after, or not."""
    return Observation(ask, reply, THERE if before else GONE, THERE if after else GONE, (ask.operation,) if sent else ())


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        pytest.param(seen(Reply(True, ""), after=False), "does it", id="done"),
        pytest.param(seen(Reply(True, "")), "takes it as done", id="not done"),
        pytest.param(seen(Reply(True, f"error_code: {CODE}")), "takes it as done, but shows the code only", id="not done, code"),
        pytest.param(
            seen(Reply(True, f"{CODE} {REASON}")), "takes it as done, but shows the code and the reason", id="not done, both"
        ),
        pytest.param(seen(Reply(False, CODE)), "fails, and tells the code only", id="code"),
        pytest.param(seen(Reply(False, f"{REASON} [{CODE}]")), "fails, and tells the code and the reason", id="code and reason"),
        pytest.param(seen(Reply(False, REASON)), "fails, and tells the reason only", id="reason"),
        pytest.param(seen(Reply(False, "Line.\nNo. Really.")), "fails, with ``No``", id="neither"),
        pytest.param(seen(Reply(False, "")), "fails, with ``nothing is said``", id="silent"),
        pytest.param(seen(Reply(False, "No."), sent=False), "fails before it asks the cloud, with ``No``", id="not sent"),
        pytest.param(seen(Reply(False, "No."), after=False), "does it, but fails, with ``No``", id="done and failed"),
        pytest.param(seen(Reply(True, ""), before=False, after=False), "succeeds", id="needless"),
        pytest.param(
            seen(Reply(True, "", changed=False), before=False, after=False),
            "succeeds, and says that nothing changed",
            id="needless, unchanged",
        ),
        pytest.param(
            seen(Reply(False, CODE), before=False, after=False), "fails, and tells the code only", id="needless, failed"
        ),
        pytest.param(seen(Reply(True, "", listed=1), LIST), "returns all 1 jobs", id="all"),
        pytest.param(seen(Reply(True, ""), LIST), "returns 0 of 1 jobs", id="a part"),
        pytest.param(seen(Reply(False, "No."), LIST), "fails, with ``No``", id="list failed"),
    ],
)
def test_a_phrase_follows_from_what_was_seen(observation: Observation, expected: str) -> None:
    assert table.phrase(observation) == expected


def test_what_is_alike_is_told_together() -> None:
    other = Ask("stop", "7", CODE)
    alike, refused = seen(Reply(True, "")), seen(Reply(False, CODE), other)
    assert table.cell([alike, seen(Reply(True, ""), other)]) == "Takes it as done."
    assert table.cell([alike, refused, alike]) == "Deletion, deletion: takes it as done. Stop: fails, and tells the code only."


def test_the_committed_page_is_what_the_program_makes(observed: Observations) -> None:
    committed = table.PAGE.read_text(encoding="utf-8")
    named = table.versions_in(committed)
    assert list(named) == list(table.PACKAGES)
    assert named["otcextensions"] == table.installed()["otcextensions"]  # the other two may be newer here
    assert table.page(observed, named) == committed


def test_the_page_names_the_versions_that_are_installed(observed: Observations) -> None:
    assert table.versions_in(table.page(observed, table.installed())) == table.installed()


def test_the_page_has_no_address_and_no_id_of_this_run(observed: Observations, simulator: str) -> None:
    text = table.page(observed, {})
    assert simulator.partition("//")[2] not in text
    assert "127.0.0.1" not in text
    assert all(len(line) <= table.WIDTH for line in text.splitlines())


def test_the_program_tells_what_differs_and_writes_it(
    observed: Observations, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "rst" / "other_clients.rst"
    monkeypatch.setattr(table, "PAGE", page)
    monkeypatch.setattr(table, "measure", lambda: observed)
    assert table.main([]) == 1
    assert not page.exists()
    assert table.main(["--write"]) == 0
    written = page.read_text(encoding="utf-8")
    assert table.main([]) == 0
    page.write_text(written.replace("Returns all 120 jobs", "Returns all 121 jobs"), encoding="utf-8")
    capsys.readouterr()
    assert table.main([]) == 1
    told = capsys.readouterr().out
    assert "-     - Returns all 121 jobs." in told
    assert "+     - Returns all 120 jobs." in told
