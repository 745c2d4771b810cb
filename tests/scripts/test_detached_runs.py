"""Runs that depend on no device: none ends them, is marked on them, or is given them."""

import pytest
from msgspec import UNSET

from alphasync.domain.events import (
    DeviceLeft,
    DeviceReconnected,
    DeviceReconnecting,
    DeviceUpdated,
    ProcessingComplete,
    ProcessingInterrupted,
    ProcessingStarted,
    ProcessingStopped,
    ProcessingTakenOver,
)
from alphasync.domain.runs import RunStatus
from alphasync.membership.holdings import Holding
from alphasync.services.progress import NOTHING, NoLongerRunner
from alphasync.services.runs import Ticket
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE

ATTACHED = "another profile"


def held(bench: Bench, ticket: Ticket) -> Holding:
    return Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )


@pytest.fixture
async def device(bench: Bench) -> str:
    """One that has started a run of each kind."""
    device_id = (await bench.devices.join(bench.who, "s1", "phone")).device_id
    await bench.start(device=device_id, detached=True)
    await bench.start(ATTACHED, device=device_id)
    return device_id


async def goes_on(bench: Bench, device: str) -> None:
    run = await bench.run()
    assert (run.status, run.device_id) == (RunStatus.RUNNING, device)
    assert run.detached
    assert not run.away
    assert await bench.client.exists(bench.names.lock("chat", PROFILE))


async def test_it_is_told_until_its_end(bench: Bench) -> None:
    async with bench.verify(ProcessingStarted) as made:
        ticket = await bench.start(detached=True)
    assert made[0].detached is True
    async with bench.verify(ProcessingComplete):
        await bench.progress.complete(ticket, NOTHING)
    assert not (await bench.run()).detached
    for detached, told in ((False, UNSET), (True, True)):
        async with bench.verify(ProcessingStarted, ProcessingStopped) as made:
            await bench.start(detached=detached)
            await bench.stop()
        assert made[0].detached is told
        assert not (await bench.run()).detached


async def test_a_device_that_leaves_ends_what_depends_on_it(bench: Bench, device: str) -> None:
    async with bench.verify(ProcessingInterrupted, DeviceLeft) as made:
        await bench.devices.leave(bench.who.account, device, "s1", away=False)
    assert made[0].profile_id == ATTACHED
    await goes_on(bench, device)


async def test_a_device_that_is_signed_out_ends_what_depends_on_it(
    bench: Bench, device: str
) -> None:
    async with bench.verify(ProcessingInterrupted, DeviceLeft) as made:
        assert await bench.sign_out(device) == "s1"
    assert made[0].profile_id == ATTACHED
    await goes_on(bench, device)


async def test_one_that_is_lost_and_does_not_come_back(bench: Bench, device: str) -> None:
    async with bench.verify(DeviceReconnecting, DeviceUpdated) as made:
        await bench.devices.lose(bench.who.account, device, "s1", bench.server.current)
    assert made[0].profile_id == ATTACHED
    await goes_on(bench, device)
    await bench.client.hset(bench.names.device(device), "away_until", await bench.now() - 1)
    async with bench.verify(ProcessingInterrupted, DeviceLeft):
        await bench.devices.leave(bench.who.account, device, "", away=True)
    await goes_on(bench, device)


async def test_one_that_comes_back_as_another_takes_only_what_depends_on_it(
    bench: Bench, device: str
) -> None:
    other = bench.other_server()
    again = await other.devices.join(bench.who, "s2", "")
    async with bench.verify(DeviceReconnected, DeviceLeft) as made:
        await other.devices.lose(
            bench.who.account, device, "s1", bench.server.current, silent_since=1
        )
    assert (made[0].profile_id, made[0].device_id) == (ATTACHED, again.device_id)
    await goes_on(bench, device)


async def test_of_two_that_are_missing_the_one_that_something_depends_on_comes_back(
    bench: Bench,
) -> None:
    """Though the other one, which has a detached run, was lost last."""
    first, second = [
        (await bench.devices.join(bench.who, session, "phone")).device_id for session in "ab"
    ]
    await bench.start(ATTACHED, device=first)
    await bench.start(device=second, detached=True)
    for session, device_id in (("a", first), ("b", second)):
        await bench.devices.lose(bench.who.account, device_id, session, bench.server.current)
    back = await bench.devices.join(bench.who, "c", "phone")
    assert (back.device_id, back.resumed) == (first, True)


@pytest.mark.parametrize("in_flight", [True, False])
async def test_another_server_goes_on_with_it_though_no_device_is_there(
    bench: Bench, in_flight: bool
) -> None:
    ticket = await bench.start(device="nobody", detached=True)
    await bench.plan(ticket, 5)
    settled = await bench.claim(ticket, 1, "r1")
    if not in_flight:
        await bench.progress.step(ticket, 2, settled)
    other = bench.other_server()
    async with bench.verify(ProcessingTakenOver):
        taken = await other.takeover.run(held(bench, ticket))
    assert taken is not None
    adopted, resume = taken
    assert (adopted.run_id, resume.last) == (ticket.run_id, "r1")
    # The gateway of this run honours no keys: nobody knows of the one in flight.
    assert await bench.listed() == ({"r1": "Name of r1"} if in_flight else {})
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.claim(ticket, 3, "r2")
        third = other.other_server()
        assert await third.takeover.run(held(bench, ticket)) is None
    await bench.claim(adopted, 1, "r2")
    await goes_on(bench, "nobody")
