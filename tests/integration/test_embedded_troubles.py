"""The embedded Valkey when somebody tidies up around it, or its disk is full."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from alphasync.services.tokens import Tokens
from alphasync.store.embedded.valkey import EmbeddedUnavailable, open_embedded
from tests.deploy.product import program
from tests.harness import PATIENCE, SECRET, Device, wait_until
from tests.integration.command_line.programs import (
    PROGRAM,
    UP,
    Process,
    alphasync,
    one_line_of_refusal,
    started,
)
from tests.integration.embedded_users import (
    connected,
    is_gone,
    opened,
    restarted_by,
    server_pid,
    start_holder,
    starts,
)

pytestmark = pytest.mark.slow

CHAT = {"profileId": "1001", "type": "chat"}
RUN = 'exec "$@"'
ON_SMALL_DISK = f'mount -t tmpfs -o size=8m tmpfs "$0" && {RUN}'
ON_FULL_DISK = (
    'mount -t tmpfs -o size=64k,mode=700 tmpfs "$0" && dd if=/dev/zero of="$0/x" 2>/dev/null; '
    f"{RUN}"
)
NOTICED_WITHIN = 30.0
"""Seconds until a server that waits for room has looked again, and is ready."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="as-data-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.mark.parametrize("in_its_place", ["nothing", "a file", "a link to nowhere"])
async def test_a_server_whose_socket_is_gone_is_started_again(
    folder: Path, in_its_place: str
) -> None:
    socket = folder / "valkey.sock"
    async with opened(folder) as embedded:
        before = embedded.pid
        async with connected(embedded) as client:
            await client.set("sent", "yes")
            socket.unlink()
            if in_its_place == "a file":
                socket.touch()
            elif in_its_place == "a link to nowhere":
                socket.symlink_to(folder / "nowhere")
            await restarted_by(embedded)
        assert is_gone(before), "it would write to the same files"
        async with connected(embedded) as client:
            assert await client.get("sent") == "yes"
        assert await embedded.ensure_running() is False
    assert is_gone(embedded.pid)


async def test_one_of_many_users_brings_the_socket_back(folder: Path) -> None:
    users = [await open_embedded(folder) for _ in range(3)]
    (folder / "valkey.sock").unlink()
    await restarted_by(*users)
    assert starts(folder) == 2
    await asyncio.gather(*(user.close() for user in users))


async def test_whoever_comes_next_finds_a_server_without_a_socket(folder: Path) -> None:
    holder = await start_holder(folder)
    before = await server_pid(holder)
    holder.kill()
    await holder.communicate()
    (folder / "valkey.sock").unlink()
    async with opened(folder) as embedded, connected(embedded) as client:
        assert await client.ping()
        assert is_gone(before)
    assert is_gone(embedded.pid)


async def test_a_server_without_a_socket_is_ended_by_its_last_user(folder: Path) -> None:
    embedded = await open_embedded(folder)
    (folder / "valkey.sock").unlink()
    await embedded.close()
    assert is_gone(embedded.pid)


async def test_a_directory_that_is_gone_is_said_and_leaves_nothing_running(folder: Path) -> None:
    embedded = await open_embedded(folder / "data")
    shutil.rmtree(folder / "data")
    with pytest.raises(EmbeddedUnavailable, match=r"/data is gone: [^\n]*$") as caught:
        await embedded.ensure_running()
    assert caught.value.code == "data_dir_unusable"
    await embedded.close()
    assert is_gone(embedded.pid)


