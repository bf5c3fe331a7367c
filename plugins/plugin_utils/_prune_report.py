# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports of the role prune: one for people who read logs, one for programs, one as a page. Pure."""

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import html
import json
import re
import typing as t

from ._prune import CRITERIA, PREFIX, Asked, Job

Report = t.Dict[str, t.Any]
Row = t.Dict[str, t.Any]
Result = t.Mapping[str, t.Any]

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HOUR = 3600000  # milliseconds
OVER = ("stopped", "failed")  # states in which a job does not run, and is not about to
OUTCOMES = {"delete": ("deleted", "gone_before"), "stop": ("stopped", "stopped_before")}
WORDS = {"gone_before": "gone before", "stopped_before": "not running before", "still_running": "still running"}
UNTOLD = "The task ended without a word about its jobs; what was done to them is not known."


def reports(asked: Asked, selection: Result, done: Result, again: Result, run: Result) -> t.Dict[str, t.Any]:
    """Return the reports as ``text`` (lines), ``json`` and ``html``, and why the role has to fail, ``failure``, or C(None).

    :param asked: what :func:`_prune.read` returned. ``selection``: what :func:`_prune.choose` returned.
    :param done: the result of the task that worked at the jobs that were chosen.
    :param again: the result of the look at the jobs after it; without ``jobs`` where that failed.
    :param run: ``made_at``, a time in ISO 8601, and ``check_mode``.
    """
    report = report_of(asked, selection, done, again, run)
    return {
        "text": lines(report),
        "json": json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        "html": page(report),
        "failure": report["failure"] or report["look_failure"],
    }


# --- what is reported --------------------------------------------------------------------------------------------


def report_of(asked: Asked, selection: Result, done: Result, again: Result, run: Result) -> Report:
    """Return the report for programs."""
    changed, unchanged = OUTCOMES[asked["action"]]
    failure = done.get("msg")
    chosen = {job["job_id"]: job for job in selection["chosen"]}
    results = done["jobs"] if "jobs" in done else [lost(job_id, failure) for job_id in chosen]
    failed = [row for row in results if row.get("failed")]
    outcomes: t.Dict[str, t.List[Row]] = {name: [] for pair in OUTCOMES.values() for name in pair}
    seen = {row["job_id"]: told({**chosen[row["job_id"]], **as_found(row, asked["action"])}) for row in results}
    outcomes[changed] = [seen[row["job_id"]] for row in results if not row.get("failed") and row["changed"]]
    outcomes[unchanged] = [seen[row["job_id"]] for row in results if not row.get("failed") and not row["changed"]]
    report: Report = {
        "heading": "",
        "made_at": run["made_at"],
        "check_mode": run["check_mode"],
        "action": asked["action"],
        "criteria": {name: asked[name] for name in (*CRITERIA, "workspace_id") if asked[name] is not None},
        "keep": asked["keep"] or [],
        "keep_unknown": list(selection["keep_unknown"]),
        "kept": [told(job) for job in selection["kept"]],
        **outcomes,
        "failed": [{**seen[row["job_id"]], **why(row)} for row in failed],
        "still_running": running(chosen, results, again, asked["action"] == "delete" and not run["check_mode"]),
        "hours_so_far": round(sum(job.get("duration") or 0 for job in chosen.values()) / HOUR, 2),
        "hours_not_told": sum(job.get("duration") is None for job in chosen.values()),
        "failure": failure,
        "look_failure": None,
    }
    if report["still_running"] is None:
        report["look_failure"] = f"Whether the jobs still run is not known: {again.get('msg') or 'they could not be listed.'}"
    return {**report, "heading": heading(report), "cost": cost(report, asked["price_per_hour"])}


def as_found(row: Row, action: str) -> Job:
    """Return what the deletion has found of a job, which may be more, or other, than when the jobs were listed."""
    job = row.get("job") if action == "delete" else None
    return {key: value for key, value in (job or {}).items() if value is not None}


