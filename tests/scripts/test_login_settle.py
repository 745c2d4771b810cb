"""login_settle: what is taken back, and what a right login changes."""

import pytest

from alphasync.errors import TooManyRequests
from alphasync.services.login_tries import LoginTries
from tests.scripts.bench import Bench
from tests.scripts.test_login_attempt import EMAIL, HOME, LIMITS


@pytest.fixture
def logins(bench: Bench) -> LoginTries:
    return LoginTries(bench.scripts, LIMITS)


async def kept(bench: Bench) -> list[bytes]:
    """What there is about tries."""
    return [key async for key in bench.client.scan_iter("as:{logins}:*", count=1000)]


async def test_a_right_login_begins_anew(bench: Bench, logins: LoginTries) -> None:
    for _ in range(LIMITS.pair):
        await logins.begin(EMAIL, HOME)
    await logins.succeed(EMAIL, HOME, "o:1", "1")
    assert bench.last("login_settle") == "OK"
    for _ in range(LIMITS.pair):
        await logins.begin(EMAIL, HOME)


async def test_what_the_gateway_did_not_refuse_uses_up_nothing(
    bench: Bench, logins: LoginTries
) -> None:
    for _ in range(3 * LIMITS.overall):
        await logins.begin(EMAIL, HOME)
        await logins.take_back(EMAIL, HOME)
    assert await kept(bench) == []


async def test_a_right_login_is_taken_back_for_the_others_and_no_more(
    logins: LoginTries,
) -> None:
    """Logins of one's own do not make room for guesses at others."""
    for number in range(LIMITS.address):
        await logins.begin(f"{number}@b.example", HOME)
        await logins.begin(EMAIL, "10.0.0.9")
        await logins.succeed(EMAIL, "10.0.0.9", "o:1", "1")
    with pytest.raises(TooManyRequests):
        await logins.begin(EMAIL, HOME)


async def test_guesses_from_anywhere_do_not_lock_an_operator_out(logins: LoginTries) -> None:
    await logins.begin(EMAIL, HOME)
    await logins.succeed(EMAIL, HOME, "o:1", "1")
    for number in range(LIMITS.account):
        await logins.begin(EMAIL, f"10.1.0.{number}")
    for number in range(LIMITS.overall - LIMITS.account):
        await logins.begin(f"{number}@b.example", f"10.2.0.{number}")
    for address in ("10.1.0.99", "10.3.0.1"):
        with pytest.raises(TooManyRequests):
            await logins.begin(EMAIL, address)
    for _ in range(LIMITS.pair):
        await logins.begin(EMAIL, HOME)
    with pytest.raises(TooManyRequests):
        await logins.begin(EMAIL, HOME)


async def test_a_window_that_ended_meanwhile_is_not_opened_again(
    bench: Bench, logins: LoginTries
) -> None:
    await logins.begin(EMAIL, HOME)
    await bench.client.flushdb()
    await logins.take_back(EMAIL, HOME)
    assert await kept(bench) == []
