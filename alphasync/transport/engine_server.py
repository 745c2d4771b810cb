"""The Engine.IO v4 server: what an application calls, put together.

The protocol: https://socket.io/docs/v4/engine-io-protocol/ .
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from inspect import isawaitable
from typing import Any

import engineio
from aiohttp import web
from engineio.packet import Packet

from alphasync.transport.backlog import KeyOf
from alphasync.transport.forwarding import Forwarder
from alphasync.transport.from_peers import FromPeers, refuse_peers
from alphasync.transport.hosting import Reason
from alphasync.transport.http_rules import HttpRules
from alphasync.transport.inbox import Inbox
from alphasync.transport.links import Links
from alphasync.transport.meter import Allowance
from alphasync.transport.moving import Mover
from alphasync.transport.opening import Opening
from alphasync.transport.options import Options, counts_nothing, ignore
from alphasync.transport.outgoing import Outgoing
from alphasync.transport.packing import Packing
from alphasync.transport.passing_on import PassingOn
from alphasync.transport.peers import Peers
from alphasync.transport.proofs import Door
from alphasync.transport.requests import Requests
from alphasync.transport.session_table import SessionTable

SHUTDOWN_TIMEOUT = 1.0
"""Seconds for the last clients to close their side when the server shuts down: those that are near
do; the process is to end within its supervisor's patience."""


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio has no types
    """Takes the place of ``engineio.AsyncServer`` under aiohttp.

    Besides its arguments and those of ``Options``: ``address_of``, the address of the client behind
    a request, where that is not the connection's own; ``peers``, the other servers behind the same
    load balancer; ``mover``, for sessions that follow their WebSocket from peer to peer, where
    without one it is passed on; ``on_told``, which gets what a peer's application tells this one's.
    JSONP is refused.
    """

    logger: logging.Logger

    def __init__(
        self,
        *arguments: Any,
        buffer_max: int = 1_000_000,
        conflate: KeyOf | None = None,
        address_max: int | None = None,
        websocket_compression: bool = False,
        upgrade_timeout: float = 10.0,
        allowance: Allowance | None = None,
        counts: Callable[[str | bytes], bool] = counts_nothing,
        on_limit: Callable[[str], None] = ignore,
        on_forward: Callable[[str], None] = ignore,
        address_of: Callable[[web.Request], str] | None = None,
        peers: Peers | None = None,
        mover: Mover | None = None,
        on_told: Callable[[bytes], None] = ignore,
        **options: Any,
    ) -> None:
        options["monitor_clients"] = False  # each session has a timer of its own
        super().__init__(*arguments, **options)
        if self.async_mode != "aiohttp":
            raise ValueError("this server runs under aiohttp only")
        self.behind: set[Inbox] = set()
        self.options = Options(
            ping_interval=self.ping_interval,
            ping_timeout=self.ping_timeout,
            payload_max=self.max_http_buffer_size,
            transports=tuple(self.transports),
            allow_upgrades=self.allow_upgrades,
            buffer_max=buffer_max,
            conflate=conflate,
            address_max=address_max,
            websocket_compression=websocket_compression,
            upgrade_timeout=upgrade_timeout,
            allowance=allowance or Allowance(),
            counts=counts,
            limited=on_limit,
            forwarded=on_forward,
        )
        self.sessions = SessionTable(self.options)
        self.sockets = self.sessions.by_id  # where python-engineio looks for them
        self.links = Links(self.options, self.logger)
        self.rules = HttpRules(self, address_of)
        self.mover = mover
        self.packing = Packing()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._peers = peers
        self.forwarder: Forwarder | None = None
        passing_on = None
        if peers is not None:
            self.forwarder = Forwarder(peers, self.options)
            passing_on = PassingOn(self, self.sessions, self.links, self.forwarder, mover)
        opening = Opening(self, self.sessions, self.links, self.rules)
        self._requests = Requests(self.options, self.sessions, self.rules, opening, passing_on)
        self.from_peers: FromPeers | None = None
        if peers is not None:
            self.from_peers = FromPeers(
                peers, self.options, self.sessions, self._requests, Door(peers), mover, on_told
            )

    def attach(self, app: web.Application, engineio_path: str = "engine.io") -> None:
        """Serve the path, with every method: the protocol has an answer for the wrong ones."""
        app.router.add_route("*", f"/{engineio_path.strip('/')}/", self.handle_request)

    def attach_internal(self, app: web.Application) -> None:
        """Serve what peers pass on: for a port of its own, which only they can reach."""
        handle = refuse_peers if self.from_peers is None else self.from_peers.handle
        app.router.add_route("*", "/", handle)

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        return await self._requests.handle(request)

    # To clients

    @property
    def unread(self) -> int:
        """Messages of all clients that have come and wait until those before them are handled."""
        return sum(inbox.unread for inbox in self.behind)

    def put(self, sid: str, packet: Outgoing) -> None:
        """Send a packet without waiting; a session that is gone gets nothing."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.put(packet)

    def fit(self, sid: str, packets: list[Outgoing]) -> list[Outgoing]:
        """A message and its binary parts, as a session is to get them."""
        socket = self.sockets.get(sid)
        packed = socket is not None and socket.packed and len(packets) > 1
        return [self.packing.whole(packets)] if packed else packets

    async def send_packet(self, sid: str, pkt: Packet) -> None:
        self.put(sid, Outgoing(pkt.encode()))

    def put_all(self, sid: str, packets: list[Outgoing]) -> None:
        """Send what the client has asked for, as ``EngineSocket.put_all`` does."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.put_all(packets)

    def overflow(self, sid: str) -> None:
        """End the session of a client for which too much waits elsewhere."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.overflow()

    def cut(self, sid: str, reason: str | None = None, *, code: int = 1000, said: str = "") -> None:
        """End a session without waiting. ``code`` and ``said`` as for a WebSocket's close frame."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.end(reason or Reason.SERVER_DISCONNECT, code=code, said=said)

    async def disconnect(self, sid: str | None = None) -> None:
        sockets = [self.sockets.get(sid)] if sid is not None else list(self.sockets.values())
        for socket in sockets:
            if socket is not None:
                socket.end(Reason.SERVER_DISCONNECT)
        for socket in sockets:
            if socket is not None:
                await socket.close()

    async def shutdown(self) -> None:
        """End all sessions, and wait until the application knows."""
        for socket in list(self.sockets.values()):
            socket.end(Reason.SERVER_DISCONNECT)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SHUTDOWN_TIMEOUT)
        await self.links.close(SHUTDOWN_TIMEOUT)
        if self.forwarder is not None:
            await self.forwarder.close()
        if self.from_peers is not None:
            await self.from_peers.close(SHUTDOWN_TIMEOUT)
        await asyncio.sleep(0)  # the transports close in the next turn

    @property
    def tunnels(self) -> int:
        """WebSockets that go through here to a peer."""
        return 0 if self.forwarder is None else self.forwarder.tunnels

    @property
    def detached(self) -> int:
        """Files that are open for clients beyond their HTTP connections: of WebSockets, and at both
        ends of what is passed on."""
        passed_on = 0
        if self.forwarder is not None and self.from_peers is not None:
            lines = self.forwarder.lines + len(self.from_peers.lines)
            passed_on = self.forwarder.asking + lines
        return len(self.links) + 2 * self.tunnels + passed_on

    def cut_tunnel(self) -> None:
        """Close one of them: its client comes back, to wherever it is sent."""
        if self.forwarder is not None:
            self.forwarder.cut_tunnel()

    async def tell(self, peer: str, what: bytes) -> bool:
        """Tell a peer's application something; whether it has heard it. Without Redis or anything
        else in between."""
        return self.forwarder is not None and await self.forwarder.tell(peer, what)

    # What its sessions need, as ``hosting.Host`` and ``opening.Entrance`` say

    def dispatch(self, sid: str, message: str | bytes) -> Awaitable[object] | None:
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

    def look_after(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def accepts(self, sid: str, environ: dict[str, Any]) -> object:
        """Ask the application: True and None mean yes; a text says why not."""
        accepted: object = await self._trigger_event("connect", sid, environ, run_async=False)
        return accepted

    async def tell_end(self, sid: str, reason: str) -> None:
        await self._trigger_event("disconnect", sid, reason, run_async=False)

    def new_id(self) -> str:
        sid: str = self.generate_id() if self._peers is None else self._peers.new_id()
        return sid

    def leave_behind(self, sid: str, packets: list[Outgoing]) -> None:
        self.sessions.leave_behind(sid, packets)

    def pick_up(self, sid: str) -> list[Outgoing]:
        return self.sessions.pick_up(sid) or []

    def forget(self, sid: str, address: str) -> None:
        self.sessions.forget(sid, address)
