# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role prune promises: only what meets all criteria goes, nothing goes where anything is unclear, and reports are true.

What it understands and refuses in all forms is tested beside the unit tests; here are one row of each kind, as tables that one
run of Ansible works through: to it the rows are hosts.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import pathlib
import sys
import time
import typing as t
from concurrent import futures

import pytest
import yaml
from conftest import Cloud, Result, ansible_playbook, keep, new_cloud

LIMIT = 25  # seconds for each task of the role: enough for those that a busy machine starts, less than what is waited for takes
LONG_AGO = int((time.time() - 40 * 86400) * 1000)
JUST_OVER = int((time.time() - 30.1 * 86400) * 1000)
NOT_YET = int((time.time() - 29.9 * 86400) * 1000)
JOBS = (
    {"job_id": "1", "job_name": "exp-old", "create_time": LONG_AGO, "duration": 7200000},
    {"job_id": "2", "job_name": "exp-failed", "status": 11, "create_time": JUST_OVER},
    {"job_id": "3", "job_name": "keep-me", "create_time": LONG_AGO},
    {"job_id": "4", "job_name": "exp-young", "create_time": NOT_YET},
    {"job_id": "5", "job_name": "other", "status": 12, "create_time": LONG_AGO},
)
ALL = "1 2 3 4 5"
PLAYBOOK = "otc.modelarts.prune_visualization_jobs"
P = "modelarts_prune_"
EVIL = "<img src=x>{{ 7 * 191 }}"

Variables = t.Dict[str, t.Any]
Row = t.Tuple[Cloud, Variables]


def filled(url: str, **settings: t.Any) -> Cloud:
    """Return a project with some jobs in it."""
    cloud = new_cloud(url, **settings)
    cloud.add_many(JOBS)
    return cloud


def no_secret(output: str, *clouds: Cloud) -> str:
    """Return the output, in which no secret may be, nor a bug."""
    assert not [one for cloud in clouds for one in cloud.secrets() if one in output], "the output shows a secret"
    assert "Traceback (most recent call last)" not in output
    return output


def run_role(rows: t.Mapping[str, Row], folder: pathlib.Path) -> t.Dict[str, Result]:
    """Run the role once for each row, and return what it failed with (``msg``) and its report as text, by the rows' names.

    ``check`` in a row is the keyword ``check_mode``; all else are variables of the role, without their prefix.
    """
    hosts, text = {}, "{{ __prune_told.msg | default([]) }}"
    for name, (cloud, variables) in rows.items():
        given = {P + key: value for key, value in {**cloud.by_key(), **variables}.items() if key != "check"}
        hosts[name] = {**given, "check": variables.get("check", False)}
    inventory, book, results = folder / "inventory.yml", folder / "table.yml", folder / "results.json"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": {"ansible_connection": "local", "text": text}}}))
    told = "ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'told'))"
    tasks: t.List[Result] = [
        {
            "check_mode": "{{ check }}",
            "block": [{"ansible.builtin.include_role": {"name": "otc.modelarts.prune"}}],
            "rescue": [{"ansible.builtin.set_fact": {"refusal": "{{ ansible_failed_result.msg }}"}}],
        },
        {"ansible.builtin.set_fact": {"told": {"msg": "{{ refusal | default('') }}", "text": "{{ text }}"}}},
        {**keep(results, f"{{{{ dict({told}) | to_json }}}}"), "run_once": True},
    ]
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    output = ansible_playbook(
        str(book), {"ANSIBLE_PIPELINING": "true"}, folder, sys.executable, "-i", str(inventory), "--forks", "12"
    )
    assert results.exists(), output
    no_secret(output + results.read_text(), *[cloud for cloud, dummy in rows.values()])
    return t.cast(t.Dict[str, Result], json.loads(results.read_text()))


def run_playbook(cloud: Cloud, folder: pathlib.Path, *arguments: str, environ: t.Optional[t.Mapping[str, str]] = None) -> str:
    """Run the playbook of the collection, and return what it says."""
    own = {**cloud.access_key(), **(environ or {})}
    return no_secret(ansible_playbook(PLAYBOOK, own, folder, sys.executable, *arguments), cloud)


