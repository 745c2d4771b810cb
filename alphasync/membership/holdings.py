"""What a server is responsible for, as it is noted in Redis.

It is noted outside the accounts, before the account is told, so that no crash can leave a run or a
device that nobody knows of; a note without anything behind it does no harm.
"""

import asyncio
from typing import Literal

import msgspec

from alphasync.domain.runs import ProcessingType
from alphasync.membership.name import ServerName
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline, Reply

NOTES_TTL = 24 * 3600
"""Seconds that the notes outlive the last server, so that a restart finds what was left."""

KEPT_INTERVAL = 1.0
"""Seconds in which many are noted that come at once, and their life is given once: each renewal of
the lease gives it, too."""


class Holding(msgspec.Struct, frozen=True, array_like=True):
    """A run or a device that a server is responsible for."""

    kind: Literal["run", "device"]
    owner: str
    """The server that has put it on record: still so when another one has taken the note over."""
    account: str
    name: str
    """A profile id or a device id."""
    type: ProcessingType | Literal[""] = ""
    instance: str = ""
    """The run's id or the device's session: another one of the same name is another holding."""

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


class Holdings:
    """The notes of this server, under its present name."""

    def __init__(self, pipeline: Pipeline, server: ServerName) -> None:
        self._pipeline = pipeline
        self._server = server
        self._kept, self._kept_at = "", 0.0
        """Whose notes were last given their life, and when."""

    @property
    def owner(self) -> str:
        """What this server is called now."""
        return self._server.current

    def hold(self, holding: Holding) -> asyncio.Future[Reply]:
        """Note a holding for its owner, without awaiting. What the account is told of it goes
        ``after`` the answer, which fails with StoreUnavailable: then the account is told nothing.
        """
        notes, now = keys.holdings(holding.owner), asyncio.get_running_loop().time()
        noted = self._pipeline.submit("SADD", notes, holding.encode())
        _look_at(noted)
        if notes != self._kept or not 0 <= now - self._kept_at < KEPT_INTERVAL:
            self._kept, self._kept_at = notes, now
            _look_at(self._pipeline.submit("PEXPIRE", notes, NOTES_TTL * 1000))
        return noted

    async def drop(self, holding: Holding, *, noted_for: str) -> None:
        """Take a note back that is among those of the server ``noted_for``: the owner, or whoever
        has taken over from it. Raises StoreUnavailable."""
        await self._pipeline.submit("SREM", keys.holdings(noted_for), holding.encode())

    async def noted_for(self, server: str) -> list[Holding]:
        """What a server is responsible for. Raises StoreUnavailable."""
        members = await self._pipeline.submit("SMEMBERS", keys.holdings(server))
        if not isinstance(members, list):
            raise TypeError(f"SMEMBERS answered {members!r}")
        return [decode(member) for member in members if isinstance(member, bytes)]


def decode(member: bytes | str) -> Holding:
    """A note as it is in Redis."""
    return msgspec.json.decode(member, type=Holding)


def _look_at(answer: asyncio.Future[Reply]) -> None:
    """Look at an answer that nobody may wait for: what comes after it fails with it."""
    answer.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)
