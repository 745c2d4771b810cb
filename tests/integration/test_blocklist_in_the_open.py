"""Who was messaged, when and by which run; and one of them who can be messaged again."""

import pytest

from tests.harness import Cluster, wait_until
from tests.integration.support import check, reached, switch

pytestmark = pytest.mark.any_redis

CHAT = {"profileId": "1001", "type": "chat"}


async def test_who_was_messaged_is_listed_with_the_run_and_forgotten_one_by_one(
    servers: Cluster,
) -> None:
    a, b = await servers.pair()
    started = await a.start("1001")
    await b.wait_for("processingComplete")
    found = await reached(servers, "1001")
    listed = await b.call("listBlocklist", CHAT)
    check(listed, ok=True, next=None, count=len(found))
    assert {entry["id"] for entry in listed["recipients"]} == set(found)
    assert {entry["runId"] for entry in listed["recipients"]} == {started["runId"]}
    [run] = listed["runs"]
    check(run, id=started["runId"], startedAt=started["startedAt"], operatorId="demo")
    check(run, deviceId=a.id, deviceName=str)

    one = listed["recipients"][0]["id"]
    check(await b.call("listBlocklist", {**CHAT, "find": one}), ok=True, count=len(found))
    removed = await b.call("removeFromBlocklist", {**CHAT, "recipientId": one})
    check(removed, ok=True, removed=True, count=len(found) - 1)
    for device in (a, b):
        told = await device.wait_for("blocklistRecipientRemoved")
        check(told, **CHAT, recipientId=one, deviceId=b.id, count=len(found) - 1, revision=int)
    again = await b.start("1001")
    done = await a.wait_for("processingComplete", count=2)
    check(done["stats"], sent=1, skipped=len(found) - 1)
    newest = (await a.call("listBlocklist", CHAT))["recipients"][0]
    check(newest, id=one, runId=again["runId"])
    assert {who for who, times in (await reached(servers, "1001")).items() if times == 2} == {one}


@pytest.mark.slow
async def test_nobody_in_flight_is_removed(servers: Cluster) -> None:
    await switch(servers, latency=5)
    a, b = await servers.pair()
    assert (await a.start("1001"))["ok"]
    await b.wait_for("processingProgress")

    async def claimed() -> bool:
        return bool((await b.call("listBlocklist", CHAT))["recipients"])

    await wait_until(claimed, what="a claim")
    listed = (await b.call("listBlocklist", CHAT))["recipients"]
    one = {**CHAT, "recipientId": listed[0]["id"]}
    check(await b.call("removeFromBlocklist", one), ok=False, code="recipient_in_flight")
    assert (await b.call("countBlocklist", CHAT))["count"] == 1


async def test_a_profile_that_is_not_the_token_s_has_no_list(servers: Cluster) -> None:
    limited = await servers.device(token=servers.token(profiles=["1002"]))
    for command in ("listBlocklist", "removeFromBlocklist"):
        payload = {**CHAT, **({"recipientId": "x"} if command == "removeFromBlocklist" else {})}
        check(await limited.call(command, payload), ok=False, code="unknown_profile")
