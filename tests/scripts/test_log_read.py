"""log_read: exactly what was missed, or that it cannot be had."""

from alphasync.realtime.order import parse
from alphasync.services.account_state import LogLost
from alphasync.store.scripts.limits import LOG_CUT_EVERY, LOG_EVENTS_MAX, REVISION_JUMP
from tests.scripts.bench import Bench


async def revisions(bench: Bench, epoch: str, after: int) -> list[int] | LogLost:
    raw = await bench.account_state.events_after(bench.who.account, epoch, after)
    return raw if isinstance(raw, LogLost) else [parse(envelope).revision for envelope in raw]


async def test_the_events_after_a_revision_in_order(bench: Bench) -> None:
    epoch = (await bench.snapshot()).epoch
    for n in range(12):
        await bench.type(f"{n}")
    assert await revisions(bench, epoch, 0) == list(range(1, 13))
    assert await revisions(bench, epoch, 9) == [10, 11, 12]
    assert await revisions(bench, epoch, 12) == []
    assert bench.last("log_read") == "OK"


async def test_another_log(bench: Bench) -> None:
    await bench.type("a")
    snapshot = await bench.snapshot()
    for unknown in ("", "another", snapshot.epoch + "0"):
        assert await revisions(bench, unknown, 0) == LogLost(snapshot.epoch, 1)
    assert bench.last("log_read") == "LOST"


async def test_a_revision_that_is_not_reached_is_of_a_log_that_is_over(bench: Bench) -> None:
    """Redis was put back from an older copy, and a device remembers more."""
    await bench.type("a")
    epoch = (await bench.snapshot()).epoch
    lost = await revisions(bench, epoch, 5)
    assert isinstance(lost, LogLost)
    assert lost.epoch != epoch
    assert lost.revision == 1 + REVISION_JUMP
    assert await bench.type("b") == lost.revision + 1
    assert await revisions(bench, lost.epoch, lost.revision) == [lost.revision + 1]


async def test_a_trimmed_log(bench: Bench) -> None:
    epoch = (await bench.snapshot()).epoch
    last = LOG_EVENTS_MAX + LOG_CUT_EVERY
    for n in range(last - 1):
        await bench.type(f"{n}")
    assert await bench.client.xlen(bench.names.log) == last - 1
    assert await revisions(bench, epoch, 0) == list(range(1, last))
    await bench.type("cut")
    assert await bench.client.xlen(bench.names.log) == LOG_EVENTS_MAX
    assert await revisions(bench, epoch, LOG_CUT_EVERY - 1) == LogLost(epoch, last)
    found = await revisions(bench, epoch, LOG_CUT_EVERY)
    assert found == list(range(LOG_CUT_EVERY + 1, last + 1))


async def test_a_log_that_ran_out(bench: Bench) -> None:
    await bench.type("a")
    await bench.type("b")
    epoch = (await bench.snapshot()).epoch
    await bench.client.delete(bench.names.log)
    assert await revisions(bench, epoch, 1) == LogLost(epoch, 2)
    assert await revisions(bench, epoch, 2) == []
    await bench.type("c")
    assert await revisions(bench, epoch, 1) == LogLost(epoch, 3)
    assert await revisions(bench, epoch, 2) == [3]


async def test_a_history_that_went_back_is_another_log(bench: Bench) -> None:
    epoch = (await bench.snapshot()).epoch
    for text in "abc":
        await bench.type(text)
    delivered = await bench.account_state.events_after(bench.who.account, epoch, 2)
    assert isinstance(delivered, list)
    # Redis comes back without its last event.
    await bench.client.xdel(bench.names.log, "3-0")
    await bench.client.hset(bench.names.meta, "revision", 2)
    lost = await bench.account_state.events_after(bench.who.account, epoch, 3, delivered[-1])
    assert isinstance(lost, LogLost)
    assert lost.epoch != epoch
    assert lost.revision == 2 + REVISION_JUMP
    assert (await bench.snapshot()).epoch == lost.epoch


async def test_so_is_one_that_has_grown_past_it_since(bench: Bench) -> None:
    epoch = (await bench.snapshot()).epoch
    for text in "abcd":
        await bench.type(text)
    ours = b"%s\n3\n\n\nanother event" % epoch.encode()
    lost = await bench.account_state.events_after(bench.who.account, epoch, 3, ours)
    assert isinstance(lost, LogLost)
    assert lost.epoch != epoch


async def test_long_texts_come_in_pages(bench: Bench) -> None:
    epoch = (await bench.snapshot()).epoch
    for n in range(40):
        await bench.type(f"{n} " + "x" * 500)
        await bench.mail(f"{n} " + "x" * 4900)
    assert await revisions(bench, epoch, 3) == list(range(4, 81))
    asked = [call.outcome for call in bench.scripts.calls if call.name == "log_read"]
    assert asked == ["MORE", "OK"]
