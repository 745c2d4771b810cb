"""From the earlier server's Redis into this one: page by page, so that memory stays flat."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Literal, Protocol

from alphasync.domain.identity import account_of
from alphasync.errors import BlocklistLost, MessageTooLong, TooManyDrafts, TooManyRuns
from alphasync.legacy.entries import Draft, Entry, Messaged, Run, Unusable, entry_of
from alphasync.legacy.source import Found, Source
from alphasync.legacy.summary import Summary
from alphasync.protocol.draft_commands import DRAFT_MAX
from alphasync.services.earlier_state import PAGE_MAX, EarlierDraft, EarlierRun, Place, Taken

GATHERED_MAX = 50_000
"""Entries that are put together by their lists before they are written: some 15 MB."""
AT_ONCE_MAX = 8
"""Calls on their way to Redis: others wait for no more than these, about 2 ms."""


class Target(Protocol):
    """Where it goes. What the account has by itself stays."""

    async def messaged(self, place: Place, entries: Sequence[tuple[str, int]]) -> Taken:
        """``PAGE_MAX`` at most. Raises BlocklistLost."""

    async def draft(self, place: Place, draft: EarlierDraft) -> Literal["new", "known", "old"]:
        """Raises MessageTooLong and TooManyDrafts."""

    async def run(self, place: Place, run: EarlierRun) -> Literal["new", "known"]:
        """Raises TooManyRuns."""


class Import:
    """``progress`` is told how many keys were looked at. ``team``: whose account it goes to; None:
    to that of each operator. ``operators``: whose it is to be; of all, if empty."""

    def __init__(
        self,
        source: Source,
        target: Target,
        summary: Summary,
        progress: Callable[[int], None],
        *,
        team: str | None = None,
        operators: Collection[str] = (),
    ) -> None:
        self._source = source
        self._target = target
        self._summary = summary
        self._progress = progress
        self._team = team
        self._operators = frozenset(operators)
        self._lists: dict[Place, dict[str, int]] = defaultdict(dict)
        self._gathered = 0
        self._looked_at = 0

    async def carry_out(self) -> None:
        """Whatever interrupts it, what was counted was brought in. Raises SourceLost and
        StoreUnavailable."""
        async for page in self._source.pages():
            self._summary.others += page.others
            for found in page.found:
                if entry := self._entry(found):
                    await self._take(found, entry)
            self._looked_at += page.looked_at
            if self._gathered >= GATHERED_MAX:
                await self._write_lists()
        await self._write_lists()

    def _entry(self, found: Found) -> Entry | None:
        try:
            if found.unusable:
                raise Unusable(found.unusable)
            entry = entry_of(found.kind, found.key, found.value)
        except Unusable as error:
            self._leave_out(found, str(error))
            return None
        operator = entry.place.operator_id
        if self._operators and operator not in self._operators:
            self._summary.others += 1
            return None
        place = entry.place._replace(account=account_of(operator, self._team))
        return entry._replace(place=place)

    def _leave_out(self, found: Found, reason: str) -> None:
        self._summary.leave_out(found.kind, repr(found.key)[2:-1], reason)

    async def _take(self, found: Found, entry: Entry) -> None:
        try:
            match entry:
                case Messaged(place, recipient, at):
                    self._gathered += 1
                    entries = self._lists[place]
                    if recipient in entries:  # a SCAN may find a key twice
                        self._summary.count("sent", "known")
                    entries[recipient] = max(at, entries.get(recipient, 0))
                case Draft(place, draft):
                    self._summary.count("message", await self._target.draft(place, draft))
                case Run(place, run, going_on):
                    became: Literal["new", "known", "ended"] = "ended"
                    if going_on:
                        became = await self._target.run(place, run)
                    self._summary.count("processing", became)
        except MessageTooLong:
            self._leave_out(found, f"its text has more than {DRAFT_MAX} characters")
        except TooManyDrafts:
            self._leave_out(found, "its account has as many drafts as it may have")
        except TooManyRuns:
            self._leave_out(found, "its account has as many runs on record as it may have")

    async def _write_lists(self) -> None:
        pages = [
            (place, list(entries.items())[start : start + PAGE_MAX])
            for place, entries in self._lists.items()
            for start in range(0, len(entries), PAGE_MAX)
        ]
        for start in range(0, len(pages), AT_ONCE_MAX):
            writes = (self._write(*page) for page in pages[start : start + AT_ONCE_MAX])
            await asyncio.gather(*writes)
        self._lists.clear()
        self._gathered = 0
        self._progress(self._looked_at)
        self._looked_at = 0

    async def _write(self, place: Place, entries: list[tuple[str, int]]) -> None:
        try:
            taken = await self._target.messaged(place, entries)
        except BlocklistLost:
            key = f"sent:{place.operator_id}:{place.profile}:…:{place.type}"
            reason = "Redis lost the list of who was messaged: clear the blocklist, then repeat"
            self._summary.leave_out("sent", key, reason, len(entries))
            return
        count = self._summary.count
        count("sent", "new", taken.new)
        count("sent", "later", taken.later)
        count("sent", "old", taken.old)
        count("sent", "known", len(entries) - taken.new - taken.later - taken.old)
