# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boundary: a task's parameters in, a result or one clear failure out. Only here Ansible is spoken."""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import json
import math
import os
import re
import traceback
import typing as t
import uuid
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.validation import check_type_dict

from . import _jobs, _messages, _settings
from ._client import Client, Deadline
from ._clock import Clock, OutOfTime, interruptible
from ._decide import Fail, Progress, Reason, Wanted, predicted
from ._http import REQUESTS_IMPORT_ERROR, CallError, Transport, masker
from ._jobs import CONFIRM_SECONDS, Criteria, Gone, Job, Jobs, Spec
from ._reconcile import Reconciler

Params = t.Mapping[str, t.Any]
Result = t.Dict[str, t.Any]
Connect = t.Callable[[_settings.Settings, Clock, float, int], Transport]
Announce = t.Callable[[t.Sequence[Progress]], None]

JOB_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
CLOUD_NAME = re.compile(r"[\w .,;@:/+()#'!&~$*-]{1,128}")  # with none of the signs that a mapping has as text
KEY_NAME = re.compile(r"[a-z][a-z_]{1,39}")
OMITTED = re.compile("__omit_place_holder__[0-9a-f]+")  # what ansible-core 2.17 and 2.18 leave of an omitted entry of a list
DURATION = re.compile(r"\s*([0-9]{1,9})\s*([smhdw])\s*")
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LONGEST_SEARCH = 64
LONGEST_TIME = 10**8  # seconds, three years: more is more than clocks can count
# What selects jobs, with its aliases: given without a value, it would select something else than was meant.
SELECTORS = {
    "job_id": ("id", "visualization_id"),
    "job_ids": (),
    "name": ("job_name",),
    "search": (),
    "status": (),
    "state": (),
    "older_than": (),
    "newer_than": (),
    "workspace_id": (),
}


class ParameterError(Exception):
    """An option has a value that it cannot have; nothing was sent. ``secrets``: as those of a :class:`SettingsError`."""

    secrets: t.Sequence[str] = ()


class Unread(Exception):
    """One job could not be read. ``error``: what the API answered."""

    def __init__(self, message: str, error: t.Optional[CallError]) -> None:
        super().__init__(message)
        self.error = error


# --- what both modules understand --------------------------------------------------------------------------------


def connection_options() -> t.Dict[str, t.Any]:
    """Return the options about authentication and connection, which both modules have."""
    plain: t.Dict[str, t.Any] = {"type": "str"}
    secret: t.Dict[str, t.Any] = {"type": "str", "no_log": True}
    auth = dict.fromkeys(("auth_url", "username", "user_id", "user_domain_name", "user_domain_id"), plain)
    auth.update(dict.fromkeys(("project_id", "project_name", "project_domain_name", "project_domain_id"), plain))
    auth.update(dict.fromkeys(("password", "token", "security_token"), secret))
    return {
        "cloud": {"type": "raw"},
        "auth": {
            "type": "dict",
            "options": {
                **auth,
                "access_key": {**secret, "aliases": ["ak"]},
                "secret_key": {**secret, "aliases": ["sk"]},
                "user_domain_name": {**plain, "aliases": ["domain_name"]},
                "user_domain_id": {**plain, "aliases": ["domain_id"]},
                "project_id": {**plain, "aliases": ["tenant_id"]},
                "project_name": {**plain, "aliases": ["tenant_name"]},
                "default_domain_name": plain,
                "default_domain_id": plain,
            },
        },
        "region_name": plain,
        "endpoint": plain,
        "validate_certs": {"type": "bool", "aliases": ["verify"]},
        "ca_cert": {"type": "path", "aliases": ["cacert"]},
        "client_cert": {"type": "path", "aliases": ["cert"]},
        "client_key": {"type": "path", "aliases": ["key"], "no_log": False},
        "auth_type": plain,
        "interface": plain,
        "sdk_log_path": plain,
        "sdk_log_level": plain,
        "api_timeout": {"type": "int", "default": 30},
        "api_retries": {"type": "int", "default": 5},
    }


