"""The ordered pipeline from one connection to the next, and with none."""

import asyncio
from typing import Any

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

from alphasync.store.redis import ordered as ordered_module
from alphasync.store.redis.pipeline import Reply
from tests.harness import wait_until
from tests.unit.store.redis.ordered import Bench, outcome


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
@pytest.mark.parametrize("said", ["READONLY replica", "LOADING it starts", "NOAUTH who are you"])
async def test_what_a_server_says_that_is_left_is_the_cause_of_each_error(
    bench: Bench, said: str
) -> None:
    """Whoever names it to an administrator asks for it before anybody else has heard of it."""
    flying = await bench.submitted("a", "b")
    causes: list[str] = []

    def hear(done: asyncio.Future[Reply]) -> None:
        error = done.exception()
        assert error is not None
        causes.append(str(error.__cause__))

    for future in flying:
        future.add_done_callback(hear)
    bench.connection.answer(ResponseError(said))
    await wait_until(lambda: len(causes) == len(flying))
    assert [cause for cause in causes if said.partition(" ")[2] not in cause] == []


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
