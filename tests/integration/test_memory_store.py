"""A run from end to end without any Redis: ``memory://``."""

import secrets
from collections.abc import AsyncIterator

import pytest

from tests.harness import Cluster, cluster
from tests.integration.support import by_profile, reached, run_events, snapshot, switch


@pytest.fixture
async def memory() -> AsyncIterator[Cluster]:
    async with cluster("memory://") as running:
        yield running


async def test_the_whole_of_it_in_memory(memory: Cluster) -> None:
    token = memory.token(secrets.token_hex(4))  # the memory outlives a server, in one process
    a, b = await memory.pair(token=token)
    await a.emit("updateMessage", {"profileId": 123, "type": "chat", "message": "Hello 👋"})
    await b.wait_for("messageUpdated", profileId="123", message="Hello 👋")

    await switch(memory, latency=0.05)
    assert (await a.start())["ok"]
    await b.wait_for("processingProgress")
    assert (await b.start())["code"] == "locked"
    for device in (a, b):
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["total"]) == (10, 10)
    assert run_events(a) == run_events(b)

    await switch(memory)
    assert (await b.start())["ok"]
    stats = (await a.wait_for("processingComplete", count=2))["stats"]
    assert (stats["sent"], stats["skipped"]) == (0, 10)
    cleared = await b.call("clearBlocklist", {"profileId": "1001", "type": "chat"})
    assert cleared["deletedCount"] == 10
    await a.wait_for("blocklistCleared", deletedCount=10)
    assert set((await reached(memory)).values()) == {1}

    _, events = await snapshot(memory, token=token)
    assert set(by_profile(events)) == {
        ("messageSync", "123", "chat"),
        ("processingStateSync", "1001", "chat"),
    }


async def test_a_lost_device_and_a_stop_in_memory(memory: Cluster) -> None:
    token = memory.token(secrets.token_hex(4))
    a, b = await memory.pair(token=token)
    await switch(memory, latency=0.05)
    await a.start("1003")
    await b.start("1004")
    await b.wait_for("processingProgress", count=2, profileId="1003")
    await a.close()
    interrupted = await b.wait_for("processingInterrupted")
    assert (interrupted["profileId"], interrupted["reason"]) == ("1003", "Device disconnected")
    assert (await b.call("stopAllProcessing"))["stopped"] == 1
    assert (await b.start("1003"))["ok"], "the lock is free"
    again = await memory.device(token=token, auth=identity(b.last("deviceRegistered")))
    assert again.id == b.id


def identity(registered: dict[str, str]) -> dict[str, str]:
    return {name: registered[name] for name in ("deviceId", "resumeToken")}
