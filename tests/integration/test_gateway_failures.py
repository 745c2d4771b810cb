"""A gateway that is slow, busy, broken or away: nobody is messaged twice, nobody forgotten."""

import asyncio
from itertools import pairwise

import pytest

from alphasync.gateway.sandbox import start_sandbox
from alphasync.worker import listing, sending
from tests.harness import PATIENCE, Cluster, cluster, wait_until
from tests.integration.support import (
    check,
    deliveries,
    people,
    reached,
    run_events,
    settled,
    switch,
)

CHAT = {"profileId": "1001", "type": "chat"}


async def test_a_rate_limit_is_waited_out_as_asked(servers: Cluster) -> None:
    await switch(servers, rateLimit={"everyNth": 5, "retryAfter": 1.2})
    a, b = await servers.pair()
    await a.start()
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert (stats["sent"], stats["failed"], stats["uncertain"]) == (10, 0, 0)
    found = await deliveries(servers)
    assert len(found) == len({d["recipientId"] for d in found}) == 10
    times = [d["at"] for d in found]
    gaps = [after - before for before, after in pairwise(times)]
    # Every fifth message was put off: the fifth and the ninth recipient waited.
    assert {5, 9} <= {number for number, gap in enumerate(gaps, 2) if gap >= 1150}
    for device in (a, b):
        lines = [p["progress"]["message"] for p in device.named("processingProgress")]
        assert sum("wait" in line for line in lines) == 2, lines


async def test_stop_while_the_gateway_asks_to_wait(servers: Cluster) -> None:
    """The recipient who was put off is given back at once, and messaged by the next run."""
    await switch(servers, rateLimit={"everyNth": 4, "retryAfter": 60})
    a, b = await servers.pair()
    await a.start()
    await wait_until(
        lambda: any("wait" in p["progress"]["message"] for p in b.named("processingProgress"))
    )
    assert (await b.call("stopProcessing", CHAT))["ok"]
    assert len(await deliveries(servers)) == 3

    async def blocked() -> int:
        return int((await b.call("countBlocklist", CHAT))["count"])

    async with asyncio.timeout(PATIENCE):
        while await blocked() != 3:
            await asyncio.sleep(0.01)
    await switch(servers)
    assert (await b.start())["ok"]
    stats = (await a.wait_for("processingComplete"))["stats"]
    assert (stats["skipped"], stats["sent"]) == (3, 7)
    found = await reached(servers)
    assert (len(found), set(found.values())) == (10, {1})


