"""Whatever bytes come, from whom ever: they are refused or read, and nobody else notices.

The cases are the same ones each time. ``--malformed 100000`` (``make malformed``) brings many.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox.people import (
    DEMO_EMAIL,
    DEMO_OPERATOR,
    DEMO_PASSWORD,
    Account,
    People,
    person,
)
from tests.faults.beside import Beside, beside
from tests.faults.bystanders import bystanders
from tests.faults.crowd import percentile
from tests.faults.harness import ServerProcess, Site, site
from tests.faults.malformed import watched
from tests.faults.malformed.layers import LAYERS, address_of
from tests.faults.malformed.odd_gateway import STEADY, OddGateway
from tests.faults.malformed.reached import nowhere
from tests.faults.soak import measure
from tests.harness import Device, Event, wait_until
from tests.streams import stream_server

ROUND_MAX = 20_000
"""Cases after which is looked at what the servers hold; there are two rounds at least."""
GROWTH_MAX = 12_000_000
"""Bytes of a server's memory from the end of the first round to that of the last one."""
BLOCKS_MAX = 30_000
"""Objects by which they grow in that time: logins are remembered, some for half a minute and some
until there are 4,096 others. Of one that each of 100,000 cases leaves behind, however small it is,
there are 80,000."""
FILES_SLACK = 6
"""Files: connections to the gateway and between the test and the server that are kept for a while.
"""
SETTLED_WITHIN = 90.0
"""Seconds for what has come to be over, a device's grace for one."""
FEW, NICENESS = 2_000, 10
"""How many cases are brought by one who lets everybody else go first. Of fewer nobody looks at the
times, and on a busy machine their turn would never come."""
QUIET_MAX = 90.0
"""Seconds without a word of a run that goes on: many times what a send takes on a busy machine."""
LAYER_WITHIN = 3_000.0
SETTINGS: dict[str, Any] = {
    "device_grace": "2s",
    "page_grace": "1s",
    "gateway_timeout": "5s",
    "preview_timeout": "1s",
    "send_interval": 0.05,
    # Nothing is kept away from what it is to get to: how much anybody may send is looked at
    # elsewhere.
    "event_rate": 1e5,
    "event_rate_per_account": 1e5,
    "event_rate_per_address": 1e5,
    "join_rate": 1e4,
    "join_rate_per_address": 1e4,
    "request_rate_per_address": 1e5,
    "byte_rate": 1e9,
    "control_rate": 1e5,
    "previews_max": 100,
    "runs_per_account": 10_000,
    "login_tries": 10**6,
    "login_tries_per_account": 10**6,
    "login_tries_per_address": 10**6,
    "login_tries_overall": 10**6,
}
SIGN = "error"
"""Of the lines of a log that are of interest when something has failed."""
LASTS = 200
"""Recipients of the run that goes on meanwhile."""

log = logging.getLogger(__name__)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(0),  # as many cases as one wants; each layer keeps the time by itself
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc"),
]


class Bringing:
    """The process that makes cases and brings them."""

    def __init__(self, process: Beside) -> None:
        self._process = process

    async def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self._process.line())
        return found

    async def bring(self, layer: str, count: int, number: int) -> dict[str, Any]:
        """So many cases of a layer, in the round of this number."""
        seed = (number * len(LAYERS) + list(LAYERS).index(layer)) * 1_000
        self._process.tell(f"{layer} {count} {seed} {number}")
        async with asyncio.timeout(LAYER_WITHIN):
            return await self.told()


@contextlib.asynccontextmanager
async def bringing(*urls: str, niceness: int) -> AsyncIterator[Bringing]:
    async with beside("tests.faults.malformed", *urls, str(niceness)) as process:
        running = Bringing(process)
        await running.told()
        yield running


async def held_by(server: ServerProcess) -> watched.Holds:
    before = server.log.count(watched.MARK)
    os.kill(server.pid, signal.SIGUSR1)

    def line() -> str:
        """Whole, with its end; '' before that."""
        log = server.log
        told, end, _ = log.rpartition(watched.MARK)[2].partition("\n")
        return told if end and log.count(watched.MARK) > before else ""

    await wait_until(line, what="it tells what it holds")
    told: watched.Holds = json.loads(line())
    return told


def kinds_of(tasks: list[str]) -> Counter[str]:
    """By the first word of their names."""
    return Counter(name.partition("-")[0].partition(" ")[0] for name in tasks)


class Look:
    """At what a server holds: files, tasks, objects, memory."""

    def __init__(self, server: ServerProcess, tasks: Counter[str], files: int) -> None:
        self._server = server
        self._tasks = tasks
        self._files = files
        self.blocks: list[int] = []
        self.memory: list[int] = []

    @classmethod
    async def at(cls, server: ServerProcess) -> "Look":
        return cls(server, kinds_of((await held_by(server))["tasks"]), measure(server.pid)[1])

    async def settled(self) -> None:
        """Return when it holds no more than at first; notes its objects and its memory."""
        more: Counter[str] = Counter()
        blocks = 0

        async def no_more() -> bool:
            nonlocal more, blocks
            holds = await held_by(self._server)
            more, blocks = kinds_of(holds["tasks"]) - self._tasks, holds["blocks"]
            await asyncio.sleep(0.5)
            return not more and measure(self._server.pid)[1] <= self._files + FILES_SLACK

        try:
            await wait_until(no_more, within=SETTLED_WITHIN)
        except AssertionError:
            files = measure(self._server.pid)[1]
            pytest.fail(f"left: tasks {dict(more)}, {files} files, {self._files} at first")
        self.blocks.append(blocks)
        self.memory.append(measure(self._server.pid)[0])


