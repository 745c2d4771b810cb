"""What clients that are slow, broken or mean can take of a server: time, room, lines of its log."""

import asyncio
import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from alphasync.intake import Bounds
from alphasync.intake import connections as intake
from alphasync.logs import LINES_MAX, Sparing
from tests.harness import PATIENCE, Cluster, wait_until
from tests.integration.served import BRIEF, HEAD, LONG, served

SECRET = "eyJhbGciOi-a-token"


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"G", b"GET / HT", HEAD, HEAD + b"Content-Le"])
async def test_a_head_that_does_not_come_is_bounded(sent: bytes) -> None:
    async with served(BRIEF) as running:
        assert (await running.answer(sent)).startswith((b"HTTP/1.1 408", b"HTTP/1.0 408"))


WHOLE = {
    "without a body": [b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"],
    "a body": [HEAD + b"Content-Length: 3\r\n\r\n\r\n\r"],
    "a body apart": [HEAD + b"Content-Length: 3\r\n", b"\r\nab", b"c"],
    "chunks": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"],
    "chunks apart": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r", b"\na\r\n0\r\n", b"\r\n"],
    "two": [b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n" * 2],
    "chunks and a body": [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 1\r\n\r\n\n",
    ],
    "a body that is refused": [HEAD + b"Content-Encoding: x\r\nContent-Length: 2\r\n\r\na", b"b"],
}
"""Requests, in the pieces in which they come."""
HURRIED = Bounds(head=0.3, body=60, idle=60)
PAUSE = 0.02
"""Seconds between two pieces: the one is read before the other."""


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("name", WHOLE)
async def test_half_of_a_next_head_is_bounded_as_a_head(name: str, together: bool) -> None:
    *pieces, last = WHOLE[name]
    async with served(HURRIED) as running:
        reader, writer = await running.say()
        for piece in [*pieces, last + b"GET /"] if together else [*pieces, last, b"GET /"]:
            writer.write(piece)
            await asyncio.sleep(PAUSE)
        async with asyncio.timeout(PATIENCE):
            assert b"HTTP/1.1 408" in await reader.read()
        writer.close()


async def test_half_of_a_next_head_that_comes_before_the_answer_is_bounded() -> None:
    async with served(HURRIED) as running:
        reader, writer = await running.say(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(PAUSE)
        writer.write(b"GET /")
        await asyncio.sleep(2 * HURRIED.head)
        running.release.set()
        async with asyncio.timeout(PATIENCE):
            assert b"at lastHTTP/1.1 408" in await reader.read()
        writer.close()


@pytest.mark.parametrize("name", WHOLE)
async def test_between_two_requests_there_is_the_time_of_an_idle_one(name: str) -> None:
    async with served(HURRIED) as running:
        reader, writer = await running.say()
        answers, counts = bytearray(), []
        for _ in range(2):
            for piece in WHOLE[name]:
                writer.write(piece)
                await asyncio.sleep(PAUSE)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3 * HURRIED.head):
                    while piece := await reader.read(1000):
                        answers += piece
            counts.append(answers.count(b"HTTP/1.1 "))
        assert b" 408 " not in answers
        assert counts[1] == 2 * counts[0]
        writer.close()


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


MALFORMED = {
    "no HTTP": b"hello " + SECRET.encode() + b"\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a bad header": b"GET / HTTP/1.1\r\nAuthorization Bearer " + SECRET.encode() + b"\r\n\r\n",
    "a bad path": b"GET /\x00" + SECRET.encode() + b" HTTP/1.1\r\n\r\n",
    "a bad address": b"GET http://[::1]@/" + SECRET.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad host": b"GET http://xn--/" + SECRET.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n",
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


async def test_who_has_left_before_the_answer_is_no_defect() -> None:
    async with served(BRIEF) as running:
        with capture_logs() as lines:
            for _ in range(3):
                reader, writer = await running.say()
                writer.write(HEAD + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n")
                writer.write_eof()
                with contextlib.suppress(ConnectionError):
                    await asyncio.wait_for(reader.read(), PATIENCE)
                writer.close()
    assert not lines


async def test_a_flood_of_malformed_requests_is_a_few_lines() -> None:
    async with served(BRIEF) as running:
        with capture_logs(processors=[Sparing()]) as lines:
            flood = (running.answer(MALFORMED["no HTTP"]) for _ in range(LINES_MAX + 10))
            await asyncio.gather(*flood)
    assert len(lines) == LINES_MAX
    assert {line["error"] for line in lines} == {"BadHttpMethod"}


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
    runner = running.servers[0].membership.internal.intake
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
async def test_an_encoded_body_is_refused_everywhere(one_server: Cluster, encoding: str) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    async with everywhere(one_server) as urls, aiohttp.ClientSession() as http:
        for url in urls:
            async with http.post(url, data=b"not what it says", headers=headers) as answer:
                assert answer.status == 400, url
                assert json.loads(await answer.text())["code"] == "unsupported_encoding"


async def test_nothing_is_unpacked(one_server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
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

    async with everywhere(one_server) as urls, aiohttp.ClientSession() as http:
        sent: list[Awaitable[int]] = [send(http, urls[at % len(urls)]) for at in range(20)]
        assert await asyncio.gather(*sent) == [400] * 20
    assert made == []


async def test_wrong_chunks_are_a_400_everywhere(one_server: Cluster) -> None:
    async with everywhere(one_server) as urls:
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


async def test_a_deeply_nested_login_is_a_bad_request(one_server: Cluster) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(one_server.urls[0]) as http,
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
