"""device_join: who a session is, and what it starts from."""

import msgspec
import pytest

from alphasync.domain.events import DeviceJoined, DeviceReconnected, DeviceUpdated
from alphasync.errors import SignedOut, TooManyDevices
from alphasync.services.devices import new_credentials
from alphasync.store.scripts.limits import TRIES_MAX
from tests.scripts.bench import Bench, identity
from tests.scripts.deeds import PROFILE


async def test_a_first_visit_gets_an_identity_and_the_snapshot(bench: Bench) -> None:
    await bench.start(device="d1")
    await bench.type("Hello")
    async with bench.verify(DeviceJoined):
        joined = await bench.devices.join(bench.who, "s1", "Anna's phone")
    assert bench.last("device_join") == "OK"
    assert (joined.resumed, joined.superseded, joined.name) == (False, "", "Anna's phone")
    snapshot = await bench.begun(joined)
    assert snapshot == await bench.snapshot()
    assert set(snapshot.runs) == set(snapshot.drafts) == {(PROFILE, "chat")}
    record = bench.names.device(joined.device_id)
    assert await bench.field(record, "session") == "s1"
    assert joined.resume_token not in str(await bench.client.hgetall(record))
    assert 7200 < await bench.ttl(record) <= 7200 * 9 / 8


async def test_the_pair_of_an_earlier_visit_takes_it_up_again(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    async with bench.verify():
        again = await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    assert (again.device_id, again.resume_token) == (first.device_id, first.resume_token)
    assert (again.resumed, again.superseded, again.name) == (True, "s1", "phone")


async def test_a_pair_that_does_not_fit_is_a_first_visit(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    offers = (
        (first.device_id, "guessed"),
        ("guessed", first.resume_token),
        ("", first.resume_token),
        (first.device_id, ""),
    )
    for number, (device, token) in enumerate(offers, start=2):
        other = await bench.devices.join(bench.who, f"s{number}", "phone", device, token)
        assert not other.resumed
        assert other.device_id != first.device_id
    asked = [call.outcome for call in bench.scripts.calls if call.name == "device_join"]
    assert asked == ["OK", "UNKNOWN", "OK", "UNKNOWN", "OK", "OK", "OK"]
    assert await bench.field(bench.names.device(first.device_id), "session") == "s1"


async def test_an_identity_is_of_its_operator_only(bench: Bench) -> None:
    """Of a team, too: who leaves as a device has its runs end."""
    first = await bench.devices.join(bench.who, "s1", "phone")
    mate = msgspec.structs.replace(bench.who, operator_id="bob", team="red")
    other = await bench.devices.join(mate, "s2", "phone", first.device_id, first.resume_token)
    assert (other.resumed, other.superseded) == (False, "")
    assert other.device_id != first.device_id
    device = bench.names.device(first.device_id)
    assert await bench.field(device, "session") == "s1"
    assert await bench.field(device, "operator") == bench.who.operator_id


async def test_an_identity_is_of_its_account_only(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    other = await bench.devices.join(
        identity("2"), "s2", "phone", first.device_id, first.resume_token
    )
    assert other.device_id != first.device_id
    assert (await bench.begun(other)).runs == {}


async def test_the_one_missing_device_of_a_token_is_that_one(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.start(device=first.device_id)
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    async with bench.verify(DeviceReconnected, DeviceUpdated) as made:
        again = await bench.devices.join(bench.who, "s2", "")
    assert (again.device_id, again.resumed, again.superseded) == (first.device_id, True, "")
    assert made[0].device_id == first.device_id
    assert await bench.begun(again) == await bench.snapshot()
    # It has a new proof; the one before is void.
    assert again.resume_token != first.resume_token
    old = await bench.devices.join(bench.who, "s3", "", first.device_id, first.resume_token)
    assert old.device_id != first.device_id


def missing(bench: Bench) -> str:
    """The index of the devices of the bench's token that are away."""
    return f"{bench.names.devices}:missing:{bench.who.token_hash}"


async def lost(bench: Bench, *sessions: str) -> list[str]:
    """Devices of one token that are lost one after the other."""
    gone = [await bench.devices.join(bench.who, session, "x") for session in sessions]
    for number, (device, session) in enumerate(zip(gone, sessions, strict=True)):
        await bench.devices.lose(bench.who.account, device.device_id, session, bench.server.current)
        ends = await bench.now() + 1000 * (number + 2)  # apart, however fast this goes
        await bench.client.hset(bench.names.device(device.device_id), "away_until", int(ends))
        await bench.client.zadd(missing(bench), {device.device_id: int(ends)})
    return [device.device_id for device in gone]


async def test_of_several_missing_devices_the_one_lost_last_comes_back_first(bench: Bench) -> None:
    gone = await lost(bench, "s1", "s2", "s3")
    for number, device_id in enumerate(reversed(gone), start=4):
        again = await bench.devices.join(bench.who, f"s{number}", "")
        assert (again.device_id, again.resumed) == (device_id, True)
    assert not (await bench.devices.join(bench.who, "s7", "")).resumed


async def test_of_several_missing_devices_the_one_that_holds_a_run_comes_before_all(
    bench: Bench,
) -> None:
    gone = await lost(bench, "s1", "s2", "s3")
    await bench.start(device=gone[0])
    await bench.start("1002", device=gone[2])
    await bench.stop("1002")
    order = [(await bench.devices.join(bench.who, f"t{n}", "")).device_id for n in range(3)]
    assert order == [gone[0], gone[2], gone[1]]


async def test_a_device_whose_grace_is_over_is_not_guessed(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    await bench.client.hset(bench.names.device(first.device_id), "away_until", 1)
    assert not (await bench.devices.join(bench.who, "s2", "")).resumed


async def test_another_tokens_device_is_not_guessed(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    await bench.client.hset(bench.names.device(first.device_id), "token", "another")
    assert not (await bench.devices.join(bench.who, "s2", "")).resumed


async def test_a_record_that_was_lost_is_put_back_unless_somebody_else_has_it(
    bench: Bench,
) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    record = bench.names.device(first.device_id)
    await bench.client.delete(record)
    pair = (first.device_id, first.resume_token)
    assert await bench.devices.restore(bench.who, "s1", "phone", *pair)
    assert await bench.field(record, "session") == "s1"
    assert await bench.devices.restore(bench.who, "s1", "phone", *pair)
    await bench.devices.join(bench.who, "s2", "", *pair)
    assert not await bench.devices.restore(bench.who, "s1", "phone", *pair)
    assert bench.last("device_join") == "SUPERSEDED"
    assert await bench.field(record, "session") == "s2"


async def test_a_join_whose_answer_was_lost_is_asked_for_again(bench: Bench) -> None:
    fresh = new_credentials()
    first = await bench.devices.join(bench.who, "s1", "phone", fresh=fresh)
    again = await bench.devices.join(bench.who, "s1", "phone", fresh=fresh)
    assert (again.device_id, again.resumed) == (first.device_id, False)
    assert again.device_id == fresh.device_id


async def test_so_is_one_of_a_device_that_came_back_with_its_token(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    fresh = new_credentials()
    back = await bench.devices.join(bench.who, "s2", "", fresh=fresh)
    again = await bench.devices.join(bench.who, "s2", "", fresh=fresh)
    assert (back.device_id, again.device_id) == (first.device_id, first.device_id)
    assert again.resumed


async def test_a_session_is_found_whatever_it_was_registered_as(bench: Bench) -> None:
    fresh = new_credentials()
    first = await bench.devices.join(bench.who, "s1", "phone", fresh=fresh)
    assert await bench.devices.find(bench.who, "s1", None, fresh) == first.device_id
    assert await bench.devices.find(bench.who, "s2", None, fresh) is None
    pair, other = (first.device_id, first.resume_token), new_credentials()
    await bench.devices.join(bench.who, "s2", "", *pair, fresh=other)
    assert await bench.devices.find(bench.who, "s2", first.device_id, other) == first.device_id
    await bench.devices.lose(bench.who.account, first.device_id, "s2", bench.server.current)
    await bench.devices.join(bench.who, "s3", "", fresh=other)
    assert await bench.devices.find(bench.who, "s3", None, other) == first.device_id
    assert await bench.devices.find(bench.who, "s4", first.device_id, other) is None


async def test_the_pair_of_a_device_that_left_is_a_first_visit(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.leave(bench.who.account, first.device_id, "s1", away=False)
    pair = (first.device_id, first.resume_token)
    again = await bench.devices.join(bench.who, "s2", "phone", *pair)
    assert (again.resumed, again.device_id == first.device_id) == (False, False)


async def test_a_device_that_is_back_with_its_pair_is_not_missing_any_more(bench: Bench) -> None:
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.lose(bench.who.account, first.device_id, "s1", bench.server.current)
    assert await bench.client.zcard(missing(bench)) == 1
    await bench.devices.join(bench.who, "s2", "", first.device_id, first.resume_token)
    assert await bench.client.zcard(missing(bench)) == 0
    assert not (await bench.devices.join(bench.who, "s3", "")).resumed


async def reads(bench: Bench) -> int:
    """Commands so far, those of the scripts included."""
    stats = await bench.client.info("commandstats")
    return sum(int(each["calls"]) for each in stats.values())


@pytest.mark.parametrize("offers_pair", [True, False], ids=["with-its-pair", "new"])
@pytest.mark.parametrize("away", [True, False], ids=["away", "gone"])
async def test_a_join_costs_the_same_with_thousands_of_dead_records(
    real: Bench, away: bool, offers_pair: bool
) -> None:
    """Of this token and of another one, within their grace or not."""
    mine = await real.devices.join(real.who, "s1", "phone")
    pair = (mine.device_id, mine.resume_token) if offers_pair else (None, None)

    async def cost(session: str) -> int:
        before = await reads(real)
        joined = await real.devices.join(real.who, session, "", *pair)
        spent = await reads(real) - before
        if not offers_pair:  # whichever it was, it is to be missing no more and no less
            await real.devices.leave(real.who.account, joined.device_id, session, away=False)
        return spent

    few = [await cost(f"few {number}") for number in range(3)]
    await bury(real, 5000, away=away)
    many = [await cost(f"many {number}") for number in range(3)]
    assert max(many) - min(few) <= 20, "a few commands to choose one, and not one for each record"


@pytest.mark.parametrize("running", [0, 20])
async def test_a_join_looks_at_each_run_once_however_many_entries_are_stale(
    real: Bench, running: int
) -> None:
    """A stale entry: the index says that a device is missing, which its record denies."""
    gone = [f"stale{number}" for number in range(TRIES_MAX)]
    for number in range(running):
        await real.start(f"r{number}", device=gone[number])
    ends = await real.now() + 60_000
    await real.client.zadd(missing(real), dict.fromkeys(gone, int(ends)))
    before = await reads(real)
    joined = await real.devices.join(real.who, "s1", "phone")
    spent = await reads(real) - before
    assert not joined.resumed
    # A stale entry is looked up, taken out and read; a run is read, and its device looked up. To
    # be marked as its device's, a run is read again, and once more for the snapshot.
    assert spent <= 3 * TRIES_MAX + 4 * running + 60
    assert await real.client.zcard(missing(real)) == 0


async def test_stale_entries_of_those_that_hold_runs_hide_no_other(bench: Bench) -> None:
    gone = await lost(bench, "s1", "s2", "s3")
    for number, device in enumerate(gone):
        await bench.start(f"r{number}", device=device)
    await bench.client.hset(bench.names.device(gone[2]), "away_until", 1)
    await bench.start("r9", device=gone[0])
    order = [(await bench.devices.join(bench.who, f"t{n}", "")).device_id for n in range(2)]
    assert order == [gone[1], gone[0]]
    assert not (await bench.devices.join(bench.who, "t9", "")).resumed


async def bury(bench: Bench, count: int, *, away: bool) -> None:
    """Records of devices that have not come back, half of them of the bench's token."""
    ends = await bench.now() + 60_000 if away else 0
    pipeline = bench.client.pipeline(transaction=False)
    for number in range(count):
        token = bench.who.token_hash if number % 2 else "another"
        record, name = bench.names.device(f"dead{number}"), f"dead{number}"
        said = ("id", name, "proof", "x", "session", "", "token", token, "away_until", ends)
        pipeline.execute_command("HSET", record, *said)
        pipeline.zadd(bench.names.devices, {record: 2**53})
        if away:
            pipeline.zadd(f"{bench.names.devices}:missing:{token}", {name: ends})
    await pipeline.execute()


async def test_an_account_has_its_most_devices(bench: Bench) -> None:
    bench.bound(devices=2)
    first = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.join(bench.who, "s2", "tablet")
    async with bench.verify():
        with pytest.raises(TooManyDevices):
            await bench.devices.join(bench.who, "s3", "computer")
    assert bench.last("device_join") == "FULL"
    assert await bench.client.zcard(bench.names.devices) == 2
    again = await bench.devices.join(bench.who, "s4", "", first.device_id, first.resume_token)
    assert again.resumed
    # One that is gone for good makes room, one that may come back does not.
    await bench.devices.lose(bench.who.account, first.device_id, "s4", bench.server.current)
    other = identity("2")
    other = msgspec.structs.replace(other, account=bench.who.account)
    with pytest.raises(TooManyDevices):
        await bench.devices.join(other, "s5", "computer")
    record = bench.names.device(first.device_id)
    await bench.client.hset(record, "away_until", await bench.now() - 1)
    await bench.devices.join(other, "s6", "computer")
    assert not await bench.client.exists(record)


@pytest.mark.parametrize("mode", ["new", "resume", "restore"])
async def test_nobody_comes_with_a_token_whose_login_was_ended(bench: Bench, mode: str) -> None:
    who = bench.come_with(await bench.sign_in())
    first = await bench.devices.join(who, "s1", "phone")
    await bench.endings.end(who, who.sign_in, of_all=False)
    pair = (first.device_id, first.resume_token)
    async with bench.verify():
        with pytest.raises(SignedOut):
            await (
                bench.devices.restore(who, "s1", "phone", *pair)
                if mode == "restore"
                else bench.devices.join(who, "s2", "phone", *(pair if mode == "resume" else ()))
            )
    made = [call for call in bench.scripts.calls if call.name == "device_join"][-1]
    assert (made.args["mode"], made.outcome) == (mode, "SIGNED_OUT")
