# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `state: absent` promises, row by row: in check mode, for real, and a second time."""

from __future__ import annotations

import typing as t

import pytest
from conftest import Cloud, Play, Result

ABSENT: Result = {"state": "absent", "job_id": "10", "wait_timeout": 20}


def predicted(cloud: Cloud, play: Play, **options: t.Any) -> Result:
    """Run a task in check mode, and see that it sent nothing but reads."""
    cloud.clear_log()
    task = {"state": "absent", "wait_timeout": 20} if "name" in options else ABSENT
    result = play({**task, **options, "check_mode": True})[0]
    assert cloud.changing() == []
    cloud.clear_log()
    return result


def failed(result: Result, *said: str) -> bool:
    """Tell whether a task failed with a message of a line or two that says all this."""
    return bool(result.get("failed")) and all(one in result["msg"] for one in said) and result["msg"].count("\n") < 2


@pytest.mark.parametrize("named", [{"job_id": "10"}, {"name": "name-10"}], ids=["job_id", "name"])
def test_it_is_there_and_the_delete_is_accepted(cloud: Cloud, play: Play, named: Result) -> None:
    cloud.add("10")
    cloud.add("11")
    assert predicted(cloud, play, **named)["changed"] is True
    assert cloud.job_ids() == {"10", "11"}
    task = {"state": "absent", **named}
    run, again = play(task, task)
    assert run["changed"] is True and not run.get("failed")
    assert run["job"]["job_id"] == "10" and run["job"]["status_name"] == "running"
    assert run["diff"]["before"]["job_name"] == "name-10" and run["diff"]["after"] == {}
    assert again["changed"] is False and not again.get("failed") and again["job"] is None
    assert cloud.changing() == ["delete"]
    assert cloud.job_ids() == {"11"}


def test_with_wait_it_is_proven_gone_when_the_task_ends(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_seconds=2)
    run = play(ABSENT)[0]
    assert run["changed"] is True
    assert cloud.log()[-1]["error_code"] == "ModelArts.0015"


