"""The ordered pipeline, over a connection that the test holds in its hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

from alphasync.errors import StoreUnavailable
from alphasync.store.redis import ordered as ordered_module
from alphasync.store.redis.attempts import backoff
from alphasync.store.redis.ordered import OrderedPipeline
from alphasync.store.redis.pipeline import Reply, ReplyError
from tests.harness import wait_until
from tests.unit.store.redis.held import Held

LineageOf = Callable[[AbstractConnection], Awaitable[str]]


class Bench:
    """A pipeline and the connections that it made."""

    def __init__(self, lineage_of: LineageOf | None = None) -> None:
        self.made: list[Held] = []
        self.refuse = False
        self.pipeline = OrderedPipeline(self._make, lineage_of)

    def _make(self) -> AbstractConnection:
        self.made.append(Held(refuses=self.refuse))
        return self.made[-1]

    @property
    def connection(self) -> Held:
        return self.made[-1]

    async def connected(self) -> None:
        await wait_until(lambda: self.pipeline.connected, what="connected")

    async def written(self, count: int) -> None:
        await wait_until(
            lambda: len(self.connection.commands) >= count, what=f"{count} commands written"
        )

    async def submitted(self, *names: str) -> list[asyncio.Future[Reply]]:
        """Submit and wait until it is written."""
        before = len(self.connection.commands)
        futures = [self.pipeline.submit(name) for name in names]
        await self.written(before + len(names))
        return futures


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A connected pipeline whose time is short."""
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 0.05)
    monkeypatch.setattr(ordered_module, "WATCH_INTERVAL", 0.005)
    monkeypatch.setattr(ordered_module, "backoff", lambda _attempt: 0.0)
    bench = Bench()
    bench.pipeline.start()
    await bench.connected()
    yield bench
    await bench.pipeline.close()


