"""Requests that servers pass on to each other, whatever their clocks say."""

import contextlib
import json

import aiohttp
import pytest

from tests.conformance.wire import Endpoint
from tests.harness import Cluster, cluster
from tests.integration.moving import Pair, moved

HOUR = 3600.0


def set_clock(running: Cluster, server: int, off: float) -> None:
    from_peers = running.servers[server].realtime.server.eio.from_peers
    assert from_peers
    now = from_peers.door.now
    from_peers.door.now = lambda: now() + off


@pytest.mark.parametrize("off", [(0.0, 0.0), (HOUR, 0.0), (HOUR, -HOUR)])
async def test_each_serves_the_others_sessions(redis_url: str, off: tuple[float, float]) -> None:
    async with cluster(redis_url, servers=2) as running, aiohttp.ClientSession() as http:
        for server, seconds in enumerate(off):
            set_clock(running, server, seconds)
        for here, there in ((0, 1), (1, 0)):
            endpoint = Endpoint(f"{running.urls[here]}/socket.io/", http)
            sid = await endpoint.sid()
            endpoint.elsewhere = f"{running.urls[there]}/socket.io/"
            token = json.dumps({"token": running.token()})
            assert (await endpoint.post(sid, f"40{token}")).text == "ok"
            await endpoint.fetch_until(sid, '42["deviceRegistered"')
            assert (await endpoint.post(sid, '421["heartbeat"]')).text == "ok"
            assert (await endpoint.fetch_until(sid, "431")).startswith('431[{"ok":true')


@pytest.mark.parametrize("off", [HOUR, -HOUR])
async def test_a_session_moves_to_where_it_is_another_time(redis_url: str, off: float) -> None:
    async with (
        cluster(redis_url, servers=2) as running,
        aiohttp.ClientSession() as http,
        contextlib.AsyncExitStack() as stack,
    ):
        set_clock(running, 0, off)
        pair = Pair(running, http, stack)
        client = await pair.client()
        await client.upgrade()
        await moved(pair, client)
