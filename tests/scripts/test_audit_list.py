"""audit_list: who did what, newest first, as the scripts that did it have written it down."""

import pytest

from alphasync.domain.audit import Action
from alphasync.services import audit
from alphasync.services.audit import Filters, Noted
from alphasync.services.progress import Outcome
from alphasync.services.upstream import Origin
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes
from tests.scripts.bench import Bench
from tests.scripts.deeds import became

SECRET_TEXT = "Hello from nobody else"


async def noted(bench: Bench, **filters: object) -> list[Noted]:
    chosen = Filters(**filters)  # type: ignore[arg-type]  # by name
    return (await bench.audit.page(bench.who.account, "", chosen)).entries


async def test_each_action_is_one_entry_that_says_who_and_what(bench: Bench) -> None:
    opened = await bench.upstream.open(
        bench.who.account, "1", "gateway-token", None, Origin("a@b.example", "10.0.0.1", "Chrome")
    )
    bench.who = bench.come_with(opened)
    device = await bench.devices.join(bench.who, "s1", "phone")
    other = await bench.devices.join(bench.who, "s2", "tablet")
    await bench.type(SECRET_TEXT)
    ticket = await bench.start(device=device.device_id)
    claimed = await bench.claim(ticket, 1, "recipient-1")
    await bench.progress.step(ticket, 2, became(claimed, Outcome.UNCERTAIN))
    await bench.stop(device=device.device_id)
    await bench.resolve("leave", "recipient-1")
    await bench.forget()
    await bench.avoid("recipient-2")
    await bench.allow("recipient-2")
    await bench.sign_out(other.device_id)
    await bench.endings.leave(bench.who)
    found = await noted(bench)
    assert bench.last("audit_list") == "OK"
    assert [entry.fields["action"] for entry in reversed(found)] == [
        *("signed_in", "run_started", "run_stopped", "uncertain_resolved", "blocklist_cleared"),
        *("do_not_contact_added", "do_not_contact_removed", "device_signed_out", "signed_out"),
    ]
    assert {entry.fields["operator"] for entry in found} == {"1"}
    started = found[-2].fields
    assert (started["device"], started["name"]) == (device.device_id, "phone")
    assert (started["run"], started["profile"], started["type"]) == (ticket.run_id, "1001", "chat")
    assert started["session"] == opened.sid
    assert bench.upstream.origin(started["origin"].encode()).address == "10.0.0.1"
    assert (found[-3].fields["target"], found[-3].fields["run"]) == ("1", ticket.run_id)
    assert (found[-4].fields["detail"], found[-4].fields["count"]) == ("leave", "1")
    raw = str(await bench.client.xrange(bench.names.record))
    for secret in (SECRET_TEXT, "gateway-token", "10.0.0.1", "recipient-", device.resume_token):
        assert secret not in raw


async def test_what_was_refused_or_changed_nothing_is_no_entry(bench: Bench) -> None:
    await bench.allow("r1")
    await bench.unblock("r1")
    await bench.resolve("leave", "r1")
    assert await noted(bench) == []


async def test_page_by_page_by_filter_while_new_ones_come(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "RECORD_LISTED_MAX", 2)
    for number in range(5):
        await bench.avoid(f"r{number}")
        await bench.allow(f"r{number}")
    wanted, found, before = Filters(action=Action.DO_NOT_CONTACT_ADDED), list[Noted](), ""
    while True:
        page = await bench.audit.page(bench.who.account, before, wanted)
        found += page.entries
        await bench.avoid(f"new{len(found)}")
        if not (before := page.next):
            break
    assert len({entry.id for entry in found}) == len(found) == 5
    assert found == sorted(found, key=lambda entry: entry.at, reverse=True)
    assert await noted(bench, operator_id="2") == await noted(bench, profile="1") == []
    assert await noted(bench, until=found[-1].at - 1) == []
    assert len(await noted(bench, since=found[0].at)) == 2
    assert (await bench.audit.page("o:2", "", Filters())).entries == []


@pytest.mark.parametrize(
    ("kept", "number"), [(Lifetimes(audit_max=0), 0), (Lifetimes(audit_max=100), 300)]
)
async def test_it_is_bounded_in_number_and_time(bench: Bench, kept: Lifetimes, number: int) -> None:
    bench.do_not_contact = type(bench.do_not_contact)(Scripts(bench.store.pipeline, kept), 1_000)
    for each in range(300):
        await bench.avoid(f"r{each}")
    length = await bench.client.xlen(bench.names.record)
    assert length == 0 if number == 0 else 100 <= length <= 200
    if number:
        assert 0 < await bench.client.pttl(bench.names.record) <= 180 * 86400 * 1000


async def test_what_is_past_its_life_is_not_shown(bench: Bench) -> None:
    old = {"action": "run_started", "operator": "1", "session": "", "device": ""}
    at = await bench.now() - 181 * 86400 * 1000
    await bench.client.xadd(bench.names.record, old, id=f"{at}-0")  # type: ignore[arg-type]
    assert await noted(bench) == []
    await bench.avoid("r1")
    assert len(await noted(bench)) == 1
