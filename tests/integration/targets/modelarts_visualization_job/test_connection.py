# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who we are and where we go: every way to say it, which of two wins, and what is said where it is not enough."""

from __future__ import annotations

import pathlib
import sys
import typing as t

import pytest
import requests
import yaml
from conftest import INFO, MODULE, Cloud, Play, Result, ansible_playbook

TOKEN = "x-auth-token"
SIGNATURE = "authorization"
TEMPORARY = "authorization x-security-token"
ENDPOINT = "endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE)"


@pytest.fixture
def unclaimed(simulator: str) -> Cloud:
    """Return the project under which the simulator logs what belongs to no project, with an empty log."""
    first = Cloud(requests.get(f"{simulator}/_simulator/credentials", timeout=10).json())
    first.clear_log()
    return first


def chosen(cloud: Cloud, *names: str) -> t.Dict[str, str]:
    """Return some of the credentials, by the names that the options have."""
    return {name: str(cloud.credentials[name]) for name in names}


def access_key(cloud: Cloud) -> t.Dict[str, str]:
    """Return the ``auth`` of a permanent access key."""
    return chosen(cloud, "access_key", "secret_key", "project_id")


def user(cloud: Cloud, *project: str) -> t.Dict[str, str]:
    """Return the ``auth`` of a user with a password."""
    return {"auth_url": str(cloud.credentials["iam_url"]), **chosen(cloud, "username", "password", "user_domain_name", *project)}


def read(job_id: str, **options: t.Any) -> Result:
    """Return a task that needs one look at a job, and nothing more."""
    return {"module": INFO, "job_id": job_id, **options}


def without(*variables: str) -> t.Dict[str, str]:
    """Return the ``environment`` of a task for which these variables are as good as not set."""
    return dict.fromkeys(variables, "")


def asked(cloud: Cloud) -> t.Dict[str, t.List[str]]:
    """Return what was asked for the sake of each job: first of IAM, then of ModelArts, this by what authorised it."""
    found: t.Dict[str, t.List[str]] = {}
    of_iam: t.List[str] = []
    for entry in cloud.log():
        if entry["job_id"] is None:
            of_iam.append(entry["operation"])
            continue
        shown = " ".join(name for name in (TOKEN, SIGNATURE, "x-security-token") if name in entry["header_names"])
        found.setdefault(entry["job_id"], []).extend([*of_iam, shown])
        of_iam = []
    return found


def seen(results: t.List[Result]) -> t.List[t.Any]:
    """Return the ids of the jobs that each task was told of, or how it failed."""
    return [result["msg"] if result.get("failed") else [job["job_id"] for job in result["jobs"]] for result in results]


def failed(result: Result, *said: str) -> bool:
    """Tell whether a task failed with a message of one line that says all this."""
    return bool(result.get("failed")) and all(one in result["msg"] for one in said) and "\n" not in result["msg"]


def written_clouds(cloud: Cloud, folder: pathlib.Path) -> t.Dict[str, str]:
    """Write a clouds.yaml with an entry for each way, and return the environment that names the file."""
    endpoint = {"modelarts_endpoint_override": cloud.credentials["endpoint"]}
    key = access_key(cloud)
    short = {"ak": key["access_key"], "sk": key["secret_key"], "project_id": key["project_id"]}
    entries: t.Dict[str, t.Any] = {
        "by-password": {"auth": user(cloud, "project_id")},
        "by-project-name": {"auth": user(cloud, "project_name"), "region_name": "eu-de"},
        "by-access-key": {"auth": {**key, "auth_url": cloud.credentials["iam_url"]}, **endpoint},
        "by-ak-sk": {"auth": {**short, "auth_url": cloud.credentials["iam_url"]}, **endpoint},
        "by-temporary": {
            "auth": {**cloud.credentials["temporary"], **chosen(cloud, "project_id")},
            "modelarts_endpoint_override": "http://127.0.0.1:9",
        },
        "by-token": {"auth_type": "token", "auth": {"token": cloud.token(), **chosen(cloud, "project_id")}, **endpoint},
        "by-all": {"auth": {**user(cloud, "project_id"), **key, "token": cloud.token()}, **endpoint},
        "by-both": {"auth": {**user(cloud, "project_id"), **key}, **endpoint},
        "by-nothing": {"auth": {"auth_url": cloud.credentials["iam_url"], **chosen(cloud, "project_id")}, **endpoint},
        "by-half": {"auth": {"access_key": key["access_key"], "project_id": key["project_id"]}, **endpoint},
    }
    path = folder / "elsewhere.yaml"
    path.write_text(yaml.safe_dump({"clouds": entries}))
    cloud.clear_log()
    return {"OS_CLIENT_CONFIG_FILE": str(path)}


