"""Devices that send events over either transport, and count those that were looked at."""

import contextlib
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import aiohttp

from tests.conformance.wire import Endpoint, Transport
from tests.harness import Cluster, wait_until
from tests.integration.support import Payload, RawSocket, raw


class Sender(ABC):
    """A device that sends events that there are not, and counts those that were looked at."""

    def __init__(self) -> None:
        self.registered: Payload = {}
        self.codes: list[str] = []
        """Of the acknowledgements."""
        self._numbers = itertools.count(1)

    @abstractmethod
    async def put(self, packets: list[str]) -> None: ...

    @abstractmethod
    async def acknowledged(self, count: int) -> None:
        """Wait for so many acknowledgements in all."""

    @abstractmethod
    async def registration(self) -> None:
        """Wait until the device is registered."""

    def receive(self, frame: str) -> None:
        if frame.startswith("43"):
            self.codes.append(json.loads(frame[frame.index("[") :])[0]["code"])
        elif frame.startswith('42["deviceRegistered"'):
            self.registered = json.loads(frame[2:])[1]

    @property
    def offer(self) -> Payload:
        return {name: self.registered[name] for name in ("deviceId", "resumeToken")}

    async def send(self, count: int, size: int = 0) -> int:
        """Send so many events, wait for the answers; how many were not one too many."""
        before = len(self.codes)
        text = json.dumps(["no such event", "x" * size])
        await self.put([f"42{next(self._numbers)}{text}" for _ in range(count)])
        await self.acknowledged(before + count)
        assert set(self.codes) <= {"unknown_event", "too_many_requests"}, set(self.codes)
        return self.codes[before:].count("unknown_event")


class OnWebSocket(Sender):
    def __init__(self, socket: RawSocket) -> None:
        super().__init__()
        self.socket = socket
        self._seen = 0

    async def put(self, packets: list[str]) -> None:
        for packet in packets:
            await self.socket.send(packet)

    def _look(self) -> None:
        for frame in self.socket.frames[self._seen :]:
            self.receive(frame)
        self._seen = len(self.socket.frames)

    async def acknowledged(self, count: int) -> None:
        def done() -> bool:
            self._look()
            return len(self.codes) >= count

        await wait_until(done, what=f"{count} acknowledged")

    async def registration(self) -> None:
        await self.socket.frame('42["deviceRegistered"')
        self._look()


class OnPolling(Sender):
    def __init__(self, endpoint: Endpoint, sid: str) -> None:
        super().__init__()
        self._endpoint, self.sid = endpoint, sid

    async def put(self, packets: list[str]) -> None:
        answer = await self._endpoint.post(self.sid, "\x1e".join(packets))
        assert answer.status == 200, answer

    async def _poll(self) -> None:
        for frame in await self._endpoint.fetch(self.sid, 1):
            self.receive(frame)

    async def acknowledged(self, count: int) -> None:
        while len(self.codes) < count:
            await self._poll()

    async def registration(self) -> None:
        while not self.registered:
            await self._poll()


@contextlib.asynccontextmanager
async def sender(
    running: Cluster,
    transport: Transport = "websocket",
    *,
    operator: str = "demo",
    offer: Payload | None = None,
    token: str = "",
    address: str = "",
    early: list[str] | None = None,
) -> AsyncIterator[OnWebSocket | OnPolling]:
    """A registered device. ``early``: packets that it sends together with its connection."""
    sessions = running.servers[0].realtime.sessions
    before = len(sessions)
    said = {"token": token or running.token(operator), **(offer or {})}
    headers = {"X-Forwarded-For": address} if address else {}
    device: OnWebSocket | OnPolling
    async with contextlib.AsyncExitStack() as stack:
        if transport == "websocket":
            socket = await stack.enter_async_context(raw(running.urls[0], headers=headers))
            device = OnWebSocket(socket)
        else:
            http = await stack.enter_async_context(aiohttp.ClientSession())
            endpoint = Endpoint(f"{running.urls[0]}/socket.io/", http)
            device = OnPolling(endpoint, str((await endpoint.handshake(**headers))["sid"]))
        await device.put([f"40{json.dumps(said)}"])
        if early:
            await device.put(early)
        await device.registration()
        yield device
        if isinstance(device, OnPolling):  # a transport that is broken, as a WebSocket's end is
            await device.put(["1"])
    await wait_until(lambda: len(sessions) <= before, what="it is gone")
