"""How many connections a server takes, and who makes room for whom."""

import asyncio
import contextlib

import pytest

from alphasync.intake.admission import SETTLED
from alphasync.intake.capacity import SPARE, connections_max
from tests.harness import PATIENCE, wait_until
from tests.integration.served import HEAD, LONG, served


async def test_one_more_than_there_is_room_for_takes_the_place_of_who_does_nothing() -> None:
    async with served(LONG, most=5) as running:
        idle = [await running.say(b"GET / HT") for _ in range(5)]
        await wait_until(lambda: running.capacity.full)
        await asyncio.sleep(SETTLED)
        for _ in range(10):
            answer = await running.answer(HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\nx")
            assert answer.startswith(b"HTTP/1.1 200")
        for _, writer in idle:
            writer.close()


@pytest.mark.parametrize(
    "held",
    [
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["a body that does not come", "an answer that is not taken"],
)
async def test_so_does_who_keeps_a_request_waiting(held: bytes) -> None:
    async with served(LONG, most=5) as running:
        slow = [await running.say(held) for _ in range(5)]
        await wait_until(lambda: running.capacity.full)
        await asyncio.sleep(SETTLED + 0.2)
        for _ in range(5):
            answer = await running.answer(HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\nx")
            assert answer.startswith(b"HTTP/1.1 200")
        for _, writer in slow:
            writer.transport.abort()


async def test_one_address_has_a_part_of_the_room_for_who_keeps_us_waiting() -> None:
    async with served(LONG, most=10, strangers=False) as running:
        first = [await running.say(HEAD) for _ in range(5)]
        await wait_until(lambda: running.capacity.requests == 5)
        more = [await running.say(HEAD) for _ in range(20)]
        for reader, _ in [*first, *more[:15]]:
            async with asyncio.timeout(PATIENCE):
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b"", "the oldest make room"
        assert running.capacity.requests == 5
        for reader, writer in more[15:]:
            writer.write(b"Connection: close\r\nContent-Length: 1\r\n\r\nx")
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
        for _, writer in [*first, *more]:
            writer.close()


async def test_what_is_being_answered_does_not_count_for_that() -> None:
    """A load balancer brings the requests of many from one address."""
    async with served(LONG, most=10, strangers=False) as running:
        asking = [await running.say(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(9)]
        await asyncio.sleep(0.1)
        answer = await running.answer(HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\nx")
        assert answer.startswith(b"HTTP/1.1 200")
        running.release.set()
        for reader, writer in asking:
            assert (await reader.readuntil(b"at last")).startswith(b"HTTP/1.1 200")
            writer.close()


async def test_without_room_only_the_health_is_served_and_the_refusal_says_why() -> None:
    async with served(LONG, most=5) as running:
        busy = [await running.say(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(5)]
        await wait_until(lambda: running.capacity.full)
        await asyncio.sleep(SETTLED)
        refused = await running.answer(HEAD + b"Content-Length: 1\r\n\r\nx")
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"too_many_connections" in refused
        assert (await running.answer(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(
            b"HTTP/1.1 200"
        )
        more = [await running.say() for _ in range(2 * SPARE)]
        await wait_until(lambda: running.capacity.requests <= 5 + SPARE)
        running.release.set()
        for reader, writer in busy:
            assert (await reader.readuntil(b"at last")).startswith(b"HTTP/1.1 200")
            writer.close()
        for _, writer in more:
            writer.close()


def test_there_is_room_for_files_that_are_no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 1024))
    assert connections_max() == 1024 - 128 - SPARE
    assert connections_max(100) == 100
    assert connections_max(5000) == connections_max()
