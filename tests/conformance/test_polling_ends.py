"""What ends an Engine.IO session over HTTP long-polling, and how its client sees it."""

import asyncio
import contextlib

import pytest
from yarl import URL

from alphasync.transport.outgoing import BODY_PACKETS_MAX
from tests.conformance.servers import BOTH_ROADS, Engine
from tests.conformance.wire import SEPARATOR
from tests.harness import PATIENCE, wait_until

pytestmark = BOTH_ROADS

MALFORMED: list[tuple[str, str | bytes]] = [
    ("empty", ""),
    ("unknown type", "7abc"),
    ("no type", "abc"),
    ("empty packet between two", f"4a{SEPARATOR}{SEPARATOR}4b"),
    ("empty packet at the end", f"4a{SEPARATOR}"),
    ("type beyond the digits", "¹abc"),
    ("bad base64", "b!!!!"),
    ("base64 cut off", "bAQID" + "A"),
    ("upgrade", "5"),
    ("ping", "2"),
    ("probe", "2probe"),
    ("malformed behind a good one", f"4a{SEPARATOR}xyz"),
    ("no UTF-8", b"4\xff\xfe"),
]


@pytest.mark.parametrize(
    "body", [body for _, body in MALFORMED], ids=[name for name, _ in MALFORMED]
)
async def test_a_malformed_post_ends_the_session(engine: Engine, body: str | bytes) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, body)).status == 400
    await engine.endpoint.gone(sid)
    assert list(engine.ended) == [sid]


async def test_a_malformed_post_ends_the_open_poll(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        assert (await engine.endpoint.post(sid, "xyz")).status == 400
        await poll
    await engine.endpoint.gone(sid)


async def test_a_second_poll_ends_the_session(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as first:
        assert (await engine.endpoint.poll(sid)).status == 400
        answer = await first
        assert (answer.status, answer.text) == (200, "1")
    await engine.endpoint.gone(sid)
    assert list(engine.ended) == [sid]


async def test_a_client_that_hangs_up_its_poll_ends_the_session(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        poll.cancel()
        await wait_until(lambda: engine.ended, what="the session ends")
    await engine.endpoint.gone(sid)
    assert list(engine.ended) == [sid]


async def test_a_post_that_is_hung_up_ends_the_session(engine: Engine) -> None:
    """Part of a body is no body: nothing of it is taken."""
    sid = await engine.endpoint.sid()
    host, port = "127.0.0.1", URL(engine.endpoint.url).port
    _, writer = await asyncio.open_connection(host, port)
    writer.write(
        f"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\n"
        "Host: localhost\r\nContent-Length: 1000\r\n\r\n4half".encode()
    )
    await wait_until(lambda: engine.endpoint.answering["POST", sid], what="the POST has begun")
    writer.close()
    await writer.wait_closed()
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.received == []


async def test_a_close_packet_ends_the_open_poll_and_the_session(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        assert (await engine.endpoint.post(sid, "1")).text == "ok"
        answer = await poll
        assert (answer.status, answer.text) == (200, "6")
    await engine.endpoint.gone(sid)
    assert (await engine.endpoint.post(sid, "4late")).status == 400
    assert engine.ended == {sid: "transport close"}
    assert engine.received == []


async def test_a_close_packet_with_no_poll_open(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, f"4last{SEPARATOR}1")).text == "ok"
    await engine.endpoint.gone(sid)
    await engine.got(sid, "last")
    assert engine.ended == {sid: "transport close"}


async def test_a_disconnect_by_the_server_ends_the_open_poll(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        await engine.eio.disconnect(sid)
        answer = await poll
        assert (answer.status, answer.text) in [(200, "1"), (200, "6")]
    await engine.endpoint.gone(sid)
    assert engine.ended == {sid: "server disconnect"}


async def test_a_disconnect_waits_for_nobody(engine: Engine) -> None:
    """A client that polls again, once, gets what was sent before; one that does not holds up
    nobody who closes its session."""
    sid = await engine.endpoint.sid()
    await engine.eio.send(sid, "last")
    async with asyncio.timeout(PATIENCE):
        await engine.eio.disconnect(sid)
    assert engine.ended == {sid: "server disconnect"}
    # With no CLOSE in the same answer: the official client would see that first, and take a
    # DISCONNECT from its namespace for a broken connection.
    assert (await engine.endpoint.poll(sid)).text == "4last"
    answer = await engine.endpoint.poll(sid)
    assert answer.status == 400 or answer.text == "1"
    await engine.endpoint.gone(sid)


@pytest.mark.parametrize("waiting", [0, 1, 3 * BODY_PACKETS_MAX])
@pytest.mark.parametrize("polls", [False, True], ids=["between two polls", "a poll is open"])
async def test_what_a_client_brings_before_it_has_read_of_its_end_is_no_error(
    engine: Engine, waiting: int, polls: bool
) -> None:
    """It would be told of a broken connection, and come again, instead of why it was ended."""
    sid = await engine.endpoint.sid()
    async with contextlib.AsyncExitStack() as stack:
        poll = await stack.enter_async_context(engine.endpoint.open_poll(sid)) if polls else None
        for number in range(waiting):
            await engine.eio.send(sid, f"{number}")
        await engine.eio.disconnect(sid)
        read = (await poll).text.split(SEPARATOR) if poll else []
    while len(read) < waiting:
        assert (await engine.endpoint.post(sid, f"3{SEPARATOR}4late")).text == "ok"
        read += (await engine.endpoint.poll(sid)).text.split(SEPARATOR)
    assert read in ([f"4{number}" for number in range(waiting)], ["1"])
    assert (await engine.endpoint.post(sid, "4late")).text == "ok"
    await engine.endpoint.gone(sid)
    assert engine.received == []
    assert engine.ended == {sid: "server disconnect"}


async def test_a_body_that_is_whole_after_the_end_is_no_error(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(engine.endpoint.url).port)
    writer.write(
        f"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\n"
        "Host: localhost\r\nContent-Length: 5\r\n\r\n4".encode()
    )
    await wait_until(lambda: engine.endpoint.answering["POST", sid], what="the POST has begun")
    await engine.eio.disconnect(sid)
    writer.write(b"late")
    assert (await reader.readline()).split()[1] == b"200"
    writer.close()
    assert engine.received == []
