"""A Redis Cluster: three primaries that share the slots, each with a replica."""

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from redis.crc import key_slot

from tests.ports import free_port
from tests.stores.nodes import Node, items, until

SHARDS = 3
SLOTS = 16384
NODE_TIMEOUT = 2000
"""ms without an answer until a server is taken for dead: higher than a busy machine's pauses."""


class ClusterSite:
    """``primaries`` and ``replicas`` as they are to begin with."""

    def __init__(self, folder: Path, twice: str = "", patience: int = NODE_TIMEOUT) -> None:
        """``twice`` is a key whose shard has two replicas; ``patience`` in ms."""
        self._folder = folder
        self._options = (
            *("--cluster-enabled", "yes", "--cluster-node-timeout", str(patience)),
            # However long a replica was cut off: in a test it has all there is.
            *("--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"),
        )
        self._bus: dict[Node, int] = {}
        self.primaries = [self._node(f"primary-{shard}") for shard in range(SHARDS)]
        self.replicas = [(self._node(f"replica-{shard}"), shard) for shard in range(SHARDS)]
        if twice:
            shard = slot_of(twice) * SHARDS // SLOTS
            self.replicas.append((self._node(f"second-replica-{shard}"), shard))
        self.nodes = [*self.primaries, *(replica for replica, _ in self.replicas)]
        self.url = f"redis+cluster://{','.join(node.address for node in self.primaries)}"

    def _node(self, name: str) -> Node:
        bus = free_port()
        node = Node(self._folder / name, "--cluster-port", str(bus), *self._options)
        self._bus[node] = bus
        return node

    async def start(self) -> None:
        """Return when all know all, every slot is served and every primary has its replica."""
        for node in self.nodes:
            node.spawn()
        for number, node in enumerate(self.nodes):
            await until(partial(node.ask, "PING"), f"answer of {node.url}")
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        first, *others = self.nodes
        for node in others:
            first.ask("CLUSTER", "MEET", "127.0.0.1", node.port, self._bus[node])
        for shard, primary in enumerate(self.primaries):
            # Of all slots s, those of shard s * SHARDS // SLOTS.
            begin, end = (-(-SLOTS * place // SHARDS) for place in (shard, shard + 1))
            primary.ask("CLUSTER", "ADDSLOTSRANGE", begin, end - 1)
        for replica, shard in self.replicas:
            primary = self.primaries[shard]
            name = str(primary.ask("CLUSTER", "MYID"))
            what = f"a replica of {primary.url}"
            await until(partial(replica.ask, "CLUSTER", "REPLICATE", name), what)
        await self.whole()

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    async def whole(self) -> None:
        """Return when all nodes know each other, and all replicas have what their primary has."""
        await until(lambda: all(self._sees_all(node) for node in self.nodes), "a whole cluster")

    def primary(self, key: str) -> Node:
        """Who serves a key, by what the first node that answers says."""
        node = self._owner(key)
        assert node is not None, f"nobody serves {key}"
        return node

    def _owner(self, key: str) -> Node | None:
        slot = slot_of(key)
        for first, last, address in self.ranges():
            if first <= slot <= last:
                return next(node for node in self.nodes if node.address == address)
        return None

    def heads(self) -> list[Node]:
        """The primaries as they are now."""
        addresses = {address for _, _, address in self.ranges()}
        return [node for node in self.nodes if node.address in addresses]

    async def move(self, key: str, target: Node) -> None:
        """Have the slot of a key, with all that is in it, served by another primary."""
        slot = slot_of(key)
        name = str(target.ask("CLUSTER", "MYID"))

        def moved() -> bool:
            owner = self._owner(key)
            if owner is not None and owner is not target:
                # Refused while it is under way, and while the last one is tidied up.
                owner.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", name)
            return owner is target

        await until(moved, f"the move of slot {slot} to {target.url}")

    def ranges(self) -> list[tuple[int, int, str]]:
        """The first and the last slot, and the address of the primary that serves them."""
        living = next(node for node in self.nodes if node.running)
        found = []
        for _id, address, flags, _primary, _ping, _pong, _epoch, link, *slots in _nodes(living):
            if "master" in flags and "fail" not in flags and link == "connected":
                for slot in slots:
                    first, _, last = slot.partition("-")
                    found.append((int(first), int(last or first), address.partition("@")[0]))
        return found

    def crossed(self) -> int:
        """How often a primary has refused what is in two slots, since the counts were reset.

        For a script that reaches out of its slot the code is a mere ERR, which nothing else is
        answered with.
        """
        told = "\n".join(str(node.ask("INFO", "errorstats")) for node in self.heads())
        counts = re.findall(r"errorstat_(?:CROSSSLOT|ERR):count=(\d+)", told)
        return sum(int(count) for count in counts)

    def forget_counts(self) -> None:
        """Count from here on. (The client library resets the counts of one server only.)"""
        for node in self.nodes:
            if node.running:
                node.ask("CONFIG", "RESETSTAT")

    def flush(self) -> None:
        for node in self.nodes:
            if node.running and items(node.ask("ROLE"))[0] == "master":
                node.ask("FLUSHALL")

    def _sees_all(self, node: Node) -> bool:
        state = str(node.ask("CLUSTER", "INFO"))
        known = _nodes(node)
        role, *details = items(node.ask("ROLE"))
        return (
            "cluster_state:ok" in state
            and len(known) == len(self.nodes)
            and all(fields[7] == "connected" and "fail" not in fields[2] for fields in known)
            and sum("slave" in fields[2] for fields in known) == len(self.replicas)
            and (role == "master" or details[2] == "connected")
        )


def slot_of(key: str) -> int:
    return key_slot(key.encode())


def _nodes(node: Node) -> list[list[str]]:
    """Id, address, flags, primary, ping, pong, epoch, link and slots of each node it knows."""
    return [line.split() for line in str(node.ask("CLUSTER", "NODES")).splitlines()]


@contextlib.contextmanager
def started(name: str, twice: str = "") -> Iterator[ClusterSite]:
    """A whole cluster, in a folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix=f"as-{name}-"))
    site = ClusterSite(folder, twice)
    try:
        asyncio.run(site.start())
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)
