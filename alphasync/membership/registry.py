"""Where each server can be reached by the others."""

import asyncio
import contextlib
from collections import OrderedDict

from alphasync.errors import StoreUnavailable
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks

ADDRESS_TTL = 180.0
"""Seconds that an entry outlives its server: a name is never used again, so nobody is misled."""
ADDRESS_RENEW_INTERVAL = 60.0
"""Seconds between two renewals: two may fail before the entry ends."""
ADDRESSES_MAX = 1024
"""Addresses that are remembered. A name is never used again, so none of them can become wrong."""


class Registry:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._known: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._entry = self._address = ""
        self._tasks = Tasks()

    async def announce(self, name: str, host: str, port: int) -> None:
        """Say where this server listens, now and for as long as it runs. While Redis is away it is
        said as soon as it is back."""
        self._entry, self._address = keys.server(name), f"{host} {port}"
        try:
            with contextlib.suppress(StoreUnavailable):
                await self.say()
        finally:
            self._tasks.spawn(self._keep_saying(), "registry")

    async def find(self, name: str) -> tuple[str, int] | None:
        """Host and port of a server; None when it is gone, or when Redis cannot be asked."""
        if name not in self._known:
            try:
                raw = await self._pipeline.submit("GET", keys.server(name))
            except StoreUnavailable:
                return None
            if not isinstance(raw, bytes):
                return None
            host, _, port = raw.decode().rpartition(" ")
            self._known[name] = (host, int(port))
            if len(self._known) > ADDRESSES_MAX:
                self._known.popitem(last=False)
        return self._known[name]

    async def others(self, own: str) -> set[str]:
        """The names of the servers that live, but ``own``, as far as their leases say. Raises
        StoreUnavailable."""
        raw = await self._pipeline.submit("ZRANGE", keys.LEASES, "0", "-1")
        names = raw if isinstance(raw, list) else []
        found = {name.decode().partition(".")[0] for name in names if isinstance(name, bytes)}
        return found - {own}

    async def close(self) -> None:
        """Take the entry back: nobody is to ask a server that is gone."""
        await self._tasks.close()
        if self._entry:
            try:
                await self._pipeline.submit("DEL", self._entry)
            except StoreUnavailable:
                return  # it runs out by itself

    async def say(self) -> None:
        """Say once more where this server listens, as where Redis has lost what it had; nothing
        before it does. Raises StoreUnavailable."""
        if self._entry:
            ttl = str(round(ADDRESS_TTL * 1000))
            await self._pipeline.submit("SET", self._entry, self._address, "PX", ttl)

    async def _keep_saying(self) -> None:
        while True:
            await until_redis_answers(self.say)
            await asyncio.sleep(ADDRESS_RENEW_INTERVAL)
