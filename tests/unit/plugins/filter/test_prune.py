# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role prune understands, what it refuses, which jobs that chooses, and that the reports tell the truth."""

from __future__ import annotations

import html.parser
import json
import pathlib
import typing as t

import pytest
import yaml
from ansible.utils.display import Display

from ansible_collections.otc.modelarts.plugins.filter import _prune as filters
from ansible_collections.otc.modelarts.plugins.module_utils import _jobs
from ansible_collections.otc.modelarts.plugins.plugin_utils import _prune, _prune_report

ROOT = pathlib.Path(__file__).resolve().parents[4]
SPECS = yaml.safe_load((ROOT / "roles" / "prune" / "meta" / "argument_specs.yml").read_text())
OPTIONS: t.Dict[str, t.Any] = SPECS["argument_specs"]["main"]["options"]
P = _prune.PREFIX
Job = t.Dict[str, t.Any]


def read(**given: t.Any) -> t.Dict[str, t.Any]:
    """Return what is read of these variables, given without their prefix."""
    return _prune.read({P + name: value for name, value in given.items()}, OPTIONS)


def asked(**given: t.Any) -> t.Dict[str, t.Any]:
    """Return the same where everything is clear."""
    found = read(**{"older_than": "30d", **given})
    assert found["errors"] == []
    return found


# --- what is understood ------------------------------------------------------------------------------------------


def test_every_variable_is_documented_and_read_or_about_the_connection() -> None:
    connection = {"cloud", "auth", "region_name", "endpoint", "validate_certs", "ca_cert", "client_cert", "client_key"}
    connection |= {"api_timeout", "api_retries"}
    assert {name[len(P) :] for name in OPTIONS} == set(_prune.READERS) | connection
    assert all(name.startswith(P) for name in OPTIONS)


def test_the_tasks_give_the_connection_options_to_the_modules() -> None:
    tasks = yaml.safe_load((ROOT / "roles" / "prune" / "tasks" / "main.yml").read_text())
    tasks += [inner for task in tasks for inner in task.get("block", ())]
    modules = [value for task in tasks for name, value in task.items() if name.startswith("otc.modelarts.")]
    assert len(modules) == 4
    for name in set(OPTIONS) - {P + one for one in _prune.READERS}:
        assert {module[name[len(P) :]] for module in modules} == {f"{{{{ {name} | default(omit) }}}}"}


def test_what_is_not_given_has_its_default() -> None:
    found = asked()
    assert (found["action"], found["force"], found["timeout"]) == ("delete", False, 1800)
    assert [found[name] for name in ("status", "state", "name", "keep", "workspace_id", "price_per_hour")] == [None] * 6
    assert (found["files"], found["folders"]) == ([], [])


LISTS: t.Tuple[t.Tuple[t.Any, t.List[t.Any]], ...] = (
    ("a", ["a"]),
    ("a,b", ["a", "b"]),
    (" a , b ", ["a", "b"]),
    ("a\nb", ["a", "b"]),
    ("a\r\nb\r\n", ["a", "b"]),
    ("\n a \n\n\t b\n", ["a", "b"]),
    ("a, b\nc", ["a", "b", "c"]),
    ("a,\nb,\nc", ["a", "b", "c"]),
    (["a", "b"], ["a", "b"]),
    (["a, b", "c\nd"], ["a", "b", "c", "d"]),
    (("a", "b"), ["a", "b"]),
    (8993, [8993]),
    (0, [0]),
    ([8993, "8994", 8993], ["8994", 8993]),
    ("a,a,b", ["a", "b"]),
    ("night-run_2", ["night-run_2"]),
    ("x" * 64, ["x" * 64]),
)
NO_LISTS = ("a,,b", ",", " , ", "a,", ",a", "a,\n", "a\n,b", "a\n,\nb", ["a", ""], ["a", " "], ["a", None], [None], [["a"]])
NO_LISTS += ([{"a": "b"}], {"a": "b"}, True, [True], 1.5, ["a", 1.5])  # type: ignore[assignment]
NO_NAMES = ("['a','b']", "['a'", '["a", "b"]', "[a, b]", "a b", "a;b", "a/b", "x" * 65, "a.b", "é", "{{ a }}", "-e x", "a'")
BLANK: t.Tuple[t.Any, ...] = (None, "", " ", "\n", "\r\n \t", [], {})


