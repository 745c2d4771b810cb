"""The two requests of a session that polls: it fetches packets, and brings some."""

import asyncio

from aiohttp import web

from alphasync.transport.engine_packets import NOTHING, Malformed, packets_of
from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.hosting import Reason
from alphasync.transport.http_bodies import (
    CALLER_CHECK_INTERVAL,
    UNREADABLE,
    answer_of,
    has_gone,
    read_body,
)
from alphasync.transport.line_answering import PassedOn
from alphasync.transport.meter import TooMuch
from alphasync.transport.polls import stamp_of
from alphasync.transport.refusals import BAD_REQUEST, UNKNOWN_SID, Refused


async def answer_poll(socket: EngineSocket, request: web.Request | PassedOn) -> web.Response:
    """Answer with what waits for the client, once something does. Raises Refused."""
    if not socket.polls.admits(stamp_of(request.query)):
        socket.end(Reason.TRANSPORT_ERROR)
        raise Refused(BAD_REQUEST)
    answer = socket.open_poll()
    try:
        while not answer.done():
            await asyncio.wait([answer], timeout=CALLER_CHECK_INTERVAL)
            if has_gone(request):
                socket.end(Reason.TRANSPORT_CLOSE)
    except asyncio.CancelledError:
        socket.end(Reason.TRANSPORT_CLOSE)
        raise
    finally:
        socket.polls.end()
    packets = answer.result()
    if packets != [NOTHING]:
        socket.meter.give_back()  # however quickly there is something to fetch
    return answer_of(packets)


async def handle_post(
    socket: EngineSocket, request: web.Request | PassedOn, body: bytes | None
) -> web.Response:
    """Handle the packets of a body. ``body``: where it was read already. Raises Refused and
    TooMuch."""
    if socket.posting:
        socket.end(Reason.TRANSPORT_ERROR)
        raise Refused(BAD_REQUEST)
    socket.open_post()
    try:
        if body is None and isinstance(request, web.Request):
            body = await read_body(request, socket.host.options, socket.meter)
        else:
            body = body or b""
            socket.meter.spend(0, len(body))
        packets = packets_of(body.decode())
        if socket.state.over:
            raise Refused(UNKNOWN_SID)
        useful = False
        for packet in packets:
            useful = useful or not socket.counted(packet)
            socket.handle(packet)
            await socket.handled()
        if useful:
            socket.meter.give_back()  # what it brought counts elsewhere
    except TooMuch:
        raise
    except (Malformed, *UNREADABLE):
        socket.end(Reason.TRANSPORT_ERROR)
        raise Refused(BAD_REQUEST) from None
    except BaseException:  # too long, or we are shut down
        socket.end(Reason.TRANSPORT_ERROR)
        raise
    finally:
        socket.close_post()
    return web.Response(text="ok")
