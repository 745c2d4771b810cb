"""What a device is told as it joins, and in which order."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator

import pytest

from tests.harness import WHO_IS_HERE, Cluster, Device
from tests.integration.support import by_profile, check, raw, snapshot, switch

pytestmark = pytest.mark.any_redis


def revisions(device: Device) -> list[int]:
    """Where the device was after its snapshot, and every place after that."""
    start = device.last("deviceRegistered")["revision"]
    state = ("processingStateSync", "messageSync", "devicesSync")
    snapshot_events = ("deviceRegistered", *state, "error")
    return [start, *(d["revision"] for n, d in device.events if n not in snapshot_events)]


async def test_connect_comes_before_any_event_and_device_registered_first(
    servers: Cluster,
) -> None:
    a = await servers.device()
    await a.call("updateMessage", {"profileId": "1", "type": "chat", "message": "draft"})
    assert (await a.start())["ok"]
    await a.wait_for("processingComplete")
    async with typing(a):
        for round_ in range(10):
            async with raw(servers.urls[round_ % len(servers.urls)]) as socket:
                await socket.register(servers.token())
                await socket.frame('42["messageUpdated"')
                assert socket.frames[0].startswith("0{")
                assert socket.frames[1].startswith("40{")
                assert socket.frames[2].startswith('42["deviceRegistered"')
                all_names = [json.loads(frame[2:])[0] for frame in socket.frames[2:]]
                assert all_names[1] == "devicesSync"
                names = [name for name in all_names if name not in WHO_IS_HERE]
                first_update = names.index("messageUpdated")
                assert set(names[1:first_update]) == {"messageSync", "processingStateSync"}
                assert set(names[first_update:]) == {"messageUpdated"}


async def test_a_device_that_joins_amid_events_misses_none(servers: Cluster) -> None:
    a = await servers.device(0)
    async with typing(a):
        for number in range(10):
            device = await servers.device(number)
            await device.wait_for("messageUpdated", count=20)
            places = revisions(device)
            assert all(after == before + 1 for before, after in itertools.pairwise(places)), places
            drafts = device.named("messageSync")
            assert len(drafts) <= 1
            if drafts:
                first = device.named("messageUpdated")[0]
                assert int(first["message"]) == int(drafts[0]["message"]) + 1
            await device.close()


@contextlib.asynccontextmanager
async def typing(device: Device) -> AsyncIterator[None]:
    """Somebody types without a pause: 1, 2, 3..."""
    done = False

    async def keep_typing() -> None:
        for number in itertools.count(1):
            text = {"profileId": "1", "type": "chat", "message": str(number)}
            await device.call("updateMessage", text)
            if done:
                return

    task = asyncio.create_task(keep_typing())
    try:
        yield
    finally:
        done = True
        await task


async def test_the_snapshot_has_one_event_per_run_and_per_draft(servers: Cluster) -> None:
    await switch(servers, latency=0.05)
    a = await servers.device()
    assert (await a.start("1001"))["ok"]
    await a.wait_for("processingComplete")
    assert (await a.start("1005", type="chat"))["ok"]
    await a.wait_for("processingProgress", count=3, profileId="1005")
    text = {"profileId": 7, "type": "mail", "message": "Dear 👋"}
    written = await a.call("updateMessage", text)
    await a.call("updateMessage", {"profileId": "8", "type": "chat", "message": "gone soon"})
    emptied = await a.call("clearMessage", {"profileId": "8", "type": "chat"})

    b = await servers.device(1)
    await b.call("heartbeat")
    found = by_profile([(n, d) for n, d in b.events if n in ("processingStateSync", "messageSync")])
    assert set(found) == {
        ("processingStateSync", "1001", "chat"),
        ("processingStateSync", "1005", "chat"),
        ("messageSync", "7", "mail"),
        ("messageSync", "8", "chat"),
    }
    started = a.named("processingStarted")
    completed = a.last("processingComplete")
    check(
        found["processingStateSync", "1001", "chat"],
        profileId="1001",
        type="chat",
        isProcessing=False,
        current=10,
        total=10,
        deviceId=a.id,
        startedAt=started[0]["startedAt"],
        isOwnDevice=False,
        operatorId="demo",
        status="completed",
        sent=10,
        skipped=0,
        failed=0,
        uncertain=0,
        message=str,
        revision=completed["revision"],
    )
    running = found["processingStateSync", "1005", "chat"]
    check(
        running,
        profileId="1005",
        type="chat",
        isProcessing=True,
        current=int,
        total=500,
        deviceId=a.id,
        startedAt=started[1]["startedAt"],
        isOwnDevice=False,
        operatorId="demo",
        status="running",
        sent=running["current"],
        skipped=0,
        failed=0,
        uncertain=0,
        message=str,
        revision=int,
    )
    assert running["current"] >= 1
    check(
        found["messageSync", "7", "mail"],
        profileId="7",
        type="mail",
        message="Dear 👋",
        deviceId=a.id,
        timestamp=int,
        isOwnDevice=False,
        revision=written["revision"],
    )
    check(
        found["messageSync", "8", "chat"],
        profileId="8",
        type="chat",
        message="",
        deviceId=a.id,
        timestamp=int,
        isOwnDevice=False,
        revision=emptied["revision"],
    )


async def test_an_empty_account_has_an_empty_snapshot(servers: Cluster) -> None:
    assert await snapshot(servers) == (0, [])


@pytest.mark.parametrize("revision", [True, False, 2**53 + 1, 2**64, -(2**64), 1.5, "\ud83d"])
async def test_an_odd_revision_of_one_client_reaches_no_other(
    one_server: Cluster, revision: object
) -> None:
    neighbour = await one_server.device(token=one_server.token("neighbour"))
    first = await one_server.device()
    known = first.last("deviceRegistered")
    offer = {name: known[name] for name in ("deviceId", "resumeToken", "epoch")}
    again = await one_server.device(auth={**offer, "revision": revision})
    assert again.last("deviceRegistered")["deviceId"] == known["deviceId"]
    draft = {"profileId": "1", "type": "chat", "message": "Hi"}
    assert (await neighbour.call("updateMessage", draft))["ok"]
    assert one_server.servers[0].store.pipeline.connected
