"""What a session needs of the server that it is in, and says to it."""

import logging
from typing import Protocol

import engineio

from alphasync.transport.inbox import Handler
from alphasync.transport.outgoing import Outgoing
from alphasync.transport.packing import Packing

Reason = engineio.AsyncServer.reason
"""Why a session has ended, as python-engineio says it to applications."""


class Host(Handler, Protocol):
    @property
    def logger(self) -> logging.Logger: ...

    @property
    def packing(self) -> Packing: ...

    async def tell_end(self, sid: str, reason: str) -> None:
        """Tell the application that a session has ended."""

    def leave_behind(self, sid: str, packets: list[Outgoing]) -> None:
        """Keep the last packets of a session for its next poll."""

    def pick_up(self, sid: str) -> list[Outgoing]:
        """The last packets of a session that is gone: each once."""

    def forget(self, sid: str, address: str) -> None:
        """A session, of the client at this address, is not in the server any more."""


class Probe(Protocol):
    """A WebSocket, here or at another server, that a client tries out."""

    def close(self) -> None:
        """The session has ended, or has another one."""
