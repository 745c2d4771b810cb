"""What it costs when requests land on another server than the one that has their session."""

import asyncio
from dataclasses import dataclass

from benchmarks import stacks
from benchmarks.bench import Bench
from benchmarks.results import percentile
from benchmarks.stacks import Stack

WORK = "forwarding"
P50, P99 = "p50 of the delay", "p99 of the delay"
PER_EVENT = "CPU per event, both servers"
PER_CONNECT = "CPU per connect, both servers"
VALKEY = "Valkey's CPU per connect"
ROOMS, MEMBERS = 20, 2
RATE = 100.0
"""Events per second: each has one sender and one receiver."""
SECONDS = 2.5
WARM_UP = 0.5
SETTLE = 0.5
"""Seconds for what a connect leaves to be done, and a session that moves, to come to its end."""
DIRECT, ELSEWHERE = "direct", "elsewhere"


@dataclass(frozen=True)
class Way:
    transport: str
    """As the load generator calls it."""
    case: str


WAYS = (Way("polling", "long polling"), Way("upgrade", "polling, then WebSocket"))


async def run(bench: Bench) -> None:
    """All sessions begin at the first server. Their requests then go there or to the second."""
    for peer in bench.chosen("alphasync"):
        async with stacks.stack(peer, 2, bench.gateway) as one:
            await measure(None, one, WAYS[0], DIRECT, bench.seconds(SECONDS))
            for number in range(bench.rounds):
                places = (DIRECT, ELSEWHERE) if number % 2 == 0 else (ELSEWHERE, DIRECT)
                for way in WAYS:
                    for place in places:
                        await measure(bench, one, way, place, bench.seconds(SECONDS))


async def measure(bench: Bench | None, one: Stack, way: Way, place: str, seconds: float) -> None:
    """Without a bench: to warm up."""
    owner, other = one.hosts
    through = owner if place == DIRECT else other
    rooms = one.rooms(ROOMS, MEMBERS, f"{way.transport}-{place}")
    before, valkey = one.cpu(), one.valkey_cpu()
    await one.generator.connect([owner], rooms, transport=way.transport, through=through)
    await asyncio.sleep(SETTLE)
    connecting, valkey = one.cpu() - before, one.valkey_cpu() - valkey
    await one.generator.load(RATE, WARM_UP)
    before = one.cpu()
    told = await one.generator.load(RATE, seconds, timed=True)
    used = one.cpu() - before
    await one.generator.disconnect()
    await asyncio.sleep(SETTLE)
    if bench is None:
        return
    add, devices = bench.results.add, ROOMS * MEMBERS
    add(WORK, way.case, place, P50, "ms", percentile(told["delays"], 0.5) * 1000)
    add(WORK, way.case, place, P99, "ms", percentile(told["delays"], 0.99) * 1000)
    add(WORK, way.case, place, PER_EVENT, "µs", used / told["arrived"] * 1e6)
    add(WORK, way.case, place, PER_CONNECT, "µs", connecting / devices * 1e6)
    add(WORK, way.case, place, VALKEY, "µs", valkey / devices * 1e6)