@pytest.mark.parametrize(("value", "entries"), LISTS, ids=repr)
def test_a_list_may_be_written_in_many_ways(value: t.Any, entries: t.List[str]) -> None:
    assert asked(keep=value)["keep"] == entries


@pytest.mark.parametrize("name", ["keep", "status", "state"])
@pytest.mark.parametrize("value", [*NO_LISTS, *NO_NAMES], ids=repr)
def test_a_list_that_is_none_is_an_error_that_names_the_variable(name: str, value: t.Any) -> None:
    [error] = read(older_than="30d", **{name: value})["errors"]
    assert error.startswith(f"{P}{name} ")


def test_the_entry_that_cannot_be_a_name_is_named() -> None:
    [error] = read(older_than="30d", keep="['a','b']")["errors"]
    assert "\"['a'\"" in error
    assert read(older_than="30d", keep="a,,b")["errors"] == [f"{P}keep has an empty entry"]


@pytest.mark.parametrize("name", sorted(OPTIONS))
@pytest.mark.parametrize("value", BLANK, ids=repr)
@pytest.mark.parametrize("other", [{}, {"older_than": "30d", "name": "exp-.*"}], ids=str)
def test_whatever_is_given_without_a_value_is_an_error(name: str, value: t.Any, other: t.Dict[str, t.Any]) -> None:
    errors = read(**{**other, name[len(P) :]: value})["errors"]
    assert f"{name} is given, but has no value. Leave it out instead" in errors


GOOD: t.Tuple[t.Tuple[str, t.Any, t.Any], ...] = (
    ("older_than", "30d", "30d"),
    ("older_than", " 12 h\r\n", "12 h"),
    ("older_than", "90m", "90m"),
    ("status", "failed,lost", ["failed", "lost"]),
    ("status", "JOBSTAT_FAILED", ["failed"]),
    ("status", [11, "12"], ["failed", "killed"]),
    ("status", 8, ["running"]),
    ("status", "Mount_Failed\nrunning", ["mount_failed", "running"]),
    ("state", "Stopped, failed", ["stopped", "failed"]),
    ("name", "exp-.*", "exp-.*"),
    ("name", " (?i)EXP-\\d+ \n", "(?i)EXP-\\d+"),
    ("workspace_id", "7", "7"),
    ("workspace_id", 0, "0"),
    ("action", "stop", "stop"),
    ("force", True, True),
    ("force", "yes", True),
    ("force", "False\n", False),
    ("force", 0, False),
    ("timeout", 60, 60),
    ("timeout", " 60 ", 60),
    ("report_json", "/srv/r.json", "/srv/r.json"),
    ("report_html", " ~/r.html\n", "~/r.html"),
    ("price_per_hour", 0.35, 0.35),
    ("price_per_hour", "0.35", 0.35),
    ("price_per_hour", 2, 2.0),
    ("price_per_hour", 0, 0.0),
)


@pytest.mark.parametrize(("name", "value", "understood"), GOOD, ids=repr)
def test_what_is_clear_is_understood(name: str, value: t.Any, understood: t.Any) -> None:
    found = asked(**{name: value})[name]
    assert (found, type(found)) == (understood, type(understood))


BAD: t.Tuple[t.Tuple[str, t.Any], ...] = (
    *(
        ("older_than", value)
        for value in (30, "30", 30.5, "a week", "-1d", "1.5d", "30 days", "d", "30d,1h", True, ["30d"], {"d": 3})
    ),
    *(("status", value) for value in ("failing", 23, -1, 111, "8.0", "JOBSTAT_", "failed lost", "running;failed", 8.0)),
    *(("state", value) for value in ("dead", 8, "killed", "failed stopped")),
    *(("name", value) for value in ("exp-(", "*", "a\nb", "(?L)a", "a{2,1}", True, 1.5, ["exp"], {"a": 1}, "(?P<a")),
    *(("keep", value) for value in (True, 8993.0, {"a": 1})),
    *(("workspace_id", value) for value in ("a/b", "x" * 65, "1,2", True, 1.0, ["1"], "../0")),
    *(("action", value) for value in ("remove", "Delete", "delete,stop", 1, True, ["stop"], "none")),
    *(("force", value) for value in ("maybe", "si", 2, 1.0, ["yes"], {"a": 1})),
    *(("timeout", value) for value in (0, -1, "0", "1e3", 1.5, 60.0, True, "60s", "a minute", [60], 10**9)),
    *(("report_json", value) for value in ("r.json", "./r.json", "$HOME/r", "~", "/srv/", "/", "~x/r", 5, True, ["/r"], "/a\nb")),
    *(("report_html", value) for value in ("r.html", "../r.html", "C:\\r.html", "file:///r.html", "/srv/..")),
    *(("price_per_hour", value) for value in ("0,35", "0.35 EUR", "free", -1, "-1", "nan", "inf", float("nan"), float("inf"))),
    *(("price_per_hour", value) for value in (True, [0.35], {"a": 1}, "1e400", 1e10, ".5.", "0x10")),
)


