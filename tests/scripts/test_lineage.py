"""A failover, as the scripts see it: another lineage, and a history that may lack its end."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from alphasync.services.account_state import LogLost
from alphasync.services.progress import NOTHING
from alphasync.store.connect import make_store
from alphasync.store.redis.ordered import OrderedPipeline
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import REVISION_JUMP
from tests.harness import wait_until
from tests.scripts.bench import LIFETIMES, Bench


@contextlib.asynccontextmanager
async def primary(url: str, lineage: str) -> AsyncIterator[Bench]:
    """The same data, as a server with a connection of this lineage sees them."""

    async def lineage_of(_connection: AbstractConnection) -> str:
        return lineage

    store = make_store(url, LIFETIMES)
    client = store.client
    assert isinstance(client, Redis)
    make_connection = client.connection_pool.make_connection
    store.pipeline = OrderedPipeline(make_connection, lineage_of)
    store.scripts = Scripts(store.pipeline, LIFETIMES)
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected")
    bench = Bench(store)
    try:
        yield bench
    finally:
        await bench.close()


@pytest.mark.parametrize(
    ("before", "after", "another"),
    [
        ("s0", "s1", True),
        ("s1", "s0", True),  # sentinels that were set up anew begin at zero
        ("1", "2", True),
        ("9", "10", True),
        ("2", "1", False),  # a connection that was made before a slot moved
        ("s1", "s1", False),
        ("", "s0", True),
        ("", "1", True),
        ("", "", False),
        ("t1", "", False),  # made before Redis was found to be older than it was
        ("t2", "t1", False),
        ("t9", "t10", True),
        ("", "t1", True),
        ("restored", "t1", True),
        # Data that were taken from one kind of Redis to another, of which the numbers say nothing.
        ("1", "", True),
        ("1", "t1000001", True),
        ("t1000001", "1", True),
        ("t1000001", "s1", True),
        ("restored", "", True),
        ("restored", "1", True),
    ],
)
async def test_a_failover_begins_another_log(
    redis_url: str, before: str, after: str, another: bool
) -> None:
    async with primary(redis_url, before) as old:
        await old.type("a")
        known = await old.snapshot()
    async with primary(redis_url, after) as new:
        revision = await new.type("b")
        found = await new.snapshot()
        assert (found.epoch != known.epoch) is another
        assert revision == known.revision + 1 + (REVISION_JUMP if another else 0)
        missed = await new.account_state.events_after(new.who.account, known.epoch, known.revision)
        assert isinstance(missed, LogLost) is another
        # It is told once: what follows is of the same log.
        assert await new.type("c") == revision + 1
        assert (await new.snapshot()).epoch == found.epoch


async def test_a_look_at_the_log_or_at_the_snapshot_is_enough(redis_url: str) -> None:
    async with primary(redis_url, "s1") as old:
        await old.type("a")
        known = await old.snapshot()
    async with primary(redis_url, "s2") as new:
        missed = await new.account_state.events_after(new.who.account, known.epoch, known.revision)
        assert missed == LogLost((await new.snapshot()).epoch, known.revision + REVISION_JUMP)
        assert missed.epoch != known.epoch
    async with primary(redis_url, "s3") as newest:
        found = await newest.snapshot()
        assert found.epoch not in (known.epoch, missed.epoch)
        assert found.drafts == known.drafts


async def test_a_run_goes_on_over_a_failover(redis_url: str) -> None:
    async with primary(redis_url, "s1") as old:
        ticket = await old.start()
        claimed = await old.claim(ticket, 1, "r1")
    async with primary(redis_url, "s2") as new:
        assert (await new.progress.step(ticket, 1, NOTHING, "r1")).claimed_at == claimed.claimed_at
        await new.progress.complete(ticket, await new.claim(ticket, 2, "r2", claimed))
        assert (await new.run()).counters.sent == 2
        # No token of before is given again, also where it was lost.
        assert (await new.start("1002")).fence > ticket.fence + REVISION_JUMP
