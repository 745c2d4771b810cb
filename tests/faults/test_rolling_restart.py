"""A deploy: three servers restarted one after the other in the middle of everything."""

import asyncio

import pytest

from tests.faults.harness import (
    GONE_WITHIN,
    ServerProcess,
    completed,
    nobody_twice_nobody_lost,
    site,
)
from tests.faults.returning import unbroken
from tests.harness import PATIENCE
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

CROWD = 24
"""Devices that only watch."""
CUT_PAUSE = 0.02
"""Seconds between two clients that are cut, at least: so few are cut 50 ms apart."""


async def went_red(server: ServerProcess) -> float:
    """When it was asked, the first time that it answered that it is not ready;
    fails when it went without a word."""
    while True:
        asked_at = asyncio.get_running_loop().time()
        if await _readiness(server) == 503:
            return asked_at
        assert server.running, "readiness was never red"
        await asyncio.sleep(0.005)


async def _readiness(server: ServerProcess) -> int:
    """Status of ``/readyz``, 0 for no answer, which is an answer too."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        line = await reader.readline()
        writer.close()
        return int(line.split()[1]) if line else 0
    except OSError:
        return 0


async def test_nothing_is_lost_and_nobody_is_messaged_twice() -> None:
    async with site(3, people=people(p=120, q=120), send_interval=0.15) as running:
        a = await running.returning(*running.urls)
        b = await running.returning(*running.urls[1:], running.urls[0], remembers=False)
        ids = (a.id, b.id)
        crowd = [
            await running.returning(*running.urls[place % 3 :], *running.urls[: place % 3])
            for place in range(CROWD)
        ]
        assert (await a.start("p"))["ok"]
        assert (await b.start("q"))["ok"]
        await crowd[0].wait_for("processingProgress", 10)
        for server in running.servers:
            clients = [device for device in crowd if device.url == server.url]
            lost_before = [len(device.lost) for device in clients]
            server.terminate()
            red_at = await went_red(server)
            assert await server.gone(GONE_WITHIN) == 0
            assert [len(device.lost) for device in clients] == [n + 1 for n in lost_before]
            cut_at = sorted(device.lost[-1] for device in clients)
            assert red_at < cut_at[0]
            assert cut_at[-1] - cut_at[0] >= CUT_PAUSE * (len(clients) - 1), "all at once"
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(device.connected.wait() for device in (a, b, *crowd)))
            await server.start()
        for device in (a, b, *crowd):
            await completed(device, 2)
            assert not device.named("processingInterrupted")
        for device in (a, *crowd):
            assert unbroken(device.events) == 1, "recovered each time, without a snapshot"
        unbroken(b.events)
        assert (a.id, b.id) == ids
        assert sum(len(device.lost) for device in crowd) >= CROWD
        await nobody_twice_nobody_lost(running, a, "p", 120)
        await nobody_twice_nobody_lost(running, a, "q", 120)


async def test_a_server_that_shuts_down_takes_no_new_runs() -> None:
    async with site(1, people=people(p=5), send_interval=0) as running:
        # Held open by a slow answer: the runs come to a boundary first, the sockets after that.
        await running.switch(latency=2)
        a, b = await running.device(0), await running.device(0)
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress")
        running.servers[0].terminate()
        await went_red(running.servers[0])
        refused = await b.start("q")
        assert (refused["code"], refused["retryable"]) == ("shutting_down", True)
        assert await running.servers[0].gone(GONE_WITHIN) == 0
        assert set((await running.reached("p")).values()) == {1}
