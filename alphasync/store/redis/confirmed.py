"""Commands that must not be lost by a failover: answered once Redis replicas have them, too."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.asyncio.connection import AbstractConnection

from alphasync.errors import StoreUnavailable
from alphasync.store.redis.advice import plain
from alphasync.store.redis.functions import Library
from alphasync.store.redis.ordered import OrderedPipeline
from alphasync.store.redis.pipeline import Argument, Entry, Reply, ReplyError, Unconfirmed

CONFIRM_TIMEOUT = 300
"""ms for replicas to say that they have a command: a hundred times what it takes on a network at
ease, and well below the time after which the command itself counts as unanswered."""

Connect = Callable[[], AbstractConnection]
LineageOf = Callable[[AbstractConnection], Awaitable[str]]

log = structlog.get_logger(__name__)


def node_pipeline(
    make_connection: Connect, lineage_of: LineageOf | None = None, replicas: int = 0
) -> "OrderedPipeline | ConfirmedPipeline":
    """The pipeline to one primary. ``replicas``: how many must have what is to be confirmed."""
    if replicas == 0:
        return OrderedPipeline(make_connection, lineage_of)
    return ConfirmedPipeline(make_connection, lineage_of, replicas)


class ConfirmedPipeline:
    """An ordered pipeline, and a second one for what is to be confirmed.

    WAIT holds up its connection until the replicas have answered or the time is over: nothing else
    may stand behind it.
    """

    publishes_with = "PUBLISH"

    def __init__(
        self, make_connection: Connect, lineage_of: LineageOf | None, replicas: int
    ) -> None:
        self._commands = OrderedPipeline(make_connection, lineage_of)
        self._claims = OrderedPipeline(make_connection, lineage_of)
        self._replicas = replicas

    @property
    def on_connect(self) -> tuple[tuple[Argument, ...], ...]:
        return self._commands.on_connect

    @on_connect.setter
    def on_connect(self, commands: tuple[tuple[Argument, ...], ...]) -> None:
        self._commands.on_connect = self._claims.on_connect = commands

    @property
    def library(self) -> Library | None:
        return self._commands.library

    @library.setter
    def library(self, library: Library | None) -> None:
        self._commands.library = self._claims.library = library

    @property
    def connected(self) -> bool:
        return self._commands.connected

    @property
    def trouble(self) -> Exception | None:
        return self._commands.trouble

    def start(self) -> None:
        self._commands.start()
        self._claims.start()

    async def close(self) -> None:
        await self._commands.close()
        await self._claims.close()

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        return self._commands.submit(*command, after=after)

    def enqueue(self, entry: Entry) -> None:
        self._commands.enqueue(entry)

    async def confirmed(self, *command: Argument) -> Reply:
        """One write and one wait: the command, and the question for the replicas behind it."""
        answer = self._claims.submit(*command)
        acknowledged = self._claims.submit("WAIT", self._replicas, CONFIRM_TIMEOUT)
        reply = await answer
        try:
            count = await acknowledged
        except (StoreUnavailable, ReplyError) as error:
            # An error is what a primary answers that has just been made a replica.
            log.warning("replicas not heard", error=plain(error))
            raise Unconfirmed(reply) from error
        if not isinstance(count, int) or count < self._replicas:
            raise Unconfirmed(reply)
        return reply
