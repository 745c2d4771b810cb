"""uncertain_list: who may have been messaged, a page at a time."""

import pytest
from msgspec.structs import replace

from alphasync.protocol.list_commands import ListUncertain
from alphasync.services.progress import Outcome
from alphasync.services.uncertain import Listed
from alphasync.store.scripts.limits import UNCERTAIN_BYTES_MAX, UNCERTAIN_LISTED_MAX
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def put(bench: Bench, names: dict[str, str]) -> None:
    key = bench.names.uncertain("chat", PROFILE)
    await bench.client.hset(key, items=[part for pair in names.items() for part in pair])


async def asked(bench: Bench, cursor: str | None = None) -> Listed:
    command = ListUncertain(profile_id=PROFILE, type="chat", cursor=cursor)
    listed = await bench.uncertain.listed(bench.who, command)
    assert bench.last("uncertain_list") == "OK"
    return listed


def names_of(listed: Listed) -> dict[str, str]:
    return {recipient["id"]: recipient["name"] for recipient in listed.recipients}


async def test_nobody(bench: Bench) -> None:
    assert await asked(bench) == Listed([], 0)


async def test_all_of_a_few(bench: Bench) -> None:
    few = {'r"1': "Ann", "\u00e9\U0001f600": "", " ": "\\"}
    await put(bench, few)
    listed = await asked(bench)
    assert (names_of(listed), listed.more) == (few, 0)


@pytest.mark.parametrize("count", [UNCERTAIN_LISTED_MAX, UNCERTAIN_LISTED_MAX + 1, 1000, 5000])
async def test_of_many_a_hundred_and_how_many_more(bench: Bench, count: int) -> None:
    many = {f"r{number}": f"Name {number}" for number in range(count)}
    await put(bench, many)
    listed = await asked(bench)
    assert len(listed.recipients) == len(names_of(listed)) == UNCERTAIN_LISTED_MAX
    assert names_of(listed).items() <= many.items()
    assert listed.more == count - UNCERTAIN_LISTED_MAX
    assert (await asked(bench)) == listed, "the same ones, until something is decided"


async def test_of_long_ones_fewer(bench: Bench) -> None:
    many = {f"{number:03}" + "\x01" * 509: "n" * 256 for number in range(80)}
    await put(bench, many)
    listed = await asked(bench)
    assert 1 < len(listed.recipients) <= UNCERTAIN_BYTES_MAX / 3300
    assert len(listed.recipients) + listed.more == 80


@pytest.mark.parametrize("length", [1, 60, 509])
@pytest.mark.parametrize("count", [1, UNCERTAIN_LISTED_MAX, 430, 1000])
async def test_the_pages_hold_all_of_them(bench: Bench, count: int, length: int) -> None:
    many = {f"{number:03}" + "r" * length: f"Name {number}" for number in range(count)}
    await put(bench, many)
    page = await asked(bench)
    assert len(page.recipients) + page.more == count
    seen = names_of(page)
    while page.cursor:
        page = await asked(bench, page.cursor)
        assert page.recipients
        seen |= names_of(page)
    assert seen == many


@pytest.mark.parametrize("cursor", ["0:0", "0:99999", "999999999999999999:0", "7:3"])
async def test_a_cursor_that_never_was_gives_what_is_there_or_nothing(
    bench: Bench, cursor: str
) -> None:
    await put(bench, {"r1": "Ann"})
    assert names_of(await asked(bench, cursor)).items() <= {"r1": "Ann"}.items()


async def test_those_that_were_left_are_listed_in_the_end(bench: Bench) -> None:
    many = {f"r{number}": "x" for number in range(700)}
    await put(bench, many)
    seen: set[str] = set()
    while (listed := await asked(bench)).recipients:
        assert seen.isdisjoint(names_of(listed))
        for recipient in names_of(listed):
            assert await bench.resolve("leave", recipient) == 1
        seen |= set(names_of(listed))
    assert seen == set(many)


async def test_a_long_list_is_not_read_whole(real: Bench) -> None:
    """The commands of the script are few; none of them reads all fields."""
    await put(real, {f"r{number}": "x" for number in range(50_000)})
    await real.client.config_resetstat()
    await asked(real)
    stats = await real.client.info("commandstats")
    assert "cmdstat_hgetall" not in stats
    assert int(stats["cmdstat_hscan"]["calls"]) <= 5


async def test_it_is_said_why_and_when_and_of_those_of_an_earlier_version_only_the_name(
    bench: Bench,
) -> None:
    before = await bench.now()
    ticket = await bench.start()
    doubted = became(await bench.claim(ticket, 1, "r1"), Outcome.UNCERTAIN)
    await bench.progress.complete(ticket, replace(doubted, error="cut off"))
    await put(bench, {"r2": "Name\nof r2"})
    first, second = sorted((await asked(bench)).recipients, key=lambda found: found["id"])
    at = first.pop("at")
    assert before <= at <= await bench.now()
    assert first == {"id": "r1", "name": "Name of r1", "reason": "cut off"}
    assert second == {"id": "r2", "name": "Name\nof r2"}
