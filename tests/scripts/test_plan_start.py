"""plan_start: at its time a plan is a run, once, whoever and how many look."""

import asyncio
from typing import Any

import pytest

from alphasync.domain.events import (
    BlocklistCleared,
    PlanChanged,
    PlanEnded,
    ProcessingInterrupted,
    ProcessingStarted,
)
from alphasync.domain.runs import Continuous, RunOptions
from alphasync.errors import PaceOutOfRange
from alphasync.membership.holdings import Holding
from alphasync.services.bounds import AccountBounds
from alphasync.services.progress import NOTHING
from alphasync.services.upstream import SignIn
from alphasync.store import keys
from tests.scripts.backends import admin, make, tokens_of
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.planning import HOUR, Planner


async def test_at_its_time_it_is_a_detached_run_of_who_planned_it(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan)
    async with bench.verify(ProcessingStarted, PlanEnded) as made:
        await planner.start(plan)
    assert bench.last("plan_start") == "OK"
    started, ended = made
    [ticket] = planner.launched
    assert (started.device_id, started.operator_id, started.detached) == ("d1", "1", True)
    assert (ended.outcome, ended.run_id, ended.reason) == ("started", ticket.run_id, "Started")
    assert 0 <= ended.late_by < 60_000
    assert (ticket.text, ticket.attachments, ticket.fence) == ("Hello", (), started.revision)
    assert (await bench.run()).detached
    assert not (await bench.snapshot()).plans
    assert await planner.noted() == {}
    await bench.claim(ticket, 1, "r1")
    held = await bench.holdings.noted_for(bench.server.current)
    assert [holding.instance for holding in held] == [ticket.run_id]


async def test_it_has_the_pace_that_was_chosen(bench: Bench) -> None:
    planner = Planner(bench)
    given: dict[str, Any] = {"message_interval": 2.5, "continuous": Continuous(pause=60)}
    plan = await planner.plan(**given)
    assert plan.options == RunOptions(2.5, Continuous(pause=60))
    async with bench.verify():
        with pytest.raises(PaceOutOfRange):
            await planner.plan(continuous=Continuous(pause=1))
    await planner.comes(plan)
    async with bench.verify(ProcessingStarted, PlanEnded) as made:
        await planner.start(plan)
    assert (made[0].message_interval, made[0].continuous) == (2.5, Continuous(pause=60))
    [ticket] = planner.launched
    assert ticket.options == plan.options == (await bench.run()).options
    other = bench.other_server()
    held = Holding("run", bench.server.current, ticket.account, PROFILE, "chat", ticket.run_id)
    taken = await other.takeover.run(held)
    assert taken is not None
    assert taken[0].options == plan.options


async def test_of_many_servers_one_starts_it(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan)
    others = [Planner(bench.other_server()) for _ in range(5)]
    async with bench.verify(ProcessingStarted, PlanEnded):
        await asyncio.gather(*(other.start(plan) for other in others))
    assert sum(len(other.launched) for other in others) == 1
    async with bench.verify():
        await planner.start(plan)


