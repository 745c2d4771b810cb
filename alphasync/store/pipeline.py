"""One ordered stream of commands to Redis per replica.

Commands are written in the order in which they were submitted, many to one write, and answered in
that order. ``submit`` itself never awaits: a handler that submits before it first awaits anything
keeps its place. A command that is not answered in time fails; while Redis stalls nothing new is
sent behind it, so that no command can overtake one that may still be carried out.
"""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import hiredis
import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import (
    ClusterDownError,
    InvalidResponse,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from alphasync.errors import StoreUnavailable
from alphasync.tasks import Tasks

Argument = str | int | bytes
Reply = bytes | int | float | None | list["Reply"]

ANSWER_WITHIN = 1.0
"""Seconds until a command counts as failed: a device hears of it within 1.5 s."""
WATCH_EVERY = 0.2
"""Seconds between two looks for overdue commands."""
STALL_LIMIT = 10.0
"""Seconds without an answer after which the connection is given up: the peer may be gone without
a word. Shorter stalls keep it, because its order would be lost with it."""
CONNECT_WITHIN = 2.0
"""Seconds for one attempt to connect, loading the scripts included."""
BACKOFF_MAX = 1.0
"""Seconds between two attempts, at most: Redis is on the road of every event."""
WAITING_MAX = 10_000
"""Commands that may wait to be sent; more are refused, so that a stall cannot eat the memory."""

NOT_NOW = (OutOfMemoryError, MasterDownError, ClusterDownError, TryAgainError)
NOT_NOW_CODES = ("MISCONF", "NOREPLICAS", "BUSY")
"""Error replies of a Redis that answers and cannot serve: memory or disk full, no primary, busy.
The first are classes of redis-py, which leaves no code in their text."""

log = structlog.get_logger(__name__)


class ReplyError(Exception):
    """Redis answered with an error, which a correct program does not provoke."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(f"{kind}: {message}")


class Pipeline(Protocol):
    on_connect: tuple[tuple[Argument, ...], ...]
    """Commands for each new connection, before any other."""

    @property
    def connected(self) -> bool:
        """Whether Redis answers at present."""

    def submit(self, *command: Argument) -> asyncio.Future[Reply]:
        """Queue a command. The future raises StoreUnavailable or ReplyError."""

    def start(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class Entry:
    command: tuple[Argument, ...]
    answer: asyncio.Future[Reply]
    since: float


class OrderedPipeline:
    """The pipeline over one connection of its own, which it makes anew when it breaks."""

    def __init__(self, make_connection: Callable[[], AbstractConnection]) -> None:
        self.on_connect: tuple[tuple[Argument, ...], ...] = ()
        self._make_connection = make_connection
        self._connection: AbstractConnection | None = None
        self._waiting: deque[Entry] = deque()
        self._sent: deque[Entry] = deque()
        self._stalled = False
        self._wake = asyncio.Event()
        self._tasks = Tasks()

    @property
    def connected(self) -> bool:
        return self._connection is not None and not self._stalled

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks.spawn(self._keep_connected(), "redis-pipeline")
        self._tasks.spawn(self._watch(), "redis-pipeline-watch")

    async def close(self) -> None:
        await self._tasks.close()
        self._fail(self._sent)
        self._fail(self._waiting)

    def submit(self, *command: Argument) -> asyncio.Future[Reply]:
        loop = self._loop
        answer: asyncio.Future[Reply] = loop.create_future()
        if len(self._waiting) >= WAITING_MAX:
            answer.set_exception(StoreUnavailable())
        else:
            self._waiting.append(Entry(command, answer, loop.time()))
            self._wake.set()
        return answer

    async def _keep_connected(self) -> None:
        attempt = 0
        while True:
            connection = self._make_connection()
            try:
                async with asyncio.timeout(CONNECT_WITHIN):
                    await self._prepare(connection)
                attempt = 0
                self._connection = connection
                self._wake.set()
                await self._serve(connection)
            except (RedisError, OSError, TimeoutError, UnicodeEncodeError) as error:
                # The last: a text that is no Unicode. It fails with its batch; the next ones work.
                attempt += 1
                log.warning("redis connection lost", error=str(error), attempt=attempt)
            finally:
                self._connection = None
                self._stalled = False
                await connection.disconnect(nowait=True)
                self._fail(self._sent)
            await asyncio.sleep(backoff(attempt))

    async def _prepare(self, connection: AbstractConnection) -> None:
        await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
        if self.on_connect:
            await connection.send_packed_command(_packed(self.on_connect), check_health=False)
            for _ in self.on_connect:
                await connection.read_response(timeout=math.inf)

    async def _serve(self, connection: AbstractConnection) -> None:
        """Write and read until one of the two fails; raises its error."""
        tasks = [
            asyncio.create_task(self._write(connection), name="redis-pipeline-write"),
            asyncio.create_task(self._read(connection), name="redis-pipeline-read"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, connection: AbstractConnection) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._stalled:
                continue
            batch = [entry for entry in self._waiting if not entry.answer.done()]
            self._waiting.clear()
            if batch:
                self._sent.extend(batch)
                packed = _packed([entry.command for entry in batch])
                await connection.send_packed_command(packed, check_health=False)

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            reply: Reply = None
            error: ResponseError | None = None
            try:
                reply = await connection.read_response(timeout=math.inf, disable_decoding=True)
            except ReadOnlyError:
                raise  # this is no longer the primary: find the one that is
            except ResponseError as refused:
                error = refused
            if not self._sent:
                raise InvalidResponse("a reply that nobody asked for")
            entry = self._sent.popleft()
            if self._stalled:
                self._stalled = False
                self._wake.set()
            if entry.answer.done():
                continue  # answered too late, or the caller is gone
            if error is None:
                entry.answer.set_result(reply)
            else:
                entry.answer.set_exception(reply_error(error))

    async def _watch(self) -> None:
        """Fail what is overdue, and give up a connection that stalls for too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_EVERY)
            now = loop.time()
            for queue in (self._sent, self._waiting):
                for entry in queue:
                    if now - entry.since < ANSWER_WITHIN:
                        break
                    _refuse(entry)
            while self._waiting and self._waiting[0].answer.done():
                self._waiting.popleft()
            if self._sent and now - self._sent[0].since >= ANSWER_WITHIN:
                self._stalled = True
                if now - self._sent[0].since >= STALL_LIMIT and self._connection:
                    await self._connection.disconnect(nowait=True)

    @staticmethod
    def _fail(queue: deque[Entry]) -> None:
        for entry in queue:
            _refuse(entry)
        queue.clear()


def _packed(commands: Iterable[tuple[Argument, ...]]) -> bytes:
    # The annotation in hiredis is that of a tuple of one.
    return b"".join([hiredis.pack_command(command) for command in commands])  # type: ignore[arg-type]


def _refuse(entry: Entry) -> None:
    if not entry.answer.done():
        entry.answer.set_exception(StoreUnavailable())
        entry.answer.exception()  # seen, also where the caller has been cancelled meanwhile


def reply_error(error: ResponseError) -> ReplyError | StoreUnavailable:
    """What an error reply means for the caller: a fault of ours, or a Redis that cannot now."""
    if isinstance(error, NOT_NOW) or str(error).startswith(NOT_NOW_CODES):
        log.warning("redis refuses commands", error=str(error))
        return StoreUnavailable()
    kind = "NOSCRIPT" if isinstance(error, NoScriptError) else "ERR"
    return ReplyError(kind, str(error))


def backoff(attempt: int) -> float:
    """Seconds to wait before an attempt, with jitter so that replicas do not come all at once."""
    if attempt == 0:
        return 0.0
    ceiling = min(BACKOFF_MAX, 0.05 * 2**attempt)
    return random.uniform(ceiling / 2, ceiling)
