"""run_start: one winner, a new record, a fencing token that only grows."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from alphasync.domain.events import BlocklistCleared, ProcessingInterrupted, ProcessingStarted
from alphasync.domain.runs import Counters, Run, RunStatus
from alphasync.errors import (
    AlreadyRunning,
    BlocklistLost,
    DoNotContactLost,
    Locked,
    NothingFailed,
    SignedOut,
    TooManyRuns,
)
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome
from alphasync.services.runs import LOST, Ticket
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_the_lock_is_taken_and_the_run_is_new(bench: Bench) -> None:
    async with bench.verify(ProcessingStarted) as made:
        ticket = await bench.start()
    assert bench.last("run_start") == "OK"
    [started] = made
    assert (started.profile_id, started.type, started.device_id) == (PROFILE, "chat", "d1")
    assert started.operator_id == "1"
    assert started.started_at == started.timestamp == ticket.started_at
    assert await bench.run() == Run(
        profile_id=PROFILE,
        type="chat",
        status=RunStatus.RUNNING,
        device_id="d1",
        operator_id="1",
        started_at=ticket.started_at,
        counters=Counters(),
        message="",
        revision=ticket.fence,
    )
    lock = bench.names.lock("chat", PROFILE)
    assert await bench.field(lock, "device") == "d1"
    assert 1790 < await bench.ttl(lock) <= 1800
    assert await bench.ttl(bench.names.run("chat", PROFILE)) > 24 * 3600


async def test_who_comes_second_is_told_who_holds_it(bench: Bench) -> None:
    await bench.start()
    async with bench.verify():
        with pytest.raises(Locked) as locked:
            await bench.start(device="d2")
        assert bench.last("run_start") == "HELD"
        with pytest.raises(AlreadyRunning) as again:
            await bench.start(device="d1")
    assert dict(locked.value.details) == dict(again.value.details) == {"lockOwner": "d1"}


async def test_of_many_at_once_one_wins(bench: Bench) -> None:
    async with bench.verify(ProcessingStarted):
        results = await asyncio.gather(
            *(bench.start(device=f"d{n}") for n in range(20)), return_exceptions=True
        )
    assert sum(isinstance(result, Locked) for result in results) == 19


async def test_other_profiles_and_types_are_free(bench: Bench) -> None:
    async with bench.verify(ProcessingStarted, ProcessingStarted, ProcessingStarted):
        tickets = [
            await bench.start(),
            await bench.start(type_="mail"),
            await bench.start(profile="1002"),
        ]
    fences = [ticket.fence for ticket in tickets]
    assert fences == sorted(set(fences))


async def test_the_fencing_token_grows_with_every_run(bench: Bench) -> None:
    fences = []
    for _ in range(3):
        fences.append((await bench.start()).fence)
        await bench.stop()
    assert fences == sorted(set(fences))


async def test_a_run_whose_lock_ran_out_ends_before_the_next_begins(bench: Bench) -> None:
    old = await bench.start()
    await bench.client.delete(bench.names.lock("chat", PROFILE))
    async with bench.verify(ProcessingInterrupted, ProcessingStarted) as made:
        new = await bench.start(device="d2")
    assert (made[0].reason, made[0].code, made[0].device_id) == (LOST, "runner_lost", "d1")
    assert new.fence > old.fence
    assert (await bench.run()).device_id == "d2"


async def test_a_recipient_left_in_flight_is_listed_for_a_person(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.claim(ticket, 1, "r1")
    await bench.stop()
    async with bench.verify(ProcessingStarted):
        await bench.start()
    assert await bench.listed() == {"r1": "Name of r1"}
    assert await bench.blocked() == {"r1"}


async def test_a_run_that_was_settled_leaves_nobody_in_doubt(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.complete(ticket, became(claimed, Outcome.SENT))
    await bench.start()
    assert await bench.listed() == {}


async def test_a_lock_whose_run_is_not_on_record_locks_nothing(bench: Bench) -> None:
    first = await bench.start()
    await bench.client.delete(bench.names.run("chat", PROFILE))
    second = await bench.start(device="d2")
    assert second.fence > first.fence
    assert await bench.field(bench.names.lock("chat", PROFILE), "run_id") == second.run_id
    assert (await bench.run()).device_id == "d2"


async def test_a_runner_whose_record_is_gone_is_superseded_and_the_lock_is_freed(
    bench: Bench,
) -> None:
    asks: list[Callable[[Ticket], Awaitable[object]]] = [
        lambda ticket: bench.claim(ticket, 2, "r2"),
        lambda ticket: bench.plan(ticket, 9),
        lambda ticket: bench.progress.note(ticket, "Waiting"),
        bench.progress.touch,
        lambda ticket: bench.progress.complete(ticket, NOTHING),
        lambda ticket: bench.progress.interrupt(ticket, NOTHING, "No", "x"),
    ]
    for number, ask in enumerate(asks):
        ticket = await bench.start()
        await bench.claim(ticket, 1, f"r1{number}")
        await bench.client.delete(bench.names.run("chat", PROFILE))
        with pytest.raises(NoLongerRunner):
            await ask(ticket)
        assert not await bench.client.exists(bench.names.lock("chat", PROFILE))


async def test_an_account_has_its_most_runs_at_once(bench: Bench) -> None:
    bench.bound(running=2)
    await bench.start("1")
    await bench.start("2")
    async with bench.verify():
        with pytest.raises(TooManyRuns):
            await bench.start("3")
        assert bench.last("run_start") == "BUSY"
        with pytest.raises(AlreadyRunning):
            await bench.start("2")
    assert not await bench.client.exists(bench.names.lock("chat", "3"))
    await bench.stop("1")
    await bench.start("3")
    # One whose record is gone does not count.
    await bench.client.delete(bench.names.run("chat", "2"))
    await bench.start("4")
    with pytest.raises(TooManyRuns):
        await bench.start("5")


async def test_a_run_whose_lock_ran_out_is_begun_anew_at_the_bound(bench: Bench) -> None:
    bench.bound(running=1, runs=1)
    await bench.start()
    await bench.client.delete(bench.names.lock("chat", PROFILE))
    async with bench.verify(ProcessingInterrupted, ProcessingStarted):
        await bench.start()


async def test_an_account_has_its_most_runs_on_record(bench: Bench) -> None:
    bench.bound(runs=2)
    for profile in ("1", "2"):
        await bench.start(profile)
        await bench.stop(profile)
    async with bench.verify():
        with pytest.raises(TooManyRuns):
            await bench.start("3")
        assert bench.last("run_start") == "FULL"
    await bench.start("2")
    await bench.client.zadd(bench.names.runs, {bench.names.run("chat", "1"): 1})
    await bench.start("3")
    assert await bench.client.zcard(bench.names.runs) == 2


async def test_a_list_that_is_gone_is_said_until_somebody_clears_it(bench: Bench) -> None:
    await bench.claim(await bench.start(), 1, "r1")
    await bench.stop()
    await bench.client.delete(bench.names.sent("chat", PROFILE))
    for _ in range(2):
        async with bench.verify():
            with pytest.raises(BlocklistLost):
                await bench.start()
        assert bench.last("run_start") == "LIST_LOST"
    await bench.start("1002")  # another one's
    async with bench.verify(BlocklistCleared):
        await bench.forget()
    async with bench.verify(ProcessingStarted):
        await bench.start()


async def test_a_do_not_contact_list_that_is_gone_is_said_until_it_is_there_again(
    bench: Bench,
) -> None:
    await bench.avoid("r1")
    await bench.client.delete(bench.names.never)
    async with bench.verify():
        with pytest.raises(DoNotContactLost):
            await bench.start()
    assert bench.last("run_start") == "NEVER_LOST"
    await bench.avoid("r1")
    await bench.start()


async def test_there_is_nobody_to_try_again(bench: Bench) -> None:
    with pytest.raises(NothingFailed):
        await bench.start(only="failed")
    assert bench.last("run_start") == "NOTHING_FAILED"
    assert (await bench.snapshot()).runs == {}
    await bench.start()


@pytest.mark.parametrize("left", [False, True])
async def test_a_login_that_was_ended_starts_nothing(bench: Bench, left: bool) -> None:
    """Its server may not have heard of it yet."""
    opened, other = await bench.sign_in(), await bench.sign_in()
    bench.who = bench.come_with(opened)
    if left:
        await bench.start("1002", detached=True)
        await bench.endings.leave(bench.who)
    else:
        await bench.endings.end(bench.come_with(other), opened.sid, of_all=False)
    async with bench.verify():
        with pytest.raises(SignedOut):
            await bench.start(detached=True)
    assert bench.last("run_start") == "SIGNED_OUT"
    bench.who = bench.come_with(other)
    async with bench.verify(ProcessingStarted):
        await bench.start(detached=True)


async def test_nor_does_a_token_that_no_login_made_and_that_is_void(bench: Bench) -> None:
    await bench.endings.end_all(bench.who, this_one=True)
    async with bench.verify():
        with pytest.raises(SignedOut):
            await bench.start(detached=True)
    bench.who = msgspec.structs.replace(bench.who, begun_at=bench.announced[-1].at + 1)
    async with bench.verify(ProcessingStarted):
        await bench.start(detached=True)
