"""The Engine.IO v4 server: its sessions, and what an application and they call.

The protocol: https://socket.io/docs/v4/engine-io-protocol/ .
"""

import asyncio
import contextlib
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from functools import lru_cache
from inspect import isawaitable
from typing import Any

import engineio
from aiohttp import hdrs, web
from engineio.packet import Packet

from alphasync.transport.forwarding import Forwarder
from alphasync.transport.inner import Inner
from alphasync.transport.meter import Allowance, Meter
from alphasync.transport.moving import Mover
from alphasync.transport.outgoing import KeyOf, Outgoing
from alphasync.transport.peers import Peers
from alphasync.transport.requests import Requests
from alphasync.transport.socket import EngineSocket
from alphasync.transport.websocket import Link

CLOSE_WITHIN = 1.0
"""Seconds for the last clients to close their side when the server shuts down."""
LINGER = 5.0
"""Seconds that the last packets of a polling session wait for its next poll."""


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio has no types
    """Takes the place of ``engineio.AsyncServer`` under aiohttp.

    Besides its arguments: ``buffer_max``, bytes that may wait for one client; ``conflate``, the key
    of a message of which only the latest has to arrive when they do not fit; ``address_max``,
    sessions of one client address; ``websocket_compression``; ``upgrade_timeout``, seconds;
    ``on_limit``, called with the name of a limit that a client has run into; ``address_of``, the
    address of the client behind a request, where that is not the connection's own; ``peers``, the
    other servers behind the same load balancer; ``on_forward``, called with what is passed on to
    one of them: ``poll``, ``post``, ``websocket`` or ``move``; ``mover``, for sessions that follow
    their WebSocket from peer to peer, where without one it is passed on; ``allowance``, what a
    session may send. JSONP is refused.
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
        address_of: Callable[[web.Request], str] | None = None,
        peers: Peers | None = None,
        mover: Mover | None = None,
        on_forward: Callable[[str], None] | None = None,
        allowance: Allowance | None = None,
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
        self.limited = on_limit or _nobody
        """Called with the name of a limit that a client has run into."""
        self.address_of = address_of or _own_address
        self.forwarder: Forwarder | None = None
        if peers is not None:
            longest_poll = self.ping_interval + self.ping_timeout
            self.forwarder = Forwarder(peers, longest_poll, on_forward or _nobody, self.limited)
        self.mover = mover
        self.counted: Callable[[str | bytes], bool] = _not_counted
        """Whether a message counts against the allowance; of the others the application, which sets
        this, takes care itself."""
        self._allowance = allowance or Allowance()
        self.accepting = True
        """False: no new sessions; a load balancer sends their clients to another server."""
        self._requests = Requests(self)
        self._inner = Inner(self, self._requests)
        self._dirty: list[Link] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._addresses: Counter[str] = Counter()
        self._links: set[Link] = set()
        self._no_links = asyncio.Event()
        self._left_behind: dict[str, list[Outgoing]] = {}

    def attach(self, app: web.Application, engineio_path: str = "engine.io") -> None:
        """Serve the path, with every method: the protocol has an answer for the wrong ones."""
        app.router.add_route("*", f"/{engineio_path.strip('/')}/", self.handle_request)

    def attach_internal(self, app: web.Application) -> None:
        """Serve what peers pass on: for a port of its own, which only they can reach."""
        app.router.add_route("*", "/", self._inner.handle)

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        return await self._requests.handle(request)

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
        if self.forwarder is not None:
            await self.forwarder.close()
        await asyncio.sleep(0)  # the transports close in the next turn

    def linked(self, link: Link) -> None:
        """A WebSocket was accepted."""
        self._links.add(link)

    def link_gone(self, link: Link) -> None:
        self._links.discard(link)
        if not self._links:
            self._no_links.set()

    def schedule(self, link: Link) -> None:
        """Flush this connection once in the next turn of the loop."""
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

    @property
    def tunnels(self) -> int:
        """WebSockets that go through here to a peer."""
        return 0 if self.forwarder is None else self.forwarder.tunnels

    @property
    def detached(self) -> int:
        """Files that are open for clients beyond their HTTP connections: of WebSockets, and at both
        ends of what is passed on."""
        passed_on = 0 if self.forwarder is None else self.forwarder.asking
        return len(self._links) + 2 * self.tunnels + passed_on

    def cut_tunnel(self) -> None:
        """Close one of them: its client comes back, to wherever it is sent."""
        if self.forwarder is not None:
            self.forwarder.cut_tunnel()

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
        if result is None or not isawaitable(result):
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
        await self._trigger_event("disconnect", socket.sid, reason, run_async=False)

    def leave_behind(self, sid: str, packets: list[Outgoing]) -> None:
        """Keep the last packets of a session for its next poll."""
        self._left_behind[sid] = packets
        asyncio.get_running_loop().call_later(LINGER, self._left_behind.pop, sid, None)

    # What requests call

    def environ_of(self, request: web.Request) -> dict[str, Any]:
        """The request as WSGI's variables, which is how applications are given it."""
        environ: dict[str, Any] = self._async["translate_request"](request)
        environ["REMOTE_ADDR"] = self.address_of(request)
        return environ

    def allows_origin(self, environ: dict[str, Any]) -> bool:
        """A browser applies the rules for origins to HTTP only, not to a WebSocket."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin or self.cors_allowed_origins == []:
            return True
        allowed = self._cors_allowed_origins(environ)
        return allowed is None or origin in allowed

    def finish_answer(self, response: web.Response, environ: dict[str, Any]) -> None:
        """Compress an answer and say who may read it."""
        if (
            self.http_compression
            and isinstance(response.body, bytes)
            and len(response.body) >= self.compression_threshold
        ):
            response.enable_compression()
        for name, value in self._cors_headers(environ):
            response.headers[name] = value
        if self.cors_allowed_origins != []:
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)

    def has_room_for(self, address: str) -> bool:
        """Whether there may be one more session from this address."""
        return (
            self.address_max is None or self._addresses[client_network(address)] < self.address_max
        )

    def new_meter(self) -> Meter:
        return Meter(self._allowance)

    def admit(self, address: str) -> EngineSocket:
        """A new session."""
        sid = self.generate_id() if self.forwarder is None else self.forwarder.peers.new_id()
        return self._add(sid, address)

    def receive_session(self, sid: str, address: str) -> EngineSocket:
        """A session that comes from a peer, with the id that it has."""
        socket = self._add(sid, address)
        socket.accepted()
        return socket

    def _add(self, sid: str, address: str) -> EngineSocket:
        socket = self.sockets[sid] = EngineSocket(self, sid, address)
        self._addresses[client_network(address)] += 1
        return socket

    async def accepts(self, socket: EngineSocket, environ: dict[str, Any]) -> object:
        """Ask the application: True and None mean yes."""
        accepted: object = await self._trigger_event(
            "connect", socket.sid, environ, run_async=False
        )
        if accepted is None or accepted is True:
            return True
        socket.refused()
        self.forget(socket)
        return accepted

    def cookie_of(self, socket: EngineSocket) -> str | None:
        """The value of the ``Set-Cookie`` header, where the application wants one."""
        if not self.cookie:
            return None
        cookie = self.cookie
        if not isinstance(cookie, dict):
            cookie = {"name": cookie, "path": "/", "SameSite": "Lax"}
        return str(self._generate_sid_cookie(socket.sid, cookie))

    def left_behind(self, sid: str, most: int | None = None) -> list[Outgoing] | None:
        """The last packets of a session that is gone, at most so many at a time: each once."""
        packets = self._left_behind.pop(sid, None)
        if packets is not None and most is not None and len(packets) > most:
            self._left_behind[sid] = packets[most:]
            packets = packets[:most]
        return packets

    def forget(self, socket: EngineSocket) -> None:
        if self.sockets.pop(socket.sid, None) is None:
            return
        network = client_network(socket.address)
        self._addresses[network] -= 1
        if self._addresses[network] <= 0:
            del self._addresses[network]


def _nobody(_: str) -> None:
    """Is told, and does nothing."""


def _not_counted(_: str | bytes) -> bool:
    return False


def _own_address(request: web.Request) -> str:
    return request.remote or ""


@lru_cache(maxsize=4096)
def client_network(address: str) -> str:
    """What counts as one client: an IPv4 address, or a /64 network of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address  # a unix socket has none
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