def cast() -> People:
    """The profiles that cases name, for the demo account and for who brings the calls."""
    sizes = {STEADY: LASTS, "1001": 2, "1002": 2, "1003": 2}
    profiles = {
        name: person(name, name, [Recipient(f"{name}-{n}", None) for n in range(size)])
        for name, size in sizes.items()
    }
    number = range(LAYERS["calls"].hands)
    bringing = [Account(address_of(n), "demo", f"odd-{n}", {}) for n in number]
    return People.of([Account(DEMO_EMAIL, DEMO_PASSWORD, DEMO_OPERATOR, profiles), *bringing])


async def start(device: Device, **more: Any) -> None:
    started = await device.start(STEADY, detached=True, **more)
    assert started["ok"], started


async def ended(device: Device) -> None:
    """Return when its run is through, at whatever pace; fail when it ends in another way, or when
    nothing more is heard of it."""

    def heard() -> list[Event]:
        return [event for event in device.events if event[0].startswith("processing")]

    while not device.named("processingComplete"):
        count = len(heard())
        try:
            await wait_until(lambda: len(heard()) > count, QUIET_MAX, "the run goes on")  # noqa: B023
        except AssertionError as error:
            error.add_note(f"It has told last: {heard()[-2:]}")
            raise
        last = heard()[-1]
        assert last[0] not in ("processingInterrupted", "processingStopped"), last


async def brought_beside(
    running: Site, bring: Bringing, name: str, count: int, number: int
) -> dict[str, Any]:
    """Bring the cases of a layer while others pass by, at the same server."""
    async with bystanders(running, name == "gateway") as others:
        cases = asyncio.create_task(bring.bring(name, count, number), name="bringing")
        try:
            while not cases.done():
                await others.pass_by(name, 1.0)
            report = await cases
        finally:
            cases.cancel()
    figures = [f"{percentile(others.times, share) * 1e3:.1f} ms" for share in (0.5, 0.99)]
    said = f"{report['cases']} cases in {report['seconds']} s, others median and p99 {figures}"
    log.info("%s: %s; %s", name, said, report["outcomes"])
    return report


async def bring_all(
    running: Site, bring: Bringing, count: int, number: int
) -> dict[tuple[str, str], Counter[str]]:
    """All layers once, in the round of this number; what became of the cases of each layer and
    kind."""
    parts = sum(layer.share for layer in LAYERS.values())
    found: dict[tuple[str, str], Counter[str]] = {}
    wrong: list[str] = []
    for name, layer in LAYERS.items():
        share = max(len(layer.kinds), count * layer.share // parts)
        report = await brought_beside(running, bring, name, share, number)
        wrong += [f"{name}, {fault}" for fault in report["faults"]]
        for kind, outcomes in report["outcomes"].items():
            found[name, kind] = Counter(outcomes)
    wrong += [line for log in running.complaints() for line in log.splitlines() if SIGN in line]
    assert not wrong, "\n".join(wrong)
    return found


async def test_nobody_notices(request: pytest.FixtureRequest) -> None:
    count = int(request.config.getoption("--malformed"))
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(stream_server(OddGateway().talk))
        gateway = f"http://127.0.0.1:{port}"
        running = await stack.enter_async_context(
            site(1, valkey=(), people=cast(), program=watched.PROGRAM, **SETTINGS)
        )
        before_odd = await running.add_server(gateway_url=gateway)
        servers = (running.servers[0], before_odd)
        urls = servers[0].url, servers[1].url, gateway
        niceness = NICENESS if count > FEW else 0
        bring = await stack.enter_async_context(bringing(*urls, niceness=niceness))
        devices = [await running.device(n, running.token(f"runner {n}")) for n in (0, 1)]
        pace = max(0.05, count / 100_000)
        for device in devices:
            await start(device, messageInterval=pace)
        looks = [await Look.at(server) for server in servers]
        seen: dict[tuple[str, str], Counter[str]] = {}
        rounds = max(2, -(-count // ROUND_MAX))
        for number in range(rounds):
            found = await bring_all(running, bring, count // rounds, number)
            for place, outcomes in found.items():
                seen.setdefault(place, Counter()).update(outcomes)
            for look in looks:
                await look.settled()
        for device in devices:
            await ended(device)
            assert device.parted == ""
        for look in looks:
            memory = [f"{size / 1e6:.1f} MB" for size in look.memory]
            log.info("memory: %s, objects in blocks: %s", memory, look.blocks)
            assert look.memory[-1] - look.memory[0] < GROWTH_MAX
            assert look.blocks[-1] - look.blocks[0] < BLOCKS_MAX
        assert not (kinds := nowhere(seen)), "\n".join(kinds)
