"""What clients that are slow, broken or mean can take of a server: time, room, lines of its log."""

import asyncio
import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from structlog.testing import capture_logs

from alphasync.intake import Bounds, Capacity, open_intake
from alphasync.intake import connections as intake
from alphasync.intake.capacity import SPARE, connections_max
from alphasync.intake.sockets import open_sockets
from tests.harness import PATIENCE, Cluster, wait_until

BRIEF = Bounds(head=0.3, body=0.3, idle=0.6)
LONG = Bounds(head=60, body=60, idle=60)
SECRET = "eyJhbGciOi-a-token"


@dataclass
class Served:
    """A small application behind an intake."""

    port: int
    capacity: Capacity
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, *parts: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        return reader, writer

    async def answer(self, *parts: bytes) -> bytes:
        """All that comes back until the server closes."""
        reader, writer = await self.say(*parts)
        try:
            async with asyncio.timeout(PATIENCE):
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def served(bounds: Bounds, most: int = 1000) -> AsyncIterator[Served]:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def slow(_: web.Request) -> web.Response:
        await running.release.wait()
        return web.Response(text="at last")

    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("a defect")

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=bytes(50_000_000))

    app = web.Application()
    app.add_routes([web.post("/echo", echo), web.get("/slow", slow), web.get("/broken", broken)])
    app.add_routes([web.get("/large", large), web.get("/readyz", echo)])
    capacity = Capacity(most)
    runner = await open_intake(app, shutdown_timeout=0.1, bounds=bounds, capacity=capacity)
    running = Served(await runner.listen(open_sockets("127.0.0.1", 0)), capacity)
    try:
        yield running
    finally:
        await runner.cleanup()
    assert capacity.requests == 0, "every connection is counted out again"


HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"G", b"GET / HT", HEAD, HEAD + b"Content-Le"])
async def test_a_head_that_does_not_come_is_bounded(sent: bytes) -> None:
    async with served(BRIEF) as running:
        assert (await running.answer(sent)).startswith((b"HTTP/1.1 408", b"HTTP/1.0 408"))


@pytest.mark.parametrize("transfer", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("sent", [b"", b"1"])
async def test_a_body_that_does_not_come_is_bounded(transfer: bytes, sent: bytes) -> None:
    async with served(BRIEF) as running:
        answer = await running.answer(HEAD + transfer + b"\r\n\r\n" + sent)
    assert answer.startswith(b"HTTP/1.1 408")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "body_timeout"


async def test_a_head_and_a_body_byte_by_byte_are_bounded_in_all() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.02)

    async with served(BRIEF) as running:
        for start in (b"GET /", HEAD + b"Content-Length: 99999\r\n\r\n"):
            reader, writer = await running.say(start)
            dripping = asyncio.create_task(drip(writer))
            async with asyncio.timeout(PATIENCE):
                with contextlib.suppress(ConnectionError):
                    assert (await reader.read()).startswith(b"HTTP/1.1 408")
            await dripping
            writer.close()


async def test_an_idle_connection_is_closed_and_one_that_waits_for_an_answer_is_not() -> None:
    async with served(BRIEF) as running:
        idle = await running.answer(HEAD + b"Content-Length: 1\r\n\r\nx")
        assert idle.endswith(b"\r\n\r\nx")
        reader, writer = await running.say(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 2 * BRIEF.idle)
        running.release.set()
        assert (await reader.read()).endswith(b"at last")
        writer.close()


