# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: which requests a rule strikes and what it makes of them, without a process; and what of it only a connection shows."""

from __future__ import annotations

import json
import socket
import time
import typing as t
import urllib.parse

import pytest
import requests
import urllib3
from api import Api
from conftest import SOUND, Cloud, Json, World, told
from faults import Fault

GET: t.Tuple[str, str, str, t.Optional[str]] = ("GET", "get", "/v1/p/visualization-jobs/7", "7")
LIST: t.Tuple[str, str, str, t.Optional[str]] = ("GET", "list", "/v1/p/visualization-jobs", None)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [1]),
        ({"times": 2}, [1, 2]),
        ({"times": 0}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 3, "times": 2}, [3, 4]),
        ({"nth": 3, "times": 0}, [3, 4, 5, 6]),
    ],
    ids=str,
)
def test_nth_is_the_first_that_is_struck_and_times_is_how_many_of_those_that_fit(rule: Json, expected: t.List[int]) -> None:
    fault = Fault(operation="get", **rule)
    struck = [(fault.strikes(*LIST), fault.strikes(*GET)) for dummy in range(6)]
    assert struck == [(False, number in expected) for number in range(1, 7)]


def test_a_rule_strikes_only_what_it_fits_in_everything() -> None:
    fit: t.Tuple[Json, ...] = (
        *(
            {"method": "GET"},
            {"operation": "get"},
            {"path": "visualization-jobs/[0-9]$"},
            {"job_id": "7"},
            {"query": {"page": "2"}},
        ),
        *({"query": {"page": 2, "order": "asc"}}, {"query": {"page": "2", "search_content": None}}),
        {"method": "GET", "operation": "get", "path": "jobs", "job_id": "7"},
    )
    other: t.Tuple[Json, ...] = (
        *({"method": "DELETE"}, {"operation": "list"}, {"path": "/stop$"}, {"job_id": "70"}, {"query": {"page": "1"}}),
        *({"query": {"page": "2", "search_content": "x"}}, {"query": {"order": None}}),
    )
    query = {"page": "2", "order": "asc"}
    assert [rule for rule in (*fit, *other) if Fault(**rule).strikes(*GET, query)] == list(fit)


