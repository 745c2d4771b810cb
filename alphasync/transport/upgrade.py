"""A client's move from polling to a WebSocket, which it tries out first."""

import asyncio

from alphasync.transport.engine_packets import PROBE, PROBED, UPGRADE
from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.refusals import FLOODED, POLICY, PROTOCOL_ERROR
from alphasync.transport.session_state import State
from alphasync.transport.websocket import Link


class Upgrade:
    """Owns the WebSocket until the session does.

    A client stops polling when its probe is answered, and notices nothing of a WebSocket that is
    closed before it sends its ``5``: it would wait for the ping timeout, and take itself for
    connected until then. So the end of a session is told to it behind that ``5``.
    """

    def __init__(self, socket: EngineSocket, link: Link) -> None:
        self._socket = socket
        self._link = link
        socket.probe = self
        self._probed = False
        link.begin(self)
        self._timer = asyncio.get_running_loop().call_later(
            socket.host.options.upgrade_timeout, link.close, PROTOCOL_ERROR, "no upgrade in time"
        )

    def receive(self, data: str | bytes) -> None:
        socket = self._socket
        if socket.state is not State.UPGRADING and data == PROBE:
            self._probed = True
            self._link.say(PROBED)
            socket.prepare_upgrade()
        elif socket.state is State.UPGRADING and data == UPGRADE:
            self._timer.cancel()
            socket.probe = None
            socket.begin(self._link)
        elif socket.state.over and data == UPGRADE:
            for packet in socket.host.pick_up(socket.sid):
                self._link.put(packet)
            self._link.close()
        else:
            self._link.close(PROTOCOL_ERROR, "no upgrade")

    def close(self) -> None:
        """The session has ended, or has another WebSocket."""
        if not self._probed:
            self._link.close()

    def lost(self, link: Link) -> None:
        """The session goes on with polling."""
        self._timer.cancel()
        self._socket.keep_polling()

    def overflow(self) -> None:
        """Nothing is put to a WebSocket that is only tried out."""

    def too_large(self) -> None:
        self._socket.too_large()

    def flooded(self, limit: str) -> None:
        self._link.cut(POLICY, FLOODED)
        self._socket.flooded(limit)
