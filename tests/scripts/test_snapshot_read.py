"""snapshot_read: everything at one revision, and a new epoch where the data was lost."""

from alphasync.domain.runs import RunStatus
from alphasync.domain.snapshot import Snapshot
from tests.scripts.bench import Bench, identity


async def test_an_account_that_was_never_seen(bench: Bench) -> None:
    snapshot = await bench.devices.snapshot(identity("new").account)
    assert snapshot == Snapshot(epoch=snapshot.epoch, revision=0, runs={}, drafts={})
    assert snapshot.epoch
    assert bench.last("snapshot_read") == snapshot.epoch
    assert await bench.devices.snapshot(identity("new").account) == snapshot


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


async def test_accounts_do_not_see_each_other(bench: Bench) -> None:
    await bench.start()
    await bench.type("Hello")
    for other in ("2", "11", "*", "1}", "{1"):
        snapshot = await bench.devices.snapshot(identity(other).account)
        assert (snapshot.revision, snapshot.runs, snapshot.drafts) == (0, {}, {})


async def test_what_has_run_out_is_not_in_it(bench: Bench) -> None:
    await bench.start("1")
    await bench.start("2")
    await bench.client.delete(bench.names.run("chat", "1"))
    assert set((await bench.snapshot()).runs) == {("2", "chat")}
    # The index forgets by its own scores.
    await bench.client.zadd(bench.names.runs, {bench.names.run("chat", "2"): 1})
    assert (await bench.snapshot()).runs == {}
    assert await bench.client.zcard(bench.names.runs) == 1


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
