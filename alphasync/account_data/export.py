"""All that is kept of an account, as lines of JSON."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from redis.asyncio import Redis, RedisCluster

from alphasync.account_data.keyspace import names_of
from alphasync.account_data.kinds import kind_of
from alphasync.account_data.reading import lines_of
from alphasync.store import keys

FORMAT = 1
"""Of the lines. Fields may be added to them; what they mean changes with this number only."""


async def export(
    client: Redis | RedisCluster, account: str, write: Callable[[bytes], object]
) -> Counter[str]:
    """Write a line for each thing that is kept; returns how many those are of each kind."""

    def put(line: dict[str, Any]) -> None:
        write(msgspec.json.encode(line) + b"\n")

    names = await names_of(client, account)
    prefix = keys.of_account(account).prefix.encode()
    records, left_out = Counter[str](), dict[str, dict[str, Any]]()
    put({"kind": "export", "format": FORMAT, "account": account})
    for name in names:
        kind, said = kind_of(name[len(prefix) :].decode("utf-8", "backslashreplace"))
        if kind.left_out:
            left = left_out.setdefault(kind.name, {"keys": 0, "why": kind.left_out})
            left["keys"] += 1
            continue
        async for line in lines_of(client, name, kind):
            put({"kind": kind.name, **said, **line})
            records[kind.name] += 1
    put({"kind": "end", "account": account, "records": records, "leftOut": left_out})
    return records
