"""Typed texts that wait for their turn: a newer one of the same device and draft takes their place.

Where Redis or this server does not keep up, each text of a device would wait behind all those that
came before it, and be out of date when it is stored. So while they take long, or wait to be read
for long, one text of a draft is under way at a time, and only the newest of those that came
meanwhile goes next: the more there is to do, the less is done for each text. All that it stands for
are acknowledged with it. Whatever else the device sends stays where it was among its commands.
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

LINE_TIMEOUT = 10.0
"""Seconds in the line after which a command is refused: a text of each draft may be in front of it,
and each of them may take long. It is looked at when one of them has its answer."""

Store = Callable[[UpdateMessage], Awaitable[DraftStored]]
Outcome = DraftStored | AlphasyncError


class Waiting:
    """A text that waits, or a newer one in its place."""

    __slots__ = ("draft", "newest", "overtaken")

    def __init__(self, command: UpdateMessage) -> None:
        self.draft = _draft(command)
        self.newest = command
        self.overtaken: list[Callable[[object], None]] = []
        """How to acknowledge those that it stands for."""

    def may_be(self, command: UpdateMessage) -> bool:
        """Whether a text may take its place."""
        return self.draft == _draft(command)

    def become(self, command: UpdateMessage, answer: Callable[[object], None]) -> None:
        """Be this one, by whomever it is stored."""
        command.forget_ignored()
        self.newest = command
        self.overtaken.append(answer)

    def tell(self, outcome: Outcome, acknowledged: Callable[[Outcome, int], object]) -> None:
        """What the newest has come to. ``acknowledged``: what those that it stands for get, so
        many of them."""
        number = len(self.overtaken)
        if not number:
            return
        if not isinstance(outcome, AlphasyncError):
            outcome = {"revision": outcome["revision"]}
            telemetry.texts_overtaken.inc(number)
        acknowledgement = acknowledged(outcome, number)
        for answer in self.overtaken:
            answer(acknowledgement)


class Typing:
    """The texts of one session that are under way, and those that wait. ``early``: all its commands
    that wait.

    What becomes of a text is decided as it comes. What comes is begun in that order.
    """

    def __init__(self, early: Early) -> None:
        self._early = early
        self._sent: dict[tuple[str, str], deque[float]] = {}
        """When each text that is under way came, by the loop's clock; by profile and type."""
        self._lined_up = 0
        """Texts that wait, also where that has not begun yet."""
        self._slow = False
        """Whether the last text took long."""
        self.last: Waiting | None = None
        """The text that waits, unless something else has come behind it."""

    def something_else(self) -> None:
        """Another command comes: it keeps its place behind the text that waits."""
        self.last = None

    def is_free(self, command: UpdateMessage, within: float, lag: float) -> bool:
        """Whether a text need not wait. ``within``: seconds that one may take before others wait
        behind it; ``lag``: for how many there have been messages of its client that wait to be
        read. Each text that is stored then keeps those from being read, and from being overtaken.
        """
        if self._lined_up or lag > within or not self._early.through:
            return False
        sent = self._sent.get(_draft(command))
        return sent is None or not (self._slow or _now() - sent[0] >= within)

    def begin(self, command: UpdateMessage) -> None:
        """A text comes that need not wait: it is under way from now on. ``send`` it."""
        self._sent.setdefault(_draft(command), deque()).append(_now())

    def line_up(self, command: UpdateMessage) -> Waiting:
        """A text comes that has to wait. It has its ``turn``."""
        self._lined_up += 1
        self.last = Waiting(command)
        return self.last

    async def turn(self, waiting: Waiting, most: int) -> None:
        """Wait until no text of the draft is under way and all that came before has its turn;
        nothing takes its place from then on: ``send`` it. ``most``: commands of the session that
        may wait. Raises TooManyRequests."""
        try:
            if not self._early.through or waiting.draft in self._sent:
                await self._early.wait(most, lambda: waiting.draft not in self._sent)
        finally:
            self._lined_up -= 1
            if self.last is waiting:
                self.last = None
        self.begin(waiting.newest)

    async def send(self, command: UpdateMessage, within: float, store: Store) -> DraftStored:
        """Store a text that is under way; nothing is awaited before ``store``. Raises what that
        raises."""
        draft = _draft(command)
        try:
            return await store(command)
        except StoreUnavailable as error:
            if not isinstance(error, Overloaded):
                # Each would wait for Redis in its turn, the last one for many times as long.
                self._early.refuse_older(_now() - SPARE, StoreUnavailable())
            raise
        finally:
            sent = self._sent[draft]
            self._slow = _now() - sent.popleft() >= within
            if not sent:
                del self._sent[draft]
            self._early.refuse_older(_now() - LINE_TIMEOUT, Overloaded())
            self._early.look()


def _draft(command: UpdateMessage) -> tuple[str, str]:
    return command.profile, command.type


def _now() -> float:
    return asyncio.get_running_loop().time()
