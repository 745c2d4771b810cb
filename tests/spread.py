"""A load balancer without stickiness, as plain as can be: each connection goes to the next one."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

PIECE = 65_536


@contextlib.asynccontextmanager
async def spread(urls: list[str]) -> AsyncIterator[str]:
    """Its address, in front of servers at these."""
    turns = itertools.cycle([(str(urlsplit(url).hostname), urlsplit(url).port) for url in urls])
    under_way: set[asyncio.Task[None]] = set()

    async def serve(near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        under_way.add(task)
        far_out = None
        try:
            far, far_out = await asyncio.open_connection(*next(turns))
            await asyncio.gather(copy(near, far_out), copy(far, near_out))
        except (OSError, asyncio.CancelledError):
            pass  # one side is gone
        finally:
            near_out.close()
            if far_out is not None:
                far_out.close()
            under_way.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for task in list(under_way):
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(PIECE):
        target.write(data)
        await target.drain()
    target.close()
