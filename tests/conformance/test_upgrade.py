"""From polling to a WebSocket, or back to polling when that does not work out."""

import contextlib

import aiohttp
import pytest

from tests.conformance.servers import BOTH_ROADS, Engine, MakeEngine
from tests.conformance.wire import dropped, packets
from tests.harness import PATIENCE, wait_until

pytestmark = BOTH_ROADS


async def upgraded(engine: Engine, sid: str) -> aiohttp.ClientWebSocketResponse:
    """Go over to a WebSocket, as clients do: with a poll open until the server ends it."""
    async with engine.endpoint.open_poll(sid) as poll:
        ws = await engine.endpoint.websocket(sid)
        await ws.send_str("2probe")
        assert await ws.receive_str(timeout=PATIENCE) == "3probe"
        answer = await poll
        assert (answer.status, answer.text) == (200, "6")
    await ws.send_str("5")
    return ws


async def refused_or_closed(engine: Engine, sid: str) -> None:
    """A WebSocket that gets nowhere with this session."""
    with contextlib.suppress(aiohttp.WSServerHandshakeError):
        await dropped(await engine.endpoint.websocket(sid))


async def works(engine: Engine, sid: str) -> None:
    """Fail unless the session goes on with polling."""
    assert (await engine.endpoint.post(sid, "4still polling")).text == "ok"
    assert (await engine.endpoint.poll(sid)).text == "4still polling"
    assert engine.ended == {}


