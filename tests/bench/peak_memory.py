# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs Python with the arguments given, and appends the peak of its memory (KiB) to the file that the first argument names."""

from __future__ import annotations

import pathlib
import resource
import subprocess
import sys


def main(peak: str, arguments: list[str]) -> int:
    """Run, note, and return the exit code."""
    code = subprocess.call([sys.executable, *arguments])
    with pathlib.Path(peak).open("a", encoding="utf-8") as file:
        file.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
