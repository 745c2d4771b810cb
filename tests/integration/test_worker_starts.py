"""How worker processes come to their port, and what they say when they cannot."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import signal
import sys
import tempfile
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from alphasync.intake.sockets import listening
from alphasync.supervisor.assignment import Assignment
from alphasync.supervisor.process import NotReady, WorkerProcess
from alphasync.supervisor.worker import NotAWorker, Worker
from tests.faults.harness import GONE_WITHIN
from tests.harness import Device, wait_until
from tests.integration.command_line.programs import UP
from tests.integration.worker_processes import START_WITHIN, entries, lives, pids, workers

pytestmark = pytest.mark.slow


async def test_a_newcomer_on_a_machine_with_many_cores() -> None:
    """Its own Valkey, gateway and key for all; a new worker that cannot start harms nobody; the
    end of the terminal is the end of the server."""
    terminal, ours = pty.openpty()
    with tempfile.TemporaryDirectory(prefix="as-workers-") as folder:
        async with on_terminal(
            ours, "serve", "--workers", "2", "--port", "0", "--data-dir", folder
        ) as (process, log):
            os.close(ours)
            await wait_until(lambda: UP in log.read_text(), START_WITHIN, "all workers serve")
            found = re.search(rf"{UP}\s+http://localhost:(\d+)", log.read_text())
            assert found
            url = f"http://127.0.0.1:{found[1]}"
            before = pids(log.read_text())
            assert len(before) == 2
            async with aiohttp.ClientSession(url) as session:
                async with session.get("/api/config") as response:
                    assert (await response.json())["sandbox"] is True
                demo = {"email": "demo@example.com", "password": "demo"}
                async with session.post("/api/auth/login", json=demo) as response:
                    token = (await response.json())["token"]
            # Each request of a poll may come to either worker.
            device = await Device(url, token, transports=["polling", "websocket"]).connect()
            other = await Device(url, token, transports=["polling"]).connect()
            await device.start(profile="1001")
            assert (await other.wait_for("processingComplete"))["stats"]["sent"] == 10
            await other.close()

            secret = Path(folder) / "jwt-secret"
            kept = secret.read_text()
            secret.write_text("")
            os.kill(process.pid, signal.SIGHUP)
            given_up = "rolling restart given up, the old workers go on"
            await wait_until(lambda: entries(log.read_text(), given_up), START_WITHIN)
            (line,) = entries(log.read_text(), given_up)
            assert "JWT_SECRET" in line["reason"]
            assert all(map(lives, before))
            assert (await device.call("heartbeat"))["ok"]
            await device.close()

            os.kill(workers(log.read_text())[1]["pid"], signal.SIGKILL)
            await wait_until(lambda: entries(log.read_text(), "worker cannot start"), START_WITHIN)
            secret.write_text(kept)
            await wait_until(lambda: entries(log.read_text(), "worker is back"), START_WITHIN)
            assert len(pids(log.read_text()) - before) == 1

            os.close(terminal)
            async with asyncio.timeout(GONE_WITHIN):
                assert await process.wait() == 0
            assert not any(map(lives, pids(log.read_text())))
            assert "Traceback" not in log.read_text()


@contextlib.asynccontextmanager
async def on_terminal(
    tty: int, *arguments: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """Run the command with this terminal as its own, and what it writes in a file."""
    unset = ("REDIS_URL", "GATEWAY_URL", "ALPHASYNC_ENV", "JWT_SECRET", "CORS_ORIGINS")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    with tempfile.NamedTemporaryFile(prefix="as-workers-") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "alphasync", *arguments),
            stdin=tty,
            stdout=log,
            stderr=log,
            env={**environment, "SEND_INTERVAL": "0"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        try:
            yield process, Path(log.name)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def test_a_port_that_others_share_is_taken() -> None:
    with listening("127.0.0.1", 0, 2) as (port, slots):
        assert {sock.getsockname() for slot in slots for sock in slot} == {("127.0.0.1", port)}
        with pytest.raises(OSError, match="in use"), listening("127.0.0.1", port, 2):
            pytest.fail("opened twice")
    with listening("localhost", port, 2) as (again, slots):
        assert again == port
        assert len(slots) == 2


async def test_a_worker_says_why_it_cannot_start(redis_url: str) -> None:
    assignment = Assignment(1, [], redis_url, "http://127.0.0.1:1")
    worker = await WorkerProcess.start(assignment, {**os.environ, "SEND_INTERVAL": "soon"})
    with pytest.raises(NotReady, match="SEND_INTERVAL"):
        await worker.ready()
    assert await worker.ended() == 1
    worker.retire()


def test_a_worker_has_a_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        with pytest.raises(NotAWorker):
            Worker.from_stdin()
