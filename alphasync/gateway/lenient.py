"""Reading the fields of a gateway's records: what can be read is, whatever type it came as.

Each takes a decoded JSON value of any type.
"""

import json
from typing import NoReturn

import msgspec

from alphasync.domain.drafts import well_formed
from alphasync.domain.usable import NAME_MAX, is_profile_id, is_unicode
from alphasync.gateway.port import GatewayRefused, GatewayUnavailable
from alphasync.nesting import NESTING_MAX, NestedTooDeeply, check_nesting

CURSOR_MAX = 4096
"""Characters. It is sent back in an address, of which servers take some 8 KB."""
ITEMS_MAX = 500_000
"""Commas and brackets of an answer: the values in it take memory by their number, not by their
length. A page of 100,000 recipients has some 300,000."""
DIGITS_MAX = 512
"""Of a number. More are no id of anything."""
WHOLE_MAX = 2**53
"""A number with a decimal point is exact below it."""

_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_SAME = bytes.maketrans(b"{}", b"[]")
BOM = b"\xef\xbb\xbf"


def decode(body: bytes) -> object:
    """The JSON value. Raises GatewayUnavailable.

    Where one text of it is no Unicode, or one number is out of range, that one is marred: texts
    come with lone surrogates, numbers as None or infinite.
    """
    body = body.removeprefix(BOM)
    if body.count(b",") + body.count(b"[") + body.count(b"{") > ITEMS_MAX:
        raise GatewayUnavailable("The gateway's answer is too large")
    try:
        if not _looks_flat(body):
            check_nesting(body)
        return msgspec.json.decode(body)
    except (NestedTooDeeply, RecursionError) as error:
        raise GatewayUnavailable("The gateway's answer is not JSON") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        text = body.decode("utf-8", "surrogateescape")
        return json.loads(text, parse_int=_whole, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise GatewayUnavailable("The gateway's answer is not JSON") from error


def identifier(value: object, longest: int) -> str:
    """An id. Raises ValueError, whose text says what is wrong with it."""
    if value is None:
        raise ValueError("it has no id")
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE_MAX:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("its id cannot be read")
    text = str(value)
    if not text:
        raise ValueError("its id is empty")
    if len(text) > longest:
        raise ValueError(f"its id is longer than {longest} characters")
    if not is_unicode(text):
        raise ValueError("its id is no text")
    return text


def profile_id(value: object) -> str | None:
    """The id of a profile or an operator; None for one that cannot be used."""
    try:
        text = identifier(value, DIGITS_MAX)
    except ValueError:
        return None
    return text if is_profile_id(text) else None


def name(value: object, longest: int = NAME_MAX) -> str:
    """A text for people, cut at ``longest`` characters; "" for what is none."""
    if isinstance(value, str):
        return well_formed(value[:longest])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:longest]
    return ""


def link(value: object, longest: int) -> str:
    """An address, whole or not at all."""
    usable = isinstance(value, str) and len(value) <= longest and is_unicode(value)
    return str(value) if usable else ""


def age(value: object) -> int | None:
    """Years. Written with a decimal point by some encoders; an age of 1e300 is no age."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 3 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 1000 else None


def cursor(value: object) -> str | None:
    """The cursor of the next page; None where there is none: null, false or empty.

    Raises GatewayError for one that cannot be sent back: without it the rest of the list would be
    left out without a word.
    """
    if value is None or value is False or value == "":
        return None
    try:
        return identifier(value, CURSOR_MAX)
    except ValueError as error:
        raise GatewayRefused("The gateway's next page cannot be asked for") from error


def records(value: object) -> list[object]:
    """A list; empty where there is none. Raises GatewayUnavailable for what is no list."""
    if value is None or value is False:
        return []
    if isinstance(value, list):
        return value
    another_shape()


def another_shape() -> NoReturn:
    raise GatewayUnavailable("The gateway's answer has another shape")


def _looks_flat(body: bytes) -> bool:
    """Whether brackets, those in texts among them, pair up within the bound. The exact look takes
    longer than to decode some megabytes, and everybody waits for it."""
    brackets = body.translate(_SAME, _NO_BRACKET)
    for _ in range(NESTING_MAX):
        if not brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return not brackets


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= DIGITS_MAX else None