@pytest.mark.parametrize(
    "rule",
    [
        *({"nth": "2"}, {"drop": "now"}, {"headers": []}, {"query": "page=2"}, {"cut": -1}, {"delay": -1}, {"times": -1}),
        *({"without": "job_id"}, {"change": ["job_id"]}, {"effects": {}}, {"effects": [1]}, {"effects": [{"vanishes": "1"}]}),
        *({"effects": [{"settings": {"no": 1}}]}, {"effects": [{"vanish": "1", "when": "now"}]}),
        {"effects": [{"set_status": 8}]},
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_is_refused(rule: Json) -> None:
    with pytest.raises((KeyError, ValueError)):
        Fault(**rule)


OWN = (200, {"X-Request-Id": "own"}, b'{"is_success": true, "job_id": "7"}')
JSON, HTML = "application/json", "text/html"


@pytest.mark.parametrize(
    ("rule", "works", "answer"),
    [
        *((rule, True, OWN) for rule in ({}, {"delay": 1}, {"delay_after": 1}, {"cut": 0}, {"headers": {"X": "y"}})),
        ({"drop": "after"}, True, OWN),
        ({"drop": "before"}, False, OWN),
        ({"drop": "before", "work": True, "status": 500}, False, (500, JSON, b"null")),
        ({"status": 502}, False, (502, JSON, b"null")),
        ({"status": 502, "work": True}, True, (502, JSON, b"null")),
        ({"body": [1]}, False, (200, JSON, b"[1]")),
        ({"body": {}, "status": 503, "headers": {"Retry-After": "3"}}, False, (503, JSON, b"{}")),
        ({"raw_body": "<html>"}, False, (200, HTML, b"<html>")),
        ({"raw_body": ""}, False, (200, HTML, b"")),
        ({"raw_body": '{"a"', "content_type": JSON}, False, (200, JSON, b'{"a"')),
        ({"body_size": 20, "status": 500}, False, (500, HTML, b'{"jobs": "xxxxxxxxxx')),
        ({"redirect": "/"}, False, (302, None, b"")),
        ({"redirect": "/", "status": 307}, False, (307, None, b"")),
        ({"drip_seconds": 1}, False, (200, JSON, b"null")),
        ({"drip_headers_seconds": 1}, False, (200, JSON, b"null")),
        ({"without": ["job_id"]}, True, (200, None, b'{"is_success": true}')),
        ({"change": {"is_success": None, "a": 1}}, True, (200, None, b'{"is_success": null, "job_id": "7", "a": 1}')),
        ({"raw_body": "<html>", "without": ["a"]}, False, (200, HTML, b"<html>")),
        ({"body": ["a"], "without": ["a"]}, False, (200, JSON, b'["a"]')),
        ({"status": 500, "change": {"a": 1}}, False, (500, JSON, b"null")),
    ],
    ids=str,
)
def test_a_rule_says_whether_the_call_is_made_and_what_is_answered(
    rule: Json, works: bool, answer: t.Tuple[int, t.Any, bytes]
) -> None:
    fault = Fault(**rule)
    assert fault.works() is works
    status, headers, body = fault.answer(OWN, "another")
    assert (status, body) == (answer[0], answer[2])
    kind = {"Location": "/"} if "redirect" in rule else {"Content-Type": answer[1]}
    assert headers == ({"X-Request-Id": "another", **kind, **rule.get("headers", {})} if fault.replaces() else OWN[1])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("effect", "later"),
    [
        ({"vanish": "7"}, []),
        ({"set_status": {"7": 12, "99": 8}}, [("7", 12)]),
        ({"create": {"job_id": "9", "status": 1}}, [("9", 1), ("7", 8)]),
        ({"settings": {"denied": ["list"]}}, None),
    ],
)
def test_others_act_before_the_call_or_after_it(jobs: World, effect: Json, later: t.Any, when: str) -> None:
    api, fault = Api(jobs.settings, jobs), Fault(effects=[{**effect, "when": when} if when == "after" else effect])

    def seen() -> t.Any:
        told = json.loads(api.answer("list", None, {}, b"")[2])
        return [(job["job_id"], job["status"]) for job in told["jobs"]] if "jobs" in told else None

    jobs.seed({"job_id": "7"})
    fault.act("before", jobs, jobs.settings)
    assert seen() == (later if when == "before" else [("7", 8)])
    fault.act("after", jobs, jobs.settings)
    assert seen() == later
    jobs.set(list_lag_seconds=1, denied=[])
    assert "9" not in [job_id for job_id, dummy in seen()], "what others create is as new as what we create"


def test_an_answer_takes_the_place_of_the_call_and_others_act_before_and_after_it(cloud: Cloud) -> None:
    first, second = cloud.add(), cloud.add()
    effects = [{"set_status": {first: 12}}, {"vanish": second, "when": "after"}]
    cloud.fault({"operation": "list", "effects": effects}, {"method": "GET", "status": 502, "headers": {"Retry-After": "3"}})
    assert [job["status"] for job in cloud.ask("GET").json()["jobs"]] == [8, 12]
    answer = cloud.ask("GET")
    assert (answer.status_code, answer.headers["Retry-After"]) == (502, "3"), "the first rule that strikes is the only one"
    assert cloud.statuses() == {first: 12}
    cloud.fault({"status": 500, "times": 0})
    assert [cloud.ask("GET").status_code for dummy in range(2)] == [500, 500]
    cloud.control("DELETE", "faults")
    assert cloud.ask("GET").status_code == 200


def test_an_answer_is_late_before_the_call_or_after_it(cloud: Cloud) -> None:
    first, second = cloud.add(), cloud.add()
    cloud.fault({"operation": "list", "delay": 0.1, "delay_after": 0.1}, {"job_id": first, "delay": 30})
    cloud.fault({"job_id": second, "delay_after": 30})
    cloud.ask("GET")
    for job_id in (first, second):
        with pytest.raises(requests.exceptions.ReadTimeout):
            cloud.ask("DELETE", f"/{job_id}", timeout=0.2)
    end = time.monotonic() + 10  # a busy machine may be slower than the client's time-out
    while (len(cloud.log()) < 3 or cloud.statuses()[second] != 9) and time.monotonic() < end:
        pass
    assert cloud.statuses() == {first: 8, second: 9}
    listed, *late = cloud.log()
    assert listed["answered"] - listed["time"] >= 0.2
    assert [(entry["status"], entry["answered"], entry["fault"]) for entry in late] == [(None, None, True)] * 2


@pytest.mark.parametrize(("drop", "status"), [("before", 8), ("after", 9)])
def test_a_connection_is_dropped_before_or_after_the_call_is_made(cloud: Cloud, drop: str, status: int) -> None:
    job_id = cloud.add()
    effects = [{"create": {"job_id": "9"}, "when": "after"}] if drop == "after" else []
    cloud.fault({"operation": "delete", "drop": drop, "effects": effects})
    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.ask("DELETE", f"/{job_id}")
    assert cloud.statuses() == {job_id: status, **({"9": 8} if effects else {})}
    assert [cloud.log()[-1][key] for key in ("operation", "status", "answered", "fault")] == ["delete", None, None, True]


@pytest.mark.parametrize(
    ("rule", "status", "length", "body", "left"),
    [
        ({"cut": 10}, 200, "20", b'{"is_succe', 9),
        ({"cut": 400, "body": {}, "status": 503}, 503, "401", b"{}", 8),
    ],
)
def test_an_answer_is_cut_short(cloud: Cloud, rule: Json, status: int, length: str, body: bytes, left: int) -> None:
    job_id = cloud.add()
    cloud.fault(rule)
    answer = cloud.ask("DELETE", f"/{job_id}", stream=True)
    assert (answer.status_code, answer.headers["Content-Length"]) == (status, length)
    assert answer.raw.read(len(body)) == body
    with pytest.raises(urllib3.exceptions.ProtocolError):
        answer.raw.read()
    assert (cloud.statuses(), cloud.log()[-1]["fault"]) == ({job_id: left}, True)


def test_a_rule_may_strike_one_page_of_a_list_and_others_may_act_between_two(cloud: Cloud) -> None:
    for number in range(1, 7):
        cloud.add(job_id=str(number))
    cloud.fault({"operation": "list", "query": {"page": "2"}, "effects": [{"vanish": "1"}, {"create": {"job_id": "9"}}]})

    def page(number: int) -> t.Tuple[int, t.List[str]]:
        told = cloud.ask("GET", f"?per_page=3&sortBy=job_id&order=asc&page={number}").json()
        return told["job_total_count"], [job["job_id"] for job in told["jobs"]]

    assert [page(1), page(2)] == [(6, ["1", "2", "3"]), (6, ["5", "6", "9"])], "4 is on neither"
    assert [page(1), page(2)] == [(6, ["2", "3", "4"]), (6, ["5", "6", "9"])]


def dripped(cloud: Cloud, method: str, rest: str, enough: bytes, times: int) -> bytes:
    """Make a request, and return what is received until something has come so many times."""
    address = urllib.parse.urlsplit(f"{cloud.jobs_url}{rest}")
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        request = f"{method} {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Auth-Token: {cloud.own_token}\r\n\r\n"
        connection.sendall(request.encode())
        received = b""
        while received.count(enough) < times:
            received += connection.recv(4096)
        return received


def test_a_dripping_body_comes_a_byte_at_a_time(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "drip_seconds": 0.01})
    received = dripped(cloud, "GET", "", b"1\r\n \r\n", 5)
    assert received.startswith(b"HTTP/1.1 200") and received.endswith(b"1\r\n \r\n")


