"""run_touch: a lock lives as long as its run, and says nothing about it."""

import pytest

from alphasync.services.progress import NOTHING, NoLongerRunner
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.test_run_pause import pause, resume


async def test_lock_and_record_are_renewed_in_silence(bench: Bench) -> None:
    ticket = await bench.start()
    lock, run = bench.names.lock("chat", PROFILE), bench.names.run("chat", PROFILE)
    for key in (lock, run, bench.names.meta):
        await bench.client.pexpire(key, 60_000)
    async with bench.verify():
        await bench.progress.touch(ticket)
    assert bench.last("run_touch") == "OK"
    assert await bench.ttl(lock) > 1700
    assert await bench.ttl(run) > 3500
    # Else the revisions of a run that is paused over a weekend would begin anew.
    assert await bench.ttl(bench.names.meta) > 86_000


async def test_a_paused_run_is_kept_and_said_to_be_paused(bench: Bench) -> None:
    ticket = await bench.start()
    lock = bench.names.lock("chat", PROFILE)
    await bench.client.pexpire(lock, 60_000)
    await pause(bench)
    assert (await bench.progress.touch(ticket)).paused
    assert bench.last("run_touch") == "PAUSED"
    assert await bench.ttl(lock) > 1700
    await resume(bench)
    assert not (await bench.progress.touch(ticket)).paused


async def test_only_the_runner_renews(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.stop()
    newer = await bench.start()
    lock = bench.names.lock("chat", PROFILE)
    await bench.client.pexpire(lock, 60_000)
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.progress.touch(ticket)
    assert bench.last("run_touch") == "SUPERSEDED"
    assert await bench.ttl(lock) <= 60
    await bench.progress.touch(newer)


async def test_it_says_of_the_recipient_in_flight_that_they_are_not_to_be_contacted(
    bench: Bench,
) -> None:
    ticket = await bench.start()
    await bench.avoid("r1")
    await bench.progress.step(ticket, 1, NOTHING, claim="r2")
    assert not (await bench.progress.touch(ticket)).not_to_contact
    await bench.avoid("r2")
    assert (await bench.progress.touch(ticket)).not_to_contact
