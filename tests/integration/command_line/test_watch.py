"""``alphasync watch``, at a running server."""

import asyncio
import json
import os
import pty
import re
import signal
import sys
from typing import Any

import pytest

from tests.harness import Cluster, cluster, wait_until
from tests.integration.command_line.programs import Process, alphasync

pytestmark = pytest.mark.slow

ABOUT = {"profileId": "1001", "type": "chat"}


def events(process: Process) -> list[tuple[str, dict[str, Any]]]:
    lines = map(json.loads, process.out.splitlines())
    return [(line["event"], line["data"]) for line in lines]


async def test_what_devices_do_is_written_until_it_is_stopped(one_server: Cluster) -> None:
    device = await one_server.device()
    names = {"ALPHASYNC_SERVER": one_server.urls[0], "ALPHASYNC_TOKEN": one_server.token()}
    async with alphasync("watch", "--json", **names) as process:
        await process.says('"event": "deviceRegistered"')
        assert "resumeToken" not in process.out
        about = {**ABOUT, "message": "Héllo\u2028there"}
        assert (await device.call("updateMessage", about))["ok"]
        assert (await device.call("startProcessing", about))["ok"]
        await process.says('"event": "processingComplete"')
        told = [name for name, _ in events(process)]
        for name in ("messageUpdated", "processingStarted", "processingProgress"):
            assert name in told
        assert dict(events(process))["messageUpdated"]["message"] == "Héllo\u2028there"
        own = dict(events(process))["deviceRegistered"]["deviceId"]
        joined = await device.wait_for("deviceJoined", deviceId=own)
        assert joined["name"] == "alphasync watch"
        process.signal(signal.SIGINT)
        assert await process.exit() == 130
        assert "Traceback" not in process.err


async def test_it_says_why_it_is_refused_or_signed_out(one_server: Cluster, free_port: int) -> None:
    device = await one_server.device()
    at = {"ALPHASYNC_SERVER": one_server.urls[0]}
    async with alphasync("watch", "--token", "none", **at) as process:
        assert await process.exit() == 3
        assert "Invalid authentication token" in process.err
    async with alphasync("watch", "--token", "x", "--server", f"http://127.0.0.1:{free_port}") as p:
        assert await p.exit() == 1
        assert "does not answer" in p.err
    async with alphasync("watch", "--json", "--token", one_server.token(), **at) as process:
        await process.says('"event": "deviceRegistered"')
        own = dict(events(process))["deviceRegistered"]["deviceId"]
        assert (await device.call("signOutDevice", {"deviceId": own}))["ok"]
        assert await process.exit() == 3
        assert "signed_out" in process.err
        assert "Traceback" not in process.err


async def test_it_ends_where_nobody_reads_any_more(one_server: Cluster) -> None:
    """As before a ``head`` that has seen enough."""
    reads, writes = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alphasync", "watch", "--json"),
        *("--server", one_server.urls[0], "--token", one_server.token()),
        stdout=writes,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(reads)
    os.close(writes)
    try:
        _, said = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, said) == (1, b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_in_a_terminal_a_run_is_a_bar(redis_url: str) -> None:
    """Whatever is in a text, it does nothing to the terminal."""
    async with cluster(redis_url, send_interval=0.1) as running:
        await in_a_terminal(running)


async def in_a_terminal(one_server: Cluster) -> None:
    device = await one_server.device()
    ours, its = pty.openpty()
    shown = bytearray()

    def read() -> None:
        shown.extend(os.read(ours, 65536))

    asyncio.get_running_loop().add_reader(ours, read)
    environment = {
        **os.environ,
        "ALPHASYNC_SERVER": one_server.urls[0],
        "ALPHASYNC_TOKEN": one_server.token(),
        "COLUMNS": "100",
        "TERM": "xterm",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alphasync", "watch"),
        stdout=its,
        stderr=its,
        stdin=its,
        env=environment,
    )
    try:
        await wait_until(lambda: b"deviceRegistered" in shown, what="it watches")
        hostile = {**ABOUT, "message": "\u202e[bold red]\x1b[31m"}
        assert (await device.call("updateMessage", hostile))["ok"]
        assert (await device.call("startProcessing", {**ABOUT, "message": "Hello"}))["ok"]
        await wait_until(lambda: b"processingComplete" in shown, what="the end is shown")
        text = shown.decode()
        assert re.search(r"1001  chat.*[1-9]/10", text), "a bar"
        assert "?[bold red]?[31m" in text
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 130
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
        os.close(its)
