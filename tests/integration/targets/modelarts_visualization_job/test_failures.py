# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where something is wrong with the network, the cloud or the key: a clear error, and nothing else is deleted."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import ssl
import threading
import typing as t

import pytest
import simulation
import trustme
from conftest import INFO, Cloud, Play, Result

INTERNAL = {"error_code": "ModelArts.0010", "error_msg": "Internal error."}
THROTTLED = {"error_code": "APIGW.0308", "error_msg": "The throttling threshold has been reached."}
BAD_SIGNATURE = {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information."}


def failed(result: Result, *said: str) -> bool:
    """Tell whether a task failed with a message of one line that says all this."""
    return bool(result.get("failed")) and all(one in result["msg"] for one in said) and "\n" not in result["msg"]


def absent(job_id: str, **options: t.Any) -> Result:
    """Return a task that deletes a job, if there is time for that."""
    return {"state": "absent", "job_id": job_id, "wait_timeout": 20, **options}


def sent_for(cloud: Cloud, job_id: str) -> t.List[str]:
    """Return the operations that reached this cloud for the sake of one job."""
    return [entry["operation"] for entry in cloud.log() if entry["job_id"] == job_id]


# --- certificates ------------------------------------------------------------------------------------------------


class TestTls:
    @pytest.fixture
    def cloud(self, tmp_path: pathlib.Path) -> t.Iterator[Cloud]:
        """Start a simulator behind TLS, with a certificate for 127.0.0.1 from an authority that no one knows.

        What runs the plays takes it for the usual one.
        """
        authority, cert, key = (tmp_path / name for name in ("authority.pem", "cert.pem", "key.pem"))
        issuer = trustme.CA()
        issuer.cert_pem.write_to_path(authority)
        own = issuer.issue_cert("127.0.0.1")
        own.private_key_pem.write_to_path(key)
        own.cert_chain_pems[0].write_to_path(cert)
        options = ("--tls-cert", str(cert), "--tls-key", str(key), "--setting", "delete_seconds=0")
        with simulation.started(*options) as credentials:
            yield Cloud(credentials, str(authority))

    def test_a_certificate_is_verified_unless_told_not_to(self, cloud: Cloud, play: Play) -> None:
        other_name = {"endpoint": cloud.url.replace("127.0.0.1", "localhost"), "ca_cert": cloud.authority}
        cases: t.Dict[str, Result] = {
            "untrusted": {},
            "other-name": other_name,
            "trusted": {"ca_cert": cloud.authority},
            "variable": {"environment": {"OS_CACERT": cloud.authority}},
            "not-verified": {"verify": False},
        }
        for job_id in cases:
            cloud.add(job_id)
        iam = {"module": INFO, "environment": {"OS_ACCESS_KEY": "", "OS_SECRET_KEY": ""}}
        environ = {**cloud.password(), **cloud.access_key()}
        *results, iam_refused = play(
            *(absent(name, wait=False, **options) for name, options in cases.items()), iam, environ=environ
        )
        told = dict(zip(cases, results))
        for name, said in (
            ("untrusted", ("The certificate of 127.0.0.1", "cannot be verified", "validate_certs", "ca_cert")),
            ("other-name", ("The certificate of localhost", "cannot be verified")),
        ):
            assert failed(told[name], *said) and told[name]["changed"] is False, told[name].get("msg")
            assert "http_status" not in told[name]
        assert failed(iam_refused, "The certificate of 127.0.0.1", "cannot be verified")
        good = set(cases) - {"untrusted", "other-name"}
        assert {name for name in cases if told[name]["changed"] and not told[name].get("failed")} == good
        assert {entry["job_id"] for entry in cloud.log() if entry["operation"] != "list"} == good
        assert cloud.job_ids() == set(cases) - good


def test_a_server_that_wants_a_client_certificate_is_asked_once_and_says_so(
    cloud: Cloud, play: Play, tmp_path: pathlib.Path
) -> None:
    issuer, met = trustme.CA(), []
    issuer.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("127.0.0.1").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    issuer.configure_trust(context)

    def refuse(server: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it is closed
            while True:
                peer, address = server.accept()
                met.append(address)
                with peer, contextlib.suppress(OSError):
                    context.wrap_socket(peer, server_side=True).recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=refuse, args=(server,), daemon=True).start()
        endpoint = f"https://127.0.0.1:{server.getsockname()[1]}"
        [result] = play(absent("10", endpoint=endpoint, ca_cert=str(tmp_path / "authority.pem")), environ=cloud.access_key())
        server.shutdown(socket.SHUT_RDWR)
    assert failed(result, "refused the TLS connection: it wants a client certificate", "client_cert"), result["msg"]
    assert len(met) == 1 and result["changed"] is False


# --- no one there ------------------------------------------------------------------------------------------------


def test_a_closed_port_and_a_name_that_is_none_are_named(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # taken, but not listened to
        closed = f"127.0.0.1:{unused.getsockname()[1]}"
        environ = {**cloud.password(), **cloud.access_key(), "no_proxy": "*"}
        by_password = {"OS_ACCESS_KEY": "", "OS_SECRET_KEY": ""}
        port, name, iam = play(
            absent("10", endpoint=f"http://{closed}", api_retries=0),
            absent("10", endpoint="http://modelarts.invalid", api_retries=0),
            absent("10", api_retries=0, environment={**by_password, "OS_AUTH_URL": f"http://{closed}/v3"}),
            environ=environ,
        )
    assert failed(port, "visualization job 10", f"{closed} refused the connection")
    assert failed(name, "visualization job 10", "The name of modelarts.invalid cannot be resolved")
    assert failed(iam, f"{closed} refused the connection")
    assert all(result["changed"] is False and "http_status" not in result for result in (port, name, iam))
    assert cloud.log() == []
    assert cloud.job_ids() == {"10"}


# --- answers that no client can read -----------------------------------------------------------------------------


def unreadable(cloud: Cloud) -> t.Dict[str, t.Tuple[Result, str, int]]:
    """Return faults, each with what is said of it and its HTTP status."""
    elsewhere = f"{cloud.url.replace('127.0.0.1', 'localhost')}/v1/{cloud.credentials['project_id']}/visualization-jobs/bystander"
    return {
        "huge": ({"body_size": 30_000_000}, "longer than 4 MiB", 200),
        "html": ({"raw_body": "<html><body>Welcome!</body></html>"}, "not JSON", 200),
        "html-500": ({"raw_body": "<html><body>Oh no</body></html>", "status": 500}, "not JSON", 500),
        "empty": ({"raw_body": ""}, "empty body", 200),
        "null": ({"raw_body": "null", "content_type": "application/json"}, "not what this call answers with", 200),
        "redirect": ({"redirect": elsewhere, "status": 307}, "redirect, which is not followed", 307),
    }


@pytest.mark.parametrize("operation", ["get", "delete"])
def test_an_answer_that_no_client_can_read_is_a_clear_error(cloud: Cloud, play: Play, operation: str) -> None:
    cases = unreadable(cloud)
    cloud.add("bystander")
    for job_id, case in cases.items():
        cloud.fault(operation=operation, job_id=cloud.add(job_id), times=0, **case[0])
    results = play(*(absent(job_id, wait_timeout=6) for job_id in cases))
    for (job_id, (dummy, said, http_status)), result in zip(cases.items(), results):
        assert failed(result, "Cannot delete visualization job", job_id, said), result.get("msg")
        assert result["http_status"] == http_status and result["request_id"], job_id
        assert result["changed"] is False and result.get("outcome_unknown", False) is (operation == "delete")
    assert cloud.calls() == ["get"] * len(cases) if operation == "get" else set(cloud.changing()) == {"delete"}
    assert cloud.job_ids() == {"bystander", *cases}


def test_a_list_that_no_client_can_read_is_never_a_proof(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.set(missing_job="empty404")
    faults: t.List[t.Tuple[Result, str, int]] = [
        ({"body_size": 30_000_000}, "longer than 4 MiB", 200),
        ({"raw_body": "<html>"}, "not JSON", 200),
        ({"body": {"job_total_count": 0, "jobs": None}}, "not a list of jobs", 200),
    ]
    for times, row in zip((3, 1, 1), faults):  # one after the other; what is too long is asked for in smaller pages first
        cloud.fault(operation="list", times=times, **row[0])
    cloud.fault(operation="list", times=0, **faults[1][0])
    *named, missing = play(*({"state": "absent", "name": "name-10"} for dummy in faults), absent("11", wait_timeout=3))
    for result, (dummy, said, http_status) in zip(named, faults):
        assert failed(result, "name-10", said) and result["changed"] is False, result.get("msg")
        assert result["http_status"] == http_status
    assert failed(missing, "visualization job 11", "not done within 3 s") and missing["changed"] is False
    assert missing["http_status"] == 404
    assert cloud.changing() == []
    assert cloud.job_ids() == {"10"}


def test_a_status_that_no_one_knows_is_told_and_deleted_all_the_same(cloud: Cloud, play: Play) -> None:
    cloud.add("10", status=99)
    cloud.add("11", status=-1)
    cloud.add("12", status=0)
    looked, one, many = play(
        {"module": INFO, "sort_by": "job_id", "order": "asc"}, absent("10"), {"state": "absent", "job_ids": ["11", "12"]}
    )
    assert [(job["status"], job["status_name"]) for job in looked["jobs"]] == [(99, "unknown"), (-1, "unknown"), (0, "unknown")]
    assert one["changed"] is True and (one["job"]["status"], one["job"]["status_name"]) == (99, "unknown")
    assert many["changed"] is True and not many.get("failed")
    assert cloud.changing() == ["delete"] * 3
    assert cloud.job_ids() == set()


# --- a key that is refused ---------------------------------------------------------------------------------------


def test_a_refused_signature_is_sent_once_and_ends_the_task(cloud: Cloud, play: Play) -> None:
    for job_id in ("10", "11", "12"):
        cloud.add(job_id)
    cloud.fault(operation="delete", nth=2, times=0, status=401, body=BAD_SIGNATURE)
    wrong = {**{name: cloud.credentials[name] for name in ("access_key", "project_id")}, "secret_key": "not-the-secret-of-it"}
    all_three = {"state": "absent", "job_ids": ["10", "11", "12"], "max_concurrency": 1}
    one, named, many, halfway = play(
        absent("10", auth=wrong), {"state": "absent", "name": "name-10", "auth": wrong}, {**all_three, "auth": wrong}, all_three
    )
    assert cloud.calls() == ["get", "list", "list", "list", "delete", "delete"]
    for result in (one, named):
        assert failed(result, "APIGW.0301", "credentials") and result["changed"] is False
        assert (result["error_code"], result["http_status"]) == ("APIGW.0301", 401)
    assert failed(many, "3 of 3", "APIGW.0301: 1 (10); not tried: 2 (11, 12)") and many["changed"] is False
    assert many["jobs"][0]["http_status"] == 401
    assert failed(halfway, "3 of 3", "APIGW.0301: 1 (11)", "not tried: 1 (12)") and halfway["changed"] is True
    assert [row["changed"] for row in halfway["jobs"]] == [True, False, False]
    assert {"11", "12"} <= cloud.job_ids()


def test_a_refused_password_is_sent_once(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    run = play({"state": "absent", "job_ids": ["10", "11"]}, environ={**cloud.password(), "OS_PASSWORD": "no"})[0]
    assert failed(run, "IAM: The username or password is wrong") and run["changed"] is False
    assert run["jobs"][0]["http_status"] == 401
    assert cloud.calls() == ["token"]
    assert cloud.job_ids() == {"10"}


# --- a cloud that has too much to do, or is broken ---------------------------------------------------------------


def test_a_throttled_request_comes_again_when_the_server_says_and_not_for_ever(cloud: Cloud, play: Play) -> None:
    throttled = {"status": 429, "body": THROTTLED}
    cloud.fault(operation="get", job_id=cloud.add("10"), headers={"Retry-After": "1"}, **throttled)
    cloud.fault(operation="delete", job_id=cloud.add("11"), headers={"Retry-After": "1"}, **throttled)
    cloud.fault(operation="delete", job_id=cloud.add("12"), times=0, **throttled)
    cloud.fault(operation="get", job_id=cloud.add("13"), times=0, headers={"Retry-After": "3600"}, **throttled)
    *repeated, often, long = play(
        absent("10", wait=False), absent("11", wait=False), absent("12", api_retries=1), absent("13", wait_timeout=60)
    )
    for result in repeated:
        assert result["changed"] is True and not result.get("failed") and "error_code" not in result
    assert sent_for(cloud, "10") == ["get", "get", "delete"]
    assert sent_for(cloud, "11") == ["get", "delete", "delete"]
    times = [entry["time"] for entry in cloud.log()]
    assert times[1] - times[0] >= 1 and times[5] - times[4] >= 1
    for result in (often, long):
        assert failed(result, "throttling threshold", "APIGW.0308", "wait_timeout") and result["changed"] is False
        assert (result["error_code"], result["http_status"]) == ("APIGW.0308", 429)
    assert sent_for(cloud, "12") == ["get", "delete", "delete"]
    assert sent_for(cloud, "13") == ["get"]
    assert {"12", "13"} <= cloud.job_ids()


def test_an_internal_error_is_repeated_and_then_a_clear_error(cloud: Cloud, play: Play) -> None:
    internal = {"status": 500, "body": INTERNAL}
    cloud.fault(operation="get", job_id=cloud.add("10"), **internal)
    cloud.fault(operation="delete", job_id=cloud.add("11"), **internal)
    cloud.fault(operation="get", job_id=cloud.add("12"), times=0, **internal)
    cloud.fault(operation="delete", job_id=cloud.add("13"), times=0, **internal)
    read, changed, unread, undeleted = play(
        absent("10", wait=False), absent("11", wait=False), absent("12", api_retries=1), absent("13", wait_sleep=0.1)
    )
    assert read["changed"] is True and not read.get("failed")
    assert sent_for(cloud, "10") == ["get", "get", "delete"]
    assert changed["changed"] is True and not changed.get("failed")
    assert sent_for(cloud, "11") == ["get", "delete", "get", "delete"]
    for result in (unread, undeleted):
        assert failed(result, "Internal error", "ModelArts.0010") and result["changed"] is False
        assert (result["error_code"], result["http_status"]) == ("ModelArts.0010", 500)
    assert sent_for(cloud, "12") == ["get", "get"]
    assert set(sent_for(cloud, "13")) == {"get", "delete"} and 2 <= sent_for(cloud, "13").count("delete") <= 10
    assert {"12", "13"} <= cloud.job_ids()


def test_a_gateway_that_does_not_reach_iam_is_asked_again(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    cloud.fault(operation="token", status=503, raw_body="<html><body>Service Unavailable</body></html>")
    cloud.fault(operation="token", nth=2, times=0, status=502, raw_body="")  # counted from the first that it may strike
    once, ever = play(absent("10", wait=False), absent("10", api_retries=1), environ=cloud.password())
    assert once["changed"] is True and not once.get("failed")
    assert failed(ever, "IAM", "empty body") and ever["http_status"] == 502 and ever["changed"] is False
    assert cloud.calls() == ["token", "token", "get", "delete", "token", "token"]
