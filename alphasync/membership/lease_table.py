"""Which servers live, and who takes over from one that does not: one table in Redis for all."""

from typing import Literal

import msgspec

from alphasync.membership.holdings import NOTES_TTL, Holding, decode
from alphasync.store import key_groups, keys
from alphasync.store.redis.tide import Tide
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.server_calls import lease_adopt, lease_renew, lease_resign

LEASE_TTL = 8.0
"""Seconds that a lease lasts."""
ABSENT_FOR_LONG = 1
"""Ms, Redis' clock: so long ago that a device has its whole grace before it."""


class Renewal(msgspec.Struct, frozen=True):
    next_expiry: float | None
    """Seconds until the next lease of another server ends."""
    expired: list[str]
    notes_gone: bool
    """Nothing is noted as held by this server."""
    next_plan: float | None
    """Seconds until the next planned run is to be looked at."""
    next_webhook: float | None
    """The same of an account with webhooks."""


class Adoption(msgspec.Struct, frozen=True):
    """What a server has left that is gone, and is looked after by another one from now on."""

    holdings: list[Holding]
    silent_since: int = 0
    """Its last sign of life: ms, Redis' clock; 0 when it resigned, or when it is not known."""
    absent_since: int = ABSENT_FOR_LONG
    """From when on no device could come back to it: ms, Redis' clock."""

    @property
    def in_order(self) -> bool:
        """Whether it ended as it should."""
        return self.silent_since == 0


class LeaseTable:
    """A lease is renewed for all runs and devices of a server in one command."""

    def __init__(self, scripts: Scripts, tide: Tide | None = None) -> None:
        """``tide``: counted up with each renewal."""
        self._scripts = scripts
        self._tide = tide
        self.echo = ""
        """A channel on which the server hears of each renewal, where there is one."""

    async def renew(self, server: str, mode: Literal["register", "renew"]) -> Renewal | None:
        """Renew the lease; None when it is lost: another server has taken over."""
        answer = await self._scripts.call(
            lease_renew(
                key_groups.RenewedLeaseKeys(
                    keys.LEASES, keys.holdings(server), keys.PLANS, keys.WEBHOOKS, keys.TIDE
                ),
                mode=mode,
                server=server,
                ttl=round(LEASE_TTL * 1000),
                keep=NOTES_TTL * 1000,
                echo=self.echo,
                rises="no" if self._tide is None else "yes",
            )
        )
        if answer.outcome == "LOST":
            return None
        if self._tide is not None:
            self._tide.counted(answer.number(6))
        return Renewal(
            next_expiry=answer.number(1) / 1000 if answer.text(1) else None,
            expired=answer.texts(2),
            notes_gone=answer.text(3) == "none",
            next_plan=answer.number(4) / 1000 if answer.text(4) else None,
            next_webhook=answer.number(5) / 1000 if answer.text(5) else None,
        )

    async def adopt(self, server: str, dead: str) -> Adoption:
        """Take over what a dead server held; nothing when another one was faster."""
        answer = await self._scripts.call(
            lease_adopt(
                key_groups.AdoptedLeaseKeys(
                    keys.LEASES, keys.holdings(server), keys.holdings(dead)
                ),
                dead=dead,
                ttl=round(LEASE_TTL * 1000),
                keep=NOTES_TTL * 1000,
            )
        )
        if answer.outcome != "OK":
            return Adoption(holdings=[])
        holdings = [decode(member) for member in answer.texts(1)]
        return Adoption(holdings, silent_since=answer.number(2), absent_since=answer.number(3))

    async def resign(self, server: str, closed_for: float) -> None:
        """Give the lease up: what is still held is for the others to take over.

        ``closed_for``: seconds since the server accepted its last device.
        """
        await self._scripts.call(
            lease_resign(
                key_groups.LeaseKeys(keys.LEASES, keys.holdings(server)),
                server=server,
                closed_for=round(closed_for * 1000),
            )
        )
