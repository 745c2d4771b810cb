"""Commands that count once replicas have them, over connections that the test holds."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from alphasync.errors import StoreUnavailable
from alphasync.store.redis import ordered as ordered_module
from alphasync.store.redis.confirmed import CONFIRM_TIMEOUT, ConfirmedPipeline, node_pipeline
from alphasync.store.redis.ordered import OrderedPipeline
from alphasync.store.redis.pipeline import Reply, Unconfirmed
from tests.harness import wait_until
from tests.unit.store.redis.held import Held

WAIT = ("WAIT", "2", str(CONFIRM_TIMEOUT))


class Bench:
    """A pipeline that waits for two replicas; its connections in the order in which they came."""

    def __init__(self) -> None:
        self.made: list[Held] = []
        self.pipeline = ConfirmedPipeline(self._make, None, 2)

    def _make(self) -> AbstractConnection:
        self.made.append(Held())
        return self.made[-1]

    @property
    def claims(self) -> Held:
        """The connection that ``confirmed`` uses."""
        return self.made[1]

    async def asked(self) -> "asyncio.Task[Reply]":
        """Ask for something to be confirmed, and return when it is written."""
        before = len(self.claims.commands)
        task = asyncio.create_task(self._ask(), name="confirmed")
        await wait_until(lambda: len(self.claims.commands) == before + 2, what="written")
        return task

    async def _ask(self) -> Reply:
        return await self.pipeline.confirmed("claim")


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(ordered_module, "backoff", lambda _attempt: 0.0)
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
    bench = Bench()
    bench.pipeline.start()
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected, what="connected")
    yield bench
    await bench.pipeline.close()


@pytest.mark.parametrize("replicas", [2, 3])
async def test_what_enough_replicas_have(bench: Bench, replicas: int) -> None:
    task = await bench.asked()
    assert bench.claims.writes == [[("claim",), WAIT]], "one write, one wait"
    bench.claims.answer(b"done")
    await asyncio.sleep(0)
    assert not task.done()
    bench.claims.answer(replicas)
    assert await task == b"done"


@pytest.mark.parametrize("replicas", [0, 1])
async def test_what_too_few_replicas_have(bench: Bench, replicas: int) -> None:
    task = await bench.asked()
    bench.claims.answer(b"done", replicas)
    with pytest.raises(Unconfirmed) as raised:
        await task
    assert raised.value.reply == b"done"


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), ResponseError("UNBLOCKED instance state changed")]
)
async def test_trouble_behind_the_answer(bench: Bench, error: Exception) -> None:
    task = await bench.asked()
    bench.claims.answer(b"done", error)
    with pytest.raises(Unconfirmed) as raised:
        await task
    assert raised.value.reply == b"done"


async def test_a_connection_that_is_lost_before_it(bench: Bench) -> None:
    task = await bench.asked()
    bench.claims.answer(ConnectionResetError())
    with pytest.raises(StoreUnavailable) as raised:
        await task
    assert not isinstance(raised.value, Unconfirmed), "whether it was carried out is not known"


async def test_nothing_else_stands_behind_a_wait(bench: Bench) -> None:
    task = await bench.asked()
    other = bench.pipeline.submit("typing")
    await wait_until(lambda: bench.made[0].commands == [("typing",)], what="written")
    bench.made[0].answer(b"typed")
    assert await other == b"typed"
    assert not task.done()
    bench.claims.answer(b"done", 2)
    assert await task == b"done"


async def test_without_replicas_to_wait_for_there_is_one_connection() -> None:
    def never() -> AbstractConnection:
        raise AssertionError("not started, not connected")

    assert isinstance(node_pipeline(never), OrderedPipeline)
