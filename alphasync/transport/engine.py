"""The Engine.IO v4 server: requests to sessions.

The protocol: https://socket.io/docs/v4/engine-io-protocol/ . Refusals have the codes of the
reference server.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from inspect import isawaitable
from typing import Any

import engineio
import msgspec
from aiohttp import web
from engineio.packet import Packet

from alphasync.transport import handshake
from alphasync.transport.outgoing import SEPARATOR, KeyOf, Outgoing
from alphasync.transport.socket import (
    OPEN,
    PROTOCOL_ERROR,
    EngineSocket,
    Malformed,
    Upgrade,
    packets_of,
)
from alphasync.transport.websocket import Link

CLOSE_WITHIN = 1.0
"""Seconds for the last clients to close their side when the server shuts down."""
LINGER = 5.0
"""Seconds that the last packets of a polling session wait for its next poll."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether the caller of a poll is still there: aiohttp tells nobody."""
ADDRESS_UNKNOWN = ""

UNKNOWN_TRANSPORT, UNKNOWN_SID, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_VERSION = range(6)
REFUSALS = {
    UNKNOWN_TRANSPORT: "Transport unknown",
    UNKNOWN_SID: "Session ID unknown",
    BAD_METHOD: "Bad handshake method",
    BAD_REQUEST: "Bad request",
    FORBIDDEN: "Forbidden",
    BAD_VERSION: "Unsupported protocol version",
}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, status: int = 400, message: str = "") -> None:
        super().__init__(message or REFUSALS[code])
        self.code = code
        self.status = status


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio has no types
    """Takes the place of ``engineio.AsyncServer`` under aiohttp.

    Besides its arguments: ``buffer_max``, bytes that may wait for one client; ``conflate``, the key
    of a message of which only the latest has to arrive when they do not fit; ``address_max``,
    sessions of one client address; ``websocket_compression``; ``upgrade_timeout``, seconds;
    ``on_limit``, called with the name of a limit that a client has run into. JSONP is refused.
    """

    def __init__(
        self,
        *arguments: Any,
        buffer_max: int = 1_000_000,
        conflate: KeyOf | None = None,
        address_max: int | None = None,
        websocket_compression: bool = False,
        upgrade_timeout: float = 10.0,
        on_limit: Callable[[str], None] | None = None,
        **options: Any,
    ) -> None:
        options["monitor_clients"] = False  # each session has a timer of its own
        super().__init__(*arguments, **options)
        if self.async_mode != "aiohttp":
            raise ValueError("this server runs under aiohttp only")
        self.buffer_max = buffer_max
        self.conflate = conflate
        self.address_max = address_max
        self.websocket_compression = websocket_compression
        self.upgrade_timeout = upgrade_timeout
        self._on_limit = on_limit
        self._dirty: list[Link] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._addresses: Counter[str] = Counter()
        self._links: set[Link] = set()
        self._no_links = asyncio.Event()
        self._left_behind: dict[str, list[Outgoing]] = {}

    def attach(self, app: web.Application, engineio_path: str = "engine.io") -> None:
        """Serve the path, with every method: the protocol has an answer for the wrong ones."""
        app.router.add_route("*", f"/{engineio_path.strip('/')}/", self.handle_request)

    # To clients

    def put(self, sid: str, packet: Outgoing) -> None:
        """Send a packet without waiting; a session that is gone gets nothing."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.put(packet)

    async def send_packet(self, sid: str, pkt: Packet) -> None:
        self.put(sid, Outgoing(pkt.encode()))

    def put_all(self, sid: str, packets: list[Outgoing]) -> None:
        """Send what the client has asked for, however large: it does not count as too slow as long
        as this is on its way."""
        socket = self.sockets.get(sid)
        if socket is not None:
            # Not added up: what has come before and was not read counts against the client.
            size = sum(packet.size for packet in packets)
            socket.backlog.extra = max(socket.backlog.extra, size)
            for packet in packets:
                socket.put(packet)

    def overflow(self, sid: str) -> None:
        """End the session of a client for which too much waits elsewhere."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.overflow()

    def cut(self, sid: str, reason: str | None = None, *, code: int = 1000, said: str = "") -> None:
        """End a session without waiting. ``code`` and ``said`` as for a WebSocket's close frame."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.end(reason or self.reason.SERVER_DISCONNECT, code=code, said=said)

    async def disconnect(self, sid: str | None = None) -> None:
        sockets = [self.sockets.get(sid)] if sid is not None else list(self.sockets.values())
        for socket in sockets:
            if socket is not None:
                socket.end(self.reason.SERVER_DISCONNECT)
        for socket in sockets:
            if socket is not None:
                await socket.close()

    async def shutdown(self) -> None:
        """End all sessions, and wait until the application knows."""
        for socket in list(self.sockets.values()):
            socket.end(self.reason.SERVER_DISCONNECT)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_WITHIN)
        if self._links:
            self._no_links.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await self._no_links.wait()
        for link in self._links:
            link.abort()
        await asyncio.sleep(0)  # the transports close in the next turn

    def _link_gone(self, link: Link) -> None:
        self._links.discard(link)
        if not self._links:
            self._no_links.set()

    def _schedule(self, link: Link) -> None:
        if not self._dirty:
            link.loop.call_soon(self._flush)
        self._dirty.append(link)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for link in dirty:
            try:
                link.flush()
            except Exception:  # one connection's trouble is not the others'
                self.logger.exception("a connection failed")
                link.abort()

    # What sessions call

    def look_after(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def take(self, sid: str, message: str | bytes) -> Awaitable[object] | None:
        """Hand a message to the application: what it returns is still to be waited for."""
        handler = self.handlers.get("message")
        if handler is None:
            return None
        try:
            result = handler(sid, message)
        except Exception:  # whatever the application raises: the session goes on, as in stock
            self.logger.exception("message handler error")
            return None
        if not isawaitable(result):
            return None
        if self.async_handlers:
            self.look_after(self.finish(result), f"engine.io message {sid}")
            return None
        return result

    async def finish(self, under_way: Awaitable[object]) -> None:
        try:
            await under_way
        except Exception:  # as above
            self.logger.exception("message async handler error")

    async def tell_end(self, socket: EngineSocket, reason: str) -> None:
        if socket.connected:
            await self._trigger_event("disconnect", socket.sid, reason, run_async=False)
        self._forget(socket)

    def leave_behind(self, sid: str, packets: list[Outgoing]) -> None:
        """Keep the last packets of a session for its next poll."""
        self._left_behind[sid] = packets
        asyncio.get_running_loop().call_later(LINGER, self._left_behind.pop, sid, None)

    def limited(self, limit: str) -> None:
        """A client has run into a limit."""
        if self._on_limit is not None:
            self._on_limit(limit)

    # Requests

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        environ = self._environ(request)
        try:
            self._check_origin(environ)
            response = await self._route(request, environ)
        except Refused as refused:
            body = msgspec.json.encode({"code": refused.code, "message": str(refused)})
            response = web.Response(
                status=refused.status, body=body, content_type="application/json"
            )
        if isinstance(response, handshake.Detached):
            return response
        if (
            self.http_compression
            and isinstance(response.body, bytes)
            and len(response.body) >= self.compression_threshold
        ):
            response.enable_compression()
        for name, value in self._cors_headers(environ):
            response.headers[name] = value
        return response

    def _environ(self, request: web.Request) -> dict[str, Any]:
        environ: dict[str, Any] = self._async["translate_request"](request)
        environ["REMOTE_ADDR"] = request.remote or ADDRESS_UNKNOWN
        return environ

    def _check_origin(self, environ: dict[str, Any]) -> None:
        """A browser applies the rules for origins to HTTP only, not to a WebSocket."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin or self.cors_allowed_origins == []:
            return
        allowed = self._cors_allowed_origins(environ)
        if allowed is not None and origin not in allowed:
            raise Refused(FORBIDDEN, message="Origin not allowed")

    async def _route(
        self, request: web.Request, environ: dict[str, Any]
    ) -> web.Response | handshake.Detached:
        if request.method == "OPTIONS":
            return web.Response(text="ok")
        query = request.query
        transport = query.get("transport")
        if transport is None or transport not in self.transports:
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
        if request.method == "GET" and transport == "polling" and sid in self._left_behind:
            return _body(self._left_behind.pop(sid))
        socket = self.sockets.get(sid)
        if socket is None or socket.closing or not socket.connected:
            raise Refused(UNKNOWN_SID)
        if transport == "websocket":
            return self._upgrade(request, socket)
        if socket.upgraded:
            raise Refused(BAD_REQUEST)
        if request.method == "POST":
            return await self._post(request, socket)
        return await self._poll(request, socket)

    async def _open(
        self, request: web.Request, environ: dict[str, Any], transport: str
    ) -> web.Response | handshake.Detached:
        if transport == "websocket":
            self._check_handshake(request)
        address = str(environ["REMOTE_ADDR"])
        if self.address_max is not None and self._addresses[address] >= self.address_max:
            self.limited("connections_per_address")
            raise Refused(FORBIDDEN, 429, "Too many connections from this address")
        sid = self.generate_id()
        socket = EngineSocket(self, sid, address)
        self.sockets[sid] = socket
        self._addresses[address] += 1
        socket.put(Outgoing(OPEN + msgspec.json.encode(self._handshake(sid, transport)).decode()))
        accepted = await self._trigger_event("connect", sid, environ, run_async=False)
        if accepted is not None and accepted is not True:
            self._forget(socket)
            message = accepted if isinstance(accepted, str) else "Unauthorized"
            raise Refused(FORBIDDEN, 401, message)
        if socket.closing:  # the application has ended it at once
            self._left_behind.pop(sid, None)
            raise Refused(UNKNOWN_SID)
        socket.connected = True
        socket.start_pinging()
        if transport == "websocket":
            try:
                return self._accept(request, socket.begin)
            except Refused:
                socket.end(self.reason.TRANSPORT_ERROR, quietly=True)
                raise
        response = _body(await socket.open_poll())
        socket.close_poll()
        self._set_cookie(response, sid)
        return response

    def _handshake(self, sid: str, transport: str) -> dict[str, object]:
        return {
            "sid": sid,
            "upgrades": ["websocket"] if self._offers_upgrade(transport) else [],
            "pingInterval": round(self.ping_interval * 1000),
            "pingTimeout": round(self.ping_timeout * 1000),
            "maxPayload": self.max_http_buffer_size,
        }

    def _offers_upgrade(self, transport: str) -> bool:
        return transport == "polling" and self.allow_upgrades and "websocket" in self.transports

    def _set_cookie(self, response: web.Response, sid: str) -> None:
        if self.cookie:
            cookie = self.cookie
            if not isinstance(cookie, dict):
                cookie = {"name": cookie, "path": "/", "SameSite": "Lax"}
            response.headers["Set-Cookie"] = self._generate_sid_cookie(sid, cookie)

    def _check_handshake(self, request: web.Request) -> None:
        try:
            handshake.check(request)
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None

    def _accept(self, request: web.Request, begin: Callable[[Link], None]) -> handshake.Detached:
        def taken(link: Link) -> None:
            self._links.add(link)
            begin(link)

        try:
            handshake.accept(
                request,
                taken,
                self._schedule,
                self._link_gone,
                self.max_http_buffer_size,
                deflate=self.websocket_compression,
            )
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None
        return handshake.Detached(status=101)

    def _upgrade(self, request: web.Request, socket: EngineSocket) -> handshake.Detached:
        if request.method != "GET":
            raise Refused(BAD_REQUEST)

        def begin(link: Link) -> None:
            if socket.upgraded or socket.probe is not None or not self.allow_upgrades:
                link.close(PROTOCOL_ERROR, "the session has a WebSocket")
            else:
                Upgrade(socket, link)

        return self._accept(request, begin)

    async def _poll(self, request: web.Request, socket: EngineSocket) -> web.Response:
        if socket.polling:
            socket.end(self.reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST)
        answer = socket.open_poll()
        try:
            while not answer.done():
                await asyncio.wait([answer], timeout=LOOK_EVERY)
                if request.transport is None or request.transport.is_closing():
                    socket.end(self.reason.TRANSPORT_CLOSE)
        except asyncio.CancelledError:
            socket.end(self.reason.TRANSPORT_CLOSE)
            raise
        finally:
            socket.close_poll()
        return _body(answer.result())

    async def _post(self, request: web.Request, socket: EngineSocket) -> web.Response:
        if socket.posting:
            socket.end(self.reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST)
        socket.posting = True
        try:
            packets = packets_of(await self._read(request))
            if socket.closing:
                raise Refused(UNKNOWN_SID)
            for packet in packets:
                socket.handle(packet)
                await socket.handled()
        except (
            Malformed,
            UnicodeDecodeError,
            web.RequestPayloadError,
            ConnectionError,
            TimeoutError,
        ):
            socket.end(self.reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST) from None
        except BaseException:  # too long, or we are shut down
            socket.end(self.reason.TRANSPORT_ERROR)
            raise
        finally:
            socket.posting = False
        return web.Response(text="ok")

    async def _read(self, request: web.Request) -> str:
        body = b""
        if (request.content_length or 0) <= self.max_http_buffer_size:
            async with asyncio.timeout(self.ping_interval + self.ping_timeout):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > self.max_http_buffer_size:
                        break
                else:
                    return body.decode()
        self.limited("payload")
        raise Refused(BAD_REQUEST, 413, "Payload too large")

    def _forget(self, socket: EngineSocket) -> None:
        if self.sockets.pop(socket.sid, None) is None:
            return
        self._addresses[socket.address] -= 1
        if self._addresses[socket.address] <= 0:
            del self._addresses[socket.address]


def _body(packets: list[Outgoing]) -> web.Response:
    text = SEPARATOR.join([packet.text for packet in packets])
    return web.Response(text=text, headers={"Cache-Control": "no-store"})
