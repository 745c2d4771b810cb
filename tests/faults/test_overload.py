"""A server that is asked for more than it can: it does less for each text, and blames nobody.

``--overload 60`` (``make overload``) measures for so many seconds at each load; otherwise it is a
look.
"""

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.faults.beside import Beside, beside
from tests.faults.crowd import limited
from tests.faults.harness import Site, completed, nobody_twice_nobody_lost, site
from tests.faults.overloading import SEE
from tests.faults.soak import measure
from tests.harness import wait_until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(0),  # as long as one wants; the load keeps the time by itself
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc"),
]

ACCOUNTS = 20
FIRST, STEP = 500.0, 1.4
"""Texts a second with which the search for what a server carries begins, and by how much it goes
up."""
MOST = 50_000.0
"""Texts a second beyond which nobody looks further."""
SEARCH = 1.0
"""Seconds at each step."""
TIMES = (2, 4)
"""What it carries, so many times over."""
RECIPIENTS = 60
GROWTH_MAX = 150_000_000
"""Bytes."""
SETTINGS: dict[str, Any] = {
    "valkey": (),
    "typed_wait": "100ms",
    "send_interval": 0.1,
    # The pace of those who type is no subject here.
    "event_rate": 1e5,
    "event_burst": 10**6,
    "event_rate_per_account": 1e5,
    "event_burst_per_account": 10**6,
    "event_rate_per_address": 1e6,
    "event_burst_per_address": 10**7,
    "byte_rate": 1e9,
}

log = logging.getLogger(__name__)


class Load:
    """What overloading.py puts on the server."""

    def __init__(self, process: Beside) -> None:
        self._process = process

    async def put_on(self, rate: float, seconds: float) -> dict[str, Any]:
        self._process.tell(f"{rate} {seconds}")
        found: dict[str, Any] = json.loads(await self._process.line())
        log.info("%.0f a second: %s", rate, found)
        return found


@contextlib.asynccontextmanager
async def load_of(running: Site) -> AsyncIterator[Load]:
    async with beside("tests.faults.overloading", running.urls[0]) as process:
        process.tell(json.dumps([running.token(f"heavy {number}") for number in range(ACCOUNTS)]))
        assert await process.line() == "open"
        yield Load(process)
        await process.end()


async def carried(load: Load) -> float:
    """Texts a second that the server carries: the last step at which each of them arrives."""
    rate = FIRST
    while True:
        found = await load.put_on(rate, SEARCH)
        if found["seen"] < found["sent"] * SEE or rate > MOST:
            return rate / STEP
        rate *= STEP


@contextlib.asynccontextmanager
async def readiness(running: Site) -> AsyncIterator[Counter[str]]:
    """What a load balancer hears that asks twice a second, where it is not that the server is
    ready."""
    heard: Counter[str] = Counter()

    async def ask() -> None:
        while True:
            async with running.http.get(f"{running.urls[0]}/readyz") as answer:
                if answer.status != 200:
                    heard[(await answer.json())["message"]] += 1
            await asyncio.sleep(0.5)

    asking = asyncio.create_task(ask())
    try:
        yield heard
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


def people() -> People:
    recipients = [Recipient(f"1001-{place}", None) for place in range(RECIPIENTS)]
    return People.of(
        [Account("demo@example.com", "demo", "demo", {"1001": person("1001", "1001", recipients)})]
    )


async def test_nothing_is_blamed_on_the_storage(request: pytest.FixtureRequest) -> None:
    seconds = float(request.config.getoption("--overload"))
    async with site(1, people=people(), **SETTINGS) as running, load_of(running) as load:
        runs = await running.device()
        capacity = await carried(load)
        memory = measure(running.servers[0].pid)[0]
        assert (await runs.start(detached=True))["ok"]
        for times in TIMES:
            async with readiness(running) as unready:
                found = await load.put_on(capacity * times, seconds)
            log.info("not ready: %s", unready)
            assert set(unready) <= {"overloaded"}
            assert set(found["codes"]) <= {"overloaded"}
            assert found["unanswered"] == found["lost"] == 0
            assert not found["wrong"]
            grown = measure(running.servers[0].pid)[0] - memory
            log.info("memory: %.1f MB more", grown / 1e6)
            assert grown < GROWTH_MAX

        await completed(runs, within=300)
        await nobody_twice_nobody_lost(running, runs, "1001", RECIPIENTS)
        assert "lease lost" not in running.servers[0].log
        await wait_until(running.servers[0].ready, what="it is ready")
        assert await limited(running.http, running.urls[0], "event_rate_per_account") == 0
