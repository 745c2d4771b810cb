"""run_rest, and run_plan of a later cycle: what a continuous run does between two cycles."""

import msgspec
import pytest

from alphasync.domain.events import (
    ProcessingComplete,
    ProcessingInterrupted,
    ProcessingProgress,
    ProcessingStarted,
    ProcessingStopped,
    ProcessingTakenOver,
    UncertainResolved,
)
from alphasync.domain.runs import Continuous, Counters, RunOptions, Totals
from alphasync.membership.holdings import Holding
from alphasync.protocol.run_commands import StartProcessing
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome
from alphasync.services.runs import Ticket
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became

PAUSE = 300.0
OPTIONS = RunOptions(2.5, Continuous(PAUSE))


async def begin(bench: Bench) -> Ticket:
    command = StartProcessing(
        profile_id=PROFILE,
        type="chat",
        message="Hello",
        detached=True,
        message_interval=2.5,
        continuous=Continuous(PAUSE),
    )
    return await bench.runs.start(bench.who, "d1", command)


async def plan(bench: Bench, ticket: Ticket, cycle: int, total: int = 3) -> None:
    await bench.progress.plan(ticket, total, 0, "Planned", honours_keys=True, cycle=cycle)


async def rest(bench: Bench, ticket: Ticket, missed: int = 0) -> float:
    return await bench.progress.rest(ticket, PAUSE, missed, "Through", None)


async def a_cycle(bench: Bench, ticket: Ticket, cycle: int, *outcomes: Outcome) -> None:
    await plan(bench, ticket, cycle)
    settled = NOTHING
    step = 10 * cycle
    for number, outcome in enumerate(outcomes):
        await bench.client.hset(bench.names.run("chat", PROFILE), "step", step + number - 1)
        claimed = await bench.claim(ticket, step + number, f"r{cycle}{number}", settled)
        settled = became(claimed, outcome)
    await bench.progress.step(ticket, step + len(outcomes), settled)


async def test_a_run_is_told_with_its_options_until_its_end(bench: Bench) -> None:
    async with bench.verify(ProcessingStarted) as made:
        ticket = await begin(bench)
    assert (made[0].message_interval, made[0].continuous) == (2.5, Continuous(PAUSE))
    assert ticket.options == (await bench.run()).options == OPTIONS
    async with bench.verify(ProcessingStopped, ProcessingStarted, ProcessingComplete):
        await bench.stop()
        assert (await bench.run()).options == RunOptions()
        other = await bench.start()
        await bench.progress.complete(other, NOTHING)


async def test_between_two_cycles_it_says_when_the_next_one_begins(bench: Bench) -> None:
    ticket = await begin(bench)
    await a_cycle(bench, ticket, 1, Outcome.SENT, Outcome.FAILED, Outcome.UNCERTAIN)
    before = await bench.now()
    async with bench.verify(ProcessingProgress) as made:
        left = await rest(bench, ticket)
    assert bench.last("run_rest") == "OK"
    assert left == PAUSE
    progress = made[0].progress
    assert before <= progress.next_cycle_at - 1000 * PAUSE <= await bench.now()
    assert (progress.cycle, progress.totals) == (1, Totals(sent=1, failed=1, uncertain=1))
    # Asked for again, it is the same wait, and nobody is told twice.
    async with bench.verify():
        assert 0 < await rest(bench, ticket) <= PAUSE
    assert (await bench.run()).next_cycle_at == progress.next_cycle_at
    run = bench.names.run("chat", PROFILE)
    assert [await bench.field(run, name) for name in ("last", "cursor")] == ["", ""]


async def test_a_cycle_counts_anew_and_the_totals_go_on(bench: Bench) -> None:
    ticket = await begin(bench)
    await a_cycle(bench, ticket, 1, Outcome.SENT, Outcome.FAILED, Outcome.UNCERTAIN)
    await rest(bench, ticket)
    async with bench.verify(ProcessingProgress, ProcessingProgress) as made:
        await plan(bench, ticket, 2, total=7)
        await plan(bench, ticket, 2, total=7)  # the answer was lost
    assert [event.progress.next_cycle_at for event in made] == [msgspec.UNSET] * 2
    run = await bench.run()
    assert (run.cycle, run.counters) == (2, Counters(total=7))
    assert run.totals == Totals(sent=1, failed=1, uncertain=1)
    await a_cycle(bench, ticket, 2, Outcome.SENT, Outcome.SENT)
    async with bench.verify(ProcessingStopped) as made:
        await bench.stop()
    assert (made[0].cycle, made[0].sent, made[0].totals) == (2, 2, Totals(3, 1, 1))
    assert (await bench.run()).totals == Totals(3, 1, 1)


