# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The boundary: a task's parameters in, results and failures out. Only here Ansible is spoken."""

from __future__ import annotations

import re
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.otc.modelarts.plugins.module_utils import _auth, _client, _jobs, _reconcile

Result = t.Dict[str, t.Any]

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
JOB_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
LONGEST_DESCRIPTION = 256
LONGEST_SEARCH = 64
MOST_HOURS = 24


class ParameterError(Exception):
    """An option has a value that it cannot have; nothing was sent."""


def connection_argument_spec() -> t.Dict[str, t.Any]:
    """Return the options about authentication and connection, which both modules have."""
    plain: t.Dict[str, t.Any] = {"type": "str"}
    secret: t.Dict[str, t.Any] = {"type": "str", "no_log": True}
    auth = dict.fromkeys(("auth_url", "username", "user_id", "user_domain_name", "user_domain_id"), plain)
    auth.update(dict.fromkeys(("project_id", "project_name", "project_domain_name", "project_domain_id"), plain))
    auth.update(dict.fromkeys(("password", "token", "security_token"), secret))
    return {
        "cloud": plain,
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
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "api_timeout": {"type": "int", "default": 30},
        "api_retries": {"type": "int", "default": 5},
    }


def run(
    module: AnsibleModule,
    check: t.Callable[[AnsibleModule], None],
    work: t.Callable[[AnsibleModule, _client.Client], Result],
    seconds: float,
) -> None:
    """Check a module's options, do its work, and end it with its result or with one clear failure.

    :param seconds: the time that the task has.
    """
    client: t.Optional[_client.Client] = None
    try:
        check(module)
        client = connect(module, seconds)
        result = work(module, client)
    except (ParameterError, _auth.AuthError) as error:
        result = {"failed": True, "msg": str(error)}
    except _client.CallError as error:
        result = {"failed": True, "msg": message(error), **error_fields(error)}
    except Exception as error:  # noqa: BLE001  # the outermost boundary: no traceback reaches a user
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
        result = {"failed": True, "msg": f"This is a bug in otc.modelarts: {type(error).__name__} at {place}."}
    # Told outside of the handlers: in one, Ansible would add a traceback.
    module.no_log_values.update(client.secrets if client else ())
    if result.pop("failed", False):
        module.fail_json(**{"changed": False, **result})
    module.exit_json(**result)


def connect(module: AnsibleModule, seconds: float) -> _client.Client:
    """Return the client of this task. Nothing is sent yet."""
    if _client.REQUESTS_IMPORT_ERROR is not None:
        raise _auth.AuthError(missing_required_lib("requests"))
    check_at_least(module, "api_timeout", 1)
    check_at_least(module, "api_retries", 0)
    settings = _auth.resolve(module.params)
    clock = _client.Clock()
    transport = _client.Transport(
        settings, clock, module.params["api_timeout"], max(1, module.params.get("max_concurrency") or 1)
    )
    return _client.Client(settings, transport, _client.Deadline(clock, seconds), module.params["api_retries"])


def message(error: _client.CallError) -> str:
    """Return the failure of a whole task in one line: the API's message, the code, and what to do about it."""
    code = f" [{error.code}]" if error.code else ""
    return f"Cannot read the visualization jobs: {error.message.rstrip('.')}{code}.{_reconcile.advice(error)}"


def error_fields(error: t.Optional[_client.CallError]) -> Result:
    """Return what an error answer said, as result fields; nothing where there was no such answer."""
    if error is None or error.http_status is None:
        return {}
    fields: Result = {"http_status": error.http_status, "request_id": error.request_id}
    if error.code:
        fields.update(error_code=error.code, error_message=error.message)
    return fields


def check_at_least(module: AnsibleModule, option: str, least: float) -> None:
    """Raise :class:`ParameterError` where a number is too small."""
    if module.params[option] < least:
        raise ParameterError(f"{option} must be at least {least:g}, not {module.params[option]:g}.")


