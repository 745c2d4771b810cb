"""signins_end: logins end, with what they have started."""

from typing import Any

import msgspec
import pytest

from alphasync.domain.events import DeviceJoined, ProcessingInterrupted, SessionsEnded
from alphasync.errors import SignedOut, SignInAgain, UnknownSession
from alphasync.services.endings import Ended
from alphasync.services.upstream import Opened
from alphasync.store.scripts.calls import Answer
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.limits import PAGE_ENDS_MAX
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.planning import Planner


async def as_who(bench: Bench, opened: Opened) -> None:
    """What the bench starts from now on is of this login."""
    bench.who = bench.come_with(opened)


async def test_its_tokens_are_void_whatever_they_are_for(bench: Bench) -> None:
    opened, other = await bench.sign_in("t"), await bench.sign_in("other")
    who = bench.come_with(opened)
    device = await bench.devices.join(who, "s1", "phone")
    async with bench.verify(SessionsEnded) as made:
        await bench.endings.end(bench.come_with(other), opened.sid, of_all=False)
    assert bench.last("signins_end") == "OK"
    assert (made[0].operator_id, made[0].sessions, made[0].others) == ("1", [opened.sid], False)
    at = bench.announced[-1].at
    assert bench.announced == [Ended(who.account, "1", [opened.sid], False, at)]
    pair = (device.device_id, device.resume_token)
    with pytest.raises(SignedOut):
        await bench.devices.join(who, "s2", "phone", *pair)
    with pytest.raises(SignedOut):
        await bench.devices.restore(who, "s1", "phone", *pair)
    for use in (bench.upstream.prolong(who), bench.upstream.named(opened.handle)):
        with pytest.raises(SignInAgain):
            await use
    assert not await bench.client.exists(bench.names.signin(opened.sid)), "nor the gateway's"
    assert (await bench.upstream.named(other.handle)).token == "other"


async def test_all_that_it_started_is_interrupted_and_nothing_of_others(bench: Bench) -> None:
    first, second = await bench.sign_in(), await bench.sign_in()
    await as_who(bench, first)
    await bench.start(detached=True)
    await bench.start("1002")
    await as_who(bench, second)
    await bench.start("1003")
    async with bench.verify(SessionsEnded, ProcessingInterrupted, ProcessingInterrupted) as made:
        await bench.endings.end(bench.who, first.sid, of_all=False)
    assert [event.profile_id for event in made[1:]] == [PROFILE, "1002"]
    assert {event.code for event in made[1:]} == {"signed_out"}
    assert (await bench.run("1003")).status == "running"


async def test_more_runs_than_one_script_may_end(bench: Bench) -> None:
    first, second = await bench.sign_in(), await bench.sign_in()
    await as_who(bench, first)
    for number in range(PAGE_ENDS_MAX + 1):
        await bench.start(str(number))
    expected = [ProcessingInterrupted] * (PAGE_ENDS_MAX + 1)
    async with bench.verify(SessionsEnded, *expected):
        await bench.endings.end(bench.come_with(second), first.sid, of_all=False)
    outcomes = [c.outcome for c in bench.scripts.calls if c.name == "signins_end"]
    assert outcomes == ["MORE", "OK"]
    assert len(bench.announced) == 1


async def test_who_signs_out_leaves_what_needs_no_device(bench: Bench) -> None:
    opened = await bench.sign_in("t")
    await as_who(bench, opened)
    await bench.start(detached=True)
    planner = Planner(bench)
    plan = await planner.plan(profile_id="1005")
    async with bench.verify(SessionsEnded):
        await bench.endings.leave(bench.who)
    who = bench.who
    for use in (bench.upstream.prolong(who), bench.upstream.named(opened.handle)):
        with pytest.raises(SignInAgain):
            await use
    with pytest.raises(SignedOut):
        await bench.devices.join(who, "s2", "phone")
    assert await bench.upstream.for_run(who.account, "1", opened.sid) == "t"
    assert await bench.upstream.newest(who.account, "1", "", PROFILE, ()) is None
    await planner.comes(plan)
    await planner.due.look()
    assert (await bench.run("1005")).status == "running"
    async with bench.verify():
        await bench.endings.leave(who)  # asked again, after a lost answer


async def test_who_signs_out_and_has_nothing_going_leaves_nothing(bench: Bench) -> None:
    opened = await bench.sign_in("t")
    await as_who(bench, opened)
    await bench.start()
    await bench.stop()
    await bench.endings.leave(bench.who)
    assert not await bench.client.exists(bench.names.signin(opened.sid))


