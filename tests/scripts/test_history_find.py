"""history_find: the runs of the history that are wanted, the last that ended first."""

import msgspec
import pytest

from alphasync.domain.roles import Role
from alphasync.errors import UnknownRun
from alphasync.services import history
from alphasync.services.history import Filters, PastRun
from alphasync.services.runs import Runs, Ticket
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes
from tests.scripts.bench import Bench, identity
from tests.scripts.deeds import PROFILE
from tests.scripts.test_history_entries import past


async def ran(bench: Bench, profile: str = PROFILE, operator: str = "1") -> Ticket:
    """A run of an operator that was stopped."""
    who = msgspec.structs.replace(bench.who, operator_id=operator)
    before, bench.who = bench.who, who
    ticket = await bench.start(profile)
    await bench.stop(profile)
    bench.who = before
    return ticket


def ids(runs: list[PastRun] | list[Ticket]) -> list[str]:
    return [run.id if isinstance(run, PastRun) else run.run_id for run in runs]


async def test_they_come_page_by_page_while_more_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "RUNS_LISTED_MAX", 2)
    tickets = [await ran(bench) for _ in range(5)]
    found, before = list[PastRun](), ""
    while True:
        page = await bench.history.page(bench.who, before, Filters())
        found += page.runs
        await ran(bench, "1002")
        if not (before := page.next):
            break
    assert bench.last("history_find") == "OK"
    assert ids(found) == ids(tickets)[::-1]


async def test_those_that_ended_in_one_moment_come_once_each(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "RUNS_LISTED_MAX", 1)
    tickets = [await bench.start(str(number)) for number in range(3)]
    await bench.runs.stop_all(bench.who, "d2")
    found, before = list[PastRun](), ""
    while len(found) < len(tickets):
        page = await bench.history.page(bench.who, before, Filters())
        found, before = found + page.runs, page.next
        assert page.runs
    assert sorted(ids(found)) == sorted(ids(tickets))


async def test_each_filter(bench: Bench) -> None:
    own, other, theirs = (
        await ran(bench),
        await ran(bench, "1002"),
        await ran(bench, operator="2"),
    )
    ticket = await bench.start()
    await bench.progress.abandon(ticket)
    every = ids(await past(bench))
    assert every == ids([ticket, theirs, other, own])
    assert ids(await past(bench, profile="1002")) == ids([other])
    assert ids(await past(bench, operator_id="2")) == ids([theirs])
    assert ids(await past(bench, outcome="interrupted")) == ids([ticket])
    assert await past(bench, type="mail") == []
    assert len(await past(bench, type="chat", outcome="stopped", operator_id="1")) == 2
    middle = (await past(bench))[1].number("place")
    assert len(await past(bench, since=middle)) + len(await past(bench, until=middle - 1)) == 4
    assert ids([theirs])[0] in ids(await past(bench, since=middle, until=middle))
    assert await past(bench, until=own.started_at - 1) == []
    assert await past(bench, since=await bench.now() + 60_000) == []


async def test_an_end_of_a_later_version_is_read_with_the_others(bench: Bench) -> None:
    own, later = await ran(bench), await ran(bench, "1002")
    text = await bench.client.hget(bench.names.history_runs, later.run_id)
    assert text is not None
    kept = msgspec.json.decode(text)
    changed = msgspec.json.encode({**kept, "outcome": "evicted"})
    await bench.client.hset(bench.names.history_runs, later.run_id, changed)
    assert [run.kept.outcome for run in await past(bench)] == ["evicted", "stopped"]
    assert ids(await past(bench, outcome="stopped")) == ids([later, own])


async def test_words_of_the_text(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "RUNS_LISTED_MAX", 2)
    tickets = [await ran(bench) for _ in range(5)]
    texts = ["Liebe Ändert", "the sea", "The SEA and you", "sea", "nothing"]
    for ticket, text in zip(tickets, texts, strict=True):
        await bench.client.hset(bench.names.history_texts, ticket.run_id, text)
    monkeypatch.setattr(history, "LOOKS_FOR", 60)
    first = await bench.history.page(bench.who, "", Filters(words=("sea",)))
    assert ids(first.runs) == ids([tickets[3], tickets[2]])
    then = await bench.history.page(bench.who, first.next, Filters(words=("sea",)))
    assert (ids(then.runs), then.next) == (ids([tickets[1]]), "")
    assert ids(await past(bench, words=("the", "you"))) == ids([tickets[2]])
    assert ids(await past(bench, words=("ÄNDERT",))) == ids([tickets[0]])