def lost(job_id: str, failure: t.Optional[str]) -> Row:
    """Return the row of a job of which the task that worked at it tells nothing."""
    return {"job_id": job_id, "changed": False, "failed": True, "msg": failure or UNTOLD, "outcome_unknown": True}


def told(job: Job) -> Row:
    """Return a job as the report tells it: as it was before."""
    shown = ("job_id", "job_name", "status_name", "state", "created_at", "train_url")
    hours = job.get("duration")
    return {**{key: clean(job.get(key)) for key in shown}, "hours": None if hours is None else round(hours / HOUR, 2)}


def clean(value: t.Any) -> t.Any:
    """Return text without characters that steer what shows it."""
    return UNSEEN.sub("\ufffd", value) if isinstance(value, str) else value


def why(row: Row) -> Row:
    """Return why a job failed, and what may have been done to it all the same."""
    fields = ("changed", "msg", "error_code", "error_message", "http_status", "request_id", "outcome_unknown")
    return {key: clean(row[key]) for key in fields if key in row}


def running(chosen: t.Mapping[str, Job], results: t.Sequence[Row], again: Result, proven: bool) -> t.Optional[t.List[Row]]:
    """Return those of the jobs that were chosen that still run or are about to, by the last look; ``None``: not known.

    :param proven: what the results call done is proven gone; nothing that is shown later counts against that.
    """
    left = [row["job_id"] for row in results if not proven or row.get("failed")]
    if not left:
        return []
    if "jobs" not in again:
        return None
    shown = {job["job_id"]: job for job in again["jobs"]}
    if any(row.get("failed") and row["job_id"] not in shown for row in results):
        return None  # it is neither shown nor proven gone: the list may lag
    return [told({**chosen[one], **shown[one]}) for one in left if one in shown and shown[one]["state"] not in OVER]


def cost(report: Report, price: t.Optional[float]) -> t.Optional[Row]:
    """Return what the hours come to, in the currency of the price; ``None`` without a price."""
    if price is None:
        return None
    still = report["still_running"]
    return {
        "price_per_hour": price,
        "so_far": round(report["hours_so_far"] * price, 2),
        "per_day_of_still_running": None if still is None else round(24 * price * len(still), 2),
    }


# --- in words ----------------------------------------------------------------------------------------------------


def warnings(selection: Result) -> t.List[str]:
    """Return the warnings about what was to be kept and is not there."""
    return [f"{PREFIX}keep: no job has the name or the ID {entry} (any more)." for entry in selection["keep_unknown"]]


def heading(report: Report) -> str:
    """Return what was done, or would be, in numbers."""
    changed, unchanged = OUTCOMES[report["action"]]
    count = len(report[changed])
    jobs = "job" if count == 1 else "jobs"
    verb = f"would be {changed}" if report["check_mode"] else changed
    others = ", ".join(f"{len(report[name])} {WORDS.get(name, name)}" for name in ("failed", unchanged, "kept"))
    return f"{count} visualization {jobs} {verb}, {others}"


def criteria(report: Report) -> str:
    """Return by what the jobs were chosen."""
    told_ones = [f"{name} {', '.join(value) if isinstance(value, list) else value}" for name, value in report["criteria"].items()]
    return f"Chosen by: {'; '.join(told_ones)}." + (
        f" To be kept: {', '.join(map(str, report['keep']))}." if report["keep"] else ""
    )


def still(report: Report) -> str:
    """Return how many of the jobs still run."""
    return "unknown" if report["still_running"] is None else str(len(report["still_running"]))