JOB_SPEC: t.Dict[str, t.Any] = {
    "argument_spec": {
        "state": {
            "type": "str",
            "default": "present",
            "choices": ["present", "absent", "started", "stopped", "restarted"],
        },
        "job_id": {"type": "str", "aliases": ["id", "visualization_id"]},
        "job_ids": {"type": "list", "elements": "str"},
        "name": {"type": "str", "aliases": ["job_name"]},
        "description": {"type": "str", "aliases": ["job_desc"]},
        "train_url": {"type": "str"},
        "job_type": {"type": "str", "choices": ["tensorboard", "mindinsight"]},
        "flavor": {"type": "str"},
        "auto_stop_hours": {"type": "int"},
        "workspace_id": {"type": "str"},
        "recreate": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 300, "aliases": ["timeout"]},
        "wait_sleep": {"type": "float", "default": 5},
        "max_concurrency": {"type": "int", "default": 20},
        **connection_options(),
    },
    "required_one_of": [("job_id", "job_ids", "name")],
    "mutually_exclusive": [("job_id", "job_ids", "name")],
}
INFO_SPEC: t.Dict[str, t.Any] = {
    "argument_spec": {
        "job_id": {"type": "str", "aliases": ["id", "visualization_id"]},
        "name": {"type": "str", "aliases": ["job_name"]},
        "search": {"type": "str"},
        "status": {"type": "list", "elements": "str"},
        "state": {"type": "list", "elements": "str", "choices": list(_jobs.STATES)},
        "older_than": {"type": "str"},
        "newer_than": {"type": "str"},
        "sort_by": {
            "type": "str",
            "default": "create_time",
            "choices": ["job_id", "job_name", "job_desc", "create_time", "status"],
        },
        "order": {"type": "str", "default": "desc", "choices": ["asc", "desc"]},
        "workspace_id": {"type": "str"},
        "limit": {"type": "int"},
        "wait": {"type": "bool"},
        "wait_timeout": {"type": "int", "default": 300, "aliases": ["timeout"]},
        **connection_options(),
    },
    "mutually_exclusive": [("job_id", "name", "search")],
}


# --- one task, in whichever process ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What a module is, in whichever process it runs.

    ``spec``: its options, as :class:`AnsibleModule` takes them. ``check`` raises :class:`ParameterError` for options that no
    request should be made for. ``work`` announces the jobs that it works at.
    """

    spec: t.Dict[str, t.Any]
    check: t.Callable[[Params], None]
    work: t.Callable[[Params, bool, Client, Announce], Result]


def perform(
    task: Task,
    params: Params,
    check_mode: bool,
    clock: Clock,
    connect: Connect,
    given: t.Optional[Params] = None,
    announce: Announce = lambda jobs: None,
) -> Result:
    """Do a task, and return its result, in which no secret stands: with ``failed`` and ``msg`` where it failed.

    :param params: validated, with defaults.
    :param given: as the task gave them: there a null is still seen.
    :param announce: is called with the jobs that are going to be worked at, to look at them meanwhile.
    """
    own = params if given is None else given
    secrets = _settings.secrets_given(own, os.environ)
    warnings: t.List[str] = []
    try:
        check_arguments(own, params, task.spec["argument_spec"])
        task.check(params)
        client = connected(params, clock, connect)
        secrets = client.secrets = [*secrets, *client.secrets]
        warnings = [] if client.settings.verify else [UNVERIFIED]
        result = task.work(params, check_mode, client, announce)
    except (ParameterError, _settings.SettingsError) as error:
        secrets = [*secrets, *error.secrets]
        result = failed(str(error))
    except Unread as error:
        result = failed(str(error), error.error)
    except CallError as error:
        result = failed(_messages.reading_failure(error), error)
    except OutOfTime:
        result = failed("The task was interrupted.")
    except Exception as error:  # noqa: BLE001  # the outermost boundary: no traceback reaches a user
        result = failed(f"This is a bug in otc.modelarts: {bug(error)}. Please report it.")
    try:
        return without_secrets(result, secrets, warnings)
    except OutOfTime:  # it comes once
        return without_secrets(result, secrets, warnings)


def failed(message: str, error: t.Optional[CallError] = None) -> Result:
    """Return the result of a task that failed before anything was changed."""
    return {"failed": True, "changed": False, "msg": message, **error_fields(error)}


def bug(error: BaseException) -> str:
    """Return what kind of bug it is, and where, without anything that a user gave."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {where.filename.rsplit('/', 1)[-1]}:{where.lineno}"