def given(**variables: t.Any) -> t.List[str]:
    """Return variables as arguments, each as text, as a shell gives them."""
    return [word for name, value in variables.items() for word in ("-e", f"{P}{name}={value}")]


def untouched(cloud: Cloud) -> bool:
    """Tell whether no request was made, and all jobs are still there."""
    return cloud.log() == [] and cloud.job_ids() == set(ALL.split())


# --- what is not clear stops it ----------------------------------------------------------------------------------

OLD: Variables = {"older_than": "30d"}
BOTH: Variables = {"older_than": "30d", "name": ".*"}
REFUSED: t.Dict[str, t.Tuple[Variables, str]] = {
    "no criterion": ({}, "Give at least one of modelarts_prune_older_than"),
    "keep as the text of a list": ({**OLD, "keep": "['a','b']"}, "modelarts_prune_keep has \"['a'\""),
    "keep with a line that can be no name": ({**OLD, "keep": "exp-old\nkeep me"}, "modelarts_prune_keep has 'keep me'"),
    "keep of commas": ({**OLD, "keep": " , "}, "modelarts_prune_keep has an empty entry"),
    "keep with a null": ({**OLD, "keep": ["keep-me", None]}, "modelarts_prune_keep"),
    **{
        f"keep with the {type(odd).__name__} {odd}": ({**OLD, "keep": ["a", odd]}, f"{P}keep must be a list of texts; '{odd}'")
        for odd in (datetime.date(2024, 11, 5), datetime.datetime(2024, 11, 5, 1, 2, 3), math.inf, math.nan, 1.5, True)
    },
    "keep with a wrong name": ({**OLD, "keeep": "keep-me"}, "modelarts_prune_keeep is no variable of this role"),
    # beside another criterion, which alone would choose more
    **{
        f"{name} {kind}": ({**{key: value for key, value in BOTH.items() if key != name}, name: blank}, f"{P}{name}")
        for name in ("older_than", "status", "state", "name", "keep", "action")
        for kind, blank in {"null": None, "blank": " \r\n"}.items()
    },
    "status of an empty list": ({**OLD, "status": []}, "modelarts_prune_status is given, but has no value"),
    "name that is empty, alone": ({"name": ""}, "modelarts_prune_name is given, but has no value"),
    "workspace that is null": ({**OLD, "workspace_id": None}, "modelarts_prune_workspace_id is given, but has no value"),
    "region that is empty": ({**OLD, "region_name": ""}, "modelarts_prune_region_name is given, but has no value"),
    "age without a unit": ({"older_than": 30}, "modelarts_prune_older_than must be a number with a unit"),
    "age as a list": ({**BOTH, "older_than": ["30d"]}, "modelarts_prune_older_than must be text"),
    "age in lines": ({**BOTH, "older_than": "30d\n10d"}, "modelarts_prune_older_than must be a number with a unit"),
    "status that is none": ({**BOTH, "status": "failing"}, "modelarts_prune_status has 'failing'"),
    "number that is no status": ({**BOTH, "status": 23}, "modelarts_prune_status has '23'"),
    "statuses in lines, one is none": ({**BOTH, "status": "failed\r\nstoped\r\n"}, "modelarts_prune_status has 'stoped'"),
    "state that is none": ({**BOTH, "state": ["dead"]}, "modelarts_prune_state has 'dead'"),
    "name that is no expression": ({**BOTH, "name": "exp-("}, "modelarts_prune_name must be a regular expression"),
    "name as a list": ({**BOTH, "name": ["exp-.*"]}, "modelarts_prune_name must be text"),
    "name in lines": ({**BOTH, "name": "exp-old\nother"}, "modelarts_prune_name must be one line"),
    "workspace with a path": ({**OLD, "workspace_id": "../1"}, "modelarts_prune_workspace_id must be an ID"),
    "action that is none": ({**OLD, "action": "remove"}, "modelarts_prune_action"),
    "force that is no boolean": ({**OLD, "force": "maybe"}, "modelarts_prune_force"),
    "timeout that is true": ({**OLD, "timeout": True}, "modelarts_prune_timeout must be"),
    "price that is infinite": ({**OLD, "price_per_hour": "inf"}, "modelarts_prune_price_per_hour must be a number"),
    "folder that is not there": (
        {**OLD, "report_json": "/no/such/folder/r.json"},
        "the folder /no/such/folder cannot be written to",
    ),
    "report at a relative path": ({**OLD, "report_html": "r.html"}, "modelarts_prune_report_html must be the absolute path"),
    "report where a folder is": ({**OLD, "report_html": os.sep + "usr"}, "modelarts_prune_report_html: /usr is there"),
    "report that is a device": ({**OLD, "report_json": os.devnull}, "modelarts_prune_report_json: /dev/null is there"),
    "folder that takes no files": (
        {**OLD, "report_json": "/proc/r.json"},
        "modelarts_prune_report_json: the folder /proc cannot",
    ),
}


