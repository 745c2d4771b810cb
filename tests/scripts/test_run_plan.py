"""run_plan: how many recipients, and how many of them are skipped."""

import pytest

from alphasync.domain.events import ProcessingProgress
from alphasync.domain.runs import Counters
from alphasync.services.progress import NoLongerRunner, Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_the_plan_is_put_on_record_and_shown(bench: Bench) -> None:
    ticket = await bench.start()
    async with bench.verify(ProcessingProgress) as made:
        await bench.plan(ticket, 10, skipped=4)
    assert bench.last("run_plan") == "OK"
    progress = made[0].progress
    assert (progress.current, progress.total, progress.message) == (4, 10, "Planned")
    assert (await bench.run()).counters == Counters(total=10, skipped=4)


async def test_a_plan_made_twice_is_the_same_plan(bench: Bench) -> None:
    ticket = await bench.start()
    async with bench.verify(ProcessingProgress, ProcessingProgress):
        await bench.plan(ticket, 10, skipped=4)
        await bench.plan(ticket, 10, skipped=4)
    assert (await bench.run()).counters == Counters(total=10, skipped=4)


async def test_of_a_run_that_goes_on_those_left_are_added_to_those_counted_by_then(
    bench: Bench,
) -> None:
    ticket = await bench.start()
    await bench.plan(ticket, 5)
    first = became(await bench.claim(ticket, 1, "r1"), Outcome.UNCERTAIN)
    await bench.claim(ticket, 3, "r3", await bench.claim(ticket, 2, "r2", first))
    # As a person decides between the takeover and the plan.
    await bench.resolve("resend", "r1")
    await bench.progress.plan(ticket, 2, None, "Planned", honours_keys=False, failed=None)
    assert (await bench.run()).counters == Counters(total=4, sent=1)


async def test_only_the_runner_plans(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.stop()
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.plan(ticket, 10)
    assert bench.last("run_plan") == "SUPERSEDED"


@pytest.mark.parametrize("honours_keys", [True, False])
async def test_whether_keys_are_honoured_is_kept_for_a_takeover(
    bench: Bench, honours_keys: bool
) -> None:
    ticket = await bench.start()
    await bench.progress.plan(ticket, 1, 0, "Planned", honours_keys=honours_keys)
    kept = await bench.field(bench.names.run("chat", PROFILE), "honours")
    assert kept == ("digest" if honours_keys else "")
