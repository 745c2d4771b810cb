"""What all answers of the HTTP interface say to browsers, refusals included.

The same origins may read them as may use the sockets.
"""

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from alphasync.intake import GUARDED
from alphasync.intake.origins import OriginRule
from alphasync.log_subject import REQUEST_ID, fields
from alphasync.web.json_bodies import Handler

ALLOWED_HEADERS = f"Authorization, Content-Type, X-Alpha-Date-Token, Traceparent, {REQUEST_ID}"


def allow(rule: OriginRule) -> Middleware:
    """A middleware that answers preflights and marks answers for the origins of the rule."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)
        origin = request.headers.get(hdrs.ORIGIN, "")
        allowed = rule(origin, request.headers.get(hdrs.HOST, ""))
        if allowed and request.method == hdrs.METH_OPTIONS:
            response: web.StreamResponse = web.Response(status=204)
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST, DELETE, OPTIONS"
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ALLOWED_HEADERS
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "600"
        else:
            try:
                response = await handler(request)
            except web.HTTPException as refusal:
                _mark(refusal, origin if allowed else None)
                raise
        _mark(response, origin if allowed else None)
        return response

    return middleware


def _mark(response: web.StreamResponse, origin: str | None) -> None:
    response.headers.update(GUARDED)
    if request := fields().get("request"):
        response.headers[REQUEST_ID] = request
    if origin is not None:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = REQUEST_ID
