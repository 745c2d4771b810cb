"""run_pause, and what a paused run does: it keeps its lock and its place, and claims nobody."""

import msgspec
import pytest

from alphasync.domain.events import (
    ProcessingComplete,
    ProcessingPaused,
    ProcessingProgress,
    ProcessingResumed,
    ProcessingStarted,
    ProcessingStopped,
    ProcessingTakenOver,
)
from alphasync.domain.roles import Role
from alphasync.errors import Locked, NotAllowed, NotRunning
from alphasync.membership.holdings import Holding
from alphasync.protocol.run_commands import PauseProcessing, ResumeProcessing
from alphasync.services.progress import NOTHING
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


async def pause(bench: Bench, device: str = "d2", profile: str = PROFILE) -> None:
    command = PauseProcessing(profile_id=profile, type="chat")
    await bench.runs.pause(bench.who, device, command)


async def resume(bench: Bench, device: str = "d3", profile: str = PROFILE) -> None:
    command = ResumeProcessing(profile_id=profile, type="chat")
    await bench.runs.resume(bench.who, device, command)


async def test_any_device_pauses_a_run_and_any_lets_it_go_on(bench: Bench) -> None:
    await bench.start(device="d1")
    async with bench.verify(ProcessingPaused, ProcessingResumed) as made:
        await pause(bench, "d2")
        run = await bench.run()
        assert run.paused
        with pytest.raises(Locked):
            await bench.start(device="d2")
        await resume(bench, "d3")
    assert bench.last("run_pause") == "OK"
    paused, resumed = made
    assert (paused.device_id, paused.paused_by, resumed.resumed_by) == ("d1", "d2", "d3")
    assert (paused.profile_id, paused.type, paused.operator_id) == (PROFILE, "chat", "1")
    assert not (await bench.run()).paused


async def test_once_more_changes_nothing(bench: Bench) -> None:
    await bench.start()
    async with bench.verify():
        await resume(bench)
    await pause(bench)
    async with bench.verify():
        await pause(bench, "d9")


async def test_what_does_not_run_is_not_paused(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.progress.complete(ticket, NOTHING)
    async with bench.verify():
        for change in (pause, resume):
            with pytest.raises(NotRunning):
                await change(bench)
            with pytest.raises(NotRunning):
                await change(bench, profile="another")
            assert bench.last("run_pause") == "NOT_RUNNING"


async def test_the_last_recipient_ends_a_paused_run(bench: Bench) -> None:
    ticket = await bench.start()
    settled = await bench.claim(ticket, 1, "r1")
    await pause(bench)
    async with bench.verify(ProcessingProgress, ProcessingComplete):
        await bench.progress.complete(ticket, settled)
    assert not (await bench.run()).paused


async def test_a_paused_run_is_stopped_and_the_next_one_is_not_paused(bench: Bench) -> None:
    await bench.start()
    await pause(bench)
    async with bench.verify(ProcessingStopped, ProcessingStarted):
        await bench.stop()
        assert not (await bench.run()).paused
        ticket = await bench.start()
    await bench.claim(ticket, 1, "r1")


async def test_a_pause_stays_one_at_another_server(bench: Bench) -> None:
    ticket = await bench.start(device="nobody", detached=True)
    await pause(bench)
    held = Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )
    other = bench.other_server()
    async with bench.verify(ProcessingTakenOver):
        taken = await other.takeover.run(held)
    assert taken is not None
    assert (await bench.run()).paused
    step = await bench.progress.step(taken[0], 1, NOTHING, "r1", "Name", "page")
    assert step.paused
    assert await bench.blocked() == set()


async def test_it_is_there_after_a_day_without_a_server(bench: Bench) -> None:
    """Whatever ends before that: the lists that name it live as long."""
    ticket = await bench.start(device="d1")
    await pause(bench)
    other = await bench.start("2", device="d1")
    async with bench.verify(ProcessingComplete):
        await bench.progress.complete(other, NOTHING)
    day, names = 24 * 3600, bench.names
    assert await bench.ttl(names.run("chat", "2")) <= 3600
    for key in (names.run("chat", PROFILE), names.runs, f"{names.runs}:running"):
        assert await bench.ttl(key) > day, key
    # The lock is free by then, and held again by whoever looks after the run.
    await bench.client.delete(names.lock("chat", PROFILE))
    assert (await bench.progress.touch(ticket)).paused
    with pytest.raises(Locked):
        await bench.start(device="d2")


async def test_an_operator_leaves_those_of_others_alone(bench: Bench) -> None:
    await bench.start()
    bench.who = msgspec.structs.replace(bench.who, operator_id="2")
    async with bench.verify():
        for change in (pause, resume):
            with pytest.raises(NotAllowed):
                await change(bench)
            assert bench.last("run_pause") == "OTHERS"
    bench.who = msgspec.structs.replace(bench.who, role=Role.MANAGER)
    async with bench.verify(ProcessingPaused):
        await pause(bench)
