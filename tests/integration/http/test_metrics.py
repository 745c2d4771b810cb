"""Who may see the figures, and on which port."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.serving import Serving, serving
from tests.harness import SECRET, Cluster, wait_until
from tests.integration.worker_processes import START_WITHIN, entries, several

TOKEN = "for-prometheus-only"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LIVE = {"env": "production", "gateway_url": "sandbox", "allowed_hosts": "*"}


@contextlib.asynccontextmanager
async def served(cluster: Cluster, **given: Any) -> AsyncIterator[Serving]:
    settings = Settings(jwt_secret=SECRET, host="127.0.0.1", port=0, **given)
    async with serving(settings, cluster.redis_url, cluster.sandbox.url) as up:
        yield up


async def status(port: int | None, path: str = "/metrics", **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}{path}", headers=headers) as answer,
    ):
        assert ("alphasync_commands" in await answer.text()) == (answer.status == 200)
        return answer.status


async def test_in_development_everybody_may(one_server: Cluster) -> None:
    async with served(one_server) as up:
        assert await status(up.port) == 200


async def test_in_production_nobody_may_unless_that_is_set(one_server: Cluster) -> None:
    async with served(one_server, **LIVE) as up:
        assert await status(up.port) == 404
        assert await status(up.port, **BEARER) == 404


@pytest.mark.parametrize("live", [LIVE, {}])
async def test_a_token_lets_in_who_brings_it(one_server: Cluster, live: dict[str, Any]) -> None:
    async with served(one_server, metrics_token=TOKEN, **live) as up:
        assert await status(up.port, **BEARER) == 200
        assert await status(up.port, Authorization=f"bearer {TOKEN}") == 200
        for wrong in ("", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ", "Basic x"):
            assert await status(up.port, Authorization=wrong) == 401
        assert await status(up.port) == 401
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{up.port}/metrics") as answer,
        ):
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert (await answer.json())["code"] == "missing_token"


async def test_with_a_port_of_their_own_they_are_nowhere_else(one_server: Cluster) -> None:
    async with served(one_server, metrics_port=0) as up:
        assert up.metrics_port not in (None, up.port)
        assert await status(up.port) == 404
        assert await status(up.metrics_port) == 200
        for path in ("/", "/healthz", "/api/config", "/socket.io/?EIO=4&transport=polling"):
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"http://127.0.0.1:{up.metrics_port}{path}") as answer,
            ):
                assert answer.status == 404, path
    with pytest.raises(aiohttp.ClientError):
        await status(up.metrics_port)


async def test_the_port_may_want_a_token_too(one_server: Cluster) -> None:
    async with served(one_server, metrics_port=0, metrics_token=TOKEN, **LIVE) as up:
        assert await status(up.metrics_port) == 401
        assert await status(up.metrics_port, **BEARER) == 200
        assert await status(up.port, **BEARER) == 404


async def test_a_port_that_is_taken_is_named_with_its_setting(one_server: Cluster) -> None:
    async with served(one_server, metrics_port=0) as up:
        with pytest.raises(CannotStart, match="METRICS_PORT: cannot listen on"):
            async with served(one_server, metrics_port=up.metrics_port):
                pass
        with pytest.raises(CannotStart, match="METRICS_HOST: this machine cannot listen"):
            async with served(one_server, metrics_port=0, metrics_host="nobody.invalid"):
                pass


@pytest.mark.slow
async def test_several_workers_answer_at_one_port_for_all() -> None:
    async with several(2, metrics_port=0) as running:
        server = running.servers[0]
        ports = {line["metrics_port"] for line in entries(server.log, "serving")}
        assert len(ports) == 1
        [port] = ports
        assert await status(port) == 200
        # One that is told to end leaves the port to the others.
        os.kill(server.pid, signal.SIGHUP)
        await wait_until(lambda: "rolling restart done" in server.log, START_WITHIN, "restarted")
        assert await status(port) == 200


async def figures(url: str) -> dict[str, float]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


async def test_what_people_do_is_measured(one_server: Cluster) -> None:
    before = await figures(one_server.urls[0])
    device = await one_server.device()
    for number in range(3):
        about = {"profileId": "1001", "type": "chat", "message": "x" * number}
        assert (await device.call("updateMessage", about))["ok"]
    assert (await device.start("1001"))["ok"]
    await device.wait_for("processingComplete")

    async def redis_is_measured() -> bool:
        """Ten commands a second are, and all of this may take less."""
        assert (await device.call("countBlocklist", {"profileId": "1001", "type": "chat"}))["ok"]
        name = "alphasync_redis_seconds_count"
        return (await figures(one_server.urls[0]))[name] > before.get(name, 0.0)

    await wait_until(redis_is_measured, what="a command to Redis is measured")
    one_server.servers[0].gauges.look()
    now = await figures(one_server.urls[0])

    def grown(name: str) -> float:
        return now[name] - before.get(name, 0.0)

    assert grown("alphasync_command_seconds_count") >= 4
    assert grown('alphasync_gateway_seconds_count{call="send"}') >= 1
    assert grown('alphasync_commands_total{event="updateMessage",outcome="ok"}') == 3
    assert now['alphasync_connections{transport="websocket"}'] >= 1
    assert now["alphasync_redis_connected"] >= 1
    await wait_until(lambda: _lag_is_measured(one_server.urls[0]), what="the loop's lag")


async def _lag_is_measured(url: str) -> bool:
    return (await figures(url))["alphasync_loop_lag_seconds_count"] > 0
