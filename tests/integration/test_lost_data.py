"""Keys that vanish from a Redis that goes on: all of them, those of two hours, or one at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from alphasync.services.lost import ALL_LOST, RUN_LOST
from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.harness import PATIENCE, Cluster, Device, cluster
from tests.integration.support import check, people, reached

NAMES = keys.of_account("o:demo")
Loss = Callable[[Redis], Awaitable[object]]
SIZE = 400


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    found = make_client(redis_url)
    assert isinstance(found, Redis)
    yield found
    await found.aclose()


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
async def site(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(
        redis_url, servers=request.param, people=people(p=SIZE), send_interval=0.02
    ) as running:
        yield running


async def everything(client: Redis) -> None:
    await client.flushall()


async def the_database(client: Redis) -> None:
    await client.flushdb()


async def two_days(client: Redis) -> None:
    """What Redis drops when its clock is set two days ahead; all in one moment, as the run goes on
    writing."""
    script = """
    for _, key in ipairs(redis.call('KEYS', '*')) do
      local left = redis.call('PTTL', key)
      if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
    end
    """
    await client.eval(script, 0, 48 * 3600 * 1000)


async def the_record(client: Redis) -> None:
    await client.delete(NAMES.run("chat", "p"))


async def the_record_and_its_index(client: Redis) -> None:
    await client.delete(NAMES.run("chat", "p"), NAMES.runs)


async def in_mid_run(site: Cluster) -> tuple[Device, Device]:
    a, b = await site.device(0), await site.device(1)
    assert (await a.start("p"))["ok"]
    await b.wait_for("processingProgress", 5)
    return a, b


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (everything, ALL_LOST),
        (the_database, ALL_LOST),
        (two_days, RUN_LOST),
        (the_record, RUN_LOST),
        (the_record_and_its_index, RUN_LOST),
    ],
)
async def test_a_run_whose_record_is_gone_ends_on_all_devices(
    site: Cluster, client: Redis, loss: Loss, reason: str
) -> None:
    a, b = await in_mid_run(site)
    await loss(client)
    for device in (a, b):
        data = await device.wait_for("processingInterrupted")
        check(
            data,
            profileId="p",
            type="chat",
            deviceId=a.id,
            operatorId="demo",
            reason=reason,
            code="storage_lost",
            timestamp=int,
        )
        assert 0 < data["current"] < data["total"] == SIZE
    late = await site.device(0)
    state = await late.wait_for("processingStateSync")
    check(state, isProcessing=False, status="interrupted", reason=reason)
    assert (await b.call("stopProcessing", {"profileId": "p", "type": "chat"}))["code"] == (
        "not_running"
    )
    before = len(await reached(site, "p"))
    assert (await b.start("p"))["ok"]
    for device in (a, b, late):
        await device.wait_for("processingProgress", deviceId=b.id)
    assert (await a.call("stopProcessing", {"profileId": "p", "type": "chat"}))["ok"]
    for device in (a, b, late):
        await device.wait_for("processingStopped")
    if reason == RUN_LOST:
        counts = await reached(site, "p")
        assert len(counts) >= before
        assert set(counts.values()) == {1}, "the list of those messaged was there"


async def test_devices_without_a_run_are_brought_in_step(site: Cluster, client: Redis) -> None:
    a, b = await site.device(0), await site.device(1)
    text = {"profileId": "p", "type": "chat", "message": "gone"}
    assert (await a.call("updateMessage", text))["ok"]
    await b.wait_for("messageUpdated")
    epoch = a.last("deviceRegistered")["epoch"]
    await client.flushall()
    for device in (a, b):
        assert (await device.wait_for("resync"))["epoch"] != epoch
        assert not device.named("messageSync")
        assert (await device.call("heartbeat"))["ok"]
    assert (await b.start("p"))["ok"]
    await a.wait_for("processingProgress")


@pytest.mark.parametrize(
    "gone",
    ["meta", "log", "lock", "runs", "device", "devices", "notes", "leases"],
)
async def test_a_run_goes_on_without_a_key_that_can_be_made_anew(
    site: Cluster, client: Redis, gone: str
) -> None:
    a, b = await in_mid_run(site)
    name = {
        "meta": NAMES.meta,
        "log": NAMES.log,
        "lock": NAMES.lock("chat", "p"),
        "runs": NAMES.runs,
        "device": NAMES.device(a.id),
        "devices": NAMES.devices,
        "notes": keys.holdings(site.servers[0].membership.name.current),
        "leases": keys.LEASES,
    }[gone]
    assert await client.delete(name)
    for device in (a, b):
        seen = len(device.named("processingProgress"))
        await device.wait_for("processingProgress", seen + 5)
        assert not device.named("processingInterrupted")
    refused = await b.start("p")
    assert (refused["code"], refused["lockOwner"]) == ("locked", a.id)
    assert (await b.call("stopAllProcessing"))["ok"]
    await a.wait_for("processingStopped")
    assert set((await reached(site, "p")).values()) == {1}


async def test_notes_that_are_gone_are_written_again(site: Cluster, client: Redis) -> None:
    await in_mid_run(site)
    name = keys.holdings(site.servers[0].membership.name.current)
    before = await client.scard(name)
    await client.delete(name)
    async with asyncio.timeout(PATIENCE):
        while await client.scard(name) < before:
            await asyncio.sleep(0.05)


async def test_a_list_of_those_messaged_that_is_gone_ends_the_run_and_is_said(
    site: Cluster, client: Redis
) -> None:
    a, b = await in_mid_run(site)
    await client.delete(NAMES.sent("chat", "p"))
    for device in (a, b):
        told = await device.wait_for("processingInterrupted")
        assert told["code"] == "blocklist_lost"
        assert "Clear the blocklist" in told["reason"]
    refused = await b.start("p")
    assert (refused["ok"], refused["code"]) == (False, "blocklist_lost")
    assert set((await reached(site, "p")).values()) == {1}
    assert (await b.call("clearBlocklist", {"profileId": "p", "type": "chat"}))["ok"]
    assert (await b.start("p"))["ok"], "by a person who has said so"
