"""run_settle: the answer for a recipient whose run was ended by somebody else."""

import pytest
from msgspec.structs import replace

from alphasync.domain.events import RunSettled, UncertainResolved
from alphasync.domain.runs import Counters, RunStatus
from alphasync.membership.holdings import Holding
from alphasync.services.progress import NOTHING, Outcome, Settled
from alphasync.services.runs import Ticket
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


async def asked_again(bench: Bench) -> tuple[Ticket, Settled, Ticket, Settled]:
    """A runner with its claim, and the one that goes on with the same recipient after it."""
    ticket = await bench.start(detached=True)
    await bench.progress.plan(ticket, 3, 0, "Planned", honours_keys=True)
    claimed = await bench.claim(ticket, 1, "r1")
    holding = Holding("run", bench.server.current, ticket.account, PROFILE, "chat", ticket.run_id)
    taken = await bench.other_server().takeover.run(holding)
    assert taken is not None
    newer, resume = taken
    return ticket, claimed, newer, replace(claimed, claimed_at=resume.claimed_at)


@pytest.mark.parametrize("late", Outcome)
@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "has ended"])
async def test_who_was_asked_for_again_and_messaged_stays_so(
    bench: Bench, late: Outcome, ends: bool
) -> None:
    ticket, claimed, newer, again = await asked_again(bench)
    await bench.progress.step(newer, 1, again)
    if ends:
        await bench.stop()
        await bench.start()
    counters = (await bench.run()).counters
    async with bench.verify():
        await bench.progress.settle(ticket, became(claimed, late))
    assert bench.last("run_settle") == "RELEASED"
    assert await bench.blocked() == {"r1"}
    assert await bench.listed() == {}
    assert (await bench.list_failed())["recipients"] == []
    assert (await bench.run()).counters == counters


@pytest.mark.parametrize("late", Outcome)
async def test_while_they_are_asked_for_again_that_alone_counts(
    bench: Bench, late: Outcome
) -> None:
    ticket, claimed, newer, again = await asked_again(bench)
    async with bench.verify():
        await bench.progress.settle(ticket, became(claimed, late))
    assert await bench.blocked() == {"r1"}
    await bench.progress.step(newer, 1, again)
    assert (await bench.run()).counters == Counters(total=3, sent=1)


@pytest.mark.parametrize("late", Outcome)
async def test_where_the_second_try_has_no_answer_only_one_that_arrived_says_more(
    bench: Bench, late: Outcome
) -> None:
    ticket, claimed, newer, again = await asked_again(bench)
    await bench.progress.step(newer, 1, became(again, Outcome.UNCERTAIN))
    arrived = late is Outcome.SENT
    async with bench.verify(*([UncertainResolved] if arrived else [])):
        await bench.progress.settle(ticket, became(claimed, late))
    assert await bench.blocked() == {"r1"}
    assert await bench.listed() == ({} if arrived else {"r1": "Name of r1"})
    counted = Counters(total=3, sent=1) if arrived else Counters(total=3, uncertain=1)
    assert (await bench.run()).counters == counted


async def test_of_another_run_an_answer_says_nothing(bench: Bench) -> None:
    ticket, claimed, newer, again = await asked_again(bench)
    await bench.progress.step(newer, 1, became(again, Outcome.UNCERTAIN))
    await bench.progress.complete(newer, NOTHING)
    assert await bench.resolve("resend")
    third = await bench.start()
    await bench.progress.step(
        third, 2, became(await bench.claim(third, 1, "r1"), Outcome.UNCERTAIN)
    )
    async with bench.verify():
        await bench.progress.settle(ticket, claimed)
    assert await bench.listed() == {"r1": "Name of r1"}
