"""One event of each kind, and the runs that they happen to."""

from collections.abc import Callable
from typing import Any

from alphasync.domain import events
from alphasync.domain.devices import Device
from alphasync.domain.drafts import Attachment
from alphasync.domain.runs import Counters, Key, Run, RunStatus
from alphasync.domain.snapshot import Snapshot

EMPTY = Snapshot(epoch="e", revision=0, runs={}, drafts={})
COUNTERS: dict[str, Any] = {"total": 9, "sent": 3, "skipped": 2, "failed": 1, "uncertain": 1}
Make = Callable[[Key, int], events.StateEvent]


def started(key: Key, revision: int) -> events.ProcessingStarted:
    return events.ProcessingStarted(
        profile_id=key[0],
        type=key[1],
        device_id=f"device {revision}",
        operator_id="operator",
        started_at=revision * 10,
        timestamp=revision * 10,
        revision=revision,
    )


def progressed(key: Key, revision: int) -> events.ProcessingProgress:
    return events.ProcessingProgress(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        progress=events.Progress(
            message=f"line {revision}", device_id="device", started_at=1, current=7, **COUNTERS
        ),
        timestamp=revision,
        revision=revision,
    )


def completed(key: Key, revision: int) -> events.ProcessingComplete:
    return events.ProcessingComplete(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        completed_at=revision,
        stats=events.Stats(current=7, duration=5, **COUNTERS),
        timestamp=revision,
        revision=revision,
    )


def reconnecting(key: Key, revision: int) -> events.DeviceReconnecting:
    return events.DeviceReconnecting(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        grace=5000,
        timestamp=revision,
        revision=revision,
    )


def reconnected(key: Key, revision: int) -> events.DeviceReconnected:
    return events.DeviceReconnected(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        timestamp=revision,
        revision=revision,
    )


def taken_over(key: Key, revision: int) -> events.ProcessingTakenOver:
    return events.ProcessingTakenOver(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        message=f"line {revision}",
        current=7,
        **COUNTERS,
        timestamp=revision,
        revision=revision,
    )


def resolved(key: Key, revision: int) -> events.UncertainResolved:
    return events.UncertainResolved(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        action="leave",
        count=1,
        timestamp=revision,
        revision=revision,
    )


def paused(key: Key, revision: int) -> events.ProcessingPaused:
    return events.ProcessingPaused(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        paused_by="other",
        message="Paused",
        timestamp=revision,
        revision=revision,
    )


def resumed(key: Key, revision: int) -> events.ProcessingResumed:
    return events.ProcessingResumed(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        resumed_by="other",
        message="Going on",
        timestamp=revision,
        revision=revision,
    )


def stopped(key: Key, revision: int) -> events.ProcessingStopped:
    return events.ProcessingStopped(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        stopped_by="other",
        stopped_at=revision,
        message="Stopped",
        current=7,
        **COUNTERS,
        timestamp=revision,
        revision=revision,
    )


def interrupted(key: Key, revision: int) -> events.ProcessingInterrupted:
    return events.ProcessingInterrupted(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        reason="Device disconnected",
        code="device_disconnected",
        current=7,
        **COUNTERS,
        timestamp=revision,
        revision=revision,
    )


def settled(key: Key, revision: int) -> events.RunSettled:
    return events.RunSettled(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        operator_id="operator",
        message=f"line {revision}",
        current=7,
        **COUNTERS,
        timestamp=revision,
        revision=revision,
    )


def updated(key: Key, revision: int) -> events.MessageUpdated:
    return events.MessageUpdated(
        profile_id=key[0],
        type=key[1],
        message=f"text {revision}",
        device_id="device",
        timestamp=revision,
        revision=revision,
    )


def cleared(key: Key, revision: int) -> events.MessageCleared:
    return events.MessageCleared(
        profile_id=key[0], type=key[1], device_id="device", timestamp=revision, revision=revision
    )


def attached(key: Key, revision: int) -> events.AttachmentsUpdated:
    return events.AttachmentsUpdated(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        attachments=[Attachment(f"title {revision}", f"link {revision}", "SENT_IMAGE")],
        timestamp=revision,
        revision=revision,
    )


def forgot(key: Key, revision: int) -> events.BlocklistCleared:
    return events.BlocklistCleared(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        deleted_count=3,
        message="Cleared 3 blocked recipients",
        timestamp=revision,
        revision=revision,
    )