def test_dripping_headers_come_a_byte_at_a_time_after_a_call_that_is_made_where_that_is_said(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "drip_headers_seconds": 0.01, "status": 502, "work": True})
    received = dripped(cloud, "DELETE", f"/{job_id}", b"x", 20)
    assert received.startswith(b"HTTP/1.1 502") and received.count(b"\r\n") == 1
    assert cloud.statuses() == {job_id: 9}


def test_only_what_would_be_400_comes_as_200_and_ids_may_come_as_numbers(cloud: Cloud) -> None:
    cloud.set(refusal_http=200, denied=["list"])
    assert told(cloud.ask("GET", "/7")) == (404, "ModelArts.0015") and told(cloud.ask("GET")) == (403, "ModelArts.0108")
    assert told(cloud.ask("GET", headers={"X-Auth-Token": "wrong"})) == (401, "APIGW.0301")
    cloud.set(job_ids_as_numbers=True)
    assert isinstance(cloud.ask("POST", body=SOUND).json()["job_id"], int)


def test_a_throttled_request_says_when_to_come_back(new_cloud: t.Callable[..., Cloud]) -> None:
    cloud = new_cloud(requests_per_second=1)
    answers = [cloud.ask("GET") for dummy in range(3)]
    throttled = [answer for answer in answers if answer.status_code == 429]
    assert throttled and {(told(one), one.headers["Retry-After"]) for one in throttled} == {((429, "APIGW.0308"), "1")}
