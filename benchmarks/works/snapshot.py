"""How long a device that connects waits until it has all drafts of its account."""

import statistics

from benchmarks.bench import Bench

WORK = "snapshot"
CASE = "200 profiles"
DELAY = "from the connection to the last draft"
CPU = "CPU per connect"
DRAFTS = 200
DEVICES = 20
"""That connect in a round, one after the other."""


async def run(bench: Bench) -> None:
    async with bench.stacks("alphasync", "node", "bun", "stock") as running:
        for one in running:
            typists = one.rooms(1, 2, "snapshot")
            await one.generator.connect(one.hosts, typists)
            await one.generator.load(DRAFTS, 1.0, profiles=DRAFTS)
            await one.generator.disconnect()
            # The first of each kind is not like the others.
            await one.generator.connect(one.hosts, typists, at_once=1, drafts=DRAFTS)
            await one.generator.disconnect()
        for _, one in bench.turns(running):
            devices = one.rooms(1, DEVICES, "snapshot")
            before = one.cpu()
            told = await one.generator.connect(one.hosts, devices, at_once=1, drafts=DRAFTS)
            used = one.cpu() - before
            await one.generator.disconnect()
            delay = statistics.median(told["delays"])
            bench.results.add(WORK, CASE, one.peer.name, DELAY, "ms", delay * 1000)
            bench.results.add(WORK, CASE, one.peer.name, CPU, "µs", used / DEVICES * 1e6)
