"""Runs that somebody stops, all at once or by leaving."""

import pytest

from tests.harness import Cluster
from tests.integration.runs.counting import SLOW, counted
from tests.integration.runs.test_whole_runs import no_more_than_once
from tests.integration.support import MAIL, check, deliveries, reached, run_events, settled, switch

pytestmark = pytest.mark.any_redis


async def test_any_device_may_stop_a_run(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    await a.start("1004")
    await b.wait_for("processingProgress", count=3)
    ack = await b.call("stopProcessing", {"profileId": 1004, "type": "chat"})
    assert ack["ok"]
    for device in (a, b):
        stopped = await device.wait_for("processingStopped")
        check(
            stopped,
            profileId="1004",
            type="chat",
            deviceId=a.id,
            stoppedBy=b.id,
            stoppedAt=int,
            operatorId="demo",
            timestamp=stopped["stoppedAt"],
            message=str,
            revision=int,
            current=int,
            total=200,
            sent=stopped["current"],
            skipped=0,
            failed=0,
            uncertain=0,
        )
    again = await a.call("stopProcessing", {"profileId": "1004", "type": "chat"})
    assert (again["ok"], again["code"]) == (False, "not_running")
    assert a.last("error")["code"] == "not_running"


async def test_a_stop_takes_effect_within_one_recipient(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    await a.start("1004")
    await b.wait_for("processingProgress", count=3)
    assert (await b.call("stopProcessing", {"profileId": "1004", "type": "chat"}))["ok"]
    at_stop = len(await deliveries(servers))
    result = await a.wait_for("runSettled")
    check(
        result,
        profileId="1004",
        type="chat",
        deviceId=a.id,
        operatorId="demo",
        timestamp=int,
        revision=int,
        current=result["sent"],
        total=200,
        sent=int,
        skipped=0,
        failed=0,
        uncertain=0,
        message=str,
    )
    # The runner has had its last answer: nothing comes after this.
    found = await reached(servers)
    assert len(found) == result["sent"] <= at_stop + 1
    names = [name for name, _ in run_events(b)]
    assert names[-2:] == ["processingStopped", "runSettled"]
    assert (await a.call("countBlocklist", {"profileId": "1004", "type": "chat"}))[
        "count"
    ] == result["sent"]

    await switch(servers)
    assert (await b.start("1004"))["ok"]
    stats = (await a.wait_for("processingComplete"))["stats"]
    assert stats["skipped"] == result["sent"]
    assert len(await reached(servers)) == 200
    assert set((await reached(servers)).values()) == {1}


async def test_stop_all(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    runs = {("1003", "chat"): a, ("1004", "mail"): b, ("1005", "chat"): b}
    for (profile, type_), device in runs.items():
        message = MAIL if type_ == "mail" else "Hello"
        assert (await device.start(profile, type=type_, message=message))["ok"]
    for profile, _ in runs:
        await a.wait_for("processingProgress", count=2, profileId=profile)
    ack = await a.call("stopAllProcessing")
    assert (ack["ok"], ack["stopped"]) == (True, 3)
    for device in (a, b):
        summary = await device.wait_for("allProcessingStopped")
        check(
            summary,
            deviceId=a.id,
            stoppedBy=a.id,
            message=str,
            stoppedAt=int,
            stoppedProfiles=list,
            revision=int,
        )
        named = [(item["profileId"], item["type"]) for item in summary["stoppedProfiles"]]
        assert sorted(named) == sorted(runs)
        for item in summary["stoppedProfiles"]:
            assert set(item) == {"profileId", "type"}
        singles = device.named("processingStopped")
        assert {(s["profileId"], s["type"]): s["deviceId"] for s in singles} == {
            key: starter.id for key, starter in runs.items()
        }
        assert {s["stoppedBy"] for s in singles} == {a.id}
        order = [n for n in device.names() if n in ("processingStopped", "allProcessingStopped")]
        assert order == ["processingStopped"] * 3 + ["allProcessingStopped"]
    await settled(a, b)
    assert len(b.named("allProcessingStopped")) == 1


async def test_stop_all_without_a_run(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.emit("stopAllProcessing")
    summary = await b.wait_for("allProcessingStopped")
    assert (summary["stoppedBy"], summary["stoppedProfiles"]) == (a.id, [])
    assert not b.named("processingStopped")
    assert (await a.call("stopAllProcessing", {}))["stopped"] == 0


async def test_what_a_device_that_comes_later_is_told_of_a_stop(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    await a.start("1004")
    await b.wait_for("processingProgress", count=2)
    await b.call("stopProcessing", {"profileId": "1004", "type": "chat"})
    result = await b.wait_for("runSettled")
    late = await servers.device(1)
    state = await late.wait_for("processingStateSync")
    assert (state["isProcessing"], state["status"]) == (False, "stopped")
    assert counted(state) == counted(result)
    assert state["revision"] == result["revision"]


async def test_disconnecting_on_purpose_ends_only_the_own_runs(servers: Cluster) -> None:
    await switch(servers, latency=0.05)
    a, b = await servers.pair()
    await a.start("1003")
    await b.start("1002")
    await b.wait_for("processingProgress", count=2, profileId="1003")
    await a.close()
    interrupted = await b.wait_for("processingInterrupted")
    check(
        interrupted,
        profileId="1003",
        type="chat",
        deviceId=a.id,
        reason="Device disconnected",
        operatorId="demo",
        timestamp=int,
        code="device_disconnected",
        revision=int,
    )
    stats = (await b.wait_for("processingComplete", profileId="1002"))["stats"]
    assert stats["sent"] == 24
    assert len(b.named("processingInterrupted")) == 1
    await no_more_than_once(servers, b)
