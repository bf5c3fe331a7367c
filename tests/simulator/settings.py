# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be set about a simulated cloud, with what it is set to at first. Where sources disagree, there is a setting."""

from __future__ import annotations

import typing as t

Settings = t.Dict[str, t.Any]

# name: (default, meaning)
KNOWN: t.Dict[str, t.Tuple[t.Any, str]] = {
    "missing_job": ("0015", "how a job that does not exist answers: a name in errors.MISSING, or {status, body}"),
    "missing_job_on": (None, "the operations that answer so (null: all); the others answer as 0015"),
    "refusal_http": (400, "HTTP status of a refusal: 400 or 200"),
    "message_key": ("error_message", "where ModelArts puts the message: error_message or error_msg"),
    "error_shape": ("modelarts", "modelarts, gateway, nested, camel, plain or iam"),
    "success_as_string": (False, 'is_success as "true" and "false"'),
    "numbers_as_strings": (False, "numbers as strings"),
    "list_cap": (1000, "how many jobs a page holds at most"),
    "list_cap_mode": ("cap", "what a larger per_page gets: cap or refuse"),
    "list_lag_seconds": (0, "the list tells of the jobs as they were so many seconds ago"),
    "get_lag_seconds": (0, "the details of a new job answer for so long as if it did not exist"),
    "page_ignored": (False, "every page of the list is the first"),
    "schedule_shown": (False, "jobs are told with their auto stop, as a list of one object"),
    "remaining_duration_shown": (False, "jobs are told with the milliseconds until their auto stop; null without one"),
    "gateway_prefix": ("APIGW", "APIGW or APIG"),
    "denied": ([], "actions without permission: create, list, get, update, delete, stop, restart"),
    "retired": (False, "every call is answered as if there were no such API; create: only that one"),
    "revoked": (False, "true, or a list of what is refused from now on: keys, tokens, password"),
    "requests_per_second": (0, "more are throttled; 0 for no limit"),
    "retry_after": (1, "seconds in the Retry-After of a throttled call; null for none"),
    "retry_after_as_date": (False, "Retry-After as a date"),
    "latency_ms": (0, "added to every answer"),
    "token_seconds": (86400, "how long a token is valid"),
    "delete_seconds": (2, "how long a deletion takes"),
    "stop_seconds": (2, "how long a stop takes"),
    "start_seconds": (2, "how long a start takes"),
    "delete_refused_at": ([9], "statuses in which a deletion is refused"),
    "stop_refused_at": ([3, 5, 6, 9, 10, 11, 12, 13, 14, 16, 17, 21, 22], "statuses in which a stop is refused"),
    "restart_refused_at": ([1, 2, 4, 7, 8, 9, 15, 18, 19, 20], "statuses in which a restart is refused"),
    "delete_shown_after": (0, "after how many seconds a deletion is seen by status 9; null for never"),
    "delete_again": ("refuse", "what a second deletion gets while the first is under way: refuse or accept"),
    "delete_fails": (False, "true, or the ids of jobs whose deletion ends in DELETE_FAILED"),
    "start_fails": (None, "the status in which a start ends instead of RUNNING"),
    "unique_names": (False, "a second job of a name is refused with ModelArts.0103"),
    "job_count_limit": (5000, "how many jobs the project may have; the list tells how many can still be created"),
    "quotas": (100, "how many jobs may run at once; it is only told"),
    "create_knows_workspaces": (False, "a new job is put into the workspace_id that it is created with"),
    "default_workspace": ("0", "id of the default workspace"),
    "lock_seconds": (300, "how long a key is locked after more than five bad signatures in a row"),
}


def defaults() -> Settings:
    """Return the settings of a new project."""
    return {name: value for name, (value, dummy) in KNOWN.items()}


def changed(settings: Settings, changes: t.Mapping[str, t.Any]) -> None:
    """Change settings in place. Raises :class:`KeyError` for one that does not exist."""
    unknown = sorted(set(changes) - set(KNOWN))
    if unknown:
        raise KeyError(f"no such setting: {', '.join(unknown)}")
    settings.update(changes)
