"""The pipeline of memory://: the same answers as a server's, one after the other."""

from collections.abc import AsyncIterator

import pytest

from alphasync.store.connect import MEMORY, make_store
from alphasync.store.pipeline import Pipeline, ReplyError
from alphasync.store.scripts import Lifetimes


@pytest.fixture
async def pipeline() -> AsyncIterator[Pipeline]:
    store = make_store(MEMORY, Lifetimes())
    await store.client.flushall()
    store.start()
    yield store.pipeline
    await store.close()


async def test_replies_are_what_a_server_writes(pipeline: Pipeline) -> None:
    await pipeline.submit("HSET", "hash", "a", "1")
    await pipeline.submit("SADD", "set", "x")
    await pipeline.submit("ZADD", "zset", 5, "m")
    assert await pipeline.submit("HGETALL", "hash") == [b"a", b"1"]
    assert await pipeline.submit("SMEMBERS", "set") == [b"x"]
    assert await pipeline.submit("ZMSCORE", "zset", "m", "n") == [b"5", None]
    assert await pipeline.submit("SET", "key", "value") == b"OK"
    assert await pipeline.submit("GET", "none") is None
    assert await pipeline.submit("PTTL", "none") == -2


async def test_commands_are_carried_out_in_the_order_of_submission(pipeline: Pipeline) -> None:
    futures = [pipeline.submit("RPUSH", "list", n) for n in range(50)]
    assert [await future for future in futures] == list(range(1, 51))


async def test_an_error_fails_its_own_command_only(pipeline: Pipeline) -> None:
    await pipeline.submit("SET", "text", "value")
    wrong, right = pipeline.submit("HGETALL", "text"), pipeline.submit("GET", "text")
    with pytest.raises(ReplyError):
        await wrong
    assert await right == b"value"
    with pytest.raises(ReplyError) as error:
        await pipeline.submit("EVALSHA", "0" * 40, 0)
    assert error.value.kind == "NOSCRIPT"
