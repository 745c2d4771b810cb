"""Fetching a run's recipients and leaving out those already messaged."""

from collections.abc import Sequence

import msgspec

from alphasync.gateway.left_out import NAMED_MAX, named
from alphasync.gateway.port import (
    Gateway,
    GatewayError,
    GatewayRateLimited,
    Odd,
    Recipient,
    RecipientPage,
    TokenRefused,
)
from alphasync.services.blocklist import Blocklist
from alphasync.services.runs import Ticket
from alphasync.store.retries import until_redis_answers
from alphasync.worker.waiting import RateLimit, WatchedRun, try_again

PAGE_TRIES_MAX = 6
"""Tries to fetch one page before the run ends: with the waits about half a minute."""
STALE_IN_A_ROW_MAX = 200
"""Pages in a row without anybody new. A gateway that filters behind its paging has some."""
STALE_MAX = 2_000
"""The same, in all."""


class EndlessListing(GatewayError):
    """The gateway goes on giving pages, and they lead nowhere."""

    code = "endless_listing"
    retryable = False


class TooManyRecipients(GatewayError):
    """The profile has more recipients than a run can have."""

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
    """In the gateway's order, without those on the blocklist."""
    total: int
    """Recipients with those on the blocklist, each counted once, and those that cannot be used."""
    failed: int
    """Records by which nobody can be messaged."""
    odd: list[Odd]
    """The first of them, by their place in the whole list."""
    honours_keys: bool

    @property
    def skipped(self) -> int:
        return self.total - self.failed - len(self.candidates)

    @property
    def left_out(self) -> str:
        """Those that cannot be used, named for people; '' when there are none."""
        return named(self.odd, self.failed)


class Lister:
    """One listing, page by page. Between two pages it is looked whether the run is still ours."""

    def __init__(
        self,
        gateway: Gateway,
        blocklist: Blocklist,
        ticket: Ticket,
        run: WatchedRun,
        recipients_max: int,
    ) -> None:
        self._gateway = gateway
        self._blocklist = blocklist
        self._ticket = ticket
        self._run = run
        self._recipients_max = recipients_max
        self._candidates: list[Candidate] = []
        self._seen: set[str] = set()
        self._cursors: set[str] = set()
        self._records = 0
        self._failed = 0
        self._odd: list[Odd] = []
        self._stale = 0
        self._stale_in_a_row = 0

    async def fetch(self, cursor: str | None = None, after: str | None = None) -> Listing:
        """All pages, each without those on the blocklist.

        With ``cursor`` and ``after`` only what comes behind that recipient of that page; all of the
        page when the recipient is not on it any more. Raises GatewayError, EndlessListing and
        TooManyRecipients among them, and what the run raises.
        """
        if after is None:  # else a listing has come to its end before, and those are counted
            await until_redis_answers(self._blocklist.prune, self._ticket)
        while True:
            page = await self._page(cursor)
            await self._add(page, cursor, after)
            after = None
            if page.next is None:
                return Listing(
                    candidates=self._candidates,
                    total=len(self._seen) + self._failed,
                    failed=self._failed,
                    odd=self._odd,
                    honours_keys=page.honours_keys,
                )
            if page.next in self._cursors:
                raise EndlessListing("The gateway gave the same page of recipients twice")
            self._cursors.add(page.next)
            cursor = page.next
            await self._run.look()

    async def _page(self, cursor: str | None) -> RecipientPage:
        """One page, asked for until it comes. Raises GatewayError when it does not."""
        ticket, limit, tries = self._ticket, RateLimit(), 0
        while True:
            try:
                return await self._run.reading(
                    self._gateway.recipients(self._run.token, ticket.profile, ticket.type, cursor)
                )
            except GatewayRateLimited as error:
                await limit.wait(error.retry_after, self._run)  # it answers: no try is used up
            except TokenRefused as error:
                if not await self._run.renew(str(error)):
                    raise
            except GatewayError as error:
                tries += 1
                if not error.retryable or tries == PAGE_TRIES_MAX:
                    raise
                await try_again(tries, str(error), error.retry_after, self._run)

    async def _add(self, page: RecipientPage, cursor: str | None, after: str | None) -> None:
        found = page.recipients if after is None else _behind(page.recipients, after)
        fresh = {r.id: r for r in found if r.id not in self._seen}
        self._seen.update(fresh)
        self._note_odd(page)
        if len(self._seen) + self._failed > self._recipients_max:
            raise TooManyRecipients(f"The profile has more than {self._recipients_max} recipients")
        self._count_stale(fresh=bool(fresh))
        blocked = await until_redis_answers(self._blocklist.blocked, self._ticket, list(fresh))
        self._candidates.extend(
            Candidate(recipient=r, cursor=cursor or "")
            for r in fresh.values()
            if r.id not in blocked
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