async def readiness(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as response:
        return response.status, (await response.json()).get("message", "")


async def until_ready(url: str, within: float = NOTICED_WITHIN) -> None:
    async with asyncio.timeout(within):
        while (await readiness(url))[0] != 200:
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def device_at(url: str) -> AsyncIterator[Device]:
    device = Device(url, Tokens((SECRET,), 3600).mint("demo").token)
    try:
        await device.connect()
        yield device
    finally:
        await device.close()


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_whole_server_goes_on_when_its_socket_was_removed(
    folder: Path, workers: str
) -> None:
    given = {"WORKERS": workers, "JWT_SECRET": SECRET}
    async with alphasync("serve", "--port", "0", "--data-dir", str(folder), **given) as process:
        url = await process.url()
        async with device_at(url) as device:
            assert (await device.call("updateMessage", {**CHAT, "message": "kept"}))["ok"]
            (folder / "valkey.sock").unlink()
            await wait_until(lambda: "was gone and was started again" in process.err)
            await until_ready(url)
            async with device_at(url) as late:
                assert (await late.wait_for("messageSync"))["message"] == "kept"
        process.signal(signal.SIGTERM)
        assert await process.exit() == 0
        assert "Traceback" not in process.err


async def test_a_whole_server_whose_directory_was_removed_says_so_once_and_ends(
    folder: Path,
) -> None:
    data = folder / "data"
    arguments = ("serve", "--port", "0", "--data-dir", str(data))
    async with alphasync(*arguments, JWT_SECRET=SECRET) as process:
        await process.says(UP)
        shutil.rmtree(data)
        await wait_until(lambda: "data is gone" in process.err)
        await asyncio.sleep(2)
        process.signal(signal.SIGTERM)
        assert await process.exit() == 0
        assert process.err.count("data is gone") == 1
        assert "Traceback" not in process.err


@pytest.fixture
async def cramped(folder: Path) -> AsyncIterator[tuple[Process, Path]]:
    """A server whose data directory is a small disk, and the way to it from here."""
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    under = (program("unshare"), *user, "--mount", "sh", "-c", ON_SMALL_DISK, str(folder))
    arguments = ("serve", "--port", "0", "--data-dir", str(folder / "data"))
    async with started(*under, *PROGRAM, *arguments, JWT_SECRET=SECRET) as process:
        await process.says(UP)
        yield process, Path(f"/proc/{process.pid}/root{folder}")
        process.signal(signal.SIGTERM)
        assert await process.exit() == 0


def fill(disk: Path) -> Path:
    """Write until nothing fits any more; the file that takes the room."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


async def test_a_full_disk_is_said_and_over_when_there_is_room(
    cramped: tuple[Process, Path],
) -> None:
    process, disk = cramped
    url = await process.url()
    async with device_at(url) as device:
        assert (await device.call("updateMessage", {**CHAT, "message": "kept"}))["ok"]
        ballast = fill(disk)
        async with asyncio.timeout(PATIENCE):
            for number in range(1000):  # what is left in the last page of its file
                text = {**CHAT, "profileId": "1002", "message": f"{number}" * 200}
                if not (await device.call("updateMessage", text))["ok"]:
                    break
        async with asyncio.timeout(PATIENCE):
            while "no space is left" not in (await readiness(url))[1]:
                await asyncio.sleep(0.05)
        status, reason = await readiness(url)
        assert status == 503
        assert reason.endswith("make room on its disk")
        assert "\n" not in reason
        await asyncio.sleep(3)
        assert process.err.count("cannot be started again") == 1
        said = [line for line in process.err.splitlines() if "make room on its disk" in line]
        # By who starts it, and because somebody asks whether the server is ready.
        assert sorted("not ready" in line for line in said) == [False, True]
        ballast.unlink()
        await until_ready(url)
        ack = await device.call("updateMessage", {**CHAT, "message": "goes on"})
        assert ack["ok"]
        async with device_at(url) as late:
            await late.wait_for("messageSync", message="goes on")
    assert "Traceback" not in process.err


@pytest.mark.parametrize("command", ["serve", "doctor"])
async def test_a_disk_that_is_full_at_the_start_is_named_in_one_line(
    folder: Path, command: str
) -> None:
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    under = (program("unshare"), *user, "--mount", "sh", "-c", ON_FULL_DISK, str(folder))
    arguments = (command, "--data-dir", str(folder))
    async with started(*under, *PROGRAM, *arguments, PORT="0") as process:
        if command == "serve":
            line = await one_line_of_refusal(process, "ALPHASYNC_DATA_DIR")
            assert "make room on its disk" in line
            return
        assert await process.exit() == 1
        failed = [line for line in process.out.splitlines() if line.startswith("FAIL")]
        assert [line.split()[1] for line in failed] == ["secret", "redis"]
        assert all("make room on its disk" in line for line in failed)


async def test_files_that_may_not_grow_are_named(folder: Path) -> None:
    """As a process manager's bound on the size of files: it is not the disk that is full."""
    limited = ("sh", "-c", f"ulimit -f 32; {RUN}", "sh")
    arguments = ("serve", "--port", "0", "--data-dir", str(folder))
    async with started(*limited, *PROGRAM, *arguments) as process:
        assert "ulimit -f" in await one_line_of_refusal(process, "ALPHASYNC_DATA_DIR")
