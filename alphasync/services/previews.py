"""Whom a start would message: the gateway's list, held against what is on record.

Nothing is kept: who was messaged may change at any moment, and an answer of some seconds ago would
be wrong just after a run.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from alphasync.domain.identity import Identity
from alphasync.domain.runs import ProcessingType
from alphasync.errors import TooManyPreviews
from alphasync.gateway.port import (
    Gateway,
    GatewayRateLimited,
    GatewayUnavailable,
    RecipientPage,
)
from alphasync.protocol.acknowledgements import RunPreviewed
from alphasync.protocol.run_commands import PreviewRun
from alphasync.services.blocklist import Blocklist
from alphasync.services.recipients import Lister
from alphasync.services.uncertain import Uncertain
from alphasync.services.upstream import Upstream

NAMES_MAX = 10
"""Names that an answer has: enough to see that it is the list that was meant."""
ASKED_WAIT_MIN = 0.2
"""Seconds of waiting where the gateway asks for less, not to ask in a tight circle."""


class PreviewBounds(msgspec.Struct, frozen=True):
    """Of one server."""

    account: int
    """Previews of one account at a time."""
    all: int
    """Previews of all accounts at a time: each holds the ids of its recipients in memory."""
    timeout: float
    """Seconds that one may take."""
    recipients: int
    """Recipients that a run can have."""


class _Asked(msgspec.Struct, frozen=True):
    account: str
    profile: str
    type: ProcessingType


Ask = Callable[[str | None], Awaitable[RecipientPage]]
"""Ask the gateway for the page with this cursor."""


class Previews:
    """``service_token``: for a device whose token no login through this server made."""

    def __init__(
        self,
        gateway: Gateway,
        upstream: Upstream,
        blocklist: Blocklist,
        uncertain: Uncertain,
        service_token: str | None,
        bounds: PreviewBounds,
    ) -> None:
        self._gateway = gateway
        self._upstream = upstream
        self._blocklist = blocklist
        self._uncertain = uncertain
        self._service_token = service_token
        self._bounds = bounds
        self._of_account: Counter[str] = Counter()

    async def preview(self, who: Identity, command: PreviewRun) -> RunPreviewed:
        """Count whom a start would message now.

        Raises UnknownProfile, TooManyPreviews, SignInAgain, StoreUnavailable and GatewayError,
        GatewayUnavailable among them where it takes too long.
        """
        who.check_profile(command.profile)
        limit = self._bounds.timeout
        with self._turn(who.account):
            try:
                async with asyncio.timeout(limit):
                    return await self._count(who, command)
            except TimeoutError:
                text = f"The gateway did not list all recipients within {limit:.0f} s"
                raise GatewayUnavailable(text) from None

    @contextlib.contextmanager
    def _turn(self, account: str) -> Iterator[None]:
        """Raises TooManyPreviews."""
        counts = self._of_account
        if counts[account] >= self._bounds.account or counts.total() >= self._bounds.all:
            raise TooManyPreviews
        counts[account] += 1
        try:
            yield
        finally:
            counts[account] -= 1
            if not counts[account]:
                del counts[account]

    async def _count(self, who: Identity, command: PreviewRun) -> RunPreviewed:
        asked = _Asked(account=who.account, profile=command.profile, type=command.type)
        ask = await self._asking(who, asked)
        ends_at = asyncio.get_running_loop().time() + self._bounds.timeout
        pages = _Pages(ask, self._blocklist, self._uncertain, asked, ends_at)
        listing = await Lister(pages, self._bounds.recipients).fetch()
        return {
            "recipients": listing.total,
            "toMessage": len(listing.candidates),
            "messagedBefore": listing.skipped - listing.not_to_contact - pages.uncertain,
            "doNotContact": listing.not_to_contact,
            "uncertain": pages.uncertain,
            "unusable": listing.failed,
            "names": [candidate.shown for candidate in listing.candidates[:NAMES_MAX]],
        }

    async def _asking(self, who: Identity, asked: _Asked) -> Ask:
        """Ask with the token that a run of this device would have. Raises SignInAgain."""
        gateway, upstream = self._gateway, self._upstream
        sign_in = await upstream.of(who.account, who.sign_in) if who.sign_in else None
        if sign_in is not None and sign_in.token:
            return lambda cursor: upstream.ask(
                sign_in,
                asked.profile,
                lambda token: gateway.recipients(token, asked.profile, asked.type, cursor),
            )
        former = await upstream.for_run(who.account, who.operator_id, who.sign_in)
        token = former or self._service_token
        return lambda cursor: gateway.recipients(token, asked.profile, asked.type, cursor)


class _Pages:
    """The ``recipients.Pages`` of a preview: what fails is not asked for again, but for a gateway
    that asks to wait, and for less than there is time (``ends_at``, of the loop)."""

    def __init__(
        self,
        ask: Ask,
        blocklist: Blocklist,
        uncertain: Uncertain,
        asked: _Asked,
        ends_at: float,
    ) -> None:
        self._ask = ask
        self._blocklist = blocklist
        self._among_uncertain = uncertain.among
        self._asked = asked
        self._ends_at = ends_at
        self._blocked: set[str] = set()
        """Of this page."""
        self.uncertain = 0
        """How many of those that are blocked, and may be contacted."""

    async def prune(self) -> None:
        await self._blocklist.prune(self._asked)

    async def page(self, cursor: str | None) -> RecipientPage:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await self._ask(cursor)
            except GatewayRateLimited as error:
                wait = max(error.retry_after, ASKED_WAIT_MIN)
                if loop.time() + wait >= self._ends_at:
                    raise
                await asyncio.sleep(wait)

    async def blocked(self, recipients: Sequence[str]) -> set[str]:
        self._blocked = await self._blocklist.blocked(self._asked, recipients)
        return self._blocked

    async def not_to_contact(self, recipients: Sequence[str]) -> set[str]:
        """Asked for behind ``blocked``, about the same ones."""
        found = await self._blocklist.not_to_contact(self._asked, recipients)
        blocked = list(self._blocked - found)
        self.uncertain += await self._among_uncertain(self._asked, blocked)
        return found

    async def look(self) -> None:
        """It goes on in any case, for as long as it may take."""
