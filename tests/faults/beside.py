"""A process beside the test's: what it costs is not to show in the times that the test notes."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from tests.forks import ROOT

LINE_MAX = 2**26
"""Bytes."""


class Beside:
    """It is told something, and tells something, by the line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        """The next one that it tells; fails where it has ended."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "it has ended"
        return line.decode().removesuffix("\n")

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def end(self) -> str:
        """Tell it that there is no more; returns what it says until it has ended."""
        output, _ = await self._process.communicate(b"")
        return output.decode()


@contextlib.asynccontextmanager
async def beside(module: str, *arguments: str) -> AsyncIterator[Beside]:
    """``python -m module``, killed at the end if it has not ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_MAX,
    )
    try:
        yield Beside(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
