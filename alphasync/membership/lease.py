"""This server's lease: proof that it lives, and the look for those that do not."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable

import structlog

from alphasync import telemetry
from alphasync.errors import StoreUnavailable
from alphasync.membership.holdings import Holdings
from alphasync.membership.keeper import Keepers
from alphasync.membership.lease_table import LEASE_TTL, Adoption, LeaseTable
from alphasync.membership.name import ServerName
from alphasync.tasks import Tasks

LEASE_RENEW_INTERVAL = 2.1
"""Seconds between two renewals: three may fail before the lease ends. With the renewals of its
address a server that has nothing to do asks Redis for one thing in 2 s."""
LEASE_RETRY_INTERVAL = 0.2
"""Seconds from a renewal that failed to the next."""
SEND_MARGIN = 1.0
"""Seconds before its end from which a lease is not relied on: a send may take a moment to start."""
EXPIRY_MARGIN = 0.05
"""Seconds after another's expiry to look: the clock is Redis', the wait is ours."""
FIRST_LOOK_TIMEOUT = 2.0
"""Seconds that a start waits for the first look: a round trip or two, where Redis is there."""

log = structlog.get_logger(__name__)


class Lease:
    """The proof, and what to do without it: nothing is sent."""

    def __init__(
        self,
        table: LeaseTable,
        holdings: Holdings,
        server: ServerName,
        announce: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        """``announce`` is awaited with each name that is registered."""
        self._table = table
        self._holdings = holdings
        self._server = server
        self._announce = announce
        self._valid_until = 0.0
        self._plan_at = self._webhook_at = math.inf
        """When the next planned run, and account with webhooks, is to be looked at, as the last
        renewal knew it."""
        self._renewed = asyncio.Event()
        self._looked = asyncio.Event()
        self._adoption_unsure = False
        """An adoption was begun, and its answer has not come."""
        self._former: list[str] = []
        """Names that were lost, whose notes are still to be gone through."""
        self._tasks = Tasks()
        self.adopting = True
        """False while this server drains."""

    def start(self, keepers: Keepers) -> None:
        """Register and keep renewing.

        The keepers get, piece by piece, what a dead or draining server held. They are told when
        others have taken over from this one, which has a new name by then, and also while nothing
        is noted as held by it.
        """
        self._keepers = keepers
        self._tasks.spawn(self._keep(), "lease")

    async def plan_due(self) -> None:
        """Wait until the lease is valid and a planned run is to be looked at, as far as the last
        renewal knew. What was planned since is known by the next one."""
        await self._due(lambda: self._plan_at)

    async def webhook_due(self) -> None:
        """The same of an account with webhooks."""
        await self._due(lambda: self._webhook_at)

    async def _due(self, at: Callable[[], float]) -> None:
        while True:
            await self.held()
            if at() <= asyncio.get_running_loop().time():
                return
            self._renewed.clear()
            when = at() if at() < math.inf else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(when):
                    await self._renewed.wait()

    def echo_on(self, channel: str) -> None:
        """Have each renewal published there: it proves the way back, too."""
        self._table.echo = channel

    async def close(self) -> None:
        await self._tasks.close()

    @property
    def valid(self) -> bool:
        """Whether this server may send now."""
        return asyncio.get_running_loop().time() < self._valid_until - SEND_MARGIN

    async def held(self) -> None:
        """Wait until the lease is valid."""
        while not self.valid:
            self._renewed.clear()
            await self._renewed.wait()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        registered = announced = False
        while True:
            asked_at = loop.time()
            pause = LEASE_RENEW_INTERVAL
            try:
                renewal = await self._table.renew(
                    self._server.current, "renew" if registered else "register"
                )
                if renewal is None:
                    self._start_over()
                    registered = announced = False
                    continue
                registered = True
                # Counted from before the question: the answer may have taken its time.
                self._valid_until = asked_at + LEASE_TTL
                self._plan_at = _in(renewal.next_plan)
                self._webhook_at = _in(renewal.next_webhook)
                self._renewed.set()
                if renewal.notes_gone:
                    for keeper in self._keepers.values():
                        keeper.note_again()
                if self.adopting:
                    await self._adopt_all(renewal.expired)
                    self._looked.set()
                    if renewal.next_expiry is not None:
                        pause = min(pause, renewal.next_expiry + EXPIRY_MARGIN)
                if self._announce is not None and not announced:
                    await self._announce(self._server.current)
                    announced = True
            except StoreUnavailable:
                pause = LEASE_RETRY_INTERVAL  # the lease runs on meanwhile
            except Exception:  # whatever it is, a server without a lease is of no use to anybody
                log.exception("lease not renewed")
                pause = LEASE_RETRY_INTERVAL
            await asyncio.sleep(pause)

    async def _adopt_all(self, expired: list[str]) -> None:
        while self._former:
            await self._adopt_late_runs(self._former[0])
            del self._former[0]
        if self._adoption_unsure:
            # What was taken over is noted as held, and was not looked after.
            own = self._server.current
            held = await self._holdings.noted_for(own)
            left = [holding for holding in held if holding.owner != own]
            for dead in {holding.owner for holding in left}:
                # Perhaps it has ended in order: who is told once too often is told.
                self._tell_of(dead, sum(holding.owner == dead for holding in left))
            self._hand_out(Adoption(left))
        for dead in expired:
            self._adoption_unsure = True
            adoption = await self._table.adopt(self._server.current, dead)
            found = len(adoption.holdings)
            if not adoption.in_order:  # who has ended by itself is nothing to be woken for
                self._tell_of(dead, found)
            elif found:
                log.info("taking over from a server that has ended", ended=dead, holdings=found)
            self._hand_out(adoption)
        self._adoption_unsure = False

    def _tell_of(self, dead: str, found: int) -> None:
        telemetry.takeovers.labels("server").inc()
        log.warning("taking over from a dead server", dead=dead, holdings=found)

    async def _adopt_late_runs(self, former: str) -> None:
        """Runs that were noted under a name of this server after it was taken for dead: whoever has
        taken over did not see them. Devices are put on record again by their sessions."""
        late = await self._holdings.noted_for(former)
        for device in (holding for holding in late if holding.kind == "device"):
            await self._holdings.drop(device, noted_for=former)
        self._hand_out(Adoption([holding for holding in late if holding.kind == "run"]))

    def _hand_out(self, adoption: Adoption) -> None:
        for holding in sorted(adoption.holdings, key=lambda h: h.kind):  # devices before their runs
            self._keepers[holding.kind].adopt(holding, adoption)

    def _start_over(self) -> None:
        before = self._server.current
        self._server.renew()
        now = self._server.current
        self._valid_until = 0.0
        self._former.append(before)
        telemetry.leases_lost.inc()
        log.warning("lease lost, going on under another name", before=before, now=now)
        for keeper in self._keepers.values():
            keeper.reclaim(before)

    async def looked(self) -> None:
        """Wait until this server has seen once who was there before it and is gone; not for long,
        as Redis may be away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK_TIMEOUT):
                await self._looked.wait()

    async def resign(self, closed_for: float) -> None:
        """Give it up at the end, with whatever this server still holds. Raises StoreUnavailable.

        ``closed_for``: seconds since it accepted its last device.
        """
        await self.close()
        await self._table.resign(self._server.current, closed_for)


def _in(seconds: float | None) -> float:
    """When that is, by the loop's clock."""
    return math.inf if seconds is None else asyncio.get_running_loop().time() + seconds
