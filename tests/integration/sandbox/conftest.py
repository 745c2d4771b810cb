"""Fixtures: a sandbox, the gateway client to it, and a plain HTTP client."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.sandbox import RunningSandbox, start_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    running = await start_sandbox("127.0.0.1", 0)
    yield running
    await running.close()


@pytest.fixture
async def gateway(sandbox: RunningSandbox) -> AsyncIterator[HttpGateway]:
    client = HttpGateway(sandbox.url)
    yield client
    await client.aclose()


@pytest.fixture
async def web(sandbox: RunningSandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client, to see the sandbox as curl does."""
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session
