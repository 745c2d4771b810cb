"""HTTP bodies: what clients bring, what they are answered with, and whether they still wait."""

import asyncio

from aiohttp import web

from alphasync.transport.line_answering import PassedOn
from alphasync.transport.meter import Meter
from alphasync.transport.options import Options
from alphasync.transport.outgoing import SEPARATOR, Outgoing
from alphasync.transport.refusals import BAD_REQUEST, Refused

CALLER_CHECK_INTERVAL = 1.0
"""Seconds between two looks whether the caller is still there: aiohttp tells nobody."""
UNREADABLE = (UnicodeDecodeError, web.RequestPayloadError, ConnectionError)
"""What a body that is not what it should be, or does not come, raises."""


def answer_of(packets: list[Outgoing]) -> web.Response:
    text = SEPARATOR.join([packet.text for packet in packets])
    return web.Response(text=text, headers={"Cache-Control": "no-store"})


async def read_body(request: web.Request, options: Options, meter: Meter | None = None) -> bytes:
    """The whole body. Raises Refused and TooMuch, and what is UNREADABLE."""
    body = b""
    if (request.content_length or 0) <= options.payload_max:
        try:
            async with asyncio.timeout(options.body_timeout):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if meter is not None:
                        meter.spend(0, len(chunk))
                    if len(body) > options.payload_max:
                        break
                else:
                    return body
        except TimeoutError:
            raise Refused(BAD_REQUEST, 408, "The body did not come in time") from None
    options.limited("payload")
    raise Refused(BAD_REQUEST, 413, "Payload too large")


def has_gone(request: web.Request | PassedOn) -> bool:
    """Whether nobody waits for the answer any more."""
    return request.transport is None or request.transport.is_closing()
