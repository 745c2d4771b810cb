"""Redis that dies and comes back, with its data and without, or stops answering for a while."""

import asyncio
import itertools
import os
import signal

import pytest

from tests.faults.harness import ServerProcess, Site, completed, nobody_twice_nobody_lost, site
from tests.faults.returning import unbroken
from tests.harness import WHO_IS_HERE, Device, wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

AWAY = 3.0
"""Seconds that Redis is gone."""
DELIVERS_WITHIN = 5.0
RESYNC_WITHIN = 10.0
REFUSED_WITHIN = 5.0
INTERVAL = 0.02
UNANSWERED = ("store_unavailable", "unknown_outcome")
"""A server that has not heard yet that Redis is gone sends a command all the same."""


def now() -> float:
    return asyncio.get_running_loop().time()


def draft(text: str, profile: str = "typing") -> dict[str, str]:
    return {"profileId": profile, "type": "chat", "message": text}


async def type_until_taken(device: Device, text: str) -> None:
    """As a client does: a refused key stroke that may be tried again is tried again."""
    while not (ack := await device.call("updateMessage", draft(text)))["ok"]:
        assert ack["code"] in UNANSWERED
        assert ack["retryable"] is True
        await asyncio.sleep(0.02)


async def claimed(running: Site, profile: str) -> set[str]:
    """Who is on the blocklist."""
    key = f"as:{{o:demo}}:sent:chat:{profile}"
    return {str(member) for member in await running.redis.zrange(key, 0, -1)}


async def test_back_with_its_data_nothing_is_lost() -> None:
    async with site(people=people(p=400), send_interval=INTERVAL) as running:
        runner = await running.device(0)
        typist = await running.device(1)
        watchers = [await running.device(server) for server in (0, 1)]
        assert (await runner.start("p"))["ok"]
        await watchers[1].wait_for("processingProgress", 40)
        running.valkey.stop()
        gone_at = now()
        typing = asyncio.create_task(type_until_taken(typist, "typed while Redis was away"))
        while now() < gone_at + AWAY:
            refused = await runner.call("stopProcessing", {"profileId": "no", "type": "chat"})
            assert refused["code"] in UNANSWERED
            await asyncio.sleep(0.2)
        delivered = len(await running.deliveries("p"))
        await running.valkey.start()
        back_at = now()
        await typing
        for watcher in watchers:
            text = "typed while Redis was away"
            await watcher.wait_for("messageUpdated", message=text)
        assert now() - back_at <= DELIVERS_WITHIN
        await completed(runner)
        assert len(await running.deliveries("p")) == 400 > delivered
        for watcher in watchers:
            await watcher.wait_for("processingComplete")
            assert unbroken(watcher.events) == 1
            assert not watcher.named("processingInterrupted")
        await nobody_twice_nobody_lost(running, runner, "p", 400)
        assert await claimed(running, "p") == set(await running.reached("p"))


async def test_nobody_is_messaged_without_a_claim_however_often_it_dies() -> None:
    async with site(people=people(p=500), send_interval=0) as running:
        runner = await running.device(0)
        watcher = await running.device(1)
        assert (await runner.start("p"))["ok"]
        for death in range(1, 6):
            await running.delivered(death * 60, "p")
            running.valkey.stop()
            await running.valkey.start()
            assert set(await running.reached("p")) <= await claimed(running, "p")
        await watcher.wait_for("processingComplete")
        await nobody_twice_nobody_lost(running, runner, "p", 500)
        assert unbroken(watcher.events) == 1