@pytest.mark.parametrize(("name", "value"), BAD, ids=repr)
@pytest.mark.parametrize("other", [{}, {"older_than": "30d", "name": "exp-.*"}], ids=str)
def test_what_is_not_clear_is_an_error_that_names_the_variable(name: str, value: t.Any, other: t.Dict[str, t.Any]) -> None:
    assert any(error.startswith(f"{P}{name} ") for error in read(**{**other, name: value})["errors"])


@pytest.mark.parametrize("given", [{}, {"keep": "a"}, {"workspace_id": "7"}, {"action": "stop", "force": True}], ids=str)
def test_without_a_criterion_nothing_is_chosen(given: t.Dict[str, t.Any]) -> None:
    [error] = read(**given)["errors"]
    assert error.startswith(f"Give at least one of {P}older_than, ")


@pytest.mark.parametrize("name", ["keeep", "keeps", "Keep", "days", "statuses", ""])
def test_a_variable_of_the_prefix_that_is_none_is_named_and_its_value_is_not(name: str) -> None:
    [error] = read(older_than="30d", **{name: "SECRET"})["errors"]
    assert error.startswith(f"{P}{name} is no variable of this role") and "SECRET" not in error
    assert (f", perhaps {P}keep is meant" in error) is (name in ("keeep", "keeps", "Keep"))


@pytest.mark.parametrize("value", ["0d", "00h", " 0s "])
def test_an_age_that_every_job_has_is_no_criterion(value: str) -> None:
    [error] = read(older_than=value)["errors"]
    assert error.startswith(f"{P}older_than is {value.strip()!r}, which would choose every job")


def test_what_the_command_line_has_cut_off_is_an_error() -> None:
    [error] = _prune.read({f"{P}older_than": "30d", f"{P}keep": "a", "_raw_params": "a-piece\nof-a-token"}, OPTIONS)["errors"]
    assert error.startswith("Something was cut off by -e") and "piece" not in error


def test_all_that_is_not_clear_is_told_at_once() -> None:
    found = read(older_than=30, keep="", staus="failed", timeout=0)["errors"]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("given", "stops"),
    [({"keep": "keep-me"}, True), ({"name": "exp.*"}, True), ({"state": "failed"}, False), ({"older_than": "30d"}, False)],
)
def test_a_name_that_is_masked_stops_where_names_matter(given: t.Dict[str, t.Any], stops: bool) -> None:
    jobs = [job("1", "exp-old"), job("2", "********-me")]
    if stops:
        with pytest.raises(_prune.Unclear, match="It cannot be told which jobs are meant: a secret of this task"):
            _prune.choose(jobs, jobs, asked(**given))
        with pytest.raises(_prune.Unclear, match="It cannot be told"):
            _prune.choose([], jobs, asked(**given))
    else:
        assert len(_prune.choose(jobs, [], asked(**given))["chosen"]) == 2
    with pytest.raises(_prune.Unclear, match="It cannot be told"):
        _prune.choose([job("********")], [], asked(**given))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keep", "__omit_place_holder__5fb0,a"),
        ("keep", ["a", "__omit_place_holder__5fb0"]),
        ("name", "__omit_place_holder__5fb0-.*"),
    ],
)
def test_what_is_omitted_in_part_is_an_error(name: str, value: t.Any) -> None:
    [error] = read(older_than="30d", **{name: value})["errors"]
    assert error == f"{P}{name} has omit in it, which leaves out a variable as a whole only"


@pytest.mark.parametrize("value", ["__omit_place_holder__5fb0", type("Omit", (), {"__repr__": lambda self: "<<Omit>>"})()])
def test_what_is_omitted_is_not_given(value: t.Any) -> None:
    assert asked(keep=value)["keep"] is None
    assert read(status=value)["errors"] != []


