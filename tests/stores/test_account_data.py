"""A cluster: an account is on one of its servers, and what is kept of it is found there."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import RedisCluster

from alphasync.account_data import erase, export
from alphasync.legacy.targets import Bringing, Looking
from alphasync.services.earlier_state import EarlierDraft, EarlierRun, EarlierState, Place, Taken
from alphasync.services.plan_notes import PlanNote
from alphasync.store import keys
from alphasync.store.connect import Store, make_client, make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.harness import wait_until
from tests.stores.shards import ClusterSite, started

pytestmark = [pytest.mark.faults, pytest.mark.slow]
ACCOUNTS = [f"o:{number}" for number in range(8)]
"""So many that each server has some."""


@pytest.fixture(scope="module")
def shards() -> Iterator[ClusterSite]:
    with started("data") as site:
        yield site


@pytest.fixture
async def client(shards: ClusterSite) -> AsyncIterator[RedisCluster]:
    client = make_client(shards.url)
    assert isinstance(client, RedisCluster)
    yield client
    await client.aclose()


@pytest.fixture
async def store(shards: ClusterSite) -> AsyncIterator[Store]:
    store = make_store(shards.url, Lifetimes())
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected")
    yield store
    await store.close()


async def test_it_is_brought_in_taken_out_and_erased(client: RedisCluster, store: Store) -> None:
    looking = Looking(client, Lifetimes())
    bringing = Bringing(EarlierState(store.scripts), looking)
    at = await looking.now() - 1000
    for account in ACCOUNTS:
        place = Place(account[2:], account, "1001", "chat")
        entries = [(f"r{number}", at) for number in range(150)]
        assert await looking.messaged(place, entries) == Taken(150, 0, 0)
        assert await bringing.messaged(place, entries) == Taken(150, 0, 0)
        assert await looking.messaged(place, entries) == Taken(0, 0, 0)
        assert await bringing.draft(place, EarlierDraft("Hello", "d", at)) == "new"
        assert await bringing.draft(place, EarlierDraft("Hello", "d", at)) == "known"
        assert await bringing.run(place, EarlierRun("d", at, 1, 2)) == "new"
        note = PlanNote(account, "chat", "1001", "0a" * 8)
        await client.zadd(keys.PLANS, {note.encode(): at})
    for account in ACCOUNTS:
        written: list[bytes] = []
        records = await export.export(client, account, written.append)
        assert (records["messaged"], records["draft"], records["run"]) == (150, 1, 1)
        assert json.loads(written[-1])["kind"] == "end"
        found = await erase.survey(client, account)
        assert sum(found.kinds.values()) == len(found.names) > 5
        erased = await erase.Erasing(client, store.scripts, account).carry_out(found)
        assert (erased.kinds, erased.plan_notes) == (found.kinds, 1)
        assert (await erase.survey(client, account)).names == []
