# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cloud may do, and what each client makes of it: all of them asked for the same, each in a project of its own.

Whether a thing really happened is read from the simulator, never from what a client says.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import types
import typing as t
import warnings
from dataclasses import dataclass, field
from unittest import mock

import openstack
import simulated
import simulation
from ansible.module_utils import basic
from openstack import exceptions

from ansible_collections.otc.modelarts.plugins.modules import modelarts_visualization_job as job_module
from ansible_collections.otc.modelarts.plugins.modules import modelarts_visualization_job_info as info_module

Fields = t.Dict[str, t.Any]

NAME, URL = "losses", "/bucket/logs/"
JOB_ID, OTHER_JOB_ID = "7", "8"
COMMAND_SECONDS = 120
WAIT_SECONDS = 20  # for our modules: in a simulator that is as it should be, nothing takes that long
COMMANDS_AT_A_TIME = 2
AT_ONCE = {"delete_seconds": 0, "stop_seconds": 0, "start_seconds": 0}
LABELS = {"create": "creation", "list": "list", "stop": "stop", "restart": "start", "delete": "deletion"}


@dataclass(frozen=True)
class Ask:
    """One thing that a client is asked for. ``code`` and ``reason``: what the API says against it, if it does."""

    operation: str
    job_id: str = JOB_ID
    code: str = ""
    reason: str = ""
    settings: Fields = field(default_factory=dict)
    as_label: str = ""

    @property
    def label(self) -> str:
        return self.as_label or LABELS[self.operation]


@dataclass(frozen=True)
class Variation:
    """One thing that a cloud may do. ``title``: how the page tells it."""

    name: str
    title: str
    asks: t.Tuple[Ask, ...]
    settings: Fields = field(default_factory=dict)
    faults: t.Tuple[Fields, ...] = ()
    jobs: t.Tuple[Fields, ...] = ({"job_id": JOB_ID},)


class Reply(t.NamedTuple):
    """What a client said. ``done``: no exception, exit code 0, a task that does not fail. ``listed``: how many jobs."""

    done: bool
    said: str
    changed: t.Optional[bool] = None
    listed: int = 0


@dataclass(frozen=True)
class Observation:
    """What came of an ask. ``real``: it is as asked. ``before``, ``after``: the statuses of the jobs that are really there."""

    ask: Ask
    reply: Reply
    before: t.Dict[str, int]
    after: t.Dict[str, int]
    requested: t.Tuple[str, ...]

    @property
    def real(self) -> bool:
        now = self.after.get(self.ask.job_id)
        return {
            "create": len(self.after) > len(self.before),
            "list": self.reply.listed == len(self.after),
            "stop": now == 12,
            "restart": now == 8,
            "delete": now is None,
        }[self.ask.operation]

    @property
    def needless(self) -> bool:
        """Tell whether it was so before."""
        return self.ask.operation == "delete" and self.ask.job_id not in self.before

    @property
    def told_code(self) -> bool:
        return bool(self.ask.code) and self.ask.code in self.reply.said

    @property
    def told_reason(self) -> bool:
        return bool(self.ask.reason) and self.ask.reason in self.reply.said


Client = t.Callable[[str, Ask], Reply]
Observations = t.Dict[t.Tuple[str, str], t.List[Observation]]

REFUSED_DELETE = Ask("delete", JOB_ID, "ModelArts.0105", "This job can't be delete. job status: 8")
REFUSED_STOP = Ask("stop", OTHER_JOB_ID, "ModelArts.0105", "This job can't be stop. job status: 8")
REFUSED_CREATE = Ask("create", "", "ModelArts.0104", "The quota of visualization jobs is used up")
NO_SUCH_API = "The API does not exist or has not been published in the environment"
NO_SUCH_JOB = "The resource does not exist"
WRONG_PATH = {"error_code": "ModelArts.6650", "error_msg": "The path does not match the job"}

