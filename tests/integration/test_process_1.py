"""As process 1 of a container: nobody who has ended stays a zombie, and signals arrive."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.product import program
from tests.harness import SECRET, wait_until
from tests.integration.command_line.programs import PROGRAM, Process, started

pytestmark = pytest.mark.slow

FEW = 3
"""Times that its Valkey is killed."""
ALONE = "from alphasync.init_process import leave_process_1; leave_process_1(); import os, sys; "


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="as-init-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def in_a_container() -> tuple[str, ...]:
    """The next word is process 1, of a world of processes that ends with it."""
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    words = ("--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc")
    return (program("unshare"), *user, *words)


def processes() -> dict[int, tuple[int, str, str]]:
    """Parent, state and name of each process, by its id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = tail.split()[:2]
        found[int(path.parent.name)] = (int(parent), state, head.partition("(")[2])
    return found


def within(ancestor: int) -> dict[int, tuple[str, str]]:
    """State and name of all that come from a process."""
    known = processes()
    found: dict[int, tuple[str, str]] = {}
    new = {ancestor}
    while new:
        new = {pid for pid, (parent, _, _) in known.items() if parent in new}
        found |= {pid: known[pid][1:] for pid in new}
    return found


def valkey_of(process: Process) -> int | None:
    found = within(process.pid).items()
    living = [pid for pid, (state, name) in found if name == "valkey-server" and state != "Z"]
    return living[0] if len(living) == 1 else None


def zombies_of(process: Process) -> list[str]:
    return [name for state, name in within(process.pid).values() if state == "Z"]


def process_1(process: Process) -> int:
    (found,) = [pid for pid, (parent, _, _) in processes().items() if parent == process.pid]
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_valkeys_and_workers_that_die_are_no_zombies(folder: Path, workers: str) -> None:
    arguments = ("serve", "--port", "0", "--data-dir", str(folder))
    given = {"WORKERS": workers, "JWT_SECRET": SECRET}
    async with started(*in_a_container(), *PROGRAM, *arguments, **given) as process:
        await process.url()
        for _ in range(FEW):
            killed = valkey_of(process)
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await wait_until(
                lambda killed=killed: valkey_of(process) not in (None, killed),  # type: ignore[misc]
                what="another Valkey",
            )
        if workers == "2":
            names = {pid: name for pid, (_, name) in within(process.pid).items()}
            os.kill(max(pid for pid, name in names.items() if "python" in name), signal.SIGKILL)
        await wait_until(lambda: not zombies_of(process), what="all are buried")
        os.kill(process_1(process), signal.SIGTERM)
        assert await process.exit() == 0
        assert "Traceback" not in process.err
    assert not (folder / "valkey.sock").exists(), "its Valkey has ended in good order"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("sys.exit(0)", 0),
        ("sys.exit(7)", 7),
        ("os.kill(os.getpid(), 9)", 137),
        ("os.kill(os.getpid(), 15)", 143),
        ("os.kill(1, 15); import time; time.sleep(30)", 143),
        ("os.kill(1, 2); import time; time.sleep(30)", 130),
    ],
)
async def test_its_end_is_that_of_the_server(script: str, status: int) -> None:
    words = (*in_a_container(), PROGRAM[0], "-c", ALONE + script)
    async with started(*words) as process:
        assert await process.exit() == status


async def test_what_others_leave_behind_is_buried() -> None:
    """Children of children, whose parent has ended before them."""
    orphans = "import subprocess, time; subprocess.run('sleep 8 & sleep 8 &', shell=True); "
    words = (*in_a_container(), PROGRAM[0], "-c", f"{ALONE}{orphans}time.sleep(30)")
    async with started(*words) as process:
        await wait_until(lambda: list_of(process).count("sleep") == 2)
        await wait_until(lambda: "sleep" not in list_of(process), what="both are buried")


def list_of(process: Process) -> list[str]:
    return [name for _, name in within(process.pid).values()]


async def test_elsewhere_nothing_is_done() -> None:
    script = "import os; before = os.getpid(); " + ALONE + "sys.exit(os.getpid() != before)"
    async with started(PROGRAM[0], "-c", script) as process:
        assert await process.exit() == 0


async def test_each_signal_arrives_once() -> None:
    counting = (
        "import signal, time; "
        "signal.signal(15, lambda *_: print('told', flush=True)); print('up', flush=True); "
        "time.sleep(30)"
    )
    async with started(*in_a_container(), PROGRAM[0], "-c", ALONE + counting) as process:
        await process.says("up")
        os.kill(process_1(process), signal.SIGTERM)
        await process.says("told")
        await asyncio.sleep(0.2)
        assert process.out.count("told") == 1
