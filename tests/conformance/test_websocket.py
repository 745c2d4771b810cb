"""Engine.IO over a WebSocket."""

import asyncio
import contextlib
import zlib

import aiohttp
import pytest

from tests.conformance.frames import FIN, TEXT, frame, raw_websocket
from tests.conformance.servers import PAYLOAD_MAX, Engine, MakeEngine
from tests.conformance.stalled import Memory
from tests.conformance.wire import dropped, opened
from tests.harness import wait_until

COMPRESSED = 0x40
"""RSV1 of a frame (RFC 7692, 6)."""
PERMESSAGE_DEFLATE = 15
"""The window that aiohttp's client offers when it offers compression."""


async def connect(engine: Engine) -> tuple[aiohttp.ClientWebSocketResponse, str]:
    ws = await engine.endpoint.websocket()
    return ws, (await opened(ws))["sid"]


@pytest.mark.parametrize("text", ["", "hello", "1", "ünï € 👋 \x00 \x1e", "x" * 126, "x" * 65_000])
async def test_a_text_goes_both_ways_as_it_is(engine: Engine, text: str) -> None:
    ws, sid = await connect(engine)
    await ws.send_str(f"4{text}")
    assert await ws.receive_str() == f"4{text}"
    assert engine.of(sid) == [text]
    await ws.close()


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", b"4abc", b"\xff" * 65_000])
async def test_binary_is_a_frame_of_its_own_without_a_type(engine: Engine, data: bytes) -> None:
    ws, sid = await connect(engine)
    await ws.send_bytes(data)
    assert await ws.receive_bytes() == data
    assert engine.of(sid) == [data]
    await ws.close()


async def test_text_and_binary_keep_their_order(engine: Engine) -> None:
    ws, sid = await connect(engine)
    for number in range(50):
        await ws.send_str(f"4{number}")
        await ws.send_bytes(bytes([number]))
    expected: list[str | bytes] = []
    for number in range(50):
        assert await ws.receive_str() == f"4{number}"
        assert await ws.receive_bytes() == bytes([number])
        expected += [str(number), bytes([number])]
    assert engine.of(sid) == expected
    await ws.close()


async def test_a_message_of_exactly_the_limit_is_taken(engine: Engine) -> None:
    ws, _ = await connect(engine)
    text = "x" * (PAYLOAD_MAX - 1)
    await ws.send_str(f"4{text}")
    assert await ws.receive_str() == f"4{text}"
    await ws.close()


@pytest.mark.parametrize("kind", ["text", "binary"])
async def test_a_message_over_the_limit_closes(engine: Engine, kind: str) -> None:
    ws, sid = await connect(engine)
    if kind == "text":
        await ws.send_str("4" + "x" * PAYLOAD_MAX)
    else:
        await ws.send_bytes(b"x" * (PAYLOAD_MAX + 1))
    await dropped(ws)
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.received == []
    await engine.endpoint.gone(sid)


@pytest.mark.parametrize("frame", ["", "7", "abc", "bAQI=", "¹", "2", "2probe", "5", "0{}"])
async def test_a_malformed_packet_closes(engine: Engine, frame: str) -> None:
    ws, sid = await connect(engine)
    await ws.send_str(frame)
    await dropped(ws)
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.received == []
    await engine.endpoint.gone(sid)


async def test_a_close_packet_closes(engine: Engine) -> None:
    ws, sid = await connect(engine)
    await ws.send_str("4last")
    await ws.send_str("1")
    await dropped(ws)
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.of(sid) == ["last"]
    assert engine.ended == {sid: "transport close"}
    await engine.endpoint.gone(sid)


async def test_closing_the_websocket_ends_the_session(engine: Engine) -> None:
    ws, sid = await connect(engine)
    await ws.close()
    assert ws.close_code == aiohttp.WSCloseCode.OK, "the server answers the close handshake"
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.ended == {sid: "transport close"}
    await engine.endpoint.gone(sid)