VARIATIONS = (
    Variation(
        "accepted",
        "Does all that it is asked for",
        (Ask("create", ""), Ask("stop"), Ask("restart"), Ask("delete")),
    ),
    Variation(
        "pages",
        "Has 120 jobs, and tells 10 of them at a time, or 100 where it is asked for more",
        (Ask("list", ""),),
        {"list_cap": 100},
        jobs=({},) * 120,
    ),
    Variation(
        "refused_in_200",
        "Refuses a deletion, a stop or a creation in an HTTP 200",
        (REFUSED_DELETE, REFUSED_STOP, REFUSED_CREATE),
        {"refusal_http": 200, "delete_refused_at": [8], "stop_refused_at": [8], "job_count_limit": 2},
        jobs=({"job_id": JOB_ID}, {"job_id": OTHER_JOB_ID}),
    ),
    Variation(
        "retired",
        "Answers 404 ``APIGW.0101``, there is no such API, when a job that is there is to be deleted",
        (Ask("delete", JOB_ID, "APIGW.0101", NO_SUCH_API),),
        {"retired": True},
    ),
    Variation(
        "wrong_path",
        "Answers 404 ``ModelArts.6650``, the path does not match, when a job that is there is to be deleted",
        (Ask("delete", JOB_ID, WRONG_PATH["error_code"], WRONG_PATH["error_msg"]),),
        faults=({"job_id": JOB_ID, "times": 0, "status": 404, "body": WRONG_PATH},),
    ),
    Variation(
        "gone_by_404",
        "Answers 404 ``ModelArts.0015``, there is no such resource, when a job that is gone is to be deleted",
        (Ask("delete", "99", "ModelArts.0015", NO_SUCH_JOB),),
    ),
    Variation(
        "gone_by_400",
        "Answers 400 ``ModelArts.2775``, there is no such job, when a job that is gone is to be deleted",
        (Ask("delete", "99", "ModelArts.2775", "The training job is not found"),),
        {"missing_job": "2775"},
    ),
    Variation(
        "gone_by_unknown_404",
        "Answers 404 with a code that no reference has, when a job that is gone is to be deleted",
        (Ask("delete", "99", "ModelArts.9999", "Not found"),),
        {"missing_job": "unknown404"},
    ),
    Variation(
        "reason",
        "Refuses a deletion with 400, and says why in ``error_message`` or in ``error_msg``",
        tuple(
            Ask("delete", JOB_ID, REFUSED_DELETE.code, REFUSED_DELETE.reason, {"message_key": key}, as_label=f"``{key}``")
            for key in ("error_message", "error_msg")
        ),
        {"delete_refused_at": [8]},
    ),
)


# --- the clients -------------------------------------------------------------------------------------------------


def sdk(cloud: str, ask: Ask, ignore_missing: bool = False) -> Reply:
    """Ask the SDK. What it returns counts as what it says."""
    connection: t.Any = openstack.connect(cloud=cloud, vendor_hook="otcextensions.sdk:load")
    with connection:
        api = connection.modelartsv1
        calls: t.Dict[str, t.Callable[[], t.Any]] = {
            "create": lambda: api.create_visualization_job(job_name=NAME, train_url=URL),
            "list": lambda: list(api.visualization_jobs()),
            "stop": lambda: api.stop_visualization_job(ask.job_id),
            "restart": lambda: api.restart_visualization_job(ask.job_id),
            "delete": lambda: api.delete_visualization_job(ask.job_id, ignore_missing=ignore_missing),
        }
        try:
            returned = calls[ask.operation]()
        except exceptions.SDKException as error:
            return Reply(False, str(error))
    return Reply(True, str(returned), listed=len(returned) if isinstance(returned, list) else 0)


def sdk_ignoring(cloud: str, ask: Ask) -> Reply:
    """Ask the SDK, which is told that a missing job is no error."""
    return sdk(cloud, ask, ignore_missing=True)


