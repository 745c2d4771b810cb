"""The servers of a Redis Cluster: where to begin, and how to talk to each of them."""

from typing import Any

from redis.asyncio import RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection

from alphasync.store.redis.topology import Address
from alphasync.store.redis.urls import UnsupportedUrl, parse, redacted

SCHEMES = ("redis+cluster", "rediss+cluster")
URL_FORM = "redis+cluster://[[user]:password@]host:port[,host:port]"


class Nodes:
    """``arguments`` are for redis-py's connections. Raises UnsupportedUrl."""

    def __init__(self, url: str, **arguments: Any) -> None:
        parsed = parse(url)
        if parsed.path:
            raise UnsupportedUrl(f"expected {URL_FORM}, got {redacted(url)!r}")
        self.seeds = tuple(Address(host, port) for host, port in parsed.hosts)
        self._secure = parsed.tls is not None
        self._arguments = {**parsed.arguments(), **arguments}

    def connect(self, server: Address) -> AbstractConnection:
        """A connection that is not open yet."""
        make = SSLConnection if self._secure else Connection
        return make(host=server.host, port=server.port, **self._arguments)

    def client(self) -> RedisCluster:
        """For what needs no order: it asks by itself who serves what."""
        seeds = [ClusterNode(*server) for server in self.seeds]
        return RedisCluster(startup_nodes=seeds, ssl=self._secure, **self._arguments)
