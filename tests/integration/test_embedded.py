"""The embedded Valkey, with the real server binary."""

import asyncio
import fcntl
import os
import re
import signal
import stat
from pathlib import Path

import pytest

from alphasync.store.embedded.valkey import EmbeddedUnavailable, open_embedded
from tests.harness import PATIENCE, wait_until
from tests.integration.embedded_users import (
    connected,
    is_gone,
    log_of,
    opened,
    restarted_by,
    server_pid,
    start_holder,
    starts,
    stop_holder,
)


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


@pytest.mark.slow
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
