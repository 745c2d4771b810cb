"""Commands about drafts: their text, and what goes with a mail."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.drafts import ATTACHMENTS_MAX, Attachment, Link, browser_length, well_formed
from alphasync.domain.roles import Right
from alphasync.domain.usable import is_link
from alphasync.errors import (
    MessageTooLong,
    TooManyAttachments,
    TooManyDrafts,
    UnknownProfile,
    WrongLink,
)
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import ONLY_A_MAIL, ProfileCommand, Revision

DRAFT_MAX = 10_000
"""UTF-16 code units: twice the longest message that can be sent, so that a text may be over its
limit while it is being edited, and no more."""


def check_links(attachments: Sequence[Attachment]) -> None:
    """Raise WrongLink for what is not to be opened by whoever gets it. Not as they are read: what
    is on record from before stays readable."""
    for attachment in attachments:
        if not is_link(attachment.link):
            raise WrongLink(
                f"The link of {attachment.title[:40]!r} is not an http or https address"
            )


def check_draft_length(text: str) -> None:
    """Raise MessageTooLong for a text that no limit would ever let out."""
    if len(text) <= DRAFT_MAX // 2:
        return  # no character has more than two
    length = browser_length(text)
    if length > DRAFT_MAX:
        raise MessageTooLong(f"A draft can have {DRAFT_MAX} characters, this one has {length}")


class UpdateMessage(ProfileCommand, frozen=True, kw_only=True):
    """Store the text of a draft and tell the other devices: meant for every key stroke.

    Texts by several hands are merged. A client says what its text was made from, sends one text of
    a draft at a time, and takes over what the acknowledgement says is stored.
    """

    event_name = "updateMessage"
    right = Right.WORK
    needs_device = True
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
    right = Right.WORK
    needs_device = True
    answer = acks.DraftEmptied


class UpdateAttachments(ProfileCommand, frozen=True, kw_only=True):
    """Say what goes with the draft of a mail, and tell all devices.

    With `base`, what others have attached or taken away since stays so: only what is new in
    `attachments` is added, and only what is no longer in it is taken away. Asked for again, it does
    nothing twice.
    """

    event_name = "updateAttachments"
    right = Right.WORK
    needs_device = True
    answer = acks.AttachmentsStored
    errors = (UnknownProfile, WrongLink, TooManyAttachments, TooManyDrafts)
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
