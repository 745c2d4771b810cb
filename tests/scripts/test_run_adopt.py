"""run_adopt: a run whose runner is gone goes on, or ends."""

import asyncio

import pytest

from alphasync.domain.events import (
    ProcessingInterrupted,
    ProcessingProgress,
    ProcessingTakenOver,
    RunSettled,
)
from alphasync.domain.runs import Counters, RunStatus
from alphasync.membership.holdings import Holding
from alphasync.services.progress import NOTHING, NoLongerRunner
from alphasync.services.runs import Ticket
from alphasync.services.takeover import Takeover
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.test_run_take import take


async def join(bench: Bench, session: str = "s1") -> str:
    return (await bench.devices.join(bench.who, session, "phone")).device_id


def held(bench: Bench, ticket: Ticket) -> Holding:
    return Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )


async def test_with_its_device_there_it_goes_on_under_a_new_token(bench: Bench) -> None:
    device = await join(bench)
    old = await bench.start(device=device)
    await bench.plan(old, 5)
    first = await bench.claim(old, 1, "r1")
    await bench.progress.step(old, 2, first)
    other = bench.other_server()
    async with bench.verify(ProcessingTakenOver) as made:
        taken = await other.takeover.run(held(bench, old))
    assert bench.last("run_adopt") == "ADOPTED"
    assert taken is not None
    ticket, resume = taken
    assert ticket.fence == made[0].revision > old.fence
    assert (ticket.run_id, ticket.device_id, ticket.text) == (old.run_id, device, old.text)
    assert (ticket.started_at, ticket.operator_id) == (old.started_at, "1")
    assert (resume.last, resume.cursor, resume.inflight) == ("r1", "page", "")
    assert resume.counters == Counters(total=5, sent=1)
    async with bench.verify():
        with pytest.raises(NoLongerRunner):
            await bench.claim(old, 3, "r2")
    await bench.claim(ticket, 1, "r2")


async def test_a_device_that_takes_the_run_over_meanwhile_is_the_one_that_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await bench.start(device="nobody")
    other, present = bench.other_server(), await join(bench)
    asked = Takeover._device

    async def taken_meanwhile(self: Takeover, run: str) -> str:
        device = await asked(self, run)
        if device == "nobody":
            await take(bench, present)
        return device

    monkeypatch.setattr(Takeover, "_device", taken_meanwhile)
    async with bench.verify(ProcessingTakenOver, ProcessingProgress, ProcessingTakenOver):
        taken = await other.takeover.run(held(bench, ticket))
    assert [call.outcome for call in bench.scripts.calls if call.name == "run_adopt"] == [
        "MOVED",
        "ADOPTED",
    ]
    assert taken is not None
    assert taken[0].device_id == present


async def test_without_its_device_it_ends(bench: Bench) -> None:
    ticket = await bench.start(device="nobody")
    await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingInterrupted) as made:
        assert await bench.other_server().takeover.run(held(bench, ticket)) is None
    assert bench.last("run_adopt") == "INTERRUPTED"
    assert (made[0].reason, made[0].code) == ("Device disconnected", "device_disconnected")
    assert made[0].uncertain == 1
    assert await bench.listed() == {"r1": "Name of r1"}
    assert not await bench.client.exists(bench.names.lock("chat", PROFILE))


async def test_of_a_stopped_run_the_recipient_in_flight_is_uncertain(bench: Bench) -> None:
    ticket = await bench.start(device=await join(bench))
    await bench.claim(ticket, 1, "r1")
    await bench.stop()
    async with bench.verify(RunSettled) as made:
        assert await bench.other_server().takeover.run(held(bench, ticket)) is None
    assert bench.last("run_adopt") == "GONE"
    assert (made[0].uncertain, made[0].current) == (1, 1)
    assert await bench.listed() == {"r1": "Name of r1"}
    assert await bench.blocked() == {"r1"}
    async with bench.verify():
        assert await bench.other_server().takeover.run(held(bench, ticket)) is None


