"""Whose turn it is to join: how many joins an account and a client address may ask for.

A join beyond the rate waits for its turn, because all devices of an account come back at once when
a server goes, and is refused when that would take too long. Few of one account are under way at a
time: what others ask of Redis is not to stand behind a thousand of them. A join that brings a lot
of state counts as several, and waits while the account's devices have not taken what is theirs.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable

from alphasync import telemetry
from alphasync.errors import TooManyJoins
from alphasync.realtime.limits import JoinLimits, client_network
from alphasync.realtime.sessions import Phase, Session
from alphasync.transport import Buckets

TURN_TIMEOUT = 10.0
"""Seconds that a join waits for its turn: a client that hears nothing for longer looks broken."""
JOINING_MAX = 4
"""Joins of one account that are under way with Redis: they keep it busy for a few ms."""
JOIN_BYTES = 256 * 1024
"""Bytes of state that one join may bring: one with more counts as several."""
UNTAKEN_MAX = 64 * 1024 * 1024
"""Bytes that may wait for all devices of an account before another one gets more than JOIN_BYTES: a
state has some 30 MB at most."""
LOOK_INTERVAL = 0.05
"""Seconds between two looks whether they have been taken."""


class Turns:
    def __init__(self, limits: JoinLimits) -> None:
        self._accounts = Buckets(limits.rate, limits.burst)
        self._addresses = Buckets(limits.address_rate, limits.address_burst)
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    async def wait(self, session: Session) -> None:
        """Return when it is the session's turn, or when it has gone. Raises TooManyJoins."""
        client = client_network(session.socket.address)
        # The account first: one that goes too far is not to use up what others behind its
        # address have.
        for buckets, name, limit in (
            (self._accounts, session.who.account, "joins_per_account"),
            (self._addresses, client, "joins_per_address"),
        ):
            if session.phase is not Phase.JOINING:
                return
            now = asyncio.get_running_loop().time()
            seconds = buckets.of(name, now).reserve(now, TURN_TIMEOUT)
            if seconds is None:
                telemetry.limits.labels(limit).inc()
                raise TooManyJoins
            if seconds:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await session.settled.wait()  # it has gone

    async def wait_for_room(self, session: Session, size: int, untaken: Callable[[], int]) -> None:
        """Return when so many bytes of state may be put to the session, or when it has gone.

        ``untaken``: bytes that wait for the devices of its account. Raises TooManyJoins.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._accounts.of(session.who.account, now).owe(now, size // JOIN_BYTES)
        ends_at = now + TURN_TIMEOUT
        while size > JOIN_BYTES and session.phase is Phase.JOINING:
            waiting = untaken()
            if not waiting or waiting + size <= UNTAKEN_MAX:
                return
            if loop.time() >= ends_at:
                telemetry.limits.labels("untaken_state").inc()
                raise TooManyJoins
            await asyncio.sleep(LOOK_INTERVAL)

    @contextlib.asynccontextmanager
    async def among_few(self, account: str) -> AsyncIterator[None]:
        """A place among the few joins of an account that are under way."""
        gate = self._gates.setdefault(account, asyncio.Semaphore(JOINING_MAX))
        self._users[account] += 1
        try:
            async with gate:
                yield
        finally:
            self._users[account] -= 1
            if not self._users[account]:
                del self._users[account], self._gates[account]
