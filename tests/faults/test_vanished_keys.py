"""Keys that vanish under running servers: devices are told, no lock stays without its record,
nobody is messaged twice without its being said, and a history that went back is a new epoch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from alphasync.services.lost import ALL_LOST, LOST_REASONS
from alphasync.store import keys
from tests.faults.clock import Clock
from tests.faults.harness import ON_DISK
from tests.harness import PATIENCE, Cluster, Device, Valkey, cluster, wait_until
from tests.integration.support import people, reached

pytestmark = [pytest.mark.faults, pytest.mark.slow]

NAMES = keys.of_account("o:demo")
PROFILES = [f"p{number}" for number in range(60)]
SIZE = 300
GRACE = 1.5
HOUR = 3600


class Site:
    """Two servers on a Valkey with a disk, and a clock that can be set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock(folder)
        self.valkey = Valkey(folder, *ON_DISK)
        self.clock.of(self.valkey)
        self.redis = Redis.from_url(self.valkey.url, decode_responses=True)
        self.cluster: Cluster
        self.devices: list[Device] = []

    async def in_mid_run(self, profile: str) -> None:
        starter, watcher = self.devices
        assert (await starter.start(profile))["ok"]
        await watcher.wait_for("processingProgress", 5, profileId=profile)

    async def goes_on_or_is_told(self, profile: str) -> str:
        """Why the run ended, on all devices; '' where it goes on."""

        def told(device: Device) -> list[str]:
            ends = device.named("processingInterrupted")
            return [end["reason"] for end in ends if end["profileId"] == profile]

        seen = [len(d.named("processingProgress")) for d in self.devices]
        await wait_until(
            lambda: all(
                told(d) or len(d.named("processingProgress")) > s + 5
                for d, s in zip(self.devices, seen, strict=True)
            ),
            what="progress or an end",
        )
        if any(told(device) for device in self.devices):
            await wait_until(lambda: all(map(told, self.devices)), what="told to all")
        reasons = {reason for device in self.devices for reason in told(device)}
        assert len(reasons) <= 1
        return "".join(reasons)

    async def assert_locks_have_records(self) -> None:
        async for lock in self.redis.scan_iter(f"{NAMES.prefix}lock:*"):
            held = await self.redis.hgetall(lock)
            record = await self.redis.hgetall(lock.replace(":lock:", ":run:", 1))
            assert (record.get("status"), record.get("run_id")) == ("running", held.get("run_id"))

    async def assert_nobody_twice(self) -> None:
        twice = {who: n for who, n in (await reached(self.cluster)).items() if n > 1}
        assert not twice


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    running = Site(tmp_path)
    await running.valkey.start()
    sizes = people(**dict.fromkeys(PROFILES, SIZE))
    try:
        async with cluster(
            running.valkey.url, 2, people=sizes, send_interval=0.02, device_grace=GRACE
        ) as running.cluster:
            running.devices = [*await running.cluster.pair()]
            yield running
    finally:
        await running.redis.aclose()
        running.valkey.stop()


async def stop_all(site: Site) -> int:
    ack = await site.devices[1].call("stopAllProcessing")
    assert ack["ok"], ack
    return int(ack["stopped"])


async def start_again(site: Site, profile: str) -> None:
    """By the other device; a list that is lost is said, and nobody is messaged."""
    ack = await site.devices[1].start(profile)
    assert ack["ok"] or ack["code"] == "blocklist_lost", ack
    if ack["ok"]:
        own = site.devices[1]
        await own.wait_for("processingProgress", 3, deviceId=own.id)
        assert await stop_all(site) == 1


