"""This replica's lease: proof that it lives, and the look for those that do not."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from alphasync.errors import StoreUnavailable
from alphasync.services.leases import LEASE, RENEW_EVERY, Estate, Holding, Leases, ReplicaName
from alphasync.tasks import Tasks

MARGIN = 1.0
"""Seconds before its end from which a lease is not relied on: a send may take a moment to start."""
RETRY_AFTER = 0.2
"""Seconds from a renewal that failed to the next."""
AFTER_EXPIRY = 0.05
"""Seconds after another's expiry to look: the clock is Redis', the wait is ours."""
LOOK_WITHIN = 2.0
"""Seconds that a start waits for the first look: a round trip or two, where Redis is there."""

log = structlog.get_logger(__name__)


class Lease:
    """The proof, and what to do without it: nothing is sent."""

    def __init__(
        self,
        leases: Leases,
        name: ReplicaName,
        announce: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        """``announce`` is awaited with each name that is registered."""
        self._leases = leases
        self._name = name
        self._announce = announce
        self._held_until = 0.0
        self._held = asyncio.Event()
        self._looked = asyncio.Event()
        self._inheriting = False
        self._former: list[str] = []
        """Names that were lost, whose notes are still to be gone through."""
        self._tasks = Tasks()
        self.adopting = True
        """False while this replica drains."""

    def start(
        self,
        adopt: Callable[[Holding, Estate], None],
        lost: Callable[[str], None],
        note_again: Callable[[], None],
    ) -> None:
        """Register and keep renewing.

        ``adopt`` gets what a dead or draining replica held, piece by piece, and all that it left;
        ``lost`` is called with the name that this replica had until now, a new one being set, when
        others have taken over from it. ``note_again`` is called while nothing is noted as held by
        this replica: should it hold something, Redis has lost the notes.
        """
        self._adopt = adopt
        self._lost = lost
        self._note_again = note_again
        self._tasks.spawn(self._keep(), "lease")

    async def close(self) -> None:
        await self._tasks.close()

    @property
    def valid(self) -> bool:
        """Whether this replica may send now."""
        return asyncio.get_running_loop().time() < self._held_until - MARGIN

    async def held(self) -> None:
        """Wait until the lease is valid."""
        while not self.valid:
            self._held.clear()
            await self._held.wait()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        registered = announced = False
        while True:
            asked_at = loop.time()
            pause = RENEW_EVERY
            try:
                renewal = await self._leases.renew(
                    self._name.value, "renew" if registered else "register"
                )
                if renewal is None:
                    self._start_over()
                    registered = announced = False
                    continue
                registered = True
                # Counted from before the question: the answer may have taken its time.
                self._held_until = asked_at + LEASE
                self._held.set()
                if renewal.notes_gone:
                    self._note_again()
                if self.adopting:
                    await self._take_over(renewal.expired)
                    self._looked.set()
                    if renewal.next_expiry is not None:
                        pause = min(pause, renewal.next_expiry + AFTER_EXPIRY)
                if self._announce is not None and not announced:
                    await self._announce(self._name.value)
                    announced = True
            except StoreUnavailable:
                pause = RETRY_AFTER  # the lease runs on meanwhile
            except Exception:  # whatever it is, a replica without a lease is of no use to anybody
                log.exception("lease not renewed")
                pause = RETRY_AFTER
            await asyncio.sleep(pause)

    async def _take_over(self, expired: list[str]) -> None:
        while self._former:
            self._look_after(await self._leases.leftovers(self._former[0]))
            del self._former[0]
        if self._inheriting:
            # An answer was lost: what was taken over is held, and was not looked after.
            self._look_after(await self._leases.inherited(self._name.value))
        for dead in expired:
            self._inheriting = True
            estate = await self._leases.adopt(self._name.value, dead)
            found = len(estate.holdings)
            if not estate.in_order:
                log.warning("taking over from a dead replica", dead=dead, holdings=found)
            elif found:
                log.info("taking over from a replica that has ended", ended=dead, holdings=found)
            self._look_after(estate)
        self._inheriting = False

    def _look_after(self, estate: Estate) -> None:
        for holding in sorted(estate.holdings, key=lambda h: h.kind):  # devices before their runs
            self._adopt(holding, estate)

    def _start_over(self) -> None:
        before = self._name.value
        self._name.renew()
        self._held_until = 0.0
        self._former.append(before)
        log.warning("lease lost, going on under another name", before=before, now=self._name.value)
        self._lost(before)

    async def looked(self) -> None:
        """Wait until this replica has seen once who was there before it and is gone; not for long,
        as Redis may be away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_WITHIN):
                await self._looked.wait()

    async def resign(self, closed_for: float) -> None:
        """Give it up at the end, with whatever this replica still holds.

        ``closed_for``: seconds since it took its last device.
        """
        await self.close()
        await self._leases.resign(self._name.value, closed_for)
