"""``python -m tests.faults.noisy``: an account that uses up all that one may have.

Fifty devices type more than they may, into more drafts than there may be; others start runs,
join, leave and shake hands as quickly as they can. A process of its own, as ``strangers`` is.
"""

import asyncio
import contextlib
import itertools
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import aiohttp

from tests.faults.strangers import report

DEVICES = 50
TICK = 0.1
"""Seconds between two key strokes, and two starts, of one device."""
SIZE = 500
"""Characters of a draft."""
DRAFTS, PROFILES = 400, 60
"""That are typed, and that runs are started for, in turns."""
LOOPS = 4
"""Clients that do each of the other things, without a pause."""
REFUSALS = ("too_many_requests", "too_many_drafts", "too_many_runs")
"""Each of which it is after."""
ADDRESS = "127.0.0.2"
"""From which all of it comes: the others behind one's own address have less to hope for."""
PAUSE = 0.2
"""Seconds until one that was cut or refused comes back."""


class Noisy:
    def __init__(self, url: str, token: str, http: aiohttp.ClientSession) -> None:
        self.counts: Counter[str] = Counter()
        self.opened = asyncio.Event()
        """All devices have been registered, and there are as many runs as there may be: in the
        noise, whoever starts them may be cut, and joining again is a matter of luck."""
        self._address = f"{url}/socket.io/?EIO=4&transport="
        self._token = token
        self._http = http
        self._strokes = itertools.count()

    async def make_noise(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(DEVICES):
                tasks.create_task(self._again(self._type))
            tasks.create_task(self._again(self._start))
            await self.opened.wait()
            for _ in range(LOOPS):
                tasks.create_task(self._again(self._join))
                tasks.create_task(self._again(self._shake_hands))

    async def _again(self, deed: Callable[[], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, EOFError):
                await deed()
            await asyncio.sleep(PAUSE)

    @contextlib.asynccontextmanager
    async def _device(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A registered one. Raises EOFError when it is refused."""
        async with self._http.ws_connect(f"{self._address}websocket", max_msg_size=0) as ws:
            await ws.send_str("40" + json.dumps({"token": self._token}))
            while not (text := await _text(ws)).startswith('42["deviceRegistered"'):
                self._note(text)
            self.counts["registered"] += 1
            self._look_whether_open()
            yield ws

    def _look_whether_open(self) -> None:
        if self.counts["registered"] > DEVICES and self.counts["too_many_runs"]:
            self.opened.set()

    def _note(self, text: str) -> None:
        if text.startswith(('42["error"', "44")):
            self.counts[json.loads(text[text.index("{") :].removesuffix("]"))["code"]] += 1
            self._look_whether_open()

    async def _listen(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            text = await _text(ws)
            if text == "2":
                await ws.send_str("3")
            self._note(text)

    async def _send(self, ws: aiohttp.ClientWebSocketResponse, event: str, **payload: str) -> None:
        await ws.send_str("42" + json.dumps([event, {"type": "chat", **payload}]))

    async def _type(self) -> None:
        async def strokes() -> None:
            await self.opened.wait()
            for number in self._strokes:
                profile = f"draft {number % DRAFTS}"
                await self._send(ws, "updateMessage", profileId=profile, message="x" * SIZE)
                self.counts["typed"] += 1
                await asyncio.sleep(TICK)

        async with self._device() as ws:
            await _first(strokes(), self._listen(ws))

    async def _start(self) -> None:
        async def starts() -> None:
            for number in itertools.cycle(range(PROFILES)):
                await self._send(ws, "startProcessing", profileId=f"p{number}", message="Hello")
                self.counts["started"] += 1
                await asyncio.sleep(TICK)

        async with self._device() as ws:
            await _first(starts(), self._listen(ws))

    async def _join(self) -> None:
        while True:
            async with self._device() as ws:
                await ws.send_str("41")

    async def _shake_hands(self) -> None:
        while True:
            async with self._http.get(f"{self._address}polling") as answer:
                self.counts[f"handshake {answer.status}"] += 1


async def _text(ws: aiohttp.ClientWebSocketResponse) -> str:
    message = await ws.receive()
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise EOFError
    return str(message.data)


async def _first(*works: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends; the others end with it."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def main(url: str, token: str) -> None:
    connector = aiohttp.TCPConnector(limit=0, local_addr=(ADDRESS, 0), force_close=True)
    async with aiohttp.ClientSession(connector=connector) as http:
        who = Noisy(url, token, http)
        await report(who.make_noise(), who.opened, who.counts, REFUSALS)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
