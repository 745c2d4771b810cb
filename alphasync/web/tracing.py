"""A client's own trace: it goes on to the gateway."""

from aiohttp import web

from alphasync.gateway import tracing
from alphasync.web.json_bodies import Handler


@web.middleware
async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Of calls only: what a socket asks for later is no part of the request that opened it."""
    if request.path.startswith("/api/"):
        tracing.begin_request(request.headers.get(tracing.HEADER))
    return await handler(request)
