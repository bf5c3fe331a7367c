# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there: how a job is told, what an error says about it, the list, and the proof that a job is gone."""

from __future__ import annotations

import json
import math
import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _client, _clock, _http, _jobs

Fields = t.Dict[str, t.Any]
Reply = t.Union[Fields, _http.CallError]

LIST = "GET /visualization-jobs"
GET = "GET /visualization-jobs/10"


class Script:
    """Stands where the client is: sees that each call is the next of the script, and gives its answer.

    A page of the list is written as ``GET /visualization-jobs <page> of <per_page>``.
    """

    def __init__(self, *calls: t.Tuple[str, Reply]) -> None:
        self.calls = list(calls)
        self.queries: t.List[Fields] = []
        self.bodies: t.List[t.Any] = []
        self.ends: t.List[float] = []
        self.now, self.takes = 0.0, 0.0
        self.deadline = _client.Deadline(_clock.Clock(lambda: self.now), 300.0)

    def call(
        self, method: str, path: str, query: t.Optional[Fields] = None, body: t.Any = None, end: float = math.inf
    ) -> _http.Reply:
        self.ends.append(end)
        asked = f"{method} {path}"
        if query is not None:
            asked += f" {query['page']} of {query['per_page']}"
            self.queries.append(query)
        expected, reply = next(iter(self.calls), ("nothing more", {}))
        self.calls = self.calls[1:]
        if asked != expected:
            pytest.fail(f"{asked} comes where {expected} should")
        self.bodies.append(body)
        begun, self.now = self.now, self.now + self.takes
        if isinstance(reply, _http.CallError):
            raise reply
        return _http.Reply(reply, {}, 200, "r", begun)


def jobs(script: Script, workspace_id: t.Optional[str] = None) -> _jobs.Jobs:
    """Return the jobs of a project that a script plays."""
    return _jobs.Jobs(t.cast(_client.Client, script), workspace_id)


def played(script: Script) -> None:
    """See that every call of the script was made."""
    assert [call for call, dummy in script.calls] == []


def read(status: int, code: t.Optional[str] = None, message: str = "The API says no.") -> _http.CallError:
    """Return the failure that an error answer of the API is read as."""
    body = json.dumps({"is_success": False, "error_code": code, "error_message": message}).encode()
    with pytest.raises(_http.CallError) as caught:
        _http.read_answer(_http.Answer(status, {"X-Request-Id": "r"}, body))
    return caught.value


def raw(job_id: t.Any = "10", status: t.Any = 8, **fields: t.Any) -> Fields:
    """Return a job as the API tells it."""
    return {"job_id": job_id, "job_name": f"name-{job_id}", "status": status, "create_time": 1763892000000, **fields}


def page(ids: t.Iterable[int], total: t.Any) -> Fields:
    """Return a page of the list."""
    return {"is_success": True, "job_total_count": total, "job_count_limit": 40, "jobs": [raw(number) for number in ids]}


def asked(number: int, per_page: int) -> str:
    return f"{LIST} {number} of {per_page}"


# --- a job -------------------------------------------------------------------------------------------------------

NAMES = [
    "UNKNOWN",
    "INIT",
    "IMAGE_CREATING",
    "IMAGE_FAILED",
    "SUBMIT_TRYING",
    "SUBMIT_FAILED",
    "DELETE_FAILED",
    "WAITING",
    "RUNNING",
    "KILLING",
    "COMPLETED",
    "FAILED",
    "KILLED",
    "CANCELED",
    "LOST",
    "SCALING",
    "SUBMIT_MODEL_FAILED",
    "DEPLOY_SERVICE_FAILED",
    "CHECK_INIT",
    "CHECK_RUNNING",
    "CHECK_RUNNING_COMPLETED",
    "CHECK_FAILED",
    "MOUNT_FAILED",
]


@pytest.mark.parametrize(("number", "name"), list(enumerate(NAMES)), ids=NAMES)
def test_a_status_of_the_reference_is_known_however_it_is_written(number: int, name: str) -> None:
    for value in (
        number,
        str(number),
        f" {number} ",
        float(number),
        name,
        name.lower(),
        f"JOBSTAT_{name}",
        f"jobstat_{name.lower()}",
    ):
        assert _jobs.status_number(value) == number
        job = _jobs.represent(raw(status=value))
        assert (job["status"], job["status_name"]) == (number, name.lower())


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (23, 23),
        ("99", 99),
        (-1, -1),
        ("-1", -1),
        (10**30, 10**30),
        ("NEW_STATUS", 0),
        ("JOBSTAT_", 0),
        ("", 0),
        (None, 0),
        (True, 0),
        ([], 0),
        ({}, 0),
        (float("nan"), 0),
        (float("inf"), 0),
        (8.7, 0),
        ("9" * 40, 0),
    ],
    ids=repr,
)
def test_a_status_outside_the_reference_is_unknown_and_no_crash(value: t.Any, number: int) -> None:
    assert _jobs.status_number(value) == number
    job = _jobs.represent(raw(status=value))
    assert (job["status"], job["status_name"]) == (number, "unknown")


def test_every_status_but_unknown_is_passing_running_or_stopped_and_only_one_of_them() -> None:
    assert frozenset((1, 2, 4, 7, 9, 15, 18, 19, 20)) == _jobs.PASSING
    assert frozenset((3, 5, 6, *range(10, 15), 16, 17, 21, 22)) == _jobs.NO_LONGER_RUNNING
    assert sorted([*_jobs.PASSING, *_jobs.NO_LONGER_RUNNING, _jobs.RUNNING]) == list(range(1, 23))
    assert _jobs.PASSING - {9} == _jobs.STARTING
    assert frozenset((3, 5, 6, 11, 14, 16, 17, 21, 22)) == _jobs.FAILED


