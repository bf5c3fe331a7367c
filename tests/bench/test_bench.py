# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bench itself: what it makes of numbers, and that it stops rather than time a way that did not do its work."""

from __future__ import annotations

import importlib.util
import json
import math
import pathlib
import sys
import typing as t

import measuring
import page
import pytest
import simulation
from measuring import CASES, BenchError, Case, sample, timed
from ways import ROOT, WAYS, Project, Run, Way, clean_environment

GUIDE = ROOT / "docs" / "docsite" / "rst"
DELETE = 'requests.delete(f"{{sys.argv[1]}}/{}", headers={{"X-Auth-Token": sys.argv[2]}})\n'

CONTROL = 'place, dummy, project = sys.argv[1].partition("/v1/")\nproject = project[:32]\n'
VANISH = CONTROL + 'requests.delete(f"{place}/_simulator/jobs/2?project={project}").raise_for_status()'
RETURN = CONTROL + 'requests.post(f"{place}/_simulator/jobs?project={project}", json={"job_id": "2"}).raise_for_status()'


@pytest.fixture(scope="module")
def url() -> t.Iterator[str]:
    with simulation.started() as credentials:
        yield str(credentials["url"])


def deleting(*job_ids: int, end: str = "") -> Way:
    """Return a way that is a script, which deletes these jobs and ends so."""
    script = "import requests, sys\n" + "".join(DELETE.format(job_id) for job_id in job_ids) + end

    def prepare(project: Project, folder: pathlib.Path, lists: list[list[str]]) -> Run:
        return Run([sys.executable, "-c", script, project.jobs_url, project.token()], clean_environment())

    return Way("a fake", prepare)


# --- a way that does not do its work -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in CASES if case.jobs < 2 or case.apart], ids=str)
def test_every_way_does_its_work(url: str, case: Case) -> None:
    seconds, peak = sample(Case(case.way, min(case.jobs, 2), "near", case.apart), url)
    assert seconds > 0
    assert peak > 1024


@pytest.mark.parametrize(
    ("way", "told"),
    [
        pytest.param(deleting(), "2 jobs are left; of 2 DELETEs 0 were done, 0 refused", id="nothing"),
        pytest.param(deleting(1), "1 jobs are left; of 2 DELETEs 1 were done, 0 refused", id="half"),
        pytest.param(deleting(1, 2, 2), "0 jobs are left; of 2 DELETEs 2 were done, 1 refused", id="one-too-many"),
        pytest.param(deleting(1, end=VANISH), "0 jobs are left; of 2 DELETEs 1 were done, 0 refused", id="not-by-the-way"),
        pytest.param(deleting(1, 2, end=RETURN), "1 jobs are left; of 2 DELETEs 2 were done, 0 refused", id="without-effect"),
        pytest.param(deleting(1, 2, end="sys.exit(3)"), "Exit code 3", id="failed"),
        pytest.param(Way("", WAYS["ping"].prepare), "2 jobs are left; of 2 DELETEs 0 were done", id="empty-play"),
    ],
)
def test_a_way_that_does_not_do_its_work_stops_the_bench(url: str, monkeypatch: pytest.MonkeyPatch, way: Way, told: str) -> None:
    monkeypatch.setitem(WAYS, "fake", way)
    with pytest.raises(BenchError, match=f"^fake, 2 jobs, near: {told}"):
        sample(Case("fake", 2, "near"), url)


@pytest.mark.parametrize(("way", "other"), [("direct", "module"), ("module", "direct")])
def test_a_task_that_runs_the_other_way_stops_the_bench(url: str, monkeypatch: pytest.MonkeyPatch, way: str, other: str) -> None:
    monkeypatch.setitem(WAYS, way, Way("", WAYS[other].prepare, mode=WAYS[way].mode))
    with pytest.raises(BenchError, match="must be in what it said"):
        measuring.measure([Case(way, 1, "near")], 0, url, print)


def test_a_play_with_too_few_tasks_stops_the_bench(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BenchError, match="'ok=21 ' must be in what it said: localhost : ok=20"):
        timed(Run([sys.executable, "-c", "print('localhost : ok=20 ')"], clean_environment(), "ok=21 "), tmp_path)


