"""run_stop: any device stops any run, once."""

import msgspec
import pytest

from alphasync.domain.events import ProcessingStopped
from alphasync.domain.roles import Role
from alphasync.domain.runs import RunStatus
from alphasync.errors import NotAllowed, NotRunning
from alphasync.services.progress import NOTHING
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


async def test_another_device_stops_it_and_the_lock_is_free(bench: Bench) -> None:
    await bench.start(device="d1")
    async with bench.verify(ProcessingStopped) as made:
        await bench.stop(device="d2")
    assert bench.last("run_stop") == "OK"
    [stopped] = made
    assert (stopped.device_id, stopped.stopped_by) == ("d1", "d2")
    assert (stopped.profile_id, stopped.type, stopped.operator_id) == (PROFILE, "chat", "1")
    assert stopped.stopped_at == stopped.timestamp
    run = await bench.run()
    assert (run.status, run.stopped_by, run.message) == (RunStatus.STOPPED, "d2", "Stopped")
    assert not await bench.client.exists(bench.names.lock("chat", PROFILE))
    await bench.start(device="d2")


async def test_nothing_to_stop(bench: Bench) -> None:
    async with bench.verify():
        with pytest.raises(NotRunning):
            await bench.stop()
    assert bench.last("run_stop") == "NOT_RUNNING"
    await bench.start()
    await bench.stop()
    async with bench.verify():
        with pytest.raises(NotRunning):
            await bench.stop()
        with pytest.raises(NotRunning):
            await bench.stop(profile="1002")


async def test_a_completed_run_is_not_stopped(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.progress.complete(ticket, NOTHING)
    async with bench.verify():
        with pytest.raises(NotRunning):
            await bench.stop()
    assert (await bench.run()).status is RunStatus.COMPLETED


async def test_the_lock_of_a_later_run_stays(bench: Bench) -> None:
    """A record that outlived its lock does not free the lock of somebody else."""
    await bench.start()
    lock = bench.names.lock("chat", PROFILE)
    await bench.client.hset(lock, mapping={"run_id": "another", "device": "d9"})
    async with bench.verify(ProcessingStopped):
        await bench.stop()
    assert await bench.field(lock, "device") == "d9"


async def test_an_operator_leaves_those_of_others_alone(bench: Bench) -> None:
    await bench.start()
    bench.who = msgspec.structs.replace(bench.who, operator_id="2")
    async with bench.verify():
        with pytest.raises(NotAllowed):
            await bench.stop()
    assert bench.last("run_stop") == "OTHERS"
    bench.who = msgspec.structs.replace(bench.who, role=Role.MANAGER)
    async with bench.verify(ProcessingStopped):
        await bench.stop()