def test_a_number_is_no_regular_expression_as_it_may_have_been_written_otherwise() -> None:
    [error] = read(name=202411)["errors"]
    assert error == f"{P}name must be text, in quotes, not '202411'"


def test_two_reports_in_one_file_are_an_error() -> None:
    [error] = read(older_than="30d", report_json="/srv/r", report_html="/srv/./r")["errors"]
    assert "same file" in error


# --- reports that can be written ---------------------------------------------------------------------------------

FILE = {"stat": {"exists": True, "isreg": True}}
NOTHING = {"stat": {"exists": False}}
MADE = {"path": "/srv/ansible.x"}
NOT_MADE = {"msg": "No such file or directory"}


@pytest.mark.parametrize(
    ("look", "tried", "words"),
    [
        (NOTHING, MADE, None),
        (FILE, MADE, None),
        (NOTHING, NOT_MADE, "the folder /srv cannot be written to: No such file or directory"),
        (FILE, NOT_MADE, "the folder /srv cannot be written to: No such file or directory"),
        (NOTHING, {}, "the folder /srv cannot be written to: no file can be made there"),
        ({"stat": {"exists": True, "isreg": False, "isdir": True}}, MADE, "/srv/r.html is there, and is no file"),
        ({"stat": {"exists": True, "isreg": False, "ischr": True}}, MADE, "/srv/r.html is there, and is no file"),
        ({"msg": "no"}, MADE, "/srv/r.html is there, and is no file"),
    ],
)
def test_a_report_that_cannot_be_written_is_known_beforehand(look: t.Any, tried: t.Any, words: t.Optional[str]) -> None:
    one = asked(report_html="/srv/r.html")
    assert (one["files"], one["folders"]) == (["/srv/r.html"], ["/srv"])
    assert _prune.unwritable(one, [look], [tried]) == ([] if words is None else [f"{P}report_html: {words}"])


def test_a_report_of_somebody_else_that_cannot_be_replaced_is_known_beforehand() -> None:
    one = asked(report_html="/srv/r.html")
    [error] = _prune.unwritable(one, [FILE], [MADE], [{"msg": "Operation not permitted", "failed": False}])
    assert error == f"{P}report_html: /srv/r.html cannot be replaced: Operation not permitted"
    assert _prune.unwritable(one, [FILE], [MADE], [{"state": "file"}]) == []
    assert _prune.unwritable(one, [NOTHING], [MADE], [{"skipped": True, "msg": "Conditional result was False"}]) == []


def test_two_paths_of_one_file_are_known_once_their_folders_are() -> None:
    both = asked(report_html="~/r", report_json="/root/r")
    [error] = _prune.unwritable(both, [NOTHING, NOTHING], [{"path": "/root/x1"}, {"path": "/root/x2"}])
    assert "are the same file" in error
    [error] = read(older_than="1d", report_json="//srv/r", report_html="/srv/r")["errors"]
    assert "are the same file" in error


def test_of_two_reports_each_is_looked_at() -> None:
    both = asked(report_html="/b/r.html", report_json="/a/r.json")
    assert (both["files"], both["folders"]) == (["/a/r.json", "/b/r.html"], ["/a", "/b"])
    [error] = _prune.unwritable(both, [NOTHING, NOTHING], [MADE, NOT_MADE])
    assert error.startswith(f"{P}report_html: the folder /b cannot be written to")


# --- which jobs are chosen ---------------------------------------------------------------------------------------


def job(job_id: str, name: t.Optional[str] = "exp", status: int = 8, **fields: t.Any) -> Job:
    """Return a job as the modules tell it."""
    created = {"create_time": 1763892000000, "duration": 7200000}
    return _jobs.represent({"job_id": job_id, "job_name": name, "status": status, "train_url": "/b/l/", **created, **fields})


JOBS = [job("1", "exp-old"), job("2", "exp-failed", 11), job("3", "keep-me"), job("4", None), job("5", "other", 12)]


