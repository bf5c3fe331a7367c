# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read: the page of the guide, and the same tables in Markdown. Pure."""

from __future__ import annotations

import pathlib
import textwrap
import typing as t

from figures import Figures, Spread
from ways import WAYS

Results = t.Dict[str, t.Any]
Rows = t.List[t.List[str]]

WIDTH = 125
# The page is under the same licence as this file.
LICENCE = [line[2:] for line in pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()[:3]]
LABEL = "ansible_collections.otc.modelarts.docsite.speed"
TIMED = ("module", "uri", "command", "sdk", "requests")
AIMS = {"<=": "at most {:g}", ">=": "at least {:g}", "=": "{:g}"}
ALT = "Seconds over the number of jobs, both logarithmic, one line for each way; the numbers are in the table."


# --- tables ------------------------------------------------------------------------------------------------------


def seconds(value: t.Optional[float]) -> str:
    """Return seconds with as many digits as mean something."""
    if value is None:
        return "not measured"
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s" if value < 20 else f"{value:.0f} s"


def shown(found: t.Optional[Spread]) -> str:
    """Return a median with its spread."""
    return f"{seconds(found.median)} ({bare(found.least)} - {bare(found.most)})" if found else "not measured"


def bare(value: float) -> str:
    """Return seconds without their unit."""
    return seconds(value)[:-2]


def labels() -> dict[str, str]:
    """Return how each way is called."""
    return {way.name: way.label for way in WAYS}


def goal_rows(figures: Figures) -> Rows:
    """Return the goals."""
    rows = [["goal", "what is compared", "wanted", "measured", ""]]
    for goal in figures.goals():
        measured = "not measured" if goal.value is None else f"{goal.value:.2f}" if goal.aim != "=" else f"{goal.value:g}"
        rows.append([goal.title, goal.computed, AIMS[goal.aim].format(goal.limit), measured, goal.verdict])
    return rows


def time_rows(figures: Figures) -> Rows:
    """Return the seconds of each way, whole processes."""
    sizes = figures.sizes("module")
    rows = [["way", *(f"{size:,} job{'s' if size > 1 else ''}" for size in sizes)]]
    rows += [[labels()[way], *(shown(figures.seconds(way, size)) for size in sizes)] for way in TIMED]
    return rows


def task_rows(figures: Figures) -> Rows:
    """Return the seconds of one task, measured in two ways."""
    rows = [["task", "one of several equal tasks", "play with that task, less the empty play"]]
    names = {"module": "otc.modelarts", "uri": "ansible.builtin.uri"}
    rows += [[name, seconds(figures.one_task(way)), seconds(figures.only_task(way))] for way, name in names.items()]
    return rows


def cost_rows(figures: Figures) -> Rows:
    """Return requests, connections and bytes."""
    rows = [["way", "jobs", "requests", "connections", "bytes sent", "bytes received"]]
    for way in TIMED:
        for size in figures.sizes(way):
            sample = figures.samples(way, size)[0]
            names = ", ".join(f"{count:,} {name}" for name, count in sample["operations"].items())
            numbers = [sample["connections"], sample["bytes_sent"], sample["bytes_received"]]
            rows.append([labels()[way], f"{size:,}", f"{sample['requests']:,} ({names})", *(f"{number:,}" for number in numbers)])
    return rows


def memory_rows(figures: Figures) -> Rows:
    """Return the peak memory of the module."""
    rows = [["jobs", "peak memory of the module"]]
    for size in figures.sizes("memory"):
        found = figures.peak_mib(size)
        if found:
            rows.append([f"{size:,}", f"{found.median:.1f} MiB ({found.least:.1f} - {found.most:.1f})"])
    return rows


def machine_lines(results: Results) -> list[str]:
    """Return the machine and the versions, a line for each."""
    lines = [f"{name}: {value}" for name, value in results["machine"].items()]
    return [*lines, "versions: " + ", ".join(f"{name} {version}" for name, version in results["versions"].items())]


# --- one document, two languages ---------------------------------------------------------------------------------


