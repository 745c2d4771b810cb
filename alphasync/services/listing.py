"""Looking at lists of recipients page by page, with or without a search."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, TypeVar

from alphasync.errors import TooManyRequests

LISTED_MAX = 100
"""Recipients of a page that a device gets."""
SEARCHES_MAX = 20
"""Scripts of one search, each of which looks through a thousand entries in about 2 ms: an answer
takes a few hundredths of a second, and others are served in between."""

READERS_MAX = 32
"""Searches, pages and parts of an export of one account that may be asked for at a time, on one
server: what its devices need at once, and the last one waits for a second or two."""

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


class ListTurns:
    """Who of an account reads a list: one at a time, the others in the order in which they came.
    Without it, one account that searches without end has others wait for tens of milliseconds."""

    def __init__(self) -> None:
        self._gates: dict[str, asyncio.Lock] = {}
        self._readers: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def of(self, account: str) -> AsyncIterator[None]:
        """The account's turn. Raises TooManyRequests."""
        if self._readers[account] >= READERS_MAX:
            raise TooManyRequests("This account reads as much as it may at a time", retryAfter=1)
        gate = self._gates.setdefault(account, asyncio.Lock())
        self._readers[account] += 1
        try:
            async with gate:
                yield
        finally:
            self._readers[account] -= 1
            if not self._readers[account]:
                del self._readers[account], self._gates[account]


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
