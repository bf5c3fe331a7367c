# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deletes visualization jobs as a user of the SDK does: the name of a cloud, then ids."""

from __future__ import annotations

import sys
import typing as t

import openstack


def main(cloud: str, job_ids: list[str]) -> None:
    """Delete one job after the other."""
    connection: t.Any = openstack.connect(cloud=cloud, vendor_hook="otcextensions.sdk:load")
    with connection:
        for job_id in job_ids:
            connection.modelartsv1.delete_visualization_job(job_id, ignore_missing=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
