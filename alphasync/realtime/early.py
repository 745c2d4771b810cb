"""Commands that wait until their device is registered, or behind a text: they are carried out in
their order. The memory that they take is bounded.

The public client sends what it has put aside together with its connection.
"""

import asyncio
import contextlib
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from alphasync.errors import AlphasyncError, NotRegistered, TooManyRequests
from alphasync.protocol.draft_commands import DRAFT_MAX

TASK_BYTES = 4096
"""Bytes that a waiting command takes besides its payload: its task, with all that calls it."""
TEXT_BYTES = 4 * DRAFT_MAX
"""Bytes of the longest text that may come to wait in the place of a shorter one."""


def _always() -> bool:
    return True


class _Waiting(NamedTuple):
    turn: asyncio.Future[None]
    may_come: Callable[[], bool]
    since: float


class Early:
    """The commands of one session that wait for their turn."""

    def __init__(self) -> None:
        self._open = False
        self.caught_up = False
        """Whether all that waited for the registration, and what came behind it, has begun."""
        self._waiting: deque[_Waiting] = deque()
        self._refusal: AlphasyncError | None = None
        """What those before were refused with, and therefore those that come after them, too."""

    @property
    def through(self) -> bool:
        """Whether a command that comes now need not wait."""
        return self._open and not self._waiting

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def wait(self, most: int, may_come: Callable[[], bool] = _always) -> None:
        """Wait until the device is registered and the commands before this one are on their way.

        Nothing is awaited between this one's turn and the return. ``most``: how many may wait.
        ``may_come``: whether it can be this one's turn; who changes that calls ``look``. Raises
        TooManyRequests, and what ``refuse`` was given.
        """
        if len(self._waiting) >= most:
            raise TooManyRequests("Too many commands of this device wait")
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        waiting = _Waiting(turn, may_come, loop.time())
        self._waiting.append(waiting)
        if self._refusal is not None:
            self.look()
        try:
            await turn
        finally:
            self._waiting.remove(waiting)
            self.caught_up = self.caught_up or self.through
            self.look()

    def open(self) -> None:
        """The device is registered."""
        if self._refusal is not None:
            self.refuse(self._refusal)  # also those that have come since
            self._refusal = None
        self._open = True
        self.caught_up = self.through
        self.look()

    def close(self) -> None:
        """The session has ended: what waits for more than the registration is carried out all the
        same, and what waits for that is refused."""
        if not self._open:
            self.refuse(NotRegistered())
            return
        for waiting in self._waiting:
            if not waiting.turn.done():
                waiting.turn.set_result(None)

    def refuse(self, error: AlphasyncError) -> None:
        """All that wait fail, and all that come until the device is registered: one that is carried
        out would overtake those that were refused."""
        self._refusal = error
        for waiting in self._waiting:
            if not waiting.turn.done():
                waiting.turn.set_exception(error)

    def refuse_older(self, since: float, error: AlphasyncError) -> None:
        """Those that wait since then fail; what comes behind them has its turn."""
        for waiting in self._waiting:
            if waiting.since > since:
                break
            if not waiting.turn.done():
                waiting.turn.set_exception(error)

    def look(self) -> None:
        """See whether it is the turn of the first one; it calls the next."""
        if not self._waiting or self._waiting[0].turn.done():
            return
        turn, may_come, _ = self._waiting[0]
        if self._refusal is not None:
            turn.set_exception(self._refusal)
        elif self._open and may_come():
            turn.set_result(None)


class Space:
    """``most``: bytes of one account's commands on this server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def kept(self, account: str, payload: object, more: int = 0) -> Iterator[None]:
        """A place for the payload of a command, and for so many bytes ``more``. Raises
        TooManyRequests when there is none."""
        size = self.keep(account, payload, more)
        try:
            yield
        finally:
            self.give_back(account, size)

    def keep(self, account: str, payload: object, more: int = 0) -> int:
        """As ``kept``, until the bytes that this returns are given back."""
        size = TASK_BYTES + more + weight(payload, self._most - self._taken[account])
        self.take(account, size)
        return size

    def take(self, account: str, size: int) -> None:
        """A place for so many bytes, until they are given back. Raises TooManyRequests when there
        is none."""
        if size > self._most - self._taken[account]:
            raise TooManyRequests("Too many commands of this account wait")
        self._taken[account] += size

    def give_back(self, account: str, size: int) -> None:
        self._taken[account] -= size
        if not self._taken[account]:
            del self._taken[account]


def weight(payload: object, most: int) -> int:
    """Bytes that decoded JSON takes, or a command: of small lists they are many times those on the
    wire.

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
        elif isinstance(value, msgspec.Struct):
            rest += msgspec.structs.astuple(value)
    return size
