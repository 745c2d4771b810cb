"""token_use: who a service token is."""

import msgspec
import pytest

from alphasync.domain.identity import account_of
from alphasync.domain.roles import Role
from alphasync.services.tokens import InvalidToken
from tests.scripts.backends import admin, make, tokens_of
from tests.scripts.bench import Bench


async def test_it_is_who_made_it_with_its_own_role_and_profiles(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who, role=Role.OPERATOR, profiles=["1001", "1002"])
    acts = await tokens_of(bench).identify(made.token)
    assert bench.last("token_use") == "OK"
    assert (acts.operator_id, acts.account, acts.team) == ("1", who.account, None)
    assert (acts.role, acts.profiles) == (Role.OPERATOR, frozenset({"1001", "1002"}))
    assert (acts.sign_in, acts.begun_at) == (made.id, made.at)


async def test_its_team_is_that_of_its_maker(bench: Bench) -> None:
    account = account_of("1", "the reds/ü")
    who = msgspec.structs.replace(bench.who, role=Role.ADMIN, team="the reds/ü", account=account)
    made = await make(bench, who)
    acts = await tokens_of(bench).identify(made.token)
    assert (acts.team, acts.account) == ("the reds/ü", account)


async def test_nobody_comes_with_another_secret_account_or_id(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()))
    beginning, account, digits, secret = made.token.split("_")
    for wrong in (
        f"{beginning}_{account}_{digits}_{'0' * 64}",
        f"{beginning}_{account}_{'0' * 16}_{secret}",
        f"{beginning}_mu5de_{digits}_{secret}",
        f"{beginning}_{account.upper()}_{digits}_{secret}",
        f"{beginning}_{account}a_{digits}_{secret}",
        f"{made.token}0",
        "ast_",
    ):
        with pytest.raises(InvalidToken):
            await tokens_of(bench).identify(wrong)
    assert bench.last("token_use") == "UNKNOWN"
    assert (await tokens_of(bench).listed(bench.who))[0].used_at is None


async def test_it_is_noted_once_in_a_while_that_it_is_in_use(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()))
    name = bench.names.signin(made.id)
    await tokens_of(bench).identify(made.token)
    [listed] = await tokens_of(bench).listed(bench.who)
    assert listed.used_at is not None
    assert listed.used_at >= made.at
    await bench.client.hset(name, "seen", listed.used_at - 50_000)
    await tokens_of(bench).identify(made.token)
    assert await bench.field(name, "seen") == str(listed.used_at - 50_000)
    await bench.client.hset(name, "seen", listed.used_at - 61_000)
    await tokens_of(bench).identify(made.token)
    assert int(await bench.field(name, "seen") or 0) >= listed.used_at


async def test_one_that_has_ended_is_none(bench: Bench) -> None:
    made = await make(bench, admin(bench, await bench.sign_in()), lifetime=600)
    await tokens_of(bench).identify(made.token)
    await bench.client.hset(bench.names.signin(made.id), "expires", await bench.now())
    with pytest.raises(InvalidToken):
        await tokens_of(bench).identify(made.token)


async def test_a_changed_key_is_that_of_what_it_keeps_once_it_is_used(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in("the gateway's token"))
    used, unused = await make(bench, who), await make(bench, who)
    await tokens_of(bench, "next", "secret").identify(used.token)
    later = bench.upstream_with("next")
    assert await later.for_run(who.account, "1", used.id) == "the gateway's token"
    assert await later.for_run(who.account, "1", unused.id) is None
