"""Many clients of the official JavaScript library in one process."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.js.node import node_with_client

PROGRAM = Path(__file__).with_name("crowd.mjs")
OFFICES = 20
"""Addresses that the clients come from, where a machine has more than one for itself."""
LINE_MAX = 1_000_000


@dataclass(frozen=True)
class Seen:
    """What the clients have seen by now."""

    connected: int
    registered: int
    websocket: int
    """How many of the connected ones have gone over to it."""
    registrations: int
    """Of all clients since their start."""
    refused: list[str]
    """Every ``connect_error`` that a client was told."""
    lost: list[str]
    """The reason of every ``disconnect``."""
    losers: int
    """How many clients these happened to."""
    errors: list[str]
    """Every ``error`` event, and every event that is not as the contract says."""

    @property
    def troubles(self) -> list[str]:
        return [*self.refused, *self.lost, *self.errors]


class Crowd:
    def __init__(self, process: Process) -> None:
        self._process = process

    async def seen(self) -> Seen:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        line = await self._process.stdout.readline()
        assert line, "the program has ended"
        return Seen(**json.loads(line))

    async def until(self, predicate: Callable[[Seen], bool], within: float) -> Seen:
        """Wait for the predicate; fails when it does not hold in time (seconds)."""
        seen = await self.seen()
        try:
            async with asyncio.timeout(within):
                while not predicate(seen):
                    await asyncio.sleep(0.05)
                    seen = await self.seen()
        except TimeoutError:
            raise AssertionError(f"not within {within} s: {seen}") from None
        return seen


@contextlib.asynccontextmanager
async def crowd(url: str, tokens: list[str], clients: int) -> AsyncIterator[Crowd]:
    """As many clients, which share these tokens, on their default transports."""
    several = sys.platform == "linux"  # others have but 127.0.0.1, without being asked for more
    offices = [f"127.0.1.{place + 1}" for place in range(OFFICES)] if several else ["127.0.0.1"]
    request = {"url": url, "tokens": tokens, "addresses": offices, "clients": clients}
    process = await asyncio.create_subprocess_exec(
        *node_with_client(),
        str(PROGRAM),
        json.dumps(request),
        stdin=PIPE,
        stdout=PIPE,
        limit=LINE_MAX,
    )
    try:
        yield Crowd(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