TROUBLE = {
    "500 before": {"errors": {"everyNth": 4, "status": 500}},
    "500 after": {"errors": {"everyNth": 4, "status": 500, "afterRecording": True}},
    "502 after": {"errors": {"everyNth": 4, "status": 502, "afterRecording": True}},
    "503 before": {"errors": {"everyNth": 4, "status": 503}},
    "cut before": {"drop": {"everyNth": 4}},
    "cut after": {"drop": {"everyNth": 4, "afterRecording": True}},
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_what_is_retried_arrives_once(servers: Cluster, trouble: str) -> None:
    await switch(servers, **TROUBLE[trouble])
    a, b = await servers.pair()
    await a.start()
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert (stats["sent"], stats["failed"], stats["uncertain"]) == (10, 0, 0)
    found = await deliveries(servers)
    assert len(found) == len({d["recipientId"] for d in found}) == 10
    assert len({d["idempotencyKey"] for d in found}) == 10
    errors = [
        p["progress"]["error"] for p in b.named("processingProgress") if "error" in p["progress"]
    ]
    assert len(errors) == 3, "each retry is shown, with what was wrong"


async def test_a_slow_answer_is_asked_for_again_with_the_same_key(redis_url: str) -> None:
    async with cluster(redis_url, servers=2, people=people(p=3), gateway_timeout=0.3) as slow:
        await switch(slow, latency=0.8)
        a, b = await slow.pair()
        await a.start("p")
        await wait_until(
            lambda: any("again" in p["progress"]["message"] for p in b.named("processingProgress"))
        )
        await switch(slow)
        stats = (await b.wait_for("processingComplete"))["stats"]
        assert stats["sent"] == 3
        assert set((await reached(slow)).values()) == {1}


@pytest.mark.parametrize("trouble", ["500 before", "500 after", "cut before", "cut after"])
async def test_without_keys_the_unknown_is_uncertain_and_never_resent(
    servers: Cluster, trouble: str
) -> None:
    await switch(servers, idempotency=False, **TROUBLE[trouble])
    a, b = await servers.pair()
    await a.start()
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert (stats["sent"], stats["uncertain"], stats["current"]) == (8, 2, 10)
    delivered = 10 if "after" in trouble else 8
    assert len(await deliveries(servers)) == delivered
    shown = [p["progress"] for p in b.named("processingProgress") if p["progress"].get("error")]
    assert len(shown) == 2
    assert all("may have been messaged" in progress["message"] for progress in shown)
    # They stay on the blocklist: the next run leaves them alone.
    await switch(servers, idempotency=False)
    await b.start()
    again = (await a.wait_for("processingComplete", count=2))["stats"]
    assert (again["sent"], again["skipped"]) == (0, 10)
    found = await reached(servers)
    assert (len(found), set(found.values())) == (delivered, {1})


async def test_without_keys_what_surely_was_not_sent_is_retried(servers: Cluster) -> None:
    await switch(servers, idempotency=False, **TROUBLE["503 before"])
    a, b = await servers.pair()
    await a.start()
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert (stats["sent"], stats["uncertain"]) == (10, 0)
    found = await reached(servers)
    assert (len(found), set(found.values())) == (10, {1})


async def test_uncertain_ones_in_a_row_end_the_run(servers: Cluster) -> None:
    await switch(servers, idempotency=False, drop={"everyNth": 1, "afterRecording": True})
    a, b = await servers.pair()
    await a.start()
    for device in (a, b):
        assert (await device.wait_for("processingInterrupted"))["code"] == "gateway_unavailable"
    uncertain = b.last("processingInterrupted")["uncertain"]
    found = await reached(servers)
    assert uncertain == len(found) < 10
    assert set(found.values()) == {1}


async def test_refused_recipients_fail_and_are_messaged_by_the_next_run(
    servers: Cluster,
) -> None:
    await switch(servers, refuse=["10010002", "10010010"])
    a, b = await servers.pair()
    await a.start()
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert (stats["sent"], stats["failed"], stats["current"]) == (8, 2, 10)
    shown = [p["progress"] for p in b.named("processingProgress") if p["progress"].get("error")]
    assert len(shown) == 2
    assert all("could not be messaged" in progress["message"] for progress in shown)
    await switch(servers)
    await b.start()
    again = (await a.wait_for("processingComplete", count=2))["stats"]
    assert (again["sent"], again["skipped"], again["failed"]) == (2, 8, 0)
    found = await reached(servers)
    assert (len(found), set(found.values())) == (10, {1})


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_run_is_interrupted_everywhere(servers: Cluster, status: int) -> None:
    a, b = await servers.pair()
    c = await servers.device(1, token=servers.token(profiles=["1001"]))
    await switch(servers, status=status)
    await a.start()
    for device in (a, b, c):
        interrupted = await device.wait_for("processingInterrupted")
        check(
            interrupted,
            profileId="1001",
            type="chat",
            deviceId=a.id,
            reason=str,
            operatorId="demo",
            timestamp=int,
            code="gateway_refused",
            revision=int,
            current=0,
            total=10,
            sent=0,
            skipped=0,
            failed=0,
            uncertain=0,
        )
        assert str(status) in interrupted["reason"]
    assert run_events(b) == run_events(c)
    late = await servers.device(1)
    state = await late.wait_for("processingStateSync")
    assert (state["status"], state["isProcessing"]) == ("interrupted", False)
    # Nobody was messaged, nobody is on the list, the lock is free.
    assert (await b.call("countBlocklist", CHAT))["count"] == 0
    await switch(servers)
    assert (await b.start())["ok"]
    assert (await a.wait_for("processingComplete"))["stats"]["sent"] == 10


async def test_refused_in_the_middle(servers: Cluster) -> None:
    await switch(servers, latency=0.1)
    a, b = await servers.pair()
    await a.start()
    await b.wait_for("processingProgress", count=4)
    await switch(servers, status=403)
    interrupted = await b.wait_for("processingInterrupted")
    assert interrupted["code"] == "gateway_refused"
    await switch(servers)
    await b.start()
    stats = (await a.wait_for("processingComplete"))["stats"]
    assert stats["sent"] + stats["skipped"] == 10
    assert stats["skipped"] >= 1
    found = await reached(servers)
    assert (len(found), set(found.values())) == (10, {1})


async def test_the_gateway_goes_away_and_comes_back(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TRIES_MAX", 2)
    monkeypatch.setattr(listing, "PAGE_TRIES_MAX", 2)
    async with cluster(redis_url, servers=2, people=people(p=30)) as running:
        await switch(running, latency=0.05)
        a, b = await running.pair()
        await a.start("p")
        await b.wait_for("processingProgress", count=5)
        before = await reached(running)
        port = running.sandbox.port
        await running.sandbox.close()
        for device in (a, b):
            interrupted = await device.wait_for("processingInterrupted")
            assert interrupted["code"] == "gateway_unavailable"
            assert interrupted["reason"]
        assert any("error" in p["progress"] for p in b.named("processingProgress"))

        # And when it is away from the start:
        assert (await b.start("p"))["ok"]
        await a.wait_for("processingInterrupted", count=2, code="gateway_unavailable")
        blocked = (await a.call("countBlocklist", {"profileId": "p", "type": "chat"}))["count"]
        assert blocked >= len(before)

        again = await start_sandbox("127.0.0.1", port, people=people(p=30))
        try:
            assert (await b.start("p"))["ok"]
            stats = (await a.wait_for("processingComplete"))["stats"]
            assert (stats["skipped"], stats["sent"]) == (blocked, 30 - blocked)
            after = await reached(running)
            assert not set(after) & set(before)
            assert set(after.values()) == {1}
        finally:
            await again.close()


async def test_other_profiles_go_on_while_one_waits(servers: Cluster) -> None:
    a, b = await servers.pair()
    await switch(servers, rateLimit={"everyNth": 1, "retryAfter": 30})
    await a.start("1001")
    await wait_until(
        lambda: any("wait" in p["progress"]["message"] for p in b.named("processingProgress"))
    )
    await switch(servers)
    await b.start("1002")
    await a.wait_for("processingComplete", profileId="1002")
    await settled(a, b)
    assert len(a.named("processingComplete")) == 1
