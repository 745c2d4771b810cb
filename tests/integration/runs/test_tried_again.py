"""Recipients who could not be messaged: who they are, and a run over just those."""

import pytest

from tests.harness import Cluster, cluster
from tests.integration.runs.counting import CHAT, SLOW
from tests.integration.support import by_profile, check, reached, snapshot, switch

pytestmark = pytest.mark.any_redis

PROFILE = {"profileId": "1004", "type": "chat"}


async def test_they_are_listed_by_name_and_tried_again(servers: Cluster) -> None:
    a, b = await servers.pair()
    assert (await a.start())["ok"]
    everybody = set(await reached(servers)) if await a.wait_for("processingComplete") else set()
    assert (await b.call("listFailed", CHAT)) == {
        "ok": True,
        "recipients": [],
        "named": 0,
        "unnamed": 0,
    }
    refused = sorted(everybody)[:2]
    await b.call("clearBlocklist", CHAT)
    await switch(servers, refuse=refused)
    assert (await a.start())["ok"]
    stats = (await b.wait_for("processingComplete", count=2))["stats"]
    check(stats, failed=2, sent=len(everybody) - 2)
    listed = await b.call("listFailed", CHAT)
    check(listed, ok=True, named=2, unnamed=0)
    assert {recipient["id"] for recipient in listed["recipients"]} == set(refused)
    for recipient in listed["recipients"]:
        check(recipient, id=str, name=str, reason=str, at=int)
        assert recipient["name"]

    # One of them can be messaged by now.
    await switch(servers, refuse=refused[:1])
    before = await reached(servers)
    assert (await b.start(only="failed"))["ok"]
    assert (await a.wait_for("processingStarted", deviceId=b.id))["only"] == "failed"
    stats = (await a.wait_for("processingComplete", count=3))["stats"]
    check(stats, total=2, current=2, sent=1, failed=1, skipped=0)
    assert await reached(servers) - before == {refused[1]: 1}
    listed = await a.call("listFailed", CHAT)
    assert [recipient["id"] for recipient in listed["recipients"]] == refused[:1]
    _, told = await snapshot(servers)
    check(
        by_profile(told)["processingStateSync", "1001", "chat"], only="failed", status="completed"
    )

    await switch(servers)
    assert (await a.start(only="failed"))["ok"]
    await b.wait_for("processingComplete", count=4)
    check(await a.start(only="failed"), ok=False, code="nothing_failed")


@pytest.mark.slow
async def test_another_server_goes_on_with_those_who_were_not_tried_yet(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as running:
        b = await running.device(1)
        await switch(running, refuse=1.0)
        assert (await b.start("1004"))["ok"]
        check((await b.wait_for("processingComplete"))["stats"], failed=200)
        a = await running.device(0)
        await switch(running, refuse=0.5, latency=SLOW)
        seen = len(b.named("processingProgress"))
        assert (await a.start("1004", only="failed", detached=True))["ok"]
        await b.wait_for("processingProgress", seen + 8)
        await running.servers[0].stop()
        await b.wait_for("processingTakenOver")
        await switch(running, refuse=0.5)
        stats = (await b.wait_for("processingComplete", count=2))["stats"]
        check(stats, total=200, current=200, skipped=0, uncertain=0)
        listed = await b.call("listFailed", PROFILE)
        check(listed, named=stats["failed"])
        found = await reached(running, "1004")
        assert (len(found), set(found.values())) == (stats["sent"], {1})


@pytest.mark.parametrize("given", [None, True, "", "all", "Failed", [], {}], ids=repr)
async def test_only_failed_says_so(servers: Cluster, given: object) -> None:
    a = await servers.device()
    refused = await a.call("startProcessing", {**CHAT, "message": "Hello", "only": given})
    check(refused, ok=False, code="invalid_payload")
