"""The end of a token: when its device is told, and when it is cut."""

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alphasync.realtime.expiry import Expiry
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Session

NOW, LIFETIME = 1_800_000_000.25, 3600
END = 1_800_000_000 + LIFETIME


class Clock:
    """The wall's and the loop's: what is due is done as it is moved on."""

    def __init__(self) -> None:
        self.now = NOW
        self._due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, step: Callable[[Any], None], session: Any) -> Any:
        planned = (self.now + delay, lambda: step(session))
        self._due.append(planned)

        def cancel() -> None:
            self._due = [one for one in self._due if one is not planned]

        return SimpleNamespace(cancel=cancel)

    def move_on(self, to: float) -> None:
        while due := [one for one in self._due if one[0] <= to]:
            first = min(due, key=lambda one: one[0])
            self._due.remove(first)
            self.now = first[0]
            first[1]()
        self.now = to


class Sent:
    """A manager that writes down when it did what."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.told: list[float] = []
        self.cut_at: list[float] = []

    def send(self, _: object, packet: str) -> None:
        assert packet.startswith('2["tokenExpiring",')
        assert f'"expiresAt":{END * 1000}' in packet
        self.told.append(self._clock.now)

    def cut(self, _: object) -> None:
        self.cut_at.append(self._clock.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    monkeypatch.setattr(time, "time", lambda: clock.now)
    return clock


def session_of(end: int) -> Session:
    said = SimpleNamespace(expires_at=end)
    return cast(
        Session,
        SimpleNamespace(who=said, registration=SimpleNamespace(warned=False), expiry=None),
    )


def test_a_device_is_told_a_minute_before_and_cut_at_the_end(clock: Clock) -> None:
    sent = Sent(clock)
    Expiry(cast(Manager, sent)).warn_and_cut(session_of(END))
    clock.move_on(END - 60.001)
    assert (sent.told, sent.cut_at) == ([], [])
    clock.move_on(END - 59.999)
    assert (sent.told, sent.cut_at) == ([END - 60], [])
    clock.move_on(END - 0.001)
    assert sent.cut_at == []
    clock.move_on(END + 5)
    assert (sent.told, sent.cut_at) == ([END - 60], [END])


def test_one_whose_token_is_nearly_over_is_told_at_once(clock: Clock) -> None:
    sent = Sent(clock)
    clock.now = END - 10.0
    Expiry(cast(Manager, sent)).warn_and_cut(session_of(END))
    clock.move_on(END + 5)
    assert (sent.told, sent.cut_at) == ([END - 10], [END])
