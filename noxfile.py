# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions that prove the collection. The linters are configured in antsibull-nox.toml; see CONTRIBUTING.md."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys

import antsibull_nox
import nox
import nox.registry
import yaml

ROOT = pathlib.Path(__file__).resolve().parent
TARGETS = sorted(file.parent for file in (ROOT / "tests" / "integration" / "targets").glob("*/conftest.py"))
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import pip_bootstrap

antsibull_nox.load_antsibull_nox_toml()
nox.options.default_venv_backend = "uv|virtualenv"  # uv installs in a second what takes pip twenty
os.environ.setdefault("UV_SYSTEM_CERTS", "true")  # as pip does

# ansible-core, and the Pythons that go with it; of these the first that this machine has is taken.
MATRIX = {
    "2.21": ("3.13", "3.12"),
    "2.20": ("3.13", "3.12"),
    "2.19": ("3.11", "3.12"),
    "2.18": ("3.11", "3.12"),
    "2.17": ("3.10", "3.11", "3.12"),
}
OLDEST_LIBRARIES = ("requests==2.25.1", "urllib3==1.26.5")
TESTS = {
    "units": ("units", "--venv", "--num-workers", "2"),
    "integration": ("integration", "modelarts_visualization_job", "--venv", "-v"),
    "other-way": ("integration", "modelarts_visualization_job_other_way", "--venv", "-v"),
    "sanity": ("sanity", "--venv"),
}


def installed(pythons: tuple[str, ...]) -> str:
    """Return the first of these Pythons that is there, or the first of all for nox to miss it."""
    return next((python for python in pythons if shutil.which(f"python{python}")), pythons[0])


def remove_leftovers() -> None:
    """Remove what ansible-test needs no more; antsibull-nox would trip over it when it brings the results home."""
    shutil.rmtree(pathlib.Path("tests", "output", ".tmp"), ignore_errors=True)


for core, pythons in MATRIX.items():
    for test, options in TESTS.items():
        antsibull_nox.add_ansible_test_session(
            name=f"{test}-{core}",
            description=f"Run ansible-test {' '.join(options)} with ansible-core {core}",
            ansible_test_params=[*options, "--python", installed(pythons), "--color", "no"],
            default=False,
            ansible_core_version=core,
            ansible_core_source="pypi",
            handle_coverage="never",
            callback_before=pip_bootstrap.provide,
            callback_after=remove_leftovers,
        )


def collection_tree(session: nox.Session) -> dict[str, str]:
    """Return the environment in which the collection is found, under the name that it has, without copying it."""
    tree = pathlib.Path(session.create_tmp()).resolve() / "collections"
    place = tree / "ansible_collections" / "otc" / "modelarts"
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        place.symlink_to(ROOT, target_is_directory=True)
    cache = {"PYTHONPYCACHEPREFIX": str(tree.with_name("pycache")), "PYTHONDONTWRITEBYTECODE": ""}  # none in the tree
    return {"PYTHONPATH": str(tree), "ANSIBLE_COLLECTIONS_PATH": str(tree), **cache}


@nox.session(default=False)
def units(session: nox.Session) -> None:
    """Run the unit tests quickly, on the Python that is there."""
    session.install("-r", "tests/unit/requirements.txt", "ansible-core", "pytest", "pytest-xdist")
    environment = collection_tree(session)
    with session.chdir(pathlib.Path(environment["PYTHONPATH"]) / "ansible_collections" / "otc" / "modelarts"):
        session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "-q", "tests/unit", *session.posargs, env=environment)


