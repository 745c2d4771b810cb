"""Redis servers on TCP ports of this machine, of which several make up a site."""

import contextlib
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from alphasync.store.embedded.valkey_process import find_binary
from tests.harness import wait_until
from tests.ports import free_port

READY_WITHIN = 30.0
"""Seconds for servers to be up, with the machine busy."""


class Node:
    """One server process with its data in a folder of its own, on a port that it keeps."""

    def __init__(
        self, folder: Path, *options: str, binary: Path | None = None, mode: str = ""
    ) -> None:
        """``mode``: ``--sentinel``, with everything else in the folder's ``node.conf``."""
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._binary = binary or find_binary()
        self._mode = mode
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def spawn(self) -> None:
        """Start it, also once more; it is ready when it answers ``ask``."""
        if self._mode:
            arguments = [str(self.folder / "node.conf"), self._mode]
        else:
            arguments = ["--save", "", "--dir", str(self.folder), *self._options]
        with (self.folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binary), *arguments, "--port", str(self.port), "--bind", "127.0.0.1"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ask(self, *command: str | int) -> object:
        """The answer to one command, as the server sends it. Raises RedisError."""
        # Not Redis.execute_command: that makes something else of some answers.
        connection = redis.Connection(  # type: ignore[no-untyped-call]  # untyped in redis-py
            port=self.port,
            socket_timeout=2,
            protocol=2,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            connection.send_command(*command)  # type: ignore[no-untyped-call]
            return connection.read_response()
        finally:
            connection.disconnect()  # type: ignore[no-untyped-call]

    async def start(self) -> None:
        """Start it, also once more, and return when it answers."""
        self.spawn()
        await until(lambda: self.ask("PING"), f"answer of {self.url}")

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)


def items(answer: object) -> list[Any]:
    """The parts of an answer that is a list."""
    assert isinstance(answer, list), answer
    return answer


async def until(predicate: Callable[[], object], what: str, within: float = READY_WITHIN) -> None:
    """Return when the predicate, which may ask a server that is not there yet, holds."""

    def holds() -> object:
        with contextlib.suppress(RedisError):
            return predicate()
        return False

    await wait_until(holds, within, what)
