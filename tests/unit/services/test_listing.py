"""Whose turn it is to read a list."""

import asyncio

import pytest

from alphasync.errors import TooManyRequests
from alphasync.services.listing import READERS_MAX, ListTurns


async def test_one_of_an_account_reads_at_a_time_and_others_do_not_wait_for_it() -> None:
    turns, order = ListTurns(), list[str]()
    may_end = asyncio.Event()

    async def read(account: str, name: str) -> None:
        async with turns.of(account):
            order.append(name)
            if name == "first":
                await may_end.wait()

    async with asyncio.TaskGroup() as group:
        for account, name in (("a", "first"), ("a", "second"), ("a", "third"), ("b", "other")):
            group.create_task(read(account, name), name=name)
        while "other" not in order:
            await asyncio.sleep(0)
        assert order == ["first", "other"]
        may_end.set()
    assert order == ["first", "other", "second", "third"]


async def test_who_is_one_too_many_is_refused_until_somebody_is_through() -> None:
    turns = ListTurns()

    async def read() -> None:
        async with turns.of("a"):
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for number in range(READERS_MAX):
            group.create_task(read(), name=str(number))
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests) as refused:
            await read()
        assert refused.value.details == {"retryAfter": 1}
    await read()
