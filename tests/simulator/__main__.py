# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulates IAM and the visualization jobs of ModelArts on loopback, for tests, the demo, and people without an account."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import pathlib
import signal
import ssl
import sys
import time
import typing as t

import settings
from aiohttp import web
from iam import Iam
from server import Server


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    listed = "\n".join(f"  {name:22} {meaning} [{json.dumps(value)}]" for name, (value, meaning) in settings.KNOWN.items())
    own = argparse.ArgumentParser(
        prog="python tests/simulator",
        description=__doc__,
        epilog=f"settings, with what they are at first:\n{listed}\n\nThe controls are described in tests/simulator/README.md.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own.add_argument("--host", default="127.0.0.1", type=loopback, help="address to listen on; loopback only")
    own.add_argument("--port", default=0, type=int, help="port to listen on; 0 for a free one (the default)")
    own.add_argument(
        "--ready-file", type=pathlib.Path, help="write the addresses and credentials there, as JSON, once it listens"
    )
    own.add_argument("--tls-cert", type=pathlib.Path, help="certificate: serve https")
    own.add_argument("--tls-key", type=pathlib.Path, help="key of the certificate")
    own.add_argument("--setting", action="append", default=[], metavar="NAME=JSON", help="change a setting; may be repeated")
    own.add_argument("--latency-ms", type=float, default=0, help="added to every answer")
    own.add_argument("--jobs", type=int, default=0, help="how many running jobs are there from the start")
    own.add_argument("--keystone", help="URL of a Keystone (v3) that knows the tokens, instead of the simulated IAM")
    own.add_argument("--parent-pid", type=int, help="end when this process is gone")
    return own


def loopback(address: str) -> str:
    """Return a loopback address; it is what argparse calls an error if it is another."""
    if not ipaddress.ip_address(address).is_loopback:
        raise argparse.ArgumentTypeError("only a loopback address, such as 127.0.0.1")
    return address


def settings_given(options: argparse.Namespace) -> settings.Settings:
    """Return the settings of the command line. Raises :class:`SystemExit` for what is none."""
    given: settings.Settings = {"latency_ms": options.latency_ms}
    for one in options.setting:
        name, dummy, value = one.partition("=")
        try:
            given[name] = json.loads(value)
        except ValueError:
            given[name] = value
    try:
        settings.changed(settings.defaults(), given)
    except KeyError as error:
        raise SystemExit(str(error)) from error
    return given


def told(credentials: t.Mapping[str, t.Any]) -> str:
    """Return what a person needs to know to use the simulator."""
    variables = {
        "OS_AUTH_URL": "iam_url",
        "OS_USERNAME": "username",
        "OS_PASSWORD": "password",
        "OS_USER_DOMAIN_NAME": "user_domain_name",
        "OS_PROJECT_ID": "project_id",
    }
    keys = {"OS_ACCESS_KEY": "access_key", "OS_SECRET_KEY": "secret_key", "OS_PROJECT_ID": "project_id"}
    keys["OS_MODELARTS_ENDPOINT_OVERRIDE"] = "endpoint"
    lines = [f"The simulator listens on {credentials['url']}. Stop it with Ctrl-C.", "", "With a password:"]
    lines += [f"  export {name}={credentials[key]}" for name, key in variables.items()]
    lines += ["", "Or with AK/SK:"]
    lines += [f"  export {name}={credentials[key]}" for name, key in keys.items()]
    lines += ["", "Its settings, jobs, faults and log are under /_simulator."]
    return "\n".join(lines)


async def run(options: argparse.Namespace) -> None:
    """Serve until told to end."""
    iam = Iam(time.time)
    project = iam.first()
    settings.changed(project.settings, settings_given(options))
    for dummy in range(options.jobs):
        project.jobs.seed({})
    server = Server(iam, options.keystone)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    context = None
    if options.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
    await web.TCPSite(runner, options.host, options.port, ssl_context=context).start()
    port = runner.addresses[0][1]
    host = f"[{options.host}]" if ":" in options.host else options.host
    server.base = f"{'https' if context else 'http'}://{host}:{port}"
    credentials = {**project.credentials(server.base), "pid": os.getpid()}
    print(told(credentials), flush=True)
    if options.ready_file:
        temporary = options.ready_file.with_suffix(".part")
        temporary.write_text(json.dumps(credentials), encoding="utf-8")
        temporary.replace(options.ready_file)
    await until_told_to_end(options.parent_pid)
    await runner.cleanup()


async def until_told_to_end(parent_pid: t.Optional[int]) -> None:
    """Wait for a signal, or for the end of the process that this one belongs to."""
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    while not end.is_set():
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(end.wait(), 1.0)
        if parent_pid is not None and not alive(parent_pid):
            return


def alive(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(asyncio.run(run(parser().parse_args())))
