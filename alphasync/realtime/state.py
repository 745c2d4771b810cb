"""What a device is told of its account's state, as the packets of events."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

from msgspec import UNSET, structs

from alphasync.domain import events
from alphasync.domain.drafts import Draft
from alphasync.domain.plans import Plan
from alphasync.domain.runs import Key, Run, RunStatus
from alphasync.domain.snapshot import Snapshot
from alphasync.protocol import packets
from alphasync.realtime.sessions import Session
from alphasync.services.acting import Acting
from alphasync.services.lost import LOST_REASONS, STORAGE_LOST
from alphasync.transport import Outgoing, message

READY_AT_ONCE_MAX = 128 * 1024
"""Bytes of a state that are made ready in one turn of the loop."""

Fit = Callable[[Outgoing], Outgoing]
"""Makes a packet what its client is to get."""


def registered(
    session: Session, epoch: str, revision: int, heartbeat: float, *, recovered: bool
) -> str:
    """That the session is registered, before the state or the events that the device missed.

    ``epoch`` and ``revision``: where what follows begins; ``heartbeat``: seconds; ``recovered``:
    whether the events follow that the device missed.
    """
    registration = session.registration
    event = events.DeviceRegistered(
        device_id=registration.device_id,
        name=registration.name,
        resumed=registration.resumed,
        recovered=recovered,
        resume_token=registration.resume_token,
        heartbeat_interval=round(heartbeat * 1000),
        epoch=epoch,
        revision=revision,
        role=session.who.role,
        team=session.who.team or UNSET,
    )
    return packets.encode(event)


def state_anew(session: Session, snapshot: Snapshot) -> Iterator[str]:
    """The state for a device that had an earlier one, which is not to be gone on from."""
    yield packets.encode(events.Resync(epoch=snapshot.epoch, revision=snapshot.revision))
    yield from state_of(session, snapshot)
    yield from _lost_runs(session, snapshot)


def state_of(session: Session, snapshot: Snapshot) -> Iterator[str]:
    """Who is here, then one packet per run, draft and plan, without those of profiles that the
    device may not see."""
    yield packets.encode(devices_state(session, snapshot))
    may_see = session.who.may_see
    for run in snapshot.runs.values():
        if may_see(run.profile_id):
            yield packets.encode(run_state(session, run))
    for draft in snapshot.drafts.values():
        if may_see(draft.profile_id):
            yield packets.encode(draft_state(session, draft))
    for plan in snapshot.plans.values():
        if may_see(plan.profile_id):
            yield packets.encode(plan_state(session, plan, snapshot.revision))


async def made_ready(packets_: Iterable[str], fit: Fit) -> list[Outgoing]:
    """The packets as they are sent. The loop serves others between them: a state may be large."""
    ready: list[Outgoing] = []
    size = 0
    for packet in packets_:
        ready.append(fit(message(packet)))
        size += ready[-1].size
        if size > READY_AT_ONCE_MAX:
            size = 0
            await asyncio.sleep(0)
    return ready


def _lost_runs(session: Session, snapshot: Snapshot) -> Iterator[str]:
    """What ended with the data that Redis lost, said as an event: the snapshot of the new log has
    it as a state, which clients that show a run do not take for its end."""
    now = round(time.time() * 1000)  # a snapshot does not say when, and it was just now
    for run in snapshot.runs.values():
        if run.reason in LOST_REASONS and session.who.may_see(run.profile_id):
            yield packets.encode(_interrupted(run, now))


def _interrupted(run: Run, now: int) -> events.ProcessingInterrupted:
    return events.ProcessingInterrupted(
        profile_id=run.profile_id,
        type=run.type,
        device_id=run.device_id,
        operator_id=run.operator_id,
        reason=run.reason,
        code=STORAGE_LOST,
        timestamp=now,
        started_at=run.started_at,
        current=run.counters.current,
        total=run.counters.total,
        sent=run.counters.sent,
        skipped=run.counters.skipped,
        failed=run.counters.failed,
        uncertain=run.counters.uncertain,
    )


def no_run(acting: Acting, key: Key, now: int, revision: int) -> events.ProcessingStateSync:
    """What a device is told of a run that is not on record. ``now``: ms since the Unix epoch."""
    profile_id, type_ = key
    return events.ProcessingStateSync(
        profile_id=profile_id,
        type=type_,
        is_processing=False,
        current=0,
        total=0,
        # Clients expect a device and a time: those of the start that came to nothing.
        device_id=acting.device_id,
        started_at=now,
        is_own_device=True,
        operator_id=acting.who.operator_id,
        status="none",
        sent=0,
        skipped=0,
        failed=0,
        uncertain=0,
        message="",
        away=False,
        stopped_by="",
        duration=0,
        reason="",
        revision=revision,
    )


def run_state(acting: Acting, run: Run) -> events.ProcessingStateSync:
    return events.ProcessingStateSync(
        profile_id=run.profile_id,
        type=run.type,
        is_processing=run.status is RunStatus.RUNNING,
        current=run.counters.current,
        total=run.counters.total,
        device_id=run.device_id,
        started_at=run.started_at,
        is_own_device=run.device_id == acting.device_id,
        operator_id=run.operator_id,
        status=run.status,
        sent=run.counters.sent,
        skipped=run.counters.skipped,
        failed=run.counters.failed,
        uncertain=run.counters.uncertain,
        message=run.message,
        away=run.away,
        stopped_by=run.stopped_by,
        duration=run.duration,
        reason=run.reason,
        revision=run.revision,
        waiting_for=run.waiting_for or UNSET,
        paused=run.paused or UNSET,
        detached=run.detached or UNSET,
        device_name=run.device_name or UNSET,
        only=run.only or UNSET,
        message_interval=run.options.message_interval or UNSET,
        continuous=run.options.continuous or UNSET,
        cycle=run.cycle or UNSET,
        next_cycle_at=run.next_cycle_at or UNSET,
        totals=run.totals or UNSET,
    )


def devices_state(acting: Acting, snapshot: Snapshot) -> events.DevicesSync:
    listed = [
        events.ListedDevice(**structs.asdict(device), is_own_device=id_ == acting.device_id)
        for id_, device in snapshot.devices.items()
    ]
    return events.DevicesSync(devices=listed, revision=snapshot.revision)


def plan_state(acting: Acting, plan: Plan, revision: int) -> events.PlanSync:
    return events.PlanSync(
        plan_id=plan.plan_id,
        profile_id=plan.profile_id,
        type=plan.type,
        device_id=plan.device_id,
        operator_id=plan.operator_id,
        planned_at=plan.planned_at,
        start_at=plan.start_at,
        latest=plan.latest,
        message=plan.message,
        attachments=list(plan.attachments),
        message_interval=plan.options.message_interval or UNSET,
        continuous=plan.options.continuous or UNSET,
        waiting_for=plan.waiting_for or UNSET,
        is_own_device=plan.device_id == acting.device_id,
        revision=revision,
    )


def draft_state(acting: Acting, draft: Draft) -> events.MessageSync:
    return events.MessageSync(
        profile_id=draft.profile_id,
        type=draft.type,
        message=draft.message,
        device_id=draft.device_id,
        timestamp=draft.timestamp,
        is_own_device=draft.device_id == acting.device_id,
        revision=draft.revision,
        attachments=list(draft.attachments) if draft.attachments_revision else UNSET,
        attachments_revision=draft.attachments_revision or UNSET,
    )
