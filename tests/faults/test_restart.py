"""One server that is ended and started again later: nobody's grace runs while there is none."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import (
    GONE_WITHIN,
    START_WITHIN,
    Site,
    completed,
    nobody_twice_nobody_lost,
    site,
)
from tests.faults.returning import unbroken
from tests.harness import wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RECIPIENTS = 40
KINDS = [
    (kept, gap, how)
    for kept in ("redis", "embedded")
    for gap in (1, 6, 20)
    for how in (signal.SIGTERM, signal.SIGKILL)
]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="as-restart-") as name:
        yield Path(name)


@pytest.fixture
async def alone(folder: Path, kept: str) -> AsyncIterator[Site]:
    own: dict[str, Any] = {}
    if kept == "embedded":
        own = {"redis_url": "", "alphasync_data_dir": folder}
    both = people(p=RECIPIENTS, q=RECIPIENTS, long=1000)
    async with site(1, people=both, send_interval=0.15, **own) as running:
        yield running
        if kept == "embedded":  # a killed one leaves its Valkey; the last one that ends stops it
            running.servers[0].terminate()
            await running.servers[0].gone()


@pytest.mark.parametrize(("kept", "gap", "how"), KINDS)
async def test_a_run_goes_on_when_its_device_comes_back(
    alone: Site, gap: float, how: signal.Signals
) -> None:
    server = alone.servers[0]
    a = await alone.returning()
    bare = await alone.returning(remembers=False, token=alone.token("bare"))
    ids = (a.id, bare.id)
    assert (await a.start("p"))["ok"]
    assert (await bare.start("q"))["ok"]
    await a.wait_for("processingProgress", 8)
    if how is signal.SIGTERM:
        server.terminate()
        assert await server.gone(GONE_WITHIN) == 0
    else:
        server.kill()
    await asyncio.sleep(gap)
    await server.start()
    for device in (a, bare):
        await completed(device)
        assert not device.named("processingInterrupted")
    assert unbroken(a.events) == 1
    if how is signal.SIGTERM:
        assert (a.id, bare.id) == ids
        assert "dead server" not in server.log, "it had ended as it should"
    await nobody_twice_nobody_lost(alone, a, "p", RECIPIENTS)
    await nobody_twice_nobody_lost(alone, bare, "q", RECIPIENTS)


@pytest.mark.parametrize("kept", ["redis"])
async def test_who_does_not_come_back_has_the_grace_from_when_a_server_is_there(
    alone: Site,
) -> None:
    server, loop = alone.servers[0], asyncio.get_running_loop()
    a = await alone.device()
    assert (await a.start("long"))["ok"]
    await a.wait_for("processingProgress", 3)
    server.terminate()
    assert await server.gone(GONE_WITHIN) == 0
    await asyncio.sleep(6)
    up_at = loop.time()
    await server.start()
    b = await alone.device()
    await wait_until(lambda: b.named("processingInterrupted"), 60.0, "told")
    assert loop.time() - up_at > 11.5
    assert b.last("processingInterrupted")["code"] == "device_disconnected"
    assert len(b.named("processingTakenOver")) <= 1
    assert (await b.start("long"))["ok"], "the lock is free"


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("moment", ["valkey.lock", "valkey.sock"])
async def test_a_start_that_is_broken_off_leaves_nothing_running(
    folder: Path, moment: str, workers: str
) -> None:
    ours = ("REDIS_URL", "GATEWAY_URL", "JWT_SECRET", "ALPHASYNC_ENV", "CORS_ORIGINS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "alphasync", "serve", "--port", "0", "--data-dir", str(folder)],
            env={**environment, "WORKERS": workers},
            stdout=log,
            stderr=log,
        )
    await wait_until((folder / moment).exists, START_WITHIN, moment)
    process.terminate()
    await wait_until(lambda: process.poll() is not None, GONE_WITHIN, "end")
    assert process.returncode == 0
    assert "Traceback" not in (folder / "log").read_text()
    with (folder / "valkey.alive").open("wb") as alive:
        fcntl.lockf(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while a Valkey lives there
