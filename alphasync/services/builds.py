"""The consoles that servers have: each one's is in Redis, so that all of them can serve it.

In a rolling restart a page comes from one server and its files are asked of another. The name of a
build is a digest of what is in it.
"""

import asyncio

from alphasync.errors import StoreUnavailable
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks

BUILD_TTL = 2 * 86400
"""Seconds that a build outlives the last server that had it. A page asks for its files at once."""
RENEW_INTERVAL = 6 * 3600.0
"""Seconds between two renewals: a few may fail before a build runs out."""


class Builds:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._tasks = Tasks()

    def share(self, name: str, packed: bytes) -> None:
        """Put a build where the others find it, for as long as this server runs."""
        self._tasks.spawn(self._keep(name, packed), f"console {name}")

    async def find(self, name: str) -> bytes | None:
        """What another server has shared; None when nobody has, or when Redis cannot be asked."""
        try:
            raw = await self._pipeline.submit("GET", keys.console(name))
        except StoreUnavailable:
            return None
        return raw if isinstance(raw, bytes) else None

    async def close(self) -> None:
        """Say no more; what is shared runs out by itself."""
        await self._tasks.close()

    async def _keep(self, name: str, packed: bytes) -> None:
        command = ("SET", keys.console(name), packed, "EX", str(BUILD_TTL))
        while True:
            await until_redis_answers(self._pipeline.submit, *command)
            await asyncio.sleep(RENEW_INTERVAL)
