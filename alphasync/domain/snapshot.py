"""The state of an account at one revision, and how one event changes it."""

from typing import TypedDict

from msgspec import Struct, UnsetType
from msgspec.structs import replace

from alphasync.domain import events
from alphasync.domain.devices import Device
from alphasync.domain.drafts import Draft
from alphasync.domain.events import filled
from alphasync.domain.plans import Plan
from alphasync.domain.runs import LEGAL_MOVES, Counters, Key, Run, RunOptions, RunStatus, Totals


class Snapshot(Struct, frozen=True):
    """All runs, drafts and plans of an account that are still on record, and who is here."""

    epoch: str
    revision: int
    runs: dict[Key, Run]
    drafts: dict[Key, Draft]
    devices: dict[str, Device] = {}
    """By their ids."""
    plans: dict[str, Plan] = {}
    """The same."""


class IllegalMove(ValueError):
    """An event asked for a move that the table of legal moves does not have."""


def apply(snapshot: Snapshot, event: events.StateEvent) -> Snapshot:
    """The snapshot after ``event``, which must be the next one in the account's order.

    Raises ValueError when it is not, and IllegalMove when a run would change against the table.
    """
    revision = filled(event.revision)
    if revision != snapshot.revision + 1:
        raise ValueError(f"revision {revision} does not follow {snapshot.revision}")
    after = replace(snapshot, revision=revision)
    match event:
        case events.MessageUpdated() | events.MessageCleared():
            draft = replace(
                snapshot.drafts.get((event.profile_id, event.type)) or _new_draft(event),
                message=event.message if isinstance(event, events.MessageUpdated) else "",
                device_id=event.device_id,
                timestamp=filled(event.timestamp),
                revision=revision,
            )
            return replace(after, drafts={**snapshot.drafts, draft.key: draft})
        case events.AttachmentsUpdated():
            draft = replace(
                snapshot.drafts.get((event.profile_id, event.type)) or _new_draft(event),
                attachments=tuple(filled(event.attachments)),
                attachments_revision=revision,
            )
            return replace(after, drafts={**snapshot.drafts, draft.key: draft})
        case (
            events.AllProcessingStopped()
            | events.BlocklistCleared()
            | events.BlocklistRecipientRemoved()
            | events.DoNotContactChanged()
            | events.SessionsEnded()
        ):
            return after
        case events.UncertainResolved():
            return replace(after, runs=_recounted(snapshot.runs, event))
        case events.DeviceJoined() | events.DeviceUpdated():
            device = event.device
            return replace(after, devices={**snapshot.devices, device.device_id: device})
        case events.DeviceLeft():
            gone = event.device_id
            left = {id_: device for id_, device in snapshot.devices.items() if id_ != gone}
            return replace(after, devices=left)
        case events.DevicesChanged():
            here = {device.device_id: device for device in filled(event.devices)}
            return replace(after, devices=here)
        case events.RunPlanned() | events.PlanChanged():
            plan = event.plan
            return replace(after, plans={**snapshot.plans, plan.plan_id: plan})
        case events.PlanEnded():
            over = event.plan_id
            left_ = {id_: plan for id_, plan in snapshot.plans.items() if id_ != over}
            return replace(after, plans=left_)
        case _:
            key: Key = (filled(event.profile_id), filled(event.type))
            run = _run_after(snapshot.runs.get(key), event, revision)
            return replace(after, runs={**snapshot.runs, run.key: run})


def catch_up(snapshot: Snapshot, happened: list[events.StateEvent]) -> Snapshot:
    """The snapshot after these events, where some of its records are of a later time than it says:
    those keep what they have.

    Raises ValueError and IllegalMove as ``apply`` does.
    """
    for event in happened:
        revision = filled(event.revision)
        if _known_at(snapshot, event) >= revision:
            snapshot = replace(snapshot, revision=revision)
        else:
            snapshot = apply(snapshot, event)
    return snapshot


_WHOLE = (
    *(events.AllProcessingStopped, events.DoNotContactChanged, events.SessionsEnded),
    *(events.DeviceJoined, events.DeviceUpdated, events.DeviceLeft, events.DevicesChanged),
    *(events.RunPlanned, events.PlanChanged, events.PlanEnded),
)
"""Events that say all there is: done to a later state than theirs, they and those after them lead
to the right one."""


def _known_at(snapshot: Snapshot, event: events.StateEvent) -> int:
    """The revision of the record that an event is about; 0 where there is none."""
    if isinstance(event, _WHOLE):
        return 0
    key: Key = (filled(event.profile_id), filled(event.type))
    match event:
        case events.MessageUpdated() | events.MessageCleared():
            return snapshot.drafts[key].revision if key in snapshot.drafts else 0
        case events.AttachmentsUpdated():
            return snapshot.drafts[key].attachments_revision if key in snapshot.drafts else 0
        case _:
            return snapshot.runs[key].revision if key in snapshot.runs else 0


DraftEvent = events.MessageUpdated | events.MessageCleared | events.AttachmentsUpdated


def _new_draft(event: DraftEvent) -> Draft:
    """A draft before the first event about it that there is."""
    return Draft(
        profile_id=event.profile_id,
        type=event.type,
        message="",
        device_id=event.device_id,
        timestamp=filled(event.timestamp),
        revision=0,
    )


RunEvent = (
    events.ProcessingStarted
    | events.ProcessingProgress
    | events.ProcessingComplete
    | events.ProcessingStopped
    | events.ProcessingInterrupted
    | events.ProcessingPaused
    | events.ProcessingResumed
    | events.RunSettled
    | events.DeviceReconnecting
    | events.DeviceReconnected
    | events.ProcessingTakenOver
)


