"""Fixtures of the contract's tests."""

import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.harness import Cluster, cluster
from tests.integration.moving import LONG_RUNS, RUNS, Pair
from tests.integration.support import people


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
    async with (
        cluster(
            redis_url,
            replicas=2,
            people=people(**{RUNS: 40, LONG_RUNS: 2000}),
            send_interval=0.02,
            device_grace=0.5,
        ) as running,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        contextlib.AsyncExitStack() as stack,
    ):
        yield Pair(running, http, stack)
