"""JSON from outside, of a depth that we bound: interpreters differ in how much of it they bear.

The bound holds before a text is parsed, so that the same text has the same answer on every Python.
"""

import re
from typing import Any, TypeVar, overload

import msgspec

NESTING_MAX = 64
"""Arrays and objects within each other; what is meant for us has fewer than ten."""

T = TypeVar("T")

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""A text, or one that does not end: so that no character is looked at twice."""
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_SAME = str.maketrans("{}", "[]")


class NestedTooDeeply(ValueError):
    """The text is not looked at any further."""

    def __init__(self) -> None:
        super().__init__("JSON is nested too deeply")


def check_nesting(text: str | bytes) -> None:
    """Raises NestedTooDeeply. A text that is no JSON passes or does not: it is not parsed here."""
    plain = text if isinstance(text, str) else text.decode("latin-1")
    if plain.count("[") + plain.count("{") <= NESTING_MAX:
        return
    brackets = _NO_BRACKET.sub("", _STRING.sub("", plain)).translate(_SAME)
    for _ in range(NESTING_MAX):
        # Each turn takes away what is innermost.
        shorter = brackets.replace("[]", "")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    if brackets.count("[") > NESTING_MAX or "[]" in brackets:
        raise NestedTooDeeply


@overload
def decode_json(text: str | bytes) -> Any: ...


@overload
def decode_json(text: str | bytes, shape: type[T]) -> T: ...


def decode_json(text: str | bytes, shape: Any = Any) -> Any:
    """The text as ``shape``.

    Raises msgspec.ValidationError for another shape, msgspec.DecodeError or ValueError for what is
    no JSON, and NestedTooDeeply, which is a ValueError.
    """
    check_nesting(text)
    return msgspec.json.decode(text, type=shape)
