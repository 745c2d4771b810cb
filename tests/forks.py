"""Programs of Python, each in a process of its own that begins with alphasync, and the packages
which it stands on, loaded: that is most of what a start takes, and the tests start hundreds.
"""

import asyncio
import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from alphasync.telemetry import FOLDER

ROOT = Path(__file__).parents[1]
LOOK_EVERY = 0.01
"""Seconds."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.packages"])


class Fork:
    """``python WORDS...`` with this environment, as ``asyncio.subprocess`` shows it.

    ``words``: ``-m``, a module and its arguments. ``output``, ``errors``: files it writes to.
    """

    def __init__(
        self, words: tuple[str, ...], environment: Mapping[str, str], output: int, errors: int
    ) -> None:
        assert words[0] == "-m", words
        assert FOLDER not in environment, "this is read as alphasync is loaded"
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(Connection(os.dup(file), readable=False))
                for file in (output, errors)
            ]
            self._process = _forks.Process(
                target=_run, args=(words[1:], dict(environment), *files), daemon=True
            )
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; of one that was killed the signal, below zero."""
        return self._process.exitcode

    def join(self) -> None:
        self._process.join()

    async def wait(self) -> int:
        while (code := self.returncode) is None:
            await asyncio.sleep(LOOK_EVERY)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@contextlib.asynccontextmanager
async def pipe() -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """The end of a pipe that is written to, and what reads from the other one."""
    read, write = os.pipe()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb")
    )
    try:
        yield write, reader
    finally:
        transport.close()


def _run(
    words: tuple[str, ...], environment: dict[str, str], output: Connection, errors: Connection
) -> None:
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for file, number in ((output, 1), (errors, 2)):
        os.dup2(file.fileno(), number)
        file.close()
    sys.stdout.reconfigure(write_through="PYTHONUNBUFFERED" in environment)  # type: ignore[union-attr]
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
