"""The Valkey that the server brings along, killed: started again on its own data."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from alphasync.services.tokens import Tokens
from alphasync.store.connect import make_client
from tests.faults.harness import ServerProcess
from tests.harness import SECRET, Device

pytestmark = [pytest.mark.faults, pytest.mark.slow]

BACK_WITHIN = 30.0


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="as-embedded-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def valkey_pid(data_dir: Path) -> int:
    client = make_client(f"unix://{data_dir}/valkey.sock")
    try:
        return int((await client.info("server"))["process_id"])
    finally:
        await client.aclose()


@pytest.mark.parametrize("servers", [1, 2])
async def test_typing_goes_on_and_drafts_are_kept(data_dir: Path, servers: int) -> None:
    settings = {"ALPHASYNC_DATA_DIR": str(data_dir), "SEND_INTERVAL": "0"}
    processes = [
        ServerProcess(data_dir / f"server-{place}.log", settings, ("-m", "alphasync"))
        for place in range(servers)
    ]
    token = Tokens((SECRET,), 3600).mint("demo").token
    devices: list[Device] = []
    try:
        for process in processes:
            await process.start()
        for place in range(2):
            device = Device(processes[place % servers].url, token)
            devices.append(await device.connect())
        a, b = devices
        before = {"profileId": "1", "type": "chat", "message": "before"}
        assert (await a.call("updateMessage", before))["ok"]
        first = await valkey_pid(data_dir)
        os.kill(first, signal.SIGKILL)
        after = {"profileId": "2", "type": "chat", "message": "after"}
        async with asyncio.timeout(BACK_WITHIN):
            while not (ack := await a.call("updateMessage", after))["ok"]:
                assert ack["code"] in ("store_unavailable", "unknown_outcome")
                assert ack["retryable"]
        await b.wait_for("messageUpdated", message="after")
        assert not b.named("resync"), "its data, and so its epoch, are the same"
        assert await valkey_pid(data_dir) != first
        newcomer = await Device(processes[-1].url, token).connect()
        devices.append(newcomer)
        await newcomer.wait_for("messageSync", count=2)
        drafts = {data["profileId"]: data["message"] for data in newcomer.named("messageSync")}
        assert drafts == {"1": "before", "2": "after"}
        for device in devices:
            await device.close()
        for process in processes:
            process.terminate()
            assert await process.gone() == 0
    finally:
        for device in devices:
            await device.drop()
        for process in processes:
            process.kill()
        await end_valkey(data_dir)


async def end_valkey(data_dir: Path) -> None:
    """It outlives servers that are killed, on purpose."""
    try:
        os.kill(await valkey_pid(data_dir), signal.SIGKILL)
    except (OSError, RedisError):
        return  # the last server has shut it down
