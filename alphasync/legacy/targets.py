"""Where earlier state goes: into the accounts, or nowhere, to see what would become of it."""

import time
from collections.abc import Sequence
from typing import Literal

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from alphasync.errors import BlocklistLost, StoreUnavailable
from alphasync.protocol.draft_commands import check_draft_length
from alphasync.services.earlier_state import EarlierDraft, EarlierRun, EarlierState, Place, Taken
from alphasync.store import keys
from alphasync.store.retries import until_redis_answers
from alphasync.store.scripts.limits import Lifetimes


class Looking:
    """Says what would become of it: reads, and writes nothing."""

    def __init__(self, client: Redis | RedisCluster, lifetimes: Lifetimes) -> None:
        self._client = client
        self._lifetimes = lifetimes
        self._ahead: float | None = None
        """ms that the clock of Redis is ahead of this process' own."""

    async def messaged(self, place: Place, entries: Sequence[tuple[str, int]]) -> Taken:
        names = keys.of_profile(place.account, place.type, place.profile)
        now = await self.now()
        scores = await self._client.zmscore(names.sent, [recipient for recipient, _ in entries])
        if not any(scores) and not await self._client.exists(names.sent):
            until = await self._client.hget(names.tally, "until")
            if int(until or 0) > now:
                raise BlocklistLost
        new = later = old = 0
        for (_, at), score in zip(entries, scores, strict=True):
            if at <= now - self._lifetimes.sent * 1000:
                old += 1
            elif score is None:
                new += 1
            elif score < at <= now:
                later += 1
        return Taken(new, later, old)

    async def draft(self, place: Place, draft: EarlierDraft) -> Literal["new", "known", "old"]:
        check_draft_length(draft.message)
        known, _ = await self.has_draft(place, draft)
        return known

    async def run(self, place: Place, _: EarlierRun) -> Literal["new", "known"]:
        names = keys.of_profile(place.account, place.type, place.profile)
        return "known" if await self._client.exists(names.run, names.lock) else "new"

    async def has_draft(
        self, place: Place, draft: EarlierDraft
    ) -> tuple[Literal["new", "known", "old"], int]:
        """What is to become of a draft, and the revision at which the present one is."""
        if draft.at <= await self.now() - self._lifetimes.draft * 1000:
            return "old", 0
        name = keys.of_account(place.account).draft(place.type, place.profile)
        revision, timestamp = await self._client.hmget(name, ["revision", "timestamp"])
        if int(revision or 0) and int(timestamp or 0) >= draft.at:
            return "known", 0
        return ("new" if draft.message or revision else "known"), int(revision or 0)

    async def now(self) -> int:
        """ms since the Unix epoch, by the clock of Redis, which is asked once."""
        if self._ahead is None:
            seconds, microseconds = await self._client.time()
            self._ahead = seconds * 1000 + microseconds / 1000 - time.monotonic() * 1000
        return int(time.monotonic() * 1000 + self._ahead)


class Bringing:
    """Into the accounts. Where Redis is away for a while, it waits."""

    def __init__(self, state: EarlierState, looking: Looking) -> None:
        self._state = state
        self._looking = looking

    async def messaged(self, place: Place, entries: Sequence[tuple[str, int]]) -> Taken:
        return await until_redis_answers(self._state.messaged, place, entries)

    async def draft(self, place: Place, draft: EarlierDraft) -> Literal["new", "known", "old"]:
        became, revision = await until_redis_answers(self._look, place, draft)
        if became != "new":
            return became
        return await until_redis_answers(self._state.draft, place, draft, known_revision=revision)

    async def run(self, place: Place, run: EarlierRun) -> Literal["new", "known"]:
        return await until_redis_answers(self._state.run, place, run)

    async def _look(
        self, place: Place, draft: EarlierDraft
    ) -> tuple[Literal["new", "known", "old"], int]:
        """Raises StoreUnavailable: what is looked at by itself has the errors of its client."""
        try:
            return await self._looking.has_draft(place, draft)
        except (RedisConnectionError, RedisTimeoutError) as error:
            raise StoreUnavailable from error
