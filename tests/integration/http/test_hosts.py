"""A server goes by its own names only, whatever is asked of it (DNS rebinding)."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from structlog.testing import capture_logs

from tests.harness import Cluster, cluster

NAME = "app.example.com"
REBOUND = "evil.example"
SOCKETS = "/socket.io/?EIO=4&transport="
ASKED = [
    ("GET", "/"),
    ("GET", "/api/config"),
    ("POST", "/api/auth/login"),
    ("OPTIONS", "/api/auth/login"),
    ("GET", "/nowhere"),
    ("GET", "/socket.io/socket.io.js"),
    ("GET", f"{SOCKETS}polling"),
    ("GET", f"{SOCKETS}polling&sid=x"),
    ("POST", f"{SOCKETS}polling&sid=x"),
    ("GET", "/healthz/"),
]


@pytest.fixture
async def named(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, allowed_hosts=[NAME]) as running:
        yield running


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_under_another_name_nothing_is_answered(
    named: Cluster, method: str, path: str
) -> None:
    headers = {"Host": REBOUND, "Origin": f"http://{REBOUND}"}
    async with (
        aiohttp.ClientSession(named.urls[0]) as http,
        http.request(method, path, headers=headers) as response,
    ):
        assert response.status == 421
        assert json.loads(await response.text() or "{}")["code"] == "unknown_host"
        assert not [name for name in response.headers if name.startswith("Access-Control-Allow")]
    async with (
        aiohttp.ClientSession(named.urls[0]) as http,
        http.request(method, path, headers={"Host": f"{NAME}:8443"}) as response,
    ):
        assert response.status != 421


async def test_no_socket_is_opened_under_another_name(named: Cluster) -> None:
    async with aiohttp.ClientSession(named.urls[0]) as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(
                f"{SOCKETS}websocket", origin=f"http://{REBOUND}", headers={"Host": REBOUND}
            )
        assert refused.value.status == 421
        assert not named.servers[0].realtime.server.eio.sockets
        origin = f"https://{NAME}"
        async with http.ws_connect(
            f"{SOCKETS}websocket", origin=origin, headers={"Host": NAME}
        ) as socket:
            assert (await socket.receive_str()).startswith("0{")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_its_health_is_told_to_who_asks_by_address(named: Cluster, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(named.urls[0] + path) as response:
        assert response.status == 200


async def test_the_log_says_which_name_is_missing(named: Cluster) -> None:
    async with aiohttp.ClientSession() as http:
        with capture_logs() as lines:
            async with http.get(named.urls[0], headers={"Host": "forgotten.example.com"}):
                pass
    (line,) = [line for line in lines if "ALLOWED_HOSTS" in line["event"]]
    assert "forgotten.example.com" in line["host"]


async def test_by_default_it_goes_by_any_name(one_server: Cluster) -> None:
    async with (
        aiohttp.ClientSession(one_server.urls[0]) as http,
        http.get("/", headers={"Host": "my-laptop.fritz.example"}) as response,
    ):
        assert response.status == 200
