"""What a device is called at first, and how the list of who is here changes."""

from typing import Any

import pytest

from alphasync.domain import events
from alphasync.domain.devices import DEVICE_NAME_MAX, UNKNOWN, Device, named_by
from alphasync.domain.snapshot import Snapshot, apply, catch_up

MOZILLA = "Mozilla/5.0"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
AGENTS = {
    f"{MOZILLA} (Linux; Android 10; K) {CHROME}": "Chrome on Android",
    f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Edg/126.0": "Edge on Windows",
    f"{MOZILLA} (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox on Linux",
    f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {CHROME}": "Chrome on ChromeOS",
    f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15": (
        "Safari on macOS"
    ),
    f"{MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Mobile Safari/604.1": (
        "Chrome on iOS"
    ),
    "Python/3.12 aiohttp/3.9.5": "Python",
    "okhttp/4.12 (Android)": "okhttp on Android",
    MOZILLA: UNKNOWN,
    "": UNKNOWN,
    "\x00\ud83d": UNKNOWN,
    "x" * 999: "x" * DEVICE_NAME_MAX,
}


@pytest.mark.parametrize(("agent", "name"), AGENTS.items())
def test_a_device_is_named_by_its_browser_and_system(agent: str, name: str) -> None:
    assert named_by(agent) == name


def told(device_id: str, state: str = "here", last_seen: int = 1) -> dict[str, Any]:
    about = {"device_id": device_id, "name": "phone", "operator_id": "o", "since": 1}
    return {**about, "state": state, "last_seen": last_seen}


def test_the_list_follows_the_events() -> None:
    empty = Snapshot(epoch="e", revision=0, runs={}, drafts={})
    happened: list[events.StateEvent] = [
        events.DeviceJoined(**told("a"), revision=1),
        events.DeviceJoined(**told("b"), revision=2),
        events.DeviceUpdated(**told("a", "away", 3), revision=3),
        events.DeviceLeft(device_id="b", reason="lost", revision=4),
    ]
    away = Device(**told("a", "away", 3))
    assert catch_up(empty, happened).devices == {"a": away}
    others = events.DevicesChanged(devices=[Device(**told("c"))], revision=5)
    assert set(apply(catch_up(empty, happened), others).devices) == {"c"}


def test_an_event_that_no_script_has_filled_in_tells_of_no_device() -> None:
    with pytest.raises(ValueError, match="not been through its script"):
        _ = events.DeviceJoined(device_id="a").device
