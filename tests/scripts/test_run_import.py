"""run_import: a run that ended with an earlier server is shown as interrupted."""

import pytest

from alphasync.domain import events
from alphasync.domain.identity import account_of
from alphasync.domain.runs import Counters, RunStatus
from alphasync.errors import TooManyRuns
from alphasync.services.bounds import AccountBounds
from alphasync.services.earlier_state import RUN_LEFT, EarlierRun, EarlierState, Place
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.deeds import PROFILE

PLACE = Place("1", account_of("1", None), PROFILE, "chat")


async def bring(bench: Bench, bounds: AccountBounds | None = None) -> str:
    run = EarlierRun("d9", await bench.now() - 60_000, 7, 10)
    state = EarlierState(bench.scripts, bounds or AccountBounds())
    return await state.run(PLACE, run)


async def test_devices_are_told_how_far_it_got_and_it_is_on_record(bench: Bench) -> None:
    async with bench.verify(events.ProcessingInterrupted) as made:
        assert await bring(bench) == "new"
    assert bench.last("run_import") == "OK"
    assert (made[0].current, made[0].total, made[0].reason) == (7, 10, RUN_LEFT)
    run = await bench.run()
    assert (run.status, run.reason, run.device_id) == (RunStatus.INTERRUPTED, RUN_LEFT, "d9")
    assert run.counters == Counters(total=10, sent=7)
    assert 0 < await bench.ttl(bench.names.run("chat", PROFILE)) <= LIFETIMES.run


async def test_a_run_of_the_accounts_own_stays(bench: Bench) -> None:
    ticket = await bench.start()
    async with bench.verify():
        assert await bring(bench) == "known"
    assert bench.last("run_import") == "KNOWN"
    await bench.claim(ticket, 1, "r1")
    await bench.stop()
    async with bench.verify():
        assert await bring(bench) == "known"


async def test_a_repeat_changes_nothing_and_a_run_starts_after_it(bench: Bench) -> None:
    await bring(bench)
    async with bench.verify():
        assert await bring(bench) == "known"
    await bench.claim(await bench.start(), 1, "r1")
    assert (await bench.run()).status is RunStatus.RUNNING


async def test_an_account_that_has_its_most_takes_none(bench: Bench) -> None:
    await bench.start("1002")
    async with bench.verify():
        with pytest.raises(TooManyRuns):
            await bring(bench, AccountBounds(runs=1))
    assert bench.last("run_import") == "FULL"
