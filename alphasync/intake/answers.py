"""Errors as HTTP answers."""

import msgspec
from aiohttp import hdrs, web

from alphasync.errors import AlphasyncError

SERVER = "alphasync"
"""What answers say of who gives them: no versions."""
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of whatever is answered, unless it says otherwise: it is read as what it says it is, and
where a browser shows it all the same, nothing in it runs, loads or is framed. 106 bytes; a poll is
answered with no more of them."""
PAGE_GUARDED = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}
"""Headers of what is a page, or a part of one."""
GUARDED = {
    **EVERYWHERE,
    # Scripts of other origins read by CORS, to which this does not apply; their tags get nothing.
    "Cross-Origin-Resource-Policy": "same-origin",
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.VARY: f"{hdrs.ORIGIN}, {hdrs.ACCEPT_ENCODING}",
}
"""Headers of what is for one caller, and is data only."""
_LINES = "".join(f"{name}: {value}\r\n" for name, value in EVERYWHERE.items()).encode()
HEAD_OVERDUE, TOO_MANY_LINES = (
    b"HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Length: 0\r\n\r\n" % (status, _LINES)
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
