"""A device that polls, for the load generator."""

import asyncio
import json

import aiohttp

from benchmarks.wire import (
    ERROR,
    GOODBYE,
    JOINED,
    PING,
    REFUSED,
    REGISTERED,
    RESYNC,
    UPDATED,
    Heard,
)

SEPARATOR = b"\x1e"
"""Between two packets of one HTTP body."""
NOTHING = b"6"
QUERY = "EIO=4&transport=polling"
HEADERS = {"Content-Type": "text/plain;charset=UTF-8"}
POLL_WITHIN = aiohttp.ClientTimeout(total=120)
"""Longer than any ping interval."""


def target(host: str, sid: str = "") -> str:
    return f"http://{host}/socket.io/?{QUERY}" + (f"&sid={sid}" if sid else "")


async def handshake(http: aiohttp.ClientSession, host: str) -> str:
    """Open a polling session; its id. Raises ConnectionError."""
    async with http.get(target(host)) as answer:
        body = await answer.read()
        if answer.status != 200:
            raise ConnectionError(repr(body))
    return str(json.loads(body.split(SEPARATOR)[0][1:])["sid"])


class Polling:
    """One device. ``sid``: of its session; its requests go to ``host``, the owner's or another.

    It polls and posts one request after the other, as browsers do: what is sent while a POST is
    under way goes with the next one. ``over`` ends with the poll that is answered by nothing, which
    a client waits for that goes over to a WebSocket.
    """

    def __init__(
        self, http: aiohttp.ClientSession, host: str, token: str, heard: Heard, sid: str
    ) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self.error = ""
        self._http = http
        self._target = target(host, sid)
        self._heard = heard
        self._unsent: list[bytes] = []
        self._posting: asyncio.Task[None] | None = None
        self.over = asyncio.create_task(self._poll(), name=f"poll {sid}")
        self.send(JOINED + json.dumps({"token": token}).encode())

    def send(self, text: bytes) -> None:
        self._unsent.append(text)
        if self._posting is None:
            self._posting = asyncio.create_task(self._post(), name="post")

    def leave(self) -> None:
        """The session ends with the poll that is answered by this."""
        self.send(GOODBYE)
        self.send(b"1")

    async def _post(self) -> None:
        try:
            while self._unsent:
                body, self._unsent = SEPARATOR.join(self._unsent), []
                async with self._http.post(self._target, data=body, headers=HEADERS) as answer:
                    if answer.status != 200:
                        raise ConnectionError(repr(await answer.read()))
        except (aiohttp.ClientError, OSError) as error:
            self._fail(f"POST: {error}")
        finally:
            self._posting = None

    async def _poll(self) -> None:
        try:
            while True:
                async with self._http.get(self._target, timeout=POLL_WITHIN) as answer:
                    body = await answer.read()
                    if answer.status != 200:
                        raise ConnectionError(repr(body))
                if body == NOTHING:
                    return
                for packet in body.split(SEPARATOR):
                    if packet.startswith(UPDATED):
                        self._heard(self, packet, 0, len(packet))
                    else:
                        self._other(packet)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._fail(f"poll: {error}")

    def _other(self, packet: bytes) -> None:
        if packet == PING:
            self.send(b"3")
        elif packet.startswith(REGISTERED):
            if not self.ready.done():
                self.ready.set_result(None)
        elif packet.startswith((ERROR, RESYNC)):
            self.error = packet.decode()
        elif packet.startswith(REFUSED):
            self._fail(packet.decode())

    def _fail(self, reason: str) -> None:
        self.lost = True
        self.error = self.error or reason
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(reason))
