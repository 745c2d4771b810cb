"""Server processes, and what the kernel says they have used."""

import asyncio
import os
import random
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

START_WITHIN = 60.0
"""Seconds for a server to be ready, with the machine busy."""


class ServerFailed(Exception):
    """A server did not start; the text has the end of its log."""


class Server:
    """One server of a peer."""

    def __init__(self, command: list[str], folder: Path, env: dict[str, str], log: Path) -> None:
        self.port = _free_port()
        self.host = f"127.0.0.1:{self.port}"
        self._command = command
        self._folder = folder
        self._env = {**os.environ, **env, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Raises ServerFailed when the process is not there any more."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise ServerFailed(f"ended: {self._log.read_text(errors='replace')[-2000:]}")
        return self._process.pid

    async def start(self) -> None:
        """Start it and return when it is ready. Raises ServerFailed."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_WITHIN
        while not await asyncio.to_thread(self._ready):
            if time.monotonic() > deadline:
                raise ServerFailed(f"not ready: {self._log.read_text(errors='replace')[-2000:]}")
            _ = self.pid
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used, all its threads together.

    On Linux from the process's own clock: what /proc/<pid>/stat says as utime + stime, in
    nanoseconds instead of its hundredths of a second.
    """
    if sys.platform == "linux":
        return time.clock_gettime(~pid << 3 | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
    raise SystemExit("The CPU time of another process is read on Linux only")


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def many_files() -> None:
    """Let this process and those that it starts hold thousands of sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


FIRST_PORT, PORT_COUNT = 10_000, 20_000
"""Below those that the kernel gives to outgoing connections."""
PORTS = iter(random.sample(range(FIRST_PORT, FIRST_PORT + PORT_COUNT), PORT_COUNT))
"""None is taken twice: a server takes a while to listen on its own."""


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: a bench starts far fewer servers")