# --- every way ---------------------------------------------------------------------------------------------------


def test_every_way_to_authenticate_is_an_option(cloud: Cloud, play: Play) -> None:
    own = cloud.credentials
    endpoint = {"endpoint": own["endpoint"]}
    key = access_key(cloud)
    short = {"ak": key["access_key"], "sk": key["secret_key"], "project_id": key["project_id"]}
    by_name = {**chosen(cloud, "access_key", "secret_key", "project_name"), "auth_url": own["iam_url"]}
    ways: t.Dict[str, t.Tuple[Result, t.List[str], str]] = {
        "token": ({"auth": {"token": cloud.token(), **chosen(cloud, "project_id")}, **endpoint}, [], TOKEN),
        "token-alone": ({"auth": {"token": cloud.token(), "auth_url": own["iam_url"]}}, ["validate"], TOKEN),
        "access-key": ({"auth": key, **endpoint}, [], SIGNATURE),
        "ak-sk": ({"auth": short, **endpoint}, [], SIGNATURE),
        "security-token": ({"auth": {**own["temporary"], **chosen(cloud, "project_id")}, **endpoint}, [], TEMPORARY),
        "ak-sk-by-name": ({"auth": by_name, **endpoint}, ["projects"], SIGNATURE),
        "password": ({"auth": user(cloud, "project_id")}, ["token"], TOKEN),
    }
    cloud.clear_log()
    for job_id in ways:
        cloud.add(job_id)
    results = play(
        *({"state": "absent", "job_id": job_id, "wait": False, **way[0]} for job_id, way in ways.items()),
        environ={},
    )
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert all(result["changed"] for result in results)
    assert asked(cloud) == {job_id: [*of_iam, way, way] for job_id, (dummy, of_iam, way) in ways.items()}


def test_every_way_to_authenticate_is_in_the_environment(cloud: Cloud, play: Play) -> None:
    own = cloud.credentials
    temporary = {f"OS_{name.upper()}": value for name, value in own["temporary"].items()}
    names = {"OS_PROJECT_NAME": own["project_name"], "OS_TENANT_NAME": own["project_name"], "OS_TENANT_ID": own["project_id"]}
    tokens = {"OS_TOKEN": cloud.token(), "OS_AUTH_TOKEN": cloud.token(), "OS_DOMAIN_NAME": own["user_domain_name"]}
    environ = {**cloud.access_key(), **cloud.password(), **temporary, **names, **tokens}
    no_token = without("OS_TOKEN", "OS_AUTH_TOKEN")
    no_key = {**no_token, **without("OS_ACCESS_KEY", "OS_SECRET_KEY", "OS_SECURITY_TOKEN", "OS_USER_DOMAIN_NAME")}
    catalog = {**no_key, **without("OS_MODELARTS_ENDPOINT_OVERRIDE", "OS_PROJECT_ID")}
    # All are set at once: what is unset in turn is what would have won.
    ways: t.Dict[str, t.Tuple[t.Dict[str, str], t.List[str]]] = {
        "token": ({}, [TOKEN]),
        "auth-token": (without("OS_TOKEN"), [TOKEN]),
        "temporary": (no_token, [TEMPORARY]),
        "tenant-id": (catalog, ["token", TOKEN]),
        "project-name": ({**catalog, "OS_TENANT_ID": "", "OS_REGION_NAME": "eu-de"}, ["token", TOKEN]),
        "tenant-name": ({**catalog, **without("OS_TENANT_ID", "OS_PROJECT_NAME")}, ["token", TOKEN]),
    }
    cloud.clear_log()
    results = play(*(read(cloud.add(job_id), environment=own_way) for job_id, (own_way, dummy) in ways.items()), environ=environ)
    assert seen(results) == [[job_id] for job_id in ways]
    assert asked(cloud) == {job_id: expected for job_id, (dummy, expected) in ways.items()}