def test_a_run_that_takes_too_long_is_ended(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BenchError, match="It took more than"):
        timed(Run([sys.executable, "-c", "import signal; signal.pause()"], clean_environment()), tmp_path, 0.1)


def test_the_program_ends_with_1_says_why_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    spec = importlib.util.spec_from_file_location("program", ROOT / "tests" / "bench" / "__main__.py")
    assert spec is not None
    program: t.Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)  # type: ignore[union-attr]
    monkeypatch.setitem(WAYS, "fake", deleting())
    monkeypatch.setattr(measuring, "CASES", (Case("fake", 1, "near"),))
    monkeypatch.setattr(program, "RESULTS", tmp_path / "results.json")
    assert program.main([]) == 1
    assert "Stopped: fake, 1 jobs, near: 1 jobs are left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_cloud_setting_or_proxy_of_the_user_reaches_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OS_CLOUD", "ANSIBLE_CONFIG", "https_proxy", "HTTP_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "theirs")
    assert "theirs" not in clean_environment().values()


# --- what becomes of the numbers ---------------------------------------------------------------------------------


def results(**own: t.Any) -> dict[str, t.Any]:
    """Return results whose medians are 2 s and 4 MiB, but for some."""
    special = {Case("direct", 1): 1.0, Case("direct", 21, apart=True): 3.0, Case("uri", 21, apart=True): 12.0}
    samples = {str(case): [[9e9, 0], [special.get(case, 2.0), 4096], [0.0, 9**9]] for case in CASES}
    samples[str(Case("ping", 21, apart=True))] = samples[str(Case("module", 21, apart=True))] = [[6.0, 4096]]
    samples[str(Case("empty", 1))] = [[0.5, 4096]]
    samples[str(Case("requests", 1))] = [[1.5, 4096]]
    return {"machine": {"machine": "a fast one"}, "rounds": 3, "loads": [0.5, 2.0], "samples": samples, **own}


def test_each_goal_is_the_ratio_of_medians_that_it_says() -> None:
    values = [goal.value for goal in page.goals(results()["samples"])]
    assert values == pytest.approx([0.1 / 0.5, 100 - 60, 0.2 / 0.5, 0.1 / 0.2, 1, 1, 1, 1, 1, 0.2])


def test_a_goal_whose_difference_is_lost_in_the_noise_is_not_called_met() -> None:
    quick = results()
    quick["samples"][str(Case("direct", 21, apart=True))] = [[1.0, 4096]]
    rows = page.goals(quick["samples"])
    assert [goal.row()[2:] for goal in rows if math.isnan(goal.value)] == [["lost in the noise", "unknown"]] * 3


@pytest.mark.parametrize(
    ("aim", "value", "verdict"),
    [("at most", 1.0, "met"), ("at most", 1.01, "missed"), ("at least", 1.0, "met"), ("at least", 0.99, "missed")],
)
def test_a_goal_is_met_up_to_its_limit_and_not_beyond(aim: str, value: float, verdict: str) -> None:
    assert page.Goal("", value, aim, 1.0).row() == ["", f"{aim} 1", f"{value:.2f}", verdict]


@pytest.mark.parametrize(("loads", "told"), [([0.5, 2.0], False), ([1.1, 2.0], True), ([0.5, 3.1], True)])
def test_the_page_tells_the_machine_and_whether_it_was_busy(loads: list[float], told: bool) -> None:
    text = page.rst(results(loads=loads))
    assert ("was busy with other work" in text) is told
    assert "- machine: a fast one\n" in text


def test_the_page_that_is_kept_is_made_of_the_results_that_are_kept() -> None:
    kept = json.loads((ROOT / "tests" / "bench" / "results.json").read_text(encoding="utf-8"))
    assert {case: len(took) for case, took in kept["samples"].items()} == {str(case): kept["rounds"] for case in CASES}
    assert (GUIDE / "speed.rst").read_text(encoding="utf-8") == page.rst(kept)


def test_the_plot_is_the_same_for_the_same_results() -> None:
    assert page.svg(results()) == page.svg(results())
    assert "this collection, no latency" in page.svg(results())
