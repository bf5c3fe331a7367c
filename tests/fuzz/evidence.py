# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers that a task was given prove, and what they leave open: read again from the log, by the letter of the promises.

Nothing here knows the truth, and nothing here is taken from the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.otc.modelarts.tests.fuzz import world
from ansible_collections.otc.modelarts.tests.fuzz.world import CHANGING, NAME, Call, Means

Calls = t.Sequence[Call]

GONE = ("ModelArts.0015", "ModelArts.2775")
MAYBE_GONE = ("ModelArts.0101", "ModelArts.0102", "ModelArts.0103", "ModelArts.0104", "ModelArts.0107")
NOT_GONE = ("APIGW.0101", "ModelArts.4204", "ModelArts.2786", "ModelArts.2836", "ModelArts.6650")
OF_IAM = ("404", "IAM.0004")  # which never speaks of a job
NOT_NOW = "ModelArts.0105"
APART = 2.0 - 1e-6  # seconds between two proofs
LONG = 30.0 - 1e-6  # seconds after which "maybe" is enough of a job whose deletion was accepted


def is_proof_of_absence(call: Call) -> bool:
    """Tell whether ModelArts itself says that there is no such job."""
    return call.means is Means.NOT_DONE and call.status in (200, 400, 404) and call.code in GONE


def may_mean_absence(call: Call) -> bool:
    if call.means is not Means.NOT_DONE or call.code in (*NOT_GONE, *OF_IAM) or call.action in ("list", "create", "token"):
        return False
    return call.status == 404 or call.code in MAYBE_GONE or (call.action == "get" and call.code == NOT_NOW)


@dataclass(frozen=True)
class Pass:
    """A complete pass through the pages of a list."""

    began: float
    ended: float
    shown: t.Mapping[str, t.Mapping[str, t.Any]]
    search: str
    pages: int
    last: int  # the number of its last request

    def speaks_of(self, name: t.Optional[str]) -> bool:
        return not self.search or (name is not None and self.search in name)


def passes(calls: Calls, workspace: str) -> t.List[Pass]:
    """Return the complete passes: every page told the same total, and the distinct ids add up to it."""
    found: t.List[Pass] = []
    pages: t.List[Call] = []
    for number, call in enumerate(calls):
        if call.action != "list" or call.means is not Means.DONE or str(call.query.get("workspace_id") or "0") != workspace:
            continue
        page = int(call.query.get("page", 1))
        if page == 1 or page != len(pages) + 1:
            pages = []
        if page == len(pages) + 1:
            pages.append(call)
        shown = {job_id: row for one in pages for job_id, row in one.shown.items()}
        if pages and {one.total for one in pages} == {len(shown)}:
            search = str(call.query.get("search_content") or "")
            found.append(Pass(pages[0].at, pages[-1].ended, shown, search, len(pages), number))
            pages = []
    return found


def lists(calls: Calls, workspace: str) -> t.List[Pass]:
    """Return the complete lists: of several pages only where two passes in a row hold the same."""
    all_passes = passes(calls, workspace)
    return [
        one
        for before, one in zip([None, *all_passes], all_passes)
        if one.pages == 1 or (before is not None and before.search == one.search and set(before.shown) == set(one.shown))
    ]


def twice(moments: t.Sequence[float], seconds: float = APART) -> bool:
    """Tell whether something was so at two moments far enough apart."""
    return bool(moments) and max(moments) - min(moments) >= seconds


def absent_in_lists(calls: Calls, job_id: str, name: t.Optional[str], workspace: str, since: int, strictly: bool) -> bool:
    """Tell whether two complete lists, far enough apart, do not hold a job that may be expected in them.

    :param strictly: far enough from the end of the first to the begin of the second.
    """
    without = [one for one in lists(calls, workspace) if one.last > since and job_id not in one.shown and one.speaks_of(name)]
    if strictly:
        return bool(without) and without[-1].began - without[0].ended >= APART
    return twice([one.began for one in without])


def proven_gone(calls: Calls, job_id: str, workspace: str, created: t.Container[str] = (), strictly: bool = False) -> bool:
    """Tell whether a job was proven gone by the answers given.

    :param created: the jobs that the task created itself; such a one may not be found for a moment.
    :param strictly: see :func:`absent_in_lists`.
    """
    about = [
        (number, call) for number, call in enumerate(calls) if call.job_id == job_id and call.action not in ("create", "list")
    ]
    if job_id not in created and any(is_proof_of_absence(call) for dummy, call in about):
        return True
    shown = [number for number, call in enumerate(calls) if job_id in call.shown]
    since = max(shown, default=-1)
    held = any(calls[number].action == "list" for number in shown)
    name = calls[since].shown[job_id]["job_name"] if shown else None
    maybe = [call for number, call in about if number > since and (may_mean_absence(call) or is_proof_of_absence(call))]
    coded = any(call.code for call in maybe)
    expected = held or (not shown and (coded or twice([call.at for call in maybe])))
    looks = [call for dummy, call in about if call.action == "get"]
    if strictly and looks and looks[-1] not in maybe:  # the last of them had another reason not to show it
        expected = held
    if expected and absent_in_lists(calls, job_id, name, workspace, since, strictly):
        return True
    return nothing_but_maybe(calls, job_id, maybe, since)


