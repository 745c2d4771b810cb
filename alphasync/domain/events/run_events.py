"""Events about runs."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain.events.base import LoggedEvent, ProfileEvent, Script
from alphasync.domain.runs import Continuous, ProcessingType, Totals

INTERRUPTED_BY = {
    "device_disconnected": "its device left, or did not come back within its grace",
    "sign_in_again": "nobody signed in again within `SIGN_IN_TIMEOUT`",
    "signed_out": "the session that it was started with was ended",
    "gateway_refused": "the gateway refuses the message, or the listing, whoever it is for",
    "gateway_unavailable": "the gateway did not answer, after several tries",
    "too_many_requests": "the gateway asked to wait again and again",
    "unknown_profile": "the gateway knows no such profile",
    "endless_listing": "the gateway's pages of recipients lead nowhere",
    "too_many_recipients": "the profile has more than `RECIPIENTS_MAX` recipients",
    "blocklist_lost": "Redis lost the list of who was messaged",
    "storage_lost": "Redis lost the run, or was put back to before it",
    "runner_lost": "the server that carried it out was lost, and its lock ran out",
    "internal_error": "a defect of the server's, which is in its log",
}
"""Why a run can be interrupted: the ``code`` of ``ProcessingInterrupted``, and what it means."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a run is."""

    message: str
    """What it did last, or waits for, as it is to be shown."""
    error: str | UnsetType = UNSET
    """What went wrong with the last recipient or the last try; absent where nothing did."""
    waiting_for: Literal["sign_in"] | UnsetType = UNSET
    """`sign_in`: the run goes on when its operator has signed in again; absent where it does not
    wait for that."""
    wait_until: Script[int] | UnsetType = UNSET
    """When it goes on, in ms since the Unix epoch, where the gateway has asked it to wait; else
    absent."""
    device_id: Script[str] = UNSET
    started_at: Script[int] = UNSET
    current: Script[int] = UNSET
    total: Script[int] = UNSET
    sent: Script[int] = UNSET
    skipped: Script[int] = UNSET
    failed: Script[int] = UNSET
    uncertain: Script[int] = UNSET
    cycle: int | UnsetType = UNSET
    """Of a continuous run: which cycle the counters are of, from 1 on; else absent."""
    next_cycle_at: int | UnsetType = UNSET
    """When the next cycle begins, in ms since the Unix epoch; absent while none is waited for."""
    totals: Totals | UnsetType = UNSET
    """Of a continuous run: what became of people in all its cycles; else absent."""


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a run."""

    current: int
    total: int
    sent: int
    skipped: int
    failed: int
    uncertain: int
    duration: int
    """From start to completion, in ms."""


class UncertainRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may have been messaged."""

    id: str
    """The gateway's id of the recipient."""
    name: str
    """Empty where the gateway gives none."""
    reason: str | UnsetType = UNSET
    """What went wrong, where that is known."""
    at: int | UnsetType = UNSET
    """When: ms since the Unix epoch; absent of one whom an earlier version listed."""


class ProcessingStarted(ProfileEvent, frozen=True, kw_only=True):
    """A run began."""

    event_name = "processingStarted"
    device_id: str
    operator_id: str
    detached: bool | UnsetType = UNSET
    """True: it goes on when its device, or every device, is gone; else absent."""
    message_interval: float | UnsetType = UNSET
    """Seconds between two messages; absent where nobody chose that."""
    continuous: Continuous | UnsetType = UNSET
    """Of a run that begins anew when it is through; else absent."""
    only: Literal["failed"] | UnsetType = UNSET
    """`failed`: it is over those whom the run before could not message; else absent."""
    device_name: str | UnsetType = UNSET
    """What the service token is called that started it over HTTP: `deviceId` is `api:` and its id
    then. Else absent."""
    started_at: Script[int] = UNSET


class RunEvent(LoggedEvent, frozen=True, kw_only=True):
    """An event whose cause does not know the run; the script puts in whose it is."""

    profile_id: Script[str] = UNSET
    type: Script[ProcessingType] = UNSET
    device_id: Script[str] = UNSET
    operator_id: Script[str] = UNSET


