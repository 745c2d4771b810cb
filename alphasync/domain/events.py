"""Every event a device can receive: one model each, the only list of them.

Field names on the wire are the camelCase forms. ``timestamp`` and ``revision`` of logged events
are filled in by the script that makes the change (as are the other fields marked *script*), so a
service builds an event without them.
"""

from typing import ClassVar, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain.runs import ProcessingType

T = TypeVar("T")
Script = UnsetType
"""Marks a field that the script fills in."""


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of all events; ``event_name`` is the name on the wire."""

    event_name: ClassVar[str]


class LoggedEvent(Event, frozen=True, kw_only=True):
    """An event about the account's state: it has a place in the account's one order."""

    timestamp: int | Script = UNSET
    revision: int | Script = UNSET


class ProfileEvent(LoggedEvent, frozen=True, kw_only=True):
    profile_id: str
    type: ProcessingType


class Progress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    device_id: str
    started_at: int
    error: str | Script = UNSET
    waiting_for: Literal["sign_in"] | UnsetType = UNSET
    """``sign_in``: the run goes on when its operator has signed in again."""
    current: int | Script = UNSET
    total: int | Script = UNSET
    sent: int | Script = UNSET
    skipped: int | Script = UNSET
    failed: int | Script = UNSET
    uncertain: int | Script = UNSET


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    current: int
    total: int
    sent: int
    skipped: int
    failed: int
    uncertain: int
    duration: int
    """In ms."""


class UncertainRecipient(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class ProcessingStarted(ProfileEvent, frozen=True, kw_only=True):
    event_name = "processingStarted"
    device_id: str
    operator_id: str
    started_at: int | Script = UNSET


class ProcessingProgress(ProfileEvent, frozen=True, kw_only=True):
    event_name = "processingProgress"
    device_id: str
    operator_id: str
    progress: Progress


class ProcessingComplete(ProfileEvent, frozen=True, kw_only=True):
    event_name = "processingComplete"
    device_id: str
    operator_id: str
    completed_at: int | Script = UNSET
    stats: Stats | Script = UNSET
    uncertain_recipients: list[UncertainRecipient] | Script = UNSET
    """Of all that are listed for the profile and type, at most 100."""
    uncertain_more: int | Script = UNSET
    """How many more there are; absent where there are none."""


class RunEvent(LoggedEvent, frozen=True, kw_only=True):
    """An event whose cause does not know the run; the script puts in whose it is."""

    profile_id: str | Script = UNSET
    type: ProcessingType | Script = UNSET
    device_id: str | Script = UNSET
    operator_id: str | Script = UNSET


class CountedRunEvent(RunEvent, frozen=True, kw_only=True):
    """The same, with how far the run is."""

    current: int | Script = UNSET
    total: int | Script = UNSET
    sent: int | Script = UNSET
    skipped: int | Script = UNSET
    failed: int | Script = UNSET
    uncertain: int | Script = UNSET


class DeviceReconnecting(RunEvent, frozen=True, kw_only=True):
    """The connection of the run's device broke; the run goes on while it may come back."""

    event_name = "deviceReconnecting"
    grace: int
    """ms that it has."""


class DeviceReconnected(RunEvent, frozen=True, kw_only=True):
    """It is back; ``deviceId`` is the one that it goes by from here on."""

    event_name = "deviceReconnected"
    resumed: bool = True
    """A head needs a field for the script to go on behind."""


class ProcessingTakenOver(CountedRunEvent, frozen=True, kw_only=True):
    """The run goes on at another replica: its own was stopped or is gone."""

    event_name = "processingTakenOver"
    message: str


class UncertainResolved(ProfileEvent, frozen=True, kw_only=True):
    """A person decided about recipients who may have been messaged."""

    event_name = "uncertainResolved"
    device_id: str
    action: Literal["resend", "leave"]
    count: int | Script = UNSET


