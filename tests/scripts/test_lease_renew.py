"""lease_renew: who lives, and who does not."""

import pytest

from alphasync.membership.lease_table import LEASE_TTL, LeaseTable
from alphasync.realtime.subscription import RENEWED
from alphasync.store import keys
from alphasync.store.redis.tide import Tide
from tests.scripts.bench import Bench


async def test_a_lone_server(bench: Bench) -> None:
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert bench.last("lease_renew") == "OK"
    assert renewal is not None
    assert (renewal.next_expiry, renewal.expired) == (None, [])
    until = await bench.client.zscore(keys.LEASES, bench.server.current)
    assert until is not None
    assert LEASE_TTL * 1000 - 2000 < until - await bench.now() <= LEASE_TTL * 1000


async def test_the_next_end_of_another_lease(bench: Bench) -> None:
    now = await bench.now()
    await bench.client.zadd(keys.LEASES, {"b": now + 60_000, "c": now + 3_000})
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert renewal is not None
    assert renewal.next_expiry is not None
    assert 0 < renewal.next_expiry <= 3
    assert renewal.expired == []


async def test_those_whose_lease_is_over(bench: Bench) -> None:
    now = await bench.now()
    await bench.client.zadd(keys.LEASES, {"b": now - 1000, "c": 0, "d": now + 60_000})
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert renewal is not None
    assert set(renewal.expired) == {"b", "c"}


async def test_a_lease_that_was_taken_over_is_lost(bench: Bench) -> None:
    await bench.client.zrem(keys.LEASES, bench.server.current)
    assert await bench.leases.renew(bench.server.current, "renew") is None
    assert bench.last("lease_renew") == "LOST"
    assert await bench.client.zscore(keys.LEASES, bench.server.current) is None
    assert await bench.leases.renew(bench.server.current, "register") is not None


async def test_who_was_late_judges_nobody_at_first(bench: Bench) -> None:
    """A stall of Redis makes everybody late at once: the others get their chance to renew."""
    now = await bench.now()
    await bench.client.zadd(keys.LEASES, {bench.server.current: now - 100, "b": now - 1000})
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert renewal is not None
    assert renewal.expired == []
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert renewal is not None
    assert renewal.expired == ["b"]


async def test_a_clock_that_was_set_back_keeps_nobody_alive(bench: Bench) -> None:
    now = await bench.now()
    await bench.client.zadd(keys.LEASES, {"gone": now + 3_600_000, "resigned": -now})
    await bench.leases.renew(bench.server.current, "renew")
    until = await bench.client.zscore(keys.LEASES, "gone")
    assert until is not None
    assert until - now <= LEASE_TTL * 1000 + 2000
    assert await bench.client.zscore(keys.LEASES, "resigned") == -now


async def test_notes_that_are_gone_are_noticed(bench: Bench) -> None:
    await bench.start()
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert renewal is not None
    assert not renewal.notes_gone
    await bench.client.delete(keys.holdings(bench.server.current))
    renewal = await bench.leases.renew(bench.server.current, "renew")
    assert renewal is not None
    assert renewal.notes_gone


async def test_a_renewal_is_heard_where_the_server_wants_it(real: Bench) -> None:
    heard = real.client.pubsub()
    await heard.subscribe("as:probe:{}:own")
    await heard.get_message(timeout=10)
    real.leases.echo = "as:probe:{}:own"
    await real.leases.renew(real.server.current, "renew")
    message = await heard.get_message(timeout=10)
    assert message is not None
    assert message["data"] == RENEWED
    await heard.aclose()  # type: ignore[no-untyped-call]  # untyped in redis-py


@pytest.mark.parametrize("key", [keys.PLANS, keys.WEBHOOKS])
async def test_a_renewal_says_when_something_is_to_be_looked_at(bench: Bench, key: str) -> None:
    async def next_look() -> float | None:
        renewal = await bench.leases.renew(bench.server.current, "renew")
        assert renewal is not None
        found = (renewal.next_plan, renewal.next_webhook)
        assert found[key == keys.PLANS] is None
        return found[key == keys.WEBHOOKS]

    assert await next_look() is None
    now = await bench.now()
    await bench.client.zadd(key, {"later": now + 90_000, "next": now + 60_000})
    assert 0 < (await next_look() or 0) <= 60
    await bench.client.zadd(key, {"due": now - 1})
    assert await next_look() == 0
    # Who was late itself is told, too.
    await bench.client.zadd(keys.LEASES, {bench.server.current: now - 1})
    assert await next_look() == 0


async def test_a_renewal_counts_the_tide_where_there_is_one(bench: Bench) -> None:
    tide = Tide()
    await bench.client.set(keys.TIDE, 41)
    await LeaseTable(bench.scripts, tide).renew(bench.server.current, "renew")
    assert tide._seen == 42
