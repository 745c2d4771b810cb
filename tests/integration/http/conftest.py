"""Fixtures of the tests of the HTTP interface."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.harness import Cluster


@pytest.fixture
async def web(one_replica: Cluster) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client of the replica."""
    async with aiohttp.ClientSession(one_replica.urls[0]) as session:
        yield session