@pytest.mark.parametrize(
    ("milliseconds", "moment"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1763892000000, "2025-11-23T10:00:00Z"),
        (1763892000999, "2025-11-23T10:00:00Z"),
        (951782400000, "2000-02-29T00:00:00Z"),
        (-1000, "1969-12-31T23:59:59Z"),
        (None, None),
        (10**18, None),
        (-(10**18), None),
        (10**40, None),
    ],
)
def test_milliseconds_are_told_as_iso_8601_in_utc(milliseconds: t.Optional[int], moment: t.Optional[str]) -> None:
    assert _jobs.timestamp(milliseconds) == moment


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        ("7", 7),
        (" 7\n", 7),
        ("-7", -7),
        (7.9, 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        (1e18, None),
        (float("nan"), None),
        ("7.0", None),
        ("seven", None),
        ("", None),
        (None, None),
        (True, None),
        ([7], None),
    ],
    ids=repr,
)
def test_a_number_is_read_from_a_number_and_from_a_string(value: t.Any, number: t.Optional[int]) -> None:
    assert _jobs.whole_number(value) == number


WHOLE: Fields = {
    "job_id": "10",
    "job_name": "demo",
    "job_desc": "",
    "status": 8,
    "status_name": "running",
    "state": "running",
    "create_time": 1763892000000,
    "created_at": "2025-11-23T10:00:00Z",
    "duration": 5000,
    "service_url": "https://example.com/10",
    "train_url": "/bucket/logs/",
    "resource_id": "r-10",
}


@pytest.mark.parametrize(
    "told",
    [
        {"job_id": 10, "status": 8, "create_time": 1763892000000, "duration": 5000},
        {"job_id": "10", "status": "8", "create_time": "1763892000000", "duration": "5000"},
        {"job_id": "10", "status": "JOBSTAT_RUNNING", "create_time": 1763892000000.0, "duration": 5000.5},
    ],
    ids=["numbers", "strings", "names and fractions"],
)
def test_a_job_has_the_types_of_the_contract_whatever_types_the_api_sent(told: Fields) -> None:
    rest = {"job_name": "demo", "job_desc": "", "service_url": "https://example.com/10", "train_url": "/bucket/logs/"}
    job = _jobs.represent({**rest, "resource_id": "r-10", "is_success": True, **told})
    assert job == WHOLE
    assert {key: type(value) for key, value in job.items()} == {key: type(value) for key, value in WHOLE.items()}


def test_a_job_of_which_the_api_says_only_the_id_has_every_field() -> None:
    assert _jobs.represent({"job_id": 10}) == {
        **dict.fromkeys(WHOLE),
        "job_id": "10",
        "status": 0,
        "status_name": "unknown",
        "state": "unknown",
    }


def test_what_the_api_adds_to_a_job_stays_in_as_it_is() -> None:
    added = {"schedule": [{"type": "stop"}], "new_field": {"a": [1]}, "code": 7}
    job = _jobs.represent(raw(**added))
    assert {key: job[key] for key in added} == added


@pytest.mark.parametrize(("told", "duration"), [("60", 60), (60, 60), (None, None)])
def test_what_is_left_of_a_job_s_time_is_a_number_where_it_is_told(told: t.Any, duration: t.Optional[int]) -> None:
    assert _jobs.represent(raw(remaining_duration=told))["remaining_duration"] == duration
    assert "remaining_duration" not in _jobs.represent(raw())


STATES = {
    "starting": (1, 2, 4, 7, 15, 18, 19, 20),
    "running": (8,),
    "stopping": (9,),
    "stopped": (10, 12, 13),
    "failed": (3, 5, 6, 11, 14, 16, 17, 21, 22),
    "unknown": (0, 23, 99, -1),
}


@pytest.mark.parametrize(("state", "statuses"), list(STATES.items()))
def test_every_status_means_one_state(state: str, statuses: t.Tuple[int, ...]) -> None:
    assert {_jobs.represent(raw(status=status))["state"] for status in statuses} == {state}
    assert _jobs.in_state(state) == frozenset(statuses) - {23, 99, -1}
    assert tuple(STATES) == _jobs.STATES


@pytest.mark.parametrize(
    ("url", "path"),
    [
        *((url, "/bucket/x/") for url in ("obs://bucket/x/", "/bucket/x/", "bucket/x", "/bucket/x", "bucket/x/", "/bucket/x//")),
        ("/b", "/b/"),
        ("/b/a b/\u00e9/", "/b/a b/\u00e9/"),
        *((url, None) for url in ("", None, "/", "obs://", "//x", " ", "/b/\n", "s3 ://b", "/b c/")),
    ],
)
def test_a_path_is_the_same_however_it_is_written(url: t.Any, path: t.Optional[str]) -> None:
    assert _jobs.obs_path(url) == path


OLD: Fields = {"job_name": "old", "train_url": "/old/", "job_desc": "d"}


@pytest.mark.parametrize(
    ("spec", "old", "body"),
    [
        ({"name": "n", "train_url": "obs://b/x"}, None, {"job_name": "n", "train_url": "/b/x/"}),
        ({"name": "n", "train_url": "/b/x"}, None, {"job_name": "n", "train_url": "/b/x"}),
        ({"name": "n"}, OLD, {"job_name": "n", "train_url": "/old/", "job_desc": "d"}),
        ({"name": "n", "description": "", "train_url": "/b/"}, OLD, {"job_name": "n", "train_url": "/b/", "job_desc": ""}),
        ({"name": "n", "train_url": "/b/", "flavor": "f"}, None, {"job_name": "n", "train_url": "/b/", "flavor": {"code": "f"}}),
        *(
            (
                {"name": "n", "train_url": "/b/", "auto_stop_hours": hours},
                {"schedule": schedule},
                {"job_name": "n", "train_url": "/b/", "schedule": {"type": "stop", "time_unit": "HOURS", "duration": kept}},
            )
            for hours, schedule, kept in (
                (0, [{"type": "stop", "timeUnit": "HOURS", "duration": 3}], 0),
                (None, [{"type": "stop", "timeUnit": "HOURS", "duration": "3"}], 3),
                (None, {"type": "stop", "time_unit": "HOURS", "duration": 4}, 4),
            )
        ),
        *(
            ({"name": "n", "train_url": "/b/"}, {"schedule": schedule}, {"job_name": "n", "train_url": "/b/"})
            for schedule in (None, [], {}, "x", [{"type": "start"}], {"type": "stop", "timeUnit": "DAYS", "duration": 1})
        ),
    ],
)
def test_the_body_of_a_creation(spec: Fields, old: t.Optional[Fields], body: Fields) -> None:
    assert _jobs.Spec(**spec).body(old) == body


