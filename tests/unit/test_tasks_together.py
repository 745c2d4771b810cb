"""Work that is waited for together."""

import asyncio

import pytest

from alphasync.tasks import all_of


async def test_one_that_fails_leaves_no_other_behind() -> None:
    go_on = asyncio.Event()
    ended: list[str] = []

    async def fails() -> None:
        raise ZeroDivisionError

    async def goes_on() -> None:
        await go_on.wait()
        ended.append("it")

    waiting = asyncio.create_task(all_of([goes_on(), fails()]))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    with pytest.raises(ZeroDivisionError):
        await waiting
    assert ended == ["it"]


async def test_all_go_well() -> None:
    await all_of(asyncio.sleep(0) for _ in range(3))
    await all_of([])
