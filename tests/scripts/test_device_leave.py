"""device_leave: a device is gone, and its runs with it."""

import msgspec
import pytest

from alphasync.domain.events import DeviceLeft, DeviceReconnected, ProcessingInterrupted
from alphasync.domain.runs import RunStatus
from alphasync.services.devices import Devices
from alphasync.store.scripts.limits import PAGE_ENDS_MAX
from tests.scripts.bench import GRACE, Bench
from tests.scripts.deeds import PROFILE


async def joined(bench: Bench, session: str = "s1") -> str:
    return (await bench.devices.join(bench.who, session, "phone")).device_id


async def test_its_runs_end_and_no_others(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start("1", device=device)
    await bench.start("2", device=device)
    await bench.start("3", device="another")
    async with bench.verify(ProcessingInterrupted, ProcessingInterrupted, DeviceLeft) as made:
        assert await bench.devices.leave(bench.who.account, device, "s1", away=False) == 0
    assert bench.last("device_leave") == "OK"
    *ended, left = made
    assert {event.profile_id for event in ended} == {"1", "2"}
    assert {event.reason for event in ended} == {"Device disconnected"}
    assert (left.device_id, left.reason) == (device, "left")
    assert not await bench.client.exists(bench.names.lock("chat", "1"))
    assert (await bench.run("3")).status is RunStatus.RUNNING
    await bench.start("1", device="another")


async def test_leaving_again_ends_nothing(bench: Bench) -> None:
    device = await joined(bench)
    await bench.devices.leave(bench.who.account, device, "s1", away=False)
    await bench.start(device="another")
    async with bench.verify():
        await bench.devices.leave(bench.who.account, device, "s1", away=False)


async def test_a_session_that_was_superseded_ends_nothing(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.start(device=first.device_id)
    await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    async with bench.verify():
        await bench.devices.leave(bench.who.account, first.device_id, "s1", away=False)
    assert bench.last("device_leave") == "SUPERSEDED"
    assert (await bench.run()).status is RunStatus.RUNNING


async def test_a_grace_is_waited_for_and_then_it_is_over(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    await bench.devices.lose(bench.who.account, device, "s1", bench.server.current)
    async with bench.verify():
        left = await bench.devices.leave(bench.who.account, device, "s1", away=True)
    assert bench.last("device_leave") == "WAIT"
    assert 0 < left <= GRACE
    await bench.client.hset(bench.names.device(device), "away_until", await bench.now() - 1)
    async with bench.verify(ProcessingInterrupted, DeviceLeft) as made:
        assert await bench.devices.leave(bench.who.account, device, "s1", away=True) == 0
    assert made[1].reason == "lost"


async def lost_for_good(bench: Bench, device: str, silent_for: float = 0.0) -> None:
    """The connection of session ``s1`` broke, and the grace is over."""
    own, record = bench.server.current, bench.names.device(device)
    await bench.devices.lose(bench.who.account, device, "s1", own, silent_for=silent_for)
    await bench.client.hset(record, "away_until", await bench.now() - 1)


async def test_one_that_came_before_the_loss_was_known_goes_on_with_the_runs(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    again = await bench.devices.join(bench.who, "s2", "")
    await lost_for_good(bench, device, silent_for=5)
    async with bench.verify(DeviceReconnected, DeviceLeft) as made:
        assert await bench.devices.leave(bench.who.account, device, "s1", away=True) == 0
    assert bench.last("device_leave") == "SUCCEEDED"
    assert [event.device_id for event in made] == [again.device_id, device]
    run = await bench.run()
    assert (run.device_id, run.away) == (again.device_id, False)
    assert await bench.field(bench.names.lock("chat", PROFILE), "device") == again.device_id
    assert not await bench.client.exists(bench.names.device(device))
    # Nobody is left who waits for it, and who comes now is another one.
    assert not (await bench.devices.join(bench.who, "s3", "")).resumed
    async with bench.verify(ProcessingInterrupted, DeviceLeft):
        await bench.devices.leave(bench.who.account, again.device_id, "s2", away=False)


async def test_until_then_it_may_come_back_itself(bench: Bench) -> None:
    """The other one may be another tab."""
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.start(device=first.device_id)
    await bench.devices.join(bench.who, "s2", "")
    await bench.devices.lose(
        bench.who.account, first.device_id, "s1", bench.server.current, silent_for=5
    )
    back = await bench.devices.join(bench.who, "s3", "")
    assert (back.device_id, back.resumed) == (first.device_id, True)
    assert (await bench.run()).device_id == first.device_id


@pytest.mark.parametrize("how", ["moved", "broke off"])
async def test_whatever_became_of_its_connection_since(bench: Bench, how: str) -> None:
    """To another server, or it broke off and came back."""
    device = await joined(bench)
    await bench.start(device=device)
    again = await bench.devices.join(bench.who, "s2", "")
    if how == "moved":
        await bench.devices.restore(bench.who, "s2", "", again.device_id, again.resume_token)
    else:
        await bench.devices.lose(bench.who.account, again.device_id, "s2", bench.server.current)
        assert (await bench.devices.join(bench.who, "s3", "")).device_id == again.device_id
    await lost_for_good(bench, device, silent_for=5)
    await bench.devices.leave(bench.who.account, device, "s1", away=True)
    assert (await bench.run()).device_id == again.device_id


@pytest.mark.parametrize("other", ["an older tab", "another token", "gone again", "a clock ahead"])
async def test_nobody_else_goes_on_with_them(bench: Bench, other: str) -> None:
    who = bench.who
    if other == "another token":
        who = msgspec.structs.replace(who, token_hash="of another token")
    tab = await bench.devices.join(who, "tab", "")
    device = await joined(bench)
    await bench.start(device=device)
    if other == "gone again":
        await bench.devices.lose(who.account, tab.device_id, "tab", bench.server.current)
    if other in ("an older tab", "a clock ahead"):
        at = await bench.now() + (60_000 if other == "a clock ahead" else -10_000)
        new = f"{bench.names.devices}:new:{who.token_hash}"
        await bench.client.zadd(new, {tab.device_id: at})
        await bench.client.hset(bench.names.device(tab.device_id), "new_at", at)
    await lost_for_good(bench, device, silent_for=5)
    async with bench.verify(ProcessingInterrupted, DeviceLeft):
        await bench.devices.leave(bench.who.account, device, "s1", away=True)
    assert bench.last("device_leave") == "OK"


async def test_a_device_that_is_back_is_not_ended_by_its_old_grace(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.start(device=first.device_id)
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    async with bench.verify():
        await bench.devices.leave(bench.who.account, first.device_id, "s1", away=True)
    assert (await bench.run()).status is RunStatus.RUNNING


async def test_a_device_whose_record_is_gone_leaves_no_run_behind(bench: Bench) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    await bench.client.delete(bench.names.device(device))
    async with bench.verify(ProcessingInterrupted, DeviceLeft):
        await bench.devices.leave(bench.who.account, device, "s1", away=False)
    assert not await bench.client.exists(bench.names.device(device))


async def test_who_leaves_is_forgotten(bench: Bench) -> None:
    """And no script has to look at what is left of those that were here once."""
    before = {key async for key in bench.client.scan_iter("*device*", count=1000)}
    device = await joined(bench)
    await bench.devices.lose(bench.who.account, device, "s1", bench.server.current)
    back = await bench.devices.join(bench.who, "s2", "")
    assert back.device_id == device
    await bench.devices.leave(bench.who.account, device, "s2", away=False)
    left = {key async for key in bench.client.scan_iter("*device*", count=1000)} - before
    assert bench.names.device(device).encode() not in left
    assert not [key for key in left if await bench.client.type(key) == b"zset"]


async def test_whose_grace_is_over_may_still_come_back_with_its_pair(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    record = bench.names.device(first.device_id)
    await bench.client.hset(record, "away_until", await bench.now() - 1)
    await bench.devices.leave(bench.who.account, first.device_id, "s1", away=True)
    pair = (first.device_id, first.resume_token)
    assert not (await bench.devices.join(bench.who, "s2", "")).resumed
    assert (await bench.devices.join(bench.who, "s3", "", *pair)).resumed


async def test_more_runs_than_one_script_may_end(bench: Bench) -> None:
    device = await joined(bench)
    for number in range(PAGE_ENDS_MAX + 1):
        await bench.start(str(number), device=device)
    ended = [ProcessingInterrupted] * (PAGE_ENDS_MAX + 1)
    async with bench.verify(*ended, DeviceLeft):
        await bench.devices.leave(bench.who.account, device, "s1", away=False)
    assert [c.outcome for c in bench.scripts.calls if c.name == "device_leave"] == ["MORE", "OK"]


@pytest.mark.parametrize("asked_again", [False, True])
async def test_a_clock_that_was_set_back_makes_no_grace_longer(
    bench: Bench, asked_again: bool
) -> None:
    device = await joined(bench)
    await bench.start(device=device)
    account, owner = bench.who.account, bench.server.current
    await bench.devices.lose(account, device, "s1", owner)
    key = bench.names.device(device)
    await bench.client.hset(key, "away_until", await bench.now() + 3_600_000)
    if asked_again:
        left = await bench.devices.lose(account, device, "s1", owner)
    else:
        left = await bench.devices.leave(account, device, "s1", away=True)
    assert left == GRACE
    until = int(await bench.field(key, "away_until") or 0)
    assert until <= await bench.now() + GRACE * 1000, "and so the next time"


@pytest.mark.parametrize("is_back", [False, True])
async def test_whoever_ends_a_grace_knows_whether_a_token_had_ended(
    bench: Bench, is_back: bool
) -> None:
    """Also who has taken the device over from a server that died, with the time it had."""
    longer = 10 * GRACE
    bench.devices = Devices(
        bench.scripts, bench.holdings, bench.roster, GRACE, sign_in_grace=longer
    )
    account, own = bench.who.account, bench.server.current
    first = await bench.devices.join(bench.who, "s1", "phone")
    device, session = first.device_id, "s1"
    await bench.start(device=device)
    await bench.devices.lose(account, device, session, own, signed_out=True)
    if is_back:  # and breaks off later
        session = "s2"
        await bench.devices.join(bench.who, session, "", device, first.resume_token)
        await bench.devices.lose(account, device, session, own)
    other = bench.other_server()
    left = await other.devices.lose(account, device, session, own, absent_since=await bench.now())
    assert left is not None
    assert (left > GRACE) != is_back
    await bench.client.hset(bench.names.device(device), "away_until", await bench.now() - 1)
    async with bench.verify(ProcessingInterrupted, DeviceLeft) as made:
        assert await other.devices.leave(account, device, session, away=True) == 0
    code = "device_disconnected" if is_back else "sign_in_again"
    assert made[0].code == code
    assert made[0].reason == (await bench.run()).reason


async def test_a_device_that_comes_back_has_no_end_of_a_token_on_record(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    own = bench.server.current
    await bench.devices.lose(bench.who.account, first.device_id, "s1", own, signed_out=True)
    await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    assert await bench.field(bench.names.device(first.device_id), "signed_out") == ""