def test_texts_that_come_as_numbers_become_texts() -> None:
    job = _jobs.represent(raw(job_name=7, job_desc=0, resource_id=12))
    assert (job["job_name"], job["job_desc"], job["resource_id"]) == ("7", "0", "12")


def test_nonsense_in_place_of_a_time_is_told_as_none() -> None:
    job = _jobs.represent(raw(create_time="yesterday", duration={}))
    assert (job["create_time"], job["created_at"], job["duration"]) == (None, None, None)


def test_a_job_is_told_without_changing_what_the_api_sent() -> None:
    sent = raw(status="8", is_success=True)
    before = dict(sent)
    _jobs.represent(sent)
    assert sent == before


# --- what an error says about a job ------------------------------------------------------------------------------

# Every answer of the table of errors: what it says about the job. "prove": only the list can tell.
SAYS: t.List[t.Tuple[int, t.Optional[str], str]] = [
    (404, "ModelArts.0015", "gone"),
    (400, "ModelArts.0015", "gone"),
    (200, "ModelArts.0015", "gone"),
    (400, "ModelArts.2775", "gone"),
    (404, "ModelArts.2775", "gone"),
    (200, "ModelArts.2775", "gone"),
    (404, "APIGW.0101", "nothing"),
    (404, "APIG.0101", "nothing"),
    (404, "ModelArts.4204", "nothing"),
    (404, "ModelArts.2786", "nothing"),
    (404, "ModelArts.2836", "nothing"),
    (404, "ModelArts.6650", "nothing"),
    (404, None, "prove"),
    (404, "ModelArts.9999", "prove"),
    (404, "Unheard.Of", "prove"),
    (404, "IAM.0004", "nothing"),
    (404, "404", "nothing"),
    (404, "Keystone.0404", "nothing"),
    (400, "ModelArts.0101", "prove"),
    (400, "ModelArts.0104", "prove"),
    (400, "ModelArts.0107", "prove"),
    (400, "ModelArts.0102", "prove"),
    (400, "ModelArts.0103", "prove"),
    (200, "ModelArts.0102", "prove"),
    (404, "ModelArts.0102", "prove"),
    (400, "ModelArts.0105", "nothing"),
    (200, "ModelArts.0105", "nothing"),
    *(
        (status, code, "nothing")
        for status in (400, 403, 404)
        for code in ("ModelArts.0210", "ModelArts.0204", "ModelArts.0207", "ModelArts.0212")
    ),
    (401, "APIGW.0301", "nothing"),
    (401, "APIG.0301", "nothing"),
    (401, "APIGW.0307", "nothing"),
    (401, "ModelArts.0202", "nothing"),
    (401, "ModelArts.0201", "nothing"),
    (401, "ModelArts.0203", "nothing"),
    (401, None, "nothing"),
    (403, "ModelArts.0108", "forbidden"),
    (403, "ModelArts.0112", "forbidden"),
    (403, "APIGW.0302", "forbidden"),
    (403, "APIG.0302", "forbidden"),
    (403, None, "forbidden"),
    (429, "APIGW.0308", "nothing"),
    (429, "ModelArts.2799", "nothing"),
    (429, "ModelArts.4206", "nothing"),
    (429, "ModelArts.6101", "nothing"),
    (429, None, "nothing"),
    (502, "APIGW.0201", "nothing"),
    (503, "APIGW.0202", "nothing"),
    (504, "APIGW.0203", "nothing"),
    (503, "APIGW.0610", "nothing"),
    (503, "APIGW.0613", "nothing"),
    (503, None, "nothing"),
    (500, "ModelArts.0010", "nothing"),
    *((500, f"ModelArts.295{digit}", "nothing") for digit in range(10)),
    (500, "ModelArts.0015", "prove"),
    (403, "ModelArts.0015", "forbidden, prove"),
    (500, None, "nothing"),
    (400, None, "nothing"),
    (405, None, "nothing"),
    (410, None, "prove"),
    (200, None, "nothing"),
]
EACH_ANSWER = pytest.mark.parametrize(("status", "code", "says"), SAYS, ids=[f"{row[0]} {row[1]}" for row in SAYS])


@EACH_ANSWER
def test_only_some_answers_speak_of_the_job(status: int, code: t.Optional[str], says: str) -> None:
    failure = read(status, code)
    assert _jobs.says_gone(failure) is (says == "gone")
    assert _jobs.says_forbidden(failure) is ("forbidden" in says)
    if says != "gone":
        assert _jobs.says_maybe_gone(failure) is ("prove" in says)
        assert _jobs.says_maybe_gone(failure, looking=True) is ("prove" in says or code == "ModelArts.0105")


@pytest.mark.parametrize(
    "kind", [_http.AnswerLost, _http.NotSent, _http.Unsendable, _http.Unintelligible, _http.DeadlineExceeded]
)
@pytest.mark.parametrize(
    ("status", "code"), [(404, None), (404, "ModelArts.0015"), (400, "ModelArts.0102"), (403, None)], ids=str
)
def test_what_is_no_answer_of_the_api_says_nothing_about_the_job(
    kind: t.Type[_http.CallError], status: int, code: t.Optional[str]
) -> None:
    failure = kind("x", code, status)
    assert not _jobs.says_gone(failure)
    assert not _jobs.says_maybe_gone(failure)
    assert not _jobs.says_forbidden(failure)


# --- the seven calls ---------------------------------------------------------------------------------------------

OK: Fields = {"is_success": True}


