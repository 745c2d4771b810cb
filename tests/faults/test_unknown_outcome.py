"""Commands that Redis got and did not answer: it is said, the truth follows, and nothing of what is
asked for once more is done twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from alphasync.store import keys
from tests.faults.harness import ON_DISK
from tests.faults.network import Network, network
from tests.harness import PATIENCE, Cluster, Device, Valkey, cluster, wait_until
from tests.integration.support import people, reached
from tests.ports import free_port

pytestmark = pytest.mark.faults

NAMES = keys.of_account("o:demo")
COMMANDS: dict[str, dict[str, Any]] = {
    "startProcessing": {"profileId": "start", "message": "Hello"},
    "stopProcessing": {"profileId": "stop"},
    "updateMessage": {"profileId": "typed", "message": "new"},
    "clearMessage": {"profileId": "emptied"},
    "clearBlocklist": {"profileId": "listed"},
    "resolveUncertain": {"profileId": "doubted", "action": "resend"},
}
ASKING: dict[str, dict[str, Any]] = {
    "countBlocklist": {"profileId": "listed"},
    "previewRun": {"profileId": "listed"},
    "readRun": {"profileId": "listed"},
    "listUncertain": {"profileId": "doubted"},
    "heartbeat": {},
}
ACCOUNT_WIDE = ("stopAllProcessing", "heartbeat")
MOMENTS = ("stopped", "killed before", "killed after")
TELLS = ("processingStarted", "processingStopped", "messageUpdated", "messageCleared")


class Site:
    """One server whose Redis can be stopped, killed, or kept from answering."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.valkey = Valkey(folder, "--port", str(self.port), *ON_DISK)
        self.redis = Redis.from_url(self.valkey.url, decode_responses=True)
        self.network: Network
        self.cluster: Cluster

    async def lose_answers(self, moment: str) -> None:
        if moment == "killed after":
            self.network.withhold_answers()
        else:
            self.valkey.pause()

    async def come_back(self, moment: str) -> None:
        if moment == "stopped":
            self.valkey.resume()
            return
        self.valkey.stop()
        self.network.answer_again()
        await self.valkey.start()
        connected = self.cluster.servers[0].store.pipeline
        await wait_until(lambda: connected.connected, what="connected")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    running = Site(tmp_path)
    await running.valkey.start()
    sizes = people(start=400, stop=400, listed=3)
    try:
        async with network(running.port) as running.network:
            url = running.network.url.replace("http", "redis")
            async with cluster(url, people=sizes, send_interval=0.02) as running.cluster:
                yield running
    finally:
        await running.redis.aclose()
        running.valkey.stop()


def payload(event: str) -> dict[str, Any] | None:
    if event in ACCOUNT_WIDE:
        return None
    return {"type": "chat", **{**COMMANDS, **ASKING}[event]}


async def call(device: Device, event: str) -> dict[str, Any]:
    return await device.call(event, payload(event))


async def prepare(site: Site, device: Device) -> None:
    """Something for each command to change."""
    assert (await device.start("listed"))["ok"]
    await device.wait_for("processingComplete")
    assert (await device.start("stop"))["ok"]
    draft = {"profileId": "emptied", "type": "chat", "message": "old"}
    assert (await device.call("updateMessage", draft))["ok"]
    await site.redis.hset(NAMES.uncertain("chat", "doubted"), "r", "Somebody")
    await site.redis.hset(NAMES.tally("chat", "doubted"), "until", 0)


async def done(site: Site) -> dict[str, bool]:
    """Which of the commands have taken place, by what Redis has."""
    redis = site.redis
    return {
        "startProcessing": await redis.hget(NAMES.run("chat", "start"), "status") == "running",
        "stopProcessing": await redis.hget(NAMES.run("chat", "stop"), "status") == "stopped",
        "updateMessage": await redis.hget(NAMES.draft("chat", "typed"), "message") == "new",
        "clearMessage": await redis.hget(NAMES.draft("chat", "emptied"), "message") == "",
        "clearBlocklist": not await redis.exists(NAMES.sent("chat", "listed")),
        "resolveUncertain": not await redis.exists(NAMES.uncertain("chat", "doubted")),
    }


