"""login_attempt: fixed windows that begin with the first try, and what is counted in them."""

import asyncio
from collections.abc import Callable

import pytest

from alphasync.errors import TooManyRequests
from alphasync.services.login_tries import LoginLimits, LoginTries
from tests.scripts.bench import Bench

LIMITS = LoginLimits(pair=3, account=5, address=7, overall=11)
EMAIL, HOME = "a@b.example", "10.0.0.1"


@pytest.fixture
def logins(bench: Bench) -> LoginTries:
    return LoginTries(bench.scripts, LIMITS)


async def refused(logins: LoginTries, email: str = EMAIL, address: str = HOME) -> int:
    """Seconds to wait."""
    with pytest.raises(TooManyRequests) as caught:
        await logins.begin(email, address)
    wait = caught.value.details["retryAfter"]
    assert isinstance(wait, int)
    assert str(wait) in caught.value.message or f"{-(-wait // 60)} minutes" in caught.value.message
    return wait


async def test_tries_are_counted_up_to_the_limit(bench: Bench, logins: LoginTries) -> None:
    for _ in range(LIMITS.pair):
        await logins.begin(EMAIL, HOME)
    assert bench.last("login_attempt") == "OK"
    wait = await refused(logins)
    assert bench.last("login_attempt") == "REFUSED"
    assert LIMITS.window - 10 < wait <= LIMITS.window
    await logins.begin(EMAIL, "10.0.0.2")
    await logins.begin("c@b.example", HOME)


@pytest.mark.parametrize(
    "other",
    [
        "A@B.example",
        "a@b.example ",
        "\ta@b.example",
        "ａ@ｂ.example",
        "a@b. example",
        "a\u200b@b.example\u00ad",
        "\ufeffa@b.example\x00",
        "a\u034f\ufe0f@b.example\u3164",
        "\u115f\u1160a\u180b@\uffa0b.example\U000e0100",
    ],
)
async def test_an_address_counts_as_one_however_it_is_typed(logins: LoginTries, other: str) -> None:
    for _ in range(LIMITS.pair):
        await logins.begin(EMAIL, HOME)
    await refused(logins, other)


@pytest.mark.parametrize(
    ("limit", "email", "address"),
    [
        (LIMITS.account, lambda _: EMAIL, lambda n: f"10.0.0.{n}"),
        (LIMITS.address, lambda n: f"{n}@b.example", lambda _: HOME),
        (LIMITS.overall, lambda n: f"{n}@b.example", lambda n: f"10.0.0.{n}"),
    ],
)
async def test_who_spreads_their_tries_is_bounded_too(
    bench: Bench,
    logins: LoginTries,
    limit: int,
    email: Callable[[int], str],
    address: Callable[[int], str],
) -> None:
    for number in range(limit):
        await logins.begin(email(number), address(number))
    keys = await bench.client.dbsize()
    for number in range(limit, limit + 5):
        await refused(logins, email(number), address(number))
    assert await bench.client.dbsize() == keys, "a refusal leaves nothing behind"


async def test_no_number_of_tries_at_once_gets_past_the_limit(logins: LoginTries) -> None:
    tries = [logins.begin(EMAIL, HOME) for _ in range(30)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert len([answer for answer in answers if answer is None]) == LIMITS.pair


async def test_further_tries_do_not_move_the_window(bench: Bench, logins: LoginTries) -> None:
    await logins.begin(EMAIL, HOME)
    keys = [key async for key in bench.client.scan_iter("as:{logins}:*")]
    assert len(keys) == 4
    for key in keys:
        await bench.client.pexpire(key, 60_000)
    await logins.begin(EMAIL, HOME)
    for key in keys:
        assert await bench.ttl(key.decode()) <= 60


async def test_a_device_that_proves_that_it_is_known_is_not_kept_out_by_others(
    logins: LoginTries,
) -> None:
    for number in range(LIMITS.account):
        await logins.begin(EMAIL, f"10.0.0.{number + 2}")
    await refused(logins)
    for _ in range(LIMITS.pair):
        await logins.begin(EMAIL, HOME, proven=True)
    with pytest.raises(TooManyRequests):  # its own wrong ones count all the same
        await logins.begin(EMAIL, HOME, proven=True)
