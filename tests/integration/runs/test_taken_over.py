"""Runs that another device makes its own."""

import pytest

from tests.harness import Cluster
from tests.integration.runs.counting import CHAT, SLOW
from tests.integration.support import by_profile, check, reached, snapshot, switch

pytestmark = pytest.mark.any_redis

PROFILE = {"profileId": "1004", "type": "chat"}


async def test_a_run_goes_on_as_another_devices(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1004"))["ok"]
    await b.wait_for("processingProgress", count=3)
    assert (await b.call("takeOverProcessing", PROFILE))["ok"]
    for device in (a, b):
        taken = await device.wait_for("processingTakenOver")
        check(taken, **PROFILE, deviceId=b.id, fromDeviceId=a.id, operatorId="demo", total=200)
        assert not device.named("processingStopped")
    _, told = await snapshot(servers)
    check(by_profile(told)["processingStateSync", "1004", "chat"], status="running", deviceId=b.id)
    check(await a.start("1004"), ok=False, code="locked", lockOwner=b.id)
    await a.close()
    await switch(servers)
    assert (await b.wait_for("processingComplete"))["stats"]["sent"] == 200
    check(b.last("processingComplete"), deviceId=b.id, operatorId="demo")
    # What the existing client reads: from there on it is b's, and nothing has stopped.
    after = b.events[b.names().index("processingTakenOver") + 1 :]
    assert {d["deviceId"] for n, d in after if n == "processingProgress"} == {b.id}
    assert not b.named("processingInterrupted")
    found = await reached(servers, "1004")
    assert (len(found), set(found.values())) == (200, {1})
    check(await b.call("takeOverProcessing", PROFILE), ok=False, code="not_running")


async def test_it_ends_with_the_new_device(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1004"))["ok"]
    assert (await b.call("takeOverProcessing", PROFILE))["ok"]
    await b.close()
    await a.wait_for("processingInterrupted", profileId="1004", deviceId=b.id)


async def test_what_it_does_not_know_is_refused(servers: Cluster) -> None:
    a = await servers.device()
    for payload in (None, {}, {"profileId": "1001"}, {**CHAT, "force": True}, [CHAT], "1001"):
        check(await a.call("takeOverProcessing", payload), ok=False, code="invalid_payload")
