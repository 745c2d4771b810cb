"""A primary that is killed, hangs or is replaced while a run goes on: sentinels choose another."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.returning import unbroken
from tests.harness import Cluster, Device, cluster, wait_until
from tests.integration.support import people, reached
from tests.stores.nodes import Node
from tests.stores.sentinels import SERVICE, SentinelSite

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RESUMES_WITHIN = 30.0
COUNT = 100
INTERVAL = 0.02
"""Seconds between two sends: a run takes longer than it takes to be in the middle of it."""
PATIENCE = 60.0
"""Seconds for a run to end behind a failover, with the machine busy."""


@pytest.fixture(scope="module")
def started_site() -> Iterator[SentinelSite]:
    folder = Path(tempfile.mkdtemp(prefix="as-sentinel-"))
    site = SentinelSite(folder / "site")
    try:
        asyncio.run(site.start())
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def site(started_site: SentinelSite) -> SentinelSite:
    """One primary and its replica, both empty."""
    await started_site.whole()
    started_site.flush()
    return started_site


@pytest.fixture
async def servers(site: SentinelSite) -> AsyncIterator[Cluster]:
    async with cluster(
        site.url, servers=2, people=people(p=COUNT), send_interval=INTERVAL
    ) as running:
        yield running


class Crowd(NamedTuple):
    """Two devices that type and two that only look on, one of each on both servers."""

    a: Device
    b: Device
    onlookers: tuple[Device, Device]


async def in_the_middle_of_a_run(running: Cluster) -> Crowd:
    crowd = Crowd(*await running.pair(), await running.pair())
    assert (await crowd.a.start("p"))["ok"]
    await crowd.b.wait_for("processingProgress", 20)
    return crowd


async def heard(typing: Device, seeing: Device, text: str) -> None:
    """Return when a text that one device types is seen by the other, as an event or in a snapshot:
    what was acknowledged in the last moment may be lost, and is typed again as by a person."""
    draft = {"profileId": "typing", "type": "chat", "message": text}
    async with asyncio.timeout(PATIENCE):
        while not any(data.get("message") == text for _, data in seeing.events):
            ack = await typing.call("updateMessage", draft)
            assert ack["ok"] or ack["retryable"], ack
            await asyncio.sleep(0.1)


async def both_hear(crowd: Crowd, text: str) -> None:
    await heard(crowd.a, crowd.b, f"{text} from a")
    await heard(crowd.b, crowd.a, f"{text} from b")


async def follow(site: SentinelSite, former: Node) -> None:
    """Make the former primary a replica, as its sentinels do by themselves after ten seconds."""
    former.ask("REPLICAOF", "127.0.0.1", site.primary().port)
    await site.whole()


async def everybody_once(running: Cluster, site: SentinelSite, crowd: Crowd) -> None:
    """Return when the run is completed; a second one then finds nobody who was left out."""
    devices = (crowd.a, crowd.b, *crowd.onlookers)
    for device in devices:
        await wait_until(partial(device.named, "processingComplete"), PATIENCE, "completed")
        assert not device.named("processingInterrupted")
        assert device.named("resync")
    for onlooker in crowd.onlookers:
        assert unbroken(onlooker.events) >= 2
    complete = crowd.a.last("processingComplete")["stats"]
    assert (complete["sent"], complete["uncertain"], complete["failed"]) == (COUNT, 0, 0)
    assert (await crowd.b.start("p"))["ok"]
    for device in devices:
        await device.wait_for("processingComplete", 2)
    times = await reached(running, "p")
    assert len(times) == COUNT
    assert set(times.values()) == {1}, f"twice: {[r for r, n in times.items() if n > 1]}"
    sent = site.primary().ask("ZRANGE", "as:{o:demo}:sent:chat:p", 0, -1)
    assert isinstance(sent, list)
    assert set(sent) == set(times)


async def test_a_killed_primary(site: SentinelSite, servers: Cluster) -> None:
    crowd = await in_the_middle_of_a_run(servers)
    primary = site.primary()
    primary.kill()
    async with asyncio.timeout(RESUMES_WITHIN):
        await both_hear(crowd, "after")
    await primary.start()
    await follow(site, primary)
    await everybody_once(servers, site, crowd)
    # What the servers tell each other arrives, too: a device is taken up on the other one.
    device = crowd.onlookers[0]
    identity = {name: device.last("deviceRegistered")[name] for name in ("deviceId", "resumeToken")}
    await servers.device(1, auth=identity)
    await device.wait_for("error", code="superseded")


async def test_a_primary_that_hangs(site: SentinelSite, servers: Cluster) -> None:
    crowd = await in_the_middle_of_a_run(servers)
    primary = site.primary()
    primary.pause()
    try:
        async with asyncio.timeout(RESUMES_WITHIN):
            await both_hear(crowd, "after")
    finally:
        primary.resume()
    # It wakes up as a primary and stays one for seconds: nobody is to take its word.
    assert site.primary() is not primary
    await both_hear(crowd, "while there are two")
    await follow(site, primary)
    await everybody_once(servers, site, crowd)


async def test_a_primary_that_is_replaced_on_purpose(site: SentinelSite, servers: Cluster) -> None:
    crowd = await in_the_middle_of_a_run(servers)
    primary = site.primary()
    site.sentinels[0].ask("SENTINEL", "FAILOVER", SERVICE)
    await wait_until(lambda: site.primary() is not primary, PATIENCE, "another primary")
    async with asyncio.timeout(RESUMES_WITHIN):
        await both_hear(crowd, "after")
    await follow(site, primary)
    await everybody_once(servers, site, crowd)


async def test_what_the_new_primary_never_had_counts_for_nothing(
    site: SentinelSite, servers: Cluster
) -> None:
    """The replica is cut off before the primary dies: the last events and claims are lost."""
    crowd = await in_the_middle_of_a_run(servers)
    primary = site.primary()
    replica = next(node for node in site.nodes if node is not primary)
    replica.pause()
    # What is on its way to it would be read when it wakes up.
    primary.ask("CLIENT", "KILL", "TYPE", "replica")
    try:
        await heard(crowd.a, crowd.b, "lost")
        last = crowd.b.last("messageUpdated")["revision"]
        primary.kill()
    finally:
        replica.resume()
    await wait_until(lambda: site.primary() is replica, PATIENCE, "another primary")
    await both_hear(crowd, "after")
    for device in crowd.onlookers:
        position = device.names().index("resync")
        assert device.events[position][1]["revision"] > last
    await primary.start()
    await follow(site, primary)
    await everybody_once(servers, site, crowd)
