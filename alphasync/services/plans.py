"""Runs that are to start later: planned, changed and taken back by people."""

import secrets

import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain import events
from alphasync.domain.identity import Identity, takes
from alphasync.domain.roles import Right
from alphasync.errors import (
    SignedOut,
    StoreUnavailable,
    TooManyPlans,
    UnknownOutcome,
    UnknownPlan,
    WrongStartTime,
)
from alphasync.protocol import packets
from alphasync.protocol.plan_commands import CancelPlan, ChangePlan, PlanRun
from alphasync.services.account_state import encode_options
from alphasync.services.audit import acting
from alphasync.services.bounds import USUAL, USUAL_PACE, AccountBounds, PaceBounds
from alphasync.services.plan_notes import PlanNote, PlanNotes
from alphasync.store import key_groups
from alphasync.store.redis.pipeline import Unconfirmed
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.plan_calls import plan_change, plan_end, plan_set


class Plans:
    def __init__(
        self,
        scripts: Scripts,
        notes: PlanNotes,
        bounds: AccountBounds = USUAL,
        pace: PaceBounds = USUAL_PACE,
    ) -> None:
        self._scripts = scripts
        self._notes = notes
        self._bounds = bounds
        self._pace = pace

    async def plan(self, who: Identity, device_id: str, command: PlanRun) -> str:
        """Plan a run; gives the plan's id.

        Raises UnknownProfile, MessageTooShort, MessageTooLong, MessageBlank, PaceOutOfRange,
        SignedOut, WrongStartTime, TooManyPlans, StoreUnavailable, and UnknownOutcome: it may be
        planned.
        """
        who.check_profile(command.profile)
        command.check_content()
        options = command.options
        self._pace.check(options)
        note = PlanNote(who.account, command.type, command.profile, secrets.token_hex(8))
        identity = events.PlanEvent(
            plan_id=note.plan_id,
            profile_id=note.profile,
            type=note.type,
            device_id=device_id,
            operator_id=who.operator_id,
        )
        names = key_groups.NewPlanKeys(
            note.account, note.type, note.profile, note.plan_id, who.operator_id, who.sign_in
        )
        await self._notes.add(note, command.start_at)
        answer = await self._confirmed(
            plan_set(
                names,
                device=device_id,
                operator=who.operator_id,
                identity=packets.members(identity),
                start_at=command.start_at,
                latest=command.latest,
                text=command.message,
                attachments=msgspec.json.encode(command.attachments or ()),
                options=encode_options(options),
                most=self._bounds.plans,
                head=packets.opening(events.RunPlanned),
                by=acting(who, device_id),
                begun_at=who.begun_at,
            )
        )
        if answer.outcome == "OK" and answer.text(1) == note.plan_id:
            return note.plan_id
        await self._notes.drop(note)  # or they could be made without end
        if answer.outcome == "SIGNED_OUT":
            raise SignedOut
        if answer.outcome == "WRONG_TIME":
            raise WrongStartTime
        if answer.outcome == "FULL":
            raise TooManyPlans
        return answer.text(1)

    async def change(self, who: Identity, device_id: str, command: ChangePlan) -> None:
        """Change a plan; the run stays that of who planned it.

        Raises UnknownProfile, UnknownPlan, NotAllowed, MessageTooShort, MessageTooLong,
        MessageBlank, WrongStartTime, StoreUnavailable, and UnknownOutcome: it may be changed.
        """
        who.check_profile(command.profile)
        command.check_content()
        note = PlanNote(who.account, command.type, command.profile, command.plan_id)
        changed = events.PlanChanged(changed_by=device_id, changed_by_operator_id=who.teammate)
        if await self._scripts.field(note.keys.plan, "plan_id") is None:
            raise UnknownPlan  # and no note: they could be made without end
        if not isinstance(command.start_at, UnsetType):
            await self._notes.add(note, command.start_at)
        attachments = command.attachments
        answer = await self._confirmed(
            plan_change(
                note.keys,
                only_of=who.only_of,
                start_at="" if isinstance(command.start_at, UnsetType) else command.start_at,
                latest="" if isinstance(command.latest, UnsetType) else command.latest,
                text=command.message or "",
                attachments=b"" if attachments is UNSET else msgspec.json.encode(attachments),
                head=packets.head(changed),
                by=acting(who, device_id),
            )
        )
        if answer.outcome == "GONE":
            raise UnknownPlan
        if answer.outcome == "OTHERS":
            raise takes(Right.OTHERS)
        if answer.outcome == "WRONG_TIME":
            raise WrongStartTime
        if not isinstance(command.start_at, UnsetType):
            # Who looked at it meanwhile may have noted the time that it had before.
            try:
                await self._notes.add(note, command.start_at)
            except StoreUnavailable as error:
                raise UnknownOutcome from error

    async def cancel(self, who: Identity, device_id: str, command: CancelPlan) -> None:
        """Take a plan back. Raises UnknownProfile, UnknownPlan, NotAllowed, and
        StoreUnavailable."""
        who.check_profile(command.profile)
        note = PlanNote(who.account, command.type, command.profile, command.plan_id)
        cancelled = events.PlanEnded(
            profile_id=note.profile,
            type=note.type,
            plan_id=note.plan_id,
            outcome="cancelled",
            ended_by=device_id,
            ended_by_operator_id=who.teammate,
            reason="Cancelled",
        )
        answer = await self._scripts.call(
            plan_end(
                note.keys,
                only_of=who.only_of,
                code="",
                head=packets.head(cancelled),
                by=acting(who, device_id),
            )
        )
        if answer.outcome == "GONE":
            raise UnknownPlan
        if answer.outcome == "OTHERS":
            raise takes(Right.OTHERS)

    async def _confirmed(self, call: Call) -> Answer:
        """The answer of a script that no failover may lose. Raises StoreUnavailable, and
        UnknownOutcome: it was carried out, and a failover may lose that."""
        try:
            return await self._scripts.call(call, confirmed=True)
        except Unconfirmed as error:
            raise UnknownOutcome from error
