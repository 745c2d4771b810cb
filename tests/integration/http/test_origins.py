"""Who may call from where, over HTTP and on sockets."""

import json
import re
from typing import Any

import aiohttp
import pytest

from alphasync.reference.calls import CALLS
from tests.harness import Cluster, cluster
from tests.integration.http.asking import ALLOWED, DEMO, FOREIGN

pytestmark = pytest.mark.any_redis


PATHS = [
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("GET", "/api/profiles"),
    ("GET", "/api/profiles/1001/attachments"),
]
EVERY = [(call.method, re.sub(r"\{\w+\}", "1001", call.path)) for call in CALLS]


@pytest.mark.parametrize("origin", ALLOWED)
async def test_allowed_origins_over_http(web: aiohttp.ClientSession, origin: str) -> None:
    for method, path in PATHS:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,x-alpha-date-token,authorization",
        }
        async with web.options(path, headers=asked) as response:
            assert response.status in (200, 204)
            headers = response.headers
            assert headers.getall("Access-Control-Allow-Origin") == [origin]
            assert headers.getall("Access-Control-Allow-Credentials") == ["true"]
            assert method in headers["Access-Control-Allow-Methods"]
            allowed = headers["Access-Control-Allow-Headers"].lower()
            for name in ("content-type", "x-alpha-date-token", "authorization"):
                assert name in allowed
        async with web.request(method, path, headers={"Origin": origin}) as response:
            assert response.status in (401, 415), "an error is readable too"
            assert response.headers.getall("Access-Control-Allow-Origin") == [origin]
            assert response.headers.getall("Access-Control-Allow-Credentials") == ["true"]
            assert "origin" in response.headers["Vary"].lower()


@pytest.mark.parametrize("origin", FOREIGN)
async def test_foreign_origins_over_http(web: aiohttp.ClientSession, origin: str) -> None:
    for method, path in EVERY:
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        for verb in ("OPTIONS", method):
            async with web.request(verb, path, headers=asked) as response:
                assert not [h for h in response.headers if h.startswith("Access-Control-")]


@pytest.mark.parametrize("origin", ALLOWED)
async def test_allowed_origins_on_sockets(one_server: Cluster, origin: str) -> None:
    path = "/socket.io/?EIO=4&transport="
    async with aiohttp.ClientSession(one_server.urls[0]) as session:
        headers = {"Origin": origin}
        async with session.get(f"{path}polling", headers=headers) as response:
            assert response.status == 200
            sid = json.loads((await response.text())[1:])["sid"]
            assert response.headers.getall("Access-Control-Allow-Origin") == [origin]
            assert response.headers.getall("Access-Control-Allow-Credentials") == ["true"]
        async with session.post(f"{path}polling&sid={sid}", data="1", headers=headers) as response:
            assert response.headers.getall("Access-Control-Allow-Origin") == [origin]
        async with session.ws_connect(f"{path}websocket", origin=origin) as ws:
            assert (await ws.receive_str()).startswith("0{")


@pytest.mark.parametrize("origin", FOREIGN)
async def test_foreign_origins_on_sockets(one_server: Cluster, origin: str) -> None:
    path = "/socket.io/?EIO=4&transport="
    async with aiohttp.ClientSession(one_server.urls[0]) as session:
        for query in ("polling", "polling&sid=x"):
            for verb in ("GET", "POST"):
                async with session.request(
                    verb, path + query, headers={"Origin": origin}
                ) as response:
                    assert response.status == 400
                    assert "Access-Control-Allow-Origin" not in response.headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{path}websocket", origin=origin)
        assert refused.value.status == 400
    assert not one_server.servers[0].realtime.server.eio.sockets


async def test_every_answer_of_the_api_is_guarded(web: aiohttp.ClientSession) -> None:
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/config", {}),
        ("POST", "/api/auth/login", {"json": DEMO}),
        ("POST", "/api/auth/login", {"json": {}}),
        ("POST", "/api/auth/login", {"data": "x"}),
        ("POST", "/api/auth/refresh", {}),
        ("GET", "/api/profiles", {}),
        ("GET", "/api/nowhere", {}),
        ("PUT", "/api/auth/login", {}),
        ("OPTIONS", "/api/auth/login", {}),
    ]
    for origin in ({}, {"Origin": ALLOWED[0]}, {"Origin": FOREIGN[1]}):
        for method, path, options in requests:
            async with web.request(method, path, headers=origin, **options) as response:
                said = response.headers
                assert said["X-Content-Type-Options"] == "nosniff", (method, path)
                assert said["Cache-Control"] == "no-store", (method, path)
                assert said.getall("Vary") == ["Origin, Accept-Encoding"], (method, path)
                assert said.get("Server", "alphasync") == "alphasync"
    for query in ("", "&sid=x"):
        for origin in ({}, {"Origin": FOREIGN[1]}):
            target = f"/socket.io/?EIO=4&transport=polling{query}"
            async with web.get(target, headers=origin) as response:
                assert "Origin" in response.headers.getall("Vary")
                assert response.headers.get("Server", "alphasync") == "alphasync"


async def test_its_own_origin_may_use_sockets(one_server: Cluster) -> None:
    own = one_server.urls[0]
    async with (
        aiohttp.ClientSession(own) as session,
        session.ws_connect("/socket.io/?EIO=4&transport=websocket", origin=own) as ws,
    ):
        assert (await ws.receive_str()).startswith("0{")


async def test_origins_are_a_setting(redis_url: str) -> None:
    origin = "https://app.example.com"
    async with (
        cluster(redis_url, cors_origins=[origin]) as running,
        aiohttp.ClientSession(running.urls[0]) as session,
    ):
        for asked, allowed in ((origin, True), (ALLOWED[0], False)):
            async with session.get("/api/profiles", headers={"Origin": asked}) as response:
                assert ("Access-Control-Allow-Origin" in response.headers) == allowed
            async with session.get(
                "/socket.io/?EIO=4&transport=polling", headers={"Origin": asked}
            ) as response:
                assert (response.status == 200) == allowed