def nothing_but_maybe(calls: Calls, job_id: str, maybe: Calls, since: int) -> bool:
    """Tell whether, since its deletion was accepted, every look for a long time said that a job may be gone."""
    accepted = [call.at for call in calls if (call.action, call.job_id, call.means) == ("delete", job_id, Means.DONE)]
    looks = [call.at for call in maybe if call.action == "get"]
    if not accepted or not looks:
        return False
    return max(looks) - max(accepted[0], calls[since].at if since >= 0 else 0.0) >= LONG


def proven_no_such_name(calls: Calls, workspace: str) -> bool:
    """Tell whether two complete lists, far enough apart, hold no job of the name."""
    without = [one for one in lists(calls, workspace) if not of_name(one.shown) and one.speaks_of(NAME)]
    return twice([one.began for one in without])


def of_name(shown: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.List[str]:
    return [job_id for job_id, row in shown.items() if row["job_name"] == NAME]


# --- requests whose answer proves nothing ------------------------------------------------------------------------


def outcome(calls: Calls, number: int, workspace: str, options: t.Mapping[str, t.Any]) -> t.Optional[bool]:
    """Return whether a changing request is known to be done: ``True``, ``False``, or ``None`` where it is open.

    Known to be done is what was accepted, itself or repeated, and that of which the effect was seen. Raises
    :class:`Undecided` where reasonable people may differ about what they see: also where nothing but pages of a list that the
    end of the task broke off showed it.
    """
    known, whole = outcome_by(calls, number, workspace, options), calls[: begin_of_half_a_list(calls, workspace)]
    if number < len(whole) < len(calls):
        open_unless(outcome_by(whole, number, workspace, options) is known)
    return known


def begin_of_half_a_list(calls: Calls, workspace: str) -> int:
    """Return the number of the request that began the list that was not read to its end when the last answer came, if any."""
    begin = len(calls)
    if begin and calls[-1].action == "list" and not any(one.last == begin - 1 for one in lists(calls, workspace)):
        begin -= 1
        while begin and calls[begin - 1].action == "list" and follows(calls[begin - 1], calls[begin]):
            begin -= 1
    return begin


def follows(call: Call, following: Call) -> bool:
    """Tell whether a page was asked for at once after another, or after one that failed: for the same list."""
    return call.means is not Means.DONE or following.at - call.ended < 1e-6


def outcome_by(calls: Calls, number: int, workspace: str, options: t.Mapping[str, t.Any]) -> t.Optional[bool]:
    """Return what all the answers say of a changing request, as :func:`outcome` does."""
    call = calls[number]
    if call.means is not Means.NOTHING:
        return call.means is Means.DONE
    later = calls[number + 1 :]
    if (
        any((one.action, one.job_id, one.means) == (call.action, call.job_id, Means.DONE) for one in later)
        and call.action != "create"
    ):
        return True
    if call.action == "create":
        return outcome_of_create(calls[:number], later, options)
    rows = [one.shown[call.job_id] for one in later if call.job_id in one.shown]
    if call.action == "delete":
        if proven_gone(calls, call.job_id, workspace):
            open_unless(proven_gone(calls, call.job_id, workspace, strictly=True))
            return True
        open_unless(not any(row["status"] == world.DELETE_FAILED for row in rows))
        return None
    was_to_go = options["state"] == "absent" or options.get("recreate", False)
    if call.action == "update":
        seen = any(row["job_desc"] == options["description"] for row in rows)
        if not seen:
            open_unless(not (was_to_go and proven_gone(calls, call.job_id, workspace)))
        return seen or None
    effect = (*world.STOPPED_ON_PURPOSE, world.KILLING) if call.action == "stop" else (*world.STARTING, *world.RUNNING)
    earlier = [one.shown[call.job_id]["status"] for one in calls[:number] if call.job_id in one.shown]
    before = earlier[-1] if earlier else 0
    moments = {one.ended: one.shown[call.job_id]["status"] for one in later if call.job_id in one.shown}
    if before not in effect and any(status in effect for status in moments.values()):
        new = any(status in effect and status not in earlier for status in moments.values())
        open_unless(new or twice([moment for moment, status in moments.items() if status in effect]))  # it may be one of before
        return True
    open_unless(not (was_to_go and proven_gone(calls, call.job_id, workspace)))
    by_itself = world.FAILED if call.action == "stop" else ()
    open_unless(all(row["status"] in (before, *by_itself) for row in rows))
    return None


class Undecided(Exception):
    """What was seen may be the effect of a request, or of something else."""


def open_unless(sure: bool) -> None:
    if not sure:
        raise Undecided


def outcome_of_create(earlier: Calls, later: Calls, options: t.Mapping[str, t.Any]) -> t.Optional[bool]:
    """What is found counts as ours if its id is none that was there before and its path is the one asked for."""
    before = {job_id for call in earlier for job_id in call.shown}
    found = {job_id: call.shown[job_id] for call in later for job_id in of_name(call.shown) if job_id not in before}
    open_unless(len(found) <= 1)
    wanted = options.get("train_url")
    return True if any(wanted is not None and row["train_url"] == wanted for row in found.values()) else None


def changing(calls: Calls, job_id: t.Optional[str]) -> t.List[int]:
    """Return the numbers of the changing requests; for one of many jobs, of those for it."""
    return [number for number, call in enumerate(calls) if call.action in CHANGING and job_id in (None, call.job_id)]