def money(report: Report) -> t.List[str]:
    """Return what the jobs have run so far, and what that costs."""
    untold = f" (of {report['hours_not_told']} of them not told)" if report["hours_not_told"] else ""
    hours = [f"Hours that the jobs have run so far: {report['hours_so_far']:.1f}{untold}."]
    if report["cost"] is None:
        return hours
    price = f"{report['cost']['price_per_hour']:.9f}".rstrip("0").rstrip(".")
    so_far = f"At {price} for an hour, these hours cost {report['cost']['so_far']:.2f}."
    per_day = report["cost"]["per_day_of_still_running"]
    return [*hours, so_far, *([] if per_day is None else [f"What still runs costs {per_day:.2f} for each day that it runs on."])]


def one_line(value: t.Any) -> str:
    """Return text of others in one line."""
    return " ".join(str(value).split())


def lines(report: Report) -> t.List[str]:
    """Return the report for people who read logs."""
    found = [f"{report['heading']}.", f"Still running: {still(report)}", criteria(report), *money(report)]
    if report["check_mode"]:
        found.append("This was check mode: nothing was done.")
    found += [one for one in (report["failure"], report["look_failure"]) if one]
    found += [f"Warning: {one}" for one in warnings(report)]
    for name, verb in outcomes(report):
        for row in report[name] or ():
            fact = f"{row['status_name']}, created {row['created_at'] or 'at an unknown time'}"
            reason = f". {row['msg']}" if name == "failed" else ""
            found.append(f"{verb} {row['job_id']} {row['job_name'] or ''} ({fact}){reason}")
    return list(map(one_line, found))


def outcomes(report: Report) -> t.List[t.Tuple[str, str]]:
    """Return the lists of jobs in the order in which they are told, each with the word for what became of its jobs."""
    changed, unchanged = OUTCOMES[report["action"]]
    verb = f"would be {changed}" if report["check_mode"] else changed
    others = [(name, WORDS.get(name, name)) for name in (unchanged, "kept")]
    return [("failed", "failed"), ("still_running", WORDS["still_running"]), (changed, verb), *others]


# --- as a page ---------------------------------------------------------------------------------------------------

MARKS = {"failed": "bad", "still_running": "warm", "deleted": "good", "stopped": "good"}
COLUMNS = ("Outcome", "Job", "Status", "Created (UTC)", "Hours run", "Logs, or what went wrong")
STYLE = """
  :root { color-scheme: light dark; --ink: #1d2433; --soft: #5d6779; --line: #e4e7ec; --paper: #fff; --back: #f5f6f8;
          --good: #067647; --bad: #b42318; --warm: #a15c07; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #333a47; --paper: #1b2029; --back: #12151b;
            --good: #47cd89; --bad: #f97066; --warm: #fdb022; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
  main { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.5rem; }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
  p { color: var(--soft); margin: .4rem 0 0; overflow-wrap: anywhere; }
  p.bad { color: var(--bad); } p.warm { color: var(--warm); }
  .counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 1.8rem 0; }
  .counts div { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1.1rem;
                color: var(--soft); }
  .counts b { display: block; font-size: 1.7rem; line-height: 1.3; color: var(--ink); white-space: nowrap;
                  font-variant-numeric: tabular-nums; }
  table { border-collapse: separate; border-spacing: 0; width: 100%; background: var(--paper); border: 1px solid var(--line);
          border-radius: .6rem; }
  th, td { text-align: left; padding: .6rem .9rem; border-top: 1px solid var(--line); vertical-align: top; }
  thead th { border-top: 0; color: var(--soft); font-weight: 600; white-space: nowrap; }
  td { overflow-wrap: anywhere; }
  td small { display: block; color: var(--soft); }
  td:nth-child(1), td:nth-child(3), td:nth-child(4) { white-space: nowrap; }
  td:nth-child(2) { min-width: 10rem; }
  th:nth-child(5), td:nth-child(5) { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
  td:first-child { font-weight: 600; color: var(--soft); }
  .good td:first-child { color: var(--good); } .bad td:first-child { color: var(--bad); }
  .warm td:first-child { color: var(--warm); }
  @media (max-width: 50rem) {
    main { padding: 1.5rem 1rem; }
    .counts { grid-template-columns: repeat(2, 1fr); gap: .7rem; margin: 1.3rem 0; }
    thead { display: none; }
    table, tbody, tr, td { display: block; }
    tr { padding: .7rem 1rem; border-top: 1px solid var(--line); }
    tr:first-child { border-top: 0; }
    td, td:nth-child(5) { padding: .1rem 0; border: 0; text-align: left; }
    tr td { white-space: normal; }
    td:empty { display: none; }
    td:nth-child(n+3)::before { content: attr(data-label) ": "; color: var(--soft); }
    td:first-child { font-size: 1.05rem; }
  }
"""


