"""Moves of a session in which something goes wrong, or that somebody would misuse."""

import asyncio
import contextlib
from typing import Any

import aiohttp
import pytest

from alphasync.errors import StoreUnavailable
from alphasync.realtime import moves
from alphasync.services.devices import Devices
from alphasync.services.tokens import Tokens
from tests.conformance.wire import dropped
from tests.harness import PATIENCE, SECRET, cluster, wait_until
from tests.integration.moving import LONG_RUNS, Client, Pair, moved
from tests.integration.support import people

MOST = 1_000_000
"""Bytes that may wait for a client that has not asked for them."""


async def die(*_: object) -> None:
    raise RuntimeError("killed")


async def test_a_snapshot_that_is_larger_than_the_bound_comes_through(pair: Pair) -> None:
    writer = await pair.cluster.device(0)
    for number in range(230):
        draft = {"profileId": f"x{number}", "type": "mail", "message": "ä" * 4900}
        assert (await writer.call("updateMessage", draft))["ok"]
    client = await pair.client(connect=False, registered=False, polling=False)
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await client.connect(pair.cluster.token())  # too late for its polls, as a quick client is
    socket = pair.first.realtime.server.eio.sockets[client.sid]
    await wait_until(lambda: socket.backlog.size > MOST, what="the snapshot waits")
    await ws.send_str("5")
    for _ in range(230):
        await ws.receive_str(timeout=PATIENCE)
    await ws.close()


