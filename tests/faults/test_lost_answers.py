"""What is left half done when an answer, a lease or a server is lost."""

import asyncio

import pytest

from alphasync.domain.identity import account_of
from alphasync.membership.lease_table import LEASE_TTL
from alphasync.store import keys
from tests.faults.harness import Site, site
from tests.harness import PATIENCE
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]


async def test_a_start_whose_answer_came_too_late_is_a_run_like_any_other() -> None:
    async with site(1, send_interval=0.0) as running:
        device = await running.device()
        running.valkey.pause()
        refused = await device.start()
        assert (refused["code"], refused["retryable"]) == ("unknown_outcome", True)
        running.valkey.resume()
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["total"]) == (10, 10)
        assert set((await running.reached("1001")).values()) == {1}
        assert (await device.start())["ok"], "the lock is free again"


async def test_a_start_that_never_came_to_redis_leaves_nothing() -> None:
    async with site(1, send_interval=0.0) as running:
        device = await running.device()
        running.valkey.stop()
        refused = await device.start()
        assert refused["code"] in ("store_unavailable", "unknown_outcome")
        await running.valkey.start()

        async with asyncio.timeout(PATIENCE):
            while not (await device.start())["ok"]:
                await asyncio.sleep(0.05)
        await device.wait_for("processingComplete")
        async with asyncio.timeout(PATIENCE):
            while await _runs_on_note(running):
                await asyncio.sleep(0.05)


async def test_a_run_started_before_its_server_hears_that_its_lease_is_lost() -> None:
    async with site(2, people=people(p=80), send_interval=0.05) as running:
        device = await running.device()
        watcher = await running.device(1)
        running.servers[0].pause()
        async with asyncio.timeout(2 * LEASE_TTL):
            while len(await _living(running)) == 2:
                await asyncio.sleep(0.05)
        # It waits in the socket until the server wakes up, which reads it before it knows.
        await device.emit(
            "startProcessing", {"profileId": "p", "type": "chat", "message": "Hello there"}
        )
        running.servers[0].resume()
        await watcher.wait_for("processingStarted")
        run = keys.of_account(account_of("demo", None)).run("chat", "p")
        async with asyncio.timeout(PATIENCE):
            while await running.redis.hget(run, "replica") not in await _living(running):
                await asyncio.sleep(0.01)
        stats = (await watcher.wait_for("processingComplete"))["stats"]
        assert stats["sent"] + stats["uncertain"] == 80
        assert set((await running.reached("p")).values()) == {1}
        async with asyncio.timeout(PATIENCE):
            while await _runs_on_note(running):
                await asyncio.sleep(0.05)


async def test_a_message_that_was_on_its_way_when_its_run_was_stopped_and_its_server_died() -> None:
    async with site(2, people=people(p=20), send_interval=0.0) as running:
        await running.switch(latency=2.0)
        device = await running.device(1)
        await device.start("p")
        await device.wait_for("processingProgress")
        sent = keys.of_account(account_of("demo", None)).sent("chat", "p")
        async with asyncio.timeout(PATIENCE):
            while not await running.redis.zcard(sent):
                await asyncio.sleep(0.01)
        other = await running.device(0)
        await other.call("stopProcessing", {"profileId": "p", "type": "chat"})
        running.servers[1].kill()
        settled = await other.wait_for("runSettled", profileId="p")
        assert (settled["current"], settled["uncertain"]) == (1, 1)
        ack = await other.call("listUncertain", {"profileId": "p", "type": "chat"})
        [recipient] = ack["recipients"]
        assert (recipient["id"], recipient["name"]) == ("p-0", "Recipient 0")
        assert recipient["reason"] == "The server was lost while it sent"


async def _living(running: Site) -> list[object]:
    """The names of the servers that have a lease, or had one that nobody took over."""
    return list(await running.redis.zrange(keys.LEASES, 0, -1))


async def _runs_on_note(running: Site) -> int:
    """How many runs the servers hold, by their own notes."""
    found = 0
    async for name in running.redis.scan_iter(match=keys.holdings("*")):
        members = await running.redis.smembers(name)
        found += sum('"run"' in str(member) for member in members)
    return found
