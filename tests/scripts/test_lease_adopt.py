"""lease_adopt: what a dead server held has exactly one heir."""

import asyncio

from alphasync.membership.holdings import Holding
from alphasync.membership.lease_table import LEASE_TTL, Adoption
from alphasync.store import keys
from tests.scripts.bench import Bench

RUN = Holding("run", "dead", "o:1", "1001", "chat", "run id")
NOTHING = Adoption([])
DEVICE = Holding("device", "dead", "o:1", "d1")


async def die(bench: Bench, name: str = "dead") -> None:
    await bench.leases.renew(name, "register")
    bench.holdings.hold(RUN)
    bench.holdings.hold(DEVICE)
    await bench.client.zadd(keys.LEASES, {name: 1})


async def members(bench: Bench, server: str) -> int:
    return int(await bench.client.scard(keys.holdings(server)))


async def test_everything_it_held(bench: Bench) -> None:
    await die(bench)
    taken = await bench.leases.adopt(bench.server.current, "dead")
    assert bench.last("lease_adopt") == "OK"
    assert set(taken.holdings) == {RUN, DEVICE}
    assert await members(bench, bench.server.current) == 2
    assert await members(bench, "dead") == 0
    assert await bench.client.zscore(keys.LEASES, "dead") is None


async def test_one_that_held_nothing(bench: Bench) -> None:
    await bench.client.zadd(keys.LEASES, {"dead": 1})
    assert await bench.leases.adopt(bench.server.current, "dead") == NOTHING
    assert bench.last("lease_adopt") == "OK"


async def test_one_heir(bench: Bench) -> None:
    await die(bench)
    heirs = [f"heir {n}" for n in range(5)]
    taken = await asyncio.gather(*(bench.leases.adopt(heir, "dead") for heir in heirs))
    assert sorted(len(adoption.holdings) for adoption in taken) == [0, 0, 0, 0, 2]
    assert bench.last("lease_adopt") == "ALIVE"


async def test_one_that_is_back_keeps_everything(bench: Bench) -> None:
    await die(bench)
    await bench.leases.renew("dead", "renew")
    assert await bench.leases.adopt(bench.server.current, "dead") == NOTHING
    assert bench.last("lease_adopt") == "ALIVE"
    assert await members(bench, "dead") == 2
    assert await bench.leases.adopt(bench.server.current, "never seen") == NOTHING


async def test_when_it_gave_its_last_sign_of_life(bench: Bench) -> None:
    await die(bench)
    await bench.client.zadd(keys.LEASES, {"dead": LEASE_TTL * 1000 + 5000})
    taken = await bench.leases.adopt(bench.server.current, "dead")
    assert (taken.silent_since, taken.absent_since) == (5000, 5000)
    assert not taken.in_order


async def test_one_that_resigned_was_not_silent(bench: Bench) -> None:
    await die(bench)
    now = await bench.now()
    await bench.leases.resign("dead", closed_for=3)
    taken = await bench.leases.adopt(bench.server.current, "dead")
    assert (taken.silent_since, taken.in_order) == (0, True)
    assert now - 3000 <= taken.absent_since < now - 2000


async def test_of_one_that_resigned_under_an_older_version_no_time_is_known(bench: Bench) -> None:
    await die(bench)
    await bench.client.zadd(keys.LEASES, {"dead": 0})
    taken = await bench.leases.adopt(bench.server.current, "dead")
    assert (taken.silent_since, taken.absent_since) == (0, 1)
    assert len(taken.holdings) == 2
