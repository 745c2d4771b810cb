"""device_sign_out: another device of the operator goes, and does not come back as itself."""

import msgspec
import pytest

from alphasync.domain.events import DeviceLeft, ProcessingInterrupted
from alphasync.errors import InvalidPayload, UnknownDevice
from alphasync.protocol.device_commands import SignOutDevice
from alphasync.store.scripts.limits import PAGE_ENDS_MAX
from tests.scripts.bench import Bench


async def test_its_runs_end_its_proof_is_void_and_its_session_is_known(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.start(device=first.device_id)
    async with bench.verify(ProcessingInterrupted, DeviceLeft) as made:
        assert await bench.sign_out(first.device_id) == "s1"
    assert bench.last("device_sign_out") == "OK"
    assert (made[0].reason, made[1].reason) == ("Device disconnected", "signed_out")
    pair = (first.device_id, first.resume_token)
    assert not await bench.devices.restore(bench.who, "s1", "phone", *pair), "nor its session"
    async with bench.verify():
        assert not await bench.devices.touch(bench.who, "s1", first.device_id)
        own = bench.server.current
        assert await bench.devices.lose(bench.who.account, first.device_id, "s1", own) is None
        assert await bench.sign_out(first.device_id) == "s1", "asked again, after a lost answer"
    again = await bench.devices.join(bench.who, "s2", "phone", *pair)
    assert not again.resumed


async def test_a_device_that_is_away_is_signed_out_and_not_guessed_by_its_token(
    bench: Bench,
) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    assert await bench.sign_out(first.device_id) == ""
    assert not (await bench.devices.join(bench.who, "s2", "phone")).resumed


async def test_who_is_not_here_or_somebody_elses_is_unknown(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    mate = msgspec.structs.replace(bench.who, operator_id="mate")
    async with bench.verify():
        for device, who in (("nobody", bench.who), (first.device_id, mate)):
            with pytest.raises(UnknownDevice):
                await bench.sign_out(device, who)
        command = SignOutDevice(device_id=first.device_id)
        with pytest.raises(InvalidPayload):
            await bench.own_devices.sign_out(bench.who, first.device_id, command)
    assert bench.last("device_sign_out") == "UNKNOWN"


async def test_more_runs_than_one_script_may_end(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    for number in range(PAGE_ENDS_MAX + 1):
        await bench.start(str(number), device=first.device_id)
    async with bench.verify(*[ProcessingInterrupted] * (PAGE_ENDS_MAX + 1), DeviceLeft):
        await bench.sign_out(first.device_id)
    outcomes = [c.outcome for c in bench.scripts.calls if c.name == "device_sign_out"]
    assert outcomes == ["MORE", "OK"]
