"""Errors as HTTP answers."""

import msgspec
from aiohttp import hdrs, web

from alphasync.errors import AlphasyncError

SERVER = "alphasync"
"""What answers say of who gives them: no versions."""
GUARDED = {
    "X-Content-Type-Options": "nosniff",
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.VARY: f"{hdrs.ORIGIN}, {hdrs.ACCEPT_ENCODING}",
}
"""Headers of what is for one caller, and is data only."""
HEAD_OVERDUE, TOO_MANY_LINES = (
    b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status
    for status in (b"408 Request Timeout", b"400 Bad Request")
)
"""To what is no request yet."""


class BodyOverdue(TimeoutError):
    """What a handler gets that reads a body which does not come."""


class TooManyLines(TimeoutError):
    """What a handler gets that reads a body in tiny chunks. For the rest of a body that ran into a
    TimeoutError aiohttp does not wait."""


def refusal(error: AlphasyncError, status: int) -> web.Response:
    """An error as the client reads it: it always has ``message``."""
    said = {
        "status": False,
        "message": error.message,
        "code": error.code,
        "retryable": error.retryable,
    }
    response = web.Response(
        body=msgspec.json.encode(said), status=status, content_type="application/json"
    )
    response.headers.update(GUARDED)
    wait = int(error.details.get("retryAfter", 0))
    if wait:
        response.headers[hdrs.RETRY_AFTER] = str(wait)
    return response
