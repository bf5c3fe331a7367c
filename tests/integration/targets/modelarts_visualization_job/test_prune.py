# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook prune_visualization_jobs promises: only what meets all criteria goes, and everything is reported."""

from __future__ import annotations

import html.parser
import json
import pathlib
import sys
import time
import typing as t

import pytest
from conftest import Cloud, ansible_playbook

LONG_AGO = int((time.time() - 40 * 86400) * 1000)
JUST_OVER = int((time.time() - 30.1 * 86400) * 1000)
NOT_YET = int((time.time() - 29.9 * 86400) * 1000)

Prune = t.Callable[..., str]


@pytest.fixture
def prune(cloud: Cloud, tmp_path: pathlib.Path) -> Prune:
    """Return what puts some jobs there and runs the playbook with variables."""

    def run(*arguments: str, **variables: t.Any) -> str:
        cloud.add("1", job_name="exp-old", create_time=LONG_AGO, duration=7200000)
        cloud.add("2", job_name="exp-failed", status=11, create_time=JUST_OVER)
        cloud.add("3", job_name="keep-me", create_time=LONG_AGO)
        cloud.add("4", job_name="exp-young", create_time=NOT_YET)
        cloud.add("5", job_name="other", status=12, create_time=LONG_AGO)
        given = [*arguments, "-e", json.dumps(variables)]
        output = ansible_playbook("otc.modelarts.prune_visualization_jobs", cloud.access_key(), tmp_path, sys.executable, *given)
        assert not [secret for secret in cloud.secrets() if secret in output]
        return output

    return run


def ended_well(output: str) -> bool:
    """Tell whether the play ended without a failure."""
    return "failed=0" in output and "ok=" in output


@pytest.mark.parametrize(
    ("variables", "left"),
    [
        ({"prune_days": 30}, "4"),
        ({"prune_days": 30, "prune_keep": ["keep-me", "5"]}, "3 4 5"),
        ({"prune_days": "30", "prune_keep": "keep-me, 5"}, "3 4 5"),
        ({"prune_days": 30, "prune_status": ["failed", 12]}, "1 3 4"),
        ({"prune_status": "running"}, "2 5"),
        ({"prune_name": "exp-.*"}, "3 5"),
        ({"prune_name": "exp"}, "1 2 3 4 5"),
        ({"prune_name": "exp-.*", "prune_days": 35, "prune_status": "running"}, "2 3 4 5"),
    ],
    ids=str,
)
def test_what_meets_all_criteria_goes_and_nothing_else(
    cloud: Cloud, prune: Prune, variables: t.Dict[str, t.Any], left: str
) -> None:
    assert ended_well(prune(**variables))
    assert cloud.job_ids() == set(left.split())


def test_a_second_run_changes_nothing(cloud: Cloud, prune: Prune, tmp_path: pathlib.Path) -> None:
    assert "changed=1" in prune(prune_days=30)
    cloud.clear_log()
    given = ("-e", "prune_days=30")
    again = ansible_playbook("otc.modelarts.prune_visualization_jobs", cloud.access_key(), tmp_path, sys.executable, *given)
    assert "changed=0" in again and ended_well(again)
    assert cloud.changing() == []


def test_check_mode_says_what_would_go_and_writes_and_deletes_nothing(cloud: Cloud, prune: Prune, tmp_path: pathlib.Path) -> None:
    output = prune("--check", prune_days=30, prune_json=str(tmp_path / "r.json"), prune_html=str(tmp_path / "r.html"))
    assert "5 jobs looked at, 4 would be deleted, 0 failed" in output and "would delete 2 exp-failed" in output
    assert ended_well(output)
    assert cloud.changing() == [] and len(cloud.job_ids()) == 5
    assert not (tmp_path / "r.json").exists() and not (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"prune_keep": ["1"]},
        {"prune_status": []},
        {"prune_name": ""},
        {"prune_days": "a week"},
        {"prune_days": ""},
        {"prune_days": -1},
        {"prune_days": 30, "prune_keeps": ["1"]},
        {"prune_days": 30, "prune_json": "report.json"},
        {"prune_days": 30, "prune_html": "./report.html"},
    ],
    ids=str,
)
def test_without_a_criterion_that_is_clear_nothing_is_done(cloud: Cloud, prune: Prune, variables: t.Dict[str, t.Any]) -> None:
    assert "Nothing was done. Give at least one of prune_days" in prune(**variables)
    assert cloud.log() == []


class Reader(html.parser.HTMLParser):
    """Reads a page: its text, and what it would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.elsewhere: t.List[str] = []

    def handle_starttag(self, tag: str, attrs: t.List[t.Tuple[str, t.Optional[str]]]) -> None:
        self.elsewhere += [tag for name, dummy in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_failures_are_reported_with_their_code_and_fail_the_play(cloud: Cloud, prune: Prune, tmp_path: pathlib.Path) -> None:
    cloud.set(delete_refused_at=[8, 9])
    cloud.add("6", job_name="<b>odd</b>", status=11, create_time=LONG_AGO)
    output = prune(prune_days=30, prune_keep="keep-me", prune_json=str(tmp_path / "r.json"), prune_html=str(tmp_path / "r.html"))
    assert "1 of 4 visualization jobs failed, 3 deleted, 0 unchanged. ModelArts.0105: 1 (1)." in output and not ended_well(output)
    report = json.loads((tmp_path / "r.json").read_text())
    assert {row["job_id"] for row in report["deleted"]} == {"2", "5", "6"}
    assert [(row["job_id"], row["error_code"]) for row in report["failed"]] == [("1", "ModelArts.0105")]
    page = Reader()
    page.feed((tmp_path / "r.html").read_text())
    assert "ModelArts.0105" in page.text and "exp-failed" in page.text and "<b>odd</b>" in page.text
    assert page.elsewhere == []
    assert cloud.job_ids() == {"1", "3", "4"}


def test_force_stops_what_is_refused_and_the_running_time_is_told(cloud: Cloud, prune: Prune, tmp_path: pathlib.Path) -> None:
    cloud.set(delete_refused_at=[8, 9])
    output = prune(prune_days=30, prune_name="exp-old", prune_force=True, prune_html=str(tmp_path / "r.html"))
    assert ended_well(output) and "Still running: 1, for 2.0 billed hours in all" in output
    assert "2.0 h" in (tmp_path / "r.html").read_text()
    assert cloud.job_ids() == {"2", "3", "4", "5"}
