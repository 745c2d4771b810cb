"""Clients that connect and never say who they are."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conformance.wire import Endpoint, opened
from tests.faults import patient
from tests.faults.crowd import limited
from tests.faults.harness import site
from tests.faults.soak import measure
from tests.harness import wait_until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc"),
]

SOCKETS = 2_000
SETTINGS: dict[str, Any] = {"connections_per_address": SOCKETS, "ping_interval": "5s"}
"""A poll is answered with a ping at half time, before its client loses patience."""
CLOSED_WITHIN = 30.0
"""Seconds: ten, and some more for a busy machine."""
AT_A_TIME = 100
"""Connections that are opened at once."""
MEMORY_SLACK = 4_000_000
"""Bytes by which a server's memory moves by itself; 2,000 sessions take ten times as many."""
FILES_SLACK = 5
ROUNDS_MAX = 4

log = logging.getLogger(__name__)


async def idle_websocket(endpoint: Endpoint, opening: asyncio.Semaphore) -> None:
    """Open a WebSocket and wait until the server closes it."""
    async with opening:
        ws = await endpoint.websocket()
        await opened(ws)
    async with asyncio.timeout(CLOSED_WITHIN):
        async for message in ws:
            assert message.data == "2", "a ping may come, and nothing else"
    assert ws.close_code == 1002


async def idle_polling(endpoint: Endpoint, opening: asyncio.Semaphore) -> None:
    """Open a polling session and poll until the server ends it."""
    async with opening:
        sid = await endpoint.sid()
    async with asyncio.timeout(CLOSED_WITHIN):
        while (answer := await endpoint.poll(sid)).text == "2":
            pass
    # Between two polls there is nobody to tell that the session ends.
    assert (answer.status, answer.text) == (200, "1") or answer.status == 400
    await endpoint.gone(sid)


@contextlib.asynccontextmanager
async def crowd_at(url: str) -> AsyncIterator[Endpoint]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        yield Endpoint(f"{url}/socket.io/", http)


async def come_and_say_nothing(url: str) -> None:
    """Open all sockets, half of them of each kind, and wait until the server has closed them."""
    opening = asyncio.Semaphore(AT_A_TIME)
    async with crowd_at(url) as endpoint, asyncio.TaskGroup() as tasks:
        for _ in range(SOCKETS // 2):
            tasks.create_task(idle_websocket(endpoint, opening))
            tasks.create_task(idle_polling(endpoint, opening))


async def test_who_does_not_say_who_they_are_is_closed() -> None:
    async with site(1, valkey=(), program=patient.PROGRAM, **SETTINGS) as running:
        server = running.servers[0]

        async def files_closed() -> int:
            """Bytes in use once no more files are open than before."""
            await wait_until(lambda: measure(server.pid)[1] <= files, what="files closed")
            return measure(server.pid)[0]

        files = measure(server.pid)[1] + FILES_SLACK
        # What it has taken it may keep, and how many are there at once is the machine's: but what
        # is left behind by each of them would be more with every round.
        used: list[int] = []
        while len(used) < 2 or used[-1] > max(used[:-1]) + MEMORY_SLACK:
            assert len(used) < ROUNDS_MAX, used
            await come_and_say_nothing(server.url)
            used.append(await files_closed())
        log.info("after each round %s MB", [round(size / 1e6, 1) for size in used])
        rounds = len(used)
        for limit, count in (("unauthenticated", rounds * SOCKETS), ("connections_per_address", 0)):
            assert await limited(running.http, server.url, limit) == count
        assert await (await running.device()).call("heartbeat") == {"ok": True}
