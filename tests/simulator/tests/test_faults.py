# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: which requests a rule strikes, without a process; and what becomes of those, as a client sees it."""

from __future__ import annotations

import socket
import time
import typing as t
import urllib.parse

import pytest
import requests
from conftest import Cloud, Json, signature
from faults import Fault

GET: t.Tuple[str, str, str, t.Optional[str]] = ("GET", "get", "/v1/p/visualization-jobs/7", "7")
LIST: t.Tuple[str, str, str, t.Optional[str]] = ("GET", "list", "/v1/p/visualization-jobs", None)


def struck(fault: Fault, number: int) -> t.List[int]:
    """Return which of so many requests a rule strikes, counted from 1."""
    return [one for one in range(1, number + 1) if fault.strikes(*GET)]


# --- which requests are struck -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [1]),
        ({"times": 2}, [1, 2]),
        ({"times": 0}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 3}, [3]),
        ({"nth": 3, "times": 2}, [3, 4]),
        ({"nth": 3, "times": 0}, [3, 4, 5, 6]),
    ],
    ids=str,
)
def test_nth_is_the_first_that_is_struck_and_times_is_how_many(rule: Json, expected: t.List[int]) -> None:
    assert struck(Fault(**rule), 6) == expected


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"method": "GET"}, True),
        ({"method": "DELETE"}, False),
        ({"operation": "get"}, True),
        ({"operation": "list"}, False),
        ({"path": "visualization-jobs/[0-9]$"}, True),
        ({"path": "/stop$"}, False),
        ({"job_id": "7"}, True),
        ({"job_id": "70"}, False),
        ({"method": "GET", "job_id": "8"}, False),
        ({"method": "GET", "operation": "get", "path": "jobs", "job_id": "7"}, True),
        ({"query": {"page": "2"}}, True),
        ({"query": {"page": 2, "order": "asc"}}, True),
        ({"query": {"page": "1"}}, False),
        ({"query": {"page": "2", "search_content": "x"}}, False),
        ({"query": {"page": "2", "search_content": None}}, True),
        ({"query": {"order": None}}, False),
    ],
    ids=str,
)
def test_a_rule_strikes_only_what_it_fits_in_everything(rule: Json, fits: bool) -> None:
    assert Fault(**rule).strikes(*GET, {"page": "2", "order": "asc"}) is fits


def test_a_request_that_does_not_fit_is_not_counted() -> None:
    fault = Fault(operation="get", nth=2)
    hits = [fault.strikes(*request) for request in (LIST, GET, LIST, GET, LIST, GET)]
    assert hits == [False, False, False, True, False, False]


@pytest.mark.parametrize(
    ("rule", "replaces"),
    [
        ({}, False),
        ({"delay": 1}, False),
        ({"headers": {"X": "y"}}, False),
        ({"status": 500}, True),
        ({"body": {}}, True),
        ({"raw_body": ""}, True),
        ({"body_size": 1}, True),
        ({"redirect": "/"}, True),
        ({"drip_seconds": 1}, True),
        ({"drip_headers_seconds": 1}, True),
        ({"cut": 0}, False),
        ({"change": {"is_success": None}}, False),
        ({"without": ["job_id"]}, False),
        ({"delay_after": 1}, False),
    ],
    ids=str,
)
def test_a_rule_without_an_answer_leaves_the_answer_to_the_call(rule: Json, replaces: bool) -> None:
    assert Fault(**rule).replaces() is replaces


# --- the answer is another ---------------------------------------------------------------------------------------


def test_a_status_and_a_body_take_the_place_of_the_answer_and_the_call_is_not_made(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "status": 503, "body": {"error_code": "X.1"}, "headers": {"Retry-After": "3"}})
    answer = cloud.ask("DELETE", f"/{job_id}")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, {"error_code": "X.1"}, "3")
    assert answer.headers["X-Request-Id"]
    assert cloud.jobs()[job_id]["status"] == 8
    assert cloud.ask("DELETE", f"/{job_id}").json() == {"is_success": True}


def test_with_work_the_call_is_made_and_its_answer_replaced(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "status": 504, "work": True})
    assert cloud.ask("DELETE", f"/{job_id}").status_code == 504
    assert cloud.jobs()[job_id]["status"] == 9


