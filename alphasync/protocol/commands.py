"""What a device may ask for. Models refuse unknown fields, wrong types and over-long texts.

Docstrings of the models and of their fields are for people who write clients: docs/protocol.md is
made from them.
"""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.devices import DEVICE_NAME_MAX
from alphasync.domain.drafts import (
    ATTACHMENTS_MAX,
    Attachment,
    Link,
    browser_length,
    well_formed,
)
from alphasync.domain.runs import Continuous, ProcessingType, RunOptions
from alphasync.domain.usable import (
    PROFILE_ID_MAX,
    RECIPIENT_ID_MAX,
    is_blank,
    is_printable,
    short_id,
)
from alphasync.errors import (
    AlphasyncError,
    AlreadyRunning,
    BlocklistLost,
    DoNotContactLost,
    InvalidPayload,
    Locked,
    MessageBlank,
    MessageTooLong,
    MessageTooShort,
    NothingFailed,
    NotRegistered,
    NotRunning,
    PaceOutOfRange,
    ShuttingDown,
    StoreUnavailable,
    TooManyAttachments,
    TooManyDrafts,
    TooManyRequests,
    TooManyRuns,
    UnknownDevice,
    UnknownOutcome,
    UnknownProfile,
)
from alphasync.protocol import acknowledgements as acks

DRAFT_MAX = 10_000
"""UTF-16 code units: twice the longest message that can be sent, so that a text may be over its
limit while it is being edited, and no more."""
MESSAGE_LIMITS: dict[ProcessingType, tuple[int, int]] = {"chat": (1, 300), "mail": (150, 5000)}
"""UTF-16 code units at start, both ends included, as the existing client counts them."""

ONLY_A_MAIL = "Only a mail can have `attachments`"

DeviceId = Annotated[str, Meta(min_length=1, max_length=64)]
ProfileId = Annotated[str, Meta(min_length=1, max_length=PROFILE_ID_MAX)]
Revision = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A whole number that JavaScript can hold."""
Ignored = Any
"""Sent by the existing client and never read: identity comes from the token only."""


COMMON_ERRORS = (
    InvalidPayload,
    NotRegistered,
    TooManyRequests,
    StoreUnavailable,
    UnknownOutcome,
)
"""What every command can be refused with; one that only asks not with UnknownOutcome."""


class Command(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Base of all commands; ``event_name`` is the name on the wire. One that ``only_asks`` changes
    nothing that anybody is told of. ``errors``: what it can be refused with besides
    ``COMMON_ERRORS``, and what the gateway is refused with or refuses itself, where it
    ``asks_gateway``; ``answer``: what its acknowledgement says otherwise."""

    event_name: ClassVar[str]
    only_asks: ClassVar[bool] = False
    asks_gateway: ClassVar[bool] = False
    errors: ClassVar[tuple[type[AlphasyncError], ...]] = ()
    answer: ClassVar[type] = acks.Done
    operator_id: Ignored | UnsetType = UNSET
    """Is not read: it is the token's."""
    device_id: Ignored | UnsetType = UNSET
    """Is not read: it is the connection's."""


class ProfileCommand(Command, frozen=True, kw_only=True):
    """A command about one profile and type. ``profileId`` may come as a number."""

    errors: ClassVar[tuple[type[AlphasyncError], ...]] = (UnknownProfile,)
    profile_id: ProfileId | int
    """The profile's `external_id`, of printable characters."""
    type: ProcessingType

    def __post_init__(self) -> None:
        if isinstance(self.profile_id, int):
            force_setattr(self, "profile_id", short_id(self.profile_id, "profileId"))
        elif not self.profile_id.isprintable():
            raise ValueError("Expected a printable `profileId`")

    @property
    def profile(self) -> str:
        """The profile id, as the string it is everywhere else."""
        return str(self.profile_id)


