"""The HTTP side of the Engine.IO v4 server: which request is answered by whom."""

from typing import Any

from aiohttp import web

from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.forwarded import BREAK_OFF
from alphasync.transport.hosting import Reason
from alphasync.transport.http_bodies import answer_of
from alphasync.transport.http_rules import HttpRules
from alphasync.transport.line_answering import PassedOn
from alphasync.transport.meter import TooMuch
from alphasync.transport.opening import Answer, Opening
from alphasync.transport.options import Options
from alphasync.transport.outgoing import BODY_PACKETS_MAX
from alphasync.transport.passing_on import PassingOn
from alphasync.transport.polling import answer_poll, handle_post
from alphasync.transport.refusals import (
    BAD_METHOD,
    BAD_REQUEST,
    BAD_VERSION,
    FORBIDDEN,
    UNKNOWN_SID,
    UNKNOWN_TRANSPORT,
    Refused,
)
from alphasync.transport.session_table import SessionTable


class Requests:
    """``passing_on``: None where there are no other servers."""

    def __init__(
        self,
        options: Options,
        sessions: SessionTable,
        rules: HttpRules,
        opening: Opening,
        passing_on: PassingOn | None,
    ) -> None:
        self._options = options
        self._sessions = sessions
        self._rules = rules
        self._opening = opening
        self._passing_on = passing_on

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a client."""
        environ = self._rules.environ_of(request)
        try:
            if not self._rules.allows_origin(environ):
                raise Refused(FORBIDDEN, message="Origin not allowed")
            response = await self._route(request, environ)
        except Refused as refused:
            response = refused.answer()
        if isinstance(response, web.Response):
            self._rules.finish_answer(response, environ)
        return response

    async def _route(self, request: web.Request, environ: dict[str, Any]) -> Answer:
        if request.method == "OPTIONS":
            return web.Response(text="ok")
        query = request.query
        transport = query.get("transport")
        if transport is None or transport not in self._options.transports:
            raise Refused(UNKNOWN_TRANSPORT)
        if query.get("EIO") != "4":
            raise Refused(BAD_VERSION)
        if request.method not in ("GET", "POST") or "j" in query:
            raise Refused(BAD_METHOD if "sid" not in query else BAD_REQUEST)
        sid = query.get("sid")
        if sid is None:
            if request.method != "GET":
                raise Refused(BAD_METHOD)
            return await self._opening.open(request, environ, transport)
        if self._passing_on is not None:
            owner = self._passing_on.owner_of(sid)
            if owner is not None:
                return await self._passing_on.answer(request, environ, sid, owner)
        return await self.in_session(request, sid)

    async def in_session(
        self, request: web.Request | PassedOn, sid: str, body: bytes | None = None
    ) -> Answer:
        """Answer a request of a session that is here. ``body``: where it was read already. Raises
        Refused."""
        try:
            return await self._in_session(request, sid, body)
        except Refused:
            if request.method == "POST" and self._sessions.ended_just_now(sid):
                # An error would come before the poll that says why, and clients try again then.
                return web.Response(text="ok")
            raise

    async def _in_session(
        self, request: web.Request | PassedOn, sid: str, body: bytes | None
    ) -> Answer:
        transport = request.query["transport"]
        if request.method == "GET" and transport == "polling":
            left = self._sessions.pick_up(sid, BODY_PACKETS_MAX)
            if left is not None:
                return answer_of(left)
        socket = self._sessions.by_id.get(sid)
        if socket is None or not socket.state.open:
            raise Refused(UNKNOWN_SID)
        if request.method == BREAK_OFF:
            socket.end(Reason.TRANSPORT_ERROR)
            return web.Response(text="ok")
        try:
            socket.meter.spend(1)
            return await self._serve(request, socket, transport, body)
        except TooMuch as error:
            socket.flooded(str(error))
            if isinstance(request, web.Request) and request.transport is not None:
                request.transport.pause_reading()  # nothing of what is left of a body is read
            raise Refused(FORBIDDEN, 429, "Too many requests", last=True) from None

    async def _serve(
        self,
        request: web.Request | PassedOn,
        socket: EngineSocket,
        transport: str,
        body: bytes | None,
    ) -> Answer:
        if transport == "websocket" and isinstance(request, web.Request):
            return self._opening.upgrade(request, socket)
        if socket.upgraded:
            raise Refused(BAD_REQUEST)
        if request.method == "POST":
            return await handle_post(socket, request, body)
        return await answer_poll(socket, request)
