"""One worker, as its supervisor sees it."""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping

from alphasync.supervisor.assignment import ALIVE, READY, Assignment

LINE_MAX = 16 * 1024
"""Bytes of a worker's one line."""


class NotReady(Exception):
    """The worker has not come to serve; the text is one line for people."""


class WorkerProcess:
    def __init__(
        self,
        number: int,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.number = number
        self._process = process
        self._reader = reader
        self._writer = writer
        self.signs_of_life = 0
        """How many it has given."""
        self._said: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        """Its one line, or b"" at its end."""
        self._listening = asyncio.create_task(self._listen(), name=f"voice of worker {number}")

    @classmethod
    async def start(cls, assignment: Assignment, environment: Mapping[str, str]) -> "WorkerProcess":
        """A fresh interpreter, which finds the code as it is now. Raises NotReady."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *_command(),
                    stdin=theirs.fileno(),
                    env=environment,
                    pass_fds=[*assignment.sockets, *assignment.metrics],
                    # Ctrl-C reaches a terminal's whole group, but it is ours to pass on.
                    start_new_session=True,
                )
            reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_MAX)
        except BaseException as error:
            ours.close()  # a worker that did start finds itself alone, and ends
            if isinstance(error, OSError):
                raise NotReady(f"worker {assignment.number} cannot be started: {error}") from error
            raise
        writer.write(assignment.encode())
        return cls(assignment.number, process, reader, writer)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self) -> None:
        """Wait until it serves; to be called once. Raises NotReady when it says why not or ends."""
        line = await asyncio.shield(self._said)
        if line == READY:
            return
        if line:
            raise NotReady(line.decode(errors="replace").strip())
        status = await self.ended()
        raise NotReady(f"worker {self.number} ended before it was ready ({ending(status)})")

    async def _listen(self) -> None:
        line = ALIVE
        while line:
            try:
                line = await self._reader.readline()
            except OSError:  # it ended before it had read its assignment
                line = b""
            except ValueError as error:
                line = f"worker {self.number} is not to be understood: {error}".encode()
            self.signs_of_life += 1
            if line != ALIVE and not self._said.done():
                self._said.set_result(line)

    async def ended(self) -> int:
        """Wait for its end; the status, negative for a signal."""
        return await self._process.wait()

    def retire(self) -> None:
        """Let it take no more connections, look after those it has, and end."""
        self._writer.close()

    def terminate(self) -> None:
        """Let it end, with its port open until the end: whoever comes is told so."""
        self._send("terminate")

    def kill(self) -> None:
        self._send("kill")

    def _send(self, signal_name: str) -> None:
        if self._process.returncode is None:
            getattr(self._process, signal_name)()


def ending(status: int) -> str:
    """How a process ended, in words."""
    return f"status {status}" if status >= 0 else f"signal {-status}"


def _command() -> list[str]:
    # The workers find alphasync where this process did: the current folder counts for them if it
    # does for us, as with ``python -m`` in a work tree, and does not otherwise.
    here = sys.path[:1] in ([""], [os.getcwd()])
    return [sys.executable, *(() if here else ("-P",)), "-m", "alphasync", "worker"]
