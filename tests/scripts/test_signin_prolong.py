"""signin_prolong: never beyond the end that was set at the login."""

import msgspec
import pytest

from alphasync.errors import SignInAgain
from alphasync.services.upstream import ENDED_LOGIN_GRACE
from tests.scripts.bench import TIMES, Bench


async def test_a_login_lives_on_up_to_its_end(bench: Bench) -> None:
    opened = await bench.sign_in()
    who = msgspec.structs.replace(bench.who, sign_in=opened.sid)
    name = bench.names.signin(opened.sid)
    for _ in range(2):  # also within one millisecond
        assert await bench.upstream.prolong(who) == (TIMES.lifetime, True)
    assert bench.last("signin_prolong") == "OK"
    await bench.client.hincrby(name, "ends", -round((TIMES.lasts - 90) * 1000))
    for _ in range(2):  # it has less than before, and then the same
        lives, more = await bench.upstream.prolong(who)
        assert (80 < lives <= 90, more) == (True, False)
        assert 80 < await bench.ttl(name) - ENDED_LOGIN_GRACE <= 90


@pytest.mark.parametrize("field", ["expires", "ends"])
async def test_one_that_has_ended_is_gone(bench: Bench, field: str) -> None:
    opened = await bench.sign_in()
    who = msgspec.structs.replace(bench.who, sign_in=opened.sid)
    await bench.client.hset(bench.names.signin(opened.sid), field, await bench.now())
    with pytest.raises(SignInAgain):
        await bench.upstream.prolong(who)
    assert bench.last("signin_prolong") == "GONE"