@pytest.mark.parametrize(
    ("given", "chosen", "kept", "keep_unknown"),
    [
        ({}, "12345", "", []),
        ({"name": "exp-.*"}, "12", "", []),
        ({"name": "exp"}, "", "", []),
        ({"name": "(?i)EXP-OLD|other"}, "15", "", []),
        ({"name": ".*"}, "1235" + "4", "", []),
        ({"name": ".+"}, "1235", "", []),
        ({"keep": "keep-me,5"}, "12", "345", []),
        ({"keep": [1, "nobody", "9"]}, "235", "14", ["nobody", "9"]),
        ({"keep": "young"}, "1235", "4", []),
        ({"name": "exp-.*", "keep": "other,exp-old"}, "2", "1", []),
    ],
    ids=repr,
)
def test_what_meets_all_criteria_and_is_not_to_be_kept_is_chosen(
    given: t.Dict[str, t.Any], chosen: str, kept: str, keep_unknown: t.List[str]
) -> None:
    selection = _prune.choose(JOBS, [*JOBS, job("6", "young")], asked(**given))
    assert {one["job_id"] for one in selection["chosen"]} == set(chosen)
    assert {one["job_id"] for one in selection["kept"]} == set(kept)
    assert selection["keep_unknown"] == keep_unknown


@pytest.mark.parametrize("entry", ["Keep-Me", "KEEP-ME", "Young"])
def test_an_entry_that_would_name_a_job_in_another_case_stops(entry: str) -> None:
    listed = {"jobs": [*JOBS, job("6", "young")]}
    with pytest.raises(_prune.Unclear, match=f"Nothing was done. {P}keep has '{entry}', but the job is called '{entry.lower()}'"):
        _prune.select(listed, listed, asked(keep=f"other,{entry}"), [])


def test_two_jobs_may_differ_in_case_where_each_entry_names_one() -> None:
    jobs = [*JOBS, job("6", "Keep-Me")]
    assert [one["job_id"] for one in _prune.choose(jobs, jobs, asked(keep="Keep-Me"))["kept"]] == ["4", "6"]


NAMES_OF = {"cloud": (), "validate_certs": ("verify",), "workspace_id": ()}
GROUP, INFO = "group/otc.modelarts.modelarts", "otc.modelarts.modelarts_visualization_job_info"


@pytest.mark.parametrize(
    ("defaults", "given", "selects", "said"),
    [
        ([], "", True, None),
        (None, "", True, None),
        ([{GROUP: None}], "", True, None),
        ([{"group/aws": {"cloud": "c"}, "ansible.builtin.uri": {"limit": 1}}], "", True, None),
        ([{GROUP: {"cloud": "c"}}], "cloud", True, None),
        ([{GROUP: {"wait": True, "api_timeout": 3}}], "", True, None),
        ([{GROUP: {"cloud": "c"}}], "", True, f"gives cloud, which does not reach the tasks of this role: set {P}cloud"),
        ([{}, {INFO: {"verify": False}}], "cloud", True, f"set {P}validate_certs"),
        ([{GROUP: {"workspace_id": "7"}}, {GROUP: {}}], "", False, f"set {P}workspace_id"),
        ([{GROUP: {"limit": 1, "search": "x"}}], "limit search", True, "gives limit, search, with which"),
        ([{GROUP: {"limit": 1}}], "limit", False, None),
        ([{GROUP: "{{ all }}"}], "", True, "gives module_defaults, with which"),
        ([{"group/my.own.ext": {"workspace_id": "7"}}], "", True, f"set {P}workspace_id"),
        ([{"group/my.own.ext": {"search": "x"}}], "search", True, "gives search, with which"),
        ([{GROUP: {"verify": False}}], "validate_certs verify", True, "gives verify, which would be stronger"),
        ([{GROUP: {"timeout": 4}}], "wait_timeout timeout", False, "gives timeout, which would be stronger"),
    ],
)
def test_defaults_of_a_play_that_would_mislead_the_role(
    defaults: t.Any, given: str, selects: bool, said: t.Optional[str]
) -> None:
    hiding, every = ("limit", "search") if selects else (), {**NAMES_OF, "wait_timeout": ("timeout",)}
    applying = (INFO, GROUP, "group/my.own.ext")
    found = _prune.foreign_defaults(defaults, applying, given.split(), every, NAMES_OF, hiding)
    assert found is None if said is None else said in (found or "")


