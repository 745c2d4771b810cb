"""A server as an example's reader has it."""

from collections.abc import AsyncIterator

import pytest

from tests.harness import Cluster, cluster


@pytest.fixture
async def server(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, send_interval=0.01) as running:
        yield running
