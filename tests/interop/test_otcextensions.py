# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SDK of Open Telekom Cloud, otcextensions: it works with the simulator; and where it goes wrong, we do not.

Both sides read the same entry of clouds.yaml, with a password. What is asserted of the SDK is how it is, not how it should be.
"""

from __future__ import annotations

import pathlib
import typing as t

import openstack
import pytest
import simulated
from openstack import exceptions
from simulated import Cloud

from ansible_collections.otc.modelarts.plugins.module_utils import (
    _client,
    _clock,
    _decide,
    _http,
    _jobs,
    _messages,
    _reconcile,
    _settings,
)

pytestmark = [  # of the SDK, about itself
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
REFUSED_DELETE = "This job can't be delete. job status: 8"


@pytest.fixture(autouse=True)
def clouds_yaml(cloud: Cloud, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the project in clouds.yaml."""
    path = simulated.clouds_yaml(tmp_path, {"simulated": cloud})
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))


@pytest.fixture
def theirs(clouds_yaml: None) -> t.Iterator[t.Any]:
    """ModelArts, as the SDK gives access to it."""
    connection: t.Any = openstack.connect(cloud="simulated", vendor_hook="otcextensions.sdk:load")
    with connection:
        yield connection.modelartsv1


@pytest.fixture
def deadline() -> _client.Deadline:
    """The time that we have; it does not pass by waiting."""

    def sleep(seconds: float) -> None:
        pytest.fail(f"we wait for {seconds} s")

    return _client.Deadline(_clock.Clock(sleep=sleep), 60)


@pytest.fixture
def ours(clouds_yaml: None, deadline: _client.Deadline) -> t.Iterator[_jobs.Jobs]:
    """The jobs, as our modules see them."""
    settings = _settings.resolve({"cloud": "simulated"})
    transport = _http.Transport(settings, deadline.clock, 10, 1)
    yield _jobs.Jobs(_client.Client(settings, transport, deadline, 0))
    transport.close()


@pytest.fixture
def absent(ours: _jobs.Jobs, deadline: _client.Deadline) -> t.Callable[[str], _decide.Progress]:
    """Our C(state=absent) for one job, without waiting."""

    def run(job_id: str) -> _decide.Progress:
        progress = _decide.Progress(_decide.Wanted("absent", wait=False), job_id)
        _reconcile.Reconciler(ours, deadline).run([progress])
        return progress

    return run


def failure(progress: _decide.Progress) -> str:
    """Return how our modules word the failure of a job; nothing where it did not fail."""
    return _messages.failure(progress, progress.end) if isinstance(progress.end, _decide.Fail) else ""


def told(error: _http.CallError) -> t.Tuple[t.Optional[str], str, t.Optional[int]]:
    """Return what our exception says: code, message and status."""
    return error.code, error.message, error.http_status


# --- the simulator is such that the SDK works with it ------------------------------------------------------------


def test_the_sdk_makes_all_seven_calls_with_a_password(cloud: Cloud, theirs: t.Any) -> None:
    cloud.control("PATCH", "settings", {"delete_seconds": 0, "stop_seconds": 0, "start_seconds": 0})
    created = theirs.create_visualization_job(job_name="losses", train_url="/bucket/logs/", job_desc="old")
    job_id = str(created.job_id)
    assert (created.job_name, created.is_success, cloud.statuses()) == ("losses", True, {job_id: 8})
    assert [job.job_name for job in theirs.visualization_jobs()] == ["losses"]
    theirs.update_visualization_job(job_id, "new")
    got = theirs.get_visualization_job(job_id)
    assert (got.job_id, got.status, got.job_desc, got.train_url) == (int(job_id), 8, "new", "/bucket/logs/")
    theirs.stop_visualization_job(job_id)
    assert cloud.statuses() == {job_id: 12}
    theirs.restart_visualization_job(job_id)
    assert cloud.statuses() == {job_id: 8}
    theirs.delete_visualization_job(job_id)
    assert cloud.statuses() == {}
    assert cloud.operations() == ["create", "list", "update", "get", "stop", "restart", "delete"]