def connected(params: Params, clock: Clock, connect: Connect) -> Client:
    """Return the client of this task. Nothing is sent yet."""
    if REQUESTS_IMPORT_ERROR is not None:
        raise _settings.SettingsError(missing_required_lib("requests"))
    check_at_least(params, "wait_timeout", 1)
    check_at_least(params, "api_timeout", 1)
    check_at_least(params, "api_retries", 0)
    deadline = Deadline(clock, min(params["wait_timeout"], LONGEST_TIME))
    settings = _settings.resolve(params)
    concurrency = min(params.get("max_concurrency") or 1, max(1, len(params.get("job_ids") or ())))
    transport = connect(settings, clock, min(params["api_timeout"], LONGEST_TIME), concurrency)
    return Client(settings, transport, deadline, params["api_retries"], concurrency)


class Arguments:
    """The arguments of a task. ``given``: as they were given, null ones among them.

    ``shown``: what Ansible may validate and show, with placeholders for secrets and for whatever has no name that is known.
    """

    def __init__(self, arguments: Params, spec: Params) -> None:
        self.given: Params = {**arguments, **parsed_auth(arguments), **parsed_cloud(arguments)}
        self._hidden: t.Dict[str, t.Any] = {}
        self.shown = hide(self.given, spec, self._hidden, masker(_settings.secrets_given(self.given, os.environ)))

    def real(self, validated: Params) -> Params:
        """Return what Ansible has made of ``shown``, with the values for which placeholders stand."""
        real: Params = shown_again(validated, self._hidden)
        return real


class Module(AnsibleModule):  # type: ignore[misc]  # ansible-core has no types
    """A module that does not show Ansible its secret arguments."""

    params: t.Dict[str, t.Any]

    def _load_params(self) -> None:
        super()._load_params()
        self.arguments = Arguments(self.params, self.argument_spec)
        self.params = self.arguments.shown


def main(task: Task) -> None:
    """Run a task as a module: in a process of its own, which ends with the result."""
    module = Module(supports_check_mode=True, **task.spec)
    with interruptible() as clock:
        params, given = module.arguments.real(module.params), module.arguments.given
        result = perform(task, params, module.check_mode, clock, Transport, given)
    # Told outside of the handlers: in one, Ansible would add a traceback.
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


# --- secrets: none reaches Ansible, and none comes out -----------------------------------------------------------

SHORTEST_IN_JOBS = 8  # characters: a shorter secret may be a part of any name by chance
UNVERIFIED = "Certificates are not verified (validate_certs is false): anybody in between may read and change what is sent."
MASKED_JOB = "A secret of this task is also a part of what a job tells of itself. It is masked there, so do not compare by it."


def parsed_auth(params: Params) -> Params:
    """Return C(auth) as a mapping where it came as text that Ansible would take for one; else nothing."""
    auth = params.get("auth")
    try:
        return {"auth": check_type_dict(auth)} if isinstance(auth, str) else {}
    except (TypeError, ValueError):
        return {}


def parsed_cloud(params: Params) -> Params:
    """Return C(cloud) as the mapping that its text is in JSON, or as a name: without the line end around it; else nothing."""
    cloud = params.get("cloud")
    if not isinstance(cloud, str):
        return {}
    try:
        parsed = json.loads(cloud)
    except ValueError:
        parsed = None
    return {"cloud": parsed if isinstance(parsed, dict) else cloud.strip("\r\n")}


def hide(given: Params, spec: Params, hidden: t.Dict[str, t.Any], mask: t.Callable[[str], str] = str) -> t.Dict[str, t.Any]:
    """Return arguments with placeholders for all that may be secret; ``hidden`` comes to hold what they stand for.

    :param mask: what takes the secrets that are known out of a text: one may stand where nobody looks for it.
    """
    shown: t.Dict[str, t.Any] = {}
    for name, value in given.items():
        option = option_of(name, spec)
        if str(name).startswith("_ansible"):
            shown[name] = value
        elif value is None:
            shown.update({name: None} if names_jobs(name) else {})  # elsewhere null means not given, or is refused by us
        elif name == "auth":
            shown[name] = hide_auth(value, spec, hidden, mask)
        elif isinstance(value, dict) and name != "cloud" and not names_jobs(name) and option is not None:
            continue  # it is refused before anything is done
        elif (
            (name == "cloud" and not (isinstance(value, str) and CLOUD_NAME.fullmatch(value)))
            or isinstance(value, dict)
            or option is None
        ):
            shown[name] = placeholder(value, hidden)
        else:
            shown[name] = hide_option(name, value, option.get("type"), hidden, mask)
    return shown


