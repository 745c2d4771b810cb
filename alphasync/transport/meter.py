"""How much a client may send besides what the application counts itself.

Whatever a client sends costs something: pongs, acknowledgements that nobody waits for, empty
fragments, polls. A session has one meter for all of it, which it keeps when its transport changes
and when it moves to another server.
"""

import time
from dataclasses import dataclass

from alphasync.transport.bucket import Bucket

CONTROL_RATE, BYTE_RATE = "control_rate", "byte_rate"
"""The limits' names."""


class TooMuch(Exception):
    """A client sends more than it may. The text names the limit."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one session may send, per second for long, and at once."""

    rate: float = 100.0
    """Of frames, packets and requests that bring nothing that the application counts: a client
    needs one or two in each ping interval."""
    burst: int = 1_000
    byte_rate: float = 2_000_000.0
    """Of bytes, whatever they are: of what somebody types they are hundreds a second, at most."""
    byte_burst: int = 16_000_000
    """What a client has put aside while it was offline comes in one piece."""


class Meter:
    """Of one session, or of a WebSocket whose session is not known yet."""

    __slots__ = ("_bytes", "_control")

    def __init__(self, allowance: Allowance) -> None:
        self._control = Bucket(allowance.rate, allowance.burst)
        self._bytes = Bucket(allowance.byte_rate, allowance.byte_burst)

    def spend(self, number: int, size: int = 0) -> None:
        """Count so many frames, packets or requests, and bytes. Raises TooMuch."""
        now = time.monotonic()
        if number and not self._control.spend(now, number):
            raise TooMuch(CONTROL_RATE)
        if size and not self._bytes.spend(now, size):
            raise TooMuch(BYTE_RATE)

    def give_back(self) -> None:
        """One that was counted was of use."""
        self._control.give_back()

    @property
    def left(self) -> tuple[float, float]:
        """What may be spent now: number, bytes."""
        now = time.monotonic()
        return self._control.left(now), self._bytes.left(now)

    def lower(self, left: tuple[float, float]) -> None:
        """Let no more than this be left."""
        now = time.monotonic()
        for bucket, most in zip((self._control, self._bytes), left, strict=True):
            bucket.lower(now, most)
