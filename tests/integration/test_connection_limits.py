"""What one account, one address and one message may take: refused beyond it, and counted."""

import contextlib
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.conformance.wire import Endpoint, dropped, opened
from tests.faults.crowd import limited
from tests.harness import Cluster, cluster, wait_until
from tests.integration.support import raw

PAYLOAD_MAX = 64 * 1024
"""Bytes."""
MESSAGE_TOO_BIG = 1009
"""WebSocket close code."""


@contextlib.asynccontextmanager
async def wire(running: Cluster) -> AsyncIterator[Endpoint]:
    async with aiohttp.ClientSession() as http:
        yield Endpoint(f"{running.urls[0]}/socket.io/", http)


@contextlib.asynccontextmanager
async def counted(running: Cluster, limit: str, times: int) -> AsyncIterator[None]:
    """Fail unless clients run into this limit so often within the block."""
    async with aiohttp.ClientSession() as http:
        before = await limited(http, running.urls[0], limit)
        yield
        assert await limited(http, running.urls[0], limit) == before + times


async def connect(running: Cluster, operator: str) -> str:
    """Try to connect a device, which leaves at once; returns its CONNECT packet or the refusal."""
    async with raw(running.urls[0]) as socket:
        await socket.send(f"40{json.dumps({'token': running.token(operator)})}")
        return await socket.frame("4")


async def test_connections_of_an_account(redis_url: str) -> None:
    async with cluster(redis_url, connections_per_account=2) as running:
        first, _ = await running.device(), await running.device()
        async with counted(running, "connections_per_account", 2):
            for _ in range(2):
                refusal = await connect(running, "demo")
                assert refusal == '44{"message":"Too many connections of this account"}'
        async with counted(running, "connections_per_account", 0):
            assert (await connect(running, "other")).startswith('40{"sid":')
            await first.close()
            sessions = running.servers[0].realtime.sessions
            await wait_until(lambda: len(sessions) == 1, what="one has left")
            again = await running.device()
            assert (await again.call("heartbeat"))["ok"]


async def test_connections_of_an_address(redis_url: str) -> None:
    async with cluster(redis_url, connections_per_address=2) as running, wire(running) as endpoint:
        polling = await endpoint.sid()
        ws = await endpoint.websocket()
        await opened(ws)
        # What a client says of its own address counts for nothing.
        elsewhere = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"}
        async with counted(running, "connections_per_address", 3):
            for headers in ({}, elsewhere):
                answer = await endpoint.request("GET", "EIO=4&transport=polling", headers=headers)
                assert answer.status == 429
                assert answer.headers["Content-Type"].startswith("application/json")
                error = json.loads(answer.text)
                assert error["message"] == "Too many connections from this address"
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await endpoint.websocket()
            assert refused.value.status == 429
        async with counted(running, "connections_per_address", 0):
            # The WebSocket of a session that is there already is no connection more.
            upgrading = await endpoint.websocket(polling)
            await upgrading.send_str("2probe")
            assert await upgrading.receive_str() == "3probe"
            await upgrading.close()
            await ws.close()
            sessions = running.servers[0].realtime.server.eio.sockets
            await wait_until(lambda: len(sessions) == 1, what="one has left")
            assert await endpoint.sid()


def message(size: int) -> str:
    """An Engine.IO message of so many bytes: an event that there is not, to be acknowledged."""
    start, end = '421["no such event","', '"]'
    return f"{start}{'x' * (size - len(start) - len(end))}{end}"


async def test_the_size_of_a_body(one_server: Cluster) -> None:
    async with wire(one_server) as endpoint:
        sid = await endpoint.sid()
        await endpoint.post(sid, f"40{json.dumps({'token': one_server.token()})}")
        await endpoint.fetch_until(sid, '42["deviceRegistered"')
        async with counted(one_server, "payload", 0):
            assert (await endpoint.post(sid, message(PAYLOAD_MAX))).status == 200
            ack = await endpoint.fetch_until(sid, "431")
            assert ack.startswith('431[{"ok":false,"code":"unknown_event"')
        async with counted(one_server, "payload", 1):
            answer = await endpoint.post(sid, message(PAYLOAD_MAX + 1))
            assert answer.status == 413
            assert json.loads(answer.text)["message"] == "Payload too large"
            await endpoint.gone(sid)


async def test_the_size_of_a_websocket_message(one_server: Cluster) -> None:
    async with raw(one_server.urls[0]) as socket, counted(one_server, "payload", 0):
        await socket.register(one_server.token())
        await socket.send(message(PAYLOAD_MAX))
        assert '"unknown_event"' in await socket.frame("431")
    async with wire(one_server) as endpoint, counted(one_server, "payload", 1):
        ws = await endpoint.websocket()
        await ws.send_str(message(PAYLOAD_MAX + 1))
        await dropped(ws)
        assert ws.close_code == MESSAGE_TOO_BIG


async def test_an_address_behind_a_trusted_proxy_is_the_clients(redis_url: str) -> None:
    async with (
        cluster(
            redis_url, connections_per_address=1, trusted_proxies="127.0.0.1, 10.0.0.0/8"
        ) as running,
        wire(running) as endpoint,
    ):
        first = {"X-Forwarded-For": "203.0.113.1"}
        await endpoint.handshake(**first)
        await endpoint.handshake(**{"X-Forwarded-For": "203.0.113.2, 10.1.1.1"})
        query = "EIO=4&transport=polling"
        assert (await endpoint.request("GET", query, headers=first)).status == 429
        # A client in front of the proxy writes what it likes: it is still itself.
        forged = {"X-Forwarded-For": "203.0.113.9, 203.0.113.1"}
        assert (await endpoint.request("GET", query, headers=forged)).status == 429


async def test_without_a_trusted_proxy_nobody_is_believed(redis_url: str) -> None:
    async with cluster(redis_url, connections_per_address=1) as running, wire(running) as endpoint:
        await endpoint.handshake(**{"X-Forwarded-For": "203.0.113.1"})
        query, other = "EIO=4&transport=polling", {"X-Forwarded-For": "203.0.113.2"}
        assert (await endpoint.request("GET", query, headers=other)).status == 429
