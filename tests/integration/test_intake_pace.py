"""What becomes of connections whose requests wait for their turn, and a wrong Expect."""

import asyncio
import contextlib
import json

import pytest
from aiohttp import web

from tests.harness import PATIENCE, wait_until
from tests.integration.served import HEAD, LONG, served

ASKED = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"


class Fixed:
    """Each request waits so long, in seconds, or is refused. Those on /slow keep their pace
    elsewhere."""

    def __init__(self, wait: float | None) -> None:
        self._wait = wait
        self.asked = 0

    def client_of(self, request: web.BaseRequest) -> str | None:
        return None if request.path == "/slow" else "one"

    def reserve(self, client: str, most: float) -> float | None:
        self.asked += 1
        return self._wait


async def test_the_wait_of_a_client_that_goes_ends() -> None:
    pace = Fixed(60)
    async with served(LONG, pace=pace) as running:
        tasks = len(asyncio.all_tasks())
        _, writer = await running.say(ASKED)
        await wait_until(lambda: pace.asked)
        writer.transport.abort()
        await wait_until(lambda: len(asyncio.all_tasks()) == tasks, what="nothing left to do")


async def test_those_that_wait_make_room_for_others() -> None:
    pace = Fixed(60)
    async with served(LONG, most=4, strangers=False, pace=pace) as running:
        first, writer = await running.say(ASKED)
        others = [await running.say(ASKED) for _ in range(2)]
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionResetError):
                assert await first.read() == b"", "one address has half of the room"
        for _, other in [(first, writer), *others]:
            other.transport.abort()


async def test_one_whose_turn_has_come_is_not_cut() -> None:
    pace = Fixed(0.05)
    async with served(LONG, most=4, strangers=False, pace=pace) as running:
        for _ in range(5):
            answer = await running.answer(
                ASKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            )
            assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_comes_while_its_request_waits_is_read() -> None:
    pace = Fixed(0.3)
    async with served(LONG, pace=pace) as running:
        reader, writer = await running.say(HEAD + b"Content-Length: 4\r\n\r\n")
        await wait_until(lambda: pace.asked)
        writer.write(b"body")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"body")).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_refused_request_is_the_last_one_of_its_connection() -> None:
    pace = Fixed(None)
    async with served(LONG, pace=pace) as running:
        answer = await running.answer(ASKED * 20)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429")
    assert json.loads(body)["code"] == "too_many_requests"
    assert pace.asked == 1


@pytest.mark.parametrize("expect", ["s3cret", "100-continue, s3cret", "<s3cret>"])
async def test_an_expectation_that_is_refused_is_not_quoted(expect: str) -> None:
    async with served(LONG) as running:
        lines = f"Expect: {expect}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        answer = await running.answer(HEAD + lines.encode())
    assert answer.startswith(b"HTTP/1.1 417")
    assert b"s3cret" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "unsupported_expectation"


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
async def test_a_client_that_asks_before_its_body_is_told_to_go_on(expect: str) -> None:
    async with served(LONG) as running:
        lines = f"Expect: {expect}\r\nContent-Length: 4\r\n\r\n"
        reader, writer = await running.say(HEAD + lines.encode())
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
            writer.write(b"body")
            assert (await reader.readuntil(b"body")).startswith(b"HTTP/1.1 200")
        writer.close()
