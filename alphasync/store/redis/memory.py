"""Redis in this process, for fakeredis: the promise of the pipeline, and the channels."""

import asyncio
from typing import NoReturn

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError, ResponseError

from alphasync.store.redis.channels import Hear, Message
from alphasync.store.redis.functions import Library
from alphasync.store.redis.pipeline import Argument, Entry, Reply, reply_error
from alphasync.tasks import Tasks

LOOK_TIMEOUT = 1.0
"""Seconds for one look into a store in memory."""


class MemoryPipeline:
    """One command after the other, in the order in which they were submitted."""

    publishes_with = "PUBLISH"

    def __init__(self, client: Redis) -> None:
        self.on_connect: tuple[tuple[Argument, ...], ...] = ()
        self.library: Library | None = None  # scripts are called as such
        self._client = client
        self._waiting: asyncio.Queue[Entry] = asyncio.Queue()
        self._tasks = Tasks()

    @property
    def connected(self) -> bool:
        return True

    @property
    def trouble(self) -> Exception | None:
        return None

    def start(self) -> None:
        self._tasks.spawn(self._serve(), "redis-pipeline")

    async def close(self) -> None:
        await self._tasks.close()

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()
        self._waiting.put_nowait(Entry(command, answer, loop.time()))
        return answer

    def confirmed(self, *command: Argument) -> asyncio.Future[Reply]:
        return self.submit(*command)

    async def _execute(self, command: tuple[Argument, ...]) -> Reply:
        # Not through the client's own commands: those make Python objects of the replies.
        pool = self._client.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]  # untyped in redis-py
        try:
            await connection.send_command(*command)
            reply: Reply = await connection.read_response(disable_decoding=True)
        finally:
            await pool.release(connection)
        return reply

    async def _serve(self) -> None:
        for command in self.on_connect:
            await self._execute(command)
        while True:
            entry = await self._waiting.get()
            try:
                reply = await self._execute(entry.command)
            except ResponseError as error:
                if not entry.answer.done():
                    entry.answer.set_exception(reply_error(error))
            except Exception as error:  # noqa: BLE001 - what cannot be packed fails alone
                if not entry.answer.done():
                    entry.answer.set_exception(error)
            else:
                if not entry.answer.done():
                    entry.answer.set_result(reply)


class MemoryChannels:
    """In this process, without a server."""

    def __init__(self, pubsub: PubSub, hear: Hear) -> None:
        self._pubsub = pubsub
        self._hear = hear

    async def subscribe(self, *channels: str) -> None:
        await self._pubsub.subscribe(*channels)

    async def unsubscribe(self, channel: str) -> None:
        await self._pubsub.unsubscribe(channel)

    async def lost(self) -> NoReturn:
        while True:
            found = await self._pubsub.get_message(timeout=LOOK_TIMEOUT)
            if found is not None:
                self._hear(Message(found["type"], found["channel"], found["data"]))

    async def close(self) -> None:
        try:
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # untyped in redis-py
        except (RedisError, OSError):
            return  # closed already
