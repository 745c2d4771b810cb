"""A WebSocket connection: the frames that come, the bytes that go.

What is written to the transport is in order by itself, so its buffer is the only queue while a
client keeps up.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiohttp.http import (
    WebSocketReader,
    WSCloseCode,
    WSMessage,
    WSMsgType,
)

from alphasync.transport import outgoing
from alphasync.transport.backlog import Backlog, Overflow
from alphasync.transport.incoming import Fragments, Frames
from alphasync.transport.meter import Meter, TooMuch
from alphasync.transport.outgoing import Outgoing

NO_STATUS = 1005
"""The code of a close frame that has none (RFC 6455, 7.1.5)."""
CLOSE_TIMEOUT = 2.0
"""Seconds that a client has to take what is left and to close its side."""
REASON_MAX = 123
"""Bytes of text in a close frame (RFC 6455, 5.5)."""
READ_BYTES_MAX = 8 * 1024
"""Bytes that are parsed before the next look at what the client may send: thousands of frames, of
which each costs a microsecond."""
WRITE_BYTES_MAX = 64 * 1024
"""Bytes for one write: after it the transport may have told us to wait."""


class Owner(Protocol):
    """The Engine.IO session that a connection belongs to."""

    def receive(self, data: str | bytes) -> None: ...

    def lost(self, link: "Link") -> None: ...

    def overflow(self) -> None: ...

    def too_large(self) -> None: ...

    def flooded(self, limit: str) -> None: ...


class Link(asyncio.Protocol):
    """One connection. ``put`` never waits; ``flush`` is called once in a turn of the loop."""

    __slots__ = (
        "_backlog",
        "_closing",
        "_deadline",
        "_deaf",
        "_deflate",
        "_fragments",
        "_frames",
        "_gone",
        "_owner",
        "_paused",
        "_pong",
        "_reader",
        "_schedule",
        "_size",
        "_transport",
        "batch",
        "closed_with",
        "loop",
        "meter",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        schedule: Callable[["Link"], None],
        gone: Callable[["Link"], None],
        message_max: int,
        meter: Meter,
        *,
        deflate: bool,
    ) -> None:
        self._gone = gone
        self.loop = asyncio.get_running_loop()
        self._transport = transport
        self._schedule = schedule
        self._backlog = Backlog(0, None)
        self._deflate = deflate
        self._owner: Owner | None = None
        self._frames = Frames(self, self.loop)
        # It refuses what has its limit's size, too.
        self._reader = WebSocketReader(
            self._frames, message_max + 1, compress=deflate, decode_text=True
        )
        self.meter = meter
        """What the client may send; its session's, once there is one."""
        self._fragments = Fragments()
        self._deaf = False
        """Nothing is read any more."""
        self._pong: bytes | None = None
        self._paused = False
        self._closing = False
        self._deadline: asyncio.TimerHandle | None = None
        self._size = 0
        self.closed_with = 0
        """The code that the client has closed it with; 0 for none."""
        self.batch: list[Outgoing] = []
        """Put in this turn of the loop."""

    def begin(self, owner: Owner, backlog: Backlog | None = None) -> None:
        """Take messages from now on, for this owner. ``backlog`` is to keep what has to wait."""
        self._owner = owner
        if backlog is not None:
            self._backlog = backlog

    @property
    def waiting(self) -> int:
        """Bytes that wait for the client here, the kernel's own buffer apart."""
        return self._backlog.size + self._transport.get_write_buffer_size()

    def put(self, packet: Outgoing) -> None:
        if not self.batch:
            self._schedule(self)
        self.batch.append(packet)
        self._size += packet.size
        if self._size > WRITE_BYTES_MAX:
            self.flush()  # a turn of the loop has no end while nobody awaits anything

    def say(self, packet: Outgoing) -> None:
        """Write at once, past what was put."""
        self._transport.write(packet.frame)

    def flush(self) -> None:
        """Write what was put, in one piece, or keep it while the client does not keep up."""
        batch = self.batch
        if len(batch) == 1 and not (
            self._paused or self._closing or self._deflate or self._backlog.extra
        ):
            # As below, in the one step that most events need: they go to many sockets.
            self._size = 0
            self._transport.write(batch.pop().frame)
            return
        self.batch = []
        size, self._size = self._size, 0
        if self._closing:
            return
        if not self._paused:
            batch = self._write(batch)
            if self._backlog.extra and not batch:
                self._backlog.extra = max(0, self._backlog.extra - size)
        if batch:
            try:
                self._backlog.extend(batch, self._transport.get_write_buffer_size())
            except Overflow:
                if self._owner is not None:
                    self._owner.overflow()

    def _write(self, packets: list[Outgoing]) -> list[Outgoing]:
        """Write until the transport has enough; returns what is left."""
        if self._deflate:
            frames = [packet.deflated for packet in packets]
        else:
            frames = [packet.frame for packet in packets]
        start = 0
        while start < len(frames) and not self._paused:
            end, size = start, 0
            while end < len(frames) and size < WRITE_BYTES_MAX:
                size += len(frames[end])
                end += 1
            self._transport.write(b"".join(frames[start:end]) if end - start > 1 else frames[start])
            start = end
        return packets[start:]

    def handle(self, incoming: WSMessage) -> None:
        """A message from the client. Must not raise: the reader would swallow it."""
        if self._closing:
            if incoming.type is WSMsgType.CLOSE:
                self._transport.close()
            elif not self._deaf:
                self._count(1)
        elif incoming.type is WSMsgType.TEXT or incoming.type is WSMsgType.BINARY:
            if self._owner is not None:
                self._owner.receive(incoming.data)
        elif incoming.type is WSMsgType.PING:
            if self._pong is None:
                self.loop.call_soon(self._answer_ping)
            self._pong = bytes(incoming.data)  # the latest is enough (RFC 6455, 5.5.3)
        elif incoming.type is WSMsgType.CLOSE:
            self.closed_with = incoming.data or NO_STATUS
            self.close(incoming.data or WSCloseCode.OK)
            self._transport.close()

    def _answer_ping(self) -> None:
        pong, self._pong = self._pong, None
        if pong is not None and not self._paused and not self._closing:
            self._transport.write(outgoing.frame(outgoing.PONG, pong))

    def refuse(self, code: int) -> None:
        """Close the connection of a client that does not keep to the protocol."""
        if code == WSCloseCode.MESSAGE_TOO_BIG and self._owner is not None:
            self._owner.too_large()
        self.close(code)

    def close(self, code: int = WSCloseCode.OK, reason: str = "") -> None:
        """Close the connection behind what has been put."""
        if self._closing:
            return
        # What the client does not take now it does not get any more.
        self._write([*self._backlog.drain(), *self.batch])
        self.batch = []
        self._closing = True
        said = reason.encode()[:REASON_MAX].decode(errors="ignore").encode()
        payload = int(code).to_bytes(2, "big") + said
        self._transport.write(outgoing.frame(outgoing.CLOSE, payload))
        self._deadline = self.loop.call_later(CLOSE_TIMEOUT, self._transport.abort)
        self._end()

    def abort(self) -> None:
        """Close the connection now, whatever is left."""
        self._transport.abort()

    def drop(self, code: int, reason: str) -> None:
        """Close the connection of a client that does not read, with the reason behind what the
        transport has already."""
        self.batch = []
        self._backlog.drain()
        self.close(code, reason)

    def cut(self, code: int, reason: str) -> None:
        """Close the connection of a client that sends too much: nothing is read any more."""
        self._stop_reading()
        self.drop(code, reason)

    def _stop_reading(self) -> None:
        self._deaf = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _count(self, number: int, size: int = 0) -> bool:
        """Whether the client may send this, too."""
        try:
            self.meter.spend(number, size)
        except TooMuch as error:
            self._stop_reading()
            if self._owner is not None:
                self._owner.flooded(str(error))
        return not self._deaf

    def _end(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.lost(self)

    def pause_reading(self) -> None:
        """Let the client wait, by TCP's own means, while its messages are handled."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._deaf and not self._transport.is_closing():
            self._transport.resume_reading()

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), READ_BYTES_MAX):
            piece = data[start : start + READ_BYTES_MAX]
            if self._deaf or not self._count(self._fragments.count(piece), len(piece)):
                return
            self._reader.feed_data(piece)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if not self._closing:
            self._backlog.give_back(self._write(self._backlog.drain()))

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        if self._deadline is not None:
            self._deadline.cancel()
        self._gone(self)
        self._frames.forget()
        self._end()

    @property
    def reader(self) -> WebSocketReader:
        return self._reader
