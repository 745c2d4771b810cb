"""Subscriptions to Redis channels, read without a detour: all events come this way."""

import asyncio
import math
from collections import Counter
from typing import NamedTuple, Protocol

from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse, RedisError

from alphasync.store import keys

CONNECT_WITHIN = 2.0
"""Seconds."""
LOOK_EVERY = 1.0
"""Seconds for one look into a store in memory."""
SHARDED_KINDS = {
    "smessage": "message",
    "ssubscribe": "subscribe",
    "sunsubscribe": "unsubscribe",
}


class Message(NamedTuple):
    kind: str
    """``message``, ``subscribe`` or ``unsubscribe``."""
    channel: bytes
    data: bytes


class Channels(Protocol):
    """One subscription. Its methods raise RedisError or OSError when the connection is lost."""

    async def subscribe(self, *channels: str) -> None: ...

    async def unsubscribe(self, channel: str) -> None: ...

    async def read(self) -> Message:
        """Wait for the next message."""

    async def close(self) -> None: ...


class RedisChannels:
    """On a connection of its own."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._closed = False

    async def subscribe(self, *channels: str) -> None:
        if self._closed:
            raise ConnectionError("closed")
        if not self._connection.is_connected:
            async with asyncio.timeout(CONNECT_WITHIN):
                await self._connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
        await self._send("SUBSCRIBE", channels)

    async def unsubscribe(self, channel: str) -> None:
        await self._send("UNSUBSCRIBE", (channel,))

    async def read(self) -> Message:
        reply = await self._connection.read_response(timeout=math.inf, disable_decoding=True)
        if not isinstance(reply, list) or len(reply) != 3:
            raise InvalidResponse(f"no message: {reply!r}")
        kind, channel, data = reply
        return Message(kind.decode(), channel, data)

    async def close(self) -> None:
        self._closed = True
        await self._connection.disconnect(nowait=True)

    async def _send(self, verb: str, channels: tuple[str, ...]) -> None:
        packed = self._connection.pack_commands(self._commands(verb, channels))
        await self._connection.send_packed_command(packed, check_health=False)

    def _commands(self, verb: str, channels: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [(verb, *channels)]


class ShardChannels(RedisChannels):
    """On a connection to one shard of a cluster: what it publishes goes no further, except on the
    channels that are nobody's account."""

    def __init__(self, connection: AbstractConnection) -> None:
        super().__init__(connection)
        self._leaving: Counter[bytes] = Counter()

    async def unsubscribe(self, channel: str) -> None:
        self._leaving[channel.encode()] += 1
        await super().unsubscribe(channel)

    async def read(self) -> Message:
        """Also raises where the shard ends a subscription because the slot is not its own now."""
        kind, channel, data = await super().read()
        if kind == "sunsubscribe":
            if channel not in self._leaving:
                raise InvalidResponse(f"{channel.decode()} is at another shard")
            self._leaving -= Counter([channel])
        return Message(SHARDED_KINDS.get(kind, kind), channel, data)

    def _commands(self, verb: str, channels: tuple[str, ...]) -> list[tuple[str, ...]]:
        # One by one: those of one command must be in one slot.
        return [
            (f"S{verb}" if channel.startswith(keys.SHARDED) else verb, channel)
            for channel in channels
        ]


class MemoryChannels:
    """In this process, without a server."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub

    async def subscribe(self, *channels: str) -> None:
        await self._pubsub.subscribe(*channels)

    async def unsubscribe(self, channel: str) -> None:
        await self._pubsub.unsubscribe(channel)

    async def read(self) -> Message:
        while True:
            found = await self._pubsub.get_message(timeout=LOOK_EVERY)
            if found is not None:
                return Message(found["type"], found["channel"], found["data"])

    async def close(self) -> None:
        try:
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # untyped in redis-py
        except (RedisError, OSError):
            return  # closed already