def test_without_wait_it_is_two_requests(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    run = play({**ABSENT, "wait": False})[0]
    assert run["changed"] is True
    assert cloud.calls() == ["get", "delete"]


def test_gone_before_the_task_changes_nothing(cloud: Cloud, play: Play) -> None:
    assert predicted(cloud, play)["changed"] is False
    run = play(ABSENT)[0]
    assert run["changed"] is False and not run.get("failed")
    assert (run["error_code"], run["http_status"]) == ("ModelArts.0015", 404)
    assert run["request_id"] and run["error_message"]
    assert cloud.changing() == []


@pytest.mark.parametrize("answer", ["2775", "0102", "0101", "0103", "unknown404", "empty404", "html404"])
def test_gone_however_a_missing_job_answers(cloud: Cloud, play: Play, answer: str) -> None:
    cloud.add("11")
    cloud.set(missing_job=answer)
    run = play({**ABSENT, "wait_sleep": 5})[0]
    assert run["changed"] is False and not run.get("failed")
    assert cloud.calls() == (["get"] if answer == "2775" else ["get", "list"] * 2)  # one list alone proves nothing


@pytest.mark.parametrize(
    "status, code",
    [
        (404, "APIGW.0101"),
        (404, "ModelArts.4204"),
        (404, "ModelArts.2786"),
        (404, "ModelArts.2836"),
        (404, "ModelArts.6650"),
        (403, "ModelArts.0210"),
    ],
)
def test_a_wrong_path_or_project_is_never_gone(cloud: Cloud, play: Play, status: int, code: str) -> None:
    cloud.set(missing_job={"status": status, "body": {"error_code": code, "error_msg": "Not here."}})
    assert failed(predicted(cloud, play), code)
    run = play(ABSENT)[0]
    assert failed(run, code, "Not here", "10") and run["changed"] is False
    assert (run["error_code"], run["http_status"]) == (code, status)


def test_a_retired_api_is_never_gone(cloud: Cloud, play: Play) -> None:
    cloud.set(retired=True)
    by_id, by_name = play(ABSENT, {"state": "absent", "name": "name-10"})
    assert failed(by_id, "APIGW.0101") and failed(by_name, "APIGW.0101")


def test_maybe_gone_and_a_list_that_fails_is_a_failure(cloud: Cloud, play: Play) -> None:
    cloud.set(missing_job="empty404", denied=["list"])
    run = play(ABSENT)[0]
    assert failed(run, "unknown") and run["http_status"] == 404
    assert cloud.changing() == []


def test_vanished_between_look_and_delete_changes_nothing(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.fault(operation="delete", effects=[{"vanish": "10", "when": "before"}])
    run = play(ABSENT)[0]
    assert run["changed"] is False and not run.get("failed")
    assert run["error_code"] == "ModelArts.0015"


def test_answer_lost_and_gone_is_changed(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_seconds=0)
    cloud.fault(operation="delete", drop="after")
    run = play(ABSENT)[0]
    assert run["changed"] is True and not run.get("failed")
    assert cloud.changing() == ["delete"]


@pytest.mark.parametrize(
    "fault",
    [{"drop": "before"}, {"status": 503, "body": {}}, {"status": 502, "raw_body": "<html>"}, {"status": 504, "raw_body": ""}],
    ids=str,
)
def test_answer_lost_and_still_there_is_repeated(cloud: Cloud, play: Play, fault: Result) -> None:
    cloud.add("10")
    cloud.fault(operation="delete", **fault)
    run = play(ABSENT)[0]
    assert run["changed"] is True and not run.get("failed")
    assert cloud.changing() == ["delete", "delete"]
    assert cloud.job_ids() == set()


def test_answer_lost_and_refused_when_repeated_is_looked_at_until_gone(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_seconds=3)
    cloud.fault(operation="delete", drop="after")
    run = play(ABSENT)[0]
    assert run["changed"] is True and not run.get("failed")
    assert cloud.changing() == ["delete", "delete"]


def test_answer_lost_and_refused_when_repeated_fails_after_half_a_minute(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_refused_at=[8])
    cloud.fault(operation="delete", drop="before")
    run = play({**ABSENT, "wait_timeout": 90})[0]
    assert failed(run, "ModelArts.0105") and run["changed"] is False
    times = [entry["time"] for entry in cloud.log() if entry["operation"] in ("get", "delete")]
    assert times[-1] - times[0] >= 30


def test_refused_while_a_status_passes_is_waited_for(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=15)
    cloud.set(delete_refused_at=[15])
    cloud.fault(operation="get", nth=4, effects=[{"set_status": {"10": 8}, "when": "before"}])
    run = play(ABSENT)[0]
    assert run["changed"] is True and not run.get("failed")
    assert cloud.changing() == ["delete", "delete"]


def test_refused_while_a_status_passes_and_then_gone_by_itself(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=9)
    cloud.fault(operation="get", nth=3, effects=[{"vanish": "10", "when": "before"}])
    run = play(ABSENT)[0]
    assert run["changed"] is False and not run.get("failed")
    assert cloud.changing() == ["delete"]


@pytest.mark.parametrize("http_status", [200, 400])
def test_refused_otherwise_fails_with_the_code(cloud: Cloud, play: Play, http_status: int) -> None:
    cloud.add("10", status=9)
    cloud.set(refusal_http=http_status)
    run = play({**ABSENT, "wait": False})[0]
    assert failed(run, "ModelArts.0105", "job status: 9", "10", "delete") and run["changed"] is False
    assert (run["error_code"], run["http_status"]) == ("ModelArts.0105", http_status)
    assert cloud.job_ids() == {"10"}


def test_refused_in_a_status_that_does_not_pass_fails_with_the_code(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_refused_at=[8])
    run = play(ABSENT)[0]
    assert failed(run, "ModelArts.0105") and run["changed"] is False
    assert cloud.changing() == ["delete"]


@pytest.mark.parametrize("wait", [True, False])
def test_refused_with_force_is_stopped_and_deleted(cloud: Cloud, play: Play, wait: bool) -> None:
    cloud.add("10")
    cloud.set(delete_refused_at=[8, 9])
    assert predicted(cloud, play, force=True, wait=wait)["changed"] is True
    run = play({**ABSENT, "force": True, "wait": wait})[0]
    assert run["changed"] is True and not run.get("failed")
    assert cloud.changing() == ["delete", "stop", "delete"]


def test_force_of_a_job_that_can_be_deleted_does_not_stop_it(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    run, again = play({**ABSENT, "force": True}, {**ABSENT, "force": True})
    assert (run["changed"], again["changed"]) == (True, False)
    assert cloud.changing() == ["delete"]


def test_accepted_and_then_delete_failed_is_a_failure(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(delete_fails=True)
    run = play(ABSENT)[0]
    assert failed(run, "delete_failed") and run["changed"] is True
    assert cloud.job_ids() == {"10"}


def test_delete_failed_from_before_counts_only_once_it_persists(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=6)
    cloud.fault(operation="delete", status=200, body={"is_success": True})
    cloud.fault(operation="get", nth=5, effects=[{"vanish": "10", "when": "before"}])
    run = play(ABSENT)[0]
    assert run["changed"] is True and not run.get("failed")


def test_not_there_in_time_fails_with_the_last_status_and_code(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=9)
    cloud.set(delete_seconds=60)
    refused = play({**ABSENT, "wait_timeout": 2})[0]
    assert failed(refused, "killing", "ModelArts.0105", "wait_timeout") and refused["changed"] is False
    cloud.add("11")
    accepted = play({**ABSENT, "job_id": "11", "wait_timeout": 2})[0]
    assert failed(accepted, "killing", "wait_timeout") and accepted["changed"] is True


def test_no_right_to_read_deletes_all_the_same(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.add("11")
    cloud.set(denied=["get", "list"])
    prediction = predicted(cloud, play)
    assert failed(prediction, "rediction") and prediction["changed"] is False
    silent, waiting = play({**ABSENT, "wait": False}, {**ABSENT, "job_id": "11"})
    assert silent["changed"] is True and not silent.get("failed")
    assert failed(waiting, "accepted", "cannot be verified", "wait") and waiting["changed"] is True
    assert cloud.changing() == ["delete", "delete"]


def test_no_right_to_delete_fails_with_the_code(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(denied=["delete"])
    run = play(ABSENT)[0]
    assert failed(run, "ModelArts.0108") and run["http_status"] == 403
    assert cloud.job_ids() == {"10"}


@pytest.mark.parametrize(
    "settings",
    [
        {"message_key": "error_msg"},
        {"success_as_string": True, "numbers_as_strings": True},
        {"gateway_prefix": "APIG"},
        {"list_cap": 100},
    ],
    ids=str,
)
def test_every_dialect_of_the_api_is_understood(cloud: Cloud, play: Play, settings: Result) -> None:
    cloud.set(**settings)
    cloud.add("10")
    cloud.add("11", status=9)
    run, again, refused = play(ABSENT, ABSENT, {**ABSENT, "job_id": "11", "wait": False})
    assert (run["changed"], again["changed"]) == (True, False)
    assert run["job"]["status"] == 8 and isinstance(run["job"]["create_time"], int)
    assert failed(refused, "ModelArts.0105", "status: 9") and refused["error_message"]
