"""What RFC 6455 asks of the server's end of a WebSocket."""

import asyncio

import pytest

from tests.conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    frame,
    raw_websocket,
)
from tests.conformance.servers import PAYLOAD_MAX, Engine
from tests.conformance.wire import Endpoint
from tests.harness import PATIENCE, wait_until

VIOLATIONS: dict[str, list[bytes]] = {
    "reserved bit 1": [frame(TEXT, b"4abc", first=FIN | 0x40)],
    "reserved bit 2": [frame(TEXT, b"4abc", first=FIN | 0x20)],
    "reserved opcode": [frame(3, b"4abc")],
    "reserved control opcode": [frame(11)],
    "continuation of nothing": [frame(CONTINUATION, b"4abc")],
    "new message before the end": [frame(TEXT, b"4a", first=0), frame(TEXT, b"4b")],
    "control frame in fragments": [frame(PING, b"a", first=0)],
    "long control frame": [frame(PING, b"x" * 126)],
    "no UTF-8": [frame(TEXT, b"4\xff\xfe")],
    "UTF-8 cut off": [frame(TEXT, "4é".encode()[:-1])],
    "close code of one byte": [frame(CLOSE, b"\x03")],
    "reserved close code": [frame(CLOSE, (1005).to_bytes(2))],
}


async def started(ws: RawWebSocket) -> None:
    assert (await ws.text()).startswith("0")


async def echoes(ws: RawWebSocket, text: str) -> None:
    ws.write(frame(TEXT, f"4{text}".encode()))
    assert await ws.text() == f"4{text}"


async def test_a_message_may_come_in_fragments(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        whole = "4in €uro fragments".encode()
        ws.write(
            frame(TEXT, whole[:5], first=0),  # in the middle of a character
            frame(CONTINUATION, whole[5:10], first=0),
            frame(CONTINUATION, b"", first=0),
            frame(CONTINUATION, whole[10:]),
        )
        assert await ws.text() == whole.decode()
        ws.write(frame(BINARY, b"\x01", first=0), frame(CONTINUATION, b"\x02"))
        assert await ws.read() == (BINARY, b"\x01\x02")
        assert [message for _, message in engine.received] == ["in €uro fragments", b"\x01\x02"]


async def test_a_ping_between_fragments_is_answered_at_once(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(frame(TEXT, b"4one", first=0), frame(PING, b"there?"))
        assert await ws.read() == (PONG, b"there?")
        ws.write(frame(CONTINUATION, b" piece"))
        assert await ws.text() == "4one piece"


async def test_bytes_may_come_one_by_one(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        for byte in frame(TEXT, b"4slowly") + frame(TEXT, b"4" + b"x" * 200):
            ws.write(bytes([byte]))
            await ws.writer.drain()
            await asyncio.sleep(0)
        assert await ws.text() == "4slowly"
        assert await ws.text() == "4" + "x" * 200


async def test_many_frames_may_come_in_one_piece(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(*(frame(TEXT, f"4{number}".encode()) for number in range(500)))
        for number in range(500):
            assert await ws.text() == f"4{number}"


async def test_lengths_around_the_limits_of_their_fields(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        for size in (0, 1, 124, 125, 126, 127, 65_534, 65_535):
            await echoes(ws, "x" * size)


async def test_an_unasked_pong_is_passed_over(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(frame(PONG, b"nobody asked"))
        await echoes(ws, "goes on")


@pytest.mark.parametrize("frames", VIOLATIONS.values(), ids=VIOLATIONS)
async def test_a_violation_closes(engine: Engine, frames: list[bytes]) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        await echoes(ws, "hello")
        ws.write(*frames)
        code = await ws.close_code()
        assert code in (None, 1002, 1007)  # none: closed without more ado
    await wait_until(lambda: engine.ended, what="the session ends")
    assert [message for _, message in engine.received] == ["hello"]


@pytest.mark.parametrize("parts", [1, 3])
async def test_what_is_too_long_is_refused_by_its_sum(engine: Engine, parts: int) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        size = PAYLOAD_MAX // parts + 1
        for part in range(parts):
            opcode = CONTINUATION if part else TEXT
            ws.write(frame(opcode, b"4" * size, first=FIN if part == parts - 1 else 0))
        assert await ws.close_code() in (None, 1009)
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.received == []


async def test_a_length_alone_takes_no_memory_and_no_time(engine: Engine) -> None:
    """Four gigabytes announced: refused by the announcement."""
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(bytes([FIN | TEXT, 0x80 | 127]) + (2**32).to_bytes(8) + b"mask")
        assert await ws.close_code() in (None, 1009)
    await wait_until(lambda: engine.ended, what="the session ends")


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
async def test_a_close_is_answered_and_the_connection_closed(engine: Engine, code: int) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(frame(CLOSE, code.to_bytes(2) + b"bye"))
        assert await ws.close_code() in (code, 1000)
        await ws.eof()
    await wait_until(lambda: engine.ended, what="the session ends")
    assert list(engine.ended.values()) == ["transport close"]


async def test_a_client_that_broke_the_protocol_is_hung_up_on(engine: Engine) -> None:
    """Whether or not it answers the close frame."""
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(frame(3, b"4abc"))
        await ws.eof()


async def test_nothing_is_taken_or_sent_behind_a_close(engine: Engine) -> None:
    async with raw_websocket(engine.endpoint.url) as ws:
        await started(ws)
        ws.write(frame(TEXT, b"4before"), frame(CLOSE, (1000).to_bytes(2)), frame(TEXT, b"4late"))
        assert await ws.close_code() == 1000
        async with asyncio.timeout(PATIENCE):
            assert await ws.reader.read() == b""
    await wait_until(lambda: engine.ended, what="the session ends")
    assert [message for _, message in engine.received] == ["before"]


def test_the_frames_of_this_file_are_right() -> None:
    """RFC 6455, section 5.7: a masked ``Hello``."""
    assert frame(TEXT, b"Hello").hex() == "818537fa213d7f9f4d5158"


async def test_an_upgrade_to_something_else_is_refused(engine: Engine) -> None:
    answer = await _asking_for(engine.endpoint, {"Upgrade": "h2c", "Connection": "Upgrade"})
    assert answer == 400
    assert engine.connected == []


async def test_another_websocket_version_is_refused(engine: Engine) -> None:
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "12",
    }
    assert await _asking_for(engine.endpoint, headers) in (400, 426)
    await wait_until(lambda: len(engine.ended) == len(engine.connected), what="no session is left")


async def _asking_for(endpoint: Endpoint, headers: dict[str, str]) -> int:
    answer = await endpoint.request("GET", "EIO=4&transport=websocket", headers=headers)
    return answer.status
