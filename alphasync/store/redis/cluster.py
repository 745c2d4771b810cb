"""Redis Cluster: one ordered pipeline per shard, and the order of each account across them.

All keys of an account are in one slot, so that its commands go over one connection, in order, for
as long as its slot stays where it is. When it moves (a failover, other shards), what was sent to
the former place fails; it was carried out before the move, or never.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from redis.crc import key_slot

from alphasync.errors import StoreUnavailable
from alphasync.store.redis.functions import Library
from alphasync.store.redis.gates import Gates
from alphasync.store.redis.pipeline import SCRIPT_CALLS, Argument, Entry, Pipeline, Reply, refuse
from alphasync.store.redis.topology import Address, Topology
from alphasync.tasks import Tasks


class NodePipeline(Pipeline, Protocol):
    """The pipeline to one primary."""

    def enqueue(self, entry: Entry) -> None:
        """As ``submit``, for a command whose time has been running."""


class ClusterPipeline:
    """Sends each command to the shard that serves its first key."""

    publishes_with = "SPUBLISH"

    def __init__(self, topology: Topology, make_node: Callable[[Address], NodePipeline]) -> None:
        self.on_connect: tuple[tuple[Argument, ...], ...] = ()
        self.library: Library | None = None
        self._topology = topology
        self._make_node = make_node
        self._nodes: dict[Address, NodePipeline] = {}
        self._gates = Gates(self._send)
        self._leaving = Tasks()

    @property
    def connected(self) -> bool:
        """Whether a part of the cluster answers: the accounts there can be served."""
        return any(node.connected for node in self._nodes.values())

    @property
    def trouble(self) -> Exception | None:
        if not self._nodes:
            return self._topology.trouble
        return next((n.trouble for n in self._nodes.values() if not n.connected), None)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._known: asyncio.Future[Reply] = self._loop.create_future()
        self._gates.start()
        self._topology.on_change(self._follow)

    async def close(self) -> None:
        await self._gates.close()
        await self._leaving.wait()
        for node in self._nodes.values():
            await node.close()
        self._nodes.clear()

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        entry = Entry(command, self._loop.create_future(), self._loop.time())
        if after is None and not self._known.done():
            after = self._known
        self._gates.let_through(slot_of(command), entry, after)
        return entry.answer

    async def confirmed(self, *command: Argument) -> Reply:
        node = self._node_of(slot_of(command))
        if node is None:
            raise StoreUnavailable
        return await node.confirmed(*command)

    def _send(self, slot: int, entry: Entry) -> None:
        node = self._node_of(slot)
        if node is None:
            refuse(entry)
        else:
            node.enqueue(entry)

    def _node_of(self, slot: int) -> NodePipeline | None:
        shard = self._topology.shard_of(slot)
        return self._nodes.get(shard.primary) if shard else None

    def _follow(self) -> None:
        """Have a pipeline to each primary, and to nobody else."""
        primaries = {shard.primary for shard in self._topology.shards}
        for address in self._nodes.keys() - primaries:
            node = self._nodes.pop(address)
            self._leaving.spawn(node.close(), f"redis-pipeline-close {address}")
        for address in primaries - self._nodes.keys():
            node = self._nodes[address] = self._make_node(address)
            node.on_connect = self.on_connect
            node.library = self.library
            node.start()
        if not self._known.done():
            self._known.set_result(None)


def slot_of(command: tuple[Argument, ...]) -> int:
    """The slot of the first key; a channel counts as one."""
    key = command[3] if command[0] in SCRIPT_CALLS else command[1]
    return key_slot(key if isinstance(key, bytes) else str(key).encode())
