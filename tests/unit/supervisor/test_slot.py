"""A slot always has a worker: what it does when one dies, and when a new one does not come up."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from alphasync.supervisor import slot as slots
from alphasync.supervisor.process import NotReady, WorkerProcess
from alphasync.supervisor.slot import Slot, pause
from tests.harness import wait_until

SILENCE_MAX = 0.2


class Fake:
    """A worker that does as the test says."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.said: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.stubborn = False
        self.signs_of_life = 0

    async def ready(self) -> None:
        either: tuple[asyncio.Future[Any], ...] = (self.said, self.end)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self.said.done():
            raise NotReady("ended before it was ready")
        self.said.result()

    async def ended(self) -> int:
        return await asyncio.shield(self.end)

    def retire(self) -> None:
        if not self.stubborn:
            self.end.set_result(0)

    def kill(self) -> None:
        if not self.end.done():
            self.end.set_result(-9)


class Place:
    """A slot with its first worker ready, and all that have been put in so far."""

    def __init__(self) -> None:
        self.workers: list[Fake] = []
        self.refusals: list[str] = []
        """Why the next ones cannot be started at all."""
        self.slot = Slot(1, self._launch, SILENCE_MAX)
        self._pids = itertools.count(1)

    async def _launch(self, number: int) -> WorkerProcess:
        assert number == 1
        if self.refusals:
            raise NotReady(self.refusals.pop())
        self.workers.append(Fake(next(self._pids)))
        return cast("WorkerProcess", self.workers[-1])

    async def count(self, number: int) -> Fake:
        """The newest of so many workers."""
        await wait_until(lambda: len(self.workers) >= number, what=f"worker {number}")
        assert len(self.workers) == number
        return self.workers[-1]


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(slots, "PAUSE_FIRST", 0.001)
    kept = Place()
    await kept.slot.start()
    kept.workers[0].said.set_result(None)
    await kept.slot.ready()
    keeping = asyncio.create_task(kept.slot.keep())
    yield kept
    assert not keeping.done()
    keeping.cancel()


@pytest.mark.parametrize(
    ("deaths", "seconds"),
    [(1, 0), (2, 0.5), (3, 1), (4, 2), (5, 4), (6, 5), (7, 5), (10_000, 5)],
)
def test_the_pause_grows_to_a_bound(deaths: int, seconds: float) -> None:
    assert pause(deaths) == seconds


async def test_another_one_takes_the_place_of_a_dead_one(place: Place) -> None:
    for number in (1, 2, 3):
        (await place.count(number)).end.set_result(-11)
    await place.count(4)


async def test_one_that_cannot_be_started_is_tried_again(place: Place) -> None:
    place.refusals = ["no memory", "no memory"]
    place.workers[0].end.set_result(1)
    await place.count(2)


async def test_a_new_one_takes_over_when_it_is_ready(place: Place) -> None:
    replacing = asyncio.create_task(place.slot.replace())
    fresh = await place.count(2)
    assert not place.workers[0].end.done()
    fresh.said.set_result(None)
    await replacing
    assert place.workers[0].end.result() == 0
    fresh.end.set_result(1)
    await place.count(3)  # the new one is looked after as the old one was


async def test_the_old_one_stays_when_the_new_one_cannot_start(place: Place) -> None:
    replacing = asyncio.create_task(place.slot.replace())
    (await place.count(2)).said.set_exception(NotReady("PORT: no"))
    with pytest.raises(NotReady, match="PORT"):
        await replacing
    assert not place.workers[0].end.done()


async def test_the_old_one_stays_when_the_new_one_takes_too_long(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "READY_WITHIN", 0.01)
    with pytest.raises(NotReady, match="not ready"):
        await place.slot.replace()
    assert (await place.count(2)).end.result() == -9
    assert not place.workers[0].end.done()


async def test_one_that_does_not_end_is_killed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "DRAIN_WITHIN", 0.01)
    place.workers[0].stubborn = True
    replacing = asyncio.create_task(place.slot.replace())
    (await place.count(2)).said.set_result(None)
    await replacing
    assert place.workers[0].end.result() == -9
    await place.count(2)


async def test_a_death_during_a_replacement_leaves_one(place: Place) -> None:
    replacing = asyncio.create_task(place.slot.replace())
    fresh = await place.count(2)
    place.workers[0].end.set_result(-9)
    stopgap = await place.count(3)
    stopgap.said.set_result(None)
    fresh.said.set_result(None)
    await replacing
    assert stopgap.end.result() == 0
    assert not fresh.end.done()
    fresh.end.set_result(1)
    await place.count(4)


async def test_one_that_gives_no_sign_of_life_any_more_is_replaced(place: Place) -> None:
    hung = place.workers[0]
    for _ in range(40):  # twice as long as it may be silent
        hung.signs_of_life += 1
        await asyncio.sleep(SILENCE_MAX / 20)
    assert not hung.end.done()
    await place.count(2)
    assert hung.end.result() == -9


async def test_one_that_is_slow_to_start_has_its_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = place.workers[0]
    await asyncio.sleep(2 * SILENCE_MAX)
    assert not slow.end.done(), "it has not given its first sign of life yet"
    monkeypatch.setattr(slots, "READY_WITHIN", 0.01)
    slow.end.set_result(1)
    hung = await place.count(2)
    await place.count(3)
    assert hung.end.result() == -9, "it never gave one"


async def test_time_in_which_we_sleep_ourselves_is_not_held_against_anybody(place: Place) -> None:
    worker = place.workers[0]
    worker.signs_of_life += 1
    await asyncio.sleep(SILENCE_MAX / 4)
    time.sleep(3 * SILENCE_MAX)
    await asyncio.sleep(SILENCE_MAX / 20)
    assert not worker.end.done()
    worker.signs_of_life += 1  # and what it said meanwhile is heard
    await asyncio.sleep(SILENCE_MAX / 4)
    assert not worker.end.done()
    worker.end.set_result(0)


async def test_nobody_is_watched_where_that_is_switched_off(place: Place) -> None:
    worker = place.workers[0]
    worker.signs_of_life += 1
    debugged = Slot(1, place._launch, 0)
    await debugged._watch(cast("WorkerProcess", worker))
    assert not worker.end.done()
    worker.end.set_result(0)
