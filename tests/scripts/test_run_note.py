"""run_note: a line of text while nothing is sent."""

import asyncio
import json

import pytest
from msgspec import UNSET

from alphasync.domain.events import ProcessingProgress
from alphasync.services.progress import NoLongerRunner, Outcome
from tests.scripts import hooking
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_a_line_and_its_error_are_shown(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.plan(ticket, 10, skipped=2)
    async with bench.verify(ProcessingProgress) as made:
        await bench.progress.note(ticket, 'Waiting "10 s"', error="429")
    assert bench.last("run_note") == "OK"
    progress = made[0].progress
    assert (progress.message, progress.error, progress.current) == ('Waiting "10 s"', "429", 2)
    assert progress.started_at == ticket.started_at


async def test_when_it_goes_on_is_told_where_that_is_known(bench: Bench) -> None:
    ticket = await bench.start()
    async with bench.verify(ProcessingProgress, ProcessingProgress) as made:
        before = await bench.now()
        await bench.progress.note(ticket, "Waiting", wait=120.0)
        await bench.progress.note(ticket, "Going on")
    progress = [event.progress for event in made]
    assert before + 120_000 <= progress[0].wait_until <= await bench.now() + 120_000
    assert (progress[0].message, progress[1].wait_until) == ("Waiting", UNSET)


async def test_it_keeps_the_lock_alive(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.client.pexpire(bench.names.lock("chat", PROFILE), 60_000)
    await bench.progress.note(ticket, "Waiting")
    assert await bench.ttl(bench.names.lock("chat", PROFILE)) > 1700


async def test_only_the_runner_notes(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.stop()
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.progress.note(ticket, "Waiting")
    assert bench.last("run_note") == "SUPERSEDED"


async def test_webhooks_hear_of_each_wait_for_a_sign_in_and_of_its_end_by_names_of_their_own(
    bench: Bench,
) -> None:
    hook = await hooking.made(bench)
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    for waiting_for in ("sign_in", "sign_in", "", "sign_in"):
        await asyncio.sleep(0.002)  # two waits of one moment are one
        await bench.progress.note(ticket, "Waiting", waiting_for=waiting_for)
    await bench.progress.step(ticket, 2, became(claimed, Outcome.UNCERTAIN))
    await bench.stop()
    heard = await hooking.waiting(bench, hook.id)
    attention = "run.needs_attention"
    assert [entry["kind"] for entry in heard] == [attention, attention, "run.stopped", attention]
    assert len({entry["message"] for entry in heard}) == 4
    whys = [json.loads(entry["data"]).get("why") for entry in heard]
    assert whys == ["sign_in", "sign_in", None, "uncertain"]