async def test_within_its_devices_grace_it_goes_on_and_after_it_ends(bench: Bench) -> None:
    device = await join(bench)
    ticket = await bench.start(device=device)
    await bench.devices.lose(bench.who.account, device, "s1", bench.server.current)
    other = bench.other_server()
    async with bench.verify(ProcessingTakenOver):
        assert await other.takeover.run(held(bench, ticket)) is not None
    # By the clock it ran out, as while no server was up: whoever has the device ends the run.
    await bench.client.hset(bench.names.device(device), "away_until", 1)
    third = other.other_server()
    async with bench.verify(ProcessingTakenOver):
        assert await third.takeover.run(held(other, ticket)) is not None
    other = third
    await bench.client.hset(bench.names.device(device), "away_until", 0)
    third = other.other_server()
    async with bench.verify(ProcessingInterrupted):
        assert await third.takeover.run(held(other, ticket)) is None


async def test_a_recipient_in_flight_is_uncertain(bench: Bench) -> None:
    device = await join(bench)
    ticket = await bench.start(device=device)
    await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingTakenOver) as made:
        taken = await bench.other_server().takeover.run(held(bench, ticket))
    assert taken is not None
    assert (taken[1].inflight, made[0].uncertain) == ("", 1)
    assert await bench.listed() == {"r1": "Name of r1"}
    assert await bench.blocked() == {"r1"}


async def test_where_keys_are_honoured_it_is_asked_for_again(bench: Bench) -> None:
    device = await join(bench)
    ticket = await bench.start(device=device)
    await bench.progress.plan(ticket, 1, 0, "Planned", honours_keys=True)
    claimed = await bench.claim(ticket, 1, "r1")
    async with bench.verify(ProcessingTakenOver):
        taken = await bench.other_server().takeover.run(held(bench, ticket))
    assert taken is not None
    newer, resume = taken
    assert (resume.inflight, resume.inflight_name) == ("r1", "Name of r1")
    assert int(resume.claimed_at) > int(claimed.claimed_at), "a claim of its own"
    score = await bench.client.zscore(bench.names.sent("chat", PROFILE), "r1")
    assert score == int(resume.claimed_at)
    assert await bench.listed() == {}
    await bench.progress.complete(newer, claimed)
    assert (await bench.run()).counters == Counters(total=1, sent=1)


async def test_who_left_the_blocklist_in_flight_is_not_put_back(bench: Bench) -> None:
    ticket = await bench.start(device=await join(bench))
    await bench.progress.plan(ticket, 1, 0, "Planned", honours_keys=True)
    await bench.claim(ticket, 1, "r1")
    await bench.client.delete(bench.names.sent("chat", PROFILE))
    taken = await bench.other_server().takeover.run(held(bench, ticket))
    assert taken is not None
    assert taken[1].inflight == "r1"
    assert await bench.blocked() == set()


async def test_who_goes_on_under_the_same_token_goes_on_counting_its_steps(bench: Bench) -> None:
    ticket = await bench.start(detached=True)
    await bench.claim(ticket, 1, "r1")
    again = await bench.takeover.run(held(bench, ticket))
    assert again is not None
    assert (again[0].fence, again[1].step) == (ticket.fence, 1)
    other = await bench.other_server().takeover.run(held(bench, ticket))
    assert other is not None
    assert other[1].step == 0


async def test_of_several_servers_one_takes_over(bench: Bench) -> None:
    device = await join(bench)
    ticket = await bench.start(device=device)
    others = [bench.other_server() for _ in range(4)]
    async with bench.verify(ProcessingTakenOver):
        taken = await asyncio.gather(*(other.takeover.run(held(bench, ticket)) for other in others))
    assert sum(one is not None for one in taken) == 1
    assert "GONE" in {call.outcome for call in bench.scripts.calls if call.name == "run_adopt"}


async def test_what_has_ended_or_is_another_run_is_not_taken_over(bench: Bench) -> None:
    device = await join(bench)
    ticket = await bench.start(device=device)
    await bench.progress.complete(ticket, NOTHING)
    async with bench.verify():
        assert await bench.other_server().takeover.run(held(bench, ticket)) is None
    await bench.start(device=device)
    async with bench.verify():
        assert await bench.other_server().takeover.run(held(bench, ticket)) is None
    assert bench.last("run_adopt") == "GONE"
    assert (await bench.run()).status is RunStatus.RUNNING
