"""What the tests of clients that go too far have in common: one that reads only when it is told to,
others that note how long a key stroke takes, and what the server says of its limits."""

import asyncio
import contextlib
import json
import logging
import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import aiohttp

from tests.conformance.frames import CLOSE, TEXT, RawWebSocket, frame, raw_websocket
from tests.faults.returning import ReturningDevice, unbroken
from tests.harness import Event, wait_until

KERNEL = 8_192
"""Bytes that a slow client's kernel is asked to take; its server's takes some millions."""
STAMP = "typed at "
"""How a text begins that says when it was typed."""

log = logging.getLogger(__name__)


async def limited(http: aiohttp.ClientSession, url: str, limit: str) -> int:
    """How often clients have run into this limit of the server, by its own metrics."""
    return (await limits(http, url))[limit]


async def limits(http: aiohttp.ClientSession, url: str) -> Counter[str]:
    """The same for each limit."""
    async with http.get(f"{url}/metrics") as response:
        found = re.findall(
            r'^alphasync_limits_total{limit="(.*)"} (.*)$', await response.text(), re.M
        )
    counts: Counter[str] = Counter()
    for limit, count in found:
        counts[limit] += int(float(count))
    return counts


def percentile(times: Sequence[float], share: float) -> float:
    """The time that this share of all times does not exceed; in the unit of the times."""
    assert times
    return sorted(times)[math.ceil(share * len(times)) - 1]


class Typist(ReturningDevice):
    """Types drafts that say when they were typed, and notes how long those of others took.

    ``offer``: what it says of itself besides its token.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        token: str,
        offer: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(http, [url], token)
        self.others: list[float] = []
        """Seconds from each key stroke of another device to this one."""
        self.typed: dict[str, str] = {}
        """The latest text by profile."""
        self.count = 0
        """Key strokes so far."""
        self._auth = {**self._auth, **(offer or {})}

    async def type(self, profile: str, size: int) -> None:
        """Type a draft of so many characters, without waiting for an answer."""
        now = asyncio.get_running_loop().time()
        text = f"{STAMP}{now:.6f} {self.count} ".ljust(size, "x")
        self.typed[profile] = text
        self.count += 1
        await self.emit("updateMessage", {"profileId": profile, "type": "chat", "message": text})

    def _take(self, name: str, data: dict[str, Any]) -> None:
        super()._take(name, data)
        if name == "messageUpdated" and data["message"].startswith(STAMP):
            typed_at = float(data["message"].split()[2])
            self.others.append(asyncio.get_running_loop().time() - typed_at)


@contextlib.asynccontextmanager
async def typist(
    http: aiohttp.ClientSession, url: str, token: str, offer: dict[str, Any] | None = None
) -> AsyncIterator[Typist]:
    """A connected one."""
    device = Typist(http, url, token, offer)
    await device.connect()
    try:
        yield device
    finally:
        await device.close()


async def median_of_all(types: Typist, sees: Typist) -> float:
    """Wait until all that the one typed was seen by the other, in order, with no connection lost;
    return how long half of it took, in seconds."""
    await wait_until(lambda: len(sees.others) == types.count, what="all of the other's")
    assert unbroken(sees.events) == 1
    assert (types.lost, sees.lost) == ([], [])
    median, most = (percentile(sees.others, share) for share in (0.5, 0.99))
    log.info("others: median %.1f ms, p99 %.1f ms, of %d", median * 1e3, most * 1e3, types.count)
    return median


class Slow:
    """A registered device that reads when it is told to, and only then."""

    def __init__(self, ws: RawWebSocket) -> None:
        self.events: list[Event] = []
        self._ws = ws

    async def register(self, token: str) -> None:
        assert (await self._ws.text()).startswith("0")
        self._ws.write(frame(TEXT, f"40{json.dumps({'token': token})}".encode()))
        assert (await self._ws.text()).startswith("40")
        await self.read_until(lambda: bool(self.events))

    @property
    def revision(self) -> int:
        """Of the last event that it has read."""
        revision: int = self.events[-1][1]["revision"]
        return revision

    async def read_until(self, done: Callable[[], bool]) -> None:
        while not done():
            assert await self._read() is None, "it was cut"

    async def read_out(self) -> int:
        """Read all that is left; returns the code with which the server closed."""
        while (code := await self._read()) is None:
            pass
        return code

    @property
    def offer(self) -> dict[str, Any]:
        """What brings it back to where it was."""
        _, registered = self.events[0]
        identity = {name: registered[name] for name in ("deviceId", "resumeToken", "epoch")}
        return {**identity, "revision": self.revision}

    async def _read(self) -> int | None:
        opcode, payload = await self._ws.read()
        if opcode == CLOSE:
            return int.from_bytes(payload[:2], "big")
        text = payload.decode()
        assert text.startswith("42"), text[:100]
        name, data = json.loads(text[2:])
        self.events.append((name, data))
        return None


@contextlib.asynccontextmanager
async def slow(url: str, token: str) -> AsyncIterator[Slow]:
    """A registered one."""
    async with raw_websocket(f"{url}/socket.io/", receive_buffer=KERNEL) as ws:
        device = Slow(ws)
        await device.register(token)
        yield device


def drafts(events: Iterable[Event]) -> dict[str, str]:
    """The text of each draft, as a device knows it that has got these events.

    Fails when an older text comes behind a newer one.
    """
    texts: dict[str, str] = {}
    revision = 0
    for name, data in events:
        if name == "deviceRegistered":
            revision = data["revision"]
            if not data["recovered"]:
                texts = {}
        elif name == "messageSync":
            texts[data["profileId"]] = data["message"]
        elif name == "messageUpdated":
            assert data["revision"] > revision, f"{data['revision']} after {revision}"
            revision = data["revision"]
            texts[data["profileId"]] = data["message"]
    return texts
