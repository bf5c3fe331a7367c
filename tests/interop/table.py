# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the page of the guide about other clients from what they are seen to do. Without --write it tells what differs.

No cell is written by hand: each follows from observations by :func:`phrase`, which does not know the client.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.metadata
import pathlib
import re
import sys
import tempfile
import textwrap
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import simulation
import variations
from variations import Observation, Observations

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "other_clients.rst"
PACKAGES = ("otcextensions", "openstacksdk", "python-openstackclient")
WIDTH = 130
LONGEST_QUOTE = 110

# The page is under the same licence as this file.
LICENCE = [line[2:] for line in pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()[:3]]
BEFORE = """\
.. _ansible_collections.otc.modelarts.docsite.other_clients:

Beside other clients
====================

Open Telekom Cloud has a Python SDK, ``otcextensions``. It also adds commands to ``openstack``, the command line. Both can manage
visualization jobs, and in much they do the same as this collection. They differ where the cloud says no, or says it in an unusual
way.

.. contents::
   :local:
   :depth: 1

The table
---------

All three are asked for the same, with the same entry of ``clouds.yaml``, in a simulated cloud. A program asks them, looks at what
is really there afterwards, and writes this table. Nobody fills it in by hand.

.. list-table::
   :header-rows: 1
   :widths: 25 25 25 25

   * - the cloud
     - the SDK
     - the command
     - otc.modelarts
"""

AFTER = """
How to read it
--------------

* **Fails**: the SDK raises an exception, the exit code of the command is not 0, the task fails.
* **Takes it as done**: it does not fail, but in the cloud all is as it was before.
* **The code** is the error code of the API, such as ``ModelArts.0105``. **The reason** is the sentence that comes with it.
* **The SDK** is called with its defaults. Where ``ignore_missing=True`` makes a difference, the table says so: it tells the SDK
  that a missing job is no error. The command has no such option.
* **The command** is ``openstack ma visualization job`` with ``create``, ``list``, ``stop``, ``restart`` and ``delete``.
* **otc.modelarts** runs with the options that it has by default, but for a shorter ``wait_timeout``.

A simulated cloud is not the real one. It follows the reference of the API, and where references disagree it can do the one and
the other. What is seen here is what the clients do with an answer, not how often a cloud gives it.

The versions
------------

Other versions may do better. These were asked:

{versions}

How to repeat it
----------------

It needs the source of the collection, but no account:

.. code-block:: console

    make clients-table

This asks all of them again, and shows where the outcome differs from this page.
"""


# --- from what was seen to what is said ---------------------------------------------------------------------------


def phrase(seen: Observation) -> str:
    """Return in a few words what a client made of a request, whichever client it is."""
    if seen.ask.operation == "list" and seen.reply.done:
        return f"returns {'all ' if seen.real else f'{seen.reply.listed} of '}{len(seen.after)} jobs"
    if not seen.reply.done:
        return failure(seen)
    if not seen.real:
        return "takes it as done" + (f", but shows {told(seen)}" if seen.told_code or seen.told_reason else "")
    if seen.needless:
        return "succeeds" + (", and says that nothing changed" if seen.reply.changed is False else "")
    return "does it"


def failure(seen: Observation) -> str:
    """Return how a client fails, and whether that is so."""
    begin = "does it, but fails" if seen.real and not seen.needless else "fails"
    if seen.told_code or seen.told_reason:
        return f"{begin}, and tells {told(seen)}"
    return f"{begin}{'' if seen.requested else ' before it asks the cloud'}, with ``{quote(seen.reply.said)}``"


def told(seen: Observation) -> str:
    """Return what a client tells of what the API said."""
    if seen.told_code:
        return "the code and the reason" if seen.told_reason else "the code only"
    return "the reason only"


def quote(said: str) -> str:
    """Return the first sentence of the last line that a client said, without its full stop."""
    last = (said.strip().splitlines() or ["nothing is said"])[-1]
    return re.split(r"(?<=[.!?])\s", last)[0].rstrip(".")[:LONGEST_QUOTE].replace("``", "''")


def capital(text: str) -> str:
    """Return a text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def cell(seen: t.Sequence[Observation]) -> str:
    """Return what a client made of all requests of a variation. Those of which it made the same are told together."""
    labels: t.Dict[str, t.List[str]] = {}
    for one in seen:
        labels.setdefault(phrase(one), []).append(one.ask.label)
    if len(labels) == 1:
        return f"{capital(next(iter(labels)))}."
    return " ".join(f"{capital(', '.join(those))}: {what}." for what, those in labels.items())


def cells(observed: Observations, variation: variations.Variation) -> t.List[str]:
    """Return a row."""
    sdk, ignoring, command, ours = (
        cell(observed[variation.name, client]) for client in ("sdk", "sdk_ignoring", "command", "ours")
    )
    if ignoring != sdk:
        sdk += f" With ``ignore_missing=True``: {ignoring[:1].lower()}{ignoring[1:]}"
    return [f"{variation.title}.", sdk, command, ours]


def row(texts: t.Sequence[str]) -> str:
    """Return a row as reStructuredText."""
    told = [
        textwrap.fill(
            text, WIDTH, initial_indent=begin, subsequent_indent=" " * 7, break_long_words=False, break_on_hyphens=False
        )
        for begin, text in zip(("   * - ", *["     - "] * len(texts)), texts)
    ]
    return "\n".join(told)


def page(observed: Observations, versions: t.Mapping[str, str]) -> str:
    """Return the whole page."""
    rows = "\n".join(row(cells(observed, variation)) for variation in variations.VARIATIONS)
    asked = "\n".join(f"* ``{name}`` {version}" for name, version in versions.items())
    licence = "".join(f"  {line}\n" for line in LICENCE)
    return f"..\n{licence}\n{BEFORE}{rows}\n{AFTER.format(versions=asked)}"


# --- the program --------------------------------------------------------------------------------------------------


def installed() -> t.Dict[str, str]:
    """Return the versions of the clients that are asked."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def versions_in(text: str) -> t.Dict[str, str]:
    """Return the versions that a page names."""
    return dict(re.findall(r"^\* ``([a-z-]+)`` (\d\S*)$", text, re.MULTILINE))


def measure() -> Observations:
    """Ask all clients in a simulator of their own."""
    with tempfile.TemporaryDirectory() as folder, simulation.started() as credentials:
        return variations.observe(credentials["url"], pathlib.Path(folder))


def main(arguments: t.Sequence[str]) -> int:
    """Write the page, or tell where it differs and return 1 then."""
    parser = argparse.ArgumentParser(description="Compare the page about other clients with what they do.")
    parser.add_argument("--write", action="store_true", help="write the page")
    wanted = parser.parse_args(arguments)
    text = page(measure(), installed())
    if wanted.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        print(f"{PAGE} is written.")
        return 0
    committed = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if committed == text:
        print(f"{PAGE} is as measured.")
        return 0
    lines = difflib.unified_diff(committed.splitlines(), text.splitlines(), "the page", "as measured", lineterm="")
    print("\n".join(lines))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
