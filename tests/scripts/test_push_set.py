"""push_set: a device's subscription, of which an account has so many."""

from alphasync.store.scripts.device_calls import push_set
from tests.scripts.bench import Bench


async def put(bench: Bench, device: str, subscription: bytes, most: int = 2) -> str:
    call = push_set(
        bench.names, device_id=device, subscription=subscription, most=most, lasts=60_000
    )
    return (await bench.scripts.call(call)).outcome


async def test_each_device_has_one_and_an_account_so_many(bench: Bench) -> None:
    assert [await put(bench, device, b"x") for device in ("d1", "d2", "d3")] == ["OK", "OK", "FULL"]
    assert await put(bench, "d2", b"y") == "OK"
    found = await bench.client.hgetall(bench.names.pushes)
    assert found == {b"d1": b"x", b"d2": b"y"}


async def test_they_are_kept_for_a_while_after_the_last(bench: Bench) -> None:
    await put(bench, "d1", b"x")
    assert 0 < await bench.client.pttl(bench.names.pushes) <= 60_000
    await bench.client.pexpire(bench.names.pushes, 5)
    await put(bench, "d2", b"x")
    assert await bench.client.pttl(bench.names.pushes) > 5
