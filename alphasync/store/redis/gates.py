"""Order across connections: commands that wait until an earlier one, sent elsewhere, is answered.

Only the commands of the same slot wait behind one that waits. Nothing waits for longer than a
command may take at all.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from alphasync.store.redis.pipeline import (
    ANSWER_TIMEOUT,
    WAITING_MAX,
    WATCH_INTERVAL,
    Entry,
    Reply,
    refuse,
)
from alphasync.tasks import Tasks

Earlier = asyncio.Future[Reply]
"""The answer of a command that another one waits for."""


class Gates:
    """One gate for each slot that has commands waiting. ``send`` is for those that may go."""

    def __init__(self, send: Callable[[int, Entry], None]) -> None:
        self._send = send
        self._gates: dict[int, deque[tuple[Entry, Earlier | None]]] = {}
        self._waiting = 0
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._watch(), "redis-gates")

    async def close(self) -> None:
        await self._tasks.close()
        for gate in self._gates.values():
            for entry, _ in gate:
                refuse(entry)
        self._gates.clear()

    def let_through(self, slot: int, entry: Entry, after: Earlier | None) -> None:
        """Send a command, or keep it until ``after`` is answered; if that fails, it fails."""
        gate = self._gates.get(slot)
        if gate is None:
            if after is None:
                self._send(slot, entry)
                return
            gate = self._gates[slot] = deque()
        elif self._waiting >= WAITING_MAX:
            refuse(entry)
            return
        gate.append((entry, after))
        self._waiting += 1
        if len(gate) == 1:
            self._open(slot)

    def _open(self, slot: int, _answer: Earlier | None = None) -> None:
        """Send what need not wait any more."""
        gate = self._gates.get(slot, deque())
        while gate:
            entry, after = gate[0]
            if after is not None and not after.done():
                after.add_done_callback(partial(self._open, slot))
                return
            gate.popleft()
            self._waiting -= 1
            if after is not None and after.cancelled():
                refuse(entry)
            elif after is not None and (failed := after.exception()) is not None:
                refuse(entry, cause=failed)
            else:
                self._send(slot, entry)
        self._gates.pop(slot, None)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_INTERVAL)
            since = loop.time() - ANSWER_TIMEOUT
            for gate in self._gates.values():
                for entry, _ in gate:
                    if entry.since <= since:
                        refuse(entry)
