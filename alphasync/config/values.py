"""Kinds of values that settings take: how each is read from text, and what is refused."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    TypeAdapter,
    ValidationError,
)

from alphasync.intake.hosts import pattern
from alphasync.intake.origins import NoOrigin, normalised

UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
"""Seconds of what may stand behind a number."""
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$")

GOT_MAX = 80
"""Characters of a wrong value that are said back."""
DAY = 86400
"""Seconds."""


@dataclass(frozen=True)
class WhenUnset:
    """What a setting without a default comes to, in words for who reads the documentation."""

    words: str


def seconds(value: object) -> object:
    """``90``, ``"90s"``, ``"30m"``, ``"9h"``, ``"30d"`` or ``"500ms"`` as seconds."""
    if isinstance(value, str):
        match = _DURATION.match(value.lower())
        if match is None or match[2] not in UNITS:
            raise ValueError("expected a duration such as 90s, 30m, 9h or 30d")
        return float(match[1]) * UNITS[match[2]]
    return value


def duration(text: str) -> float:
    """Seconds of a duration as settings take it, which is no setting. Raises ValueError."""
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def bare(text: str) -> str:
    """Without white space around it, nor the mark with which some editors begin a file."""
    return text.strip().removeprefix("\ufeff").strip()


def shortened(text: str) -> str:
    """A value as it is said back to whoever set it."""
    return text if len(text) <= GOT_MAX else f"{text[:GOT_MAX]}…"


def _origins(value: object) -> object:
    if isinstance(value, str):
        return [origin.strip().removesuffix("/") for origin in value.split(",") if origin.strip()]
    return value


def parts(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _origin(value: str) -> str:
    try:
        return normalised(value)
    except NoOrigin as error:
        said = value if len(value) <= GOT_MAX else value[:GOT_MAX] + "..."
        raise ValueError(
            f"expected origins such as https://app.example.com, got {said!r}: {error}"
        ) from None


def _host(value: str) -> str:
    try:
        return pattern(value)
    except NoOrigin as error:
        raise ValueError(
            f"expected hosts such as app.example.com, got {shortened(value)!r}: {error}"
        ) from None


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _header_value(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("expected one line of printable ASCII: it is sent in a header")
    return value


Seconds = BeforeValidator(seconds)
"""Marks a number as a duration."""
AnyCase = BeforeValidator(_lower)
"""Marks a word as one that may be written with capitals, too."""
Duration = Annotated[float, Seconds, Field(gt=0, le=366 * DAY)]
YearsLong = Annotated[float, Seconds, Field(ge=DAY, le=3660 * DAY)]
"""A duration of more than a year, perhaps: of what takes little room."""
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]
Names = Annotated[tuple[str, ...], BeforeValidator(parts)]
Networks = Annotated[list[IPvAnyNetwork], BeforeValidator(parts)]
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], BeforeValidator(_origins)]
Hosts = Annotated[
    list[Annotated[str, AfterValidator(_host)]], BeforeValidator(parts), Field(min_length=1)
]
