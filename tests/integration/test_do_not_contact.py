"""The do-not-contact list: whom no run messages, whoever starts it."""

import pytest

from tests.harness import Cluster, wait_until
from tests.integration.backend import Backend, fronted, page, runner_lost
from tests.integration.support import check, reached, switch

pytestmark = pytest.mark.any_redis

CHAT = {"profileId": "1001", "type": "chat"}
SLOW = 0.05


async def recipients(servers: Cluster) -> list[str]:
    """Of the profile, in the order in which a run messages them."""
    a = await servers.device()
    assert (await a.start("1001"))["ok"]
    await a.wait_for("processingComplete")
    assert (await a.call("clearBlocklist", CHAT))["ok"]
    return list(await reached(servers, "1001"))


async def test_a_run_leaves_them_out_and_says_so(servers: Cluster) -> None:
    everybody = await recipients(servers)
    a, b = await servers.pair()
    avoided = {everybody[0], everybody[-1]}
    for recipient in sorted(avoided):
        check(await a.call("addDoNotContact", {"recipientId": recipient}), ok=True, added=True)
    told = await b.wait_for("doNotContactChanged", count=2)
    check(told, deviceId=a.id, operatorId="demo", added=1, removed=0, count=2, revision=int)
    assert (await b.start("1001"))["ok"]
    done = await a.wait_for("processingComplete")
    check(done["stats"], sent=len(everybody) - 2, skipped=2, total=len(everybody))
    lines = [data["progress"]["message"] for data in a.named("processingProgress")]
    total = len(everybody)
    assert f"{total} recipients, 0 messaged before, 2 on the do-not-contact list" in lines
    found = await reached(servers, "1001")
    assert {recipient for recipient, times in found.items() if times == 1} == avoided

    assert (await a.call("removeDoNotContact", {"recipientId": everybody[0]}))["removed"] is True
    assert (await a.start("1001"))["ok"]
    await b.wait_for("processingComplete", count=2)
    assert (await reached(servers, "1001"))[everybody[0]] == 2


async def test_somebody_who_is_added_in_mid_run_is_not_messaged_any_more(servers: Cluster) -> None:
    everybody = await recipients(servers)
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start("1001"))["ok"]
    await b.wait_for("processingProgress", count=2)
    last = everybody[-1]
    assert (await b.call("addDoNotContact", {"recipientId": last, "note": "asked"}))["ok"]
    await switch(servers)
    done = await a.wait_for("processingComplete")
    check(done["stats"], sent=len(everybody) - 1, skipped=1)
    assert (await reached(servers, "1001"))[last] == 1, "of the first run"
    lines = [data["progress"]["message"] for data in a.named("processingProgress")]
    assert any(line.endswith("is on the do-not-contact list") for line in lines), lines


async def test_nor_is_who_is_added_while_the_gateway_lets_wait(servers: Cluster) -> None:
    first, *others = await recipients(servers)
    await switch(servers, status=429)
    a, b = await servers.pair()
    assert (await a.start("1001"))["ok"]
    await b.wait_for("processingProgress", count=2)
    assert (await b.call("addDoNotContact", {"recipientId": first}))["ok"]
    await switch(servers)
    check((await a.wait_for("processingComplete"))["stats"], sent=len(others), skipped=1)
    assert (await reached(servers, "1001"))[first] == 1, "of the first run"
    ack = await a.call("listBlocklist", {**CHAT, "find": first})
    assert not ack["recipients"], "nor is it taken for messaged"


async def test_a_takeover_does_not_ask_again_for_who_was_added(redis_url: str) -> None:
    backend = Backend(pages={None: page("1", "2", "3")})
    backend.hang = "2"
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        await wait_until(lambda: "2" in backend.tried)
        assert (await device.call("addDoNotContact", {"recipientId": "2"}))["ok"]
        holding = await runner_lost(running, "p")
        backend.hang = None
        running.servers[0].pool.adopt(holding)
        stats = (await device.wait_for("processingComplete"))["stats"]
        check(stats, sent=2, uncertain=1)
        assert backend.tried.count("2") == 1


async def test_a_token_for_some_profiles_reads_and_adds_and_does_not_remove(
    servers: Cluster,
) -> None:
    limited = await servers.device(0, token=servers.token(profiles=["1002"]))
    whole = await servers.device(1)
    check(await limited.call("addDoNotContact", {"recipientId": "x1", "note": "no"}), added=True)
    await whole.wait_for("doNotContactChanged")
    ack = await limited.call("listDoNotContact")
    check(ack, ok=True, count=1, next=None)
    check(ack["recipients"][0], id="x1", note="no", operatorId="demo", at=int)
    refused = await limited.call("removeDoNotContact", {"recipientId": "x1"})
    check(refused, ok=False, code="not_for_this_token", retryable=False)
    check(await whole.call("removeDoNotContact", {"recipientId": "x1"}), removed=True, count=0)
    check(await limited.wait_for("doNotContactChanged", count=2), removed=1, count=0)
    check(await whole.call("removeDoNotContact", {"recipientId": "x1"}), removed=False)


async def test_it_is_each_account_s_own(servers: Cluster) -> None:
    a = await servers.device()
    other = await servers.device(1, token=servers.token("another"))
    assert (await a.call("addDoNotContact", {"recipientId": "x1"}))["ok"]
    check(await other.call("listDoNotContact"), recipients=[], count=0)
    check(await other.call("removeDoNotContact", {"recipientId": "x1"}), removed=False)
    assert other.named("doNotContactChanged") == []


@pytest.mark.parametrize("cursor", ["", ":", "5", "5:", "x:y", "-1:a", "1e3:a", "5" * 40 + ":a"])
async def test_a_cursor_that_no_answer_gave_is_refused(servers: Cluster, cursor: str) -> None:
    a = await servers.device()
    check(await a.call("listDoNotContact", {"cursor": cursor}), ok=False, code="invalid_payload")
