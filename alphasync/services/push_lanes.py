"""How much of telling by push is one account's: push services are named by clients, and one that
never answers is to hold up nobody else."""

import asyncio
from collections import Counter

WAITING_MAX = 400
"""Messages of one account that are on their way or wait; of more none is sent: what is late is no
news."""
AT_ONCE_MAX = 10
"""Of these, how many are on their way."""


class PushLanes:
    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._gates: dict[str, asyncio.Semaphore] = {}

    def enter(self, account: str) -> asyncio.Semaphore | None:
        """What a message waits for each time it is sent; None where too many do. Whoever has
        entered leaves."""
        if self._waiting[account] >= WAITING_MAX:
            return None
        self._waiting[account] += 1
        return self._gates.setdefault(account, asyncio.Semaphore(AT_ONCE_MAX))

    def leave(self, account: str) -> None:
        self._waiting[account] -= 1
        if not self._waiting[account]:
            del self._waiting[account], self._gates[account]
