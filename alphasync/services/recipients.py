"""The recipients of a profile and type: all pages of the gateway's list, each of them once, without
those already messaged."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from alphasync.gateway.left_out import NAMED_MAX, named
from alphasync.gateway.port import GatewayError, Odd, Recipient, RecipientPage

STALE_IN_A_ROW_MAX = 200
"""Pages in a row without anybody new. A gateway that filters behind its paging has some."""
STALE_MAX = 2_000
"""The same, in all."""


class EndlessListing(GatewayError):
    """The gateway goes on giving pages of recipients, and they lead nowhere: mend the gateway."""

    code = "endless_listing"
    retryable = False


class TooManyRecipients(GatewayError):
    """The profile has more recipients than a run can have (`RECIPIENTS_MAX`)."""

    code = "too_many_recipients"
    retryable = False


class Candidate(msgspec.Struct, frozen=True):
    recipient: Recipient
    cursor: str
    """The cursor of the page that the recipient is on."""

    @property
    def shown(self) -> str:
        return self.recipient.name or self.recipient.id


class Listing(msgspec.Struct, frozen=True):
    candidates: list[Candidate]
    """In the gateway's order, without those on the blocklist or not to be contacted."""
    total: int
    """Recipients with those on the blocklist, each counted once, and those that cannot be used."""
    failed: int
    """Records by which nobody can be messaged."""
    odd: list[Odd]
    """The first of them, by their place in the whole list."""
    honours_keys: bool
    given_up: int = 0
    """Of those who failed: whom the gateway refused in cycles before; they are not tried again."""
    not_to_contact: int = 0
    """Of those that are left out, how many are on the do-not-contact list."""

    @property
    def skipped(self) -> int:
        return self.total - self.failed - len(self.candidates)

    @property
    def left_out(self) -> str:
        """Those that cannot be used, named for people; '' when there are none."""
        return named(self.odd, self.failed)


class Pages(Protocol):
    """Where a list comes from, and what it is held against. Each call may raise what ends the
    listing."""

    async def prune(self) -> None:
        """Drop what is past its life from the list of those already messaged."""

    async def page(self, cursor: str | None) -> RecipientPage:
        """One page; ``cursor`` None is the first one."""

    async def blocked(self, recipients: Sequence[str]) -> set[str]:
        """Which of them were messaged already."""

    async def not_to_contact(self, recipients: Sequence[str]) -> set[str]:
        """Which of them are on the do-not-contact list of the account."""

    async def look(self) -> None:
        """Return if the listing is to go on. Called between two pages."""


class Lister:
    """One listing, page by page. ``recipients_max``: how many a run can have."""

    def __init__(self, pages: Pages, recipients_max: int) -> None:
        self._pages = pages
        self._recipients_max = recipients_max
        self._candidates: list[Candidate] = []
        self._seen: set[str] = set()
        self._cursors: set[str] = set()
        self._records = 0
        self._failed = 0
        self._not_to_contact = 0
        self._odd: list[Odd] = []
        self._stale = 0
        self._stale_in_a_row = 0

    async def fetch(self, cursor: str | None = None, after: str | None = None) -> Listing:
        """All pages, each without those who are blocked or not to be contacted.

        With ``cursor`` and ``after`` only what comes behind that recipient of that page; all of the
        page when the recipient is not on it any more. Raises EndlessListing, TooManyRecipients, and
        what the pages raise.
        """
        if after is None:  # else a listing has come to its end before, and those are counted
            await self._pages.prune()
        while True:
            page = await self._pages.page(cursor)
            await self._add(page, cursor, after)
            after = None
            if page.next is None:
                return Listing(
                    candidates=self._candidates,
                    total=len(self._seen) + self._failed,
                    failed=self._failed,
                    odd=self._odd,
                    honours_keys=page.honours_keys,
                    not_to_contact=self._not_to_contact,
                )
            if page.next in self._cursors:
                raise EndlessListing("The gateway gave the same page of recipients twice")
            self._cursors.add(page.next)
            cursor = page.next
            await self._pages.look()

    async def _add(self, page: RecipientPage, cursor: str | None, after: str | None) -> None:
        found = page.recipients if after is None else _behind(page.recipients, after)
        fresh = {r.id: r for r in found if r.id not in self._seen}
        self._seen.update(fresh)
        self._note_odd(page)
        if len(self._seen) + self._failed > self._recipients_max:
            raise TooManyRecipients(f"The profile has more than {self._recipients_max} recipients")
        self._count_stale(fresh=bool(fresh))
        asked = list(fresh)
        blocked = await self._pages.blocked(asked)
        never = await self._pages.not_to_contact(asked)
        self._not_to_contact += len(never)
        self._candidates.extend(
            Candidate(recipient=r, cursor=cursor or "")
            for r in fresh.values()
            if r.id not in blocked and r.id not in never
        )

    def _note_odd(self, page: RecipientPage) -> None:
        for record in page.odd[: max(0, NAMED_MAX - len(self._odd))]:
            place = self._records + record.position
            self._odd.append(msgspec.structs.replace(record, position=place))
        self._failed += len(page.odd)
        self._records += len(page.recipients) + len(page.odd)

    def _count_stale(self, *, fresh: bool) -> None:
        self._stale_in_a_row = 0 if fresh else self._stale_in_a_row + 1
        self._stale += not fresh
        if self._stale_in_a_row > STALE_IN_A_ROW_MAX or self._stale > STALE_MAX:
            raise EndlessListing("The gateway gives page after page without anybody new")


def _behind(recipients: Sequence[Recipient], last: str) -> Sequence[Recipient]:
    for position, recipient in enumerate(recipients):
        if recipient.id == last:
            return recipients[position + 1 :]
    return recipients
