"""signin_newest: which other login may be used for a profile, or in the place of another."""

import asyncio

from alphasync.services.upstream import LOGINS_LOOKED_AT_MAX, Opened, Upstream
from tests.scripts.bench import TIMES, Bench


async def newest(bench: Bench, own: str, profile: str, *tried: Opened) -> str | None:
    names = [bench.names.signin(login.sid) for login in tried]
    found = await bench.upstream.newest(
        bench.who.account, bench.who.operator_id, own, profile, names
    )
    return found.token if found else None


async def sign_in(bench: Bench, token: str, *profiles: str) -> Opened:
    await asyncio.sleep(0.002)  # by the millisecond it is known which is the newer one
    return await bench.sign_in(token, *profiles)


async def test_the_newest_that_is_for_the_profile(bench: Bench) -> None:
    one = await sign_in(bench, "one", "1001", "1002")
    two = await sign_in(bench, "two", "1001")
    three = await sign_in(bench, "three", "10", "01", "1001x")
    assert await newest(bench, three.sid, "1001") == "two"
    assert bench.last("signin_newest") == "OK"
    assert await newest(bench, three.sid, "1001", two) == "one"
    assert await newest(bench, one.sid, "1001") == "two"
    assert await newest(bench, three.sid, "1001", one, two) is None
    assert bench.last("signin_newest") == "NONE"
    assert await newest(bench, "", "1002") == "one"
    for name in ("100", "", "1001\n1002", "%d", "x"):
        if name:
            assert await newest(bench, one.sid, name) is None, name


async def test_one_for_all_profiles_is_for_each(bench: Bench) -> None:
    limited = await sign_in(bench, "limited", "1001")
    every = await sign_in(bench, "all")
    assert await newest(bench, limited.sid, "1001") == "all"
    assert await newest(bench, every.sid, "1002") is None


async def test_in_the_place_of_another_only_one_that_is_for_as_much(bench: Bench) -> None:
    limited = await sign_in(bench, "limited", "1", "2")
    same = await sign_in(bench, "same", "2", "1")
    less = await sign_in(bench, "less", "1")
    assert await newest(bench, limited.sid, "") == "same"
    assert await newest(bench, less.sid, "") is None
    await bench.client.delete(bench.names.signin(less.sid))
    every = await sign_in(bench, "all")
    assert await newest(bench, limited.sid, "") == "all"
    assert await newest(bench, every.sid, "") is None
    assert await newest(bench, same.sid, "", every) == "limited"


async def test_one_that_has_ended_is_none(bench: Bench) -> None:
    ended = await sign_in(bench, "ended")
    await bench.client.hset(bench.names.signin(ended.sid), "expires", await bench.now())
    assert await newest(bench, "", "1001") is None


async def test_few_are_looked_at(bench: Bench) -> None:
    many = Upstream(bench.scripts, bench.store.pipeline, ("secret",), TIMES, 100)
    account, operator = bench.who.account, bench.who.operator_id
    await many.open(account, operator, "wide", None)
    for _ in range(LOGINS_LOOKED_AT_MAX):
        await asyncio.sleep(0.002)
        await many.open(account, operator, "narrow", ["1"])
    assert await many.newest(account, operator, "", "2", ()) is None
    assert await many.newest(account, operator, "", "1", ()) is not None