def test_the_sdk_sends_a_schedule_that_the_simulator_takes(cloud: Cloud, theirs: t.Any) -> None:
    schedule = {"type": "stop", "time_unit": "HOURS", "duration": 1}
    created = theirs.create_visualization_job(job_name="losses", train_url="/bucket/logs/", schedule=schedule)
    assert list(cloud.statuses()) == [str(created.job_id)]
    assert cloud.control("GET", "jobs")[0]["schedule"] == schedule


def test_the_sdk_reads_jobs_with_the_auto_stop_but_loses_it_as_a_list(cloud: Cloud, theirs: t.Any) -> None:
    job_id = cloud.add(status=12, schedule={"type": "stop", "time_unit": "HOURS", "duration": 1})

    def told() -> t.List[t.Tuple[t.Any, t.Any]]:
        jobs = [theirs.get_visualization_job(job_id), *theirs.visualization_jobs()]
        return [(job.remaining_duration, job.schedule) for job in jobs]

    assert told() == [(None, None)] * 2
    cloud.control("PATCH", "settings", {"schedule_shown": True, "remaining_duration_shown": True})
    assert told() == [(3_600_000, {})] * 2


@pytest.mark.parametrize("strings", [False, True])
def test_the_sdk_reads_numbers_and_strings_alike(cloud: Cloud, theirs: t.Any, strings: bool) -> None:
    cloud.control("PATCH", "settings", {"numbers_as_strings": strings})
    cloud.add(job_id="7", status=12, create_time=5, duration=6)
    [job] = theirs.visualization_jobs()
    assert (job.job_id, job.status, job.created_at, job.duration) == (7, 12, 5, 6)


def test_the_sdk_is_told_of_a_missing_job(theirs: t.Any) -> None:
    with pytest.raises(exceptions.NotFoundException):
        theirs.get_visualization_job("99")
    with pytest.raises(exceptions.NotFoundException):
        theirs.delete_visualization_job("99")
    assert theirs.delete_visualization_job("99", ignore_missing=True) is None


def test_the_sdk_and_we_find_the_same_jobs(cloud: Cloud, theirs: t.Any, ours: _jobs.Jobs) -> None:
    for status in (1, 8, 12):
        cloud.add(status=status)
    listed = {str(job.job_id): (job.status, job.job_name) for job in theirs.visualization_jobs()}
    assert {job_id: (job["status"], job["job_name"]) for job_id, job in ours.list().jobs.items()} == listed
    assert len(listed) == 3


# --- where the SDK goes wrong, and we do not ---------------------------------------------------------------------


@pytest.mark.parametrize(("number", "found"), [(10, 10), (11, 10), (25, 10)])
def test_the_sdk_lists_the_first_page_only_and_we_list_all(
    cloud: Cloud, theirs: t.Any, ours: _jobs.Jobs, number: int, found: int
) -> None:
    cloud.control("POST", "jobs", [{} for dummy in range(number)])
    assert len(list(theirs.visualization_jobs())) == found
    listing = ours.list()
    assert (len(listing.jobs), listing.complete) == (number, True)


def test_the_sdk_lists_one_page_of_a_capped_list_and_we_list_all(cloud: Cloud, theirs: t.Any, ours: _jobs.Jobs) -> None:
    cloud.control("PATCH", "settings", {"list_cap": 100})
    cloud.control("POST", "jobs", [{} for dummy in range(250)])
    assert len(list(theirs.visualization_jobs(limit=1000))) == 100
    assert len(ours.list().jobs) == 250


def test_the_sdk_takes_a_deletion_refused_in_a_200_as_done_and_we_fail(
    cloud: Cloud, theirs: t.Any, absent: t.Callable[[str], _decide.Progress]
) -> None:
    cloud.control("PATCH", "settings", {"refusal_http": 200, "delete_refused_at": [8]})
    job_id = cloud.add()
    theirs.delete_visualization_job(job_id)
    assert cloud.statuses() == {job_id: 8}, "not deleted, and no exception"
    progress = absent(job_id)
    assert progress.told is not None
    assert told(progress.told) == ("ModelArts.0105", REFUSED_DELETE, 200)
    assert (progress.changed, REFUSED_DELETE in str(failure(progress))) == (False, True)


