"""``python -m tests.faults.overloading``: more typed texts than a server can carry.

Accounts of some devices each: one types, the others see. A process of its own. Of its standard
input the first line is the tokens, one for each account, and each further one how many texts a
second come in all, and for how many seconds; for each it says what became of them.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.frames import PING, PONG, TEXT, frame
from tests.faults.crowd import percentile

SEE = 3
"""Devices of an account besides the one that types."""
TICK = 0.02
"""Seconds between two times at which a typist sends what is due."""
SILENT = 30.0
"""Seconds without a word after which no more is waited for."""
UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ACK = re.compile(rb"43(\d+)\[(.*)\]$", re.DOTALL)
SEEN = re.compile(rb'"message":"at ([0-9.]+) (\d+) ')
REVISION = re.compile(rb'"revision":(\d+)')
CODE = re.compile(rb'"code":"(\w+)"')


class Heard:
    """What came of the texts of one load."""

    def __init__(self) -> None:
        self.sent = 0
        self.codes: Counter[str] = Counter()
        """Of refusals."""
        self.seen: list[float] = []
        """Seconds from each text to another device."""
        self.wrong: list[str] = []
        """What came out of order."""
        self.last = time.monotonic()
        """When anything came."""


class Device(asyncio.Protocol):
    """One connection, past nothing that a client would not do."""

    def __init__(self, host: str, token: str, heard: Heard) -> None:
        self.heard = heard
        self.registered = asyncio.Event()
        self.lost = False
        self.full = False
        """Whether the server takes no more at present."""
        self.unanswered = 0
        self._host = host
        self._token = token
        self._left = b""
        self._open = False
        self._count = 0
        self._place = (-1, 0)
        """Number and revision of the last text that was seen."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(UPGRADE.format(host=self._host).encode())

    def connection_lost(self, _: Exception | None) -> None:
        self.lost = True

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._left += data
        if not self._open:
            _, end, rest = self._left.partition(b"\r\n\r\n")
            if not end:
                return
            self._open, self._left = True, rest
            self._say(f"40{json.dumps({'token': self._token})}")
        at, left = 0, self._left
        while (end_ := _end_of_frame(left, at)) is not None:
            self._take(left[at] & 15, left[end_.start : end_.stop])
            at = end_.stop
        self._left = left[at:]

    def type(self, number: int) -> None:
        """Send so many texts at once."""
        now = time.monotonic()
        for _ in range(number):
            self._count += 1
            text = f"at {now:.6f} {self._count} and what else there is to say"
            about = f'"profileId":"1001","type":"chat","message":"{text}"'
            self._say(f'42{self._count}["updateMessage",{{{about}}}]')
        self.heard.sent += number
        self.unanswered += number

    def _say(self, text: str) -> None:
        self._transport.write(frame(TEXT, text.encode()))

    def _take(self, opcode: int, payload: bytes) -> None:
        heard = self.heard
        heard.last = now = time.monotonic()
        if payload == b"2":
            self._say("3")
        elif opcode == PING:
            self._transport.write(frame(PONG, payload))
        elif found := ACK.match(payload):
            self.unanswered -= 1
            if code := CODE.search(found[2]):
                heard.codes[code[1].decode()] += 1
        elif (seen := SEEN.search(payload)) and (revision := REVISION.search(payload)):
            heard.seen.append(now - float(seen[1]))
            place = (int(seen[2]), int(revision[1]))
            if place[0] <= self._place[0] or place[1] <= self._place[1]:
                heard.wrong.append(f"{place} after {self._place}")
            self._place = place
        elif payload.startswith(b'42["deviceRegistered"'):
            self.registered.set()


def _end_of_frame(left: bytes, at: int) -> slice | None:
    """Where the payload of a server's frame is; None while it is not whole."""
    if len(left) < at + 2:
        return None
    size, start = left[at + 1], at + 2
    if size > 125:
        wide = 2 if size == 126 else 8
        size, start = int.from_bytes(left[at + 2 : at + 2 + wide], "big"), at + 2 + wide
    return slice(start, start + size) if len(left) >= start + size else None


class Load:
    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._typists: list[Device] = []
        self._devices: list[Device] = []

    async def open(self, tokens: list[str]) -> None:
        for token in tokens:
            self._typists.append(await self._device(token))
            for _ in range(SEE):
                await self._device(token)

    async def _device(self, token: str) -> Device:
        assert self._url.hostname
        assert self._url.port
        _, device = await asyncio.get_running_loop().create_connection(
            lambda: Device(self._url.netloc, token, Heard()), self._url.hostname, self._url.port
        )
        await device.registered.wait()
        self._devices.append(device)
        return device

    async def put_on(self, rate: float, seconds: float) -> dict[str, Any]:
        """Send so many texts a second, whatever comes back, and wait until all are acknowledged."""
        heard = Heard()
        for device in self._devices:
            device.heard = heard
        begun = time.monotonic()
        sent = [0] * len(self._typists)
        while (passed := time.monotonic() - begun) < seconds:
            due = int(rate * passed / len(self._typists))
            for place, device in enumerate(self._typists):
                if not device.full:
                    device.type(due - sent[place])
                sent[place] = due
            await asyncio.sleep(TICK)
        over = time.monotonic()
        while self._unanswered and time.monotonic() - heard.last < SILENT:
            await asyncio.sleep(TICK)
        return {
            "sent": heard.sent,
            "unanswered": self._unanswered,
            "codes": heard.codes,
            "seen": len(heard.seen),
            "half": percentile(heard.seen, 0.5),
            "most": percentile(heard.seen, 0.99),
            "wrong": heard.wrong[:20],
            "lost": sum(device.lost for device in self._devices),
            "settled": time.monotonic() - over,
        }

    @property
    def _unanswered(self) -> int:
        return sum(device.unanswered for device in self._typists)

    def close(self) -> None:
        for device in self._devices:
            device.close()


async def main(url: str) -> None:
    load = Load(url)
    await load.open(json.loads(await asyncio.to_thread(sys.stdin.readline)))
    _say("open")
    while line := await asyncio.to_thread(sys.stdin.readline):
        rate, seconds = map(float, line.split())
        _say(json.dumps(await load.put_on(rate, seconds)))
    load.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