def check_job_ids(option: str, job_ids: t.Iterable[str]) -> None:
    """Raise :class:`ParameterError` for what cannot be the id of a job: it would become a part of the path."""
    for job_id in job_ids:
        if not JOB_ID.fullmatch(job_id):
            raise ParameterError(f"{option} must be 1 to 64 of A-Z, a-z, 0-9, _ and -, not {job_id[:80]!r}.")


# --- modelarts_visualization_job ---------------------------------------------------------------------------------


def visualization_job(module: AnsibleModule, client: _client.Client) -> Result:
    """Bring the jobs that a task names to the state that it wants."""
    params = module.params
    reconciler = _reconcile.Reconciler(
        _jobs.Jobs(client, params["workspace_id"]), client.deadline, params["wait_sleep"], params["max_concurrency"]
    )
    wanted = wanted_of(params, module.check_mode)
    if params["job_ids"] is None:
        progress = _reconcile.Progress(wanted, params["job_id"])
        reconciler.run([progress])
        return told_alone(progress)
    by_id = {job_id: _reconcile.Progress(wanted, job_id) for job_id in params["job_ids"]}
    reconciler.run(list(by_id.values()))
    return told_together([by_id[job_id] for job_id in params["job_ids"]], len(by_id))


def check_job_options(module: AnsibleModule) -> None:
    """Raise :class:`ParameterError` for the options of a task that no request should be made for."""
    params = module.params
    check_at_least(module, "wait_timeout", 1)
    check_at_least(module, "wait_sleep", 0.1)
    check_at_least(module, "max_concurrency", 1)
    check_job_ids("job_id", [] if params["job_id"] is None else [params["job_id"]])
    check_job_ids("job_ids", params["job_ids"] or [])
    if params["state"] == "present" and params["job_ids"] is not None:
        raise ParameterError("job_ids goes with every state but present; use name or job_id.")
    if params["name"] is not None and not JOB_NAME.fullmatch(params["name"]):
        raise ParameterError(f"name must be 1 to 20 of A-Z, a-z, 0-9, _ and -, not {params['name'][:80]!r}.")
    if len(params["description"] or "") > LONGEST_DESCRIPTION:
        raise ParameterError(f"description must be at most {LONGEST_DESCRIPTION} characters long.")
    if not 0 <= (params["auto_stop_hours"] or 0) <= MOST_HOURS:
        raise ParameterError(f"auto_stop_hours must be 0 to {MOST_HOURS}, not {params['auto_stop_hours']}.")


def wanted_of(params: t.Mapping[str, t.Any], check_mode: bool) -> _reconcile.Wanted:
    """Return what a task wants of each of its jobs."""
    create: Result = {"train_url": params["train_url"], "job_desc": params["description"], "job_type": params["job_type"]}
    if params["flavor"] is not None:
        create["flavor"] = {"code": params["flavor"]}
    if params["auto_stop_hours"] is not None:
        create["schedule"] = {"type": "stop", "time_unit": "HOURS", "duration": params["auto_stop_hours"]}
    return _reconcile.Wanted(
        state=params["state"],
        wait=params["wait"],
        force=params["force"],
        recreate=params["recreate"],
        check_mode=check_mode,
        name=params["name"],
        description=params["description"],
        train_url=params["train_url"],
        create={key: value for key, value in create.items() if value is not None},
    )


def told_job(progress: _reconcile.Progress) -> t.Optional[_jobs.Job]:
    """Return the job as the result tells it: after C(absent) as it was before."""
    return progress.before if progress.wanted.state == "absent" else progress.job


def left_of(progress: _reconcile.Progress) -> t.Optional[_jobs.Job]:
    """Return what remains of the job after the task, for the diff."""
    if not progress.changed:
        return progress.before
    if progress.wanted.check_mode:
        return progress.after
    return None if progress.wanted.state == "absent" and not progress.failure else progress.job


def told_alone(progress: _reconcile.Progress) -> Result:
    """Return the result of a task for one job."""
    result: Result = {"changed": progress.changed, "job": told_job(progress), **error_fields(progress.told)}
    result["diff"] = {"before": progress.before or {}, "after": left_of(progress) or {}}
    if progress.failure:
        result.update(failed=True, msg=progress.failure)
    return result


