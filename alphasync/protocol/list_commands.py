"""What a device may ask for about who was messaged, and whom not to contact."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta
from msgspec.structs import force_setattr

from alphasync.domain.drafts import well_formed
from alphasync.domain.roles import Right
from alphasync.domain.usable import NOTE_MAX, RECIPIENT_ID_MAX
from alphasync.errors import (
    AlphasyncError,
    DoNotContactFull,
    NotForThisToken,
    RecipientInFlight,
    UnknownProfile,
)
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import Command, ProfileCommand

RecipientId = Annotated[str, Meta(min_length=1, max_length=RECIPIENT_ID_MAX)]


class ClearBlocklist(ProfileCommand, frozen=True, kw_only=True):
    """Forget who was messaged, so that they can be messaged again."""

    event_name = "clearBlocklist"
    right = Right.CLEAR
    answer = acks.BlocklistEmptied


class CountBlocklist(ProfileCommand, frozen=True, kw_only=True):
    """Ask how many recipients were messaged."""

    event_name = "countBlocklist"
    right = Right.SEE
    answer = acks.BlocklistCounted
    only_asks = True


class ListUncertain(ProfileCommand, frozen=True, kw_only=True):
    """Ask which recipients may have been messaged: sends that a crash or a lost answer cut off."""

    event_name = "listUncertain"
    right = Right.SEE
    answer = acks.UncertainListed
    only_asks = True
    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,18}:[0-9]{1,5}$(?!\n)")] | None = None
    """As the page before says; absent for the first one."""


class ResolveUncertain(ProfileCommand, frozen=True, kw_only=True):
    """Decide about recipients who may have been messaged."""

    event_name = "resolveUncertain"
    right = Right.WORK
    answer = acks.UncertainDecided
    action: Literal["resend", "leave"]
    """`resend`: the next run messages them; `leave`: they count as messaged."""
    recipient_id: RecipientId | None = None
    """Absent: all that are listed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.recipient_id is not None:
            force_setattr(self, "recipient_id", well_formed(self.recipient_id))


Part = Annotated[str, Meta(min_length=1, max_length=RECIPIENT_ID_MAX)]
Cursor = Annotated[
    str, Meta(max_length=RECIPIENT_ID_MAX + 20, pattern=r"^(0|[1-9][0-9]{0,15}):(?s:.)+$")
]
"""The score and the id of the entry at which a page ended."""


class DoNotContactCommand(Command, frozen=True, kw_only=True):
    """A command about one recipient, and the account's list of whom no run contacts."""

    recipient_id: RecipientId
    """The gateway's id of the recipient."""

    def __post_init__(self) -> None:
        force_setattr(self, "recipient_id", well_formed(self.recipient_id))


class AddDoNotContact(DoNotContactCommand, frozen=True, kw_only=True):
    """Let no run of the account message a recipient, of whichever profile and type: they count as
    skipped. A message that is on its way is not called back. All devices are told."""

    event_name = "addDoNotContact"
    right = Right.WORK
    answer = acks.DoNotContactAdded
    errors: ClassVar[tuple[type[AlphasyncError], ...]] = (DoNotContactFull,)
    note: Annotated[str, Meta(max_length=NOTE_MAX)] = ""
    """Why, in a few words. The note of somebody who is on the list already stays as it is."""

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "note", well_formed(self.note))


class RemoveDoNotContact(DoNotContactCommand, frozen=True, kw_only=True):
    """Let runs message a recipient again. Only with a token for all profiles of the account."""

    event_name = "removeDoNotContact"
    right = Right.CLEAR
    answer = acks.DoNotContactRemoved
    errors: ClassVar[tuple[type[AlphasyncError], ...]] = (NotForThisToken,)


class ListDoNotContact(Command, frozen=True, kw_only=True):
    """Ask for a page of those whom no run contacts."""

    event_name = "listDoNotContact"
    right = Right.SEE
    answer = acks.DoNotContactListed
    only_asks = True
    cursor: Cursor | None = None
    """The `next` of the page before; absent for the first."""
    find: Part | None = None
    """A part of the ids that are asked for; letters of English in either case."""

    def __post_init__(self) -> None:
        tidy_search(self)


def tidy_search(command: Command) -> None:
    """Half an emoji is in no id."""
    for field in ("cursor", "find"):
        text = getattr(command, field)
        if text is not None:
            force_setattr(command, field, well_formed(text))


class ListBlocklist(ProfileCommand, frozen=True, kw_only=True):
    """Ask for a page of those who were messaged, with when and by which run."""

    event_name = "listBlocklist"
    right = Right.SEE
    answer = acks.BlocklistListed
    only_asks = True
    cursor: Cursor | None = None
    """The `next` of the page before; absent for the first."""
    find: Part | None = None
    """A part of the ids that are asked for; letters of English in either case."""

    def __post_init__(self) -> None:
        super().__post_init__()
        tidy_search(self)


class RemoveFromBlocklist(ProfileCommand, frozen=True, kw_only=True):
    """Forget that a recipient was messaged, or may have been: the next run messages them. All
    devices are told. Not while a message to them is on its way."""

    event_name = "removeFromBlocklist"
    right = Right.CLEAR
    answer = acks.BlocklistRemoved
    errors: ClassVar[tuple[type[AlphasyncError], ...]] = (UnknownProfile, RecipientInFlight)
    recipient_id: RecipientId
    """The gateway's id of the recipient."""

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "recipient_id", well_formed(self.recipient_id))
