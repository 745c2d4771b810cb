"""What counts as a farewell: only a DISCONNECT from the namespace. All else has a grace."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alphasync.services.devices import Devices
from tests.conformance.wire import TRANSPORTS, Transport
from tests.faults.network import network
from tests.harness import PATIENCE, Cluster, Device, cluster, wait_until
from tests.integration.moving import LONG_RUNS, Client, Pair
from tests.integration.support import people

GRACE, PAGE_GRACE = 40, 20
"""Seconds; the tests read them off the event and do not wait for them."""


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(
        redis_url,
        servers=2,
        people=people(q=2000),
        send_interval=0.02,
        device_grace=GRACE,
        page_grace=PAGE_GRACE,
    ) as made:
        yield made


@contextlib.asynccontextmanager
async def leaving(
    running: Cluster, transport: Transport, *, elsewhere: bool = False
) -> AsyncIterator[tuple[Client, Device]]:
    """A client with a run, and who sees what becomes of it. ``elsewhere``: its polls are passed
    on, or its session has moved."""
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as stack:
        client = await Pair(running, http, stack).client()
        if not elsewhere:
            client.endpoint.elsewhere = client.endpoint.url
        if transport == "websocket":
            await client.upgrade()
        watcher = await running.device()
        await client.start(LONG_RUNS)
        yield client, watcher


async def say(client: Client, *packets: str) -> None:
    if client.ws is not None:
        for packet in packets:
            await client.ws.send_str(packet)
    else:
        await client.endpoint.post(client.sid, "\x1e".join(packets))


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_end_of_a_transport_is_no_farewell(
    running: Cluster, transport: Transport, elsewhere: bool
) -> None:
    async with leaving(running, transport, elsewhere=elsewhere) as (client, watcher):
        await say(client, "1")
        away = await watcher.wait_for("deviceReconnecting")
        assert away["grace"] == GRACE * 1000
        assert not watcher.named("processingInterrupted")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("packets", [("41",), ("41", "1")], ids=["disconnect", "and-close"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_disconnect_from_the_namespace_is_one(
    running: Cluster, transport: Transport, packets: tuple[str, ...], elsewhere: bool
) -> None:
    async with leaving(running, transport, elsewhere=elsewhere) as (client, watcher):
        await say(client, *packets)
        await watcher.wait_for("processingInterrupted")
        assert not watcher.named("deviceReconnecting")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize(
    ("code", "grace"),
    [(1001, PAGE_GRACE), (1000, GRACE), (1002, GRACE), (1011, GRACE), (3000, GRACE), (0, GRACE)],
)
async def test_a_page_that_closes_has_a_shorter_grace(
    running: Cluster, code: int, grace: int, elsewhere: bool
) -> None:
    async with leaving(running, "websocket", elsewhere=elsewhere) as (client, watcher):
        assert client.ws is not None
        if code:
            await client.ws.close(code=code)
        else:
            connection = client.ws._response.connection
            assert connection
            assert connection.transport
            connection.transport.abort()
        away = await watcher.wait_for("deviceReconnecting")
        assert away["grace"] == grace * 1000
        assert not watcher.named("processingInterrupted")


async def test_the_grace_of_a_page_is_never_the_longer_one(redis_url: str) -> None:
    async with (
        cluster(redis_url, 2, people=people(q=2000), device_grace=0.5) as running,
        leaving(running, "websocket") as (client, watcher),
    ):
        assert client.ws is not None
        await client.ws.close(code=1001)
        assert (await watcher.wait_for("deviceReconnecting"))["grace"] == 500
        await watcher.wait_for("processingInterrupted")


async def test_whom_a_server_sends_away_is_known_at_once_elsewhere(
    running: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client with nothing but its token is back before its old server has said of it what it
    says of one that is lost."""
    lose = Devices.lose

    async def lose_later(*args: Any, **options: Any) -> float | None:
        await asyncio.sleep(0.2)
        return await lose(*args, **options)

    monkeypatch.setattr(Devices, "lose", lose_later)
    monkeypatch.setattr("alphasync.realtime.presence.GOODBYE_TIMEOUT", PATIENCE)
    token = running.token()
    before = await running.device(0, token=token)
    watcher = await running.device(1)
    assert (await before.start(LONG_RUNS))["ok"]
    await watcher.wait_for("processingProgress")
    told = len(before.events)
    stopping = asyncio.create_task(running.servers[0].stop())
    await wait_until(lambda: before.parted, what="sent away")
    now = await running.device(1, token=token)
    await stopping
    assert (now.id, now.last("deviceRegistered")["resumed"]) == (before.id, True)
    await watcher.wait_for("processingProgress", len(watcher.named("processingProgress")) + 1)
    assert not watcher.named("processingInterrupted")
    names = {name for name, _ in before.events[told:]}
    assert not names & {"deviceReconnecting", "deviceUpdated"}, "it hears nothing about itself"


async def test_one_that_fell_silent_before_its_server_stopped_goes_on(redis_url: str) -> None:
    """Its network is gone, it is back over another one, and nobody has noticed yet."""
    async with cluster(
        redis_url, servers=2, people=people(q=2000), send_interval=0.02, device_grace=1
    ) as running:
        token, watcher = running.token(), await running.device(1)
        async with network(int(running.urls[0].rpartition(":")[2])) as between:
            before = await Device(between.url, token).connect()
            assert (await before.start(LONG_RUNS))["ok"]
            between.go_dead()
            now = await running.device(1, token=token)
            assert now.id != before.id
            await running.servers[0].stop()
            assert (await watcher.wait_for("deviceReconnected"))["deviceId"] == now.id
            await now.wait_for("processingProgress", len(now.named("processingProgress")) + 1)
            assert not watcher.named("processingInterrupted")
        await before.close()