@pytest.mark.parametrize(
    ("rule", "status", "kind", "content"),
    [
        ({"body": [1]}, 200, "application/json", b"[1]"),
        ({"status": 502}, 502, "application/json", b"null"),
        ({"raw_body": "<html>"}, 200, "text/html", b"<html>"),
        ({"raw_body": "", "status": 404}, 404, "text/html", b""),
        ({"raw_body": '{"a"', "content_type": "application/json"}, 200, "application/json", b'{"a"'),
        ({"body_size": 20, "status": 500}, 500, "text/html", b'{"jobs": "xxxxxxxxxx'),
    ],
    ids=str,
)
def test_an_answer_is_as_its_rule_says(cloud: Cloud, rule: Json, status: int, kind: str, content: bytes) -> None:
    cloud.fault(rule)
    answer = cloud.ask("GET")
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers["Content-Type"].partition(";")[0] == kind


@pytest.mark.parametrize("body", [None, {}, {"is_success": True}, {"error_code": "X.1"}], ids=str)
@pytest.mark.parametrize("work", [False, True])
@pytest.mark.parametrize("status", [202, 404, 408, 429, 500])
def test_any_status_comes_with_and_without_a_code_and_with_the_work_done_or_not(
    cloud: Cloud, status: int, work: bool, body: t.Any
) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "status": status, "work": work, "body": body})
    answer = cloud.ask("DELETE", f"/{job_id}")
    assert (answer.status_code, answer.json()) == (status, body)
    assert cloud.jobs()[job_id]["deleting"] is work


def test_a_part_of_an_answer_may_be_another_or_missing_and_the_call_is_made(cloud: Cloud) -> None:
    sound = {"job_name": "new", "train_url": "/b/"}
    cloud.fault({"operation": "create", "without": ["job_id", "is_success"], "change": {"status": None, "more": 1}})
    told = cloud.ask("POST", body=sound).json()
    assert set(told) == {"job_name", "status", "create_time", "service_url", "more"}
    assert (told["job_name"], told["status"], told["more"], len(cloud.jobs())) == ("new", None, 1, 1)
    cloud.fault({"operation": "list", "change": {"job_total_count": 3}})
    assert [cloud.ask("GET").json()["job_total_count"] for dummy in range(2)] == [3, 1]


@pytest.mark.parametrize("rule", [{"raw_body": "<html>"}, {"body": [1]}, {"status": 500}], ids=str)
def test_what_is_no_object_stays_as_it_is(rule: Json) -> None:
    plain = Fault(**rule).answer(None, "id")
    assert Fault(**rule, without=["a"], change={"b": 1}).answer(None, "id") == plain


def test_an_answer_is_cut_short_and_the_call_is_made(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "cut": 10})
    received = raw_answer(cloud, "DELETE", f"/{job_id}")
    head, dummy, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert (b"content-length: 20" in head.lower(), body) == (True, b'{"is_succe')
    assert cloud.jobs()[job_id]["status"] == 9
    entry = cloud.log()[-1]
    assert (entry["status"], entry["fault"]) == (200, True)


def test_an_answer_in_its_place_is_cut_short_too_even_of_no_length(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "cut": 400, "body": {}, "status": 503})
    received = raw_answer(cloud, "DELETE", f"/{job_id}")
    assert received.startswith(b"HTTP/1.1 503")
    assert b"content-length: 401" in received.lower()
    assert received.endswith(b"\r\n\r\n{}")
    assert cloud.jobs()[job_id]["status"] == 8


def raw_answer(cloud: Cloud, method: str, rest: str = "") -> bytes:
    """Return all that is received until the connection ends."""
    received = b"".join(raw_chunks(cloud, method, rest))
    assert received
    return received


