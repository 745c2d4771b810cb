"""Which command goes to which shard, and when."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.crc import key_slot

from alphasync.errors import StoreUnavailable
from alphasync.store import keys
from alphasync.store.redis.cluster import ClusterPipeline, slot_of
from alphasync.store.redis.functions import Library
from alphasync.store.redis.pipeline import Argument, Entry, Reply
from alphasync.store.redis.topology import Address, Shard, Topology, View

A, B, C = (Address("10.0.0.1", port) for port in (1, 2, 3))
LIBRARY = Library("alphasync", "digest", "source", "trial", {})
LOW, HIGH = ((0, 8191),), ((8192, 16383),)
IN_LOW, IN_HIGH = "bar", "foo"
assert key_slot(IN_LOW.encode()) <= 8191 < key_slot(IN_HIGH.encode())


class Node:
    """A pipeline to one primary that answers when the test says so."""

    publishes_with = "PUBLISH"

    def __init__(self) -> None:
        self.on_connect: tuple[tuple[Argument, ...], ...] = ()
        self.library: Library | None = None
        self.connected = False
        self.trouble: Exception | None = None
        self.closed = False
        self.entries: list[Entry] = []

    def start(self) -> None:
        self.connected = True

    async def close(self) -> None:
        self.connected = False
        self.closed = True

    def enqueue(self, entry: Entry) -> None:
        self.entries.append(entry)

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        raise AssertionError("a cluster's order is kept above its shards")

    async def confirmed(self, *command: Argument) -> Reply:
        return f"confirmed {command[0]!s}".encode()

    @property
    def commands(self) -> list[tuple[Argument, ...]]:
        return [entry.command for entry in self.entries]


class Bench:
    def __init__(self) -> None:
        self.topology = Topology((A,), lambda _address: pytest.fail("not to be asked"))
        self.nodes: dict[Address, Node] = {}
        self.pipeline = ClusterPipeline(self.topology, self._make)
        self.pipeline.on_connect = (("SCRIPT", "LOAD", "…"),)
        self.pipeline.library = LIBRARY
        self._epoch = 0

    def _make(self, address: Address) -> Node:
        self.nodes[address] = Node()
        return self.nodes[address]

    def learn(self, *shards: Shard) -> None:
        self._epoch += 1
        self.topology.learn(View(self._epoch, True, frozenset(shards), frozenset()))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.pipeline.start()
    yield bench
    await bench.pipeline.close()


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("GET", "foo"), "foo"),
        (("SADD", "as:{replicas}:of:1", b"member"), "replicas"),
        (("EVALSHA", "digest", 2, "as:{o:1}:meta", "as:{o:1}:log", "argument"), "o:1"),
        (("EVAL", "source", 1, "as:{o:1}:meta"), "o:1"),
        (("SPUBLISH", "as:events:{o:1}", "…"), "o:1"),
        (("PUBLISH", "socketio", "…"), "socketio"),
    ],
)
def test_the_slot_of_a_command(command: tuple[Argument, ...], key: str) -> None:
    assert slot_of(command) == key_slot(key.encode())


def test_an_account_and_its_channel_are_in_one_slot() -> None:
    names = keys.of_account("t:some%20team")
    slots = {key_slot(name.encode()) for name in (names.meta, names.log, names.channel)}
    assert len(slots) == 1


async def test_commands_wait_until_the_shards_are_known(bench: Bench) -> None:
    bench.pipeline.submit("GET", IN_LOW)
    bench.pipeline.submit("GET", IN_HIGH)
    bench.pipeline.submit("DEL", IN_LOW)
    before = bench.pipeline.connected
    bench.learn(Shard(A, LOW), Shard(B, HIGH))
    assert (before, bench.pipeline.connected) == (False, True)
    await asyncio.sleep(0)
    assert bench.nodes[A].commands == [("GET", IN_LOW), ("DEL", IN_LOW)]
    assert bench.nodes[B].commands == [("GET", IN_HIGH)]
    assert bench.nodes[A].on_connect == (("SCRIPT", "LOAD", "…"),)
    assert bench.nodes[A].library is LIBRARY


async def test_a_failover_leaves_the_other_shards_alone(bench: Bench) -> None:
    bench.learn(Shard(A, LOW), Shard(B, HIGH))
    low, high = bench.nodes[A], bench.nodes[B]
    bench.learn(Shard(A, LOW), Shard(C, HIGH))
    bench.pipeline.submit("GET", IN_LOW)
    bench.pipeline.submit("GET", IN_HIGH)
    assert (len(low.commands), len(high.commands), len(bench.nodes[C].commands)) == (1, 0, 1)
    await asyncio.sleep(0.01)
    assert high.closed
    assert not low.closed


async def test_a_slot_that_nobody_serves(bench: Bench) -> None:
    bench.learn(Shard(A, LOW))
    with pytest.raises(StoreUnavailable):
        await bench.pipeline.submit("GET", IN_HIGH)
    with pytest.raises(StoreUnavailable):
        await bench.pipeline.confirmed("EVALSHA", "digest", 1, IN_HIGH)


async def test_a_command_waits_for_one_of_another_shard(bench: Bench) -> None:
    bench.learn(Shard(A, LOW), Shard(B, HIGH))
    noted = bench.pipeline.submit("SADD", IN_HIGH, "note")
    bench.pipeline.submit("SET", IN_LOW, "what is noted", after=noted)
    bench.pipeline.submit("GET", IN_LOW)
    assert bench.nodes[A].commands == []
    bench.nodes[B].entries[0].answer.set_result(1)
    await noted
    await asyncio.sleep(0)
    assert bench.nodes[A].commands == [("SET", IN_LOW, "what is noted"), ("GET", IN_LOW)]


async def test_a_command_after_one_that_failed_is_never_sent(bench: Bench) -> None:
    bench.learn(Shard(A, LOW), Shard(B, HIGH))
    noted = bench.pipeline.submit("SADD", IN_HIGH, "note")
    told = bench.pipeline.submit("SET", IN_LOW, "what is noted", after=noted)
    bench.nodes[B].entries[0].answer.set_exception(StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        await told
    assert bench.nodes[A].commands == []


async def test_what_is_confirmed_goes_where_its_keys_are(bench: Bench) -> None:
    bench.learn(Shard(A, LOW), Shard(B, HIGH))
    assert await bench.pipeline.confirmed("EVALSHA", "digest", 1, IN_LOW) == b"confirmed EVALSHA"
