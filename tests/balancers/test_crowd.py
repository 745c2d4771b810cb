"""Two hundred existing clients behind a load balancer, and a server that goes."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.balancers.balancer import Balancer
from tests.balancers.crowd import Crowd, crowd
from tests.balancers.fleet import Fleet
from tests.faults.harness import GONE_WITHIN

pytestmark = [pytest.mark.faults, pytest.mark.slow]

CLIENTS = 200
OPERATORS = 20
CONNECT_WITHIN = 60.0
"""Seconds for all to connect on a busy machine, or to come back: no client may have given up by
then."""


@contextlib.asynccontextmanager
async def connected(fleet: Fleet, balancer: Balancer) -> AsyncIterator[Crowd]:
    """All of them, registered and on WebSocket, and none has seen any trouble."""
    tokens = [fleet.tokens.mint(f"crowd-{number}").token for number in range(OPERATORS)]
    async with crowd(balancer.url, tokens, CLIENTS) as clients:
        seen = await clients.until(
            lambda now: now.websocket == now.registered == CLIENTS or bool(now.troubles),
            CONNECT_WITHIN,
        )
        assert seen.troubles == [], balancer.log
        yield clients
    assert fleet.complaints() == []


async def test_all_end_on_websocket_and_are_back_when_a_server_is_killed(
    fleet: Fleet, balancer: Balancer
) -> None:
    async with connected(fleet, balancer) as clients:
        fleet.servers[0].kill()
        await clients.until(lambda now: bool(now.lost), CONNECT_WITHIN)
        seen = await clients.until(lambda now: now.connected == CLIENTS, CONNECT_WITHIN)
        # Those of the dead server only, and once each.
        assert len(seen.lost) == seen.losers < CLIENTS
        seen = await clients.until(
            lambda now: now.websocket == CLIENTS and now.registrations == CLIENTS + len(now.lost),
            CONNECT_WITHIN,
        )
        assert seen.errors == []


@pytest.mark.parametrize("balancer", ["haproxy.cfg", "nginx.conf"], indirect=True)
async def test_a_server_that_shuts_down_is_left_before_it_ends_its_connections(
    fleet: Fleet, balancer: Balancer
) -> None:
    leaving = fleet.servers[0]
    async with connected(fleet, balancer) as clients:
        leaving.terminate()
        assert await leaving.gone(GONE_WITHIN) == 0
        seen = await clients.until(
            lambda now: now.websocket == CLIENTS and now.registrations == CLIENTS + len(now.lost),
            CONNECT_WITHIN,
        )
        # Nobody was sent back to it, to lose the connection once more, or refused.
        assert 0 < len(seen.lost) == seen.losers < CLIENTS
        assert seen.refused == seen.errors == []