def hide_option(name: str, value: t.Any, kind: t.Any, hidden: t.Dict[str, t.Any], mask: t.Callable[[str], str]) -> t.Any:
    """Return the value of an option with placeholders for what may be secret.

    :param kind: the type that Ansible is to make of it.
    """
    if kind == "list" and isinstance(value, (str, list)):  # each entry for itself; what a null one means is ours to say
        entries = value.split(",") if isinstance(value, str) else value
        return [placeholder(one, hidden) if may_tell(name, one, mask) else one for one in entries if one is not None]
    if kind == "path" and isinstance(value, str):
        value = os.path.expanduser(os.path.expandvars(value))
    if kind == "int" and isinstance(value, (float, str)) and is_infinite(value):
        return "no finite number"  # Ansible has no words for it
    return placeholder(value, hidden) if may_tell(name, value, mask) else value


def is_infinite(value: t.Union[float, str]) -> bool:
    """Tell whether something is infinite, or no number, in the way that floating point numbers are."""
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False


def names_jobs(name: str) -> bool:
    """Tell whether an option is one of those of which exactly one has to be given."""
    return any(name == own or name in SELECTORS[own] for own in ("job_id", "job_ids", "name"))


def may_tell(name: str, value: t.Any, mask: t.Callable[[str], str]) -> bool:
    """Tell whether the value of an option that is none of the secret ones may tell a secret."""
    in_url = name in ("endpoint", "auth_url") and "@" in str(value)
    return isinstance(value, str) and (in_url or _settings.may_tell(value) or mask(value) != value)


def hide_auth(auth: t.Any, spec: Params, hidden: t.Dict[str, t.Any], mask: t.Callable[[str], str]) -> t.Any:
    """Return C(auth) with placeholders; one that is no mapping is left out, and refused before anything is done."""
    if not isinstance(auth, dict):
        return {}
    options = spec.get("auth", {}).get("options", {})
    shown: t.Dict[str, t.Any] = {}
    for name, value in auth.items():
        empty = value is None or not str(value).strip()
        option = option_of(name, options)
        if (option is None and not KEY_NAME.fullmatch(str(name))) or (empty and has_twin(name, auth)):
            continue
        plain = option is not None and not option.get("no_log") and not isinstance(value, (dict, list))
        text = value if isinstance(value, (dict, list)) else str(value)
        shown[name] = value if value is None or (plain and not may_tell(str(name), value, mask)) else placeholder(text, hidden)
    return shown


def has_twin(name: str, auth: Params) -> bool:
    """Tell whether another name of the same thing is given with a value: by its alias, Ansible would let the empty one win."""
    return any(
        twin != name and str(auth[twin] or "").strip() for twin in auth if _settings.our_name(twin) == _settings.our_name(name)
    )


def option_of(name: str, spec: Params) -> t.Optional[Params]:
    """Return what a spec says of an option, by its name or an alias; ``None`` where it has none such."""
    return next((one for own, one in spec.items() if name == own or name in one.get("aliases", ())), None)


def placeholder(value: t.Any, hidden: t.Dict[str, t.Any]) -> str:
    """Return what Ansible sees in place of a value."""
    name = f"hidden-{uuid.uuid4().hex}"  # nothing that anybody could have given
    hidden[name] = value
    return name


def shown_again(params: t.Any, hidden: t.Mapping[str, t.Any]) -> t.Any:
    """Return validated parameters with the values for which placeholders stand."""
    if isinstance(params, dict):
        return {name: shown_again(value, hidden) for name, value in params.items()}
    if isinstance(params, list):
        return [shown_again(value, hidden) for value in params]
    return hidden.get(params, params) if isinstance(params, str) else params


