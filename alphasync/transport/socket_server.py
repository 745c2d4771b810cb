"""The Socket.IO v5 server on top of the Engine.IO server."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any

import socketio
from engineio.packet import Packet as EnginePacket
from socketio.packet import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
)
from socketio.packet import Packet as SocketPacket

from alphasync.transport.client_rooms import Rooms, encoded
from alphasync.transport.engine_server import EngineServer
from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.messagepack import read
from alphasync.transport.meter import TooMuch
from alphasync.transport.outgoing import Outgoing
from alphasync.transport.refusals import PROTOCOL_ERROR
from alphasync.transport.socket_packets import (
    MalformedPacket,
    PlainEvent,
    StrictPacket,
    check,
    counts,
    plain_event,
)
from alphasync.transport.taking import Acknowledgements, AtOnce, Shortcut

EVENT_SIZE = 16 * 1024
"""Characters of an event that counts as one; a longer one counts as several."""


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio has no types
    """Takes the place of ``socketio.AsyncServer`` under aiohttp.

    Besides its arguments and those of ``EngineServer``: ``connect_timeout``, seconds that a
    connection may be in no namespace; ``attachments_max``, binary parts of one packet;
    ``connects_max``, CONNECT packets of one connection.
    """

    eio: EngineServer
    manager_initialized: bool

    def __init__(
        self,
        client_manager: Any = None,
        *,
        serializer: Any = "default",
        connect_timeout: float = 10.0,
        attachments_max: int = 10,
        connects_max: int = 100,
        **options: Any,
    ) -> None:
        super().__init__(
            client_manager=Rooms() if client_manager is None else client_manager,
            serializer=StrictPacket if serializer == "default" else serializer,
            counts=counts,
            **options,
        )
        self.connect_timeout = connect_timeout
        self.attachments_max = attachments_max
        self.connects_max = connects_max
        self.at_once: AtOnce | None = None
        self.shortcut: Shortcut | None = None
        """For events by the default serializer, and in MessagePack."""
        self.eio.on("message", self._receive)
        self._deadlines: dict[str, asyncio.TimerHandle] = {}
        """Of the connections that are in no namespace, the one that is so longest first."""
        self._connects: dict[str, int] = {}
        self._acknowledgements = Acknowledgements(self.packet_class.json.dumps)

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    # To clients

    async def _send_packet(self, eio_sid: str, pkt: SocketPacket) -> None:
        for part in self.eio.fit(eio_sid, encoded(pkt)):
            self.eio.put(eio_sid, part)

    async def _send_eio_packet(self, eio_sid: str, eio_pkt: EnginePacket) -> None:
        self.eio.put(eio_sid, Outgoing(eio_pkt.encode()))

    # From clients

    def _receive(self, eio_sid: str, data: str | bytes) -> Awaitable[object] | None:
        """Handle a message; what is returned has to end before the next one is handled."""
        socket: EngineSocket | None = self.eio.sockets.get(eio_sid)
        if socket is None:
            return None
        try:
            if socket.packed is None:
                socket.packed = isinstance(data, bytes) and self.packet_class is StrictPacket
            if socket.packed:
                return self._unpack(socket, data)
            pkt = self._decode(eio_sid, data)
            return None if pkt is None else self._carry_out(socket, pkt, len(data))
        except ValueError as error:
            self._break_off(eio_sid, str(error))
        except TooMuch as error:
            socket.flooded(str(error))
        return None

    def _unpack(self, socket: EngineSocket, data: str | bytes) -> Awaitable[object] | None:
        """Handle a message of a client that speaks MessagePack. Raises TooMuch, too."""
        pkt, size = read(data, self.attachments_max, self.shortcut)
        if pkt.packet_type != EVENT:
            socket.meter.spend(1 + (size - 1) // EVENT_SIZE)
        return self._carry_out(socket, pkt, size)

    def _decode(self, eio_sid: str, data: str | bytes) -> SocketPacket | PlainEvent | None:
        """The packet that is complete with this message, or None."""
        pkt: SocketPacket | None = self._binary_packet.get(eio_sid)
        if pkt is None:
            if self.shortcut is not None and (plain := plain_event(data, self.shortcut)):
                return plain
            pkt = self.packet_class(encoded_packet=data, binary=False)
            if pkt.packet_type not in (BINARY_EVENT, BINARY_ACK):
                return pkt
            if not 0 < pkt.attachment_count <= self.attachments_max:
                raise MalformedPacket("too many attachments, or none")
            if self.manager.sid_from_eio_sid(eio_sid, pkt.namespace or "/") is None:
                raise MalformedPacket("not connected to this namespace")
            self._binary_packet[eio_sid] = pkt
            return None
        if not isinstance(data, bytes):
            raise MalformedPacket("an attachment is missing")
        if not pkt.add_attachment(data):
            return None
        del self._binary_packet[eio_sid]
        return pkt

    def _carry_out(
        self, socket: EngineSocket, pkt: SocketPacket | PlainEvent, size: int
    ) -> Awaitable[object] | None:
        check(pkt)
        eio_sid = socket.sid
        namespace = pkt.namespace or "/"
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        work: Awaitable[object] | None
        if pkt.packet_type == CONNECT:
            if sid is not None:
                raise MalformedPacket("connected to this namespace already")
            # Each asks for credentials to be checked, and perhaps for a lot of state.
            self._connects[eio_sid] = self._connects.get(eio_sid, 0) + 1
            if self._connects[eio_sid] > self.connects_max:
                self.eio.options.limited("connects")
                raise MalformedPacket("too many connects")
            return self._handle_connect(eio_sid, namespace, pkt.data)
        if not self.manager.is_connected(sid, namespace):
            raise MalformedPacket("not connected to this namespace")
        if pkt.packet_type == DISCONNECT:
            return self._handle_disconnect(eio_sid, namespace, self.reason.CLIENT_DISCONNECT)
        if pkt.packet_type in (ACK, BINARY_ACK):
            work = self._handle_ack(eio_sid, namespace, pkt.id, pkt.data)
            return work
        socket.surplus += (size - 1) // EVENT_SIZE
        take = None if self.at_once is None else self.at_once(sid, pkt.data)
        if take is None:
            work = self._handle_event_internal(self, sid, eio_sid, pkt.data, namespace, pkt.id)
        else:
            work = take(partial(self._acknowledge, socket, namespace, pkt.id))
            if work is None:
                return None
        if not self.async_handlers:
            return work
        socket.busy += 1
        self.eio.look_after(self._finish_event(work, socket), f"socket.io {sid}")
        return None

    def _acknowledge(
        self, socket: EngineSocket, namespace: str, id_: int | None, answer: object
    ) -> None:
        if id_ is not None:
            socket.put(self._acknowledgements.packet(namespace, id_, answer))

    async def _finish_event(self, work: Awaitable[object], socket: EngineSocket) -> None:
        try:
            await work
        except Exception:  # whatever the application raises: the connection goes on
            self.logger.exception("event handler error")
        finally:
            socket.busy -= 1

    def _break_off(self, eio_sid: str, why: str) -> None:
        self.logger.info("closing %s: %s", eio_sid, why)
        self.eio.cut(eio_sid, self.reason.TRANSPORT_ERROR, code=PROTOCOL_ERROR, said=why)

    # The life of a connection

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self._set_deadline(eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._binary_packet.pop(eio_sid, None)
        self._connects.pop(eio_sid, None)
        try:
            await super()._handle_eio_disconnect(eio_sid, reason)
        finally:  # also when the application's handler fails
            self.environ.pop(eio_sid, None)
            self._clear_deadline(eio_sid)

    async def _handle_connect(self, eio_sid: str, namespace: str, data: Any) -> None:
        if not self._serves(namespace):
            refusal = self.packet_class(
                CONNECT_ERROR, data={"message": "Invalid namespace"}, namespace=namespace
            )
            await self._send_packet(eio_sid, refusal)
            return
        await super()._handle_connect(eio_sid, namespace, data)
        if self._connected_anywhere(eio_sid):
            self._clear_deadline(eio_sid)

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str, reason: str | None = None
    ) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        if eio_sid in self.environ and not self._connected_anywhere(eio_sid):
            self._set_deadline(eio_sid)

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """Disconnect a client. The connection is closed when it is in no other namespace."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace or "/")
        await super().disconnect(sid, namespace, ignore_queue)
        if eio_sid is not None and not self._connected_anywhere(eio_sid):
            self.eio.cut(eio_sid)

    # Moves between servers

    def give_up(self, eio_sid: str) -> dict[str, str] | None:
        """Forget a connection that goes to another server; returns its sids by namespace, None
        when it cannot leave. Its session must be quiet: nothing of it under way."""
        found = {
            name: self.manager.sid_from_eio_sid(eio_sid, name)
            for name in list(self.manager.get_namespaces())
        }
        sids = {name: sid for name, sid in found.items() if sid is not None}
        if eio_sid in self._binary_packet or any(
            sid in self.manager.callbacks or not self.manager.is_connected(sid, name)
            for name, sid in sids.items()
        ):
            return None
        for name, sid in sids.items():
            self.manager.basic_disconnect(sid, name)
        self.environ.pop(eio_sid, None)
        self._connects.pop(eio_sid, None)
        self._clear_deadline(eio_sid)
        return sids

    def take_on(self, eio_sid: str, sids: dict[str, str], environ: dict[str, Any]) -> None:
        """Go on with a connection that comes from another server."""
        if not self.manager_initialized:
            self.manager_initialized = True
            self.manager.initialize()
        self.environ[eio_sid] = environ
        socket = self.eio.sockets.get(eio_sid)
        if sids and socket is not None and socket.packed is None:
            socket.packed = False  # of a server that knows JSON only
        for name, sid in sids.items():
            self.manager.take_on(eio_sid, name, sid)
        if not sids:
            self._set_deadline(eio_sid)

    def cut_stranger(self, after: float) -> bool:
        """Close the WebSocket that has been in no namespace longest, and for so many seconds;
        returns whether there was one. Sessions without a WebSocket that are older end as well."""
        until = asyncio.get_running_loop().time() + self.connect_timeout - after
        while self._deadlines:
            eio_sid, deadline = next(iter(self._deadlines.items()))
            if deadline.when() > until:
                break
            self._clear_deadline(eio_sid)
            socket = self.eio.sockets.get(eio_sid)
            if socket is not None and socket.abort("no room for more"):
                self.eio.options.limited("connections_max")
                return True
        return False

    def knows(self, eio_sid: str) -> bool:
        """Whether a connection is here, and in a namespace."""
        return eio_sid in self.eio.sockets and eio_sid not in self._deadlines

    def _serves(self, namespace: str) -> bool:
        return (
            self.namespaces == "*"
            or namespace in self.namespaces
            or namespace in self.handlers
            or namespace in self.namespace_handlers
        )

    def _connected_anywhere(self, eio_sid: str) -> bool:
        return any(
            self.manager.is_connected(self.manager.sid_from_eio_sid(eio_sid, name), name)
            for name in list(self.manager.get_namespaces())
        )

    def _set_deadline(self, eio_sid: str) -> None:
        self._clear_deadline(eio_sid)
        loop = asyncio.get_running_loop()
        self._deadlines[eio_sid] = loop.call_later(self.connect_timeout, self._overdue, eio_sid)

    def _clear_deadline(self, eio_sid: str) -> None:
        deadline = self._deadlines.pop(eio_sid, None)
        if deadline is not None:
            deadline.cancel()

    def _overdue(self, eio_sid: str) -> None:
        self._deadlines.pop(eio_sid, None)
        self.eio.options.limited("unauthenticated")
        self._break_off(eio_sid, "in no namespace")
