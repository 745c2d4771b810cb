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

import uvloop

from benchmarks.wire import LEAVE, Connection, masked

TEXT = "Hello there, this is the text of a draft as it is being typed #"
DIGITS = 7
"""Of the number at the end of each text, by which its arrivals are known."""
PATIENCE = 20.0
"""Seconds until what was sent must have arrived, and until a device must have connected."""
PROFILES = 20
"""Whose drafts are typed, by turns, in each room."""
MARK = b"#"
LOOK_EVERY = 0.002
"""Seconds between two looks whether all has arrived. An event would cost at each arrival."""


class Load:
    """One measured stretch: what was sent when, and what has arrived."""

    def __init__(self, timed: bool) -> None:
        self.sent: list[float] = []
        self.delays: list[float] = []
        self.arrived = 0
        self.timed = timed

    def heard(self, connection: Connection, data: bytes, start: int, end: int) -> None:
        self.arrived += 1
        if self.timed:
            now = time.perf_counter()
            at = data.find(MARK, start, end) + 1
            self.delays.append(now - self.sent[int(data[at : at + DIGITS])])


class Generator:
    def __init__(self) -> None:
        self._rooms: list[list[Connection]] = []
        self._load = Load(timed=False)
        self._random = random.Random(7)

    async def connect(
        self, hosts: list[str], rooms: list[list[str]], at_once: int, drafts: int = 0
    ) -> dict[str, Any]:
        """Connect devices, given as the tokens of each room; they are spread over the hosts.

        Answers how long all of them took, and each from its start to the end of its snapshot.
        """
        limit = asyncio.Semaphore(at_once)
        delays: list[float] = []

        async def one(host: str, token: str) -> Connection:
            async with limit:
                begun = time.perf_counter()
                connection = Connection(host, token, self._heard, drafts)
                address, _, port = host.partition(":")
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: connection, address, int(port))
                async with asyncio.timeout(PATIENCE):
                    await connection.ready
                delays.append(time.perf_counter() - begun)
                return connection

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

    async def disconnect(self) -> dict[str, Any]:
        """Take leave, as a page does that is closed."""
        for room in self._rooms:
            for connection in room:
                connection.transport.write(LEAVE)
                connection.transport.close()
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
                self._send(self._random.choice(room), profiles)
                expected += len(room) - 1
        sent_in = time.perf_counter() - begun
        try:
            async with asyncio.timeout(PATIENCE):
                while load.arrived < expected:  # noqa: ASYNC110 - see LOOK_EVERY
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise RuntimeError(
                f"{load.arrived} of {expected} arrived; {self._troubles()}"
            ) from None
        return {
            "sent": len(load.sent),
            "arrived": load.arrived,
            "seconds": sent_in,
            "delays": load.delays,
        }

    def _troubles(self) -> str:
        everybody = [connection for room in self._rooms for connection in room]
        lost = sum(connection.lost for connection in everybody)
        errors = [connection.error for connection in everybody if connection.error]
        return f"{lost} connections lost, {len(errors)} told of an error such as {errors[:1]}"

    def _send(self, connection: Connection, profiles: int) -> None:
        number = len(self._load.sent)
        draft = {
            "profileId": str(1000 + number % profiles),
            "type": "chat",
            "message": f"{TEXT}{number:0{DIGITS}}",
        }
        frame = masked(b"42" + json.dumps(["updateMessage", draft]).encode())
        self._load.sent.append(time.perf_counter())
        connection.transport.write(frame)

    def _heard(self, connection: Connection, data: bytes, start: int, end: int) -> None:
        self._load.heard(connection, data, start, end)


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
