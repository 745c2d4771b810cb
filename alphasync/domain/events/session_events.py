"""Events for one device: its registration, the state as it is, the end of its token, refusals."""

from typing import Literal

from msgspec import UNSET, UnsetType

from alphasync.domain.drafts import Attachment
from alphasync.domain.events.base import Event
from alphasync.domain.runs import Continuous, ProcessingType, Totals


class DeviceRegistered(Event, frozen=True, kw_only=True):
    """The first event of every connection: the device is on record and gets events from here on."""

    event_name = "deviceRegistered"
    device_id: str
    """Which device this connection is."""
    name: str
    """What it is called: the `deviceName` that it gave, now or earlier, or else by its browser and
    system."""
    resumed: bool
    """Whether it is a device that was there before."""
    recovered: bool
    """True: what follows is the events after the `revision` that the client offered, all of them.
    False: what follows is a snapshot, and what was known before is void."""
    resume_token: str
    """Proves with `deviceId` that a later connection is this device."""
    heartbeat_interval: int
    """In ms: how often the server prolongs the record of a connected device, by itself."""
    epoch: str
    revision: int
    """Where what follows begins: the offered one if `recovered`, else that of the snapshot."""
    role: str | UnsetType = UNSET
    """That of its token: `viewer`, `operator`, `manager` or `admin`; absent where the server is of
    before there were roles."""
    team: str | UnsetType = UNSET
    """Whose account it is; absent where one operator is the account."""


class ProcessingStateSync(Event, frozen=True, kw_only=True):
    """How a run stands: one event for each run on record in a snapshot, and one after a start that
    was refused."""

    event_name = "processingStateSync"
    profile_id: str
    type: ProcessingType
    is_processing: bool
    """Whether it is running."""
    current: int
    total: int
    device_id: str
    started_at: int
    is_own_device: bool
    operator_id: str
    status: str
    """`running`, `completed`, `stopped` or `interrupted`; `none`: no run is on record, as after a
    start that was refused."""
    away: bool
    """Whether its device is not connected, and may still come back."""
    stopped_by: str
    """The device that stopped it, or empty."""
    duration: int
    """ms from start to completion; 0 before."""
    reason: str
    """Why it was interrupted, or empty."""
    sent: int
    skipped: int
    failed: int
    uncertain: int
    message: str
    revision: int
    """Of the last event about the run."""
    waiting_for: Literal["sign_in"] | UnsetType = UNSET
    """`sign_in`: the run goes on when its operator has signed in again."""
    paused: bool | UnsetType = UNSET
    """True: the run is running, and sends nothing until somebody resumes it; else absent."""
    detached: bool | UnsetType = UNSET
    """True: the run is running, and goes on when its device, or every device, is gone; else
    absent."""
    message_interval: float | UnsetType = UNSET
    """Of a running run: seconds between two messages; absent where nobody chose that."""
    continuous: Continuous | UnsetType = UNSET
    """Of a running run that begins anew when it is through; else absent."""
    cycle: int | UnsetType = UNSET
    """Of a continuous run: which cycle the counters are of, from 1 on; else absent."""
    next_cycle_at: int | UnsetType = UNSET
    """When the next cycle begins, in ms since the Unix epoch; absent while none is waited for."""
    totals: Totals | UnsetType = UNSET
    """Of a continuous run: what became of people in all its cycles; else absent."""
    device_name: str | UnsetType = UNSET
    """What the service token is called that started it over HTTP: `deviceId` is `api:` and its id
    then. Else absent."""
    only: Literal["failed"] | UnsetType = UNSET
    """`failed`: the run is over those whom the run before could not message; else absent."""


class MessageSync(Event, frozen=True, kw_only=True):
    """A draft as it is: one event for each draft on record in a snapshot, also for emptied ones."""

    event_name = "messageSync"
    profile_id: str
    type: ProcessingType
    message: str
    """The text; empty where it was cleared."""
    device_id: str
    """The device that typed last."""
    timestamp: int
    is_own_device: bool
    revision: int
    """Of the last event about the text; 0 where there never was one, and something is attached."""
    attachments: list[Attachment] | UnsetType = UNSET
    """What goes with the mail; absent where nothing was ever attached."""
    attachments_revision: int | UnsetType = UNSET
    """Of the last event about them."""


class Resync(Event, frozen=True, kw_only=True):
    """A fresh snapshot follows, in the middle of a connection: what was known before is void."""

    event_name = "resync"
    epoch: str
    revision: int
    """That of the snapshot."""


class TokenExpiring(Event, frozen=True, kw_only=True):
    """The token of this connection ends in a minute; the connection is closed when it does."""

    event_name = "tokenExpiring"
    expires_at: int
    """In ms since the Unix epoch."""


class ErrorEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A command was refused, or the connection is about to be closed. The acknowledgement of a
    command says the same."""

    event_name = "error"
    message: str
    """Why, for people."""
    code: str
    """Why, for programs: one of the error codes."""
    retryable: bool | None = None
    """True where it makes sense to try again; else absent."""
    event: str | None = None
    """The command that was refused; absent where it was not about one."""
    lock_owner: str | None = None
    """The device that is at it, with `locked` and `already_running`; else absent."""
