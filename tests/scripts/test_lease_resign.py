"""lease_resign: what is left is for the others, at once."""

from alphasync.store import keys
from tests.scripts.bench import Bench


async def test_the_others_see_it_as_over(bench: Bench) -> None:
    other = bench.other_replica()
    await bench.leases.renew(other.replica.value, "register")
    await bench.leases.resign(bench.replica.value)
    assert bench.last("lease_resign") == "OK"
    renewal = await bench.leases.renew(other.replica.value, "renew")
    assert renewal is not None
    assert renewal.expired == [bench.replica.value]


async def test_a_lease_that_is_gone_does_not_come_back(bench: Bench) -> None:
    await bench.client.zrem(keys.LEASES, bench.replica.value)
    await bench.leases.resign(bench.replica.value)
    assert await bench.client.zscore(keys.LEASES, bench.replica.value) is None
