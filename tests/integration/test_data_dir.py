"""The data directory of a whole server: for nobody else to read, and what is said when it is of no
use."""

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.product import program
from tests.integration.command_line.programs import (
    PROGRAM,
    UP,
    alphasync,
    one_line_of_refusal,
    started,
)

pytestmark = pytest.mark.slow

ANY_UMASK = ("sh", "-c", 'umask 0; exec "$@"', "sh")
NOBODY = ("--user", "--map-user=10001", "--map-group=10001")
"""Root in a test may write anywhere; in a user namespace of its own it is as anybody."""
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="as-data-") as name:
        yield Path(name)


def as_anybody() -> tuple[str, ...]:
    return (program("unshare"), *NOBODY)


def on_read_only(folder: Path) -> tuple[str, ...]:
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    return (program("unshare"), *user, "--mount", "sh", "-c", READ_ONLY, str(folder))


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_whatever_the_umask_nothing_in_it_is_for_others(folder: Path, workers: str) -> None:
    data = folder / "data"
    arguments = ("serve", "--port", "0", "--data-dir", str(data))
    async with started(*ANY_UMASK, *PROGRAM, *arguments, WORKERS=workers) as process:
        await process.says(UP)
        found = modes(data)
        assert {"valkey.sock", "valkey.mark", "jwt-secret", "appendonlydir"} <= set(found)
        assert any(name.startswith("alphasync-metrics-") for name in found) == (workers == "2")
        parts = modes(data / "appendonlydir")
        assert parts
        process.signal(signal.SIGTERM)  # a killed one would leave its Valkey behind
        assert await process.exit() == 0
    assert not [name for name, mode in {**found, **parts}.items() if mode & 0o077]
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize("used_before", [False, True], ids=["new", "used-before"])
@pytest.mark.parametrize("obstacle", ["permission", "read-only"])
async def test_one_that_cannot_be_written_to_is_named_in_one_line(
    folder: Path, command: str, used_before: bool, obstacle: str
) -> None:
    data = folder / "data"
    data.mkdir(0o700)
    if used_before:
        async with alphasync("doctor", "--data-dir", str(data)) as process:
            assert await process.exit() == 0
    under = as_anybody() if obstacle == "permission" else on_read_only(data)
    data.chmod(0o500 if obstacle == "permission" else 0o700)
    to_do = "chown" if obstacle == "permission" else "remount it"
    arguments = (command, "--data-dir", str(data))
    async with started(*under, *PROGRAM, *arguments, PORT="0") as process:
        if command == "serve":
            assert to_do in await one_line_of_refusal(process, "ALPHASYNC_DATA_DIR: ")
            return
        assert await process.exit() == 1
        assert not process.err
        failed = [line for line in process.out.splitlines() if line.startswith("FAIL")]
        assert [line.split()[1] for line in failed] == ["secret", "redis"]
        assert all(to_do in line for line in failed), failed
        assert "Start Redis" not in process.out


async def test_what_root_has_left_in_it_is_named(folder: Path) -> None:
    (folder / "valkey.lock").touch(mode=0o000)
    arguments = ("serve", "--data-dir", str(folder))
    async with started(*as_anybody(), *PROGRAM, *arguments, PORT="0") as process:
        line = await one_line_of_refusal(process, "ALPHASYNC_DATA_DIR")
        assert "valkey.lock" in line
        assert "chown -R" in line


@pytest.mark.parametrize("command", ["serve", "doctor"])
async def test_one_where_others_may_have_been_is_refused(folder: Path, command: str) -> None:
    (folder / "notes").touch()
    folder.chmod(0o777)
    async with alphasync(command, "--data-dir", str(folder), PORT="0") as process:
        assert await process.exit() == 1
        said = process.out + process.err
        assert f"ALPHASYNC_DATA_DIR: others can write to {folder}" in said
        assert "Traceback" not in said
    assert {path.name for path in folder.iterdir()} == {"notes"}
