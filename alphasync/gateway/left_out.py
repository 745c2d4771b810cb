"""Telling the log of records that were left out: bounded in length, and at a bounded rate."""

import time
from collections.abc import Sequence

import structlog

from alphasync.gateway.port import Odd

# Records of one list that are named; the others are counted.
NAMED_MAX = 5
# Seconds between two lines about lists of one kind: a listing of many pages is no flood.
TOLD_INTERVAL = 10.0

log = structlog.get_logger(__name__)


class LeftOut:
    """What one gateway's answers held that could not be used."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}
        self._untold: dict[str, int] = {}

    def tell(self, kind: str, odd: Sequence[Odd]) -> None:
        """Say which records of a list were left out. `kind`: what the list is of."""
        if not odd:
            return
        now = time.monotonic()
        if now - self._told_at.get(kind, -TOLD_INTERVAL) < TOLD_INTERVAL:
            self._untold[kind] = self._untold.get(kind, 0) + len(odd)
            return
        self._told_at[kind] = now
        log.warning(
            "records of the gateway left out",
            what=kind,
            records=named(odd),
            before=self._untold.pop(kind, 0),
        )


def named(odd: Sequence[Odd], count: int | None = None) -> str:
    """One line for people that names the first of them. `count`: of all, where these are some."""
    more = (len(odd) if count is None else count) - NAMED_MAX
    line = ", ".join(record.shown for record in odd[:NAMED_MAX])
    return f"{line} and {more} more" if more > 0 else line
