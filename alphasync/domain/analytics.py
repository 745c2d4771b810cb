"""The figures of an account: what the scripts count by the hour in UTC (analytics.lua), put
together for somebody's days and hours."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

HOURS = 24
NUMBERS = ("sent", "skipped", "failed", "uncertain", "ran", "completed", "stopped", "interrupted")
"""What is counted of a profile, in the order in which it is kept. ``ran``: ms."""
TOP_MAX = 50
"""Of each list, those with the most."""
OTHERS = ""
"""What the rest is called: of a list, or of a day that had more names than are told apart."""

Fields = Mapping[str, str]
"""Of one day in UTC."""


class Day(NamedTuple):
    """One day, or a sum of days."""

    numbers: Counter[str]
    """By ``NUMBERS``."""
    devices: int


class Top(NamedTuple):
    name: str
    """``OTHERS`` for the rest."""
    number: int


class Figures(NamedTuple):
    days: dict[date, Day]
    """Each day of the time, in order."""
    hours: list[list[int]]
    """How many were messaged, by weekday (Monday first) and hour of the day."""
    profiles: list[Top]
    operators: list[Top]
    devices: list[Top]
    """Runs that have ended, by whose they were at their end."""
    reasons: list[Top]
    """Those who could not be messaged."""


def days_until(now: int, zone: tzinfo, number: int) -> list[date]:
    """So many days up to the present one, in order. ``now``: ms since the Unix epoch."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    return [today - timedelta(days=ago) for ago in reversed(range(number))]


class Summing:
    """``may_see``: whose figures count, by the profile."""

    def __init__(
        self, days: list[date], zone: tzinfo, may_see: Callable[[str], bool], *, all_seen: bool
    ) -> None:
        self._zone = zone
        self._may_see = may_see
        self._all_seen = all_seen
        self._numbers = {day: Counter[str]() for day in days}
        self._there: dict[date, set[str]] = {day: set() for day in days}
        self._more = dict.fromkeys(days, 0)
        self._hours = [[0] * HOURS for _ in range(7)]
        self._tops = {kind: Counter[str]() for kind in ("profile", "operator", "device", "reason")}

    def add(self, day: int, fields: Fields) -> None:
        """The figures of a day in UTC, counted from the Unix epoch. Fields of another version are
        passed over."""
        # An hour counts where it begins: there are zones half an hour from the next.
        begins = [
            datetime.fromtimestamp((day * HOURS + hour) * 3600, UTC).astimezone(self._zone)
            for hour in range(HOURS)
        ]
        for field, value in fields.items():
            head, _, rest = field.partition(" ")
            if head == "d":
                for hour, at in enumerate(begins):
                    if int(value) >> hour & 1 and at.date() in self._there:
                        self._there[at.date()].add(rest)
            elif head.isdecimal() and int(head) < HOURS:
                kind, _, name = rest.partition(" ")
                self._hour(begins[int(head)], kind, name, [int(each) for each in value.split()])

    def figures(self) -> Figures:
        days = {
            day: Day(self._shown(numbers), len(self._there[day]) + self._more[day])
            for day, numbers in self._numbers.items()
        }
        tops = [_top(self._tops[kind]) for kind in ("profile", "operator", "device", "reason")]
        return Figures(days, self._hours, *tops)

    def _hour(self, at: datetime, kind: str, name: str, numbers: list[int]) -> None:
        day = at.date()
        if day not in self._numbers:
            return
        if kind == "d":
            self._more[day] = max(self._more[day], numbers[0])
            return
        *parts, profile = name.split("\n", {"r": 2, "w": 1}.get(kind, 0))
        if not (self._all_seen if name == OTHERS else self._may_see(profile)):
            return
        if kind == "p":
            self._numbers[day].update(dict(zip(NUMBERS, numbers, strict=False)))
            self._hours[at.weekday()][at.hour] += numbers[0]
        elif kind == "r":
            operator, device = parts if len(parts) == 2 else (OTHERS, OTHERS)
            for of, which in (("profile", profile), ("operator", operator), ("device", device)):
                self._tops[of][which] += sum(numbers)
        elif kind == "w":
            self._tops["reason"][parts[0] if parts else OTHERS] += numbers[0]

    @staticmethod
    def _shown(numbers: Counter[str]) -> Counter[str]:
        """Whom a person decided about counts where they were found to be uncertain; of a server of
        an earlier version that may not have been counted."""
        return Counter({name: max(0, numbers[name]) for name in NUMBERS})


def _top(counted: Counter[str]) -> list[Top]:
    named: Iterable[tuple[str, int]] = (each for each in counted.items() if each[0] != OTHERS)
    ranked = sorted(named, key=lambda each: (-each[1], each[0]))
    others = counted[OTHERS] + sum(number for _, number in ranked[TOP_MAX:])
    found = [Top(name, number) for name, number in ranked[:TOP_MAX] if number > 0]
    return [*found, Top(OTHERS, others)] if others > 0 else found
