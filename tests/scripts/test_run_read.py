"""run_read: one run at one revision."""

from alphasync.domain.runs import RunStatus
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


async def test_a_run_as_the_snapshot_has_it(bench: Bench) -> None:
    await bench.start()
    await bench.type("Hello", "another profile")
    async with bench.verify():
        found = await bench.account_state.run(bench.who.account, (PROFILE, "chat"))
    assert bench.last("run_read") == "OK"
    snapshot = await bench.snapshot()
    assert found.run == await bench.run()
    assert (found.epoch, found.revision) == (snapshot.epoch, snapshot.revision) == (found.epoch, 2)
    assert abs(found.now - await bench.now()) < 60_000
    await bench.stop()
    ended = await bench.account_state.run(bench.who.account, (PROFILE, "chat"))
    assert ended.run
    assert (ended.run.status, ended.revision) == (RunStatus.STOPPED, 3)


async def test_no_run_on_record_has_a_place_in_the_order_too(bench: Bench) -> None:
    found = await bench.account_state.run(bench.who.account, (PROFILE, "mail"))
    assert (found.run, found.revision) == (None, 0)
    await bench.start()
    assert (await bench.account_state.run(bench.who.account, (PROFILE, "mail"))).run is None
    await bench.client.delete(bench.names.meta)
    after = await bench.account_state.run(bench.who.account, (PROFILE, "chat"))
    assert (after.epoch != found.epoch, after.revision) == (True, 0)
