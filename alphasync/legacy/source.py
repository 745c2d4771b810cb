"""The earlier server's Redis, which is only read: SCAN, DBSIZE, GETRANGE and TYPE."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from alphasync.legacy.entries import VALUE_MAX, Kind, kind_of
from alphasync.store.connect import make_client
from alphasync.store.redis.advice import plain
from alphasync.store.redis.urls import UnsupportedUrl, redacted

SCANNED_AT_ONCE = 1_000
"""Keys that one SCAN goes through: others of that Redis wait for about half a millisecond."""
ANSWER_TIMEOUT = 30.0
"""Seconds. What is read may be on a machine that is about to be given up."""


class SourceLost(Exception):
    """The earlier server's Redis is of no use, or not any more; the text is one line."""


class Found(NamedTuple):
    kind: Kind
    key: bytes
    value: bytes
    unusable: str = ""
    """Why there is no value, where there is none."""


class Page(NamedTuple):
    looked_at: int
    """Keys, those of others among them."""
    others: int
    found: list[Found]


class Source:
    def __init__(self, client: Redis, url: str) -> None:
        self._client = client
        self._shown = redacted(url)

    async def size(self) -> int:
        """How many keys there are. Raises SourceLost."""
        with self._troubles():
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return int(await self._client.dbsize())

    async def pages(self) -> AsyncIterator[Page]:
        """All keys, some perhaps twice, with the values of those that matter. Raises SourceLost."""
        cursor = 0
        while True:
            with self._troubles():
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    cursor, names = await self._client.scan(cursor, count=SCANNED_AT_ONCE)
                    kinds = {name: kind_of(name) for name in names if isinstance(name, bytes)}
                    wanted = {name: kind for name, kind in kinds.items() if kind}
                    found = await self._values(wanted)
            yield Page(len(names), len(kinds) - len(wanted), found)
            if not cursor:
                return

    async def _values(self, names: dict[bytes, Kind]) -> list[Found]:
        if not names:
            return []
        # No more than is of use: a key may hold half a gigabyte.
        asking = self._client.pipeline(transaction=False)
        for name in names:
            asking.getrange(name, 0, VALUE_MAX)
        found: list[Found] = []
        values = await asking.execute(raise_on_error=False)
        for (name, kind), value in zip(names.items(), values, strict=True):
            if isinstance(value, ResponseError):
                if "WRONGTYPE" not in str(value):
                    raise value
                found.append(Found(kind, name, b"", "it is no string"))
            elif len(value) > VALUE_MAX:
                found.append(Found(kind, name, b"", f"its value has more than {VALUE_MAX} bytes"))
            elif value:  # else it has run out meanwhile
                found.append(Found(kind, name, value))
        return found

    @contextlib.contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError, TimeoutError) as error:
            reason = plain(error) or type(error).__name__
            raise SourceLost(f"no answer from {self._shown} ({reason})") from error


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Source]:
    """Raises SourceLost."""
    try:
        client = make_client(url)
    except (UnsupportedUrl, ValueError) as error:
        raise SourceLost(str(error)) from None
    try:
        if not isinstance(client, Redis):
            raise SourceLost("the earlier server knew no clusters: name one server")
        yield Source(client, url)
    finally:
        await client.aclose()
