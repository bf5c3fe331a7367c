# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bench itself: its figures, its pages, and that it stops rather than time a way that did not do its work."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import sys
import time
import typing as t

import loopback
import measuring
import page
import plot
import pytest
import requests
import simulation
import ways
from figures import Figures, Goal, Sample, Spread, difference, ratio, spread
from loopback import BenchError, Project
from ways import Run, Way

HERE = pathlib.Path(__file__).resolve().parent
GUIDE = HERE.parents[1] / "docs" / "docsite" / "rst"


def sample(way: str, jobs: int, seconds: float, **more: t.Any) -> Sample:
    """Return a sample of a way that asks for no more than it has to."""
    traffic = {"requests": jobs + 1, "operations": {"delete": jobs, "list": 1}, "deleted": jobs, "connections": 5}
    return {"way": way, "jobs": jobs, "seconds": seconds, **traffic, "bytes_sent": 0, "bytes_received": 20 * jobs, **more}


def results() -> dict[str, t.Any]:
    """Return results in which every goal but one is met."""
    samples = [
        sample("empty", 0, 0.5),
        *(sample("module", 1, seconds) for seconds in (0.7, 0.8, 1.2)),
        sample("module", 100, 1.4),
        sample("module", 1000, 7.0),
        sample("uri", 1, 0.75),
        sample("uri", 100, 60.0),
        sample("sdk", 1, 1.5),
        sample("requests", 100, 0.9, inner_seconds=0.6),
        sample("module_tasks", 10, 3.5),
        sample("uri_tasks", 10, 3.2),
        sample("sdk_tasks", 10, 6.0),
        sample("memory", 1, 1.0, peak_kib=10240),
        sample("memory", 1000, 8.0, peak_kib=11264),
    ]
    machine, versions = {"processor": "a fast one"}, {"requests": "2.0"}
    return {"machine": machine, "versions": versions, "options": {"repetitions": 3, "latency_ms": 30}, "samples": samples}


@pytest.fixture(scope="module")
def url() -> t.Iterator[str]:
    """Return the URL of a simulator that runs."""
    with simulation.started() as credentials:
        yield str(credentials["url"])


@pytest.fixture(scope="module")
def program() -> t.Any:
    """Return the program as a module."""
    spec = importlib.util.spec_from_file_location("bench_program", HERE / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def way_of(script: str, jobs: int = 2) -> Way:
    """Return a way that runs a script, given the URL of the jobs and a token."""

    def prepare(project: Project, folder: pathlib.Path) -> Run:
        assert folder.is_dir()
        return Run([sys.executable, "-c", script, project.jobs_url, project.token()], ways.clean_environment())

    return Way("fake", "a fake", (jobs,), (jobs,), prepare, "")


DELETE = """
import sys, requests
for job_id in {job_ids}:
    requests.delete(f"{{sys.argv[1]}}/{{job_id}}", headers={{"X-Auth-Token": sys.argv[2]}})
"""


# --- figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([3.0], Spread(3.0, 3.0, 3.0, 1), id="one"),
        pytest.param([9.0, 1.0, 2.0], Spread(2.0, 1.0, 9.0, 3), id="odd"),
        pytest.param([4.0, 1.0, 2.0, 9.0], Spread(3.0, 1.0, 9.0, 4), id="even"),
    ],
)
def test_the_median_comes_with_the_least_and_the_most(values: list[float], expected: Spread) -> None:
    assert spread(values) == expected


def test_a_ratio_or_difference_that_says_nothing_is_none() -> None:
    assert (ratio(3.0, 2.0), ratio(None, 2.0), ratio(3.0, None), ratio(3.0, 0.0)) == (1.5, None, None, None)
    assert (difference(3.0, 2.0), difference(2.0, 3.0), difference(None, 1.0), difference(1.0, None)) == (1.0, None, None, None)


