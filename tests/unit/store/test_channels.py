"""Subscriptions on a connection that the test holds in its hand."""

from typing import cast

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse

from alphasync.store import keys
from alphasync.store.channels import Message, RedisChannels, ShardChannels
from alphasync.store.lines import ShardLines
from alphasync.store.topology import Address, Shard, Topology, View

EVENTS = keys.channel_of("o:1")


class Connection:
    """What the channels use of a connection."""

    def __init__(self) -> None:
        self.is_connected = False
        self.commands: list[tuple[str, ...]] = []
        self.replies: list[list[bytes]] = []

    async def connect(self) -> None:
        self.is_connected = True

    def pack_commands(self, commands: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        return commands

    async def send_packed_command(self, packed: list[tuple[str, ...]], check_health: bool) -> None:
        assert not check_health, "a health check would be a command of its own"
        self.commands += packed

    async def read_response(self, **_options: object) -> list[bytes]:
        return self.replies.pop(0)


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def shard(connection: Connection) -> ShardChannels:
    return ShardChannels(cast(AbstractConnection, connection))


async def test_one_server_takes_all_channels_at_once(connection: Connection) -> None:
    channels = RedisChannels(cast(AbstractConnection, connection))
    await channels.subscribe("a", "b")
    await channels.unsubscribe("a")
    assert connection.commands == [("SUBSCRIBE", "a", "b"), ("UNSUBSCRIBE", "a")]


async def test_a_shard_takes_the_channels_of_accounts_one_by_one(
    connection: Connection, shard: ShardChannels
) -> None:
    await shard.subscribe(EVENTS, keys.probe("7", "name"), "socketio")
    await shard.unsubscribe(EVENTS)
    assert connection.commands == [
        ("SSUBSCRIBE", EVENTS),
        ("SSUBSCRIBE", "as:probe:{7}:name"),
        ("SUBSCRIBE", "socketio"),
        ("SUNSUBSCRIBE", EVENTS),
    ]


async def test_what_a_shard_sends_reads_as_from_one_server(
    connection: Connection, shard: ShardChannels
) -> None:
    connection.replies = [
        [b"ssubscribe", b"a", b"1"],
        [b"smessage", b"a", b"text"],
        [b"message", b"b", b"text"],
    ]
    assert [await shard.read() for _ in range(3)] == [
        Message("subscribe", b"a", b"1"),
        Message("message", b"a", b"text"),
        Message("message", b"b", b"text"),
    ]


async def test_a_subscription_that_the_shard_ends_is_lost(
    connection: Connection, shard: ShardChannels
) -> None:
    """A slot has moved; where the replica itself has ended it, nothing is wrong."""
    await shard.unsubscribe(EVENTS)
    ended = [b"sunsubscribe", EVENTS.encode(), b"0"]
    connection.replies = [ended, ended]
    assert (await shard.read()).kind == "unsubscribe"
    with pytest.raises(InvalidResponse):
        await shard.read()


async def test_each_shard_has_a_line_and_each_channel_one_of_them() -> None:
    a, b = Address("10.0.0.1", 1), Address("10.0.0.1", 2)
    shards = frozenset({Shard(a, ((0, 8191), (8193, 16383))), Shard(b, ((8192, 8192),))})
    topology = Topology((a,), lambda _address: pytest.fail("not to be asked"))
    topology.learn(View(1, True, shards, frozenset({a, b})))
    lines = ShardLines(topology, lambda _address: pytest.fail("not to be opened"))
    found = lines.current()
    assert found.keys() == shards
    for line in found.values():
        carriers = [other for other in found.values() if other.carries(keys.probe(line.tag, "x"))]
        assert carriers == [line]
