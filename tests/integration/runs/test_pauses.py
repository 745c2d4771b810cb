"""Runs that somebody pauses, and lets go on."""

import asyncio

import pytest

from tests.harness import Cluster, wait_until
from tests.integration.runs.counting import CHAT, SLOW
from tests.integration.support import by_profile, check, deliveries, reached, snapshot, switch

pytestmark = pytest.mark.any_redis

PROFILE = {"profileId": "1004", "type": "chat"}


async def test_a_run_is_paused_and_goes_on_from_any_device(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1004"))["ok"]
    await b.wait_for("processingProgress", count=3)
    assert (await b.call("pauseProcessing", PROFILE))["ok"]
    for device in (a, b):
        paused = await device.wait_for("processingPaused")
        check(
            paused,
            **PROFILE,
            deviceId=a.id,
            operatorId="demo",
            pausedBy=b.id,
            message="Paused",
            timestamp=int,
            revision=int,
        )
    # The message on its way is counted, and the run stands still: its next line says so.
    await wait_until(lambda: a.last("processingProgress")["progress"]["message"] == "Paused")
    sent = len(await deliveries(servers))
    _, told = await snapshot(servers)
    state = by_profile(told)["processingStateSync", "1004", "chat"]
    check(state, status="running", isProcessing=True, paused=True, sent=sent)
    assert (await b.start("1004"))["code"] == "locked"
    assert (await b.call("pauseProcessing", PROFILE))["ok"]
    assert len(a.named("processingPaused")) == 1
    assert len(await deliveries(servers)) == sent

    await switch(servers)
    assert (await a.call("resumeProcessing", PROFILE))["ok"]
    resumed = await b.wait_for("processingResumed")
    check(resumed, **PROFILE, deviceId=a.id, resumedBy=a.id, message="Going on")
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert (stats["sent"], stats["total"]) == (200, 200)
    found = await reached(servers, "1004")
    assert (len(found), set(found.values())) == (200, {1})


async def test_nobody_is_messaged_by_a_paused_run_who_waited_for_the_gateway(
    servers: Cluster,
) -> None:
    a, b = await servers.pair()
    await switch(servers, status=429)
    assert (await a.start("1001"))["ok"]
    await b.wait_for("processingProgress", count=2)
    assert (await b.call("pauseProcessing", CHAT))["ok"]
    await switch(servers)
    await wait_until(lambda: a.last("processingProgress")["progress"]["message"] == "Paused")
    assert not await deliveries(servers)
    assert (await b.call("resumeProcessing", CHAT))["ok"]
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert stats["sent"] == stats["total"]
    assert set((await reached(servers, "1001")).values()) == {1}


async def test_a_paused_run_is_stopped(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1004"))["ok"]
    assert (await a.call("pauseProcessing", PROFILE))["ok"]
    assert (await b.call("stopProcessing", PROFILE))["ok"]
    await a.wait_for("processingStopped", stoppedBy=b.id)
    for command in ("pauseProcessing", "resumeProcessing"):
        check(await b.call(command, PROFILE), ok=False, code="not_running")
    assert (await b.start("1004"))["ok"]
    await a.wait_for("processingProgress", deviceId=b.id)


async def test_pauses_and_resumes_in_any_order_message_nobody_twice(servers: Cluster) -> None:
    a, b = await servers.pair()
    assert (await a.start("1004"))["ok"]

    async def meddle() -> None:
        for _ in range(20):
            await asyncio.gather(
                b.call("pauseProcessing", PROFILE),
                a.call("resumeProcessing", PROFILE),
                a.call("pauseProcessing", PROFILE),
            )
            await b.call("resumeProcessing", PROFILE)

    await meddle()
    await b.wait_for("processingComplete")
    found = await reached(servers, "1004")
    assert (len(found), set(found.values())) == (200, {1})


@pytest.mark.parametrize("command", ["pauseProcessing", "resumeProcessing"])
async def test_what_it_does_not_know_is_refused(servers: Cluster, command: str) -> None:
    a = await servers.device()
    for payload in (None, {}, {"profileId": "1001"}, {**CHAT, "until": 1}, [CHAT], "1001"):
        check(await a.call(command, payload), ok=False, code="invalid_payload")
    check(await a.call(command, CHAT), ok=False, code="not_running")
