"""The kinds of Redis that the tests can run on, each with servers of its own."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from alphasync.store.embedded.valkey import EmbeddedValkey, open_embedded
from tests.harness import Valkey
from tests.stores.nodes import Node
from tests.stores.sentinels import SentinelSite
from tests.stores.shards import ClusterSite

DEBIAN = Path("/usr/bin/redis-server")
DEFAULT = "valkey"
EMBEDDED = "embedded"


class Servers(Protocol):
    """Servers, and how to reach them."""

    url: str

    async def start(self) -> None: ...

    def stop(self) -> None: ...


class Embedded:
    """What the server starts for itself; the same binary as the default, with its disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embedded: EmbeddedValkey | None = None
        self.url = ""

    async def start(self) -> None:
        self._embedded = await open_embedded(self._folder)
        self.url = self._embedded.url

    def stop(self) -> None:
        if self._embedded is not None:
            asyncio.run(self._embedded.close())


class DebianRedis:
    """Redis as Debian has it, on a port."""

    def __init__(self, folder: Path) -> None:
        if not DEBIAN.exists():
            missing = f"{DEBIAN} is missing: apt-get install redis-server"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        self._node = Node(folder / "node", binary=DEBIAN)
        self.url = self._node.url

    async def start(self) -> None:
        await self._node.start()

    def stop(self) -> None:
        self._node.kill()


PATIENCE = 30_000
"""ms: nothing is to fail over in a test of something else, however busy the machine."""

KINDS: dict[str, Callable[[Path], Servers]] = {
    DEFAULT: Valkey,
    EMBEDDED: Embedded,
    "debian": DebianRedis,
    "sentinel": partial(SentinelSite, patience=PATIENCE),
    "cluster": partial(ClusterSite, patience=PATIENCE),
}
