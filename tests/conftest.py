"""Fixtures for all tests."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from alphasync.store.connect import make_client
from tests.harness import Cluster, Valkey, cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soak", default="45", metavar="SECONDS", help="How long the soak breaks things."
    )
    parser.addoption(
        "--soak-seed",
        default=None,
        metavar="N",
        help="Which things the soak breaks (default: any).",
    )


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One real Valkey for the whole run; each test starts with an empty one (``redis_url``)."""
    # Not pytest's own folder: a unix socket's path has room for about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="as-valkey-"))
    server = Valkey(folder)
    asyncio.run(server.start())
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def redis_url(valkey: Valkey) -> str:
    client = make_client(valkey.url)
    await client.flushall()
    await client.config_resetstat()
    await client.aclose()
    return valkey.url


@pytest.fixture(params=[1, 2], ids=["one-replica", "two-replicas"])
async def replicas(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """The event contract holds on one replica and across two."""
    async with cluster(redis_url, replicas=request.param) as running:
        yield running


@pytest.fixture
async def one_replica(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url) as running:
        yield running
