"""A device that comes back by itself, and the check that it has lost nothing by it."""

import asyncio
import itertools
import json
import random
from collections.abc import Iterable
from typing import Any

import aiohttp

from tests.harness import PATIENCE, Device, Event, wait_until

CONNECT_WITHIN = 3.0
"""Seconds until the next address is tried, by one that comes back."""
SILENCE_MAX = 20.0
"""Seconds without a word from the server, which pings every 10, until the client gives it up."""
OUTSIDE_THE_ORDER = frozenset(
    {
        "deviceRegistered",
        "processingStateSync",
        "messageSync",
        "devicesSync",
        "resync",
        "error",
        "tokenExpiring",
    }
)
"""Events to one device, which have no place of their own in the account's order."""


class ReturningDevice(Device):
    """Speaks Engine.IO and Socket.IO over a bare WebSocket: a thousand of them cost little.

    One that ``remembers`` brings its identity and the place of its last event, as the console
    does; another one its JWT only, as the existing client.
    """

    def __init__(
        self, http: aiohttp.ClientSession, urls: list[str], token: str, *, remembers: bool = True
    ) -> None:
        super().__init__(urls[0], token)
        self.lost: list[float] = []
        """When connections ended that it did not end itself; seconds of the loop's clock."""
        self.connected = asyncio.Event()
        """Set while it is registered."""
        self.offers_position = remembers
        """Whether it says which events it has; without, it gets a snapshot."""
        self.connect_timeout = CONNECT_WITHIN
        self._free = asyncio.Event()
        self._free.set()
        self._http = http
        self._urls = itertools.cycle(urls)
        self._remembers = remembers
        self._identity: dict[str, Any] = {}
        self._position: dict[str, Any] = {}
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._acks: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._staying: asyncio.Task[None] | None = None
        self._was_there = False

    async def connect(self, *, registered: bool = True) -> "ReturningDevice":
        self._staying = asyncio.create_task(self._stay(), name="returning device")
        if registered:
            await wait_until(self.connected.is_set, what="deviceRegistered")
        return self

    async def emit(self, event: str, *data: Any) -> None:
        await self._send(f"42{json.dumps([event, *data])}")

    async def call(self, event: str, data: Any = None) -> dict[str, Any]:
        """Send and return the acknowledgement. Raises ConnectionError when it is lost."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._acks[number] = answer
        arguments = [event] if data is None else [event, data]
        await self._send(f"42{number}{json.dumps(arguments)}")
        async with asyncio.timeout(PATIENCE):
            return await answer

    async def close(self) -> None:
        if self._staying is None:
            return
        if self._ws is not None and not self._ws.closed:
            await self._ws.send_str("41")
        self._staying.cancel()
        await asyncio.gather(self._staying, return_exceptions=True)

    async def drop(self) -> None:
        """Lose the connection without a word; it comes back by itself."""
        if self._ws is not None:
            await self._ws.close()

    async def go_away(self) -> None:
        """Lose the connection without a word, and stay away until ``come_back``."""
        self._free.clear()
        await self.drop()

    def come_back(self) -> None:
        self._free.set()

    async def _send(self, frame: str) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.connected.wait()
        assert self._ws is not None
        await self._ws.send_str(frame)

    async def _stay(self) -> None:
        for url in self._urls:
            await self._free.wait()
            try:
                await self._visit(url)
                self.lost.append(asyncio.get_running_loop().time())
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(random.uniform(0.05, 0.2))

    async def _visit(self, url: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            # A test knows to which server it has come at first, however busy the machine is.
            within = self.connect_timeout if self._was_there else PATIENCE
            async with asyncio.timeout(within) as limit:
                address = f"{url}/socket.io/?EIO=4&transport=websocket"
                async with self._http.ws_connect(address, max_msg_size=0) as self._ws:
                    self.url = url
                    await self._ws.send_str(f"40{json.dumps(self._offer())}")
                    async for message in self._ws:
                        await self._frame(self._ws, str(message.data))
                        if self.connected.is_set():
                            limit.reschedule(loop.time() + SILENCE_MAX)
        finally:
            self.connected.clear()
            for answer in self._acks.values():
                if not answer.done():
                    code = self._ws.close_code if self._ws is not None else None
                    lost = f"lost before the acknowledgement (closed with {code})"
                    answer.set_exception(ConnectionError(lost))
                    answer.exception()  # whoever waits gets it all the same
            self._acks.clear()

    def _offer(self) -> dict[str, Any]:
        position = self._position if self.offers_position else {}
        return {**self._auth, **self._identity, **position}

    async def _frame(self, ws: aiohttp.ClientWebSocketResponse, frame: str) -> None:
        if frame == "2":
            await ws.send_str("3")
        elif frame.startswith("42"):
            name, data = json.loads(frame[2:])
            self._take(name, data)
        elif frame.startswith("43"):
            number, _, rest = frame[2:].partition("[")
            answer = self._acks.pop(int(number), None)
            if answer is not None and not answer.done():
                answer.set_result(json.loads(f"[{rest}")[0])
        elif frame.startswith(("41", "44")):
            await ws.close()

    def _take(self, name: str, data: dict[str, Any]) -> None:
        self.events.append((name, data))
        if name == "deviceRegistered":
            if self._remembers:
                self._identity = {key: data[key] for key in ("deviceId", "resumeToken")}
            if not data["recovered"]:
                self._position = {key: data[key] for key in ("epoch", "revision")}
            self._was_there = True
            self.connected.set()
        elif name == "resync":
            self._position = {key: data[key] for key in ("epoch", "revision")}
        elif name not in OUTSIDE_THE_ORDER:
            self._position["revision"] = data["revision"]


def unbroken(events: Iterable[Event]) -> int:
    """Fail unless every event is the next one of its account; returns the number of fresh starts.

    For a device that types nothing: its own key strokes do not come back to it.
    """
    starts, position = 0, None
    for name, data in events:
        if name == "resync" or (name == "deviceRegistered" and not data["recovered"]):
            starts += 1
            position = data["revision"]
        elif name not in OUTSIDE_THE_ORDER:
            assert position is not None, f"{name} before deviceRegistered"
            assert data["revision"] == position + 1, f"{name}: {data['revision']} after {position}"
            position = data["revision"]
    return starts
