"""Who deals with an answer that takes milliseconds: one after the other, and others in between."""

import asyncio
from typing import Any

from alphasync.store import keys
from alphasync.store.redis.functions import Library
from alphasync.store.scripts.account_calls import audit_list
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes

READERS = 16


class AllAtOnce:
    """Stands for a pipeline: all that was asked is answered in one turn of the loop."""

    publishes_with = "PUBLISH"
    on_connect: tuple[Any, ...] = ()
    library: Library | None = None

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[Any]] = []

    async def submit(self, *_: Any) -> Any:
        self.asked.append(asyncio.get_running_loop().create_future())
        return await self.asked[-1]


async def most_in_a_turn(listed: bool) -> int:
    pipeline = AllAtOnce()
    scripts = Scripts(pipeline, Lifetimes())  # type: ignore[arg-type]
    turn = 0
    went_on: list[int] = []

    async def turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def reader(number: int) -> None:
        how = scripts.listed if listed else scripts.call
        names = keys.of_account(f"o:{number}")
        await how(
            audit_list(
                names,
                before="",
                since="",
                until_="",
                action="",
                operator="",
                profile="",
                outcome="",
                most=100,
            )
        )
        went_on.append(turn)

    counting = asyncio.create_task(turns())
    readers = [asyncio.create_task(reader(number)) for number in range(READERS)]
    while len(pipeline.asked) < READERS:
        await asyncio.sleep(0)
    for asked in pipeline.asked:
        asked.set_result([b"OK", [], b""])
    await asyncio.gather(*readers)
    counting.cancel()
    assert len(went_on) == READERS
    return max(map(went_on.count, went_on))


async def test_one_a_turn() -> None:
    assert await most_in_a_turn(listed=True) == 1
    assert await most_in_a_turn(listed=False) == READERS
