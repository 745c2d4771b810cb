"""What a worker and its supervisor tell each other, over a socket that is the worker's stdin.

The supervisor sends one line, the assignment. The worker answers with one line: that it is ready,
or why it cannot start. Before and after that it says all the time that it lives, and for the rest
the end of the connection is the message. Each side learns by it that the other one is gone, and for
the worker it also means: take no more connections, come to an end.
"""

import msgspec

READY = b"ready\n"
ALIVE = b"alive\n"
ALIVE_INTERVAL = 2.0
"""Seconds between two signs of life, at most."""


def alive_interval(timeout: float) -> float:
    """Seconds between two signs of life, several of which fit into the timeout."""
    return min(ALIVE_INTERVAL, timeout / 5)


class Assignment(msgspec.Struct, frozen=True):
    """What the supervisor has decided for a worker."""

    number: int
    """Of its slot, from 1 on."""
    sockets: list[int]
    """Descriptors that it inherits: where it listens."""
    redis_url: str
    gateway_url: str
    metrics: list[int] = []
    """Descriptors, the same for all workers: where whoever watches asks one of them for all."""

    def encode(self) -> bytes:
        """As a line."""
        return msgspec.json.encode(self) + b"\n"

    @staticmethod
    def decode(line: bytes) -> "Assignment":
        """Raises msgspec.DecodeError."""
        return msgspec.json.decode(line, type=Assignment)
