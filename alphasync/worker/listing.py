"""Fetching a run's recipients and leaving out those already messaged."""

from collections.abc import Sequence

import msgspec

from alphasync.gateway.port import Gateway, GatewayRefused, GatewayUnavailable, Recipient
from alphasync.services.blocklist import Blocklist
from alphasync.services.runs import Ticket

RECIPIENTS_MAX = 100_000
"""Recipients of one run: more are taken for a gateway that pages in circles. About 20 MB."""


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
    """Recipients with those on the blocklist, each counted once."""
    honours_keys: bool

    @property
    def skipped(self) -> int:
        return self.total - len(self.candidates)


async def fetch(
    gateway: Gateway,
    blocklist: Blocklist,
    ticket: Ticket,
    token: str | None,
    cursor: str | None = None,
    after: str = "",
) -> Listing:
    """All pages, each filtered with one command. Raises GatewayError or StoreUnavailable.

    With ``cursor`` and ``after`` only what comes behind that recipient of that page; all of the
    page when the recipient is not on it any more.
    """
    seen: set[str] = set()
    candidates: list[Candidate] = []
    cursors: set[str] = set()
    while True:
        page = await gateway.recipients(token, ticket.profile, ticket.type, cursor)
        fresh = {r.id: r for r in _behind(page.recipients, after) if r.id not in seen}
        after = ""
        seen.update(fresh)
        if len(seen) > RECIPIENTS_MAX:
            raise GatewayRefused(f"The profile has more than {RECIPIENTS_MAX} recipients")
        blocked = await blocklist.blocked(ticket, list(fresh))
        candidates.extend(
            Candidate(recipient=r, cursor=cursor or "")
            for r in fresh.values()
            if r.id not in blocked
        )
        if page.next is None:
            return Listing(candidates=candidates, total=len(seen), honours_keys=page.honours_keys)
        if page.next in cursors:
            raise GatewayUnavailable("The gateway gave the same page of recipients twice")
        cursors.add(page.next)
        cursor = page.next


def _behind(recipients: Sequence[Recipient], last: str) -> Sequence[Recipient]:
    for position, recipient in enumerate(recipients):
        if recipient.id == last:
            return recipients[position + 1 :]
    return recipients
