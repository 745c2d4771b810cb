"""Answers compressed on the wire, for clients that take it.

Only what holds no secret beside something that the asker chose may be compressed: else its length
tells of the secret (the BREACH attack). The profiles, the attachments and the console's files hold
nothing of the request; answers to a login hold a token beside its e-mail, and are never compressed.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

COMPRESSED_MIN = 1024
"""Bytes. Below that, little is saved."""
INLINE_MAX = 32 * 1024
"""Bytes that are compressed at once, in less than a millisecond; more beside the loop, which others
wait for."""
LEVEL = 6
"""The highest takes four times as long for a list of profiles, and saves six per cent more."""
CACHED_MAX = 256
"""Bodies. A console has some 15 files, one of an older server up to 170, and in a rolling restart
those of two are asked for."""


def accepts_gzip(header: str) -> bool:
    """Whether an ``Accept-Encoding`` allows gzip. A coding with ``q=0`` is refused; ``*`` stands
    for those that are not named."""
    offers: dict[str, bool] = {}
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        quality = parameters.strip().removeprefix("q=")
        offers[coding.strip()] = not quality or quality.strip("0.") != ""
    return offers.get("gzip", offers.get("x-gzip", offers.get("*", False)))


async def gzipped(body: bytes) -> bytes:
    """A body as gzip writes it: the same bytes for the same body."""
    if len(body) <= INLINE_MAX:
        return gzip.compress(body, LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)


class GzipCache:
    """Bodies that are asked for again and again, each compressed once: also where all pages ask at
    the same time, as after a restart."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, asyncio.Task[bytes]] = OrderedDict()

    async def gzipped(self, body: bytes) -> bytes:
        if body not in self._found:
            self._found[body] = asyncio.create_task(gzipped(body), name="gzip")
        self._found.move_to_end(body)
        if len(self._found) > CACHED_MAX:
            self._found.popitem(last=False)
        return await asyncio.shield(self._found[body])  # others wait for it, too


async def compressed(
    request: web.Request,
    response: web.Response,
    compress: Callable[[bytes], Awaitable[bytes]] = gzipped,
) -> web.Response:
    """The answer, compressed where the client takes that and it is worth it."""
    response.headers.add(hdrs.VARY, hdrs.ACCEPT_ENCODING)
    body, accepted = response.body, request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if isinstance(body, bytes) and len(body) >= COMPRESSED_MIN and accepts_gzip(accepted):
        response.body = await compress(body)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    return response