NUMBERS = (("2024_11", 202411), ("010", 8), ("0x1F", 31), ("0b11", 3), ("8993", 8993), ("-5", -5))


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_what_yaml_makes_a_number_of_is_kept_all_the_same(name: str, number: int) -> None:
    jobs = [job("1", name), job(name, "other"), job("2", f"{name}x")]
    selection = _prune.choose(jobs, jobs, asked(keep=yaml.safe_load(f"[{name}]")))
    assert asked(keep=[number])["keep"] == [number]
    assert [one["job_id"] for one in selection["kept"]] == ["1", name] and selection["keep_unknown"] == []


LISTED = {"jobs": JOBS}


@pytest.mark.parametrize(
    ("met", "known", "given"),
    [
        ({"failed": True, "msg": "403"}, LISTED, {}),
        ({"skipped": True}, LISTED, {}),
        ({**LISTED, "failed": True}, LISTED, {}),
        (LISTED, {"failed": True, "msg": "403"}, {"keep": "a"}),
        (LISTED, {"skipped": True}, {"keep": "a"}),
    ],
)
def test_nothing_is_chosen_where_a_list_could_not_be_read(met: Job, known: Job, given: Job) -> None:
    with pytest.raises(_prune.Unclear, match=r"Nothing was done\. The jobs could not be listed"):
        _prune.select(met, known, asked(**given), [])


@pytest.mark.parametrize("given", [{"older_then": "30d"}, {"older_than": ""}, {"older_than": "1d", "keep": "a b"}], ids=repr)
def test_nothing_is_chosen_where_anything_was_unclear_even_if_the_stop_is_ignored(given: Job) -> None:
    with pytest.raises(_prune.Unclear, match=r"Nothing was done\. modelarts_prune_"):
        _prune.select(LISTED, LISTED, read(**given), [])


def test_nothing_is_chosen_where_a_report_cannot_be_written_even_if_the_stop_is_ignored() -> None:
    one = asked(report_html="/srv/r.html")
    with pytest.raises(_prune.Unclear, match="cannot be written to"):
        _prune.select(LISTED, {}, one, [{"results": [NOTHING]}, {"results": [NOT_MADE]}, {"results": []}])
    with pytest.raises(_prune.Unclear, match="was not looked at"):
        _prune.select(LISTED, {}, one, [{"skipped": True}, {"skipped": True}, {}])
    assert _prune.select(LISTED, {}, one, [{"results": [NOTHING]}, {"results": [MADE]}, {"results": []}])["chosen"] == JOBS


# --- reports -----------------------------------------------------------------------------------------------------

RUN = {"made_at": "2025-11-24T03:17:00Z", "check_mode": False}
CHECK = {**RUN, "check_mode": True}


def done(*rows: Job) -> Job:
    """Return the result of the task that worked at jobs; it has failed where one of them has."""
    return {"jobs": list(rows), **({"msg": "some of them failed."} if any(row.get("failed") for row in rows) else {})}


def good(job_id: str, changed: bool = True) -> Job:
    """Return the row of a job that did not fail."""
    return {"job_id": job_id, "changed": changed, "job": None}


def bad(job_id: str, **fields: t.Any) -> Job:
    """Return the row of a job that failed."""
    row = {"job_id": job_id, "changed": False, "failed": True, "msg": "no.", "error_code": "ModelArts.0105", "job": None}
    return {**row, **fields}


class Made(t.NamedTuple):
    """The reports of a run, and why the role has to fail."""

    report: Job
    text: t.List[str]
    page: str
    failure: t.Optional[str]


def made(result: Job, again: Job, run: t.Optional[Job] = None, **given: t.Any) -> Made:
    """Return the reports of a run about :data:`JOBS`."""
    one = asked(**given)
    reports = _prune_report.reports(one, _prune.choose(JOBS, JOBS, one), result, again, run or RUN)
    return Made(json.loads(reports["json"]), reports["text"], reports["html"], reports["failure"])


def ids(rows: t.Sequence[Job]) -> str:
    """Return the ids of jobs."""
    return "".join(row["job_id"] for row in rows)


def test_after_all_was_deleted_nothing_runs_whatever_an_old_list_says() -> None:
    result = done(good("1"), good("2"), good("3"), good("4"), good("5", False))
    report, text, page, failure = made(result, {"jobs": JOBS})
    assert (ids(report["deleted"]), ids(report["gone_before"]), report["still_running"], failure) == ("1234", "5", [], None)
    assert text[:2] == ["4 visualization jobs deleted, 0 failed, 1 gone before, 0 kept.", "Still running: 0"]
    assert "deleted 1 exp-old (running, created 2025-11-23T10:00:00Z)" in text
    assert "<b>0</b>still running" in page


