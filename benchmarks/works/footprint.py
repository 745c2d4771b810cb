"""What accounts, devices and servers cost that are there and silent, and in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from alphasync.store import keys
from alphasync.store.connect import make_client
from benchmarks import stacks
from benchmarks.bench import Bench
from benchmarks.idling import Commands, watched
from benchmarks.stacks import Peer, Stack

WORK = "footprint"
PEER = "alphasync"

SERVER_MEMORY, VALKEY_MEMORY = "memory of the server", "memory of Valkey"
IDLE_CPU, VALKEY_IDLE_CPU = "the server's CPU per second", "Valkey's CPU per second"
COMMANDS, BEATS = "commands per second", "commands per heartbeat interval"

ACCOUNTS, QUICK_ACCOUNTS = 1000, 50
BUSY_ACCOUNTS, BUSY_COMMANDS, BUSY_RATE = 10, 6000, 1500.0
"""Enough for each of them to have its event log full, of 512."""
ENTRIES = 100_000
"""Of a blocklist."""
FIRST, MEMBERS = 50, 3
"""Accounts, and devices of each, before the measurement of memory, for what a server makes once."""
CONNECTING_AT_ONCE_MAX = 50
"""Handshakes in progress at any time."""
SETTLE = 1.0
PINGS = {"PING_INTERVAL": "10", "PING_TIMEOUT": "8"}
"""As they are where nobody sets them: a silent device costs a ping from time to time."""
IDLE_SECONDS = 10.0
"""One ping to each device."""
COUNTED_SERVERS, COUNTED_DEVICES = 4, 100
COUNTED_SECONDS = 20.0
HEARTBEAT = 10.0
"""Seconds, for the count only; everywhere else as it is by default."""

ACCOUNT, DEVICE = "an account with one device", "a device more"
EVENTS, ENTRY = "the events of a busy account", "an entry of a blocklist"
SERVER = "a server that nobody uses"
SILENT = "a device that is silent"


async def run(bench: Bench) -> None:
    for peer in bench.chosen(PEER):
        await memory(bench, peer)
        await counts(bench, peer)


def add(bench: Bench, case: str, metric: str, unit: str, value: float) -> None:
    bench.results.add(WORK, case, PEER, metric, unit, value)


async def memory(bench: Bench, peer: Peer) -> None:
    """Each round with a fresh process: memory that was needed once is seldom given back."""
    count = QUICK_ACCOUNTS if bench.quick else ACCOUNTS
    for _ in range(bench.rounds):
        async with stacks.stack(peer, 1, bench.gateway, **PINGS) as one:
            add(bench, SERVER, SERVER_MEMORY, "KB", one.resident() / 1000)
            await one.generator.connect(one.hosts, one.rooms(FIRST, MEMBERS, "first"))
            await asyncio.sleep(SETTLE)
            for case, members, devices in ((ACCOUNT, 1, count), (DEVICE, 2, 2 * count)):
                async with growing(bench, one, case, devices):
                    rooms = one.rooms(count, members, "account")
                    await one.generator.connect(one.hosts, rooms, CONNECTING_AT_ONCE_MAX)
            silent = FIRST * MEMBERS + 3 * count
            before, seconds = one.cpu(), bench.seconds(IDLE_SECONDS)
            await asyncio.sleep(seconds)
            used = one.cpu() - before
            add(bench, SILENT, IDLE_CPU, "µs", used / silent / seconds * 1e6)
            async with growing(bench, one, EVENTS, BUSY_ACCOUNTS):
                seconds = bench.seconds(BUSY_COMMANDS / BUSY_RATE)
                await one.generator.load(BUSY_RATE, seconds, rooms=BUSY_ACCOUNTS)
            redis = make_client(one.valkey.url)
            sent = keys.of_account("memory").sent("chat", "1001")
            await redis.zadd(sent, {f"recipient-{n}": 1.7e12 + n for n in range(ENTRIES)})
            size = await redis.memory_usage(sent, samples=0) or 0
            add(bench, ENTRY, VALKEY_MEMORY, "KB", size / ENTRIES / 1000)
            await redis.aclose()


@contextlib.asynccontextmanager
async def growing(bench: Bench, one: Stack, case: str, count: int) -> AsyncIterator[None]:
    """What the server and Valkey have grown by in the meantime, by ``count``."""
    before, valkey = one.resident(), await used_memory(one)
    yield
    await asyncio.sleep(SETTLE)
    grown, valkey = one.resident() - before, await used_memory(one) - valkey
    add(bench, case, SERVER_MEMORY, "KB", grown / count / 1000)
    add(bench, case, VALKEY_MEMORY, "KB", valkey / count / 1000)


async def used_memory(one: Stack) -> int:
    redis = make_client(one.valkey.url)
    told = await redis.info("memory")
    await redis.aclose()
    return int(told["used_memory"])


async def counts(bench: Bench, peer: Peer) -> None:
    """What nobody asked for, counted in Valkey: once, for it is the same each time."""
    settings = {**PINGS, "HEARTBEAT_INTERVAL": f"{HEARTBEAT}s"}
    seconds = bench.seconds(COUNTED_SECONDS)
    async with stacks.stack(peer, COUNTED_SERVERS, bench.gateway, **settings) as one:
        await asyncio.sleep(SETTLE)
        before, valkey = one.cpu(), one.valkey_cpu()
        nobody = await watched(one.valkey.url, seconds)
        used, valkey = one.cpu() - before, one.valkey_cpu() - valkey
        shared = COUNTED_SERVERS * seconds
        add(bench, SERVER, IDLE_CPU, "µs", used / shared * 1e6)
        add(bench, SERVER, VALKEY_IDLE_CPU, "µs", valkey / shared * 1e6)
        for name, count in nobody.items():
            add(bench, f"a server: {name}", COMMANDS, "per second", count / shared)
        rooms = one.rooms(COUNTED_DEVICES, 1)
        await one.generator.connect(one.hosts, rooms, CONNECTING_AT_ONCE_MAX)
        there = await watched(one.valkey.url, seconds)
        devices: Commands = there - nobody
        for name, count in devices.items():
            beats = count / COUNTED_DEVICES / (seconds / HEARTBEAT)
            add(bench, f"a device: {name}", BEATS, "each", beats)
