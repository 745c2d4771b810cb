"""What ids, names, links and messages must be like to be used: the one place that decides.

What comes from a gateway and is not usable is not offered, so that nothing is offered that a
command would refuse afterwards.
"""

import re
import unicodedata

PROFILE_ID_MAX = 128
"""Characters of the id of a profile, an operator or a medium: keys and rooms stay small."""
RECIPIENT_ID_MAX = 512
"""Characters of a recipient's id, whichever they are: the gateway's ids are its own affair."""
NOTE_MAX = 200
"""Characters of a note about a recipient."""
NAME_MAX = 256
"""Characters of a name: what is beyond is cut."""
LINK_MAX = 2048
"""Characters of an attachment's link."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by category, with nothing to be seen: a joiner, fillers, braille's blank."""

_LINK = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\\[\]]+)(?::[0-9]{1,5})?(?:[/?#].*)?", re.IGNORECASE
)
"""A backslash in front of the path would be a slash to browsers, and end the host."""

_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))


def is_profile_id(text: str) -> bool:
    """Whether keys, rooms and addresses can hold it."""
    return 1 <= len(text) <= PROFILE_ID_MAX and text.isprintable() and text not in (".", "..")


def short_id(value: str | int, field: str) -> str:
    """An id as text. Models bound the ids that come as text, not those that come as numbers: raises
    ValueError for one that is too long."""
    text = str(value)
    if len(text) > PROFILE_ID_MAX:
        raise ValueError(f"Expected at most {PROFILE_ID_MAX} characters in `{field}`")
    return text


def is_link(text: str) -> bool:
    """Whether it leads somewhere by http or https, with a host, without a user, in one line: what
    opens it is not to be told to do anything else."""
    return len(text) <= LINK_MAX and text.isprintable() and bool(_LINK.fullmatch(text))


def is_unicode(text: str) -> bool:
    """Whether it can be written as UTF-8: half an emoji cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_printable(text: str) -> bool:
    """Whether it is one line of printable characters, those among them that are joined: an emoji of
    several parts, or letters of Persian."""
    return text.translate(_JOINERS).isprintable()


def is_blank(text: str) -> bool:
    """Whether there is nothing to be seen: white space, zero-width and control characters."""
    return all(
        unicodedata.category(char)[0] in "ZC"
        or char in _INVISIBLE
        or "\ufe00" <= char <= "\ufe0f"  # variation selectors
        for char in text
    )
