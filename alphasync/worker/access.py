"""The gateway's token that a run uses, and what happens when the gateway does not take it."""

import asyncio
from typing import Protocol

from alphasync import telemetry
from alphasync.services.runs import Ticket
from alphasync.services.upstream import Upstream
from alphasync.store.retries import until_redis_answers

LOOK_INTERVAL = 1.0
"""Seconds between two looks whether the operator has signed in again."""
TELL_INTERVAL = 60.0
"""Seconds between two lines of text that say what is waited for."""
SIGN_IN = "sign_in"
"""What a run that waits is said to wait for."""


class NobodySignedIn(Exception):
    """The operator did not sign in again in time."""


class Waiting(Protocol):
    """The run. Each call raises NoLongerRunner when it is not ours any more, and HandedOver when
    this server shuts down."""

    @property
    def ticket(self) -> Ticket:
        """As far as it is known here whose the run is."""

    async def note(self, message: str, error: str | None, waiting_for: str = "") -> None: ...

    async def wait(self, seconds: float) -> None: ...


class Access:
    """That of the login that started the run; the service's for a run that no login started.

    ``timeout``: seconds to wait for the operator to sign in again.
    """

    def __init__(
        self, upstream: Upstream, service_token: str | None, timeout: float, ticket: Ticket
    ) -> None:
        self._upstream = upstream
        self._service_token = service_token
        self._timeout = timeout
        self._ticket = ticket
        self._tried: list[str] = []
        self._of_a_login = False
        self.token: str | None = None

    async def open(self, run: Waiting) -> None:
        """Find the token. Raises NobodySignedIn."""
        if not await self._own():
            await self.renew(run, None)

    def follow(self, ticket: Ticket) -> bool:
        """The run may be of another login by now. Returns whether it is: then ``open`` finds its
        token."""
        changed = _login(ticket) != _login(self._ticket)
        if changed:
            self._ticket, self._tried = ticket, []
        return changed

    async def renew(self, run: Waiting, error: str | None) -> bool:
        """Find another token for one that the gateway refused: that of the operator's newest login
        that is for the profile, one from now on if need be.

        False where the token is no login's: nobody can sign in again for it. Raises NobodySignedIn.
        """
        if not self._of_a_login:
            return False
        loop = asyncio.get_running_loop()
        ends_at, tell_at, told = loop.time() + self._timeout, loop.time(), False
        with telemetry.held("sign_in"):
            while not await self._found(run):
                if loop.time() >= ends_at:
                    raise NobodySignedIn
                if loop.time() >= tell_at:
                    await run.note("Waiting for the operator to sign in again", error, SIGN_IN)
                    tell_at, told = loop.time() + TELL_INTERVAL, True
                await run.wait(min(LOOK_INTERVAL, max(0.0, ends_at - loop.time())))
        if told:
            await run.note("Signed in again, going on", None)
        return True

    async def _own(self) -> bool:
        """The token of the login that the run is of, or the service's for one that is of none."""
        ticket = self._ticket
        token = await until_redis_answers(
            self._upstream.for_run, ticket.account, ticket.operator_id, ticket.sign_in
        )
        self._of_a_login = token != "" and (bool(ticket.sign_in) or token is not None)
        if token is None and ticket.sign_in:
            return False
        self.token = token or self._service_token
        return True

    async def _found(self, run: Waiting) -> bool:
        if self.follow(run.ticket) and await self._own():
            return True
        ticket = self._ticket
        other = await until_redis_answers(
            self._upstream.newest,
            ticket.account,
            ticket.operator_id,
            ticket.sign_in,
            ticket.profile,
            self._tried,
        )
        if other is None:
            return False
        self._tried.append(other.key)
        self.token = other.token
        return True


def _login(ticket: Ticket) -> tuple[str, str]:
    return ticket.operator_id, ticket.sign_in
