"""Clients that send too much by HTTP, or on the way from polling to a WebSocket."""

import asyncio
import json

import pytest
from yarl import URL

from alphasync.transport import Allowance
from alphasync.transport.session_state import State
from tests.conformance.frames import PING, TEXT, flooded, frame, raw_websocket
from tests.conformance.packets import connect, event, next_event
from tests.conformance.servers import BOTH_ROADS, MakeEngine, MakeSockets
from tests.conformance.test_floods import ALLOWANCE, BURST, POLICY, limits_of
from tests.conformance.wire import SEPARATOR, Endpoint
from tests.harness import PATIENCE, wait_until


@BOTH_ROADS
@pytest.mark.parametrize("body", ["3", "43999[]", "40/no,"])
async def test_a_flood_in_one_post(make_sockets: MakeSockets, body: str) -> None:
    sockets = await make_sockets(allowance=ALLOWANCE, connects_max=10_000)
    limits = limits_of(sockets)
    sid = await sockets.endpoint.sid()
    assert (await sockets.endpoint.post(sid, "40")).status == 200
    answer = await sockets.endpoint.post(sid, SEPARATOR.join([body] * (BURST + 1)))
    assert (answer.status, json.loads(answer.text)["message"]) == (429, "Too many requests")
    assert limits == ["control_rate"]
    await sockets.endpoint.gone(sid)


@BOTH_ROADS
async def test_a_flood_of_posts(make_engine: MakeEngine) -> None:
    engine = await make_engine(allowance=ALLOWANCE)
    sid = await engine.endpoint.sid()
    answers = [(await engine.endpoint.post(sid, "3")).status for _ in range(BURST // 2 + 1)]
    assert answers == [200] * (BURST // 2) + [429]
    await engine.endpoint.gone(sid)
    assert list(engine.ended.values()) == ["transport error"]


@BOTH_ROADS
async def test_a_flood_of_bytes(make_engine: MakeEngine) -> None:
    engine = await make_engine(allowance=ALLOWANCE)
    sid = await engine.endpoint.sid()
    answers = [(await engine.endpoint.post(sid, "4" + "x" * 59_999)).status for _ in range(6)]
    assert answers == [200] * 5 + [429]
    await engine.endpoint.gone(sid)


@BOTH_ROADS
async def test_a_session_that_posts_and_fetches_is_no_flood(make_sockets: MakeSockets) -> None:
    """As quickly as events come, one of them in each request."""
    sockets = await make_sockets(allowance=ALLOWANCE)

    async def back(sid: str, number: int) -> None:
        await sockets.sio.emit("y", number, to=sid)

    sockets.sio.on("x", back)
    client = await sockets.client("polling")
    await connect(client)
    for number in range(2 * BURST):
        await client.send(event("x", number))
        assert await next_event(client) == ["y", number]


@pytest.mark.slow
async def test_polls_in_an_upgrade_count(make_engine: MakeEngine) -> None:
    """They are answered soon, with nothing."""
    engine = await make_engine(allowance=ALLOWANCE)
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, SEPARATOR.join(["3"] * (BURST - 20)))).status == 200
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str() == "3probe"
    while (answer := await engine.endpoint.poll(sid)).status == 200:
        assert answer.text == "6"
    assert answer.status == 429
    await engine.endpoint.gone(sid)
    while not ws.closed:
        await ws.receive()
    assert list(engine.ended.values()) == ["transport error"]


@BOTH_ROADS
async def test_a_client_whose_websocket_brings_nothing_goes_on_polling(
    make_engine: MakeEngine,
) -> None:
    """As behind a proxy that keeps its frames back: it does not hear of the probe's answer, and
    polls until the server gives the WebSocket up."""
    engine = await make_engine(allowance=Allowance(rate=0.001, burst=100), upgrade_timeout=1.0)
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    socket = engine.eio.sockets[sid]
    await wait_until(lambda: socket.state is State.UPGRADING, what="the probe has come")
    while True:
        poll = asyncio.create_task(engine.endpoint.poll(sid))
        await wait_until(lambda: poll.done() or socket.state is State.POLLING)  # noqa: B023
        if socket.state is State.POLLING:
            break
        assert (await poll).text == "6"
    # The last poll may have come before the WebSocket was given up, or after that.
    assert (await engine.endpoint.post(sid, "4last")).text == "ok"
    if (await poll).text == "6":
        assert await engine.endpoint.fetch(sid, 1) == ["4last"]
    else:
        assert poll.result().text == "4last"
    for number in range(3):
        assert (await engine.endpoint.post(sid, f"4{number}")).text == "ok"
        assert await engine.endpoint.fetch(sid, 1) == [f"4{number}"]
    await ws.close()


async def test_an_upgrade_brings_nothing_anew(make_engine: MakeEngine) -> None:
    engine = await make_engine(allowance=ALLOWANCE)
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, SEPARATOR.join(["3"] * (BURST - 50)))).status == 200
    query = f"EIO=4&transport=websocket&sid={sid}"
    async with raw_websocket(engine.endpoint.url, query=query) as ws:
        ws.write(frame(TEXT, b"2probe"))
        assert await ws.text() == "3probe"
        ws.write(frame(TEXT, b"5"), frame(TEXT, b"3") * 60)
        assert await ws.close_code() == POLICY
    await wait_until(lambda: engine.ended, what="the application knows")
    assert engine.ended == {sid: "transport error"}


async def test_a_flood_on_a_websocket_that_is_tried_out(make_engine: MakeEngine) -> None:
    """It is the session's, too."""
    engine = await make_engine(allowance=ALLOWANCE)
    sid = await engine.endpoint.sid()
    query = f"EIO=4&transport=websocket&sid={sid}"
    async with raw_websocket(engine.endpoint.url, query=query) as ws:
        assert await flooded(ws, b"", frame(PING)) == POLICY
    await engine.endpoint.gone(sid)
    assert engine.ended == {sid: "transport error"}


async def test_half_a_body_is_read_no_further(make_engine: MakeEngine) -> None:
    engine = await make_engine(allowance=ALLOWANCE, max_http_buffer_size=10**9)
    sid = await engine.endpoint.sid()
    answer = await trickle(engine.endpoint, sid)
    assert answer.startswith(b"HTTP/1.1 429 ")
    assert engine.ended == {sid: "transport error"}


async def trickle(endpoint: Endpoint, sid: str) -> bytes:
    """Send a body that has no end; returns the first line of the answer."""
    url = URL(endpoint.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {url.path}?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Length: {10**8}\r\n\r\n".encode()
    )
    try:
        for _ in range(40):
            writer.write(b"x" * 10_000)
            await writer.drain()
        async with asyncio.timeout(PATIENCE):
            return await reader.readline()
    finally:
        writer.transport.abort()


async def test_whoever_keeps_to_the_protocol_is_never_cut(make_engine: MakeEngine) -> None:
    """A pong for each ping, however short their interval."""
    engine = await make_engine(
        allowance=Allowance(rate=40, burst=10), ping_interval=0.05, ping_timeout=5.0
    )
    websocket, polling = await engine.client("websocket"), await engine.client("polling")
    await wait_until(lambda: min(websocket.pings, polling.pings) >= 30, what="30 pings")
    assert not engine.ended
