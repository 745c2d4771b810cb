"""The relay, with a log that the test holds in its hand."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from alphasync.domain.snapshot import Snapshot
from alphasync.errors import StoreUnavailable
from alphasync.realtime.order import Envelope, parse
from alphasync.realtime.relay import Relay
from alphasync.services.account_state import AccountState, LogLost
from alphasync.store import retries
from tests.harness import PATIENCE, wait_until


def raw(revision: int, epoch: str = "e") -> bytes:
    return f'{epoch}\n{revision}\n1\n\n2["x",{{}}]'.encode()


class World:
    """A log that answers only when told to, a snapshot to start from, and what was delivered."""

    def __init__(self) -> None:
        self.epoch = "e"
        self.revision = 0
        self.oldest = 1
        """The log is trimmed before it."""
        self.broken = False
        self.reads: list[tuple[str, int]] = []
        self.open = asyncio.Event()
        """Cleared: an answer of the log is on its way for as long."""
        self.open.set()
        self.delivered: list[tuple[str, int]] = []
        self.resyncs: list[tuple[str, int]] = []
        self.relay = Relay(
            "o:1",
            cast(AccountState, self),
            self._deliver,
            self._resync,
        )

    async def events_after(
        self, account: str, epoch: str, revision: int, last: bytes = b""
    ) -> list[bytes] | LogLost:
        assert account == "o:1"
        assert not last or parse(last).revision == revision
        self.reads.append((epoch, revision))
        if self.broken:
            raise StoreUnavailable
        if epoch != self.epoch or revision + 1 < self.oldest or revision > self.revision:
            answer: list[bytes] | LogLost = LogLost(self.epoch, self.revision)
        else:
            answer = [raw(n, epoch) for n in range(revision + 1, self.revision + 1)]
        await self.open.wait()
        return answer

    async def snapshot(self, account: str) -> Snapshot:
        if self.broken:
            raise StoreUnavailable
        return Snapshot(epoch=self.epoch, revision=self.revision, runs={}, drafts={})

    def _deliver(self, account: str, envelope: Envelope) -> None:
        assert account == "o:1"
        self.delivered.append((envelope.epoch, envelope.revision))

    def _resync(self, account: str, snapshot: Snapshot) -> None:
        self.resyncs.append((snapshot.epoch, snapshot.revision))

    def publish(self, *, lost: bool = False) -> None:
        """One more event: in the log, and unless it is lost on the channel."""
        self.revision += 1
        if not lost:
            self.relay.feed(raw(self.revision, self.epoch))

    async def caught_up(self) -> None:
        def there() -> bool:
            position = self.relay.position
            return (position.epoch, position.revision) == (self.epoch, self.revision)

        await wait_until(there, what="the relay at the log's end")


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A relay that follows its channel, at the start of an empty log."""
    monkeypatch.setattr(retries, "backoff", lambda _attempt: 0.0)
    world = World()
    world.relay.recover()
    await asyncio.wait_for(world.relay.ready.wait(), PATIENCE)
    world.reads.clear()
    world.resyncs.clear()
    yield world
    await world.relay.close()


async def test_it_begins_at_the_logs_end_and_reads_no_snapshot() -> None:
    world = World()
    world.revision = 40
    assert not world.relay.ready.is_set()
    world.relay.recover()
    await asyncio.wait_for(world.relay.ready.wait(), PATIENCE)
    assert world.resyncs == [], "nobody is registered yet"
    assert world.relay.position.revision == 40
    assert world.delivered == []
    world.publish()
    assert world.delivered == [("e", 41)]
    await world.relay.close()


async def test_the_next_event_is_delivered_at_once_and_without_a_look_at_the_log(
    world: World,
) -> None:
    for _ in range(5):
        world.publish()
    assert world.delivered == [("e", n) for n in range(1, 6)]
    assert world.reads == []


async def test_an_event_that_comes_again_is_dropped(world: World) -> None:
    world.publish()
    world.publish()
    world.relay.feed(raw(1))
    world.relay.feed(raw(2))
    world.publish()
    assert world.delivered == [("e", 1), ("e", 2), ("e", 3)]
    assert world.reads == []


@pytest.mark.parametrize(
    "garbage", [b"", b"\n\n\n\n", b"\xff" * 50, b"e\nmany\n\n\n42[]", b"x" * 100_000]
)
async def test_what_is_no_event_disturbs_nobody(world: World, garbage: bytes) -> None:
    world.publish()
    world.relay.feed(garbage)
    world.publish()
    assert world.delivered == [("e", 1), ("e", 2)]
    assert world.reads == []


