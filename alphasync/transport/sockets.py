"""An Engine.IO session that ends when its client does not speak Engine.IO.

The stock one logs a traceback for most malformed input and goes on, or ends without a word.
"""

from typing import Any

from aiohttp import web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError, SocketIsClosedError
from engineio.packet import CLOSE, MESSAGE, PONG, UPGRADE, Packet

FROM_CLIENT = frozenset({PONG, MESSAGE, UPGRADE, CLOSE})
"""Packet types that a client may send (Engine.IO v4; a ping only as the probe of an upgrade)."""


class StrictSocket(AsyncSocket):  # type: ignore[misc]  # python-engineio has no types
    """Made from a stock session by ``adopt``."""

    async def receive(self, pkt: Packet) -> None:
        if pkt.packet_type not in FROM_CLIENT:
            await self._give_up()
            raise SocketIsClosedError
        await super().receive(pkt)

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Raises EngineIOError, which the server answers with 400, for whatever is malformed."""
        try:
            await super().handle_post_request(environ)
        except (EngineIOError, ValueError, LookupError) as error:
            await self._give_up()
            raise SocketIsClosedError from error

    async def _websocket_handler(self, ws: web.WebSocketResponse) -> None:
        try:
            await super()._websocket_handler(ws)
        except (ValueError, LookupError):
            if self.connected and not self.upgraded:
                self.upgrading = False  # a failed upgrade: the session goes on with polling
            else:
                await self._give_up()

    async def _give_up(self) -> None:
        await self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)


def adopt(socket: AsyncSocket) -> None:
    """Make a new session a strict one. The stock server cannot be told which class to use."""
    socket.__class__ = StrictSocket