@pytest.mark.parametrize(
    ("call", "request_", "body"),
    [
        (lambda those: those.delete("10"), "DELETE /visualization-jobs/10", None),
        (lambda those: those.stop("10"), "POST /visualization-jobs/10/stop", None),
        (lambda those: those.restart("10"), "POST /visualization-jobs/10/restart", None),
        (lambda those: those.describe("10", "new"), "PUT /visualization-jobs/10", {"job_desc": "new"}),
        (lambda those: those.describe("10", ""), "PUT /visualization-jobs/10", {"job_desc": ""}),
    ],
    ids=["delete", "stop", "restart", "describe", "describe with nothing"],
)
@pytest.mark.parametrize("reply", [{"is_success": True}, {"is_success": "true"}, {"is_success": "True"}], ids=str)
def test_each_change_is_one_call_as_the_reference_has_it(
    call: t.Callable[[_jobs.Jobs], None], request_: str, body: t.Any, reply: Fields
) -> None:
    script = Script((request_, reply))
    call(jobs(script, "w"))
    played(script)
    assert script.bodies == [body]


@pytest.mark.parametrize("reply", [{}, {"is_success": None}, {"is_success": "maybe"}, {"jobs": []}], ids=str)
def test_a_change_of_which_the_answer_does_not_say_that_it_succeeded_has_not(reply: Fields) -> None:
    script = Script(("DELETE /visualization-jobs/10", reply))
    with pytest.raises(_http.Unintelligible) as caught:
        jobs(script).delete("10")
    assert caught.value.http_status == 200
    assert "is_success" in caught.value.message


@pytest.mark.parametrize(
    ("workspace_id", "body"),
    [(None, {"job_name": "n", "train_url": "/b/"}), ("w", {"job_name": "n", "train_url": "/b/", "workspace_id": "w"})],
    ids=["default workspace", "a workspace"],
)
def test_a_job_is_created_in_its_workspace(workspace_id: t.Optional[str], body: Fields) -> None:
    script = Script(("POST /visualization-jobs", {"is_success": True, "job_id": 10}))
    assert jobs(script, workspace_id).create({"job_name": "n", "train_url": "/b/"})["job_id"] == "10"
    played(script)
    assert script.bodies == [body]


@pytest.mark.parametrize("job_id", [None, "", True, 1.5, ["10"], {}], ids=repr)
def test_a_created_job_without_an_id_is_an_error(job_id: t.Any) -> None:
    script = Script(("POST /visualization-jobs", {"is_success": True, "job_id": job_id}))
    with pytest.raises(_http.Unintelligible, match="id is missing") as caught:
        jobs(script).create({"job_name": "n"})
    assert caught.value.http_status == 200


@pytest.mark.parametrize("told", [{"job_id": "10"}, {"job_id": 10}, {}], ids=["text", "number", "none"])
def test_a_job_is_shown_under_the_id_that_was_asked_for(told: Fields) -> None:
    script = Script((GET, {"job_name": "n", "status": "8", **told}))
    job = jobs(script).get("10")
    assert (job["job_id"], job["status"], job["job_name"]) == ("10", 8, "n")


@pytest.mark.parametrize(
    "reply",
    [
        *({}, {"is_success": True}, {"job_id": "10"}, {"job_id": "11", "status": 8}, {"job_total_count": 0, "jobs": []}),
        {"timestamp": 1, "status": 404, "path": "/x"},
        {"status": 12, "message": "x"},
    ],
    ids=["nothing", "only success", "no status", "another job", "a list", "an error of a framework", "another status"],
)
def test_an_answer_that_is_not_this_job_is_an_error(reply: Fields) -> None:
    with pytest.raises(_http.Unintelligible, match="not the details of this job") as caught:
        jobs(Script((GET, reply))).get("10")
    assert caught.value.http_status == 200


# --- the list ----------------------------------------------------------------------------------------------------


def numbers(first: int, last: int) -> range:
    return range(first, last + 1)


# The calls, how many jobs come of them, and whether the list is complete.
LISTS: t.List[t.Tuple[str, t.List[t.Tuple[str, Reply]], int, bool]] = [
    ("no job", [(asked(1, 1000), page([], 0))], 0, True),
    ("one page", [(asked(1, 1000), page(numbers(1, 3), 3))], 3, True),
    ("a total in a string", [(asked(1, 1000), page(numbers(1, 3), "3"))], 3, True),
    ("exactly one full page", [(asked(1, 1000), page(numbers(1, 1000), 1000))], 1000, True),
    (
        "three pages",
        [
            (asked(1, 1000), page(numbers(1, 1000), 2500)),
            (asked(2, 1000), page(numbers(1001, 2000), 2500)),
            (asked(3, 1000), page(numbers(2001, 2500), 2500)),
        ]
        * 2,
        2500,
        True,
    ),
    (
        "a server that silently tells no more than 100",
        [
            (asked(1, 1000), page(numbers(1, 100), 250)),
            (asked(2, 100), page(numbers(101, 200), 250)),
            (asked(3, 100), page(numbers(201, 250), 250)),
            (asked(1, 100), page(numbers(1, 100), 250)),
            (asked(2, 100), page(numbers(101, 200), 250)),
            (asked(3, 100), page(numbers(201, 250), 250)),
        ],
        250,
        True,
    ),
    (
        "a server that silently tells no more than 40",
        [
            (asked(1, 1000), page(numbers(1, 40), 90)),
            *[
                (asked(1, 100), page(numbers(1, 40), 90)),
                (asked(2, 100), page(numbers(41, 80), 90)),
                (asked(3, 100), page(numbers(81, 90), 90)),
            ]
            * 2,
        ],
        90,
        True,
    ),
    (
        "a total that shifts is read again",
        [
            (asked(1, 1000), page(numbers(1, 1000), 1500)),
            (asked(2, 1000), page(numbers(1001, 1499), 1499)),
            *[(asked(1, 1000), page(numbers(1, 1000), 1499)), (asked(2, 1000), page(numbers(1001, 1499), 1499))] * 2,
        ],
        1499,
        True,
    ),
    (
        "a page that repeats a job, and so lacks one, is read again",
        [
            (asked(1, 1000), page(numbers(1, 1000), 1200)),
            (asked(2, 1000), page(numbers(1000, 1199), 1200)),
            *[(asked(number, 100), page(numbers(number * 100 - 99, number * 100), 1200)) for number in numbers(1, 12)] * 2,
        ],
        1200,
        True,
    ),
    (
        "an empty page before the end is read again",
        [
            (asked(1, 1000), page(numbers(1, 1000), 1200)),
            (asked(2, 1000), page([], 1200)),
            (asked(1, 1000), page(numbers(1, 1000), 1000)),
        ],
        1000,
        True,
    ),
    (
        "more jobs than the total says, once",
        [(asked(1, 1000), page(numbers(1, 4), 3)), (asked(1, 1000), page(numbers(1, 4), 4))],
        4,
        True,
    ),
    (
        "jobs that go and come between two pages are told by the second pass",
        [
            *[(asked(1, 1000), page(numbers(1, 1000), 1002)), (asked(2, 1000), page([1001, 1003], 1002))],
            *[(asked(1, 1000), page(numbers(1, 1000), 1002)), (asked(2, 1000), page([1001, 1002], 1002))] * 2,
        ],
        1002,
        True,
    ),
    (
        "a server that always tells the first page",
        [(asked(1, 1000), page(numbers(1, 1000), 2000)), (asked(2, 1000), page(numbers(1, 1000), 2000))] * 6,
        1000,
        False,
    ),
    ("no total, ever", [(asked(1, 1000), page(numbers(1, 3), None))] * 6, 3, False),
    ("a total that is no number, ever", [(asked(1, 1000), page(numbers(1, 3), "many"))] * 6, 3, False),
    ("more jobs than the total says, ever", [(asked(1, 1000), page(numbers(1, 4), 3))] * 6, 4, False),
    ("a total and no job, ever", [(asked(1, 1000), page([], 7))] * 6, 0, False),
    (
        "a total that shifts, ever",
        [(asked(1, 1000), page(numbers(1, 1000), 1001)), (asked(2, 1000), page(numbers(1001, 1001), 1002))] * 6,
        1001,
        False,
    ),
]


