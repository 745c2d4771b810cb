"""From ``REDIS_URL`` to a connected store."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from alphasync.errors import StoreUnavailable
from alphasync.store.channels import Channels, MemoryChannels, RedisChannels
from alphasync.store.pipeline import OrderedPipeline, Pipeline
from alphasync.store.scripts import Lifetimes, Scripts
from alphasync.store.serial import SerialPipeline

MEMORY = "memory://"
SCHEMES = ("redis", "rediss", "unix")
CONNECT_TIMEOUT = 1.0
"""Seconds."""


class UnsupportedUrl(ValueError):
    """``REDIS_URL`` names something that this server cannot talk to."""


@dataclass
class Store:
    """A Redis: the ordered pipeline for commands, a client for everything else, the scripts."""

    url: str
    client: Redis
    pipeline: Pipeline
    scripts: Scripts

    def channels(self) -> Channels:
        """A new subscription, not connected yet."""
        if self.url.startswith(MEMORY):
            return MemoryChannels(self.client.pubsub())
        return RedisChannels(self.client.connection_pool.make_connection())  # type: ignore[no-untyped-call]

    def start(self) -> None:
        self.pipeline.start()

    async def ping(self, within: float = 1.5) -> None:
        """Raise StoreUnavailable when Redis does not answer."""
        try:
            async with asyncio.timeout(within):
                await self.client.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"Redis at {redacted(self.url)} does not answer") from error

    async def close(self) -> None:
        await self.pipeline.close()
        await self.client.aclose()


def make_client(url: str) -> Redis:
    """A client that answers a lost connection with an error and never sends a command twice."""
    if url.startswith(MEMORY):
        from fakeredis import FakeAsyncRedis  # noqa: PLC0415 - heavy, and not needed with a server

        return FakeAsyncRedis(protocol=2)
    if urlsplit(url).scheme not in SCHEMES:
        raise UnsupportedUrl(f"expected {', '.join(SCHEMES)} or memory, got {redacted(url)!r}")
    pool: ConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=32,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_TIMEOUT,
    )
    return Redis.from_pool(pool)


def make_store(url: str, lifetimes: Lifetimes) -> Store:
    """The store at ``url``; ``start`` connects it. Raises UnsupportedUrl."""
    client = make_client(url)
    pipeline: Pipeline
    if url.startswith(MEMORY):
        pipeline = SerialPipeline(client)
    else:
        pipeline = OrderedPipeline(client.connection_pool.make_connection)
    return Store(url, client, pipeline, Scripts(pipeline, lifetimes))


def redacted(url: str) -> str:
    """``url`` without its password, for people to read."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"***@{host}").geturl()
