"""Looking at lists of recipients page by page, with or without a search."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

LISTED_MAX = 100
"""Recipients of a page that a device gets."""
SEARCHES_MAX = 20
"""Scripts of one search, each of which looks through a thousand entries in about 2 ms: an answer
takes a few hundredths of a second, and others are served in between."""

T = TypeVar("T")


class Place(NamedTuple):
    """Where a page ended: the score and the id of its last entry."""

    score: str = ""
    id: str = ""

    @property
    def cursor(self) -> str | None:
        return f"{self.score}:{self.id}" if self.id else None


def place_of(cursor: str | None) -> Place:
    """Where to go on; at the beginning without a cursor."""
    score, _, last = (cursor or "").partition(":")
    return Place(score, last)


async def searched(
    page: Callable[[Place, int], Awaitable[tuple[list[T], Place]]], place: Place, *, once: bool
) -> tuple[list[T], Place]:
    """Entries from a place on, at most ``LISTED_MAX``, and where they end.

    ``page`` reads at most so many from a place on. ``once``: a page is full, or the last.
    """
    found: list[T] = []
    for _ in range(SEARCHES_MAX):
        entries, place = await page(place, LISTED_MAX - len(found))
        found += entries
        if once or not place.id or len(found) == LISTED_MAX:
            break
    return found, place
