"""An ordered pipeline, and the connections that it makes."""

import asyncio
from collections.abc import Awaitable, Callable

from redis.asyncio.connection import AbstractConnection

from alphasync.errors import StoreUnavailable
from alphasync.store.redis.ordered import OrderedPipeline
from alphasync.store.redis.pipeline import Reply, ReplyError
from tests.harness import PATIENCE, wait_until
from tests.unit.store.redis.held import Held

LineageOf = Callable[[AbstractConnection], Awaitable[str]]


class Bench:
    """A pipeline and the connections that it made."""

    def __init__(self, lineage_of: LineageOf | None = None) -> None:
        self.made: list[Held] = []
        self.refuse = False
        self.pipeline = OrderedPipeline(self._make, lineage_of)

    def _make(self) -> AbstractConnection:
        self.made.append(Held(refuses=self.refuse))
        return self.made[-1]

    @property
    def connection(self) -> Held:
        return self.made[-1]

    async def connected(self) -> None:
        await wait_until(lambda: self.pipeline.connected, what="connected")

    async def written(self, count: int) -> None:
        await wait_until(
            lambda: len(self.connection.commands) >= count, what=f"{count} commands written"
        )

    async def submitted(self, *names: str) -> list[asyncio.Future[Reply]]:
        """Submit and wait until it is written."""
        before = len(self.connection.commands)
        futures = [self.pipeline.submit(name) for name in names]
        await self.written(before + len(names))
        return futures


async def outcome(future: asyncio.Future[Reply]) -> Reply | str:
    try:
        return await asyncio.wait_for(asyncio.shield(future), PATIENCE)
    except (StoreUnavailable, ReplyError) as error:
        return type(error).__name__
