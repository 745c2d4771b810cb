"""The official JavaScript client goes through the scenarios, as the existing web client does."""

from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.harness import Cluster, cluster
from tests.js.node import node_with_client, run_scenario
from tests.spread import spread

pytestmark = pytest.mark.slow

SEND_INTERVAL = 0.03
"""Seconds between two messages: slow enough for a device to act in the middle of a run."""
GRACE = 3.0
"""Seconds that a lost device has: a client comes back by itself after half to one and a half."""
SCENARIOS = [
    "refused",
    "profiles",
    "startAndComplete",
    "leave",
    "typing",
    "typingFast",
    "joinsLate",
    "stopAndClear",
    "typedBeforeConnected",
]
NEEDS_WEBSOCKET = ["breakOff", "comesBack", "typingThroughUpgrade"]
PACKED = {
    "startAndComplete": [False, True],
    "joinsLate": [True, False],
    "comesBack": [True],
    "typingThroughUpgrade": [True],
}
"""Which of the clients have the MessagePack parser, by scenario."""


@pytest.fixture(scope="session")
def node() -> list[str]:
    return node_with_client()


@pytest.fixture(params=["one-server", "two-servers", "not-sticky"])
async def sending(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """``not-sticky``: three, behind an address whose requests go to each of them in turn."""
    count = {"one-server": 1, "two-servers": 2, "not-sticky": 3}[request.param]
    async with cluster(
        redis_url, servers=count, send_interval=SEND_INTERVAL, device_grace=GRACE
    ) as running:
        if request.param != "not-sticky":
            yield running
            return
        async with spread(running.urls) as url:
            running.urls[:] = [url]
            yield running


async def deliveries(running: Cluster) -> Counter[tuple[str, str, str]]:
    """How often each recipient was messaged, by the gateway's own list."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{running.sandbox.url}/deliveries") as answer,
    ):
        found = await answer.json()
    return Counter((item["profileId"], item["type"], item["recipientId"]) for item in found)


@pytest.mark.parametrize("scenario", [*SCENARIOS, *NEEDS_WEBSOCKET])
async def test_with_its_default_transports(
    sending: Cluster, node: list[str], scenario: str
) -> None:
    result = await run_scenario(node, scenario, sending.urls)
    assert result["ok"], result["error"]
    if scenario != "refused":  # it ends before its client has moved
        # All have gone over from polling.
        assert set(result["transports"]) <= {"websocket"}
    assert set((await deliveries(sending)).values()) <= {1}


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_where_only_polling_gets_through(
    sending: Cluster, node: list[str], scenario: str
) -> None:
    result = await run_scenario(node, scenario, sending.urls, ["polling"])
    assert result["ok"], result["error"]
    assert set(result["transports"]) <= {"polling"}
    assert set((await deliveries(sending)).values()) <= {1}


@pytest.mark.parametrize("scenario", PACKED)
async def test_with_the_messagepack_parser(
    sending: Cluster, node: list[str], scenario: str
) -> None:
    result = await run_scenario(node, scenario, sending.urls, packed=PACKED[scenario])
    assert result["ok"], result["error"]
    assert set(result["transports"]) <= {"websocket"}


async def test_with_the_messagepack_parser_where_only_polling_gets_through(
    sending: Cluster, node: list[str]
) -> None:
    result = await run_scenario(node, "typingFast", sending.urls, ["polling"], packed=[True])
    assert result["ok"], result["error"]
