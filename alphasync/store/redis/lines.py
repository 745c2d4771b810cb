"""Over which connections the channels come in: one, or one for each shard of a cluster."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol

from redis.asyncio.connection import AbstractConnection
from redis.crc import key_slot

from alphasync.store.redis.channels import Channels, Hear, ShardChannels
from alphasync.store.redis.topology import Address, Shard, Topology


@dataclass(frozen=True)
class Line:
    """One subscription's share of the channels."""

    name: str
    """For people to read."""
    tag: str
    """A channel with this in braces is one of the line's; '' where all are."""
    carries: Callable[[str], bool]
    """Whether a channel is one of the line's."""
    open: Callable[[Hear], Channels]
    """A new subscription, not connected yet."""


class Lines(Protocol):
    def current(self) -> Mapping[Hashable, Line]:
        """All lines there are to be now; one that has changed has another key."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have a function called after each change."""


class OneLine:
    """Everything over one connection."""

    def __init__(self, open_: Callable[[Hear], Channels]) -> None:
        self._line = Line("", "", lambda _channel: True, open_)

    def current(self) -> Mapping[Hashable, Line]:
        return {"": self._line}

    def on_change(self, listener: Callable[[], None]) -> None:
        """It stays as it is."""


class ShardLines:
    """A line to each shard: a failover disturbs no other one."""

    def __init__(
        self, topology: Topology, connect: Callable[[Address], AbstractConnection]
    ) -> None:
        self._topology = topology
        self._connect = connect

    def current(self) -> Mapping[Hashable, Line]:
        return {shard: self._line(shard) for shard in self._topology.shards}

    def on_change(self, listener: Callable[[], None]) -> None:
        self._topology.on_change(listener)

    def _line(self, shard: Shard) -> Line:
        return Line(
            name=str(shard.primary),
            tag=_tag(shard),
            carries=lambda channel: shard.serves(key_slot(channel.encode())),
            open=lambda hear: ShardChannels(self._connect(shard.primary), hear),
        )


def _tag(shard: Shard) -> str:
    """A text in one of the shard's slots: tried out, as there is no other way."""
    number = 0
    while not shard.serves(key_slot(str(number).encode())):
        number += 1
    return str(number)
