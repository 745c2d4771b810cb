"""devices_tell, and what is told of who is here."""

import asyncio

import msgspec
import pytest

from alphasync.domain.devices import Device
from alphasync.domain.events import DeviceJoined, DeviceLeft, DevicesChanged, DeviceUpdated
from alphasync.services.roster import Roster
from alphasync.store.scripts.limits import DEVICE_EVENTS_MAX
from alphasync.store.scripts.loading import load
from tests.harness import wait_until
from tests.scripts.bench import Bench

LONG = 600.0


@pytest.fixture(autouse=True)
def _long_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """So long that none passes by itself, however slow the machine is."""
    # Not the scripts that were loaded for other tests.
    monkeypatch.setattr("alphasync.store.scripts.calls.load", load)
    for name in ("DEVICE_EVENTS_INTERVAL", "DEVICE_LISTED_INTERVAL"):
        monkeypatch.setattr(f"alphasync.store.scripts.limits.{name}", LONG)


async def here(bench: Bench) -> dict[str, Device]:
    return (await bench.snapshot()).devices


async def pass_a_second(bench: Bench) -> None:
    """Without waiting for it: the count of what was told is as old as that."""
    await bench.client.hset(f"{bench.names.devices}:told", "since", 1)


async def test_a_device_is_on_the_list_from_its_coming_to_its_end(bench: Bench) -> None:
    begun = await bench.now()
    async with bench.verify(DeviceJoined) as made:
        first = await bench.devices.join(bench.who, "s1", 'The "big" one\\ 📱')
    device = made[0].device
    assert (device.device_id, device.name) == (first.device_id, 'The "big" one\\ 📱')
    assert (device.operator_id, device.email, device.state) == ("1", msgspec.UNSET, "here")
    assert begun <= device.since == device.last_seen <= await bench.now()
    pair = (first.device_id, first.resume_token)
    own = bench.server.current
    async with bench.verify(DeviceUpdated, DeviceUpdated, DeviceUpdated) as made:
        await bench.devices.lose(bench.who.account, first.device_id, "s1", own)
        await bench.devices.join(bench.who, "s2", "", *pair)
        await bench.devices.join(bench.who, "s2", "Small", *pair)
    away, back, renamed = (event.device for event in made)
    assert [away.state, back.state, renamed.state] == ["away", "here", "here"]
    assert [away.name, back.name, renamed.name] == [device.name, device.name, "Small"]
    assert {each.since for each in (away, back, renamed)} == {device.since}
    async with bench.verify(DeviceLeft):
        await bench.devices.leave(bench.who.account, first.device_id, "s2", away=False)
    assert await here(bench) == {}


async def test_what_changes_nothing_is_told_nobody(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    pair = (first.device_id, first.resume_token)
    async with bench.verify():
        await bench.devices.join(bench.who, "s2", "", *pair)
        await bench.devices.restore(bench.who, "s2", "phone", *pair)
        await bench.devices.touch(bench.who, "s2", first.device_id)


async def test_who_comes_back_after_its_grace_is_here_since_it_came_first(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    since = (await here(bench))[first.device_id].since
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    await bench.client.hset(bench.names.device(first.device_id), "away_until", 1)
    async with bench.verify(DeviceLeft) as made:
        await bench.devices.leave(bench.who.account, first.device_id, "s1", away=True)
    assert made[0].reason == "lost"
    async with bench.verify(DeviceJoined) as made:
        await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    assert made[0].device.since == since


async def test_a_team_knows_who_everybody_is(bench: Bench) -> None:
    who = msgspec.structs.replace(bench.who, team="sales")
    joined = await bench.devices.join(who, "s1", "phone")
    assert (await here(bench))[joined.device_id].email == "a@b.example"


async def test_a_device_without_a_name_goes_by_its_usual_one(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "", usual_name="Chrome on Android")
    assert first.name == "Chrome on Android"
    pair = (first.device_id, first.resume_token)
    again = await bench.devices.join(bench.who, "s2", "", *pair, usual_name="Firefox")
    assert again.name == "Chrome on Android"
    assert (await bench.devices.join(bench.who, "s3", "Mine", *pair)).name == "Mine"


async def test_a_device_whose_record_is_gone_is_not_here(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.client.delete(bench.names.device(first.device_id))
    async with bench.verify(DeviceLeft):
        await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    assert await here(bench) == {}


async def test_a_full_list_takes_no_further_device(bench: Bench) -> None:
    bench.bound(listed_devices=2)
    joined = [await bench.devices.join(bench.who, f"s{n}", "phone") for n in range(3)]
    assert set(await here(bench)) == {device.device_id for device in joined[:2]}
    own, last = bench.server.current, joined[2].device_id
    async with bench.verify():
        await bench.devices.lose(bench.who.account, last, "s2", own)
        await bench.devices.join(bench.who, "s3", "", last, joined[2].resume_token)
    await bench.devices.leave(bench.who.account, joined[0].device_id, "s0", away=False)
    async with bench.verify(DeviceUpdated):
        await bench.devices.lose(bench.who.account, joined[1].device_id, "s1", own)


async def test_many_changes_at_once_are_told_as_one_list(bench: Bench) -> None:
    count = 3 * DEVICE_EVENTS_MAX
    told = [DeviceJoined] * DEVICE_EVENTS_MAX
    async with bench.verify(*told, DevicesChanged) as made:
        await asyncio.gather(
            *(bench.devices.join(bench.who, f"s{n}", "phone") for n in range(count))
        )
        await bench.roster.tell(bench.who.account)
        assert bench.last("devices_tell") == "WAIT"
        await pass_a_second(bench)
        assert await bench.roster.tell(bench.who.account) == 0
        assert bench.last("devices_tell") == "OK"
        await bench.roster.tell(bench.who.account)
        assert bench.last("devices_tell") == "NONE"
    assert len(made[-1].devices) == count


async def test_a_long_list_is_told_less_often(bench: Bench) -> None:
    count = 2 * DEVICE_EVENTS_MAX
    for number in range(count):
        await bench.devices.join(bench.who, f"s{number}", "phone")
    await pass_a_second(bench)
    await bench.devices.join(bench.who, "told", "phone")  # with the whole list
    for number in range(DEVICE_EVENTS_MAX):
        await bench.devices.join(bench.who, f"more {number}", "phone")
    seconds = await bench.roster.tell(bench.who.account) / 1000
    assert count * LONG < seconds <= (count + 1) * LONG


async def test_what_a_server_left_untold_is_told_with_the_next_change(bench: Bench) -> None:
    for number in range(DEVICE_EVENTS_MAX):
        await bench.devices.join(bench.who, f"s{number}", "phone")
    last = await bench.devices.join(bench.who, "last", "phone")
    await bench.roster.close()
    await pass_a_second(bench)
    async with bench.verify(DevicesChanged) as made:
        await bench.devices.leave(bench.who.account, last.device_id, "last", away=False)
    assert len(made[0].devices) == DEVICE_EVENTS_MAX


async def test_what_is_untold_is_told_by_itself(bench: Bench) -> None:
    joins = (bench.devices.join(bench.who, f"s{n}", "phone") for n in range(DEVICE_EVENTS_MAX + 2))
    await asyncio.gather(*joins)
    await bench.roster.close()
    await pass_a_second(bench)
    roster = Roster(bench.scripts)
    for _ in range(3):
        roster.tell_later(bench.who.account, 1)
    await wait_until(lambda: any(c.name == "devices_tell" for c in bench.scripts.calls))
    assert bench.last("devices_tell") == "OK"
    assert [c.name for c in bench.scripts.calls].count("devices_tell") == 1