def test_each_goal_is_the_ratio_that_it_says() -> None:
    goals = Figures(results()["samples"]).goals()
    values = [0.3 / 0.27, 0.3 / 0.25, 0.3 / 0.55, 0.3 / 1.5, 60 / 1.4, 59.5 / 0.9, 0.6 / 0.6, 5.0, 1.1, 0]
    assert [goal.value for goal in goals] == pytest.approx(values)
    assert [goal.limit for goal in goals] == [1.2, 1.2, 0.5, 0.5, 40, 40, 1.3, 11, 1.3, 0]


@pytest.mark.parametrize(
    ("aim", "value", "verdict"),
    [
        ("<=", 1.0, "met"),
        ("<=", 1.01, "not met"),
        (">=", 1.0, "met"),
        (">=", 0.99, "not met"),
        ("=", 1.0, "met"),
        ("=", 0.0, "not met"),
        ("=", None, "not measured"),
    ],
)
def test_a_goal_is_met_up_to_its_limit_and_not_beyond(aim: str, value: t.Optional[float], verdict: str) -> None:
    assert Goal("", "", aim, 1.0, value).verdict == verdict


def test_a_request_too_many_is_seen_in_a_single_run() -> None:
    good, bad = sample("module", 20, 1.0), sample("module", 20, 1.0, requests=22)
    pages = sample("module", 20, 1.0, requests=23, operations={"delete": 20, "list": 3})
    assert Figures([good, pages]).surplus_requests() == 0
    assert Figures([good, bad, good]).surplus_requests() == 1


def test_without_samples_no_goal_is_called_met() -> None:
    assert {goal.verdict for goal in Figures([]).goals()} == {"not measured"}


def test_what_notes_its_own_seconds_counts_with_them() -> None:
    assert Figures(results()["samples"]).median("requests", 100) == 0.6


# --- pages -------------------------------------------------------------------------------------------------------


def test_the_page_has_its_label_the_goals_and_the_spread() -> None:
    text = page.rst(results())
    assert f".. _{page.LABEL}:\n\nSpeed and cost\n====" in text
    assert "     - 0.800 s (0.700 - 1.20)\n" in text
    assert "     - 42.86\n     - met\n" in text
    assert "     - 0.55\n     - not met\n" in text
    assert "- processor: a fast one\n" in text
    assert all(len(line) <= 130 for line in text.splitlines())


def test_the_markdown_has_the_same_cells_as_the_page() -> None:
    text = page.markdown(results())
    figures = Figures(results()["samples"])
    for rows in (page.goal_rows(figures), page.time_rows(figures), page.task_rows(figures), page.cost_rows(figures)):
        assert page.markdown_table(rows) in text
        assert page.rst_table(rows) in page.rst(results())


def test_what_is_kept_is_what_was_measured_in_a_whole_run() -> None:
    kept = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    assert kept["options"]["quick"] is False
    measured = {(one["way"], one["jobs"]) for one in kept["samples"]}
    assert measured == {(way.name, size) for way in ways.WAYS for size in way.sizes}


def test_the_pages_that_are_kept_are_made_of_the_results_that_are_kept() -> None:
    kept = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    assert (HERE / "results.md").read_text(encoding="utf-8") == page.markdown(kept)
    assert (GUIDE / "speed.rst").read_text(encoding="utf-8") == page.rst(kept)


def test_the_plot_is_the_same_for_the_same_results_and_tells_its_licence() -> None:
    drawing = plot.svg(results())
    assert drawing == plot.svg(results())
    assert all(line in drawing for line in page.LICENCE)
    assert all(label in drawing for label in ("otc.modelarts", "bare requests", ">seconds<"))


def test_render_measures_nothing_and_makes_the_pages_anew(program: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "results.json").write_text(program.written(results()), encoding="utf-8")
    assert program.main(["--render", "--output", str(tmp_path)]) == 0
    assert (tmp_path / "speed.rst").read_text(encoding="utf-8") == page.rst(results())
    assert (tmp_path / "results.md").read_text(encoding="utf-8") == page.markdown(results())
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8")) == results()