def without_secrets(result: Result, secrets: t.Iterable[str], warnings: t.Sequence[str] = ()) -> Result:
    """Return a result in which no secret stands. Numbers, booleans and the names of fields stay what they are.

    :param warnings: that the result is to have, beside one where a job was masked.
    """
    known_secrets = list(secrets)
    in_errors, in_jobs = masker(known_secrets), masker(known_secrets, SHORTEST_IN_JOBS)
    masked_jobs: t.List[str] = []

    def masked(value: t.Any, in_job: bool) -> t.Any:
        if isinstance(value, dict):
            inside = in_job or "job_name" in value
            told = ("before", "after", "job_id", "quotas")
            return {name_of(name, inside): masked(one, inside or name in told) for name, one in value.items()}
        if isinstance(value, list):
            return [masked(one, in_job) for one in value]
        return text_of(value, in_job) if isinstance(value, str) else value

    def text_of(text: str, in_job: bool) -> str:
        shown = (in_jobs if in_job else in_errors)(text)
        if in_job and shown != text:
            masked_jobs.append(shown)
        return shown

    def name_of(name: str, in_job: bool) -> str:
        return text_of(name, in_job) if in_job and name not in _jobs.FIELDS else name

    safe: Result = masked(result, False)
    all_warnings = [*warnings, *([MASKED_JOB] if masked_jobs else [])]
    return {**safe, "warnings": all_warnings} if all_warnings else safe


def error_fields(error: t.Optional[CallError]) -> Result:
    """Return what an error answer said, as result fields; nothing where there was no such answer."""
    if error is None or error.http_status is None:
        return {}
    fields: Result = {"http_status": error.http_status, "request_id": error.request_id}
    if error.code:
        fields.update(error_code=error.code, error_message=error.message)
    return fields


# --- checking options --------------------------------------------------------------------------------------------


def check_arguments(given: Params, params: Params, spec: Params) -> None:
    """Raise :class:`ParameterError` for what was given and cannot be meant, whatever the task is."""
    check_names(given, spec)
    check_given(given, params)
    check_credentials(given)


def check_names(given: Params, spec: Params) -> None:
    """Raise :class:`ParameterError` for what is given by two names, one of them perhaps in C(module_defaults), and differs."""
    for option, rule in spec.items():
        values = {str(given[name]) for name in (option, *rule.get("aliases", ())) if name in given}
        if len(values) > 1:
            raise ParameterError(f"{option} is given by two names, with different values.")


def check_given(given: Params, params: Params) -> None:
    """Raise :class:`ParameterError` for what selects jobs and was given without a value, or as no text."""
    for option, aliases in SELECTORS.items():
        if option not in params:
            continue
        values = [given[name] for name in (option, *aliases) if name in given]
        entries = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
        emptied = [value for value in values if value == [] and option != "job_ids"]
        if emptied or any(entry is None or not str(entry).strip() or OMITTED.fullmatch(str(entry)) for entry in entries):
            raise ParameterError(f"{option} is given, but has no value. Leave it out (omit) if it is not meant to choose jobs.")
        if any(isinstance(entry, (bool, float)) for entry in entries):
            raise ParameterError(f"{option} is {entries[0]}, which is no text: put it in quotes where it is written.")
        if option in ("name", "search", "workspace_id"):
            check_text(option, values)


def check_text(option: str, values: t.Sequence[t.Any]) -> None:
    """Raise :class:`ParameterError` for what is meant to be equal to a text that a job tells, and cannot be."""
    for value in values:
        if isinstance(value, (list, dict)):
            raise ParameterError(f"{option} must be text.")
        if str(value) != str(value).strip():
            raise ParameterError(f"{option} has a blank or a line end around it.")
        if option == "workspace_id" and not _jobs.JOB_ID.fullmatch(str(value)):
            raise ParameterError(f"workspace_id must be 1 to 64 of A-Z, a-z, 0-9, _ and -, not {_settings.printable(value)}.")


def check_credentials(given: Params) -> None:
    """Raise :class:`ParameterError` where C(auth) has credentials that are all empty: the account would be another one."""
    nested = [str(name) for name, value in given.items() if isinstance(value, dict) and name not in ("auth", "cloud")]
    if nested:
        raise ParameterError(f"{nested[0]} must not be a dictionary.")
    check_cloud(given.get("cloud"))
    auth = given.get("auth")
    if auth is None:
        return
    if not isinstance(auth, dict):
        raise ParameterError("auth must be a dictionary, such as {token: ...}.")
    nested = sorted(str(name) for name, value in auth.items() if isinstance(value, (dict, list)))
    if nested:
        raise ParameterError(f"auth.{nested[0]} must be text.")
    odd = [name for name in auth if _settings.our_name(name) not in _settings.FACTS and not KEY_NAME.fullmatch(str(name))]
    if odd:
        raise ParameterError("auth has a key that is no name of anything: is a blank missing after a colon?")
    for name in auth:
        values = {
            str(auth[twin]).strip()
            for twin in auth
            if _settings.our_name(twin) == _settings.our_name(name) and str(auth[twin] or "").strip()
        }
        if len(values) > 1:
            raise ParameterError(f"auth.{_settings.our_name(name)} is given by two names, with different values.")
    named_ones = [name for name in auth if is_credential(name)]
    if named_ones and not any(str(auth[name] or "").strip() for name in named_ones):
        raise ParameterError(f"{', '.join(f'auth.{name}' for name in named_ones)}: given, but without a value.")


