"""The peers, and one of them running: servers of it on a Valkey of their own."""

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alphasync.services.tokens import Tokens
from benchmarks import bun, node
from benchmarks.orders import Generator, generator
from benchmarks.processes import Server, cpu_seconds, resident_bytes
from tests.harness import SECRET, Valkey

ROOT = Path(__file__).parents[1]
VALKEY_OPTIONS = ("--appendonly", "no")
"""The same for all; nothing is written to a disk."""
TOKEN_LIFETIME = 6 * 3600.0
COMMON = {
    "JWT_SECRET": SECRET,
    "PING_INTERVAL": "25",
    "PING_TIMEOUT": "20",
    "LOG_LEVEL": "warning",
    "SEND_INTERVAL": "0",
    "CORS_ORIGINS": "",
    "CONNECTIONS_PER_ACCOUNT": "10000",
    "CONNECTIONS_PER_ADDRESS": "10000",
    "REQUEST_RATE_PER_ADDRESS": "1000000",
    "REQUEST_BURST_PER_ADDRESS": "1000000",
    "TYPED_WAIT": "1h",  # each text arrives, as it does with the peers
    "EVENT_RATE_PER_ACCOUNT": "1000000",
    "EVENT_RATE_PER_ADDRESS": "1000000",
    "ALPHASYNC_ENV": "development",
    "WORKERS": "1",
}
"""Settings, from seconds of both pings on, that every server gets, whether it knows them or not."""


@dataclass(frozen=True)
class Peer:
    name: str
    label: str
    command: tuple[str, ...]
    folder: Path


PYTHON = sys.executable
PEERS = {
    peer.name: peer
    for peer in (
        Peer("alphasync", "alphasync", (PYTHON, "-m", "alphasync", "serve"), ROOT),
        Peer("node", "Node Socket.IO", (*node.command(), "server.mjs"), node.FOLDER),
        Peer("bun", "Socket.IO on Bun's engine", ("bun", "server.mjs"), bun.FOLDER),
        Peer("stock", "python-socketio", (PYTHON, "-m", "benchmarks.peers.stock"), ROOT),
        Peer("floor", "floor", (PYTHON, "-m", "benchmarks.peers.floor"), ROOT),
    )
}


class Stack:
    """A peer's servers, their Valkey, and the load on them."""

    def __init__(
        self,
        peer: Peer,
        folder: Path,
        generator: Generator,
        gateway: str,
        settings: Mapping[str, str],
    ) -> None:
        self.peer = peer
        self.servers: list[Server] = []
        self.generator = generator
        self.valkey = Valkey(folder, *VALKEY_OPTIONS)
        self._folder = folder
        self._settings = {**COMMON, **settings, "GATEWAY_URL": gateway}
        self._tokens = Tokens((SECRET,), TOKEN_LIFETIME)

    @property
    def hosts(self) -> list[str]:
        return [server.host for server in self.servers]

    async def start(self, servers: int) -> None:
        await self.valkey.start()
        async with asyncio.TaskGroup() as starting:
            for _ in range(servers):
                starting.create_task(self.add())

    async def add(self) -> Server:
        """Start one server more. Raises ServerFailed."""
        env = {**self._settings, "REDIS_URL": self.valkey.url}
        log = self._folder / f"{len(self.servers)}.log"
        server = Server(list(self.peer.command), self.peer.folder, env, log)
        self.servers.append(server)
        await server.start()
        return server

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.valkey.stop()

    def token(self, account: str) -> str:
        return self._tokens.mint(account).token

    def rooms(self, count: int, members: int, prefix: str = "room") -> list[list[str]]:
        """The tokens of so many accounts with so many devices each: every device has its own."""
        return [
            [self.token(f"{prefix}-{number}") for _ in range(members)] for number in range(count)
        ]

    def cpu(self, first: int | None = None) -> float:
        """Seconds of CPU that all servers have used, or the first so many."""
        return sum(cpu_seconds(server.pid) for server in self.servers[:first])

    def valkey_cpu(self) -> float:
        assert self.valkey.process is not None
        return cpu_seconds(self.valkey.process.pid)

    def resident(self) -> int:
        """Bytes of memory that all servers have in RAM."""
        return sum(resident_bytes(server.pid) for server in self.servers)


@contextlib.asynccontextmanager
async def stack(peer: Peer, servers: int, gateway: str, **settings: str) -> AsyncIterator[Stack]:
    """A peer that is up, with a load generator of its own; nothing of it stays. ``settings``:
    environment variables that are to be others than ``COMMON`` says."""
    folder = Path(tempfile.mkdtemp(prefix="as-bench-"))
    async with generator(peer.name) as orders:
        running = Stack(peer, folder, orders, gateway, settings)
        try:
            await running.start(servers)
            yield running
        finally:
            running.stop()
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def stacks(peers: list[Peer], gateway: str, servers: int = 2) -> AsyncIterator[list[Stack]]:
    """All these peers at the same time, so that their rounds can take turns."""
    async with contextlib.AsyncExitStack() as each:
        yield [await each.enter_async_context(stack(peer, servers, gateway)) for peer in peers]
