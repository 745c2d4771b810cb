"""A load balancer without stickiness, as plain as can be: each connection goes to the next one."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from tests.streams import stream_server

PIECE = 65_536


@contextlib.asynccontextmanager
async def spread(urls: list[str]) -> AsyncIterator[str]:
    """Its address, in front of servers at these."""
    turns = itertools.cycle([(str(urlsplit(url).hostname), urlsplit(url).port) for url in urls])

    async def serve(near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection(*next(turns))
        try:
            await asyncio.gather(copy(near, far_out), copy(far, near_out))
        finally:
            far_out.close()

    async with stream_server(serve) as port:
        yield f"http://127.0.0.1:{port}"


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(PIECE):
        target.write(data)
        await target.drain()
    target.close()
