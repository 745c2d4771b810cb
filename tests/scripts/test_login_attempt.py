"""login_attempt: a fixed window that begins with the first try."""

import pytest

from alphasync.errors import TooManyRequests
from alphasync.services.upstream import LOGIN_TRIES, LOGIN_WINDOW
from tests.scripts.bench import Bench


async def test_tries_are_counted_up_to_the_limit(bench: Bench) -> None:
    for _ in range(LOGIN_TRIES):
        await bench.upstream.count_try("a@b.example", "10.0.0.1")
    assert bench.last("login_attempt") == "OK"
    with pytest.raises(TooManyRequests) as refused:
        await bench.upstream.count_try("A@B.example", "10.0.0.1")
    assert bench.last("login_attempt") == "REFUSED"
    wait = refused.value.details["retryAfter"]
    assert isinstance(wait, int)
    assert LOGIN_WINDOW - 10 < wait <= LOGIN_WINDOW


async def test_others_are_not_concerned(bench: Bench) -> None:
    for _ in range(LOGIN_TRIES):
        await bench.upstream.count_try("a@b.example", "10.0.0.1")
    await bench.upstream.count_try("a@b.example", "10.0.0.2")
    await bench.upstream.count_try("c@b.example", "10.0.0.1")


async def test_further_tries_do_not_move_the_window(bench: Bench) -> None:
    await bench.upstream.count_try("a@b.example", "10.0.0.1")
    [key] = [key async for key in bench.client.scan_iter("as:tries:*")]
    await bench.client.pexpire(key, 60_000)
    await bench.upstream.count_try("a@b.example", "10.0.0.1")
    assert await bench.ttl(key.decode()) <= 60


async def test_a_right_login_begins_anew(bench: Bench) -> None:
    for _ in range(LOGIN_TRIES):
        await bench.upstream.count_try("a@b.example", "10.0.0.1")
    await bench.upstream.forgive("a@b.example", "10.0.0.1")
    await bench.upstream.count_try("a@b.example", "10.0.0.1")
