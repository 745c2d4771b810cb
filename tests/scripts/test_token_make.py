"""token_make: a service token is a login of its own."""

import msgspec
import pytest

from alphasync.domain.roles import Role
from alphasync.errors import NotAllowed, SignedOut, TooManyServiceTokens, UnknownProfile
from tests.scripts.backends import TOKENS_MAX, admin, make, tokens_of
from tests.scripts.bench import Bench


async def test_it_keeps_what_the_gateway_gave_whatever_becomes_of_its_maker(bench: Bench) -> None:
    maker = admin(bench, await bench.sign_in("the gateway's token"))
    made = await make(bench, maker)
    assert bench.last("token_make") == "OK"
    await bench.endings.end(maker, maker.sign_in, of_all=False)
    kept = await bench.upstream.of(maker.account, made.id)
    assert (kept.token, kept.operator_id, kept.profiles) == ("the gateway's token", "1", None)
    assert await bench.upstream.for_run(maker.account, "1", made.id) == "the gateway's token"


async def test_one_of_a_token_that_was_signed_elsewhere_has_none(bench: Bench) -> None:
    made = await make(bench, msgspec.structs.replace(bench.who, role=Role.ADMIN))
    assert (await bench.upstream.of(bench.who.account, made.id)).token == ""
    assert await bench.upstream.for_run(bench.who.account, "1", made.id) == ""


async def test_the_secret_is_nowhere_in_redis(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()))
    secret = made.token.rpartition("_")[2].encode()
    found = [key async for key in bench.client.scan_iter("*")]
    dumps = [await bench.client.dump(key) or b"" for key in found]
    assert any(made.id.encode() in dump for dump in dumps)
    assert not any(secret in dump for dump in dumps)


async def test_it_lives_as_long_as_it_was_given(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    for_ever, for_a_while = await make(bench, who), await make(bench, who, lifetime=600)
    assert for_ever.ends is None
    assert for_a_while.ends == for_a_while.at + 600_000
    assert await bench.ttl(bench.names.signin(for_ever.id)) < 0
    assert 4100 < await bench.ttl(bench.names.signin(for_a_while.id)) <= 4200


async def test_an_account_has_some_and_those_that_ran_out_make_room(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made = [await make(bench, who) for _ in range(TOKENS_MAX)]
    with pytest.raises(TooManyServiceTokens):
        await make(bench, who)
    assert bench.last("token_make") == "FULL"
    await bench.client.delete(bench.names.signin(made[0].id))
    await make(bench, who)
    assert bench.last("token_make") == "OK"


async def test_nobody_gives_what_they_have_not(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    limited = msgspec.structs.replace(who, profiles=frozenset({"1001"}))
    with pytest.raises(UnknownProfile):
        await make(bench, limited, profiles=["1001", "1002"])
    made = await make(bench, limited)
    assert (await tokens_of(bench).identify(made.token)).profiles == frozenset({"1001"})
    with pytest.raises(NotAllowed):
        await make(bench, msgspec.structs.replace(who, role=Role.MANAGER), role=Role.ADMIN)


async def test_a_session_that_was_ended_makes_none(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    await bench.endings.end(who, who.sign_in, of_all=False)
    with pytest.raises(SignedOut):
        await make(bench, who)
    assert bench.last("token_make") == "SIGNED_OUT"
    assert await tokens_of(bench).listed(who) == []
