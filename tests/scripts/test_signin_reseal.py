"""signin_reseal: what is used is encrypted anew, so that an older key can go."""

import msgspec
import pytest

from alphasync.errors import SignInAgain
from alphasync.services.upstream import Origin
from alphasync.store import key_groups
from alphasync.store.scripts.login_calls import signin_reseal
from tests.scripts.bench import TIMES, Bench


def resealed(bench: Bench) -> int:
    return [call.name for call in bench.scripts.calls].count("signin_reseal")


@pytest.mark.parametrize("use", ["read", "run", "handle", "prolong"])
async def test_what_is_used_outlives_the_older_key(bench: Bench, use: str) -> None:
    account, operator = bench.who.account, bench.who.operator_id
    origin = Origin("a@b.example", "10.0.0.1", "Chrome")
    old = bench.upstream_with("old")
    opened = await old.open(account, operator, "the gateway's", ["1"], origin)
    name = bench.names.signin(opened.sid)
    lives = await bench.ttl(name)
    new = bench.upstream_with("new")
    with pytest.raises(SignInAgain):
        await new.of(account, opened.sid)
    both = bench.upstream_with("new", "old")
    match use:
        case "read":
            assert (await both.of(account, opened.sid)).token == "the gateway's"
        case "run":
            assert await both.for_run(account, operator, opened.sid) == "the gateway's"
        case "handle":
            assert (await both.named(opened.handle)).token == "the gateway's"
        case _:
            await both.prolong(msgspec.structs.replace(bench.who, sign_in=opened.sid))
    assert bench.last("signin_reseal") == "OK"
    found = await new.of(account, opened.sid)
    assert (found.token, found.profiles) == ("the gateway's", frozenset({"1"}))
    sealed = await bench.client.hget(name, "origin")
    assert isinstance(sealed, bytes)
    assert new.origin(sealed) == origin
    assert lives - 5 < await bench.ttl(name) <= TIMES.lifetime + 3600
    await both.of(account, opened.sid)
    assert resealed(bench) == 1, "once is enough"


async def test_where_it_came_from_is_left_where_no_key_opens_it(bench: Bench) -> None:
    opened = await bench.upstream_with("old").open(bench.who.account, "1", "the gateway's", None)
    name = bench.names.signin(opened.sid)
    await bench.client.hset(name, "origin", "of a key that was dropped")
    await bench.upstream_with("new", "old").of(bench.who.account, opened.sid)
    assert bench.last("signin_reseal") == "OK"
    assert await bench.client.hget(name, "origin") == b"of a key that was dropped"


async def test_who_has_no_older_key_writes_nothing(bench: Bench) -> None:
    opened = await bench.sign_in()
    await bench.upstream.of(bench.who.account, opened.sid)
    assert resealed(bench) == 0


async def test_what_was_changed_meanwhile_or_has_ended_stays_so(bench: Bench) -> None:
    opened = await bench.sign_in()
    name = bench.names.signin(opened.sid)
    for _ in range(2):
        answer = await bench.scripts.call(
            signin_reseal(
                key_groups.SignInKeys(name), was=b"another", token=b"mine", origin=b"mine"
            )
        )
        assert answer.outcome == "CHANGED"
        assert await bench.client.hget(name, "token") not in (b"another", b"mine")
        await bench.client.delete(name)
    assert not await bench.client.exists(name)
