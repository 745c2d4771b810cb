"""answer_keep: what a call with an idempotency key was answered."""

import pytest

from alphasync.errors import NotRunning, UnknownOutcome
from alphasync.services.kept_answers import KeptAnswers
from tests.scripts.bench import Bench


async def test_what_was_refused_is_not_kept(bench: Bench) -> None:
    kept = KeptAnswers(bench.scripts, 10)

    async def refused() -> bytes:
        raise NotRunning

    async def done() -> bytes:
        return b"{}"

    with pytest.raises(NotRunning):
        await kept.once(bench.who, "a", b"this", refused)
    assert bench.last("answer_keep") == "OK"
    assert await bench.client.exists(bench.names.answers, bench.names.answer_times) == 0
    assert await kept.once(bench.who, "a", b"that", done) == b"{}"


async def test_one_that_made_room_meanwhile_stays_away(bench: Bench) -> None:
    kept = KeptAnswers(bench.scripts, 10)

    async def done() -> bytes:
        await bench.client.delete(bench.names.answers)
        return b"{}"

    assert await kept.once(bench.who, "a", b"this", done) == b"{}"
    assert bench.last("answer_keep") == "GONE"
    assert not await bench.client.exists(bench.names.answers)


async def test_of_what_is_not_known_one_is_told_the_same(bench: Bench) -> None:
    kept = KeptAnswers(bench.scripts, 10)
    times = 0

    async def unknown() -> bytes:
        nonlocal times
        times += 1
        raise UnknownOutcome

    for begun in ("NEW", "KNOWN"):
        with pytest.raises(UnknownOutcome):
            await kept.once(bench.who, "a", b"this", unknown)
        assert bench.last("answer_begin") == begun
    assert times == 1