async def test_nor_for_a_run_that_ends_with_its_device(bench: Bench) -> None:
    opened, other = await bench.sign_in("t"), await bench.sign_in("other")
    await as_who(bench, opened)
    await bench.start()
    await as_who(bench, other)
    await bench.start("1002", detached=True)
    await bench.endings.leave(bench.come_with(opened))
    assert not await bench.client.exists(bench.names.signin(opened.sid))
    assert await bench.upstream.for_run(bench.who.account, "1", opened.sid) is None


async def test_who_has_signed_in_meanwhile_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of none but tokens that no login made, there may be more runs than one script may end."""
    for number in range(PAGE_ENDS_MAX + 1):
        await bench.start(str(number))
    call, opened = bench.scripts.call, list[Opened]()

    async def answered(made: Call, **how: Any) -> Answer:
        answer = await call(made, **how)
        if answer.outcome == "MORE":
            opened.append(await bench.sign_in())
            await as_who(bench, opened[-1])
            await bench.start("new", detached=True)
        return answer

    monkeypatch.setattr(bench.scripts, "call", answered)
    assert await bench.endings.end_all(bench.who, this_one=True) == 0
    assert len(opened) == 1
    await bench.endings.check(bench.come_with(opened[0]))
    assert (await bench.run("new")).status == "running"


async def test_all_but_this_one_and_then_this_one(bench: Bench) -> None:
    opened = [await bench.sign_in() for _ in range(3)]
    mate = await bench.upstream.open(bench.who.account, "2", "t", None)
    who = bench.come_with(opened[1])
    assert await bench.endings.end_all(who, this_one=False) == 2
    assert set(bench.announced[-1].sessions) == {opened[0].sid, opened[2].sid}
    assert bench.announced[-1].others
    await bench.endings.check(who)
    assert await bench.endings.end_all(who, this_one=True) == 1
    with pytest.raises(SignedOut):
        await bench.endings.check(who)
    assert (await bench.upstream.named(mate.handle)).token == "t"


async def test_from_a_token_that_no_login_made(bench: Bench) -> None:
    """It would end itself with the others of its kind: only if that is wanted."""
    await bench.sign_in()
    await bench.devices.join(bench.who, "s1", "phone")
    await bench.start("1002", detached=True)
    async with bench.verify(SessionsEnded):
        assert await bench.endings.end_all(bench.who, this_one=False) == 1
    async with bench.verify():
        assert await bench.endings.end_all(bench.who, this_one=False) == 0
    await bench.endings.check(bench.who)
    async with bench.verify(SessionsEnded, ProcessingInterrupted):
        assert await bench.endings.end_all(bench.who, this_one=True) == 0
    with pytest.raises(SignedOut):
        await bench.devices.join(bench.who, "s2", "phone")


async def test_who_is_not_there_or_somebody_elses_is_unknown(bench: Bench) -> None:
    mate = await bench.upstream.open(bench.who.account, "2", "t", None)
    elsewhere = await bench.upstream.open("o:3", "3", "t", None)
    ended = await bench.sign_in()
    await bench.endings.end(bench.who, ended.sid, of_all=False)
    async with bench.verify():
        for sid in (mate.sid, elsewhere.sid, ended.sid, "nobody", "", "x" * 500):
            with pytest.raises(UnknownSession):
                await bench.endings.end(bench.who, sid, of_all=False)
        for sid in (elsewhere.sid, ended.sid):
            with pytest.raises(UnknownSession):
                await bench.endings.end(bench.who, sid, of_all=True)
    async with bench.verify(SessionsEnded) as made:
        await bench.endings.end(bench.who, mate.sid, of_all=True)
    assert made[0].operator_id == "2"


async def test_a_login_that_is_on_record_is_noted_with_its_device(bench: Bench) -> None:
    who = bench.come_with(await bench.sign_in())
    async with bench.verify(DeviceJoined):
        device = await bench.devices.join(who, "s1", "phone")
    record = bench.names.signin(who.sign_in)
    assert await bench.field(record, "device") == device.device_id
    assert await bench.ttl(record) > 0
    unknown = msgspec.structs.replace(who, sign_in="as1.0000000000000000000000")
    await bench.devices.join(unknown, "s2", "phone")
    assert not await bench.client.exists(bench.names.signin(unknown.sign_in))
