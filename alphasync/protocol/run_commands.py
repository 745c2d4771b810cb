"""Commands about a run: before it starts, and while it goes on."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.drafts import ATTACHMENTS_MAX, Attachment, browser_length, well_formed
from alphasync.domain.roles import Right
from alphasync.domain.runs import Continuous, ProcessingType, RunOptions
from alphasync.domain.usable import is_blank
from alphasync.errors import (
    AlreadyRunning,
    BlocklistLost,
    DoNotContactLost,
    Locked,
    MessageBlank,
    MessageTooLong,
    MessageTooShort,
    NothingFailed,
    NotRunning,
    PaceOutOfRange,
    ShuttingDown,
    SignedOut,
    TooManyPreviews,
    TooManyRuns,
    UnknownProfile,
    WrongLink,
)
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import ONLY_A_MAIL, Command, ProfileCommand
from alphasync.protocol.draft_commands import check_links

MESSAGE_LIMITS: dict[ProcessingType, tuple[int, int]] = {"chat": (1, 300), "mail": (150, 5000)}
"""UTF-16 code units at start, both ends included, as the existing client counts them."""


def check_message(type_: ProcessingType, text: str) -> None:
    """Raise MessageTooShort or MessageTooLong outside the limits of the type, and MessageBlank
    where a recipient would see nothing."""
    shortest, longest = MESSAGE_LIMITS[type_]
    length = browser_length(text)
    if length < shortest:
        raise MessageTooShort(
            f"A {type_} message needs at least {shortest} characters, this one has {length}"
        )
    if length > longest:
        raise MessageTooLong(
            f"A {type_} message can have {longest} characters, this one has {length}"
        )
    if is_blank(text):
        raise MessageBlank


class StartProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Take the profile's lock and start a run: message everybody who was not messaged before."""

    event_name = "startProcessing"
    right = Right.WORK
    answer = acks.RunStarted
    errors = (
        UnknownProfile,
        MessageTooShort,
        MessageTooLong,
        MessageBlank,
        WrongLink,
        PaceOutOfRange,
        Locked,
        AlreadyRunning,
        BlocklistLost,
        DoNotContactLost,
        NothingFailed,
        TooManyRuns,
        ShuttingDown,
        SignedOut,
    )
    message: str
    """What every recipient gets, within the limits of its type."""
    attachments: Annotated[list[Attachment], Meta(max_length=ATTACHMENTS_MAX)] | None = None
    """Only a mail can have some."""
    detached: bool = False
    """Whether the run goes on when this device, or every device, is gone. Else it is interrupted
    when this one leaves, or does not come back within its grace."""
    only: Literal["failed"] | UnsetType = UNSET
    """`failed`: message only those whom the last run could not, as `listFailed` lists them; the
    gateway is not asked for others. Absent: everybody who was not messaged before, and that list
    begins anew."""

    message_interval: float | UnsetType = UNSET
    """Seconds between two messages, from `SEND_INTERVAL` to `SEND_INTERVAL_MAX`. Absent: the
    former."""
    continuous: Continuous | UnsetType = UNSET
    """With it the run begins anew when it is through, until somebody stops it: it lists the
    recipients, messages those who were not messaged before, and waits for `pause` seconds, from
    `CYCLE_PAUSE_MIN` to `CYCLE_PAUSE_MAX`. Not together with `only`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "message", well_formed(self.message))
        if self.attachments and self.type != "mail":
            raise ValueError(ONLY_A_MAIL)
        if self.only and self.continuous:
            raise ValueError("Expected `only` or `continuous`, not both")

    @property
    def options(self) -> RunOptions:
        return RunOptions(self.message_interval or None, self.continuous or None)

    def check_content(self) -> None:
        """Raises as ``check_message`` and ``check_links`` do."""
        check_message(self.type, self.message)
        check_links(self.attachments or ())


class StopProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Stop the run of a profile and type, whichever device started it."""

    event_name = "stopProcessing"
    right = Right.WORK
    errors = (UnknownProfile, NotRunning)


class StopAllProcessing(Command, frozen=True, kw_only=True):
    """Stop all runs of the account that the token may touch."""

    event_name = "stopAllProcessing"
    right = Right.WORK
    answer = acks.RunsStopped


class PreviewRun(ProfileCommand, frozen=True, kw_only=True):
    """Ask whom a start would message now. The gateway is asked for all of its recipients, so that
    the answer may take some seconds, up to `PREVIEW_TIMEOUT`; nothing is locked meanwhile, and a
    start need not wait for it."""

    event_name = "previewRun"
    right = Right.WORK
    answer = acks.RunPreviewed
    errors = (UnknownProfile, TooManyPreviews)
    only_asks = True
    asks_gateway = True


class ReadRun(ProfileCommand, frozen=True, kw_only=True):
    """Ask what the run on record sends, or has sent: the draft may have changed since it was
    started. Refused where there is none."""

    event_name = "readRun"
    right = Right.SEE
    answer = acks.RunRead
    errors = (UnknownProfile, NotRunning)
    only_asks = True


class PauseProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Let the run of a profile and type send nothing until somebody resumes or stops it, whichever
    device started it. The message on its way is still counted; the run stays at its place, and
    nobody else can start one. Of a run that is paused already nothing changes."""

    event_name = "pauseProcessing"
    right = Right.WORK
    errors = (UnknownProfile, NotRunning)


class ResumeProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Let a paused run go on, whichever device paused it, within two seconds. Of a run that is not
    paused nothing changes."""

    event_name = "resumeProcessing"
    right = Right.WORK
    errors = (UnknownProfile, NotRunning)


class ListFailed(ProfileCommand, frozen=True, kw_only=True):
    """Ask whom the run of a profile and type could not message, and why. They are listed for a day,
    or until a run starts that is over all recipients; `startProcessing {only: "failed"}` tries them
    again, and takes those off the list who are messaged."""

    event_name = "listFailed"
    right = Right.SEE
    answer = acks.FailedListed
    only_asks = True
    cursor: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    """As the page before says; absent for the first one."""


class TakeOverProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Make the run of a profile and type this device's: it goes on without a break, with the login
    of this device's operator, and ends with this device, unless it is detached. The former device
    only watches from here on. Of a run that is this device's already nothing changes."""

    event_name = "takeOverProcessing"
    right = Right.WORK
    needs_device = True
    errors = (UnknownProfile, NotRunning, SignedOut)
