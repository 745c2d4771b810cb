"""What the commands about kept data have in common: their Redis, their end, what they say."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError

from alphasync import config
from alphasync.checks import CannotStart, check_redis
from alphasync.config import Settings
from alphasync.errors import StoreUnavailable
from alphasync.options import lifetimes
from alphasync.serving import until_stopped
from alphasync.store.connect import MEMORY, Store, make_client, make_store
from alphasync.store.redis.advice import words
from alphasync.surroundings import redis_url

SAID_INTERVAL = 5.0
"""Seconds between two lines of progress where there is no terminal to draw a bar on."""
STOPPED, INCOMPLETE = 130, 3
"""Exit codes: broken off by a signal; done, but for what is not usable."""

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded Valkey is kept.", show_default="data"),
]

T = TypeVar("T")


def carry_out(work: Coroutine[None, None, T]) -> T | None:
    """None where it was broken off by a signal."""
    try:
        return asyncio.run(until_stopped(work))
    except CannotStart as error:
        fail(str(error))
    except RedisError as error:
        fail(f"REDIS_URL: {words(error)}")
    except StoreUnavailable:
        fail("REDIS_URL: it does not answer any more; repeat it")


@contextlib.asynccontextmanager
async def kept(settings: Settings) -> AsyncIterator[Redis | RedisCluster]:
    """A client of the Redis that things are kept in."""
    async with redis_url(settings) as url:
        if url == MEMORY:
            raise CannotStart("REDIS_URL: in memory nothing is kept; name a Redis")
        try:
            client = make_client(url)
        except ValueError as error:
            raise CannotStart(f"REDIS_URL: {error}") from None
        try:
            yield client
        finally:
            await client.aclose()


@contextlib.asynccontextmanager
async def store_of(settings: Settings) -> AsyncIterator[Store]:
    """The same, to change what is kept."""
    async with redis_url(settings) as url:
        await check_redis(settings, url, wait=False)
        opened = make_store(url, lifetimes(settings), settings.redis_wait_replicas)
        opened.start()
        try:
            yield opened
        finally:
            await opened.close()


@contextlib.contextmanager
def progress_of(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Tells of progress on standard error: a bar on a terminal, else a line now and then."""
    if sys.stderr.isatty():
        with typer.progressbar(length=total, file=sys.stderr) as bar:
            yield bar.update
        return
    done, said = 0, time.monotonic()

    def advance(number: int) -> None:
        nonlocal done, said
        done += number
        if time.monotonic() - said >= SAID_INTERVAL:
            said = time.monotonic()
            print(f"{done} of {total} {what}", file=sys.stderr)

    yield advance


def settings_of(data_dir: Path | None) -> Settings:
    try:
        return config.load(data_dir=data_dir)
    except config.WrongSetting as error:
        fail(str(error))


def fail(text: str) -> NoReturn:
    print(f"alphasync: {text}", file=sys.stderr)
    raise typer.Exit(1)