async def becomes(site: Site, wanted: dict[str, bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while await done(site) != wanted:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_it_is_said_and_the_truth_follows(site: Site, transport: str, moment: str) -> None:
    device = await site.cluster.device(transports=[transport])
    watcher = await site.cluster.device()
    await prepare(site, device)
    seen = len(watcher.events)
    took_place = moment != "killed before"
    expected = dict.fromkeys(COMMANDS, took_place)

    await site.lose_answers(moment)
    asked = [*COMMANDS, *ASKING]
    acks = dict(zip(asked, await asyncio.gather(*(call(device, e) for e in asked)), strict=True))
    if moment == "killed after":
        await becomes(site, expected)
    await site.come_back(moment)

    for event in COMMANDS:
        assert (acks[event]["code"], acks[event]["retryable"]) == ("unknown_outcome", True), event
    for event in ASKING:  # there is nothing that could have been done
        assert (acks[event]["code"], acks[event]["retryable"]) == ("store_unavailable", True)
    said = {data["event"]: data["code"] for data in device.named("error")}
    assert said == {event: acks[event]["code"] for event in acks}, "without a callback, too"

    started = await device.wait_for("processingStateSync", profileId="start")
    stopped = await device.wait_for("processingStateSync", profileId="stop")
    assert started["isProcessing"] is took_place
    assert stopped["isProcessing"] is not took_place
    await becomes(site, expected)

    again = {event: await call(device, event) for event in COMMANDS}
    if took_place:
        assert (again["startProcessing"]["code"], again["startProcessing"]["lockOwner"]) == (
            "already_running",
            device.id,
        )
        assert again["stopProcessing"]["code"] == "not_running"
        assert again["clearBlocklist"]["deletedCount"] == again["resolveUncertain"]["count"] == 0
    else:
        assert all(ack["ok"] for ack in again.values()), again
    await becomes(site, dict.fromkeys(COMMANDS, True))
    assert (await call(device, "stopAllProcessing"))["stopped"] == 1, "of one start one run"
    await watcher.wait_for("allProcessingStopped")

    told = [(name, data["profileId"]) for name, data in watcher.events[seen:] if name in TELLS]
    assert told.count(("processingStarted", "start")) == 1
    assert told.count(("processingStopped", "stop")) == 1
    texts = {data["message"] for data in watcher.named("messageUpdated")}
    assert texts == {"old", "new"}
    for profile in ("start", "stop", "listed"):
        assert set((await reached(site.cluster, profile)).values()) <= {1}, "messaged twice"


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_stop_of_all_likewise(site: Site, moment: str) -> None:
    device = await site.cluster.device()
    for profile in ("start", "stop"):
        assert (await device.start(profile))["ok"]
    runs = [NAMES.run("chat", profile) for profile in ("start", "stop")]

    async def statuses() -> list[Any]:
        return [await site.redis.hget(run, "status") for run in runs]

    await site.lose_answers(moment)
    assert (await call(device, "stopAllProcessing"))["code"] == "unknown_outcome"
    if moment == "killed after":
        assert await statuses() == ["stopped"] * 2
    await site.come_back(moment)
    if moment == "stopped":
        await device.wait_for("allProcessingStopped")
    took_place = moment != "killed before"
    assert await statuses() == ["stopped" if took_place else "running"] * 2
    assert (await call(device, "stopAllProcessing"))["stopped"] == (0 if took_place else 2)
    await device.wait_for("allProcessingStopped")
    assert await statuses() == ["stopped"] * 2
    assert len(device.named("processingStopped")) == 2, "each is told once"


async def test_what_was_never_sent_is_not_done(site: Site) -> None:
    device = await site.cluster.device()
    await prepare(site, device)
    site.valkey.pause()
    await call(device, "heartbeat")  # nothing is sent behind it
    for ack in await asyncio.gather(*(call(device, event) for event in COMMANDS)):
        assert (ack["code"], ack["retryable"]) == ("store_unavailable", True)
    site.valkey.resume()
    state = await device.wait_for("processingStateSync", profileId="start")
    assert not state["isProcessing"]
    assert (await call(device, "heartbeat"))["ok"]
    assert await done(site) == dict.fromkeys(COMMANDS, False)
    assert not device.named("processingStateSync")[1:], "of a stop it is known that it was not done"
