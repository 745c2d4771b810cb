"""Redis Cluster: what its failovers do to a run, and what each shard's subscription is good for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest

from alphasync.config import Settings
from alphasync.doctor import Finding, examine
from alphasync.store import keys
from tests.faults.returning import unbroken
from tests.harness import PATIENCE, SECRET, Cluster, Device, cluster, wait_until
from tests.integration.support import people, reached
from tests.stores.nodes import Node
from tests.stores.shards import ClusterSite, started

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RESUMED_WITHIN = 30.0
"""Seconds from the death of a primary to the next message that is sent."""
ACCOUNT = keys.of_account("o:demo")
RUN_WITHIN = 60.0
"""Seconds for a run to come to its end, with the machine busy."""
COUNT = 150
INTERVAL = 0.02


@pytest.fixture(scope="module")
def shards() -> Iterator[ClusterSite]:
    with started("shards", twice=ACCOUNT.log) as site:
        yield site


@pytest.fixture
async def running(shards: ClusterSite) -> AsyncIterator[Cluster]:
    """Two servers on a whole, empty cluster."""
    await shards.whole()
    shards.flush()
    cast = people(p=COUNT)
    async with cluster(shards.url, 2, people=cast, send_interval=INTERVAL) as servers:
        yield servers


@contextlib.asynccontextmanager
async def without(node: Node, *, hung: bool) -> AsyncIterator[None]:
    """A server that is gone, or one that does not answer and keeps its connections."""
    if hung:
        node.pause()
    else:
        node.kill()
    try:
        yield
    finally:
        if hung:
            node.resume()
        else:
            await node.start()


async def seen(device: Device, text: str) -> None:
    """Return when the device knows of a draft's text, from an event or from a snapshot."""
    await wait_until(
        lambda: any(data.get("message") == text for _, data in device.events), what=text
    )


async def typed(device: Device, text: str, profile: str = "p") -> None:
    """Return when the text is taken; what cannot be taken now is typed again, as by a person."""
    draft = {"profileId": profile, "type": "chat", "message": text}
    async with asyncio.timeout(PATIENCE):
        while not (ack := await device.call("updateMessage", draft))["ok"]:
            assert ack["retryable"], ack
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("key", "hung"),
    [(ACCOUNT.log, False), (ACCOUNT.log, True), (keys.LEASES, False)],
    ids=["killed", "hung", "registry-killed"],
)
async def test_a_run_survives_the_failover_of_a_shard(
    shards: ClusterSite, running: Cluster, key: str, hung: bool
) -> None:
    a, b = await running.pair()
    assert (await a.start("p"))["ok"]
    await b.wait_for("processingProgress", 20)
    async with without(shards.primary(key), hung=hung):
        before = len(await reached(running, "p"))
        async with asyncio.timeout(RESUMED_WITHIN):
            while len(await reached(running, "p")) < before + 10:
                await asyncio.sleep(0.05)
            c = await running.device()
        for device in (a, b):
            await wait_until(partial(device.named, "processingComplete"), RUN_WITHIN)
        await typed(a, "while it is away")
        await seen(b, "while it is away")
        await seen(c, "while it is away")
    await typed(b, "back again")
    await seen(a, "back again")
    times = await reached(running, "p")
    assert set(times.values()) == {1}, [r for r, n in times.items() if n > 1]
    ack = await a.call("listUncertain", {"profileId": "p", "type": "chat"})
    assert len(times) + len(ack["recipients"]) == COUNT


async def test_doctor_looks_at_all_shards(shards: ClusterSite) -> None:
    await shards.whole()

    async def said(redis_url: str, **settings: Any) -> Finding:
        found = examine(Settings(jwt_secret=SECRET, redis_url=redis_url, **settings))
        return next(f for f in [finding async for finding in found] if f.what == "redis")

    async with asyncio.timeout(PATIENCE):
        # A replica that has just come counts once it has told the others where it is.
        while not (await said(shards.url)).ok:
            await asyncio.sleep(0.1)
    one_too_few = await said(shards.url, redis_wait_replicas=2)
    assert not one_too_few.ok
    assert "1 replicas" in one_too_few.text
    one_server = await said(shards.nodes[0].url)
    assert not one_server.ok
    assert "redis+cluster://" in one_server.text


async def test_a_slot_moves_while_its_account_is_in_use(
    shards: ClusterSite, running: Cluster
) -> None:
    a, b = await running.pair()
    home = shards.primary(ACCOUNT.log)
    other = next(node for node in shards.heads() if node is not home)
    for target in (other, home):
        await typed(a, f"before {target.port}")
        await shards.move(ACCOUNT.log, target)
        await typed(a, f"after {target.port}")
        await seen(b, f"after {target.port}")
    assert unbroken(b.events)
    assert not b.named("error")


async def test_a_lost_subscription_is_taken_up_again_without_a_gap(
    shards: ClusterSite, running: Cluster
) -> None:
    """On each shard: the operators' accounts are on all of them."""
    operators = [f"operator-{number}" for number in range(12)]
    homes = {shards.primary(keys.of_account(f"o:{name}").log) for name in operators}
    assert homes == set(shards.heads())
    pairs = [await running.pair(token=running.token(name)) for name in operators]
    for round_ in range(2):
        for number, (a, b) in enumerate(pairs):
            await typed(a, f"{round_} {number}", f"{round_} a")
            await seen(b, f"{round_} {number}")
        for node in shards.heads():
            node.ask("CLIENT", "KILL", "TYPE", "PUBSUB")
        for number, (a, b) in enumerate(pairs):
            await typed(b, f"{round_} back {number}", f"{round_} b")
            await seen(a, f"{round_} back {number}")
    for a, b in pairs:
        assert not a.named("resync")
        assert not b.named("resync")
