"""Going over from polling to a WebSocket loses, doubles and reorders nothing."""

import asyncio

import pytest

from tests.conformance.servers import BOTH_ROADS, Engine
from tests.conformance.wire import packets
from tests.harness import PATIENCE, wait_until

pytestmark = BOTH_ROADS

STEPS = ["opened", "probed", "polled", "upgraded", "done"]
"""Between which steps of an upgrade the server sends something."""


@pytest.mark.parametrize("step", STEPS)
async def test_a_message_at_each_step_comes_once(engine: Engine, step: str) -> None:
    sid = await engine.endpoint.sid()
    texts: list[str] = []

    async def at(now: str) -> None:
        if now == step:
            await engine.eio.send(sid, step)
            await engine.eio.send(sid, step + " too")

    async with engine.endpoint.open_poll(sid) as poll:
        ws = await engine.endpoint.websocket(sid)
        await at("opened")
        await ws.send_str("2probe")
        assert await ws.receive_str(timeout=PATIENCE) == "3probe"
        await at("probed")
        texts += packets((await poll).text)
    await at("polled")
    await ws.send_str("5")
    await at("upgraded")
    await ws.send_str("4end")
    await at("done")
    while len(texts) < 3 or "4end" not in texts:
        texts += [packet for packet in [await ws.receive_str(timeout=PATIENCE)] if packet != "6"]
        texts = [packet for packet in texts if packet != "6"]
    assert sorted(texts) == sorted(["4end", f"4{step}", f"4{step} too"])
    assert [text for text in texts if text != "4end"] == [f"4{step}", f"4{step} too"]
    await ws.close()


@pytest.mark.parametrize("pause", [1, 3, 20])
async def test_a_stream_through_the_upgrade_keeps_its_order(engine: Engine, pause: int) -> None:
    """The server sends all the time; the client reads whatever the two transports bring."""
    count = 600
    sid = await engine.endpoint.sid()
    numbers: list[int] = []
    paused = asyncio.Event()

    async def stream() -> None:
        for number in range(count):
            await engine.eio.send(sid, str(number))
            if number % pause == 0:
                await asyncio.sleep(0)
            if number == count // 2:
                await paused.wait()  # so that something is sent behind the probe in any case

    async def poll() -> None:
        while not paused.is_set():
            text = (await engine.endpoint.poll(sid)).text
            numbers.extend(int(packet[1:]) for packet in packets(text) if packet != "6")

    sending = asyncio.create_task(stream())
    polling = asyncio.create_task(poll())
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    paused.set()
    await polling
    await ws.send_str("5")
    while not numbers or numbers[-1] != count - 1:
        packet = await ws.receive_str(timeout=PATIENCE)
        assert packet.startswith("4"), packet
        numbers.append(int(packet[1:]))
    await sending
    assert numbers == list(range(count))
    await ws.close()


async def test_what_the_client_sends_on_both_transports_keeps_its_order(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    await engine.endpoint.post(sid, "41\x1e42")
    ws = await engine.endpoint.websocket(sid)
    await engine.endpoint.post(sid, "43")
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await engine.endpoint.post(sid, "44")
    await ws.send_str("5")
    await ws.send_str("45")
    await wait_until(lambda: len(engine.of(sid)) == 5, what="five messages")
    assert engine.of(sid) == ["1", "2", "3", "4", "5"]
    await ws.close()
