"""A gateway's pages of recipients, and a run that reads them, without any time that passes."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar, cast

from alphasync.gateway.port import (
    Gateway,
    GatewayError,
    Odd,
    Recipient,
    RecipientPage,
)
from alphasync.services.blocklist import Blocklist
from alphasync.services.recipients import Lister, Listing
from alphasync.services.runs import Ticket
from alphasync.worker.listing import RunPages

T = TypeVar("T")

TICKET = Ticket(
    account="o:1",
    profile="1001",
    type="chat",
    run_id="r",
    fence=1,
    started_at=1,
    device_id="d",
    operator_id="1",
    text="Hello",
    attachments=(),
)


def recipient(name: str) -> Recipient:
    return Recipient(id=name, name=f"Name of {name}")


class Ended(Exception):
    """What ``look`` raises when the run is no longer this runner's."""


class Paged:
    """A gateway with some pages, and a blocklist, both of which note what they were asked."""

    def __init__(
        self, pages: dict[str | None, tuple[list[str], str | None]], blocked: set[str] | None = None
    ) -> None:
        self._pages = pages
        self._blocked = blocked or set()
        self.asked: list[str | None] = []
        self.errors: list[GatewayError | None] = []
        """What the next questions are answered with; None: as usual."""
        self.odd: dict[str | None, list[Odd]] = {}
        self.notes: list[str] = []
        self.waited: list[float] = []
        self.looks = 0
        self.renews = True
        self.ended_at = 0
        """Which look finds that the run has ended."""
        self.checked: list[list[str]] = []
        self.pruned = 0
        self.never: set[str] = set()

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        assert (token, profile_id, type) == (self.token, "1001", "chat")
        self.asked.append(cursor)
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        ids, following = self._pages[cursor]
        return RecipientPage(
            recipients=tuple(recipient(name) for name in ids),
            next=following,
            honours_keys=following is None,
            odd=tuple(self.odd.get(cursor, ())),
        )

    async def prune(self, ticket: Ticket) -> None:
        assert not self.checked, "before anybody is held against the list"
        self.pruned += 1

    async def blocked(self, ticket: Ticket, recipients: Sequence[str]) -> set[str]:
        assert ticket is TICKET
        self.checked.append(list(recipients))
        return set(recipients) & self._blocked

    async def not_to_contact(self, ticket: Ticket, recipients: Sequence[str]) -> set[str]:
        assert ticket is TICKET
        return set(recipients) & self.never

    async def note(self, message: str, error: str | None, *, wait: float = 0.0) -> None:
        self.notes.append(message)

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    token = "token"
    withheld = False

    async def renew(self, error: str) -> bool:
        self.token = "another"
        return self.renews

    async def ready(self) -> None: ...

    async def look(self) -> None:
        self.looks += 1
        if self.looks == self.ended_at:
            raise Ended

    async def reading(self, call: Coroutine[Any, Any, T]) -> T:
        return await call

    async def fetch(self, cursor: str | None = None, after: str | None = None) -> Listing:
        pages = RunPages(cast(Gateway, self), cast(Blocklist, self), TICKET, self)
        return await Lister(pages, 1_000).fetch(cursor, after)


def shown(found: Listing) -> list[tuple[str, str]]:
    return [(candidate.recipient.id, candidate.cursor) for candidate in found.candidates]
