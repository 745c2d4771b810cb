"""Planned runs, and servers that are not there when their time comes."""

import time

import pytest

from tests.faults.harness import Site, completed, nobody_twice_nobody_lost, site
from tests.harness import wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RECIPIENTS = 20


def now() -> int:
    """ms since the Unix epoch."""
    return round(time.time() * 1000)


async def planned(running: Site, ahead: int) -> int:
    """Plan a run of ``p`` so many ms ahead, and leave; gives its time."""
    device = await running.device(0)
    start_at = now() + ahead
    about = {"profileId": "p", "type": "chat", "message": "Hello"}
    assert (await device.call("planRun", {**about, "startAt": start_at}))["ok"]
    await device.close()
    return start_at


async def test_it_starts_late_and_once_where_all_servers_were_down() -> None:
    async with site(people=people(p=RECIPIENTS), send_interval=0.2) as running:
        watching = await running.returning()  # it is back before the run is over
        start_at = await planned(running, 1500)
        for server in running.servers:
            server.kill()
        await wait_until(lambda: now() > start_at + 500, what="late")
        assert not await running.deliveries("p")
        for server in running.servers:
            await server.start()
        await completed(watching)
        assert await running.redis.zcard("as:{replicas}:plans") == 0
        run = await running.redis.hgetall("as:{o:demo}:run:chat:p")
        assert int(run["started_at"]) >= start_at + 500
        await nobody_twice_nobody_lost(running, watching, "p", RECIPIENTS)
        assert len(watching.named("processingComplete")) == 1


async def test_the_server_that_starts_it_dies_with_it() -> None:
    async with site(people=people(p=RECIPIENTS), send_interval=0.2) as running:
        await planned(running, 1500)
        watching = await running.returning()
        await running.delivered(2, "p")
        (await running.runner("p")).kill()
        await watching.wait_for("processingTakenOver")
        await watching.wait_for("processingComplete")
        assert len(watching.named("processingStarted")) == len(watching.named("planEnded")) == 1
        await nobody_twice_nobody_lost(running, watching, "p", RECIPIENTS, uncertain=1)
