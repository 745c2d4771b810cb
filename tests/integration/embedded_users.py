"""Users of an embedded Valkey, in this process and in others."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from redis.asyncio import Redis

from alphasync.store.embedded.valkey import EmbeddedValkey, open_embedded
from tests.harness import PATIENCE

# A process reduced to its hold on the server: tells the server's pid, closes when its input ends.
HOLDER = """
import asyncio, pathlib, sys
from alphasync.store.embedded.valkey import open_embedded

async def main():
    embedded = await open_embedded(pathlib.Path(sys.argv[1]))
    print(embedded.pid, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await embedded.close()

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[EmbeddedValkey]:
    embedded = await open_embedded(data_dir)
    try:
        yield embedded
    finally:
        await embedded.close()


@contextlib.asynccontextmanager
async def connected(embedded: EmbeddedValkey) -> AsyncIterator[Redis]:
    client = Redis.from_url(embedded.url, decode_responses=True)
    try:
        yield client
    finally:
        await client.aclose()


async def start_holder(data_dir: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(data_dir), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )


async def server_pid(holder: Process) -> int:
    assert holder.stdout is not None
    return int(await holder.stdout.readline())


async def stop_holder(holder: Process) -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    assert await holder.wait() == 0


def is_gone(pid: int) -> bool:
    """True also for a process that has ended and only waits for its parent to notice."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return not Path("/proc/self").exists() or not Path(f"/proc/{pid}").exists()


async def restarted_by(*users: EmbeddedValkey) -> None:
    """Let all of them look after the server until it was started again, by exactly one of them.

    Who looks before the last thread of a killed server has gone rightly finds it alive.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            started = await asyncio.gather(*(user.ensure_running() for user in users))
            if any(started):
                break
    assert started.count(True) == 1


def log_of(data_dir: Path) -> str:
    return (data_dir / "valkey.log").read_text()


def starts(data_dir: Path) -> int:
    return log_of(data_dir).count("Ready to accept connections")
