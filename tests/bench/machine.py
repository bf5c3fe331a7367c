# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the measurement ran on, and with which versions."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import pathlib
import platform
import re

PEERS = ("ansible-core", "requests", "urllib3", "otcextensions", "openstacksdk", "python-openstackclient", "aiohttp")


def described() -> dict[str, str]:
    """Return the facts about this machine, each as a line for people."""
    system = first_match("/etc/os-release", 'PRETTY_NAME="?([^"\n]+)') or platform.system()
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": first_match("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{system}, {platform.release()}",
        "Python": platform.python_version(),
        "load at the start": f"{load} (1, 5 and 15 minutes)",
    }


def versions(collection: pathlib.Path) -> dict[str, str]:
    """Return the versions of all that was compared."""
    own = first_match(str(collection / "galaxy.yml"), r"(?m)^version:\s*['\"]?([^\s'\"]+)") or "unknown"
    return {"otc.modelarts": own, **{name: importlib.metadata.version(name) for name in PEERS}}


def first_match(path: str, pattern: str) -> str:
    """Return the first group of a pattern in a file; empty where there is none."""
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError:
        return ""
    return found[1].strip() if found else ""
