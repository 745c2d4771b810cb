"""Moving a session from the server that has it to the one where its WebSocket has landed.

    client              new server                     old server
      | WebSocket, 2probe ->|  prepare ------------------->| holds back what is sent from now on
      |<------------ 3probe |<--------------------------ok |
      | 5 ----------------->|  take ---------------------->| waits until nothing is under way,
      |                     |<---- what it was, its packets| and forgets the session
      |<------------ packets|

So no WebSocket lives behind a second hop. What a session is to the application, the application
itself gives up and takes on (``Mover``).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from alphasync.transport.outgoing import Outgoing
from alphasync.transport.refusals import Refused
from alphasync.transport.socket import (
    FLOODED,
    PING,
    POLICY,
    PONG,
    PROTOCOL_ERROR,
    TRY_AGAIN,
    UPGRADE,
    EngineSocket,
)
from alphasync.transport.websocket import Link

if TYPE_CHECKING:
    from alphasync.transport.engine import EngineServer

Step = Literal["prepare", "take", "release"]
"""What the new server asks the old one for; they stand in the place of a transport's name."""


class Mover(Protocol):
    """The application's part."""

    async def give_up(self, socket: EngineSocket) -> bytes | None:
        """Wait until nothing of the session is under way, then forget it and return what it was.

        Nothing is awaited after the last look. None when it cannot leave.
        """

    async def take_on(self, socket: EngineSocket, state: bytes, environ: dict[str, Any]) -> None:
        """Go on with a session. What is put to the socket waits until this returns."""


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """A session on its way."""

    state: bytes
    packets: list[str]
    """What waits for the client, as in an HTTP body."""
    left: tuple[float, float] | None = None
    """What the client may still send; an older server does not say."""


class Departure:
    """At the old server: a client that tries a WebSocket elsewhere."""

    def __init__(self, socket: EngineSocket) -> None:
        self._socket = socket
        socket.probe = self
        socket.prepare_upgrade()
        self._timer = asyncio.get_running_loop().call_later(
            socket.server.upgrade_timeout, self.close
        )

    def close(self, *_: object) -> None:
        """The session goes on with polling here."""
        self._timer.cancel()
        self._socket.keep_polling()

    async def take(self, mover: Mover) -> bytes | None:
        """Give the session away; None when it is not to be had."""
        self._timer.cancel()
        socket = self._socket
        state = None
        try:
            await socket.handled()
            if not socket.state.over:
                state = await mover.give_up(socket)
        except Exception:  # whatever the application raises: the client has to begin anew
            socket.server.logger.exception("giving a session up failed")
        if state is None or socket.state.over:
            socket.end(socket.server.reason.TRANSPORT_ERROR, quietly=True)
            return None
        packets = [packet.text for packet in socket.leave()]
        return msgspec.msgpack.encode(Moved(state, packets, socket.meter.left))


class Arrival:
    """At the new server: the WebSocket of a session that is elsewhere.

    ``ask`` asks the old server, and raises Refused.
    """

    def __init__(
        self,
        server: "EngineServer",
        mover: Mover,
        link: Link,
        sid: str,
        environ: dict[str, Any],
        ask: Callable[[Step], Awaitable[bytes]],
    ) -> None:
        self._server = server
        self._mover = mover
        self._link = link
        self._sid = sid
        self._environ = environ
        self._ask = ask
        self._expected: str | None = PING + "probe"
        """The next packet; None for nothing, until there is an answer."""
        self._prepared = False
        self._taking = False
        self._lost = False
        self._early: list[str | bytes] = []
        """What came while the session was on its way."""
        link.begin(self)
        self._timer = asyncio.get_running_loop().call_later(
            server.upgrade_timeout, link.close, PROTOCOL_ERROR, "no upgrade in time"
        )

    def receive(self, data: str | bytes) -> None:
        if self._taking:
            self._early.append(data)
        elif data != self._expected:
            self._link.close(PROTOCOL_ERROR, "no upgrade")
        elif data == UPGRADE:
            self._taking = True
            self._timer.cancel()
            self._link.pause_reading()
            self._server.look_after(self._take(), f"move {self._sid}")
        else:
            self._expected = None
            self._server.look_after(self._prepare(), f"prepare {self._sid}")

    def lost(self, link: Link) -> None:
        self._lost = True
        self._timer.cancel()
        if self._prepared and not self._taking:
            self._server.look_after(self._release(), f"release {self._sid}")

    def overflow(self) -> None:
        """Nothing is put to a WebSocket whose session is still on its way."""

    def too_large(self) -> None:
        self._server.limited("payload")

    def flooded(self, limit: str) -> None:
        self._server.limited(limit)
        self._link.cut(POLICY, FLOODED)

    async def _prepare(self) -> None:
        try:
            await self._ask("prepare")
        except Refused:
            self._link.close(PROTOCOL_ERROR, "no such session, or it has a WebSocket")
            return
        self._prepared = True
        if self._lost:
            await self._release()
            return
        self._expected = UPGRADE
        self._link.say(Outgoing(PONG + "probe"))

    async def _release(self) -> None:
        try:
            await self._ask("release")
        except Refused:
            return  # it is gone, or has given up waiting

    async def _take(self) -> None:
        try:
            moved = msgspec.msgpack.decode(await self._ask("take"), type=Moved)
        except (Refused, msgspec.MsgspecError):
            self._link.close(TRY_AGAIN, "the session is gone")
            return
        server = self._server
        socket = server.receive_session(self._sid, str(self._environ["REMOTE_ADDR"]))
        socket.meter = self._link.meter
        if moved.left is not None:
            socket.meter.lower(moved.left)
        server.put_all(self._sid, [Outgoing.of(text) for text in moved.packets])
        try:
            await self._mover.take_on(socket, moved.state, self._environ)
        except Exception:  # whatever the application raises: the client has to begin anew
            server.logger.exception("taking a session on failed")
            socket.end(server.reason.TRANSPORT_ERROR)
        if self._lost:
            socket.closed_with = self._link.closed_with
            socket.end(server.reason.TRANSPORT_CLOSE)
        if socket.state.over:
            for packet in server.left_behind(self._sid) or ():
                self._link.put(packet)  # the reason may be among them
            self._link.close(TRY_AGAIN, "the session has ended")
            return
        socket.begin(self._link)
        socket.ping()  # the client counts from the last one, at the other server
        for data in self._early:
            socket.receive(data)
        self._link.resume_reading()
