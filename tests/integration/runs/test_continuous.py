"""Runs that begin anew when they are through, and runs that choose their pace."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.harness import Cluster, Device, cluster, wait_until
from tests.integration.runs.counting import CHAT
from tests.integration.support import by_profile, check, deliveries, people, snapshot, switch

P = {"profileId": "p1", "type": "chat"}
PAUSE = 0.3


@pytest.fixture
async def short(redis_url: str) -> AsyncIterator[Cluster]:
    """Servers that let cycles follow each other soon."""
    async with cluster(redis_url, 2, people(p1=5), cycle_pause_min=0.1) as running:
        yield running


def resting(device: Device, cycle: int = 1) -> list[dict[str, Any]]:
    """What a device was told of the wait behind a cycle."""
    told = [data["progress"] for data in device.named("processingProgress")]
    return [each for each in told if each.get("cycle") == cycle and "nextCycleAt" in each]


async def rests(device: Device, cycle: int = 1) -> dict[str, Any]:
    await wait_until(lambda: resting(device, cycle), what=f"the end of cycle {cycle}")
    return resting(device, cycle)[-1]


@pytest.mark.any_redis
async def test_it_messages_again_whom_it_may_until_it_is_stopped(short: Cluster) -> None:
    await switch(short, refuse=["p1-4"])
    a, b = await short.pair()
    assert (await a.start("p1", continuous={"pause": PAUSE}))["ok"]
    started = await b.wait_for("processingStarted")
    assert started["continuous"] == {"pause": PAUSE}
    first = await rests(b)
    check(first, cycle=1, total=5, current=5, sent=4, skipped=0, failed=1)
    assert first["totals"] == {"sent": 4, "failed": 1, "uncertain": 0}
    assert first["message"] == "Cycle 1 is through, the next one begins in 0 s"
    second = await rests(b, 2)
    check(second, total=5, current=5, sent=0, skipped=4, failed=1)
    assert second["totals"] == {"sent": 4, "failed": 2, "uncertain": 0}
    assert second["nextCycleAt"] >= first["nextCycleAt"] + 1000 * PAUSE
    # Who may be messaged again is, in a later cycle; who was refused in three is left alone.
    assert (await b.call("clearBlocklist", P))["ok"]
    await wait_until(lambda: last_of(b)["totals"]["sent"] == 8)
    await wait_until(lambda: last_of(b)["cycle"] >= 5)
    assert (await b.call("stopProcessing", P))["ok"]
    stopped = await a.wait_for("processingStopped")
    assert stopped["totals"]["sent"] == 8
    assert "nextCycleAt" not in stopped
    assert len(await deliveries(short, "p1")) == 8
    cycles = [d["progress"]["cycle"] for d in a.named("processingProgress")]
    assert cycles == sorted(cycles)
    _, told = await snapshot(short)
    state = by_profile(told)["processingStateSync", "p1", "chat"]
    check(state, status="stopped", cycle=stopped["cycle"], totals=stopped["totals"])
    assert not {"continuous", "nextCycleAt"} & set(state)


def last_of(device: Device) -> dict[str, Any]:
    progress: dict[str, Any] = device.last("processingProgress")["progress"]
    return progress


async def test_a_wait_is_told_to_who_comes_and_is_stopped_at_once(redis_url: str) -> None:
    async with cluster(redis_url, 1, people(p1=2)) as running:
        a = await running.device()
        assert (await a.start("p1", continuous={"pause": 3600}, messageInterval=0.01))["ok"]
        rest = await rests(a)
        _, told = await snapshot(running)
        state = by_profile(told)["processingStateSync", "p1", "chat"]
        check(state, status="running", continuous={"pause": 3600.0}, messageInterval=0.01)
        check(state, cycle=1, nextCycleAt=rest["nextCycleAt"], totals=rest["totals"])
        assert (await a.start("p1"))["code"] == "already_running"
        assert (await a.call("stopProcessing", P))["ok"]
        await a.wait_for("processingStopped")
        assert (await a.start("p1"))["ok"]
        await a.wait_for("processingComplete")


async def test_a_pause_in_a_wait_lets_no_cycle_begin(short: Cluster) -> None:
    a = await short.device()
    assert (await a.start("p1", continuous={"pause": PAUSE}))["ok"]
    await rests(a)
    assert (await a.call("pauseProcessing", P))["ok"]
    assert (await a.call("clearBlocklist", P))["ok"]
    await wait_until(lambda: last_of(a)["message"] == "Paused")
    sent = len(await deliveries(short))
    assert (await a.call("resumeProcessing", P))["ok"]
    await wait_until(lambda: last_of(a)["totals"]["sent"] == sent + 5)


async def test_another_server_begins_the_next_cycle_at_its_time(short: Cluster) -> None:
    watching, a = await short.device(0), await short.device(1)
    pause = 2.5
    assert (await a.start("p1", continuous={"pause": pause}, detached=True))["ok"]
    rest = await rests(watching)
    assert (await watching.call("clearBlocklist", P))["ok"]
    await short.servers[1].stop()
    taken = await watching.wait_for("processingTakenOver")
    check(taken, cycle=1, nextCycleAt=rest["nextCycleAt"], totals=rest["totals"])
    second = await rests(watching, 2)
    assert len(resting(watching)) == 1, "it is not waited for anew"
    check(second, sent=5, totals={"sent": 10, "failed": 0, "uncertain": 0})
    assert second["nextCycleAt"] - rest["nextCycleAt"] >= 1000 * pause
    assert (await watching.call("stopProcessing", P))["ok"]


@pytest.mark.any_redis
async def test_another_server_goes_on_in_the_middle_of_a_later_cycle(short: Cluster) -> None:
    watching, a = await short.device(0), await short.device(1)
    assert (await a.start("p1", continuous={"pause": PAUSE}, detached=True))["ok"]
    await rests(watching)
    await switch(short, latency=0.15)
    assert (await watching.call("clearBlocklist", P))["ok"]
    await wait_until(lambda: last_of(watching)["totals"]["sent"] >= 6)
    await short.servers[1].stop()
    await watching.wait_for("processingTakenOver")
    await wait_until(lambda: last_of(watching)["totals"]["sent"] == 10)
    sent = [d["recipientId"] for d in await deliveries(short, "p1")]
    assert sorted(sent) == sorted([f"p1-{n}" for n in range(5)] * 2)


async def test_a_list_that_does_not_come_is_tried_again_in_the_next_cycle(
    short: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.worker.listing.PAGE_TRIES_MAX", 1)
    a = await short.device()
    assert (await a.start("p1", continuous={"pause": PAUSE}))["ok"]
    await rests(a)
    await short.sandbox.close()
    interrupted = await a.wait_for("processingInterrupted")
    check(interrupted, code="gateway_unavailable", totals=dict)
    told = [data["progress"] for data in a.named("processingProgress")]
    missed = [each for each in told if "cannot be listed" in each["message"]]
    assert len(missed) == 5
    for each in missed:
        check(each, cycle=missed[0]["cycle"], nextCycleAt=int, error=str)


async def test_a_first_list_that_does_not_come_ends_the_run(
    short: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.worker.listing.PAGE_TRIES_MAX", 1)
    a = await short.device()
    await short.sandbox.close()
    assert (await a.start("p1", continuous={"pause": PAUSE}))["ok"]
    await a.wait_for("processingInterrupted", code="gateway_unavailable")


async def test_a_run_keeps_the_pace_that_its_start_chose(redis_url: str) -> None:
    async with cluster(redis_url, 2, people(p1=2), send_interval=0.05) as running:
        watching, a = await running.device(0), await running.device(1)
        assert (await a.start("p1", messageInterval=3, detached=True))["ok"]
        assert (await watching.wait_for("processingStarted"))["messageInterval"] == 3
        await watching.wait_for("processingProgress", count=2)
        await running.servers[1].stop()
        await watching.wait_for("processingComplete")
        times = [d["at"] for d in await deliveries(running, "p1")]
        # From the last message of the one server to the first of the other; less what the first
        # was on its way.
        [first, second] = times
        assert second - first >= 2500


OUT_OF_RANGE: list[dict[str, Any]] = [
    {"messageInterval": 0.01},
    {"messageInterval": 3601},
    {"messageInterval": -1},
    {"messageInterval": float("nan")},
    {"messageInterval": float("inf")},
    {"continuous": {"pause": 59}},
    {"continuous": {"pause": 86401}},
    {"continuous": {"pause": 0}},
    {"continuous": {"pause": float("nan")}},
]
MALFORMED: list[dict[str, Any]] = [
    {"messageInterval": "5"},
    {"messageInterval": None},
    {"messageInterval": True},
    {"messageInterval": [5]},
    {"continuous": True},
    {"continuous": None},
    {"continuous": {}},
    {"continuous": {"pause": "60"}},
    {"continuous": {"pause": True}},
    {"continuous": {"pause": 60, "until": 5}},
    {"continuous": {"pause": 60}, "only": "failed"},
]


async def test_what_is_beyond_the_bounds_is_refused(redis_url: str) -> None:
    async with cluster(redis_url, 1, send_interval=0.05) as running:
        a = await running.device()
        for codes, given in (("pace_out_of_range", OUT_OF_RANGE), ("invalid_payload", MALFORMED)):
            for fields in given:
                ack = await a.call("startProcessing", {**CHAT, "message": "Hello", **fields})
                check(ack, ok=False, code=codes)
        assert not a.named("processingStarted")
        assert (await a.start(messageInterval=0.05))["ok"]
