"""A Redis that may drop keys when its memory is full."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.doctor import examine
from alphasync.gateway.sandbox import start_sandbox
from alphasync.store import eviction
from alphasync.store.connect import make_client
from alphasync.store.eviction import EvictionWatch, policy_of
from alphasync.surroundings import surroundings
from tests.harness import SECRET, Valkey, cluster, wait_until

DROPPING = ("allkeys-lru", "allkeys-random", "volatile-lru", "volatile-ttl")


@contextlib.asynccontextmanager
async def redis(*options: str) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="as-evict-") as folder:
        server = Valkey(Path(folder), *options)
        await server.start()
        try:
            yield server.url
        finally:
            server.stop()


def settings(url: str, gateway: str, env: str) -> Settings:
    given = {"redis_url": url, "gateway_url": gateway, "env": env, "jwt_secret": SECRET}
    return Settings(**given, allowed_hosts=["*"])


@pytest.mark.parametrize("policy", DROPPING)
async def test_production_does_not_start_on_it(policy: str) -> None:
    async with redis("--maxmemory-policy", policy) as url:
        sandbox = await start_sandbox("127.0.0.1", 0)
        try:
            with pytest.raises(CannotStart, match=f"maxmemory-policy is {policy}.*noeviction"):
                async with surroundings(settings(url, sandbox.url, "production"), wait=False):
                    pass
            async with surroundings(settings(url, sandbox.url, "development"), wait=False):
                pass
            found = [f async for f in examine(settings(url, sandbox.url, "development"))]
        finally:
            await sandbox.close()
    finding = next(f for f in found if f.what == "redis")
    assert not finding.ok
    assert policy in finding.text


async def test_a_server_says_so_when_it_becomes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eviction, "LOOK_INTERVAL", 0.02)
    async with redis() as url:
        client = make_client(url)
        watch = EvictionWatch(client)
        with capture_logs() as logs:
            watch.start()
            await client.config_set("maxmemory-policy", "allkeys-lfu")
            await wait_until(lambda: logs)
            await client.config_set("maxmemory-policy", "noeviction")
            await client.config_set("maxmemory-policy", "volatile-lfu")
            await wait_until(lambda: len(logs) == 2)
        assert [entry["log_level"] for entry in logs] == ["error", "error"]
        assert "allkeys-lfu" in logs[0]["reason"]
        await watch.close()
        await client.aclose()


@pytest.mark.parametrize(
    ("denied", "policy"),
    [(("-config",), "allkeys-lru"), (("-info",), "allkeys-lru"), (("-info", "-config"), None)],
)
async def test_it_is_read_with_the_rights_there_are(
    denied: tuple[str, ...], policy: str | None
) -> None:
    async with redis("--maxmemory-policy", "allkeys-lru") as url:
        admin = make_client(url)
        rules = ("on", "nopass", "~*", "&*", "+@all", *denied)
        await admin.execute_command("ACL", "SETUSER", "some", *rules)
        user: Redis = Redis.from_url(url, username="some", password="any")
        assert await policy_of(user) == policy
        await user.aclose()
        await admin.aclose()


async def test_a_second_server_with_other_settings_says_which(redis_url: str) -> None:
    async with cluster(redis_url) as running:
        with capture_logs() as logs:
            await running.add_server(jwt_secret=SECRET + " of another", blocklist_ttl=86400)
            await wait_until(lambda: any("settings" in entry for entry in logs))
        [warning] = [entry for entry in logs if "settings" in entry]
        assert warning["settings"] == ["BLOCKLIST_TTL", "JWT_SECRET"]
        with capture_logs() as logs:
            await running.add_server(jwt_secret=SECRET)
            await wait_until(lambda: any("settings" in entry for entry in logs))
