"""run_complete: the last answer, the end, the lock free."""

import pytest
from msgspec import UNSET

from alphasync.domain.events import ProcessingComplete, ProcessingProgress
from alphasync.domain.runs import Counters, RunStatus
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_the_last_recipient_is_settled_and_the_run_is_complete(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.plan(ticket, 2, skipped=1)
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingProgress, ProcessingComplete) as made:
        await bench.progress.complete(ticket, claimed)
    assert bench.last("run_complete") == "OK"
    stats = made[1].stats
    assert (stats.current, stats.total, stats.sent, stats.skipped) == (2, 2, 1, 1)
    assert stats.duration == made[1].completed_at - ticket.started_at >= 0
    run = await bench.run()
    assert (run.status, run.message) == (RunStatus.COMPLETED, "Messaged r1")
    assert not await bench.client.exists(bench.names.lock("chat", PROFILE))


async def test_a_run_without_recipients(bench: Bench) -> None:
    ticket = await bench.start()
    async with bench.verify(ProcessingComplete) as made:
        await bench.progress.complete(ticket, NOTHING)
    assert made[0].stats.current == 0
    assert (await bench.run()).counters == Counters()


async def test_the_uncertain_are_named_at_the_end(bench: Bench) -> None:
    ticket = await bench.start()
    first = await bench.claim(ticket, 1, 'r"1')
    second = await bench.claim(ticket, 2, "r2", became(first, Outcome.UNCERTAIN))
    async with bench.verify(ProcessingProgress, ProcessingComplete) as made:
        await bench.progress.complete(ticket, became(second, Outcome.UNCERTAIN))
    named = [(recipient.id, recipient.name) for recipient in made[1].uncertain_recipients]
    assert sorted(named) == [('r"1', 'Name of r"1'), ("r2", "Name of r2")]
    assert (made[1].stats.uncertain, made[1].uncertain_more) == (2, UNSET)


async def test_of_very_many_uncertain_a_hundred_are_named(bench: Bench) -> None:
    ticket = await bench.start()
    many = {f"r{n}": f"Name {n}" for n in range(150)}
    key = bench.names.uncertain("chat", PROFILE)
    await bench.client.hset(key, items=[part for pair in many.items() for part in pair])
    async with bench.verify(ProcessingComplete) as made:
        await bench.progress.complete(ticket, NOTHING)
    assert (len(made[0].uncertain_recipients), made[0].uncertain_more) == (100, 50)
    assert all(many[recipient.id] == recipient.name for recipient in made[0].uncertain_recipients)


async def test_uncertain_ones_with_the_longest_ids_make_no_large_event(bench: Bench) -> None:
    ticket = await bench.start()
    many = {f"{n:03}" + "\x01" * 509: "😀" * 256 for n in range(100)}
    key = bench.names.uncertain("chat", PROFILE)
    await bench.client.hset(key, items=[part for pair in many.items() for part in pair])
    async with bench.verify(ProcessingComplete) as made:
        await bench.progress.complete(ticket, NOTHING)
    named = made[0].uncertain_recipients
    assert 1 < len(named) < 10
    assert made[0].uncertain_more == 100 - len(named)
    assert all(many[recipient.id] == recipient.name for recipient in named)


async def test_completing_again_changes_nothing(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.complete(ticket, claimed)
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.progress.complete(ticket, claimed)
    assert bench.last("run_complete") == "SUPERSEDED"


async def test_a_stale_runner_does_not_complete_the_next_run(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.stop()
    await bench.start()
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.progress.complete(ticket, NOTHING)
    assert (await bench.run()).status is RunStatus.RUNNING
    assert await bench.client.exists(bench.names.lock("chat", PROFILE))


async def test_a_duration_is_not_negative_when_the_clock_was_set_back(bench: Bench) -> None:
    ticket = await bench.start()
    later = await bench.now() + 7_200_000
    await bench.client.hset(bench.names.run("chat", PROFILE), "started_at", int(later))
    await bench.progress.complete(ticket, await bench.claim(ticket, 1, "r1"))
    assert (await bench.run()).duration == 0