def check_cloud(cloud: t.Any) -> None:
    """Raise :class:`ParameterError` where C(cloud) is neither a name nor an entry."""
    named_cloud = isinstance(cloud, str) and CLOUD_NAME.fullmatch(cloud) and cloud.strip()
    if cloud is not None and not named_cloud and not (isinstance(cloud, dict) and cloud):
        raise ParameterError("cloud must be the name of an entry of clouds.yaml, or a whole entry.")
    if isinstance(cloud, dict):
        inside = cloud.get("auth")
        both = [cloud, inside] if isinstance(inside, dict) else [cloud]
        named_ones = [(name, value) for one in both for name, value in one.items() if is_credential(name)]
        if named_ones and not any(str(value or "").strip() for dummy, value in named_ones):
            raise ParameterError(f"cloud has {', '.join(str(name) for name, dummy in named_ones)}, but without a value.")
    inner = cloud.get("cloud", "") if isinstance(cloud, dict) else ""
    if not isinstance(inner, str) or (inner and not CLOUD_NAME.fullmatch(inner)):
        raise ParameterError("cloud has a key cloud, which must be the name of an entry of clouds.yaml.")


def is_credential(name: t.Any) -> bool:
    """Tell whether a key of C(auth), or of an entry, says who we are."""
    return _settings.our_fact(name) in _settings.CREDENTIALS


def check_at_least(params: Params, option: str, least: float) -> None:
    """Raise :class:`ParameterError` where a number is too small, or none."""
    if not params[option] >= least:
        told = "" if params[option] < -LONGEST_TIME else f", not {params[option]:g}"
        raise ParameterError(f"{option} must be at least {least:g}{told}.")


def check_job_ids(option: str, job_ids: t.Iterable[str]) -> None:
    """Raise :class:`ParameterError` for what cannot be the id of a job: it would become a part of the path."""
    for job_id in job_ids:
        if not _jobs.JOB_ID.fullmatch(job_id):
            raise ParameterError(f"{option} must be 1 to 64 of A-Z, a-z, 0-9, _ and -, not {_settings.printable(job_id)}.")


# --- modelarts_visualization_job ---------------------------------------------------------------------------------


def check_job_options(params: Params) -> None:
    """Raise :class:`ParameterError` for the options of a task that no request should be made for."""
    check_at_least(params, "wait_sleep", 0.1)
    check_at_least(params, "max_concurrency", 1)
    check_job_ids("job_id", [] if params["job_id"] is None else [params["job_id"]])
    check_job_ids("job_ids", params["job_ids"] or [])
    if params["state"] == "present" and params["job_ids"] is not None:
        raise ParameterError("job_ids goes with every state but present; use name or job_id.")
    if params["name"] is not None and not JOB_NAME.fullmatch(params["name"]):
        raise ParameterError(f"name must be 1 to 20 of A-Z, a-z, 0-9, _ and -, not {_settings.printable(params['name'])}.")
    if params["recreate"] and params["state"] == "present" and params["name"] is None:
        raise ParameterError("recreate goes with name: a job that is replaced gets another id.")
    check_spec(params)


def check_spec(params: Params) -> None:
    """Raise :class:`ParameterError` for what no job can have."""
    if len(params["description"] or "") > _jobs.LONGEST_DESCRIPTION:
        raise ParameterError(f"description must be at most {_jobs.LONGEST_DESCRIPTION} characters long.")
    if not 0 <= (params["auto_stop_hours"] or 0) <= _jobs.MOST_HOURS:
        raise ParameterError(f"auto_stop_hours must be 0 to {_jobs.MOST_HOURS}, not {params['auto_stop_hours']}.")
    if params["train_url"] is not None and _jobs.obs_path(params["train_url"]) is None:
        given = _settings.printable(params["train_url"])
        raise ParameterError(f"train_url must be an OBS path such as /bucket/folder/, not {given}.")


