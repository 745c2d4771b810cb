"""Where servers find each other, and at which address of theirs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alphasync.membership import internal, registry
from alphasync.membership.registry import ADDRESS_TTL, Registry
from alphasync.store import keys
from alphasync.store.connect import Store, make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.harness import PATIENCE, Valkey, wait_until


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = make_store(redis_url, Lifetimes())
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected")
    yield store
    await store.close()


async def test_a_server_is_found_until_it_goes(store: Store) -> None:
    mine, theirs = Registry(store.pipeline), Registry(store.pipeline)
    assert await mine.find("abcdefgh") is None
    await theirs.announce("abcdefgh", "10.0.0.1", 3002)
    assert await mine.find("abcdefgh") == ("10.0.0.1", 3002)
    assert 0 < await store.client.pttl(keys.server("abcdefgh")) <= ADDRESS_TTL * 1000
    await theirs.close()
    assert await Registry(store.pipeline).find("abcdefgh") is None
    await mine.close()


async def test_an_ipv6_address(store: Store) -> None:
    mine = Registry(store.pipeline)
    await mine.announce("abcdefgh", "fd00::1", 3002)
    assert await mine.find("abcdefgh") == ("fd00::1", 3002)
    await mine.close()


async def test_an_entry_comes_back_where_redis_lost_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "ADDRESS_RENEW_INTERVAL", 0.01)
    mine = Registry(store.pipeline)
    await mine.announce("abcdefgh", "10.0.0.1", 3002)
    await store.client.flushall()
    async with asyncio.timeout(PATIENCE):
        while await Registry(store.pipeline).find("abcdefgh") is None:
            await asyncio.sleep(0.01)
    await mine.close()


@pytest.mark.slow
async def test_it_is_said_once_redis_is_there(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path)
    store = make_store(valkey.url, Lifetimes())
    store.start()
    mine = Registry(store.pipeline)
    await mine.announce("abcdefgh", "10.0.0.1", 3002)  # into nothing
    assert await Registry(store.pipeline).find("abcdefgh") is None
    await valkey.start()
    async with asyncio.timeout(PATIENCE):
        while await Registry(store.pipeline).find("abcdefgh") is None:
            await asyncio.sleep(0.01)
    await mine.close()
    await store.close()
    valkey.stop()


@pytest.mark.parametrize(
    "url",
    [
        "unix:///tmp/valkey.sock",
        "memory://",
        "redis://127.0.0.1:6379/0",
        "redis://127.0.0.1",
        "rediss://user:secret@127.0.0.1:6379",
        "redis+sentinel://127.0.0.1:26379,127.0.0.1:26380/main",
        "redis+cluster://:secret@127.0.0.1:7000,127.0.0.1:7001",
        "redis://no-such-host.invalid:6379",
    ],
)
async def test_on_one_machine_it_is_the_loopback_address(url: str) -> None:
    assert await internal.own_address(url) == "127.0.0.1"
