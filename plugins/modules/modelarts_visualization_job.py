#!/usr/bin/python

# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: modelarts_visualization_job
short_description: Manage ModelArts visualization jobs of Open Telekom Cloud and Huawei Cloud
version_added: 0.1.0
description:
  - Deletes, creates, stops, starts and restarts visualization jobs, which are hosted TensorBoard or MindInsight servers that
    are charged while they run.
  - A job is called gone only where that is proven, by an error code that says so or by two complete lists, at least two
    seconds apart, that do not hold it. Where it cannot be known whether a job is gone, the task fails.
  - Where no answer says whether a request was carried out, the job is looked at for up to 30 seconds. If that does not tell,
    the task fails with RV(outcome_unknown=true), and its C(msg) says what may have been done.
  - Deletion cannot be undone.
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
      - No request that changes anything is sent. Fetching a token from IAM is not counted as one.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(state=restarted) restarts the job every time.
options:
  state:
    description:
      - V(absent) deletes the job. V(present) creates it by its O(name), and updates its description where that differs.
      - V(started) starts a job that no longer runs, V(stopped) stops one that runs or is about to, and V(restarted) does
        both, whatever its status. These three fail where the job does not exist.
      - With V(present), a job that was stopped stays as it is.
    type: str
    choices: [present, absent, started, stopped, restarted]
    default: present
  job_id:
    description:
      - ID of the job, 1 to 64 of C(A-Z), C(a-z), C(0-9), C(_) and C(-).
      - Exactly one of O(job_id), O(job_ids) and O(name) is required.
      - Put IDs and names in quotes where they stand in a playbook. YAML makes the number 202411 of V(2024_11), and 83 of
        V(0123), before any module sees them.
    type: str
    aliases: [id, visualization_id]
  job_ids:
    description:
      - IDs of many jobs, which are worked on together. Not with O(state=present).
      - The failure of one does not stop the others. Only a refused key or token does.
      - An ID that is given twice is worked on once and reported at each place. An empty list changes nothing and asks nothing.
    type: list
    elements: str
  name:
    description:
      - Exact name of the job, 1 to 20 of C(A-Z), C(a-z), C(0-9), C(_) and C(-).
      - Two jobs of that name are an error that lists their IDs. What YAML takes for a number needs quotes, as in O(job_id).
    type: str
    aliases: [job_name]
  description:
    description:
      - Description of the job, at most 256 characters. Used with O(state=present).
    type: str
    aliases: [job_desc]
  train_url:
    description:
      - OBS path of the logs, such as V(/bucket/logs/), which is the same as V(obs://bucket/logs/) and V(bucket/logs).
        Required where O(state=present) has to create the job.
      - Where the job reads other logs, the task fails unless O(recreate=true).
    type: str
  job_type:
    description:
      - What the job serves. Used on creation only. The API takes TensorBoard if this is not set.
    type: str
    choices: [tensorboard, mindinsight]
  flavor:
    description:
      - Code of the flavor, normally not needed. Used on creation only.
    type: str
  auto_stop_hours:
    description:
      - Hours after which the job stops by itself, 0 to 24. Used on creation only.
    type: int
  workspace_id:
    description:
      - ID of the workspace whose list is read. The default workspace if this is not set.
      - It is sent with a creation too, but the API is not documented to obey it there. If the list of the workspace does not
        hold the new job within 30 seconds, the task fails and names the job, which then runs in another workspace.
    type: str
  recreate:
    description:
      - With O(state=present), replace the job where its O(train_url) differs or it has failed, instead of failing.
      - Only with O(name), as the new job has another ID, and only in the default workspace.
      - What the API does not tell of a job, which is O(job_type), O(flavor) and often O(auto_stop_hours), is taken from the
        options of this task only.
    type: bool
    default: false
  force:
    description:
      - Before a deletion, stop the job where the API refuses to delete it in its present status (C(ModelArts.0105)).
    type: bool
    default: false
  wait:
    description:
      - Wait until the state is reached. For V(absent) until the job is proven gone.
      - The waits in between, such as for the stop before the deletion, take place in any case.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds for the whole task, connections and retries included.
    type: int
    default: 300
    aliases: [timeout]
  wait_sleep:
    description:
      - Seconds between two looks at the jobs, at most. The first pauses are shorter.
    type: float
    default: 5
  max_concurrency:
    description:
      - Requests in flight for O(job_ids), at most.
      - The task finds its level by itself. It sends one request at a time until the first one was authorised, as more than
        five bad signatures in a row lock an access key. Then it sends this many, half of them after each answer that the limit
        of the API is reached (HTTP status 429), and one more after each success.
    type: int
    default: 20
seealso:
  - module: otc.modelarts.modelarts_visualization_job_info
  - name: ModelArts API reference
    description: The page on deleting a visualization job.
    link: https://docs.otc.t-systems.com/modelarts/api-ref/
"""

EXAMPLES = r"""
---
- name: Delete a job, and wait until it is gone
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    job_id: "8992"
    state: absent

- name: Delete a job with an access key, and wait for ten minutes at most
  otc.modelarts.modelarts_visualization_job:
    region_name: eu-de
    auth:
      access_key: "{{ vault_access_key }}"
      secret_key: "{{ vault_secret_key }}"
      project_id: "{{ vault_project_id }}"
    job_id: "8992"
    state: absent
    wait_timeout: 600

- name: See what a deletion would do
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    name: night-run
    state: absent
  check_mode: true
  diff: true

- name: Ask for a deletion, and do not wait until the job is gone
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    job_id: "8994"
    state: absent
    wait: false

- name: Delete a job by its name, stopping it first where that is needed
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    name: night-run
    state: absent
    force: true

- name: Create a job that stops by itself after eight hours
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    name: night-run
    description: losses of the nightly training
    train_url: /bucket/logs/
    auto_stop_hours: 8
  register: made

- name: Replace it by one that reads other logs
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    name: night-run
    train_url: /bucket/logs/new/
    recreate: true
  register: made

- name: Stop it
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    job_id: "{{ made.job.job_id }}"
    state: stopped

- name: Start it again
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    job_id: "{{ made.job.job_id }}"
    state: started

- name: Restart it
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    name: night-run
    state: restarted

- name: Delete many jobs
  otc.modelarts.modelarts_visualization_job:
    cloud: otc
    job_ids: ["8992", "8993", "{{ made.job.job_id }}"]
    state: absent
  register: deleted

- name: Tell which of them this task has deleted
  ansible.builtin.debug:
    msg: "{{ deleted.jobs | selectattr('changed') | map(attribute='job_id') | join(', ') }}"
"""

RETURN = r"""
job:
  description:
    - The job as it is after the task, after O(state=absent) as it was before. V(null) where there is none, and in check
      mode for a job that would be created.
    - What the API tells beyond these fields stays in.
  returned: without O(job_ids)
  type: dict
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
jobs:
  description: One entry for each of O(job_ids), in the order given.
  returned: with O(job_ids)
  type: list
  elements: dict
  contains:
    job_id:
      description: The ID as it was given.
      type: str
      sample: "8992"
    changed:
      description: Whether this task changed this job.
      type: bool
      sample: true
    job:
      description: The job as it is after the task, after O(state=absent) as it was before, with the fields of RV(job).
      type: dict
      sample: {"job_id": "8992", "status": 8, "status_name": "running", "state": "running"}
    failed:
      description: Whether this job failed.
      returned: on failure of this job
      type: bool
      sample: true
    msg:
      description: What was being done to the job, the message of the API, the code, and what to do about it.
      returned: on failure of this job
      type: str
      sample: "Cannot delete visualization job 8992: This job can't be delete. job status: 9 [ModelArts.0105]."
    outcome_unknown:
      description: Whether it is unknown if a request that changes this job was carried out. Never V(false).
      returned: when no answer and no look told whether a request about this job was carried out
      type: bool
      sample: true
    error_code:
      description: The error code of the API about this job, always a string.
      returned: when the API answered with an error code about this job, on failure and when it is why nothing changed
      type: str
      sample: ModelArts.0105
    error_message:
      description: The error message of the API about this job.
      returned: when the API answered with an error code about this job, on failure and when it is why nothing changed
      type: str
      sample: "This job can't be delete. job status: 9"
    http_status:
      description: The HTTP status of the answer about this job, also where it had no error code.
      returned: when an answer with an error decided the result for this job
      type: int
      sample: 400
    request_id:
      description: The ID by which the provider's support finds the request. V(null) where the answer had none.
      returned: when an answer with an error decided the result for this job
      type: str
      sample: 1c2a7c0f5d9b4e0f8f5c
outcome_unknown:
  description:
    - Whether a request that changes something was sent, and neither its answer nor the looks after it tell whether it was
      carried out. Never V(false).
  returned: on failure, when no answer and no look told whether a request was carried out
  type: bool
  sample: true
error_code:
  description: The error code of the API, always a string.
  returned: when the API answered with an error code, on failure and when it is why nothing changed
  type: str
  sample: ModelArts.0105
error_message:
  description: The error message of the API.
  returned: when the API answered with an error code, on failure and when it is why nothing changed
  type: str
  sample: "This job can't be delete. job status: 9"
http_status:
  description: The HTTP status of the API's answer, also where it had no code, or was a success that says nothing.
  returned: when an answer with an error decided the result
  type: int
  sample: 400
request_id:
  description: The ID by which the provider's support finds the request. V(null) where the answer had none.
  returned: when an answer with an error decided the result
  type: str
  sample: 1c2a7c0f5d9b4e0f8f5c
"""

from ansible_collections.otc.modelarts.plugins.module_utils import _module


def main() -> None:
    _module.main(_module.JOB)


if __name__ == "__main__":
    main()