async def test_very_many_are_looked_at_in_parts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.store.scripts.limits.HISTORY_SEARCHED_MAX", 2)
    monkeypatch.setattr(history, "PARTS_MAX", 2)
    monkeypatch.setattr(history, "LOOKS_FOR", 60)
    few = Lifetimes(history_max=777)  # scripts of the usual ones are made already
    first = await ran(bench, "1002")
    for _ in range(5):
        await ran(bench)
    seldom = history.History(Scripts(bench.store.pipeline, few), bench.store.pipeline)
    page = await seldom.page(bench.who, "", Filters(profile="1002"))
    assert (page.runs, page.next != "") == ([], True)
    page = await seldom.page(bench.who, page.next, Filters(profile="1002"))
    assert (ids(page.runs), page.next) == (ids([first]), "")
    monkeypatch.setattr(history, "LOOKS_FOR", -1)  # there is time for a single part
    found, before = list[int](), ""
    while not found or before:
        page = await seldom.page(bench.who, before, Filters(profile="1002"))
        before = page.next
        found.append(len(page.runs))
    assert found == [0, 0, 1, 0]


async def test_who_may_see_what(bench: Bench) -> None:
    own, theirs = await ran(bench), await ran(bench, "1002", operator="2")
    claims = {Role.VIEWER: [own], Role.OPERATOR: [own], Role.MANAGER: [theirs, own]}
    for role, seen in claims.items():
        who = msgspec.structs.replace(bench.who, role=role)
        assert ids((await bench.history.page(who, "", Filters())).runs) == ids(seen)
        for ticket in (own, theirs):
            if ticket in seen:
                assert (await bench.history.run(who, ticket.run_id)).id == ticket.run_id
                continue
            with pytest.raises(UnknownRun):
                await bench.history.run(who, ticket.run_id)
            with pytest.raises(UnknownRun):
                await bench.history.recipients(who, ticket.run_id, "failed", 0)
    some = msgspec.structs.replace(bench.who, role=Role.ADMIN, profiles=frozenset({"1002", "x"}))
    assert ids((await bench.history.page(some, "", Filters())).runs) == ids([theirs])
    with pytest.raises(UnknownRun):
        await bench.history.run(some, own.run_id)
    other = identity("3")
    assert (await bench.history.page(other, "", Filters())).runs == []
    with pytest.raises(UnknownRun):
        await bench.history.run(other, own.run_id)


def keeping(bench: Bench, kept: Lifetimes) -> None:
    """Have the history keep so much from here on."""
    scripts = Scripts(bench.store.pipeline, kept)
    bench.runs = Runs(scripts, bench.holdings, lambda _ticket: None, lambda _holding: None)


async def leftovers(bench: Bench) -> set[str]:
    found = [key async for key in bench.client.scan_iter(f"{bench.names.history}*", count=1000)]
    return {key.decode().removeprefix(bench.names.history) for key in found}


async def test_the_oldest_make_room(bench: Bench) -> None:
    keeping(bench, Lifetimes(history_max=3))
    tickets = [await ran(bench) for _ in range(5)]
    assert ids(await past(bench)) == ids(tickets)[:1:-1]
    for name in (bench.names.history_runs, bench.names.history_texts):
        assert await bench.client.hlen(name) == 3
    size = int(await bench.field(f"{bench.names.history}:kept", "bytes") or 0)
    keeping(bench, Lifetimes(history_bytes=size))
    await ran(bench)
    assert len(await past(bench)) == 3
    keeping(bench, Lifetimes(history_bytes=size - 1))
    await ran(bench)
    assert len(await past(bench)) == 2
    assert await leftovers(bench) == {"", ":runs", ":texts", ":kept"}
    keeping(bench, Lifetimes(history_max=0))
    await ran(bench)
    assert len(await past(bench)) == 2


async def test_what_is_past_its_life_is_not_shown_and_goes(bench: Bench) -> None:
    await ran(bench)
    old = await bench.now() - 91 * 86400 * 1000
    [member] = await bench.client.execute_command("ZRANGE", bench.names.history, 0, -1)
    await bench.client.execute_command("ZADD", bench.names.history, old, member)
    assert await past(bench) == []
    ticket = await ran(bench)
    assert ids(await past(bench)) == [ticket.run_id]
    assert await bench.client.hlen(bench.names.history_runs) == 1
    assert 90 * 86400 - 60 < await bench.ttl(bench.names.history) <= 91 * 86400


async def test_where_its_index_is_gone_it_begins_anew(bench: Bench) -> None:
    await ran(bench)
    await bench.client.delete(bench.names.history)
    await ran(bench)
    assert await bench.client.hlen(bench.names.history_runs) == 1
