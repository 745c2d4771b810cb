"""What a client does that means no good, or that nobody has thought of."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from alphasync.transport import Outgoing
from alphasync.transport.websocket import Link
from tests.conformance.frames import PING, PONG, TEXT, RawWebSocket, frame, raw_websocket
from tests.conformance.servers import Engine, MakeEngine, MakeSockets
from tests.harness import PATIENCE, wait_until

KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
KERNEL = 8_192
BUFFER_MAX = 200_000
STATE = [Outgoing("4" + "x" * 2_000)] * 600
"""Six times what may wait."""


@contextlib.asynccontextmanager
async def connection(url: str) -> AsyncIterator[RawWebSocket]:
    """A connection on which nothing has been asked for yet."""
    address = URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        yield RawWebSocket(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def upgrade(query: str = "", key: str = KEY, version: str = "1.1") -> bytes:
    return (
        f"GET /engine.io/?EIO=4&transport=websocket{query} HTTP/{version}\r\nHost: localhost\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


async def test_frames_right_behind_the_handshake_are_taken(engine: Engine) -> None:
    async with connection(engine.endpoint.url) as ws:
        ws.write(upgrade(), frame(TEXT, b"4early"))
        await wait_until(lambda: engine.received, what="the message")
    assert [message for _, message in engine.received] == ["early"]


async def test_a_probe_right_behind_the_handshake_is_answered(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with connection(engine.endpoint.url) as ws:
        ws.write(upgrade(f"&sid={sid}"), frame(TEXT, b"2probe"))
        await ws.reader.readuntil(b"\r\n\r\n")
        assert await ws.text() == "3probe"


@pytest.mark.parametrize(("key", "version"), [("é" * 22, "1.1"), ("short", "1.1"), (KEY, "1.0")])
async def test_a_handshake_that_is_none_is_refused(engine: Engine, key: str, version: str) -> None:
    async with connection(engine.endpoint.url) as ws:
        ws.write(upgrade(key=key, version=version))
        line = await ws.reader.readline()
        assert line.split()[1] == b"400", line
    assert engine.connected == []


async def test_base64_that_is_not_even_ascii_is_refused(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, "bé")).status == 400
    await engine.endpoint.gone(sid)


async def test_a_pong_that_nobody_asked_for_puts_nothing_off(make_engine: MakeEngine) -> None:
    engine = await make_engine(ping_interval=0.2, ping_timeout=PATIENCE)

    async def always() -> None:
        while True:
            ws.write(frame(TEXT, b"3"))
            await asyncio.sleep(0.02)

    async with raw_websocket(engine.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        sending = asyncio.create_task(always())
        # Were each of them an answer, the interval would begin anew and no ping would ever come.
        assert await ws.text() == "2"
        sending.cancel()


async def test_of_many_pings_the_latest_is_answered(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(*(frame(PING, b"%d" % number) for number in range(100)))
        answers = [await ws.read()]
        while answers[-1] != (PONG, b"99"):
            answers.append(await ws.read())
        assert len(answers) < 50


async def test_state_that_nobody_reads_is_not_added_up(make_engine: MakeEngine) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    async with raw_websocket(engine.endpoint.url, receive_buffer=KERNEL):
        await wait_until(lambda: engine.connected, what="connected")
        sid = engine.connected[0]
        for _ in range(4):
            engine.eio.put_all(sid, STATE)
            await asyncio.sleep(0)
        await wait_until(lambda: engine.ended, what="it is cut")


async def test_large_state_survives_an_upgrade(make_engine: MakeEngine) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    sid = await engine.endpoint.sid()
    query = f"EIO=4&transport=websocket&sid={sid}"
    async with raw_websocket(engine.endpoint.url, query=query, receive_buffer=KERNEL) as ws:
        ws.write(frame(TEXT, b"2probe"))
        assert await ws.text() == "3probe"
        engine.eio.put_all(sid, STATE)
        ws.write(frame(TEXT, b"5"))
        for _ in STATE:
            assert (await ws.text()).startswith("4x")
    assert list(engine.ended.values()) in ([], ["transport close"])


@pytest.mark.slow
async def test_a_closed_connection_goes_without_the_collector(engine: Engine) -> None:
    gc.collect()
    gc.disable()
    before = links()
    try:
        async with raw_websocket(engine.endpoint.url) as ws:
            assert (await ws.text()).startswith("0")
            assert links() > before
        await wait_until(lambda: links() <= before, what="nothing is left")
    finally:
        gc.enable()


def links() -> int:
    return sum(type(thing) is Link for thing in gc.get_objects())


async def test_one_connection_may_not_connect_for_ever(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(connects_max=5)
    client = await sockets.client()
    for _ in range(5):
        await client.send("0")
        assert (await client.text()).startswith("0")
        await client.send("1")
    await client.send("0")
    await client.closed()


async def test_a_second_post_while_one_is_sent_ends_the_session(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    rest = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"4first"
        await rest.wait()
        yield b" and its rest"

    first = asyncio.create_task(engine.endpoint.post(sid, slow()))
    await wait_until(lambda: engine.endpoint.answering["POST", sid], what="the POST has begun")
    assert (await engine.endpoint.post(sid, "4second")).status == 400
    rest.set()
    result = (await asyncio.gather(first, return_exceptions=True))[0]
    # Its connection may be closed under it, as nobody waits for the rest of its body.
    assert isinstance(result, aiohttp.ClientConnectionError) or result.status == 400  # type: ignore[union-attr]
    await engine.endpoint.gone(sid)
    assert list(engine.ended) == [sid]
