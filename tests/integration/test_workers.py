"""Several workers on one port: real processes, a real port, real signals."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import sys
import tempfile
import termios
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alphasync.intake.sockets import listening
from alphasync.store import keys
from alphasync.supervisor.assignment import Assignment
from alphasync.supervisor.metrics import PREFIX
from alphasync.supervisor.process import NotReady, WorkerProcess
from alphasync.supervisor.worker import NotAWorker, Worker
from tests.faults.harness import GONE_WITHIN, Site, completed, nobody_twice_nobody_lost, site
from tests.faults.returning import ReturningDevice, unbroken
from tests.harness import Device, wait_until
from tests.integration.command_line.programs import UP
from tests.integration.support import people

pytestmark = pytest.mark.slow

START_WITHIN = 60.0
"""Seconds for new interpreters to serve on a busy machine."""
KILLED_WITHIN, BACK_WITHIN = 30.0, 30.0
"""Seconds for a worker that hangs to be killed, and for its devices once another one serves."""
ALL_CONNECTED = 15.0
"""Seconds for devices to be back."""


def entries(log: str, event: str) -> list[dict[str, Any]]:
    """The lines of a log about this event, in order."""
    lines = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return [line for line in lines if line["event"] == event]


def workers(log: str) -> dict[int, dict[str, Any]]:
    """By number, what each worker said of itself when it began to serve; the newest of each."""
    return {line["worker"]: line for line in entries(log, "serving")}


def pids(log: str) -> set[int]:
    return {line["pid"] for line in workers(log).values()}


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def metric(running: Site, name: str) -> float:
    """The value that a scrape gives, whichever worker answers it."""
    async with running.http.get(f"{running.urls[0]}/metrics") as response:
        assert response.status == 200
        lines = (await response.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@contextlib.asynccontextmanager
async def several(count: int, **settings: Any) -> AsyncIterator[Site]:
    """A site of one server with so many workers, all of which serve."""
    async with site(1, workers=count, **settings) as running:
        server = running.servers[0]
        await wait_until(lambda: UP in server.log, START_WITHIN, "all workers serve")
        assert len(pids(server.log)) == count
        yield running
        await running.leave()
        server.terminate()
        assert await server.gone(GONE_WITHIN) == 0
        assert not any(lives(pid) for pid in pids(server.log))


async def test_all_serve_and_one_that_is_killed_is_back() -> None:
    async with several(3) as running:
        server = running.servers[0]
        devices: list[ReturningDevice] = []

        async def idle() -> list[str]:
            """Servers that hold no device."""
            names = [worker["server"] for worker in workers(server.log).values()]
            return [n for n in names if not await running.redis.exists(keys.holdings(n))]

        while len(devices) < 12 or await idle():
            devices.append(await running.returning())
        for device in devices:
            assert (await device.call("heartbeat"))["ok"]
        beats = 'alphasync_commands_total{event="heartbeat",outcome="ok"}'
        for _ in range(6):  # not each by the same worker
            assert await metric(running, "alphasync_sessions") == len(devices)
            assert await metric(running, beats) == len(devices)

        before = pids(server.log)
        killed = workers(server.log)[2]["pid"]
        os.kill(killed, signal.SIGKILL)
        await wait_until(lambda: sum(len(device.lost) for device in devices) > 0, what="cut off")
        async with asyncio.timeout(ALL_CONNECTED):
            await asyncio.gather(*(device.connected.wait() for device in devices))
        await wait_until(lambda: entries(server.log, "worker is back"), START_WITHIN)
        assert pids(server.log) - before == {workers(server.log)[2]["pid"]}
        assert len(pids(server.log)) == 3
        (death,) = entries(server.log, "worker died")
        assert (death["worker"], death["pid"], death["how"]) == (2, killed, "signal 9")
        for device in devices:
            unbroken(device.events)
            assert (await device.call("heartbeat"))["ok"]
        for _ in range(6):
            assert await metric(running, "alphasync_sessions") == len(devices)
            assert await metric(running, beats) == 2 * len(devices), "the dead one's are kept"


async def test_one_that_hangs_is_replaced_and_its_devices_are_back() -> None:
    async with several(2) as running:
        server = running.servers[0]
        devices: list[ReturningDevice] = []
        hung = workers(server.log)[2]
        while len(devices) < 4 or not await running.redis.exists(keys.holdings(hung["server"])):
            devices.append(await running.returning())
        os.kill(hung["pid"], signal.SIGSTOP)
        started = asyncio.get_running_loop().time()
        gone = "worker killed: no sign of life"
        await wait_until(lambda: entries(server.log, gone), START_WITHIN)
        assert asyncio.get_running_loop().time() - started < KILLED_WITHIN
        await wait_until(lambda: entries(server.log, "worker is back"), START_WITHIN)
        (killed,) = entries(server.log, gone)
        assert (killed["worker"], killed["pid"]) == (2, hung["pid"])
        assert any(device.lost for device in devices)
        async with asyncio.timeout(BACK_WITHIN):
            await asyncio.gather(*(device.connected.wait() for device in devices))
        for device in devices:
            unbroken(device.events)
        assert not any(line["worker"] == 1 for line in entries(server.log, "worker died"))


@pytest.mark.parametrize("place", ["data", "tmp"])
async def test_a_metrics_folder_that_was_tidied_up_is_made_anew(tmp_path: Path, place: str) -> None:
    data, tmp = tmp_path / "data", tmp_path / "tmp"
    tmp.mkdir()
    if place == "data":
        data.mkdir()
        (data / f"{PREFIX}left-by-one-that-was-killed").mkdir()
    async with several(2, alphasync_data_dir=data, tmpdir=tmp) as running:
        server = running.servers[0]
        (folder,) = (tmp_path / place).glob(f"{PREFIX}*")
        shutil.rmtree(folder)
        device = await running.device()
        assert (await device.call("heartbeat"))["ok"]
        for _ in range(4):  # not each by the same worker
            assert await metric(running, "alphasync_sessions") in (0, 1), "what the one has itself"
        os.kill(workers(server.log)[1]["pid"], signal.SIGKILL)
        await wait_until(lambda: entries(server.log, "worker is back"), START_WITHIN)
        assert list(folder.iterdir())
        for _ in range(4):
            assert await metric(running, "alphasync_sessions") in (0, 1)
    assert not list(tmp_path.glob(f"*/{PREFIX}*"))


async def knock(url: str, stop: asyncio.Event, distance: float) -> list[str]:
    """Connect all the time, each time anew, and ask so many seconds later; what went wrong."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    request = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    wrong = []
    while not stop.is_set():
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            await asyncio.sleep(distance)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            if not answer.startswith(b"HTTP/1.1 200"):
                wrong.append(f"answered {answer!r}")
        except OSError as error:
            wrong.append(repr(error))
        await asyncio.sleep(0.002)
    return wrong


