# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the pages: of the guide, of the README and of the modules."""

from __future__ import annotations

import ast
import pathlib
import re
import textwrap
import typing as t
from dataclasses import dataclass

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RST_BLOCK = re.compile(r"^\.\. code-block:: (\S+)\n\n((?:(?: {4}.*)?\n)+)", re.MULTILINE)
MARKDOWN_BLOCK = re.compile(r"^```(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A block of code: the page that has it, how many blocks that page has before it, its language, and its text."""

    page: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"

    def content(self) -> t.Any:
        """Return what the YAML says."""
        return yaml.safe_load(self.text)


def pages() -> t.Dict[str, str]:
    """Return the text of every page by its name; that of a module as if it were one block of Markdown."""
    found = {path.stem: path.read_text() for path in sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))}
    found.update({name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md")})
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        found[path.stem] = f"```yaml\n{constant(path, 'EXAMPLES').strip()}\n```\n"
    return found


def constant(path: pathlib.Path, name: str) -> str:
    """Return the string that a Python file assigns to a name."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return str(ast.literal_eval(node.value))
    raise LookupError(f"{path} has no {name}")


def examples(*languages: str) -> t.List[Example]:
    """Return the blocks of these languages on all pages."""
    found = []
    for page, text in pages().items():
        blocks = [*RST_BLOCK.findall(text), *MARKDOWN_BLOCK.findall(text)]
        found += [Example(page, number, language, textwrap.dedent(code)) for number, (language, code) in enumerate(blocks)]
    return [one for one in found if one.language in languages]
