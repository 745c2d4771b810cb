"""A claim counts once a replica of Redis has it: what a run does while none says so."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.harness import Cluster, Device, cluster, wait_until
from tests.integration.support import deliveries, people, reached
from tests.stores.nodes import Node, until

pytestmark = pytest.mark.slow

COUNT = 5
WAITING = "Waiting for Redis: no replica answers"


class Pair:
    """A Redis and another one that follows it, or does not."""

    def __init__(self, primary: Node, replica: Node) -> None:
        self.primary = primary
        self._replica = replica

    async def follow(self) -> None:
        self._replica.ask("REPLICAOF", "127.0.0.1", self.primary.port)
        await until(lambda: "state=online" in self._replication(), "a replica")

    def leave(self) -> None:
        self._replica.ask("REPLICAOF", "NO", "ONE")

    def _replication(self) -> str:
        return str(self.primary.ask("INFO", "replication"))


@pytest.fixture
async def redis() -> AsyncIterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="as-confirmed-"))
    diskless = ("--repl-diskless-sync-delay", "0")
    nodes = [Node(folder / str(number), *diskless) for number in range(2)]
    try:
        for node in nodes:
            await node.start()
        yield Pair(*nodes)
    finally:
        for node in nodes:
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def servers(redis: Pair) -> AsyncIterator[Cluster]:
    async with cluster(
        redis.primary.url,
        servers=2,
        people=people(p=COUNT),
        redis_wait_replicas=1,
        device_grace=1.0,
    ) as running:
        yield running


def is_waiting(device: Device) -> bool:
    return any(p["progress"]["message"] == WAITING for p in device.named("processingProgress"))


async def started_and_waiting(running: Cluster) -> tuple[Device, Device]:
    a, b = await running.pair()
    assert (await a.start("p"))["ok"]
    await wait_until(partial(is_waiting, b), what=WAITING)
    assert await deliveries(running, "p") == []
    return a, b


async def nobody_claimed(redis: Pair) -> None:
    claims = partial(redis.primary.ask, "EXISTS", "as:{o:demo}:sent:chat:p")
    await wait_until(lambda: claims() == 0, what="the claim given back")


async def everybody_once_by_one_run(running: Cluster, device: Device) -> None:
    complete = await device.wait_for("processingComplete")
    stats = {name: complete["stats"][name] for name in ("sent", "skipped", "uncertain")}
    assert stats == {"sent": COUNT, "skipped": 0, "uncertain": 0}
    times = await reached(running, "p")
    assert (len(times), set(times.values())) == (COUNT, {1})


async def test_nobody_is_messaged_until_a_replica_has_the_claim(
    redis: Pair, servers: Cluster
) -> None:
    _, b = await started_and_waiting(servers)
    await redis.follow()
    await everybody_once_by_one_run(servers, b)


async def test_a_run_that_is_stopped_meanwhile_gives_its_recipient_back(
    redis: Pair, servers: Cluster
) -> None:
    _, b = await started_and_waiting(servers)
    assert (await b.call("stopProcessing", {"profileId": "p", "type": "chat"}))["ok"]
    await nobody_claimed(redis)
    await redis.follow()
    assert (await b.start("p"))["ok"]
    await everybody_once_by_one_run(servers, b)


async def test_a_server_that_stops_meanwhile_gives_its_recipient_back(
    redis: Pair, servers: Cluster
) -> None:
    _, b = await started_and_waiting(servers)
    await servers.servers[0].stop()
    # The device of the run does not come back.
    await b.wait_for("processingInterrupted")
    await nobody_claimed(redis)
    await redis.follow()
    assert (await b.start("p"))["ok"]
    await everybody_once_by_one_run(servers, b)


async def test_a_replica_that_goes_in_the_middle_of_a_run(redis: Pair, servers: Cluster) -> None:
    await redis.follow()
    a, b = await servers.pair()
    redis.leave()
    assert (await a.start("p"))["ok"]
    await wait_until(partial(is_waiting, b), what=WAITING)
    assert (await a.call("updateMessage", {"profileId": "p", "type": "chat", "message": "x"}))["ok"]
    await b.wait_for("messageUpdated", message="x")
    assert await deliveries(servers, "p") == []
    await redis.follow()
    await everybody_once_by_one_run(servers, b)


async def test_who_waits_for_no_replica_needs_none(redis: Pair) -> None:
    async with cluster(redis.primary.url, people=people(p=COUNT)) as running:
        device = await running.device()
        assert (await device.start("p"))["ok"]
        await everybody_once_by_one_run(running, device)
