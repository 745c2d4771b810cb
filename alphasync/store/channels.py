"""Subscriptions to Redis channels, read without a detour: all events come this way."""

import asyncio
import math
from typing import NamedTuple, Protocol

from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse, RedisError

CONNECT_WITHIN = 2.0
"""Seconds."""
LOOK_EVERY = 1.0
"""Seconds for one look into a store in memory."""


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
        await self._send("SUBSCRIBE", *channels)

    async def unsubscribe(self, channel: str) -> None:
        await self._send("UNSUBSCRIBE", channel)

    async def read(self) -> Message:
        reply = await self._connection.read_response(timeout=math.inf, disable_decoding=True)
        if not isinstance(reply, list) or len(reply) != 3:
            raise InvalidResponse(f"no message: {reply!r}")
        kind, channel, data = reply
        return Message(kind.decode(), channel, data)

    async def close(self) -> None:
        self._closed = True
        await self._connection.disconnect(nowait=True)

    async def _send(self, *command: str) -> None:
        packed = self._connection.pack_command(*command)
        await self._connection.send_packed_command(packed, check_health=False)


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
