"""plans_due: who looks gets what is due, and nobody else does for a while."""

import pytest

from alphasync.domain.events import PlanEnded, ProcessingStarted
from alphasync.services import plan_notes
from alphasync.store import keys
from tests.scripts.bench import Bench
from tests.scripts.planning import Planner


async def test_only_what_is_due_and_once(bench: Bench) -> None:
    planner = Planner(bench)
    await planner.plan()
    assert await planner.notes.due() == []
    assert bench.last("plans_due") == "OK"
    plan = await planner.plan(profile_id="1002")
    await planner.comes(plan)
    assert await planner.notes.due() == [planner.note(plan).encode()]
    assert await planner.notes.due() == []
    again_at = (await planner.noted())[planner.note(plan).encode()] - await bench.now()
    assert 0 < again_at <= plan_notes.RETRY_INTERVAL * 1000


async def test_a_look_starts_them_all_in_turns(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("plan_notes", "due_plans"):
        monkeypatch.setattr(f"alphasync.services.{module}.DUE_MAX", 2)
    planner = Planner(bench)
    for profile in ("1001", "1002", "1003"):
        await planner.comes(await planner.plan(profile_id=profile))
    async with bench.verify(ProcessingStarted, PlanEnded, ProcessingStarted, PlanEnded):
        pass_one = await planner.due.look()
    assert pass_one
    assert not await planner.due.look()
    assert {ticket.profile for ticket in planner.launched} == {"1001", "1002", "1003"}


async def test_one_that_cannot_be_read_keeps_none_of_the_others(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan)
    await bench.client.zadd(keys.PLANS, {b"what is this": 1})
    await planner.due.look()
    assert len(planner.launched) == 1
