"""Whether a Redis can be worked with: all that a server needs of it is tried, not asked for.

Redis has many ways to answer a PING and to be of no use: a user without a right, a replica that
nobody may write to, no memory left. Each is named with what to do about it.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError, ResponseError

from alphasync.errors import StoreUnavailable
from alphasync.store import key_groups, keys
from alphasync.store.connect import Store
from alphasync.store.redis.advice import words
from alphasync.store.redis.channels import Message
from alphasync.store.redis.lines import Line
from alphasync.store.redis.pipeline import Argument, ReplyError
from alphasync.store.scripts.server_calls import rights_try

CONNECT_TIMEOUT = 3.0
"""Seconds until a Redis that is there has been connected to."""
ECHO_TIMEOUT = 2.0
"""Seconds for a message to come back."""
TRIAL_TTL = 10_000
"""ms that a key of ours stays which may not be deleted."""
LOOK_INTERVAL = 0.02
"""Seconds between two looks whether Redis is connected."""
ANY_TAG = "try"
"""Where it does not matter which."""
STOCK_CHANNEL = "socketio"
"""What python-socketio's own servers and emitters use."""


class Unusable(Exception):
    """Redis cannot be worked with as it is; the text says why, and what to do."""


async def try_all(store: Store, *, every: bool = True) -> None:
    """Try a store that is started: every shard of it, or whether any is of use. Raises Unusable."""
    await _connected(store)
    await _on_lines(store, _try_line, every=every)


async def try_commands(store: Store) -> None:
    """Whether what scripts and services use is carried out, somewhere. Raises Unusable.

    One shard that is away does not take the accounts of all others down.
    """
    await _on_lines(store, _try_commands, every=False)


async def _on_lines(
    store: Store, trial: Callable[[Store, Line], Awaitable[None]], *, every: bool
) -> None:
    lines = store.lines.current().values()
    found = await asyncio.gather(*(trial(store, line) for line in lines), return_exceptions=True)
    troubles = [error for error in found if error is not None]
    if troubles and (every or len(troubles) == len(found)):
        raise troubles[0]


async def _try_line(store: Store, line: Line) -> None:
    await _try_commands(store, line)
    await _try_to_hear(store, line)


async def _try_commands(store: Store, line: Line) -> None:
    tag = line.tag or ANY_TAG
    for command in _direct(tag):
        await _try(store, *command)
    # Each script begins with it, and Redis does not always say what it is that one may not run.
    # Only what has a key finds its shard of a cluster.
    own = f"{keys.trial(tag)}own:t"
    await _try(store, "EVAL", "return redis.call('TIME')", 1, own, "", right="TIME")
    await try_scripts(store, tag)


class Trials:
    """``try_commands`` for whoever asks often: what was found out a moment ago is told again."""

    REPEAT_INTERVAL = 0.5
    """Seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: asyncio.Task[str | None] | None = None
        self._at = 0.0

    async def trouble(self) -> str | None:
        """Why Redis cannot be worked with, or None."""
        if self._found is None or (
            self._found.done() and time.monotonic() - self._at > self.REPEAT_INTERVAL
        ):
            self._at = time.monotonic()
            self._found = asyncio.create_task(self._try(), name="rights")
        return await asyncio.shield(self._found)

    async def _try(self) -> str | None:
        try:
            await try_commands(self._store)
        except Unusable as error:
            return str(error)
        return None


async def _connected(store: Store) -> None:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            while not store.pipeline.connected:
                if isinstance(trouble := store.pipeline.trouble, ResponseError):
                    raise Unusable(words(trouble, "script|load"))
                await asyncio.sleep(LOOK_INTERVAL)
    except TimeoutError as error:
        raise Unusable(words(store.pipeline.trouble or error, "script|load")) from None


async def try_scripts(store: Store, tag: str) -> None:
    """The commands within scripts, where the keys with this tag are. Raises Unusable."""
    channel = keys.probe(tag, "try")
    try:
        answer = await store.scripts.call(
            rights_try(key_groups.trial_keys(tag), channel=channel, keep=TRIAL_TTL)
        )
    except (StoreUnavailable, ReplyError) as error:
        raise Unusable(words(_cause(store, error), "evalsha")) from error
    if answer.outcome == "REFUSED":
        raise Unusable(words(ReplyError("ERR", answer.text(2)), answer.text(1)))


def _direct(tag: str) -> tuple[tuple[Argument, ...], ...]:
    """The commands that services send by themselves, on keys that are gone afterwards."""
    text, members, scores, hash_ = (f"{keys.trial(tag)}own:{name}" for name in "tmsh")
    return (
        ("EVAL", "return 1", 1, text, ""),
        ("SET", text, "1", "PX", TRIAL_TTL),
        ("GET", text),
        ("INCR", text),
        ("SADD", members, "1"),
        ("PEXPIRE", members, TRIAL_TTL),
        ("SMEMBERS", members),
        ("SREM", members, "1"),
        ("ZADD", scores, "LT", "1", "1"),
        ("ZRANGE", scores, "0", "-1"),
        ("ZREM", scores, "1"),
        ("ZMSCORE", scores, "1"),
        ("ZCARD", scores),
        ("ZREVRANGE", scores, "0", "0"),
        ("HGET", hash_, "a"),
        ("HMGET", hash_, "a"),
        ("HGETALL", hash_),
        ("HSCAN", hash_, "0"),
        ("HDEL", hash_, "a"),
        ("PUBLISH", keys.probe(tag, "try"), "tried"),
        ("DEL", text),
    )


async def _try(store: Store, *command: Argument, right: str = "") -> None:
    """``right``: the command that it is about, where that is not the first word."""
    try:
        await store.pipeline.submit(*command)
    except (StoreUnavailable, ReplyError) as error:
        raise Unusable(words(_cause(store, error), right or str(command[0]))) from error


def _cause(store: Store, error: Exception) -> BaseException:
    """What Redis said, where the error is only for clients."""
    lost = None if store.pipeline.connected else store.pipeline.trouble
    return error.__cause__ or lost or error


async def _try_to_hear(store: Store, line: Line) -> None:
    """Whether what is published comes back."""
    channel = keys.probe(line.tag, secrets.token_hex(8))
    heard = asyncio.Event()
    channels = line.open(_listener(channel, heard))
    listening: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(ECHO_TIMEOUT):
            events = keys.channel_of(line.tag)
            wanted = (channel, events, STOCK_CHANNEL)
            await channels.subscribe(*filter(line.carries, wanted))
            listening = asyncio.create_task(channels.lost(), name="rights: hear")
            while not heard.is_set() and not listening.done():
                await _try(store, store.pipeline.publishes_with, channel, "alive")
                await asyncio.wait(
                    [listening, asyncio.ensure_future(heard.wait())],
                    timeout=LOOK_INTERVAL,
                    return_when=asyncio.FIRST_COMPLETED,
                )
        if listening.done():
            listening.result()
    except TimeoutError as error:
        raise Unusable("what is published does not come back to who has subscribed") from error
    except (RedisError, OSError) as error:
        raise Unusable(words(error, "subscribe")) from error
    finally:
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        await channels.close()


def _listener(channel: str, heard: asyncio.Event) -> Callable[[Message], None]:
    def hear(message: Message) -> None:
        if message.channel == channel.encode() and message.kind == "message":
            heard.set()

    return hear
