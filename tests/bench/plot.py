# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plot: seconds over the number of jobs, both logarithmic, one line for each way."""

from __future__ import annotations

import io
import typing as t

import matplotlib
from figures import Figures
from page import LICENCE, TIMED, labels

COLOURS = {"module": "#0072b2", "uri": "#d55e00", "command": "#cc79a7", "sdk": "#009e73", "requests": "#666666"}
STYLE: t.Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "otc.modelarts",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def svg(results: dict[str, t.Any]) -> str:
    """Return the plot, the same for the same results."""
    matplotlib.use("svg")
    from matplotlib import pyplot

    figures = Figures(results["samples"])
    with matplotlib.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
        for way in TIMED:
            sizes = figures.sizes(way)
            found = [spread for spread in (figures.seconds(way, size) for size in sizes) if spread]
            style: dict[str, t.Any] = {
                "color": COLOURS[way],
                "linestyle": "--" if way == "requests" else "-",
                "marker": "o",
                "markersize": 4,
            }
            axes.loglog(sizes, [one.median for one in found], label=labels()[way], **style)
            axes.fill_between(sizes, [one.least for one in found], [one.most for one in found], color=COLOURS[way], alpha=0.15)
        ticks = sorted({size for way in TIMED for size in figures.sizes(way)})
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], minor=False)
        axes.set_xticks([], minor=True)
        axes.yaxis.set_major_formatter(lambda value, dummy: f"{value:g}")
        axes.set_xlabel("jobs")
        axes.set_ylabel("seconds")
        axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
        axes.legend(frameon=False)
        output = io.StringIO()
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return licensed(output.getvalue())


def licensed(drawing: str) -> str:
    """Return the drawing with the licence in it, and no blanks at the ends of lines."""
    head, dummy, rest = drawing.partition("?>\n")
    comment = "\n".join(["<!--", *LICENCE, "-->"])
    return "\n".join(line.rstrip() for line in f"{head}?>\n{comment}\n{rest}".splitlines()) + "\n"
