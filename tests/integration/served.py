"""A small application behind an intake, and clients that write to it byte by byte."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from alphasync.intake import Bounds, Capacity, Pace, open_intake
from alphasync.intake.sockets import open_sockets
from tests.harness import PATIENCE

BRIEF = Bounds(head=0.3, body=0.3, idle=0.6)
LONG = Bounds(head=60, body=60, idle=60)


@dataclass
class Served:
    """A small application behind an intake."""

    port: int
    capacity: Capacity
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, *parts: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        return reader, writer

    async def answer(self, *parts: bytes) -> bytes:
        """All that comes back until the server closes."""
        reader, writer = await self.say(*parts)
        try:
            async with asyncio.timeout(PATIENCE):
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def served(
    bounds: Bounds, most: int = 1000, *, strangers: bool = True, pace: Pace | None = None
) -> AsyncIterator[Served]:
    """``strangers``: each connection is somebody else's; without, all are of one address."""
    networks = itertools.count()

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def slow(_: web.Request) -> web.Response:
        await running.release.wait()
        return web.Response(text="at last")

    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("a defect")

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=bytes(50_000_000))

    app = web.Application()
    app.add_routes([web.post("/echo", echo), web.get("/slow", slow), web.get("/broken", broken)])
    app.add_routes([web.get("/large", large), web.get("/readyz", echo)])
    capacity = Capacity(most, network_of=lambda _: str(next(networks)) if strangers else "one")
    runner = await open_intake(
        app, shutdown_timeout=0.1, bounds=bounds, capacity=capacity, pace=pace
    )
    running = Served(await runner.listen(open_sockets("127.0.0.1", 0)), capacity)
    try:
        yield running
    finally:
        await runner.cleanup()
    assert capacity.requests == 0, "every connection is counted out again"


HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
