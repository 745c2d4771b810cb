"""snapshot_read: everything at one revision, and a new epoch where the data was lost."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from alphasync.domain.runs import Run, RunStatus
from alphasync.domain.snapshot import Snapshot
from alphasync.errors import StoreUnavailable
from alphasync.services.account_state import AccountState
from alphasync.store import keys
from alphasync.store.scripts.account_calls import snapshot_read
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import PAGE_RECORDS_MAX
from tests.scripts.bench import LIFETIMES, Bench, identity


async def test_an_account_that_was_never_seen(bench: Bench) -> None:
    snapshot = await bench.account_state.snapshot(identity("new").account)
    assert snapshot == Snapshot(epoch=snapshot.epoch, revision=0, runs={}, drafts={})
    assert snapshot.epoch
    assert bench.last("snapshot_read") == snapshot.epoch
    assert await bench.account_state.snapshot(identity("new").account) == snapshot


async def test_all_runs_and_drafts_with_the_ended_and_the_emptied(bench: Bench) -> None:
    await bench.start("1")
    await bench.start("2")
    await bench.stop("2")
    await bench.type("Hello", "1")
    await bench.type("Hello", "2")
    await bench.empty("2")
    snapshot = await bench.snapshot()
    assert snapshot.revision == 6
    assert {key[0]: run.status for key, run in snapshot.runs.items()} == {
        "1": RunStatus.RUNNING,
        "2": RunStatus.STOPPED,
    }
    assert {key[0]: draft.message for key, draft in snapshot.drafts.items()} == {
        "1": "Hello",
        "2": "",
    }


ODD: dict[Any, Any] = {
    **dict.fromkeys(("away", "paused", "detached"), "1"),
    **dict.fromkeys(("duration", "cycle", "next_at", "total", "sent", "skipped"), 5),
    **dict.fromkeys(("failed", "uncertain", "past_sent", "past_failed", "past_uncertain"), 7),
    **dict.fromkeys(("stopped_by", "reason", "device_name"), "x"),
    "only": "failed",
    "waiting_for": "sign_in",
    "options": '{"messageInterval":9}',
}
"""Of a run's record, whatever a run need not have."""


async def test_of_a_run_there_is_what_it_shows_and_not_what_only_its_sender_needs(
    bench: Bench,
) -> None:
    await bench.start("1")
    await bench.start("2")
    await bench.client.hset(bench.names.run("chat", "1"), mapping=ODD)
    runs = (await bench.snapshot()).runs
    for name in ("1", "2"):
        alone = await bench.account_state.run(bench.who.account, (name, "chat"))
        assert runs[name, "chat"] == alone.run
    fields = {field.name: field for field in msgspec.structs.fields(Run)}
    assert [n for n in fields if getattr(runs["1", "chat"], n) == fields[n].default] == []
    answer = await bench.scripts.call(snapshot_read(keys.of_account(bench.who.account)))
    names, *rows = answer.lists(2)
    record = await bench.client.hgetall(bench.names.run("chat", "1"))
    assert [len(row) for row in rows] == [len(names)] * 2
    assert len(record) - len(names) > 15
    shown = {names.text(place) for place in range(len(names))}
    assert shown.isdisjoint({"identity", "run_id", "inflight", "cursor"})


async def test_accounts_do_not_see_each_other(bench: Bench) -> None:
    await bench.start()
    await bench.type("Hello")
    for other in ("2", "11", "*", "1}", "{1"):
        snapshot = await bench.account_state.snapshot(identity(other).account)
        assert (snapshot.revision, snapshot.runs, snapshot.drafts) == (0, {}, {})


async def test_what_has_run_out_is_not_in_it(bench: Bench) -> None:
    await bench.start("1")
    await bench.start("2")
    await bench.client.delete(bench.names.run("chat", "1"))
    assert set((await bench.snapshot()).runs) == {("2", "chat")}
    # The index says by its own scores until when.
    await bench.client.zadd(bench.names.runs, {bench.names.run("chat", "2"): 1})
    assert (await bench.snapshot()).runs == {}


async def test_a_store_that_lost_its_data_begins_a_new_epoch(bench: Bench) -> None:
    await bench.type("Hello")
    before = await bench.snapshot()
    await bench.client.flushall()
    after = await bench.snapshot()
    assert after.epoch != before.epoch
    assert (after.revision, after.drafts) == (0, {})


async def test_a_log_without_its_account_is_not_mixed_with_the_new_one(bench: Bench) -> None:
    await bench.type("Hello")
    await bench.client.delete(bench.names.meta)
    await bench.type("Hello again")
    assert (await bench.snapshot()).revision == 1
    assert await bench.client.xlen(bench.names.log) == 1


async def test_what_does_not_fit_into_one_script_is_read_in_pages(bench: Bench) -> None:
    for number in range(PAGE_RECORDS_MAX + 3):
        await bench.start(f"r{number}")
        await bench.type("Hello", f"d{number}")
    await bench.client.delete(bench.names.draft("chat", "d1"))
    snapshot = await bench.snapshot()
    assert len(snapshot.runs) == PAGE_RECORDS_MAX + 3
    assert len(snapshot.drafts) == PAGE_RECORDS_MAX + 2
    joined = await bench.devices.join(bench.who, "s1", "phone")
    begun = await bench.begun(joined)
    assert (begun.runs, begun.drafts) == (snapshot.runs, snapshot.drafts)


class Meddling(Scripts):
    """Something happens between two pages."""

    meddle: Callable[[], Awaitable[object]]

    async def hashes(self, names: Sequence[str]) -> list[dict[str, str]]:
        found = await super().hashes(names)
        await self.meddle()
        return found


async def test_what_happens_between_two_pages_is_in_the_snapshot_once(bench: Bench) -> None:
    for number in range(PAGE_RECORDS_MAX):
        await bench.type("Hello", f"{number:03}")
    tickets = {name: await bench.start(name) for name in ("a", "b")}
    scripts = Meddling(bench.store.pipeline, LIFETIMES)
    steps = itertools.count()

    async def meddle() -> None:
        step = next(steps)
        await bench.type(f"text {step}", "000")  # read before
        await bench.type(f"text {step}", f"new {step}")
        await bench.plan(tickets["a"], 10 + step)
        await bench.stop("b") if step == 0 else await bench.start("b")

    scripts.meddle = meddle
    for number in range(PAGE_RECORDS_MAX):
        await bench.type("Hello", f"{number + PAGE_RECORDS_MAX:03}")
    found = await AccountState(scripts).snapshot(bench.who.account)
    assert next(steps) == 2
    assert found == await bench.snapshot()
    assert found.drafts["000", "chat"].message == "text 1"
    assert (found.runs["b", "chat"].status, found.runs["a", "chat"].counters.total) == (
        RunStatus.RUNNING,
        11,
    )


async def test_an_account_that_changes_faster_than_it_is_read_is_asked_again(bench: Bench) -> None:
    for number in range(PAGE_RECORDS_MAX + 1):
        await bench.type("Hello", f"{number:03}")
    scripts = Meddling(bench.store.pipeline, LIFETIMES)

    async def meddle() -> None:
        await bench.client.delete(bench.names.meta, bench.names.log)

    scripts.meddle = meddle
    with pytest.raises(StoreUnavailable):
        await AccountState(scripts).snapshot(bench.who.account)
