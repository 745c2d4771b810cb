"""Clients that speak Engine.IO by hand: nothing between a test and the bytes on the wire."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from tests.harness import PATIENCE, wait_until

SEPARATOR = "\x1e"
"""Between two packets of one HTTP body."""
Message = str | bytes
Transport = Literal["polling", "websocket"]
TRANSPORTS: tuple[Transport, ...] = ("polling", "websocket")


@dataclass(frozen=True)
class Answer:
    """What came back for one HTTP request."""

    status: int
    text: str
    headers: Mapping[str, str]


def packets(body: str) -> list[str]:
    return body.split(SEPARATOR)


async def opened(ws: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """The handshake, which is a WebSocket's first frame."""
    first = await ws.receive_str(timeout=PATIENCE)
    assert first.startswith("0"), first
    handshake = json.loads(first[1:])
    assert isinstance(handshake, dict)
    return handshake


async def dropped(ws: aiohttp.ClientWebSocketResponse) -> None:
    """Return when the server closes this WebSocket; what it sends before is passed over."""
    async with asyncio.timeout(PATIENCE):
        async for _ in ws:
            pass


class Endpoint:
    """Where a server listens, and the raw requests that a test sends there."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.elsewhere = url
        """Where requests of a session that is there already go: to the same server or to a peer."""
        self.answering: Counter[tuple[str, str]] = Counter()
        """Requests that the server is busy with, by method and session id."""
        self._http = http

    async def request(
        self,
        method: str,
        query: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        async with self._http.request(
            method,
            self._target(query),
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(PATIENCE),
        ) as answer:
            # Not answer.text(): what is no UTF-8 has to fail here, whatever the headers say.
            return Answer(answer.status, (await answer.read()).decode(), dict(answer.headers))

    async def handshake(self, **headers: str) -> dict[str, Any]:
        """Open a polling session."""
        answer = await self.request("GET", "EIO=4&transport=polling", headers=headers)
        assert answer.status == 200, answer
        first = packets(answer.text)[0]
        assert first.startswith("0"), answer
        opening = json.loads(first[1:])
        assert isinstance(opening, dict)
        return opening

    async def sid(self) -> str:
        """Open a polling session and return its id."""
        return str((await self.handshake())["sid"])

    async def poll(self, sid: str) -> Answer:
        return await self.request("GET", f"EIO=4&transport=polling&sid={sid}")

    async def post(self, sid: str, body: object) -> Answer:
        headers = {"Content-Type": "text/plain;charset=UTF-8"}
        return await self.request("POST", f"EIO=4&transport=polling&sid={sid}", body, headers)

    async def fetch(self, sid: str, count: int) -> list[str]:
        """Poll until as many packets have come."""
        found: list[str] = []
        while len(found) < count:
            answer = await self.poll(sid)
            assert answer.status == 200, answer
            found += packets(answer.text)
        return found

    async def fetch_until(self, sid: str, start: str) -> str:
        """Poll until a packet has come that begins so, and return it."""
        while True:
            for packet in await self.fetch(sid, 1):
                if packet.startswith(start):
                    return packet

    async def websocket(
        self, sid: str | None = None, **options: Any
    ) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket on which nothing was sent or read; for an upgrade with the session's id.

        Raises aiohttp.WSServerHandshakeError, with the status, when the server refuses it.
        """
        query = "EIO=4&transport=websocket" + (f"&sid={sid}" if sid else "")
        async with asyncio.timeout(PATIENCE):
            ws: aiohttp.ClientWebSocketResponse = await self._http.ws_connect(
                self._target(query), max_msg_size=0, **options
            )
        return ws

    def _target(self, query: str) -> str:
        return f"{self.elsewhere if 'sid=' in query else self.url}?{query}"

    @contextlib.asynccontextmanager
    async def open_poll(self, sid: str) -> AsyncIterator["asyncio.Task[Answer]"]:
        """A poll that has reached the server, which has nothing to answer it with yet."""
        poll = asyncio.create_task(self.poll(sid), name="open poll")
        try:
            await wait_until(lambda: self.answering["GET", sid], what="the poll is open")
            yield poll
        finally:
            poll.cancel()
            await asyncio.gather(poll, return_exceptions=True)

    async def gone(self, sid: str) -> None:
        """Fail unless the server knows no such session."""
        answer = await self.poll(sid)
        assert (answer.status, json.loads(answer.text)["code"]) == (400, 1), answer
