"""Subscriptions on a connection that the test holds in its hand."""

from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, RedisError, ResponseError

from alphasync.store import keys
from alphasync.store.redis.channels import Message, RedisChannels, ShardChannels
from alphasync.store.redis.lines import ShardLines
from alphasync.store.redis.pipeline import Reply
from alphasync.store.redis.topology import Address, Shard, Topology, View
from tests.unit.store.redis.held import Held

EVENTS = keys.channel_of("o:1")


@pytest.fixture
def connection() -> Held:
    return Held()


@pytest.fixture
def heard() -> list[Message]:
    return []


@pytest.fixture
async def shard(connection: Held, heard: list[Message]) -> AsyncIterator[ShardChannels]:
    shard = ShardChannels(connection, heard.append)
    yield shard
    await shard.close()


async def test_one_server_takes_all_channels_at_once(
    connection: Held, heard: list[Message]
) -> None:
    channels = RedisChannels(connection, heard.append)
    await channels.subscribe("a", "b")
    await channels.unsubscribe("a")
    assert connection.commands == [("SUBSCRIBE", "a", "b"), ("UNSUBSCRIBE", "a")]
    await channels.close()


@pytest.mark.parametrize("kind", [RedisChannels, ShardChannels])
async def test_a_channel_that_cannot_be_written_fails_alone(
    connection: Held, heard: list[Message], kind: type[RedisChannels]
) -> None:
    """Also among all others, as at each new connection: they are to be heard all the same."""
    channels = kind(connection, heard.append)
    await channels.subscribe("a", "o:\ud800", "b")
    with pytest.raises(ValueError, match="no names"):
        await channels.subscribe("o:\ud800")
    await channels.subscribe("c")
    asked = [name for _, *names in connection.commands for name in names]
    assert asked == ["a", "b", "c"]
    await channels.close()


async def test_a_shard_takes_the_channels_of_accounts_one_by_one(
    connection: Held, shard: ShardChannels
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
    connection: Held, shard: ShardChannels, heard: list[Message]
) -> None:
    await shard.subscribe("a")
    connection.answer(
        [b"ssubscribe", b"a", b"1"],
        [b"smessage", b"a", b"text"],
        [b"message", b"b", b"text"],
    )
    assert heard == [
        Message("subscribe", b"a", b"1"),
        Message("message", b"a", b"text"),
        Message("message", b"b", b"text"),
    ]


async def test_a_subscription_that_the_shard_ends_is_lost(
    connection: Held, shard: ShardChannels, heard: list[Message]
) -> None:
    """A slot has moved; where the replica itself has ended it, nothing is wrong."""
    await shard.subscribe(EVENTS)
    await shard.unsubscribe(EVENTS)
    ended: Reply = [b"sunsubscribe", EVENTS.encode(), b"0"]
    connection.answer(ended)
    assert [message.kind for message in heard] == ["unsubscribe"]
    connection.answer(ended)
    with pytest.raises(InvalidResponse):
        await shard.lost()


@pytest.mark.parametrize("reply", [b"no list", [b"message", b"too short"], ResponseError("ERR no")])
async def test_what_is_no_message_ends_the_subscription(
    connection: Held, shard: ShardChannels, reply: Reply | Exception
) -> None:
    await shard.subscribe(EVENTS)
    connection.answer(reply)
    with pytest.raises(RedisError):
        await shard.lost()
    assert connection.disconnected


async def test_a_lost_subscription_takes_no_channel_more(
    connection: Held, shard: ShardChannels
) -> None:
    await shard.subscribe(EVENTS)
    connection.answer(ConnectionLost("cut"))
    for _ in range(2):  # before it has been told, and after
        with pytest.raises(ConnectionLost):
            await shard.subscribe("another")
        with pytest.raises(ConnectionLost, match="cut"):
            await shard.lost()


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
