"""How much a client may send besides what the application counts itself.

Whatever a client sends costs something: pongs, acknowledgements that nobody waits for, empty
fragments, polls. A session has one meter for all of it, which it keeps when its transport changes
and when it moves to another server.
"""

import time
from dataclasses import dataclass

from alphasync.transport.bucket import Bucket

FRAGMENT_MIN = 1024
"""Bytes of a fragment that does not count by number: of such ones the bytes are the bound."""

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


class Fragments:
    """Counts the frames of a WebSocket that bring no message: its reader does not tell of them.

    Those are control frames and small fragments, the last of each message apart.
    """

    __slots__ = ("_head", "_skip")

    def __init__(self) -> None:
        self._head = b""
        """The begin of a frame whose length has not come whole."""
        self._skip = 0
        """Bytes to come of a frame that was looked at."""

    def count(self, data: bytes) -> int:
        """How many begin in these bytes, the next ones of the connection."""
        found, position = 0, self._skip
        if self._head:
            data = self._head + data
        size = len(data)
        while position + 2 <= size:
            first, second = data[position], data[position + 1]
            length = second & 0x7F
            start = position + (2 if length < 126 else 4 if length == 126 else 10)
            if start > size:
                break
            if length >= 126:
                length = int.from_bytes(data[position + 2 : start], "big")
            if first & 0x08 or (first & 0x80 == 0 and length < FRAGMENT_MIN):
                found += 1
            position = start + length + (4 if second & 0x80 else 0)
        self._skip = max(0, position - size)
        self._head = data[position:]
        return found
