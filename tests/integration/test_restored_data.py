"""A data directory that was put back from an older copy: what devices remember is not in it."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alphasync.services.account_state import AccountState, LogLost
from alphasync.store import keys
from alphasync.store.connect import make_store
from alphasync.store.embedded.valkey import EmbeddedValkey
from alphasync.store.scripts.limits import REVISION_JUMP, Lifetimes
from tests.harness import wait_until
from tests.integration.embedded_users import connected, opened

ACCOUNT = "o:demo"
META = keys.of_account(ACCOUNT).meta
EPOCH = "1.1"


async def write(embedded: EmbeddedValkey, revision: int) -> None:
    async with connected(embedded) as client:
        before: dict[Any, Any] = {"epoch": EPOCH, "revision": revision, "lineage": ""}
        await client.hset(META, mapping=before)
        # Its name ends as an account's does.
        await client.zadd(keys.of_account("x").sent("chat", "{}:meta"), {"a recipient": 1})


async def look(embedded: EmbeddedValkey, revision: int) -> list[bytes] | LogLost:
    """What a device gets that has had everything up to this revision."""
    store = make_store(embedded.url, Lifetimes())
    store.start()
    try:
        await wait_until(lambda: store.pipeline.connected, what="connected")
        return await AccountState(store.scripts).events_after(ACCOUNT, EPOCH, revision)
    finally:
        await store.close()


def as_a_whole(copy: Path, data: Path) -> None:
    shutil.rmtree(data)
    shutil.copytree(copy, data)


def in_place(copy: Path, data: Path) -> None:
    shutil.copytree(copy, data, dirs_exist_ok=True)


def the_log_only(copy: Path, data: Path) -> None:
    shutil.rmtree(data / "appendonlydir")
    shutil.copytree(copy / "appendonlydir", data / "appendonlydir")


def all_but_the_mark(copy: Path, data: Path) -> None:
    as_a_whole(copy, data)
    (data / "valkey.mark").unlink()


@pytest.mark.parametrize("live", [True, False], ids=["copied-live", "copied-at-rest"])
@pytest.mark.parametrize("put_back", [as_a_whole, in_place, the_log_only, all_but_the_mark])
async def test_an_older_copy_begins_a_new_epoch(
    tmp_path: Path, put_back: Callable[[Path, Path], None], live: bool
) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    # Locks and the socket are of the moment.
    ignored = shutil.ignore_patterns("*.sock", "*.lock", "*.users", "*.alive")
    async with opened(data) as embedded:
        await write(embedded, 3)
        if live:
            shutil.copytree(data, copy, ignore=ignored)
    if not live:
        shutil.copytree(data, copy, ignore=ignored)
    async with opened(data) as embedded:
        await write(embedded, 5)
    put_back(copy, data)
    async with opened(data) as embedded:
        found = await look(embedded, 3)
        assert isinstance(found, LogLost)
        assert found.epoch != EPOCH
        assert found.revision == 3 + REVISION_JUMP
        again = await look(embedded, 3)
        assert isinstance(again, LogLost)
        assert again.epoch == found.epoch


async def test_data_that_go_on_keep_their_epoch(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded:
        await write(embedded, 3)
    for _ in range(2):  # restarted in order
        async with opened(tmp_path) as embedded:
            assert await look(embedded, 3) == []
    async with opened(tmp_path) as embedded:  # killed, and started again by its user
        os.kill(embedded.pid, signal.SIGKILL)
        while not await embedded.ensure_running():
            pass
        assert await look(embedded, 3) == []
    (tmp_path / "valkey.mark").unlink()
    async with opened(tmp_path) as embedded:
        async with connected(embedded) as client:
            await client.delete(keys.MARK)
        (tmp_path / "valkey.mark").unlink()
        os.kill(embedded.pid, signal.SIGKILL)
        while not await embedded.ensure_running():
            pass
        async with connected(embedded) as client:
            assert await client.get(keys.MARK), "of an earlier version, which made no marks"