async def test_a_rolling_restart_in_the_middle_of_a_run() -> None:
    async with several(2, people=people(p=50), send_interval=0.1) as running:
        server = running.servers[0]
        devices = [await running.returning() for _ in range(8)]
        before = pids(server.log)
        assert (await devices[0].start("p"))["ok"]
        await devices[-1].wait_for("processingProgress", 3)
        stop = asyncio.Event()
        knocking = [asyncio.create_task(knock(server.url, stop, d)) for d in [0] * 3 + [0.2] * 12]
        os.kill(server.pid, signal.SIGHUP)
        await wait_until(lambda: entries(server.log, "rolling restart done"), 2 * START_WITHIN)
        stop.set()
        assert [wrong for found in await asyncio.gather(*knocking) for wrong in found] == []
        assert not pids(server.log) & before
        assert not any(lives(pid) for pid in before)
        assert not entries(server.log, "worker died")
        for device in devices:
            await completed(device)
            assert device.lost
            assert unbroken(device.events) == 1, "recovered each time, without a snapshot"
            assert not device.named("processingInterrupted")
        await nobody_twice_nobody_lost(running, devices[0], "p", 50)


async def test_workers_do_not_outlive_their_supervisor(tmp_path: Path) -> None:
    async with site(1, workers=2, tmpdir=tmp_path) as running:
        server = running.servers[0]
        await wait_until(lambda: UP in server.log, START_WITHIN, "all workers serve")
        device = await running.returning()
        orphans = pids(server.log)
        server.kill()
        await device.wait_for("deviceRegistered")
        await wait_until(lambda: not any(map(lives, orphans)), GONE_WITHIN, "the workers are gone")
        assert len(entries(server.log, "stopping")) == 2, "by themselves, and in order"
        assert not list(tmp_path.iterdir()), "nothing is left behind"
        await server.start()  # on the same port
        await wait_until(device.connected.is_set, ALL_CONNECTED, "the device is back")
        assert len(device.lost) == 1


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
