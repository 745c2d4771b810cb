"""signin_read: a login that has ended is gone, but for the runs that it started."""

import pytest

from alphasync.errors import SignInAgain
from tests.scripts.bench import Bench


async def test_one_that_has_ended_is_for_its_runs_only(bench: Bench) -> None:
    opened, who = await bench.sign_in("t"), bench.who
    assert (await bench.upstream.named(opened.handle)).token == "t"
    assert bench.last("signin_read") == "OK"
    await bench.client.hset(bench.names.signin(opened.sid), "expires", await bench.now())
    with pytest.raises(SignInAgain):
        await bench.upstream.named(opened.handle)
    assert bench.last("signin_read") == "GONE"
    assert await bench.upstream.for_run(who.account, who.operator_id, opened.sid) == "t"
    await bench.client.delete(bench.names.signin(opened.sid))
    assert await bench.upstream.for_run(who.account, who.operator_id, opened.sid) is None