@nox.session(name="oldest-core", default=False, python=installed(MATRIX["2.17"]))
def oldest_core(session: nox.Session) -> None:
    """Run the unit tests, and of the integration tests what depends on Ansible, with the oldest ansible-core."""
    requirements = ("-r", "tests/unit/requirements.txt", "-r", "tests/integration/requirements.txt")
    session.install("ansible-core>=2.17,<2.18", *requirements)
    environment = collection_tree(session)
    place = pathlib.Path(environment["PYTHONPATH"]) / "ansible_collections" / "otc" / "modelarts"
    with session.chdir(place):
        session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "-q", "tests/unit", env=environment)
    with session.chdir(place / TARGETS[0].relative_to(ROOT)):
        session.run("./runme.sh", *session.posargs, env=environment, external=True)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure which branches of the plugins the unit tests take, and tell those that they do not."""
    session.install("-r", "tests/unit/requirements.txt", "ansible-core", "pytest", "pytest-cov", "pytest-xdist")
    environment = {**collection_tree(session), "COVERAGE_FILE": str(pathlib.Path(session.create_tmp()) / "coverage")}
    options = ("--cov=plugins", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=95")
    with session.chdir(pathlib.Path(environment["PYTHONPATH"]) / "ansible_collections" / "otc" / "modelarts"):
        session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "-q", *options, "tests/unit", env=environment)


@nox.session(default=False)
def types(session: nox.Session) -> None:
    """Check the types of the programs among the tests; those of the plugins are checked by the session lint."""
    cache = str(pathlib.Path(session.create_tmp()).resolve())
    session.install("mypy", "aiohttp", "nox", "pytest", "requests", "types-PyYAML", "types-requests")
    for folder in (
        "simulator",
        "tools",
        "bench",
        "docs",
        "mutation",
        "interop",
        *(f"integration/targets/{target.name}" for target in TARGETS),
    ):
        own = {"MYPYPATH": str(ROOT / "tests" / "tools")}
        with session.chdir(ROOT / "tests" / folder):
            session.run("mypy", "--strict", "--config-file=", "--ignore-missing-imports", "--cache-dir", cache, ".", env=own)


@nox.session(default=False)
def simulator(session: nox.Session) -> None:
    """Run the simulator's own tests."""
    session.install("-r", "tests/simulator/requirements.txt", "pytest", "pytest-xdist", "requests")
    session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "-q", "tests/simulator/tests", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Attack the modules with random faults on virtual time, and with random bytes. FUZZ_SCHEDULES sets how often."""
    session.install("-r", "tests/fuzz/requirements.txt", "ansible-core")
    session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "-q", "tests/fuzz", *session.posargs, env=collection_tree(session))


@nox.session(default=False)
def keystone(session: nox.Session) -> None:
    """Authenticate against a real Keystone, beside a real neighbour (openstack.cloud)."""
    session.install("-r", "tests/keystone/requirements.txt", "ansible >= 10")
    session.run("pytest", "-p", "no:cacheprovider", "-q", "tests/keystone", *session.posargs, env=collection_tree(session))


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Run the demo, and see that it changed what it says and left nothing."""
    session.install("ansible-core", "-r", "requirements.txt", "-r", "tests/simulator/requirements.txt")
    session.run("python", "tests/tools/demo.py")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Build the artifact, look into it, install it in an empty place, and run the demo from there."""
    session.install("ansible-core", "PyYAML", "-r", "requirements.txt", "-r", "tests/simulator/requirements.txt")
    session.run("python", "tests/tools/release.py")


@nox.session(default=False)
def python39(session: nox.Session) -> None:
    """Test the modules on Python 3.9 with the libraries of RHEL 9, the oldest that they support, and run them there."""
    if not shutil.which("python3.9"):
        session.skip("There is no Python 3.9.")
    session.install("ansible-core", "-r", "tests/integration/requirements.txt")
    place = pathlib.Path(session.create_tmp()).resolve() / "python3.9"
    session.run("python3.9", "-m", "venv", str(place), external=True)
    python, units = str(place / "bin" / "python"), ("-r", "tests/unit/requirements.txt", "ansible-core", "pytest", "pytest-xdist")
    session.run(python, "-m", "pip", "install", "--quiet", *OLDEST_LIBRARIES, *units, external=True)
    environment = collection_tree(session)
    pytest = ("-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "-q")
    with session.chdir(pathlib.Path(environment["PYTHONPATH"]) / "ansible_collections" / "otc" / "modelarts"):
        tests = ("tests/unit/plugins/module_utils", "tests/unit/plugins/modules")
        session.run(python, *pytest, *tests, env=environment, external=True)
    targets = session.posargs or [str(target / "test_info.py") for target in TARGETS]
    session.run("python", *pytest, *targets, env={**environment, "MODULE_PYTHON": python})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what a deletion costs, side by side with other ways, and write the page about it."""
    session.install("-r", "tests/bench/requirements.txt", "-r", "tests/simulator/requirements.txt")
    session.run("python", "tests/bench", *session.posargs)


