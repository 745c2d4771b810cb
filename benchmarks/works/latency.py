"""From emit to arrival, at a pace that nobody is busy with: measured by the load generator."""

import asyncio

from benchmarks.bench import Bench
from benchmarks.results import percentile

WORK = "latency"
P50, P99 = "p50", "p99"
CASE = "50 updates/s in rooms of 10"
ROOMS, MEMBERS, RATE = 10, 10, 50.0
SECONDS = 10.0
WARM_UP = 3.0


async def run(bench: Bench) -> None:
    async with bench.stacks("alphasync", "node", "bun", "stock", "floor") as running:
        for one in running:
            await one.generator.connect(one.hosts, one.rooms(ROOMS, MEMBERS))
            await one.generator.load(RATE * 4, bench.seconds(WARM_UP))
        for _, one in bench.turns(running):
            await asyncio.sleep(0.3)
            told = await one.generator.load(RATE, bench.seconds(SECONDS), timed=True)
            for name, share in ((P50, 0.5), (P99, 0.99)):
                delay = percentile(told["delays"], share) * 1000
                bench.results.add(WORK, CASE, one.peer.name, name, "ms", delay)
