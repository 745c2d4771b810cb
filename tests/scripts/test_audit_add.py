"""audit_add: what was refused is on record, and pushes nothing else out."""

import pytest

from alphasync.domain.audit import Action
from alphasync.services import refusals
from alphasync.services.audit import Filters, Noted
from alphasync.services.refusals import Refusals
from alphasync.store import keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes
from tests.harness import wait_until
from tests.scripts.bench import Bench

EMAIL = "a@b.example"


async def noted(bench: Bench, outcome: str | None = None) -> list[Noted]:
    await wait_until(lambda: not bench.refusals.waiting)
    page = await bench.audit.page(bench.who.account, "", Filters(outcome=outcome))
    return page.entries


async def test_it_says_who_was_refused_what(bench: Bench) -> None:
    phone = await bench.devices.join(bench.who, "s1", "phone")
    await bench.avoid("r1")
    bench.refusals.note(bench.who, "clearBlocklist", "not_allowed", phone.device_id)
    [entry] = await noted(bench, "not_allowed")
    assert bench.last("audit_add") == "OK"
    said = {"action": Action.REFUSED, "operator": "1", "detail": "clearBlocklist", "count": "1"}
    assert entry.fields.items() >= {**said, "name": "phone"}.items()
    [done] = await noted(bench, "ok")
    assert done.fields["action"] == Action.DO_NOT_CONTACT_ADDED


async def test_many_of_the_same_are_counted(bench: Bench) -> None:
    for _ in range(120):
        bench.refusals.note(bench.who, "clearBlocklist", "not_allowed")
        await wait_until(lambda: not bench.refusals.waiting)
    assert bench.last("audit_add") == "COUNTED"
    assert [entry.fields["count"] for entry in await noted(bench)] == ["100", "10", "1"]
    refused = bench.names.refused("1")
    assert 0 < await bench.ttl(refused) <= 3600
    await bench.client.delete(refused)
    bench.refusals.note(bench.who, "clearBlocklist", "not_allowed")
    assert len(await noted(bench)) == 4, "an hour later it is told again"


async def test_one_operator_fills_no_record_with_them(bench: Bench) -> None:
    for number in range(refusals.NOTED_MAX + 5):
        bench.refusals.note(bench.who, f"command{number}", "not_allowed")
        await wait_until(lambda: not bench.refusals.waiting)
    assert len(await noted(bench)) == refusals.NOTED_MAX


async def test_strangers_leave_room_for_the_operators_own(bench: Bench) -> None:
    await bench.logins.begin(EMAIL, "10.0.0.1")
    await bench.logins.succeed(EMAIL, "10.0.0.1", bench.who.account, "1")
    bench.refusals.note_login(EMAIL, "too_many_requests", b"")
    await wait_until(lambda: not bench.refusals.waiting)
    await bench.client.hset(
        bench.names.refused("1"), "entries sign_in_refused too_many_requests", 1000
    )
    await bench.client.hset(bench.names.refused("1"), "entries", 1000)  # of an earlier version
    bench.refusals.note(bench.who, "clearBlocklist", "not_allowed")
    assert len(await noted(bench, "not_allowed")) == 1


async def test_of_more_at_once_none_is_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "WAITING_MAX", 3)
    for number in range(5):
        bench.refusals.note(bench.who, f"command{number}", "not_allowed")
    assert len(await noted(bench)) == 3


async def test_without_a_record_nothing_is_counted(bench: Bench) -> None:
    bench.refusals = Refusals(Scripts(bench.store.pipeline, Lifetimes(audit_max=0)))
    bench.refusals.note(bench.who, "clearBlocklist", "not_allowed")
    await wait_until(lambda: not bench.refusals.waiting)
    assert not await bench.client.exists(bench.names.refused("1"), bench.names.record)


async def test_a_refused_login_is_on_the_record_of_whose_address_it_is(bench: Bench) -> None:
    before = await bench.client.dbsize()
    bench.refusals.note_login(EMAIL, "bad_credentials", b"sealed")
    assert await noted(bench) == []
    assert await bench.client.dbsize() == before, "strangers make nothing grow"
    await bench.logins.begin(EMAIL, "10.0.0.1")
    await bench.logins.succeed(EMAIL, "10.0.0.1", bench.who.account, "1")
    bench.refusals.note_login(" A@b.example", "bad_credentials", b"sealed")
    [entry] = await noted(bench)
    said = {"action": Action.SIGN_IN_REFUSED, "operator": "", "target": "1", "origin": "sealed"}
    assert entry.fields.items() >= {**said, "outcome": "bad_credentials"}.items()
    [whose] = [key async for key in bench.client.scan_iter(keys.tries("whose", "*"))]
    assert 0 < await bench.ttl(whose.decode()) <= 30 * 86400
