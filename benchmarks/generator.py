"""The load generator: a process of its own, so that its work is not counted as a server's.

It reads orders as JSON, one a line, and answers each with a line; ``orders.py`` is the other end.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import uvloop

from benchmarks.loads import DIGITS, Flood, Load
from benchmarks.polling import Polling, handshake
from benchmarks.wire import Client, Connection

TEXT = "Hello there, this is the text of a draft as it is being typed #"
PATIENCE = 20.0
"""Seconds until what was sent must have arrived, and until a device must have connected."""
PROFILES = 20
"""Whose drafts are typed, by turns, in each room."""
LOOK_EVERY = 0.002
"""Seconds between two looks whether all has arrived. An event would cost at each arrival."""


class Generator:
    def __init__(self) -> None:
        self._rooms: list[list[Client]] = []
        self._http: aiohttp.ClientSession | None = None
        self._load = Load(timed=False)
        self._random = random.Random(7)

    async def connect(
        self,
        hosts: list[str],
        rooms: list[list[str]],
        at_once: int,
        drafts: int = 0,
        transport: str = "websocket",
        through: str = "",
    ) -> dict[str, Any]:
        """Connect devices, given as the tokens of each room; they are spread over the hosts.

        ``transport``: ``websocket`` from the start, ``upgrade`` to one from a polling session, or
        ``polling``. Behind a session's handshake its requests go to the host ``through``, if given.
        Answers how long all of them took, and each from its start to the end of its snapshot.
        """
        limit = asyncio.Semaphore(at_once)
        delays: list[float] = []

        async def one(host: str, token: str) -> Client:
            async with limit:
                begun = time.perf_counter()
                client = await self._connect(host, token, drafts, transport, through or host)
                async with asyncio.timeout(PATIENCE):
                    await client.ready
                delays.append(time.perf_counter() - begun)
                return client

        begun = time.perf_counter()
        members = [
            [one(hosts[place % len(hosts)], token) for place, token in enumerate(tokens)]
            for tokens in rooms
        ]
        connected = await asyncio.gather(*(one for room in members for one in room))
        took = time.perf_counter() - begun
        each = iter(connected)
        self._rooms += [[next(each) for _ in tokens] for tokens in rooms]
        return {"seconds": took, "delays": delays}

    async def _connect(
        self, host: str, token: str, drafts: int, transport: str, then: str
    ) -> Client:
        if transport == "websocket":
            return await self._websocket(host, token, drafts)
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        sid = await handshake(self._http, host)
        polling = Polling(self._http, then, token, self._heard, sid)
        if transport == "polling":
            return polling
        async with asyncio.timeout(PATIENCE):
            await polling.ready
            connection = await self._websocket(then, token, drafts, sid)
            await connection.probed
            await polling.over
        connection.upgrade()
        return connection

    async def _websocket(self, host: str, token: str, drafts: int, sid: str = "") -> Connection:
        connection = Connection(host, token, self._heard, drafts, sid)
        address, _, port = host.partition(":")
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: connection, address, int(port))
        return connection

    async def disconnect(self) -> dict[str, Any]:
        """Take leave, as a page does that is closed."""
        for room in self._rooms:
            for client in room:
                client.leave()
        self._rooms = []
        return {}

    async def load(
        self,
        rate: float,
        seconds: float,
        burst: int = 1,
        timed: bool = False,
        rooms: int | None = None,
        profiles: int = PROFILES,
    ) -> dict[str, Any]:
        """Send ``rate`` commands per second, ``burst`` at a time, and wait for all arrivals.

        A burst is one room's: its members type at the same time. ``rooms``: only in the first so
        many of them. ``profiles``: how many take turns.
        """
        load = self._load = Load(timed)
        chosen = self._rooms[:rooms]
        expected = 0
        begun = time.perf_counter()
        async for _ in paced(rate / burst, seconds):
            room = self._random.choice(chosen)
            for _ in range(burst):
                self._send(room, profiles)
                expected += len(room) - 1
        sent_in = time.perf_counter() - begun
        await self._until(lambda: load.arrived >= expected)
        return {
            "sent": len(load.sent),
            "arrived": load.arrived,
            "seconds": sent_in,
            "delays": load.delays,
        }

    async def flood(self, seconds: float, at_once: int) -> dict[str, Any]:
        """Send as much as the servers carry: in ``at_once`` of the rooms, which take turns, a
        command is on its way at any time."""
        rooms = {client: number for number, room in enumerate(self._rooms) for client in room}

        def send(room: int) -> None:
            self._send(self._rooms[room], PROFILES)

        self._load = flood = Flood(rooms, [len(room) for room in self._rooms], send)
        begun = time.perf_counter()
        for _ in range(at_once):
            flood.next()
        await asyncio.sleep(seconds)
        flood.over = True
        await self._until(lambda: flood.done)
        took = time.perf_counter() - begun
        return {"sent": len(flood.sent), "arrived": flood.arrived, "seconds": took, "delays": []}

    async def _until(self, arrived: Callable[[], bool]) -> None:
        """Wait for all arrivals. Raises RuntimeError when they do not come."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not arrived():  # noqa: ASYNC110 - see LOOK_EVERY
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            load = self._load
            raise RuntimeError(
                f"{load.arrived} arrived of {len(load.sent)} sent; {self._troubles()}"
            ) from None

    def _troubles(self) -> str:
        everybody = [client for room in self._rooms for client in room]
        lost = sum(client.lost for client in everybody)
        errors = [client.error for client in everybody if client.error]
        return f"{lost} connections lost, {len(errors)} told of an error such as {errors[:1]}"

    def _send(self, room: list[Client], profiles: int) -> None:
        number = len(self._load.sent)
        profile = number % profiles
        # Each draft has a typist of its own: texts of several hands would be merged.
        client = room[profile % len(room)]
        draft = {
            "profileId": str(1000 + profile),
            "type": "chat",
            "message": f"{TEXT}{number:0{DIGITS}}",
        }
        text = b"42" + json.dumps(["updateMessage", draft]).encode()
        self._load.sent.append(time.perf_counter())
        client.send(text)

    def _heard(self, client: Client, data: bytes, start: int, end: int) -> None:
        self._load.heard(client, data, start, end)


async def paced(rate: float, seconds: float) -> AsyncIterator[int]:
    """Numbers, evenly spread over the time; what the loop was late for comes at once."""
    begun = time.perf_counter()
    for number in range(round(rate * seconds)):
        wait = begun + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        yield number


async def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    reader = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    generator = Generator()
    orders: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
        "connect": generator.connect,
        "disconnect": generator.disconnect,
        "load": generator.load,
        "flood": generator.flood,
    }
    while line := await reader.readline():
        name, arguments = json.loads(line)
        try:
            told: dict[str, Any] = await orders[name](**arguments)
            answer: dict[str, Any] = {"ok": told}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other end reports it
            answer = {"error": f"{name}: {type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
