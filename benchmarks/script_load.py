"""A load on Valkey alone: the real script of a command, called as fast as it answers."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from typing import NamedTuple, cast

import hiredis

from alphasync.domain.identity import Identity, account_of
from alphasync.protocol.draft_commands import UpdateMessage
from alphasync.services.drafts import Drafts
from alphasync.store import keys
from alphasync.store.connect import make_client
from alphasync.store.redis.functions import Library, as_function
from alphasync.store.redis.pipeline import Argument, Pipeline, Reply
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes
from benchmarks.orders import LoadFailed
from tests.harness import Valkey

TEXT = "Hello there, this is the text of a draft as it is being typed #0000001"
ACCOUNTS = 100
CONNECTIONS, CALLS_AT_ONCE_MAX = 8, 8
"""Servers that call, and how many calls of each are on their way at any time."""
ANSWER = b"*4\r\n"
"""How each answer of the script begins; nothing else in it is the same."""
CHUNK = 64
"""Channels in one SUBSCRIBE."""


class Carried(NamedTuple):
    calls: int
    seconds: float


class Capture(Pipeline):
    """Keeps the commands that a service would send."""

    publishes_with = "PUBLISH"
    connected = True
    trouble = None

    def __init__(self) -> None:
        self.on_connect = ()
        self.library: Library | None = None
        self.commands: list[tuple[Argument, ...]] = []

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        self.commands.append(command)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        answer.set_result([b"OK", b"1", b"1"])
        return answer

    def confirmed(self, *command: Argument) -> Awaitable[Reply]:
        return self.submit(*command)

    def start(self) -> None: ...

    async def close(self) -> None: ...


class Caller(asyncio.Protocol):
    """A connection on which ``CALLS_AT_ONCE_MAX`` of the calls are on their way."""

    def __init__(self, calls: list[bytes], first: int) -> None:
        self.answered = 0
        self.failed = ""
        self._calls = calls
        self._next = first
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._call(CALLS_AT_ONCE_MAX)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if data.startswith(b"-") or b"\r\n-" in data:
            self.failed = data[:200].decode(errors="replace")
        answers = data.count(ANSWER)
        self._rest = data[1 - len(ANSWER) :]
        self.answered += answers
        self._call(answers)

    def _call(self, count: int) -> None:
        size = len(self._calls)
        self._transport.write(
            b"".join(self._calls[(self._next + place) % size] for place in range(count))
        )
        self._next += count


class Listener(asyncio.Protocol):
    """A server's subscription, of which nothing is read."""

    def __init__(self, channels: list[str]) -> None:
        self._channels = channels

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        for start in range(0, len(self._channels), CHUNK):
            names = self._channels[start : start + CHUNK]
            cast(asyncio.Transport, transport).write(packed("SUBSCRIBE", *names))


async def calls() -> tuple[list[bytes], tuple[Argument, ...]]:
    """``updateMessage`` of each account as it goes to Valkey, and what loads its function."""
    capture = Capture()
    scripts = Scripts(capture, Lifetimes())
    drafts = Drafts(scripts)
    for number in range(ACCOUNTS):
        who = Identity(str(number), account_of(str(number), None), None, 2**33, "")
        command = UpdateMessage(profile_id="1001", type="chat", message=TEXT)
        await drafts.update(who, "0123456789abcdef", command)
    library = capture.library
    assert library is not None, "Scripts gave it"
    made = [
        as_function(packed(*command), library.heads[str(command[1])])
        for command in capture.commands
    ]
    return made, ("FUNCTION", "LOAD", f"#!lua name={library.name}\n{library.source}")


def packed(*command: Argument) -> bytes:
    """A command as it goes over the wire."""
    found: bytes = hiredis.pack_command(command)  # type: ignore[arg-type]  # typed as of one word
    return found


@contextlib.asynccontextmanager
async def carry(valkey: Valkey, listeners: int) -> AsyncIterator[list[Caller]]:
    """Callers at work, each account's channel having so many listeners."""
    commands, loading = await calls()
    redis = make_client(valkey.url)
    await redis.execute_command(*loading)
    await redis.aclose()
    channels = [keys.channel_of(account_of(str(n), None)) for n in range(ACCOUNTS)]
    loop, path = asyncio.get_running_loop(), valkey.url.removeprefix("unix://")
    callers = [Caller(commands, 13 * number) for number in range(CONNECTIONS)]
    transports: list[asyncio.BaseTransport] = []
    try:
        for protocol in (*(Listener(channels) for _ in range(listeners)), *callers):
            made = await loop.create_unix_connection(partial(_same, protocol), path)
            transports.append(made[0])
        yield callers
    finally:
        for transport in transports:
            transport.close()


def _same(protocol: asyncio.Protocol) -> asyncio.Protocol:
    return protocol


async def working(callers: list[Caller], seconds: float) -> Carried:
    """What they have got answered in this time. Raises LoadFailed when a call fails."""
    begun, before = time.perf_counter(), sum(one.answered for one in callers)
    await asyncio.sleep(seconds)
    took = time.perf_counter() - begun
    for caller in callers:
        if caller.failed:
            raise LoadFailed(caller.failed)
    answered = sum(one.answered for one in callers) - before
    if not answered:
        raise LoadFailed("nothing was answered as expected")
    return Carried(answered, took)