def raw_chunks(cloud: Cloud, method: str, rest: str = "") -> t.Iterator[bytes]:
    """Make a request, and return what is received as it comes."""
    address = urllib.parse.urlsplit(cloud.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        request = f"{method} {cloud.path(rest)} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Auth-Token: {cloud.token()}\r\n\r\n"
        connection.sendall(request.encode())
        yield from iter(lambda: connection.recv(4096), b"")


def test_an_answer_can_be_as_long_as_one_likes(cloud: Cloud) -> None:
    cloud.fault({"body_size": 5_000_000})
    assert len(cloud.ask("GET").content) == 5_000_000


@pytest.mark.parametrize(("rule", "status"), [({}, 302), ({"status": 307}, 307)], ids=str)
def test_a_redirect_leads_where_it_is_told(cloud: Cloud, rule: Json, status: int) -> None:
    cloud.fault({"redirect": "https://elsewhere.example.com/", **rule})
    answer = cloud.ask("GET")
    assert (answer.status_code, answer.headers["Location"]) == (status, "https://elsewhere.example.com/")


# --- the answer comes late, or never -----------------------------------------------------------------------------


def test_a_delay_holds_the_answer_back_and_leaves_it_as_it_is(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "delay": 0.2})
    begin = time.monotonic()
    assert cloud.ask("GET").json()["is_success"] is True
    assert time.monotonic() - begin >= 0.2
    assert cloud.log()[-1]["fault"] is True


def test_a_delay_that_is_longer_than_a_client_waits_is_a_time_out(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "delay": 30})
    with pytest.raises(requests.exceptions.ReadTimeout):
        cloud.ask("GET", timeout=0.1)


@pytest.mark.parametrize(("drop", "status"), [("before", 8), ("after", 9)])
def test_a_connection_is_dropped_before_or_after_the_call_is_made(cloud: Cloud, drop: str, status: int) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "drop": drop})
    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.ask("DELETE", f"/{job_id}")
    assert cloud.jobs()[job_id]["status"] == status
    entry = cloud.log()[-1]
    assert (entry["operation"], entry["status"], entry["fault"]) == ("delete", None, True)


def test_a_dripping_answer_comes_a_byte_at_a_time_and_does_not_end(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "drip_seconds": 0.01})
    received = b""
    for chunk in raw_chunks(cloud, "GET"):
        received += chunk
        if received.count(b"1\r\n \r\n") == 5:
            break
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"1\r\n \r\n")


def test_dripping_headers_come_a_byte_at_a_time_and_do_not_end(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "drip_headers_seconds": 0.01, "status": 502, "work": True})
    chunks = raw_chunks(cloud, "DELETE", f"/{job_id}")
    received = b"".join(next(chunks) for dummy in range(20))
    chunks.close()  # type: ignore[attr-defined]
    assert received.startswith(b"HTTP/1.1 502")
    assert (received.count(b"\r\n"), received[-5:]) == (1, b"xxxxx")
    assert cloud.jobs()[job_id]["status"] == 9


def test_an_answer_that_does_not_come_may_be_of_a_call_that_was_made(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "delay_after": 30})
    with pytest.raises(requests.exceptions.ReadTimeout):
        cloud.ask("DELETE", f"/{job_id}", timeout=0.3)
    assert cloud.jobs()[job_id]["status"] == 9
    assert [cloud.log()[-1][key] for key in ("status", "answered")] == [None, None]


# --- what others do meanwhile ------------------------------------------------------------------------------------


def test_a_job_vanishes_before_the_call(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "delete", "effects": [{"vanish": job_id}]})
    answer = cloud.ask("DELETE", f"/{job_id}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ModelArts.0015")


def test_a_job_vanishes_after_the_call(cloud: Cloud) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "get", "effects": [{"vanish": job_id, "when": "after"}]})
    assert [cloud.ask("GET", f"/{job_id}").status_code for dummy in range(2)] == [200, 404]


@pytest.mark.parametrize(("when", "shown"), [("before", [12, 12]), ("after", [8, 12])])
def test_the_status_of_a_job_changes_meanwhile(cloud: Cloud, when: str, shown: t.List[int]) -> None:
    job_id = cloud.add()
    cloud.fault({"operation": "get", "effects": [{"set_status": {job_id: 12}, "when": when}]})
    assert [cloud.ask("GET", f"/{job_id}").json()["status"] for dummy in range(2)] == shown


@pytest.mark.parametrize(("when", "totals"), [("before", [1, 1]), ("after", [0, 1])])
def test_a_job_is_created_meanwhile(cloud: Cloud, when: str, totals: t.List[int]) -> None:
    cloud.fault({"operation": "list", "effects": [{"create": {"job_name": "other", "status": 1}, "when": when}]})
    assert [cloud.ask("GET").json()["job_total_count"] for dummy in range(2)] == totals


