"""Requests whose parser has more to do than anybody needs to ask of it."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from alphasync.intake.connections import LINES_MAX, Connection
from tests.harness import PATIENCE, wait_until
from tests.integration.served import BRIEF, HEAD, LONG, served

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TINY, END = b"1\r\nx\r\n", b"0\r\n\r\n"
FAR_MORE = 20 * LINES_MAX
PAUSE = 0.02
"""Seconds between two pieces: the one is read before the other."""


@pytest.mark.parametrize(
    ("start", "line"),
    [
        (CHUNKED, TINY),
        (CHUNKED, b"1;" + b"x" * 50 + b"\r\nx\r\n"),
        (CHUNKED + END[:3], b"trailer: x\r\n"),
        (b"", b"\r\n"),
    ],
    ids=["chunks", "chunks with extensions", "trailers", "nothing"],
)
@pytest.mark.parametrize("apart", [False, True])
async def test_lines_without_an_end_are_refused(start: bytes, line: bytes, apart: bool) -> None:
    with capture_logs() as lines:
        async with served(LONG) as running:
            reader, writer = await running.say(start)
            if apart:
                await asyncio.sleep(PAUSE)
            with contextlib.suppress(ConnectionError):
                for _ in range(FAR_MORE // 1000):
                    writer.write(line * 1000)
                    await writer.drain()
            # What was not read any more may have the connection reset, with the answer on it.
            async with asyncio.timeout(PATIENCE):
                with contextlib.suppress(ConnectionError):
                    assert (await reader.read())[:12] in (b"", b"HTTP/1.1 400")
            writer.close()
            await wait_until(lambda: running.capacity.requests == 0, within=PATIENCE / 2)
    assert [line["error"] for line in lines] == ["TooManyLines"]


async def test_a_body_of_a_thousand_chunks_is_taken() -> None:
    async with served(LONG) as running:
        reader, writer = await running.say()
        for _ in range(10):  # each request anew
            writer.write(CHUNKED + TINY * 1000 + END)
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200"), head
                assert await reader.readexactly(1000) == b"x" * 1000
        writer.close()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
async def test_line_ends_in_a_body_of_known_length_are_no_lines(end: bytes) -> None:
    body = end * FAR_MORE
    async with served(LONG) as running:
        head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
        reader, writer = await running.say(head)
        await asyncio.sleep(PAUSE)
        writer.write(body)
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            assert await reader.readexactly(len(body)) == body
        writer.close()


@pytest.mark.parametrize(
    "sent", [b"\x00\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n"]
)
async def test_what_is_no_http_is_not_waited_for_once_it_is_answered(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Something written to a connection that is closed is an error in the log."""
    missed: list[Connection] = []
    miss = Connection._miss_head

    def note(connection: Connection) -> None:
        missed.append(connection)
        miss(connection)

    monkeypatch.setattr(Connection, "_miss_head", note)
    async with served(BRIEF) as running:
        assert (await running.answer(sent)).startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        # One that came later is given up: so the time of the first one is over.
        assert b" 408 " in await running.answer(b"")
    assert len(missed) == 1
