"""The notes of who runs what: none is left behind, whatever answer gets lost on the way."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from alphasync.domain.identity import Identity
from alphasync.errors import Locked, StoreUnavailable
from alphasync.membership.holdings import Holding, Holdings
from alphasync.membership.lease import Lease
from alphasync.membership.lease_table import Adoption, LeaseTable
from alphasync.membership.name import ServerName
from alphasync.protocol.run_commands import StartProcessing
from alphasync.services.runs import Runs, Ticket
from alphasync.store import keys
from alphasync.store.connect import Store, make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.harness import PATIENCE, wait_until

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


class Keeper:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.adopted: list[Holding] = []
        self.lost: list[str] = []

    def adopt(self, holding: Holding, adoption: Adoption) -> None:
        assert holding in adoption.holdings
        self.adopted.append(holding)

    def reclaim(self, former: str) -> None:
        self.lost.append(former)

    def note_again(self) -> None:
        """There is nothing to note."""


async def noted(store: Store, server: str) -> list[str]:
    members = await store.client.smembers(keys.holdings(server))
    return sorted(m.decode() if isinstance(m, bytes) else m for m in members)


async def test_a_refused_start_whose_note_could_not_be_dropped_is_looked_after(
    store: Store,
) -> None:
    class Interrupted(Holdings):
        async def drop(self, holding: Holding, *, noted_for: str) -> None:
            raise StoreUnavailable

    name = ServerName()
    started: list[Ticket] = []
    adopted: list[Holding] = []
    runs = Runs(store.scripts, Interrupted(store.pipeline, name), started.append, adopted.append)
    await runs.start(WHO, "a", COMMAND)
    with pytest.raises(Locked):
        await runs.start(WHO, "b", COMMAND)
    assert len(started) == 1
    (left,) = adopted
    assert left.instance != started[0].run_id
    assert left.encode().decode() in await noted(store, name.current)


async def test_a_run_noted_after_its_server_was_taken_for_dead_is_looked_after(
    store: Store,
) -> None:
    name = ServerName()
    table, holdings = LeaseTable(store.scripts), Holdings(store.pipeline, name)
    lease = Lease(table, holdings, name)
    keeper = Keeper()
    lease.start({"run": keeper, "device": keeper})
    await asyncio.wait_for(lease.held(), PATIENCE)
    before = name.current
    adoption = await table.adopt("another", before)
    assert adoption.holdings == [], "it lives"
    await store.client.zadd(keys.LEASES, {before: 0})
    await table.adopt("another", before)
    run = Holding("run", before, "o:demo", "p1", "chat", "late")
    holdings.hold(run)
    holdings.hold(Holding("device", before, "o:demo", "d1", "", "s1"))
    await wait_until(lambda: keeper.adopted, what="the late run is found")
    assert keeper.lost == [before, before], "once for each kind"
    assert keeper.adopted == [run]
    assert await noted(store, before) == [run.encode().decode()]
    await lease.close()
