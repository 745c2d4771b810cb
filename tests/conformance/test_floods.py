"""Clients that send what costs a server something and brings nothing: frames, packets, requests."""

import contextlib

import pytest

from alphasync.transport import Allowance
from tests.conformance.frames import (
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    flooded,
    frame,
    raw_websocket,
)
from tests.conformance.packets import event
from tests.conformance.servers import MakeSockets, Sockets
from tests.harness import wait_until

BURST = 200
ALLOWANCE = Allowance(rate=0.001, burst=BURST, byte_rate=0.001, byte_burst=300_000)
"""So slow that a test sees what it may send at once, and no more."""
POLICY = 1008

FLOODS = {
    "pings": frame(PING),
    "pings with a payload": frame(PING, b"x" * 125),
    "pings without a mask": frame(PING, masked=False),
    "pongs": frame(PONG),
    "pongs of Engine.IO": frame(TEXT, b"3"),
    "pongs of Engine.IO with more": frame(TEXT, b"3 and more"),
    "namespaces": frame(TEXT, b"40/no,"),
    "a message in empty fragments": frame(CONTINUATION, first=0),
    "a message in small fragments": frame(CONTINUATION, b"x", first=0),
}
BEGUN = frame(TEXT, b"4", first=0)
"""The first fragment of a message."""


def begin_of(kind: str) -> bytes:
    return BEGUN if "fragments" in kind else b""


def limits_of(sockets: Sockets) -> list[str]:
    """The limits that clients run into from now on."""
    sockets.limits.clear()
    return sockets.limits


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_before_the_connect(make_sockets: MakeSockets, kind: str) -> None:
    sockets = await make_sockets(allowance=ALLOWANCE, connects_max=10_000)
    limits = limits_of(sockets)
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        assert await flooded(ws, begin_of(kind), FLOODS[kind]) == POLICY
    assert limits == ["control_rate"]
    await wait_until(lambda: not sockets.sio.eio.sockets, what="it is gone")


@pytest.mark.parametrize("kind", [*FLOODS, "acknowledgements"])
async def test_a_flood_after_the_connect(make_sockets: MakeSockets, kind: str) -> None:
    piece = FLOODS.get(kind, frame(TEXT, b"43999[]"))
    sockets = await make_sockets(allowance=ALLOWANCE, connects_max=10_000)
    limits = limits_of(sockets)
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(frame(TEXT, b"40"))
        assert (await ws.text()).startswith("40")
        assert await flooded(ws, begin_of(kind), piece) == POLICY
    assert limits == ["control_rate"]
    await wait_until(lambda: sockets.ended, what="the application knows")
    assert [reason for _, reason in sockets.ended] == ["transport error"]


async def test_nothing_more_is_read_of_it(make_sockets: MakeSockets) -> None:
    """What it sends after that stays with the kernel, for the two seconds until all is closed."""
    sockets = await make_sockets(allowance=ALLOWANCE)
    limits = limits_of(sockets)
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        (link,) = sockets.sio.eio.links
        ws.write(frame(PING) * (BURST + 1))
        assert await ws.close_code() == POLICY
        assert limits == ["control_rate"]
        assert not link._transport.is_reading()
        await ws.eof()


async def test_a_flood_behind_the_close(make_sockets: MakeSockets) -> None:
    """A client whose connection is closing is not read for longer, either."""
    sockets = await make_sockets(allowance=ALLOWANCE)
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        (link,) = sockets.sio.eio.links
        ws.write(frame(TEXT, b"9"))  # no packet of a client
        assert await ws.close_code() == 1002
        ws.write(frame(TEXT, b"3") * (BURST + 1))
        await wait_until(lambda: link._deaf, what="it is not read")


async def test_large_fragments_are_no_flood(make_sockets: MakeSockets) -> None:
    """The bytes are their bound; what a client sends in such pieces is not held against it."""
    sockets = await make_sockets(allowance=ALLOWANCE, max_http_buffer_size=300_000)
    heard: list[int] = []
    sockets.sio.on("x", lambda sid, text: heard.append(len(text)))
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(frame(TEXT, b"40"))
        assert (await ws.text()).startswith("40")
        ws.write(frame(TEXT, b'42["x","', first=0))
        ws.write(*[frame(CONTINUATION, b"x" * 1024, first=0)] * BURST, frame(CONTINUATION, b'"]'))
        await wait_until(lambda: heard, what="the message came")
    assert heard == [BURST * 1024]


@pytest.mark.parametrize("size", [100, 60_000])
async def test_bytes_count_whatever_they_are(make_sockets: MakeSockets, size: int) -> None:
    """Also those of events, which by number are the application's to count."""
    sockets = await make_sockets(allowance=ALLOWANCE)
    limits = limits_of(sockets)
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(frame(TEXT, b"40"))
        assert (await ws.text()).startswith("40")
        with contextlib.suppress(ConnectionError):
            for _ in range(400_000 // size):
                ws.write(frame(TEXT, f'42["x","{"x" * size}"]'.encode()))
                await ws.writer.drain()
        assert await ws.close_code() == POLICY
    assert limits == ["byte_rate"]


async def test_events_do_not_count_by_number(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(allowance=ALLOWANCE)
    heard: list[int] = []
    sockets.sio.on("x", lambda sid, number: heard.append(number))
    client = await sockets.member()
    await client.send(*(event("x", number) for number in range(5 * BURST)))
    await wait_until(lambda: len(heard) == 5 * BURST, what="all came")
    assert not client.ended


async def test_what_stands_behind_a_flood_is_not_carried_out(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(allowance=ALLOWANCE)
    heard: list[int] = []
    sockets.sio.on("x", lambda sid, number: heard.append(number))
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(frame(TEXT, b"40"))
        assert (await ws.text()).startswith("40")
        ws.write(frame(TEXT, b"3") * (BURST + 1), frame(TEXT, b'42["x",1]'))
        assert await ws.close_code() == POLICY
        await wait_until(lambda: sockets.ended, what="the application knows")
    assert heard == []
