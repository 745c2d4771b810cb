"""Fixtures of the contract's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.harness import PATIENCE, Cluster, be_patient_with_redis, cluster
from tests.integration.moving import Pair, pair_of


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient_with_redis(monkeypatch)


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
async def brisk(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """As ``servers``, with pings so close together that an idle long poll soon ends.

    A pong may take its time: a client that has much to read comes to the ping behind it late.
    """
    async with cluster(
        redis_url, servers=request.param, ping_interval=0.5, ping_timeout=PATIENCE
    ) as running:
        yield running


@pytest.fixture
async def brisk_server(redis_url: str) -> AsyncIterator[Cluster]:
    """One server that soon notices a lost socket."""
    async with cluster(redis_url, ping_interval=0.5, ping_timeout=1.5) as running:
        yield running


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    async with pair_of(redis_url) as running:
        yield running
