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
from typing import Any, Literal, Protocol

import msgspec

from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.hosting import Reason

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


class Departure:
    """At the old server: a client that tries a WebSocket elsewhere."""

    def __init__(self, socket: EngineSocket) -> None:
        self._socket = socket
        socket.probe = self
        socket.prepare_upgrade()
        self._timer = asyncio.get_running_loop().call_later(
            socket.host.options.upgrade_timeout, self.close
        )

    def close(self, *_: object) -> None:
        """The session goes on with polling here."""
        self._timer.cancel()
        self._socket.keep_polling()

    async def hand_over(self, mover: Mover, *, packed: bool) -> bytes | None:
        """Give the session away; None when it is not to be had. ``packed``: whether the other
        server knows MessagePack, which the client may have begun to speak meanwhile."""
        self._timer.cancel()
        socket = self._socket
        state = None
        try:
            await socket.handled()
            if not socket.state.over and (packed or not socket.packed):
                state = await mover.give_up(socket)
        except Exception:  # whatever the application raises: the client has to begin anew
            socket.host.logger.exception("giving a session up failed")
        if state is None or socket.state.over:
            socket.end(Reason.TRANSPORT_ERROR, quietly=True)
            return None
        return msgspec.msgpack.encode(socket.leave(state))
