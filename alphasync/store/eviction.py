"""Whether Redis may drop keys when its memory is full: that of who was messaged, too."""

import asyncio
from collections.abc import Mapping

import structlog
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError

from alphasync.tasks import Tasks

KEEPING_POLICY = "noeviction"
LOOK_INTERVAL = 60.0
"""Seconds between two looks: it may be changed while servers run."""

log = structlog.get_logger(__name__)


async def policy_of(client: Redis | RedisCluster) -> str | None:
    """The policy by which keys are dropped; None where it cannot be read. Of several servers that
    differ, one that drops some. All keys have lifetimes: volatile-* drops them just so."""
    found = await _from_info(client) or await _from_config(client)
    return (
        next((policy for policy in sorted(found) if policy != KEEPING_POLICY), KEEPING_POLICY)
        if found
        else None
    )


def objection(policy: str | None) -> str | None:
    """What is wrong with a policy, and what to do; None where nothing is."""
    if policy in (KEEPING_POLICY, None):
        return None
    return (
        f"maxmemory-policy is {policy}, which may drop who was messaged, "
        f"and they are messaged again; use {KEEPING_POLICY}"
    )


class EvictionWatch:
    """Says in the log when the policy becomes one that drops keys."""

    def __init__(self, client: Redis | RedisCluster) -> None:
        self._client = client
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._look(), "eviction watch")

    async def close(self) -> None:
        await self._tasks.close()

    async def _look(self) -> None:
        before: str | None = None
        while True:
            try:
                policy = await policy_of(self._client)
            except (RedisError, OSError):
                policy = before  # it is away: others say so
            if policy != before and (wrong := objection(policy)):
                log.error("redis may drop keys", reason=wrong)
            before = policy
            await asyncio.sleep(LOOK_INTERVAL)


async def _from_info(client: Redis | RedisCluster) -> set[str]:
    try:
        if isinstance(client, RedisCluster):
            info = await client.info("memory", target_nodes=RedisCluster.PRIMARIES)
        else:
            info = await client.info("memory")
    except RedisError:
        return set()  # a right that is missing
    # Of one server what it says, of several that by server.
    answers = [info, *(part for part in info.values() if isinstance(part, Mapping))]
    return {str(a["maxmemory_policy"]) for a in answers if "maxmemory_policy" in a}


async def _from_config(client: Redis | RedisCluster) -> set[str]:
    try:
        answer = await client.config_get("maxmemory-policy")
    except RedisError:
        return set()  # hosted services often hide it
    return {str(answer["maxmemory-policy"])} if "maxmemory-policy" in answer else set()
