"""The token bucket, and many of them."""

from collections import OrderedDict

BUCKETS_MAX = 10_000
"""Buckets of one kind: of more clients than a server has room for, in a few MB."""


class Bucket:
    """``burst`` at once, ``rate`` per second after that."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = 0.0

    def acquire(self, now: float, count: int = 1) -> bool:
        """Spend so many, if they are there; all that it can hold is enough for any count.

        ``now``: seconds on a clock that never goes back.
        """
        # As ``spend`` does, in the one step that every event needs three times.
        burst = self._burst
        left = self._left + (now - self._at) * self._rate
        self._at = now
        if left > burst:
            left = burst
        if count > burst:
            count = burst
        if count > left:
            self._left = left
            return False
        self._left = left - count
        return True

    def reserve(self, now: float, most: float) -> float | None:
        """Take one that is there in ``most`` seconds or less: in how many; None without any."""
        seconds = max(0.0, (1 - self.left(now)) / self._rate)
        if seconds > most:
            return None
        self._left -= 1
        return seconds

    def spend(self, now: float, amount: float) -> bool:
        """Take so many, if they are there."""
        if amount > self.left(now):
            return False
        self._left -= amount
        return True

    def give_back(self, count: int = 1) -> None:
        """So many that were taken are to be there again."""
        self._left = min(self._burst, self._left + count)

    def owe(self, now: float, amount: float) -> None:
        """Take so many, also those that are not there yet."""
        self._left = self.left(now) - amount

    def left(self, now: float) -> float:
        """How many there are; below 0 where some are reserved."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left

    def lower(self, now: float, most: float) -> None:
        """Keep no more than ``most``."""
        self._left = min(self.left(now), most)


class Buckets:
    """One for each name. Another one is full: so those that are full again are not kept, and of the
    others those that were asked for last."""

    def __init__(self, rate: float, burst: int, most: int = BUCKETS_MAX) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, name: str, now: float) -> Bucket:
        """``now``: seconds on the clock that they all go by."""
        bucket = self._buckets.get(name)
        if bucket is not None:
            self._buckets.move_to_end(name)
            return bucket
        self._forget_full(now)
        bucket = self._buckets[name] = Bucket(self._rate, self._burst)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket

    def _forget_full(self, now: float) -> None:
        """Two for each new one, so that they become fewer and nobody waits for all of them."""
        for _ in range(2):
            oldest = next(iter(self._buckets), None)
            if oldest is None or self._buckets[oldest].left(now) < self._burst:
                return
            del self._buckets[oldest]
