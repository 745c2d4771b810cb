"""Typed texts that wait for their turn: a newer one of the same device and draft takes their place.

Where Redis or this server does not keep up, each text of a device would wait behind all those that
came before it, and be out of date when it is stored. So while they take long, one text of a draft
is under way at a time, and only the newest of those that came meanwhile goes next: the more there
is to do, the less is done for each text. All that it stands for are acknowledged with it. Whatever
else the device sends stays where it was among its commands.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from alphasync import telemetry
from alphasync.errors import AlphasyncError, Overloaded, StoreUnavailable
from alphasync.protocol.acknowledgements import DraftStored
from alphasync.protocol.draft_commands import UpdateMessage
from alphasync.realtime.early import Early

SPARE = 0.3
"""Seconds that a command may have waited behind a text that Redis has not answered, and be tried
all the same: it fails as late as ``ANSWER_TIMEOUT`` after that, and is to be known of in 1.5 s."""

Store = Callable[[UpdateMessage], Awaitable[DraftStored]]
Outcome = DraftStored | AlphasyncError


class Waiting:
    """A text that waits, or a newer one in its place."""

    def __init__(self, command: UpdateMessage) -> None:
        self.newest = command
        self.overtaken: list[Callable[[Outcome], None]] = []
        """Those that it stands for: each is told what became of it."""

    def may_be(self, command: UpdateMessage) -> bool:
        """Whether a text may take its place."""
        return _draft(self.newest) == _draft(command)

    def become(self, command: UpdateMessage, told: Callable[[Outcome], None]) -> None:
        """Be this one, by whomever it is stored."""
        self.newest = command
        self.overtaken.append(told)

    async def stored_with(self, command: UpdateMessage) -> DraftStored:
        """Be this one until it is stored. Raises what storing the newest raises."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.become(command, outcome.set_result)
        told = await asyncio.shield(outcome)  # it is told, whoever waits for that
        if isinstance(told, AlphasyncError):
            raise told
        return told

    def tell(self, outcome: Outcome) -> None:
        """What the newest has come to."""
        if not self.overtaken:
            return
        if not isinstance(outcome, AlphasyncError):
            outcome = {"revision": outcome["revision"]}
            telemetry.texts_overtaken.inc(len(self.overtaken))
        for told in self.overtaken:
            told(outcome)


class Typing:
    """The texts of one session that are under way, and the one that waits. ``early``: all its
    commands that wait."""

    def __init__(self, early: Early) -> None:
        self._early = early
        self._sent: dict[tuple[str, str], deque[float]] = {}
        """When each text that is under way was sent, by the loop's clock; by profile and type."""
        self._slow = False
        """Whether the last text took long."""
        self.last: Waiting | None = None
        """The text that waits, unless something else has begun behind it."""
        self.coming = 0
        """Events that have come and are not begun yet: what comes now is behind them."""

    def something_else(self) -> None:
        """Another command begins: it keeps its place behind the text that waits."""
        self.last = None

    def is_free(self, command: UpdateMessage, within: float) -> bool:
        """Whether a text need not wait. ``within``: seconds that one may take before others wait
        behind it."""
        if not self._early.through:
            return False
        sent = self._sent.get(_draft(command))
        return sent is None or not (self._slow or _now() - sent[0] >= within)

    async def send(self, command: UpdateMessage, within: float, store: Store) -> DraftStored:
        """Store a text; nothing is awaited before ``store``. Raises what that raises."""
        draft, began = _draft(command), _now()
        self._sent.setdefault(draft, deque()).append(began)
        try:
            return await store(command)
        except StoreUnavailable as error:
            if not isinstance(error, Overloaded):
                # Each would wait for Redis in its turn, the last one for many times as long.
                self._early.refuse_older(_now() - SPARE, StoreUnavailable())
            raise
        finally:
            self._slow = _now() - began >= within
            sent = self._sent[draft]
            sent.remove(began)
            if not sent:
                del self._sent[draft]
                self._early.look()

    async def turn(self, waiting: Waiting, most: int) -> None:
        """Wait until no text of the draft is under way and all that came before has its turn;
        nothing takes its place from then on. ``most``: commands of the session that may wait.
        Raises TooManyRequests."""
        draft = _draft(waiting.newest)
        self.last = waiting
        try:
            await self._early.wait(most, lambda: draft not in self._sent)
        finally:
            if self.last is waiting:
                self.last = None


def _draft(command: UpdateMessage) -> tuple[str, str]:
    return command.profile, command.type


def _now() -> float:
    return asyncio.get_running_loop().time()