def page(report: Report) -> str:
    """Return the report as a page, which loads nothing from elsewhere."""
    rows = [row_of(name, verb, row) for name, verb in outcomes(report) for row in report[name] or ()]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in COLUMNS)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>\n</table>"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(report['heading'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{html.escape(report['heading'])}</h1>",
        *map(paragraph, notes(report)),
        f'<div class="counts">{"".join(map(tile, tiles(report)))}</div>',
        table if rows else paragraph(("", "No job met the criteria.")),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def notes(report: Report) -> t.List[t.Tuple[str, str]]:
    """Return what stands above the numbers: of which class it is, and its words."""
    made = str(report["made_at"]).replace("T", " ").replace("Z", " UTC")
    mode = " This was check mode: nothing was done." if report["check_mode"] else ""
    bad = [("bad", one) for one in (report["failure"], report["look_failure"]) if one]
    cost_told = [("", " ".join(money(report)))] if report["cost"] else []
    warm = [("warm", one) for one in warnings(report)]
    return [("", f"{made}.{mode}"), ("", criteria(report)), *cost_told, *bad, *warm]


def tiles(report: Report) -> t.List[t.Tuple[str, str]]:
    """Return the numbers, each with what it counts."""
    changed, unchanged = OUTCOMES[report["action"]]
    verb = f"would be {changed}" if report["check_mode"] else changed
    counted = [(str(len(report[name])), word) for name, word in ((changed, verb), ("failed", "failed"))]
    others = [(str(len(report[name])), WORDS.get(name, name)) for name in (unchanged, "kept")]
    hours = (f"{report['hours_so_far']:.1f}", "hours run so far")
    so_far = [(f"{report['cost']['so_far']:.2f}", "cost so far")] if report["cost"] else []
    return [*counted, (still(report), "still running"), *others, hours, *so_far]


def paragraph(note: t.Tuple[str, str]) -> str:
    """Return a note as HTML."""
    kind, words = note
    return f'<p class="{kind}">{html.escape(words)}</p>' if kind else f"<p>{html.escape(words)}</p>"


def tile(counted: t.Tuple[str, str]) -> str:
    """Return a number as HTML."""
    return f"<div><b>{html.escape(counted[0])}</b>{html.escape(counted[1])}</div>"


def row_of(name: str, verb: str, row: Row) -> str:
    """Return a job as a row of the table. All that comes from elsewhere is escaped here."""
    code = f"<small>{html.escape(str(row['error_code']))}</small>" if row.get("error_code") else ""
    created = str(row["created_at"] or "").replace("T", " ").replace("Z", "")
    cells = (
        html.escape(verb) + code,
        f"{html.escape(str(row['job_name'] or ''))}<small>{html.escape(str(row['job_id']))}</small>",
        html.escape(str(row["status_name"] or "")),
        html.escape(created),
        "" if row["hours"] is None else f"{row['hours']:.1f}",
        html.escape(str(row.get("msg") or row["train_url"] or "")),
    )
    told_ones = "".join(f'<td data-label="{html.escape(label)}">{cell}</td>' for label, cell in zip(COLUMNS, cells))
    return f'<tr class="{MARKS.get(name, "calm")}">{told_ones}</tr>\n'