@nox.session(name="bench-tests", default=False)
def bench_tests(session: nox.Session) -> None:
    """See that the benchmark measures what it says, and stops where a way did not do its work."""
    session.install("-r", "tests/bench/requirements.txt", "-r", "tests/simulator/requirements.txt")
    session.run("pytest", "-p", "no:cacheprovider", "-q", "tests/bench", *session.posargs)


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Break the decision core in every way that a tool knows, and see that a test notices. It takes half an hour."""
    session.install("-r", "tests/mutation/requirements.txt")
    session.run("python", "tests/mutation", *session.posargs)


@nox.session(name="clients-table", default=False)
def clients_table(session: nox.Session) -> None:
    """Ask clients that others wrote for the same as ours, and compare the outcome with the page about it."""
    session.install("-r", "tests/simulator/requirements.txt", "-r", "tests/interop/requirements.txt")
    session.run("python", "tests/interop/table.py", *session.posargs, env=collection_tree(session))


@nox.session(default=False)
def workflows(session: nox.Session) -> None:
    """Check the file for the public forge, and that it names sessions that there are."""
    session.install("check-jsonschema")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", ".github/workflows/ci.yml")
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"].values()
    unknown = {name for job in jobs for name in job["strategy"]["matrix"]["session"]} - set(nox.registry.get())
    if unknown:
        session.error(f"ci.yml names sessions that there are not: {', '.join(sorted(unknown))}")


@nox.session(default=False)
def interop(session: nox.Session) -> None:
    """Hold the simulator, and the signature, to clients that others wrote."""
    session.install("-r", "tests/simulator/requirements.txt", "-r", "tests/interop/requirements.txt")
    session.run("pytest", "-p", "no:cacheprovider", "-q", "tests/interop", *session.posargs, env=collection_tree(session))


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the pages, every reference of which has to hold."""
    session.install("-r", "tests/docs/requirements.txt", "-r", "requirements.txt")
    environment = collection_tree(session)
    build = pathlib.Path(session.create_tmp()).resolve()
    shutil.rmtree(build / "rst", ignore_errors=True)
    (build / "rst").mkdir(mode=0o755)
    options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--cleanup", "everything")
    session.run("antsibull-docs", "collection", *options, "--dest-dir", str(build / "rst"), "otc.modelarts", env=environment)
    # antsibull-docs brings the text only.
    shutil.copy2(ROOT / "docs" / "docsite" / "rst" / "speed.svg", build / "rst" / "docsite")
    session.run("sphinx-build", "-q", "-E", "-W", "--keep-going", "-c", "docs", str(build / "rst"), "docs/html", env=environment)
    session.log(f"The pages begin at {ROOT / 'docs' / 'html' / 'index.html'}")


@nox.session(default=False)
def examples(session: nox.Session) -> None:
    """Run every example of every page, and check the files for AWX and for execution environments."""
    session.install("-r", "tests/docs/requirements.txt", "-r", "tests/simulator/requirements.txt", "-r", "requirements.txt")
    session.run("pytest", "-p", "no:cacheprovider", "-n", "2", "-q", "tests/docs", *session.posargs, env=collection_tree(session))


@nox.session(default=False)
def imports(session: nox.Session) -> None:
    """See that imports go one way; see pyproject.toml."""
    session.install("import-linter")
    session.run("lint-imports", "--no-cache", env=collection_tree(session))
