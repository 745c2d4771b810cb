"""answer_begin: a call with an idempotency key is carried out once."""

import asyncio

import pytest

from alphasync.domain.identity import Identity
from alphasync.errors import IdempotencyKeyReused, StillWorking
from alphasync.services.kept_answers import KeptAnswers
from alphasync.store.scripts import limits
from tests.scripts.bench import Bench, identity

KEYS_MAX = 3
AHEAD_MAX = 100
"""Milliseconds; more than there are calls in a test."""


class Counted:
    """What is to be done once."""

    def __init__(self, bench: Bench) -> None:
        self.times = 0
        self._kept = KeptAnswers(bench.scripts, KEYS_MAX)
        self._who = bench.who

    async def ask(self, key: str, asked: bytes = b"this", who: Identity | None = None) -> bytes:
        return await self._kept.once(who or self._who, key, asked, self._do)

    async def _do(self) -> bytes:
        self.times += 1
        return b'{"n":%d}' % self.times


async def earlier(bench: Bench, seconds: float) -> None:
    """All that was asked for is more than so much longer ago: this may be the same millisecond, and
    of several that were asked for in one each is noted a millisecond after the one before."""
    for name in await bench.client.hkeys(bench.names.answers):
        await bench.client.zincrby(bench.names.answer_times, -seconds * 1000 - AHEAD_MAX, name)


async def test_who_asks_again_is_told_the_same(bench: Bench) -> None:
    calls = Counted(bench)
    assert await calls.ask("a") == b'{"n":1}'
    assert bench.last("answer_begin") == "NEW"
    assert await calls.ask("a") == b'{"n":1}'
    assert bench.last("answer_begin") == "KNOWN"
    assert await calls.ask("b") == b'{"n":2}'


async def test_a_key_is_of_one_call_and_one_caller(bench: Bench) -> None:
    calls = Counted(bench)
    await calls.ask("a")
    with pytest.raises(IdempotencyKeyReused):
        await calls.ask("a", b"that")
    assert bench.last("answer_begin") == "OTHER"
    assert await calls.ask("a", b"that", identity("2")) == b'{"n":2}'


async def test_one_that_is_being_carried_out_is_waited_for(bench: Bench) -> None:
    kept = KeptAnswers(bench.scripts, KEYS_MAX)
    begun, ends = asyncio.Event(), asyncio.Event()

    async def slow() -> bytes:
        begun.set()
        await ends.wait()
        return b"{}"

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(kept.once(bench.who, "a", b"this", slow))
        await begun.wait()
        with pytest.raises(StillWorking):
            await kept.once(bench.who, "a", b"this", slow)
        assert bench.last("answer_begin") == "PENDING"
        ends.set()
    assert first.result() == b"{}"


async def test_one_whose_server_was_lost_is_carried_out_anew(bench: Bench) -> None:
    async def lost() -> bytes:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await KeptAnswers(bench.scripts, KEYS_MAX).once(bench.who, "a", b"this", lost)
    with pytest.raises(StillWorking):
        await Counted(bench).ask("a")
    await earlier(bench, limits.ANSWER_TIMEOUT)
    assert await Counted(bench).ask("a") == b'{"n":1}'


async def test_they_are_few_and_last_for_a_day(bench: Bench) -> None:
    calls, names = Counted(bench), bench.names
    for number in range(KEYS_MAX + 1):
        await calls.ask(str(number))
    assert await bench.client.zcard(names.answer_times) == KEYS_MAX
    assert await bench.client.hlen(names.answers) == KEYS_MAX
    assert await calls.ask(str(KEYS_MAX)) == b'{"n":4}'
    assert await calls.ask("0") == b'{"n":5}', "it was the oldest"
    for key in (names.answers, names.answer_times):
        assert 86_000 < await bench.ttl(key) <= limits.ANSWERS_TTL
    await earlier(bench, limits.ANSWERS_TTL)
    assert await calls.ask("0") == b'{"n":6}'