def openstack_command(cloud: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``openstack ma visualization job``."""
    command = [sys.executable, "-m", "openstackclient.shell", "--os-cloud", cloud, "ma", "visualization", "job", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)


def command(cloud: str, ask: Ask) -> Reply:
    """Ask the command line."""
    words = {
        "create": ("create", NAME, "--train-url", URL, "-f", "json"),
        "list": ("list", "-f", "json"),
    }.get(ask.operation, (ask.operation, ask.job_id))
    ended = openstack_command(cloud, *words)
    listed = len(json.loads(ended.stdout)) if ask.operation == "list" and ended.returncode == 0 else 0
    return Reply(ended.returncode == 0, (ended.stdout + ended.stderr).strip(), listed=listed)


def run_module(module: types.ModuleType, options: Fields) -> Fields:
    """Run one of our modules as Ansible does, and return its result."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    output = io.StringIO()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", given),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        contextlib.redirect_stdout(output),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    result: Fields = json.loads(output.getvalue())
    return result


def ours(cloud: str, ask: Ask) -> Reply:
    """Ask our modules, with the options that they have by default but for a shorter time to wait."""
    if ask.operation == "list":
        result = run_module(info_module, {"cloud": cloud})
    elif ask.operation == "create":
        options = {"state": "present", "name": NAME, "train_url": URL}
        result = run_module(job_module, {"cloud": cloud, **options, "wait_timeout": WAIT_SECONDS})
    else:
        state = {"stop": "stopped", "restart": "started", "delete": "absent"}[ask.operation]
        options = {"state": state, "job_id": ask.job_id}
        result = run_module(job_module, {"cloud": cloud, **options, "wait_timeout": WAIT_SECONDS})
    done = not result.get("failed", False)
    said = json.dumps(result.get("jobs", result.get("job"))) if done else str(result["msg"])
    return Reply(done, said, result["changed"], len(result.get("jobs", ())))


CLIENTS: t.Dict[str, Client] = {"sdk": sdk, "sdk_ignoring": sdk_ignoring, "command": command, "ours": ours}


# --- the observation ---------------------------------------------------------------------------------------------


def prepared(url: str, variation: Variation) -> simulated.Cloud:
    """Make a project that is as the variation says."""
    cloud = simulated.Cloud(simulation.new_project(url, **{**AT_ONCE, **variation.settings}))
    cloud.control("POST", "jobs", [dict(job) for job in variation.jobs])
    cloud.control("POST", "faults", [dict(fault) for fault in variation.faults])
    return cloud


def asked(client: Client, name: str, cloud: simulated.Cloud, variation: Variation) -> t.List[Observation]:
    """Ask a client for one thing after the other."""
    seen = []
    for ask in variation.asks:
        cloud.control("PATCH", "settings", ask.settings)
        cloud.control("DELETE", "log")
        before = cloud.statuses()
        reply = client(name, ask)
        seen.append(Observation(ask, reply, before, cloud.statuses(), tuple(cloud.operations())))
    return seen


def observe(url: str, folder: pathlib.Path) -> Observations:
    """Run each variation with each client. The commands, which are slow, run beside the others.

    :param url: a running simulator.
    :param folder: where clouds.yaml may be written.
    """
    places = {(variation.name, client): prepared(url, variation) for variation in VARIATIONS for client in CLIENTS}
    path = simulated.clouds_yaml(folder, {f"{variation}-{client}": cloud for (variation, client), cloud in places.items()})

    def run(variation: Variation, client: str) -> t.List[Observation]:
        return asked(CLIENTS[client], f"{variation.name}-{client}", places[variation.name, client], variation)

    found: Observations = {}
    with (
        mock.patch.dict("os.environ", simulated.environment(path), clear=True),
        warnings.catch_warnings(),
        concurrent.futures.ThreadPoolExecutor(COMMANDS_AT_A_TIME) as pool,
    ):
        warnings.simplefilter("ignore")  # of the SDK, about itself
        commands = {variation.name: pool.submit(run, variation, "command") for variation in VARIATIONS}
        for variation in VARIATIONS:
            for client in ("sdk", "sdk_ignoring", "ours"):
                found[variation.name, client] = run(variation, client)
        for name, future in commands.items():
            found[name, "command"] = future.result()
    return found
