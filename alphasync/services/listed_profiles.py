"""Which profiles the gateway lists for a login: a run of one that it does not list is refused.

A start cannot wait for the gateway, as the commands of a device are carried out in their order. So
this is what was listed a moment ago, asked for in the background. Where nothing is known, because
the gateway is away or no login made the token, nothing is refused.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple

import structlog

from alphasync.domain.identity import Identity
from alphasync.errors import AlphasyncError, SignInAgain, UnknownProfile
from alphasync.gateway.port import Gateway
from alphasync.services.upstream import Upstream
from alphasync.tasks import Tasks

LISTED_TTL = 30.0
"""Seconds that an answer counts. A profile that was removed can be started for so long."""
ASK_INTERVAL = 3.0
"""Seconds between two questions for one login. A profile that was made just now is refused for so
long."""
QUESTIONS_MAX = 4
"""Questions that the gateway has at a time: many devices come back at once."""
QUESTIONS_WAITING_MAX = 100
"""Questions that wait for their turn; more are left to the next start."""
LOGINS_MAX = 5_000
"""Logins of which something is known."""
IDS_MAX = 200_000
"""Profile ids of all answers together, some 20 MB."""
IDS_PER_LOGIN_MAX = 20_000
"""Of one that has more nothing is known."""

log = structlog.get_logger(__name__)


class LoginKey(NamedTuple):
    """Names a login, and whose it is."""

    account: str
    operator_id: str
    sign_in: str


Ask = Callable[[LoginKey], Awaitable[Collection[str]]]
"""The ids of the profiles that the gateway lists. Raises AlphasyncError."""


class _Answer(NamedTuple):
    profiles: frozenset[str]
    at: float
    """When it was asked for."""


class ListedProfiles:
    """``clock``: seconds."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: dict[LoginKey, _Answer] = {}
        """The oldest first; those that count no more go as others come."""
        self._ids = 0
        self._asked_at: dict[LoginKey, float] = {}
        """The same, by the last question in the background."""
        self._turns = asyncio.Semaphore(QUESTIONS_MAX)
        self._asking: set[LoginKey] = set()
        self._tasks = Tasks()

    async def close(self) -> None:
        await self._tasks.close()

    def note(self, login: LoginKey, profiles: Collection[str], at: float | None = None) -> None:
        """The gateway has listed these; ``at``: when it was asked, if not just now."""
        answer = _Answer(frozenset(profiles), self._clock() if at is None else at)
        known = self._answers.get(login)
        if known is not None and known.at > answer.at:
            return
        self._forget(login)
        if len(answer.profiles) > IDS_PER_LOGIN_MAX:
            return
        self._answers[login] = answer
        self._ids += len(answer.profiles)
        self._forget_old()

    def look(self, who: Identity) -> None:
        """A start may follow: ask for what is not known."""
        login = _key_of(who)
        if login is not None and self._fresh(login) is None:
            self._ask_for(login)

    def check(self, who: Identity, profile_id: str) -> None:
        """Raise UnknownProfile for a profile that the gateway does not list. Nothing is awaited."""
        login = _key_of(who)
        if login is None:
            return
        listed = self._fresh(login)
        if listed is not None and profile_id in listed:
            return
        self._ask_for(login)  # it may be new
        if listed is not None:
            raise UnknownProfile

    def _fresh(self, login: LoginKey) -> frozenset[str] | None:
        answer = self._answers.get(login)
        return None if answer is None or self._is_old(answer) else answer.profiles

    def _is_old(self, answer: _Answer) -> bool:
        return self._clock() - answer.at >= LISTED_TTL

    def _forget_old(self) -> None:
        while self._answers:
            oldest, answer = next(iter(self._answers.items()))
            too_many = self._ids > IDS_MAX or len(self._answers) > LOGINS_MAX
            if not too_many and not self._is_old(answer):
                return
            self._forget(oldest)

    def _forget(self, login: LoginKey) -> None:
        answer = self._answers.pop(login, None)
        if answer is not None:
            self._ids -= len(answer.profiles)

    def _ask_for(self, login: LoginKey) -> None:
        now = self._clock()
        if login in self._asking or now - self._asked_at.get(login, -ASK_INTERVAL) < ASK_INTERVAL:
            return
        if len(self._asking) >= QUESTIONS_WAITING_MAX:
            return
        self._asked_at.pop(login, None)
        self._asked_at[login] = now
        oldest, at = next(iter(self._asked_at.items()))
        while len(self._asked_at) > LOGINS_MAX or now - at >= ASK_INTERVAL:
            del self._asked_at[oldest]
            oldest, at = next(iter(self._asked_at.items()))
        self._asking.add(login)
        self._tasks.spawn(self._fetch(login), f"profiles of {login.operator_id}")

    async def _fetch(self, login: LoginKey) -> None:
        try:
            async with self._turns:
                at = self._clock()
                self.note(login, await self._ask(login), at)
        except AlphasyncError as error:
            log.debug("profiles not listed", operator=login.operator_id, code=error.code)
        finally:
            self._asking.discard(login)


def asking(gateway: Gateway, upstream: Upstream) -> Ask:
    """Ask as the login does."""

    async def ask(login: LoginKey) -> list[str]:
        sign_in = await upstream.of(login.account, login.sign_in)
        if not sign_in.token:
            raise SignInAgain  # it has none of its own: nothing is known
        found = await upstream.ask(sign_in, "", gateway.profiles)
        return [profile.external_id for profile in found]

    return ask


def _key_of(who: Identity) -> LoginKey | None:
    """None for a token that no login made: its profiles are the service's."""
    return LoginKey(who.account, who.operator_id, who.sign_in) if who.sign_in else None
