"""CPU of the servers per delivered event: the same paced commands to rooms of four sizes."""

import asyncio
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.stacks import Stack

WORK = "fanout"
PER_DELIVERY = "CPU per delivered event"
VALKEY = "Valkey's CPU per command"
SETTLE = 0.3
"""Seconds between two rounds, for what still goes on in a server to end."""
WARM_UP = 3.0
"""Seconds of load before the first round: Node compiles what it sees often."""


@dataclass(frozen=True)
class Size:
    members: int
    rooms: int
    rate: float
    """Commands per second, which keep the slowest peer busy for two thirds of a CPU, of two."""


SIZES = (Size(3, 150, 1000), Size(10, 30, 500), Size(100, 2, 150), Size(500, 1, 30))
SECONDS = 4.0
BURST = 20
"""Commands that come at once, in the second variant: members of a room type at the same time."""


def case(size: Size, burst: int) -> str:
    return f"rooms of {size.members}, {'paced' if burst == 1 else 'bursts'}"


async def run(bench: Bench) -> None:
    async with bench.stacks("alphasync", "node", "bun", "stock", "floor") as running:
        for size in SIZES:
            for one in running:
                rooms = one.rooms(size.rooms, size.members, f"fanout{size.members}")
                await one.generator.connect(one.hosts, rooms)
                await one.generator.load(size.rate, bench.seconds(WARM_UP))
            for burst in (1, BURST):
                for _, one in bench.turns(running):
                    await asyncio.sleep(SETTLE)
                    await measure(bench, one, size, burst)
            for one in running:
                await one.generator.disconnect()


async def measure(bench: Bench, one: Stack, size: Size, burst: int) -> None:
    before, valkey_before = one.cpu(), one.valkey_cpu()
    told = await one.generator.load(size.rate, bench.seconds(SECONDS), burst=burst)
    used, valkey_used = one.cpu() - before, one.valkey_cpu() - valkey_before
    name, add = case(size, burst), bench.results.add
    add(WORK, name, one.peer.name, PER_DELIVERY, "µs", used / told["arrived"] * 1e6)
    add(WORK, name, one.peer.name, VALKEY, "µs", valkey_used / told["sent"] * 1e6)
