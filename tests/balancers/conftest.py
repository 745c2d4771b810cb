"""Fixtures: one fleet for all, and each load balancer in front of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.balancers.balancer import CONFIGURATIONS, Balancer
from tests.balancers.fleet import Fleet


@pytest.fixture(scope="session")
def servers() -> Iterator[Fleet]:
    fleet = Fleet()
    try:
        asyncio.run(fleet.start())
        yield fleet
    finally:
        fleet.close()


@pytest.fixture
async def fleet(servers: Fleet) -> Fleet:
    """All of its servers run, also after a test that has killed one."""
    await servers.start()
    return servers


@pytest.fixture(params=CONFIGURATIONS)
async def balancer(request: pytest.FixtureRequest, fleet: Fleet) -> AsyncIterator[Balancer]:
    running = Balancer(request.param, fleet.ports)
    try:
        await running.start()
        yield running
    finally:
        running.close()
