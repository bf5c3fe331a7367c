# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of every page is run against the simulated cloud, or is the file that it says it is."""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import subprocess
import typing as t

import demo
import pages
import pytest
import yaml
from conftest import Cloud

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The page about testing shows a whole project, which test_testing.py runs.
EXAMPLES = [one for one in pages.examples("yaml", "yaml+jinja") if one.page != "testing"]
ELSEWHERE = ("openstack.cloud", "awx.awx")  # examples with modules that are not there
RUN = [one for one in EXAMPLES if isinstance(one.content(), list) and not any(other in one.text for other in ELSEWHERE)]
CLOUDS = next(one for one in EXAMPLES if isinstance(one.content(), dict) and "clouds" in one.content())
# Blocks that show a file, which is tested where it belongs.
FILES = {
    "fields": "docs/awx/inputs.yml",
    "env": "docs/awx/injectors.yml",
}
CONSOLE = [one for one in pages.examples("console") if one.page != "testing"]
COMMANDS = [*CONSOLE, *(one for one in pages.examples("text") if "ansible-playbook" in one.text)]
CRON = re.compile(r"([0-9*/,-]+ +){5}")  # when a line of cron runs its command
STOPS = re.compile(r"state: stopped|action(=|: )stop")
# Commands that are not about a cloud. What they do is what other tests and make itself do.
OTHER_COMMANDS = (".", "ansible-builder", "ansible-galaxy", "export", "make", "pip", "podman", "python3", ".venv/bin/nox")


def as_readers_would(text: str, cloud: Cloud, folder: pathlib.Path) -> str:
    """Put in what a reader has to: the addresses of their cloud, and names and paths of their own."""
    given = cloud.credentials
    for shown, own in {
        "https://iam.eu-de.otc.t-systems.com/v3": given["iam_url"],
        "https://modelarts.eu-de.otc.t-systems.com": given["endpoint"],
        "https://modelarts.cn-north-4.myhuaweicloud.com": given["endpoint"],
        "ops-robot": given["username"],
        "OTC-EU-DE-00000000001000000000": given["user_domain_name"],
        "eu-de_research": given["project_name"],
        "the password, or leave it to secure.yaml": given["password"],
        "/srv/ansible": str(folder),
    }.items():
        text = text.replace(shown, own)
    return text


def deletes(shown: t.Any) -> bool:
    """Tell whether a playbook, a task, or anything in it, deletes a job outside of check mode."""
    if isinstance(shown, list):
        return any(map(deletes, shown))
    if not isinstance(shown, dict) or shown.get("check_mode"):
        return False
    if shown.get("state") == "absent" or shown.get("recreate"):
        return shown.get("endpoint") != "http://127.0.0.1:9"
    return "ansible.builtin.import_playbook" in shown or any(map(deletes, shown.values()))


def vault(cloud: Cloud, text: str) -> str:
    """Return the variables that a reader keeps in a vault, as far as an example uses them."""
    given = cloud.credentials
    secrets = {f"vault_{name}": given[name] for name in ("access_key", "secret_key", "project_id", "password")}
    if "vault_token" in text:
        secrets["vault_token"] = cloud.token()
    return json.dumps({name: value for name, value in secrets.items() if name in text})


