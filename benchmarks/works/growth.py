"""What a server and a Valkey carry, and how a command's cost grows with accounts and servers."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from benchmarks import script_load, stacks
from benchmarks.bench import Bench
from benchmarks.processes import cpu_seconds
from benchmarks.stacks import Peer, Stack
from tests.harness import Valkey

WORK = "growth"
PEER = "alphasync"

PER_COMMAND = "the servers' CPU per command"
VALKEY = "Valkey's CPU per command"
COMMANDS, DELIVERIES = "commands per second", "deliveries per second"
SHARE = "of a core in use"

MEMBERS = 3
"""Devices of each account where it does not say otherwise."""
ACCOUNTS = (20, 200, 2000)
QUICK_ACCOUNTS = (10, 20, 40)
ACCOUNTS_RATE = 400.0
SPREAD = (1, 2, 3)
SPREAD_ROOMS, SPREAD_RATE = 200, 1500.0
"""Commands per second of all three together: two cores carry that."""
CORE_ROOMS, UNDER_WAY_MAX = 200, 64
PACES = (250.0, 1000.0, 2000.0, 4000.0)
"""Commands per second of one server, before as many as it answers."""
LISTENERS = (1, 3)
FILL = 3.0
"""Seconds in which the event logs of all accounts become full: from then on each event takes the
place of another."""
SAFE = ("--appendonly", "yes", "--appendfsync", "always")
"""As it is to be where messages are sent."""
CONNECTING_AT_ONCE_MAX = 50
SECONDS = 2.0
SETTLE = 0.3

FULL = f"{UNDER_WAY_MAX} commands on their way at any time"


def pace_case(rate: float) -> str:
    return f"{rate:,.0f} commands per second"


def accounts_case(count: int) -> str:
    return f"{count:,} accounts"


def spread_case(servers: int) -> str:
    return f"on {servers} server{'s' if servers > 1 else ''}"


def listeners_case(servers: int, *, safe: bool = False) -> str:
    told = f"{servers} server{'s' if servers > 1 else ''} told of each event"
    return f"{told}, `appendfsync always`" if safe else told


async def run(bench: Bench) -> None:
    for peer in bench.chosen(PEER):
        await accounts(bench, peer)
        await spread(bench, peer)
        await core(bench, peer)
        for listeners in LISTENERS:
            await one_valkey(bench, listeners, safe=False)
        await one_valkey(bench, LISTENERS[-1], safe=True)


def add(bench: Bench, case: str, metric: str, unit: str, value: float) -> None:
    bench.results.add(WORK, case, PEER, metric, unit, value)


async def accounts(bench: Bench, peer: Peer) -> None:
    """The same load, spread over more and more accounts that are connected."""
    async with stacks.stack(peer, 1, bench.gateway) as one:
        there = 0
        for count in QUICK_ACCOUNTS if bench.quick else ACCOUNTS:
            rooms = one.rooms(count - there, MEMBERS, f"accounts{count}")
            await one.generator.connect(one.hosts, rooms, CONNECTING_AT_ONCE_MAX)
            there = count
            await one.generator.load(ACCOUNTS_RATE, 1.0)
            for _ in range(bench.rounds):
                await loaded(bench, one, accounts_case(count), ACCOUNTS_RATE)


async def spread(bench: Bench, peer: Peer) -> None:
    """The same load, the devices of each account on one server, two or three."""
    async with stacks.stack(peer, max(SPREAD), bench.gateway) as one:
        for number in range(-1, bench.rounds):
            for servers in SPREAD:
                rooms = one.rooms(SPREAD_ROOMS, MEMBERS, f"spread{servers}")
                await one.generator.connect(one.hosts[:servers], rooms)
                if number < 0:
                    await one.generator.load(SPREAD_RATE, 1.0)
                else:
                    await loaded(bench, one, spread_case(servers), SPREAD_RATE, servers)
                await one.generator.disconnect()


async def loaded(
    bench: Bench, one: Stack, case: str, rate: float, servers: int | None = None
) -> None:
    """``servers``: the first so many of them are those that work."""
    await asyncio.sleep(SETTLE)
    before, valkey = one.cpu(servers), one.valkey_cpu()
    told = await one.generator.load(rate, bench.seconds(SECONDS))
    used, valkey = one.cpu(servers) - before, one.valkey_cpu() - valkey
    add(bench, case, PER_COMMAND, "µs", used / told["sent"] * 1e6)
    add(bench, case, VALKEY, "µs", valkey / told["sent"] * 1e6)
    if servers is None:
        add(bench, case, SHARE, "%", used / told["seconds"] * 100)


async def core(bench: Bench, peer: Peer) -> None:
    """A server that gets busier, up to as much as it answers."""
    async with stacks.stack(peer, 1, bench.gateway) as one:
        await one.generator.connect(one.hosts, one.rooms(CORE_ROOMS, MEMBERS))
        await one.generator.flood(bench.seconds(SECONDS), UNDER_WAY_MAX)
        for _ in range(bench.rounds):
            for rate in PACES:
                await loaded(bench, one, pace_case(rate), rate)
            before, valkey = one.cpu(), one.valkey_cpu()
            told = await one.generator.flood(bench.seconds(SECONDS), UNDER_WAY_MAX)
            used, valkey = one.cpu() - before, one.valkey_cpu() - valkey
            seconds = told["seconds"]
            add(bench, FULL, PER_COMMAND, "µs", used / told["sent"] * 1e6)
            add(bench, FULL, VALKEY, "µs", valkey / told["sent"] * 1e6)
            add(bench, FULL, COMMANDS, "per second", told["sent"] / seconds)
            add(bench, FULL, DELIVERIES, "per second", told["arrived"] / seconds)
            add(bench, FULL, SHARE, "%", used / seconds * 100)


async def one_valkey(bench: Bench, listeners: int, *, safe: bool) -> None:
    """As much as one Valkey carries."""
    folder = Path(tempfile.mkdtemp(prefix="as-bench-"))
    valkey = Valkey(folder, *(SAFE if safe else stacks.VALKEY_OPTIONS))
    case = listeners_case(listeners, safe=safe)
    try:
        await valkey.start()
        assert valkey.process is not None
        async with script_load.carry(valkey, listeners) as callers:
            await script_load.working(callers, bench.seconds(FILL))
            for _ in range(bench.rounds):
                before = cpu_seconds(valkey.process.pid)
                told = await script_load.working(callers, bench.seconds(SECONDS))
                used = cpu_seconds(valkey.process.pid) - before
                add(bench, case, COMMANDS, "per second", told.calls / told.seconds)
                add(bench, case, SHARE, "%", used / told.seconds * 100)
                add(bench, case, VALKEY, "µs", used / told.calls * 1e6)
    finally:
        valkey.stop()
        shutil.rmtree(folder, ignore_errors=True)
