# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts what chance has tried, and tells it at the end."""

from __future__ import annotations

import collections
import tempfile
import typing as t

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from ansible_collections.otc.modelarts.tests.chance.model import COUNTS

set_hypothesis_home_dir(tempfile.mkdtemp(prefix="chance-"))  # nothing is left in the folder of the sources


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> t.Generator[None, None, None]:
    """Note with each test what it counted, so that the counts of all workers come together."""
    COUNTS.clear()
    try:
        return (yield)
    finally:
        item.user_properties.append(("chance", dict(COUNTS)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much was tried, and of what."""
    counts: t.Counter[str] = collections.Counter()
    for kind in ("passed", "failed"):
        for report in terminalreporter.stats.get(kind, []):
            for name, value in report.user_properties:
                if name == "chance":
                    counts.update(value)
    terminalreporter.section("chance")
    terminalreporter.write_line(", ".join(f"{name}: {number}" for name, number in sorted(counts.items())))
