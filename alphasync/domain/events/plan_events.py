"""Events about planned runs."""

from typing import Literal

from msgspec import UNSET, UnsetType

from alphasync.domain.drafts import Attachment
from alphasync.domain.events.base import Event, LoggedEvent, ProfileEvent, Script, filled
from alphasync.domain.plans import Plan
from alphasync.domain.runs import Continuous, ProcessingType, RunOptions

PLAN_ENDED_BY = {
    "too_late": "no server was there from its time to `latest` after it",
    "locked": "another run of the profile and type went on until `latest` after its time",
    "too_many_runs": "the account had its most runs until `latest` after its time",
    "sign_in_again": "no sign-in of its operator was good for the profile when its time came",
    "token_ended": "the service token that planned it was revoked, or has run out",
    "blocklist_lost": "Redis lost the list of who was messaged",
    "do_not_contact_lost": "Redis lost the list of whom no run contacts",
}
"""Why a planned run was skipped, or failed: the ``code`` of ``PlanEnded``, and what it means."""

PlanWaits = Literal["locked", "too_many_runs"]
"""What a plan waits for whose time has come."""


class PlanSync(Event, frozen=True, kw_only=True):
    """A planned run as it is: one event for each one in a snapshot."""

    event_name = "planSync"
    plan_id: str
    """Names the plan."""
    profile_id: str
    type: ProcessingType
    device_id: str
    """The device that planned it: the run will be of it."""
    operator_id: str
    """Who planned it: it will be sent with their sign-in."""
    planned_at: int
    """When it was planned: ms since the Unix epoch."""
    start_at: int
    """When it is to start: ms since the Unix epoch, by Redis' clock."""
    latest: int
    """ms after `startAt` until which it may start, where it could not at once."""
    message: str
    """What every recipient will get."""
    attachments: list[Attachment]
    """What goes with a mail."""
    message_interval: float | UnsetType = UNSET
    """Seconds between two messages of its run; absent where nobody chose that."""
    continuous: Continuous | UnsetType = UNSET
    """Of a run that begins anew when it is through; else absent."""
    waiting_for: PlanWaits | UnsetType = UNSET
    """Its time has come, and it waits: `locked`, until the run of the profile and type has ended;
    `too_many_runs`, until the account may have one more. Else absent."""
    is_own_device: bool
    revision: int
    """That of the snapshot."""


class PlanEvent(LoggedEvent, frozen=True, kw_only=True):
    """An event about a planned run: as it is now. The fields are those of `planSync`."""

    told_by = PlanSync
    profile_id: Script[str] = UNSET
    type: Script[ProcessingType] = UNSET
    plan_id: Script[str] = UNSET
    device_id: Script[str] = UNSET
    operator_id: Script[str] = UNSET
    planned_at: Script[int] = UNSET
    start_at: Script[int] = UNSET
    latest: Script[int] = UNSET
    message: Script[str] = UNSET
    attachments: Script[list[Attachment]] = UNSET
    message_interval: float | UnsetType = UNSET
    continuous: Continuous | UnsetType = UNSET
    waiting_for: PlanWaits | UnsetType = UNSET

    @property
    def plan(self) -> Plan:
        """The plan that it tells of."""
        return Plan(
            plan_id=filled(self.plan_id),
            profile_id=filled(self.profile_id),
            type=filled(self.type),
            device_id=filled(self.device_id),
            operator_id=filled(self.operator_id),
            planned_at=filled(self.planned_at),
            start_at=filled(self.start_at),
            latest=filled(self.latest),
            message=filled(self.message),
            attachments=tuple(filled(self.attachments)),
            options=RunOptions(self.message_interval or None, self.continuous or None),
            waiting_for=self.waiting_for or "",
        )


class RunPlanned(PlanEvent, frozen=True, kw_only=True):
    """A run was planned: it starts at its time, whether or not a device is there."""

    event_name = "runPlanned"


class PlanChanged(PlanEvent, frozen=True, kw_only=True):
    """A planned run was changed, or waits at its time for another run to end."""

    event_name = "planChanged"
    changed_by: str | UnsetType = UNSET
    """The device on which that was done; absent where nobody did it."""
    changed_by_operator_id: str | UnsetType = UNSET
    """Who did, in the account of a team; absent where one operator is the account."""


class PlanEnded(ProfileEvent, frozen=True, kw_only=True):
    """A planned run is not planned any more: it was started, or will not be."""

    event_name = "planEnded"
    plan_id: str
    """Which one it was."""
    outcome: Literal["started", "cancelled", "skipped", "failed"]
    """`started`: the run `runId` has begun, and its events come as those of any run; `cancelled`:
    by a person; `skipped`: it could not start until `latest` after its time; `failed`: it could not
    start at all."""
    code: str | UnsetType = UNSET
    """Why it was skipped or failed, for programs; else absent."""
    ended_by: str | UnsetType = UNSET
    """The device on which it was cancelled; absent where it was not."""
    ended_by_operator_id: str | UnsetType = UNSET
    """Who did, in the account of a team; absent where one operator is the account."""
    reason: Script[str] = UNSET
    """What became of it, for people."""
    run_id: str | UnsetType = UNSET
    """The run that it has become; absent where it did not start."""
    late_by: int | UnsetType = UNSET
    """ms after its time that it started, or was skipped; else absent."""
