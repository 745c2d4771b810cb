"""What things cost, counted by Redis itself."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from alphasync.config import Settings
from alphasync.membership.lease import LEASE_RENEW_INTERVAL
from alphasync.membership.registry import ADDRESS_RENEW_INTERVAL
from alphasync.options import lifetimes
from alphasync.store.scripts.loading import library, load
from tests.harness import PATIENCE, SECRET, Cluster, cluster
from tests.integration.support import deliveries, people
from tests.stores.kinds import Servers

PROBES = b"as:probe:"

BY_THE_CLOCK = {"lease_renew", "plans_due", "run_touch"}
"""Scripts that are called as often as time passes, whatever else is done."""
LIFETIMES = lifetimes(Settings(jwt_secret=SECRET))
SCRIPTS = load(LIFETIMES)
NAMES = {script.sha: script.name for script in SCRIPTS.values()}
NAMES |= {name: NAMES[sha] for sha, name in library(SCRIPTS, LIFETIMES).functions.items()}
CALLS = (b"EVALSHA", b"FCALL")
LOG_MAX = 100_000
"""Commands of one count that Redis keeps."""


@pytest.fixture
async def redis_url(valkey: Servers) -> str:
    """One server, whatever the other tests run on: it has all the counts."""
    async with Redis.from_url(valkey.url) as client:
        await client.flushall()
    return valkey.url


class Ledger:
    """Commands and published messages since the ledger was opened."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self.published: list[bytes] = []
        """The channel of each message, probes left out."""

    async def calls(self, command: str) -> int:
        stats = await self._client.info("commandstats")
        return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])

    async def scripts(self) -> Counter[str]:
        """Calls of each script, but of those by the clock."""
        commands = [entry["command"].split() for entry in await self._client.slowlog_get(LOG_MAX)]
        called = (NAMES[words[1].decode()] for words in commands if words[0] in CALLS)
        return Counter(name for name in called if name not in BY_THE_CLOCK)


@contextlib.asynccontextmanager
async def ledger(redis_url: str) -> AsyncIterator[Ledger]:
    client = Redis.from_url(redis_url)
    pubsub = client.pubsub()
    try:
        await pubsub.psubscribe("*")
        await pubsub.get_message(timeout=1)
        await client.config_set("slowlog-log-slower-than", 0)
        await client.config_set("slowlog-max-len", LOG_MAX)
        await client.slowlog_reset()
        await client.config_resetstat()
        book = Ledger(client)
        yield book
        await client.publish("end of the count", "")
        while (message := await pubsub.get_message(timeout=5)) is not None:
            if message["channel"] == b"end of the count":
                break
            if not message["channel"].startswith(PROBES):
                book.published.append(message["channel"])
    finally:
        await client.config_set("slowlog-log-slower-than", -1)
        await pubsub.aclose()  # type: ignore[no-untyped-call]  # untyped in redis-py
        await client.aclose()


async def run(running: Cluster, profile: str, redis_url: str) -> dict[str, int]:
    """Calls during one whole run, by command; ``evalsha`` without those by the clock."""
    device = await running.device()
    async with ledger(redis_url) as book:
        assert (await device.start(profile))["ok"]
        await device.wait_for("processingComplete", profileId=profile)
        counts = {name: await book.calls(name) for name in ("zmscore", "smembers")}
        counts["evalsha"] = (await book.scripts()).total()
    await device.close()
    return counts


async def test_a_run_costs_one_filter_a_page_and_one_call_a_recipient(redis_url: str) -> None:
    cast = people(none=0, hundred=100, two=200)
    async with cluster(redis_url, people=cast) as running:
        none = await run(running, "none", redis_url)
        hundred = await run(running, "hundred", redis_url)
        two = await run(running, "two", redis_url)
        assert len(await deliveries(running)) == 300
    assert hundred["zmscore"] == 2, "a page of a hundred: who was messaged, who is not to be"
    assert two["zmscore"] == 4
    assert hundred["smembers"] == 0
    assert hundred["evalsha"] - none["evalsha"] == 100
    assert two["evalsha"] - hundred["evalsha"] == 100
    assert none["evalsha"] <= 6


async def test_a_second_run_costs_no_call_for_those_messaged_before(redis_url: str) -> None:
    async with cluster(redis_url, people=people(hundred=100)) as running:
        await run(running, "hundred", redis_url)
        again = await run(running, "hundred", redis_url)
    assert again["zmscore"] == 2
    assert again["evalsha"] <= 6


async def test_an_event_is_published_once_however_many_devices_there_are(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as running:
        acting, *others = [await running.device(number) for number in range(6)]
        async with ledger(redis_url) as book:
            for number in range(10):
                text = {"profileId": "1", "type": "chat", "message": str(number)}
                await acting.emit("updateMessage", text)
            for device in others:
                await device.wait_for("messageUpdated", count=10)
            strokes = await book.scripts()
        assert book.published == [b"as:events:{o:demo}"] * 10
        assert strokes == {"draft_set": 10}, "one call for a key stroke"


async def test_key_strokes_that_are_refused_cost_nothing(redis_url: str) -> None:
    async with cluster(redis_url) as running:
        device = await running.device()
        async with ledger(redis_url) as book:
            for _ in range(20):
                await device.call("updateMessage", {"profileId": "1"})
            calls = await book.scripts()
        assert not calls
        assert book.published == []


async def test_a_server_hears_only_of_accounts_with_a_device_there(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as running:
        client = Redis.from_url(redis_url)
        try:
            first = await running.device(0, token=running.token("first"))
            await running.device(1, token=running.token("second"))

            async def subscribers(account: str) -> int:
                counted = await client.pubsub_numsub(f"as:events:{{o:{account}}}")
                return int(counted[0][1])

            assert await subscribers("first") == 1
            assert await subscribers("second") == 1
            await first.close()
            async with asyncio.timeout(PATIENCE):
                while await subscribers("first"):
                    await asyncio.sleep(0.01)
        finally:
            await client.aclose()


async def test_a_heartbeat_is_one_call(redis_url: str) -> None:
    async with cluster(redis_url) as running:
        device = await running.device()
        async with ledger(redis_url) as book:
            for _ in range(10):
                assert (await device.call("heartbeat"))["ok"]
            calls = await book.scripts()
        assert book.published == []
        assert calls == {"device_touch": 10}


async def test_what_renews_a_lease_proves_the_way_back_too(redis_url: str) -> None:
    """A server with nothing to do asks Redis for nothing else, but twice in two minutes."""
    async with cluster(redis_url), Redis.from_url(redis_url) as client, client.pubsub() as heard:
        await heard.psubscribe("as:probe:*")
        async with asyncio.timeout(PATIENCE):
            message = None
            while message is None or message["data"] != b"renewed":
                message = await heard.get_message(ignore_subscribe_messages=True, timeout=1)
    assert 1 / LEASE_RENEW_INTERVAL + 1 / ADDRESS_RENEW_INTERVAL <= 0.5
