"""What an event costs a server while other servers carry other accounts' events."""

import asyncio

from benchmarks import stacks
from benchmarks.bench import Bench
from benchmarks.orders import Generator, generator
from benchmarks.processes import cpu_seconds
from benchmarks.stacks import Stack

WORK = "servers"
PER_DELIVERY = "CPU per delivered event on one server"
OTHERS = (1, 2, 4, 8)
ROOMS, MEMBERS = 20, 3
"""On each server: no account has devices on two of them."""
RATE = 80.0
"""Commands per second on each server."""
SECONDS = 4.0
LEAD = 0.3
"""Seconds for which the others are under load before and after."""


def case(others: int) -> str:
    return f"{others} other server{'s' if others > 1 else ''}"


async def run(bench: Bench) -> None:
    for peer in bench.chosen("alphasync", "node", "bun", "stock"):
        async with (
            stacks.stack(peer, 1 + max(OTHERS), bench.gateway) as one,
            generator(f"{peer.name}, elsewhere") as elsewhere,
        ):
            await one.generator.connect(one.hosts[:1], one.rooms(ROOMS, MEMBERS))
            for number, host in enumerate(one.hosts[1:]):
                await elsewhere.connect([host], one.rooms(ROOMS, MEMBERS, f"other{number}"))
            await one.generator.load(RATE, bench.seconds(SECONDS))
            await elsewhere.load(RATE, bench.seconds(SECONDS))
            for _ in range(bench.rounds):
                for others in OTHERS:
                    await measure(bench, one, elsewhere, others)


async def measure(bench: Bench, one: Stack, elsewhere: Generator, others: int) -> None:
    seconds = bench.seconds(SECONDS)
    pid = one.servers[0].pid
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(elsewhere.load(RATE * others, seconds + 2 * LEAD, rooms=ROOMS * others))
        await asyncio.sleep(LEAD)
        before = cpu_seconds(pid)
        told = await one.generator.load(RATE, seconds)
        used = cpu_seconds(pid) - before
    value = used / told["arrived"] * 1e6
    bench.results.add(WORK, case(others), one.peer.name, PER_DELIVERY, "µs", value)
