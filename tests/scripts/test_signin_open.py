"""signin_open: what a login got, and how many are kept."""

from tests.scripts.bench import SIGN_INS_MAX, TIMES, Bench


async def kept(bench: Bench) -> set[str]:
    found = bench.client.scan_iter(f"{bench.names.prefix}signin:*")
    return {key.decode().rpartition(":")[2] async for key in found}


async def test_a_login_is_kept_for_as_long_as_its_token(bench: Bench) -> None:
    opened = await bench.sign_in("secret", "1001")
    assert bench.last("signin_open") == "OK"
    assert opened.lives == TIMES.lifetime
    sign_in = await bench.upstream.named(opened.handle)
    assert (sign_in.account, sign_in.operator_id) == (bench.who.account, "1")
    assert (sign_in.token, sign_in.profiles) == ("secret", frozenset({"1001"}))
    record = await bench.client.hgetall(bench.names.signin(opened.sid))
    assert b"secret" not in record[b"token"]
    assert opened.sid not in opened.handle


async def test_each_login_is_one_of_its_own(bench: Bench) -> None:
    one, other = await bench.sign_in("a", "1"), await bench.sign_in("b", "2")
    assert (await bench.upstream.named(one.handle)).token == "a"
    assert (await bench.upstream.named(other.handle)).token == "b"


async def test_without_limits_and_with_none_at_all(bench: Bench) -> None:
    who = bench.who
    every = await bench.upstream.open(who.account, "1", "t", None)
    none = await bench.upstream.open(who.account, "1", "t", [])
    assert (await bench.upstream.named(every.handle)).profiles is None
    assert (await bench.upstream.named(none.handle)).profiles == frozenset()


async def test_the_oldest_make_room_for_the_newest(bench: Bench) -> None:
    opened = []
    for number in range(SIGN_INS_MAX + 2):
        opened.append(await bench.sign_in(str(number)))
        await bench.endings.make_room(bench.who.account, "1", opened[-1].too_many)
    assert opened[-1].too_many == [opened[1].sid]
    assert [ended.sessions for ended in bench.announced] == [[o.sid] for o in opened[:2]]
    assert await kept(bench) <= {login.sid for login in opened}
    assert len(await kept(bench)) == SIGN_INS_MAX
    assert opened[-1].sid in await kept(bench)
    assert await bench.client.zcard(bench.names.signins("1")) == SIGN_INS_MAX
    # Another operator's are none of them.
    other = await bench.upstream.open(bench.who.account, "2", "t", None)
    assert other.sid in await kept(bench)
    assert len(await kept(bench)) == SIGN_INS_MAX + 1


async def test_those_that_have_ended_make_room_first(bench: Bench) -> None:
    opened = [await bench.sign_in(str(number)) for number in range(SIGN_INS_MAX)]
    await bench.client.delete(bench.names.signin(opened[1].sid))
    last = await bench.sign_in("last")
    assert last.too_many == []
    assert await kept(bench) == {opened[0].sid, opened[2].sid, last.sid}


async def test_those_that_have_run_out_are_not_listed_for_ever(bench: Bench) -> None:
    """In no list: that of the account knows also those of operators who never come again."""
    gone = [
        await bench.upstream.open(bench.who.account, operator, "t", None)
        for operator in "1234567891234"
    ]
    living = await bench.upstream.open(bench.who.account, "5", "t", None)
    for login in gone:
        await bench.client.delete(bench.names.signin(login.sid))
    assert await bench.client.zcard(bench.names.all_signins) == 14
    other = await bench.upstream.open(bench.who.account, "6", "t", None)
    assert await bench.client.zcard(bench.names.all_signins) == 5
    assert await bench.client.zcard(bench.names.signins("6")) == 1
    last = await bench.sign_in()
    found = await bench.client.zrange(bench.names.all_signins, 0, -1)
    assert found == [bench.names.signin(login.sid).encode() for login in (living, other, last)]
    assert await bench.client.zcard(bench.names.signins("1")) == 1
