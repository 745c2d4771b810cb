"""The pages of a run's recipients, asked for until they come."""

from collections.abc import Sequence

from alphasync.gateway.port import (
    Gateway,
    GatewayError,
    GatewayRateLimited,
    RecipientPage,
    TokenRefused,
)
from alphasync.services.blocklist import Blocklist
from alphasync.services.runs import Ticket
from alphasync.store.retries import until_redis_answers
from alphasync.worker.waiting import RateLimit, WatchedRun, try_again

PAGE_TRIES_MAX = 6
"""Tries to fetch one page before the run ends: with the waits about half a minute."""


class RunPages:
    """The ``recipients.Pages`` of a run. Raises what the run raises, too."""

    def __init__(
        self, gateway: Gateway, blocklist: Blocklist, ticket: Ticket, run: WatchedRun
    ) -> None:
        self._gateway = gateway
        self._blocklist = blocklist
        self._ticket = ticket
        self._run = run

    async def prune(self) -> None:
        await until_redis_answers(self._blocklist.prune, self._ticket)

    async def page(self, cursor: str | None) -> RecipientPage:
        """Raises GatewayError when it does not come."""
        ticket, limit, tries = self._ticket, RateLimit(), 0
        while True:
            await self._run.ready()
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

    async def blocked(self, recipients: Sequence[str]) -> set[str]:
        return await until_redis_answers(self._blocklist.blocked, self._ticket, recipients)

    async def not_to_contact(self, recipients: Sequence[str]) -> set[str]:
        asked = self._blocklist.not_to_contact
        return await until_redis_answers(asked, self._ticket, recipients)

    async def look(self) -> None:
        """Return if the run is still ours."""
        await self._run.look()
