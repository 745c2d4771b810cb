"""The relay: from an account's channel in Redis to the rooms, in order and without a gap."""

import asyncio
from collections.abc import Callable

import structlog

from alphasync import telemetry
from alphasync.domain.snapshot import Snapshot
from alphasync.log_subject import Named, about
from alphasync.realtime.order import Envelope, Position, Verdict, parse, unparse
from alphasync.services.account_state import AccountState, LogLost
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks

RECENT_MAX = 256
"""Delivered events kept at hand for joining devices, which are milliseconds behind."""

log = structlog.get_logger(__name__)


class Relay:
    """One account on one server."""

    def __init__(
        self,
        account: str,
        account_state: AccountState,
        deliver: Callable[[str, Envelope], None],
        resync: Callable[[str, Snapshot], None],
    ) -> None:
        self.account = account
        self.users = 0
        """Sessions that need it."""
        self.subscribing = False
        self.position = Position(RECENT_MAX)
        self.ready = asyncio.Event()
        """Set once the relay has a position to go on from."""
        self._account_state = account_state
        self._deliver = deliver
        self._resync = resync
        self._moved = asyncio.Event()
        self._tasks = Tasks()
        self._recovery: asyncio.Task[None] | None = None
        self._newest: Envelope | None = None
        self._again = False
        """Whether something called for a look at the log since the last one began."""

    def feed(self, raw: bytes) -> None:
        """An envelope from the channel."""
        try:
            envelope = parse(raw)
        except ValueError:
            # Not one of ours. It must not end the subscription, which is that of all accounts.
            log.warning("a malformed event on an account's channel")
            return
        if self._recovery is not None:
            self._newest = envelope  # the log has it too; a later look decides
            return
        verdict = self.position.judge(envelope)
        if verdict is Verdict.NEXT:
            self._advance(envelope)
        elif verdict is Verdict.GAP:
            telemetry.relay_gaps.inc()
            self.recover(envelope)

    def recover(self, newest: Envelope | None = None) -> None:
        """Read from the log what may have been missed: after a gap or a new subscription."""
        self._newest = newest or self._newest
        self._again = True
        if self._recovery is None:
            self._recovery = self._tasks.spawn(self._recover(), f"relay recovery {self.account}")

    async def reached(self, epoch: str, revision: int) -> bool:
        """Wait until everything up to the revision is delivered; False in another epoch: the log is
        looked at again then, because it may be the relay that follows one that is over."""
        while True:
            if self.position.epoch != epoch:
                self.recover()
                return False
            if self.position.revision >= revision:
                return True
            self._moved.clear()
            await self._moved.wait()

    async def close(self) -> None:
        await self._tasks.close()

    def _advance(self, envelope: Envelope) -> None:
        self.position.advance(envelope)
        self._deliver(self.account, envelope)
        self._moved.set()

    async def _recover(self) -> None:
        about(Named(account=self.account))
        try:
            while self._again:
                self._again = False
                await until_redis_answers(self._catch_up)
                newest, self._newest = self._newest, None
                if newest is not None and self.position.judge(newest) is not Verdict.OLD:
                    self._again = True
        finally:
            # No await from here on: what comes now is judged by the position just reached.
            self._recovery = None
        self.ready.set()
        self._moved.set()

    async def _catch_up(self) -> None:
        position = self.position
        last = unparse(position.last) if position.last else b""
        missed = await self._account_state.events_after(
            self.account, position.epoch, position.revision, last
        )
        if isinstance(missed, LogLost):
            if position.epoch:
                await self._start_anew()
            else:  # no device is registered here yet: each that comes reads what it needs
                position.jump(missed.epoch, missed.revision)
            return
        telemetry.relay_replayed.inc(len(missed))
        for raw in missed:
            envelope = parse(raw)
            if self.position.judge(envelope) is Verdict.NEXT:
                self._advance(envelope)

    async def _start_anew(self) -> None:
        snapshot = await self._account_state.snapshot(self.account)
        log.info("resync", epoch=snapshot.epoch)
        self.position.jump(snapshot.epoch, snapshot.revision)
        self._resync(self.account, snapshot)
        self._moved.set()
