"""The one way to bring a session up to date: when it joins, when it comes from another server, and
when its account's log begins anew.

What it gets is read from Redis at some revision; it gets that, then the events after that revision
that the relay has delivered meanwhile, and then it is in its rooms. Nothing is awaited in between,
so that no event is lost, doubled or out of order.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

import structlog

from alphasync.errors import StoreUnavailable
from alphasync.realtime.manager import Manager
from alphasync.realtime.order import Envelope
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.realtime.state import made_ready
from alphasync.realtime.subscriber import Subscriber
from alphasync.realtime.turns import Turns
from alphasync.store.redis.attempts import backoff

FOLLOW_TIMEOUT = 5.0
"""Seconds for a relay to come up to what was read; then it is read again."""

log = structlog.get_logger(__name__)


class LogBegunAnew(Exception):
    """Redis went back: what was read is of a log that is over."""


class Beginning(NamedTuple):
    """What a session gets first, and how far it has come with that."""

    epoch: str
    revision: int
    packets: Iterable[str]
    """Among them the state, where it gets that."""
    missed: list[Envelope]
    """The events that it missed and gets instead."""


Begin = Callable[[], Awaitable[Beginning | None]]
"""Reads what the session gets first; None where it is to get nothing. It may be called again."""


class CatchUp:
    def __init__(
        self, sessions: Sessions, manager: Manager, subscriber: Subscriber, turns: Turns
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._subscriber = subscriber
        self._turns = turns

    async def bring(self, session: Session, begin: Begin, again: str) -> bool:
        """Try until the session is in step; False when it has gone, or gets nothing.

        ``again``: what the log says of another try. Raises TooManyJoins, and what ``begin`` does.
        """
        for attempt in itertools.count(1):
            try:
                if await self._try(session, begin):
                    return session.is_in_step()
            except (StoreUnavailable, TimeoutError, LogBegunAnew) as error:
                log.info(again, session=session.sid, attempt=attempt)
                if session.relay.ready.is_set():
                    # What it waits for may have been written and never published.
                    session.relay.recover()
                if isinstance(error, StoreUnavailable) and session.phase is Phase.JOINING:
                    session.early.refuse(StoreUnavailable())  # what waits was never begun
            if session.is_gone():
                break
            await asyncio.sleep(backoff(attempt))
        return False

    async def _try(self, session: Session, begin: Begin) -> bool:
        """Whether that was the end of it."""
        if session.is_gone():
            return True
        relay = session.relay
        async with asyncio.timeout(FOLLOW_TIMEOUT):
            await self._subscriber.follow(relay)
        async with self._turns.among_few(session.who.account):
            beginning = None if session.is_gone() else await begin()
            if beginning is None:
                return True
            packets = await made_ready(beginning.packets, session.socket.fit)
            await self._wait_for_room(session, sum(packet.size for packet in packets))
        async with asyncio.timeout(FOLLOW_TIMEOUT):
            await relay.reached(beginning.epoch, beginning.revision)
        since = relay.position.since(beginning.epoch, beginning.revision)
        if since is None or session.is_gone():
            return False
        # From here to the rooms nothing is awaited: no event can fall between.
        self._manager.put_state(session, packets)
        for envelope in (*beginning.missed, *since):
            self._manager.deliver_to(session, envelope)
        self._sessions.enter_rooms(session)
        return True

    async def _wait_for_room(self, session: Session, size: int) -> None:
        """Have a join wait while its account's devices have not taken what is theirs. Who is
        registered has a claim to its state. Raises TooManyJoins."""
        if session.phase is Phase.JOINING:
            account = session.who.account
            await self._turns.wait_for_room(session, size, lambda: self._sessions.untaken(account))