@pytest.mark.parametrize(("action", "status"), [("delete", "running"), ("stop", "killed")])
def test_a_job_is_reported_as_the_deletion_has_found_it(action: str, status: str) -> None:
    one = asked(older_than="30d", action=action)
    listed = job("9", "a", 12, status_name="killed", state="stopped", train_url="/a/")
    now = {**listed, "status": 8, "status_name": "running", "state": "running", "train_url": None}
    result = done({**good("9"), "job": now})
    reports = _prune_report.reports(one, _prune.choose([listed], [listed], one), result, {"jobs": []}, RUN)
    [row] = json.loads(reports["json"])[{"delete": "deleted", "stop": "stopped"}[action]]
    assert (row["status_name"], row["train_url"]) == (status, "/a/")


def test_what_failed_and_runs_is_told_and_what_failed_and_does_not_is_not() -> None:
    result = done(bad("1"), bad("2"), good("3"), bad("4", outcome_unknown=True), good("5"))
    later = [job("1", status=9), job("2", status=11), job("3"), job("4", status=99)]
    report, text, dummy, failure = made(result, {"jobs": later})
    assert (ids(report["failed"]), ids(report["still_running"]), failure) == ("124", "14", "some of them failed.")
    assert "Still running: 2" in text and "some of them failed." in text
    assert "still running 1 exp (killing, created 2025-11-23T10:00:00Z)" in text
    assert [row.get("outcome_unknown") for row in report["failed"]] == [None, None, True]


def test_what_still_runs_is_not_known_where_the_list_cannot_be_read() -> None:
    report, text, page, failure = made(done(bad("1"), *map(good, "2345")), {"msg": "Cannot read the visualization jobs: no."})
    assert report["still_running"] is None and failure == "some of them failed."
    assert "Still running: unknown" in text and "<b>unknown</b>still running" in page
    words = "Whether the jobs still run is not known: Cannot read the visualization jobs: no."
    assert words in text and words == report["look_failure"]


def test_a_look_that_failed_is_a_failure_too() -> None:
    assert (
        made(done(*map(good, "12345")), {"msg": "no."}, action="stop").failure == "Whether the jobs still run is not known: no."
    )


def test_a_task_that_ended_without_a_word_about_its_jobs_leaves_all_unknown() -> None:
    failed = made({"msg": "MODULE FAILURE", "failed": False}, {"jobs": JOBS})
    report, failure = failed.report, failed.failure
    assert (ids(report["failed"]), ids(report["still_running"]), failure) == ("12345", "134", "MODULE FAILURE")
    assert all(row["outcome_unknown"] for row in report["failed"]) and report["deleted"] == []


def test_in_check_mode_the_reports_say_what_would_be_done_and_that_all_still_runs() -> None:
    report, text, page, failure = made(done(*map(good, "12345")), {"jobs": JOBS}, CHECK)
    assert (ids(report["deleted"]), ids(report["still_running"]), report["check_mode"], failure) == ("12345", "134", True, None)
    assert text[:2] == ["5 visualization jobs would be deleted, 0 failed, 0 gone before, 0 kept.", "Still running: 3"]
    assert "would be deleted 2 exp-failed (failed, created 2025-11-23T10:00:00Z)" in text
    assert "This was check mode: nothing was done." in text and "check mode" in page and "would be deleted" in page


def test_stopped_jobs_are_told_as_such() -> None:
    later = [job("1", status=12), job("2", status=11), job("3", status=8), job("4", status=12), job("5", status=12)]
    result = done(good("1"), good("2", False), bad("3"), good("4"), good("5", False))
    report, text = made(result, {"jobs": later}, action="stop")[:2]
    assert [ids(report[name]) for name in ("stopped", "stopped_before", "failed", "still_running")] == ["14", "25", "3", "3"]
    assert (report["deleted"], report["gone_before"]) == ([], [])
    assert text[0] == "2 visualization jobs stopped, 1 failed, 2 not running before, 0 kept."


