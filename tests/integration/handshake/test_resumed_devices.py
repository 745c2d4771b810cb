"""Devices that come back under their identity, or under a new one."""

import asyncio

import pytest

from tests.harness import PATIENCE, Cluster, wait_until
from tests.integration.support import deliveries, switch

pytestmark = pytest.mark.any_redis


async def test_resuming_keeps_the_device(servers: Cluster) -> None:
    a = await servers.device(0, auth={"deviceName": "desk"})
    await a.call("updateMessage", {"profileId": "1", "type": "chat", "message": "mine"})
    before = a.last("deviceRegistered")
    await a.drop()
    identity = {"deviceId": a.id, "resumeToken": before["resumeToken"]}
    again = await servers.device(1, auth=identity)
    registered = again.last("deviceRegistered")
    assert registered["deviceId"] == a.id
    assert registered["resumed"] is True
    draft = await again.wait_for("messageSync")
    assert (draft["message"], draft["isOwnDevice"]) == ("mine", True)


async def test_a_device_that_left_on_purpose_is_forgotten(servers: Cluster) -> None:
    """Its pair is that of nobody: who brings it is a new device, with the state as it is now."""
    a, witness = await servers.pair()
    await a.call("updateMessage", {"profileId": "1", "type": "chat", "message": "mine"})
    before = a.last("deviceRegistered")
    await a.close()
    record = f"as:{{o:demo}}:device:{a.id}"
    client = servers.servers[0].store.client
    async with asyncio.timeout(PATIENCE):
        while await client.exists(record):
            await asyncio.sleep(0.01)
    offer = {name: before[name] for name in ("deviceId", "resumeToken", "epoch", "revision")}
    again = await servers.device(1, auth=offer)
    registered = again.last("deviceRegistered")
    assert registered["deviceId"] not in (a.id, witness.id)
    assert (registered["resumed"], registered["recovered"]) == (False, False)
    draft = await again.wait_for("messageSync")
    assert (draft["message"], draft["isOwnDevice"]) == ("mine", False)


@pytest.mark.parametrize("wrong", ["token", "device", "only device", "only token", "types"])
async def test_a_wrong_resume_token_gets_a_new_identity(servers: Cluster, wrong: str) -> None:
    a = await servers.device()
    right = a.last("deviceRegistered")["resumeToken"]
    offered: dict[str, object] = {
        "token": {"deviceId": a.id, "resumeToken": right[:-1] + "?"},
        "device": {"deviceId": "0" * 16, "resumeToken": right},
        "only device": {"deviceId": a.id},
        "only token": {"resumeToken": right},
        "types": {"deviceId": [a.id], "resumeToken": {"a": right}},
    }[wrong]
    other = await servers.device(1, auth=offered)
    registered = other.last("deviceRegistered")
    assert registered["deviceId"] not in (a.id, "0" * 16)
    assert registered["resumed"] is False
    assert a.client.connected


async def test_another_account_cannot_take_an_identity(servers: Cluster) -> None:
    a = await servers.device()
    identity = {"deviceId": a.id, "resumeToken": a.last("deviceRegistered")["resumeToken"]}
    thief = await servers.device(1, token=servers.token("thief"), auth=identity)
    assert thief.id != a.id
    assert (await a.call("heartbeat"))["ok"]


async def test_a_second_socket_supersedes_the_first(servers: Cluster) -> None:
    await switch(servers, latency=0.1)
    a, other = await servers.pair()
    assert (await a.start())["ok"]
    identity = {"deviceId": a.id, "resumeToken": a.last("deviceRegistered")["resumeToken"]}
    again = await servers.device(1, auth=identity)
    await wait_until(lambda: not a.client.connected, what="the first one is cut")
    assert a.last("error")["code"] == "superseded"
    assert a.names()[-1] == "error", "it comes before the cut, and nothing after it"
    assert again.id == a.id
    # What the device runs goes on: the device is there.
    stats = (await other.wait_for("processingComplete"))["stats"]
    assert stats["sent"] == 10
    assert not other.named("processingInterrupted")
    assert len(await deliveries(servers)) == 10
    assert (await again.call("heartbeat"))["ok"]
