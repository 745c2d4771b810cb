"""Planned runs of the bench, and the time that comes for them."""

from typing import Any

from alphasync.domain.plans import Plan
from alphasync.protocol.plan_commands import CancelPlan, ChangePlan, PlanRun
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.due_plans import DuePlans
from alphasync.services.launching import Launching
from alphasync.services.plan_notes import PlanNote, PlanNotes
from alphasync.services.plans import Plans
from alphasync.services.runs import Ticket
from alphasync.store import keys
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE

HOUR = 3_600_000
"""ms."""


class Planner:
    """The services about plans, as a bench's server has them."""

    def __init__(self, bench: Bench, bounds: AccountBounds = USUAL) -> None:
        self.bench = bench
        self.notes = PlanNotes(bench.scripts, bench.store.pipeline)
        self.plans = Plans(bench.scripts, self.notes, bounds)
        self.launched: list[Ticket] = []
        launching = Launching(
            bench.scripts, bench.holdings, self.launched.append, lambda _holding: None
        )
        self.due = DuePlans(bench.scripts, self.notes, bench.upstream, launching, bounds)

    async def plan(self, device: str = "d1", ahead: int = HOUR, **fields: Any) -> Plan:
        """Plan a run so many ms ahead."""
        given = {"profile_id": PROFILE, "type": "chat", "message": "Hello", **fields}
        given.setdefault("start_at", await self.bench.now() + ahead)
        plan_id = await self.plans.plan(self.bench.who, device, PlanRun(**given))
        return (await self.bench.snapshot()).plans[plan_id]

    async def change(self, plan: Plan, device: str = "d2", **fields: Any) -> Plan:
        about: dict[str, Any] = {
            "profile_id": plan.profile_id,
            "type": plan.type,
            "plan_id": plan.plan_id,
        }
        await self.plans.change(self.bench.who, device, ChangePlan(**about, **fields))
        return (await self.bench.snapshot()).plans[plan.plan_id]

    async def cancel(self, plan: Plan, device: str = "d2") -> None:
        command = CancelPlan(profile_id=plan.profile_id, type=plan.type, plan_id=plan.plan_id)
        await self.plans.cancel(self.bench.who, device, command)

    def note(self, plan: Plan) -> PlanNote:
        return PlanNote(self.bench.who.account, plan.type, plan.profile_id, plan.plan_id)

    async def noted(self) -> dict[bytes, int]:
        """When each plan is to be looked at."""
        flat = await self.bench.client.execute_command("ZRANGE", keys.PLANS, 0, -1, "WITHSCORES")
        return {note: int(at) for note, at in zip(flat[::2], flat[1::2], strict=True)}

    async def comes(self, plan: Plan, late: int = 0) -> None:
        """Let its time be so many ms ago."""
        at = await self.bench.now() - late
        await self.bench.client.hset(self.note(plan).keys.plan, "start_at", str(at))
        await self.bench.client.zadd(keys.PLANS, {self.note(plan).encode(): at})

    async def start(self, plan: Plan) -> None:
        await self.due.start(self.note(plan))
