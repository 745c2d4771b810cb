"""Which keys there are of an account, on the one server that has them."""

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis, RedisCluster

from alphasync.store import keys

SCANNED_AT_ONCE = 1_000
"""Keys that one SCAN goes through: others wait for about half a millisecond."""


async def names_of(client: Redis | RedisCluster, account: str) -> list[bytes]:
    """The account's keys, each once and in order. An account's name has no character in it that a
    pattern has a meaning for."""
    prefix = keys.of_account(account).prefix
    return sorted({name async for name in scan(client, f"{prefix}*", prefix)})


async def scan(client: Redis | RedisCluster, pattern: str, where: str) -> AsyncIterator[bytes]:
    """Names that fit a pattern, some perhaps twice, on the server that has the key ``where``."""
    how: dict[str, Any] = {}
    if isinstance(client, RedisCluster):
        await client.initialize()
        how = {"target_nodes": client.get_node_from_key(where)}
    cursor = 0
    while True:
        answer = await client.execute_command(
            *("SCAN", cursor, "MATCH", pattern, "COUNT", SCANNED_AT_ONCE), **how
        )
        at, names = answer
        # Of a cluster by node, here of one.
        cursor = int(next(iter(at.values())) if isinstance(at, dict) else at)
        for name in names:
            yield name
        if not cursor:
            return