async def test_a_gap_is_filled_from_the_log_in_order(world: World) -> None:
    world.publish()
    for _ in range(3):
        world.publish(lost=True)
    world.publish()
    assert world.delivered == [("e", 1)], "nothing after the gap goes out before it is filled"
    await world.caught_up()
    assert world.delivered == [("e", n) for n in range(1, 6)]
    assert world.reads == [("e", 1)]
    assert world.resyncs == []


async def test_a_new_subscription_looks_for_what_was_missed(world: World) -> None:
    world.publish()
    world.publish(lost=True)
    world.publish(lost=True)
    world.relay.recover()
    await world.caught_up()
    assert world.delivered == [("e", 1), ("e", 2), ("e", 3)]
    assert world.resyncs == []


async def test_what_comes_while_the_log_is_read_is_not_lost_and_not_doubled(world: World) -> None:
    world.publish(lost=True)
    world.open.clear()
    world.publish()
    await wait_until(lambda: world.reads, what="a look at the log")
    # The answer on its way ends with 2; these come after it was written, and one once more.
    world.publish()
    world.publish()
    world.relay.feed(raw(3))
    assert world.delivered == []
    world.open.set()
    await world.caught_up()
    assert world.delivered == [("e", n) for n in range(1, 5)]
    world.publish()
    assert world.delivered[-1] == ("e", 5)
    assert world.resyncs == []


async def test_a_late_old_event_does_not_hide_a_newer_one_during_recovery(world: World) -> None:
    """The log is looked at again although the last that came was one already delivered."""
    for _ in range(3):
        world.publish()
    world.open.clear()
    world.publish(lost=True)
    world.publish()
    await wait_until(lambda: world.reads, what="a look at the log")
    world.publish()
    world.relay.feed(raw(2))
    world.open.set()
    await wait_until(lambda: ("e", 5) in world.delivered, what="what the answer held")
    world.publish()
    await world.caught_up()
    assert world.delivered == [("e", n) for n in range(1, world.revision + 1)]


async def test_a_trimmed_log_means_a_fresh_snapshot(world: World) -> None:
    world.publish()
    for _ in range(9):
        world.publish(lost=True)
    world.oldest = 5
    world.publish()
    await world.caught_up()
    assert world.resyncs == [("e", 11)]
    assert world.delivered == [("e", 1)]
    world.publish()
    assert world.delivered == [("e", 1), ("e", 12)]


async def test_another_epoch_means_a_fresh_snapshot(world: World) -> None:
    for _ in range(5):
        world.publish()
    world.epoch, world.revision = "f", 0
    world.publish()
    await world.caught_up()
    assert world.resyncs == [("f", 1)]
    world.publish()
    assert world.delivered[-1] == ("f", 2)
    world.relay.feed(raw(6, "e"))  # of the log that is gone
    await wait_until(lambda: world.relay.ready.is_set() and len(world.reads) >= 2)
    world.publish()
    await world.caught_up()
    assert world.delivered[-1] == ("f", 3)


async def test_it_keeps_trying_while_the_store_is_away(world: World) -> None:
    world.publish()
    world.broken = True
    world.publish(lost=True)
    world.publish()
    await wait_until(lambda: len(world.reads) >= 3, what="three tries")
    world.publish()
    assert world.delivered == [("e", 1)]
    world.broken = False
    await world.caught_up()
    assert world.delivered == [("e", n) for n in range(1, 5)]


async def test_reached_waits_for_the_delivery_of_a_revision(world: World) -> None:
    world.publish()
    assert await world.relay.reached("e", 1)
    assert not await world.relay.reached("f", 1)
    waiting = asyncio.create_task(world.relay.reached("e", 3), name="waiting")
    also_waiting = asyncio.create_task(world.relay.reached("e", 2), name="also waiting")
    world.publish()
    assert await asyncio.wait_for(also_waiting, PATIENCE)
    assert not waiting.done()
    world.publish()
    assert await asyncio.wait_for(waiting, PATIENCE)


async def test_another_log_than_the_relay_follows_has_it_look(world: World) -> None:
    world.publish()
    assert await world.relay.reached("e", 1)
    world.epoch, world.revision = "f", 7  # and nothing is published
    assert not await world.relay.reached("f", 7)
    await wait_until(lambda: world.relay.position.epoch == "f", what="the other log")
    assert await world.relay.reached("f", 7)


async def test_reached_gives_up_when_another_log_begins(world: World) -> None:
    waiting = asyncio.create_task(world.relay.reached("e", 3), name="waiting")
    await wait_until(lambda: not waiting.done())
    world.epoch, world.revision = "f", 0
    world.publish()
    assert not await asyncio.wait_for(waiting, PATIENCE)


async def test_closing_ends_a_recovery(world: World) -> None:
    world.open.clear()
    world.publish(lost=True)
    world.publish()
    await wait_until(lambda: world.reads, what="a look at the log")
    await world.relay.close()
    world.open.set()
    assert world.delivered == []
