"""signin_check: whether what a token stands for was ended."""

import msgspec
import pytest

from alphasync.errors import SignedOut
from tests.scripts.bench import Bench


async def test_a_login_holds_until_it_is_ended(bench: Bench) -> None:
    who = bench.come_with(await bench.sign_in())
    other = bench.come_with(await bench.sign_in())
    await bench.endings.check(who)
    assert bench.last("signin_check") == "OK"
    await bench.endings.end(other, who.sign_in, of_all=False)
    with pytest.raises(SignedOut):
        await bench.endings.check(who)
    assert bench.last("signin_check") == "SIGNED_OUT"
    await bench.endings.check(other)


async def test_one_that_the_storage_has_lost_was_not_ended(bench: Bench) -> None:
    """Redis without its data, or back from an older copy: the devices that are here stay."""
    before = bench.come_with(await bench.sign_in())
    await bench.client.flushall()
    await bench.endings.check(before)
    other = bench.come_with(await bench.sign_in())
    await bench.endings.end(other, other.sign_in, of_all=False)
    later = bench.come_with(await bench.sign_in())
    await bench.client.delete(bench.names.signin(later.sign_in))
    later = msgspec.structs.replace(later, begun_at=await bench.now() + 1)
    await bench.endings.check(later)


async def test_a_token_that_no_login_made_ends_with_all_of_its_time(bench: Bench) -> None:
    who = bench.come_with(await bench.sign_in())
    foreign = msgspec.structs.replace(bench.who, begun_at=await bench.now() - 1000)
    silent = msgspec.structs.replace(bench.who, begun_at=0)
    other = msgspec.structs.replace(foreign, operator_id="2")
    await bench.endings.end(who, (await bench.sign_in()).sid, of_all=False)
    await bench.endings.check(foreign)
    assert await bench.endings.end_all(who, this_one=False) == 0
    for token in (foreign, silent):
        with pytest.raises(SignedOut):
            await bench.endings.check(token)
    await bench.endings.check(who)
    await bench.endings.check(other)
    await bench.endings.check(msgspec.structs.replace(foreign, begun_at=await bench.now() + 1))


async def test_the_note_of_it_lives_as_long_as_a_login_can(bench: Bench) -> None:
    who = bench.come_with(await bench.sign_in())
    await bench.endings.end(who, who.sign_in, of_all=False)
    assert 7000 < await bench.ttl(bench.names.signed_out("1")) <= 7200
