# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page about testing shows is done as it stands there: by hand, and with Molecule."""

from __future__ import annotations

import json
import pathlib
import shlex
import subprocess
import time
import typing as t

import demo
import pages
import pytest
import simulation

SHOWN = [one for one in pages.examples("yaml", "yaml+jinja", "console") if one.page == "testing"]
FILES = {one.text.splitlines()[0].lstrip("# "): one.text for one in SHOWN if one.language != "console"}
COMMANDS = [line for one in SHOWN if one.language == "console" for line in one.text.splitlines() if line]
LINES = [shlex.split(line) for line in COMMANDS]
START_SECONDS = 30


def started(ready: pathlib.Path, program: subprocess.Popen[bytes]) -> t.Dict[str, t.Any]:
    """Wait until the simulator listens, and return what it has written then."""
    end = time.monotonic() + START_SECONDS
    while not ready.exists():
        assert program.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    return t.cast("t.Dict[str, t.Any]", json.loads(ready.read_text()))


@pytest.fixture
def by_hand(tmp_path: pathlib.Path) -> t.Iterator[simulation.Project]:
    """The simulator, started by the command that the page shows, but on a port that is free."""
    nothing = simulation.Project({"access_key": "", "secret_key": "", "project_id": "", "endpoint": ""})
    environ = demo.environment(nothing, tmp_path)
    [command] = [words for words in LINES if words[0] == "python"]
    words = [word.replace("~/.ansible/collections", environ["ANSIBLE_COLLECTIONS_PATH"]) for word in command]
    where = words.index("--port")
    del words[where : where + 2]
    with subprocess.Popen(words, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL) as program:
        try:
            yield simulation.Project(started(tmp_path / "simulator.json", program))
        finally:
            program.terminate()


def test_the_simulator_is_started_used_and_made_to_fail_as_the_page_shows(
    by_hand: simulation.Project, tmp_path: pathlib.Path
) -> None:
    environ = demo.environment(by_hand, tmp_path / "user")
    for words in LINES:
        if words[0] in ("ansible", "curl"):
            own = [word.replace("http://127.0.0.1:8765", by_hand.credentials["url"]) for word in words]
            said = subprocess.run(own, env=environ, capture_output=True, text=True, check=True).stdout
            assert "error" not in said or words[0] == "ansible"
        if "drop" in words[-1]:
            told = [delete(job, environ) for job in ("1002", "1003")]
            assert ["ModelArts.0108" in one for one in told] == [True, False] and "CHANGED" in told[1]
    assert [job["job_id"] for job in by_hand.control("GET", "jobs")] == ["1002"]
    assert "CHANGED" in delete("1002", environ)  # what was to go wrong is taken back


def delete(job_id: str, environ: t.Dict[str, str]) -> str:
    """Delete a job, and return what Ansible says."""
    words = ["ansible", "localhost", "-m", "otc.modelarts.modelarts_visualization_job", "-a", f"job_id={job_id} state=absent"]
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False).stdout


def test_the_scenario_for_molecule_runs(tmp_path: pathlib.Path) -> None:
    nothing = simulation.Project({"access_key": "", "secret_key": "", "project_id": "", "endpoint": ""})
    environ = {name: value for name, value in demo.environment(nothing, tmp_path).items() if not name.startswith("OS_")}
    project = tmp_path / "project"
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    assert ["molecule", "test"] in LINES
    own = {**environ, "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "molecule"), "NO_COLOR": "1"}
    done = subprocess.run(["molecule", "test"], cwd=project, env=own, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "rescued=1" in said and "WARNING" not in said
