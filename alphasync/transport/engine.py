"""Handing finished packets to sockets.

Every attribute of python-engineio and python-socketio that is touched beyond their documented
interface is listed in ``TOUCHED`` and pinned by a contract test.
"""

import asyncio
from typing import Any

import engineio
import socketio
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, NOOP, Packet
from engineio.payload import Payload
from socketio.packet import BINARY_ACK, BINARY_EVENT
from socketio.packet import Packet as SocketPacket

from alphasync.transport import sockets

TOUCHED = {
    "engineio.AsyncServer": ("sockets",),
    "engineio.payload.Payload": ("max_decode_packets",),
    "engineio.async_socket.AsyncSocket": (
        "_websocket_handler",
        "check_ping_timeout",
        "close",
        "closed",
        "connected",
        "handle_post_request",
        "queue",
        "receive",
        "server",
        "sid",
        "upgraded",
        "upgrading",
    ),
    "socketio.AsyncServer": (
        "_handle_eio_connect",
        "_handle_eio_message",
        "_handle_eio_disconnect",
        "_handle_event",
        "eio",
        "manager_initialized",
    ),
    "socketio.packet.Packet": ("decode",),
    "socketio.AsyncRedisManager": (
        "_handle_disconnect",
        "_publish",
        "_redis_connect",
        "connected",
        "host_id",
        "pubsub",
        "redis",
        "thread",
    ),
    "socketio.AsyncManager": ("rooms", "basic_enter_room", "get_participants", "connect"),
}

PACKETS_MAX = 4096
"""Packets in one POST: 64 KB of the shortest event. A client puts all that it has buffered into one
POST and goes by ``maxPayload`` only; the stock limit of 16 would cut off who types fast."""
Payload.max_decode_packets = PACKETS_MAX

PINGS_EVERY = 1.0
"""Seconds between two looks for clients that owe a pong."""

RESERVED = frozenset({"connect", "connect_error", "disconnect", "*"})
"""Event names that only a server or client library itself may use (Socket.IO v5 protocol), and the
name of the catch-all handler: python-socketio would call it with a client's argument as the sid."""


def message(packet: str) -> Packet:
    """An Engine.IO message, which may be put to any number of sockets."""
    return Packet(MESSAGE, data=packet)


def put(engine: engineio.AsyncServer, eio_sid: str, packet: Packet) -> None:
    """Queue a packet for one socket without awaiting; a socket that is gone gets nothing."""
    socket = engine.sockets.get(eio_sid)
    if socket is not None and not socket.closed:
        socket.queue.put_nowait(packet)


async def cut(engine: engineio.AsyncServer, eio_sid: str) -> None:
    """Close a socket; ``SocketServer`` sees to it that this closes the connection too.

    Stock ``disconnect`` would wait until the client has fetched all that is queued for it: for
    ever, when it does not poll any more.
    """
    socket = engine.sockets.get(eio_sid)
    if socket is not None:
        await socket.close(wait=False)


async def watch_pings(engine: engineio.AsyncServer) -> None:
    """Give up clients that do not answer their ping, soon after the time-out. Stock looks once in
    a ping time-out, and a WebSocket's own reader waits for a close handshake that never comes."""
    while True:
        await asyncio.sleep(PINGS_EVERY)
        for socket in list(engine.sockets.values()):
            if not socket.closed:
                await socket.check_ping_timeout()


def _end(engine: engineio.AsyncServer, socket: AsyncSocket) -> None:
    engine.sockets.pop(socket.sid, None)  # what still comes for it is answered with 400
    if not socket.upgraded:
        socket.queue.put_nowait(Packet(NOOP))  # what a poll is answered with at a close
    socket.queue.put_nowait(None)  # ends the writer, which closes the WebSocket


class MalformedPacket(ValueError):
    """What came is no Socket.IO packet."""


class StrictPacket(SocketPacket):  # type: ignore[misc]  # python-socketio has no types
    """A packet whose decoder has one way to fail."""

    def decode(self, encoded_packet: str) -> int:
        try:
            count: int = super().decode(encoded_packet)
        except Exception as error:  # the stock decoder raises whatever its slicing runs into
            raise MalformedPacket(str(error)) from error
        if self.packet_type in (BINARY_EVENT, BINARY_ACK):
            # It would hold back all that follows until its parts are there, however many it names.
            raise MalformedPacket("no command has binary parts")
        return count


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # as above
    """python-socketio's server, which closes a connection that does not speak Socket.IO."""

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        sockets.adopt(self.eio.sockets[eio_sid])
        await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        try:
            await super()._handle_eio_message(eio_sid, data)
        except ValueError as error:
            self.logger.info("closing %s: %s", eio_sid, error)
            await cut(self.eio, eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        """Close the connection with the session. Stock only writes a CLOSE packet, which clients
        ignore on a WebSocket, and leaves a poll that is open to its time-out."""
        socket = self.eio.sockets.get(eio_sid)
        await super()._handle_eio_disconnect(eio_sid, reason)
        if socket is not None:
            # Behind the CLOSE packet, which stock queues when this returns.
            asyncio.get_running_loop().call_soon(_end, self.eio, socket)

    async def _handle_event(
        self, eio_sid: str, namespace: str | None, id: int | None, data: object
    ) -> None:
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise MalformedPacket("an event needs a name")
        if data[0] in RESERVED:
            raise MalformedPacket(f"{data[0]!r} is a reserved name")
        await super()._handle_event(eio_sid, namespace, id, data)
