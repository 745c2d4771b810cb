"""The existing client, on the JavaScript library that it is made of."""

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.harness import PATIENCE, Device, wait_until
from tests.js.node import node_with_client

PROGRAM = Path(__file__).with_name("existing_client.mjs")


class ExistingClient(Device):
    """A process of its own; it comes back by itself, and to the same address."""

    def __init__(self, node: list[str], url: str, token: str) -> None:
        super().__init__(url, token)
        self._command = [*node, str(PROGRAM), url, token]
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def connect(self, *, registered: bool = True) -> "ExistingClient":
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        self._reader = asyncio.create_task(self._read(self._process), name="existing client")
        if registered:
            await wait_until(lambda: self.named("deviceRegistered"), what="deviceRegistered")
        return self

    async def emit(self, event: str, *data: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps([event, *data])}\n".encode())
        await self._process.stdin.drain()

    async def close(self) -> None:
        """Leave on purpose; fails when it got an event that is not as it knows it."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
        assert self._reader is not None
        await self._reader
        assert self._process.stderr is not None
        complaints = (await self._process.stderr.read()).decode()
        self._process = None
        assert complaints == "", complaints

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            name, data = json.loads(line)
            self.events.append((name, data))


@contextlib.asynccontextmanager
async def existing_client(url: str, token: str) -> AsyncIterator[ExistingClient]:
    """The existing client, connected."""
    client = ExistingClient(node_with_client(), url, token)
    try:
        yield await client.connect()
    finally:
        await client.close()
