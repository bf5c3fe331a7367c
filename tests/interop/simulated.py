# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One project of a simulated cloud, as the clients that others wrote know it."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import simulation


class Cloud(simulation.Project):
    """One project of the simulator."""

    def __init__(self, credentials: t.Dict[str, t.Any]) -> None:
        super().__init__(credentials)
        self.jobs_url = f"{credentials['endpoint']}/v1/{credentials['project_id']}/visualization-jobs"

    def add(self, **fields: t.Any) -> str:
        """Put a job there, and return its id."""
        return str(self.control("POST", "jobs", fields)["job_id"])

    def statuses(self) -> t.Dict[str, int]:
        """Return the status of each job that is really there."""
        return {job["job_id"]: job["status"] for job in self.control("GET", "jobs")}

    def operations(self) -> t.List[str]:
        """Return what was asked for, in order, but for what IAM was asked."""
        entries = self.control("GET", "log")
        return [entry["operation"] for entry in entries if entry["operation"] not in ("token", "version")]

    def entry(self) -> t.Dict[str, t.Any]:
        """Return the project as an entry of clouds.yaml, with a password.

        It tells of CSS, as real clouds do: one of the commands asks for that service.
        """
        given = self.credentials
        auth = {name: given[name] for name in ("username", "password", "project_id", "user_domain_name")}
        own = {"auth_url": given["iam_url"], **auth}
        return {"auth": own, "region_name": given["region_name"], "css_endpoint_override": f"{given['url']}/css"}


def clouds_yaml(folder: pathlib.Path, clouds: t.Mapping[str, Cloud]) -> pathlib.Path:
    """Write a clouds.yaml that names these projects, and return its path."""
    path = folder / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {name: cloud.entry() for name, cloud in clouds.items()}}), encoding="utf-8")
    return path


def environment(path: pathlib.Path) -> t.Dict[str, str]:
    """Return an environment that tells of this clouds.yaml, of no other cloud and of no proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**kept, "OS_CLIENT_CONFIG_FILE": str(path)}
