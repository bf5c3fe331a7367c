# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's own signer: what it signs is accepted by the simulator, and our signature is the same as its."""

from __future__ import annotations

import calendar
import time
import types
import typing as t

import pytest
import requests
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from simulated import Cloud

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _settings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the signer, about itself
Query = t.List[t.Tuple[str, str]]

DATE = "20260901T101112Z"
MOMENT = calendar.timegm(time.strptime(DATE, "%Y%m%dT%H%M%SZ"))
ACCESS_KEY = "AKEXAMPLE"
SECRET_KEY = "Sk/example+0123456789"
PROJECT_ID = "0123456789abcdef0123456789abcdef"
JOBS = f"/v1/{PROJECT_ID}/visualization-jobs"
OTC = "modelarts.eu-de.otc.t-systems.com"
ALL_PAGES: Query = [("sortBy", "job_id"), ("order", "asc"), ("per_page", "1000"), ("page", "1")]
NEW_JOB = '{"job_name":"losses","train_url":"/bucket/logs/","job_desc":"Größe & Maß"}'


def vendor_signed(
    method: str,
    host: str,
    path: str,
    query: t.Sequence[t.Tuple[str, str]],
    body: str,
    headers: t.Dict[str, str],
    key: t.Tuple[str, str] = (ACCESS_KEY, SECRET_KEY),
) -> SdkRequest:
    """Return a request as the vendor's signer leaves it."""
    request = SdkRequest(method, "http", host, path, None, list(query), dict(headers), body.encode())
    return Signer(types.SimpleNamespace(ak=key[0], sk=key[1])).sign(request)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "security_token"),
    [
        pytest.param("GET", JOBS, [], "", None, id="list"),
        pytest.param("GET", JOBS, ALL_PAGES, "", None, id="list, sorted pages"),
        pytest.param("GET", JOBS, [("search_content", "my job/1 ä+b~*'()")], "", None, id="list, marks in the query"),
        pytest.param("GET", JOBS, [("status", ""), ("page", "2")], "", None, id="list, empty value"),
        pytest.param("GET", JOBS, [("per_page", "10"), ("per-page", "9"), ("PER", "8")], "", None, id="list, like names"),
        pytest.param("GET", f"{JOBS}/10", [], "", None, id="get"),
        pytest.param("GET", f"{JOBS}/", [], "", None, id="slash at the end"),
        pytest.param("GET", "/", [], "", None, id="no path"),
        pytest.param("GET", "/v1/my project/größe~/a%20b", [], "", None, id="marks in the path"),
        pytest.param("GET", "/v3/projects", [("name", "eu-de_my project")], "", None, id="project by name"),
        pytest.param("POST", JOBS, [], NEW_JOB, None, id="create"),
        pytest.param("POST", JOBS, [("workspace_id", "0")], "{}", None, id="body and query"),
        pytest.param("PUT", f"{JOBS}/10", [], '{"job_desc":"\n"}', None, id="update"),
        pytest.param("POST", f"{JOBS}/10/stop", [], "", None, id="stop"),
        pytest.param("DELETE", f"{JOBS}/10", [], "", None, id="delete"),
        pytest.param("DELETE", f"{JOBS}/10", [], "", "gQVlZXhhbXBsZQ==", id="delete with a temporary key"),
        pytest.param("POST", JOBS, ALL_PAGES, NEW_JOB, "gQVlZXhhbXBsZQ==", id="all of it"),
    ],
)
@pytest.mark.parametrize("host", [OTC, f"{OTC}:8443", "127.0.0.1:8765"])
def test_our_authorization_is_the_one_of_the_vendors_signer(
    host: str, method: str, path: str, query: Query, body: str, security_token: t.Optional[str]
) -> None:
    headers = {"X-Sdk-Date": DATE, "Content-Type": "application/json", "X-Project-Id": PROJECT_ID}
    if security_token:
        headers["X-Security-Token"] = security_token
    theirs = vendor_signed(method, host, path, query, body, headers)
    ours = requests.Request(
        method,
        f"https://{host}{path}",
        params=query,
        data=body.encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "any"},
        auth=_auth.SignatureAuth(_settings.AccessKey(ACCESS_KEY, SECRET_KEY, security_token), PROJECT_ID, lambda: MOMENT),
    ).prepare()
    assert ours.headers["Authorization"] == theirs.header_params["Authorization"]
    assert {name: ours.headers[name] for name in headers} == headers


def sent_by_vendor(
    cloud: Cloud,
    method: str,
    rest: str,
    query: t.Sequence[t.Tuple[str, str]] = (),
    body: str = "",
    temporary: bool = False,
    changes: t.Optional[t.Dict[str, str]] = None,
) -> requests.Response:
    """Send a request that the vendor's signer signed with a key of the project, or with parts of one that are changed."""
    key = {**cloud.credentials, **(cloud.credentials["temporary"] if temporary else {}), **(changes or {})}
    headers = {"Content-Type": "application/json", "X-Project-Id": cloud.credentials["project_id"]}
    if temporary:
        headers["X-Security-Token"] = key["security_token"]
    host, dummy, path = f"{cloud.jobs_url}{rest}".partition("//")[2].partition("/")
    signed = vendor_signed(method, host, f"/{path}", query, body, headers, (key["access_key"], key["secret_key"]))
    return requests.request(method, signed.url, headers=signed.header_params, data=signed.body, timeout=10)


@pytest.mark.parametrize("temporary", [False, True], ids=["permanent key", "temporary key"])
@pytest.mark.parametrize(
    ("method", "rest", "query", "body"),
    [
        pytest.param("GET", "", [], "", id="list"),
        pytest.param("GET", "", [*ALL_PAGES, ("search_content", "ä b/c+d~*")], "", id="list with a query"),
        pytest.param("POST", "", [], NEW_JOB, id="create"),
        pytest.param("GET", "/7", [], "", id="get"),
        pytest.param("PUT", "/7", [], '{"job_desc":"Größe"}', id="update"),
        pytest.param("POST", "/7/stop", [], "", id="stop"),
        pytest.param("DELETE", "/7", [], "", id="delete"),
    ],
)
def test_the_simulator_accepts_what_the_vendors_signer_signs(
    cloud: Cloud, method: str, rest: str, query: Query, body: str, temporary: bool
) -> None:
    cloud.add(job_id="7")
    answer = sent_by_vendor(cloud, method, rest, query, body, temporary)
    assert answer.status_code == 200, answer.text
    assert answer.json().get("error_code") is None


@pytest.mark.parametrize("changes", [{"secret_key": "wrong"}, {"access_key": "UNKNOWN"}], ids=str)
def test_the_simulator_refuses_what_the_vendors_signer_signs_with_another_key(cloud: Cloud, changes: t.Dict[str, str]) -> None:
    cloud.add(job_id="7")
    answer = sent_by_vendor(cloud, "DELETE", "/7", changes=changes)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")
    assert cloud.statuses() == {"7": 8}
