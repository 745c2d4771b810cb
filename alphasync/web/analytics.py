"""The figures of an account over HTTP, for managers."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.domain.analytics import NUMBERS, Day, Figures
from alphasync.domain.roles import Right
from alphasync.services.analytics import Analytics, zone_of
from alphasync.services.logins import Logins
from alphasync.web.json_bodies import ok, query_of
from alphasync.web.who_asks import who_asks


class AnalyticsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which days."""

    days: Literal["7", "30", "90", "365"] = "30"
    """How many, up to the present one."""
    zone: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]*$(?!\n)")] = (
        "UTC"
    )
    """The time zone whose days and hours they are, by its name in the IANA database. An hour of UTC
    counts where it begins."""


class DayFigures(msgspec.Struct, frozen=True, rename="camel"):
    """One of them."""

    day: str
    """As `2026-03-29`."""
    sent: int
    """Who was messaged."""
    skipped: int
    """Who was not, as they were messaged before, or are not to be contacted."""
    failed: int
    """Who could not be messaged."""
    uncertain: int
    """Who has perhaps been messaged, and nobody has decided about."""
    running: float
    """Seconds that runs ran, all together, without their pauses and waits: `sent` in that time is
    their pace."""
    completed: int
    """Runs that ended of themselves."""
    stopped: int
    """Runs that a person stopped."""
    interrupted: int
    """Runs that ended against everybody's will."""
    devices: int
    """Devices that were there."""


class Counted(msgspec.Struct, frozen=True, rename="camel"):
    """One of a list, or all that are not on it."""

    name: str
    """Empty for the rest."""
    number: int
    """How many."""


class AnalyticsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What happened on these days."""

    zone: str
    """As asked for."""
    days: list[DayFigures]
    """Each, in order."""
    hours: list[list[int]]
    """Who was messaged, by weekday, Monday first, and hour of the day."""
    profiles: list[Counted]
    """Runs that ended, by profile, the most first."""
    operators: list[Counted]
    """Runs that ended, by whose they were in the end."""
    devices: list[Counted]
    """Runs that ended, by the name of the device that had them in the end."""
    reasons: list[Counted]
    """Who could not be messaged, by what the gateway said."""
    failures: list[Counted]
    """Who could not be messaged, by profile, the most first."""
    status: bool = True
    """Always true."""


class AnalyticsCalls:
    def __init__(self, logins: Logins, analytics: Analytics) -> None:
        self._logins = logins
        self._analytics = analytics

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/analytics", self.figures)]

    async def figures(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.OVERSEE, services=True)
        query = query_of(request, AnalyticsQuery)
        zone = zone_of(query.zone)
        async with self._analytics.turns.of(who.account):
            figures = await self._analytics.read(who, int(query.days), zone)
        return ok(_shown(figures, query.zone))


def _shown(figures: Figures, zone: str) -> AnalyticsAnswer:
    return AnalyticsAnswer(
        zone,
        [_day(day.isoformat(), each) for day, each in figures.days.items()],
        figures.hours,
        profiles=[Counted(*each) for each in figures.profiles],
        operators=[Counted(*each) for each in figures.operators],
        devices=[Counted(*each) for each in figures.devices],
        reasons=[Counted(*each) for each in figures.reasons],
        failures=[Counted(*each) for each in figures.failures],
    )


def _day(day: str, of: Day) -> DayFigures:
    numbers = {name: of.numbers[name] for name in NUMBERS if name != "ran"}
    return DayFigures(day, running=of.numbers["ran"] / 1000, devices=of.devices, **numbers)
