"""Commands that come before their device is registered: they wait, and are carried out in order.
The memory that they take is bounded.

The public client sends what it has put aside together with its connection.
"""

import asyncio
import contextlib
import sys
from collections import Counter, deque
from collections.abc import Iterator

from alphasync.errors import AlphasyncError, TooManyRequests

TASK_BYTES = 4096
"""Bytes that a waiting command takes besides its payload: its task, with all that calls it."""


class Early:
    """The commands of one session that wait for their turn."""

    def __init__(self) -> None:
        self._open = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refusal: AlphasyncError | None = None
        """What those before were refused with, and therefore those that come after them, too."""

    @property
    def through(self) -> bool:
        """Whether a command that comes now need not wait."""
        return self._open and not self._waiting

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def wait(self, most: int) -> None:
        """Wait until the device is registered and the commands before this one are on their way.

        Nothing is awaited between this one's turn and the return. ``most``: how many may wait.
        Raises TooManyRequests, and what ``refuse`` was given.
        """
        if len(self._waiting) >= most:
            raise TooManyRequests("Too many commands before this device is registered")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._refusal is not None:
            self._call()
        try:
            await turn
        finally:
            self._waiting.remove(turn)
            self._call()

    def open(self) -> None:
        """The device is registered."""
        if self._refusal is not None:
            self.refuse(self._refusal)  # also those that have come since
            self._refusal = None
        self._open = True
        self._call()

    def refuse(self, error: AlphasyncError) -> None:
        """All that wait fail, and all that come until the device is registered: one that is carried
        out would overtake those that were refused."""
        self._refusal = error
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(error)

    def _call(self) -> None:
        """It is the turn of the first one; it calls the next."""
        if not self._waiting or self._waiting[0].done():
            return
        if self._refusal is not None:
            self._waiting[0].set_exception(self._refusal)
        elif self._open:
            self._waiting[0].set_result(None)


class Space:
    """``most``: bytes of one account's commands on this server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def kept(self, account: str, payload: object) -> Iterator[None]:
        """A place for the payload of a command. Raises TooManyRequests when there is none."""
        left = self._most - self._taken[account]
        size = TASK_BYTES + weight(payload, left)
        if size > left:
            raise TooManyRequests("Too much waits until the devices of this account are registered")
        self._taken[account] += size
        try:
            yield
        finally:
            self._taken[account] -= size
            if not self._taken[account]:
                del self._taken[account]


def weight(payload: object, most: int) -> int:
    """Bytes that decoded JSON takes: of small lists they are many times those on the wire.

    What weighs more than ``most`` is not looked at to its end.
    """
    size = 0
    rest = [payload]
    while rest and size <= most:
        value = rest.pop()
        size += sys.getsizeof(value)
        if isinstance(value, dict):
            rest += value.keys()
            rest += value.values()
        elif isinstance(value, list | tuple):
            rest += value
    return size