@pytest.mark.parametrize(("calls", "count", "complete"), [row[1:] for row in LISTS], ids=[row[0] for row in LISTS])
def test_the_list_is_read_to_its_end_and_known_as_complete_or_not(
    calls: t.List[t.Tuple[str, Reply]], count: int, complete: bool
) -> None:
    script = Script(*calls)
    listing = jobs(script).list()
    played(script)
    assert list(listing.jobs) == [str(number) for number in numbers(1, count)]
    assert listing.complete is complete
    assert listing.extras["job_count_limit"] == 40


@pytest.mark.parametrize("code", ["ModelArts.0101", "ModelArts.0104", "ModelArts.0107"])
def test_a_server_that_refuses_pages_of_more_than_100_is_asked_for_less(code: str) -> None:
    script = Script(
        (asked(1, 1000), read(400, code)),
        *[(asked(1, 100), page(numbers(1, 100), 150)), (asked(2, 100), page(numbers(101, 150), 150))] * 2,
    )
    listing = jobs(script).list()
    played(script)
    assert (len(listing.jobs), listing.complete) == (150, True)


def test_the_page_size_that_a_server_wants_is_remembered() -> None:
    script = Script((asked(1, 1000), read(400, "ModelArts.0104")), (asked(1, 100), page([1], 1)), (asked(1, 100), page([1], 1)))
    those = jobs(script)
    those.list()
    those.list()
    played(script)


@pytest.mark.parametrize(
    ("search", "workspace_id", "query"),
    [
        (None, None, {}),
        ("name", None, {"search_content": "name"}),
        (None, "w", {"workspace_id": "w"}),
        ("name", "w", {"search_content": "name", "workspace_id": "w"}),
    ],
    ids=["all", "by name", "in a workspace", "by name in a workspace"],
)
def test_every_page_is_asked_for_in_the_same_order_and_workspace(
    search: t.Optional[str], workspace_id: t.Optional[str], query: Fields
) -> None:
    script = Script(*[(asked(1, 1000), page(numbers(1, 1000), 1001)), (asked(2, 1000), page([1001], 1001))] * 2)
    jobs(script, workspace_id).list(search)
    played(script)
    assert script.queries == [
        {"sortBy": "job_id", "order": "asc", **query, "per_page": 1000, "page": number} for number in (1, 2, 1, 2)
    ]


@pytest.mark.parametrize(
    "failure",
    [read(403, "ModelArts.0108"), read(404, "APIGW.0101"), read(401, "APIGW.0301"), read(400, "ModelArts.0102"), read(503)],
    ids=str,
)
def test_a_list_that_is_refused_is_not_asked_for_again(failure: _http.CallError) -> None:
    script = Script((asked(1, 1000), failure))
    with pytest.raises(_http.CallError) as caught:
        jobs(script).list()
    assert caught.value is failure
    played(script)


def test_a_parameter_that_is_refused_with_small_pages_too_is_an_error() -> None:
    failure = read(400, "ModelArts.0104")
    larger = [(asked(1, size), read(400, "ModelArts.0104")) for size in (1000, 100)]
    script = Script(*larger, (asked(1, 10), failure))
    with pytest.raises(_http.Refused) as caught:
        jobs(script).list()
    assert caught.value is failure
    played(script)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"job_total_count": 0},
        {"jobs": None, "job_total_count": 0},
        {"jobs": {}, "job_total_count": 0},
        {"jobs": ["10"], "job_total_count": 1},
        {"jobs": [{}], "job_total_count": 1},
        {"jobs": [raw(), raw(job_id="")], "job_total_count": 2},
        {"jobs": [raw(job_id=None)], "job_total_count": 1},
    ],
    ids=["nothing", "no jobs", "null", "an object", "no objects", "no id", "an empty id", "null as id"],
)
def test_an_answer_that_is_no_list_of_jobs_is_an_error_and_not_an_empty_list(reply: Fields) -> None:
    with pytest.raises(_http.Unintelligible, match="not a list of jobs") as caught:
        jobs(Script((asked(1, 1000), reply))).list()
    assert caught.value.http_status == 200