def visualization_job(params: Params, check_mode: bool, client: Client, announce: Announce) -> Result:
    """Bring the jobs that a task names to the state that it wants."""
    wanted = wanted_of(params, check_mode)
    one = params["job_ids"] is None
    tasks = {job_id: Progress(wanted, job_id) for job_id in ([params["job_id"]] if one else params["job_ids"])}
    jobs = Jobs(client, params["workspace_id"])
    announce(list(tasks.values()))
    bring(Reconciler(jobs, client.deadline, params["wait_sleep"], params["max_concurrency"]), list(tasks.values()))
    return told_alone(tasks[params["job_id"]]) if one else told_together([tasks[job_id] for job_id in params["job_ids"]])


def bring(reconciler: Reconciler, tasks: t.Sequence[Progress]) -> None:
    """Work at the jobs; whatever ends that, what was done to them is still told."""
    try:
        reconciler.run(tasks)
    except OutOfTime:
        reconciler.give_up(tasks, Reason.INTERRUPTED, "")
    except Exception as error:  # noqa: BLE001  # the outermost boundary of a job: what was sent is not forgotten
        reconciler.give_up(tasks, Reason.BUG, bug(error))


def wanted_of(params: Params, check_mode: bool) -> Wanted:
    """Return what a task wants of each of its jobs."""
    own = {key: params[key] for key in ("name", "description", "train_url", "job_type", "flavor", "auto_stop_hours")}
    plain = {key: params[key] for key in ("state", "wait", "force", "recreate", "workspace_id")}
    return Wanted(check_mode=check_mode, spec=Spec(**own), **plain)


def told_job(progress: Progress) -> t.Optional[Job]:
    """Return the job as the result tells it: after C(absent) as it was before."""
    if progress.wanted.state == "absent":
        return progress.before
    return None if isinstance(progress.sighting, Gone) else progress.job


def left_of(progress: Progress) -> t.Optional[Job]:
    """Return what remains of the job after the task, for the diff."""
    gone = isinstance(progress.sighting, Gone)
    if not progress.changed:
        return None if gone else progress.before
    asked_for = not progress.wanted.wait and progress.wanted.state != "present" and not isinstance(progress.end, Fail)
    if progress.wanted.check_mode or asked_for:
        return predicted(progress)
    return None if gone else progress.job


def brief(job: t.Optional[Job]) -> Result:
    """Return a job for the diff: what the module can change, and nothing that changes by itself."""
    shown = ("job_name", "job_desc", "train_url", "status_name")
    return {key: job[key] for key in shown if job.get(key) is not None} if job else {}


def in_a_line(job: t.Optional[Job]) -> str:
    """Return one of many jobs for the diff."""
    return f"{job.get('job_name')}: {job.get('status_name')}" if job else "no job"


def outcome_of(progress: Progress) -> Result:
    """Return how one job ended, as result fields."""
    fields: Result = {"changed": progress.changed, "job": told_job(progress), **error_fields(progress.told)}
    if isinstance(progress.end, Fail):
        fields.update(failed=True, msg=_messages.failure(progress, progress.end))
    if progress.open():
        fields["outcome_unknown"] = True
    return fields


def told_alone(progress: Progress) -> Result:
    """Return the result of a task for one job."""
    return {**outcome_of(progress), "diff": {"before": brief(progress.before), "after": brief(left_of(progress))}}


def told_together(tasks: t.Sequence[Progress]) -> Result:
    """Return the result of a task for many jobs; a job that was named twice is told at both places."""
    rows: t.List[Result] = [{"job_id": progress.job_id, **outcome_of(progress)} for progress in tasks]
    result: Result = {"changed": any(row["changed"] for row in rows), "jobs": rows}
    result["diff"] = {
        "before": {str(progress.job_id): in_a_line(progress.before) for progress in tasks},
        "after": {str(progress.job_id): in_a_line(left_of(progress)) for progress in tasks},
    }
    if any(row.get("outcome_unknown") for row in rows):
        result["outcome_unknown"] = True
    if any(row.get("failed") for row in rows):
        distinct = list({progress.job_id: progress for progress in tasks}.values())
        result.update(failed=True, msg=_messages.summary(distinct))
    return result