def test_jobs_come_and_go_between_two_pages(cloud: Cloud) -> None:
    for number in range(1, 7):
        cloud.add(job_id=str(number))
    second = {"operation": "list", "query": {"page": "2"}}
    cloud.fault({**second, "effects": [{"vanish": "1"}, {"create": {"job_id": "9"}}]})

    def page(number: int) -> t.Tuple[int, t.List[str]]:
        told = cloud.ask("GET", f"?per_page=3&sortBy=job_id&order=asc&page={number}").json()
        return told["job_total_count"], [job["job_id"] for job in told["jobs"]]

    assert [page(1), page(2)] == [(6, ["1", "2", "3"]), (6, ["5", "6", "9"])], "4 is on neither"
    assert [page(1), page(2)] == [(6, ["2", "3", "4"]), (6, ["5", "6", "9"])]


def test_what_others_create_is_as_new_as_what_we_create(cloud: Cloud) -> None:
    cloud.set(list_lag_seconds=1000)
    cloud.fault({"operation": "list", "effects": [{"create": {"job_id": "9"}}]})
    assert cloud.ask("GET").json()["jobs"] == []
    assert set(cloud.jobs()) == {"9"}


@pytest.mark.parametrize(("when", "codes"), [("before", [403, 403]), ("after", [200, 403])])
def test_settings_change_meanwhile(cloud: Cloud, when: str, codes: t.List[int]) -> None:
    cloud.fault({"operation": "list", "effects": [{"settings": {"denied": ["list"]}, "when": when}]})
    assert [cloud.ask("GET").status_code for dummy in range(2)] == codes


def test_effects_take_place_although_the_answer_is_lost(cloud: Cloud) -> None:
    first, second = cloud.add(), cloud.add()
    rule = {"operation": "delete", "drop": "after", "effects": [{"vanish": first, "when": "after"}]}
    cloud.fault(rule)
    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.ask("DELETE", f"/{first}")
    assert set(cloud.jobs()) == {second}


# --- rules together ----------------------------------------------------------------------------------------------


def test_the_nth_request_is_struck_and_no_other(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "nth": 2, "times": 2, "status": 500})
    assert [cloud.ask("GET").status_code for dummy in range(5)] == [200, 500, 500, 200, 200]


def test_of_two_rules_the_first_strikes(cloud: Cloud) -> None:
    cloud.fault({"operation": "list", "status": 500, "times": 2}, {"method": "GET", "status": 502})
    assert [cloud.ask("GET").status_code for dummy in range(4)] == [500, 500, 502, 200]


def test_rules_can_be_taken_back(cloud: Cloud) -> None:
    cloud.fault({"status": 500, "times": 0})
    assert [cloud.ask("GET").status_code for dummy in range(3)] == [500] * 3
    assert cloud.control("DELETE", "faults").status_code == 200
    assert cloud.ask("GET").status_code == 200


def test_a_request_for_a_token_can_be_struck(cloud: Cloud) -> None:
    cloud.fault({"operation": "token", "status": 503})
    assert [cloud.log_in().status_code for dummy in range(2)] == [503, 201]


def test_every_request_to_iam_can_be_struck(cloud: Cloud) -> None:
    iam, headers = cloud.credentials["iam_url"], {"X-Auth-Token": cloud.token(), "X-Subject-Token": cloud.token()}
    cloud.fault(*({"operation": name, "status": 500 + number} for number, name in enumerate(("token", "validate", "projects"))))

    def asked() -> t.List[int]:
        got = [cloud.session.get(f"{iam}{path}", headers=headers, timeout=10) for path in ("/auth/tokens", "/projects")]
        signed = cloud.session.get(f"{iam}/projects", headers=signature("GET", f"{iam}/projects", **cloud.key()), timeout=10)
        return [cloud.log_in().status_code, *(answer.status_code for answer in (*got, signed))]

    assert asked() == [500, 501, 502, 200]
    assert asked() == [201, 200, 200, 200]
    cloud.fault({"operation": "projects", "status": 403, "times": 0})
    assert asked() == [201, 200, 403, 403]
