# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets ``ansible-test --venv`` work where only the package registry is reached.

ansible-test fetches a script that installs pip into its new virtual environments. Where that host cannot be reached, a
script that begins with the pip that Python itself brings is put into ansible-test's cache.
"""

from __future__ import annotations

import contextlib
import pathlib
import urllib.error
import urllib.request

SOURCE = "https://ci-files.testing.ansible.com/ansible-test/get-pip-{version}.py"
CACHE = pathlib.Path("~/.ansible/test/cache").expanduser()
# What ansible-core 2.17, 2.18 and 2.19, and 2.20 and 2.21 ask for.
VERSIONS = ("23.1.2", "24.2", "25.2")
SCRIPT = '''
"""Install pip from the package registry, by the pip that Python brings."""
import subprocess
import sys

wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *wanted])
'''


def provide() -> None:
    """Put a script into ansible-test's cache for each version of pip whose own script is neither there nor reached."""
    for version in VERSIONS:
        cached = CACHE / f"get_pip_{version.replace('.', '_')}.py"
        if not cached.exists() and not reached(SOURCE.format(version=version)):
            CACHE.mkdir(parents=True, exist_ok=True)
            cached.write_text(SCRIPT, encoding="utf-8")


def reached(url: str) -> bool:
    """Tell whether something can be fetched."""
    with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=10):
        return True
    return False
