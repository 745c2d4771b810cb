"""The number that servers count up, over a connection that answers from a dictionary."""

import asyncio
from typing import Any, cast

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ReadOnlyError, ResponseError

from alphasync.store import keys
from alphasync.store.redis.tide import Tide


class Data:
    """A Redis that knows three commands, and may refuse to write."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.refuses: ResponseError | None = None
        self._answer: bytes | int | None = None

    async def send_command(self, name: str, key: str, *given: int, check_health: bool) -> None:
        assert not check_health
        if name == "GET":
            found = self.values.get(key)
            self._answer = None if found is None else b"%d" % found
        else:
            self.values[key] = given[0] if name == "SET" else self.values.get(key, 0) + 1
            self._answer = self.values[key]

    async def read_response(self, *, disable_decoding: bool) -> Any:
        assert disable_decoding
        if self.refuses:
            raise self.refuses
        return self._answer


async def asked(tide: Tide, data: Data) -> str:
    return await tide.lineage_of(cast(AbstractConnection, data))


def number(lineage: str) -> int:
    assert lineage.startswith("t")
    return int(lineage[1:])


async def test_a_redis_that_goes_on_has_no_lineage() -> None:
    data, tide = Data(), Tide()
    for _ in range(3):
        assert await asked(tide, data) == ""
    assert await asked(Tide(), data) == "", "nor has it for one that comes later"


async def test_one_that_went_back_has_another_one_each_time_and_the_same_for_all() -> None:
    data, first, second = Data(), Tide(), Tide()
    before = "t0"
    for _ in range(3):
        for _ in range(5):
            await asked(first, data)
            await asked(second, data)
        data.values[keys.TIDE] -= 4
        lineage = await asked(first, data)
        assert number(lineage) > number(before)
        assert await asked(second, data) == await asked(Tide(), data) == lineage
        before = lineage


async def test_also_where_the_copy_does_not_know_of_the_time_before_that() -> None:
    data, tide = Data(), Tide()
    await asked(tide, data)
    copy = dict(data.values)
    lineages = ["t0"]
    for _ in range(3):
        await asked(tide, data)
        data.values = dict(copy)
        lineages.append(await asked(tide, data))
    assert lineages == sorted(set(lineages), key=number)


@pytest.mark.parametrize("error", [ReadOnlyError("no"), ResponseError("OOM")])
async def test_one_that_takes_no_writes_is_as_it_was(error: ResponseError) -> None:
    data, tide = Data(), Tide()
    await asked(tide, data)
    data.values.clear()
    lineage = await asked(tide, data)
    assert lineage
    data.refuses = error
    assert await asked(tide, data) == lineage


class Late(Data):
    """One more connection to the same Redis, whose answers arrive when they may."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.values = data.values
        self.arrived = asyncio.Event()

    async def read_response(self, *, disable_decoding: bool) -> Any:
        answer = self._answer
        await self.arrived.wait()
        return answer


async def test_answers_of_two_connections_may_arrive_in_any_order() -> None:
    """As where claims have a connection of their own, and both begin anew at once."""
    data, tide = Data(), Tide()
    await asked(tide, data)
    late = Late(data)
    asking = asyncio.create_task(asked(tide, late))
    await asyncio.sleep(0)
    assert await asked(tide, data) == ""
    late.arrived.set()
    assert await asking == "", "nothing was lost"
    assert await asked(tide, data) == ""
    data.values[keys.TIDE] -= 1
    assert await asked(tide, data) != "", "the later answer has not lowered what was seen"
