# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line that comes with otcextensions, ``openstack ma visualization job``, beside our modules.

What is asserted of the commands is how they are, not how they should be: also that two of them are broken for a reason of their
own. Commands are slow to start, so most of what is looked at here was asked once, for all tests, by ``variations.observe``.
"""

from __future__ import annotations

import json
import pathlib

import pytest
import simulated
import variations
from simulated import Cloud
from variations import Observation, Observations

from ansible_collections.otc.modelarts.plugins.modules import modelarts_visualization_job

pytestmark = [  # of the SDK, about itself
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
ABSENT = {"cloud": "simulated", "state": "absent", "wait_timeout": variations.WAIT_SECONDS}
NO_ROW = "'NoneType' object has no attribute 'keys'"
NOT_OF_CSS = "'Proxy' object has no attribute 'restart_visualization_job'"


@pytest.fixture
def clouds_yaml(cloud: Cloud, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the project in clouds.yaml."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(simulated.clouds_yaml(tmp_path, {"simulated": cloud})))


def theirs(observed: Observations, variation: str, number: int = 0) -> Observation:
    """Return what the command made of the asks of a variation."""
    return observed[variation, "command"][number]


def ours(observed: Observations, variation: str, number: int = 0) -> Observation:
    """Return what our modules made of them."""
    return observed[variation, "ours"][number]


# --- the simulator is such that the commands work with it --------------------------------------------------------


def test_the_commands_create_list_and_delete(observed: Observations) -> None:
    created, dummy, dummy, deleted = observed["accepted", "command"]
    told = json.loads(created.reply.said)
    assert created.reply.done
    assert (told["job_name"], told["status"], told["is_success"]) == ("losses", 8, True)
    assert created.after == {**created.before, str(told["job_id"]): 8}
    assert (deleted.reply.done, deleted.reply.said, deleted.real) == (True, "", True)
    assert set(deleted.after) == set(deleted.before) - {"7"}
    assert (created.requested, deleted.requested) == (("create",), ("delete",))
    [first, *dummy] = json.loads(theirs(observed, "pages").reply.said)
    assert first == {"Job Id": 1120, "Job Name": "job-1120", "Created At": first["Created At"]}


@pytest.mark.usefixtures("clouds_yaml")
def test_the_command_shows_a_job_with_its_status(cloud: Cloud) -> None:
    cloud.add(job_id="7", status=12, job_desc="old")
    ended = variations.openstack_command("simulated", "show", "7", "-f", "json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["job_id"], told["status"], told["job_desc"], told["train_url"]) == (7, 12, "old", "/bucket/logs/")


@pytest.mark.usefixtures("clouds_yaml")
def test_the_command_and_we_delete_several_of_which_one_is_gone(cloud: Cloud) -> None:
    cloud.control("PATCH", "settings", variations.AT_ONCE)
    cloud.control("POST", "jobs", [{"job_id": job_id} for job_id in ("1", "2", "3", "4", "5")])
    ended = variations.openstack_command("simulated", "delete", "1", "99", "2")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Failed to delete visualization job(s) with ID '99': ModelArts.0015" in ended.stderr
    assert ended.stderr.endswith("1 of 3 visualization job(s) failed to delete.\n")
    assert list(cloud.statuses()) == ["3", "4", "5"]
    options = {**ABSENT, "job_ids": ["3", "99", "4"]}
    result = variations.run_module(modelarts_visualization_job, options)
    assert (result.get("failed", False), [job["changed"] for job in result["jobs"]]) == (False, [True, False, True])
    assert list(cloud.statuses()) == ["5"]


@pytest.mark.usefixtures("clouds_yaml")
def test_the_command_deletes_numbers_only_and_we_what_the_api_calls_an_id(cloud: Cloud) -> None:
    cloud.control("PATCH", "settings", variations.AT_ONCE)
    cloud.control("POST", "jobs", [{"job_id": "7"}, {"job_id": "job-8"}])
    ended = variations.openstack_command("simulated", "delete", "7", "job-8")
    assert ended.returncode == 2
    assert "argument <JobId>: invalid int value: 'job-8'" in ended.stderr
    assert (set(cloud.statuses()), cloud.operations()) == ({"7", "job-8"}, [])
    result = variations.run_module(modelarts_visualization_job, {**ABSENT, "job_id": "job-8"})
    assert (result["changed"], set(cloud.statuses())) == (True, {"7"})


# --- commands that are broken for a reason of their own ----------------------------------------------------------


def test_the_command_stops_a_job_and_fails_all_the_same_and_we_stop_it(observed: Observations) -> None:
    stopped = theirs(observed, "accepted", 1)
    assert (stopped.requested, stopped.before["7"], stopped.after["7"]) == (("stop",), 8, 12)
    assert (stopped.reply.done, stopped.reply.said) == (False, NO_ROW)
    we = ours(observed, "accepted", 1)
    assert (we.reply.done, we.reply.changed, we.after["7"]) == (True, True, 12)


def test_the_command_says_the_same_of_a_stop_that_was_refused_and_we_tell_why(observed: Observations) -> None:
    refused = theirs(observed, "refused_in_200", 1)
    assert (refused.requested, refused.after) == (("stop",), refused.before)
    assert (refused.reply.done, refused.reply.said) == (False, NO_ROW)
    we = ours(observed, "refused_in_200", 1)
    assert (we.reply.done, we.reply.changed, we.after) == (False, False, we.before)
    assert (we.told_code, we.told_reason) == (True, True)


def test_the_command_restarts_nothing_since_it_asks_for_another_service_and_we_restart(observed: Observations) -> None:
    restarted = theirs(observed, "accepted", 2)
    assert (restarted.requested, restarted.after) == ((), restarted.before)
    assert (restarted.reply.done, restarted.reply.said) == (False, NOT_OF_CSS)
    we = ours(observed, "accepted", 2)
    assert (we.reply.done, we.reply.changed, we.before["7"], we.after["7"]) == (True, True, 12, 8)


# --- where the commands go wrong, and we do not ------------------------------------------------------------------


def test_the_command_lists_the_first_page_only_and_we_list_all(observed: Observations) -> None:
    listed = theirs(observed, "pages")
    assert (listed.reply.done, listed.reply.listed, len(listed.after)) == (True, 10, 120)
    assert (ours(observed, "pages").reply.done, ours(observed, "pages").reply.listed) == (True, 120)


def test_the_command_does_not_list_the_status_and_we_do(observed: Observations) -> None:
    assert set(json.loads(theirs(observed, "pages").reply.said)[0]) == {"Job Id", "Job Name", "Created At"}
    assert all(job["status_name"] == "running" for job in json.loads(ours(observed, "pages").reply.said))


def test_the_command_takes_a_deletion_refused_in_a_200_as_done_and_we_fail(observed: Observations) -> None:
    refused = theirs(observed, "refused_in_200")
    assert (refused.reply.done, refused.reply.said, refused.after) == (True, "", refused.before)
    assert refused.after["7"] == 8
    we = ours(observed, "refused_in_200")
    assert (we.reply.done, we.reply.changed, we.after) == (False, False, we.before)
    assert (we.told_code, we.told_reason) == (True, True)


def test_the_command_ends_well_with_a_creation_refused_in_a_200_and_we_fail(observed: Observations) -> None:
    refused = theirs(observed, "refused_in_200", 2)
    told = json.loads(refused.reply.said)
    assert (refused.reply.done, refused.after) == (True, refused.before)
    assert (told["is_success"], told["error_code"], told["job_name"], "job_id" in told) == (
        False,
        "ModelArts.0104",
        "losses",
        False,
    )
    we = ours(observed, "refused_in_200", 2)
    assert (we.reply.done, we.reply.changed, we.after) == (False, False, we.before)
    assert (we.told_code, we.told_reason) == (True, True)


@pytest.mark.parametrize(("variation", "code"), [("retired", "APIGW.0101"), ("wrong_path", "ModelArts.6650")])
def test_the_command_and_we_fail_on_a_404_that_is_not_about_the_job(observed: Observations, variation: str, code: str) -> None:
    deleted = theirs(observed, variation)
    assert (deleted.reply.done, deleted.after) == (False, deleted.before)
    assert code in deleted.reply.said
    assert not deleted.told_reason
    we = ours(observed, variation)
    assert (we.reply.done, we.reply.changed, we.after) == (False, False, we.before)
    assert code in we.reply.said
    assert we.told_reason


@pytest.mark.parametrize(
    ("variation", "code"),
    [("gone_by_404", "ModelArts.0015"), ("gone_by_400", "ModelArts.2775"), ("gone_by_unknown_404", "ModelArts.9999")],
)
def test_the_command_fails_on_a_job_that_is_gone_and_we_know_it(observed: Observations, variation: str, code: str) -> None:
    deleted = theirs(observed, variation)
    assert (deleted.needless, deleted.reply.done) == (True, False)
    assert code in deleted.reply.said
    assert deleted.reply.said.endswith("1 of 1 visualization job(s) failed to delete.")
    we = ours(observed, variation)
    assert (we.needless, we.reply.done, we.reply.changed) == (True, True, False)
    assert "delete" not in we.requested


def test_where_a_code_proves_nothing_we_ask_the_list_twice(observed: Observations) -> None:
    assert ours(observed, "gone_by_404").requested == ("get",)
    assert ours(observed, "gone_by_unknown_404").requested == ("get", "list") * 2


@pytest.mark.parametrize("number", [0, 1], ids=["error_message", "error_msg"])
def test_the_command_loses_what_the_api_says_and_we_tell_it(observed: Observations, number: int) -> None:
    refused = theirs(observed, "reason", number)
    assert (refused.reply.done, refused.after, refused.told_code, refused.told_reason) == (False, {"7": 8}, True, False)
    we = ours(observed, "reason", number)
    assert (we.reply.done, we.after, we.told_code, we.told_reason) == (False, {"7": 8}, True, True)


# --- the observations themselves ---------------------------------------------------------------------------------


def test_no_command_ends_in_a_traceback(observed: Observations) -> None:
    said = [seen.reply.said for (dummy, client), all_seen in observed.items() if client == "command" for seen in all_seen]
    assert len(said) == sum(len(variation.asks) for variation in variations.VARIATIONS)
    assert not any("Traceback" in one for one in said)