async def test_not_before_its_time(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    async with bench.verify():
        await planner.start(plan)
    assert bench.last("plan_start") == "NOT_YET"
    assert await planner.noted() == {planner.note(plan).encode(): plan.start_at}


async def test_late_it_says_by_how_much(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan, late=12 * 60_000 + 5)
    async with bench.verify(ProcessingStarted, PlanEnded) as made:
        await planner.start(plan)
    assert made[1].reason == "Started 12 min late"
    assert 12 * 60_000 <= made[1].late_by < 13 * 60_000


async def test_too_late_it_is_skipped(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan(latest=60_000)
    await planner.comes(plan, late=60_100)
    async with bench.verify(PlanEnded) as made:
        await planner.start(plan)
    assert bench.last("plan_start") == "SKIPPED"
    assert (made[0].outcome, made[0].code) == ("skipped", "too_late")
    assert not planner.launched
    assert await bench.holdings.noted_for(bench.server.current) == []


async def test_it_waits_for_the_run_that_goes_on(bench: Bench) -> None:
    planner = Planner(bench)
    ticket = await bench.start()
    plan = await planner.plan()
    await planner.comes(plan)
    async with bench.verify(PlanChanged) as made:
        await planner.start(plan)
        await planner.start(plan)
    assert bench.last("plan_start") == "WAITS"
    assert made[0].waiting_for == "locked"
    assert (await bench.snapshot()).plans[plan.plan_id].waiting_for == "locked"
    assert len(await planner.noted()) == 1
    await bench.progress.complete(ticket, NOTHING)
    async with bench.verify(ProcessingStarted, PlanEnded):
        await planner.start(plan)


@pytest.mark.parametrize("bound", ["runs", "running"])
async def test_it_waits_for_room_and_is_skipped_when_there_is_none(
    bench: Bench, bound: str
) -> None:
    planner = Planner(bench, AccountBounds(**{bound: 1}))
    await bench.start("1002")
    plan = await planner.plan()
    await planner.comes(plan)
    async with bench.verify(PlanChanged) as made:
        await planner.start(plan)
    assert made[0].waiting_for == "too_many_runs"
    await planner.comes(plan, late=plan.latest + 100)
    async with bench.verify(PlanEnded) as made:
        await planner.start(plan)
    assert (made[0].outcome, made[0].code) == ("skipped", "too_many_runs")


async def test_a_run_whose_runner_is_gone_is_in_nobodys_way(bench: Bench) -> None:
    planner = Planner(bench)
    await bench.start()
    await bench.client.delete(bench.names.lock("chat", PROFILE))
    plan = await planner.plan()
    await planner.comes(plan)
    async with bench.verify(ProcessingInterrupted, ProcessingStarted, PlanEnded):
        await planner.start(plan)


async def test_nobody_is_messaged_whose_list_is_lost(bench: Bench) -> None:
    planner = Planner(bench)
    ticket = await bench.start()
    await bench.progress.complete(ticket, await bench.claim(ticket, 1, "r1"))
    await bench.client.delete(bench.names.sent("chat", PROFILE))
    plan = await planner.plan()
    await planner.comes(plan)
    async with bench.verify(PlanEnded) as made:
        await planner.start(plan)
    assert bench.last("plan_start") == "FAILED"
    assert (made[0].outcome, made[0].code) == ("failed", "blocklist_lost")
    async with bench.verify(BlocklistCleared):
        await bench.forget()


async def test_nobody_is_messaged_while_nobody_knows_whom_not_to_contact(bench: Bench) -> None:
    planner = Planner(bench)
    await bench.avoid("r1")
    await bench.client.delete(bench.names.never)
    plan = await planner.plan()
    await planner.comes(plan)
    async with bench.verify(PlanEnded) as made:
        await planner.start(plan)
    assert (made[0].outcome, made[0].code) == ("failed", "do_not_contact_lost")


async def test_one_that_is_taken_back_while_it_is_looked_at(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan)
    read = bench.scripts.hashes

    async def read_and_taken_back(names: list[str]) -> list[dict[str, str]]:
        found = await read(names)
        await planner.cancel(plan)
        return found

    monkeypatch.setattr(bench.scripts, "hashes", read_and_taken_back)
    async with bench.verify(PlanEnded) as made:
        await planner.start(plan)
    assert bench.last("plan_start") == "GONE"
    assert made[0].outcome == "cancelled"
    assert await planner.noted() == {}
    assert not planner.launched


async def test_one_that_is_moved_while_it_is_looked_at_is_noted_at_its_last_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    move = planner.notes.move
    moved: list[int] = []

    async def move_late(note: object, start_at: int) -> None:
        if not moved:
            moved.append(start_at - HOUR // 2)
            await planner.change(plan, start_at=moved[0])
        await move(planner.note(plan), start_at)

    monkeypatch.setattr(planner.notes, "move", move_late)
    await planner.start(plan)
    assert set((await planner.noted()).values()) == set(moved)


async def test_a_snapshot_puts_a_lost_note_back(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await bench.client.delete(keys.PLANS)
    planner.notes.put_back(bench.who.account, (await bench.snapshot()).plans.values())
    await bench.store.pipeline.submit("GET", keys.PLANS + ":none")
    assert await planner.noted() == {planner.note(plan).encode(): plan.start_at}
    assert await bench.ttl(keys.PLANS) > 32 * 86400


@pytest.mark.parametrize("revoked", [True, False], ids=["service-token", "session"])
async def test_a_login_that_ends_while_it_is_chosen_starts_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, revoked: bool
) -> None:
    who = admin(bench, await bench.sign_in())
    other = await bench.sign_in()  # the newest, which stands in for a session only
    made = await make(bench, who)
    bench.who = await tokens_of(bench).identify(made.token) if revoked else who
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan)
    of_plan = bench.upstream.of_plan

    async def and_then_it_ends(account: str, sid: str) -> SignIn:
        found = await of_plan(account, sid)
        if revoked:
            await tokens_of(bench).revoke(who, made.id)
        else:
            await bench.endings.end(who, who.sign_in, of_all=False)
        return found

    monkeypatch.setattr(bench.upstream, "of_plan", and_then_it_ends)
    await planner.start(plan)
    assert bench.last("plan_start") == ("ENDED" if revoked else "OK")
    assert [ticket.sign_in for ticket in planner.launched] == ([] if revoked else [other.sid])
    assert not (await bench.snapshot()).plans
    assert await planner.noted() == {}
