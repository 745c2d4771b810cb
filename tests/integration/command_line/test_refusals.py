"""What stops the start, and in which words."""

import json
import tempfile
from pathlib import Path

import aiohttp
import pytest

from alphasync.gateway.sandbox import start_sandbox
from tests.harness import Device, Valkey, wait_until
from tests.integration.command_line.programs import (
    SECRET,
    START_WITHIN,
    UP,
    alphasync,
    one_line_of_refusal,
)
from tests.integration.command_line.test_doctor import findings
from tests.integration.command_line.test_serve import ready

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("SEND_INTERVAL", "soon"),
        ("TOKEN_TTL", "9 parsecs"),
        ("TOKEN_TTL", "15s"),
        ("LOCK_TTL", "-5"),
        ("CORS_ORIGINS", "localhost"),
        ("GATEWAY_URL", "ftp://gateway"),
        ("REDIS_URL", "mysql://localhost"),
        ("ALPHASYNC_ENV", "staging"),
        ("LOG_LEVEL", "loud"),
    ],
)
async def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    settings = {"ALPHASYNC_DATA_DIR": str(tmp_path), name: value}
    async with alphasync("serve", **settings) as process:
        await one_line_of_refusal(process, name)


async def test_production_needs_a_secret(redis_url: str, tmp_path: Path) -> None:
    settings = {"REDIS_URL": redis_url, "ALPHASYNC_DATA_DIR": str(tmp_path)}
    settings |= {"ALPHASYNC_ENV": "production", "GATEWAY_URL": "sandbox"}
    for secret in ("", "x", "a" * 64):
        async with alphasync("serve", JWT_SECRET=secret, **settings) as process:
            await one_line_of_refusal(process, "JWT_SECRET")


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_production_needs_a_word_about_the_gateway(
    redis_url: str, tmp_path: Path, workers: str
) -> None:
    settings = {"REDIS_URL": redis_url, "ALPHASYNC_DATA_DIR": str(tmp_path), "JWT_SECRET": SECRET}
    settings |= {"ALPHASYNC_ENV": "production", "WORKERS": workers, "PORT": "0"}
    settings |= {"ALLOWED_HOSTS": "*"}
    async with alphasync("serve", **settings) as process:
        await one_line_of_refusal(process, "GATEWAY_URL")
    async with alphasync("serve", GATEWAY_URL="sandbox", **settings) as process:
        assert "sandbox" in await process.says("workers" if workers == "2" else "state")
    async with alphasync("doctor", **settings) as process:
        assert await process.exit() == 1
        assert findings(process.out)["gateway"][0] == "FAIL"
        assert "GATEWAY_URL" in findings(process.out)["gateway"][1]


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_production_needs_its_names(redis_url: str, tmp_path: Path, workers: str) -> None:
    settings = {"REDIS_URL": redis_url, "ALPHASYNC_DATA_DIR": str(tmp_path), "JWT_SECRET": SECRET}
    settings |= {"ALPHASYNC_ENV": "production", "GATEWAY_URL": "sandbox", "WORKERS": workers}
    async with alphasync("serve", PORT="0", **settings) as process:
        await one_line_of_refusal(process, "ALLOWED_HOSTS")
    async with alphasync("doctor", **settings) as process:
        assert await process.exit() == 1
        assert findings(process.out)["hosts"][0] == "FAIL"
    for given, said, verdict in (
        ("app.example.com", "app.example.com", "ok"),
        ("*", "any name will do", "WEAK"),
    ):
        async with alphasync("doctor", ALLOWED_HOSTS=given, **settings) as process:
            await process.exit()
            status, text = findings(process.out)["hosts"]
            assert (status, said in text) == (verdict, True)


async def test_a_redis_that_is_not_there(free_port: int) -> None:
    url = f"redis://user:hidden@127.0.0.1:{free_port}"
    async with alphasync("serve", REDIS_URL=url, JWT_SECRET=SECRET, PORT="0") as process:
        line = await one_line_of_refusal(process, "REDIS_URL")
        assert f"127.0.0.1:{free_port}" in line
        assert "hidden" not in process.out + process.err


async def test_a_gateway_that_is_not_there(redis_url: str, free_port: int) -> None:
    gateway = f"http://127.0.0.1:{free_port}"
    settings = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "PORT": "0"}
    async with alphasync("serve", GATEWAY_URL=gateway, **settings) as process:
        url = await process.url()
        assert await ready(url)
        (line,) = [line for line in process.err.splitlines() if "the gateway is away" in line]
        assert f"no answer from {gateway}" in json.loads(line)["reason"]
        demo = {"email": "demo@example.com", "password": "demo"}
        async with (
            aiohttp.ClientSession(url) as session,
            session.post("/api/auth/login", json=demo) as response,
        ):
            assert (await response.json())["code"] == "gateway_unavailable"
        # What needs none is served.
        async with alphasync("token", "--operator", "demo", JWT_SECRET=SECRET) as minting:
            assert await minting.exit() == 0
        typing, seeing = [await Device(url, minting.out.strip()).connect() for _ in range(2)]
        typed = {"profileId": "1", "type": "chat", "message": "Hi"}
        assert (await typing.call("updateMessage", typed))["ok"]
        assert (await seeing.wait_for("messageUpdated"))["message"] == "Hi"
        # Once it is there, so is all the rest.
        sandbox = await start_sandbox("127.0.0.1", free_port)
        async with (
            aiohttp.ClientSession(url) as session,
            session.post("/api/auth/login", json=demo) as response,
        ):
            assert response.status == 200
        await typing.close()
        await seeing.close()
        await sandbox.close()


async def test_a_port_that_is_taken(redis_url: str, taken_port: int) -> None:
    settings = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "HOST": "127.0.0.1"}
    async with alphasync("serve", "--port", str(taken_port), **settings) as process:
        line = await one_line_of_refusal(process, "PORT")
        assert str(taken_port) in line


async def test_wait_waits_for_redis() -> None:
    with tempfile.TemporaryDirectory(prefix="as-cli-") as folder:
        valkey = Valkey(Path(folder))
        settings = {"REDIS_URL": valkey.url, "JWT_SECRET": SECRET, "PORT": "0"}
        try:
            async with alphasync("serve", "--wait", **settings) as process:
                await wait_until(
                    lambda: "waiting for Redis" in process.err, START_WITHIN, "it waits"
                )
                assert UP not in process.out
                await valkey.start()
                assert await ready(await process.url())
        finally:
            valkey.stop()
