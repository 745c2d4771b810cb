"""Versions of drafts: what was typed or cleared on one server is found and restored on another."""

import pytest

from tests.harness import Cluster, Device, cluster
from tests.integration.support import Payload, by_profile, check, snapshot
from tests.js.node import node_with_client, run_scenario

pytestmark = pytest.mark.any_redis

CHAT = {"profileId": "1001", "type": "chat"}


async def versions(device: Device, **about: str) -> list[Payload]:
    ack = await device.call("listVersions", {**CHAT, **about})
    assert ack["ok"], ack
    found: list[Payload] = ack["versions"]
    return found


async def test_a_clear_on_one_server_is_taken_back_on_another(servers: Cluster) -> None:
    a = await servers.device(0, auth={"deviceName": "Chrome on Android"})
    b = await servers.device(1)
    typed = await a.call("updateMessage", {**CHAT, "message": "Hello 👋"})
    assert await versions(b) == []
    cleared = await a.call("clearMessage", CHAT)
    check(cleared, ok=True, revision=int, version=typed["revision"])
    [version] = await versions(b)
    check(
        version,
        version=typed["revision"],
        deviceId=a.id,
        deviceName="Chrome on Android",
        operatorId="demo",
        at=int,
        length=8,
        words="Hello 👋",
    )
    about = {**CHAT, "version": version["version"]}
    assert (await a.call("readVersion", about))["message"] == "Hello 👋"
    restored = await b.call("restoreVersion", about)
    check(restored, ok=True, message="Hello 👋", revision=int)
    told = await a.wait_for("messageUpdated")
    check(told, message="Hello 👋", deviceId=b.id, revision=restored["revision"], **CHAT)
    by_whom = {event["deviceId"] for event in b.named("messageUpdated")}
    assert by_whom == {a.id}, "who restores it has it by the acknowledgement"
    _, events = await snapshot(servers)
    assert by_profile(events)["messageSync", "1001", "chat"]["message"] == "Hello 👋"
    assert "version" not in await a.call("clearMessage", {**CHAT, "profileId": "1002"})


async def test_in_a_team_a_version_says_whose_it_is(servers: Cluster) -> None:
    ann = await servers.device(0, token=servers.token("ann", team="us"))
    bob = await servers.device(1, token=servers.token("bob", team="us"))
    await ann.call("updateMessage", {**CHAT, "message": "by ann"})
    await bob.call("updateMessage", {**CHAT, "message": "by bob"})
    await bob.call("clearMessage", CHAT)
    found = [(one["operatorId"], one["deviceId"]) for one in await versions(ann)]
    assert found == [("bob", bob.id), ("ann", ann.id)]


async def test_nobody_else_sees_or_restores_them(servers: Cluster) -> None:
    a = await servers.device(0)
    await a.call("updateMessage", {**CHAT, "message": "mine"})
    about = {**CHAT, "version": (await a.call("clearMessage", CHAT))["version"]}
    other = await servers.device(1, token=servers.token("another"))
    limited = await servers.device(1, token=servers.token(profiles=["2"]))
    assert await versions(other) == []
    assert await versions(a, type="mail") == []
    for command in ("readVersion", "restoreVersion"):
        assert (await other.call(command, about))["code"] == "unknown_version"
        assert (await limited.call(command, about))["code"] == "unknown_profile"
        assert (await a.call(command, {**about, "type": "mail"}))["code"] == "unknown_version"
    assert (await limited.call("listVersions", CHAT))["code"] == "unknown_profile"


async def test_a_device_that_was_away_gets_what_was_restored(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.call("updateMessage", {**CHAT, "message": "mine"})
    about = {**CHAT, "version": (await a.call("clearMessage", CHAT))["version"]}
    seen = await b.wait_for("messageCleared")
    known = b.last("deviceRegistered")
    await b.drop()
    await a.call("restoreVersion", about)
    offer = {name: known[name] for name in ("deviceId", "resumeToken", "epoch")}
    back = await servers.device(0, auth={**offer, "revision": seen["revision"]})
    assert back.last("deviceRegistered")["recovered"]
    assert (await back.wait_for("messageUpdated"))["message"] == "mine"


async def test_as_many_and_as_much_as_is_set(redis_url: str) -> None:
    async with cluster(redis_url, versions_per_draft=2, version_bytes_per_account=5_000) as running:
        a = await running.device()
        for text in ("one", "two", "three", "x" * 5_000):
            await a.call("updateMessage", {**CHAT, "message": text})
            await a.call("clearMessage", CHAT)
        assert [one["words"] for one in await versions(a)] == []
        for text in ("one", "two", "three"):
            await a.call("updateMessage", {**CHAT, "message": text})
            await a.call("clearMessage", CHAT)
        assert [one["words"] for one in await versions(a)] == ["three", "two"]


@pytest.mark.slow
async def test_the_javascript_client_finds_and_restores_one(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as running:
        result = await run_scenario(node_with_client(), "versions", running.urls)
        assert result["ok"], result["error"]
