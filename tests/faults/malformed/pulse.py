"""How long to wait for what may never come: by what the server does meanwhile, not by the clock.

On a busy machine neither side may get to run for seconds.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

BEAT = 0.1
"""Seconds at least from one beat to the next."""
SMALL = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

T = TypeVar("T")


class Pulse:
    """Asks the server for something small, again and again: a beat is an answer."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._beat = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled. A server that is gone lets nobody wait: others tell of it."""
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(OSError):
                await self._ask()
            beat, self._beat = self._beat, asyncio.Event()
            beat.set()

    async def first(self, reading: Coroutine[Any, Any, T], beats: int) -> T:
        """What is read. Raises TimeoutError where it does not come before so many beats are over;
        then nothing is read any more."""
        read = asyncio.create_task(reading, name="reading")
        over = asyncio.create_task(self._pass(beats), name="beats")
        try:
            await asyncio.wait({read, over}, return_when=asyncio.FIRST_COMPLETED)
            if not read.done():
                raise TimeoutError
            return await read
        finally:
            for task in (read, over):
                task.cancel()
            await asyncio.gather(read, over, return_exceptions=True)

    async def _pass(self, beats: int) -> None:
        for _ in range(beats + 1):  # the first one may be half over
            await self._beat.wait()

    async def _ask(self) -> None:
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            writer.write(SMALL)
            await reader.read()
        finally:
            writer.transport.abort()
