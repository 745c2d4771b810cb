"""What other servers pass on: requests for the sessions of this one, and their moves."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from alphasync.transport.forwarded import BREAK_OFF, CLOCK, LINE, PACKED, TELL
from alphasync.transport.http_bodies import UNREADABLE, read_body
from alphasync.transport.line import Line
from alphasync.transport.line_answering import AnsweringLine, PassedOn
from alphasync.transport.moving import Departure, Mover
from alphasync.transport.opening import Answer
from alphasync.transport.options import Options
from alphasync.transport.peers import Peers
from alphasync.transport.proofs import Asked, Door
from alphasync.transport.refusals import BAD_REQUEST, FORBIDDEN, UNKNOWN_SID, Refused
from alphasync.transport.requests import Requests
from alphasync.transport.session_table import SessionTable


class FromPeers:
    """``mover``: without one no session leaves. ``told`` gets what another server's application
    tells this one's."""

    def __init__(
        self,
        peers: Peers,
        options: Options,
        sessions: SessionTable,
        requests: Requests,
        door: Door,
        mover: Mover | None,
        told: Callable[[bytes], None],
    ) -> None:
        self._peers = peers
        self._options = options
        self._sessions = sessions
        self._requests = requests
        self.door = door
        self._mover = mover
        self._told = told
        self.lines: set[AnsweringLine] = set()
        self._closed = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer another server, which has looked at the origin: one hop, and no further.

        Nothing is done before all of the request is there and known to be one of ours.
        """
        try:
            asked = self.verify(request)
            try:
                body = await read_body(request, self._options)
            except UNREADABLE:
                raise Refused(FORBIDDEN, 403) from None
            self._admit(request, asked, body)
        except Refused as refused:
            return refused.answer()
        try:
            response = await self._answer(request, asked, body)
        except Refused as refused:
            response = refused.answer()
        if isinstance(response, web.Response):
            self.door.sign(asked, response)
        return response

    def verify(self, request: web.Request) -> Asked:
        """What another server has signed; to be done before a body is read. Raises Refused."""
        asked = self.door.read(request)
        if asked is None or not (_asks_time(request) or self.door.is_now(asked)):
            raise Refused(FORBIDDEN, 403)
        return asked

    def _admit(self, request: web.Request, asked: Asked, body: bytes) -> None:
        """With its body. Raises Refused unless all of it is signed, and comes for the first time;
        how late it is may be asked at any time."""
        whole = self.door.is_whole(asked, body)
        if not whole or not (_asks_time(request) or self.door.admit(asked)):
            raise Refused(FORBIDDEN, 403)

    async def _answer(self, request: web.Request, asked: Asked, body: bytes) -> Answer:
        if _asks_time(request):
            return web.Response()
        sid, step = request.query.get("sid", ""), request.query.get("transport", "")
        if step == TELL:
            self._told(body)
            return web.Response()
        if step == LINE:
            return self._open_line(request, asked)
        if step in ("prepare", "take", "release"):
            return await self._move(sid, step, packed=PACKED in request.query)
        return await self._requests.in_session(request, sid, body)

    def _open_line(self, request: web.Request, asked: Asked) -> Answer:
        if self._closed:
            raise Refused(UNKNOWN_SID)
        line = AnsweringLine(
            self._peers, asked.nonce, self._options.payload_max, self.serve, self._lost
        )
        detached = line.begin(request)
        self.lines.add(line)
        return detached

    async def serve(self, request: PassedOn, body: bytes) -> Answer:
        """What came on a line."""
        if request.method not in ("GET", "POST", BREAK_OFF):
            raise Refused(BAD_REQUEST)
        return await self._requests.in_session(request, request.query["sid"], body)

    def _lost(self, line: Line) -> None:
        self.lines = {one for one in self.lines if one is not line}

    async def close(self, timeout: float) -> None:
        """Close the lines of other servers behind what is under way, for which there are so many
        seconds; nobody opens one any more."""
        self._closed = True
        if under_way := [task for line in self.lines for task in line.tasks]:
            await asyncio.wait(under_way, timeout=timeout)
        for line in list(self.lines):
            line.close()

    async def _move(self, sid: str, step: str, *, packed: bool) -> web.Response:
        """Let a session go to its WebSocket. ``packed``: the server there knows MessagePack."""
        socket = self._sessions.by_id.get(sid)
        if socket is None or not socket.state.open or self._mover is None:
            raise Refused(UNKNOWN_SID)
        departure = socket.probe
        if step == "prepare":
            strange = socket.packed and not packed  # that server could not tell its client anything
            if strange or socket.upgraded or departure is not None:
                raise Refused(BAD_REQUEST)
            Departure(socket)
            return web.Response()
        if not isinstance(departure, Departure):
            raise Refused(BAD_REQUEST)
        if step == "release":
            departure.close()
            return web.Response()
        moved = await departure.hand_over(self._mover, packed=packed)
        if moved is None:
            raise Refused(UNKNOWN_SID)
        return web.Response(body=moved)


def _asks_time(request: web.Request) -> bool:
    return request.query.get("transport") == CLOCK


async def refuse_peers(_: web.Request) -> web.StreamResponse:
    """Where there are no other servers."""
    return Refused(FORBIDDEN, 403).answer()