def _run_after(run: Run | None, event: RunEvent, revision: int) -> Run:
    if isinstance(event, events.ProcessingStarted):
        _check(run, RunStatus.RUNNING)
        return Run(
            profile_id=event.profile_id,
            type=event.type,
            status=RunStatus.RUNNING,
            device_id=event.device_id,
            operator_id=event.operator_id,
            started_at=filled(event.started_at),
            counters=Counters(),
            message="",
            revision=revision,
            detached=event.detached is True,
            device_name=event.device_name or "",
            only=event.only or "",
            options=RunOptions(event.message_interval or None, event.continuous or None),
        )
    if isinstance(event, events.ProcessingInterrupted):
        run = _lost(event) or run
    if run is None:
        raise IllegalMove(f"{event.event_name} without a run on record")
    run = replace(run, revision=revision)
    match event:
        case events.ProcessingProgress():
            if run.status is not RunStatus.RUNNING:
                raise IllegalMove(f"progress of a run that is {run.status}")
            return replace(
                run,
                message=event.progress.message,
                counters=_counters(event.progress),
                **_cycles(event.progress),
                waiting_for=event.progress.waiting_for or "",
            )
        case events.RunSettled():
            if run.status is RunStatus.RUNNING:
                raise IllegalMove("a running run is not settled but goes on")
            return replace(run, message=event.message, counters=_counters(event), **_cycles(event))
        case events.DeviceReconnecting() | events.DeviceReconnected():
            if run.status is not RunStatus.RUNNING:
                raise IllegalMove(f"the device of a run that is {run.status} does not matter")
            away = isinstance(event, events.DeviceReconnecting)
            return replace(run, device_id=filled(event.device_id), away=away)
        case events.ProcessingPaused() | events.ProcessingResumed():
            if run.status is not RunStatus.RUNNING:
                raise IllegalMove(f"{event.event_name} of a run that is {run.status}")
            return replace(run, paused=isinstance(event, events.ProcessingPaused))
        case events.ProcessingTakenOver():
            if run.status is not RunStatus.RUNNING:
                raise IllegalMove(f"a run that is {run.status} is not taken over")
            same = isinstance(event.from_device_id, UnsetType)
            return replace(
                run,
                message=event.message,
                counters=_counters(event),
                **_cycles(event),
                waiting_for="",
                device_id=filled(event.device_id),
                device_name=run.device_name if same else "",
                operator_id=filled(event.operator_id),
                away=run.away and same,
            )
        case events.ProcessingComplete():
            _check(run, RunStatus.COMPLETED)
            counters = _counters(filled(event.stats))
            return replace(
                run,
                status=RunStatus.COMPLETED,
                counters=counters,
                duration=filled(event.stats).duration,
                away=False,
                paused=False,
                detached=False,
                options=RunOptions(),
                waiting_for="",
            )
        case events.ProcessingStopped():
            _check(run, RunStatus.STOPPED)
            run = replace(run, stopped_by=event.stopped_by)
            return _ended(run, RunStatus.STOPPED, event.message, event)
        case events.ProcessingInterrupted():
            _check(run, RunStatus.INTERRUPTED)
            run = replace(run, reason=event.reason)
            return _ended(run, RunStatus.INTERRUPTED, event.reason, event)


def _recounted(runs: dict[Key, Run], event: events.UncertainResolved) -> dict[Key, Run]:
    """A run that is on record counts its recipients anew whom a person decided about."""
    run = runs.get((event.profile_id, event.type))
    if run is None or isinstance(event.total, UnsetType):
        return runs
    run = replace(run, counters=_counters(event), **_cycles(event), revision=filled(event.revision))
    return {**runs, run.key: run}


def _lost(event: events.ProcessingInterrupted) -> Run | None:
    """A run whose record Redis lost, as the event alone tells of it, whatever was known before;
    None for an event of any other end."""
    if isinstance(event.started_at, UnsetType):
        return None
    return Run(
        profile_id=filled(event.profile_id),
        type=filled(event.type),
        status=RunStatus.RUNNING,
        device_id=filled(event.device_id),
        operator_id=filled(event.operator_id),
        started_at=event.started_at,
        counters=Counters(),
        message="",
        revision=0,
    )


def _ended(run: Run, status: RunStatus, message: str, event: events.CountedRunEvent) -> Run:
    return replace(
        run,
        status=status,
        message=message,
        counters=_counters(event),
        **_cycles(event),
        away=False,
        paused=False,
        detached=False,
        options=RunOptions(),
        waiting_for="",
    )


def _check(run: Run | None, target: RunStatus) -> None:
    status = run.status if run else None
    if target not in LEGAL_MOVES[status]:
        raise IllegalMove(f"{status} -> {target}")


def _counters(
    source: events.Progress | events.Stats | events.CountedRunEvent | events.UncertainResolved,
) -> Counters:
    return Counters(
        total=filled(source.total),
        sent=filled(source.sent),
        skipped=filled(source.skipped),
        failed=filled(source.failed),
        uncertain=filled(source.uncertain),
    )


class _Cycles(TypedDict):
    cycle: int
    next_cycle_at: int
    totals: Totals | None


def _cycles(
    source: events.Progress | events.CountedRunEvent | events.UncertainResolved,
) -> _Cycles:
    return {
        "cycle": source.cycle or 0,
        "next_cycle_at": source.next_cycle_at or 0,
        "totals": source.totals or None,
    }
