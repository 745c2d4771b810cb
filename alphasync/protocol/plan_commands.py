"""Commands about runs that are to start later."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.drafts import ATTACHMENTS_MAX, Attachment, well_formed
from alphasync.domain.plans import LATEST_DEFAULT, LATEST_MAX, LATEST_MIN
from alphasync.domain.roles import Right
from alphasync.domain.runs import Continuous, RunOptions
from alphasync.errors import (
    MessageBlank,
    MessageTooLong,
    MessageTooShort,
    PaceOutOfRange,
    SignedOut,
    TooManyPlans,
    UnknownPlan,
    UnknownProfile,
    WrongLink,
    WrongStartTime,
)
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import ONLY_A_MAIL, ProfileCommand
from alphasync.protocol.draft_commands import check_links
from alphasync.protocol.run_commands import check_message

PlanId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$", max_length=16)]
StartAt = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Latest = Annotated[int, Meta(ge=LATEST_MIN, le=LATEST_MAX)]


class PlanRun(ProfileCommand, frozen=True, kw_only=True):
    """Plan a run: it starts at its time as a detached one, on whichever server is there, with the
    sign-in of its operator. The same one asked for again is the one that there is."""

    event_name = "planRun"
    right = Right.WORK
    answer = acks.PlanMade
    errors = (
        UnknownProfile,
        MessageTooShort,
        MessageTooLong,
        MessageBlank,
        WrongLink,
        PaceOutOfRange,
        WrongStartTime,
        TooManyPlans,
        SignedOut,
    )
    message: str
    """What every recipient gets, within the limits of its type."""
    attachments: Annotated[list[Attachment], Meta(max_length=ATTACHMENTS_MAX)] | None = None
    """Only a mail can have some."""
    start_at: StartAt
    """When it starts: ms since the Unix epoch, a second to 30 days ahead."""
    latest: Latest = LATEST_DEFAULT
    """ms after `startAt` until which it may still start, where another run of the profile and type
    goes on, the account has its most runs, or no server was there; then it is skipped."""
    message_interval: float | UnsetType = UNSET
    """As of `startProcessing`."""
    continuous: Continuous | UnsetType = UNSET
    """The same."""

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "message", well_formed(self.message))
        if self.attachments and self.type != "mail":
            raise ValueError(ONLY_A_MAIL)

    @property
    def options(self) -> RunOptions:
        return RunOptions(self.message_interval or None, self.continuous or None)

    def check_content(self) -> None:
        """Raises as ``check_message`` and ``check_links`` do."""
        check_message(self.type, self.message)
        check_links(self.attachments or ())


class ChangePlan(ProfileCommand, frozen=True, kw_only=True):
    """Change a planned run, whoever planned it; what is absent stays as it is."""

    event_name = "changePlan"
    right = Right.WORK
    errors = (
        UnknownProfile,
        UnknownPlan,
        MessageTooShort,
        MessageTooLong,
        MessageBlank,
        WrongLink,
        WrongStartTime,
    )
    plan_id: PlanId
    """Which one."""
    message: str | UnsetType = UNSET
    """What every recipient gets, within the limits of its type."""
    attachments: Annotated[list[Attachment], Meta(max_length=ATTACHMENTS_MAX)] | UnsetType = UNSET
    """Only a mail can have some."""
    start_at: StartAt | UnsetType = UNSET
    """When it starts: ms since the Unix epoch, a second to 30 days ahead."""
    latest: Latest | UnsetType = UNSET
    """ms after `startAt` until which it may still start."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.message, str):
            force_setattr(self, "message", well_formed(self.message))
        if self.attachments and self.type != "mail":
            raise ValueError(ONLY_A_MAIL)

    def check_content(self) -> None:
        """Raises as ``check_message`` and ``check_links`` do, for what changes."""
        if isinstance(self.message, str):
            check_message(self.type, self.message)
        check_links(self.attachments or ())


class CancelPlan(ProfileCommand, frozen=True, kw_only=True):
    """Take a planned run back, whoever planned it."""

    event_name = "cancelPlan"
    right = Right.WORK
    errors = (UnknownProfile, UnknownPlan)
    plan_id: PlanId
    """Which one."""
