"""A device, as the others of its account see it, and what it is called at first."""

import re
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

DEVICE_NAME_MAX = 64
"""Characters of a device's name."""
UNKNOWN = "Unknown device"

DeviceState = Literal["here", "away"]

_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
"""The first that is found: most of them say that they are the later ones, too."""
_SYSTEMS = (
    ("Android", re.compile(r"\bAndroid\b")),
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("macOS", re.compile(r"\bMac OS\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
_PRODUCT = re.compile(r"[\w.-]+")


class Owner(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose device it is."""

    operator_id: str
    """The operator who is signed in on it."""
    email: str | UnsetType = UNSET
    """Theirs, in the account of a team, where their token says it."""


class Device(Owner, frozen=True, kw_only=True):
    """A device that is connected, or may come back within its grace. Times in ms since the Unix
    epoch, from Redis' clock."""

    device_id: str
    """Which device it is."""
    name: str
    """What it is called: by its browser and system at first."""
    since: int
    """When it was registered first."""
    state: DeviceState
    """`here`: connected; `away`: it lost its connection, and may still come back."""
    last_seen: int
    """When it came, or was lost."""


def named_by(user_agent: str) -> str:
    """A name for a device from the header User-Agent, e.g. ``Chrome on Android``.

    The first product that the header names where that is no known browser.
    """
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if not browser:
        product = _PRODUCT.match(user_agent)
        browser = product[0] if product and product[0] != "Mozilla" else ""
    parts = [part for part in (browser, system) if part]
    return " on ".join(parts)[:DEVICE_NAME_MAX] or UNKNOWN


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str:
    return next((name for name, pattern in table if pattern.search(text)), "")
