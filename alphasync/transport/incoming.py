"""What comes on a WebSocket: its messages, and the frames that bring none."""

import asyncio
from typing import Protocol

from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http import WebSocketError, WSCloseCode, WSMessage

FRAGMENT_MIN = 1024
"""Bytes of a fragment that does not count by number: of such ones the bytes are the bound."""


class Reading(Protocol):
    """The connection."""

    def handle(self, incoming: WSMessage) -> None: ...

    def refuse(self, code: int) -> None: ...


class Frames(WebSocketDataQueue):
    """aiohttp's reader puts messages in here; they are handled at once, none is kept."""

    def __init__(self, reading: Reading, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(reading, 2**16, loop=loop)  # type: ignore[arg-type]  # it is never paused
        self._reading: Reading | None = reading

    def feed_data(self, data: WSMessage, size: int) -> None:  # type: ignore[override]
        if self._reading is not None:
            self._reading.handle(data)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        if self._reading is not None:
            code = exc.code if isinstance(exc, WebSocketError) else WSCloseCode.INTERNAL_ERROR
            self._reading.refuse(code)

    def feed_eof(self) -> None:
        """The end is told to the connection itself."""

    def forget(self) -> None:
        """Break the cycle of connection, reader and queue: nobody waits for a collection then."""
        self._reading = None
        self._protocol = None  # type: ignore[assignment]  # never used


class Fragments:
    """Counts the frames of a WebSocket that bring no message: its reader does not tell of them.

    Those are control frames and small fragments, the last of each message apart.
    """

    __slots__ = ("_head", "_skip")

    def __init__(self) -> None:
        self._head = b""
        """The begin of a frame whose length has not come whole."""
        self._skip = 0
        """Bytes to come of a frame that was looked at."""

    def count(self, data: bytes) -> int:
        """How many begin in these bytes, the next ones of the connection."""
        found, position = 0, self._skip
        if self._head:
            data = self._head + data
        size = len(data)
        while position + 2 <= size:
            first, second = data[position], data[position + 1]
            length = second & 0x7F
            start = position + (2 if length < 126 else 4 if length == 126 else 10)
            if start > size:
                break
            if length >= 126:
                length = int.from_bytes(data[position + 2 : start], "big")
            if first & 0x08 or (first & 0x80 == 0 and length < FRAGMENT_MIN):
                found += 1
            position = start + length + (4 if second & 0x80 else 0)
        self._skip = max(0, position - size)
        self._head = data[position:]
        return found
