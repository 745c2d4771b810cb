"""What a load balancer sends once more: only what it has not sent yet."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.balancers.balancer import CONFIGURATIONS, Balancer
from tests.ports import free_port
from tests.streams import StreamServer

REQUESTS = 8
"""Enough for each of three servers to get some: they take turns, or go by the client's address."""


ANSWER = b"HTTP/1.1 %d Stub\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Stub:
    """A server that is ready, and notes what is posted to it before it answers.

    ``answer``: its status for clients; None breaks their connections off.
    """

    def __init__(self) -> None:
        self.posted: list[bytes] = []
        self.answer: int | None = 200
        self.server = StreamServer(self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            self.posted.append(await reader.readexactly(len("hello")))
        status = 200 if head.startswith(b"GET /readyz") else self.answer
        if status is not None:
            writer.write(ANSWER % status)
            await writer.drain()


@pytest.fixture
async def stubs() -> AsyncIterator[list[Stub]]:
    found = [Stub() for _ in range(3)]
    for stub in found:
        await stub.server.start(free_port())
    yield found
    for stub in found:
        await stub.server.close()


@pytest.fixture(params=CONFIGURATIONS)
async def url(request: pytest.FixtureRequest, stubs: list[Stub]) -> AsyncIterator[str]:
    balancer = Balancer(request.param, [stub.server.port for stub in stubs])
    try:
        await balancer.start()
        yield f"{balancer.url}/socket.io/?EIO=4&transport=polling&sid=x"
    finally:
        balancer.close()


@contextlib.asynccontextmanager
async def client(number: int) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of its own, with an address of its own where the machine has more than one."""
    address = f"127.0.3.{number + 1}" if sys.platform == "linux" else "127.0.0.1"
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as http:
        yield http


@pytest.mark.parametrize(("answer", "told"), [(None, 502), (503, 503)], ids=["broken-off", "503"])
async def test_what_was_posted_is_not_posted_again(
    stubs: list[Stub], url: str, answer: int | None, told: int
) -> None:
    for stub in stubs:
        stub.answer = answer
    async with aiohttp.ClientSession() as http, http.post(url, data="hello") as response:
        assert response.status == told
    assert [post for stub in stubs for post in stub.posted] == [b"hello"]


async def test_a_server_that_refuses_connections_is_passed_over(
    stubs: list[Stub], url: str
) -> None:
    await stubs[0].server.close()
    await stubs[1].server.close()
    for number in range(REQUESTS):
        async with client(number) as http, http.post(url, data="hello") as response:
            assert response.status == 200
    assert stubs[2].posted == [b"hello"] * REQUESTS


# HAProxy's affinity has no second choice; there it goes by /readyz, which is red before that.
@pytest.mark.parametrize("url", sorted({*CONFIGURATIONS} - {"haproxy-affinity.cfg"}), indirect=True)
async def test_a_server_that_shuts_down_is_passed_over(stubs: list[Stub], url: str) -> None:
    stubs[0].answer = stubs[1].answer = 503
    for number in range(REQUESTS):
        async with client(number) as http, http.get(url) as response:
            assert response.status == 200
