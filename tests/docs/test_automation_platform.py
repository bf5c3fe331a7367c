# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files for AWX say what the modules read, and an execution environment gets what the modules need."""

from __future__ import annotations

import json
import pathlib
import shlex
import subprocess
import typing as t

import jinja2
import jinja2.meta
import pages
import pytest
import yaml
from conftest import Cloud

from ansible_collections.otc.modelarts.plugins.module_utils import _settings

ROOT = pathlib.Path(__file__).resolve().parents[2]
INPUTS = yaml.safe_load((ROOT / "docs" / "awx" / "inputs.yml").read_text())
SETUP = yaml.safe_load((ROOT / "docs" / "awx" / "setup.yml").read_text())
ENV: t.Dict[str, str] = yaml.safe_load((ROOT / "docs" / "awx" / "injectors.yml").read_text())["env"]
FIELDS: t.Dict[str, t.Dict[str, t.Any]] = {field["id"]: field for field in INPUTS["fields"]}


def inject(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set the environment as AWX does: a template for each variable, in which a field left out is empty."""
    for name, template in ENV.items():
        monkeypatch.setenv(name, jinja2.Template(template).render(values))


def test_the_inputs_are_such_as_awx_takes() -> None:
    assert set(INPUTS) == {"fields", "required"}
    assert len(FIELDS) == len(INPUTS["fields"])
    for field in FIELDS.values():
        assert set(field) <= {"id", "label", "type", "secret", "help_text", "default"}
        assert (field["type"], bool(field["label"])) == ("string", True)
    assert set(INPUTS["required"]) <= set(FIELDS)


def test_what_is_secret_is_kept_secret() -> None:
    assert {name for name, field in FIELDS.items() if field.get("secret")} == {"secret_key", "security_token", "password"}


def test_every_field_is_injected_where_the_modules_read_it() -> None:
    for name, template in ENV.items():
        [field] = jinja2.meta.find_undeclared_variables(jinja2.Environment().parse(template))
        assert name in _settings.FACTS[field][1]
    assert len(ENV) == len(FIELDS)


def test_an_access_key_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    inject(monkeypatch, access_key="AK", secret_key="SK", project_id="p1", region_name="eu-de")
    settings = _settings.resolve({})
    assert (settings.credentials, settings.project_id) == (_settings.AccessKey("AK", "SK"), "p1")


def test_a_temporary_access_key_and_the_name_of_the_project_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"access_key": "AK", "secret_key": "SK", "security_token": "ST"}
    inject(monkeypatch, **key, project_name="eu-de_research", region_name="eu-de")
    settings = _settings.resolve({})
    assert settings.credentials == _settings.AccessKey("AK", "SK", "ST")
    assert (settings.project_id, settings.project_name) == (None, "eu-de_research")


def test_a_password_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"username": "u", "password": "p", "user_domain_name": "d", "auth_url": "https://iam.example.com/v3"}
    inject(monkeypatch, **user, project_id="p1", region_name="eu-de")
    settings = _settings.resolve({})
    assert isinstance(settings.credentials, _settings.Password)
    assert settings.auth_url == user["auth_url"]


def prune(variables: t.Dict[str, t.Any], environ: t.Dict[str, str], folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run the playbook that a job template of the guide runs, with these extra variables."""
    [shown] = [one for one in pages.examples("yaml") if "import_playbook: otc.modelarts.prune" in one.text]
    (folder / "template.yml").write_text(shown.text)
    command = ["ansible-playbook", "-e", json.dumps(variables), "template.yml"]
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)


def test_the_extra_variables_for_off_hours_stop_what_runs_and_delete_nothing(
    tmp_path: pathlib.Path, environ: t.Dict[str, str], cloud: Cloud
) -> None:
    shown = [one.content() for one in pages.examples("yaml") if "modelarts_prune_action" in one.text]
    [variables] = [one for one in shown if isinstance(one, dict)]
    before = cloud.jobs()
    assert prune(variables, environ, tmp_path).returncode == 0
    assert set(cloud.jobs()) == set(before) and "delete" not in cloud.operations()
    assert {one for one in before if cloud.jobs()[one] != before[one]} == {"8993", "8996", "1", "2", "3"}  # all that run but one