def test_every_way_to_authenticate_is_an_entry_of_clouds_yaml(cloud: Cloud, play: Play, tmp_path: pathlib.Path) -> None:
    environ = written_clouds(cloud, tmp_path)
    ways = {
        "by-password": ["token", TOKEN],
        "by-ak-sk": [SIGNATURE],
        "by-token": [TOKEN],
    }
    options = [read(cloud.add(name), cloud=name) for name in ways]
    variable = read(cloud.add("OS_CLOUD"), environment={"OS_CLOUD": "by-project-name"})
    assert seen(play(*options, variable, environ=environ)) == [*([name] for name in ways), ["OS_CLOUD"]]
    assert asked(cloud) == {**ways, "OS_CLOUD": ["token", TOKEN]}


def test_the_action_group_sets_it_once_for_both_modules(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    defaults = {"auth": access_key(cloud), "endpoint": cloud.credentials["endpoint"]}
    book = tmp_path / "playbook.yml"
    tasks = [
        {"name": "Read", INFO: {"job_id": cloud.add("10")}},
        {"name": "Delete", MODULE: {"job_id": "10", "state": "absent", "wait": False}},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    book.write_text(yaml.safe_dump([{**play, "module_defaults": {"group/otc.modelarts.modelarts": defaults}}]))
    output = ansible_playbook(str(book), {}, tmp_path, sys.executable)
    assert not [secret for secret in cloud.secrets() if secret in output], "the output shows a secret"
    assert "failed=0" in output, output
    assert cloud.calls() == ["get", "get", "delete"]
    assert asked(cloud) == {"10": [SIGNATURE] * 3}


def test_a_token_is_fetched_once_in_a_task(cloud: Cloud, play: Play) -> None:
    many = [cloud.add(job_id) for job_id in ("11", "12", "13", "14")]
    one, several = play(
        {"state": "absent", "name": f"name-{cloud.add('10')}"}, {"state": "absent", "job_ids": many}, environ=cloud.password()
    )
    assert (one["changed"], several["changed"]) == (True, True)
    assert cloud.job_ids() == set()
    assert cloud.calls().count("token") == 2
    assert [call for call in cloud.calls() if call not in ("token", "list", "get", "delete")] == []


def test_an_expired_token_is_renewed_once_and_a_given_one_is_not(cloud: Cloud, play: Play) -> None:
    expired = {"status": 401, "body": {"error_code": "APIGW.0307", "error_msg": "The token has expired."}}
    for job_id, times in (("10", 1), ("11", 0), ("12", 0)):
        cloud.fault(job_id=cloud.add(job_id), times=times, **expired)
    given = {"auth": {"token": cloud.token(), **chosen(cloud, "project_id")}, "endpoint": cloud.credentials["endpoint"]}
    cloud.clear_log()
    renewed, refused, own = play(read("10"), read("11"), read("12", **given), environ=cloud.password())
    assert seen([renewed]) == [["10"]]
    assert failed(refused, "APIGW.0307", "expired") and refused["http_status"] == 401
    assert failed(own, "APIGW.0307", "expired") and own["http_status"] == 401
    assert asked(cloud) == {"10": ["token", TOKEN] * 2, "11": ["token", TOKEN] * 2, "12": [TOKEN]}


def test_the_endpoint_may_hold_the_project_and_need_not(cloud: Cloud, play: Play) -> None:
    own = cloud.credentials
    key = chosen(cloud, "access_key", "secret_key")
    whole = f"{own['endpoint']}/v1/{own['project_id']}"
    tasks = [read(cloud.add("version"), endpoint=f"{own['endpoint']}/v1/", auth=access_key(cloud))]
    tasks.append(read(cloud.add("whole-slash"), endpoint=f"{whole}/", auth=access_key(cloud)))
    tasks.append(read(cloud.add("variable"), auth=key, environment={"OS_MODELARTS_ENDPOINT_OVERRIDE": whole}))
    tasks.append(read(cloud.add("stronger"), endpoint=whole, auth=key, environment={"OS_PROJECT_ID": "f" * 32}))
    assert seen(play(*tasks, environ={})) == [[task["job_id"]] for task in tasks]
    assert {entry["path"] for entry in cloud.log()} == {
        f"/v1/{own['project_id']}/visualization-jobs/{task['job_id']}" for task in tasks
    }


# --- which of two wins -------------------------------------------------------------------------------------------


def test_in_one_source_a_token_beats_ak_sk_and_ak_sk_beat_a_password(cloud: Cloud, play: Play, tmp_path: pathlib.Path) -> None:
    environ = {**cloud.access_key(), **written_clouds(cloud, tmp_path)}
    both = {**user(cloud, "project_id"), **access_key(cloud)}
    ways: t.Dict[str, t.Tuple[Result, t.List[str]]] = {
        "options-all": ({"auth": {**both, "token": cloud.token()}}, [TOKEN]),
        "options-both": ({"auth": both}, [SIGNATURE]),
        "cloud-all": ({"cloud": "by-all"}, [TOKEN]),
        "cloud-both": ({"cloud": "by-both"}, [SIGNATURE]),
    }
    cloud.clear_log()
    results = play(*(read(cloud.add(job_id), **options) for job_id, (options, dummy) in ways.items()), environ=environ)
    assert seen(results) == [[job_id] for job_id in ways]
    assert asked(cloud) == {job_id: expected for job_id, (dummy, expected) in ways.items()}


def test_options_beat_the_cloud_and_the_cloud_beats_the_environment(cloud: Cloud, play: Play, tmp_path: pathlib.Path) -> None:
    elsewhere = {"OS_PROJECT_ID": "f" * 32, "OS_MODELARTS_ENDPOINT_OVERRIDE": "http://127.0.0.1:9/"}
    environ = {"OS_TOKEN": "of-the-environment", **elsewhere, **written_clouds(cloud, tmp_path)}
    endpoint = cloud.credentials["endpoint"]
    no_such_cloud = {"OS_CLOUD": "nowhere"}
    ways: t.Dict[str, t.Tuple[Result, t.List[str]]] = {
        "options-and-cloud": ({"auth": access_key(cloud), "cloud": "by-token"}, [SIGNATURE]),
        "options-and-os-cloud": (
            {"auth": access_key(cloud), "endpoint": endpoint, "environment": no_such_cloud},
            [SIGNATURE],
        ),
        "cloud-and-os-cloud": ({"cloud": "by-access-key", "environment": no_such_cloud}, [SIGNATURE]),
        "os-cloud": ({"environment": {"OS_CLOUD": "by-access-key"}}, [SIGNATURE]),
        "cloud-elsewhere": ({"cloud": "by-temporary", "endpoint": f"{endpoint}/v1"}, [TEMPORARY]),
    }
    results = play(*(read(cloud.add(job_id), **options) for job_id, (options, dummy) in ways.items()), environ=environ)
    assert seen(results) == [[job_id] for job_id in ways]
    assert asked(cloud) == {job_id: expected for job_id, (dummy, expected) in ways.items()}


# --- what is said where it is not enough -------------------------------------------------------------------------


def test_what_is_missing_wrong_or_contradictory_is_named_and_nothing_is_asked(cloud: Cloud, play: Play, unclaimed: Cloud) -> None:
    own = cloud.credentials
    endpoint = {"endpoint": own["endpoint"]}
    key, whole = access_key(cloud), user(cloud, "project_id")
    variable = {"OS_MODELARTS_ENDPOINT_OVERRIDE": "modelarts.example.com"}

    def lacking(auth: t.Mapping[str, str], *names: str) -> Result:
        return {"auth": {name: value for name, value in auth.items() if name not in names}, **endpoint}

    cases: t.List[t.Tuple[Result, t.List[str]]] = [
        ({}, ["No credentials", "cloud (OS_CLOUD)", "auth.token (OS_TOKEN)", "OS_ACCESS_KEY, OS_SECRET_KEY", "OS_PASSWORD"]),
        (lacking(key, "secret_key"), ["auth.secret_key (OS_SECRET_KEY) is missing"]),
        ({"auth": {"security_token": own["temporary"]["security_token"]}}, ["OS_ACCESS_KEY", "auth.secret_key (OS_SECRET_KEY)"]),
        (lacking(whole, "password"), ["auth.password (OS_PASSWORD) is missing"]),
        (lacking(whole, "user_domain_name"), ["auth.user_domain_name (OS_USER_DOMAIN_NAME or OS_DOMAIN_NAME) is missing"]),
        (lacking(key, "project_id"), ["auth.project_id (OS_PROJECT_ID or OS_TENANT_ID)", "OS_PROJECT_NAME"]),
        ({"auth": key}, [ENDPOINT, "region_name (OS_REGION_NAME or OS_REGION)"]),
        ({"auth": key, "endpoint": "http://127.0.0.1:port/"}, [ENDPOINT, "not a URL"]),
        ({"auth": key, "environment": variable}, [ENDPOINT, "not a URL"]),
        ({"auth": {**whole, "auth_url": "iam.example.com"}}, ["auth.auth_url (OS_AUTH_URL)", "not a URL"]),
        ({"auth": {**key, "project_id": "../v2"}, **endpoint}, ["auth.project_id (OS_PROJECT_ID or OS_TENANT_ID)"]),
        (
            {"auth": key, "endpoint": f"{own['endpoint']}/v1/{'f' * 32}"},
            ["auth.project_id", "endpoint", own["project_id"], "f" * 32],
        ),
    ]
    results = play(*({"state": "absent", "job_id": "10", **options} for options, dummy in cases), environ={})
    for result, (dummy, said) in zip(results, cases):
        assert failed(result, *said) and result["changed"] is False, (said, result.get("msg"))
    assert cloud.log() == unclaimed.log() == []


def test_half_a_set_is_not_completed_from_elsewhere(cloud: Cloud, play: Play, tmp_path: pathlib.Path, unclaimed: Cloud) -> None:
    half = chosen(cloud, "access_key", "project_id")
    environ = {**cloud.access_key(), **cloud.password(), **written_clouds(cloud, tmp_path)}
    option, entry, variable, nothing, unknown = play(
        read("10", auth=half),
        read("10", cloud="by-half"),
        read("10", environment=without("OS_ACCESS_KEY")),
        read("10", cloud="by-nothing"),
        read("10", environment={"OS_CLOUD": "nowhere"}),
        environ=environ,
    )
    assert failed(option, "auth.secret_key (OS_SECRET_KEY) is missing")
    assert failed(entry, "auth.secret_key (OS_SECRET_KEY) is missing")
    assert failed(variable, "auth.access_key (OS_ACCESS_KEY) is missing")
    assert failed(nothing, "cloud (OS_CLOUD)", "by-nothing", "no credentials")
    assert failed(unknown, "cloud (OS_CLOUD)", "nowhere")
    assert cloud.log() == unclaimed.log() == []