def test_jobs_of_a_list_have_the_types_of_the_contract() -> None:
    script = Script((asked(1, 1000), {"job_total_count": "1", "jobs": [raw(10, "JOBSTAT_KILLING")]}))
    assert jobs(script).list().jobs == {"10": _jobs.represent(raw("10", 9))}


def test_jobs_that_are_too_large_for_a_page_are_read_from_smaller_ones() -> None:
    too_long = _http.TooLong("The answer is longer than 4 MiB.", None, 200)
    ten = [(asked(1, 10), page(numbers(1, 10), 12)), (asked(2, 10), page([11, 12], 12))]
    script = Script((asked(1, 1000), too_long), (asked(1, 100), too_long), *ten * 2)
    assert jobs(script).list().complete
    played(script)


def test_a_list_that_must_be_complete_and_never_is_is_an_error() -> None:
    script = Script(*[(asked(1, 1000), page([1, 2], 1))] * 6)
    with pytest.raises(_http.Unintelligible, match="never complete"):
        jobs(script).complete_list()
    played(script)


@pytest.mark.parametrize("call", ["get", "delete", "stop", "restart"])
def test_without_an_id_nothing_is_called(call: str) -> None:
    with pytest.raises(ValueError, match="no job_id"):
        getattr(jobs(Script()), call)("")


# --- looking, and proving ----------------------------------------------------------------------------------------

NOT_IN_LIST = (asked(1, 1000), page([11, 12], 2))
IN_LIST = (asked(1, 1000), page([10, 11], 2))
DOUBTS = [row for row in SAYS if row[2] == "prove" or row[1] == "ModelArts.0105"]


def look(*calls: t.Tuple[str, Reply], watch: t.Optional[_jobs.Watch] = None, **options: t.Any) -> _jobs.Sighting:
    """Look at job 10, and see that every call of the script was made."""
    script = Script(*calls)
    sighting = jobs(script).look("10", watch or _jobs.Watch(), **options)
    played(script)
    return sighting


def test_a_look_that_shows_the_job_needs_no_list() -> None:
    assert look((GET, raw())) == _jobs.Found(_jobs.represent(raw()))


def test_the_list_is_read_too_where_that_is_asked_for_until_it_holds_the_job_and_twice_at_most() -> None:
    watch = _jobs.Watch()
    assert look((GET, raw()), NOT_IN_LIST, watch=watch, list_too=True) == _jobs.Found(_jobs.represent(raw()))
    assert look((GET, raw()), IN_LIST, watch=watch, list_too=True) == _jobs.Found(_jobs.represent(raw()), in_list=True)
    assert look((GET, raw()), watch=watch, list_too=True) == _jobs.Found(_jobs.represent(raw()), in_list=True)
    never = _jobs.Watch()
    for calls in ((NOT_IN_LIST,), (NOT_IN_LIST,), ()):
        assert look((GET, raw()), *calls, watch=never, list_too=True) == _jobs.Found(_jobs.represent(raw()))


@pytest.mark.parametrize("name", [None, "", {}, ["a", "b"]], ids=repr)
def test_a_list_by_name_tells_the_name_of_each_job(name: t.Any) -> None:
    told = {"is_success": True, "job_total_count": 2, "jobs": [raw("10"), raw("11", job_name=name)]}
    script = Script((asked(1, 1000), told), (asked(1, 1000), told))
    assert [job["job_name"] or None for job in jobs(script).list().jobs.values()] == ["name-10", None]
    with pytest.raises(_http.Unintelligible, match="does not tell the name of each") as caught:
        jobs(script).list("name")
    assert caught.value.request_id == "r"


@pytest.mark.parametrize(("seconds", "end"), [(300.0, 10.0), (40.0, 10.0), (8.0, 2.0), (10.0, 2.5)])
def test_a_list_that_is_not_needed_yet_may_take_a_moment_only(seconds: float, end: float) -> None:
    late = _http.DeadlineExceeded("No time is left.")
    script = Script((GET, raw()), (asked(1, 1000), late), (GET, read(404)), (asked(1, 1000), late))
    script.deadline = _client.Deadline(_clock.Clock(lambda: script.now), seconds)
    reading, watch = jobs(script), _jobs.Watch()
    assert reading.look("10", watch, list_too=True) == _jobs.Found(_jobs.represent(raw()))
    with pytest.raises(_http.DeadlineExceeded):  # here it is needed
        reading.look("10", watch, list_too=True)
    played(script)
    assert script.ends == [math.inf, end, math.inf, math.inf]


@EACH_ANSWER
def test_a_look_takes_each_answer_for_what_it_is(status: int, code: t.Optional[str], says: str) -> None:
    failure = read(status, code)
    asks_list = says not in ("gone", "nothing") or code == "ModelArts.0105"
    if isinstance(failure, _http.NoAccess):
        with pytest.raises(_http.NoAccess):
            look((GET, failure))
        return
    sighting = look((GET, failure), *([NOT_IN_LIST] if asks_list else []))
    why = _jobs.Why.FORBIDDEN if "forbidden" in says else _jobs.Why.MAYBE_GONE if asks_list else _jobs.Why.TROUBLE
    assert sighting == (_jobs.Gone(failure) if says == "gone" else _jobs.Unreadable(why, failure))


@pytest.mark.parametrize("failure", [_http.AnswerLost("x", None, 404), _http.NotSent("x"), _http.Unintelligible("x", None, 200)])
def test_a_look_without_an_answer_is_never_gone(failure: _http.CallError) -> None:
    assert look((GET, failure)) == _jobs.Unreadable(_jobs.Why.TROUBLE, failure)


@pytest.mark.parametrize("end", [_http.NoAccess("x"), _http.DeadlineExceeded("x"), _http.Interrupted("x")])
@pytest.mark.parametrize("before", [[], [(GET, read(404))]], ids=["asked", "list"])
def test_what_ends_the_task_ends_a_look(before: t.List[t.Tuple[str, Reply]], end: _http.CallError) -> None:
    call = asked(1, 1000) if before else GET
    with pytest.raises(type(end)):
        look(*before, (call, end))


