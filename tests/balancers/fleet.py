"""Three servers, each in a process of its own, on one Valkey."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from alphasync.services.tokens import Tokens
from tests.faults.harness import TOKEN_LIFETIME, ServerProcess
from tests.harness import SECRET, Valkey

SERVERS = 3
PER_ADDRESS = 40
"""Connections of one client address to one server: a whole crowd is more, one office is less."""


class Fleet:
    """Each server sends to a sandbox of its own."""

    def __init__(self) -> None:
        # Not pytest's own folder: a unix socket's path has room for about 100 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="as-fleet-"))
        self.valkey = Valkey(self.folder)
        self.tokens = Tokens((SECRET,), TOKEN_LIFETIME)
        settings = {
            "REDIS_URL": self.valkey.url,
            "WORKERS": "1",
            "SEND_INTERVAL": "0.03",
            "TRUSTED_PROXIES": "127.0.0.1",
            "CONNECTIONS_PER_ADDRESS": str(PER_ADDRESS),
            # All clients are one process, which may be late on a busy machine.
            "PING_TIMEOUT": "30s",
        }
        self.servers = [
            ServerProcess(self.folder / f"server-{number}.log", settings, ("-m", "alphasync"))
            for number in range(SERVERS)
        ]

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.servers]

    async def start(self) -> None:
        """Start what does not run, and return when all are ready."""
        if self.valkey.process is None:
            await self.valkey.start()
        async with asyncio.TaskGroup() as starting:
            for server in self.servers:
                if not server.running:
                    starting.create_task(server.start())

    def complaints(self) -> list[str]:
        """Logs of servers that ran into something that nobody had thought of."""
        signs = ("Traceback (most recent call last)", "never retrieved", "internal_error")
        return [server.log for server in self.servers if any(sign in server.log for sign in signs)]

    def close(self) -> None:
        for server in self.servers:
            server.kill()
        self.valkey.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
