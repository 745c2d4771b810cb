"""Clients that flood a server with what is no command, while the devices of others go on."""

import asyncio
import contextlib
import json
import logging

import pytest

from tests.conformance.frames import CONTINUATION, PING, PONG, TEXT, flooded, frame, raw_websocket
from tests.conformance.wire import SEPARATOR, Endpoint
from tests.faults import patient
from tests.faults.crowd import Typist, limited, median_of_all, typist
from tests.faults.harness import Site, site

pytestmark = [pytest.mark.faults, pytest.mark.slow]

VISITS = 10
"""How often each kind of flood comes, one after the other."""
BODY = 60_000
"""Bytes of one POST."""
TICK = 0.01
"""Seconds between two key strokes of another device."""
OTHERS_WITHIN = 5.0
"""Seconds from most key strokes of another device to a third one, on a machine however busy."""
POLICY = 1008

ENDLESS = frame(CONTINUATION, first=0)
"""Fragments of a message that has no end."""
FRAMES = (
    frame(PING),
    frame(PING, b"x" * 125),
    frame(PONG, b"x"),
    frame(TEXT, b"3"),
    ENDLESS,
)
ACKNOWLEDGED = (frame(TEXT, b"43999[]"),)
"""Of what nobody has asked for: a client that is not in gets no further than the first."""
PACKETS = ("3", "3 and more")

log = logging.getLogger(__name__)


async def flood_websocket(running: Site, piece: bytes, connect: str) -> None:
    """``connect``: the packet with which the client gets in; none for one that stays outside."""
    async with raw_websocket(f"{running.urls[0]}/socket.io/") as ws:
        assert (await ws.text()).startswith("0")
        if connect:
            ws.write(frame(TEXT, f"4{connect}".encode()))
            assert (await ws.text()).startswith("40")
        begin = frame(TEXT, b"4", first=0) if piece == ENDLESS else b""
        assert await flooded(ws, begin, piece) == POLICY


async def flood_polling(running: Site, packet: str, connect: str) -> None:
    endpoint = Endpoint(f"{running.urls[0]}/socket.io/", running.http)
    sid = await endpoint.sid()
    if connect:
        assert (await endpoint.post(sid, f"4{connect}")).status == 200
    body = SEPARATOR.join([packet] * (BODY // (len(packet) + 1)))
    while (answer := await endpoint.post(sid, body)).status == 200:
        pass
    assert (answer.status, json.loads(answer.text)["message"]) == (429, "Too many requests")
    await endpoint.gone(sid)


async def type_on(device: Typist, done: asyncio.Event) -> None:
    while not done.is_set():
        await device.type("other", 100)
        await asyncio.sleep(TICK)


@pytest.mark.parametrize("inside", [False, True], ids=["before-connect", "after-connect"])
async def test_floods_are_cut_and_others_go_on(inside: bool) -> None:
    async with (
        site(1, valkey=(), program=patient.PROGRAM) as running,
        contextlib.AsyncExitStack() as stack,
    ):
        url, token = running.urls[0], running.token()
        other, witness = [
            await stack.enter_async_context(typist(running.http, url, token)) for _ in range(2)
        ]
        over = asyncio.Event()
        typing = asyncio.create_task(type_on(other, over), name="typing")
        connect = f"0{json.dumps({'token': running.token('noisy')})}" if inside else ""
        floods = 0
        try:
            for _ in range(VISITS):
                for piece in FRAMES + (ACKNOWLEDGED if inside else ()):
                    await flood_websocket(running, piece, connect)
                    floods += 1
                for packet in PACKETS:
                    await flood_polling(running, packet, connect)
                    floods += 1
                assert await running.servers[0].ready()
        finally:
            over.set()
            await typing
        assert await median_of_all(other, witness) < OTHERS_WITHIN
        assert await limited(running.http, url, "control_rate") == floods
        assert await limited(running.http, url, "slow_consumer") == 0
