# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a job: each state in check mode, for real, and a second time."""

from __future__ import annotations

import typing as t

import pytest
from conftest import Cloud, Play, Result

NEW: Result = {"name": "new", "train_url": "/bucket/logs/", "wait_timeout": 30}


def failed(result: Result, *said: str) -> bool:
    """Tell whether a task failed with a message that says all this."""
    return bool(result.get("failed")) and all(one in result["msg"] for one in said)


def thrice(cloud: Cloud, play: Play, task: Result) -> t.Tuple[Result, Result, Result]:
    """Run a task in check mode, which must send reads only, for real, and again."""
    predicted = play({**task, "check_mode": True})[0]
    assert cloud.changing() == []
    run, again = play(task, task)
    assert not run.get("failed"), run["msg"]
    return predicted, run, again


def test_present_creates_and_waits_until_it_runs(cloud: Cloud, play: Play) -> None:
    task = {**NEW, "description": "d", "job_type": "mindinsight", "auto_stop_hours": 2}
    predicted, run, again = thrice(cloud, play, task)
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, False)
    assert predicted["diff"]["before"] == {} and predicted["diff"]["after"]["job_name"] == "new"
    assert run["job"]["status_name"] == "running" and run["job"]["job_desc"] == "d"
    assert again["job"]["job_id"] == run["job"]["job_id"]
    assert cloud.changing() == ["create"]


def test_present_without_wait_only_creates(cloud: Cloud, play: Play) -> None:
    predicted, run, again = thrice(cloud, play, {**NEW, "wait": False})
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, False)
    assert cloud.changing() == ["create"]


def test_present_updates_a_description_field_by_field(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_name="new", job_desc="old")
    predicted, run, again = thrice(cloud, play, {**NEW, "description": "other"})
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, False)
    for result in (predicted, run):
        before, after = result["diff"]["before"], result["diff"]["after"]
        changed = {name for name in after if before[name] != after[name] and name != "duration"}
        assert changed == {"job_desc"}
    assert cloud.changing() == ["update"]


def test_present_replaces_another_train_url_only_where_told_to(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_name="new", train_url="/other/")
    refused = play(NEW)[0]
    assert failed(refused, "train_url is /other/", "recreate") and cloud.changing() == []
    predicted, run, again = thrice(cloud, play, {**NEW, "recreate": True})
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, False)
    assert run["job"]["job_id"] != "10" and run["job"]["train_url"] == "/bucket/logs/"
    assert cloud.changing() == ["delete", "create"] and cloud.job_ids() == {run["job"]["job_id"]}


def test_present_leaves_a_stopped_job_and_waits_for_one_on_its_way(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_name="new", status=12)
    cloud.add("11", job_name="other", status=4)
    cloud.fault(operation="get", job_id="11", nth=2, effects=[{"set_status": {"11": 8}, "when": "before"}])
    stopped, waited = play(NEW, {**NEW, "name": "other"})
    assert stopped["changed"] is False and stopped["job"]["status_name"] == "killed"
    assert waited["changed"] is False and waited["job"]["status_name"] == "running"
    assert cloud.changing() == []


def test_a_job_that_fails_to_start_fails_the_task_by_its_status_and_id(cloud: Cloud, play: Play) -> None:
    cloud.set(start_fails=22)
    run, again = play(NEW, NEW)
    job_id = run["job"]["job_id"]
    assert failed(run, job_id, "mount_failed") and run["changed"] is True
    assert failed(again, job_id, "mount_failed", "recreate") and again["changed"] is False
    cloud.set(start_fails=None)
    replaced = play({**NEW, "recreate": True})[0]
    assert replaced["changed"] is True and replaced["job"]["status_name"] == "running"


def test_a_create_whose_answer_is_lost_is_found_by_its_name(cloud: Cloud, play: Play) -> None:
    cloud.fault(operation="create", drop="after")
    run = play(NEW)[0]
    assert run["changed"] is True and not run.get("failed") and run["job"]["status_name"] == "running"
    assert cloud.changing() == ["create"] and len(cloud.job_ids()) == 1


def test_a_create_that_was_lost_and_does_not_appear_is_unknown_and_never_repeated(cloud: Cloud, play: Play) -> None:
    cloud.fault(operation="create", drop="before")
    run = play({**NEW, "wait_timeout": 60})[0]
    assert failed(run, "outcome is unknown", "new")
    assert cloud.changing() == ["create"]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"name": "n" * 21}, "name must be"),
        ({"name": "a b"}, "name must be"),
        ({"description": "d" * 257}, "description must be"),
        ({"auto_stop_hours": 25}, "auto_stop_hours must be"),
        ({"train_url": ""}, "train_url must be an OBS path"),
    ],
    ids=["long name", "odd name", "long description", "many hours", "no train_url"],
)
def test_what_cannot_be_created_is_refused_before_anything_changes(cloud: Cloud, play: Play, options: Result, said: str) -> None:
    assert failed(play({**NEW, **options})[0], said) and cloud.changing() == []


def test_started(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=12)
    predicted, run, again = thrice(cloud, play, {"job_id": "10", "state": "started", "wait_timeout": 30})
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, False)
    assert run["job"]["status_name"] == "running" and cloud.changing() == ["restart"]


def test_stopped(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    predicted, run, again = thrice(cloud, play, {"name": "name-10", "state": "stopped", "wait_timeout": 30})
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, False)
    assert run["job"]["status_name"] == "killed" and cloud.changing() == ["stop"]


@pytest.mark.parametrize("wait", [True, False])
def test_restarted_is_changed_every_time(cloud: Cloud, play: Play, wait: bool) -> None:
    cloud.add("10")
    task = {"job_id": "10", "state": "restarted", "wait_timeout": 30, "wait": wait}
    predicted, run, again = thrice(cloud, play, task)
    assert (predicted["changed"], run["changed"], again["changed"]) == (True, True, True)
    assert cloud.changing() == ["stop", "restart", "stop", "restart"]


def test_a_restart_that_is_refused_is_told_as_such(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=12)
    cloud.set(restart_refused_at=[12])
    run = play({"job_id": "10", "state": "started"})[0]
    assert failed(run, "Cannot start visualization job 10", "ModelArts.0105") and run["changed"] is False


@pytest.mark.parametrize("state", ["started", "stopped", "restarted"])
def test_what_is_not_there_cannot_be_started_or_stopped(cloud: Cloud, play: Play, state: str) -> None:
    run = play({"job_id": "10", "state": state})[0]
    assert failed(run, "does not exist") and run["error_code"] == "ModelArts.0015" and cloud.changing() == []