async def test_a_cycle_that_could_not_begin_is_waited_for_once_more(bench: Bench) -> None:
    ticket = await begin(bench)
    await a_cycle(bench, ticket, 1, Outcome.SENT)
    await rest(bench, ticket)
    run = bench.names.run("chat", PROFILE)
    await bench.client.hset(run, "next_at", await bench.now() - 5)
    assert await rest(bench, ticket) == 0
    async with bench.verify(ProcessingProgress):
        assert await rest(bench, ticket, missed=1) == PAUSE
    assert (await bench.run()).cycle == 1
    await plan(bench, ticket, 2)
    assert await bench.field(run, "missed") == "0"


async def test_a_wait_keeps_the_lock_and_the_record(bench: Bench) -> None:
    ticket = await begin(bench)
    await plan(bench, ticket, 1)
    lock, run = bench.names.lock("chat", PROFILE), bench.names.run("chat", PROFILE)
    for key in (lock, run):
        await bench.client.pexpire(key, 60_000)
    await rest(bench, ticket)
    assert await bench.ttl(lock) > 1700
    assert await bench.ttl(run) > 3500


async def test_an_end_in_a_wait_is_the_end_of_the_wait(bench: Bench) -> None:
    ticket = await begin(bench)
    await plan(bench, ticket, 1)
    await rest(bench, ticket)
    async with bench.verify(ProcessingStopped) as made:
        await bench.stop()
    assert (made[0].cycle, made[0].next_cycle_at) == (1, msgspec.UNSET)
    assert (await bench.run()).next_cycle_at == 0
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await rest(bench, ticket)
    assert bench.last("run_rest") == "SUPERSEDED"


async def test_another_server_finds_where_it_stands(bench: Bench) -> None:
    ticket = await begin(bench)
    await a_cycle(bench, ticket, 1, Outcome.SENT)
    await rest(bench, ticket)
    held = Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )
    other = bench.other_server()
    async with bench.verify(ProcessingTakenOver) as made:
        taken = await other.takeover.run(held)
    assert taken is not None
    adopted, resume = taken
    assert (made[0].cycle, made[0].totals) == (1, Totals(1, 0, 0))
    assert adopted.options == OPTIONS
    assert (resume.cycle, resume.rests, resume.missed, resume.last) == (1, True, 0, "")
    assert 0 <= resume.since_claim < 60
    async with bench.verify():
        assert 0 < await rest(bench, adopted) <= PAUSE
    # An earlier version would not know what to do with it, and finds no record that it can read.
    assert await bench.field(bench.names.run("chat", PROFILE), "attachments") is None


async def test_who_was_uncertain_in_an_earlier_cycle_is_decided_about_in_the_totals(
    bench: Bench,
) -> None:
    ticket = await begin(bench)
    await a_cycle(bench, ticket, 1, Outcome.UNCERTAIN, Outcome.UNCERTAIN)
    await rest(bench, ticket)
    await a_cycle(bench, ticket, 2, Outcome.UNCERTAIN)
    async with bench.verify(UncertainResolved):
        await bench.resolve("leave")
    run = await bench.run()
    assert (run.counters.uncertain, run.counters.sent) == (0, 1)
    assert run.totals == Totals(sent=3, failed=0, uncertain=0)


async def test_a_record_that_is_lost_is_of_no_cycle(bench: Bench) -> None:
    ticket = await begin(bench)
    await a_cycle(bench, ticket, 1, Outcome.SENT)
    await bench.client.delete(bench.names.run("chat", PROFILE))
    async with bench.verify(ProcessingInterrupted) as made:
        assert await LostRuns(bench.scripts).tell(ticket, NOTHING, Counters(total=1, sent=1))
    assert made[0].cycle is msgspec.UNSET
