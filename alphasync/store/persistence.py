"""Whether what Redis answered outlives its crash: who was messaged, too."""

from collections.abc import Mapping

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError

CRASH_LOSS = "what it loses in a crash is messaged again"


async def may_be_lost(client: Redis | RedisCluster) -> str | None:
    """What may be lost, and what to do; None where nothing is, or where Redis does not tell."""
    if not await _appends(client):
        return f"appendonly is off, and {CRASH_LOSS}; use appendonly yes and appendfsync always"
    try:
        answer = await client.config_get("appendfsync")
    except RedisError:
        return None  # hosted services often hide it
    policy = answer.get("appendfsync", "always")
    return None if policy == "always" else f"appendfsync is {policy}, and {CRASH_LOSS}; use always"


async def _appends(client: Redis | RedisCluster) -> bool:
    try:
        if isinstance(client, RedisCluster):
            info = await client.info("persistence", target_nodes=RedisCluster.PRIMARIES)
        else:
            info = await client.info("persistence")
    except RedisError:
        return True  # a right that is missing
    # Of one server what it says, of several that by server.
    answers = [info, *(part for part in info.values() if isinstance(part, Mapping))]
    return all(int(answer.get("aof_enabled", 1)) for answer in answers)
