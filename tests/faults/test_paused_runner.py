"""A runner that is paused for longer than its lease, and goes on as if nothing had happened."""

import asyncio

import pytest

from alphasync.gateway.sandbox import Faults
from alphasync.gateway.sandbox.faults import RateLimit
from tests.faults.harness import Site, completed, nobody_twice_nobody_lost, site
from tests.faults.returning import unbroken
from tests.harness import PATIENCE, wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RECIPIENTS = 25
INTERVAL = 0.3


ON_ITS_WAY = 0.1
"""Seconds from a claim until its message is with the gateway, which takes ``LATENCY`` for it.
Before that a runner knows that it sent nothing: the recipient is neither messaged nor uncertain."""
LATENCY = 0.4


async def in_flight(running: Site) -> None:
    """Return when the gateway has somebody's message and has not delivered it yet."""
    before = None
    async with asyncio.timeout(PATIENCE):
        while True:
            claimed = await running.redis.hget("as:{o:demo}:run:chat:p", "inflight")
            if claimed and claimed not in await running.reached("p"):
                if claimed == before:
                    return
                before = claimed
            await asyncio.sleep(ON_ITS_WAY)


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys", "no-keys"])
async def test_paused_in_the_middle_of_a_send(honours_keys: bool) -> None:
    gateway = Faults(idempotency=honours_keys, latency=LATENCY)
    async with site(people=people(p=RECIPIENTS), faults=gateway, send_interval=INTERVAL) as running:
        first, second = running.servers
        a = await running.returning(first.url)
        b = await running.returning(second.url)
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress", 3)
        for times, paused in enumerate((first, second, first), start=1):
            await in_flight(running)
            paused.pause()
            await (b if paused is first else a).wait_for("processingTakenOver", times)
            paused.resume()
            # Back under another name, with its devices; its runner finds the run taken.
            watcher = a if paused is first else b
            await watcher.wait_for("processingTakenOver", times)
        for device in (a, b):
            await completed(device)
            assert not device.named("processingInterrupted")
            assert unbroken(device.events) == 1
        await nobody_twice_nobody_lost(
            running, b, "p", RECIPIENTS, uncertain=0 if honours_keys else 3
        )
        assert "run ended by another" in first.log
        assert "run ended by another" in second.log


@pytest.mark.parametrize("last_heard", ["not now", "never"])
async def test_what_it_heard_of_its_own_try_says_nothing_of_the_other_ones(last_heard: str) -> None:
    """The gateway took neither try of the one that is paused, and the one of the other server: a
    run that comes later does not message them again."""
    answer = {
        "not now": Faults(rate_limit=RateLimit(every_nth=1, retry_after=1)),
        "never": Faults(refuse=1.0, latency=LATENCY),
    }[last_heard]
    async with site(people=people(p=1), faults=answer, send_interval=INTERVAL) as running:
        first, second = running.servers
        a = await running.returning(first.url)
        b = await running.returning(second.url)
        assert (await a.start("p", detached=True))["ok"]
        await in_flight(running)
        first.pause()
        await asyncio.sleep(LATENCY)
        await running.switch()
        await completed(b)
        assert await running.reached("p") == {"p-0": 1}
        first.resume()
        await wait_until(lambda: "run ended by another" in first.log, what="it gave up")
        assert (await b.start("p"))["ok"]
        await completed(b, 2)
        assert b.named("processingComplete")[-1]["stats"]["skipped"] == 1
        await nobody_twice_nobody_lost(running, b, "p", 1)
        failed = await b.call("listFailed", {"profileId": "p", "type": "chat"})
        assert failed["recipients"] == []


async def test_paused_between_two_sends() -> None:
    async with site(people=people(p=40), send_interval=1) as running:
        first, second = running.servers
        a = await running.returning(first.url)
        b = await running.returning(second.url)
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress", 3)
        first.pause()
        await b.wait_for("processingTakenOver")
        reached = set(await running.reached("p"))
        first.resume()
        await a.wait_for("processingTakenOver")
        # Both are awake now, and one of them sends.
        await running.delivered(len(reached) + 4, "p")
        assert set((await running.reached("p")).values()) == {1}
        assert "run ended by another" in first.log
        assert (await b.call("stopAllProcessing"))["ok"]