def ansible(arguments: t.Sequence[str], environ: t.Dict[str, str], folder: pathlib.Path) -> str:
    """Run a command of Ansible, see that it succeeds, and return what it says."""
    done = subprocess.run(arguments, env=environ, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stderr and "DEPRECATION" not in done.stderr, done.stderr
    return done.stdout


def with_clouds(cloud: Cloud, folder: pathlib.Path) -> t.Dict[str, str]:
    """Return the environment of a user of this cloud who has the clouds.yaml that the guide shows."""
    path = folder / "clouds.yaml"
    path.write_text(as_readers_would(CLOUDS.text, cloud, folder))
    return {**demo.environment(cloud, folder), "OS_CLIENT_CONFIG_FILE": str(path)}


def as_playbook(text: str) -> str:
    """Return the playbook that an example shows, or one around the tasks that it shows."""
    shown = yaml.safe_load(text)
    if any(name in shown[0] for name in ("hosts", "ansible.builtin.import_playbook")):
        return text
    return yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": shown}])


def play(example: pages.Example, cloud: Cloud, folder: pathlib.Path) -> str:
    """Run the playbook, or the tasks, that an example shows."""
    text = as_readers_would(example.text, cloud, folder)
    (folder / "playbook.yml").write_text(as_playbook(text))
    extra = {} if "import_playbook" not in text else {"modelarts_prune_older_than": "30d"}
    variables = json.dumps({**json.loads(vault(cloud, text)), **extra})
    return ansible(["ansible-playbook", "--diff", "-e", variables, "playbook.yml"], with_clouds(cloud, folder), folder)


def assert_others_are_left_alone(example: pages.Example, cloud: Cloud, before: t.Dict[str, t.Any]) -> None:
    """See that nothing was deleted that the example is not about, and nothing stopped, unless it stops all that runs."""
    assert set(cloud.others()) == set(before)
    assert STOPS.search(example.text) or cloud.others() == before


@pytest.mark.parametrize("example", RUN, ids=str)
def test_every_playbook_and_every_task_runs(example: pages.Example, cloud: Cloud, tmp_path: pathlib.Path) -> None:
    before = cloud.others()
    assert "failed=0" in play(example, cloud, tmp_path)
    assert bool(cloud.operations() - {"token"}) is ("http://127.0.0.1:9" not in example.text)
    assert ("delete" in cloud.operations()) is deletes(example.content())
    assert_others_are_left_alone(example, cloud, before)


@pytest.mark.parametrize("example", [one for one in RUN if "failed_when: false" in one.text], ids=str)
def test_an_example_that_goes_on_after_a_failure_tells_one_that_comes_before_any_job(
    example: pages.Example, cloud: Cloud, tmp_path: pathlib.Path
) -> None:
    environ = {name: value for name, value in demo.environment(cloud, tmp_path).items() if not name.startswith("OS_")}
    (tmp_path / "playbook.yml").write_text(as_playbook(example.text))
    command = ["ansible-playbook", "playbook.yml"]
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 2 and "No credentials" in said and "undefined" not in said and "no attribute" not in said, said


def lines_of(example: pages.Example, cloud: Cloud, folder: pathlib.Path) -> t.List[t.List[str]]:
    """Return the commands of an example, as a shell or cron runs them."""
    lines = [CRON.sub("", line) for line in as_readers_would(example.text.replace("\\\n", ""), cloud, folder).splitlines()]
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


@pytest.mark.parametrize("example", COMMANDS, ids=str)
def test_every_command_runs(example: pages.Example, cloud: Cloud, tmp_path: pathlib.Path) -> None:
    environ, before = with_clouds(cloud, tmp_path), cloud.others()
    for words in lines_of(example, cloud, tmp_path):
        if words[0] == "ansible-playbook":
            ansible(words, environ, tmp_path)
            assert "list" in cloud.operations()
        else:
            assert words[0] in OTHER_COMMANDS
        if words[0] == "make":
            assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text()
    assert_others_are_left_alone(example, cloud, before)


def test_every_other_block_is_the_file_that_it_shows() -> None:
    others = [one for one in EXAMPLES if one not in RUN and one != CLOUDS]
    told = {}
    for one in others:
        content = one.content()
        if isinstance(content, list) and "awx.awx" in one.text:
            told["playbook for AWX"] = content == yaml.safe_load((ROOT / "docs" / "awx" / "setup.yml").read_text())
        elif isinstance(content, list):
            told["neighbour"] = content == yaml.safe_load((ROOT / "tests" / "keystone" / "neighbour.yml").read_text())
        elif "dependencies" in content:
            told["execution environment"] = True  # test_automation_platform.py builds from it
        elif all(name.startswith("modelarts_prune_") for name in content):
            told["variables of the role"] = True  # test_automation_platform.py runs it
        else:
            [file] = [path for key, path in FILES.items() if key in content]
            told[file] = content == yaml.safe_load((ROOT / file).read_text())
    expected = ["neighbour", "playbook for AWX", "execution environment", "variables of the role", *FILES.values()]
    assert told == dict.fromkeys(expected, True)
