"""How many requests one client's address may send, whatever they are, and who waits for them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.harness import PATIENCE, Cluster, cluster, wait_until
from tests.integration.test_connection_limits import counted

BURST = 3
FEW: dict[str, Any] = {"request_burst_per_address": BURST, "request_rate_per_address": 0.01}
"""As good as no more, once the burst is used up."""
POLLING = "/socket.io/?EIO=4&transport=polling"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
LAST = {**UPGRADE, "Connection": "Upgrade, close"}
REQUESTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "page": ("GET", "/", {}),
    "head": ("HEAD", "/", {}),
    "file": ("GET", "/socket.io/socket.io.js", {}),
    "file that is nowhere": ("GET", "/static/nowhere/x.js", {}),
    "nothing": ("GET", "/nothing", {}),
    "health": ("GET", "/healthz", {}),
    "readiness": ("GET", "/readyz", {}),
    "metrics": ("GET", "/metrics", {}),
    "preflight": ("OPTIONS", "/api/auth/login", {"Origin": "http://localhost:3000"}),
    "preflight of a handshake": ("OPTIONS", POLLING, {"Origin": "http://localhost:3000"}),
    "login": ("POST", "/api/auth/login", {"Content-Type": "application/json"}),
    "wrong method": ("PUT", "/", {}),
    "handshake": ("GET", POLLING, {}),
    "handshake of a WebSocket": ("GET", "/socket.io/?EIO=4&transport=websocket", UPGRADE),
    "foreign origin": ("GET", POLLING, {"Origin": "https://foreign.example"}),
    "other protocol": ("GET", "/socket.io/?EIO=3&transport=polling", {}),
    "poll of a dead session": ("GET", f"{POLLING}&sid=dead", {}),
    "POST of a dead session": ("POST", f"{POLLING}&sid=dead", {}),
    "upgrade of a dead session": ("GET", "/socket.io/?EIO=4&transport=websocket&sid=dead", LAST),
    "expectation": ("GET", "/", {"Expect": "something"}),
    "compressed": ("POST", "/api/auth/login", {"Content-Encoding": "gzip"}),
}


def raw(method: str, target: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Content-Length: 0"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def ask(running: Cluster, *requests: bytes) -> bytes:
    """All that comes back on one connection until the server closes it, or says no more."""
    host, port = running.urls[-1].removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"".join(requests))
    answer = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            while piece := await reader.read(65536):
                answer += piece
                if b"HTTP/1.1 101" in answer:
                    break
    except ConnectionResetError:
        pass  # closed with more on its way
    finally:
        writer.close()
    return bytes(answer)


@pytest.mark.parametrize("kind", REQUESTS)
async def test_whatever_is_asked_counts(redis_url: str, kind: str) -> None:
    method, target, headers = REQUESTS[kind]
    if "Connection" not in headers:
        headers = {**headers, "Connection": "close"}
    async with cluster(redis_url, **FEW) as running:
        for _ in range(BURST):
            answer = await ask(running, raw(method, target, headers))
            assert b" 429 " not in answer.split(b"\r\n")[0]
        head, _, body = (await ask(running, raw(method, target, headers))).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429"), head
    assert b"\r\nRetry-After: 10" in head
    assert b"\r\nConnection: close" in head
    if method != "HEAD":
        assert json.loads(body)["code"] == "too_many_requests"


async def test_those_behind_each_other_on_one_connection_count(redis_url: str) -> None:
    async with cluster(redis_url) as running, counted(running, "requests_per_address", 1):
        await running.add_server(**FEW)
        answer = await ask(running, raw("GET", "/healthz", {}) * 20)
    assert (answer.count(b"HTTP/1.1 200"), answer.count(b"HTTP/1.1 429")) == (BURST, 1)
    assert answer.count(b"HTTP/1.1 ") == BURST + 1, "the rest is read no more"


async def test_those_of_many_connections_count_together(redis_url: str) -> None:
    async with cluster(redis_url, **{**FEW, "request_burst_per_address": 30}) as running:
        answers = await asyncio.gather(*(ask(running, raw("GET", "/", {}) * 4) for _ in range(20)))
    assert sum(answer.count(b"HTTP/1.1 200") for answer in answers) == 30


async def test_one_too_many_waits_and_is_answered(redis_url: str) -> None:
    loop = asyncio.get_running_loop()
    settings: dict[str, Any] = {"request_burst_per_address": 1, "request_rate_per_address": 10}
    async with cluster(redis_url, **settings) as running:
        begun = loop.time()
        answer = await ask(
            running, raw("GET", "/healthz", {}) * 4 + raw("GET", "/", {"Connection": "close"})
        )
        assert loop.time() - begun >= 0.39
    assert answer.count(b"HTTP/1.1 200") == 5


@pytest.fixture
async def proxied(redis_url: str) -> AsyncIterator[Cluster]:
    """Behind a proxy; the second request of an address has to wait for seconds."""
    async with cluster(
        redis_url,
        trusted_proxies="127.0.0.1",
        request_burst_per_address=1,
        request_rate_per_address=0.2,
    ) as running:
        yield running


@pytest.mark.parametrize("other", ["203.0.113.2", "2001:db8:0:1::1"])
async def test_another_address_does_not_wait(proxied: Cluster, other: str) -> None:
    def of(address: str) -> bytes:
        return raw("GET", "/", {"X-Forwarded-For": address, "Connection": "close"})

    for first, second in (("203.0.113.1", "203.0.113.1"), ("2001:db8::1", "2001:db8::2")):
        assert (await ask(proxied, of(first))).startswith(b"HTTP/1.1 200")
        waiting = asyncio.create_task(ask(proxied, of(second)))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        if first == "203.0.113.1":
            assert (await ask(proxied, of(other))).startswith(b"HTTP/1.1 200")
            assert not waiting.done(), "it was answered first"
        waiting.cancel()


@pytest.mark.slow
async def test_a_device_that_is_known_is_not_counted(redis_url: str) -> None:
    settings = {**FEW, "request_burst_per_address": 20}
    async with cluster(redis_url, **settings) as running:
        device = await running.device(transports=["polling"])
        async with aiohttp.ClientSession(running.urls[0]) as http:
            stranger = json.loads((await (await http.get(POLLING)).text())[1:])["sid"]
            while (await http.get("/healthz")).status == 200:
                pass
            for _ in range(50):
                assert await device.call("heartbeat") == {"ok": True}
            assert (await http.get(f"{POLLING}&sid={stranger}")).status == 429
            known = device.client.eio.sid
            assert (await http.get(f"/?EIO=4&transport=polling&sid={known}")).status == 429
            assert (await http.put(f"{POLLING}&sid={known}")).status == 429
        await wait_until(lambda: device.client.connected)