class CountedRunEvent(RunEvent, frozen=True, kw_only=True):
    """The same, with how far the run is."""

    current: Script[int] = UNSET
    total: Script[int] = UNSET
    sent: Script[int] = UNSET
    skipped: Script[int] = UNSET
    failed: Script[int] = UNSET
    uncertain: Script[int] = UNSET
    cycle: int | UnsetType = UNSET
    """Of a continuous run: which cycle the counters are of, from 1 on; else absent."""
    next_cycle_at: int | UnsetType = UNSET
    """When the next cycle begins, in ms since the Unix epoch; absent while none is waited for."""
    totals: Totals | UnsetType = UNSET
    """Of a continuous run: what became of people in all its cycles; else absent."""


class ProcessingProgress(RunEvent, frozen=True, kw_only=True):
    """A run is one recipient further, or waits for something."""

    event_name = "processingProgress"
    progress: Progress
    """How far it is."""


class ProcessingComplete(RunEvent, frozen=True, kw_only=True):
    """A run has dealt with every recipient."""

    event_name = "processingComplete"
    completed_at: Script[int] = UNSET
    """The same as `timestamp`."""
    stats: Script[Stats] = UNSET
    """What became of it."""
    uncertain_recipients: Script[list[UncertainRecipient]] = UNSET
    """Of all that are listed for the profile and type, at most 100. `listUncertain` gives the
    same."""
    uncertain_more: int | UnsetType = UNSET
    """How many more there are; absent where there are none."""


class DeviceReconnecting(RunEvent, frozen=True, kw_only=True):
    """The connection of the run's device broke; the run goes on while it may come back."""

    event_name = "deviceReconnecting"
    grace: int
    """ms that it has to come back."""


class DeviceReconnected(RunEvent, frozen=True, kw_only=True):
    """The run's device is back; `deviceId` is the one that it goes by from here on."""

    event_name = "deviceReconnected"
    # A head needs a field for the script to go on behind.
    resumed: bool = True
    """Always true."""


class ProcessingTakenOver(CountedRunEvent, frozen=True, kw_only=True):
    """The run goes on: at another server, as its own was stopped or is gone, or as the run of
    another device, `deviceId`, and of its operator."""

    event_name = "processingTakenOver"
    message: str
    from_device_id: str | UnsetType = UNSET
    """The device that the run was of, where that has changed; else absent."""


class ProcessingPaused(RunEvent, frozen=True, kw_only=True):
    """A person paused the run: it sends nothing until somebody resumes it. The message that was on
    its way is still counted."""

    event_name = "processingPaused"
    paused_by: str
    """The device on which they did."""
    paused_by_operator_id: str | UnsetType = UNSET
    """Who did, in the account of a team; absent where one operator is the account."""
    message: str


class ProcessingResumed(RunEvent, frozen=True, kw_only=True):
    """A person let the paused run go on."""

    event_name = "processingResumed"
    resumed_by: str
    """The device on which they did."""
    resumed_by_operator_id: str | UnsetType = UNSET
    """Who did, in the account of a team; absent where one operator is the account."""
    message: str


class ProcessingStopped(CountedRunEvent, frozen=True, kw_only=True):
    """A person stopped the run; the recipient in flight may still be settled (`runSettled`)."""

    event_name = "processingStopped"
    stopped_by: str
    """The device on which they did."""
    stopped_by_operator_id: str | UnsetType = UNSET
    """Who did, in the account of a team; absent where one operator is the account."""
    stopped_at: Script[int] = UNSET
    """The same as `timestamp`."""
    message: str


class StoppedProfile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run that was stopped."""

    profile_id: str
    type: ProcessingType


class AllProcessingStopped(LoggedEvent, frozen=True, kw_only=True):
    """A person stopped all the runs that they may: it comes once, after the `processingStopped` of
    each. Others may go on."""

    event_name = "allProcessingStopped"
    device_id: str
    """The device on which they did."""
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""
    stopped_by: str
    """The same."""
    message: str
    stopped_at: Script[int] = UNSET
    """The same as `timestamp`."""
    stopped_profiles: Script[list[StoppedProfile]] = UNSET
    """The runs that were stopped, without those of profiles that the device may not see."""


class ProcessingInterrupted(CountedRunEvent, frozen=True, kw_only=True):
    """The run ended against everybody's will."""

    event_name = "processingInterrupted"
    reason: str
    """Why, for people."""
    code: str
    """Why, for programs."""
    started_at: int | UnsetType = UNSET
    """Only of a run whose record was lost: the event alone says all that is known of it."""


class RunSettled(CountedRunEvent, frozen=True, kw_only=True):
    """The recipient that was in flight when a run ended early got its answer."""

    event_name = "runSettled"
    message: str
