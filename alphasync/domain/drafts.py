"""A draft: the text being typed for a profile and type, and what goes with a mail."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

from alphasync.domain.runs import Key, ProcessingType
from alphasync.domain.usable import LINK_MAX, PROFILE_ID_MAX, short_id

ATTACHMENTS_MAX = 5
"""Of one mail, and of its draft."""

Link = Annotated[str, Meta(min_length=1, max_length=LINK_MAX)]


def browser_length(text: str) -> int:
    """Length in UTF-16 code units, as a browser's ``text.length`` counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_browser(text: str, place: int) -> int:
    """A place in a text, in UTF-16 code units."""
    return browser_length(text[:place])


def from_browser(text: str, units: int) -> int:
    """The place in a text that is so many UTF-16 code units behind its beginning; the beginning of
    the character that it is inside of."""
    if text.isascii():
        return units
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def well_formed(text: str) -> str:
    """``text`` with every lone surrogate replaced by U+FFFD, as ``String.toWellFormed`` does.

    A browser may split an emoji while it is typed; such a half cannot be stored as UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Attachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One picture, film or sound of a mail."""

    title: Annotated[str, Meta(max_length=300)]
    """As the recipient sees it."""
    link: Link
    """Where it is: an `http` or `https` address."""
    message_type: Literal["SENT_IMAGE", "SENT_VIDEO", "SENT_AUDIO"]
    """What it is: by the `content_type` of what the attachments call lists."""
    id: Annotated[str, Meta(min_length=1, max_length=PROFILE_ID_MAX)] | int | None = None
    """The gateway's id of it."""

    def __post_init__(self) -> None:
        force_setattr(self, "title", well_formed(self.title))
        force_setattr(self, "link", well_formed(self.link))
        if self.id is not None:
            force_setattr(self, "id", well_formed(short_id(self.id, "id")))


class Draft(msgspec.Struct, frozen=True):
    """The last text of a draft. An emptied draft stays, with an empty message, for its lifetime."""

    profile_id: str
    type: ProcessingType
    message: str
    device_id: str
    timestamp: int
    """When it was typed: ms since the Unix epoch, from Redis' clock."""
    revision: int
    """Of the last event about the text; 0 where there never was one."""
    attachments: tuple[Attachment, ...] = ()
    attachments_revision: int = 0
    """Of the last event about them; 0 where there never was one."""

    @property
    def key(self) -> Key:
        return (self.profile_id, self.type)
