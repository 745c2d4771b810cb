"""The programs of docs/examples, run as their readers run them."""

import asyncio
import os
import sys
from pathlib import Path

from tests.js.node import MODULES, node_with_client

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
TIMEOUT = 60.0
"""Seconds: starting Python or Node takes some on a busy machine."""


def command(name: str, folder: Path) -> list[str]:
    """How to run a program; ``folder`` is an empty one."""
    if name.endswith(".py"):
        return [sys.executable, str(EXAMPLES / name)]
    node = node_with_client()
    # Node looks for packages from where a program is.
    program = folder / name
    program.write_bytes((EXAMPLES / name).read_bytes())
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    return [*node, str(program)]


async def start(name: str, folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command(name, folder),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )


async def run(name: str, folder: Path, *arguments: str) -> tuple[int | None, str]:
    """Its exit code and what it said."""
    process = await start(name, folder, *arguments)
    try:
        async with asyncio.timeout(TIMEOUT):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        said, _ = await process.communicate()
        raise AssertionError(f"{name} did not end: {said.decode()}") from None
    return process.returncode, said.decode()
