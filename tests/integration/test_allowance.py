"""How many events a device, an account and an address may send, whatever connections they use."""

import asyncio
import contextlib
import json
from typing import Any

import aiohttp
import pytest

from tests.conformance.wire import TRANSPORTS, Transport
from tests.faults.crowd import limited
from tests.harness import cluster, wait_until
from tests.integration.moving import Pair, moved
from tests.integration.senders import OnWebSocket, sender
from tests.integration.support import Payload

BURST = 20
SPENT: dict[str, Any] = {"event_burst": BURST, "event_rate": 0.01}
"""What is used up in a test does not come back in it."""
ACCOUNT: dict[str, Any] = {"event_burst_per_account": 50, "event_rate_per_account": 0.01}
ADDRESS: dict[str, Any] = {"event_burst_per_address": 50, "event_rate_per_address": 0.01}
PROXY: dict[str, Any] = {"trusted_proxies": "127.0.0.1"}
HESITATION = 400
"""Milliseconds that Redis does not answer: what comes with the connection has to wait."""


@pytest.mark.parametrize("back", TRANSPORTS)
@pytest.mark.parametrize("first", TRANSPORTS)
@pytest.mark.parametrize("says", ["deviceId", "its token", "its place in the log"])
async def test_who_connects_again_has_what_was_left(
    redis_url: str, first: Transport, back: Transport, says: str
) -> None:
    async with cluster(redis_url, **SPENT) as running:
        token = running.token()
        async with sender(running, first, token=token) as device:
            assert await device.send(BURST - 5) == BURST - 5
        offer = {} if says == "its token" else device.offer
        if says == "its place in the log":
            registered = device.registered
            offer |= {"epoch": registered["epoch"], "revision": registered["revision"]}
        for left in (5, 0, 0):
            async with sender(running, back, token=token, offer=offer) as again:
                assert again.registered["deviceId"] == device.registered["deviceId"]
                assert again.registered["recovered"] is (says == "its place in the log")
                assert await again.send(BURST) == left


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_comes_with_the_connection_counts_for_the_device(
    redis_url: str, transport: Transport
) -> None:
    early = [f"42{number}{json.dumps(['no such event'])}" for number in range(100, 100 + BURST)]
    async with cluster(redis_url, **SPENT) as running:
        async with sender(running, transport) as device:
            assert await device.send(BURST - 5) == BURST - 5
        for left in (5, 0):
            await running.servers[0].store.client.client_pause(HESITATION)
            async with sender(running, transport, offer=device.offer, early=early) as again:
                await again.acknowledged(BURST)
                assert again.registered["resumed"]
                assert again.codes.count("unknown_event") == left
                assert await again.send(1) == 0


async def test_each_device_has_its_own_and_all_of_an_account_have_one(redis_url: str) -> None:
    """Other devices, other tokens: what the account has is divided among them."""
    async with cluster(redis_url, **SPENT, **ACCOUNT) as running:
        sent = []
        for visit in range(5):
            # As somebody else each time; the last ones with another login's token.
            token = running.token(email=f"{visit // 2}@example.com")
            async with sender(running, token=token, offer=None) as device:
                sent.append(await device.send(BURST))
                await device.put(["41"])  # on purpose: nothing of it is left
        assert sent == [BURST, BURST, 10, 0, 0]
        async with sender(running, operator="other") as other:
            assert await other.send(BURST) == BURST
        async with aiohttp.ClientSession() as http:
            url = running.urls[0]
            assert await limited(http, url, "event_rate_per_account") == 5 * BURST - 50


async def test_a_device_that_goes_too_far_takes_nothing_from_the_others(redis_url: str) -> None:
    async with (
        cluster(redis_url, **SPENT, **ACCOUNT) as running,
        sender(running) as noisy,
        sender(running) as calm,
    ):
        assert await noisy.send(300) == BURST
        assert await calm.send(BURST) == BURST


