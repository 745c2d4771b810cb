"""How often a connection that does not last is made anew."""

import random
import time

USEFUL_TTL = 5.0
"""Seconds that a connection has to live to count as one that was of use: what Redis ends at once,
for whatever reason, is not tried again ten times a second because TCP connects."""
BACKOFF_MAX = 1.0
"""Seconds between two attempts, at most: Redis is on the road of every event."""


class Attempts:
    """Attempts in a row that came to nothing."""

    def __init__(self) -> None:
        self.number = 0
        self._connected_at: float | None = None

    def connected(self) -> None:
        """A connection is there; whether it is of use will be seen."""
        self._connected_at = time.monotonic()

    def failed(self) -> int:
        """It is lost, or there was none. Returns the number of the attempt."""
        since, self._connected_at = self._connected_at, None
        lasted = since is not None and time.monotonic() - since >= USEFUL_TTL
        self.number = 1 if lasted else self.number + 1
        return self.number


def backoff(attempt: int) -> float:
    """Seconds to wait before an attempt, with jitter so that servers do not come all at once."""
    if attempt == 0:
        return 0.0
    ceiling = min(BACKOFF_MAX, 0.05 * 2**attempt)
    return random.uniform(ceiling / 2, ceiling)
