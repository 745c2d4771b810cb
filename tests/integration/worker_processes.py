"""Several worker processes on one port, and what their log says of them."""

import contextlib
import json
import os
from collections.abc import AsyncIterator
from typing import Any

from tests.faults.harness import GONE_WITHIN, Site, site
from tests.harness import wait_until
from tests.integration.command_line.programs import UP

START_WITHIN = 60.0
"""Seconds for new interpreters to serve on a busy machine."""
KILLED_WITHIN, BACK_WITHIN = 30.0, 30.0
"""Seconds for a worker that hangs to be killed, and for its devices once another one serves."""
ALL_CONNECTED = 15.0
"""Seconds for devices to be back."""


def entries(log: str, event: str) -> list[dict[str, Any]]:
    """The lines of a log about this event, in order."""
    lines = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return [line for line in lines if line["event"] == event]


def workers(log: str) -> dict[int, dict[str, Any]]:
    """By number, what each worker said of itself when it began to serve; the newest of each."""
    return {line["worker"]: line for line in entries(log, "serving")}


def pids(log: str) -> set[int]:
    return {line["pid"] for line in workers(log).values()}


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def metric(running: Site, name: str) -> float:
    """The value that a scrape gives, whichever worker answers it."""
    async with running.http.get(f"{running.urls[0]}/metrics") as response:
        assert response.status == 200
        lines = (await response.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@contextlib.asynccontextmanager
async def several(count: int, **settings: Any) -> AsyncIterator[Site]:
    """A site of one server with so many workers, all of which serve."""
    async with site(1, workers=count, **settings) as running:
        server = running.servers[0]
        await wait_until(lambda: UP in server.log, START_WITHIN, "all workers serve")
        assert len(pids(server.log)) == count
        yield running
        await running.leave()
        server.terminate()
        assert await server.gone(GONE_WITHIN) == 0
        assert not any(lives(pid) for pid in pids(server.log))
