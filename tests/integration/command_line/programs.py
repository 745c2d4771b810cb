"""A running ``python -m alphasync``, as people and process managers start it."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator

from tests.forks import Fork, pipe
from tests.harness import wait_until

SECRET = "a secret for the command line and long enough"
UP = "alphasync is up:"
PROGRAM = (sys.executable, "-m", "alphasync")
START_WITHIN = 150.0
"""Seconds for a process to start on a busy machine."""
SETTINGS = [
    "HOST",
    "PORT",
    "ALPHASYNC_ENV",
    "ALPHASYNC_DATA_DIR",
    "LOG_LEVEL",
    "REDIS_URL",
    "GATEWAY_URL",
    "GATEWAY_TOKEN",
    "JWT_SECRET",
    "CORS_ORIGINS",
    "SEND_INTERVAL",
    "TOKEN_TTL",
]


class Process:
    """A running ``python -m alphasync``, with what it has written so far."""

    def __init__(
        self,
        process: asyncio.subprocess.Process | Fork,
        out: asyncio.StreamReader,
        err: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self.out = ""
        self.err = ""
        self._readers = [
            asyncio.create_task(self._read("out", out)),
            asyncio.create_task(self._read("err", err)),
        ]

    async def _read(self, name: str, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            setattr(self, name, getattr(self, name) + line.decode())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def says(self, text: str) -> str:
        """Everything written to standard output, once it holds the text."""
        await wait_until(
            lambda: text in self.out or self.ended,
            within=START_WITHIN,
            what=f"{text!r} of {self.out} {self.err}",
        )
        assert text in self.out, self.out + self.err
        return self.out

    async def url(self) -> str:
        """The address that it serves."""
        found = re.search(rf"{UP}\s+http://localhost:(\d+)", await self.says(UP))
        assert found
        return f"http://127.0.0.1:{found[1]}"

    async def exit(self, within: float = START_WITHIN) -> int:
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self.exit()


@contextlib.asynccontextmanager
async def alphasync(*arguments: str, **settings: str) -> AsyncIterator[Process]:
    """Run the command; settings are environment variables, nothing else is set."""
    async with pipe() as (out, from_out), pipe() as (err, from_err):
        fork = Fork((*PROGRAM[1:], *arguments), _environment(settings), out, err)
        os.close(out)
        os.close(err)
        running = Process(fork, from_out, from_err)
        try:
            yield running
        finally:
            await running.kill()


@contextlib.asynccontextmanager
async def alphasync_that_asks(
    stdin: int, *arguments: str, **settings: str
) -> AsyncIterator[Process]:
    """The same, with the file that it reads its answers from."""
    async with _running((*PROGRAM, *arguments), settings, stdin) as process:
        yield process


@contextlib.asynccontextmanager
async def started(*words: str, **settings: str) -> AsyncIterator[Process]:
    """The same for all words of the command, of which the first may be another program's."""
    async with _running(words, settings, None) as process:
        yield process


@contextlib.asynccontextmanager
async def _running(
    words: tuple[str, ...], settings: dict[str, str], stdin: int | None
) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(settings),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    running = Process(process, process.stdout, process.stderr)
    try:
        yield running
    finally:
        await running.kill()


def _environment(settings: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**inherited, "PYTHONUNBUFFERED": "1", "WORKERS": "1", **settings}


async def one_line_of_refusal(process: Process, name: str) -> str:
    """Wait for the end; fail unless it names the setting in one line and nothing else."""
    assert await process.exit() != 0
    lines = process.err.strip().splitlines()
    assert len(lines) == 1, process.err
    assert name in lines[0]
    assert "Traceback" not in process.out + process.err
    assert UP not in process.out
    return lines[0]