async def test_gone_with_all_data_every_device_starts_afresh() -> None:
    async with site(people=people(p=1000), send_interval=INTERVAL, valkey=()) as running:
        devices = [await running.device(server) for server in (0, 1, 0, 1)]
        epoch = devices[0].last("deviceRegistered")["epoch"]
        assert (await devices[0].start("p"))["ok"]
        assert (await devices[1].call("updateMessage", draft("before")))["ok"]
        await devices[1].wait_for("processingProgress", 20)
        running.valkey.stop()
        # Whoever is in flight at this moment is messaged; nobody is claimed any more.
        await asyncio.gather(*(d.wait_for("error") for d in devices), trouble(devices))
        before = len(await running.deliveries("p"))
        await running.valkey.start()
        back_at = now()
        resyncs = await asyncio.gather(*(device.wait_for("resync") for device in devices))
        assert now() - back_at <= RESYNC_WITHIN
        assert {resync["epoch"] for resync in resyncs} != {epoch}
        assert len({resync["epoch"] for resync in resyncs}) == 1
        # The account is empty now, but for the end of the run, and works on.
        for device in devices:
            interrupted = await device.wait_for("processingInterrupted")
            assert interrupted["code"] == "storage_lost"
        await type_until_taken(devices[1], "after")
        for device in (devices[0], devices[2], devices[3]):
            await device.wait_for("messageUpdated", message="after")
            position = device.names().index("resync")
            after = {name for name, _ in device.events[position:]}
            ended = {"processingInterrupted", "processingStateSync"}
            assert after <= {"resync", "messageUpdated", "error", *ended, *WHO_IS_HERE}, after
        newcomer = await running.device(0)
        assert not (await newcomer.wait_for("processingStateSync"))["isProcessing"]
        # No lease of before is left for anybody to take over from.
        for server in running.servers:
            await lease_made_anew(server)
        assert len(await running.deliveries("p")) == before
        for device in devices:
            assert not device.named("processingTakenOver")
        assert (await devices[3].start("p"))["ok"], "by a person it can be started again"


async def lease_made_anew(server: ServerProcess) -> None:
    await wait_until(lambda: "lease lost" in server.log, what="lease lost")


async def trouble(devices: list[Device]) -> None:
    for device in devices:
        await device.emit("updateMessage", draft("lost"))


async def test_resync_brings_the_drafts_of_the_new_life() -> None:
    """The devices of one server come back first, and write; the other's get it in the snapshot."""
    async with site(valkey=()) as running:
        a, b = await running.device(0), await running.device(1)
        assert (await a.call("updateMessage", draft("before")))["ok"]
        await b.wait_for("messageUpdated", message="before")
        late = running.servers[1]
        running.valkey.stop()
        late.pause()
        await running.valkey.start()
        await type_until_taken(a, "after")
        late.resume()
        resync = await b.wait_for("resync")
        position = b.names().index("resync")
        await wait_until(
            lambda: any(data.get("message") == "after" for _, data in b.events[position:])
        )
        told = b.events[position + 1 :]
        assert resync["revision"] <= 5
        assert [data["message"] for name, data in told if name in ("messageSync", "messageUpdated")]


async def test_stopped_commands_fail_soon_and_order_is_kept() -> None:
    async with site(people=people(p=10)) as running:
        a, b = await running.device(0), await running.device(1)
        watcher = await running.device(0)
        assert (await a.call("updateMessage", draft("0")))["ok"]
        assert running.valkey.process is not None
        pid = running.valkey.process.pid
        numbers = itertools.count(1)
        os.kill(pid, signal.SIGSTOP)
        stopped_at = now()
        # What was sent may be done later; behind it nothing is sent.
        code = "unknown_outcome"
        try:
            while now() < stopped_at + 5:
                asked_at = now()
                commands = [
                    a.call("updateMessage", draft(str(next(numbers)))),
                    b.start("p"),
                    b.call("stopAllProcessing"),
                    b.call("clearBlocklist", {"profileId": "p", "type": "chat"}),
                ]
                for ack in await asyncio.gather(*commands):
                    assert (ack["ok"], ack["code"]) == (False, code)
                    assert ack["retryable"] is True
                    assert ack["message"]
                assert now() - asked_at <= REFUSED_WITHIN
                code = "store_unavailable"
                await a.emit("updateMessage", draft(str(next(numbers))))
        finally:
            os.kill(pid, signal.SIGCONT)
        for _ in range(50):
            await a.emit("updateMessage", draft(str(next(numbers))))
        last = str(next(numbers))
        await type_until_taken(a, last)
        for device in (b, watcher):
            await device.wait_for("messageUpdated", message=last)
            texts = [int(data["message"]) for data in device.named("messageUpdated")]
            assert texts == sorted(texts), "an older text came after a newer one"
            assert len(texts) == len(set(texts))
        newcomer = await running.device(1)
        assert (await newcomer.wait_for("messageSync"))["message"] == last
