"""Every event a device can receive: one model each, the only list of them.

Field names on the wire are the camelCase forms. What ``Script`` marks is filled in by the script
that makes the change, so a service builds an event without it. Docstrings of the models and of
their fields are for people who write clients: docs/protocol.md is made from them.
"""

from alphasync.domain.events.account_events import (
    AttachmentsUpdated,
    BlocklistCleared,
    BlocklistRecipientRemoved,
    DoNotContactChanged,
    MessageCleared,
    MessageUpdated,
    SessionsEnded,
    UncertainResolved,
)
from alphasync.domain.events.base import (
    COMMON_FIELDS,
    Audience,
    Event,
    LoggedEvent,
    ProfileEvent,
    filled,
)
from alphasync.domain.events.device_events import (
    DeviceEvent,
    DeviceJoined,
    DeviceLeft,
    DevicesChanged,
    DevicesSync,
    DeviceUpdated,
    ListedDevice,
)
from alphasync.domain.events.plan_events import (
    PLAN_ENDED_BY,
    PlanChanged,
    PlanEnded,
    PlanEvent,
    PlanSync,
    RunPlanned,
)
from alphasync.domain.events.run_events import (
    INTERRUPTED_BY,
    AllProcessingStopped,
    CountedRunEvent,
    DeviceReconnected,
    DeviceReconnecting,
    ProcessingComplete,
    ProcessingInterrupted,
    ProcessingPaused,
    ProcessingProgress,
    ProcessingResumed,
    ProcessingStarted,
    ProcessingStopped,
    ProcessingTakenOver,
    Progress,
    RunSettled,
    Stats,
    StoppedProfile,
    UncertainRecipient,
)
from alphasync.domain.events.session_events import (
    DeviceRegistered,
    ErrorEvent,
    MessageSync,
    ProcessingStateSync,
    Resync,
    TokenExpiring,
)

StateEvent = (
    ProcessingStarted
    | ProcessingProgress
    | ProcessingComplete
    | ProcessingStopped
    | AllProcessingStopped
    | ProcessingInterrupted
    | ProcessingPaused
    | ProcessingResumed
    | RunSettled
    | DeviceReconnecting
    | DeviceReconnected
    | ProcessingTakenOver
    | UncertainResolved
    | MessageUpdated
    | MessageCleared
    | AttachmentsUpdated
    | BlocklistCleared
    | BlocklistRecipientRemoved
    | DoNotContactChanged
    | SessionsEnded
    | DeviceJoined
    | DeviceUpdated
    | DeviceLeft
    | DevicesChanged
    | RunPlanned
    | PlanChanged
    | PlanEnded
)
"""The logged events: what ``snapshot.apply`` folds."""

__all__ = [
    "COMMON_FIELDS",
    "INTERRUPTED_BY",
    "PLAN_ENDED_BY",
    "AllProcessingStopped",
    "AttachmentsUpdated",
    "Audience",
    "BlocklistCleared",
    "BlocklistRecipientRemoved",
    "CountedRunEvent",
    "DeviceEvent",
    "DeviceJoined",
    "DeviceLeft",
    "DeviceReconnected",
    "DeviceReconnecting",
    "DeviceRegistered",
    "DeviceUpdated",
    "DevicesChanged",
    "DevicesSync",
    "DoNotContactChanged",
    "ErrorEvent",
    "Event",
    "ListedDevice",
    "LoggedEvent",
    "MessageCleared",
    "MessageSync",
    "MessageUpdated",
    "PlanChanged",
    "PlanEnded",
    "PlanEvent",
    "PlanSync",
    "ProcessingComplete",
    "ProcessingInterrupted",
    "ProcessingPaused",
    "ProcessingProgress",
    "ProcessingResumed",
    "ProcessingStarted",
    "ProcessingStateSync",
    "ProcessingStopped",
    "ProcessingTakenOver",
    "ProfileEvent",
    "Progress",
    "Resync",
    "RunPlanned",
    "RunSettled",
    "SessionsEnded",
    "StateEvent",
    "Stats",
    "StoppedProfile",
    "TokenExpiring",
    "UncertainRecipient",
    "UncertainResolved",
    "filled",
]
