"""What comes from one client: counted, and each message handled when the one before it is."""

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol

from alphasync.transport.meter import Meter
from alphasync.transport.options import Options
from alphasync.transport.outgoing import MESSAGE

TURN_MESSAGES_MAX = 32
"""Messages of one client in one turn of the loop: then it is the others' turn."""
INBOX_MAX = 256
"""Messages that may wait until the ones before them are handled; then the client has to wait."""


class Handler(Protocol):
    """What handles messages."""

    behind: set["Inbox"]
    """Sessions that have messages waiting."""

    @property
    def options(self) -> Options: ...

    def dispatch(self, sid: str, message: str | bytes) -> Awaitable[object] | None:
        """Hand a message to the application: what it returns is still to be waited for."""

    async def finish(self, under_way: Awaitable[object]) -> None:
        """Wait for it, whatever it raises."""

    def look_after(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]: ...


class Inbox:
    """The part of a session that handles what its client sends; the session inherits from it."""

    __slots__ = (
        "_counts",
        "_handler",
        "_in_turn",
        "_loop",
        "_messages",
        "_task",
        "_waits_since",
        "busy",
        "meter",
        "packed",
        "posting",
        "sid",
        "surplus",
    )

    def __init__(self, handler: Handler, sid: str) -> None:
        self.sid = sid
        self._handler = handler
        self.meter = Meter(handler.options.allowance)
        self.packed: bool | None = None
        """Whether it speaks MessagePack, and not JSON; None until its first message."""
        self.posting = False
        """A body of the client is being handled."""
        self.busy = 0
        """Messages of the client that the application is at."""
        self.surplus = 0
        """What its long events count for beyond one each, until somebody reckons with it."""
        self._counts = handler.options.counts
        self._loop = asyncio.get_running_loop()
        self._in_turn = 0
        """Messages in this turn of the loop."""
        self._messages: deque[str | bytes] | None = None
        self._waits_since = 0.0
        """When messages have begun to wait, by the loop's clock, where any do."""
        self._task: asyncio.Task[None] | None = None
        """Handles a message that takes its time, and then those that came behind it."""

    @property
    def unread(self) -> int:
        """Messages that wait until the ones before them are handled."""
        return len(self._messages or ())

    @property
    def lag(self) -> float:
        """Seconds for which messages have been waiting without a pause: the server is behind."""
        return 0.0 if self._messages is None else self._loop.time() - self._waits_since

    def open_post(self) -> None:
        """A body of the client is being handled. Pair with ``close_post``."""
        self.posting = True

    def close_post(self) -> None:
        self.posting = False

    def counted(self, data: str | bytes) -> bool:
        """Whether a packet counts against what the client may send; else the application sees to
        it."""
        if isinstance(data, str):
            return data[:1] != MESSAGE or self._counts(data[1:])
        return self._counts(data)

    def reckon(self) -> int:
        """The surplus of what has come since this was asked last."""
        surplus, self.surplus = self.surplus, 0
        return surplus

    async def handled(self) -> None:
        """Wait until every message so far is handled."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _add(self, message: str | bytes) -> None:
        """Handle a message, now or in its turn."""
        if self._in_turn == 0:
            self._loop.call_soon(self._next_turn)
        self._in_turn += 1
        if self._in_turn > TURN_MESSAGES_MAX and self._task is None:
            self._begin_task(asyncio.sleep(0))
        if self._task is not None:
            if self._messages is None:
                self._messages = deque()
                self._waits_since = self._loop.time()
                self._handler.behind.add(self)
            self._messages.append(message)
            if len(self._messages) == INBOX_MAX:
                self._hold_back()
            return
        under_way = self._handler.dispatch(self.sid, message)
        if under_way is not None:
            self._begin_task(under_way)

    def _drop_messages(self) -> None:
        """Handle none of those that wait."""
        if self._messages:
            self._messages.clear()

    def _come_to_end(self) -> None:
        """Have ``_all_handled`` called behind what is under way."""
        if self._task is None:
            self._begin_task(None)

    def _next_turn(self) -> None:
        self._in_turn = 0

    def _begin_task(self, under_way: Awaitable[object] | None) -> None:
        work = self._work_through(under_way)
        self._task = self._handler.look_after(work, f"engine.io {self.sid}")

    async def _work_through(self, under_way: Awaitable[object] | None) -> None:
        """Finish one message, then the ones behind it."""
        if under_way is not None:
            await self._handler.finish(under_way)
        for number in itertools.count(1):
            if number % TURN_MESSAGES_MAX == 0:
                await asyncio.sleep(0)  # the session may end meanwhile, and nothing waits then
            if not self._messages:
                break
            if len(self._messages) == INBOX_MAX:
                self._go_on()
            under_way = self._handler.dispatch(self.sid, self._messages.popleft())
            if under_way is not None:
                await self._handler.finish(under_way)
        self._messages = None
        self._handler.behind.discard(self)
        await self._all_handled()
        self._task = None

    # What the session adds

    def _hold_back(self) -> None:
        """As many wait as may: the client has to wait."""

    def _go_on(self) -> None:
        """It need not wait any more."""

    async def _all_handled(self) -> None:
        """Nothing waits any more."""
