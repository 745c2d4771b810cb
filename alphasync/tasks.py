"""Tasks with a name and an owner: none is lost sight of, and none fails unseen."""

import asyncio
import contextvars
from collections.abc import Coroutine, Iterable

import structlog

CANCEL_EVERY = 1.0
"""Seconds for a task to end after it was cancelled, until it is cancelled once more."""

log = structlog.get_logger(__name__)


class Tasks:
    """The tasks of one owner."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Start a task; a failure that nobody expected goes to the log with its trace."""
        context = contextvars.copy_context()
        task = asyncio.create_task(work, name=name, context=context)
        self._running.add(task)
        # In its own context: the line about its failure is about what the task was about.
        task.add_done_callback(self._done, context=context)
        return task

    def cancel(self) -> None:
        for task in self._running:
            task.cancel()

    async def wait(self) -> None:
        """Return when all that are running now have ended, however they ended."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        """Cancel all and wait until they have ended."""
        while self._running:
            # Again and again: redis-py loses a cancellation that comes while it connects.
            self.cancel()
            await asyncio.wait(self._running, timeout=CANCEL_EVERY)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=task.get_name(), exc_info=error)


async def all_of(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Wait until all of it has come to its end: one that fails leaves no other one behind. Raises
    what the first of those raised that failed."""
    ends = await asyncio.gather(*work, return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end
