"""never_add: whom no run contacts, once each, up to the most."""

import contextlib

import pytest

from alphasync.domain.audit import Action
from alphasync.domain.events import DoNotContactChanged
from alphasync.errors import DoNotContactFull, UnknownOutcome
from alphasync.services.audit import Filters
from alphasync.services.do_not_contact import ADDED_AT_ONCE_MAX, DoNotContact, Entry
from alphasync.store.redis.pipeline import Argument, Reply, Unconfirmed
from tests.scripts.bench import Bench


async def test_who_is_added_is_on_it_with_when_and_by_whom(bench: Bench) -> None:
    since = await bench.now()
    async with bench.verify(DoNotContactChanged) as made:
        assert await bench.avoid("r1", "asked us not to") == (1, 1)
    assert bench.last("never_add") == "OK"
    assert (made[0].device_id, made[0].added, made[0].removed, made[0].count) == ("d1", 1, 0, 1)
    (entry,) = (await bench.avoided()).recipients
    assert (entry["id"], entry["operatorId"], entry["note"]) == ("r1", "1", "asked us not to")
    assert since <= entry["at"] <= await bench.now()


async def test_once_more_changes_nothing_and_is_told_as_nothing(bench: Bench) -> None:
    await bench.avoid("r1", "first")
    before = (await bench.avoided()).recipients
    async with bench.verify(DoNotContactChanged) as made:
        assert await bench.avoid("r1", "second") == (0, 1)
    assert made[0].added == 0
    assert (await bench.avoided()).recipients == before


async def test_many_are_added_in_pages_and_told_once(bench: Bench) -> None:
    many = [Entry(f"r{number}", "") for number in range(ADDED_AT_ONCE_MAX + 20)]
    bench.do_not_contact = DoNotContact(bench.scripts, len(many))
    await bench.avoid("r7")
    async with bench.verify(DoNotContactChanged) as made:
        assert await bench.do_not_contact.add_all(bench.who, many) == (len(many) - 1, len(many))
    assert made[0].added == len(many) - 1
    assert not isinstance(made[0].device_id, str)


@pytest.mark.parametrize("room", [0, -1])
async def test_each_page_is_on_record_by_itself(bench: Bench, room: int) -> None:
    """What is added stays on record, also where the last page never comes."""
    many = [Entry(f"r{number}", "") for number in range(ADDED_AT_ONCE_MAX + 20)]
    bench.do_not_contact = DoNotContact(bench.scripts, len(many) + room)
    await bench.avoid("r7")
    with pytest.raises(DoNotContactFull) if room else contextlib.nullcontext():
        await bench.do_not_contact.add_all(bench.who, many)
    wanted = Filters(action=Action.DO_NOT_CONTACT_ADDED)
    found = (await bench.audit.page(bench.who.account, "", wanted)).entries
    expected = ["20", f"{ADDED_AT_ONCE_MAX - 1}", "1"]
    assert [entry.fields["count"] for entry in found] == expected[1 if room else 0 :]


async def test_no_more_than_its_most(bench: Bench) -> None:
    bench.do_not_contact = DoNotContact(bench.scripts, 2)
    await bench.avoid("r1")
    both = [Entry(name, "") for name in ("r2", "r3")]
    async with bench.verify():
        with pytest.raises(DoNotContactFull, match="can have 2 recipients, and has 1"):
            await bench.do_not_contact.add_all(bench.who, both)
    assert bench.last("never_add") == "FULL"
    await bench.avoid("r2")
    assert await bench.avoid("r1") == (0, 2)


async def test_where_it_is_full_in_the_middle_devices_are_told_of_those_added(bench: Bench) -> None:
    many = [Entry(f"r{number}", "") for number in range(ADDED_AT_ONCE_MAX + 2)]
    bench.do_not_contact = DoNotContact(bench.scripts, ADDED_AT_ONCE_MAX + 1)
    async with bench.verify(DoNotContactChanged) as made:
        with pytest.raises(DoNotContactFull, match=f"and has {ADDED_AT_ONCE_MAX}"):
            await bench.do_not_contact.add_all(bench.who, many)
    assert (made[0].added, made[0].count) == (ADDED_AT_ONCE_MAX, ADDED_AT_ONCE_MAX)


async def test_a_listing_asks_for_many_at_once(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.avoid("r3")
    many = [f"r{number}" for number in range(1_200)]
    assert await bench.blocklist.not_to_contact(ticket, many) == {"r3"}


async def test_a_list_that_redis_dropped_begins_anew(bench: Bench) -> None:
    await bench.avoid("r1", "asked us not to")
    await bench.client.delete(bench.names.never)
    await bench.avoid("r2")
    assert [entry["id"] for entry in (await bench.avoided()).recipients] == ["r2"]
    assert await bench.client.hkeys(bench.names.never_notes) == [b"r2"]


async def test_without_the_notes_everybody_is_still_on_it(bench: Bench) -> None:
    await bench.avoid("r1", "asked us not to")
    await bench.client.delete(bench.names.never_notes)
    (entry,) = (await bench.avoided()).recipients
    assert (entry["id"], entry["operatorId"], entry["note"]) == ("r1", "", "")
    await bench.start()


async def test_it_has_no_end(bench: Bench) -> None:
    await bench.avoid("r1")
    assert await bench.ttl(bench.names.never) < 0
    assert await bench.ttl(bench.names.never_notes) < 0


async def test_clearing_the_blocklist_leaves_it(bench: Bench) -> None:
    await bench.avoid("r1")
    await bench.forget()
    assert (await bench.avoided()).in_all == 1


async def test_what_a_failover_could_lose_is_not_said_to_be_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unconfirmed(*command: Argument) -> Reply:
        raise Unconfirmed(await bench.store.pipeline.submit(*command))

    monkeypatch.setattr(bench.store.pipeline, "confirmed", unconfirmed)
    with pytest.raises(UnknownOutcome):
        await bench.avoid("r1")
    monkeypatch.undo()
    assert await bench.avoid("r1") == (0, 1)
