"""Subscriptions to Redis channels, read without a detour: all events come this way."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

import msgspec
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse

from alphasync.store import keys
from alphasync.store.redis.pipeline import packed
from alphasync.store.redis.wire import Wire, wire_of

CONNECT_TIMEOUT = 2.0
"""Seconds."""
SHARDED_KINDS = {
    "smessage": "message",
    "ssubscribe": "subscribe",
    "sunsubscribe": "unsubscribe",
}


class Message(msgspec.Struct, frozen=True):
    kind: str
    """``message``, ``subscribe`` or ``unsubscribe``."""
    channel: bytes
    data: bytes


Hear = Callable[[Message], None]
"""Is given each message. What it raises ends the subscription."""


class Channels(Protocol):
    """One subscription. Its methods raise RedisError or OSError when the connection is lost."""

    async def subscribe(self, *channels: str) -> None: ...

    async def unsubscribe(self, channel: str) -> None: ...

    async def lost(self) -> NoReturn:
        """Wait until the connection is lost; also raises what has ended it otherwise."""

    async def close(self) -> None: ...


class RedisChannels:
    """On a connection of its own."""

    def __init__(self, connection: AbstractConnection, hear: Hear) -> None:
        self._connection = connection
        self._hear = hear
        self._wire: Wire | None = None

    async def subscribe(self, *channels: str) -> None:
        if self._wire is None:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
            self._wire = await wire_of(self._connection, self._receive, lambda: None)
        self._send("SUBSCRIBE", channels)

    async def unsubscribe(self, channel: str) -> None:
        self._send("UNSUBSCRIBE", (channel,))

    async def lost(self) -> NoReturn:
        if self._wire is None:
            raise ConnectionLost("not connected")
        await self._wire.lost()

    async def close(self) -> None:
        if self._wire is not None:
            self._wire.cut(ConnectionLost("closed"))
        await self._connection.disconnect(nowait=True)

    def _receive(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            raise reply
        if not isinstance(reply, list) or len(reply) != 3:
            raise InvalidResponse(f"no message: {reply!r}")
        kind, channel, data = reply
        self._deliver(Message(kind.decode(), channel, data))

    def _deliver(self, message: Message) -> None:
        self._hear(message)

    def _send(self, verb: str, channels: tuple[str, ...]) -> None:
        if self._wire is None:
            raise ConnectionLost("not connected")
        # What cannot be packed must not keep the others from being heard, at each new connection.
        writable = tuple(filter(_is_writable, channels))
        if not writable and channels:
            raise ValueError(f"no names of channels: {channels!r}")
        self._wire.write(packed(self._commands(verb, writable)))

    def _commands(self, verb: str, channels: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [(verb, *channels)]


def _is_writable(channel: str) -> bool:
    try:
        channel.encode()
    except UnicodeEncodeError:
        return False
    return True


class ShardChannels(RedisChannels):
    """On a connection to one shard of a cluster: what it publishes goes no further, except on the
    channels that are nobody's account."""

    def __init__(self, connection: AbstractConnection, hear: Hear) -> None:
        super().__init__(connection, hear)
        self._leaving: Counter[bytes] = Counter()

    async def unsubscribe(self, channel: str) -> None:
        self._leaving[channel.encode()] += 1
        await super().unsubscribe(channel)

    def _deliver(self, message: Message) -> None:
        """Also raises where the shard ends a subscription because the slot is not its own now."""
        kind, channel = message.kind, message.channel
        if kind == "sunsubscribe":
            if channel not in self._leaving:
                raise InvalidResponse(f"{channel.decode()} is at another shard")
            self._leaving -= Counter([channel])
        self._hear(Message(SHARDED_KINDS.get(kind, kind), channel, message.data))

    def _commands(self, verb: str, channels: tuple[str, ...]) -> list[tuple[str, ...]]:
        # One by one: those of one command must be in one slot.
        return [
            (f"S{verb}" if channel.startswith(keys.SHARDED) else verb, channel)
            for channel in channels
        ]
