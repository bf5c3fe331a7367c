#!/usr/bin/python

# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: modelarts_visualization_job_info
short_description: List ModelArts visualization jobs of Open Telekom Cloud and Huawei Cloud
version_added: 0.1.0
description:
  - Returns visualization jobs by ID, by name, by a part of the name, or all of a workspace, from all pages of the list.
author:
  - otc.modelarts contributors (@otc-modelarts)
extends_documentation_fragment:
  - otc.modelarts.attributes
  - otc.modelarts.attributes.actiongroup_modelarts
  - otc.modelarts.connection
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
options:
  job_id:
    description:
      - ID of the job, of whichever workspace. Never everything - a value that is null or empty is refused.
    type: str
    aliases: [id, visualization_id]
  name:
    description:
      - Exact name of the jobs. A value that is null or empty is refused.
      - What YAML takes for a number needs quotes. It makes 202411 of V(2024_11).
    type: str
    aliases: [job_name]
  search:
    description:
      - A part of the name, at most 64 characters.
    type: str
  status:
    description:
      - Only jobs of these statuses, given by name, with or without C(JOBSTAT_), or by number.
      - They are V(unknown), V(init), V(image_creating), V(image_failed), V(submit_trying), V(submit_failed), V(delete_failed),
        V(waiting), V(running), V(killing), V(completed), V(failed), V(killed), V(canceled), V(lost), V(scaling),
        V(submit_model_failed), V(deploy_service_failed), V(check_init), V(check_running), V(check_running_completed),
        V(check_failed) and V(mount_failed), numbered from 0. O(state) stands for several of them.
    type: list
    elements: str
  state:
    description:
      - Only jobs in these states. See RV(jobs[].state).
    type: list
    elements: str
    choices: [starting, running, stopping, stopped, failed, unknown]
    version_added: 2.0.0
  older_than:
    description:
      - Only jobs that were created longer ago than this, which is a number with a unit, V(s), V(m), V(h), V(d) or V(w). For
        example V(90m), V(12h) or V(30d).
    type: str
    version_added: 2.0.0
  newer_than:
    description:
      - Only jobs that were created less long ago than this. As O(older_than).
    type: str
    version_added: 2.0.0
  sort_by:
    description:
      - What the jobs are sorted by.
    type: str
    choices: [job_id, job_name, job_desc, create_time, status]
    default: create_time
  order:
    description:
      - V(asc) for the smallest first, V(desc) for the largest first.
    type: str
    choices: [asc, desc]
    default: desc
  workspace_id:
    description:
      - ID of the workspace whose jobs are listed. The default workspace if this is not set.
    type: str
  limit:
    description:
      - How many jobs are returned at most. All, if this is not set.
    type: int
  wait:
    description:
      - Ignored. It is accepted so that both modules can have the same defaults.
    type: bool
    version_added: 2.0.0
  wait_timeout:
    description:
      - Seconds for the whole task, connections and retries included.
    type: int
    default: 300
    aliases: [timeout]
seealso:
  - module: otc.modelarts.modelarts_visualization_job
"""

EXAMPLES = r"""
---
- name: List the jobs that are running, the oldest first
  otc.modelarts.modelarts_visualization_job_info:
    cloud: otc
    status: [running]
    sort_by: create_time
    order: asc
  register: running

- name: Look at one job
  otc.modelarts.modelarts_visualization_job_info:
    cloud: otc
    job_id: "8992"
  register: one

- name: Tell whether it is there
  ansible.builtin.debug:
    msg: "{{ one.jobs[0].status_name if one.jobs else 'There is none.' }}"

- name: Count the jobs of an experiment that are over, and see how much room there is
  otc.modelarts.modelarts_visualization_job_info:
    cloud: otc
    search: experiment-
    state: [stopped, failed]
    limit: 1
  register: over

- name: Tell both
  ansible.builtin.debug:
    msg: "{{ over.total_count }} are over. {{ over.job_count_limit }} more jobs may be created."

- name: Find those that were created before yesterday and do not run any more
  otc.modelarts.modelarts_visualization_job_info:
    cloud: otc
    older_than: 1d
    state: [stopped, failed]
  register: old

- name: Delete them
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    job_ids: "{{ old.jobs | map(attribute='job_id') | list }}"
    state: absent
"""

RETURN = r"""
jobs:
  description:
    - The jobs. Empty where nothing matches, also for an unknown O(job_id).
    - What the API tells beyond these fields stays in.
  returned: success
  type: list
  elements: dict
  contains:
    job_id:
      description: ID of the job.
      type: str
      sample: "8992"
    job_name:
      description: Name of the job.
      type: str
      sample: night-run
    job_desc:
      description: Description of the job.
      type: str
      sample: losses of the nightly training
    status:
      description: Status of the job as the API numbers it. A number that is not known stays as it is.
      type: int
      sample: 8
    status_name:
      description: Name of the status in lower case, V(unknown) for a number that is not known.
      type: str
      sample: running
    state:
      description:
        - What the status means, V(starting), V(running), V(stopping), V(stopped), V(failed) or V(unknown).
      type: str
      sample: running
    create_time:
      description: When the job was created, in milliseconds since the epoch.
      type: int
      sample: 1763892000000
    created_at:
      description: When the job was created, as ISO 8601 in UTC.
      type: str
      sample: "2025-11-23T10:00:00Z"
    duration:
      description: How long the job has been running, in milliseconds.
      type: int
      sample: 5400000
    service_url:
      description: URL of the TensorBoard or MindInsight.
      type: str
      sample: https://example.com/tensorboard/8992
    train_url:
      description: OBS path of the logs.
      type: str
      sample: /bucket/logs/
    resource_id:
      description: ID of the resource that is charged.
      type: str
      sample: 4787c885-e18d-4ef1-aa12-c4ed0c364b27
    schedule:
      description: When the job stops by itself. Many clouds do not tell it.
      returned: when the API tells it
      type: raw
    remaining_duration:
      description: How long the job still runs before it stops by itself, in milliseconds. It may be V(null).
      returned: when the API tells it
      type: int
total_count:
  description: How many jobs match, before O(limit).
  returned: success
  type: int
  sample: 3
job_count_limit:
  description: How many more jobs may be created. V(null) with O(job_id).
  returned: success
  type: int
  sample: 10
quotas:
  description: How many jobs may run at once. V(null) with O(job_id).
  returned: success
  type: int
  sample: 10
error_code:
  description: The error code of the API, always a string.
  returned: on failure, when the API answered with an error code
  type: str
  sample: ModelArts.0108
error_message:
  description: The error message of the API.
  returned: on failure, when the API answered with an error code
  type: str
  sample: No permission.
http_status:
  description: The HTTP status of the answer, also where it had no error code.
  returned: on failure, when there was an answer
  type: int
  sample: 403
request_id:
  description: The ID by which the provider's support finds the request. V(null) where the answer had none.
  returned: on failure, when there was an answer
  type: str
  sample: 1c2a7c0f5d9b4e0f8f5c
"""

from ansible_collections.otc.modelarts.plugins.module_utils import _module


def main() -> None:
    _module.main(_module.INFO)


if __name__ == "__main__":
    main()
