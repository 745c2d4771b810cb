"""lease_resign: what is left is for the others, at once."""

from alphasync.membership.holdings import Holding
from alphasync.store import keys
from tests.scripts.bench import Bench


async def test_the_others_see_it_as_over(bench: Bench) -> None:
    other = bench.other_server()
    await bench.leases.renew(other.server.current, "register")
    bench.holdings.hold(Holding("device", bench.server.current, "o:1", "d1"))
    await bench.leases.resign(bench.server.current, closed_for=1)
    assert bench.last("lease_resign") == "OK"
    renewal = await bench.leases.renew(other.server.current, "renew")
    assert renewal is not None
    assert renewal.expired == [bench.server.current]


async def test_a_lease_that_is_gone_does_not_come_back(bench: Bench) -> None:
    await bench.client.zrem(keys.LEASES, bench.server.current)
    await bench.leases.resign(bench.server.current, closed_for=1)
    assert await bench.client.zscore(keys.LEASES, bench.server.current) is None


async def test_one_that_holds_nothing_leaves_no_trace(bench: Bench) -> None:
    await bench.leases.renew(bench.server.current, "register")
    await bench.leases.resign(bench.server.current, closed_for=1)
    assert await bench.client.zscore(keys.LEASES, bench.server.current) is None
