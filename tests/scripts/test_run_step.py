"""run_step: settle the last recipient, claim the next, once."""

import pytest

from alphasync.domain.events import ProcessingProgress
from alphasync.domain.runs import Counters
from alphasync.errors import BlocklistLost, DoNotContactLost
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome
from alphasync.store.scripts.limits import RUN_RENEWED, RUNNING_TTL
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became
from tests.scripts.test_run_pause import pause, resume


async def test_the_first_claim_shows_nothing_yet(bench: Bench) -> None:
    ticket = await bench.start()
    async with bench.verify():
        claimed = await bench.claim(ticket, 1, "r1")
    assert bench.last("run_step") == "CLAIMED"
    assert await bench.blocked() == {"r1"}
    score = await bench.client.zscore(bench.names.sent("chat", PROFILE), "r1")
    assert score == int(claimed.claimed_at)
    assert await bench.field(bench.names.run("chat", PROFILE), "inflight") == "r1"
    assert await bench.ttl(bench.names.sent("chat", PROFILE)) > 29 * 86400


@pytest.mark.parametrize(
    ("outcome", "counters", "stays", "listed"),
    [
        (Outcome.SENT, Counters(total=5, sent=1), True, False),
        (Outcome.SKIPPED, Counters(total=5, skipped=1), True, False),
        (Outcome.FAILED, Counters(total=5, failed=1), False, False),
        (Outcome.UNCERTAIN, Counters(total=5, uncertain=1), True, True),
        (Outcome.RELEASED, Counters(total=5), False, False),
    ],
)
async def test_each_end_of_a_recipient(
    bench: Bench, outcome: Outcome, counters: Counters, stays: bool, listed: bool
) -> None:
    ticket = await bench.start()
    await bench.plan(ticket, 5)
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingProgress) as made:
        await bench.claim(ticket, 2, "r2", became(claimed, outcome))
    assert (await bench.run()).counters == counters
    assert made[0].progress.current == counters.current
    assert made[0].progress.message == f"r1 {outcome}"
    assert await bench.blocked() == ({"r1", "r2"} if stays else {"r2"})
    assert await bench.listed() == ({"r1": "Name of r1"} if listed else {})


async def test_who_is_on_the_blocklist_is_skipped(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingProgress):
        step = await bench.progress.step(ticket, 2, claimed, "r1", "Name", "page")
        assert step.claimed_at is None
    assert bench.last("run_step") == "BLOCKED"
    assert (await bench.run()).counters == Counters(sent=1, skipped=1)
    assert await bench.field(bench.names.run("chat", PROFILE), "inflight") == ""


async def test_settling_alone(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingProgress):
        assert (await bench.progress.step(ticket, 2, claimed)).claimed_at is None
    assert bench.last("run_step") == "SETTLED"
    async with bench.verify():
        await bench.progress.step(ticket, 3, NOTHING)
        await bench.progress.step(ticket, 4, claimed)
    assert (await bench.run()).counters == Counters(sent=1)


async def test_a_step_asked_for_again_is_answered_again_and_not_done_again(bench: Bench) -> None:
    ticket = await bench.start()
    first = await bench.claim(ticket, 1, "r1")
    async with bench.verify():
        again = await bench.claim(ticket, 1, "r1")
    assert bench.last("run_step") == "CLAIMED"
    assert again.claimed_at == first.claimed_at
    async with bench.verify(ProcessingProgress):
        second = await bench.claim(ticket, 2, "r2", first)
    async with bench.verify():
        assert (await bench.claim(ticket, 2, "r2", first)).claimed_at == second.claimed_at
    async with bench.verify(ProcessingProgress):
        assert (await bench.progress.step(ticket, 3, second, "r1")).claimed_at is None
    async with bench.verify():
        assert (await bench.progress.step(ticket, 3, second, "r1")).claimed_at is None
    assert bench.last("run_step") == "BLOCKED"
    assert (await bench.run()).counters == Counters(sent=2, skipped=1)


async def test_one_that_comes_once_more_behind_later_ones_is_not_done_again(bench: Bench) -> None:
    """Its answer was lost, it was asked for again over another connection, and the first one has
    brought it only now."""
    ticket = await bench.start()
    await bench.plan(ticket, 5)
    failed = became(await bench.claim(ticket, 1, "r1"), Outcome.FAILED)
    second = await bench.claim(ticket, 2, "r2", failed)
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.claim(ticket, 1, "r1")
    assert await bench.blocked() == {"r2"}
    assert await bench.field(bench.names.run("chat", PROFILE), "inflight") == "r2"
    await bench.claim(ticket, 3, "r3", second)
    assert (await bench.run()).counters == Counters(total=5, sent=1, failed=1)


async def test_nor_one_that_only_settles(bench: Bench) -> None:
    """They were given back, and are claimed anew by now."""
    ticket = await bench.start()
    released = became(await bench.claim(ticket, 1, "r1"), Outcome.RELEASED)
    await bench.progress.step(ticket, 2, released)
    again = await bench.claim(ticket, 3, "r1")
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.progress.step(ticket, 2, released)
    assert await bench.field(bench.names.run("chat", PROFILE), "inflight") == "r1"
    await bench.claim(ticket, 4, "r2", again)
    assert (await bench.run()).counters.sent == 1