async def test_an_account_that_goes_too_far_takes_nothing_from_others_at_its_address(
    redis_url: str,
) -> None:
    limits: dict[str, Any] = {"event_burst_per_account": 30, "event_rate_per_account": 0.01}
    async with cluster(redis_url, **SPENT, **limits, **ADDRESS) as running:
        async with sender(running) as noisy, sender(running) as too:
            assert [await noisy.send(100), await too.send(100)] == [20, 10]
        async with sender(running, operator="calm") as calm:
            assert await calm.send(BURST) == BURST
        async with sender(running, operator="late") as late:
            assert await late.send(BURST) == 0, "the address has no more than that"


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("203.0.113.1", "::ffff:203.0.113.1", "203.0.113.2"),
        ("203.0.113.1", '"203.0.113.1:8080"', "198.51.100.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"),
        ("[2001:db8::1]:443", "2001:db8::ff", "2001:db9::1"),
    ],
)
async def test_an_address_has_its_own_whoever_sends_from_it(
    redis_url: str, one: str, same: str, other: str
) -> None:
    async with cluster(redis_url, **SPENT, **ADDRESS, **PROXY) as running:
        sent = []
        for number, transport in enumerate((*TRANSPORTS, *TRANSPORTS)):
            address = (one, same)[number % 2]
            async with sender(running, transport, operator=f"o{number}", address=address) as device:
                sent.append(await device.send(BURST))
        assert sent == [BURST, BURST, 10, 0]
        async with sender(running, operator="else", address=other) as device:
            assert await device.send(BURST) == BURST


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_long_events_count_as_several(redis_url: str, transport: Transport) -> None:
    async with cluster(redis_url, **SPENT) as running, sender(running, transport) as device:
        assert await device.send(1, 16_000) == 1
        for _ in range(4):
            assert await device.send(1, 60_000) == 1
        assert await device.send(5, 10) == BURST - 1 - 4 * 4


async def test_a_device_takes_what_it_has_left_to_another_server(redis_url: str) -> None:
    async with (
        cluster(redis_url, servers=2, **SPENT) as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        pair = Pair(running, http, stack)
        client = await pair.client()

        async def send(numbers: range) -> int:
            await asyncio.gather(*(client.emit("no such event", {}, n) for n in numbers))
            await wait_until(lambda: set(numbers) <= set(client.acks), what="acknowledged")
            codes = [client.acks[number]["code"] for number in numbers]
            return codes.count("unknown_event")

        for number in range(BURST - 5):
            assert await send(range(number, number + 1)) == 1
        await client.upgrade()
        await moved(pair, client)
        assert await send(range(100, 100 + BURST)) == 5


@pytest.mark.slow
async def test_coming_back_again_and_again_gives_no_more_than_staying(redis_url: str) -> None:
    """Who sends on regardless is cut, and each time sooner."""
    visits = 12
    limits: dict[str, Any] = {"event_burst": 100, "event_rate": 50.0}
    async with cluster(redis_url, **limits) as running:
        loop = asyncio.get_running_loop()
        token, begun = running.token(), loop.time()
        looked_at = answered = 0
        offer: Payload = {}
        for _ in range(visits):
            async with sender(running, token=token, offer=offer) as device:
                offer = device.offer
                assert isinstance(device, OnWebSocket)
                for number in range(3_000):
                    if device.socket.closed:
                        break
                    await device.socket.send(f"42{number}{json.dumps(['no such event'])}")
                await wait_until(lambda: device.socket.closed, what="it is cut")
                device._look()
                looked_at += device.codes.count("unknown_event")
                answered += len(device.codes)
        took = loop.time() - begun
        assert looked_at <= 100 + 50 * took
        assert answered <= 100 + 1_000 + 2 * 50 * took
        async with aiohttp.ClientSession() as http:
            assert await limited(http, running.urls[0], "event_rate") == visits
        async with sender(running, operator="other") as other:
            assert await other.send(100) == 100
