"""What an event costs under each Python that this machine has: the same code, in turns."""

import asyncio
import dataclasses
from collections.abc import Iterator

from benchmarks import pythons, stacks
from benchmarks.bench import Bench
from benchmarks.stacks import PEERS, Peer, Stack
from benchmarks.works import fanout

WORK = "pythons"
SIZES = (fanout.SIZES[0], fanout.SIZES[2])
NAME = "Python "
"""Of a peer, before the version."""


async def run(bench: Bench) -> None:
    async with stacks.stacks(list(_peers()), bench.gateway) as running:
        for size in SIZES:
            for one in running:
                rooms = one.rooms(size.rooms, size.members, f"pythons{size.members}")
                await one.generator.connect(one.hosts, rooms)
                await one.generator.load(size.rate, bench.seconds(fanout.WARM_UP))
            for _, one in bench.turns(running):
                await asyncio.sleep(fanout.SETTLE)
                await _measure(bench, one, size)
            for one in running:
                await one.generator.disconnect()


def _peers() -> Iterator[Peer]:
    ours = PEERS["alphasync"]
    for version in pythons.VERSIONS:
        try:
            python = pythons.installed(version)
        except pythons.NoPython as error:
            print(f"Without Python {version}: {error}")
            continue
        name, command = f"{NAME}{pythons.full_version(python)}", (str(python), *ours.command[1:])
        yield dataclasses.replace(ours, name=name, label=name, command=command)


async def _measure(bench: Bench, one: Stack, size: fanout.Size) -> None:
    before = one.cpu()
    told = await one.generator.load(size.rate, bench.seconds(fanout.SECONDS), burst=fanout.BURST)
    value = (one.cpu() - before) / told["arrived"] * 1e6
    name, case = one.peer.name, fanout.case(size, fanout.BURST)
    bench.results.add(WORK, case, name, fanout.PER_DELIVERY, "µs", value)
