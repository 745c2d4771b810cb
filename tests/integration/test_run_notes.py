"""The notes of who runs what: none is left behind, whatever answer gets lost on the way."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from alphasync.domain.identity import Identity
from alphasync.errors import Locked, StoreUnavailable
from alphasync.protocol.commands import StartProcessing
from alphasync.services.leases import Holding, Leases, ReplicaName
from alphasync.services.runs import Runs, Ticket
from alphasync.store import keys
from alphasync.store.connect import Store, make_store
from alphasync.store.scripts.limits import Lifetimes
from alphasync.worker.lease import Lease
from tests.harness import wait_until

pytestmark = pytest.mark.any_redis

WHO = Identity(operator_id="demo", account="o:demo", email=None, expires_at=2**40, token_hash="h")
COMMAND = StartProcessing(profile_id="p1", type="chat", message="Hello")


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = make_store(redis_url, Lifetimes())
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected to Valkey")
    yield store
    await store.close()


async def noted(store: Store, replica: str) -> list[str]:
    members = await store.client.smembers(keys.holdings(replica))
    return sorted(m.decode() if isinstance(m, bytes) else m for m in members)


async def test_a_refused_start_whose_note_could_not_be_dropped_is_looked_after(
    store: Store,
) -> None:
    class Interrupted(Leases):
        async def drop(self, replica: str, holding: Holding) -> None:
            raise StoreUnavailable

    name = ReplicaName()
    started: list[Ticket] = []
    adopted: list[Holding] = []
    leases = Interrupted(store.scripts, store.pipeline)
    runs = Runs(store.scripts, leases, name, started.append, adopted.append)
    await runs.start(WHO, "a", COMMAND)
    with pytest.raises(Locked):
        await runs.start(WHO, "b", COMMAND)
    assert len(started) == 1
    (left,) = adopted
    assert left.instance != started[0].run_id
    assert left.encode().decode() in await noted(store, name.value)


async def test_a_run_noted_after_its_replica_was_taken_for_dead_is_looked_after(
    store: Store,
) -> None:
    name = ReplicaName()
    leases = Leases(store.scripts, store.pipeline)
    lease = Lease(leases, name)
    adopted: list[Holding] = []
    lost: list[str] = []
    lease.start(lambda holding, _: adopted.append(holding), lost.append, lambda: None)
    await asyncio.wait_for(lease.held(), 5)
    before = name.value
    estate = await leases.adopt("another", before)
    assert estate.holdings == [], "it lives"
    await store.client.zadd(keys.LEASES, {before: 0})
    await leases.adopt("another", before)
    run = Holding("run", before, "o:demo", "p1", "chat", "late")
    leases.hold(before, run)
    leases.hold(before, Holding("device", before, "o:demo", "d1", "", "s1"))
    await wait_until(lambda: adopted, what="the late run is found")
    assert lost == [before]
    assert adopted == [run]
    assert await noted(store, before) == [run.encode().decode()]
    await lease.close()
