"""The server pings, the client answers, and who does not answer is gone."""

import asyncio

import pytest

from tests.conformance.frames import raw_websocket
from tests.conformance.servers import Engine, MakeEngine
from tests.conformance.wire import Transport, dropped, opened
from tests.harness import PATIENCE, wait_until

INTERVAL = 0.1
TIMEOUT = 1.0
"""Seconds, for a client that is to be given up soon, but not before it has asked for the ping."""
PATIENT = 5.0
"""Seconds until a client that does answer would be given up: more than a busy machine stalls."""


@pytest.fixture
async def hasty(make_engine: MakeEngine) -> Engine:
    return await make_engine(ping_interval=INTERVAL, ping_timeout=TIMEOUT)


async def given_up(engine: Engine, sid: str) -> None:
    await wait_until(lambda: engine.ended, what="the session ends")
    assert engine.ended == {sid: "ping timeout"}
    await engine.endpoint.gone(sid)


async def test_an_answered_ping_keeps_the_session(
    make_engine: MakeEngine, transport: Transport
) -> None:
    engine = await make_engine(ping_interval=0.02, ping_timeout=PATIENT)
    client = await engine.client(transport)
    await wait_until(lambda: client.pings >= 10, what="ten pings")
    await client.send("still here")
    assert await client.message() == "still here"
    assert engine.ended == {}


async def test_each_ping_waits_for_the_answer_to_the_last(make_engine: MakeEngine) -> None:
    engine = await make_engine(ping_interval=0.02, ping_timeout=0.5)
    ws = await engine.endpoint.websocket()
    await opened(ws)
    assert await ws.receive_str() == "2"
    async with asyncio.timeout(PATIENCE):
        async for frame in ws:
            assert frame.data != "2", "a second ping without a pong in between"
    assert list(engine.ended.values()) == ["ping timeout"]


async def test_a_polling_client_is_pinged_by_its_poll(make_engine: MakeEngine) -> None:
    engine = await make_engine(ping_interval=INTERVAL, ping_timeout=PATIENT)
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.poll(sid)).text == "2"
    assert (await engine.endpoint.post(sid, "3")).text == "ok"
    assert (await engine.endpoint.poll(sid)).text == "2"


async def test_a_polling_client_that_does_not_answer_is_gone(hasty: Engine) -> None:
    sid = await hasty.endpoint.sid()
    assert (await hasty.endpoint.poll(sid)).text == "2"
    await given_up(hasty, sid)


async def test_an_open_poll_ends_with_the_ping_timeout(hasty: Engine) -> None:
    sid = await hasty.endpoint.sid()
    assert (await hasty.endpoint.poll(sid)).text == "2"
    async with asyncio.timeout(PATIENCE):
        await hasty.endpoint.poll(sid)
    await given_up(hasty, sid)


async def test_a_client_that_never_polls_is_gone(hasty: Engine) -> None:
    sid = await hasty.endpoint.sid()
    await given_up(hasty, sid)


async def test_messages_are_no_pong(hasty: Engine) -> None:
    sid = await hasty.endpoint.sid()
    await wait_until(lambda: sid in hasty.connected, what="connected")
    async with asyncio.timeout(PATIENCE):
        while not hasty.ended:
            await hasty.endpoint.post(sid, "4I talk but do not listen")
            await asyncio.sleep(TIMEOUT / 50)
    await given_up(hasty, sid)


async def test_a_websocket_that_does_not_answer_is_closed(hasty: Engine) -> None:
    ws = await hasty.endpoint.websocket()
    sid = (await opened(ws))["sid"]
    assert await ws.receive_str() == "2"
    await dropped(ws)
    await given_up(hasty, sid)


async def test_a_connection_that_is_dead_is_dropped(hasty: Engine) -> None:
    """Its client answers neither the ping nor the close handshake that comes of it."""
    async with raw_websocket(hasty.endpoint.url) as ws:
        await ws.eof()
    await given_up(hasty, hasty.connected[0])


async def test_the_last_sign_of_life_of_one_that_falls_silent_is_known(hasty: Engine) -> None:
    ws = await hasty.endpoint.websocket()
    sid = (await opened(ws))["sid"]
    session = hasty.eio.sockets[sid]
    heard_at = session.heard_at
    assert await ws.receive_str() == "2"
    await given_up(hasty, sid)
    assert session.heard_at == heard_at


async def test_who_says_a_word_has_been_there_until_then(make_engine: MakeEngine) -> None:
    engine = await make_engine(ping_interval=PATIENT, ping_timeout=PATIENT)
    closing, cut = [await engine.endpoint.websocket() for _ in range(2)]
    sids = [(await opened(ws))["sid"] for ws in (closing, cut)]
    async with raw_websocket(engine.endpoint.url) as silent:
        await wait_until(lambda: len(engine.connected) == 3, what="all are connected")
        sessions = [engine.eio.sockets[sid] for sid in engine.connected]
        heard_at = {session.sid: session.heard_at for session in sessions}
        await closing.close(code=1001)
        engine.eio.cut(sids[1])  # which says nothing of the client
        await silent.eof()
        await wait_until(lambda: len(engine.ended) == 3, what="all have ended")
    later = {session.sid for session in sessions if session.heard_at > heard_at[session.sid]}
    assert later == {sids[0]}
