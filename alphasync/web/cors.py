"""Cross-origin calls of the HTTP interface: the same origins as the sockets."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from alphasync.web.answers import Handler

ALLOWED_HEADERS = "Authorization, Content-Type, X-Alpha-Date-Token"


def allow(origins: frozenset[str]) -> Middleware:
    """A middleware that answers preflights and marks answers for the given origins."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin not in origins or not request.path.startswith("/api/"):
            return await handler(request)
        if request.method == hdrs.METH_OPTIONS:
            response: web.StreamResponse = web.Response(status=204)
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST, OPTIONS"
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ALLOWED_HEADERS
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "600"
        else:
            response = await handler(request)
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        return response

    return middleware
