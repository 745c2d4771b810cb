"""Which replicas live, what each holds, and who takes over from one that does not.

A replica's lease is renewed for all its runs and devices in one command. What a replica holds is
noted outside the accounts, before the account is told, so that no crash can leave a run or a
device that nobody knows of; a note without anything behind it does no harm.
"""

import asyncio
import secrets
from typing import Literal

import msgspec

from alphasync.domain.runs import ProcessingType
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline, Reply
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.server_calls import lease_adopt, lease_renew, lease_resign

LEASE = 8.0
"""Seconds that a lease lasts."""
RENEW_EVERY = 2.0
"""Seconds between two renewals: three may fail before the lease ends."""
UNKNOWN_SINCE = 1
"""Ms, Redis' clock: so long ago that a device has its whole grace before it."""
KEEP = 24 * 3600
"""Seconds that the registry outlives the last replica, so that a restart finds what was left."""


class ReplicaName:
    """What this replica is called; another name once it has lost its lease."""

    def __init__(self) -> None:
        self.value = secrets.token_hex(6)

    def renew(self) -> None:
        self.value = secrets.token_hex(6)


class Holding(msgspec.Struct, frozen=True, array_like=True):
    """A run or a device that a replica is responsible for."""

    kind: Literal["run", "device"]
    owner: str
    account: str
    name: str
    """A profile id or a device id."""
    type: ProcessingType | Literal[""] = ""
    instance: str = ""
    """The run's id or the device's session: another one of the same name is another holding."""

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


class Renewal(msgspec.Struct, frozen=True):
    next_expiry: float | None
    """Seconds until the next lease of another replica ends."""
    expired: list[str]
    notes_gone: bool
    """Nothing is noted as held by this replica."""


class Estate(msgspec.Struct, frozen=True):
    """What a dead replica left."""

    holdings: list[Holding]
    silent_since: int = 0
    """Its last sign of life: ms, Redis' clock; 0 when it resigned, or when it is not known."""
    absent_since: int = UNKNOWN_SINCE
    """From when on no device could come back to it: ms, Redis' clock."""

    @property
    def in_order(self) -> bool:
        """Whether it ended as it should."""
        return self.silent_since == 0


class Leases:
    def __init__(self, scripts: Scripts, pipeline: Pipeline) -> None:
        self._scripts = scripts
        self._pipeline = pipeline

    async def renew(self, replica: str, mode: Literal["register", "renew"]) -> Renewal | None:
        """Renew the lease; None when it is lost: another replica has taken over."""
        answer = await self._scripts.call(
            lease_renew(
                keys.LeaseKeys(keys.LEASES, keys.holdings(replica)),
                mode=mode,
                replica=replica,
                ttl=round(LEASE * 1000),
                keep=KEEP * 1000,
            )
        )
        if answer.outcome == "LOST":
            return None
        return Renewal(
            next_expiry=answer.number(1) / 1000 if answer.text(1) else None,
            expired=answer.texts(2),
            notes_gone=answer.text(3) == "none",
        )

    async def adopt(self, replica: str, dead: str) -> Estate:
        """Take over what a dead replica held; nothing when another one was faster."""
        answer = await self._scripts.call(
            lease_adopt(
                keys.AdoptedLeaseKeys(keys.LEASES, keys.holdings(replica), keys.holdings(dead)),
                dead=dead,
                ttl=round(LEASE * 1000),
                keep=KEEP * 1000,
            )
        )
        if answer.outcome != "OK":
            return Estate(holdings=[])
        holdings = [_decode(member) for member in answer.texts(1)]
        return Estate(holdings, silent_since=answer.number(2), absent_since=answer.number(3))

    async def inherited(self, replica: str) -> Estate:
        """What a replica has taken over and not yet looked after."""
        held = await self._members(replica)
        holdings = [holding for holding in held if holding.owner != replica]
        return Estate(holdings)

    async def _members(self, replica: str) -> list[Holding]:
        members = await self._pipeline.submit("SMEMBERS", keys.holdings(replica))
        if not isinstance(members, list):
            raise TypeError(f"SMEMBERS answered {members!r}")
        return [_decode(member.decode()) for member in members if isinstance(member, bytes)]

    async def leftovers(self, former: str) -> Estate:
        """Runs noted under a name that this replica has lost: written after it was taken for dead,
        they are in nobody's inheritance. Devices are put on record again by their sessions."""
        held = await self._members(former)
        for device in (holding for holding in held if holding.kind == "device"):
            await self.drop(former, device)
        return Estate([h for h in held if h.kind == "run"])

    def hold(self, replica: str, holding: Holding) -> asyncio.Future[Reply]:
        """Note a holding, without awaiting. What the account is told of it goes ``after`` the
        answer, which fails with StoreUnavailable: then the account is told nothing."""
        name = keys.holdings(replica)
        noted = self._pipeline.submit("SADD", name, holding.encode())
        _forget(noted)
        _forget(self._pipeline.submit("PEXPIRE", name, KEEP * 1000))
        return noted

    async def drop(self, replica: str, holding: Holding) -> None:
        await self._pipeline.submit("SREM", keys.holdings(replica), holding.encode())

    async def resign(self, replica: str, closed_for: float) -> None:
        """Give the lease up: what is still held is for the others to take over.

        ``closed_for``: seconds since the replica took its last device.
        """
        await self._scripts.call(
            lease_resign(
                keys.LeaseKeys(keys.LEASES, keys.holdings(replica)),
                replica=replica,
                closed_for=round(closed_for * 1000),
            )
        )


def _decode(member: str) -> Holding:
    return msgspec.json.decode(member, type=Holding)


def _forget(answer: asyncio.Future[Reply]) -> None:
    """Take note of an answer that nobody may wait for: what comes after it fails with it."""
    answer.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)
