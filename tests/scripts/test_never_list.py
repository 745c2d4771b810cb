"""never_list: page by page, newest first, with and without a search."""

import pytest

from alphasync.services.do_not_contact import Entry
from alphasync.services.listing import LISTED_MAX, SEARCHES_MAX
from alphasync.store.scripts.limits import PAGE_SEARCHED_MAX
from tests.scripts.bench import Bench


async def fill(bench: Bench, ids: list[str]) -> None:
    """In this order, a millisecond apart."""
    await bench.client.zadd(bench.names.never, {name: at for at, name in enumerate(ids, start=1)})


async def read(bench: Bench, cursor: str | None = None, find: str | None = None) -> list[str]:
    """All pages from a cursor on."""
    found: list[str] = []
    while True:
        page = await bench.avoided(cursor, find)
        found += [entry["id"] for entry in page.recipients]
        cursor = page.place.cursor
        if cursor is None:
            return found


async def test_an_empty_list_is_one_empty_page(bench: Bench) -> None:
    assert await bench.avoided() == ([], ("", ""), 0)
    assert bench.last("never_list") == "OK"


@pytest.mark.parametrize("size", [LISTED_MAX - 1, LISTED_MAX, LISTED_MAX + 1, 3 * LISTED_MAX])
async def test_each_is_on_one_page(bench: Bench, size: int) -> None:
    ids = [f"r{number}" for number in range(size)]
    await fill(bench, ids)
    first = await bench.avoided()
    assert (len(first.recipients), first.in_all) == (min(size, LISTED_MAX), size)
    assert (first.place.cursor is None) == (size <= LISTED_MAX)
    assert await read(bench) == ids[::-1]


async def test_those_of_one_moment_are_each_listed_once(bench: Bench) -> None:
    many = [Entry(f"r{number}", "") for number in range(2 * LISTED_MAX + 5)]
    await bench.do_not_contact.add_all(bench.who, many)
    found = await read(bench)
    assert sorted(found) == sorted(entry.recipient for entry in many)


async def test_nobody_is_left_out_where_the_list_changes_between_two_pages(bench: Bench) -> None:
    ids = [f"r{number}" for number in range(250)]
    await fill(bench, ids)
    first = await bench.avoided()
    assert first.place.cursor == f"151:{ids[150]}"
    await bench.allow(ids[150])
    await bench.avoid("newer")
    await bench.allow(ids[200])
    assert await read(bench, first.place.cursor) == ids[149::-1]


async def test_a_search_finds_a_part_in_either_case(bench: Bench) -> None:
    await fill(bench, ["Anna-1", "bert", "anna-2", "x%d+", "\u00e4nna"])
    assert await read(bench, find="ANNA") == ["anna-2", "Anna-1"]
    assert await read(bench, find="%d+") == ["x%d+"]
    assert await read(bench, find="nobody") == []


async def test_a_search_looks_at_so_many_and_goes_on_at_the_next_call(bench: Bench) -> None:
    reach = SEARCHES_MAX * PAGE_SEARCHED_MAX
    await fill(bench, ["needle", *(f"r{number}" for number in range(reach))])
    page = await bench.avoided(find="needle")
    assert page.recipients == []
    assert page.place.cursor is not None
    assert len([call for call in bench.scripts.calls if call.name == "never_list"]) == SEARCHES_MAX
    assert await read(bench, page.place.cursor, "needle") == ["needle"]
