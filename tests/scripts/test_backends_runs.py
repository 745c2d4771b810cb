"""Runs that a service token started: what everybody learns of whose they are."""

from alphasync.domain.events import (
    PlanEnded,
    ProcessingInterrupted,
    ProcessingProgress,
    ProcessingStarted,
    ProcessingTakenOver,
)
from alphasync.membership.holdings import Holding
from alphasync.services.acting import device_of
from tests.scripts.backends import admin, make, start_as, tokens_of
from tests.scripts.bench import Bench
from tests.scripts.planning import Planner
from tests.scripts.test_run_take import take


async def test_it_is_called_by_the_tokens_name_until_a_device_takes_it_over(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()))
    acts = await tokens_of(bench).identify(made.token)
    async with bench.verify(ProcessingStarted) as events:
        await start_as(bench, acts, "1001")
    assert events[0].device_name == "backend"
    assert (await bench.run()).device_name == "backend"
    async with bench.verify(ProcessingTakenOver, ProcessingProgress):
        await take(bench, "d1")
    assert (await bench.run()).device_name == ""
    await bench.start("1002")
    assert (await bench.run("1002")).device_name == ""


async def test_a_planned_one_is_called_so_too(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()))
    bench.who = await tokens_of(bench).identify(made.token)
    planner = Planner(bench)
    await planner.comes(await planner.plan(device_of(bench.who)))
    async with bench.verify(ProcessingStarted, PlanEnded) as events:
        await planner.due.look()
    assert events[0].device_name == "backend"


async def test_of_a_revoked_one_the_history_still_knows_the_name(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    await start_as(bench, await tokens_of(bench).identify(made.token), "1001")
    async with bench.verify(ProcessingInterrupted):
        await tokens_of(bench).revoke(who, made.id)
    [kept] = await bench.client.hvals(f"{bench.names.history}:runs")
    assert b'"name":"backend"' in kept


async def test_another_server_goes_on_with_it_as_with_any_detached_one(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()))
    ticket = await start_as(bench, await tokens_of(bench).identify(made.token), "1001")
    other = bench.other_server()
    await other.leases.renew(other.server.current, "register")
    holding = Holding("run", bench.server.current, ticket.account, "1001", "chat", ticket.run_id)
    async with bench.verify(ProcessingTakenOver):
        taken = await other.takeover.run(holding)
    assert taken is not None
    assert (taken[0].device_id, taken[0].sign_in) == (ticket.device_id, made.id)
    assert (await bench.run()).device_name == "backend"
