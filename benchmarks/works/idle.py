"""What a device costs that is there and silent, and how fast many of them come."""

import asyncio

from benchmarks import stacks
from benchmarks.bench import Bench
from benchmarks.stacks import Stack

WORK = "idle"
MEMORY = "memory per connection"
SPEED = "connects per second"
CPU = "CPU per connect"
VALKEY = "Valkey's CPU per connect"
CONNECTIONS = 2000
QUICK_CONNECTIONS = 200
FIRST = 150
"""Connections before the measurement, for what a server makes once."""
DEVICES = 3
"""Of each account."""
CONNECTING_AT_ONCE_MAX = 50
"""Handshakes in progress at any time."""
SETTLE = 2.0
"""Seconds for a server to give back what only the handshakes needed."""


async def run(bench: Bench) -> None:
    """Each round with fresh processes: memory that was needed once is seldom given back."""
    peers = bench.chosen("alphasync", "node", "bun", "stock", "floor")
    for number in range(bench.rounds):
        for place in range(len(peers)):
            peer = peers[(number + place) % len(peers)]
            async with stacks.stack(peer, 2, bench.gateway) as one:
                await measure(bench, one)


async def measure(bench: Bench, one: Stack) -> None:
    accounts = (QUICK_CONNECTIONS if bench.quick else CONNECTIONS) // DEVICES
    await one.generator.connect(
        one.hosts, one.rooms(FIRST // DEVICES, DEVICES, "first"), CONNECTING_AT_ONCE_MAX
    )
    await asyncio.sleep(SETTLE)
    memory, cpu, valkey = one.resident(), one.cpu(), one.valkey_cpu()
    told = await one.generator.connect(
        one.hosts, one.rooms(accounts, DEVICES), CONNECTING_AT_ONCE_MAX
    )
    cpu, valkey = one.cpu() - cpu, one.valkey_cpu() - valkey
    await asyncio.sleep(SETTLE)
    memory = one.resident() - memory
    count, name, add = accounts * DEVICES, one.peer.name, bench.results.add
    case = f"{count:,} connections over a WebSocket"
    add(WORK, case, name, MEMORY, "KB", memory / count / 1000)
    add(WORK, case, name, SPEED, "per second", count / told["seconds"])
    add(WORK, case, name, CPU, "µs", cpu / count * 1e6)
    add(WORK, case, name, VALKEY, "µs", valkey / count * 1e6)