def unblocked(key: Key, revision: int) -> events.BlocklistRecipientRemoved:
    return events.BlocklistRecipientRemoved(
        profile_id=key[0],
        type=key[1],
        device_id="device",
        recipient_id="recipient",
        count=5,
        timestamp=revision,
        revision=revision,
    )


def sessions_ended(_key: Key, revision: int) -> events.SessionsEnded:
    return events.SessionsEnded(
        operator_id="operator",
        others=False,
        sessions=["as1.0000000000000000000000"],
        timestamp=revision,
        revision=revision,
    )


def not_contacted(_key: Key, revision: int) -> events.DoNotContactChanged:
    return events.DoNotContactChanged(
        device_id="device",
        operator_id="operator",
        added=1,
        removed=0,
        count=5,
        timestamp=revision,
        revision=revision,
    )


def all_stopped(key: Key, revision: int) -> events.AllProcessingStopped:
    return events.AllProcessingStopped(
        device_id="device",
        stopped_by="device",
        message="All processing stopped",
        stopped_at=revision,
        stopped_profiles=[events.StoppedProfile(profile_id=key[0], type=key[1])],
        timestamp=revision,
        revision=revision,
    )


def device(number: int) -> dict[str, Any]:
    told = {"device_id": f"d{number % 3}", "name": "phone", "operator_id": "operator"}
    return {**told, "since": 1, "state": "here", "last_seen": number}


def joined(_key: Key, revision: int) -> events.DeviceJoined:
    return events.DeviceJoined(**device(revision), timestamp=revision, revision=revision)


def changed(_key: Key, revision: int) -> events.DeviceUpdated:
    return events.DeviceUpdated(**device(revision), timestamp=revision, revision=revision)


def left(_key: Key, revision: int) -> events.DeviceLeft:
    gone = f"d{revision % 3}"
    return events.DeviceLeft(device_id=gone, reason="left", timestamp=revision, revision=revision)


def all_changed(_key: Key, revision: int) -> events.DevicesChanged:
    here = [Device(**device(number)) for number in (revision, revision + 1)]
    return events.DevicesChanged(devices=here, timestamp=revision, revision=revision)


def plan(key: Key, revision: int) -> dict[str, Any]:
    told = {"plan_id": f"p{revision % 3}", "profile_id": key[0], "type": key[1]}
    told |= {"device_id": "device", "operator_id": "operator", "message": f"text {revision}"}
    return {**told, "planned_at": 1, "start_at": revision, "latest": 60_000, "attachments": []}


def planned(key: Key, revision: int) -> events.RunPlanned:
    return events.RunPlanned(**plan(key, revision), timestamp=revision, revision=revision)


def plan_changed(key: Key, revision: int) -> events.PlanChanged:
    return events.PlanChanged(**plan(key, revision), timestamp=revision, revision=revision)


def plan_ended(key: Key, revision: int) -> events.PlanEnded:
    return events.PlanEnded(
        plan_id=f"p{revision % 3}",
        profile_id=key[0],
        type=key[1],
        outcome="cancelled",
        reason="Cancelled",
        timestamp=revision,
        revision=revision,
    )


MOVES: dict[Make, RunStatus] = {
    started: RunStatus.RUNNING,
    completed: RunStatus.COMPLETED,
    stopped: RunStatus.STOPPED,
    interrupted: RunStatus.INTERRUPTED,
}
"""The events that move a run, and where to."""
OF_A_RUNNING_RUN: list[Make] = [progressed, reconnecting, reconnected, taken_over, paused, resumed]
OTHERS: list[Make] = [settled, updated, cleared, attached, forgot, all_stopped, resolved]
OTHERS += [
    unblocked,
    not_contacted,
    sessions_ended,
    joined,
    changed,
    left,
    all_changed,
    planned,
    plan_changed,
    plan_ended,
]
MAKERS: list[Make] = [*MOVES, *OF_A_RUNNING_RUN, *OTHERS]


def run_in(status: RunStatus, key: Key = ("1", "chat")) -> Run:
    return Run(
        profile_id=key[0],
        type=key[1],
        status=status,
        device_id="old device",
        operator_id="old operator",
        started_at=1,
        counters=Counters(total=4, sent=2),
        message="old line",
        revision=5,
    )


def snapshot_with(status: RunStatus | None) -> Snapshot:
    runs: dict[Key, Run] = {} if status is None else {("1", "chat"): run_in(status)}
    return Snapshot(epoch="e", revision=5, runs=runs, drafts={})
