"""Several workers on one port: real processes, a real port, real signals."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest

from alphasync.store import keys
from alphasync.supervisor.metrics import PREFIX
from tests.faults.harness import GONE_WITHIN, completed, nobody_twice_nobody_lost, site
from tests.faults.returning import ReturningDevice, unbroken
from tests.harness import wait_until
from tests.integration.command_line.programs import UP
from tests.integration.support import people
from tests.integration.worker_processes import (
    ALL_CONNECTED,
    BACK_WITHIN,
    KILLED_WITHIN,
    START_WITHIN,
    entries,
    lives,
    metric,
    pids,
    several,
    workers,
)

pytestmark = pytest.mark.slow


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
