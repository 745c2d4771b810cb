"""lease_resign: what is left is for the others, at once."""

from alphasync.services.leases import Holding
from alphasync.store import keys
from tests.scripts.bench import Bench


async def test_the_others_see_it_as_over(bench: Bench) -> None:
    other = bench.other_replica()
    await bench.leases.renew(other.replica.value, "register")
    bench.leases.hold(bench.replica.value, Holding("device", bench.replica.value, "o:1", "d1"))
    await bench.leases.resign(bench.replica.value, closed_for=1)
    assert bench.last("lease_resign") == "OK"
    renewal = await bench.leases.renew(other.replica.value, "renew")
    assert renewal is not None
    assert renewal.expired == [bench.replica.value]


async def test_a_lease_that_is_gone_does_not_come_back(bench: Bench) -> None:
    await bench.client.zrem(keys.LEASES, bench.replica.value)
    await bench.leases.resign(bench.replica.value, closed_for=1)
    assert await bench.client.zscore(keys.LEASES, bench.replica.value) is None


async def test_one_that_holds_nothing_leaves_no_trace(bench: Bench) -> None:
    await bench.leases.renew(bench.replica.value, "register")
    await bench.leases.resign(bench.replica.value, closed_for=1)
    assert await bench.client.zscore(keys.LEASES, bench.replica.value) is None
