# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication against a real Keystone, and beside a real neighbour."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

from conftest import BIN, Cloud, Json, Keystone

MODULE = "otc.modelarts.modelarts_visualization_job"
INFO = "otc.modelarts.modelarts_visualization_job_info"
Result = t.Dict[str, t.Any]


def ansible_playbook(book: pathlib.Path, cloud: Cloud, environ: t.Dict[str, str], *arguments: str) -> str:
    """Run a playbook at the highest verbosity; its output must not hold a secret."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    own = {"ANSIBLE_LOCALHOST_WARNING": "false", "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", "HOME": str(book.parent)}
    command = ["ansible-playbook", "-vvvv", "-e", f"ansible_python_interpreter={sys.executable}", *arguments, str(book)]
    done = subprocess.run(
        command,
        env={**kept, **own, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    output = done.stdout + done.stderr
    assert cloud.password not in output and not [token for token in cloud.tokens if token in output], "a secret is shown"
    return output


def play(cloud: Cloud, folder: pathlib.Path, *tasks: Json, **environ: str) -> t.List[Result]:
    """Run tasks and return their results."""
    results = folder / "results.json"
    written: t.List[Json] = []
    for number, task in enumerate(tasks):
        module = task.get("module", MODULE)
        options = {name: value for name, value in task.items() if name != "module"}
        if "cloud" not in options and "auth" not in options and not environ:
            options["auth"] = cloud.auth()
        written.append({"name": f"Task {number}", "register": f"r{number}", "ignore_errors": True, module: options})
    names = ", ".join(f"r{number}" for number in range(len(tasks)))
    content = "{{ [" + names + "] | to_json }}"
    written.append({"ansible.builtin.copy": {"dest": str(results), "mode": "0600", "content": content}})
    book = folder / "book.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": written}]))
    output = ansible_playbook(book, cloud, environ)
    assert results.exists(), output
    return t.cast(t.List[Result], json.loads(results.read_text()))


def made(cloud: Cloud, *job_ids: str) -> None:
    """Put stopped jobs there, quick to delete."""
    cloud.meet()
    cloud.control("PATCH", "settings", {"delete_seconds": 0.3})
    for job_id in job_ids:
        cloud.control("POST", "jobs", {"job_id": job_id, "job_name": f"name-{job_id}", "status": 12})


def clouds_yaml(cloud: Cloud, folder: pathlib.Path) -> t.Dict[str, str]:
    """Write a clouds.yaml with the entry ``otc``, and return the environment that names it."""
    entry = {"auth": cloud.auth(), "region_name": "eu-de", "identity_api_version": "3"}
    (folder / "clouds.yaml").write_text(json.dumps({"clouds": {"otc": entry}}))
    return {"OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml")}


def test_every_way_to_authenticate_deletes_through_the_catalog(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    by_name = cloud.auth(project_name=cloud.project_name, project_domain_name="Default")
    by_user_id = cloud.auth(user_id=cloud.user_id)
    ways = {
        "1": {"auth": cloud.auth()},
        "2": {"auth": {name: value for name, value in by_name.items() if name != "project_id"}},
        "3": {"auth": {name: by_user_id[name] for name in by_user_id if name not in ("username", "user_domain_name")}},
        "4": {"auth": {"token": cloud.token(), "auth_url": cloud.keystone.url}},
        "5": {"cloud": "otc"},
    }
    made(cloud, *ways)
    environ = clouds_yaml(cloud, tmp_path)
    tasks = [{"state": "absent", "job_id": job_id, "wait_sleep": 0.3, **way} for job_id, way in ways.items()]
    for result in play(cloud, tmp_path, *tasks, **environ):
        assert result["changed"] is True and not result.get("failed"), result.get("msg")
    assert cloud.control("GET", "jobs") == []


def test_what_keystone_refuses_is_told_in_its_words(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    made(cloud, "1")
    other = Cloud(cloud.keystone, cloud.credentials["url"])
    foreign, unscoped, absent = other.token(), cloud.token(scoped=False), {"state": "absent", "job_id": "1"}
    disabled = cloud.auth()
    wrong, stranger, scopeless, elsewhere = play(
        cloud,
        tmp_path,
        {**absent, "auth": cloud.auth(password="not-it")},
        {**absent, "auth": {"token": foreign, "auth_url": cloud.keystone.url, "project_id": cloud.project_id}},
        {**absent, "auth": {"token": unscoped, "auth_url": cloud.keystone.url}},
        {**absent, "auth": cloud.auth(project_id=other.project_id)},
    )
    assert wrong["failed"] and wrong["http_status"] == 401 and "IAM: " in wrong["msg"]
    assert stranger["failed"] and cloud.project_id in stranger["msg"]
    assert scopeless["failed"] and "auth.project_id" in scopeless["msg"]
    assert elsewhere["failed"] and elsewhere["http_status"] in (401, 403)
    cloud.keystone.disable(cloud.user_id)
    off = play(cloud, tmp_path, {**absent, "auth": disabled})[0]
    assert off["failed"] and off["http_status"] == 401
    assert [job["job_id"] for job in cloud.control("GET", "jobs")] == ["1"]


def test_a_token_that_expires_on_the_way_is_renewed_once(passing: t.Tuple[Keystone, str], tmp_path: pathlib.Path) -> None:
    cloud = Cloud(*passing)
    made(cloud, "1")
    cloud.control("PATCH", "settings", {"delete_seconds": 8})
    renewed, expired = play(
        cloud,
        tmp_path,
        {"state": "absent", "job_id": "1", "wait_sleep": 1, "auth": cloud.auth()},
        {"module": INFO, "auth": {"token": cloud.token(), "auth_url": cloud.keystone.url}},
    )
    assert renewed["changed"] is True and not renewed.get("failed"), renewed.get("msg")
    assert 401 in [entry["status"] for entry in cloud.control("GET", "log")]
    assert expired["failed"] and expired["http_status"] in (401, 404)  # it was fetched before the first task


def test_it_works_beside_openstack_cloud(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    made(cloud, "1", "2")
    book = pathlib.Path(__file__).with_name("neighbour.yml")
    environ = {**clouds_yaml(cloud, tmp_path), "HOME": str(tmp_path)}
    output = ansible_playbook(book, cloud, environ)
    assert "failed=0" in output, output[-2000:]
    assert cloud.control("GET", "jobs") == []