class ProcessingStopped(CountedRunEvent, frozen=True, kw_only=True):
    event_name = "processingStopped"
    stopped_by: str
    stopped_at: int | Script = UNSET
    message: str


class StoppedProfile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    profile_id: str
    type: ProcessingType


class AllProcessingStopped(LoggedEvent, frozen=True, kw_only=True):
    event_name = "allProcessingStopped"
    device_id: str
    stopped_by: str
    message: str
    stopped_at: int | Script = UNSET
    stopped_profiles: list[StoppedProfile] | Script = UNSET


class ProcessingInterrupted(CountedRunEvent, frozen=True, kw_only=True):
    event_name = "processingInterrupted"
    reason: str
    code: str
    started_at: int | UnsetType = UNSET
    """Of a run whose record was lost: the event alone says all that is known of it."""


class RunSettled(CountedRunEvent, frozen=True, kw_only=True):
    """The recipient that was in flight when a run ended early got its answer."""

    event_name = "runSettled"
    message: str


class MessageUpdated(ProfileEvent, frozen=True, kw_only=True):
    event_name = "messageUpdated"
    message: str
    device_id: str


class MessageCleared(ProfileEvent, frozen=True, kw_only=True):
    event_name = "messageCleared"
    device_id: str


class BlocklistCleared(ProfileEvent, frozen=True, kw_only=True):
    event_name = "blocklistCleared"
    device_id: str
    deleted_count: int | Script = UNSET
    message: str | Script = UNSET


class DeviceRegistered(Event, frozen=True, kw_only=True):
    event_name = "deviceRegistered"
    device_id: str
    name: str
    resumed: bool
    recovered: bool
    resume_token: str
    heartbeat_interval: int
    """In ms."""
    epoch: str
    revision: int


class ProcessingStateSync(Event, frozen=True, kw_only=True):
    event_name = "processingStateSync"
    profile_id: str
    type: ProcessingType
    is_processing: bool
    current: int
    total: int
    device_id: str
    started_at: int
    is_own_device: bool
    operator_id: str
    status: str
    """A ``RunStatus``; or ``none``: no run is on record, as after a start that was refused."""
    away: bool
    """Its device is not connected, and may still come back."""
    stopped_by: str
    """The device that stopped it, or ''."""
    duration: int
    """ms from start to completion; 0 before."""
    reason: str
    """Why it was interrupted, or ''."""
    sent: int
    skipped: int
    failed: int
    uncertain: int
    message: str
    revision: int
    waiting_for: Literal["sign_in"] | UnsetType = UNSET


class MessageSync(Event, frozen=True, kw_only=True):
    event_name = "messageSync"
    profile_id: str
    type: ProcessingType
    message: str
    device_id: str
    timestamp: int
    is_own_device: bool
    revision: int


class Resync(Event, frozen=True, kw_only=True):
    """A fresh snapshot follows: what was known before is void."""

    event_name = "resync"
    epoch: str
    revision: int


class TokenExpiring(Event, frozen=True, kw_only=True):
    event_name = "tokenExpiring"
    expires_at: int
    """In ms since the Unix epoch."""


class ErrorEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    event_name = "error"
    message: str
    code: str
    retryable: bool | None = None
    event: str | None = None
    lock_owner: str | None = None


StateEvent = (
    ProcessingStarted
    | ProcessingProgress
    | ProcessingComplete
    | ProcessingStopped
    | AllProcessingStopped
    | ProcessingInterrupted
    | RunSettled
    | DeviceReconnecting
    | DeviceReconnected
    | ProcessingTakenOver
    | UncertainResolved
    | MessageUpdated
    | MessageCleared
    | BlocklistCleared
)
"""The logged events: what ``snapshot.apply`` folds."""


def filled(value: T | UnsetType) -> T:
    """A field that the script has filled in; ValueError when it has not."""
    if isinstance(value, UnsetType):
        raise ValueError("the event has not been through its script")
    return value
