# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For half a minute, and no longer, a task looks for what came of a request. All rows wait at once."""

from __future__ import annotations

import typing as t

from conftest import Cloud, Clouds, Result, Row, Table, says_unknown

NEW: Result = {"name": "made", "train_url": "/bucket/logs/"}
# Calls that are lost before they are carried out, and that are not repeated.
LOST: t.Dict[str, t.Tuple[str, Result]] = {
    "create": ("create", NEW),
    "create, no wait": ("create", {**NEW, "wait": False}),
    "update": ("update", {"name": "name-10", "description": "new"}),
    "stop": ("stop", {"state": "stopped", "job_id": "10"}),
    "stop, no wait": ("stop", {"state": "stopped", "job_id": "10", "wait": False}),
    "restart": ("restart", {"state": "started", "job_id": "12"}),
}


def rows_of_lost_calls(clouds: Clouds) -> t.Dict[str, Row]:
    """Return the rows whose outcome stays unknown."""
    rows: t.Dict[str, Row] = {}
    for name, (operation, task) in LOST.items():
        cloud = clouds()
        cloud.add("10")
        cloud.add("12", status=12)
        cloud.fault(operation=operation, drop="before")
        rows[name] = (cloud, task)
    refused = clouds(delete_refused_at=[8])
    refused.add("10")
    refused.fault(operation="delete", drop="before")
    rows["delete, repeat refused"] = (refused, {"state": "absent", "job_id": "10"})
    return rows


def looked_for(cloud: Cloud, operation: str) -> float:
    """Return for how long (seconds) after its first changing request a task went on to look."""
    return cloud.times("get", "list")[-1] - cloud.times(operation)[0]


def test_a_task_looks_for_half_a_minute_before_it_gives_up_or_believes(clouds: Clouds, table: Table) -> None:
    lost = rows_of_lost_calls(clouds)
    forced = clouds(delete_refused_at=[8, 9])
    forced.add("10")
    forced.fault(operation="delete", drop="before")
    # The list has never held it, and an answer that may mean "gone" is all that tells.
    elsewhere = clouds(missing_job="html404")
    elsewhere.add("10", workspace_id="7")
    # The creation does not know workspaces, and the job runs where nobody looks for it.
    strayed = clouds()
    others: t.Dict[str, Row] = {
        "forced": (forced, {"state": "absent", "job_id": "10", "force": True}),
        "elsewhere": (elsewhere, {"state": "absent", "job_id": "10"}),
        "strayed": (strayed, {**NEW, "workspace_id": "w"}),
    }
    rows = {name: (cloud, {"wait_timeout": 90, "wait_sleep": 1, **task}) for name, (cloud, task) in {**lost, **others}.items()}
    results = table(rows)
    wrong = {}
    for name, (cloud, dummy) in lost.items():
        operation = name.split(",")[0]
        seconds, label = looked_for(cloud, operation), "made" if operation == "create" else "12" if name == "restart" else "10"
        unknown = says_unknown(results[name], label) and results[name]["changed"] is False
        if not unknown or not 28 <= seconds <= 45 or len(cloud.changing()) != (2 if operation == "delete" else 1):
            wrong[name] = (seconds, cloud.changing(), results[name].get("outcome_unknown"), results[name]["msg"])
    for name in ("forced", "elsewhere"):
        cloud, result = rows[name][0], results[name]
        if result.get("failed") or result["changed"] is not True or cloud.job_ids() or looked_for(cloud, "delete") < 28:
            wrong[name] = (looked_for(cloud, "delete"), cloud.changing(), result["changed"], result.get("msg"))
    made = next(iter(strayed.job_ids()))
    result = results["strayed"]
    if not result.get("failed") or result["changed"] is not True or made not in result["msg"] or "billed" not in result["msg"]:
        wrong["strayed"] = (looked_for(strayed, "create"), strayed.changing(), result["changed"], result.get("msg"))
    assert not wrong
    assert forced.changing() == ["delete", "delete", "stop", "delete"]
    assert results["delete, repeat refused"]["error_code"] == "ModelArts.0105"
