"""The end of a session's token: the device is told before, and its socket ends with it."""

import asyncio
import time
from collections.abc import Callable

from alphasync.domain import events
from alphasync.protocol import packets
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Session

EXPIRY_WARNING = 60
"""Seconds before its token expires that a device is told."""


class Expiry:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def warn_and_cut(self, session: Session) -> None:
        """Warn before the token expires, then cut the connection: the client comes back anew."""
        if session.registration.warned:
            self.cut(session)
        else:
            self._at(session, session.who.expires_at - EXPIRY_WARNING, self._warn)

    def cut(self, session: Session) -> None:
        """Cut the connection when the token expires, without a warning."""
        self._at(session, session.who.expires_at, self._manager.cut)

    @staticmethod
    def _at(session: Session, due: float, step: Callable[[Session], None]) -> None:
        if session.expiry is not None:
            session.expiry.cancel()
        loop = asyncio.get_running_loop()
        session.expiry = loop.call_later(max(0.0, due - time.time()), step, session)

    def _warn(self, session: Session) -> None:
        event = events.TokenExpiring(expires_at=session.who.expires_at * 1000)
        self._manager.send(session, packets.encode(event))
        session.registration.warned = True
        self.warn_and_cut(session)