@pytest.fixture(scope="module")
def refused(simulator: str, tmp_path_factory: pytest.TempPathFactory) -> t.Tuple[Cloud, t.Dict[str, Result]]:
    """Run the role with all that it has to refuse, in one project."""
    cloud = filled(simulator)
    rows = {name: (cloud, variables) for name, (variables, dummy) in REFUSED.items()}
    return cloud, run_role(rows, tmp_path_factory.mktemp("refused"))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_stops_the_role_before_any_request(name: str, refused: t.Tuple[Cloud, t.Dict[str, Result]]) -> None:
    cloud, results = refused
    assert REFUSED[name][1] in results[name]["msg"]
    assert results[name]["text"] == []
    assert untouched(cloud)


def test_a_list_that_a_shell_gives_as_the_text_of_a_list_stops_the_playbook(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    output = run_playbook(cloud, tmp_path, *given(older_than="30d", keep="['keep-me','other']"))
    assert "Nothing was done. modelarts_prune_keep has" in output and "failed=1" in output
    assert untouched(cloud)


def test_a_criterion_that_a_wrapper_leaves_blank_stops_the_playbook(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    output = run_playbook(cloud, tmp_path, *given(older_than="30d", status=""))
    assert "Nothing was done. modelarts_prune_status is given, but has no value" in output and "failed=1" in output
    assert untouched(cloud)


def test_a_job_whose_name_is_masked_is_not_pruned_beside_what_is_to_be_kept(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    cloud.add("503", job_name="jane_doe-keep", create_time=1_600_000_000_000)
    proxy = {"HTTPS_PROXY": "http://jane_doe:a-password@127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    output = run_playbook(cloud, tmp_path, *given(older_than="30d", keep="jane_doe-keep"), environ=proxy)
    assert "It cannot be told which jobs are meant" in output and "failed=1" in output
    assert "503" in cloud.job_ids() and cloud.changing() == []


# --- what is clear is done ---------------------------------------------------------------------------------------

CHOSEN: t.Dict[str, t.Tuple[Variables, str]] = {
    "all criteria": ({"name": "(?i)EXP-.*", "older_than": "35d", "state": "running"}, "2 3 4 5"),
    "lists in lines": ({"status": "failed\r\n12\r\nrunning", "keep": "keep-me,\n5\r\n2", "name": ".*-.*"}, "2 3 5"),
    "keep omitted": ({"older_than": "30d", "keep": "{{ nothing | default(omit) }}"}, "4"),
    "another workspace": ({"name": ".*", "workspace_id": "7", "keep": "nobody"}, ALL),
}
REPORTED: t.Dict[str, Variables] = {
    "stop": {"name": ".*", "action": "stop", "keep": "keep-me", "report_json": True},
    "check": {**OLD, "check": True, "price_per_hour": 0.5, "report_json": True, "report_html": True},
    "refused": {**OLD, "keep": ["keep-me"], "price_per_hour": "0.5", "report_json": True},
    "not readable": {"name": "exp-old", "report_json": True},
    "evil words": {"older_than": "30d", "force": "yes", "report_json": True, "report_html": True},
}
REFUSES = {"delete_refused_at": [8, 9]}
SETTINGS: t.Dict[str, t.Dict[str, t.Any]] = dict.fromkeys(("refused", "not readable", "evil words"), REFUSES)
Worked = t.Tuple[t.Dict[str, Cloud], t.Dict[str, Result], pathlib.Path]


@pytest.fixture(scope="module")
def worked(simulator: str, tmp_path_factory: pytest.TempPathFactory) -> Worked:
    """Run the role with all that it has to do, each in a project of its own."""
    folder = tmp_path_factory.mktemp("worked")
    rows: t.Dict[str, Row] = {name: (filled(simulator), variables) for name, (variables, dummy) in CHOSEN.items()}
    for name, variables in REPORTED.items():
        files = {key: str(folder / f"{name}.{key[-4:]}") for key in variables if key.startswith("report_")}
        rows[name] = (filled(simulator, **SETTINGS.get(name, {})), {**variables, **files})
    rows["another workspace"][0].add("6", job_name="elsewhere", workspace_id="7")
    evil = rows["evil words"][0]
    evil.add("6", job_name=EVIL, create_time=LONG_AGO, train_url=EVIL)
    body = {"error_code": "ModelArts.<b>{{ 7 * 191 }}", "error_message": EVIL, "is_success": False}
    evil.fault(operation="delete", job_id="6", times=0, status=400, body=body)
    evil.fault(operation="delete", job_id="5", effects=[{"vanish": "5"}])
    forbidden = {"error_code": "ModelArts.0108", "error_message": "no right to list"}
    effects = [{"settings": {"denied": ["list", "get"]}}]
    rows["not readable"][0].fault(operation="delete", times=0, status=403, body=forbidden, effects=effects)
    return {name: cloud for name, (cloud, dummy) in rows.items()}, run_role(rows, folder), folder


@pytest.mark.parametrize("name", CHOSEN)
def test_what_meets_all_criteria_goes_and_nothing_else(name: str, worked: Worked) -> None:
    clouds, results, dummy = worked
    left = set(CHOSEN[name][1].split())
    gone = len(JOBS) - len(left) + (name == "another workspace")
    assert (clouds[name].job_ids(), results[name]["msg"]) == (left, "")
    assert results[name]["text"][0].startswith(f"{gone} visualization job{'' if gone == 1 else 's'} deleted, 0 failed, ")
    assert "Still running: 0" in results[name]["text"]


def report(name: str, worked: Worked) -> t.Tuple[Cloud, Result, Result]:
    """Return the project of a row, its result, and its report for programs."""
    clouds, results, folder = worked
    return clouds[name], results[name], json.loads((folder / f"{name}.json").read_text())


def ids(rows: t.Sequence[Result]) -> t.List[str]:
    """Return the ids of jobs, sorted."""
    return sorted(row["job_id"] for row in rows)


def test_what_is_to_be_kept_and_is_not_there_is_a_warning(worked: Worked) -> None:
    results = worked[1]
    warning = "Warning: modelarts_prune_keep: no job has the name or the ID nobody (any more)."
    assert warning in results["another workspace"]["text"]
    assert not [line for line in results["lists in lines"]["text"] if "Warning" in line]


def test_what_was_refused_and_runs_is_told_in_numbers_and_money(worked: Worked) -> None:
    cloud, result, told = report("refused", worked)
    assert cloud.job_ids() == {"1", "3", "4"}
    assert "1 of 3 visualization jobs failed, 2 deleted, 0 unchanged. ModelArts.0105: 1 (1)." in result["msg"]
    assert result["text"][:2] == ["2 visualization jobs deleted, 1 failed, 0 gone before, 1 kept.", "Still running: 1"]
    assert [ids(told[name]) for name in ("deleted", "failed", "still_running", "kept")] == [["2", "5"], ["1"], ["1"], ["3"]]
    assert told["failed"][0]["error_code"] == "ModelArts.0105"
    assert told["cost"]["per_day_of_still_running"] == 12.0 and told["cost"]["so_far"] == pytest.approx(1.0, abs=0.1)
    assert "What still runs costs 12.00 for each day that it runs on." in result["text"]


def test_what_cannot_be_looked_at_again_is_not_called_stopped(worked: Worked) -> None:
    cloud, result, told = report("not readable", worked)
    assert cloud.job_ids() == set(ALL.split())
    assert told["still_running"] is None and ids(told["failed"]) == ["1"]
    assert "Still running: unknown" in result["text"] and result["msg"] != ""


def test_action_stop_deletes_nothing(worked: Worked) -> None:
    cloud, result, told = report("stop", worked)
    assert result["msg"] == "" and "delete" not in cloud.calls()
    assert {one: job["status"] for one, job in cloud.jobs().items()} == {"1": 12, "2": 11, "3": 8, "4": 12, "5": 12}
    assert [ids(told[name]) for name in ("stopped", "stopped_before", "deleted")] == [["1", "4"], ["2", "5"], []]
    assert (told["still_running"], told["action"]) == ([], "stop")


def test_in_check_mode_the_same_reports_say_what_would_be_done(worked: Worked) -> None:
    cloud, result, told = report("check", worked)
    words = "4 visualization jobs would be deleted"
    assert cloud.changing() == [] and cloud.job_ids() == set(ALL.split())
    assert result["msg"] == "" and result["text"][0].startswith(words) and "Still running: 2" in result["text"]
    assert "This was check mode: nothing was done." in result["text"]
    assert told["check_mode"] is True and told["heading"].startswith(words)
    assert [ids(told[one]) for one in ("deleted", "still_running", "failed")] == [["1", "2", "3", "5"], ["1", "3"], []]
    assert f"<h1>{words}" in (worked[2] / "check.html").read_text()


def test_what_the_cloud_says_is_escaped_and_is_no_template(worked: Worked) -> None:
    dummy, result, told = report("evil words", worked)
    page = (worked[2] / "evil words.html").read_text()
    assert "<img" not in page and "<b>{{" not in page and "&lt;img src=x&gt;{{ 7 * 191 }}" in page
    [row] = told["failed"]
    assert (row["error_code"], row["job_name"], row["error_message"]) == ("ModelArts.<b>{{ 7 * 191 }}", EVIL, EVIL)
    assert EVIL in result["msg"] and any(EVIL in line for line in result["text"])
    assert "1337" not in page + str(told) + result["msg"] + str(result["text"])


def test_by_force_what_is_refused_is_stopped_first_and_what_somebody_else_deleted_is_told_apart(worked: Worked) -> None:
    cloud, dummy, told = report("evil words", worked)
    assert cloud.job_ids() == {"4", "6"}
    assert (ids(told["deleted"]), ids(told["gone_before"]), ids(told["still_running"])) == (["1", "2", "3"], ["5"], ["6"])


def test_each_report_is_readable_by_all_and_nothing_else_is_written(worked: Worked) -> None:
    folder = worked[2]
    expected = {f"{name}.{key[-4:]}" for name, row in REPORTED.items() for key in row if key.startswith("report_")}
    written = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.suffix in (".json", ".html")}
    assert {name: mode for name, mode in written.items() if name != "results.json"} == dict.fromkeys(expected, 0o644)
    assert not [path for path in folder.iterdir() if path.name.startswith("ansible.")]


def test_a_play_works_beside_variables_of_others_and_where_localhost_is_reached_by_ssh(
    simulator: str, tmp_path: pathlib.Path
) -> None:
    cloud = filled(simulator)
    inventory = tmp_path / "hosts"
    inventory.write_text("localhost ansible_host=192.0.2.1 ansible_connection=ssh\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all").write_text("prune_images: true\nprune_keep: [somebody]\n")
    output = run_playbook(cloud, tmp_path, "-i", str(inventory), *given(older_than="30d", keep="keep-me,8993"))
    assert "failed=0" in output and "changed=1" in output and cloud.job_ids() == {"3", "4"}
    assert "no job has the name or the ID 8993" in output.split("PLAY RECAP")[0].replace("\n", " ")


# --- whoever includes the role may ignore its failures -----------------------------------------------------------


def include(apply: t.Mapping[str, t.Any], **variables: t.Any) -> Result:
    """Return a task that includes the role with keywords for its tasks."""
    own = {P + name: value for name, value in variables.items()}
    return {"ansible.builtin.include_role": {"name": "otc.modelarts.prune", "apply": dict(apply)}, "vars": own}


def run_tasks(cloud: Cloud, folder: pathlib.Path, tasks: t.Sequence[Result], **keywords: t.Any) -> str:
    """Run tasks on two hosts, the first of which is this machine, and return what is said."""
    inventory, book = folder / "two.yml", folder / "tasks.yml"
    hosts: dict[str, Result] = {"this": {}, "other": {}}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}))
    book.write_text(yaml.safe_dump([{"hosts": "this", "gather_facts": False, "tasks": list(tasks), **keywords}]))
    output = ansible_playbook(str(book), cloud.access_key(), folder, sys.executable, "-i", str(inventory))
    return no_secret(output, cloud)


