"""The WebSocket handshake (RFC 6455, 4.2), and taking the connection over from aiohttp.

aiohttp reads the HTTP request; after the handshake the connection is ours, and nothing of the
request stays behind: no task, no parser, no queue.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable

from aiohttp import web
from aiohttp.http import HttpVersion11

from alphasync.transport.meter import Meter
from alphasync.transport.websocket import Link

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3."""
KEY_SIZE = 16


class NoHandshake(ValueError):
    """The request is none for a WebSocket."""


class Detached(web.StreamResponse):
    """What aiohttp gets as the answer to a request whose connection is not its own any more."""

    async def prepare(self, request: web.BaseRequest) -> None:
        pass

    async def write_eof(self, data: bytes = b"") -> None:
        pass


def accept(
    request: web.Request,
    begin: Callable[[Link], None],
    schedule: Callable[[Link], None],
    gone: Callable[[Link], None],
    message_max: int,
    meter: Meter,
    *,
    deflate: bool,
) -> None:
    """Answer the handshake and take the connection over from aiohttp.

    Return ``Detached`` as the response to this request. ``begin`` is to give the connection an
    owner before anything comes from it. ``schedule`` is to call ``flush`` once in
    the next turn of the loop, ``gone`` is called at the end. ``message_max``: bytes. ``meter``:
    what the client may send. Raises NoHandshake.
    """
    key = check(request)
    deflate = deflate and _offers_deflate(request.headers.get("Sec-WebSocket-Extensions", ""))
    transport = _open_transport(request)
    link = Link(transport, schedule, gone, message_max, meter, deflate=deflate)

    def answer() -> None:
        transport.write(answer_to(key, deflate=deflate))
        begin(link)
        link.flush()  # what is there to say already leaves together with the answer

    take_over(request, link, link.reader, answer)


def take_over(
    request: web.Request,
    to: asyncio.Protocol,
    reader: object,
    begin: Callable[[], None],
) -> None:
    """Take the connection of a request from aiohttp and give it to another protocol.

    ``begin`` answers the request; ``reader`` has a ``feed_data`` for what has come behind it, and
    a ``feed_eof``.
    Raises NoHandshake when the connection is lost.
    """
    protocol, transport = request.protocol, _open_transport(request)
    to.connection_made(transport)
    if protocol.writing_paused:
        to.pause_writing()
    transport.set_protocol(to)
    begin()
    protocol.set_parser(reader)  # type: ignore[arg-type]  # of it no more is called
    protocol.transport = None
    protocol.connection_lost(None)


def _open_transport(request: web.Request) -> asyncio.Transport:
    transport = request.transport
    if transport is None or transport.is_closing():
        raise NoHandshake("the connection is lost")
    return transport


def check(request: web.Request) -> bytes:
    """The key of a handshake. Raises NoHandshake."""
    if request.version < HttpVersion11:
        raise NoHandshake("a WebSocket needs HTTP/1.1")
    headers = request.headers
    tokens = [token.strip().lower() for token in headers.get("Connection", "").split(",")]
    if headers.get("Upgrade", "").strip().lower() != "websocket" or "upgrade" not in tokens:
        raise NoHandshake("no upgrade to a WebSocket")
    if headers.get("Sec-WebSocket-Version", "") != "13":
        raise NoHandshake("unsupported WebSocket version")
    key = headers.get("Sec-WebSocket-Key", "").strip()
    try:
        nonce = base64.b64decode(key, validate=True)
    except ValueError:
        raise NoHandshake("not a WebSocket key") from None
    if len(nonce) != KEY_SIZE:
        raise NoHandshake("not a WebSocket key")
    return key.encode()


def _offers_deflate(extensions: str) -> bool:
    """Whether one of the offers can be taken: we compress with the full window only."""
    for offer in extensions.split(","):
        name, *parameters = [part.strip() for part in offer.split(";")]
        if name == "permessage-deflate" and not any(
            parameter.startswith("server_max_window_bits") for parameter in parameters
        ):
            return True
    return False


def answer_to(key: bytes, *, deflate: bool) -> bytes:
    """The head of what accepts it."""
    proof = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + proof,
    ]
    if deflate:
        lines.append(b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover")
    return b"\r\n".join([*lines, b"", b""])
