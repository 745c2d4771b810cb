"""How a session begins, and how it comes to a WebSocket later."""

from typing import Any, Protocol

import msgspec
from aiohttp import web

from alphasync.transport import handshake
from alphasync.transport.engine_packets import OPEN
from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.hosting import Host, Reason
from alphasync.transport.http_bodies import answer_of
from alphasync.transport.http_rules import HttpRules
from alphasync.transport.links import Links
from alphasync.transport.outgoing import Outgoing
from alphasync.transport.refusals import (
    BAD_REQUEST,
    FORBIDDEN,
    PROTOCOL_ERROR,
    UNKNOWN_SID,
    Refused,
)
from alphasync.transport.session_table import SessionTable
from alphasync.transport.upgrade import Upgrade
from alphasync.transport.websocket import Link

Answer = web.Response | handshake.Detached


class Entrance(Host, Protocol):
    """The server that new sessions come into."""

    def new_id(self) -> str: ...

    async def accepts(self, sid: str, environ: dict[str, Any]) -> object:
        """Ask the application: True and None mean yes; a text says why not."""


class Opening:
    def __init__(
        self, host: Entrance, sessions: SessionTable, links: Links, rules: HttpRules
    ) -> None:
        self._host = host
        self._sessions = sessions
        self._links = links
        self._rules = rules

    async def open(self, request: web.Request, environ: dict[str, Any], transport: str) -> Answer:
        """Begin a session. Raises Refused."""
        self._sessions.check_accepting()
        if transport == "websocket":
            try:
                handshake.check(request)
            except handshake.NoHandshake:
                raise Refused(BAD_REQUEST) from None
        address = str(environ["REMOTE_ADDR"])
        self._sessions.check_room(address)
        socket = EngineSocket(self._host, self._host.new_id(), address)
        self._sessions.add(socket)
        socket.put(Outgoing(OPEN + self._greeting(socket.sid, transport)))
        await self._ask(socket, environ)
        if socket.state.over:  # the application has ended it at once
            self._sessions.pick_up(socket.sid)
            raise Refused(UNKNOWN_SID)
        socket.accepted()
        if transport == "websocket":
            try:
                return self._links.accept(request, socket.begin, socket.meter)
            except Refused:
                socket.end(Reason.TRANSPORT_ERROR, quietly=True)
                raise
        response = answer_of(await socket.open_poll())
        socket.polls.end()
        cookie = self._rules.cookie_of(socket.sid)
        if cookie is not None:
            response.headers["Set-Cookie"] = cookie
        return response

    def upgrade(self, request: web.Request, socket: EngineSocket) -> handshake.Detached:
        """Let a client that polls try a WebSocket. Raises Refused."""
        if request.method != "GET":
            raise Refused(BAD_REQUEST)

        def begin(link: Link) -> None:
            allowed = self._host.options.allow_upgrades
            if socket.upgraded or socket.probe is not None or not allowed:
                link.close(PROTOCOL_ERROR, "the session has a WebSocket")
            else:
                Upgrade(socket, link)

        return self._links.accept(request, begin, socket.meter)

    async def _ask(self, socket: EngineSocket, environ: dict[str, Any]) -> None:
        """Raise Refused where the application does not accept the session."""
        accepted = await self._host.accepts(socket.sid, environ)
        if accepted is None or accepted is True:
            return
        socket.refused()
        self._sessions.forget(socket.sid, socket.address)
        raise Refused(FORBIDDEN, 401, accepted if isinstance(accepted, str) else "Unauthorized")

    def _greeting(self, sid: str, transport: str) -> str:
        options = self._host.options
        greeting = {
            "sid": sid,
            "upgrades": options.upgrades_of(transport),
            "pingInterval": round(options.ping_interval * 1000),
            "pingTimeout": round(options.ping_timeout * 1000),
            "maxPayload": options.payload_max,
        }
        return msgspec.json.encode(greeting).decode()