IGNORED = {"ignore_errors": True}


def test_a_stop_that_is_ignored_stops_all_the_same(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    tasks = [include(IGNORED, older_then="30d"), include(IGNORED, older_than="30d", keep="keep me")]
    tasks += [include(IGNORED, older_than="30d", report_json="/nowhere/r.json")]
    said = run_tasks(cloud, tmp_path, tasks)
    assert cloud.job_ids() == set(ALL.split()) and cloud.changing() == [], said
    assert said.count("Nothing was done.") >= 6, said


def test_what_an_earlier_use_has_chosen_is_nothing_to_a_later_one(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    cloud.fault(
        operation="list", nth=3, times=0, status=403, body={"error_code": "ModelArts.0108", "error_msg": "No permission."}
    )
    stop = include({}, name="exp-old|other", action="stop")
    said = run_tasks(cloud, tmp_path, [stop, include(IGNORED, name="junk.*", keep="x")])
    assert set(cloud.changing()) <= {"stop"} and cloud.job_ids() == set(ALL.split()), said


def test_facts_that_go_to_another_host_choose_nothing(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    look, elsewhere = {"check_mode": True}, {"delegate_to": "other", "delegate_facts": True}
    said = run_tasks(cloud, tmp_path, [include(look, name=".*"), include(elsewhere, name="tmp-.*")])
    assert cloud.job_ids() == set(ALL.split()) and cloud.changing() == [], said
    assert "0 visualization jobs deleted" in said


def test_a_list_that_lags_after_a_failure_does_not_say_that_nothing_runs(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator, denied=["delete"])
    cloud.fault(operation="list", nth=2, times=0, body={"job_total_count": 0, "jobs": []})
    said = run_playbook(cloud, tmp_path, *given(name="exp-old"))
    assert "Still running: unknown" in said and "Still running: 0" not in said


def test_a_time_limit_of_ansible_does_not_take_the_report_away(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator, delete_seconds=60)
    said = run_tasks(cloud, tmp_path, [include({"timeout": LIMIT}, name="exp-old", report_json=str(tmp_path / "r.json"))])
    report = json.loads((tmp_path / "r.json").read_text())
    assert [row["job_id"] for row in report["failed"]] == ["1"] and "failed=1" in said, said


def test_nor_does_one_that_ends_the_look_at_what_was_stopped(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator, stop_seconds=0)
    cloud.fault(operation="list", nth=2, times=0, delay=60)
    own = {"name": "exp-old", "action": "stop", "report_json": str(tmp_path / "r.json")}
    said = run_tasks(cloud, tmp_path, [include({"timeout": LIMIT}, **own)])
    report = json.loads((tmp_path / "r.json").read_text())
    assert ids(report["stopped"]) == ["1"] and report["still_running"] is None and cloud.jobs()["1"]["status"] == 12, said
    assert "Still running: unknown" in said and "failed=1" in said, said


@pytest.mark.parametrize("later", ["", "keep-me,exp-old", "other"])
def test_what_is_asked_for_stays_so_to_the_end_whatever_a_variable_says_by_then(
    simulator: str, tmp_path: pathlib.Path, later: str
) -> None:
    cloud, file, report = filled(simulator, delete_seconds=6), tmp_path / "keep", tmp_path / "r.json"
    file.write_text("keep-me")
    read = f"{{{{ lookup('ansible.builtin.pipe', 'cat {file}') }}}}"
    tasks = [include({}, older_than="30d", status="running", keep=read, report_json=str(report))]
    with futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_tasks, cloud, tmp_path, tasks)
        while not cloud.times("delete"):
            assert not running.done(), running.result()
            time.sleep(0.2)
        file.write_text(later)
        said = running.result()
    told = json.loads(report.read_text())
    assert told["keep"] == ["keep-me"] and ids(told["kept"]) == ["3"], said
    assert ids(told["deleted"]) == ["1"] and "1 visualization job deleted" in said, said
    assert cloud.job_ids() == {"2", "3", "4", "5"} and "Nothing was done" not in said


DEFAULTS: t.List[t.Tuple[Result, Variables, str]] = [
    ({"group/otc.modelarts.modelarts": {"cloud": "other"}}, {}, "module_defaults gives cloud, which does not reach"),
    ({"group/otc.modelarts.modelarts": {"workspace_id": "77"}}, {}, "set modelarts_prune_workspace_id"),
    ({"otc.modelarts.modelarts_visualization_job": {"auth": {"token": "other"}}}, {}, "set modelarts_prune_auth"),
    ({"group/otc.modelarts.modelarts": {"verify": False}}, {"region_name": "eu-de"}, "module_defaults gives validate_certs"),
    ({"otc.modelarts.modelarts_visualization_job_info": {"limit": 1}}, {}, "module_defaults gives limit"),
]


@pytest.mark.parametrize(("defaults", "own", "said"), DEFAULTS, ids=[row[2] for row in DEFAULTS])
def test_defaults_of_the_play_that_would_mislead_the_role_stop_it(
    simulator: str, tmp_path: pathlib.Path, defaults: Result, own: Variables, said: str
) -> None:
    cloud = filled(simulator)
    output = run_tasks(cloud, tmp_path, [include({}, older_than="30d", keep="keep-me", **own)], module_defaults=defaults)
    assert said in output and cloud.changing() == [] and cloud.job_ids() == set(ALL.split()), output


def test_defaults_of_the_play_that_the_role_has_itself_do_not_stop_it(simulator: str, tmp_path: pathlib.Path) -> None:
    cloud = filled(simulator)
    defaults: Result = {"group/otc.modelarts.modelarts": {"auth": {"token": "other"}, "endpoint": "https://other.example.com"}}
    defaults["otc.modelarts.modelarts_visualization_job"] = {"wait_timeout": 1, "force": True}
    own = {**cloud.by_key(), "older_than": "30d", "keep": "keep-me"}
    said = run_tasks(cloud, tmp_path, [include({}, **own)], module_defaults=defaults)
    assert cloud.job_ids() == {"3", "4"} and "failed=0" in said, said


@pytest.mark.parametrize("value", ["keep-me other", "keep-me\nother"], ids=repr)
def test_what_the_command_line_cuts_off_stops_the_playbook(simulator: str, tmp_path: pathlib.Path, value: str) -> None:
    cloud = filled(simulator)
    said = run_playbook(cloud, tmp_path, *given(older_than="30d", keep=value))
    assert "Something was cut off by -e, which ends a value at white space" in said and untouched(cloud), said
