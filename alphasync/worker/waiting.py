"""How long to wait for a gateway that does not answer, or asks to be left alone for a while."""

import math
import random
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from alphasync import telemetry
from alphasync.gateway.port import GatewayRateLimited

WAIT_MAX = 20.0
"""Seconds between two tries, at most, where the gateway asks for none."""
ASKED_WAIT_MIN = 0.2
"""Seconds of waiting when the gateway asks for less; doubled each time that it does so in a
row, not to ask in a tight circle."""
ASKED_WAIT_ENOUGH = 1.0
"""Seconds. A wait as long as this is one."""
ASKED_TIMES_MAX = 100
"""Times in a row that a gateway may ask to wait: half an hour where it asks for no time at all."""
NOTE_INTERVAL = 5.0
"""Seconds of waiting between two lines of text that say how long it takes."""

T = TypeVar("T")


class WatchedRun(Protocol):
    """A run that is looked after while something is waited for.

    Each call raises NoLongerRunner when the run is not ours any more, and HandedOver when this
    server shuts down.
    """

    @property
    def token(self) -> str | None:
        """The gateway's token of the run."""

    @property
    def withheld(self) -> bool:
        """Whether the recipient in flight would not be claimed now, as far as it is known here."""

    async def renew(self, error: str) -> bool:
        """Get another token for one that is refused; False when there can be none."""

    async def ready(self) -> None:
        """Return when this server may send."""

    async def note(self, message: str, error: str | None, *, wait: float = 0.0) -> None:
        """Show a line of text, and an error, on all devices, and for how many seconds it waits."""

    async def wait(self, seconds: float) -> None:
        """Let time pass."""

    async def look(self) -> None:
        """Return if the run is still ours."""

    async def reading(self, call: Coroutine[Any, Any, T]) -> T:
        """Await a call that only reads; it is given up when the run is not ours."""


class RateLimit:
    """The times in a row that the gateway asked to wait."""

    def __init__(self) -> None:
        self._times = 0

    async def wait(self, seconds: float, run: WatchedRun) -> None:
        """Wait as asked, showing it. Raises GatewayRateLimited when it has been asked too often."""
        self._times += 1
        if self._times > ASKED_TIMES_MAX:
            raise GatewayRateLimited("The gateway asks to wait again and again", seconds)
        if seconds < ASKED_WAIT_ENOUGH:
            seconds = max(seconds, min(WAIT_MAX, ASKED_WAIT_MIN * 2.0 ** (self._times - 1)))
        await wait_as_asked(seconds, run)


async def wait_as_asked(seconds: float, run: WatchedRun) -> None:
    """Wait for so long, and show on all devices how long it still takes."""
    left = seconds
    with telemetry.held("gateway"):
        while left > 0:
            text = f"The gateway asks to wait, going on in {math.ceil(left)} s"
            await run.note(text, None, wait=left)
            await run.wait(min(left, NOTE_INTERVAL))
            left -= NOTE_INTERVAL


async def try_again(attempt: int, reason: str, asked: float, run: WatchedRun) -> None:
    """Wait before the next try. ``asked``: seconds that the gateway asked for, or 0."""
    await run.note(f"The gateway does not answer, trying again ({attempt})", reason)
    if asked > WAIT_MAX:
        await wait_as_asked(asked, run)
    else:
        with telemetry.held("gateway"):
            await run.wait(max(asked, pause(attempt)))


def pause(attempt: int) -> float:
    """Seconds before the next try: doubling from half a second, a quarter more or less."""
    doubling: float = 0.5 * 2 ** (attempt - 1)
    return min(WAIT_MAX, doubling) * random.uniform(0.75, 1.25)
