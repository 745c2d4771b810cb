"""Commands that wait for an answer from elsewhere."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from alphasync.errors import StoreUnavailable
from alphasync.store.redis import gates as gates_module
from alphasync.store.redis.gates import Earlier, Gates
from alphasync.store.redis.pipeline import Entry
from tests.harness import PATIENCE, wait_until


class Bench:
    """Gates, and what they let through: slot and name."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []
        self.gates = Gates(self._send)

    def _send(self, slot: int, entry: Entry) -> None:
        self.sent.append((slot, str(entry.command[0])))

    def submit(self, slot: int, name: str, after: Earlier | None = None) -> Earlier:
        loop = asyncio.get_running_loop()
        entry = Entry((name,), loop.create_future(), loop.time())
        self.gates.let_through(slot, entry, after)
        return entry.answer


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.gates.start()
    yield bench
    await bench.gates.close()


def pending() -> Earlier:
    return asyncio.get_running_loop().create_future()


async def test_nothing_waits_without_a_reason(bench: Bench) -> None:
    done = pending()
    done.set_result(None)
    bench.submit(1, "a")
    bench.submit(1, "b", after=done)
    bench.submit(1, "c")
    assert bench.sent == [(1, "a"), (1, "b"), (1, "c")]


async def test_only_the_slot_waits_and_keeps_its_order(bench: Bench) -> None:
    first, second = pending(), pending()
    bench.submit(1, "a", after=first)
    bench.submit(1, "b")
    bench.submit(2, "elsewhere")
    bench.submit(1, "c", after=second)
    bench.submit(1, "d")
    assert bench.sent == [(2, "elsewhere")]
    second.set_result(None)
    await asyncio.sleep(0)
    assert bench.sent == [(2, "elsewhere")]
    first.set_result(None)
    bench.submit(1, "e")  # comes before the gate has been told
    await wait_until(lambda: len(bench.sent) == 6)
    assert bench.sent[1:] == [(1, name) for name in "abcde"]
    bench.submit(1, "f")
    assert bench.sent[-1] == (1, "f"), "the gate is gone"


async def test_what_came_before_may_fail(bench: Bench) -> None:
    first = pending()
    fails, goes = bench.submit(1, "a", after=first), bench.submit(1, "b")
    first.set_exception(cause := StoreUnavailable())
    with pytest.raises(StoreUnavailable) as caught:
        await fails
    assert caught.value.__cause__ is cause
    await wait_until(lambda: bench.sent == [(1, "b")])
    assert not goes.done()


async def test_nothing_waits_for_ever(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates_module, "ANSWER_TIMEOUT", 0.05)
    first = pending()
    late = bench.submit(1, "a", after=first)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(late, PATIENCE)


async def test_many_may_wait_but_not_any_number(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates_module, "WAITING_MAX", 2)
    first = pending()
    waiting = [bench.submit(1, name, after=first) for name in "ab"]
    with pytest.raises(StoreUnavailable):
        await bench.submit(1, "c")
    first.set_result(None)
    await wait_until(lambda: len(bench.sent) == 2)
    assert not any(answer.done() for answer in waiting)


async def test_closing_fails_what_waits() -> None:
    bench = Bench()
    bench.gates.start()
    left = bench.submit(1, "a", after=pending())
    await bench.gates.close()
    with pytest.raises(StoreUnavailable):
        await left
