"""Which server of a Redis Cluster serves which slots, asked for again and again."""

import asyncio
import math
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse, ReadOnlyError, RedisError

from alphasync.store.redis.advice import plain
from alphasync.store.redis.attempts import backoff
from alphasync.tasks import Tasks

LOOK_INTERVAL = 0.5
"""Seconds between two looks: one small question, and a failover is known soon."""
ANSWER_TIMEOUT = 1.0
"""Seconds for one server to answer, connecting included; then another one is asked."""

EPOCH_TTL = 10.0
"""Seconds without a good answer after which one of an earlier epoch is good, too: the cluster may
have been made anew."""

log = structlog.get_logger(__name__)


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Shard:
    """A primary and what it serves. One whose slots change is another shard."""

    primary: Address
    ranges: tuple[tuple[int, int], ...]
    """First and last slot of each."""

    def serves(self, slot: int) -> bool:
        return any(first <= slot <= last for first, last in self.ranges)


class View(NamedTuple):
    """What one server says of its cluster."""

    epoch: int
    """The cluster's: a server that has not heard of the newest failover is behind."""
    whole: bool
    """Whether it sees the majority, and every slot served."""
    shards: frozenset[Shard]
    servers: frozenset[Address]


class Topology:
    """The shards as of the last look. ``connect`` makes a connection to a server."""

    def __init__(
        self,
        seeds: tuple[Address, ...],
        connect: Callable[[Address], AbstractConnection],
    ) -> None:
        self.shards: frozenset[Shard] = frozenset()
        self.trouble: Exception | None = None
        """Why the last look failed, where it did."""
        self._seeds = seeds
        self._servers = frozenset(seeds)
        self._connect = connect
        self._epoch = 0
        self._learned_at = 0.0
        self._begins: list[int] = []
        self._owners: list[Shard] = []
        self._listeners: list[Callable[[], None]] = []
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._keep_looking(), "redis-topology")

    async def close(self) -> None:
        await self._tasks.close()

    def shard_of(self, slot: int) -> Shard | None:
        place = bisect_right(self._begins, slot) - 1
        if place < 0 or not self._owners[place].serves(slot):
            return None
        return self._owners[place]

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have a function called after each change."""
        self._listeners.append(listener)

    def learn(self, view: View) -> None:
        """Believe a view, unless the server is cut off or behind."""
        now = asyncio.get_running_loop().time()
        behind = view.epoch < self._epoch and now - self._learned_at < EPOCH_TTL
        if behind or not view.whole:
            raise InvalidResponse("a server that is cut off from its cluster, or behind")
        self._epoch, self._learned_at = view.epoch, now
        # Those of the setting stay: all others may be replaced while nobody looks.
        self._servers = view.servers.union(self._seeds)
        if view.shards == self.shards:
            return
        if self.shards:
            log.info("redis shards", primaries=sorted(str(shard.primary) for shard in view.shards))
        self.shards = view.shards
        parts = sorted((first, shard) for shard in view.shards for first, _ in shard.ranges)
        self._begins = [first for first, _ in parts]
        self._owners = [shard for _, shard in parts]
        for listener in self._listeners:
            listener()

    async def _keep_looking(self) -> None:
        attempt = 0
        while True:
            address = random.choice(list(self._servers))
            connection = self._connect(address)
            try:
                while True:
                    async with asyncio.timeout(ANSWER_TIMEOUT):
                        self.learn(await _ask(connection, address))
                    attempt, self.trouble = 0, None
                    await asyncio.sleep(random.uniform(0.8, 1.2) * LOOK_INTERVAL)
            except (RedisError, OSError, TimeoutError) as error:
                attempt += 1
                self.trouble = error
                log.warning(
                    "no word of the redis shards",
                    server=str(address),
                    error=plain(error),
                    attempt=attempt,
                )
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(backoff(attempt))


async def lineage_of(connection: AbstractConnection) -> str:
    """The number under which a primary has its slots: another one after each failover."""
    info, role = await _answers(connection, ("CLUSTER", "INFO"), ("ROLE",))
    if role[0] != b"master":
        raise ReadOnlyError("this is no primary any more")
    return _state(info)["cluster_my_epoch"]


async def _ask(connection: AbstractConnection, address: Address) -> View:
    if not connection.is_connected:
        await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
    return read_view(
        address, *await _answers(connection, ("CLUSTER", "INFO"), ("CLUSTER", "SLOTS"))
    )


async def _answers(connection: AbstractConnection, *questions: tuple[str, ...]) -> list[Any]:
    packed = connection.pack_commands(questions)
    await connection.send_packed_command(packed, check_health=False)
    return [
        await connection.read_response(timeout=math.inf, disable_decoding=True) for _ in questions
    ]


def _state(info: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in info.decode().splitlines())
    return {name: value for name, _, value in lines}


def read_view(asked: Address, info: bytes, slots: list[list[Any]]) -> View:
    """From CLUSTER INFO and CLUSTER SLOTS: rows of first slot, last slot, primary, replicas."""
    state = _state(info)
    ranges: dict[Address, list[tuple[int, int]]] = {}
    servers: set[Address] = set()
    for first, last, primary, *replicas in slots:
        address = _address(asked, primary)
        ranges.setdefault(address, []).append((first, last))
        servers.update([address], (_address(asked, replica) for replica in replicas))
    return View(
        epoch=int(state["cluster_current_epoch"]),
        whole=state["cluster_state"] == "ok",
        shards=frozenset(Shard(primary, tuple(sorted(r))) for primary, r in ranges.items()),
        servers=frozenset(servers),
    )


def _address(asked: Address, server: list[Any]) -> Address:
    """A server that does not know its own name has the one that it was asked by."""
    host, port = server[0], server[1]
    return Address(host.decode() if host else asked.host, port)