@pytest.mark.parametrize(("status", "code"), [row[:2] for row in DOUBTS])
def test_a_doubt_is_settled_by_the_list_that_holds_the_job(status: int, code: t.Optional[str]) -> None:
    assert look((GET, read(status, code)), IN_LIST) == _jobs.Found(_jobs.represent(raw("10")), in_list=True)


def test_a_list_just_read_is_not_read_again_and_neither_is_one_that_failed() -> None:
    with_it, without, doubt = _jobs.Listing({"10": _jobs.represent(raw())}, True), _jobs.Listing({}, True), read(404)
    assert look((GET, doubt), listing=with_it) == _jobs.Found(with_it.jobs["10"], in_list=True)
    assert look((GET, doubt), listing=without) == _jobs.Unreadable(_jobs.Why.MAYBE_GONE, doubt)
    failed = read(403, "ModelArts.0108")
    assert look((GET, doubt), listing=failed) == _jobs.Unreadable(_jobs.Why.MAYBE_GONE, doubt, failed)


CODE, CODELESS, FORBIDDEN = read(400, "ModelArts.0102"), read(404), read(403, "ModelArts.0108")


def empty(at: float, complete: bool = True) -> _jobs.Listing:
    """Return a list without the job, read at a moment."""
    return _jobs.Listing({}, complete, begun=at, ended=at)


# What was seen of the job before, and the looks after it: (seconds, answer, list, begun where that is earlier); and whether the
# last of them proves it gone.
PROOFS: t.List[t.Tuple[str, t.Dict[str, bool], t.List[t.Tuple[t.Any, ...]], bool]] = [
    ("one list", {}, [(0, None, empty(0))], False),
    ("two lists, 2 s apart", {}, [(0, None, empty(0)), (2, None, empty(2))], True),
    ("two lists, too soon", {}, [(0, None, empty(0)), (1.9, None, empty(1.9))], False),
    ("two lists, one of them incomplete", {}, [(0, None, empty(0, False)), (2, None, empty(2))], False),
    ("two lists, the second incomplete", {}, [(0, None, empty(0)), (2, None, empty(2, False))], False),
    ("a code, two lists", {}, [(0, CODE, empty(0)), (2, CODE, empty(2))], True),
    ("no code, two lists", {}, [(0, CODELESS, empty(0)), (2, CODELESS, empty(2))], True),
    ("no code the second time only", {}, [(0, CODE, empty(0)), (2, CODELESS, empty(2))], False),
    ("no code, a slow answer to a look too soon", {}, [(0, CODELESS, empty(0)), (2, CODELESS, empty(2), 1.9)], False),
    ("no code, a slow answer", {}, [(0, CODELESS, empty(0)), (9, CODELESS, empty(9), 2)], True),
    ("a code, the list fails", {}, [(0, CODE, CODELESS), (2, CODE, CODELESS)], False),
    ("listed before, two lists", {"shown": True, "listed": True}, [(0, CODE, empty(0)), (2, CODE, empty(2))], True),
    ("never listed, two lists", {"shown": True}, [(0, CODE, empty(0)), (2, CODE, empty(2))], False),
    ("never listed, for long", {"shown": True}, [(0, CODE, empty(0)), (31, CODE, empty(31))], False),
    ("never listed, deleted", {"shown": True, "deleted": True}, [(0.5, CODE, empty(0.5)), (30, CODE, empty(30))], False),
    (
        "never listed, deleted, for long",
        {"shown": True, "deleted": True},
        [(0.5, CODE, empty(0.5)), (30.5, CODE, empty(30))],
        True,
    ),
    ("never listed, deleted, slow", {"shown": True, "deleted": True}, [(0, CODE, empty(0)), (30, CODE, empty(30), 29)], False),
    ("deleted, no list", {"shown": True, "deleted": True}, [(0, CODE, FORBIDDEN), (30, CODE, FORBIDDEN)], True),
    ("forbidden, never listed", {}, [(0, FORBIDDEN, empty(0)), (2, FORBIDDEN, empty(2))], False),
    ("forbidden, listed", {"shown": True, "listed": True}, [(0, FORBIDDEN, empty(0)), (2, FORBIDDEN, empty(2))], True),
    ("both forbidden", {"shown": True, "listed": True}, [(0, FORBIDDEN, FORBIDDEN), (2, FORBIDDEN, FORBIDDEN)], False),
]


@pytest.mark.parametrize(("before", "looks", "proven"), [row[1:] for row in PROOFS], ids=[row[0] for row in PROOFS])
def test_gone_is_proven_by_the_whole_of_what_was_seen(before: t.Dict[str, bool], looks: t.List[t.Any], proven: bool) -> None:
    watch = _jobs.Watch(**before)
    sightings = [watch.judge(*one) for one in looks]
    assert [isinstance(one, _jobs.Gone) for one in sightings] == [False] * (len(looks) - 1) + [proven]


def test_a_job_that_is_shown_again_has_to_be_proven_gone_anew() -> None:
    watch = _jobs.Watch()
    watch.judge(0, CODE, empty(0))
    watch.saw(_jobs.represent(raw()), in_list=True)
    assert not isinstance(watch.judge(3, CODE, empty(3)), _jobs.Gone)
    assert isinstance(watch.judge(5, CODE, empty(5)), _jobs.Gone)


def test_of_a_job_that_was_shown_by_its_id_only_the_list_proves_nothing() -> None:
    watch = _jobs.Watch()
    watch.saw(_jobs.represent(raw()), in_list=False)
    assert not any(isinstance(watch.judge(now, CODE, empty(now)), _jobs.Gone) for now in (0, 3))


def test_a_list_that_was_read_for_others_has_held_the_job_too() -> None:
    watch, doubt = _jobs.Watch(shown=True), read(404)
    script = Script(IN_LIST, (GET, doubt))
    own = jobs(script)
    own.list_or_error()
    own.look("10", watch, listing=_jobs.Listing({}, True))
    assert watch.listed
    played(script)