@pytest.fixture
def no_hurry(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which nothing is to be overdue, however busy the machine: after ``bench``, which
    is in a hurry."""
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)


async def outcome(future: asyncio.Future[Reply]) -> Reply | str:
    try:
        return await asyncio.wait_for(asyncio.shield(future), 5)
    except (StoreUnavailable, ReplyError) as error:
        return type(error).__name__


@pytest.mark.usefixtures("no_hurry")
async def test_answers_find_their_commands_in_order(bench: Bench) -> None:
    futures = await bench.submitted("a", "b", "c")
    bench.connection.answer(b"1", None, [b"x", 3])
    assert [await outcome(future) for future in futures] == [b"1", None, [b"x", 3]]


@pytest.mark.usefixtures("no_hurry")
async def test_commands_of_one_moment_are_one_write_in_the_order_of_submission(
    bench: Bench,
) -> None:
    names = [str(n) for n in range(200)]
    await bench.submitted(*names)
    assert bench.connection.writes == [[(name,) for name in names]]
    await bench.submitted("later")
    assert len(bench.connection.writes) == 2


@pytest.mark.usefixtures("no_hurry")
async def test_submitting_needs_no_await_to_keep_its_place(bench: Bench) -> None:
    async def one_then(name: str) -> None:
        future = bench.pipeline.submit(name)
        await asyncio.shield(future)

    tasks = [asyncio.create_task(one_then(str(n)), name=str(n)) for n in range(50)]
    await bench.written(50)
    assert bench.connection.commands == [(str(n),) for n in range(50)]
    bench.connection.answer(*[b""] * 50)
    await asyncio.gather(*tasks)


@pytest.mark.usefixtures("no_hurry")
async def test_an_error_fails_its_own_command_only(bench: Bench) -> None:
    a, b, c, d = await bench.submitted("a", "b", "c", "d")
    bench.connection.answer(
        b"1", ResponseError("ERR wrong type"), ResponseError("NOSCRIPT none"), b"4"
    )
    assert await outcome(a) == b"1"
    with pytest.raises(ReplyError) as error:
        await b
    assert error.value.kind == "ERR"
    with pytest.raises(ReplyError) as error:
        await c
    assert error.value.kind == "NOSCRIPT"
    assert await outcome(d) == b"4"
    assert len(bench.made) == 1


@pytest.mark.usefixtures("no_hurry")
async def test_a_replica_that_may_not_write_is_left(bench: Bench) -> None:
    first = bench.connection
    refused, behind = await bench.submitted("a", "b")
    first.answer(ResponseError("READONLY replica"))
    assert await outcome(refused) == "StoreUnavailable", "what it refused was not done"
    assert await outcome(behind) == "UnknownOutcome"
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)
    assert first.disconnected


@pytest.mark.usefixtures("no_hurry")
async def test_a_caller_who_is_gone_before_the_write_has_asked_nothing(bench: Bench) -> None:
    gone, stays = bench.pipeline.submit("gone"), bench.pipeline.submit("stays")
    gone.cancel()
    await bench.written(1)
    assert bench.connection.commands == [("stays",)]
    bench.connection.answer(b"1")
    assert await outcome(stays) == b"1"


@pytest.mark.usefixtures("no_hurry")
async def test_a_caller_who_is_gone_later_leaves_the_others_their_answers(bench: Bench) -> None:
    gone, stays = await bench.submitted("gone", "stays")
    gone.cancel()
    bench.connection.answer(b"1", b"2")
    assert await outcome(stays) == b"2"


# Deadlines and stalls.


async def test_a_command_without_an_answer_fails_in_time(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    since = loop.time()
    [future] = await bench.submitted("a")
    assert await outcome(future) == "UnknownOutcome"
    assert loop.time() - since >= 0.05
    assert not bench.pipeline.connected
    assert len(bench.made) == 1, "a short stall keeps the connection, and with it the order"


async def test_nothing_is_sent_behind_a_stalled_command_and_the_order_holds_after(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = bench.connection
    [stalled] = await bench.submitted("stalled")
    assert await outcome(stalled) == "UnknownOutcome"
    early = [bench.pipeline.submit(f"early {n}") for n in range(3)]
    assert [await outcome(future) for future in early] == ["StoreUnavailable"] * 3
    assert connection.commands == [("stalled",)]
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
    late = [bench.pipeline.submit(f"late {n}") for n in range(3)]
    connection.answer(b"at last")
    await bench.written(4)
    # What failed is not carried out behind its caller's back; the rest keeps its order.
    assert connection.commands == [("stalled",), *((f"late {n}",) for n in range(3))]
    connection.answer(b"0", b"1", b"2")
    assert [await outcome(future) for future in late] == [b"0", b"1", b"2"]
    assert bench.pipeline.connected
    assert len(bench.made) == 1


async def test_a_late_answer_is_not_taken_for_the_next_commands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, also_late = await bench.submitted("late", "also late")
    assert await outcome(late) == await outcome(also_late) == "UnknownOutcome"
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
    following = bench.pipeline.submit("following")
    bench.connection.answer(b"late")
    await bench.written(3)
    bench.connection.answer(b"also late", b"right")
    assert await outcome(following) == b"right"


async def test_a_stall_that_does_not_end_gives_the_connection_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordered_module, "STALL_TIMEOUT", 0.1)
    first = bench.connection
    await bench.submitted("a")
    await wait_until(lambda: first.disconnected, what="given up")
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
    [future] = await bench.submitted("b")
    bench.connection.answer(b"1")
    assert await outcome(future) == b"1"


@pytest.mark.usefixtures("no_hurry")
async def test_what_waits_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordered_module, "WAITING_MAX", 5)
    futures = [bench.pipeline.submit(str(n)) for n in range(7)]
    assert [future.done() for future in futures] == [False] * 5 + [True] * 2
    assert await outcome(futures[5]) == await outcome(futures[6]) == "StoreUnavailable"
    await bench.written(5)
    assert bench.connection.commands == [(str(n),) for n in range(5)]
    assert not bench.pipeline.submit("there is room again").done()


@pytest.mark.usefixtures("no_hurry")
async def test_a_server_that_does_not_keep_up_is_not_written_to(bench: Bench) -> None:
    """What waits is bounded here; what the transport has been given is not."""
    protocol = bench.connection.pipe.protocol
    protocol.pause_writing()
    waiting = [bench.pipeline.submit(str(n)) for n in range(3)]
    await asyncio.sleep(0.02)
    assert bench.connection.commands == []
    protocol.resume_writing()
    await bench.written(3)
    bench.connection.answer(b"0", b"1", b"2")
    assert [await outcome(future) for future in waiting] == [b"0", b"1", b"2"]


@pytest.mark.usefixtures("no_hurry")
async def test_an_answer_reaches_its_caller_without_a_task_in_between(bench: Bench) -> None:
    [future] = await bench.submitted("a")
    tasks = {task.get_name() for task in asyncio.all_tasks()}
    assert {n for n in tasks if "redis" in n} == {"redis-pipeline", "redis-pipeline-watch"}
    bench.connection.answer(b"1")
    assert future.done()


# Losing the connection.


@pytest.mark.usefixtures("no_hurry")
async def test_a_lost_connection_fails_what_is_in_flight_and_repeats_none_of_it(
    bench: Bench,
) -> None:
    """Nobody knows whether a command in flight was carried out."""
    flying = await bench.submitted("a", "b", "c")
    bench.connection.answer(b"1", ConnectionLost("cut"))
    assert [await outcome(future) for future in flying] == [
        b"1",
        *["UnknownOutcome"] * 2,
    ]
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)
    [later] = await bench.submitted("later")
    bench.connection.answer(b"2")
    assert await outcome(later) == b"2"
    assert bench.connection.commands == [("later",)]


@pytest.mark.usefixtures("no_hurry")
@pytest.mark.parametrize("wrong", ["half an emoji: \ud83d", True, None, [], {}])
async def test_a_command_that_cannot_be_packed_fails_alone(bench: Bench, wrong: Any) -> None:
    flying = await bench.submitted("before")
    refused = bench.pipeline.submit("with", wrong)
    beside = await bench.submitted("in the same write")
    with pytest.raises((UnicodeEncodeError, TypeError)):
        await refused
    bench.connection.answer(b"1", b"2")
    assert [await outcome(future) for future in (*flying, *beside)] == [b"1", b"2"]
    assert bench.connection.commands == [("before",), ("in the same write",)]
    assert len(bench.made) == 1, "nobody else's connection is cut for it"


@pytest.mark.usefixtures("no_hurry")
@pytest.mark.parametrize("said", ["LOADING it starts", "NOAUTH who are you"])
async def test_a_server_that_cannot_be_used_is_left(bench: Bench, said: str) -> None:
    [future] = await bench.submitted("a")
    bench.connection.answer(ResponseError(said))
    assert await outcome(future) == "UnknownOutcome"
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)


@pytest.mark.usefixtures("no_hurry")
async def test_a_reply_that_nobody_asked_for_ends_the_connection_only(bench: Bench) -> None:
    bench.connection.answer(b"surprise")
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)
    [future] = await bench.submitted("a")
    bench.connection.answer(b"1")
    assert await outcome(future) == b"1"


@pytest.mark.usefixtures("no_hurry")
@pytest.mark.parametrize("heard", ["the end", "an answer too many", "a reset"])
async def test_a_connection_that_is_spoilt_before_it_is_of_use_is_made_anew(
    bench: Bench, heard: str
) -> None:
    first = bench.connection
    bench.pipeline.on_connect = (("SCRIPT", "LOAD", "a"),)
    first.answer(ConnectionLost("cut"))
    await wait_until(lambda: len(bench.made) == 2 and bench.connection.writes, what="prepared")
    spoilt = bench.connection
    protocol = spoilt.pipe.protocol
    assert isinstance(protocol, asyncio.Protocol)
    spoilt.answer(b"sha")
    if heard == "the end":
        protocol.eof_received()
    elif heard == "a reset":
        spoilt.pipe.end(ConnectionResetError())
    else:
        spoilt.answer(b"surprise")
    await wait_until(lambda: len(bench.made) == 3 and bench.connection.writes, what="another")
    assert spoilt.disconnected
    bench.connection.answer(b"sha")
    await bench.connected()


@pytest.mark.usefixtures("no_hurry")
async def test_what_is_submitted_as_the_connection_goes_is_sent_with_the_next(bench: Bench) -> None:
    """Before anybody has heard that it is lost: nothing was written, so nothing is unknown."""
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    bench.connection.answer(ConnectionLost("cut"))
    future = bench.pipeline.submit("in time")
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)
    await bench.written(1)
    bench.connection.answer(b"1")
    assert await outcome(future) == b"1"
    assert said == []


@pytest.mark.usefixtures("no_hurry")
async def test_commands_submitted_without_a_connection_are_sent_in_order_with_the_next(
    bench: Bench,
) -> None:
    bench.refuse = True
    bench.connection.answer(ConnectionLost("cut"))
    await wait_until(lambda: len(bench.made) >= 4, what="tries to connect")
    assert not bench.pipeline.connected
    futures = [bench.pipeline.submit(str(n)) for n in range(3)]
    bench.refuse = False
    await bench.connected()
    await bench.written(3)
    assert bench.connection.commands == [("0",), ("1",), ("2",)]
    bench.connection.answer(b"0", b"1", b"2")
    assert [await outcome(future) for future in futures] == [b"0", b"1", b"2"]


async def test_a_command_that_waits_for_a_connection_too_long_fails_and_is_never_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.refuse = True
    bench.connection.answer(ConnectionLost("cut"))
    await wait_until(lambda: not bench.pipeline.connected)
    overdue = bench.pipeline.submit("overdue")
    assert await outcome(overdue) == "StoreUnavailable"
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
    bench.refuse = False
    await bench.connected()
    await bench.submitted("fresh")
    assert bench.connection.commands == [("fresh",)]


@pytest.mark.usefixtures("no_hurry")
async def test_each_connection_begins_with_the_commands_for_it(
    bench: Bench,
) -> None:
    bench.pipeline.on_connect = (("SCRIPT", "LOAD", "a"), ("SCRIPT", "LOAD", "b"))
    bench.connection.answer(ConnectionLost("cut"))
    await wait_until(lambda: len(bench.made) == 2 and bench.connection.writes, what="prepared")
    future = bench.pipeline.submit("after")
    assert not bench.pipeline.connected, "it waits for the answers"
    bench.connection.answer(b"sha", b"sha")
    await bench.connected()
    await bench.written(3)
    assert bench.connection.writes == [list(bench.pipeline.on_connect), [("after",)]]
    bench.connection.answer(b"1")
    assert await outcome(future) == b"1"


@pytest.mark.usefixtures("no_hurry")
async def test_closing_fails_everything_and_leaves_no_task(bench: Bench) -> None:
    flying = await bench.submitted("flying")
    waiting = bench.pipeline.submit("waiting")
    await bench.pipeline.close()
    ends = [await outcome(future) for future in (*flying, waiting)]
    assert ends == ["UnknownOutcome", "StoreUnavailable"]
    assert bench.connection.disconnected
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not {name for name in names if name.startswith("redis-pipeline")}


def test_backoff_grows_to_a_second_with_jitter() -> None:
    assert backoff(0) == 0
    for attempt in range(1, 50):
        ceiling = min(1.0, 0.05 * 2**attempt)
        assert ceiling / 2 <= backoff(attempt) <= ceiling
    assert len({backoff(5) for _ in range(20)}) > 1


class Primaries:
    """Says of each connection which failover made its primary one."""

    def __init__(self, *lineages: str | Exception) -> None:
        self._lineages = iter(lineages)

    async def lineage_of(self, _connection: AbstractConnection) -> str:
        lineage = next(self._lineages)
        if isinstance(lineage, Exception):
            raise lineage
        return lineage


async def test_a_script_carries_the_lineage_of_the_connection_it_is_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ordered_module, "backoff", lambda _attempt: 0.0)
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
    trouble = (ConnectionLost("no primary"), RuntimeError("that nobody has thought of"))
    primaries = Primaries("s1", *trouble, "s2", "s3")
    bench = Bench(primaries.lineage_of)
    bench.pipeline.start()
    await bench.connected()
    calls = [
        ("EVALSHA", "digest", "1", "key", "argument", ""),
        ("SET", "key", ""),
        ("EVAL", "source", "0", ""),
    ]
    for lineage in ("s1", "s2"):
        for call in calls:
            bench.pipeline.submit(*call)
        await bench.written(3)
        assert bench.connection.commands == [
            ("EVALSHA", "digest", "1", "key", "argument", lineage),
            ("SET", "key", ""),
            ("EVAL", "source", "0", lineage),
        ]
        made = len(bench.made)
        bench.connection.answer(ConnectionLost("gone"))
        await wait_until(lambda made=made: len(bench.made) > made, what="another")  # type: ignore[misc]
        await bench.connected()
    assert len(bench.made) == 5, "a connection that is not to the primary is no connection"
    await bench.pipeline.close()
