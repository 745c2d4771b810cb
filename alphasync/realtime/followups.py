"""What a device is told behind the answer to a command: its refusal, and how the run then stands.

A client that gives no acknowledgement callback learns from the ``error`` event that a start was
refused, but not for which profile: the state of that run follows, so that none waits for it. So it
does where it is not known whether a start or a stop was carried out, once Redis answers again.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from alphasync.domain import events
from alphasync.domain.runs import Key
from alphasync.errors import NotRegistered, StoreUnavailable
from alphasync.protocol import packets
from alphasync.realtime.catch_up import FOLLOW_TIMEOUT
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Phase, Session
from alphasync.realtime.state import no_run, run_state
from alphasync.services.account_state import AccountState
from alphasync.store.redis.attempts import backoff
from alphasync.store.redis.pipeline import ANSWER_TIMEOUT, WATCH_INTERVAL
from alphasync.tasks import Tasks

REGISTRATION_TIMEOUT = 10.0
"""Seconds that commands wait for their device to be registered: clients wait for so long."""
OWED_MAX = 64
"""Runs of which the state is still to be told to one session, and refusals that it is to get
once it is registered. Of more refusals at once it is told by the acknowledgement only."""


class FollowUps:
    """``reachable``: whether Redis answers at present."""

    def __init__(
        self,
        manager: Manager,
        account_state: AccountState,
        reachable: Callable[[], bool],
    ) -> None:
        self._manager = manager
        self._account_state = account_state
        self._reachable = reachable
        self._tasks = Tasks()

    async def close(self) -> None:
        await self._tasks.close()

    def watch(self, session: Session) -> None:
        """See to it that commands that wait for the registration get an answer in time."""
        if session.watching is None:
            session.watching = self._tasks.spawn(self._watch(session), f"early {session.sid}")

    def say(self, session: Session, packet: str) -> None:
        """Send a refusal; none comes before ``deviceRegistered``."""
        if session.phase is Phase.REGISTERED:
            self._manager.send(session, packet)
        elif len(session.unsaid) < OWED_MAX:
            session.unsaid[packet] = None
            self._follow(session)

    def owe(self, session: Session, run: Key) -> None:
        """Tell the session how this run stands, once that is known."""
        if len(session.owed) < OWED_MAX:
            session.owed[run] = None
            self._follow(session)

    def _follow(self, session: Session) -> None:
        if session.following is None:
            session.following = self._tasks.spawn(
                self._tell_all(session), f"follow up {session.sid}"
            )

    async def _watch(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while session.early.waiting and session.phase is Phase.JOINING:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_INTERVAL):
                    await session.settled.wait()
            waited = loop.time() - began
            if waited >= ANSWER_TIMEOUT and not self._reachable():
                session.early.refuse(StoreUnavailable())
                break
            if waited >= REGISTRATION_TIMEOUT:
                session.early.refuse(NotRegistered())
                break
        session.watching = None

    async def _tell_all(self, session: Session) -> None:
        await session.settled.wait()
        for packet in session.unsaid:
            if session.phase is Phase.REGISTERED:
                self._manager.send(session, packet)
        session.unsaid.clear()
        attempt = 0
        while session.owed and session.phase is Phase.REGISTERED:
            run = next(iter(session.owed))
            del session.owed[run]  # who refuses another start meanwhile owes it anew
            try:
                told = await self._tell(session, run)
            except (StoreUnavailable, TimeoutError):
                told = False
            if not told:
                session.owed[run] = None
                attempt += 1
                await asyncio.sleep(backoff(attempt))
        session.following = None

    async def _tell(self, session: Session, run: Key) -> bool:
        """Send the run's state, if the relay has delivered what led to it."""
        account = session.who.account
        if not session.who.may_see(run[0]):
            # As for one that does not exist, and nothing is asked.
            self._send(session, no_run(session, run, now=round(time.time() * 1000), revision=0))
            return True
        found = await self._account_state.run(account, run)
        if not session.is_in_step():
            return session.phase is not Phase.REGISTERED  # it is being brought up to date, or gone
        position = session.relay.position
        async with asyncio.timeout(FOLLOW_TIMEOUT):
            await session.relay.reached(found.epoch, found.revision)
        later = position.since(found.epoch, found.revision)
        if not session.is_in_step() or later is None or any(e.profile_id == run[0] for e in later):
            return False  # what was read is not the last word any more
        if found.run is not None:
            state = run_state(session, found.run)
        else:
            state = no_run(session, run, now=found.now, revision=found.revision)
        self._send(session, state)
        return True

    def _send(self, session: Session, state: events.ProcessingStateSync) -> None:
        if session.phase is Phase.REGISTERED:
            self._manager.send(session, packets.encode(state))
