"""A Redis that is no server's own, put back from an older copy while servers run."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from alphasync.store import keys
from tests.faults.harness import ON_DISK
from tests.harness import PATIENCE, Cluster, Device, Valkey, cluster, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow]

LOST = 20
"""Texts that are not in the copy, besides the last one: more than what happens there by itself, as
servers die and devices come. Of a revision that both have nobody could tell whose it is."""
TIDE_WITHIN = 30.0
"""Seconds for a server to count on a few times."""


class Site:
    """Servers on a Valkey with a disk."""

    def __init__(self, folder: Path, persistence: str) -> None:
        self._dumps = persistence == "dump"
        self.valkey = Valkey(folder, *(() if self._dumps else ON_DISK))
        self.redis = Redis.from_url(self.valkey.url, decode_responses=True)
        self.cluster: Cluster

    async def copy(self) -> None:
        if self._dumps:
            await self.redis.save()
        else:
            shutil.copytree(self.valkey.folder / "appendonlydir", self.valkey.folder / "copy")
        # What no server has seen of it, none can miss.
        count = int(await self.redis.get(keys.TIDE) or 0)
        async with asyncio.timeout(TIDE_WITHIN):
            while int(await self.redis.get(keys.TIDE) or 0) < count + 2 * self.servers:
                await asyncio.sleep(0.05)

    @property
    def servers(self) -> int:
        return len(self.cluster.servers)

    def gone(self) -> None:
        self.valkey.stop()
        if not self._dumps:
            shutil.rmtree(self.valkey.folder / "appendonlydir")
            shutil.copytree(self.valkey.folder / "copy", self.valkey.folder / "appendonlydir")

    async def back(self) -> None:
        await self.valkey.start()
        for server in self.cluster.servers:
            pipeline = server.store.pipeline
            await wait_until(lambda p=pipeline: p.connected, what="connected")  # type: ignore[misc]

    async def put_back(self) -> None:
        self.gone()
        await self.back()

    async def returning(self, device: Device, server: int = 0) -> Device:
        """The device once more, with what it remembers."""
        registered = device.last("deviceRegistered")
        known: dict[str, Any] = {name: registered[name] for name in ("deviceId", "resumeToken")}
        revisions = [data.get("revision", 0) for _, data in device.events]
        known |= {"epoch": registered["epoch"], "revision": max(revisions)}
        return await self.cluster.device(server, auth=known)


@pytest.fixture(params=["log", "dump"])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    running = Site(tmp_path, request.param)
    await running.valkey.start()
    try:
        async with cluster(running.valkey.url, 2) as running.cluster:
            yield running
    finally:
        await running.redis.aclose()
        running.valkey.stop()


async def write(device: Device, text: str) -> None:
    draft = {"profileId": "p", "type": "chat", "message": text}
    async with asyncio.timeout(PATIENCE):
        while not (await device.call("updateMessage", draft))["ok"]:
            await asyncio.sleep(0.05)


async def in_step(site: Site) -> tuple[Device, Device]:
    """Two devices; what the second knows last is not in the copy."""
    writer, reader = await site.cluster.pair()
    await write(writer, "in the copy")
    await site.copy()
    for text in (*map(str, range(LOST)), "lost, too"):
        await write(writer, text)
    await reader.wait_for("messageUpdated", message="lost, too")
    return writer, reader


async def assert_starts_afresh(device: Device, before: Device, text: str) -> None:
    registered = device.last("deviceRegistered")
    assert registered["resumed"]
    assert not registered["recovered"]
    assert registered["epoch"] != before.last("deviceRegistered")["epoch"]
    assert (await device.wait_for("messageSync"))["message"] == text


async def test_devices_that_are_here_start_afresh(site: Site) -> None:
    devices = await in_step(site)
    await site.put_back()
    for device in devices:
        resync = await device.wait_for("resync")
        assert resync["epoch"] != device.last("deviceRegistered")["epoch"]
        assert (await device.wait_for("messageSync"))["message"] == "in the copy"
    await write(devices[0], "new")
    await devices[1].wait_for("messageUpdated", message="new")
    assert [len(device.named("resync")) for device in devices] == [1, 1]


async def test_a_device_that_was_away_is_not_taken_to_have_what_it_has_not(site: Site) -> None:
    writer, reader = await in_step(site)
    for device in (writer, reader):
        await device.drop()
    await site.put_back()
    back = await site.returning(reader, server=1)
    await assert_starts_afresh(back, reader, "in the copy")


async def test_nor_where_others_have_gone_on_past_it(site: Site) -> None:
    writer, reader = await in_step(site)
    await reader.drop()
    await writer.close()  # no server follows the account any more
    await wait_until(lambda: not any(len(r.realtime.subscriber) for r in site.cluster.servers))
    await site.put_back()
    other = await site.cluster.device()
    new = [f"new {number}" for number in range(LOST + 6)]
    for text in new:
        await write(other, text)
    back = await site.returning(reader)
    await assert_starts_afresh(back, reader, new[-1])


async def test_what_a_device_remembers_tells_it_to_servers_that_were_not_there(site: Site) -> None:
    _, reader = await in_step(site)
    await site.cluster.close()
    site.gone()
    await site.valkey.start()
    site.cluster = Cluster(site.valkey.url, site.cluster.sandbox)
    try:
        await site.cluster.add_server()
        here = await site.cluster.device()
        back = await site.returning(reader)
        await assert_starts_afresh(back, reader, "in the copy")
        resync = await here.wait_for("resync")
        assert resync["epoch"] == back.last("deviceRegistered")["epoch"]
    finally:
        await site.cluster.close()


async def test_a_restart_with_all_data_is_nothing_new(site: Site) -> None:
    writer, reader = await in_step(site)
    if site.valkey.process and not (site.valkey.folder / "appendonlydir").exists():
        await site.redis.save()
    await reader.drop()
    site.valkey.stop()
    await site.back()
    back = await site.returning(reader)
    assert back.last("deviceRegistered")["recovered"]
    await write(writer, "new")
    await back.wait_for("messageUpdated", message="new")
    assert not writer.named("resync")
