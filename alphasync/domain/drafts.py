"""A draft: the text being typed for a profile and type."""

import msgspec

from alphasync.domain.runs import Key, ProcessingType


class Draft(msgspec.Struct, frozen=True):
    """The last text of a draft. An emptied draft stays, with an empty message, for its lifetime."""

    profile_id: str
    type: ProcessingType
    message: str
    device_id: str
    timestamp: int
    """When it was typed: ms since the Unix epoch, from Redis' clock."""
    revision: int

    @property
    def key(self) -> Key:
        return (self.profile_id, self.type)


def browser_length(text: str) -> int:
    """Length in UTF-16 code units, as a browser's ``text.length`` counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def well_formed(text: str) -> str:
    """``text`` with every lone surrogate replaced by U+FFFD, as ``String.toWellFormed`` does.

    A browser may split an emoji while it is typed; such a half cannot be stored as UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
