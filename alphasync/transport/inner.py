"""What other servers pass on: requests for the sessions of this one, and their moves."""

from typing import TYPE_CHECKING

from aiohttp import web

from alphasync.transport.forwarding import asks_time
from alphasync.transport.moving import Departure
from alphasync.transport.refusals import BAD_REQUEST, FORBIDDEN, UNKNOWN_SID, Refused
from alphasync.transport.requests import UNREADABLE, Answer, Requests

if TYPE_CHECKING:
    from alphasync.transport.engine import EngineServer


class Inner:
    def __init__(self, server: "EngineServer", requests: Requests) -> None:
        self._server = server
        self._requests = requests

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer another server, which has looked at the origin: one hop, and no further.

        Nothing is done before all of the request is there and known to be one of ours.
        """
        forwarder = self._server.forwarder
        try:
            if forwarder is None:
                raise Refused(FORBIDDEN, 403)
            asked = forwarder.verify(request)
            try:
                body = await self._requests.read(request)
            except UNREADABLE:
                raise Refused(FORBIDDEN, 403) from None
            forwarder.admit(request, asked, body)
        except Refused as refused:
            return refused.answer()
        try:
            response = await self._answer(request, body)
        except Refused as refused:
            response = refused.answer()
        if isinstance(response, web.Response):
            forwarder.door.sign(asked, response)
        return response

    async def _answer(self, request: web.Request, body: bytes) -> Answer:
        if asks_time(request):
            return web.Response()
        sid, step = request.query.get("sid", ""), request.query.get("transport", "")
        if step in ("prepare", "take", "release"):
            return await self._move(sid, step)
        return await self._requests.in_session(request, sid, body)

    async def _move(self, sid: str, step: str) -> web.Response:
        """Let a session go to its WebSocket."""
        socket, mover = self._server.sockets.get(sid), self._server.mover
        if socket is None or not socket.state.open or mover is None:
            raise Refused(UNKNOWN_SID)
        departure = socket.probe
        if step == "prepare":
            if socket.upgraded or departure is not None:
                raise Refused(BAD_REQUEST)
            Departure(socket)
            return web.Response()
        if not isinstance(departure, Departure):
            raise Refused(BAD_REQUEST)
        if step == "release":
            departure.close()
            return web.Response()
        moved = await departure.take(mover)
        if moved is None:
            raise Refused(UNKNOWN_SID)
        return web.Response(body=moved)
