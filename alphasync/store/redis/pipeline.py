"""What a pipeline to Redis promises, whichever kind of Redis it is: commands, replies, errors."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable
from typing import Protocol

import hiredis
import msgspec
import structlog
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ResponseError,
    TryAgainError,
)

from alphasync.errors import StoreUnavailable
from alphasync.store.redis.advice import plain
from alphasync.store.redis.functions import NOT_FOUND, Library

Argument = str | int | bytes
Reply = bytes | int | float | None | list["Reply"]

ANSWER_TIMEOUT = 1.0
"""Seconds until a command counts as failed: a device hears of it within 1.5 s."""
WATCH_INTERVAL = 0.2
"""Seconds between two looks for overdue commands."""
WAITING_MAX = 10_000
"""Commands that may wait to be sent; more are refused, so that a stall cannot eat the memory."""

NOT_NOW = (
    OutOfMemoryError,
    MasterDownError,
    ClusterDownError,
    TryAgainError,
    MovedError,
    AskError,
    NoPermissionError,
)
NOT_NOW_CODES = ("MISCONF", "NOREPLICAS", "BUSY", "ACL failure")
"""Error replies of a Redis that answers and cannot serve: memory or disk full, no primary, busy, a
right withheld, or the key is another server's by now. The first are classes of redis-py, which
leaves no code in their text."""

SCRIPT_CALLS = frozenset({"EVALSHA", "EVAL"})
"""Commands whose last argument is the lineage of the connection that they are written to."""

log = structlog.get_logger(__name__)


class Unconfirmed(StoreUnavailable):
    """The primary has carried a command out, and no Redis replica says that it has it, too: a
    failover may lose it."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__()


class ReplyError(Exception):
    """Redis answered with an error, which a correct program does not provoke."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(f"{kind}: {message}")


class Pipeline(Protocol):
    on_connect: tuple[tuple[Argument, ...], ...]
    """Commands for each new connection, before any other."""
    library: Library | None
    """Scripts that are called as functions over a connection whose Redis can do so."""
    publishes_with: str
    """The command that publishes an account's events."""

    @property
    def connected(self) -> bool:
        """Whether Redis answers at present."""

    @property
    def trouble(self) -> Exception | None:
        """What ended or prevented a connection last."""

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        """Queue a command. The future raises ReplyError, StoreUnavailable where it was not carried
        out, or UnknownOutcome.

        ``after``: an earlier command that Redis must have carried out before this one.
        """

    def confirmed(self, *command: Argument) -> Awaitable[Reply]:
        """As ``submit``, for what must not be lost by a failover: answered once enough Redis
        replicas have it. Keeps no order with what is submitted. Raises Unconfirmed, too."""

    def start(self) -> None: ...

    async def close(self) -> None: ...


class Entry(msgspec.Struct):
    command: tuple[Argument, ...]
    answer: asyncio.Future[Reply]
    since: float
    packed: bytes = b""
    """As it goes over a connection; that of a script call ends with NO_LINEAGE_PACKED."""
    as_function: bool = False
    """Whether it was written as the call of a function."""


def packed(commands: Iterable[tuple[Argument, ...]]) -> bytes:
    """Commands as they go over a connection."""
    # The annotation in hiredis is that of a tuple of one.
    return b"".join([hiredis.pack_command(command) for command in commands])  # type: ignore[arg-type]


def refuse(
    entry: Entry,
    error: type[StoreUnavailable] = StoreUnavailable,
    cause: BaseException | None = None,
) -> None:
    """Fail a command that is not answered yet. ``cause``: what Redis said, or is wrong with it."""
    if not entry.answer.done():
        entry.answer.set_exception(_caused(error, cause))
        entry.answer.exception()  # seen, also where the caller has been cancelled meanwhile


def fail(
    queue: deque[Entry], error: type[StoreUnavailable], cause: BaseException | None = None
) -> None:
    """Fail all of them."""
    for entry in queue:
        refuse(entry, error, cause)
    queue.clear()


def _caused(error: type[StoreUnavailable], cause: BaseException | None) -> StoreUnavailable:
    made = error()
    made.__cause__ = cause
    return made


def reply_error(error: ResponseError) -> ReplyError | StoreUnavailable:
    """What an error reply means for the caller: a fault of ours, or a Redis that cannot now."""
    if isinstance(error, NOT_NOW) or str(error).startswith(NOT_NOW_CODES):
        log.warning("redis refuses commands", error=plain(error))
        return _caused(StoreUnavailable, error)
    gone = isinstance(error, NoScriptError) or str(error) == NOT_FOUND
    return ReplyError("NOSCRIPT" if gone else "ERR", str(error))
