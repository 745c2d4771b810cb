"""From ``REDIS_URL`` to a connected store."""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from alphasync.errors import StoreUnavailable
from alphasync.store.redis import nodes, sentinel, topology
from alphasync.store.redis.channels import RedisChannels
from alphasync.store.redis.cluster import ClusterPipeline
from alphasync.store.redis.confirmed import node_pipeline
from alphasync.store.redis.lines import Lines, OneLine, ShardLines
from alphasync.store.redis.memory import MemoryChannels, MemoryPipeline
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.redis.tide import Tide
from alphasync.store.redis.urls import UnsupportedUrl, check, redacted
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes

__all__ = [
    "MEMORY",
    "Store",
    "UnsupportedUrl",
    "make_client",
    "make_store",
    "redacted",
    "replicas_waited_for",
]

MEMORY = "memory://"
SINGLE = ("redis", "rediss", "unix")
SCHEMES = (*SINGLE, *sentinel.SCHEMES, *nodes.SCHEMES)
CONNECT_TIMEOUT = 1.0
"""Seconds."""
CONNECTIONS_MAX = 32
"""Of a pool; the ordered pipeline needs one."""


class Watch(Protocol):
    def start(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Store:
    """A Redis: the ordered pipeline for commands, a client for everything else, the scripts."""

    url: str
    client: Redis | RedisCluster
    pipeline: Pipeline
    scripts: Scripts
    lines: Lines
    watch: Watch | None = None
    """Where the primary may become another one while a connection is open, or its data older."""
    tide: Tide | None = None
    """Of one Redis: it is the watch."""

    def start(self) -> None:
        self.pipeline.start()
        if self.watch is not None:
            self.watch.start()

    async def ping(self, within: float = 1.5) -> None:
        """Raise StoreUnavailable when Redis does not answer."""
        try:
            async with asyncio.timeout(within):
                await self.client.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"Redis at {redacted(self.url)} does not answer") from error

    async def close(self) -> None:
        if self.watch is not None:
            await self.watch.close()
        await self.pipeline.close()
        await self.client.aclose()


def make_client(url: str) -> Redis | RedisCluster:
    """A client that answers a lost connection with an error and never sends a command twice."""
    if url.startswith(MEMORY):
        return _memory(url)
    scheme = url.partition("://")[0]
    if scheme in sentinel.SCHEMES:
        return Redis.from_pool(sentinel.sentinel_pool(url, **_pool_arguments())[0])
    if scheme in nodes.SCHEMES:
        return nodes.Nodes(url, **_arguments()).client()
    return Redis.from_pool(_pool(url))


def make_store(url: str, lifetimes: Lifetimes, wait_replicas: int | None = None) -> Store:
    """The store at ``url``; ``start`` connects it. Raises UnsupportedUrl.

    ``wait_replicas``: see ``replicas_waited_for``.
    """
    replicas = replicas_waited_for(url, wait_replicas)
    scheme = url.partition("://")[0]
    if scheme in sentinel.SCHEMES:
        return _sentinel_store(url, lifetimes, replicas)
    if scheme in nodes.SCHEMES:
        return _cluster_store(url, lifetimes, replicas)
    if url.startswith(MEMORY):
        return _memory_store(url, lifetimes)
    pool = _pool(url)
    tide = Tide()
    pipeline = node_pipeline(pool.make_connection, tide.lineage_of, replicas)
    tide.follow(pipeline)
    lines = _one_line(pool)
    scripts = Scripts(pipeline, lifetimes)
    return Store(url, Redis.from_pool(pool), pipeline, scripts, lines, tide, tide)


def replicas_waited_for(url: str, wanted: int | None) -> int:
    """How many replicas of Redis must have what a failover must not lose: what is wanted, or one
    where there are failovers."""
    if wanted is not None:
        return wanted
    return int(url.partition("://")[0] in (*sentinel.SCHEMES, *nodes.SCHEMES))


def _memory_store(url: str, lifetimes: Lifetimes) -> Store:
    client = _memory(url)
    pipeline = MemoryPipeline(client)
    lines = OneLine(lambda hear: MemoryChannels(client.pubsub(), hear))
    return Store(url, client, pipeline, Scripts(pipeline, lifetimes), lines)


def _sentinel_store(url: str, lifetimes: Lifetimes, replicas: int) -> Store:
    pool, sentinels = sentinel.sentinel_pool(url, **_pool_arguments())
    pipeline = node_pipeline(pool.make_connection, sentinel.lineage_of, replicas)
    scripts = Scripts(pipeline, lifetimes)
    lines = _one_line(pool)
    return Store(
        url, Redis.from_pool(pool), pipeline, scripts, lines, sentinel.PrimaryWatch(sentinels)
    )


def _cluster_store(url: str, lifetimes: Lifetimes, replicas: int) -> Store:
    known = nodes.Nodes(url, **_arguments())
    shards = topology.Topology(known.seeds, known.connect)
    pipeline = ClusterPipeline(
        shards,
        lambda primary: node_pipeline(
            lambda: known.connect(primary), topology.lineage_of, replicas
        ),
    )
    lines = ShardLines(shards, known.connect)
    return Store(url, known.client(), pipeline, Scripts(pipeline, lifetimes), lines, shards)


def _one_line(pool: ConnectionPool) -> OneLine:
    # The pool makes connections here; it does not lend them.
    return OneLine(lambda hear: RedisChannels(pool.make_connection(), hear))  # type: ignore[no-untyped-call]


def _memory(url: str) -> Redis:
    if url != MEMORY:
        raise UnsupportedUrl(f"expected nothing behind {MEMORY}")
    from fakeredis import FakeAsyncRedis  # noqa: PLC0415 - heavy, and not needed with a server

    return FakeAsyncRedis(protocol=2)


def _pool(url: str) -> ConnectionPool:
    if url.partition("://")[0] not in SINGLE:
        raise UnsupportedUrl(f"expected {', '.join(SCHEMES)} or memory, got {redacted(url)!r}")
    if not url.startswith("unix"):
        check(url)
    pool: ConnectionPool = BlockingConnectionPool.from_url(url, **_pool_arguments())
    return pool


def _arguments() -> dict[str, Any]:
    """For each of redis-py's connections."""
    return {
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "socket_connect_timeout": CONNECT_TIMEOUT,
    }


def _pool_arguments() -> dict[str, Any]:
    return {"max_connections": CONNECTIONS_MAX, **_arguments()}
