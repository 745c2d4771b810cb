"""run_take: a run becomes another device's, and goes on without a break."""

import msgspec
import pytest

from alphasync.domain.events import (
    DeviceLeft,
    DeviceReconnecting,
    DeviceUpdated,
    ProcessingInterrupted,
    ProcessingProgress,
    ProcessingTakenOver,
)
from alphasync.domain.roles import Role
from alphasync.errors import Locked, NotAllowed, NotRunning, SignedOut, UnknownProfile
from alphasync.protocol.run_commands import TakeOverProcessing
from alphasync.services.progress import Owner
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE

COMMAND = TakeOverProcessing(profile_id=PROFILE, type="chat")


async def take(bench: Bench, device: str, *others: str) -> None:
    for asking in (device, *others):
        await bench.runs.take_over(bench.who, asking, COMMAND)


async def test_a_run_becomes_another_devices_and_its_runner_goes_on(bench: Bench) -> None:
    ticket = await bench.start(device="d1")
    await bench.plan(ticket, 3)
    settled = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingTakenOver, ProcessingProgress) as made:
        await take(bench, "d2")
    assert bench.last("run_take") == "OK"
    taken, progress = made
    assert (taken.device_id, taken.from_device_id, taken.operator_id) == ("d2", "d1", "1")
    # Clients that do not know the event learn it by the next line of text.
    assert (progress.device_id, progress.progress.device_id) == ("d2", "d2")
    assert progress.progress.started_at == ticket.started_at
    with pytest.raises(Locked) as refused:
        await bench.start(device="d1")
    assert refused.value.details["lockOwner"] == "d2"
    async with bench.verify(ProcessingProgress) as made:
        step = await bench.progress.step(ticket, 2, settled, "r2", "Name", "page")
    assert step.owner == Owner("d2", "1", "")
    assert made[0].device_id == made[0].progress.device_id == "d2", "though the runner did not know"
    assert (await bench.progress.touch(ticket)).owner == step.owner


async def test_in_a_team_it_becomes_the_asking_operators(bench: Bench) -> None:
    ticket = await bench.start(device="d1")
    mate = msgspec.structs.replace(bench.who, operator_id="2", role=Role.MANAGER, sign_in="theirs")
    async with bench.verify(ProcessingTakenOver, ProcessingProgress) as made:
        await bench.runs.take_over(mate, "d2", COMMAND)
    assert [event.operator_id for event in made] == ["2", "2"]
    step = await bench.progress.step(ticket, 1, await bench.claim(ticket, 1, "r1"))
    assert step.owner == Owner("d2", "2", "theirs")
    assert (await bench.run()).operator_id == "2"


async def test_its_own_device_changes_nothing(bench: Bench) -> None:
    await bench.start(device="d1")
    async with bench.verify():
        await take(bench, "d1")
    assert bench.last("run_take") == "OK"


async def test_what_does_not_run_is_not_taken_over(bench: Bench) -> None:
    async with bench.verify():
        with pytest.raises(NotRunning):
            await take(bench, "d2")
    await bench.start(device="d1")
    await bench.stop()
    async with bench.verify():
        with pytest.raises(NotRunning):
            await take(bench, "d2")
    assert bench.last("run_take") == "NOT_RUNNING"
    limited = msgspec.structs.replace(bench.who, profiles=frozenset({"another"}))
    with pytest.raises(UnknownProfile):
        await bench.runs.take_over(limited, "d2", COMMAND)


async def test_it_ends_with_the_new_device_and_not_with_the_former_one(bench: Bench) -> None:
    first, second = [
        (await bench.devices.join(bench.who, session, "phone")).device_id for session in "ab"
    ]
    await bench.start(device=first)
    async with bench.verify(DeviceReconnecting, DeviceUpdated):
        await bench.devices.lose(bench.who.account, first, "a", bench.server.current)
    async with bench.verify(ProcessingTakenOver, ProcessingProgress):
        await take(bench, second)
    run = await bench.run()
    assert (run.device_id, run.away) == (second, False)
    await bench.client.hset(bench.names.device(first), "away_until", await bench.now() - 1)
    async with bench.verify(DeviceLeft):
        await bench.devices.leave(bench.who.account, first, "", away=True)
    async with bench.verify(ProcessingInterrupted, DeviceLeft):
        await bench.devices.leave(bench.who.account, second, "b", away=False)


async def test_a_detached_one_stays_so(bench: Bench) -> None:
    await bench.start(device="d1", detached=True)
    await take(bench, "d2")
    run = await bench.run()
    assert (run.device_id, run.detached) == ("d2", True)


async def test_an_operator_leaves_those_of_others_alone(bench: Bench) -> None:
    await bench.start(device="d1")
    bench.who = msgspec.structs.replace(bench.who, operator_id="2")
    async with bench.verify():
        with pytest.raises(NotAllowed):
            await take(bench, "d2")
    assert bench.last("run_take") == "OTHERS"
    assert (await bench.run()).device_id == "d1"


async def test_a_login_that_was_ended_takes_nothing_over(bench: Bench) -> None:
    opened, other = await bench.sign_in(), await bench.sign_in()
    await bench.start(device="d1", detached=True)
    await bench.endings.end(bench.come_with(other), opened.sid, of_all=False)
    async with bench.verify():
        with pytest.raises(SignedOut):
            await bench.runs.take_over(bench.come_with(opened), "d2", COMMAND)
    assert bench.last("run_take") == "SIGNED_OUT"
    assert (await bench.run()).device_id == "d1"
    async with bench.verify(ProcessingTakenOver, ProcessingProgress):
        await bench.runs.take_over(bench.come_with(other), "d2", COMMAND)
