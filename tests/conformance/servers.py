"""Servers of the transport alone, each on a real socket of its own, that note what they see."""

import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from alphasync.transport import EngineServer, Peers, SocketServer
from alphasync.transport.line_answering import PassedOn
from tests.conformance.clients import Client, open_client
from tests.conformance.packets import connect
from tests.conformance.wire import Endpoint, Message, Transport
from tests.harness import wait_until

PAYLOAD_MAX = 65_536
"""Bytes."""
OPTIONS: dict[str, Any] = {
    "async_mode": "aiohttp",
    "cors_allowed_origins": "*",
    "max_http_buffer_size": PAYLOAD_MAX,
    # So long that no ping comes into a test that is not about pings.
    "ping_interval": 25.0,
    "ping_timeout": 20.0,
}
"""What a server is made with unless a test says otherwise."""


class Attachable(Protocol):
    def attach(self, app: web.Application) -> None: ...


@dataclass
class Engine:
    """An Engine.IO server that notes what it sees and answers each message with the same."""

    eio: EngineServer
    endpoint: Endpoint
    clients: list[Client] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    received: list[tuple[str, Message]] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    """Why a session ended, by its id; a second end shows as a reason that no test expects."""

    def listen(self) -> None:
        self.eio.on("connect", self._connect)
        self.eio.on("message", self._message)
        self.eio.on("disconnect", self._disconnect)

    async def client(self, transport: Transport) -> Client:
        """A session on which only messages are seen; pings are answered."""
        client = await open_client(self.endpoint, transport)
        self.clients.append(client)
        return client

    async def leave(self) -> None:
        for client in self.clients:
            await client.close()

    def of(self, sid: str) -> list[Message]:
        return [message for sender, message in self.received if sender == sid]

    async def got(self, sid: str, *messages: Message) -> None:
        """Wait until the handler has got as many messages; fail unless they are these."""
        await wait_until(lambda: len(self.of(sid)) >= len(messages), what=f"{len(messages)} came")
        assert self.of(sid) == list(messages)

    async def _connect(self, sid: str, environ: dict[str, Any]) -> None:
        self.connected.append(sid)

    async def _message(self, sid: str, message: Message) -> None:
        self.received.append((sid, message))
        await self.eio.send(sid, message)

    async def _disconnect(self, sid: str, reason: str) -> None:
        self.ended[sid] = f"{self.ended[sid]}, then {reason}" if sid in self.ended else reason


@dataclass
class Sockets:
    """A Socket.IO server, to which a test adds its handlers."""

    sio: SocketServer
    endpoint: Endpoint
    clients: list[Client] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    """Which limits clients have run into."""
    ended: list[tuple[str, str]] = field(default_factory=list)
    """Sid and reason of each disconnect from the namespace ``/``, in order."""

    def listen(self) -> None:
        self.sio.on("disconnect", self._disconnect)

    async def client(self, transport: Transport = "websocket") -> Client:
        """A connection that is in no namespace yet."""
        client = await open_client(self.endpoint, transport)
        self.clients.append(client)
        return client

    async def leave(self) -> None:
        for client in self.clients:
            await client.close()

    async def member(self, transport: Transport = "websocket", namespace: str = "/") -> Client:
        """A client that is in one namespace."""
        client = await self.client(transport)
        await connect(client, namespace)
        return client

    async def _disconnect(self, sid: str, reason: str) -> None:
        self.ended.append((sid, reason))


MakeEngine = Callable[..., Awaitable[Engine]]
MakeSockets = Callable[..., Awaitable[Sockets]]


Road = Literal["direct", "forwarded"]
BOTH_ROADS = pytest.mark.parametrize("road", ["direct", "forwarded"])
"""What the protocol says of a session holds as well where another server passes requests on."""


class Street:
    """Servers that share a secret, and where each of them listens for the others."""

    def __init__(self) -> None:
        self.addresses: dict[str, tuple[str, int]] = {}

    def peers(self, secret: str = "known to the street only") -> Peers:
        return Peers((secret,), self._find)

    async def _find(self, name: str) -> tuple[str, int] | None:
        return self.addresses.get(name)


@dataclass
class Pair:
    """A server that has sessions, and another one to which their requests come."""

    owner: Engine
    front: EngineServer
    street: Street
    limits: list[str] = field(default_factory=list)
    """Which limits clients of the other one have run into."""
    passed_on: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> Endpoint:
        return self.owner.endpoint

    def without_lines(self) -> None:
        """Let requests go one by one, as to a server of an earlier version."""
        assert self.front.forwarder
        self.front.forwarder.client.lines.close()

    @property
    def peers(self) -> Peers:
        assert self.owner.eio.forwarder
        return self.owner.eio.forwarder.peers


@contextlib.asynccontextmanager
async def hosted(server: Attachable, path: str, send_buffer: int | None) -> AsyncIterator[Endpoint]:
    """Serve as an application that knows nothing of alphasync would; ``send_buffer`` is how many
    bytes the kernel takes for a client that does not read."""
    answering: Counter[tuple[str, str]] = Counter()
    app = _counting(answering)
    server.attach(app)
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        _listening(app, send_buffer) as port,
        aiohttp.ClientSession(connector=connector) as http,
    ):
        endpoint = Endpoint(f"http://127.0.0.1:{port}/{path}/", http)
        endpoint.answering = answering
        yield endpoint


@contextlib.asynccontextmanager
async def forwarding(
    front: Attachable, owner: EngineServer, street: Street, endpoint: Endpoint
) -> AsyncIterator[None]:
    """Let the requests of sessions at ``endpoint`` go to another server, ``front``, instead."""
    inner = _counting(endpoint.answering)
    owner.attach_internal(inner)
    _count_lines(owner, endpoint.answering)
    outer = web.Application()
    front.attach(outer)
    async with _listening(inner, None) as port, _listening(outer, None) as front_port:
        assert owner.forwarder
        street.addresses[owner.forwarder.peers.name] = ("127.0.0.1", port)
        endpoint.elsewhere = str(URL(endpoint.url).with_port(front_port))
        yield
        engine = front.eio if isinstance(front, SocketServer) else front
        assert isinstance(engine, EngineServer)
        await engine.shutdown()


def _counting(answering: Counter[tuple[str, str]]) -> web.Application:
    @web.middleware
    async def counting(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        key = request.method, request.query.get("sid", "")
        answering[key] += 1
        try:
            return await handler(request)
        finally:
            answering[key] -= 1

    return web.Application(middlewares=[counting])


def _count_lines(owner: EngineServer, answering: Counter[tuple[str, str]]) -> None:
    """What comes on a line goes past the middlewares."""
    assert owner.from_peers
    serve = owner.from_peers.serve

    async def counting(request: PassedOn, body: bytes) -> web.StreamResponse:
        key = request.method, request.query["sid"]
        answering[key] += 1
        try:
            return await serve(request, body)
        finally:
            answering[key] -= 1

    owner.from_peers.serve = counting  # type: ignore[method-assign, assignment]


@contextlib.asynccontextmanager
async def _listening(app: web.Application, send_buffer: int | None) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listening = socket.socket()
    if send_buffer:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listening.bind(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    try:
        yield listening.getsockname()[1]
    finally:
        await runner.cleanup()