@pytest.mark.parametrize(("action", "status"), [("stop", 10), ("restart", 8)])
def test_the_sdk_takes_an_action_refused_in_a_200_as_done_and_we_do_not(
    cloud: Cloud, theirs: t.Any, ours: _jobs.Jobs, action: str, status: int
) -> None:
    cloud.control("PATCH", "settings", {"refusal_http": 200})
    job_id = cloud.add(status=status)
    getattr(theirs, f"{action}_visualization_job")(job_id)
    with pytest.raises(_http.Refused) as caught:
        getattr(ours, action)(job_id)
    assert told(caught.value) == ("ModelArts.0105", f"This job can't be {action}. job status: {status}", 200)
    assert cloud.statuses() == {job_id: status}


def test_the_sdk_returns_a_job_that_was_refused_in_a_200_and_we_do_not(cloud: Cloud, theirs: t.Any, ours: _jobs.Jobs) -> None:
    cloud.control("PATCH", "settings", {"refusal_http": 200})
    wanted = {"job_name": "not a name", "train_url": "/bucket/logs/"}
    created = theirs.create_visualization_job(**wanted)
    assert (created.job_id, created.job_name, created.error_code) == (None, "not a name", "ModelArts.0104")
    with pytest.raises(_http.Refused) as caught:
        ours.create(wanted)
    assert caught.value.code == "ModelArts.0104"
    assert cloud.statuses() == {}


def test_the_sdk_takes_a_retired_api_for_a_deleted_job_and_we_fail(
    cloud: Cloud, theirs: t.Any, absent: t.Callable[[str], _decide.Progress]
) -> None:
    cloud.control("PATCH", "settings", {"retired": True})
    job_id = cloud.add()
    assert theirs.delete_visualization_job(job_id, ignore_missing=True) is None
    with pytest.raises(exceptions.NotFoundException, match="No VisualizationJob found"):
        theirs.get_visualization_job(job_id)
    progress = absent(job_id)
    assert progress.told is not None
    assert progress.told.code == "APIGW.0101"
    assert (progress.changed, bool(failure(progress))) == (False, True)
    assert cloud.statuses() == {job_id: 8}


@pytest.mark.parametrize("code", ["APIGW.0101", "APIG.0101", "ModelArts.4204", "ModelArts.2786", "ModelArts.6650"])
def test_the_sdk_takes_every_404_for_a_deleted_job_and_we_read_its_code(
    cloud: Cloud, theirs: t.Any, absent: t.Callable[[str], _decide.Progress], code: str
) -> None:
    job_id = cloud.add()
    body = {"error_code": code, "error_msg": "It is not about the job."}
    cloud.control("POST", "faults", {"job_id": job_id, "times": 0, "status": 404, "body": body})
    assert theirs.delete_visualization_job(job_id, ignore_missing=True) is None
    progress = absent(job_id)
    assert progress.told is not None
    assert told(progress.told) == (code, "It is not about the job.", 404)
    assert (progress.changed, bool(failure(progress))) == (False, True)


def test_the_sdk_fails_on_a_job_that_is_gone_by_a_400_and_we_know_it(
    cloud: Cloud, theirs: t.Any, absent: t.Callable[[str], _decide.Progress]
) -> None:
    cloud.control("PATCH", "settings", {"missing_job": "2775"})
    with pytest.raises(exceptions.BadRequestException):
        theirs.delete_visualization_job("99", ignore_missing=True)
    progress = absent("99")
    assert (progress.changed, failure(progress)) == (False, "")


@pytest.mark.parametrize("message_key", ["error_message", "error_msg"])
def test_the_sdk_loses_what_the_api_says_and_we_tell_it(
    cloud: Cloud, theirs: t.Any, absent: t.Callable[[str], _decide.Progress], message_key: str
) -> None:
    cloud.control("PATCH", "settings", {"delete_refused_at": [8], "message_key": message_key})
    job_id = cloud.add()
    with pytest.raises(exceptions.BadRequestException) as caught:
        theirs.delete_visualization_job(job_id)
    assert "ModelArts.0105" in str(caught.value)
    assert REFUSED_DELETE not in str(caught.value)
    progress = absent(job_id)
    assert progress.told is not None
    assert told(progress.told) == ("ModelArts.0105", REFUSED_DELETE, 400)
    assert progress.told.request_id
    assert all(part in str(failure(progress)) for part in (REFUSED_DELETE, "ModelArts.0105", job_id))
