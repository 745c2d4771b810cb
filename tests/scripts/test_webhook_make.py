"""webhook_make: an account has so many, and each is told what comes after it."""

import pytest

from alphasync.errors import SignedOut, TooManyWebhooks
from tests.scripts.backends import admin
from tests.scripts.bench import Bench
from tests.scripts.hooking import MOST, URL, made, record, waiting, webhooks_of


async def test_it_is_told_what_comes_after_it(bench: Bench) -> None:
    first = await made(bench)
    assert bench.last("webhook_make") == "OK"
    await webhooks_of(bench).ping(bench.who, first.id)
    await bench.start()
    await bench.stop()
    second = await made(bench)
    assert [entry["kind"] for entry in await waiting(bench, first.id)] == ["ping", "run.stopped"]
    assert await waiting(bench, second.id) == []
    kept = await record(bench, first.id)
    assert (kept["url"], kept["operator"], kept["off"]) == (URL, "1", "")
    assert first.secret not in str(kept)


async def test_an_account_has_some(bench: Bench) -> None:
    for _ in range(MOST):
        await made(bench)
    with pytest.raises(TooManyWebhooks):
        await made(bench)
    assert bench.last("webhook_make") == "FULL"


async def test_a_session_that_was_ended_makes_none(bench: Bench) -> None:
    bench.who = admin(bench, await bench.sign_in())
    await bench.endings.end(bench.who, bench.who.sign_in, of_all=False)
    with pytest.raises(SignedOut):
        await made(bench)
    assert bench.last("webhook_make") == "SIGNED_OUT"
