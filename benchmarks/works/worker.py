"""What a recipient costs the server that runs, with a gateway that answers at once."""

import asyncio

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People, start_sandbox
from alphasync.gateway.sandbox.people import Account, Person, person
from benchmarks import stacks
from benchmarks.bench import Bench
from benchmarks.stacks import Stack
from tests.faults.harness import completed
from tests.harness import Device

WORK = "worker"
CASE = "3 devices, no pause between sends"
CPU = "CPU per recipient"
VALKEY = "Valkey's CPU per recipient"
SPEED = "recipients per second"
RECIPIENTS = 1000
QUICK_RECIPIENTS = 100
WITHIN = 120.0
"""Seconds for a run."""
DEVICES = 3
OPERATOR = "bench"


async def run(bench: Bench) -> None:
    """Each run has recipients of its own. The first is not counted."""
    count = QUICK_RECIPIENTS if bench.quick else RECIPIENTS
    profiles = [str(number) for number in range(bench.rounds + 1)]
    sandbox = await start_sandbox("127.0.0.1", 0, people=people(profiles, count))
    try:
        for peer in bench.chosen("alphasync"):
            async with stacks.stack(peer, 1, sandbox.url) as one:
                await measure(bench, one, profiles, count)
    finally:
        await sandbox.close()


def people(profiles: list[str], count: int) -> People:
    persons: dict[str, Person] = {
        profile: person(
            profile, profile, [Recipient(f"{profile}-{number}", None) for number in range(count)]
        )
        for profile in profiles
    }
    return People.of([Account("bench@example.com", "bench", OPERATOR, persons)])


async def measure(bench: Bench, one: Stack, profiles: list[str], count: int) -> None:
    url = f"http://{one.hosts[0]}"
    devices = [Device(url, one.token(OPERATOR)) for _ in range(DEVICES)]
    for device in devices:
        await device.connect()
    for number, profile in enumerate(profiles):
        before, begun = one.cpu(), asyncio.get_running_loop().time()
        valkey = one.valkey_cpu()
        await devices[0].start(profile)
        await completed(devices[0], number + 1, WITHIN)
        used, took = one.cpu() - before, asyncio.get_running_loop().time() - begun
        valkey = one.valkey_cpu() - valkey
        assert devices[0].last("processingComplete")["stats"]["sent"] == count
        if number:
            bench.results.add(WORK, CASE, one.peer.name, CPU, "µs", used / count * 1e6)
            bench.results.add(WORK, CASE, one.peer.name, VALKEY, "µs", valkey / count * 1e6)
            bench.results.add(WORK, CASE, one.peer.name, SPEED, "per second", count / took)
    for device in devices:
        await device.close()