def told_together(tasks: t.Sequence[_reconcile.Progress], number: int) -> Result:
    """Return the result of a task for many jobs.

    :param number: how many jobs they are, each counted once.
    """
    rows = []
    for progress in tasks:
        row: Result = {"job_id": progress.job_id, "changed": progress.changed, "job": told_job(progress)}
        row.update(error_fields(progress.told))
        if progress.failure:
            row.update(failed=True, msg=progress.failure)
        rows.append(row)
    result: Result = {"changed": any(row["changed"] for row in rows), "jobs": rows}
    result["diff"] = {
        "before": {str(progress.job_id): progress.before for progress in tasks if progress.before},
        "after": {str(progress.job_id): left_of(progress) for progress in tasks if left_of(progress)},
    }
    failed = {str(progress.job_id): progress for progress in tasks if progress.failure}
    if failed:
        result.update(failed=True, msg=summary(failed, number))
    return result


def summary(failed: t.Mapping[str, _reconcile.Progress], number: int) -> str:
    """Return the failure of a task for many jobs: how many, which, and why."""
    named = []
    for job_id, progress in failed.items():
        code = progress.told.code if progress.told else None
        named.append(f"{job_id} ({'not tried' if progress.not_tried else code or 'no code'})")
    more = f" and {len(named) - 20} more" if len(named) > 20 else ""
    first = next(progress.failure for progress in failed.values())
    return f"{len(failed)} of {number} visualization jobs failed: {', '.join(named[:20])}{more}. The first: {first}"


# --- modelarts_visualization_job_info ----------------------------------------------------------------------------


def visualization_job_info(module: AnsibleModule, client: _client.Client) -> Result:
    """Return the jobs that a task asks for."""
    params = module.params
    statuses = statuses_of(params["status"] or [])
    jobs, facts = read_jobs(params, _jobs.Jobs(client, params["workspace_id"]))
    chosen = _jobs.select(jobs, statuses, params["sort_by"], params["order"] == "desc")
    quotas = _jobs.whole_number(facts.get("quotas"))
    return {
        "changed": False,
        "jobs": chosen[: params["limit"]],
        "total_count": len(chosen),
        "job_count_limit": _jobs.whole_number(facts.get("job_count_limit")),
        "quotas": facts.get("quotas") if quotas is None else quotas,
    }


def check_info_options(module: AnsibleModule) -> None:
    """Raise :class:`ParameterError` for the options of an info task that no request should be made for."""
    params = module.params
    check_job_ids("job_id", [] if params["job_id"] is None else [params["job_id"]])
    if params["name"] == "":
        raise ParameterError("name must not be empty.")
    if len(params["search"] or "") > LONGEST_SEARCH:
        raise ParameterError(f"search must be at most {LONGEST_SEARCH} characters long.")
    if params["limit"] is not None:
        check_at_least(module, "limit", 1)
    statuses_of(params["status"] or [])


def statuses_of(wanted: t.Iterable[str]) -> t.FrozenSet[int]:
    """Return statuses that were given by name or number as numbers."""
    numbers = set()
    for value in wanted:
        number = _jobs.STATUS_NUMBERS.get(str(value).strip().lower(), _jobs.whole_number(value))
        if number is None:
            raise ParameterError(f"status {str(value)[:80]!r} is none of {', '.join(_jobs.STATUS_NUMBERS)}, nor a number.")
        numbers.add(number)
    return frozenset(numbers)


def read_jobs(params: t.Mapping[str, t.Any], jobs: _jobs.Jobs) -> t.Tuple[t.List[_jobs.Job], t.Dict[str, t.Any]]:
    """Return the jobs by id, by name, by a part of the name, or all; and what the list says beside them."""
    if params["job_id"] is not None:
        seen = jobs.look(params["job_id"])
        if seen.unreadable is not None:
            raise seen.unreadable
        return [seen.job] if seen.job else [], {}
    name = params["name"]
    listing = jobs.complete_list(name[:LONGEST_SEARCH] if name else params["search"])
    found = [job for job in listing.jobs.values() if name is None or job["job_name"] == name]
    return found, listing.facts