async def test_the_upgrade_ends_the_poll_and_goes_on_with_the_websocket(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    assert engine.eio.transport(sid) == "polling"
    ws = await upgraded(engine, sid)
    await ws.send_str("4over here")
    assert await ws.receive_str(timeout=PATIENCE) == "4over here"
    await ws.send_bytes(b"\x01\x02")
    assert await ws.receive_bytes(timeout=PATIENCE) == b"\x01\x02"
    assert engine.eio.transport(sid) == "websocket"
    assert engine.connected == [sid], "it is the same session"
    await ws.close()
    await wait_until(lambda: engine.ended == {sid: "transport close"}, what="the session ends")


async def test_after_it_polling_is_refused(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    ws = await upgraded(engine, sid)
    await ws.send_str("4first")
    assert await ws.receive_str(timeout=PATIENCE) == "4first"
    assert (await engine.endpoint.poll(sid)).status == 400
    assert (await engine.endpoint.post(sid, "4smuggled")).status == 400
    await ws.send_str("4second")
    assert await ws.receive_str(timeout=PATIENCE) == "4second", "the WebSocket lives on"
    assert engine.of(sid) == ["first", "second"]
    await ws.close()


async def test_a_second_websocket_is_closed_and_the_first_lives_on(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    ws = await upgraded(engine, sid)
    await ws.send_str("4first")
    assert await ws.receive_str(timeout=PATIENCE) == "4first"
    await refused_or_closed(engine, sid)
    await ws.send_str("4second")
    assert await ws.receive_str(timeout=PATIENCE) == "4second"
    await ws.close()


async def test_a_websocket_session_takes_no_second_websocket(engine: Engine) -> None:
    client = await engine.client("websocket")
    await refused_or_closed(engine, client.sid)
    await client.send("alive")
    assert await client.message() == "alive"


async def test_a_second_websocket_during_the_probe_is_closed(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await refused_or_closed(engine, sid)
    await ws.send_str("5")
    await ws.send_str("4the first goes on")
    assert await ws.receive_str(timeout=PATIENCE) == "4the first goes on"
    await ws.close()


@pytest.mark.parametrize(
    "frame", ["", "5", "4hello", "2", "2prob", "2probes", "3probe", "abc", b"2probe"]
)
async def test_a_wrong_probe_closes_that_websocket_only(engine: Engine, frame: str | bytes) -> None:
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await (ws.send_str(frame) if isinstance(frame, str) else ws.send_bytes(frame))
    await dropped(ws)
    assert engine.received == []
    await works(engine, sid)
    again = await upgraded(engine, sid)  # it may try again
    await again.close()


@pytest.mark.parametrize("frame", ["4hello", "2probe", "6", "abc", ""])
async def test_a_probe_without_its_upgrade_closes_that_websocket_only(
    engine: Engine, frame: str
) -> None:
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await ws.send_str(frame)
    await dropped(ws)
    assert engine.received == []
    await after_noops(engine, sid)


async def after_noops(engine: Engine, sid: str) -> None:
    """As ``works``, where polls may first be answered with the NOOPs of a failed upgrade."""
    assert (await engine.endpoint.post(sid, "4still polling")).text == "ok"
    while (text := (await engine.endpoint.poll(sid)).text) == "6":
        pass
    assert [packet for packet in packets(text) if packet != "6"] == ["4still polling"]
    assert engine.ended == {}


@pytest.mark.parametrize("probe", [False, True], ids=["no-probe", "no-upgrade"])
async def test_an_upgrade_that_is_never_finished_is_given_up(
    make_engine: MakeEngine, probe: bool
) -> None:
    engine = await make_engine(upgrade_timeout=1.0)
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    if probe:
        await ws.send_str("2probe")
        assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await dropped(ws)
    await after_noops(engine, sid)


@pytest.mark.slow
async def test_a_finished_upgrade_outlives_its_timeout(make_engine: MakeEngine) -> None:
    engine = await make_engine(upgrade_timeout=2.0, ping_interval=2.0, ping_timeout=PATIENCE)
    ws = await upgraded(engine, await engine.endpoint.sid())
    for _ in range(2):  # pings, so well over two seconds
        assert await ws.receive_str(timeout=PATIENCE) == "2"
        await ws.send_str("3")
    assert engine.ended == {}
    await ws.close()


async def test_a_websocket_lost_in_the_middle_leaves_polling(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await engine.eio.send(sid, "kept")
    await ws.close()
    texts: list[str] = []
    while "4kept" not in texts:
        texts += packets((await engine.endpoint.poll(sid)).text)
    assert set(texts) <= {"6", "4kept"}
    await after_noops(engine, sid)


async def test_a_pong_counts_on_either_transport(make_engine: MakeEngine) -> None:
    engine = await make_engine(ping_interval=0.05, ping_timeout=PATIENCE)
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.poll(sid)).text == "2"
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await ws.send_str("5")
    await ws.send_str("3")
    assert await ws.receive_str(timeout=PATIENCE) == "2", "pinged on the new transport"
    await ws.close()


async def test_a_poll_behind_the_probe_is_answered_too(engine: Engine) -> None:
    """A client may ask once more before it reads the answer to its probe; it sends its ``5`` only
    when that poll has ended."""
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    for _ in range(3):
        answer = await engine.endpoint.poll(sid)
        assert (answer.status, answer.text) == (200, "6")
    await ws.send_str("5")
    await ws.send_str("4done")
    assert await ws.receive_str(timeout=PATIENCE) == "4done"
    await ws.close()


async def test_a_session_that_ends_in_the_middle_says_so_behind_the_upgrade(
    engine: Engine,
) -> None:
    """A client that has paused its polls does not look at a WebSocket before it sends its ``5``."""
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        ws = await engine.endpoint.websocket(sid)
        await ws.send_str("2probe")
        assert await ws.receive_str(timeout=PATIENCE) == "3probe"
        assert (await poll).text == "6"
    await engine.eio.send(sid, "the reason")
    engine.eio.cut(sid)
    await wait_until(lambda: engine.ended == {sid: "server disconnect"}, what="the session ends")
    with pytest.raises(TimeoutError):
        await ws.receive(timeout=0.2)
    await ws.send_str("5")
    assert await ws.receive_str(timeout=PATIENCE) == "4the reason"
    await dropped(ws)
    assert (await engine.endpoint.poll(sid)).status == 400, "it came once"


@pytest.mark.parametrize("frame", ["4hello", "2probe", "", "5"])
async def test_an_ended_session_closes_its_probe_at_any_frame(engine: Engine, frame: str) -> None:
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    engine.eio.cut(sid)
    await ws.send_str(frame)
    await dropped(ws)
    assert engine.received == []


async def test_a_session_that_ends_before_the_probe_closes_the_websocket(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await wait_until(lambda: engine.eio.sockets[sid].probe is not None, what="it is tried")
    engine.eio.cut(sid)
    await dropped(ws)


async def test_an_ended_session_waits_for_its_upgrade_no_longer_than_others(
    make_engine: MakeEngine,
) -> None:
    engine = await make_engine(upgrade_timeout=1.0)
    sid = await engine.endpoint.sid()
    ws = await engine.endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    engine.eio.cut(sid)
    await dropped(ws)
