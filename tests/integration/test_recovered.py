"""A device that gets exactly what it missed has no more of the state read for it than one page."""

import pytest

from alphasync.store.scripts.limits import PAGE_RECORDS_MAX
from tests.harness import Cluster, Device, cluster

DRAFTS = 3 * PAGE_RECORDS_MAX


async def records_read(running: Cluster) -> int:
    stats = await running.servers[0].store.client.info("commandstats")
    return int(stats.get("cmdstat_hgetall", {}).get("calls", 0))


async def typed(device: Device) -> int:
    """Make the drafts; returns the last one's revision."""
    text = {"type": "chat", "message": "Hi"}
    acks = [
        await device.call("updateMessage", {**text, "profileId": f"{number}"})
        for number in range(DRAFTS)
    ]
    return int(acks[-1]["revision"])


async def registered(running: Cluster, offer: dict[str, object]) -> tuple[bool, int]:
    """Whether a device that offers this is recovered, and how many records are read for it."""
    before = await records_read(running)
    device = await running.device(auth=offer)
    assert (await device.call("heartbeat"))["ok"]
    spent = await records_read(running) - before
    answer = device.last("deviceRegistered")
    assert len(device.named("messageSync")) == (0 if answer["recovered"] else DRAFTS)
    await device.drop()
    return answer["recovered"], spent


async def test_a_recovered_device_reads_no_further_pages(redis_url: str) -> None:
    async with cluster(redis_url) as running:
        first = await running.device()
        revision = await typed(first)
        said = first.last("deviceRegistered")
        await first.drop()
        pair = {name: said[name] for name in ("deviceId", "resumeToken")}
        place = {"epoch": said["epoch"], "revision": revision}
        recovered, spent = await registered(running, {**pair, **place})
        assert (recovered, spent <= PAGE_RECORDS_MAX) == (True, True), spent
        recovered, spent = await registered(running, pair)
        assert (recovered, spent >= DRAFTS) == (False, True), spent


@pytest.mark.parametrize("epoch", ["other", None])
async def test_one_that_is_not_gets_the_whole(redis_url: str, epoch: str | None) -> None:
    async with cluster(redis_url) as running:
        first = await running.device()
        await typed(first)
        said = first.last("deviceRegistered")
        await first.drop()
        offer = {name: said[name] for name in ("deviceId", "resumeToken", "revision")}
        recovered, _ = await registered(running, {**offer, "epoch": epoch})
        assert not recovered
