"""The polls of one session: one at a time."""

import asyncio
import re
from collections.abc import Mapping

from alphasync.transport.engine_packets import NOTHING
from alphasync.transport.outgoing import Outgoing

UPGRADE_POLL_TIMEOUT = 0.05
"""Seconds until a poll is answered with nothing while the client tries a WebSocket. It waits for
that before it moves; but where the WebSocket's frames do not get through it asks on and on."""

STAMP = re.compile(r"[A-Za-z0-9._-]{1,64}")

Poll = asyncio.Future[list[Outgoing]]
"""What a poll is to be answered with."""


def stamp_of(query: Mapping[str, str]) -> str:
    """The ``t`` of a request, which makes it unlike all others; '' for none, or for one that is no
    mere stamp."""
    stamp = query.get("t", "")
    return stamp if STAMP.fullmatch(stamp) else ""


class Polls:
    __slots__ = ("_last_stamp", "open")

    def __init__(self) -> None:
        self.open: Poll | None = None
        """The client's poll; it may be answered already."""
        self._last_stamp = ""

    def begin(self, loop: asyncio.AbstractEventLoop) -> Poll:
        self.open = loop.create_future()
        return self.open

    def end(self) -> None:
        self.open = None

    def admits(self, stamp: str) -> bool:
        """Whether there may be a poll now. ``stamp``: as of ``stamp_of``.

        The same stamp once more is a load balancer's second try: the answer to the first is lost.
        """
        repeated = bool(stamp) and stamp == self._last_stamp
        self._last_stamp = stamp
        return self.open is None and not repeated

    def answer_nothing(self) -> None:
        """Answer the poll that is open, if there is one."""
        if self.open is not None:
            answer_nothing(self.open)


def answer_nothing(poll: Poll) -> None:
    """Answer it unless it is answered."""
    if not poll.done():
        poll.set_result([NOTHING])
