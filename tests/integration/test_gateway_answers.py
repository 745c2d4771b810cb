"""Answers of a gateway that are larger than they look."""

import asyncio
import contextlib
import functools
import resource
import zlib
from collections.abc import AsyncIterator

import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    GatewayUnavailable,
    Sent,
)
from tests.integration.backend import Backend, answered, serving
from tests.integration.raw_gateway import raw, send


@functools.cache
def bomb() -> bytes:
    """300 MB in 300 KB."""
    packer = zlib.compressobj(6, wbits=31)
    packed = [packer.compress(b'{"recipients": [], "x": "')]
    packed += [packer.compress(b" " * 1_000_000) for _ in range(300)]
    return b"".join([*packed, packer.compress(b'"}'), packer.flush()])


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[list[float]]:
    """How long the loop stood, in seconds, at its worst; and that memory did not grow."""
    stood = [0.0]

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            stood[0] = max(stood[0], loop.time() - before)

    task = asyncio.create_task(watch())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        yield stood
    finally:
        task.cancel()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000, f"{grown} KB"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-gzip, gzip"])
async def test_an_answer_that_unpacks_to_very_much_is_not_unpacked(encoding: str) -> None:
    packed = bomb()
    backend = Backend()
    backend.listing = lambda *_: answered(packed, Content_Encoding=encoding)
    backend.login = answered(packed, Content_Encoding=encoding)
    backend.profiles = answered(packed, Content_Encoding=encoding)
    backend.answer = lambda *_: answered(packed, Content_Encoding=encoding)
    async with serving(backend):
        gateway = HttpGateway(backend.url)
        async with watched():
            for call in (
                gateway.recipients("t", "p", "chat", None),
                gateway.profiles("t"),
                gateway.login("a", "b"),
            ):
                with pytest.raises(GatewayUnavailable, match="too large, or compressed"):
                    await call
            assert await send(gateway) == Sent(), "its status says so"
        await gateway.aclose()


async def test_compression_is_not_asked_for() -> None:
    backend = Backend()
    async with serving(backend):
        gateway = HttpGateway(backend.url)
        await send(gateway)
        assert backend.arrived[0].headers["Accept-Encoding"] == "identity"
        await gateway.aclose()


async def test_an_answer_over_the_bound_is_not_read_to_its_end() -> None:
    read = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal read
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(9_999):
                writer.write(b" " * 100_000)
                await writer.drain()
                read += 100_000

    async with raw(talk) as url:
        gateway = HttpGateway(url, answer_max=1_000_000)
        with pytest.raises(GatewayUnavailable, match="too large"):
            await gateway.profiles("t")
        await gateway.aclose()
        assert read < 20_000_000
