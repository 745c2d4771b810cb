"""Figures by the hour in UTC, put together for somebody's days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from alphasync.domain.analytics import OTHERS, TOP_MAX, Figures, Summing, Top, days_until

BERLIN = ZoneInfo("Europe/Berlin")
PER_HOUR = 10


def day_of(day: date) -> int:
    """Since the Unix epoch."""
    return (day - date(1970, 1, 1)).days


def summed(
    zone: ZoneInfo, days: list[date], *fields: tuple[date, dict[str, str]], sees: str = ""
) -> Figures:
    summing = Summing(days, zone, lambda profile: profile != sees, all_seen=not sees)
    for day, figures in fields:
        summing.add(day_of(day), figures | {"day": str(day_of(day)), "names": "3"})
    return summing.figures()


@pytest.mark.parametrize(
    ("day", "hours", "at_one", "at_two"),
    [(date(2026, 3, 29), 23, 1, 0), (date(2026, 10, 25), 25, 1, 2), (date(2026, 6, 1), 24, 1, 1)],
)
def test_a_day_has_its_hours_also_when_summer_time_changes(
    day: date, hours: int, at_one: int, at_two: int
) -> None:
    every_hour = {f"{hour} p 1001": str(PER_HOUR) for hour in range(24)}
    around = [date.fromordinal(day.toordinal() + shift) for shift in (-1, 0, 1)]
    found = summed(BERLIN, around, *((each, every_hour) for each in around))
    assert found.days[day].numbers["sent"] == hours * PER_HOUR
    weekday = found.hours[day.weekday()]
    assert (weekday[1], weekday[2]) == (at_one * PER_HOUR, at_two * PER_HOUR)
    assert sum(weekday) == hours * PER_HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("UTC", date(2026, 1, 5), 0),
        ("Asia/Kolkata", date(2026, 1, 5), 5),
        ("America/New_York", date(2026, 1, 4), 19),
        ("Pacific/Kiritimati", date(2026, 1, 5), 14),
    ],
)
def test_an_hour_counts_where_it_begins(zone: str, day: date, hour: int) -> None:
    days = [date(2026, 1, 4), date(2026, 1, 5)]
    found = summed(ZoneInfo(zone), days, (date(2026, 1, 5), {"0 p 1001": "7"}))
    assert {each: of.numbers["sent"] for each, of in found.days.items() if of.numbers["sent"]} == {
        day: 7
    }
    assert found.hours[day.weekday()][hour] == 7


def test_the_last_days_end_with_the_present_one_of_the_zone() -> None:
    now = int(datetime(2026, 10, 24, 22, 30, tzinfo=UTC).timestamp() * 1000)
    assert days_until(now, BERLIN, 2) == [date(2026, 10, 24), date(2026, 10, 25)]
    assert days_until(now, UTC, 1) == [date(2026, 10, 24)]


def test_a_device_counts_once_for_each_day_of_the_zone() -> None:
    # At 22 and 23 o'clock, and at 12: of which 22 and 23 are the next day in Berlin.
    bits = (1 << 22) + (1 << 23) + (1 << 12)
    days = [date(2026, 6, 1), date(2026, 6, 2)]
    here = (date(2026, 6, 1), {"d abc": str(bits), "d def": str(1 << 12), "12 d": "3", "13 d": "2"})
    again = (date(2026, 6, 2), {"d abc": "1"})
    found = summed(BERLIN, days, here, again)
    assert [of.devices for of in found.days.values()] == [2 + 3, 1]


def test_each_kind_of_figure_finds_its_place() -> None:
    fields = {
        "9 p 1001": "1 2 3 4 5000 6 7 8",
        "9 p 1002": "0 0 6",
        "10 p 1002": "0 0 1",
        "11 p 1002": "0",
        "9 p ": "0 0 2",
        "9 r 1\nDesk\n1001": "1 2 3",
        "10 r 2\nDesk\nup\nand down": "1 0 0",
        "9 w No such phone: 7\n1001": "4",
        "9 w ": "5",
    }
    day = date(2026, 6, 1)
    found = summed(ZoneInfo("UTC"), [day], (day, fields))
    numbers = found.days[day].numbers
    assert list(numbers.values()) == [1, 2, 12, 4, 5000, 6, 7, 8]
    assert found.profiles == [Top("1001", 6), Top("up\nand down", 1)]
    assert found.operators == [Top("1", 6), Top("2", 1)]
    assert found.devices == [Top("Desk", 7)]
    assert found.reasons == [Top("No such phone: 7", 4), Top(OTHERS, 5)]
    assert found.failures == [Top("1002", 7), Top("1001", 3), Top(OTHERS, 2)]


def test_who_may_not_see_a_profile_sees_none_of_its_figures() -> None:
    fields = {
        "9 p 1001": "1 0 1",
        "9 p 1002": "2",
        "9 p ": "4 0 1",
        "9 r 1\nDesk\n1001": "1",
        "9 r ": "1",
        "9 w No\n1001": "1",
        "9 w ": "1",
    }
    day = date(2026, 6, 1)
    found = summed(ZoneInfo("UTC"), [day], (day, fields), sees="1001")
    assert found.days[day].numbers["sent"] == 2
    assert not any(found[2:])


def test_a_long_list_ends_with_the_rest_and_nothing_is_below_nothing() -> None:
    day = date(2026, 6, 1)
    names = {f"9 r 1\nDesk\n{number}": f"{number}" for number in range(1, TOP_MAX + 3)}
    found = summed(ZoneInfo("UTC"), [day], (day, names | {"9 p 1001": "2 0 0 -1"}))
    assert len(found.profiles) == TOP_MAX + 1
    assert (found.profiles[0], found.profiles[-1]) == (Top("52", 52), Top(OTHERS, 3))
    assert found.days[day].numbers["uncertain"] == 0


def test_what_another_version_counts_is_passed_over() -> None:
    day = date(2026, 6, 1)
    fields = {"9 x 1001": "7", "names": "1", "p": "x", "31 p 1001": "5", "version": "two"}
    found = summed(ZoneInfo("UTC"), [day], (day, fields))
    assert not any(found.days[day].numbers.values())
