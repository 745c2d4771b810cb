"""``python -m tests.faults.strangers``: what somebody without a token may do to a server.

A process of its own: what it costs is not to show in the times that others note. It prints a line
once all it wants to hold is open, goes on until its standard input ends, and prints how often each
thing happened.
"""

import asyncio
import contextlib
import gzip
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

HELD = 1_010
"""Connections at a time: as many as a process may have that has 1,024 files in all."""
PAUSE = 1.0
"""Seconds until one that was closed is opened again."""
AT_A_TIME = 50
"""Connections that are being opened."""
WITHIN = 150
"""Seconds for all to be open, and then for what is wanted to happen."""
BOMBS = 20
"""Compressed bodies at a time."""
MEMBER, MEMBERS = 100 * 1024 * 1024, 10
"""A body unpacks to so many bytes, so many times: 1 MB of it is 1,000 MiB."""
PATHS = (
    "/api/auth/login",
    "/api/auth/refresh",
    "/socket.io/?EIO=4&transport=polling",
    "/readyz",
    "/nowhere",
)
LOGIN = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
WEBSOCKET = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


Stay = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What is done on a connection for as long as it stands."""


@dataclass
class Stranger:
    """``addresses``: of this machine, from which it comes in turns."""

    host: str
    port: int
    addresses: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    opening: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_A_TIME))
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def visit(self, place: int, stay: Stay) -> None:
        """Connect and stay until the server closes; again and again."""
        local = (self.addresses[place % len(self.addresses)], 0)
        while True:
            with contextlib.suppress(OSError, EOFError):
                async with self.opening:
                    reader, writer = await asyncio.open_connection(
                        self.host, self.port, local_addr=local
                    )
                self.counts["opened"] += 1
                if self.counts["opened"] >= HELD:
                    self.opened.set()
                try:
                    await stay(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(PAUSE)

    async def hold(self, sent: bytes) -> None:
        """Many connections on each of which this is sent, and no more."""

        async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(sent)
            while got := await reader.read(65536):
                status = re.match(rb"HTTP/1.. (\d+)", got)
                if status:
                    self.counts[status[1].decode()] += 1

        await asyncio.gather(*(self.visit(place, stay) for place in range(HELD)))

    async def poll(self) -> None:
        """Many sessions that poll and never say who they are."""

        async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            query = "/socket.io/?EIO=4&transport=polling"
            found = re.search(r'"sid":"([^"]+)"', await self._get(query, reader, writer))
            while found and await self._get(f"{query}&sid={found[1]}", reader, writer) == "2":
                pass

        await asyncio.gather(*(self.visit(place, stay) for place in range(HELD)))

    async def _get(
        self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.counts[head.split()[1]] += 1
        size = re.search(r"Content-Length: (\d+)", head)
        return (await reader.readexactly(int(size[1]) if size else 0)).decode()

    async def bomb(self) -> None:
        """Compressed bodies to all kinds of paths."""
        body = gzip.compress(bytes(MEMBER)) * MEMBERS

        async def throw(place: int) -> None:
            async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                path = PATHS[place % len(PATHS)]
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                head += f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                answer = await reader.readuntil(b"\r\n")
                self.counts[answer.split()[1].decode()] += 1

            await self.visit(place, stay)

        self.opened.set()
        await asyncio.gather(*(throw(place) for place in range(BOMBS)))


DEEDS: dict[str, Callable[[Stranger], Coroutine[Any, Any, None]]] = {
    "bombs": Stranger.bomb,
    "silence": lambda who: who.hold(b""),
    "half requests": lambda who: who.hold(b"GET / HT"),
    "slow bodies": lambda who: who.hold(LOGIN + b"Content-Length: 99\r\n\r\n{"),
    "websockets": lambda who: who.hold(WEBSOCKET),
    "polls": Stranger.poll,
}


async def report(
    doing: Coroutine[Any, Any, None],
    opened: asyncio.Event,
    counts: Counter[str],
    wanted: Collection[str] = (),
) -> None:
    """Go on until the standard input ends, and all that is wanted has happened at least once, or
    does not happen; say when all is open, and at the end what happened. Whoever attacks does not
    take the machine's time from a server; here they share one, and the server goes first.

    Raises TimeoutError where not all can be opened, and what ``doing`` raises.
    """
    os.nice(10)
    async with asyncio.TaskGroup() as tasks:  # what it does ends before what it stands on is closed
        task = tasks.create_task(doing)
        async with asyncio.timeout(WITHIN):
            await opened.wait()
        _say("open")
        await asyncio.to_thread(sys.stdin.read)
        with contextlib.suppress(TimeoutError):  # the counts tell what did not happen
            async with asyncio.timeout(WITHIN):
                while not all(counts[what] for what in wanted):
                    await asyncio.sleep(0.05)
        task.cancel()
    _say(json.dumps(counts))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(url: str, deed: str, addresses: list[str]) -> None:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    who = Stranger(parts.hostname, parts.port, addresses)
    await report(DEEDS[deed](who), who.opened, who.counts)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
