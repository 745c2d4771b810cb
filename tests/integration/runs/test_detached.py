"""Runs that go on without the device that started them."""

import pytest

from tests.harness import Cluster
from tests.integration.runs.counting import CHAT, SLOW
from tests.integration.support import by_profile, check, reached, settled, snapshot, switch

pytestmark = pytest.mark.any_redis


async def test_a_run_goes_on_when_its_device_leaves(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1004", detached=True))["ok"]
    started = await b.wait_for("processingStarted")
    check(started, profileId="1004", deviceId=a.id, detached=True)
    await b.wait_for("processingProgress", count=2)
    await a.close()
    await b.wait_for("deviceLeft", deviceId=a.id)
    await b.wait_for("processingProgress", count=6)
    _, told = await snapshot(servers)
    state = by_profile(told)["processingStateSync", "1004", "chat"]
    check(state, status="running", detached=True, away=False, deviceId=a.id, isOwnDevice=False)
    # It holds the lock as any run does, and whoever may, stops it.
    refused = await b.start("1004")
    check(refused, ok=False, code="locked", lockOwner=a.id)
    assert (await b.call("stopProcessing", {"profileId": "1004", "type": "chat"}))["ok"]
    await b.wait_for("processingStopped", profileId="1004", stoppedBy=b.id)
    assert not b.named("processingInterrupted")
    _, told = await snapshot(servers)
    assert "detached" not in by_profile(told)["processingStateSync", "1004", "chat"]


async def test_it_is_finished_with_nobody_there(servers: Cluster) -> None:
    a = await servers.device()
    assert (await a.start("1004", detached=True))["ok"]
    await a.close()
    late = await servers.device(1)
    state = await late.wait_for("processingStateSync")
    if state["isProcessing"]:
        await late.wait_for("processingComplete", profileId="1004")
        stats = late.last("processingComplete")["stats"]
        assert stats["sent"] == stats["total"] == 200
    else:
        check(state, status="completed", sent=200, total=200)
    found = await reached(servers, "1004")
    assert (len(found), set(found.values())) == (200, {1})


async def test_a_broken_connection_is_nothing_to_it(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1004", detached=True))["ok"]
    assert (await a.start("1001"))["ok"]
    await a.drop()
    await b.wait_for("deviceReconnecting", profileId="1001")
    await settled(b)
    assert not [d for d in b.named("deviceReconnecting") if d["profileId"] == "1004"]


@pytest.mark.parametrize("given", [None, 0, 1, "true", "", [], {}], ids=repr)
async def test_only_true_and_false_say_so(servers: Cluster, given: object) -> None:
    a = await servers.device()
    refused = await a.call("startProcessing", {**CHAT, "message": "Hello", "detached": given})
    check(refused, ok=False, code="invalid_payload")
    await settled(a)
    assert not a.named("processingStarted")
    assert (await a.start(detached=False))["ok"]
    assert "detached" not in await a.wait_for("processingStarted")
