"""device_rename: a name given by its operator stays."""

import msgspec
import pytest

from alphasync.domain.events import DeviceUpdated
from alphasync.errors import UnknownDevice
from tests.scripts.bench import Bench, identity


async def test_a_name_that_was_given_stays_whatever_the_device_says_of_itself(
    bench: Bench,
) -> None:
    first = await bench.devices.join(bench.who, "s1", "Chrome on Linux")
    async with bench.verify(DeviceUpdated) as made:
        await bench.rename("Front desk", first.device_id)
    assert bench.last("device_rename") == "OK"
    assert (made[0].device.name, made[0].device.state) == ("Front desk", "here")
    pair = (first.device_id, first.resume_token)
    async with bench.verify():
        again = await bench.devices.join(bench.who, "s2", "Chrome on Linux", *pair)
    assert again.name == "Front desk"


async def test_a_device_that_is_away_can_be_renamed(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    async with bench.verify(DeviceUpdated) as made:
        await bench.rename("Mine", first.device_id)
    assert (made[0].device.name, made[0].device.state) == ("Mine", "away")


async def test_who_is_not_here_or_somebody_elses_is_unknown(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    mate = msgspec.structs.replace(bench.who, operator_id="mate")
    async with bench.verify():
        for device, who in (("nobody", bench.who), (first.device_id, mate)):
            with pytest.raises(UnknownDevice):
                await bench.rename("Mine", device, who)
        with pytest.raises(UnknownDevice):
            await bench.rename("Mine", first.device_id, identity("2"))
    assert bench.last("device_rename") == "UNKNOWN"
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    await bench.client.hset(bench.names.device(first.device_id), "away_until", 1)
    with pytest.raises(UnknownDevice):
        await bench.rename("Mine", first.device_id)