# --- modelarts_visualization_job_info ----------------------------------------------------------------------------


def check_info_options(params: Params) -> None:
    """Raise :class:`ParameterError` for the options of an info task that no request should be made for."""
    check_job_ids("job_id", [] if params["job_id"] is None else [params["job_id"]])
    if len(params["search"] or "") > LONGEST_SEARCH:
        raise ParameterError(f"search must be at most {LONGEST_SEARCH} characters long.")
    if params["limit"] is not None:
        check_at_least(params, "limit", 1)
    criteria_of(params, 0.0)


def visualization_job_info(params: Params, check_mode: bool, client: Client, announce: Announce) -> Result:
    """Return the jobs that a task asks for."""
    criteria = criteria_of(params, client.deadline.clock.time())
    jobs, extras = read_jobs(params, criteria, client)
    chosen = _jobs.in_order(filter(criteria.fit, jobs), params["sort_by"], params["order"] == "desc")
    quotas = _jobs.whole_number(extras.get("quotas"))
    return {
        "changed": False,
        "jobs": chosen[: params["limit"]],
        "total_count": len(chosen),
        "job_count_limit": _jobs.whole_number(extras.get("job_count_limit")),
        "quotas": extras.get("quotas") if quotas is None else quotas,
    }


def criteria_of(params: Params, now: float) -> Criteria:
    """Return which jobs a task asks for.

    :param now: seconds since the epoch.
    """
    statuses = None if params["status"] is None else statuses_of(params["status"])
    states = None if params["state"] is None else frozenset(params["state"])
    before, after = (moment_before(option, params[option], now) for option in ("older_than", "newer_than"))
    return Criteria(params["name"], statuses, states, before, after, params["search"])


def moment_before(option: str, duration: t.Optional[str], now: float) -> t.Optional[int]:
    """Return the moment that lies so long before now, in milliseconds since the epoch."""
    if duration is None:
        return None
    match = DURATION.fullmatch(duration)
    if match is None:
        raise ParameterError(
            f"{option} must be a number with a unit, such as 90m, 12h, 30d or 4w, not {_settings.printable(duration)}."
        )
    return int((now - int(match[1]) * UNIT_SECONDS[match[2]]) * 1000)


def statuses_of(wanted: t.Iterable[str]) -> t.FrozenSet[int]:
    """Return statuses that were given by name or number as numbers."""
    numbers = set()
    for value in wanted:
        name = re.sub(r"^jobstat_", "", str(value).strip().lower())
        number = _jobs.STATUS_NUMBERS.get(name, _jobs.whole_number(value))
        if number is None:
            raise ParameterError(
                f"status {_settings.printable(value)} is none of {', '.join(_jobs.STATUS_NUMBERS)}, nor a number."
            )
        numbers.add(number)
    return frozenset(numbers)


def read_jobs(params: Params, criteria: Criteria, client: Client) -> t.Tuple[t.Sequence[Job], Result]:
    """Return the jobs by id, by name, by a part of the name, or all; and what the list says beside them."""
    jobs = Jobs(client, params["workspace_id"])
    if params["job_id"] is not None:
        return read_job(params["job_id"], jobs, client), {}
    name = params["name"]
    search = name[:LONGEST_SEARCH] if name else params["search"]
    listing = jobs.complete_list(search)
    if not any(name in (None, job["job_name"]) for job in listing.jobs.values()):
        client.deadline.clock.sleep(CONFIRM_SECONDS)  # one list without it, or without any, proves nothing
        listing = jobs.complete_list(search)
    return list(listing.jobs.values()), listing.extras


def read_job(job_id: str, jobs: Jobs, client: Client) -> t.Sequence[Job]:
    """Return one job by its id, or nothing where it is proven that there is none."""
    progress = Progress(Wanted("shown"), job_id)
    Reconciler(jobs, client.deadline).run([progress])
    if isinstance(progress.end, Fail):
        raise Unread(_messages.failure(progress, progress.end), progress.told)
    return [progress.job] if progress.job else []


JOB = Task(JOB_SPEC, check_job_options, visualization_job)
INFO = Task(INFO_SPEC, check_info_options, visualization_job_info)
