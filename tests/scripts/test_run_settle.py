"""run_settle: the answer for a recipient whose run was ended by somebody else."""

import pytest

from alphasync.domain.events import RunSettled, UncertainResolved
from alphasync.domain.runs import Counters, RunStatus
from alphasync.membership.holdings import Holding
from alphasync.services.progress import Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


@pytest.mark.parametrize(
    ("outcome", "counters", "stays", "listed"),
    [
        (Outcome.SENT, Counters(sent=1), True, False),
        (Outcome.SKIPPED, Counters(skipped=1), True, False),
        (Outcome.FAILED, Counters(failed=1), False, False),
        (Outcome.UNCERTAIN, Counters(uncertain=1), True, True),
        (Outcome.RELEASED, Counters(), False, False),
    ],
)
async def test_the_counters_move_and_the_status_does_not(
    bench: Bench, outcome: Outcome, counters: Counters, stays: bool, listed: bool
) -> None:
    ticket = await bench.start()
    claimed = became(await bench.claim(ticket, 1, "r1"), outcome)
    await bench.stop()
    async with bench.verify(RunSettled) as made:
        await bench.progress.settle(ticket, claimed)
    assert bench.last("run_settle") == "OK"
    assert (made[0].message, made[0].current) == (f"r1 {outcome}", counters.current)
    run = await bench.run()
    assert (run.status, run.counters) == (RunStatus.STOPPED, counters)
    assert await bench.blocked() == ({"r1"} if stays else set())
    assert await bench.listed() == ({"r1": "Name of r1"} if listed else {})


async def test_an_answer_given_twice_counts_once(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.stop()
    await bench.progress.settle(ticket, claimed)
    async with bench.verify():
        await bench.progress.settle(ticket, claimed)
    assert bench.last("run_settle") == "RELEASED"
    assert (await bench.run()).counters == Counters(sent=1)


@pytest.mark.parametrize(
    ("outcome", "stays", "listed"),
    [
        (Outcome.SENT, True, False),
        (Outcome.SKIPPED, True, False),
        (Outcome.FAILED, False, False),
        (Outcome.RELEASED, False, False),
        (Outcome.UNCERTAIN, True, True),
    ],
)
async def test_after_the_next_run_began_only_the_lists_are_settled(
    bench: Bench, outcome: Outcome, stays: bool, listed: bool
) -> None:
    ticket = await bench.start()
    claimed = became(await bench.claim(ticket, 1, "r1"), outcome)
    await bench.stop()
    await bench.start()
    assert await bench.listed() == {"r1": "Name of r1"}
    async with bench.verify(*([] if listed else [UncertainResolved])):
        await bench.progress.settle(ticket, claimed)
    assert bench.last("run_settle") == "RELEASED"
    assert (await bench.run()).counters == Counters()
    assert await bench.blocked() == ({"r1"} if stays else set())
    assert await bench.listed() == ({"r1": "Name of r1"} if listed else {})
    # Who is messaged by neither is at least named.
    failed = [found["name"] for found in (await bench.list_failed())["recipients"]]
    assert failed == (["Name of r1"] if outcome is Outcome.FAILED else [])


async def test_a_recipient_claimed_anew_is_the_new_runs(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.stop()
    newer = await bench.start()
    await bench.resolve("resend")
    again = await bench.claim(newer, 1, "r1")
    await bench.client.zadd(bench.names.sent("chat", PROFILE), {"r1": int(claimed.claimed_at) + 5})
    async with bench.verify():
        await bench.progress.settle(ticket, became(claimed, Outcome.FAILED))
    assert await bench.blocked() == {"r1"}
    await bench.progress.complete(newer, again)
    assert (await bench.run()).counters == Counters(sent=1)


@pytest.mark.parametrize(
    ("outcome", "action", "counters"),
    [
        (Outcome.SENT, "leave", Counters(total=3, sent=1)),
        (Outcome.SKIPPED, "leave", Counters(total=3, skipped=1)),
        (Outcome.FAILED, "resend", Counters(total=3, failed=1)),
        (Outcome.RELEASED, "resend", Counters(total=2)),
    ],
)
async def test_a_run_that_was_taken_over_counts_a_late_answer(
    bench: Bench, outcome: Outcome, action: str, counters: Counters
) -> None:
    ticket = await bench.start(detached=True)
    await bench.plan(ticket, 3)
    claimed = became(await bench.claim(ticket, 1, "r1"), outcome)
    server = bench.server.current
    holding = Holding("run", server, ticket.account, PROFILE, "chat", ticket.run_id)
    assert await bench.other_server().takeover.run(holding)
    assert (await bench.run()).counters.uncertain == 1
    async with bench.verify(UncertainResolved) as made:
        await bench.progress.settle(ticket, claimed)
    assert (made[0].action, made[0].answered, made[0].count) == (action, True, 1)
    assert (await bench.run()).counters == counters
    assert await bench.listed() == {}
    assert await bench.blocked() == ({"r1"} if action == "leave" else set())
