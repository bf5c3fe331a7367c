# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends DELETEs with requests and nothing else, and notes how many seconds they took: the floor of the network."""

from __future__ import annotations

import json
import pathlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

TIMEOUT_SECONDS = 60


def main(given_path: str, seconds_path: str) -> None:
    """Delete what the first file names, and write the seconds into the second."""
    given = json.loads(pathlib.Path(given_path).read_text(encoding="utf-8"))
    own = threading.local()

    def delete(url: str) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.headers["X-Auth-Token"] = given["token"]
        own.session.delete(url, timeout=TIMEOUT_SECONDS).raise_for_status()

    begin = time.monotonic()
    with ThreadPoolExecutor(given["concurrency"]) as pool:
        list(pool.map(delete, given["urls"]))
    pathlib.Path(seconds_path).write_text(repr(time.monotonic() - begin), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
