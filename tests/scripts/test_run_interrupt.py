"""run_interrupt: a run that cannot go on, as its own runner says."""

import pytest

from alphasync.domain.events import ProcessingInterrupted
from alphasync.domain.runs import Counters, RunStatus
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_the_reason_is_told_and_the_lock_is_free(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingInterrupted) as made:
        await bench.progress.interrupt(ticket, claimed, "The gateway said no", "gateway_refused")
    assert bench.last("run_interrupt") == "OK"
    assert (made[0].reason, made[0].code) == ("The gateway said no", "gateway_refused")
    assert (made[0].device_id, made[0].operator_id, made[0].sent) == ("d1", "1", 1)
    run = await bench.run()
    assert (run.status, run.message) == (RunStatus.INTERRUPTED, "The gateway said no")
    assert run.counters == Counters(sent=1)
    assert not await bench.client.exists(bench.names.lock("chat", PROFILE))


async def test_a_recipient_given_back_is_free_for_the_next_run(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingInterrupted):
        await bench.progress.interrupt(ticket, became(claimed, Outcome.RELEASED), "No", "x")
    assert await bench.blocked() == set()
    assert (await bench.run()).counters == Counters()
    await bench.claim(await bench.start(), 1, "r1")


async def test_a_runner_that_failed_leaves_its_recipient_blocked_and_in_doubt(
    bench: Bench,
) -> None:
    ticket = await bench.start()
    await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingInterrupted):
        await bench.progress.abandon(ticket)
    assert await bench.blocked() == {"r1"}
    await bench.start()
    assert await bench.listed() == {"r1": "Name of r1"}


async def test_only_the_runner_interrupts(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.stop()
    await bench.start()
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.progress.interrupt(ticket, NOTHING, "No", "x")
    assert bench.last("run_interrupt") == "SUPERSEDED"
    assert (await bench.run()).status is RunStatus.RUNNING
