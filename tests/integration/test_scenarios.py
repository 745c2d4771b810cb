"""The four scenarios: what two devices of one operator see."""

import pytest

from tests.harness import Cluster, wait_until

pytestmark = pytest.mark.any_redis("embedded")


async def test_start_shows_and_locks_on_the_other_device(servers: Cluster) -> None:
    a, b = await servers.pair()
    assert (await a.start())["ok"]
    started = await b.wait_for("processingStarted", profileId="1001", type="chat")
    assert started["deviceId"] == a.id
    refused = await b.start()
    assert refused["message"] == "Another device is already processing this profile"
    assert refused["lockOwner"] == a.id
    assert b.last("error")["lockOwner"] == a.id


async def test_disconnect_interrupts_and_frees_the_lock(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.start("1005")
    await b.wait_for("processingProgress")
    await a.close()
    interrupted = await b.wait_for("processingInterrupted", profileId="1005")
    assert interrupted["reason"] == "Device disconnected"
    assert (await b.start("1005"))["ok"]


async def test_completion_shows_on_both(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.start()
    for device in (a, b):
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["current"], stats["total"], stats["sent"]) == (10, 10, 10)


async def test_typing_appears_and_clears(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.emit("updateMessage", {"profileId": 123, "type": "chat", "message": "Hello there!"})
    await b.wait_for("messageUpdated", profileId="123", message="Hello there!")
    await a.emit("clearMessage", {"profileId": 123, "type": "chat"})
    await b.wait_for("messageCleared", profileId="123")
    await wait_until(lambda: not a.named("messageUpdated") and not a.named("messageCleared"))
