"""When each plan is to be looked at: one list in Redis for all accounts and servers.

A note is written before the account is told of its plan, so that no crash leaves a plan that nobody
looks at. A note without a plan behind it does no harm, and is dropped when its time comes.
"""

import asyncio
from collections.abc import Iterable

import msgspec

from alphasync.domain.plans import Plan
from alphasync.domain.runs import ProcessingType
from alphasync.store import key_groups, keys
from alphasync.store.redis.pipeline import Pipeline, Reply
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.plan_calls import plans_due

NOTES_TTL = 33 * 86400
"""Seconds. Longer than any plan is on record."""
DUE_MAX = 64
"""Plans that a server takes up at once; the others find the next ones."""
RETRY_INTERVAL = 3.0
"""Seconds until a plan is looked at again that waits, or whose server came to nothing."""


class PlanNote(msgspec.Struct, frozen=True, array_like=True):
    """Which plan it is."""

    account: str
    type: ProcessingType
    profile: str
    plan_id: str

    @property
    def keys(self) -> key_groups.PlanKeys:
        return key_groups.PlanKeys(self.account, self.type, self.profile, self.plan_id)

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


def decode(note: bytes) -> PlanNote:
    """A note as it is in Redis. Raises msgspec.DecodeError for one of another version's."""
    return msgspec.json.decode(note, type=PlanNote)


class PlanNotes:
    def __init__(self, scripts: Scripts, pipeline: Pipeline) -> None:
        self._scripts = scripts
        self._pipeline = pipeline

    async def add(self, note: PlanNote, start_at: int) -> None:
        """Note a plan that is about to be made, or to be moved; an earlier time stays. No failover
        loses it. Raises StoreUnavailable."""
        await self._pipeline.confirmed("ZADD", keys.PLANS, "LT", start_at, note.encode())
        await self._keep()

    async def move(self, note: PlanNote, start_at: int) -> None:
        """Look at it at this time instead. Raises StoreUnavailable."""
        await self._pipeline.submit("ZADD", keys.PLANS, start_at, note.encode())
        await self._keep()

    async def drop(self, note: PlanNote) -> None:
        """Take a note back. Raises StoreUnavailable."""
        await self._pipeline.submit("ZREM", keys.PLANS, note.encode())

    async def due(self) -> list[bytes]:
        """The notes of which the time has come, ``DUE_MAX`` at most, encoded. Nobody else gets them
        for ``RETRY_INTERVAL``. Raises StoreUnavailable."""
        answer = await self._scripts.call(
            plans_due(
                key_groups.DueKeys(keys.PLANS), most=DUE_MAX, retry=round(RETRY_INTERVAL * 1000)
            )
        )
        return [text.encode() for text in answer.texts(1)]

    def put_back(self, account: str, plans: Iterable[Plan]) -> None:
        """Note the plans that an account was found to have, without awaiting: Redis may have lost
        the notes, which are elsewhere in a cluster."""
        noted: list[str | int | bytes] = []
        for plan in plans:
            note = PlanNote(account, plan.type, plan.profile_id, plan.plan_id)
            noted += (plan.start_at, note.encode())
        if noted:
            _look_at(self._pipeline.submit("ZADD", keys.PLANS, "LT", *noted))
            _look_at(self._keep())

    def _keep(self) -> asyncio.Future[Reply]:
        return self._pipeline.submit("PEXPIRE", keys.PLANS, NOTES_TTL * 1000)


def _look_at(answer: asyncio.Future[Reply]) -> None:
    """Look at an answer that nobody waits for: the next device that joins has it done again."""
    answer.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)