# --- bad days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("pass", "2 of 2 jobs are left (1, 2), 0 were deleted", id="nothing-done"),
        pytest.param(DELETE.format(job_ids=["1"]), "1 of 2 jobs are left (2), 1 were deleted", id="half-done"),
        pytest.param(DELETE.format(job_ids=["1", "2"]) + "raise SystemExit(3)", "exit code 3", id="failed"),
    ],
)
def test_a_way_that_did_not_do_its_work_stops_the_bench(url: str, script: str, told: str) -> None:
    with pytest.raises(BenchError) as stopped:
        measuring.sampled(way_of(script), 2, url, 0, time.monotonic() + 60)
    assert told in str(stopped.value)


def test_a_way_that_did_its_work_is_counted(url: str) -> None:
    found = measuring.sampled(way_of(DELETE.format(job_ids=["1", "2"])), 2, url, 0, time.monotonic() + 60)
    assert (found["jobs"], found["deleted"], found["requests"], found["operations"]) == (2, 2, 2, {"delete": 2})
    assert (found["bytes_received"] > 0, found["connections"]) == (True, 2)


def test_a_run_that_goes_past_the_time_limit_is_ended(tmp_path: pathlib.Path) -> None:
    run = Run([sys.executable, "-c", "import signal; signal.pause()"], ways.clean_environment())
    with pytest.raises(BenchError, match="time limit"):
        measuring.timed(run, tmp_path, time.monotonic())


def test_what_a_run_leaves_behind_is_ended(tmp_path: pathlib.Path) -> None:
    child = "import signal; print(flush=True); signal.pause()"
    script = f"""
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdout=subprocess.PIPE)
child.stdout.readline()  # it runs
pathlib.Path("pid").write_text(str(child.pid))
"""
    measuring.timed(Run([sys.executable, "-c", script], ways.clean_environment()), tmp_path, time.monotonic() + 60)
    child_pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    end = time.monotonic() + 10
    while is_running(child_pid) and time.monotonic() < end:
        pass
    assert not is_running(child_pid)


def is_running(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_program_ends_with_1_and_says_why(
    program: t.Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(program, "WAYS", (way_of("pass"),))
    assert program.main(["--quick", "--output", str(tmp_path)]) == 1
    assert "Stopped: a fake did not do its work: 2 of 2 jobs are left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://127.8.9.10", "http://[::1]:80/v1", "https://localhost/x"])
def test_loopback_is_accepted(address: str) -> None:
    assert loopback.checked(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "https://modelarts.eu-de.otc.t-systems.com",
        "http://192.0.2.1",
        "http://127.0.0.1.example.org",
        "http://localhost@192.0.2.1",
        "",
    ],
)
def test_anything_but_loopback_is_refused_before_a_request(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[t.Any] = []
    monkeypatch.setattr(requests.Session, "send", lambda *request, **options: asked.append(request))
    with pytest.raises(BenchError, match="not on loopback"):
        Project(address, 30, 1)
    assert asked == []


# --- turns -------------------------------------------------------------------------------------------------------


def test_the_ways_take_turns_and_each_round_begins_with_another() -> None:
    rounds = measuring.Plan(ways.WAYS, 4, False, 30, 0.0).rounds()
    assert len({turns[0] for turns in [[(way.name, size) for way, size in turns] for turns in rounds]}) == 4
    counted = [(way.name, size) for turns in rounds for way, size in turns]
    assert {counted.count((way.name, size)) for way in ways.WAYS for size in way.sizes if way.name == "requests"} == {4}
    assert (counted.count(("uri", 100)), counted.count(("memory", 1))) == (2, 3)
    assert [counted.count(turn) for turn in (("empty", 0), ("module", 1), ("uri", 1), ("sdk", 1), ("command", 1))] == [
        12,
        12,
        12,
        12,
        4,
    ]
    again = [turn for turn in [(way.name, size) for way, size in rounds[0]] if turn in ways.OFTEN]
    assert all(one != other for one, other in zip(again, again[1:]))


def test_no_cloud_setting_or_proxy_of_the_user_reaches_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OS_CLOUD", "ANSIBLE_CONFIG", "https_proxy", "HTTP_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "theirs")
    assert "theirs" not in ways.clean_environment().values()
