"""Who of 100 recipients was messaged already: four ways to ask, against lists of three sizes."""

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from redis.asyncio import Redis

from alphasync.services.blocklist import Blocklist
from alphasync.services.runs import Ticket
from alphasync.store import keys
from alphasync.store.connect import Store, make_store
from alphasync.store.scripts.limits import Lifetimes
from benchmarks.bench import Bench
from tests.harness import Valkey

WORK = "blocklist"
DELAY = "to filter 100 recipients"
SIZES = (1_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000)
KEYS_MAX = 1_000
"""Entries for which KEYS and a GET each are tried: at 100,000 they take more than ten seconds."""
ASKED = 100
CALLS = 20
"""Per round; their median counts. The ones that take long are called less often."""
LONG = 0.05
"""Seconds from which on a call is a long one."""
CHUNK = 10_000
"""Entries in one pipeline when the lists are made."""
ACCOUNT, PROFILE = "bench", "1001"
SET = "one-set"
SINGLE = "single"
"""Prefix of the keys of which there is one per entry."""

TICKET = Ticket(ACCOUNT, PROFILE, "chat", "", 0, 0, "", ACCOUNT, "", ())
Filter = Callable[[list[str]], Awaitable[set[str]]]


async def run(bench: Bench) -> None:
    folder = Path(tempfile.mkdtemp(prefix="as-bench-"))
    valkey = Valkey(folder)
    try:
        await valkey.start()
        store = make_store(valkey.url, Lifetimes())
        store.start()
        redis: Redis = Redis.from_url(valkey.url, decode_responses=True)
        filled = 0
        for size in QUICK_SIZES if bench.quick else SIZES:
            await fill(redis, filled, size)
            filled = size
            for number in range(bench.rounds):
                for name, ask in filters(store, redis, size).items():
                    delay = await measure(ask, size, seed=number)
                    bench.results.add(WORK, f"{size:,} entries", name, DELAY, "ms", delay * 1000)
        await redis.aclose()
        await store.close()
    finally:
        valkey.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def fill(redis: Redis, begin: int, end: int) -> None:
    """Entries in each of the three kinds of list: alphasync's, a key each, a set."""
    ours = keys.of_account(ACCOUNT).sent("chat", PROFILE)
    for start in range(begin, end, CHUNK):
        names = [f"recipient-{number}" for number in range(start, min(start + CHUNK, end))]
        await redis.zadd(ours, dict.fromkeys(names, time.time()))
        await redis.sadd(SET, *names)
        await redis.mset({f"{SINGLE}:{name}": 1 for name in names})


def filters(store: Store, redis: Redis, size: int) -> dict[str, Filter]:
    blocklist = Blocklist(store.scripts, store.pipeline)

    async def one_exists_each(recipients: list[str]) -> set[str]:
        return {one for one in recipients if await redis.exists(f"{SINGLE}:{one}")}

    async def smembers(recipients: list[str]) -> set[str]:
        members = await redis.smembers(SET)
        return {one for one in recipients if one in members}

    async def keys_and_get(recipients: list[str]) -> set[str]:
        asked = {f"{SINGLE}:{one}": one for one in recipients}
        found = [key for key in await redis.keys(f"{SINGLE}:*") if await redis.get(key)]
        return {asked[key] for key in found if key in asked}

    async def ours(recipients: list[str]) -> set[str]:
        return await blocklist.blocked(TICKET, recipients)

    every: dict[str, Filter] = {"alphasync": ours, "exists": one_exists_each, "smembers": smembers}
    if size <= KEYS_MAX:
        every["keys"] = keys_and_get
    return every


async def measure(ask: Filter, size: int, seed: int) -> float:
    """Median of the seconds that a call takes. Every tenth recipient is on the list."""
    chosen = random.Random(seed)
    delays: list[float] = []
    while len(delays) < CALLS and sum(delays) < CALLS * LONG:
        listed = {f"recipient-{chosen.randrange(size)}" for _ in range(ASKED // 10)}
        recipients = [*listed, *(f"new-{number}" for number in range(ASKED - len(listed)))]
        begun = time.perf_counter()
        found = await ask(recipients)
        delays.append(time.perf_counter() - begun)
        assert found == listed
    return statistics.median(delays)
