"""What a client that does not read may cost."""

import asyncio
import contextlib

from tests.conformance.frames import PING, TEXT, RawWebSocket, frame, raw_websocket
from tests.conformance.packets import next_event
from tests.conformance.servers import Engine, MakeEngine, MakeSockets
from tests.conformance.stalled import (
    ALLOWED,
    BUFFER_MAX,
    FLOOD,
    KERNEL,
    MESSAGE,
    SIZE,
    WRITE_BUFFER,
    Memory,
    numbered,
    stalled,
)
from tests.harness import PATIENCE, wait_until

IN_KERNELS = 16 * KERNEL
"""No less than two kernels and the client's reader really hold."""
PAUSED = 2.0
"""Seconds after which a client that could not send on is taken to be held up on purpose."""


async def fill(engine: Engine, sid: str) -> int:
    """Send, one message in a loop turn, until the session ends; returns how many bytes."""
    sent = 0
    while not engine.ended:
        assert sent < 10 * BUFFER_MAX, "nobody stops it"
        await engine.eio.send(sid, MESSAGE)
        sent += SIZE
        await asyncio.sleep(0)
    return sent


async def test_a_websocket_that_is_not_read_is_cut_at_the_bound(make_engine: MakeEngine) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    async with raw_websocket(engine.endpoint.url, receive_buffer=KERNEL):
        await wait_until(lambda: engine.connected, what="connected")
        sid = engine.connected[0]
        sent = await fill(engine, sid)
    assert sent > BUFFER_MAX - SIZE, "cut before the bound"
    assert sent <= BUFFER_MAX + WRITE_BUFFER + SIZE + IN_KERNELS
    await engine.endpoint.gone(sid)


async def test_a_client_that_does_not_poll_is_cut_at_the_bound(make_engine: MakeEngine) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX)
    sid = await engine.endpoint.sid()
    sent = await fill(engine, sid)
    assert BUFFER_MAX - SIZE < sent <= BUFFER_MAX + WRITE_BUFFER + SIZE
    await engine.endpoint.gone(sid)


async def test_the_bound_holds_within_one_loop_turn(
    make_engine: MakeEngine, memory: Memory
) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    async with raw_websocket(engine.endpoint.url, receive_buffer=KERNEL):
        await wait_until(lambda: engine.connected, what="connected")
        memory.start()
        for number in range(FLOOD):
            await engine.eio.send(engine.connected[0], numbered(number))
        assert memory.peak < ALLOWED, memory.told()
        await wait_until(lambda: engine.ended, what="it is cut")


async def test_the_bound_holds_for_a_client_that_does_not_poll(
    make_engine: MakeEngine, memory: Memory
) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX)
    sid = await engine.endpoint.sid()
    memory.start()
    for number in range(FLOOD):
        await engine.eio.send(sid, numbered(number))
    assert memory.peak < ALLOWED, memory.told()
    await wait_until(lambda: engine.ended, what="it is cut")
    await engine.endpoint.gone(sid)


async def test_the_bound_holds_in_the_middle_of_an_upgrade(
    make_engine: MakeEngine, memory: Memory
) -> None:
    engine = await make_engine(buffer_max=BUFFER_MAX)
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    memory.start()
    for number in range(FLOOD):
        await engine.eio.send(sid, numbered(number))
    assert memory.peak < ALLOWED, memory.told()
    await wait_until(lambda: engine.ended, what="it is cut")
    await ws.close()


async def test_pongs_count_too(make_engine: MakeEngine, memory: Memory) -> None:
    """A client that pings by the WebSocket protocol, and reads none of the answers."""
    engine = await make_engine(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    pings = frame(PING, b"x" * 125) * 100

    async def flood(ws: RawWebSocket) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(10 * BUFFER_MAX // len(pings)):
                ws.write(pings)
                await ws.writer.drain()
            ws.write(frame(TEXT, b"4end"))

    async with raw_websocket(engine.endpoint.url, receive_buffer=KERNEL) as ws:
        assert (await ws.text()).startswith("0")
        memory.start()
        sending = asyncio.create_task(flood(ws))
        # Or it reads no more, and lets its client wait.
        with contextlib.suppress(AssertionError):
            await wait_until(lambda: engine.received or engine.ended, within=PAUSED)
        assert memory.peak < ALLOWED + WRITE_BUFFER, memory.told()  # both ends
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_what_waits_for_a_connect_handler_counts_too(
    make_sockets: MakeSockets, memory: Memory
) -> None:
    """Events may come for a client that is not in yet; CONNECT has to be before them."""
    sockets = await make_sockets(buffer_max=BUFFER_MAX)
    entered, go = asyncio.Event(), asyncio.Event()

    async def on_connect(sid: str, environ: object, auth: object) -> None:
        entered.set()
        await go.wait()

    sockets.sio.on("connect", on_connect)
    client = await sockets.client()
    await client.send("0")
    await entered.wait()
    memory.start()
    for number in range(FLOOD):
        await sockets.sio.emit("x", numbered(number))
    used = memory.peak
    go.set()
    assert used < ALLOWED
    await client.closed()


async def test_what_is_within_the_bound_is_kept(make_engine: MakeEngine) -> None:
    """A client that was slow, not gone, gets all of it."""
    engine = await make_engine(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    count = (BUFFER_MAX - WRITE_BUFFER) // SIZE
    async with raw_websocket(engine.endpoint.url, receive_buffer=KERNEL) as ws:
        assert (await ws.text()).startswith("0")
        for number in range(count):
            await engine.eio.send(engine.connected[0], numbered(number))
        for number in range(count):
            assert await ws.text() == f"4{numbered(number)}"
        assert engine.ended == {}
    sid = await engine.endpoint.sid()
    for number in range(count):
        await engine.eio.send(sid, numbered(number))
    assert await engine.endpoint.fetch(sid, count) == [f"4{numbered(n)}" for n in range(count)]


async def test_a_client_that_reads_is_never_cut(make_engine: MakeEngine) -> None:
    """However much it is, ten times the bound here, as long as it is read."""
    engine = await make_engine(buffer_max=BUFFER_MAX)
    client = await engine.client("websocket")
    for start in range(0, FLOOD // 2, 100):
        for number in range(start, start + 100):
            await engine.eio.send(client.sid, numbered(number))
        for number in range(start, start + 100):
            assert await client.message() == numbered(number)
    assert engine.ended == {}


async def test_a_client_that_does_not_read_costs_the_others_nothing(
    make_sockets: MakeSockets,
) -> None:
    sockets = await make_sockets(buffer_max=BUFFER_MAX, send_buffer=KERNEL)
    reading = await sockets.member()
    async with stalled(sockets):
        count = 2 * BUFFER_MAX // SIZE
        for number in range(count):
            await sockets.sio.emit("x", numbered(number))
            assert await next_event(reading) == ["x", numbered(number)]
        await wait_until(lambda: sockets.ended, what="it is cut")
    assert [sid for sid, _ in sockets.ended] != [reading.sids["/"]]
    assert len(sockets.ended) == 1
