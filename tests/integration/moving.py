"""Clients that open at one server and go over to a WebSocket at another."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from alphasync.lifecycle import Server
from tests.conformance.packed import ACK, CONNECT, DISCONNECT, EVENT, packed, unpacked
from tests.conformance.wire import Endpoint, packets
from tests.harness import PATIENCE, Cluster, Event, cluster, wait_until
from tests.integration.support import people

RUNS, LONG_RUNS = "p", "q"
"""Profiles: one whose run ends soon, and one whose run does not end in a test."""


@dataclass
class Client:
    """A device that speaks Engine.IO by hand: polling at one server, its WebSocket at another."""

    endpoint: Endpoint
    sid: str
    events: list[Event] = field(default_factory=list)
    acks: dict[int, Any] = field(default_factory=dict)
    pings: int = 0
    """On the WebSocket."""
    disconnected: bool = False
    """Whether the server has sent it out of the namespace."""
    ws: aiohttp.ClientWebSocketResponse | None = None
    polling: "asyncio.Task[None] | None" = None
    reading: "asyncio.Task[None] | None" = None

    def take(self, packet: str | bytes) -> None:
        assert isinstance(packet, str), packet
        if packet.startswith("42"):
            name, *data = json.loads(packet[2:])
            self.events.append((name, data[0] if data else {}))
        elif packet == "41":
            self.disconnected = True
        elif packet.startswith("43"):
            number, _, rest = packet[2:].partition("[")
            self.acks[int(number)] = json.loads("[" + rest)[0]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [data for event, data in self.events if event == name]

    async def connect(self, token: str) -> None:
        said = json.dumps({"token": token})
        assert (await self.endpoint.post(self.sid, f"40{said}")).text == "ok"

    async def poll(self) -> None:
        """Until told to go over to the WebSocket."""
        while True:
            answer = await self.endpoint.poll(self.sid)
            assert answer.status == 200, answer
            found = packets(answer.text)
            for packet in found:
                self.take(packet)
            if found == ["6"]:
                return

    async def upgrade(self) -> None:
        """As clients do: probe, let the poll end, and go over."""
        self.ws = await self.endpoint.websocket(self.sid)
        await self.ws.send_str("2probe")
        assert await self.ws.receive_str(timeout=PATIENCE) == "3probe"
        assert self.polling
        await asyncio.wait_for(self.polling, PATIENCE)
        await self.ws.send_str("5")
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.ws
        async for frame in self.ws:
            if frame.data == "2":
                self.pings += 1
                await self.ws.send_str("3")
            else:
                self.take(frame.data)

    async def emit(self, event: str, data: object, ack: int | None = None) -> None:
        packet = f"42{'' if ack is None else ack}{json.dumps([event, data])}"
        if self.ws is not None:
            await self.ws.send_str(packet)
        else:
            assert (await self.endpoint.post(self.sid, packet)).text == "ok"

    async def start(self, profile: str) -> None:
        start = {"profileId": profile, "type": "chat", "message": "Hello there"}
        await self.emit("startProcessing", start, 1)
        await wait_until(lambda: 1 in self.acks, what="started")
        assert self.acks[1]["ok"]

    async def close(self) -> None:
        for task in (self.polling, self.reading):
            if task:
                task.cancel()
        if self.ws:
            await self.ws.close()


class PackedClient(Client):
    """One that speaks MessagePack."""

    def take(self, packet: str | bytes) -> None:
        if isinstance(packet, str):
            if not packet.startswith("b"):
                super().take(packet)
                return
            packet = base64.b64decode(packet[1:])
        told = unpacked(packet)
        if told["type"] == EVENT:
            name, *data = told["data"]
            self.events.append((name, data[0] if data else {}))
        elif told["type"] == DISCONNECT:
            self.disconnected = True
        elif told["type"] == ACK:
            self.acks[told["id"]] = told["data"][0]

    async def connect(self, token: str, **offer: object) -> None:
        await self._send(packed(CONNECT, {"token": token, **offer}))

    async def emit(self, event: str, data: object, ack: int | None = None) -> None:
        await self._send(packed(EVENT, [event, data], id=ack))

    async def _send(self, packet: bytes) -> None:
        if self.ws is not None:
            await self.ws.send_bytes(packet)
        else:
            body = f"b{base64.b64encode(packet).decode()}"
            assert (await self.endpoint.post(self.sid, body)).text == "ok"


@dataclass
class Pair:
    """Two servers, and clients that open at the first and upgrade at the second."""

    cluster: Cluster
    http: aiohttp.ClientSession
    stack: contextlib.AsyncExitStack

    @property
    def first(self) -> Server:
        return self.cluster.servers[0]

    @property
    def second(self) -> Server:
        return self.cluster.servers[1]

    async def client(
        self,
        *,
        registered: bool = True,
        connect: bool = True,
        polling: bool = True,
        token: str = "",
        kind: type[Client] = Client,
    ) -> Client:
        """``registered``: wait until it is. ``connect``: to the namespace at all."""
        endpoint = Endpoint(f"{self.cluster.urls[0]}/socket.io/", self.http)
        sid = await endpoint.sid()
        endpoint.elsewhere = f"{self.cluster.urls[1]}/socket.io/"
        client = kind(endpoint, sid)
        self.stack.push_async_callback(client.close)
        if connect:
            await client.connect(token or self.cluster.token())
        if polling:
            client.polling = asyncio.create_task(client.poll())
        if registered:
            await wait_until(lambda: client.named("deviceRegistered"), what="registered")
        return client


@contextlib.asynccontextmanager
async def pair_of(redis_url: str, **settings: Any) -> AsyncIterator[Pair]:
    async with (
        cluster(
            redis_url,
            servers=2,
            people=people(**{RUNS: 40, LONG_RUNS: 2000}),
            send_interval=0.02,
            device_grace=0.5,
            **settings,
        ) as running,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        contextlib.AsyncExitStack() as stack,
    ):
        yield Pair(running, http, stack)


async def moved(pair: Pair, client: Client) -> None:
    await wait_until(lambda: client.sid in pair.second.realtime.server.eio.sockets, what="moved")
    assert client.sid not in pair.first.realtime.server.eio.sockets