async def test_a_client_that_does_not_take_its_answer_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "ANSWER_WITHIN", 0.3)
    async with served(LONG) as running:
        reader, writer = await running.say(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await wait_until(lambda: running.capacity.requests == 0, what="cut")
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await reader.read()


async def test_one_more_than_there_is_room_for_takes_the_place_of_who_does_nothing() -> None:
    async with served(LONG, most=5) as running:
        idle = [await running.say(b"GET / HT") for _ in range(5)]
        await wait_until(lambda: running.capacity.full)
        await asyncio.sleep(intake.SETTLED)
        for _ in range(10):
            answer = await running.answer(HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\nx")
            assert answer.startswith(b"HTTP/1.1 200")
        for _, writer in idle:
            writer.close()


async def test_without_room_only_the_health_is_served_and_the_refusal_says_why() -> None:
    async with served(LONG, most=5) as running:
        busy = [await running.say(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(5)]
        await wait_until(lambda: running.capacity.full)
        await asyncio.sleep(intake.SETTLED)
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


MALFORMED = {
    "no HTTP": b"hello " + SECRET.encode() + b"\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a bad header": b"GET / HTTP/1.1\r\nAuthorization Bearer " + SECRET.encode() + b"\r\n\r\n",
    "a bad path": b"GET /\x00" + SECRET.encode() + b" HTTP/1.1\r\n\r\n",
    "a bad length": HEAD + b"Content-Length: " + SECRET.encode() + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "length and chunks": HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a long header": HEAD + b"X: " + SECRET.encode() * 1000 + b"\r\n\r\n",
    "many headers": HEAD + b"X: y\r\n" * 1000 + b"\r\n",
    "a bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + SECRET.encode() + b"\r\n",
    "a chunk too short": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "a negative chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_http_is_a_400_and_one_line_that_quotes_nothing(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    structlog.reset_defaults()
    async with served(BRIEF) as running:
        with capture_logs() as lines:
            answer = await running.answer(MALFORMED[name])
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "malformed_request"
    assert b"aiohttp" not in answer
    assert b"Python" not in answer
    assert b"nosniff" in answer
    assert [line["event"] for line in lines] == ["malformed request"]
    assert "exc_info" not in lines[0]
    assert SECRET not in repr(lines)
    assert not caplog.records


async def test_a_flood_of_malformed_requests_is_a_few_lines() -> None:
    async with served(BRIEF) as running:
        with capture_logs() as lines:
            await asyncio.gather(*(running.answer(MALFORMED["no HTTP"]) for _ in range(50)))
    assert 1 <= len(lines) <= 10


async def test_a_defect_is_one_line_with_its_traceback_and_tells_the_client_nothing() -> None:
    async with served(BRIEF) as running:
        with capture_logs() as lines:
            answer = await running.answer(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "internal_error"
    assert b"defect" not in answer
    assert [(line["event"], str(line["exc_info"])) for line in lines] == [
        ("request failed", "a defect")
    ]


# Compressed bodies

BOMB = gzip.compress(bytes(20 * 1024 * 1024))
Paths = Callable[[Cluster], list[str]]


@asynccontextmanager
async def everywhere(running: Cluster) -> AsyncIterator[list[str]]:
    """Addresses of a public port, of the sandbox and of a port for other servers."""
    runner = running.replicas[0].internal_runner
    assert runner is not None
    host, port = runner.addresses[0][:2]
    public = running.urls[0]
    yield [
        *(f"{public}{path}" for path in ("/api/auth/login", "/api/auth/refresh", "/nowhere")),
        f"{public}/socket.io/?EIO=4&transport=polling",
        f"{running.sandbox.url}/login",
        f"http://{host}:{port}/?EIO=4&transport=polling&sid=x",
    ]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "gzip, identity", "rot13"])
async def test_an_encoded_body_is_refused_everywhere(one_replica: Cluster, encoding: str) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    async with everywhere(one_replica) as urls, aiohttp.ClientSession() as http:
        for url in urls:
            async with http.post(url, data=b"not what it says", headers=headers) as answer:
                assert answer.status == 400, url
                assert json.loads(await answer.text())["code"] == "unsupported_encoding"


async def test_nothing_is_unpacked(one_replica: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty of them unpack to 400 MB: seconds of the loop, were they unpacked."""
    made: list[object] = []
    real = zlib.decompressobj

    def spy(*arguments: Any, **options: Any) -> Any:
        made.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(zlib, "decompressobj", spy)
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "identity"}

    async def send(http: aiohttp.ClientSession, url: str) -> int:
        async with http.post(url, data=BOMB, headers=headers) as answer:
            await answer.read()
            return answer.status

    async with everywhere(one_replica) as urls, aiohttp.ClientSession() as http:
        sent: list[Awaitable[int]] = [send(http, urls[at % len(urls)]) for at in range(20)]
        assert await asyncio.gather(*sent) == [400] * 20
    assert made == []


async def test_wrong_chunks_are_a_400_everywhere(one_replica: Cluster) -> None:
    async with everywhere(one_replica) as urls:
        for url in urls:
            host, _, path = url.removeprefix("http://").partition("/")
            name, _, port = host.rpartition(":")
            reader, writer = await asyncio.open_connection(name, int(port))
            head = f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            writer.write(head.encode() + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
            with capture_logs() as lines:
                async with asyncio.timeout(PATIENCE):
                    answer = await reader.read()
            assert not [line for line in lines if line.get("exc_info")], url
            if "/nowhere" not in url and "sid=x" not in url:
                assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), (url, answer)
            writer.close()


async def test_a_deeply_nested_login_is_a_bad_request(one_replica: Cluster) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(one_replica.urls[0]) as http,
        http.post("/api/auth/login", data=b"[" * 8000, headers=headers) as response,
    ):
        assert response.status == 400


async def test_the_next_request_may_come_before_the_answer_is_taken() -> None:
    """Whoever is still taking an answer does not keep the server waiting for a request's head."""
    size = 50_000_000
    async with served(BRIEF) as server:
        reader, writer = await server.say(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(3 * BRIEF.head)
        async with asyncio.timeout(PATIENCE):
            await reader.readexactly(size)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