async def test_each_key_in_turn(site: Site) -> None:
    draft = {"profileId": "p0", "type": "chat", "message": "a text"}
    assert (await site.devices[0].call("updateMessage", draft))["ok"]
    profiles = iter(PROFILES)
    tried: set[str] = set()
    while True:
        profile = next(profiles)
        await site.in_mid_run(profile)
        found = {key async for key in site.redis.scan_iter("*", count=1000)}
        # Of each profile's keys those of the one that is running.
        kinds = {k.replace(profile, "?"): k for k in found if not k.endswith(tuple(PROFILES))}
        kinds |= {k.replace(profile, "?"): k for k in found if k.endswith(f":{profile}")}
        left = sorted(kinds.keys() - tried)
        if not left:
            break
        tried.add(left[0])
        await site.redis.delete(kinds[left[0]])
        reason = await site.goes_on_or_is_told(profile)
        if reason:
            await start_again(site, profile)
        else:
            assert await stop_all(site) == 1, f"without {left[0]} it was not found"
        await wait_until(lambda: not any(len(r.pool) for r in site.cluster.servers))
        await site.assert_locks_have_records()
        await site.assert_nobody_twice()
    assert {NAMES.meta, NAMES.log, NAMES.runs, f"{NAMES.runs}:running", NAMES.devices} <= tried
    assert {keys.LEASES, keys.TIDE, NAMES.run("chat", "?"), NAMES.lock("chat", "?")} <= tried
    assert {NAMES.sent("chat", "?"), NAMES.tally("chat", "?")} <= tried


async def test_all_at_once(site: Site) -> None:
    await site.in_mid_run("p0")
    await site.redis.flushall()
    assert await site.goes_on_or_is_told("p0") == ALL_LOST
    for device in site.devices:
        epoch = device.last("deviceRegistered")["epoch"]
        assert (await device.wait_for("resync"))["epoch"] != epoch
    await site.assert_locks_have_records()
    await site.assert_nobody_twice()


@pytest.mark.parametrize("hours", [2, -1])
async def test_the_clock_is_set(site: Site, hours: int) -> None:
    await site.in_mid_run("p0")
    site.clock.set(hours * HOUR)
    reason = await site.goes_on_or_is_told("p0")
    assert reason in ("", *LOST_REASONS)
    if hours < 0:
        assert not reason, "nothing has run out"
    await site.assert_locks_have_records()
    if not reason:
        assert await stop_all(site) == 1
    await start_again(site, "p0")
    await site.assert_nobody_twice()
    assert all(end["stats"]["duration"] >= 0 for end in site.devices[0].named("processingComplete"))


@pytest.mark.parametrize("hours", [2, -1])
async def test_the_clock_is_set_in_a_grace(site: Site, hours: int) -> None:
    await site.in_mid_run("p0")
    starter, watcher = site.devices
    await starter.drop()
    await watcher.wait_for("deviceReconnecting")
    site.clock.set(hours * HOUR)
    interrupted = await watcher.wait_for("processingInterrupted")  # not in an hour
    assert interrupted["code"] in ("device_disconnected", "storage_lost")
    await site.assert_locks_have_records()
    await start_again(site, "p0")
    await site.assert_nobody_twice()


@pytest.mark.parametrize("copied", ["before the run", "in mid-run"])
async def test_an_older_copy(site: Site, copied: str) -> None:
    log = site.folder / "appendonly.copy"
    if copied == "in mid-run":
        await site.in_mid_run("p0")
    await asyncio.to_thread(_copy, site.folder / "appendonlydir", log)
    if copied == "before the run":
        await site.in_mid_run("p0")
    count = int(await site.redis.get(keys.TIDE) or 0)
    async with asyncio.timeout(PATIENCE):
        while int(await site.redis.get(keys.TIDE) or 0) < count + 4:
            await asyncio.sleep(0.05)
    site.valkey.stop()
    await asyncio.to_thread(_copy, log, site.folder / "appendonlydir")
    before = set(await reached(site.cluster, "p0"))
    await site.valkey.start()
    for device in site.devices:
        epoch = device.last("deviceRegistered")["epoch"]
        assert (await device.wait_for("resync"))["epoch"] != epoch
        interrupted = await device.wait_for("processingInterrupted", profileId="p0")
        assert (interrupted["reason"], interrupted["code"]) == (ALL_LOST, "storage_lost")
        assert interrupted["current"] >= len(before) - 1, "as far as it was, not as the copy has it"
    await site.assert_locks_have_records()
    await site.assert_nobody_twice()
    # From here on it has been said.
    assert (await site.devices[1].start("p0"))["ok"]
    assert await stop_all(site) == 1


def _copy(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in target.iterdir():
        file.unlink()
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
