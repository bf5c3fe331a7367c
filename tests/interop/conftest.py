# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated cloud for the clients that others wrote, with a project of its own for each test."""

from __future__ import annotations

import os
import typing as t

import pytest
import simulated
import simulation
import variations


@pytest.fixture(scope="session")
def simulator() -> t.Iterator[str]:
    """The URL of a running simulator."""
    with simulation.started() as credentials:
        yield str(credentials["url"])


@pytest.fixture
def cloud(simulator: str, monkeypatch: pytest.MonkeyPatch) -> simulated.Cloud:
    """A project, and nothing in the environment that tells of another cloud or of a proxy."""
    for name in list(os.environ):
        if name.startswith("OS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return simulated.Cloud(simulation.new_project(simulator))


@pytest.fixture(scope="session")
def observed(simulator: str, tmp_path_factory: pytest.TempPathFactory) -> variations.Observations:
    """What each client makes of each variation: found once, for all tests."""
    return variations.observe(simulator, tmp_path_factory.mktemp("variations"))
