"""A worker's place: somebody is always in it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from alphasync.supervisor.process import NotReady, WorkerProcess, ending

READY_WITHIN = 30.0
"""Seconds for a new worker to serve, before the old one is left in its place."""
DRAIN_WITHIN = 30.0
"""Seconds for a worker to come to its end: to the next recipient, and all its sockets closed."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether a worker has given a sign of life, at most."""
STEADY_AFTER = 60.0
"""Seconds after which an earlier death counts no more."""
PAUSE_FIRST = 0.5
PAUSE_MAX = 5.0
"""Seconds between a death and the next start, from the second death on: doubled each time."""

log = structlog.get_logger(__name__)

Launch = Callable[[int], Awaitable[WorkerProcess]]
"""Starts a worker for the slot of this number. Raises NotReady."""


class Slot:
    """``silence_max``: seconds without a sign of life after which a worker is killed; 0: never."""

    def __init__(self, number: int, launch: Launch, silence_max: float) -> None:
        self.number = number
        self._silence_max = silence_max
        self._launch = launch
        self._worker: WorkerProcess | None = None
        self._changing = asyncio.Lock()
        """Held by whoever puts another worker in: there would be two otherwise."""

    async def start(self) -> None:
        """Put the first worker in. Raises NotReady."""
        self._worker = await self._launch(self.number)

    async def ready(self) -> None:
        """Wait until the first worker serves. Raises NotReady."""
        assert self._worker is not None  # noqa: S101 - started
        await self._worker.ready()

    async def keep(self) -> None:
        """Put a new worker in whenever one dies: at once the first time."""
        deaths, fresh = 0, False
        while True:
            worker, since = self._worker, _now()
            assert worker is not None  # noqa: S101 - started
            watching = asyncio.create_task(self._watch(worker), name=f"watch over {worker.pid}")
            try:
                if fresh:
                    await self._welcome(worker)
                status = await worker.ended()
            finally:
                watching.cancel()
            async with self._changing:
                fresh = False
                if self._worker is not worker:
                    deaths = 0  # it was replaced
                    continue
                deaths = 1 if _now() - since > STEADY_AFTER else deaths + 1
                wait = pause(deaths)
                log.warning(
                    "worker died", worker=self.number, pid=worker.pid, how=ending(status), wait=wait
                )
                await asyncio.sleep(wait)
                try:
                    self._worker = await self._launch(self.number)
                    fresh = True
                except NotReady as error:  # as if it had died once more
                    log.error("worker cannot start", worker=self.number, reason=str(error))

    async def _welcome(self, worker: WorkerProcess) -> None:
        try:
            await worker.ready()
            log.info("worker is back", worker=self.number, pid=worker.pid)
        except NotReady as error:
            log.error("worker cannot start", worker=self.number, reason=str(error))

    async def _watch(self, worker: WorkerProcess) -> None:
        """Kill a worker that hangs: its connections go on elsewhere.

        Only the time in which we are awake ourselves counts: what a worker says while we are
        stopped, or the machine sleeps, is heard before the next look.
        """
        if not self._silence_max:
            return
        step, silent, heard = min(LOOK_EVERY, self._silence_max / 10), 0.0, 0
        # The first sign comes when the interpreter is up, which takes its time on a busy machine.
        while silent < (self._silence_max if heard else max(READY_WITHIN, self._silence_max)):
            await asyncio.sleep(step)
            silent = silent + step if worker.signs_of_life == heard else 0.0
            heard = worker.signs_of_life
        log.warning(
            "worker killed: no sign of life",
            worker=self.number,
            pid=worker.pid,
            seconds=round(silent),
        )
        worker.kill()

    async def replace(self) -> None:
        """Put a new worker in, and let the old one end. Raises NotReady: then the old one stays."""
        fresh = await self._launch(self.number)
        try:
            async with asyncio.timeout(READY_WITHIN):
                await fresh.ready()
        except TimeoutError:
            fresh.kill()
            reason = f"worker {self.number} was not ready within {READY_WITHIN:.0f} s"
            raise NotReady(reason) from None
        async with self._changing:
            old, self._worker = self._worker, fresh
        assert old is not None  # noqa: S101 - started
        old.retire()
        try:
            async with asyncio.timeout(DRAIN_WITHIN):
                await old.ended()
        except TimeoutError:
            log.warning("worker killed: it did not end", worker=self.number, pid=old.pid)
            old.kill()
            await old.ended()


def pause(deaths: int) -> float:
    """Seconds to wait after the last of so many deaths in a row."""
    if deaths <= 1:
        return 0.0
    return float(min(PAUSE_FIRST * 2 ** min(deaths - 2, 16), PAUSE_MAX))


def _now() -> float:
    return asyncio.get_running_loop().time()
