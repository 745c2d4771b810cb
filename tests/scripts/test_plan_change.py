"""plan_change: what is said changes, all else stays, and its note never comes too late."""

import msgspec
import pytest

from alphasync.domain.drafts import Attachment
from alphasync.domain.events import PlanChanged
from alphasync.domain.roles import Role
from alphasync.errors import NotAllowed, UnknownPlan, WrongStartTime
from tests.scripts.bench import Bench
from tests.scripts.planning import HOUR, Planner


async def test_each_part_by_itself(bench: Bench) -> None:
    planner = Planner(bench)
    text, sun = "Dear you, " * 20, Attachment("Sun", "https://media.example/sun", "SENT_IMAGE")
    plan = await planner.plan(type="mail", message=text)
    async with bench.verify(PlanChanged, PlanChanged, PlanChanged, PlanChanged) as made:
        await planner.change(plan, message=text * 2)
        await planner.change(plan, attachments=[sun])
        await planner.change(plan, latest=20_000)
        changed = await planner.change(plan, start_at=plan.start_at + HOUR)
    assert bench.last("plan_change") == "OK"
    assert (changed.message, changed.attachments, changed.latest) == (text * 2, (sun,), 20_000)
    assert changed.start_at == plan.start_at + HOUR
    assert (changed.device_id, made[0].changed_by) == ("d1", "d2")
    async with bench.verify(PlanChanged):
        await planner.change(plan, attachments=[])


async def test_what_is_so_already_changes_nothing(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    async with bench.verify():
        await planner.change(plan)
        await planner.change(plan, message=plan.message, start_at=plan.start_at)


async def test_the_note_of_one_that_is_moved(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.change(plan, start_at=plan.start_at - HOUR // 2)
    assert set((await planner.noted()).values()) == {plan.start_at - HOUR // 2}
    later = await planner.change(plan, start_at=plan.start_at + HOUR)
    # It is looked at too early rather than too late, and then moved.
    assert set((await planner.noted()).values()) == {plan.start_at - HOUR // 2}
    async with bench.verify():
        await planner.start(later)
    assert bench.last("plan_start") == "NOT_YET"
    assert set((await planner.noted()).values()) == {plan.start_at + HOUR}
    assert not planner.launched


async def test_one_that_is_gone_and_a_time_that_is_over(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    async with bench.verify():
        with pytest.raises(WrongStartTime):
            await planner.change(plan, start_at=await bench.now() - 1)
        assert bench.last("plan_change") == "WRONG_TIME"
    await planner.cancel(plan)
    async with bench.verify():
        with pytest.raises(UnknownPlan):
            await planner.change(plan, message="Other")
    await planner.start(plan)
    assert await planner.noted() == {}


async def test_one_that_goes_while_it_is_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    find = bench.scripts.field

    async def found_and_gone(key: str, name: str) -> str | None:
        found = await find(key, name)
        await bench.client.delete(key)
        return found

    monkeypatch.setattr(bench.scripts, "field", found_and_gone)
    with pytest.raises(UnknownPlan):
        await planner.change(plan, message="Other")
    assert bench.last("plan_change") == "GONE"


async def test_an_operator_leaves_those_of_others_alone(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    bench.who = msgspec.structs.replace(bench.who, operator_id="2")
    async with bench.verify():
        with pytest.raises(NotAllowed):
            await planner.change(plan, message="Other")
    assert bench.last("plan_change") == "OTHERS"
    bench.who = msgspec.structs.replace(bench.who, role=Role.MANAGER)
    async with bench.verify(PlanChanged):
        await planner.change(plan, message="Other")
