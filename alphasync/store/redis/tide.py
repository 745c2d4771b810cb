"""Whether a Redis goes on from where this server last saw it, or was put back from an older copy.

Every server counts one number up, again and again, and remembers how far it has seen it. Where a
new connection finds it behind that, what came after the copy is lost: the lineage becomes another
one, so that every account begins a new epoch before anything else is written to it. What was lost
before any server has seen more than the copy has cannot be known here.
"""

import asyncio
import math

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from alphasync.errors import StoreUnavailable
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline, ReplyError
from alphasync.tasks import Tasks

RISE_INTERVAL = 2.0
"""Seconds between two counts: of what was lost, the last moments may go unnoticed."""
COUNTED_FOR = 2.5
"""Seconds after a count that came with the renewal of a lease, in which no other is needed."""

COUNT_JUMP = 1_000_000
"""How far the number of a Redis that was put back goes ahead: farther than anybody has seen."""

log = structlog.get_logger(__name__)


class Tide:
    """For one Redis; where there are failovers those make the lineage."""

    def __init__(self) -> None:
        self._seen = 0
        self._lineage = ""
        self._counted_at = -math.inf
        self._tasks = Tasks()

    def follow(self, pipeline: Pipeline) -> None:
        """``pipeline``: what to count over."""
        self._pipeline = pipeline

    def start(self) -> None:
        self._tasks.spawn(self._rise(), "redis-tide")

    async def close(self) -> None:
        await self._tasks.close()

    async def lineage_of(self, connection: AbstractConnection) -> str:
        """A ``t``, for a cluster has numbers of its own, and a number that only grows; '' on a
        Redis that was never put back."""
        # What others have counted meanwhile may be answered first, where there are connections
        # besides this one.
        seen = self._seen
        try:
            count = int(await _ask(connection, "INCR", keys.TIDE) or 0)
            if count <= seen:
                log.error(
                    "redis has older data than before: devices start anew, "
                    "and who was messaged since then may be messaged again"
                )
                # The others need not begin it once more.
                count = seen + COUNT_JUMP
                await _ask(connection, "SET", keys.TIDE, count)
                await _ask(connection, "SET", keys.LINEAGE, count)
            self._seen = max(self._seen, count)
            lineage = await _ask(connection, "GET", keys.LINEAGE)
            self._lineage = f"t{lineage.decode()}" if isinstance(lineage, bytes) else ""
        except ResponseError:
            # One that takes no writes now is still worth a connection, which says so.
            return self._lineage
        return self._lineage

    def counted(self, count: int) -> None:
        """It was counted up with something else, over the same pipeline."""
        self._seen, self._counted_at = count, asyncio.get_running_loop().time()

    async def _rise(self) -> None:
        while True:
            if asyncio.get_running_loop().time() - self._counted_at >= COUNTED_FOR:
                try:
                    count = await self._pipeline.submit("INCR", keys.TIDE)
                    self._seen = count if isinstance(count, int) else self._seen
                except (StoreUnavailable, ReplyError):
                    pass  # it is away, or takes no writes: others say so
            await asyncio.sleep(RISE_INTERVAL)


async def _ask(connection: AbstractConnection, *command: str | int) -> bytes | int | None:
    await connection.send_command(*command, check_health=False)
    answer: bytes | int | None = await connection.read_response(disable_decoding=True)
    return answer
