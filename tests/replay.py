"""What one device knows: rebuilt from nothing but the events it was sent."""

from typing import Any

import msgspec
from msgspec.structs import replace

from alphasync.domain import events
from alphasync.domain.devices import Device
from alphasync.domain.drafts import Draft
from alphasync.domain.plans import Plan
from alphasync.domain.runs import Counters, Run, RunOptions, RunStatus
from alphasync.domain.snapshot import Snapshot, apply
from alphasync.protocol import packets

NOT_LOGGED = (events.TokenExpiring, events.ErrorEvent)
"""Events without a place in the account's order."""


class WentBack(ValueError):
    """An event, or a snapshot, of before what the device knew already."""


class Replay:
    """Feed it a device's events in the order in which they came; ``state`` is what it shows.

    ``epoch`` and ``revision`` are of the last event; ``missed`` are the revisions that the last
    event left out, which may be none of the device's business.
    """

    def __init__(self) -> None:
        self.device_id = ""
        self.state = Snapshot(epoch="", revision=0, runs={}, drafts={})
        self.missed = range(0)

    @property
    def epoch(self) -> str:
        return self.state.epoch

    @property
    def revision(self) -> int:
        return self.state.revision

    def feed(self, name: str, payload: dict[str, Any]) -> None:
        """Take one event in.

        Raises WentBack, IllegalMove (of ``apply``), KeyError for an event that does not exist and
        msgspec.ValidationError for one that does not fit its model.
        """
        self.missed = range(0)
        event = msgspec.convert(payload, packets.EVENTS[name])
        match event:
            case events.DeviceRegistered():
                self.device_id = event.device_id
                if not event.recovered:
                    self._start(event.epoch, event.revision)
                elif event.epoch != self.epoch:
                    raise WentBack(f"recovered, but {event.epoch} is not {self.epoch}")
            case events.Resync():
                self._start(event.epoch, event.revision)
            case events.ProcessingStateSync():
                runs = {**self.state.runs}
                runs.pop((event.profile_id, event.type), None)
                if event.status != "none":
                    run = run_of(event)
                    runs[run.key] = run
                self.state = replace(self.state, runs=runs)
            case events.MessageSync():
                draft = draft_of(event)
                self.state = replace(self.state, drafts={**self.state.drafts, draft.key: draft})
            case events.DevicesSync():
                devices = {each.device_id: device_of(each) for each in event.devices}
                self.state = replace(self.state, devices=devices)
            case events.PlanSync():
                plan = plan_of(event)
                self.state = replace(self.state, plans={**self.state.plans, plan.plan_id: plan})
            case events.LoggedEvent():
                self._fold(event)
            case _ if not isinstance(event, NOT_LOGGED):
                raise KeyError(name)

    def _start(self, epoch: str, revision: int) -> None:
        if epoch == self.epoch and revision < self.revision:
            raise WentBack(f"a snapshot of {revision} after {self.revision}")
        self.state = Snapshot(epoch=epoch, revision=revision, runs={}, drafts={})

    def _fold(self, event: events.LoggedEvent) -> None:
        revision = events.filled(event.revision)
        if revision <= self.revision:
            raise WentBack(f"{event.event_name} of {revision} after {self.revision}")
        self.missed = range(self.revision + 1, revision)
        before = replace(self.state, revision=revision - 1)
        assert isinstance(event, events.StateEvent)
        # Whatever it changes, the device is at this event from now on.
        self.state = replace(self.state, revision=revision)
        self.state = apply(before, event)


def run_of(event: events.ProcessingStateSync) -> Run:
    return Run(
        profile_id=event.profile_id,
        type=event.type,
        status=RunStatus(event.status),
        device_id=event.device_id,
        operator_id=event.operator_id,
        started_at=event.started_at,
        counters=Counters(event.total, event.sent, event.skipped, event.failed, event.uncertain),
        message=event.message,
        revision=event.revision,
        stopped_by=event.stopped_by,
        reason=event.reason,
        duration=event.duration,
        away=event.away,
        waiting_for=event.waiting_for or "",
        paused=event.paused is True,
        detached=event.detached is True,
        options=RunOptions(event.message_interval or None, event.continuous or None),
        cycle=event.cycle or 0,
        next_cycle_at=event.next_cycle_at or 0,
        totals=event.totals or None,
        only=event.only or "",
    )


def device_of(listed: events.ListedDevice) -> Device:
    known = msgspec.structs.asdict(listed)
    return Device(**{name: known[name] for name in Device.__struct_fields__})


def draft_of(event: events.MessageSync) -> Draft:
    return Draft(
        profile_id=event.profile_id,
        type=event.type,
        message=event.message,
        device_id=event.device_id,
        timestamp=event.timestamp,
        revision=event.revision,
        attachments=tuple(event.attachments or ()),
        attachments_revision=event.attachments_revision or 0,
    )


def plan_of(event: events.PlanSync) -> Plan:
    return Plan(
        plan_id=event.plan_id,
        profile_id=event.profile_id,
        type=event.type,
        device_id=event.device_id,
        operator_id=event.operator_id,
        planned_at=event.planned_at,
        start_at=event.start_at,
        latest=event.latest,
        message=event.message,
        attachments=tuple(event.attachments),
        options=RunOptions(event.message_interval or None, event.continuous or None),
        waiting_for=event.waiting_for or "",
    )


def may_get(name: str, payload: dict[str, Any], may_see: frozenset[str] | None) -> bool:
    """Whether an event is for a device that may see these profiles (None: all)."""
    if may_see is None:
        return True
    of_the_account = name.startswith("device") or name == "doNotContactChanged"
    if of_the_account and "profileId" not in payload:
        return True
    if name != "allProcessingStopped":
        return payload["profileId"] in may_see
    stopped = [item["profileId"] for item in payload["stoppedProfiles"]]
    return not stopped or any(profile in may_see for profile in stopped)


def visible(state: Snapshot, may_see: frozenset[str] | None) -> Snapshot:
    """The part of a snapshot that a device may see."""
    if may_see is None:
        return state
    return replace(
        state,
        runs={key: run for key, run in state.runs.items() if key[0] in may_see},
        drafts={key: draft for key, draft in state.drafts.items() if key[0] in may_see},
        plans={key: plan for key, plan in state.plans.items() if plan.profile_id in may_see},
    )
