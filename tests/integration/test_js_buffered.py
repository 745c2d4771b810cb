"""What the official JavaScript client sends together with its connection, also with ``retries``."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from alphasync.store.connect import make_client
from alphasync.tasks import Tasks
from tests.harness import Cluster, cluster
from tests.integration.test_js_client import deliveries
from tests.js.node import node_with_client, run_scenario
from tests.spread import spread

pytestmark = pytest.mark.slow

SEND_INTERVAL = 0.03
"""Seconds between two messages: slow enough for a device to act in the middle of a run."""
PAUSE = 150
"""Milliseconds that Redis does not answer: joins take longer than a client needs to send what it
has kept."""
BETWEEN = {1: 0.17, 3: 0.3}
"""Seconds from one such time to the next, by the number of servers. With the first, Redis answers
once in 0.2 s; a session that moves asks it too often for that, and is given up."""
SCENARIOS = [
    "typedBeforeConnected",
    "sentTogether",
    "sentTogetherWithRetries",
    "retriedInHaste",
    "refusedTogether",
    "refusedTogetherWithRetries",
]


@contextlib.asynccontextmanager
async def hesitating(redis_url: str, between: float) -> AsyncIterator[None]:
    client = make_client(redis_url)

    async def hesitate() -> None:
        while True:
            await client.client_pause(PAUSE)
            await asyncio.sleep(between)

    tasks = Tasks()
    tasks.spawn(hesitate(), "hesitating")
    try:
        yield
    finally:
        await tasks.close()  # redis-py may lose a cancellation
        await client.aclose()


@contextlib.asynccontextmanager
async def slow(redis_url: str, servers: int) -> AsyncIterator[Cluster]:
    """Behind an address whose requests go to each server in turn."""
    async with (
        cluster(redis_url, servers=servers, send_interval=SEND_INTERVAL) as running,
        spread(running.urls) as url,
        hesitating(redis_url, BETWEEN[servers]),
    ):
        running.urls[:] = [url]
        yield running


@pytest.mark.parametrize(
    ("servers", "transports"),
    [(1, None), (1, ["polling"]), (3, None)],
    ids=["one-server", "polling", "not-sticky"],
)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_it_is_done_once_and_in_order(
    redis_url: str, scenario: str, servers: int, transports: list[str] | None
) -> None:
    async with slow(redis_url, servers) as running:
        result = await run_scenario(node_with_client(), scenario, running.urls, transports)
        assert result["ok"], result["error"]
        assert set((await deliveries(running)).values()) <= {1}
