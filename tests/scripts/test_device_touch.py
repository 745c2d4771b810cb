"""device_touch: a sign of life."""

from tests.scripts.bench import Bench


async def test_the_record_lives_on(bench: Bench) -> None:
    device = (await bench.devices.join(bench.who, "s1", "phone")).device_id
    record = bench.names.device(device)
    await bench.client.pexpire(record, 60_000)
    async with bench.verify():
        await bench.devices.touch(bench.who, "s1", device)
    assert bench.last("device_touch") == "OK"
    assert await bench.ttl(record) > 7100


async def test_only_its_own_session_keeps_it_alive(bench: Bench) -> None:
    device = (await bench.devices.join(bench.who, "s1", "phone")).device_id
    record = bench.names.device(device)
    await bench.client.pexpire(record, 60_000)
    await bench.devices.touch(bench.who, "s2", device)
    assert bench.last("device_touch") == "UNKNOWN"
    assert await bench.ttl(record) <= 60
    await bench.devices.touch(bench.who, "s1", "nobody")
    assert bench.last("device_touch") == "UNKNOWN"
    assert not await bench.client.exists(bench.names.device("nobody"))
