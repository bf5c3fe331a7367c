# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chance has found, each as small as it could be made."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.otc.modelarts.tests.chance import model
from ansible_collections.otc.modelarts.tests.chance.test_model import Schedule, run


@pytest.mark.parametrize("wait", [True, False], ids=["wait", "no wait"])
def test_a_restart_of_a_job_that_is_being_stopped_is_predicted_as_a_change(wait: bool) -> None:
    job = model.Job("10", "night", model.KILLING, plan=[(1001.0, 12)])
    schedule = Schedule(model.Rules(), (job,), (), "restarted", ("10",), wait=wait)
    for check_mode in (True, False):
        (progress,) = run(schedule, schedule.world(), check_mode).tasks
        assert (progress.changed, progress.failure) == (True, None)


@pytest.mark.parametrize(("ends", "changed"), [(12, True), (None, False)], ids=["stopped", "gone"])
def test_a_forced_delete_of_a_job_that_is_killing_is_predicted_by_what_becomes_of_it(
    ends: t.Optional[int], changed: bool
) -> None:
    job = model.Job("10", "night", model.KILLING, plan=[(1001.0, ends)])
    schedule = Schedule(model.Rules(), (job,), (), "absent", ("10",), wait=False, force=True)
    for check_mode in (True, False):
        (progress,) = run(schedule, schedule.world(), check_mode).tasks
        assert (progress.changed, progress.failure) == (changed, None)


def test_a_lost_delete_that_was_given_up_for_a_stop_counts_where_the_job_goes_meanwhile() -> None:
    rules = model.Rules(seconds=40.0)
    schedule = Schedule(rules, (model.Job("10", "night"),), ("fine", "502, done"), "absent", ("10",), wait=False, force=True)
    world = schedule.world()
    (progress,) = run(schedule, world).tasks
    assert (progress.changed, progress.failure, world.jobs) == (True, None, {})
    assert [call.action for call in world.calls if call.done] == ["delete"]
