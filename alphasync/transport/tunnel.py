"""Two connections, tied together: what comes on one goes out on the other, unread."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from alphasync.transport import handshake
from alphasync.transport.peers import PeerAddress

CONNECT_TIMEOUT = 5.0
"""Seconds for another server to accept a connection. One that is gone refuses at once, as a rule;
with one second, a busy machine took its own servers for gone, and their sessions for unknown."""
ANSWER_TIMEOUT = 5.0
"""Seconds for it to answer a handshake."""
CLOSE_TIMEOUT = 2.0
"""Seconds for a client to take what is left."""
HEAD_MAX = 8192
"""Bytes of the head of its answer."""
SWITCHING = b"HTTP/1.1 101 "


class NoTunnel(Exception):
    """The other side does not accept; nothing has been answered yet."""


class End(asyncio.Protocol):
    """One of the two connections. While the other cannot write, this one is not read."""

    def __init__(self, gone: Callable[["End"], None] | None = None) -> None:
        self._gone = gone
        self.other: End | None = None
        self._transport: asyncio.Transport | None = None
        self._full = False
        """Whether this connection takes nothing more for the moment."""
        self._early = b""
        """What came before the two were tied together."""
        self._head: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def head(self) -> bytes:
        """What came, up to the end of the head of an HTTP answer at least. Raises NoTunnel."""
        return await self._head

    def tie(self, other: "End") -> None:
        """Go on with ``other`` at the far end: what has come so far goes there."""
        self.other, other.other = other, self
        for end, far in ((self, other), (other, self)):
            early, end._early = end._early, b""
            far.write(early)
            if far._full:
                end.read(False)

    def write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    def read(self, go_on: bool) -> None:
        """Read on, or let TCP hold the sender back."""
        if self._transport is None or self._transport.is_closing():
            return
        if go_on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def close(self) -> None:
        """Close it behind what has been written, if that is taken in time."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._transport.abort)

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """What aiohttp has read ahead of the handshake's answer, as its parsers take it."""
        self.data_received(data)
        return False, b""

    def feed_eof(self) -> None:
        """aiohttp lets go of the connection; its end is told to the connection itself."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # of a TCP connection

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.write(data)
            return
        self._early += data
        if not self._head.done():
            if b"\r\n\r\n" in self._early:
                self._head.set_result(self._early)
            elif len(self._early) > HEAD_MAX:
                self._head.set_exception(NoTunnel("no answer to a handshake"))

    def pause_writing(self) -> None:
        self._full = True
        if self.other is not None:
            self.other.read(False)

    def resume_writing(self) -> None:
        self._full = False
        if self.other is not None:
            self.other.read(True)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._head.done():
            self._head.set_exception(NoTunnel("the connection was lost"))
            self._head.exception()  # seen, also where nobody waits any more
        if self._gone is not None:
            self._gone(self)
        other, self.other = self.other, None
        if other is not None:
            other.close()


async def open_tunnel(
    request: web.Request, address: PeerAddress, head: bytes, gone: Callable[[End], None]
) -> End:
    """Pass a WebSocket handshake on, and tie its connection to the one where it is answered.

    ``head``: the request as the other server is to get it. Return ``handshake.Detached`` as the
    response. The returned end is the client's; ``gone`` is called with it when it is lost. Raises
    NoTunnel and handshake.NoHandshake.
    """
    loop = asyncio.get_running_loop()
    near, far = End(gone), End()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await loop.create_connection(lambda: far, *address)
        far.write(head)
        async with asyncio.timeout(ANSWER_TIMEOUT):
            answer = await far.head()
    except (OSError, TimeoutError) as error:
        far.close()
        raise NoTunnel("no answer") from error
    except BaseException:
        far.close()
        raise
    if not answer.startswith(SWITCHING):
        far.close()
        raise NoTunnel("refused")
    try:
        handshake.take_over(request, near, near, lambda: far.tie(near))
    except handshake.NoHandshake:
        far.close()
        raise
    return near