def test_an_answer_without_a_code_is_of_when_it_came_however_long_the_list_behind_it_takes() -> None:
    nowhere: t.List[t.Tuple[str, Reply]] = [(GET, read(404)), (asked(1, 1000), page([], 0))]
    script, watch = Script(*nowhere, *nowhere), _jobs.Watch()
    script.takes = _jobs.CONFIRM_SECONDS
    assert not isinstance(jobs(script).look("10", watch), _jobs.Gone)
    assert isinstance(jobs(script).look("10", watch), _jobs.Gone)
    played(script)


def test_a_list_began_when_its_first_page_was_asked_for_and_ended_with_its_last() -> None:
    pages = [(asked(number, 1000), page(numbers(*ids), 1002)) for number, ids in ((1, (1, 1000)), (2, (1001, 1002)))]
    script = Script(*pages, *pages)
    script.now, script.takes = 50.0, 3.0
    listing = jobs(script).list()
    assert (listing.complete, listing.pages, listing.begun, listing.ended) == (True, 2, 50.0, 62.0)


def test_a_look_that_says_nothing_breaks_the_half_minute() -> None:
    watch = _jobs.Watch(shown=True, deleted=True)
    watch.judge(0, CODE, empty(0))
    watch.failed(read(503))
    assert not isinstance(watch.judge(30, CODE, empty(30)), _jobs.Gone)
    assert isinstance(watch.judge(60, CODE, empty(60)), _jobs.Gone)


def test_where_the_look_is_forbidden_and_the_list_breaks_the_list_s_trouble_is_told() -> None:
    trouble = read(404, "APIGW.0101")
    assert _jobs.Watch().judge(0, FORBIDDEN, trouble) == _jobs.Unreadable(_jobs.Why.TROUBLE, trouble)
    assert _jobs.Watch().judge(0, FORBIDDEN, FORBIDDEN) == _jobs.Unreadable(_jobs.Why.FORBIDDEN, FORBIDDEN, FORBIDDEN)


# --- choosing and sorting ----------------------------------------------------------------------------------------

SOME = [
    _jobs.represent(raw(job_id, status, job_name=name, create_time=created))
    for job_id, status, name, created in (
        *(("10", 8, "b", 10**12 + 2), ("9", 9, "a", 10**12), ("100", 8, "c", 10**12 + 1)),
        ("x", 0, None, None),
    )
]


@pytest.mark.parametrize(
    ("sort_by", "descending", "ids"),
    [
        ("job_id", False, ["9", "10", "100", "x"]),
        ("job_id", True, ["x", "100", "10", "9"]),
        ("job_name", False, ["x", "9", "10", "100"]),
        ("create_time", False, ["9", "100", "10", "x"]),
        ("status", False, ["x", "10", "100", "9"]),
    ],
)
def test_jobs_are_sorted_numbers_as_numbers(sort_by: str, descending: bool, ids: t.List[str]) -> None:
    assert [job["job_id"] for job in _jobs.in_order(SOME, sort_by, descending)] == ids


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        ({}, ["10", "9", "100", "x"]),
        ({"name": "a"}, ["9"]),
        ({"statuses": frozenset((8,))}, ["10", "100"]),
        ({"statuses": frozenset()}, []),
        ({"states": frozenset(("stopping", "unknown"))}, ["9", "x"]),
        ({"created_before": 10**12 + 2}, ["9", "100"]),
        ({"created_after": 10**12}, ["10", "100"]),
        ({"created_after": 10**12, "created_before": 10**12 + 2}, ["100"]),
        ({"search": "A"}, ["9"]),
        ({"search": "none of them"}, []),
        ({"statuses": frozenset((8,)), "states": frozenset(("stopping",))}, []),
    ],
)
def test_all_that_is_asked_for_has_to_fit(criteria: Fields, ids: t.List[str]) -> None:
    assert [job["job_id"] for job in filter(_jobs.Criteria(**criteria).fit, SOME)] == ids


@pytest.mark.parametrize("odd", ["1001/../1002", ".", "..", "/", "?", "a?b", " 7 ", "x" * 65, "a%2Fb", ""], ids=repr)
def test_what_cannot_be_an_id_becomes_part_of_no_path(odd: str) -> None:
    assert _jobs.whole_id({"job_id": odd}) is None
    with pytest.raises(ValueError, match="no job_id"):
        _jobs.path_of(odd)


def test_only_what_a_creation_takes_can_be_made_again() -> None:
    old = _jobs.Spec(name="n", train_url="/b/")
    sound = {"train_url": "/b/", "job_desc": "x" * 256, "schedule": [{"type": "stop", "timeUnit": "HOURS", "duration": 24}]}
    assert old.can_replace(sound)
    assert not old.can_replace({**sound, "job_desc": "x" * 257})
    assert not old.can_replace({**sound, "schedule": [{"type": "stop", "timeUnit": "HOURS", "duration": -1}]})
    two = [{"type": "stop", "timeUnit": "HOURS", "duration": hours} for hours in (24, 48)]
    assert old.can_replace({**sound, "schedule": two[:1]}) and not old.can_replace({**sound, "schedule": two})
    for odd in ({"type": "stop", "timeUnit": "MINUTES", "duration": 90}, '[{"type": "stop"}]', {"type": "stop", "duration": 4}):
        assert not old.can_replace({**sound, "schedule": odd})
        assert _jobs.Spec(name="n", train_url="/b/", auto_stop_hours=4).can_replace({**sound, "schedule": odd})
    nothing: t.Tuple[t.Any, ...] = (None, [], {}, "")
    assert all(old.can_replace({**sound, "schedule": told}) for told in nothing)
    assert not old.can_replace({**sound, "schedule": [{"type": "stop", "timeUnit": "HOURS", "duration": 48}]})
    assert _jobs.Spec(name="n", train_url="/b/", description="short").can_replace({**sound, "job_desc": "x" * 257})


def test_a_time_that_cannot_be_is_neither_old_nor_new() -> None:
    for moment in (0, -5, None, 1763892000, 10**12 - 1):
        job: Fields = {"job_name": "n", "status": 8, "state": "running", "create_time": moment}
        assert not _jobs.Criteria(created_before=10**13).fit(job) and not _jobs.Criteria(created_after=-10).fit(job)