def test_a_price_gives_what_the_hours_cost_and_what_still_runs_each_day() -> None:
    result = done(bad("1"), *map(good, "2345"))
    report, text, page, dummy = made(result, {"jobs": [job("1")]}, price_per_hour="0.35")
    assert report["hours_so_far"] == 10.0
    assert report["cost"] == {"price_per_hour": 0.35, "so_far": 3.5, "per_day_of_still_running": 8.4}
    assert "At 0.35 for an hour, these hours cost 3.50." in text
    assert "What still runs costs 8.40 for each day that it runs on." in text and "8.40 for each day" in page
    assert made(result, {"jobs": []})[0]["cost"] is None
    unknown = made(result, {}, price_per_hour=1)
    assert unknown[0]["cost"]["per_day_of_still_running"] is None and not any("each day" in line for line in unknown[1])


def test_hours_that_are_not_told_are_said_to_be_missing() -> None:
    one = asked()
    selection = _prune.choose([job("1"), job("2", duration=None)], [], one)
    reports = _prune_report.reports(one, selection, done(good("1"), good("2")), {}, RUN)
    assert "Hours that the jobs have run so far: 2.0 (of 1 of them not told)." in reports["text"]


def test_what_was_to_be_kept_and_is_not_there_is_a_warning_in_every_report(monkeypatch: pytest.MonkeyPatch) -> None:
    report, text, page, failure = made(done(*map(good, "125")), {}, keep="keep-me, nobody")
    words = f"{P}keep: no job has the name or the ID nobody (any more)."
    assert (report["keep"], report["keep_unknown"], ids(report["kept"]), failure) == (
        ["keep-me", "nobody"],
        ["nobody"],
        "34",
        None,
    )
    assert f"Warning: {words}" in text and words in page
    shown: t.List[str] = []
    monkeypatch.setattr(Display, "warning", lambda self, message: shown.append(message))
    filters.FilterModule().filters()["_prune_chosen"]({"jobs": JOBS}, {"jobs": JOBS}, asked(keep="nobody"), [])
    assert shown == [words]


class Reader(html.parser.HTMLParser):
    """Reads a page: its tags, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: t.Set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: t.Any) -> None:
        self.tags.add(tag)
        assert not {name for name, dummy in attrs} - {"lang", "charset", "name", "content", "class", "data-label"}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_whatever_comes_from_elsewhere_is_escaped() -> None:
    evil = "\"'><img src=x onerror=alert(1)>&amp;"
    fields = dict.fromkeys(("job_name", "train_url"), evil)
    odd = {**job("1"), **fields, "status_name": evil, "created_at": evil}
    one = {**asked(price_per_hour=1), "name": None, "workspace_id": evil, "keep": [evil], "status": [evil], "older_than": evil}
    selection = {"chosen": [odd, {**odd, "job_id": evil}], "kept": [odd], "keep_unknown": [evil]}
    rows = [bad("1", msg=evil, error_code=evil), good(evil)]
    run = {"made_at": evil, "check_mode": False}
    reports = _prune_report.reports(one, selection, {"jobs": rows, "msg": evil}, {"msg": evil}, run)
    page = Reader()
    page.feed(reports["html"])
    allowed = {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "div", "b", "table", "thead", "tbody"}
    assert page.tags <= allowed | {"tr", "th", "td", "small"}
    assert page.text.count(evil) > 10


def test_no_line_of_the_text_is_broken_by_what_comes_from_elsewhere() -> None:
    text = made(done(bad("1", msg="a\nStill running: 0\r\nb"), *map(good, "2345")), {"jobs": []}).text
    assert [line for line in text if line.startswith("Still running: ")] == ["Still running: unknown"]
    assert any("a Still running: 0 b" in line for line in text)


def test_without_a_job_that_meets_the_criteria_the_page_says_so() -> None:
    one = asked(name="nothing")
    reports = _prune_report.reports(one, _prune.choose(JOBS, [], one), {"jobs": []}, {"jobs": []}, RUN)
    assert "No job met the criteria." in reports["html"] and reports["text"][1] == "Still running: 0"


def test_what_the_filters_return_is_no_template() -> None:
    assert set(filters.FilterModule().filters()) == {path.stem for path in (ROOT / "plugins" / "filter").glob("*.yml")}
    chosen = filters.FilterModule().filters()["_prune_chosen"]({"jobs": [job("1", "{{ 7 * 191 }}")]}, {}, asked(), [])
    name = chosen["chosen"][0]["job_name"]
    assert name == "{{ 7 * 191 }}"
