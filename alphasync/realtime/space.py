"""The memory that commands take which wait until their devices are registered."""

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator

from alphasync.errors import TooManyRequests

TASK = 4096
"""Bytes that a waiting command takes besides its payload: its task, with all that calls it."""


class Space:
    """``most``: bytes of one account's commands on this server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def kept(self, account: str, payload: object) -> Iterator[None]:
        """A place for the payload of a command. Raises TooManyRequests when there is none."""
        left = self._most - self._taken[account]
        size = TASK + weight(payload, left)
        if size > left:
            raise TooManyRequests("Too much waits until the devices of this account are registered")
        self._taken[account] += size
        try:
            yield
        finally:
            self._taken[account] -= size
            if not self._taken[account]:
                del self._taken[account]


def weight(payload: object, most: int) -> int:
    """Bytes that decoded JSON takes: of small lists they are many times those on the wire.

    What weighs more than ``most`` is not looked at to its end.
    """
    size = 0
    rest = [payload]
    while rest and size <= most:
        value = rest.pop()
        size += sys.getsizeof(value)
        if isinstance(value, dict):
            rest += value.keys()
            rest += value.values()
        elif isinstance(value, list | tuple):
            rest += value
    return size