async def test_losing_the_connection_ends_the_session(engine: Engine) -> None:
    """Without a close frame."""
    async with raw_websocket(engine.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.writer.transport.abort()
        await wait_until(lambda: engine.ended, what="the session ends")
    assert list(engine.ended) == engine.connected


async def test_the_server_closes_the_websocket(engine: Engine) -> None:
    ws, sid = await connect(engine)
    await engine.eio.send(sid, "before")
    await engine.eio.disconnect(sid)
    assert await ws.receive_str() == "4before", "what was sent before is not lost"
    await dropped(ws)
    assert engine.ended == {sid: "server disconnect"}
    await engine.endpoint.gone(sid)


async def test_a_client_that_leaves_while_it_is_let_in(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def on_connect(sid: str, environ: object) -> None:
        entered.set()
        await go.wait()

    engine.eio.on("connect", on_connect)
    connecting = asyncio.create_task(engine.endpoint.websocket())
    await entered.wait()
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    go.set()
    await wait_until(lambda: engine.ended, what="the session ends")
    await engine.endpoint.gone(next(iter(engine.ended)))
    assert "Traceback" not in caplog.text


async def test_a_connect_handler_may_end_the_session(engine: Engine) -> None:
    async def on_connect(sid: str, environ: object) -> None:
        engine.connected.append(sid)
        await engine.eio.disconnect(sid)

    engine.eio.on("connect", on_connect)
    with contextlib.suppress(aiohttp.WSServerHandshakeError):
        await dropped(await engine.endpoint.websocket())
    await engine.endpoint.gone(engine.connected[0])
    await engine.endpoint.request("GET", "EIO=4&transport=polling")
    sid = engine.connected[1]
    while (answer := await engine.endpoint.poll(sid)).status != 400:
        assert answer.text == "1"


async def test_sending_to_a_session_that_is_gone_is_no_error(engine: Engine) -> None:
    ws, sid = await connect(engine)
    await ws.close()
    await wait_until(lambda: engine.ended, what="the session ends")
    await engine.eio.send(sid, "into the void")


async def test_no_poll_or_post_for_a_websocket_session(engine: Engine) -> None:
    ws, sid = await connect(engine)
    assert (await engine.endpoint.poll(sid)).status == 400
    assert (await engine.endpoint.post(sid, "4smuggled")).status == 400
    await ws.send_str("4straight")
    assert await ws.receive_str() == "4straight", "the WebSocket lives on"
    assert engine.of(sid) == ["straight"]
    await ws.close()


async def test_frames_are_not_compressed_unless_wanted(make_engine: MakeEngine) -> None:
    for options, wanted in [({}, False), ({"websocket_compression": True}, True)]:
        engine = await make_engine(**options)
        ws = await engine.endpoint.websocket(compress=PERMESSAGE_DEFLATE)
        await opened(ws)
        assert bool(ws.compress) is wanted
        for text in ("4" + "compressible " * 500, "4more " + "compressible " * 500):
            await ws.send_str(text)
            assert await ws.receive_str() == text
        await ws.close()


async def test_a_client_without_compression_gets_none(make_engine: MakeEngine) -> None:
    engine = await make_engine(websocket_compression=True)
    ws, _ = await connect(engine)
    assert not ws.compress
    await ws.send_str("4" + "plain " * 1000)
    assert await ws.receive_str() == "4" + "plain " * 1000
    await ws.close()


async def test_a_small_frame_that_unpacks_to_much_closes_and_takes_no_room(
    make_engine: MakeEngine, memory: Memory
) -> None:
    engine = await make_engine(websocket_compression=True)
    async with raw_websocket(engine.endpoint.url, extensions="permessage-deflate") as ws:
        packer = zlib.compressobj(wbits=-15)
        bomb = packer.compress(bytes(50_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
        memory.start()
        ws.write(frame(TEXT, bomb.removesuffix(b"\0\0\xff\xff"), first=FIN | COMPRESSED))
        assert await ws.close_code() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        assert memory.peak < 20 * PAYLOAD_MAX
    assert engine.received == []
