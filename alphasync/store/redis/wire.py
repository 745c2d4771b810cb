"""A connection to Redis without a stream and a task between its bytes and whom they are for.

redis-py finds the server, greets it and proves who we are. From then on its transport is spoken to
directly, and each reply is handed on in the turn of the loop in which it came.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any, NoReturn

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, ResponseError

_INCOMPLETE = object()
_FORGET = struct.pack("ii", 1, 0)
"""To linger for no time: what is not gone when a connection is closed never goes."""


class Wire(asyncio.Protocol):
    """Made by ``wire_of``."""

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        parse_error: Callable[[str], Exception],
        hear: Callable[[Any], None],
        drained: Callable[[], None],
    ) -> None:
        self.full = False
        """Whether the server does not keep up with what is written."""
        self._hear = hear
        self._drained = drained
        self._ended: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse,
            replyError=parse_error,
            notEnoughData=_INCOMPLETE,
        )
        self._transport = transport
        transport.set_protocol(self)

    @property
    def gone(self) -> bool:
        """Whether the connection is lost, also before whoever waits for that has heard it."""
        return self._ended.done() or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Raises ConnectionError (redis-py's) when the connection is lost."""
        if self.gone:
            raise ConnectionLost("lost")
        self._transport.write(data)

    def cut(self, error: Exception) -> None:
        """End it at once, with what is left to be written: also by the system, which would send it
        for minutes yet, and have it carried out behind what the next connection brings."""
        if not self._ended.done():
            self._ended.set_result(error)
        own = self._transport.get_extra_info("socket")
        if own is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _FORGET)
        self._transport.abort()

    async def lost(self) -> NoReturn:
        """Wait until it is lost; raises why."""
        raise await self._ended

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        if self._ended.done():
            return  # it was cut: who waited for this has been told otherwise
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _INCOMPLETE:
                if isinstance(reply, Exception) and not isinstance(reply, ResponseError):
                    raise reply
                self._hear(reply)
        except Exception as error:  # noqa: BLE001 - what follows cannot be trusted, whatever it is
            self.cut(error)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        self._drained()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_result(exc or ConnectionLost("closed by the server"))


async def wire_of(
    connection: AbstractConnection, hear: Callable[[Any], None], drained: Callable[[], None]
) -> Wire:
    """The wire of a connection that is connected and waits for no reply.

    ``hear`` is given each reply: bytes, a number, None, or a list of them, or a ResponseError; what
    it raises ends the connection, as does a server that says it cannot be used at all. ``drained``
    is called when the server takes more again, after it did not. Raises ConnectionError. Both
    errors are redis-py's.
    """
    transport = transport_of(connection)
    # What redis-py has heard and nobody has asked it for, perhaps the end, would never be heard of.
    if transport is None or transport.is_closing() or await connection.can_read():
        raise ConnectionLost("lost before it was of use")
    return Wire(transport, connection._parser.parse_error, hear, drained)


def transport_of(connection: AbstractConnection) -> asyncio.WriteTransport | None:
    """What carries a connection's bytes; None where it is not connected."""
    writer = connection._writer
    return None if writer is None else writer.transport
