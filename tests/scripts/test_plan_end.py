"""plan_end: a plan is taken back, or ends at its time because it cannot start."""

import msgspec
import pytest

from alphasync.domain.events import PlanEnded, ProcessingStarted
from alphasync.domain.roles import Role
from alphasync.errors import NotAllowed, UnknownPlan
from alphasync.protocol.plan_commands import CancelPlan
from tests.scripts.backends import admin, make, tokens_of
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.planning import HOUR, Planner


async def test_who_may_see_the_profile_takes_it_back(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    async with bench.verify(PlanEnded) as made:
        await planner.cancel(plan)
    assert bench.last("plan_end") == "OK"
    assert (made[0].outcome, made[0].ended_by, made[0].plan_id) == ("cancelled", "d2", plan.plan_id)
    assert not await bench.client.exists(planner.note(plan).keys.plan)
    async with bench.verify():
        with pytest.raises(UnknownPlan):
            await planner.cancel(plan)
    assert bench.last("plan_end") == "GONE"


async def test_not_under_another_profile_or_type(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    async with bench.verify():
        for command in (
            CancelPlan(profile_id="1002", type="chat", plan_id=plan.plan_id),
            CancelPlan(profile_id=PROFILE, type="mail", plan_id=plan.plan_id),
        ):
            with pytest.raises(UnknownPlan):
                await planner.plans.cancel(bench.who, "d2", command)


@pytest.mark.parametrize("how", ["ended", "for others"])
async def test_one_whose_operator_is_not_signed_in_ends_at_its_time(bench: Bench, how: str) -> None:
    signed_in = await bench.sign_in("the gateway's", *([] if how == "ended" else ["1002"]))
    planner = Planner(bench)
    bench.who = msgspec.structs.replace(bench.who, sign_in=signed_in.sid)
    plan = await planner.plan()
    if how == "ended":
        await bench.client.hset(bench.names.signin(signed_in.sid), "expires", "1")
    async with bench.verify():
        await planner.start(plan)
    assert bench.last("plan_end") == "NOT_YET"
    await planner.comes(plan)
    async with bench.verify(PlanEnded) as made:
        await planner.start(plan)
    assert (made[0].outcome, made[0].code) == ("failed", "sign_in_again")
    assert await planner.noted() == {}
    assert not planner.launched


@pytest.mark.parametrize("how", ["revoked", "run out"])
async def test_one_of_a_service_token_that_has_ended_is_no_business_of_another_login(
    bench: Bench, how: str
) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    planner = Planner(bench)
    bench.who = await tokens_of(bench).identify(made.token)
    plan = await planner.plan()
    if how == "revoked":
        await tokens_of(bench).revoke(who, made.id)
    else:
        await bench.client.hset(bench.names.signin(made.id), "expires", "1")
    await planner.comes(plan)
    async with bench.verify(PlanEnded) as ended:
        await planner.start(plan)
    assert (ended[0].outcome, ended[0].code) == ("failed", "token_ended")
    assert not planner.launched


async def test_the_newest_sign_in_takes_the_place_of_one_that_has_ended(bench: Bench) -> None:
    signed_in = await bench.sign_in()
    planner = Planner(bench)
    bench.who = msgspec.structs.replace(bench.who, sign_in=signed_in.sid)
    plan = await planner.plan(ahead=HOUR)
    await bench.client.hset(bench.names.signin(signed_in.sid), "expires", "1")
    newest = await bench.sign_in()
    await planner.comes(plan)
    async with bench.verify(ProcessingStarted, PlanEnded):
        await planner.start(plan)
    assert [ticket.sign_in for ticket in planner.launched] == [newest.sid]


async def test_an_operator_leaves_those_of_others_alone(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    bench.who = msgspec.structs.replace(bench.who, operator_id="2")
    async with bench.verify():
        with pytest.raises(NotAllowed):
            await planner.cancel(plan)
    assert bench.last("plan_end") == "OTHERS"
    bench.who = msgspec.structs.replace(bench.who, role=Role.MANAGER)
    async with bench.verify(PlanEnded):
        await planner.cancel(plan)