async def test_a_runner_whose_run_is_not_its_own_any_more_claims_nothing(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.stop()
    with pytest.raises(NoLongerRunner):
        await bench.claim(ticket, 2, "r2", claimed)
    newer = await bench.start()
    async with bench.verify():
        for number in (1, 2, 3):
            with pytest.raises(NoLongerRunner):
                await bench.claim(ticket, number, "r2", claimed)
        assert bench.last("run_step") == "SUPERSEDED"
    assert await bench.blocked() == {"r1"}
    await bench.claim(newer, 1, "r2")


async def test_a_claim_made_anew_by_another_run_is_not_taken_back(bench: Bench) -> None:
    """The score of the claim tells whose it is."""
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.client.zadd(bench.names.sent("chat", PROFILE), {"r1": int(claimed.claimed_at) + 5})
    await bench.progress.step(ticket, 2, became(claimed, Outcome.FAILED))
    assert await bench.blocked() == {"r1"}


async def test_the_lock_and_the_record_are_renewed(bench: Bench) -> None:
    ticket = await bench.start()
    lock, run = bench.names.lock("chat", PROFILE), bench.names.run("chat", PROFILE)
    renewed = (run, bench.names.runs, f"{bench.names.runs}:running")
    for key in (lock, *renewed):
        await bench.client.pexpire(key, 60_000)
    claimed = await bench.claim(ticket, 1, "r1")
    assert await bench.ttl(lock) > 1700
    for key in renewed:
        assert await bench.ttl(key) <= 60, "it lives for long enough as it is"
    await bench.client.hset(run, "renewed", await bench.now() - RUN_RENEWED * 1000)
    await bench.claim(ticket, 2, "r2", claimed)
    for key in renewed:
        assert await bench.ttl(key) > RUNNING_TTL


async def test_a_run_of_an_earlier_version_goes_on(bench: Bench) -> None:
    """Of its record it is not known when its life was given anew."""
    ticket = await bench.start()
    run = bench.names.run("chat", PROFILE)
    await bench.client.hdel(run, "renewed")
    await bench.client.pexpire(run, 60_000)
    await bench.claim(ticket, 1, "r1")
    assert await bench.ttl(run) > RUNNING_TTL


async def test_text_from_anywhere_comes_through_whole(bench: Bench) -> None:
    ticket = await bench.start(profile='1"\\/}{é😀')
    claimed = await bench.claim(ticket, 1, "r\"}]'\\😀")
    async with bench.verify(ProcessingProgress) as made:
        await bench.progress.step(ticket, 2, claimed)
    assert made[0].progress.message == "Messaged r\"}]'\\😀"


async def test_a_lock_that_ran_out_is_still_the_runners_until_somebody_takes_it(
    bench: Bench,
) -> None:
    ticket = await bench.start()
    lock = bench.names.lock("chat", PROFILE)
    await bench.client.delete(lock)
    await bench.claim(ticket, 1, "r1")
    assert bench.last("run_step") == "CLAIMED"
    assert await bench.field(lock, "run_id") == ticket.run_id
    assert await bench.ttl(lock) > 0


async def test_a_list_that_goes_in_mid_run_is_not_begun_anew(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.client.delete(bench.names.sent("chat", PROFILE))
    async with bench.verify():
        with pytest.raises(BlocklistLost):
            await bench.claim(ticket, 2, "r2", claimed)
    assert bench.last("run_step") == "LIST_LOST"
    await bench.progress.interrupt(ticket, claimed, "No", "x")
    assert (await bench.run()).counters.sent == 1
    with pytest.raises(BlocklistLost):
        await bench.start()


async def test_a_paused_run_settles_and_claims_nobody(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.plan(ticket, 3)
    settled = await bench.claim(ticket, 1, "r1")
    await pause(bench)
    async with bench.verify(ProcessingProgress) as made:
        step = await bench.progress.step(ticket, 2, settled, "r2", "Name", "page")
    assert bench.last("run_step") == "PAUSED"
    assert (step.claimed_at, step.paused) == (None, True)
    assert (made[0].progress.sent, made[0].progress.skipped) == (1, 0)
    assert await bench.blocked() == {"r1"}
    # Asked for again, as its answer was lost, also when it was resumed in between.
    await resume(bench)
    async with bench.verify():
        again = await bench.progress.step(ticket, 2, settled, "r2", "Name", "page")
    assert again.paused
    await bench.claim(ticket, 3, "r2")
    assert await bench.blocked() == {"r1", "r2"}


async def test_a_run_claims_nobody_on_it_and_counts_them_as_skipped(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.avoid("r1")
    async with bench.verify(ProcessingProgress):
        step = await bench.progress.step(ticket, 1, NOTHING, "r1", "Name", "page")
    assert (step.claimed_at, step.not_to_contact, step.paused) == (None, True, False)
    assert bench.last("run_step") == "NEVER"
    async with bench.verify():
        again = await bench.progress.step(ticket, 1, NOTHING, "r1", "Name", "page")
    assert again == step
    assert (await bench.run()).counters.skipped == 1
    assert await bench.blocked() == set()
    await bench.claim(ticket, 2, "r2")


async def test_a_do_not_contact_list_that_is_gone_lets_nobody_be_claimed(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.avoid("r1")
    await bench.client.delete(bench.names.never)
    async with bench.verify():
        with pytest.raises(DoNotContactLost):
            await bench.claim(ticket, 1, "r2")
    assert bench.last("run_step") == "NEVER_LOST"
    await bench.avoid("r1")
    await bench.claim(ticket, 1, "r2")
