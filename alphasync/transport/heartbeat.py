"""Pings, and how long a pong may take."""

import asyncio
from typing import Protocol

from alphasync.transport.engine_packets import PINGED
from alphasync.transport.hosting import Reason
from alphasync.transport.outgoing import Outgoing
from alphasync.transport.session_state import State


class Living(Protocol):
    """The session that is pinged."""

    state: State

    @property
    def waiting(self) -> int:
        """Bytes that wait for the client."""

    def put(self, packet: Outgoing) -> None: ...

    def end(self, reason: str) -> None: ...


class Heartbeat:
    """``interval``: seconds from a pong to the next ping; ``timeout``: seconds from a ping to its
    pong."""

    __slots__ = ("_interval", "_loop", "_pinged", "_session", "_timeout", "_timer")

    def __init__(self, session: Living, interval: float, timeout: float) -> None:
        self._session: Living | None = session
        self._interval = interval
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._pinged = False
        """Whether a pong is due."""
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._pinged = False
        self._timer = self._loop.call_later(self._interval, self._ping)

    def ping(self) -> None:
        """Ping now, whenever the last one was."""
        if self._timer is not None:
            self._timer.cancel()
        self._ping()

    def hear(self) -> None:
        """A pong has come; one that was not due changes nothing."""
        if self._pinged and self._timer is not None:
            self._timer.cancel()
            self.start()

    def stop(self) -> None:
        """Ping no more; lets go of the session."""
        self._session = None
        if self._timer is not None:
            self._timer.cancel()

    def _ping(self) -> None:
        session = self._session
        if session is None:
            return
        self._pinged = True
        session.put(PINGED)
        if not session.state.over:
            self._await_pong(session)

    def _await_pong(self, session: Living) -> None:
        self._timer = self._loop.call_later(self._timeout, self._no_pong, session.waiting)

    def _no_pong(self, waiting: int) -> None:
        session = self._session
        if session is None:
            return
        if 0 < session.waiting < waiting:
            self._await_pong(session)  # it reads: the ping is behind what it has not come to yet
        else:
            session.end(Reason.PING_TIMEOUT)
