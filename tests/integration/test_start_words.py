"""What a start says and waits for, and a server whose gateway is away."""

import asyncio
import re
import socket
from importlib.metadata import version
from pathlib import Path

import aiohttp
import pytest

from alphasync.checks import CannotStart, check_gateway
from alphasync.config import Settings
from alphasync.gateway.sandbox import start_sandbox
from alphasync.gateway.sandbox.people_file import CSV_COLUMNS
from alphasync.serving import cannot_listen, welcome
from alphasync.surroundings import SANDBOX_PORT, SANDBOX_PORTS_MAX, gateway_url
from tests.harness import PATIENCE, Cluster, wait_until
from tests.integration.command_line.programs import alphasync
from tests.ports import free_port

pytestmark = pytest.mark.slow

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text()


async def test_a_gateway_that_is_waited_for() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with pytest.raises(CannotStart, match=f"^GATEWAY_URL: no answer from {url}"):
        await check_gateway(url)
    waiting = asyncio.create_task(check_gateway(url, wait=True))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    sandbox = await start_sandbox("127.0.0.1", port)
    await asyncio.wait_for(waiting, PATIENCE)
    await sandbox.close()


async def test_without_its_gateway_a_server_serves_what_needs_none(servers: Cluster) -> None:
    a, b = await servers.pair()
    await servers.sandbox.close()
    c = await servers.device()
    draft = {"profileId": "1001", "type": "chat", "message": "Hello"}
    assert (await a.call("updateMessage", draft))["ok"]
    for device in (b, c):
        await device.wait_for("messageUpdated", message="Hello")
    assert (await c.call("countBlocklist", {"profileId": "1001", "type": "chat"}))["ok"]
    async with aiohttp.ClientSession(servers.urls[0]) as web:
        for path in ("/", "/readyz", "/healthz", "/api/config", "/metrics"):
            async with web.get(path) as response:
                assert response.status == 200, path
        bearer = {"Authorization": f"Bearer {servers.token()}"}
        async with web.post("/api/auth/refresh", headers=bearer) as response:
            assert response.status == 200
        credentials = {"email": "demo@example.com", "password": "demo"}
        async with web.post("/api/auth/login", json=credentials) as response:
            said = await response.json()
            assert response.status in (502, 503)
    assert said["code"] == "gateway_unavailable"
    assert "gateway" in said["message"]


async def test_the_version() -> None:
    async with alphasync("--version") as process:
        assert await process.exit() == 0
        assert process.out == f"alphasync {version('alphasync')}\n"


async def test_what_people_takes_is_in_the_help() -> None:
    async with alphasync("sandbox", "--help", COLUMNS="200") as process:
        assert await process.exit() == 0
        for word in (*CSV_COLUMNS, "accounts", "operatorId", "recipients"):
            assert word in process.out


async def test_the_own_sandbox_is_at_the_same_place_each_time() -> None:
    free = []
    for port in range(SANDBOX_PORT, SANDBOX_PORT + SANDBOX_PORTS_MAX):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)):
                free.append(port)
    async with gateway_url(Settings()) as first, gateway_url(Settings()) as second:
        ports = [int(url.rpartition(":")[2]) for url in (first, second)]
        assert ports[0] in free
        assert ports[0] < ports[1] < SANDBOX_PORT + SANDBOX_PORTS_MAX
    async with gateway_url(Settings(port=ports[0])) as url:
        assert int(url.rpartition(":")[2]) != ports[0], "that is the server's own"


def test_a_port_that_is_taken_names_another_one() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with socket.socket() as second, pytest.raises(OSError) as caught:  # noqa: PT011 - any
            second.bind(("", port))
        said = str(cannot_listen(Settings(port=port), caught.value))
    assert f"lsof -i :{port}" in said
    match = re.search(r"PORT=(\d+) is free", said)
    assert match
    with socket.socket() as other:
        other.bind(("", int(match[1])))
    assert int(match[1]) != port


def test_the_start_says_which_gateway() -> None:
    url = "https://gateway.example"
    assert url in welcome(Settings(gateway_url=url), 3001, url)
    for sandbox in (Settings(), Settings(gateway_url="sandbox")):
        said = welcome(sandbox, 3001, "http://127.0.0.1:3002")
        assert "http://127.0.0.1:3002" in said
        assert "sandbox" in said


def test_make_says_that_it_installs() -> None:
    recipes = re.findall(r"^\$\(VENV\)/\.\w+:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    installing = [recipe for recipe in recipes if "pip install" in recipe]
    assert len(installing) == 4
    for recipe in installing:
        assert re.match(r'\t@echo "Installing .*"\n', recipe)


async def test_both_are_waited_for(redis_url: str) -> None:
    port = free_port()
    gateway = f"http://127.0.0.1:{port}"
    settings = {"REDIS_URL": redis_url, "GATEWAY_URL": gateway, "PORT": "0", "JWT_SECRET": "s" * 9}
    async with alphasync("serve", "--wait", **settings) as process:
        await wait_until(lambda: "waiting for the gateway" in process.err)
        sandbox = await start_sandbox("127.0.0.1", port)
        await process.url()
        assert gateway in process.out
    # Not sooner: a connection that the server makes as it closes would be left open by both.
    await sandbox.close()
