# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task runs, and that it makes no difference: in Ansible's own process, or as a module."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import time
import typing as t

import pytest
import yaml
from conftest import INFO, MODULE, Cloud, Clouds, Play, Result, Row, Running, begin_table, on_path, prepared

pytestmark = pytest.mark.usefixtures("directly_unless_said")
HERE = "runs in this process"
AS_MODULE = "runs as a module: "
REFUSED_KEY = {"status": 401, "body": {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information"}}


# --- both ways do the same ---------------------------------------------------------------------------------------

JOBS: t.List[Result] = [
    {"job_id": "10", "status": 8, "job_desc": 'cut \ud83d, {{ 7 * 7 }}, "quoted"'},
    {"job_id": "11", "status": 12},
    {"job_id": "12", "status": 9},
]
FAST: Result = {"wait_timeout": 30, "wait_sleep": 0.3}
# What a task is given; how its cloud differs; what goes wrong.
KINDS: t.Dict[str, t.Tuple[Result, Result, t.List[Result]]] = {
    "deletes": ({"state": "absent", "job_id": "10"}, {}, []),
    "predicts": ({"state": "absent", "job_id": "10", "check_mode": True}, {}, []),
    "finds it gone": ({"state": "absent", "job_id": "99"}, {}, []),
    "deletes by name": ({"state": "absent", "name": "name-10", "wait": False}, {}, []),
    "deletes many": ({"state": "absent", "job_ids": ["10", "11", "98", "10"], "max_concurrency": 1}, {}, []),
    "none of many": ({"state": "absent", "job_ids": []}, {}, []),
    "stops": ({"state": "stopped", "job_id": "10"}, {}, []),
    "starts": ({"state": "started", "name": "name-11"}, {}, []),
    "restarts": ({"state": "restarted", "job_id": "10"}, {}, []),
    "creates": ({"name": "new", "train_url": "/bucket/logs/", "description": "d"}, {}, []),
    "describes": ({"name": "name-10", "description": "other"}, {}, []),
    "fails on another path": ({"name": "name-10", "train_url": "/other/"}, {}, []),
    "is refused": ({"state": "absent", "job_id": "10", "wait": False}, {"delete_refused_at": [8, 9]}, []),
    "has no right": ({"state": "absent", "job_id": "10"}, {"denied": ["delete"]}, []),
    "has a bad key": ({"state": "absent", "job_ids": ["10", "11"]}, {}, [{"times": 0, **REFUSED_KEY}]),
    "never knows": (
        {"state": "absent", "job_id": "10", "wait_timeout": 8},
        {},
        [{"method": "DELETE", "times": 0, "status": 500}],
    ),
    "is not in time": ({"state": "absent", "job_id": "10", "wait_timeout": 8}, {"delete_seconds": 60}, []),
    "has an option too many": ({"state": "absent", "job_id": "10", "colour": "red"}, {}, []),
    "has no subject": ({"state": "absent"}, {}, []),
    "has two subjects": ({"state": "absent", "job_id": "10", "name": "x"}, {}, []),
    "has an odd state": ({"state": "gone", "job_id": "10"}, {}, []),
    "has an odd number": ({"state": "absent", "job_id": "10", "wait_timeout": "soon"}, {}, []),
    "has a null": ({"state": "absent", "job_id": None}, {}, []),
    "has an alias": ({"state": "absent", "id": 10, "timeout": "30"}, {}, []),
    "has both": ({"state": "absent", "id": "10", "job_id": "10"}, {}, []),
    "has an odd auth": ({"state": "absent", "job_id": "10", "auth": "none"}, {}, []),
    "is not verified": ({"state": "absent", "job_id": "99", "validate_certs": False}, {}, []),
}
READS: t.Dict[str, t.Tuple[Result, Result, t.List[Result]]] = {
    "reads one": ({"job_id": "10"}, {}, []),
    "reads none": ({"job_id": "99"}, {}, []),
    "reads all": ({"sort_by": "job_id", "order": "asc", "limit": 2}, {}, []),
    "reads by state": ({"state": ["running"], "older_than": "1m"}, {}, []),
    "may not read": ({}, {"denied": ["list"]}, []),
    "has an odd status": ({"status": ["odd"]}, {}, []),
}


def twins(clouds: Clouds, kinds: t.Mapping[str, t.Tuple[Result, Result, t.List[Result]]], direct: bool) -> t.Dict[str, Row]:
    """Return a row for each kind of task, on a cloud of its own that is as that of its twin."""
    rows: t.Dict[str, Row] = {}
    for name, (task, settings, faults) in kinds.items():
        cloud = clouds(**{"delete_seconds": 5, **settings})  # so that the first look, however late, still shows a job
        cloud.add_many([{**job, "create_time": 1763892000000} for job in JOBS])
        for rule in faults:
            cloud.fault(**rule)
        rows[name] = (cloud, {**task, "otc_modelarts_direct": direct})
    return rows


def displayed(running: Running) -> t.Dict[str, Result]:
    """Return the result of each row as Ansible shows it, the invocation included."""
    text = running.output()
    heads = re.finditer(r"^(?:ok|changed|fatal): \[([^\]]+)\].* => (?={)", text, re.MULTILINE)
    results: t.Dict[str, Result] = {}
    for head in heads:
        results.setdefault(head.group(1), json.JSONDecoder().raw_decode(text, head.end())[0])
    return results


def seen(cloud: Cloud, result: Result) -> t.Tuple[Result, t.List[t.Any]]:
    """Return what a task told and what it asked for, without what no two tasks can have in common."""
    calls = [(one["operation"], one.get("job_id"), one["status"]) for one in cloud.log()]
    text = re.sub(r'"hidden-\w+"', '"hidden"', json.dumps(result, sort_keys=True))
    for mine in (cloud.credentials["project_id"], cloud.credentials["access_key"]):
        text = text.replace(mine, "mine")
    for own in ("request_id", "duration", "create_time", "created_at", "service_url", "resource_id", "exception"):
        text = re.sub(rf'"{own}": ("[^"]*"|\d+)', f'"{own}": "own"', text)
    told: Result = json.loads(text)
    if "(wait_timeout)" in told.get("msg", ""):  # what came last is a matter of time
        told["msg"] = re.sub(r" The last answer was: .*?\.(?= )", "", told["msg"])
        told = {name: value for name, value in told.items() if name not in ("http_status", "error_code", "error_message")}
    return told, without_polls(calls)


def without_polls(calls: t.List[t.Any]) -> t.List[t.Any]:
    """Return calls in order, the reads among them each once: how often they are repeated is a matter of time."""
    reads = {call for call in calls if call[0] in ("get", "list")}
    return [*sorted(reads, key=str), *(call for call in calls if call not in reads)]


@pytest.mark.parametrize(("kinds", "module"), [(KINDS, MODULE), (READS, INFO)], ids=["job", "info"])
def test_both_ways_tell_and_ask_the_same(
    clouds: Clouds, tmp_path: pathlib.Path, kinds: t.Dict[str, t.Tuple[Result, Result, t.List[Result]]], module: str
) -> None:
    ways = {}
    for direct in (True, False):
        folder = tmp_path / str(direct)
        folder.mkdir()
        rows = twins(clouds, kinds, direct)
        environ = {"ANSIBLE_INJECT_INVOCATION": "true"}
        pace = FAST if module == MODULE else {}
        paced = {name: (cloud, {**pace, **task}) for name, (cloud, task) in rows.items()}
        running = begin_table(paced, folder, environ, module)
        running.process.wait(timeout=120)
        shown = displayed(running)
        said = [line for dummy, line in running.lines if HERE in line or AS_MODULE in line]
        assert len(said) == len(rows) and all((HERE in line) == direct for line in said), running.output()
        ways[direct] = {name: seen(cloud, shown[name]) for name, (cloud, dummy) in rows.items()}
        assert all("invocation" in shown[name] for name in rows)
    for name in kinds:
        (told, asked), (told_by_module, asked_by_module) = ways[True][name], ways[False][name]
        different = {key for key in {*told, *told_by_module} if told.get(key) != told_by_module.get(key)}
        assert not different, (name, {key: (told.get(key), told_by_module.get(key)) for key in different})
        assert asked == asked_by_module, name


# --- where it runs -----------------------------------------------------------------------------------------------


def where(tasks: t.List[Result], tmp_path: pathlib.Path, cloud: Cloud, environ: t.Optional[t.Dict[str, str]] = None) -> Running:
    """Run tasks without saying anything of their interpreter, and return what was said."""
    book = tmp_path / "where.yml"
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    command, own = prepared(str(book), {**cloud.access_key(), **(environ or {})}, tmp_path, "")
    running = Running(command, own)
    running.process.wait(timeout=120)
    return running


def ways(running: Running) -> t.List[str]:
    """Return for each task where it ran."""
    return re.findall(r"visualization_job_info (runs in this process|runs as a module: .*)\.\s", running.output())


def test_a_task_runs_here_where_nothing_speaks_against_it(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    look: Result = {INFO: {}, "ignore_errors": True}
    here = sys.executable
    tasks: t.List[t.Tuple[Result, str]] = [
        ({}, HERE),
        ({"vars": {"ansible_python_interpreter": here}}, HERE),
        ({"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}, HERE),
        ({"vars": {"ansible_python_interpreter": "auto_silent"}}, HERE),
        ({"check_mode": True, "delegate_to": "localhost"}, HERE),
        ({"vars": {"otc_modelarts_direct": "yes"}}, HERE),
        ({"vars": {"otc_modelarts_direct": False}}, f"{AS_MODULE}the variable otc_modelarts_direct is false"),
        ({"vars": {"ansible_python_interpreter": "/usr/bin/env python9"}}, f"{AS_MODULE}its Python is /usr/bin/env python9"),
        ({"async": 60, "poll": 1}, f"{AS_MODULE}it is asynchronous"),
        ({"become": True, "become_method": "su"}, f"{AS_MODULE}it becomes another user"),
        (
            {"vars": {"ansible_connection": "ssh", "ansible_port": 1}, "ignore_unreachable": True},
            f"{AS_MODULE}the connection is ssh",
        ),
    ]
    running = where([{**look, **keywords} for keywords, dummy in tasks], tmp_path, cloud)
    assert ways(running) == [way for dummy, way in tasks], running.output()


def test_what_is_no_boolean_does_not_choose_a_way(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    running = where([{INFO: {}, "vars": {"otc_modelarts_direct": "maybe"}}], tmp_path, cloud)
    assert "The variable otc_modelarts_direct must be true or false" in running.output()
    assert running.process.returncode == 2 and cloud.calls() == []


BROKEN = {
    "raises": "raise RuntimeError('broken')",
    "exits": "raise SystemExit(3)",
    "is not there": "raise ImportError('none')",
    "is a syntax error": "def",
    "prints": "import sys; print('noise'); sys.stderr.write('noise'); raise AttributeError('x')",
    "is empty": "",
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=list(BROKEN))
def test_a_library_that_breaks_while_it_is_imported_breaks_nothing_else(cloud: Cloud, tmp_path: pathlib.Path, code: str) -> None:
    environ = on_path(tmp_path, "")
    (tmp_path / "at_start" / "requests").mkdir()
    (tmp_path / "at_start" / "requests" / "__init__.py").write_text(code)
    running = where([{INFO: {}, "ignore_errors": True}, {"ansible.builtin.debug": {"msg": "went on"}}], tmp_path, cloud, environ)
    assert ways(running) == [f"{AS_MODULE}its libraries cannot be imported here"], running.output()
    assert running.process.returncode == 0 and "went on" in running.output()
    assert "noise" not in running.output().split(AS_MODULE)[0]


# --- what a task brings ------------------------------------------------------------------------------------------


def test_the_environment_of_a_task_reaches_it_and_is_put_back(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    cloud.add("1")  # an empty list would be read twice
    tasks: t.List[Result] = [
        {INFO: {}, "environment": "{{ item }}", "loop": [cloud.access_key(), {}], "no_log": False, "register": "looked"},
        {"ansible.builtin.debug": {"msg": "{{ looked.results | map(attribute='failed') }}"}},
    ]
    tasks[0]["ignore_errors"] = True
    book = tmp_path / "environment.yml"
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    running = Running(*prepared(str(book), {}, tmp_path, ""))
    running.process.wait(timeout=60)
    assert re.search(r"\[\s*false,\s*true\s*\]", running.output()), running.output()
    assert "No credentials" in running.output() and cloud.calls() == ["list"]


def test_the_environment_of_a_task_means_the_same_both_ways(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    cloud.add("1")  # an empty list would be read twice
    look: Result = {INFO: {"ca_cert": "$PLACE/ca.pem"}, "ignore_errors": True, "environment": {"PLACE": "/nowhere"}}
    odd: Result = {INFO: {}, "environment": {"NUMBER": 5, "YES": True, "NULL": None, "LIST": ["a"]}}
    for direct in (True, False):
        running = where([{**task, "vars": {"otc_modelarts_direct": direct}} for task in (look, odd)], tmp_path, cloud)
        assert "there is no file '/nowhere/ca.pem'" in running.output() and running.process.returncode == 0, running.output()
    assert cloud.calls() == ["list", "list"]


def test_relative_paths_begin_at_the_playbook(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    cloud.add("1")  # an empty list would be read twice
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"clouds": {"mine": cloud.by_key()}}))
    task: Result = {INFO: {"cloud": "mine", "endpoint": cloud.credentials["endpoint"]}}
    task["environment"] = {"OS_CLIENT_CONFIG_FILE": "./mine.yaml"}
    for direct in (True, False):
        running = where([{**task, "vars": {"otc_modelarts_direct": direct}}], tmp_path, cloud)
        assert running.process.returncode == 0, running.output()
    assert cloud.calls() == ["list", "list"]


def test_what_a_job_tells_is_never_a_template(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_desc="{{ 7 * 7 }}")
    looked, said = play(
        {"module": INFO, "job_id": "10"}, {"module": "ansible.builtin.debug", "msg": "{{ result_0.jobs[0].job_desc }}"}
    )
    assert looked["jobs"][0]["job_desc"] == said["msg"] == "{{ 7 * 7 }}"


# --- waiting, and the end of it ----------------------------------------------------------------------------------


def test_a_task_that_waits_shows_how_far_it_is(clouds: Clouds, tmp_path: pathlib.Path) -> None:
    rows: t.Dict[str, Row] = {}
    for name in ("one", "many"):
        cloud = clouds(delete_seconds=14)
        ids = cloud.add_many([{"job_id": str(number)} for number in range(1, 4)])
        rows[name] = (cloud, {"state": "absent", "wait_timeout": 60, **({"job_id": "1"} if name == "one" else {"job_ids": ids})})
    running = begin_table(rows, tmp_path)
    begin = time.time()
    running.process.wait(timeout=60)
    lines = [(moment - begin, line.strip()) for moment, line in running.lines if line.startswith("WAITING")]
    shown = [re.sub(r"\d+ of 60 s", "N of 60 s", line) for dummy, line in lines]
    one = "WAITING on one: 1 job to be deleted, 1 accepted, 0 done, N of 60 s"
    many = "WAITING on many: 3 jobs to be deleted, 3 accepted, 0 done, N of 60 s"
    assert sorted(set(shown)) == [many, one] and 2 <= shown.count(one) <= 3, running.output()
    assert lines[0][0] >= 5 and lines[0][0] < 12, "it is not shown as it happens"


def test_what_must_not_be_logged_shows_no_sign_of_life(clouds: Clouds, tmp_path: pathlib.Path) -> None:
    cloud = clouds(delete_seconds=9)
    cloud.add("1")
    running = begin_table({"one": (cloud, {"state": "absent", "job_id": "1"})}, tmp_path, no_log=True)
    running.process.wait(timeout=60)
    assert "WAITING" not in running.output() and cloud.job_ids() == set()


def test_a_timeout_tells_what_may_have_been_done_and_is_not_tried_again(clouds: Clouds, tmp_path: pathlib.Path) -> None:
    cloud = clouds()
    cloud.add("1")
    cloud.fault(operation="delete", delay_after=25)
    keywords: Result = {"timeout": 2, "retries": 3, "delay": 1, "until": "result is success"}
    running = begin_table({"one": (cloud, {"state": "absent", "job_id": "1"})}, tmp_path, **keywords)
    begin = time.time()
    running.process.wait(timeout=60)
    result = json.loads((tmp_path / "results.json").read_text())["one"]
    assert result["failed"] and result["outcome_unknown"] is True, result
    assert "The timeout of this task (2 s) is over." in result["msg"] and "may" in result["msg"]
    assert cloud.calls().count("delete") == 1 and "Traceback" not in running.output()
    assert time.time() - begin < 20, "requests in flight are waited for 5 s"


def test_what_a_job_says_is_no_template_where_a_timeout_has_ended_the_task(clouds: Clouds, tmp_path: pathlib.Path) -> None:
    cloud = clouds(delete_seconds=60)
    cloud.add("1", job_desc="{{ 6 * 7 }}")
    refusing = clouds()
    refusing.add("1")
    refusing.fault(operation="delete", status=400, body={"error_code": "ModelArts.0105", "error_msg": "{{ 6 * 7 }}"})
    refusing.fault(operation="get", nth=2, times=0, delay=20)
    rows: t.Dict[str, Row] = {name: (one, {"state": "absent", "job_id": "1"}) for name, one in (("a", cloud), ("b", refusing))}
    then = [
        {"ansible.builtin.debug": {"msg": "<{{ result.job.job_desc }}> <{{ result.msg }}> <{{ result.error_message | d('-') }}>"}}
    ]
    running = begin_table(rows, tmp_path, timeout=5, then=then)
    running.process.wait(timeout=60)
    said = running.output()
    assert said.count("The timeout of this task (5 s) is over.") >= 2 and '"msg": "<' in said, said
    assert not re.search(r'"msg": "<.*42', said) and '"msg": "<{{ 6 * 7 }}>' in said, said


def test_twenty_hosts_at_once_and_at_will(clouds: Clouds, tmp_path: pathlib.Path) -> None:
    rows: t.Dict[str, Row] = {}
    for number in range(20):
        cloud = clouds()
        cloud.add("1")
        rows[f"host-{number}"] = (cloud, {"state": "absent", "job_id": "1"})
    running = begin_table(rows, tmp_path, {"ANSIBLE_STRATEGY": "free"}, at_once=10)
    running.process.wait(timeout=120)
    said = running.output()
    assert said.count(HERE) == 20 and all(f"changed: [host-{number}]" in said for number in range(20)), said
    assert all(cloud.job_ids() == set() and cloud.calls().count("delete") == 1 for cloud, dummy in rows.values())
