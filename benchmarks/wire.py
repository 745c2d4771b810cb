"""A Socket.IO client's side of the wire, as little of it as a load generator needs.

Engine.IO v4 over a WebSocket that is there from the start, or takes a polling session over. Events
are recognised by their first bytes, no JSON is read.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Protocol, cast

MASK = b"\x5a\xc3\x3c\xa5"
"""Not zero, which a server may see and unmask nothing."""
KEY = "YWxwaGFzeW5jIGJlbmNoIQ=="

OPENED = b"0{"
JOINED = b"40"
REFUSED = b"44"
PING = b"2"
REGISTERED = b'42["deviceRegistered"'
SYNCED = b'42["messageSync"'
UPDATED = b'42["messageUpdated"'
ERROR = b'42["error"'
RESYNC = b'42["resync"'
CLOSE = 0x88

PROBE, PROBED, UPGRADE = b"2probe", b"3probe", b"5"
GOODBYE = b"41"


class Client(Protocol):
    """A device, whatever its transport."""

    ready: asyncio.Future[None]
    """Resolves when it is registered and has got the drafts that are to come."""
    lost: bool
    error: str
    """The last that was told of: a refusal, or that a snapshot takes the place of events."""

    def send(self, text: bytes) -> None:
        """Send an Engine.IO packet, without waiting."""

    def leave(self) -> None:
        """Take leave, as a page does that is closed."""


Heard = Callable[[Client, bytes, int, int], None]
"""Called with data, start and end of an event's text."""


def masked(text: bytes) -> bytes:
    """A client's WebSocket frame."""
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    mask = (MASK * (size // 4 + 1))[:size]
    body = int.from_bytes(text, "little") ^ int.from_bytes(mask, "little")
    return head + MASK + body.to_bytes(size, "little")


PONG = masked(b"3")


class Connection(asyncio.Protocol):
    """One device with a WebSocket. ``sid``: of a registered device that polls and goes over to it,
    as soon as ``probed`` resolves and ``upgrade`` is called."""

    transport: asyncio.Transport

    def __init__(self, host: str, token: str, heard: Heard, drafts: int = 0, sid: str = "") -> None:
        self.host = host
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self.error = ""
        self.probed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sid = sid
        self._auth = masked(JOINED + json.dumps({"token": token}).encode())
        self._heard = heard
        self._missing = drafts
        self._registered = False
        self._upgraded = False
        self._rest = b""

    def send(self, text: bytes) -> None:
        self.transport.write(masked(text))

    def upgrade(self) -> None:
        """Go over: nothing comes by the polls any more."""
        self.send(UPGRADE)
        self.ready.set_result(None)

    def leave(self) -> None:
        self.send(GOODBYE)
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        query = "EIO=4&transport=websocket" + (f"&sid={self._sid}" if self._sid else "")
        self.transport.write(
            f"GET /socket.io/?{query} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"connection lost: {error}")

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        position, size = 0, len(data)
        if not self._upgraded:
            position = data.find(b"\r\n\r\n") + 4
            if position < 4:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self._fail(data[:200].decode(errors="replace"))
                return
            self._upgraded = True
            if self._sid:
                self.send(PROBE)
        while size - position >= 2:
            length, start = data[position + 1], position + 2
            if length == 126:
                length, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif length == 127:
                length, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            end = start + length
            if end > size:
                break
            if data.startswith(UPDATED, start):
                self._heard(self, data, start, end)
            else:
                self._other(data[position], data[start:end])
            position = end
        self._rest = data[position:]

    def _other(self, head: int, text: bytes) -> None:
        if text == PING:
            self.transport.write(PONG)
        elif text.startswith(SYNCED):
            self._missing -= 1
        elif text.startswith(REGISTERED):
            self._registered = True
        elif text.startswith((ERROR, RESYNC)):
            self.error = text.decode()
        elif text.startswith(OPENED):
            self.transport.write(self._auth)
        elif text == PROBED:
            self.probed.set_result(None)
        elif text.startswith(REFUSED) or head == CLOSE:
            self._fail(repr(text))
        if self._registered and self._missing <= 0 and not self.ready.done():
            self.ready.set_result(None)

    def _fail(self, reason: str) -> None:
        self.lost = True
        for awaited in (self.probed, self.ready):
            if not awaited.done():
                awaited.set_exception(ConnectionError(reason))
                awaited.exception()  # seen, also where only the other is awaited
