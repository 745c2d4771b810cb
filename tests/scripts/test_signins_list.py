"""signins_list: who is signed in, newest first."""

import pytest

from alphasync.services import signed_in
from alphasync.services.upstream import UNKNOWN, Origin, Upstream
from tests.scripts.bench import TIMES, Bench


async def test_what_is_said_of_each(bench: Bench) -> None:
    origin = Origin("a@b.example", "10.0.0.1", "Chrome on Android")
    opened = await bench.upstream.open(bench.who.account, "1", "t", None, origin)
    who = bench.come_with(opened)
    device = await bench.devices.join(who, "s1", "phone")
    page = await bench.signed_in.page(who, "", of_all=False)
    assert bench.last("signins_list") == "OK"
    [login] = page.logins
    assert (login.id, login.operator_id, login.origin) == (opened.sid, "1", origin)
    record = await bench.client.hgetall(bench.names.signin(opened.sid))
    assert b"10.0.0.1" not in record[b"origin"]
    assert (login.device_id, login.device_name, login.here) == (device.device_id, "phone", True)
    assert login.opened_at == opened.at <= login.seen_at <= await bench.now()
    assert login.expires_at == opened.at + TIMES.lifetime * 1000
    assert page.next == ""
    await bench.devices.lose(who.account, device.device_id, "s1", bench.server.current)
    [login] = (await bench.signed_in.page(who, "", of_all=False)).logins
    assert not login.here


async def test_one_of_an_earlier_version(bench: Bench) -> None:
    opened = await bench.sign_in()
    record = bench.names.signin(opened.sid)
    await bench.client.hdel(record, "origin", "opened", "seen")
    [login] = (await bench.signed_in.page(bench.who, "", of_all=False)).logins
    assert (login.origin, login.device_id) == (UNKNOWN, "")
    assert login.opened_at == login.seen_at > 0


async def test_page_by_page_and_without_those_that_have_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = Upstream(bench.scripts, bench.store.pipeline, ("secret",), TIMES, 100)
    monkeypatch.setattr(signed_in, "SESSIONS_LISTED_MAX", 2)
    opened = [await many.open(bench.who.account, "1", "t", None) for _ in range(6)]
    await bench.client.delete(bench.names.signin(opened[4].sid))
    await bench.client.hset(bench.names.signin(opened[2].sid), "expires", await bench.now())
    found, cursor = [], ""
    while True:
        page = await bench.signed_in.page(bench.who, cursor, of_all=False)
        found += [login.id for login in page.logins]
        if not (cursor := page.next):
            break
    assert found == [opened[number].sid for number in (5, 3, 1, 0)]
    assert await bench.client.zcard(bench.names.signins("1")) == 5


async def test_ones_own_or_those_of_all(bench: Bench) -> None:
    own = await bench.sign_in()
    mate = await bench.upstream.open(bench.who.account, "2", "t", None)
    await bench.upstream.open("o:3", "3", "t", None)

    async def listed(*, of_all: bool) -> list[str]:
        page = await bench.signed_in.page(bench.who, "", of_all=of_all)
        return [login.id for login in page.logins]

    assert await listed(of_all=False) == [own.sid]
    assert await listed(of_all=True) == [mate.sid, own.sid]
