"""An HTTP server of the tests' own, to which others POST."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler


@contextlib.asynccontextmanager
async def receiver(take: Handler) -> AsyncIterator[str]:
    """Has all that comes under ``/{name}`` taken; gives the address."""
    app = web.Application()
    app.router.add_route("*", "/{name}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
