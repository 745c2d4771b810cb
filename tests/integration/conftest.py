"""Fixtures of the contract's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.harness import Cluster, cluster
from tests.integration.moving import Pair, pair_of


@pytest.fixture(params=[1, 2], ids=["one-replica", "two-replicas"])
async def brisk(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """As ``replicas``, with pings so close together that an idle long poll soon ends."""
    async with cluster(
        redis_url, replicas=request.param, ping_interval=0.5, ping_timeout=1.5
    ) as running:
        yield running


@pytest.fixture
async def brisk_replica(redis_url: str) -> AsyncIterator[Cluster]:
    """One replica that soon notices a lost socket."""
    async with cluster(redis_url, ping_interval=0.5, ping_timeout=1.5) as running:
        yield running


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    async with pair_of(redis_url) as running:
        yield running
