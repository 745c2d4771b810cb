"""token_revoke: nobody comes with a service token any more, and what it has started ends."""

import asyncio

import msgspec
import pytest

from alphasync.domain.events import ProcessingInterrupted
from alphasync.domain.runs import RunStatus
from alphasync.errors import SignedOut, UnknownOutcome, UnknownServiceToken
from alphasync.services.tokens import InvalidToken
from alphasync.store.scripts import limits
from alphasync.store.scripts.calls import Answer
from alphasync.store.scripts.declaring import Call
from tests.scripts.backends import admin, make, start_as, tokens_of
from tests.scripts.bench import Bench


async def test_nothing_takes_it_any_more(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made, other = await make(bench, who), await make(bench, who)
    acts = await tokens_of(bench).identify(made.token)
    await tokens_of(bench).revoke(who, made.id)
    assert bench.last("token_revoke") == "OK"
    with pytest.raises(InvalidToken):
        await tokens_of(bench).identify(made.token)
    assert [each.id for each in await tokens_of(bench).listed(who)] == [other.id]
    with pytest.raises(SignedOut):  # what it had on its way
        await start_as(bench, acts, "1009")
    await start_as(bench, await tokens_of(bench).identify(other.token), "1009")


async def test_its_runs_are_interrupted_and_those_of_others_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    acts = await tokens_of(bench).identify(made.token)
    for profile in ("1001", "1002"):
        await start_as(bench, acts, profile)
    await start_as(bench, who, "1003")
    async with bench.verify(ProcessingInterrupted, ProcessingInterrupted) as events:
        await tokens_of(bench).revoke(who, made.id)
    assert {event.code for event in events} == {"signed_out"}
    assert (await bench.run("1003")).status is RunStatus.RUNNING


async def test_there_is_none_or_it_is_another_accounts(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    other = msgspec.structs.replace(who, account="o:2", operator_id="2")
    for asking, id_ in ((who, "ast.0000000000000000"), (who, who.sign_in), (other, made.id)):
        with pytest.raises(UnknownServiceToken):
            await tokens_of(bench).revoke(asking, id_)
    await tokens_of(bench).identify(made.token)


async def test_who_may_use_some_profiles_sees_and_revokes_those_for_no_other(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    own = await make(bench, who, profiles=["1001"])
    others = [await make(bench, who, profiles=["1001", "1002"]), await make(bench, who)]
    limited = msgspec.structs.replace(who, profiles=frozenset({"1001", "1003"}))
    assert [each.id for each in await tokens_of(bench).listed(limited)] == [own.id]
    for other in others:
        with pytest.raises(UnknownServiceToken):
            await tokens_of(bench).revoke(limited, other.id)
        await tokens_of(bench).identify(other.token)
    await tokens_of(bench).revoke(limited, own.id)


async def test_two_who_revoke_it_at_once(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    both = [tokens_of(bench).revoke(who, made.id) for _ in range(2)]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), UnknownServiceToken]
    assert bench.last("token_revoke") == "UNKNOWN"


async def test_very_many_runs_are_ended_in_parts(bench: Bench) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    acts = await tokens_of(bench).identify(made.token)
    for number in range(limits.PAGE_ENDS_MAX + 1):
        await start_as(bench, acts, str(2000 + number))
    await tokens_of(bench).revoke(who, made.id)
    outcomes = [call.outcome for call in bench.scripts.calls if call.name == "token_revoke"]
    assert outcomes == ["MORE", "OK"]
    assert await bench.client.zcard(f"{bench.names.runs}:running") == 0


async def test_who_was_cut_off_before_the_last_run_revokes_it_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = admin(bench, await bench.sign_in())
    made = await make(bench, who)
    acts = await tokens_of(bench).identify(made.token)
    for number in range(limits.PAGE_ENDS_MAX + 1):
        await start_as(bench, acts, str(2000 + number))
    complete = bench.scripts.call

    async def cut_off(call: Call) -> Answer:
        if bench.scripts.calls[-1].outcome == "MORE":
            raise UnknownOutcome
        return await complete(call)

    with monkeypatch.context() as patched:
        patched.setattr(bench.scripts, "call", cut_off)
        with pytest.raises(UnknownOutcome):
            await tokens_of(bench).revoke(who, made.id)
    with pytest.raises(InvalidToken):
        await tokens_of(bench).identify(made.token)
    with pytest.raises(SignedOut):
        await start_as(bench, acts, "1001")
    await tokens_of(bench).revoke(who, made.id)
    assert await bench.client.zcard(f"{bench.names.runs}:running") == 0
    assert await tokens_of(bench).listed(who) == []
    record = await bench.client.xrange(bench.names.record)
    assert str(record).count("token_revoked") == 1
