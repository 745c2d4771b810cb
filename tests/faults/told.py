"""Histories for the tests of the checker: events as a device is told of them, and an account."""

from typing import Any

from alphasync.domain.drafts import Draft
from alphasync.domain.runs import Counters, Key, Run, RunStatus
from tests.faults.books import (
    Account,
    Delivery,
    Event,
    History,
    Lists,
)
from tests.faults.checker import check

KEY: Key = ("p", "chat")
CHAT = {"profileId": "p", "type": "chat"}
DEVICE = "device"
COUNTERS = {"current": 2, "total": 2, "sent": 2, "skipped": 0, "failed": 0, "uncertain": 0}


def registered(revision: int = 0, *, recovered: bool = False, epoch: str = "e") -> Event:
    return (
        "deviceRegistered",
        {
            "deviceId": DEVICE,
            "name": "",
            "resumed": recovered,
            "recovered": recovered,
            "resumeToken": "t",
            "heartbeatInterval": 1,
            "epoch": epoch,
            "revision": revision,
        },
    )


def placed(name: str, revision: int, **fields: Any) -> Event:
    return name, {**fields, "timestamp": revision * 100, "revision": revision}


def draft(revision: int, text: str = "x", *, profile: str = "p", by: str = "other") -> Event:
    fields = {"profileId": profile, "type": "chat", "message": text, "deviceId": by}
    return placed("messageUpdated", revision, **fields)


def started(revision: int, **more: Any) -> Event:
    who = {"deviceId": DEVICE, "operatorId": "o", "startedAt": revision * 100}
    return placed("processingStarted", revision, **CHAT, **who, **more)


def interrupted(revision: int, code: str) -> Event:
    who = {"deviceId": DEVICE, "operatorId": "o", "reason": "Because", "code": code}
    return placed("processingInterrupted", revision, **CHAT, **who, **COUNTERS)


def reconnecting(revision: int) -> Event:
    who = {"deviceId": DEVICE, "operatorId": "o", "grace": 1}
    return placed("deviceReconnecting", revision, **CHAT, **who)


def ended(revision: int, **changed: int) -> Event:
    return placed(
        "processingComplete",
        revision,
        **CHAT,
        deviceId=DEVICE,
        operatorId="o",
        completedAt=revision * 100,
        stats={**COUNTERS, **changed, "duration": 300},
        uncertainRecipients=[{"id": "u", "name": "U"}],
    )


def cleared(revision: int) -> Event:
    fields = {"deviceId": DEVICE, "deletedCount": 2, "message": "Cleared 2 blocked recipients"}
    return placed("blocklistCleared", revision, **CHAT, **fields)


def messaged(*times: tuple[str, int]) -> list[Delivery]:
    return [Delivery("p", "chat", recipient, at) for recipient, at in times]


RUN: list[Event] = [registered(), started(1), ended(4)]
"""Its revisions 2 and 3 are drafts of the device itself."""
OWN = [draft(2, by=DEVICE), draft(3, "y", by=DEVICE)]
COMPLETED = Run(
    profile_id="p",
    type="chat",
    status=RunStatus.COMPLETED,
    device_id=DEVICE,
    operator_id="o",
    started_at=100,
    counters=Counters(total=2, sent=2),
    message="",
    revision=4,
    duration=300,
)

DRAFT = Draft("p", "chat", "y", DEVICE, timestamp=300, revision=3)


def watcher(*events: Event) -> History:
    return History("watcher", [registered(), *events])


def account(**fields: Any) -> Account:
    """A run that messaged a and b; u is uncertain."""
    given: dict[str, Any] = {
        "deliveries": messaged(("a", 150), ("b", 250)),
        "histories": [
            History("runner", RUN, types=True),
            watcher(started(1), *OWN, ended(4)),
        ],
        "cast": {"p": ["a", "b", "u"]},
        "lists": {KEY: Lists(blocked={"a", "b", "u"}, uncertain={"u"})},
    }
    return Account(**{**given, **fields})


def told(*events: Event) -> list[str]:
    """What is wrong when a watcher gets these events and nothing was delivered."""
    return check(account(histories=[watcher(*events)], deliveries=[], cast={"p": []}, lists={}))


def rules(found: list[str]) -> list[str]:
    return [text.partition(":")[0] for text in found]