def test_a_question_of_a_survey_that_is_left_blank_stops_the_role_and_a_text_area_is_a_list(
    tmp_path: pathlib.Path, environ: t.Dict[str, str], cloud: Cloud
) -> None:
    before = cloud.jobs()
    for blank in ({"modelarts_prune_keep": ""}, {"modelarts_prune_status": ""}):
        done = prune({"modelarts_prune_older_than": "30d", **blank}, environ, tmp_path)
        assert done.returncode != 0 and f"{next(iter(blank))} is given, but has no value" in done.stdout + done.stderr
    assert cloud.jobs() == before and cloud.operations() == set()
    area = "night-run\r\n8993\r\nexperiment-1\r\nexperiment-2\r\n"
    assert prune({"modelarts_prune_older_than": "30d", "modelarts_prune_keep": area}, environ, tmp_path).returncode == 0
    assert set(before) - set(cloud.jobs()) == {"8996"}


def survey() -> t.List[t.Dict[str, t.Any]]:
    """Return the questions of the survey that the playbook for AWX makes."""
    [template] = [task["awx.awx.job_template"] for play in SETUP for task in play["tasks"] if "awx.awx.job_template" in task]
    return t.cast("t.List[t.Dict[str, t.Any]]", template["survey_spec"]["spec"])


def test_the_survey_asks_only_for_what_is_always_answered() -> None:
    known = yaml.safe_load((ROOT / "roles" / "prune" / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]
    assert {one["variable"] for one in survey()} <= set(known["options"])
    assert all(one["required"] and one["default"] and one["type"] in ("text", "textarea") for one in survey())


def test_the_answers_to_the_survey_that_a_schedule_gives_prune_what_they_say(
    tmp_path: pathlib.Path, environ: t.Dict[str, str], cloud: Cloud
) -> None:
    before = cloud.jobs()
    assert prune({one["variable"]: one["default"] for one in survey()}, environ, tmp_path).returncode == 0
    assert set(before) - set(cloud.jobs()) == {"8994", "8995"}  # of the old jobs those that do not run


STAND_IN = """#!/usr/bin/python
# WANT_JSON
import json, os, sys
given = json.load(open(sys.argv[1]))
with open(os.environ["NOTES"], "a") as notes:
    notes.write(json.dumps({name: value for name, value in given.items() if not name.startswith("_ansible")}) + "\\n")
print(json.dumps({"changed": True}))
"""


def test_the_playbook_for_awx_hands_over_what_the_files_say(tmp_path: pathlib.Path, environ: t.Dict[str, str]) -> None:
    modules = tmp_path / "others" / "ansible_collections" / "awx" / "awx" / "plugins" / "modules"
    modules.mkdir(parents=True)
    for name in ("credential_type", "notification_template", "job_template", "schedule"):
        (modules / f"{name}.py").write_text(STAND_IN)
    own = {**environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "others"), "NOTES": str(tmp_path / "notes")}
    command = ["ansible-playbook", str(ROOT / "docs" / "awx" / "setup.yml")]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kind, note, template, schedule = map(json.loads, (tmp_path / "notes").read_text().splitlines())
    assert (kind["inputs"], kind["injectors"]) == (INPUTS, {"env": ENV})
    assert template["notification_templates_error"] == [note["name"]]
    assert schedule["unified_job_template"] == template["name"]