def parts(results: Results) -> list[tuple[str, t.Any]]:
    """Return the page as a list of headings, paragraphs, lists, tables and the plot."""
    figures, options = Figures(results["samples"]), results["options"]
    empty = shown(figures.seconds("empty", 0))
    return [
        (
            "text",
            "What does it cost to delete a job, and to delete a thousand? The same jobs were deleted in several ways, and each "
            "way was timed. The cloud was the simulator of this repository, on the same machine. It took "
            f"{options['latency_ms']} ms longer for each answer than it needs, as a network does.",
        ),
        ("heading", "Goals"),
        ("table", goal_rows(figures)),
        (
            "text",
            "All numbers come from one run of the benchmark. A ratio is made of two medians. Both hold the start of Python and "
            "the load of the same machine, so another machine gives other seconds, but much the same ratios. A ratio that is "
            "made of a difference is the least sure: the spread of both goes into it.",
        ),
        ("heading", "Time"),
        ("plot", ""),
        (
            "text",
            "Seconds of the whole process, from its start to its end: the median, with the fastest and the slowest run. The ways "
            f"took turns, in {options['repetitions']} rounds. A play or script with one job, and one with equal tasks, "
            "had three turns in each round. After each run the simulator was asked whether the jobs were gone.",
        ),
        ("table", time_rows(figures)),
        ("list", [f"{way.label}: {way.note}." for way in WAYS if way.name in TIMED]),
        ("text", f"The floor of Ansible is a play that does nothing: {empty}. Each play above has it in its time."),
        ("heading", "One task"),
        (
            "text",
            "What a task adds to a play that runs anyway. Several equal tasks in a play, less the empty play, divided "
            "by their number, leave out the start of ``ansible-playbook``.",
        ),
        ("table", task_rows(figures)),
        ("heading", "Requests, connections and memory"),
        (
            "text",
            "Counted by the simulator. The bytes are those of the bodies; headers are not in them. ``token`` and ``version`` are "
            "requests to IAM. The token of the uri task and of bare requests was fetched before, and is not counted.",
        ),
        ("table", cost_rows(figures)),
        ("text", "The memory is that of the Python process in which the module runs (``ru_maxrss``), with all that it imports."),
        ("table", memory_rows(figures)),
        ("heading", "The machine"),
        ("list", machine_lines(results)),
        ("heading", "Repeat it"),
        (
            "text",
            "It needs no account and no network, and takes about a quarter of an hour. It writes this page, the tables and "
            "all samples anew.",
        ),
        ("code", "make bench"),
    ]


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """Return a text in lines that are not too long."""
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def rst(results: Results) -> str:
    """Return the page of the guide."""
    blocks = ["\n".join(["..", *(f"  {line}" for line in LICENCE)]), f".. _{LABEL}:", underlined("Speed and cost", "=")]
    blocks.append(".. contents::\n   :local:\n   :depth: 1")
    makers: dict[str, t.Callable[[t.Any], str]] = {
        "text": wrapped,
        "heading": lambda text: underlined(text, "-"),
        "table": rst_table,
        "list": lambda lines: "\n".join(wrapped(line, "- ", "  ") for line in lines),
        "plot": lambda dummy: f".. image:: speed.svg\n   :alt: {ALT}",
        "code": lambda text: f".. code-block:: console\n\n    {text}",
    }
    blocks += [makers[kind](content) for kind, content in parts(results)]
    # The contents come after the first paragraph, as on the other pages.
    blocks[3], blocks[4] = blocks[4], blocks[3]
    return "\n\n".join(blocks) + "\n"


def underlined(title: str, line: str) -> str:
    """Return a heading."""
    return f"{title}\n{line * len(title)}"


def rst_table(rows: Rows) -> str:
    """Return a list-table."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        for number, cell in enumerate(row):
            lines.append(wrapped(cell or "\\", "     - " if number else "   * - ", "       "))
    return "\n".join(lines)


def markdown(results: Results) -> str:
    """Return the same in Markdown, with the plot of the guide."""
    makers: dict[str, t.Callable[[t.Any], str]] = {
        "text": wrapped,
        "heading": lambda text: f"## {text}",
        "table": markdown_table,
        "list": lambda lines: "\n".join(wrapped(line, "- ", "  ") for line in lines),
        "plot": lambda dummy: f"![{ALT}](../../docs/docsite/rst/speed.svg)",
        "code": lambda text: f"```console\n{text}\n```",
    }
    head = ["\n".join(["<!--", *LICENCE, "-->"]), "# Speed and cost"]
    blocks = head + [
        makers[kind](content).replace("``", "`") if kind != "code" else makers[kind](content) for kind, content in parts(results)
    ]
    return "\n\n".join(blocks) + "\n"


def markdown_table(rows: Rows) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