async def test_the_client_is_pinged_at_once(redis_url: str) -> None:
    """It counts the time from its last ping, which was at the old server."""
    async with (
        cluster(redis_url, servers=2, ping_interval=600, ping_timeout=600) as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        client = await Pair(running, http, stack).client()
        await client.upgrade()
        await wait_until(lambda: client.pings, what="a ping")


async def test_redis_is_away_when_a_lost_session_is_looked_for(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "SEE_OFF_GRACE", 0.3)
    monkeypatch.setattr(pair.second.realtime.server.eio.mover, "take_on", die)
    lose, calls = Devices.lose, []

    async def hiccup(devices: Devices, *given: Any, **named: Any) -> float | None:
        calls.append(given)
        if len(calls) == 1:
            raise StoreUnavailable
        return await lose(devices, *given, **named)

    monkeypatch.setattr(Devices, "lose", hiccup)
    client = await pair.client()
    watcher = await pair.cluster.device(1)
    await client.start(LONG_RUNS)
    await client.upgrade()
    await watcher.wait_for("processingInterrupted")
    assert len(calls) > 1


async def test_who_is_superseded_on_the_way_is_told(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await pair.client()
    registered = client.named("deviceRegistered")[0]
    mover = pair.second.realtime.server.eio.mover
    assert mover
    take_on = mover.take_on
    there, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> None:
        there.set()
        await go_on.wait()
        await take_on(*given)

    monkeypatch.setattr(mover, "take_on", slowly)
    await client.upgrade()
    await asyncio.wait_for(there.wait(), PATIENCE)
    same = {name: registered[name] for name in ("deviceId", "resumeToken")}
    other = await pair.cluster.device(0, auth=same)
    assert other.id == registered["deviceId"]
    go_on.set()
    assert client.reading
    await asyncio.wait_for(client.reading, PATIENCE)
    assert client.named("error")[-1]["code"] == "superseded"
    assert client.disconnected, "so that the client does not come back by itself"
    assert (await other.call("heartbeat"))["ok"]


async def test_limits_hold_for_who_comes_from_elsewhere(redis_url: str) -> None:
    async with (
        cluster(redis_url, servers=2, connections_per_account=2) as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        pair = Pair(running, http, stack)
        for _ in range(2):
            client = await pair.client()
            await client.upgrade()
            await moved(pair, client)
        third = await pair.client()
        await third.upgrade()
        assert third.reading
        await asyncio.wait_for(third.reading, PATIENCE)
        assert len(pair.second.realtime.sessions) == 2


async def test_addresses_are_counted_where_sessions_come_to(redis_url: str) -> None:
    async with (
        cluster(redis_url, servers=2, connections_per_address=2) as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        pair = Pair(running, http, stack)
        for _ in range(2):
            client = await pair.client()
            await client.upgrade()
            await moved(pair, client)
        third = await pair.client()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await third.endpoint.websocket(third.sid)
        assert refused.value.status == 429


async def test_one_question_for_one_probe(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await pair.client()
    forwarder = pair.second.realtime.server.eio.forwarder
    assert forwarder
    move, asked = forwarder.move, []

    async def counting(owner: str, errand: Any) -> bytes:
        asked.append(errand.transport)
        return await move(owner, errand)

    monkeypatch.setattr(forwarder, "move", counting)
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    with contextlib.suppress(ConnectionError):
        for _ in range(500):
            await ws.send_str("")
    await dropped(ws)
    await wait_until(lambda: "release" in asked, what="released")
    assert asked == ["prepare", "release"]


async def test_an_answer_that_is_none_closes_the_websocket(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await pair.client()
    forwarder = pair.second.realtime.server.eio.forwarder
    assert forwarder
    move = forwarder.move

    async def garbled(owner: str, errand: Any) -> bytes:
        answer = await move(owner, errand)
        return b"\xc1" if errand.transport == "take" else answer

    monkeypatch.setattr(forwarder, "move", garbled)
    await client.upgrade()
    assert client.reading
    await asyncio.wait_for(client.reading, PATIENCE)


async def test_the_end_of_a_token_is_told_once(pair: Pair) -> None:
    client = await pair.client(token=Tokens((SECRET,), 30).mint("demo").token)
    await wait_until(lambda: client.named("tokenExpiring"), what="told")
    await client.upgrade()
    await moved(pair, client)
    await client.emit("updateMessage", {"profileId": "1", "type": "chat", "message": "Hi"}, 7)
    await wait_until(lambda: 7 in client.acks, what="it goes on")
    assert len(client.named("tokenExpiring")) == 1


async def test_the_new_server_goes_in_the_middle(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await pair.client()
    watcher = await pair.cluster.device(0)
    await client.start(LONG_RUNS)
    mover = pair.second.realtime.server.eio.mover
    assert mover
    take_on, there = mover.take_on, asyncio.Event()

    async def slowly(*given: Any) -> None:
        there.set()
        await take_on(*given)

    monkeypatch.setattr(mover, "take_on", slowly)
    await client.upgrade()
    await asyncio.wait_for(there.wait(), PATIENCE)
    await pair.second.stop()
    await watcher.wait_for("deviceReconnecting")
    gone = await watcher.wait_for("processingInterrupted")
    assert gone["reason"] == "Device disconnected"


async def test_the_old_server_goes_before_the_last_step(pair: Pair) -> None:
    client = await pair.client()
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    assert client.polling
    await asyncio.wait_for(client.polling, PATIENCE)
    await pair.first.stop()
    await ws.send_str("5")
    await dropped(ws)
    assert not pair.second.realtime.server.eio.sockets
    assert not len(pair.second.realtime.sessions)


async def test_nothing_is_left_of_those_who_came_and_went(pair: Pair) -> None:
    for _ in range(3):
        client: Client = await pair.client()
        await client.upgrade()
        await moved(pair, client)
        await client.close()
        await wait_until(lambda: not len(pair.second.realtime.sessions), what="gone")
    for realtime in (pair.first.realtime, pair.second.realtime):
        async with asyncio.timeout(PATIENCE):
            while len(realtime.subscriber):
                await asyncio.sleep(0.005)
        server = realtime.server
        assert not server.eio.sockets
        assert not server.environ
        assert not server.manager.rooms
        assert not list(realtime.sessions)


async def test_over_ipv6(redis_url: str) -> None:
    async with (
        cluster(redis_url, servers=2, people=people(p=1), internal_host="::1") as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        pair = Pair(running, http, stack)
        client = await pair.client()  # its polls are passed on
        await client.upgrade()
        await moved(pair, client)


@pytest.mark.slow
async def test_a_caller_who_hangs_up_is_missing_at_once(redis_url: str) -> None:
    """Also when an event comes before anybody looks whether the caller is there: the client, which
    polls through another server, is back within its grace with no more than its token."""
    async with (
        cluster(
            redis_url, servers=2, people=people(q=2000), send_interval=0.02, device_grace=5.0
        ) as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        token = running.token()
        client = await Pair(running, http, stack).client(token=token)
        await client.start("q")
        watcher = await running.device(0)
        assert client.polling
        client.polling.cancel()
        await watcher.wait_for("deviceReconnecting")
        again = await running.device(1, token=token)
        assert again.id == client.named("deviceRegistered")[0]["deviceId"]
        assert again.last("deviceRegistered")["resumed"]
