"""The HTTP side of the Engine.IO v4 server: handshakes, polls, POSTs and upgrades."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from alphasync.transport import handshake
from alphasync.transport.forwarding import (
    BREAK_OFF,
    LOOK_EVERY,
    Errand,
    Forwarder,
    stamp_of,
)
from alphasync.transport.meter import Meter, TooMuch
from alphasync.transport.moving import Arrival, Mover, Step
from alphasync.transport.outgoing import BODY_PACKETS, SEPARATOR, Outgoing
from alphasync.transport.refusals import (
    BAD_METHOD,
    BAD_REQUEST,
    BAD_VERSION,
    FORBIDDEN,
    UNKNOWN_SID,
    UNKNOWN_TRANSPORT,
    Refused,
)
from alphasync.transport.socket import (
    NOTHING,
    OPEN,
    PROTOCOL_ERROR,
    EngineSocket,
    Malformed,
    Upgrade,
    packets_of,
)
from alphasync.transport.websocket import Link

if TYPE_CHECKING:
    from alphasync.transport.engine import EngineServer

Answer = web.Response | handshake.Detached

UNREADABLE = (UnicodeDecodeError, web.RequestPayloadError, ConnectionError)
"""What a body that is not what it should be, or does not come, raises."""


class Requests:
    def __init__(self, server: "EngineServer") -> None:
        self._server = server

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a client."""
        server = self._server
        environ = server.environ_of(request)
        try:
            if not server.allows_origin(environ):
                raise Refused(FORBIDDEN, message="Origin not allowed")
            response = await self._route(request, environ)
        except Refused as refused:
            response = refused.answer()
        if isinstance(response, web.Response):
            server.finish_answer(response, environ)
        return response

    async def _route(self, request: web.Request, environ: dict[str, Any]) -> Answer:
        if request.method == "OPTIONS":
            return web.Response(text="ok")
        query = request.query
        transport = query.get("transport")
        if transport is None or transport not in self._server.transports:
            raise Refused(UNKNOWN_TRANSPORT)
        if query.get("EIO") != "4":
            raise Refused(BAD_VERSION)
        if request.method not in ("GET", "POST") or "j" in query:
            raise Refused(BAD_METHOD if "sid" not in query else BAD_REQUEST)
        sid = query.get("sid")
        if sid is None:
            if request.method != "GET":
                raise Refused(BAD_METHOD)
            return await self._open(request, environ, transport)
        forwarder = self._server.forwarder
        if forwarder is not None and sid not in self._server.sockets:
            owner = forwarder.owner_of(sid)
            if owner is not None:
                client, stamp = str(environ["REMOTE_ADDR"]), stamp_of(query)
                errand = Errand(request.method, transport, sid, client, stamp)
                return await self._forward(forwarder, request, owner, errand)
        return await self.in_session(request, sid)

    async def _forward(
        self, forwarder: Forwarder, request: web.Request, owner: str, errand: Errand
    ) -> Answer:
        server = self._server
        forwarder.check(errand.sid)
        if errand.transport == "websocket":
            if errand.method != "GET":
                raise Refused(BAD_REQUEST)
            if server.mover is not None:
                return self._arrive(forwarder, server.mover, request, owner, errand)
            return await forwarder.tunnel(request, owner, errand)
        body = None
        if errand.method == "POST":
            try:
                body = await self.read(request)
            except (Refused, *UNREADABLE) as error:
                await forwarder.ask(request, owner, errand._replace(method=BREAK_OFF), None)
                raise error if isinstance(error, Refused) else Refused(BAD_REQUEST) from None
        answer = await forwarder.ask(request, owner, errand, body)
        if answer.status == 200 and answer.body != NOTHING.text.encode():
            # However quickly there is something to fetch, or to bring: its server counts that.
            forwarder.give_back(errand.sid)
        return answer

    def _arrive(
        self,
        forwarder: Forwarder,
        mover: Mover,
        request: web.Request,
        owner: str,
        errand: Errand,
    ) -> handshake.Detached:
        """Let the session come to its WebSocket."""
        server = self._server
        if not server.allow_upgrades:
            raise Refused(BAD_REQUEST)
        if not server.accepting:
            raise Refused(FORBIDDEN, 503, "Shutting down")
        environ = server.environ_of(request)
        self._check_address(str(environ["REMOTE_ADDR"]))

        def ask(step: Step) -> Awaitable[bytes]:
            return forwarder.move(owner, errand._replace(method="POST", transport=step))

        def begin(link: Link) -> None:
            Arrival(server, mover, link, errand.sid, environ, ask)

        return self._accept(request, begin, server.new_meter())

    async def in_session(self, request: web.Request, sid: str, body: bytes | None = None) -> Answer:
        """``body``: where it was read already."""
        server, transport = self._server, request.query["transport"]
        if request.method == "GET" and transport == "polling":
            left = server.left_behind(sid, BODY_PACKETS)
            if left is not None:
                return _body(left)
        socket = server.sockets.get(sid)
        if socket is None or not socket.state.open:
            raise Refused(UNKNOWN_SID)
        if request.method == BREAK_OFF:
            socket.end(server.reason.TRANSPORT_ERROR)
            return web.Response(text="ok")
        try:
            socket.meter.spend(1)
            return await self._serve(request, socket, transport, body)
        except TooMuch as error:
            socket.flooded(str(error))
            if request.transport is not None:
                request.transport.pause_reading()  # nothing of what is left of a body is read
            raise Refused(FORBIDDEN, 429, "Too many requests", last=True) from None

    async def _serve(
        self, request: web.Request, socket: EngineSocket, transport: str, body: bytes | None
    ) -> Answer:
        if transport == "websocket":
            return self._upgrade(request, socket)
        if socket.upgraded:
            raise Refused(BAD_REQUEST)
        if request.method == "POST":
            return await self._post(request, socket, body)
        return await self._poll(request, socket)

    async def _open(self, request: web.Request, environ: dict[str, Any], transport: str) -> Answer:
        server = self._server
        if not server.accepting:
            raise Refused(FORBIDDEN, 503, "Shutting down")
        if transport == "websocket":
            try:
                handshake.check(request)
            except handshake.NoHandshake:
                raise Refused(BAD_REQUEST) from None
        address = str(environ["REMOTE_ADDR"])
        self._check_address(address)
        socket = server.admit(address)
        opening = msgspec.json.encode(self._handshake(socket.sid, transport)).decode()
        socket.put(Outgoing(OPEN + opening))
        accepted = await server.accepts(socket, environ)
        if accepted is not True:
            message = accepted if isinstance(accepted, str) else "Unauthorized"
            raise Refused(FORBIDDEN, 401, message)
        if socket.state.over:  # the application has ended it at once
            server.left_behind(socket.sid)
            raise Refused(UNKNOWN_SID)
        socket.accepted()
        socket.start_pinging()
        if transport == "websocket":
            try:
                return self._accept(request, socket.begin, socket.meter)
            except Refused:
                socket.end(server.reason.TRANSPORT_ERROR, quietly=True)
                raise
        response = _body(await socket.open_poll())
        socket.close_poll()
        cookie = server.cookie_of(socket)
        if cookie is not None:
            response.headers["Set-Cookie"] = cookie
        return response

    def _check_address(self, address: str) -> None:
        """Raise Refused when there are too many sessions from there."""
        if not self._server.has_room_for(address):
            self._server.limited("connections_per_address")
            raise Refused(FORBIDDEN, 429, "Too many connections from this address")

    def _handshake(self, sid: str, transport: str) -> dict[str, object]:
        server = self._server
        upgradable = (
            transport == "polling" and server.allow_upgrades and "websocket" in server.transports
        )
        return {
            "sid": sid,
            "upgrades": ["websocket"] if upgradable else [],
            "pingInterval": round(server.ping_interval * 1000),
            "pingTimeout": round(server.ping_timeout * 1000),
            "maxPayload": server.max_http_buffer_size,
        }

    def _accept(
        self, request: web.Request, begin: Callable[[Link], None], meter: Meter
    ) -> handshake.Detached:
        server = self._server

        def taken(link: Link) -> None:
            server.linked(link)
            begin(link)

        try:
            handshake.accept(
                request,
                taken,
                server.schedule,
                server.link_gone,
                server.max_http_buffer_size,
                meter,
                deflate=server.websocket_compression,
            )
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None
        return handshake.Detached(status=101)

    def _upgrade(self, request: web.Request, socket: EngineSocket) -> handshake.Detached:
        if request.method != "GET":
            raise Refused(BAD_REQUEST)

        def begin(link: Link) -> None:
            if socket.upgraded or socket.probe is not None or not self._server.allow_upgrades:
                link.close(PROTOCOL_ERROR, "the session has a WebSocket")
            else:
                Upgrade(socket, link)

        return self._accept(request, begin, socket.meter)

    async def _poll(self, request: web.Request, socket: EngineSocket) -> web.Response:
        reason = self._server.reason
        stamp = stamp_of(request.query)
        if socket.polling or (stamp and stamp == socket.last_poll):
            # The same once more is a load balancer's second try: the answer to the first is lost.
            socket.end(reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST)
        socket.last_poll = stamp
        answer = socket.open_poll()
        try:
            while not answer.done():
                await asyncio.wait([answer], timeout=LOOK_EVERY)
                if request.transport is None or request.transport.is_closing():
                    socket.end(reason.TRANSPORT_CLOSE)
        except asyncio.CancelledError:
            socket.end(reason.TRANSPORT_CLOSE)
            raise
        finally:
            socket.close_poll()
        packets = answer.result()
        if packets != [NOTHING]:
            socket.meter.give_back()  # however quickly there is something to fetch
        return _body(packets)

    async def _post(
        self, request: web.Request, socket: EngineSocket, body: bytes | None
    ) -> web.Response:
        reason = self._server.reason
        if socket.posting:
            socket.end(reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST)
        socket.open_post()
        try:
            if body is None:
                body = await self.read(request, socket.meter)
            else:
                socket.meter.spend(0, len(body))
            packets = packets_of(body.decode())
            if socket.state.over:
                raise Refused(UNKNOWN_SID)
            useful = False
            for packet in packets:
                useful = useful or not socket.counted(packet)
                socket.handle(packet)
                await socket.handled()
            if useful:
                socket.meter.give_back()  # what it brought counts elsewhere
        except TooMuch:
            raise
        except (Malformed, *UNREADABLE):
            socket.end(reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST) from None
        except BaseException:  # too long, or we are shut down
            socket.end(reason.TRANSPORT_ERROR)
            raise
        finally:
            socket.close_post()
        return web.Response(text="ok")

    async def read(self, request: web.Request, meter: Meter | None = None) -> bytes:
        """Raises Refused and TooMuch, and what is UNREADABLE."""
        server = self._server
        body = b""
        if (request.content_length or 0) <= server.max_http_buffer_size:
            try:
                async with asyncio.timeout(server.ping_interval + server.ping_timeout):
                    async for chunk in request.content.iter_any():
                        body += chunk
                        if meter is not None:
                            meter.spend(0, len(chunk))
                        if len(body) > server.max_http_buffer_size:
                            break
                    else:
                        return body
            except TimeoutError:
                raise Refused(BAD_REQUEST, 408, "The body did not come in time") from None
        server.limited("payload")
        raise Refused(BAD_REQUEST, 413, "Payload too large")


def _body(packets: list[Outgoing]) -> web.Response:
    text = SEPARATOR.join([packet.text for packet in packets])
    return web.Response(text=text, headers={"Cache-Control": "no-store"})