def execution(whole: bool = True) -> t.Dict[str, t.Any]:
    """Return the definition of an execution environment that the guide shows, or the parts that take the place of others."""
    shown = [
        one.content() for one in pages.examples("yaml") if isinstance(one.content(), dict) and "dependencies" in one.content()
    ]
    [found] = [one for one in shown if ("version" in one) is whole]
    return t.cast("t.Dict[str, t.Any]", found)


def context(definition: t.Dict[str, t.Any], folder: pathlib.Path, environ: t.Dict[str, str]) -> pathlib.Path:
    """Make what an image is built from, and return its folder."""
    (folder / "execution-environment.yml").write_text(yaml.safe_dump(definition))
    subprocess.run(
        ["ansible-builder", "create", "--output-filename", "Containerfile"],
        cwd=folder,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "context"


def test_an_execution_environment_is_built_with_the_collection_and_what_it_needs(
    tmp_path: pathlib.Path, environ: t.Dict[str, str]
) -> None:
    artifact = f"otc-modelarts-{yaml.safe_load((ROOT / 'galaxy.yml').read_text())['version']}.tar.gz"
    (tmp_path / artifact).write_text("what ansible-galaxy has built")
    built = context(execution(), tmp_path, environ) / "_build"
    assert yaml.safe_load((built / "requirements.yml").read_text()) == {"collections": [{"name": artifact, "type": "file"}]}
    assert (built / artifact).is_file()  # beside the file that names it
    assert (built / "requirements.txt").read_text().split() == ["openstacksdk"]
    # What the build then does inside of a container: it asks each collection what it needs.
    combined = tmp_path / "combined.txt"
    command = [
        "ansible-builder",
        "introspect",
        environ["ANSIBLE_COLLECTIONS_PATH"],
        "--user-pip",
        str(built / "requirements.txt"),
    ]
    subprocess.run([*command, "--write-pip", str(combined)], env=environ, check=True, stdout=subprocess.DEVNULL)
    needed = {line.split("#")[0].strip() for line in combined.read_text().splitlines()}
    assert {"requests", "openstacksdk"} <= needed


def test_an_execution_environment_from_a_git_repository_has_git_before_ansible_galaxy_needs_it(
    tmp_path: pathlib.Path, environ: t.Dict[str, str]
) -> None:
    whole, part = execution(), execution(whole=False)
    definition = {**whole, **part, "dependencies": {**whole["dependencies"], **part["dependencies"]}}
    del definition["additional_build_files"]  # there is no artifact
    folder = context(definition, tmp_path, environ)
    [source] = yaml.safe_load((folder / "_build" / "requirements.yml").read_text())["collections"]
    assert (source["type"], source["name"][:12]) == ("git", "git+https://")
    # Base images have no git, and each stage has only what was put into its own image.
    [stage] = [one for one in (folder / "Containerfile").read_text().split("\nFROM ") if one.startswith("base AS galaxy\n")]
    steps = [line for line in stage.splitlines() if line.startswith("RUN ")]
    fetches = next(number for number, step in enumerate(steps) if "ansible-galaxy" in step)
    assert "RUN $PKGMGR install -y git-core" in steps[:fetches]


def test_a_container_is_given_what_the_modules_read_and_runs_the_image_that_was_built() -> None:
    blocks = [one.text.replace("\\\n", " ") for one in pages.examples("console") if one.page == "automation_platform"]
    lines = [shlex.split(line) for line in "".join(blocks).splitlines() if line]
    [build] = [words for words in lines if words[0] == "ansible-builder"]
    [run] = [words for words in lines if words[0] == "podman"]
    image = run.index(build[build.index("--tag") + 1])
    assert run[image + 1 :] == ["ansible-playbook", "prune.yml"]
    given = {run[number + 1] for number, word in enumerate(run[:image]) if word == "--env"}
    assert given and given <= {name for fact in _settings.FACTS.values() for name in fact[1]}
    [volume] = [run[number + 1] for number, word in enumerate(run) if word == "--volume"]
    assert volume.split(":")[1] == run[run.index("--workdir") + 1]
