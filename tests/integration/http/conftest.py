"""Fixtures of the tests of the HTTP interface."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.harness import Cluster


@pytest.fixture
async def web(one_server: Cluster) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client of the server."""
    async with aiohttp.ClientSession(one_server.urls[0]) as session:
        yield session
