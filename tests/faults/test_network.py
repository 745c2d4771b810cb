"""A device whose network fails: noticed, waited for, and back where it was."""

import asyncio
from typing import Any

import pytest

from tests.faults.existing_client import existing_client
from tests.faults.harness import Site, completed, nobody_twice_nobody_lost, site
from tests.faults.network import network
from tests.faults.returning import ReturningDevice, unbroken
from tests.harness import PATIENCE, Device, wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

NOTICED_WITHIN = 40.0
GRACE = 12.0
RECIPIENTS = 60
INTERVAL = 0.1


async def test_a_network_that_goes_dead_without_a_word() -> None:
    async with (
        site(people=people(p=500), send_interval=INTERVAL) as running,
        network(running.servers[0].port) as between,
    ):
        a = await running.returning(between.url)
        b = await running.device(1)
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress")
        between.go_dead()
        await wait_until(lambda: b.named("deviceReconnecting"), NOTICED_WITHIN, "noticed")
        noticed_at = asyncio.get_running_loop().time()
        assert b.last("deviceReconnecting")["deviceId"] == a.id
        await wait_until(lambda: b.named("processingInterrupted"), GRACE + PATIENCE, "told")
        assert b.last("processingInterrupted")["reason"] == "Device disconnected"
        # Not before: the device had its whole grace.
        assert asyncio.get_running_loop().time() - noticed_at >= GRACE / 2
        assert (await b.start("p"))["ok"]


async def typed_while_away(typist: Device, count: int) -> None:
    for place in range(count):
        await typist.call(
            "updateMessage", {"profileId": "typing", "type": "chat", "message": f"text {place}"}
        )


async def lost(device: ReturningDevice, times: int) -> None:
    await wait_until(lambda: len(device.lost) == times, what=f"connection lost {times} times")


async def ends_uninterrupted(running: Site, a: Device, b: Device, me: str) -> None:
    for device in (a, b):
        await completed(device)
        assert not device.named("processingInterrupted")
    assert a.id == me
    # The same runner, all the time.
    assert not b.named("processingTakenOver")
    assert b.last("processingComplete")["deviceId"] == me
    await nobody_twice_nobody_lost(running, b, "p", RECIPIENTS)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same-server", "other-server"])
async def test_back_within_the_grace_with_what_it_remembers(elsewhere: bool) -> None:
    async with site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running:
        a = await running.returning(running.urls[0], running.urls[1 if elsewhere else 0])
        b = await running.device(1)
        me = a.id
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress")
        for times in range(1, 4):
            await a.go_away()
            await b.wait_for("deviceReconnecting", times)
            await typed_while_away(b, 5)
            a.come_back()
            await b.wait_for("deviceReconnected", times)
            await a.wait_for("deviceRegistered", times + 1)
        registrations = a.named("deviceRegistered")
        assert [r["resumed"] for r in registrations] == [False, True, True, True]
        assert [r["recovered"] for r in registrations] == [False, True, True, True]
        await ends_uninterrupted(running, a, b, me)
        assert unbroken(a.events) == 1, "every event once, in order, over all connections"
        texts = [data["message"] for data in a.named("messageUpdated")]
        assert texts == [f"text {place}" for place in range(5)] * 3


async def test_back_before_anybody_noticed() -> None:
    """The new connection may be there before the server has heard that the old one is gone."""
    async with site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running:
        a = await running.returning()
        b = await running.device(1)
        me = a.id
        assert (await a.start("p"))["ok"]
        for times in range(1, 11):
            await a.drop()
            await lost(a, times)
            await typed_while_away(b, 2)
            await wait_until(a.connected.is_set)
        await ends_uninterrupted(running, a, b, me)
        assert unbroken(a.events) == 1
        assert len(a.named("messageUpdated")) == 20


