"""What is wrong with something that came from a client, in plain words."""

import re

import msgspec

FIELD_MAX = 64
"""Characters of a field's name that are said back: unknown ones are the client's own."""

_MISSING = re.compile(r"missing required field `(.+?)`", re.DOTALL)
_UNKNOWN = re.compile(r"contains unknown field `(.+?)`", re.DOTALL)
_PLACE = re.compile(r" - at `\$\.?(.+?)`$", re.DOTALL)


def in_words(error: msgspec.ValidationError) -> str:
    """One line that names the field at fault, without the validator's words.

    What a model says itself is said as it is.
    """
    text = str(error)
    found = _PLACE.search(text)
    place = f"`{found[1][:FIELD_MAX]}`" if found else ""
    within = f" in {place}" if place else ""
    if isinstance(error.__cause__, ValueError):
        return f"{error.__cause__}{within}"
    for pattern, words in ((_MISSING, "is missing"), (_UNKNOWN, "is not known")):
        field = pattern.search(text)
        if field:
            return f"`{field[1][:FIELD_MAX]}` {words}{within}"
    return f"{place or 'The value'} is not valid"
