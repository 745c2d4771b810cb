"""What one client, account or address may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    account: int
    """Connections of one account to this replica."""
    address: int
    """Connections of one client address to this replica."""
    rate: float
    """Events per second of one connection, for long."""
    burst: int
    """Events at once: what a client has put aside while it was offline comes in one piece."""
    refusals: int = 1000
    """Events refused, less those carried out since, at which the connection is cut."""

    def bucket(self) -> "Bucket":
        return Bucket(self.rate, self.burst)


class Bucket:
    """A token bucket: ``burst`` at once, ``rate`` per second after that."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take one, if there is one. ``now``: seconds on a clock that never goes back."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
