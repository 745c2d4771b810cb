"""The channel of python-socketio's own: what other servers and external emitters send."""

import asyncio
import json

import pytest

from alphasync.store.connect import make_client
from tests.harness import PATIENCE, Cluster

pytestmark = pytest.mark.any_redis


async def test_an_external_emitter_reaches_every_device(servers: Cluster) -> None:
    a, b = await servers.pair()
    message = {"method": "emit", "event": "maintenance", "data": {"in": 5}, "namespace": "/"}
    client = make_client(servers.redis_url)
    async with asyncio.timeout(PATIENCE):
        # Once more for a server that has just begun to listen.
        while not (a.named("maintenance") and b.named("maintenance")):
            await client.publish("socketio", json.dumps(message))
            await asyncio.sleep(0.05)
    assert a.last("maintenance") == b.last("maintenance") == {"in": 5}
    await client.aclose()
