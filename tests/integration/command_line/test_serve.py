"""``alphasync serve`` from its start to its end."""

import asyncio
import signal
import tempfile

import aiohttp
import pytest

from tests.harness import Device
from tests.integration.command_line.programs import SECRET, START_WITHIN, alphasync

pytestmark = pytest.mark.slow


async def ready(url: str) -> bool:
    """Wait until the server says that it is ready."""
    async with aiohttp.ClientSession(url) as session, asyncio.timeout(START_WITHIN):
        while True:
            async with session.get("/readyz") as response:
                if response.status == 200:
                    return True
            await asyncio.sleep(0.02)


async def test_serve_runs_from_end_to_end_with_nothing_set() -> None:
    """What the first command of a newcomer does: its own Valkey, its own gateway, its own key."""
    with tempfile.TemporaryDirectory(prefix="as-cli-") as folder:
        data = ["--data-dir", folder]
        async with alphasync("serve", "--port", "0", *data, SEND_INTERVAL="0") as process:
            url = await process.url()
            assert "demo@example.com" in process.out
            async with aiohttp.ClientSession(url) as session:
                demo = {"email": "demo@example.com", "password": "demo"}
                async with session.post("/api/auth/login", json=demo) as response:
                    signed_in = await response.json()
            device = await Device(url, signed_in["token"]).connect()
            await device.start()
            assert (await device.wait_for("processingComplete"))["stats"]["sent"] == 10
            await device.close()
            # Tokens from the command line are made with the same key.
            async with alphasync("token", "--operator", "demo", *data) as minting:
                assert await minting.exit() == 0
            other = await Device(url, minting.out.strip()).connect()
            state = await other.wait_for("processingStateSync")
            assert (state["status"], state["sent"]) == ("completed", 10)
            await other.close()
            process.signal(signal.SIGTERM)
            assert await process.exit() == 0
            assert "Traceback" not in process.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_a_run_going_on(redis_url: str, number: signal.Signals) -> None:
    settings = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "PORT": "0", "SEND_INTERVAL": "0.2"}
    async with alphasync("serve", **settings) as process:
        url = await process.url()
        async with alphasync("token", "--operator", "demo", JWT_SECRET=SECRET) as minting:
            assert await minting.exit() == 0
        device = await Device(url, minting.out.strip()).connect()
        poll = Device(url, minting.out.strip(), transports=["polling"])
        await poll.connect()
        await device.start("1005")
        await device.wait_for("processingProgress", count=3)
        process.signal(number)
        assert await process.exit() == 0, process.err
        assert "Traceback" not in process.err, process.err
        await device.close()
        await poll.close()
