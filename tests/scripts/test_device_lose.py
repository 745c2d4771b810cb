"""device_lose: a broken connection starts a grace."""

from alphasync.domain.events import (
    DeviceLeft,
    DeviceReconnected,
    DeviceReconnecting,
    DeviceUpdated,
    ProcessingInterrupted,
)
from alphasync.domain.runs import RunStatus
from tests.scripts.bench import GRACE, Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.test_device_join import bury


async def joined(bench: Bench) -> str:
    return (await bench.devices.join(bench.who, "s1", "phone")).device_id


async def test_its_runs_go_on_and_the_others_are_told(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    await bench.start(profile="1002", device="another")
    async with bench.verify(DeviceReconnecting, DeviceUpdated) as made:
        left = await bench.devices.lose(bench.who.account, device, "s1", bench.server.current)
    assert bench.last("device_lose") == "AWAY"
    assert left == GRACE
    assert (made[0].device_id, made[0].grace) == (device, GRACE * 1000)
    assert made[1].device.state == "away"
    run = await bench.run()
    assert (run.status, run.away) == (RunStatus.RUNNING, True)
    assert not (await bench.run("1002")).away


async def test_losing_it_again_gives_what_is_left_and_tells_nobody(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    own = bench.server.current
    await bench.devices.lose(bench.who.account, device, "s1", own)
    async with bench.verify():
        left = await bench.devices.lose(bench.who.account, device, "s1", own)
    assert left is not None
    assert 0 < left <= GRACE


async def test_a_server_that_takes_over_loses_it_for_the_one_that_died(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    other = bench.other_server()
    async with bench.verify(DeviceReconnecting, DeviceUpdated):
        left = await other.devices.lose(bench.who.account, device, "s1", bench.server.current)
    assert left == GRACE
    assert await bench.field(bench.names.device(device), "replica") == other.server.current
    third = other.other_server()
    async with bench.verify():
        assert await third.devices.lose(bench.who.account, device, "s1", "a third") is None


async def test_a_device_that_is_connected_elsewhere_is_left_alone(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    device = first.device_id
    await bench.start(device=device)
    other = bench.other_server()
    await other.devices.join(bench.who, "s2", "", device, first.resume_token)
    async with bench.verify():
        lost = await bench.devices.lose(bench.who.account, device, "s1", bench.server.current)
        assert lost is None
        assert bench.last("device_lose") == "ELSEWHERE"
        assert await bench.devices.lose(bench.who.account, "nobody", "s1", "x") is None
    assert await bench.field(bench.names.device(device), "session") == "s2"


async def test_back_within_the_grace_everything_is_as_before(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.start(device=first.device_id)
    before = (await bench.run()).away
    told = (DeviceReconnecting, DeviceUpdated, DeviceReconnected, DeviceUpdated)
    async with bench.verify(*told):
        await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
        await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    assert (await bench.run()).away is before is False


async def test_one_that_came_back_with_only_its_token_goes_on_with_the_runs(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    other = bench.other_server()
    again = await other.devices.join(bench.who, "s2", "")
    assert not again.resumed, "its server still counts as alive"
    async with bench.verify(DeviceReconnected, DeviceLeft) as made:
        left = await other.devices.lose(
            bench.who.account, device, "s1", bench.server.current, silent_since=1
        )
    assert left is None
    assert bench.last("device_lose") == "SUCCEEDED"
    assert made[0].device_id == again.device_id
    run = await bench.run()
    assert (run.device_id, run.away) == (again.device_id, False)
    lock = bench.names.lock("chat", PROFILE)
    assert await bench.field(lock, "device") == again.device_id
    # It leaves: the run is its own to interrupt.
    async with bench.verify(ProcessingInterrupted, DeviceLeft):
        await other.devices.leave(bench.who.account, again.device_id, "s2", away=False)


async def test_of_two_that_came_the_first_one_goes_on_with_the_run(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    other = bench.other_server()
    first = await other.devices.join(bench.who, "s2", "")
    await bench.client.zadd(
        f"{bench.names.devices}:new:{bench.who.token_hash}", {first.device_id: 2}
    )
    await other.devices.join(bench.who, "s3", "")
    async with bench.verify(DeviceReconnected, DeviceLeft) as made:
        await other.devices.lose(
            bench.who.account, device, "s1", bench.server.current, silent_since=1
        )
    assert made[0].device_id == first.device_id


async def test_each_of_several_that_held_runs_is_followed_by_one_that_came(bench: Bench) -> None:
    """And one that held none leaves those that came to the others."""
    gone = [(await bench.devices.join(bench.who, f"s{n}", "x")).device_id for n in range(4)]
    for number in (1, 2, 3):
        await bench.start(f"100{number}", device=gone[number])
    other = bench.other_server()
    came = {(await other.devices.join(bench.who, f"t{n}", "")).device_id for n in range(2)}
    outcomes = []
    for number, device in enumerate(gone):
        await other.devices.lose(
            bench.who.account, device, f"s{number}", bench.server.current, silent_since=1
        )
        outcomes.append(bench.last("device_lose"))
    assert outcomes == ["AWAY", "SUCCEEDED", "SUCCEEDED", "AWAY"]
    held = {(await bench.run(profile)).device_id for profile in ("1001", "1002")}
    assert held == came
    third = await bench.run("1003")
    assert (third.device_id, third.away) == (gone[3], True)
    # Whoever comes now is the one that still holds a run, and then the one without.
    later = [(await other.devices.join(bench.who, f"u{n}", "")).device_id for n in range(2)]
    assert later == [gone[3], gone[0]]


async def test_losing_a_device_costs_the_same_with_thousands_of_records(real: Bench) -> None:
    async def cost() -> int:
        joined_ = await real.devices.join(real.who, "s1", "phone")
        stats = await real.client.info("commandstats")
        await real.devices.lose(
            real.who.account, joined_.device_id, "s1", real.server.current, silent_since=1
        )
        after = await real.client.info("commandstats")
        await real.devices.leave(real.who.account, joined_.device_id, "", away=False)
        return sum(int(a["calls"]) for a in after.values()) - sum(
            int(b["calls"]) for b in stats.values()
        )

    few = await cost()
    await bury(real, 5000, away=False)
    assert await cost() - few <= 12


async def test_one_that_was_there_before_is_another_device(bench: Bench) -> None:
    other = bench.other_server()
    await other.devices.join(bench.who, "s2", "")
    device = await joined(bench)
    await bench.start(device=device)
    later = int(await bench.field(bench.names.device(device), "new_at") or 0) + 60_000
    async with bench.verify(DeviceReconnecting, DeviceUpdated):
        left = await other.devices.lose(
            bench.who.account, device, "s1", bench.server.current, silent_since=later
        )
    assert left == GRACE


async def test_no_grace_runs_while_there_is_no_server(bench: Bench) -> None:
    """Whoever takes a device over that is away goes on with the grace that was left."""
    device = await joined(bench)
    await bench.start(device=device)
    own = bench.server.current
    await bench.devices.lose(bench.who.account, device, "s1", own)
    record = bench.names.device(device)
    for lost, absent, left in (
        (50_000, 40_000, GRACE),  # lost while the server went: its whole grace
        (50_000, 52_000, GRACE - 2),  # it had waited for two seconds
        (50_000, 90_000, 0),  # it was over, and nobody had said so
        (50_000, 1, GRACE),  # nobody knows
    ):
        await bench.client.hset(record, "away_until", lost + round(GRACE * 1000))
        other = bench.other_server()
        async with bench.verify():
            has = await other.devices.lose(
                bench.who.account, device, "s1", own, absent_since=absent
            )
        assert has == max(0, left)
        again = await other.devices.lose(bench.who.account, device, "s1", own, absent_since=absent)
        assert again is not None
        assert again <= has, "asked again, because the answer was lost"
        until = int(await bench.field(record, "away_until") or 0)
        assert abs(until - await bench.now() - left * 1000) < 2000
        own = other.server.current
