"""plan_set: what is planned is on record until its end, and all devices know it."""

import pytest

from alphasync.domain.drafts import Attachment
from alphasync.domain.events import RunPlanned
from alphasync.domain.plans import LATEST_DEFAULT, PLAN_AHEAD_MAX, Plan
from alphasync.errors import SignedOut, TooManyPlans, UnknownProfile, WrongStartTime
from alphasync.protocol.plan_commands import PlanRun
from alphasync.services.bounds import AccountBounds
from alphasync.store.scripts.limits import PAGE_RECORDS_MAX
from tests.scripts.bench import Bench, identity
from tests.scripts.deeds import PROFILE
from tests.scripts.planning import HOUR, Planner

SEA = Attachment('Sea / \u00e4"\n', "https://media.example/7", "SENT_IMAGE", id="7")
ODD = 'Hello "you" / \\ \u2028 \u00e4\U0001f44b\x7f\n' * 12


async def test_it_is_on_record_and_told_and_noted(bench: Bench) -> None:
    planner = Planner(bench)
    async with bench.verify(RunPlanned) as made:
        plan = await planner.plan(type="mail", message=ODD, attachments=[SEA])
    assert bench.last("plan_set") == "OK"
    assert plan == made[0].plan == (await bench.snapshot()).plans[plan.plan_id]
    assert plan == Plan(
        plan_id=plan.plan_id,
        profile_id=PROFILE,
        type="mail",
        device_id="d1",
        operator_id="1",
        planned_at=made[0].timestamp,
        start_at=plan.start_at,
        latest=LATEST_DEFAULT,
        message=ODD,
        attachments=(SEA,),
    )
    assert await planner.noted() == {planner.note(plan).encode(): plan.start_at}
    assert await bench.ttl(planner.note(plan).keys.plan) > 31 * 86400


async def test_there_may_be_several_of_a_profile_and_type(bench: Bench) -> None:
    planner = Planner(bench)
    async with bench.verify(RunPlanned, RunPlanned):
        first, second = await planner.plan(), await planner.plan(ahead=2 * HOUR)
    assert (await bench.snapshot()).plans.keys() == {first.plan_id, second.plan_id}


async def test_the_same_asked_for_again_is_the_one_that_there_is(bench: Bench) -> None:
    planner = Planner(bench)
    first = await planner.plan()
    async with bench.verify():
        again = await planner.plan(device="d2", start_at=first.start_at)
    assert again == first
    assert len(await planner.noted()) == 1
    async with bench.verify(RunPlanned):
        await planner.plan(start_at=first.start_at, message="Another text")


@pytest.mark.parametrize("ahead", [-HOUR, 0, 500, PLAN_AHEAD_MAX + 5000])
async def test_its_time_is_in_the_future_and_not_too_far(bench: Bench, ahead: int) -> None:
    planner = Planner(bench)
    async with bench.verify():
        with pytest.raises(WrongStartTime):
            await planner.plan(ahead=ahead)
    assert bench.last("plan_set") == "WRONG_TIME"
    assert await planner.noted() == {}


async def test_an_account_has_so_many_and_no_more(bench: Bench) -> None:
    planner = Planner(bench, AccountBounds(plans=2))
    first, _ = await planner.plan(), await planner.plan(profile_id="1002")
    async with bench.verify():
        with pytest.raises(TooManyPlans):
            await planner.plan(profile_id="1003")
    assert bench.last("plan_set") == "FULL"
    assert len(await planner.noted()) == 2
    await planner.cancel(first)
    await planner.plan(profile_id="1003")


async def test_a_profile_that_the_token_may_not_touch(bench: Bench) -> None:
    planner = Planner(bench)
    command = PlanRun(profile_id="1002", type="chat", message="Hello", start_at=2**40)
    with pytest.raises(UnknownProfile):
        await planner.plans.plan(identity(profiles=frozenset({PROFILE})), "d1", command)


async def test_many_are_read_in_pages(bench: Bench) -> None:
    planner = Planner(bench, AccountBounds(plans=200))
    made = [(await planner.plan(ahead=HOUR + n)).plan_id for n in range(PAGE_RECORDS_MAX + 6)]
    assert sorted((await bench.snapshot()).plans) == sorted(made)


async def test_a_login_that_was_ended_plans_nothing(bench: Bench) -> None:
    planner, opened, other = Planner(bench), await bench.sign_in(), await bench.sign_in()
    await bench.endings.end(bench.come_with(other), opened.sid, of_all=False)
    bench.who = bench.come_with(opened)
    async with bench.verify():
        with pytest.raises(SignedOut):
            await planner.plan()
    assert bench.last("plan_set") == "SIGNED_OUT"
    assert await planner.noted() == {}
    bench.who = bench.come_with(other)
    async with bench.verify(RunPlanned):
        await planner.plan()
