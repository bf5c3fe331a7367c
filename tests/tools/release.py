# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the artifact, sees that it holds what users need and nothing else, and runs the demo from where it is installed."""

from __future__ import annotations

import fnmatch
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import demo
import yaml

# Everything that a user needs; a pattern that matches nothing is an error as well.
CONTENTS = (
    "CHANGELOG.md",
    "CHANGELOG.md.license",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "COPYING",
    "FILES.json",
    "LICENSES/GPL-3.0-or-later.txt",
    "MANIFEST.json",
    "README.md",
    "REUSE.toml",
    "SECURITY.md",
    "changelogs/changelog.yaml",
    "docs/awx/*.yml",
    "docs/docsite/*.yml",
    "docs/docsite/rst/*.rst",
    "docs/docsite/rst/speed.svg*",
    "meta/*.yml",
    "playbooks/*.yml",
    "plugins/action/modelarts_visualization_job*.py",
    "plugins/doc_fragments/*.py",
    "plugins/filter/_prune*",
    "plugins/module_utils/_*.py",
    "plugins/modules/modelarts_visualization_job*.py",
    "plugins/plugin_utils/_*.py",
    "requirements.txt",
    "roles/prune/*/*.yml",
    "roles/prune/README.md",
    "tests/simulator/*.py",
    "tests/simulator/README.md",
    "tests/simulator/requirements.txt",
)


def build(folder: pathlib.Path) -> pathlib.Path:
    """Build the artifact from what git knows, in an empty folder, and return its path."""
    source = folder / "source"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=demo.ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(demo.ROOT / name, source / name, follow_symlinks=False)
    galaxy = str(demo.BIN / "ansible-galaxy")
    subprocess.run([galaxy, "collection", "build", "--output-path", str(folder)], cwd=source, check=True)
    [artifact] = folder.glob("*.tar.gz")
    return artifact


def check_contents(artifact: pathlib.Path) -> None:
    """Raise :class:`SystemExit` where the artifact holds what is not meant to be in it, or lacks what is."""
    with tarfile.open(artifact) as archive:
        names = [member.name for member in archive.getmembers() if not member.isdir()]
    known = {name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in CONTENTS)}
    missing = [pattern for pattern in CONTENTS if not fnmatch.filter(names, pattern)]
    if missing or known != set(names):
        raise SystemExit(f"The artifact lacks {missing} and should not hold {sorted(set(names) - known)}.")
    print(f"{artifact.name} holds {len(names)} files, as it should.", flush=True)


def check_version(artifact: pathlib.Path) -> None:
    """Raise :class:`SystemExit` where the changelog does not know the version that galaxy.yml says."""
    version = str(yaml.safe_load((demo.ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    released = yaml.safe_load((demo.ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    if artifact.name != f"otc-modelarts-{version}.tar.gz" or version not in released:
        raise SystemExit(f"{artifact.name}, but galaxy.yml says {version}, and the changelog knows {', '.join(released)}.")


def main() -> int:
    """Do it all, and return what the demo returned."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        artifact = build(folder)
        check_contents(artifact)
        check_version(artifact)
        place = folder / "installed"
        galaxy = str(demo.BIN / "ansible-galaxy")
        subprocess.run([galaxy, "collection", "install", "--offline", "--force", "-p", str(place), str(artifact)], check=True)
        return demo.run(["otc.modelarts.demo"], place / "ansible_collections" / "otc" / "modelarts")


if __name__ == "__main__":
    sys.exit(main())
