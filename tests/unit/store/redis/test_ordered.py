"""The ordered pipeline, over a connection that the test holds in its hand."""

import asyncio

import pytest
from redis.exceptions import ResponseError

from alphasync import telemetry
from alphasync.store.redis import ordered as ordered_module
from alphasync.store.redis.pipeline import ReplyError
from tests.harness import PATIENCE, wait_until
from tests.unit.store.redis.ordered import Bench, outcome


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
async def test_what_is_too_much_for_one_that_answers_is_not_blamed_on_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = await bench.submitted("first")
    bench.connection.answer(b"1")
    assert await outcome(first) == b"1"
    monkeypatch.setattr(ordered_module, "WAITING_MAX", 5)
    futures = [bench.pipeline.submit(str(n)) for n in range(7)]
    assert await outcome(futures[5]) == await outcome(futures[6]) == "Overloaded"


async def test_what_one_that_answers_takes_no_more_of_is_not_blamed_on_it(bench: Bench) -> None:
    bench.connection.pipe.protocol.pause_writing()
    late = bench.pipeline.submit("late")
    bench.pipeline.heard_at = asyncio.get_running_loop().time() + PATIENCE
    assert await outcome(late) == "Overloaded"


async def test_what_it_works_through_is_waited_for(bench: Bench) -> None:
    """It answers late, and one command after the other: nobody is told that it is away."""
    bench.pipeline.heard_at = asyncio.get_running_loop().time() + PATIENCE
    futures = await bench.submitted("a", "b")
    await asyncio.sleep(0.2)
    assert not any(future.done() for future in futures)
    assert bench.pipeline.connected
    bench.connection.answer(b"1", b"2")
    assert [await outcome(future) for future in futures] == [b"1", b"2"]


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
async def test_a_round_trip_is_measured_to_its_end_however_many_follow(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow Redis is what it is measured for: those behind take no place from it."""
    seen: list[float] = []
    monkeypatch.setattr(ordered_module, "MEASURE_INTERVAL", 0.0)
    monkeypatch.setattr(telemetry.redis_seconds, "observe", seen.append)
    [slow] = await bench.submitted("slow")
    behind = [*await bench.submitted("behind"), *await bench.submitted("further behind")]
    bench.connection.answer(b"1")
    assert await outcome(slow) == b"1"
    assert len(seen) == 1
    bench.connection.answer(b"2", b"3")
    assert [await outcome(future) for future in behind] == [b"2", b"3"]
    # One that is never answered keeps nobody from being measured on the next connection.
    refused, cut_off = await bench.submitted("refused", "cut off")
    bench.connection.answer(ResponseError("READONLY replica"))
    assert await outcome(refused) == "StoreUnavailable"
    assert await outcome(cut_off) == "UnknownOutcome"
    await wait_until(lambda: len(bench.made) == 2 and bench.pipeline.connected)
    number = len(seen)
    await bench.submitted("on another connection")
    bench.connection.answer(b"4")
    await wait_until(lambda: len(seen) == number + 1, what="measured again")
