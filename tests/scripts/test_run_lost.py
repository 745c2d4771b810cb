"""run_lost: a run whose record Redis has lost ends for its devices."""

import msgspec
import pytest

from alphasync.domain.events import ProcessingInterrupted
from alphasync.domain.runs import Counters, RunStatus
from alphasync.services.lost import ALL_LOST, RUN_LOST, LostRuns
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome
from alphasync.services.runs import Ticket
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became

FAR = Counters(total=9, sent=2, skipped=1, failed=1, uncertain=1)
SENT_NOBODY = Counters(total=9, skipped=1, failed=1)


def lost(bench: Bench) -> LostRuns:
    return LostRuns(bench.scripts)


async def test_it_ends_with_what_its_runner_knows(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.client.delete(bench.names.run("chat", PROFILE))
    with pytest.raises(NoLongerRunner):
        await bench.progress.touch(ticket)
    async with bench.verify(ProcessingInterrupted) as made:
        assert await lost(bench).tell(ticket, claimed, SENT_NOBODY)
    assert bench.last("run_lost") == "OK"
    [event] = made
    assert (event.reason, event.code) == (RUN_LOST, "storage_lost")
    assert (event.profile_id, event.type, event.device_id) == (PROFILE, "chat", "d1")
    assert (event.operator_id, event.current, event.total, event.sent) == ("1", 3, 9, 1)
    run = await bench.run()
    assert (run.status, run.reason) == (RunStatus.INTERRUPTED, RUN_LOST)
    assert run.started_at == ticket.started_at
    assert await bench.blocked() == {"r1"}
    async with bench.verify():  # asked again, because the answer was lost
        assert not await lost(bench).tell(ticket, claimed, FAR)
    assert bench.last("run_lost") == "ON_RECORD"
    await bench.start()


@pytest.mark.parametrize(
    ("outcome", "blocked", "listed"),
    [
        (Outcome.SENT, {"r1"}, set()),
        (Outcome.SKIPPED, {"r1"}, set()),
        (Outcome.UNCERTAIN, {"r1"}, {"r1"}),
        (Outcome.FAILED, set(), set()),
        (Outcome.RELEASED, set(), set()),
    ],
)
async def test_on_an_empty_redis_the_last_recipient_is_not_forgotten(
    bench: Bench, outcome: Outcome, blocked: set[str], listed: set[str]
) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    before = (await bench.snapshot()).epoch
    await bench.client.flushall()
    assert await lost(bench).tell(ticket, became(claimed, outcome), FAR)
    found = await bench.snapshot()
    assert found.epoch != before
    assert found.runs[PROFILE, "chat"].reason == ALL_LOST
    assert await bench.blocked() == blocked
    assert set(await bench.listed()) == listed


async def test_what_an_older_record_says_besides_is_gone(bench: Bench) -> None:
    ticket = await bench.start(detached=True)
    await bench.client.hset(bench.names.run("chat", PROFILE), "only", "failed")
    async with bench.verify(ProcessingInterrupted):
        assert await lost(bench).tell(ticket, NOTHING, SENT_NOBODY, step=5)
    assert (await bench.run()).only == ""


async def test_before_the_first_claim_no_list_was_lost(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.client.flushall()
    assert await lost(bench).tell(ticket, NOTHING, Counters(total=5, skipped=0))
    assert (await bench.run()).reason == RUN_LOST


async def test_a_run_that_ended_or_was_followed_by_another_is_left_alone(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.stop()
    async with bench.verify():
        assert not await lost(bench).tell(ticket, NOTHING, FAR)
    await bench.client.delete(bench.names.run("chat", PROFILE))
    await bench.start()
    async with bench.verify():
        assert not await lost(bench).tell(ticket, NOTHING, FAR)
    assert (await bench.run()).status is RunStatus.RUNNING


async def put_back(bench: Bench, ticket: Ticket, *claimed: str) -> None:
    """Redis has the run as it was before these recipients were claimed."""
    run = bench.names.run("chat", PROFILE)
    await bench.client.hset(run, "step", 0)
    if claimed:
        await bench.client.zrem(bench.names.sent("chat", PROFILE), *claimed)
    assert await bench.field(run, "fence") == str(ticket.fence)


@pytest.mark.parametrize(("gone", "reason"), [((), RUN_LOST), (("r1",), ALL_LOST)])
async def test_a_record_that_is_older_than_the_run_is_none(
    bench: Bench, gone: tuple[str, ...], reason: str
) -> None:
    ticket = await bench.start()
    first = await bench.claim(ticket, 1, "r1")
    second = await bench.claim(ticket, 2, "r2", first)
    await put_back(bench, ticket, *gone)
    with pytest.raises(NoLongerRunner):
        await bench.claim(ticket, 3, "r3", second)
    async with bench.verify(ProcessingInterrupted) as made:
        counters = Counters(total=9, sent=1)
        assert await lost(bench).tell(ticket, second, counters, step=2)
    assert (made[0].reason, made[0].sent) == (reason, 2)
    assert await bench.blocked() == {"r1", "r2"} - set(gone)
    assert not await lost(bench).tell(ticket, second, counters, step=2)
    await bench.start()


async def test_one_of_before_a_takeover_is_older_too(bench: Bench) -> None:
    ticket = await bench.start()
    later = msgspec.structs.replace(ticket, fence=ticket.fence + 5)
    assert await lost(bench).tell(later, NOTHING, SENT_NOBODY)
    assert (await bench.run()).status is RunStatus.INTERRUPTED


async def test_one_that_is_as_far_is_left_alone(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    assert not await lost(bench).tell(ticket, claimed, SENT_NOBODY, step=1)
    earlier = msgspec.structs.replace(ticket, fence=ticket.fence - 1)
    assert not await lost(bench).tell(earlier, claimed, SENT_NOBODY, step=9)
    assert (await bench.run()).status is RunStatus.RUNNING
