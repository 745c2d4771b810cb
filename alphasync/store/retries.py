"""Trying again while Redis does not answer."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from alphasync.errors import StoreUnavailable
from alphasync.store.redis.attempts import backoff

P = ParamSpec("P")
T = TypeVar("T")


async def until_redis_answers(
    call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call until Redis answers, with growing pauses of up to a second between two tries.

    Only for what may be repeated: a try whose answer got lost may have been carried out. Raises
    what ``call`` does, but for StoreUnavailable.
    """
    for attempt in itertools.count(1):
        try:
            return await call(*args, **kwargs)
        except StoreUnavailable:
            await asyncio.sleep(backoff(attempt))
    raise AssertionError("unreachable: the count does not end")
