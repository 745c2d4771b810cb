"""What the load generator has sent in one measured stretch, and what has arrived of it."""

import time
from collections import deque
from collections.abc import Callable

from benchmarks.wire import Client

MARK = b"#"
DIGITS = 7
"""Of the number at the end of each text, behind the mark, by which its arrivals are known."""


class Load:
    """One measured stretch: what was sent when, and what has arrived."""

    def __init__(self, timed: bool) -> None:
        self.sent: list[float] = []
        self.delays: list[float] = []
        self.arrived = 0
        self.timed = timed

    def heard(self, client: Client, data: bytes, start: int, end: int) -> None:
        self.arrived += 1
        if self.timed:
            now = time.perf_counter()
            at = data.find(MARK, start, end) + 1
            self.delays.append(now - self.sent[int(data[at : at + DIGITS])])


class Flood(Load):
    """A stretch with a command on its way in so many rooms at any time, each room in its turn.

    ``send`` is called with a room's number when it is to send the next one.
    """

    def __init__(self, rooms: dict[Client, int], sizes: list[int], send: Callable[[int], None]):
        super().__init__(timed=False)
        self._rooms = rooms
        self._sizes = sizes
        self._send = send
        self._missing = [0] * len(sizes)
        """Arrivals of each room's last command that are still to come."""
        self._idle = deque(range(len(sizes)))
        self.over = False

    @property
    def done(self) -> bool:
        return len(self._idle) == len(self._sizes)

    def next(self) -> None:
        room = self._idle.popleft()
        self._missing[room] = self._sizes[room] - 1
        self._send(room)

    def heard(self, client: Client, data: bytes, start: int, end: int) -> None:
        self.arrived += 1
        room = self._rooms[client]
        self._missing[room] -= 1
        if self._missing[room] == 0:
            self._idle.append(room)
            if not self.over:
                self.next()
