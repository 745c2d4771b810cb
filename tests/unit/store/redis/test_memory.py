"""The pipeline of memory://: the same answers as a server's, one after the other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from alphasync.store.connect import MEMORY, make_store
from alphasync.store.redis.pipeline import Pipeline, ReplyError
from alphasync.store.scripts.limits import Lifetimes


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


@pytest.mark.parametrize("odd", [True, 2**64, None, "\ud800", [1], 1.5])
async def test_what_cannot_be_packed_fails_alone(pipeline: Pipeline, odd: Any) -> None:
    """And whatever a server takes of it: what comes behind it is carried out."""
    before = pipeline.submit("SET", "key", "before")
    strange = pipeline.submit("SET", "strange", odd)
    behind = pipeline.submit("GET", "key")
    await asyncio.wait([strange], timeout=5)
    assert strange.done(), "it has an answer, whichever"
    if strange.exception() is not None:
        assert not isinstance(strange.exception(), asyncio.CancelledError)
    assert (await before, await behind) == (b"OK", b"before")
