"""Servers of the transport alone, each on a real socket of its own, that note what they see."""

import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from alphasync.transport import EngineServer, SocketServer
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


@contextlib.asynccontextmanager
async def hosted(server: Attachable, path: str, send_buffer: int | None) -> AsyncIterator[Endpoint]:
    """Serve as an application that knows nothing of alphasync would; ``send_buffer`` is how many
    bytes the kernel takes for a client that does not read."""

    @web.middleware
    async def counting(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        key = request.method, request.query.get("sid", "")
        endpoint.answering[key] += 1
        try:
            return await handler(request)
        finally:
            endpoint.answering[key] -= 1

    app = web.Application(middlewares=[counting])
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listening = socket.socket()
    if send_buffer:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listening.bind(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    port = listening.getsockname()[1]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        endpoint = Endpoint(f"http://127.0.0.1:{port}/{path}/", http)
        try:
            yield endpoint
        finally:
            await runner.cleanup()
