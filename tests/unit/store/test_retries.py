"""Trying again while Redis does not answer."""

import pytest

from alphasync.errors import StoreUnavailable, UnknownOutcome
from alphasync.store import retries
from alphasync.store.retries import until_redis_answers


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The attempts after which there was a pause; none of them takes time."""
    attempts: list[int] = []

    def backoff(attempt: int) -> float:
        attempts.append(attempt)
        return 0.0

    monkeypatch.setattr(retries, "backoff", backoff)
    return attempts


class Away:
    """A call that fails so many times before it is answered."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "answered"


async def test_a_call_that_is_answered_is_made_once(pauses: list[int]) -> None:
    assert await until_redis_answers(Away()) == "answered"
    assert pauses == []


async def test_it_is_made_again_until_it_is_answered(pauses: list[int]) -> None:
    away = Away(StoreUnavailable(), UnknownOutcome(), StoreUnavailable())
    assert await until_redis_answers(away) == "answered"
    assert pauses == [1, 2, 3]


async def test_another_error_is_not_tried_again(pauses: list[int]) -> None:
    away = Away(StoreUnavailable(), ValueError("ours"), StoreUnavailable())
    with pytest.raises(ValueError, match="ours"):
        await until_redis_answers(away)
    assert pauses == [1]