async def test_back_within_the_grace_with_its_token_only() -> None:
    async with site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running:
        a = await running.returning(remembers=False)
        b = await running.device(1)
        me = a.id
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress")
        await a.go_away()
        await b.wait_for("deviceReconnecting")
        a.come_back()
        await b.wait_for("deviceReconnected")
        again = await a.wait_for("deviceRegistered", 2)
        assert (again["resumed"], again["recovered"]) == (True, False)
        sync = await a.wait_for("processingStateSync", profileId="p")
        assert (sync["isOwnDevice"], sync["status"]) == (True, "running")
        await ends_uninterrupted(running, a, b, me)
        assert unbroken(a.events) == 2, "the snapshot, and then every event after it"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same-server", "other-server"])
async def test_back_with_its_token_only_before_anybody_noticed(elsewhere: bool) -> None:
    """A phone goes from one network to another: its old connection is not heard of any more, and
    the new one says nothing of who it was."""
    soon: dict[str, Any] = {"ping_interval": "2s", "ping_timeout": "1s", "device_grace": "3s"}
    async with (
        site(people=people(p=2 * RECIPIENTS), send_interval=INTERVAL, **soon) as running,
        network(running.servers[0].port) as between,
    ):
        token = running.token()
        before = await running.returning(between.url, token=token, remembers=False)
        b = await running.device(1)
        assert (await before.start("p"))["ok"]
        await b.wait_for("processingProgress")
        between.go_dead()
        url = running.urls[1 if elsewhere else 0]
        now = await running.returning(url, token=token, remembers=False)
        assert now.id != before.id, "nobody can know yet"
        # Until its grace is over, the old one might still come back.
        assert (await b.wait_for("deviceReconnected"))["deviceId"] == now.id
        await b.wait_for("deviceLeft", deviceId=before.id)
        for device in (now, b):
            await completed(device)
            assert not device.named("processingInterrupted")
        assert b.last("processingComplete")["deviceId"] == now.id
        await nobody_twice_nobody_lost(running, b, "p", 2 * RECIPIENTS)


async def test_the_existing_client_back_within_the_grace() -> None:
    async with (
        site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running,
        network(running.servers[0].port) as between,
        existing_client(between.url, running.token()) as a,
    ):
        me = a.id
        b = await running.device(1)
        await a.emit("startProcessing", {"profileId": "p", "type": "chat", "message": "Hello"})
        await b.wait_for("processingProgress")
        between.cut()
        await b.wait_for("deviceReconnecting")
        await b.wait_for("deviceReconnected")
        await a.wait_for("deviceRegistered", 2)
        await ends_uninterrupted(running, a, b, me)


async def test_two_tabs_of_the_existing_client_back_from_one_blip() -> None:
    """They have one token and nothing else to say who they are: the run is that of one of them."""
    async with (
        site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running,
        network(running.servers[0].port) as between,
    ):
        token = running.token()
        async with (
            existing_client(between.url, token) as a,
            existing_client(between.url, token) as tab,
        ):
            ids = {a.id, tab.id}
            b = await running.device(1, running.tokens.mint("demo", lifetime=3000).token)
            await a.emit("startProcessing", {"profileId": "p", "type": "chat", "message": "Hello"})
            await b.wait_for("processingProgress")
            for times in (1, 2):
                between.cut()
                await b.wait_for("deviceReconnecting", times)
                await b.wait_for("deviceReconnected", times)
                for back in (a, tab):
                    await back.wait_for("deviceRegistered", times + 1)
                assert {a.id, tab.id} == ids
            await completed(b)
            assert not b.named("processingInterrupted")
            assert b.last("processingComplete")["deviceId"] in ids
            await nobody_twice_nobody_lost(running, b, "p", RECIPIENTS)


async def test_too_late_is_too_late() -> None:
    async with (
        site(people=people(p=500), send_interval=INTERVAL, device_grace="1s") as running,
        network(running.servers[0].port) as between,
    ):
        a = await running.returning(between.url)
        b = await running.device(1)
        me = a.id
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress")
        between.ports = []
        between.cut()
        await b.wait_for("processingInterrupted")
        between.ports = [running.servers[0].port]
        await a.wait_for("deviceRegistered", 2)
        # The same person at the same device, whose run has ended meanwhile.
        assert a.id == me
        await a.wait_for("processingInterrupted")
        assert unbroken(a.events) == 1
        assert not b.named("deviceReconnected")