def check_draft_length(text: str) -> None:
    """Raise MessageTooLong for a text that no limit would ever let out."""
    length = browser_length(text)
    if length > DRAFT_MAX:
        raise MessageTooLong(f"A draft can have {DRAFT_MAX} characters, this one has {length}")


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
    answer = acks.RunStarted
    errors = (
        UnknownProfile,
        MessageTooShort,
        MessageTooLong,
        MessageBlank,
        PaceOutOfRange,
        Locked,
        AlreadyRunning,
        BlocklistLost,
        DoNotContactLost,
        NothingFailed,
        TooManyRuns,
        ShuttingDown,
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

    def check_length(self) -> None:
        """Raises as ``check_message`` does."""
        check_message(self.type, self.message)


class StopProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Stop the run of a profile and type, whichever device started it."""

    event_name = "stopProcessing"
    errors = (UnknownProfile, NotRunning)


class StopAllProcessing(Command, frozen=True, kw_only=True):
    """Stop all runs of the account that the token may touch."""

    event_name = "stopAllProcessing"
    answer = acks.RunsStopped


class UpdateMessage(ProfileCommand, frozen=True, kw_only=True):
    """Store the text of a draft and tell the other devices: meant for every key stroke.

    Texts by several hands are merged. A client says what its text was made from, sends one text of
    a draft at a time, and takes over what the acknowledgement says is stored.
    """

    event_name = "updateMessage"
    answer = acks.DraftStored
    errors = (UnknownProfile, MessageTooLong, TooManyDrafts)
    message: str
    """The whole text; empty is as good as cleared."""
    base: Revision | UnsetType = UNSET
    """The revision of the draft that the text was made from, or 0 where there was no draft. Where
    others have changed the draft since, the changes are merged. Without it the server guesses what
    it was made from, and sends `messageUpdated` to this device, too, where it stores another text
    than the one that came."""
    caret: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    """Where in `message` the change ends that was made last, in UTF-16 code units. It tells which
    of two equal letters is new, and on which side of it goes what others type at that place."""

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "message", well_formed(self.message))
        if self.caret is not UNSET and self.caret > browser_length(self.message):
            raise ValueError("Expected `caret` within `message`")


class ClearMessage(ProfileCommand, frozen=True, kw_only=True):
    """Empty the text of the draft everywhere. What is attached stays."""

    event_name = "clearMessage"
    answer = acks.DraftEmptied


class UpdateAttachments(ProfileCommand, frozen=True, kw_only=True):
    """Say what goes with the draft of a mail, and tell all devices.

    With `base`, what others have attached or taken away since stays so: only what is new in
    `attachments` is added, and only what is no longer in it is taken away. Asked for again, it does
    nothing twice.
    """

    event_name = "updateAttachments"
    answer = acks.AttachmentsStored
    errors = (UnknownProfile, TooManyAttachments, TooManyDrafts)
    attachments: Annotated[list[Attachment], Meta(max_length=ATTACHMENTS_MAX)]
    """The whole list, each `link` once."""
    base: Annotated[list[Link], Meta(max_length=ATTACHMENTS_MAX)] | None = None
    """The links of the list that this one was made from. Absent: this one takes the place of
    whatever is there."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.type != "mail":
            raise ValueError(ONLY_A_MAIL)
        if len({attachment.link for attachment in self.attachments}) < len(self.attachments):
            raise ValueError("Expected each `link` only once")
        if self.base is not None:
            force_setattr(self, "base", [well_formed(link) for link in self.base])


class ClearBlocklist(ProfileCommand, frozen=True, kw_only=True):
    """Forget who was messaged, so that they can be messaged again."""

    event_name = "clearBlocklist"
    answer = acks.BlocklistEmptied


class CountBlocklist(ProfileCommand, frozen=True, kw_only=True):
    """Ask how many recipients were messaged."""

    event_name = "countBlocklist"
    answer = acks.BlocklistCounted
    only_asks = True


class ListUncertain(ProfileCommand, frozen=True, kw_only=True):
    """Ask which recipients may have been messaged: sends that a crash or a lost answer cut off."""

    event_name = "listUncertain"
    answer = acks.UncertainListed
    only_asks = True


class ResolveUncertain(ProfileCommand, frozen=True, kw_only=True):
    """Decide about recipients who may have been messaged."""

    event_name = "resolveUncertain"
    answer = acks.UncertainDecided
    action: Literal["resend", "leave"]
    """`resend`: the next run messages them; `leave`: they count as messaged."""
    recipient_id: Annotated[str, Meta(min_length=1, max_length=RECIPIENT_ID_MAX)] | None = None
    """Absent: all that are listed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.recipient_id is not None:
            force_setattr(self, "recipient_id", well_formed(self.recipient_id))


class RenameDevice(Command, frozen=True, kw_only=True):
    """Call a device otherwise: this one, or another one of the same operator. All are told, and it
    keeps the name over what it says of itself, for as long as it is on record."""

    event_name = "renameDevice"
    answer = acks.DeviceRenamed
    errors = (UnknownDevice,)
    device_id: DeviceId | UnsetType = UNSET
    """Absent: this one."""
    name: Annotated[str, Meta(min_length=1, max_length=4 * DEVICE_NAME_MAX)]
    """1 to 64 printable characters, without the white space around them."""

    def __post_init__(self) -> None:
        if isinstance(self.device_id, str):
            force_setattr(self, "device_id", well_formed(self.device_id))
        name = self.name.strip()
        if not (1 <= len(name) <= DEVICE_NAME_MAX and is_printable(name)) or is_blank(name):
            raise ValueError(f"Expected 1 to {DEVICE_NAME_MAX} printable characters in `name`")
        force_setattr(self, "name", name)


class SignOutDevice(Command, frozen=True, kw_only=True):
    """Sign another device of the same operator out: its connection is closed, its runs are
    interrupted, and it does not come back as the device that it was. Its token is good until it
    ends: who has it can connect anew."""

    event_name = "signOutDevice"
    errors = (UnknownDevice,)
    device_id: DeviceId
    """Which one; not this one."""

    def __post_init__(self) -> None:
        force_setattr(self, "device_id", well_formed(self.device_id))


class Heartbeat(Command, frozen=True, kw_only=True):
    """Prolong the record of the device. The server does so by itself, too."""

    event_name = "heartbeat"
    only_asks = True
