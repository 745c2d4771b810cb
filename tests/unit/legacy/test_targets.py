"""Where earlier state goes: what of it waits for a Redis that is away for a while."""

from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError, TimeoutError

from alphasync.legacy.targets import Bringing, Looking
from alphasync.services.earlier_state import EarlierDraft, EarlierState, Place
from alphasync.store.scripts.limits import Lifetimes

NOW = 1_790_000_000
PLACE = Place("7", "o:7", "1001", "chat")


class Away:
    """Answers once it was asked in vain."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)

    async def time(self) -> tuple[int, int]:
        self._fail()
        return NOW, 0

    async def hmget(self, *_: Any) -> list[bytes]:
        self._fail()
        return [b"3", b"%d" % (NOW * 1000)]

    def _fail(self) -> None:
        if self._errors:
            raise self._errors.pop()


def bringing(*errors: Exception) -> Bringing:
    looking = Looking(cast("Redis", Away(*errors)), Lifetimes())
    return Bringing(cast("EarlierState", None), looking)


async def test_a_draft_waits_for_redis() -> None:
    draft = EarlierDraft("Hello", "d1", NOW * 1000 - 1)
    away = bringing(RedisConnectionError("gone"), TimeoutError("late"))
    assert await away.draft(PLACE, draft) == "known"


async def test_what_redis_refuses_is_not_asked_for_again() -> None:
    with pytest.raises(ResponseError):
        await bringing(ResponseError("no")).draft(PLACE, EarlierDraft("Hello", "d1", NOW * 1000))
