"""The figures of an account: what the scripts count by the hour in UTC (analytics.lua), put
together for somebody's days and hours."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

HOURS = 24
NUMBERS = ("sent", "skipped", "failed", "uncertain", "ran", "completed", "stopped", "interrupted")
"""What is counted of a profile, in the order in which it is kept. ``ran``: ms."""
TOP_MAX = 50
"""Of each list, those with the most."""
OTHERS = ""
"""What the rest is called: of a list, or of a day that had more names than are told apart."""

_PARTS = {"r": 2, "w": 1}
"""What stands in a name in front of the profile, by kind; nothing where it is ``OTHERS``."""
_FAILED = NUMBERS.index("failed")

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
    failures: list[Top]
    """The same people, by profile."""


def days_until(now: int, zone: tzinfo, number: int) -> list[date]:
    """So many days up to the present one, in order. ``now``: ms since the Unix epoch."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    return [today - timedelta(days=ago) for ago in reversed(range(number))]


class Summing:
    """``may_see``: whose figures count, by the profile. Of a year there may be some hundred
    thousand fields, so that each costs as little as it can."""

    def __init__(
        self, days: list[date], zone: tzinfo, may_see: Callable[[str], bool], *, all_seen: bool
    ) -> None:
        self._zone = zone
        self._may_see = may_see
        self._seen = {OTHERS: all_seen}
        """By the profile, as far as it was asked for."""
        self._numbers = {day: [0] * len(NUMBERS) for day in days}
        self._there: dict[date, set[str]] = {day: set() for day in days}
        self._more = dict.fromkeys(days, 0)
        self._hours = [[0] * HOURS for _ in range(7)]
        self._tops = [Counter[str]() for _ in range(5)]
        """Of profiles, operators, devices and reasons, and of profiles by who failed."""

    def add(self, day: int, fields: Fields) -> None:
        """The figures of a day in UTC, counted from the Unix epoch. Fields of another version are
        passed over."""
        hours, masks = self._hours_of(day)
        for field, value in fields.items():
            head, _, rest = field.partition(" ")
            if head == "d":
                bits = int(value)
                for date_, mask in masks.items():
                    if bits & mask:
                        self._there[date_].add(rest)
            elif head in hours:
                kind, _, name = rest.partition(" ")
                self._hour(hours[head], kind, name, value)

    def figures(self) -> Figures:
        days = {
            # Whom a person decided about counts where they were found to be uncertain; of a server
            # of an earlier version that may not have been counted.
            day: Day(
                Counter({n: max(0, number) for n, number in zip(NUMBERS, numbers, strict=True)}),
                len(self._there[day]) + self._more[day],
            )
            for day, numbers in self._numbers.items()
        }
        return Figures(days, self._hours, *map(_top, self._tops))

    def _hours_of(self, day: int) -> tuple[dict[str, datetime], dict[date, int]]:
        """When each hour of a day begins in the zone, of those that count, and which of them are of
        each day, as bits. An hour counts where it begins: there are zones half an hour from the
        next."""
        hours, masks = dict[str, datetime](), dict[date, int]()
        for hour in range(HOURS):
            at = datetime.fromtimestamp((day * HOURS + hour) * 3600, self._zone)
            if at.date() in self._numbers:
                hours[str(hour)] = at
                masks[at.date()] = masks.get(at.date(), 0) | 1 << hour
        return hours, masks

    def _hour(self, at: datetime, kind: str, name: str, value: str) -> None:
        if kind == "d":
            self._more[at.date()] = max(self._more[at.date()], int(value))
            return
        *parts, profile = name.split("\n", _PARTS.get(kind, 0))
        seen = self._seen.get(profile)
        if seen is None:
            seen = self._seen[profile] = self._may_see(profile)
        if not seen:
            return
        numbers = [int(each) for each in value.split()]
        if kind == "p":
            sums = self._numbers[at.date()]
            for place, number in enumerate(numbers[: len(sums)]):
                sums[place] += number
            self._hours[at.weekday()][at.hour] += numbers[0]
            if len(numbers) > _FAILED and numbers[_FAILED]:
                self._tops[4][profile] += numbers[_FAILED]
        elif kind == "r":
            ended = sum(numbers)
            operator, device = parts or (OTHERS, OTHERS)
            for top, of in zip(self._tops, (profile, operator, device), strict=False):
                top[of] += ended
        elif kind == "w":
            self._tops[3][parts[0] if parts else OTHERS] += numbers[0]


def _top(counted: Counter[str]) -> list[Top]:
    named: Iterable[tuple[str, int]] = (each for each in counted.items() if each[0] != OTHERS)
    ranked = sorted(named, key=lambda each: (-each[1], each[0]))
    others = counted[OTHERS] + sum(number for _, number in ranked[TOP_MAX:])
    found = [Top(name, number) for name, number in ranked[:TOP_MAX] if number > 0]
    return [*found, Top(OTHERS, others)] if others > 0 else found
