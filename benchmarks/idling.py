"""What is asked of Valkey while nobody does anything, command by command."""

import asyncio
import time
from collections import Counter

from redis.asyncio import Redis

from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import library, load

Commands = Counter[str]
"""How often each was called; a script by its name."""


async def watched(url: str, seconds: float) -> Commands:
    """Count what clients ask for. What a script does inside is not counted again."""
    loaded = load(Lifetimes(), "PUBLISH")
    scripts = {script.sha: name for name, script in loaded.items()}
    functions = library(loaded, Lifetimes(), "PUBLISH").functions
    scripts |= {function: scripts[sha] for sha, function in functions.items()}
    redis: Redis = Redis.from_url(url)
    found: Commands = Counter()
    end = time.monotonic() + seconds
    try:
        async with redis.monitor() as monitor:
            while True:
                async with asyncio.timeout(end - time.monotonic()):
                    told = await monitor.next_command()
                if told["client_type"] != "lua":
                    words = told["command"].split()
                    name = words[0].strip('"')
                    found[scripts.get(words[1].strip('"'), name) if len(words) > 1 else name] += 1
    except TimeoutError:
        return found
    finally:
        await redis.aclose()
