"""Keeps the workers of all slots: starts them, replaces them in turn, ends them."""

import asyncio
import itertools
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
from prometheus_client.multiprocess import mark_process_dead

from alphasync import telemetry
from alphasync.supervisor.assignment import Assignment
from alphasync.supervisor.process import NotReady, WorkerProcess
from alphasync.supervisor.slot import DRAIN_WITHIN, Slot
from alphasync.tasks import Tasks

log = structlog.get_logger(__name__)


class Supervisor:
    def __init__(
        self,
        sockets: Sequence[Sequence[socket.socket]],
        redis_url: str,
        gateway_url: str,
        environment: Mapping[str, str],
        metrics: Path,
        silence_max: float,
        watched: Sequence[socket.socket] = (),
    ) -> None:
        """``sockets``: those of each slot. ``metrics``: a folder for the workers' counts.
        ``watched``: sockets, in common, of the port at which these are asked for.
        ``silence_max``: seconds without a sign of life that end a worker; 0: never."""
        self._sockets = sockets
        self._redis_url = redis_url
        self._gateway_url = gateway_url
        self._environment = {**environment, telemetry.FOLDER: str(metrics)}
        self._metrics = metrics
        self._watched = [listening.fileno() for listening in watched]
        self._slots = [
            Slot(number, self._launch, silence_max) for number in range(1, len(sockets) + 1)
        ]
        self._living: dict[WorkerProcess, asyncio.Task[None]] = {}
        """Each worker that has not ended, also one on its way out, and who waits for that."""
        self._identities: set[int] = set()
        self._roll_asked = asyncio.Event()
        self._keeping = Tasks()
        self._burying = Tasks()

    async def start(self) -> None:
        """Start all workers; returns when all serve. Raises NotReady."""
        for slot in self._slots:
            await slot.start()
        for slot in self._slots:
            await slot.ready()
        for slot in self._slots:
            self._keeping.spawn(slot.keep(), f"worker {slot.number}")
        self._keeping.spawn(self._roll_when_asked(), "rolling restart")

    def roll(self) -> None:
        """Replace all workers, one after the other; once more when that is under way."""
        self._roll_asked.set()

    async def stop(self) -> None:
        """End all workers and wait until they have ended."""
        await self._keeping.close()
        for worker in self._living:
            worker.terminate()
        if self._living:
            await asyncio.wait(self._living.values(), timeout=DRAIN_WITHIN)
        for worker in self._living:
            log.warning("worker killed: it did not end", worker=worker.number, pid=worker.pid)
        self.kill()
        await self._burying.wait()

    def kill(self) -> None:
        """End all workers as a power cut does."""
        for worker in self._living:
            worker.kill()

    async def _roll_when_asked(self) -> None:
        while True:
            await self._roll_asked.wait()
            self._roll_asked.clear()
            log.info("rolling restart", workers=len(self._slots))
            try:
                for slot in self._slots:
                    await slot.replace()
            except NotReady as error:
                log.error("rolling restart given up, the old workers go on", reason=str(error))
            else:
                log.info("rolling restart done", workers=len(self._slots))

    async def _launch(self, number: int) -> WorkerProcess:
        identity = next(i for i in itertools.count(1) if i not in self._identities)
        self._identities.add(identity)
        assignment = Assignment(
            number=number,
            sockets=[listening.fileno() for listening in self._sockets[number - 1]],
            redis_url=self._redis_url,
            gateway_url=self._gateway_url,
            metrics=self._watched,
        )
        try:
            self._metrics.mkdir(mode=0o700, exist_ok=True)  # somebody may have tidied up
            worker = await WorkerProcess.start(
                assignment, {**self._environment, telemetry.IDENTITY: str(identity)}
            )
        except BaseException as error:
            self._identities.discard(identity)
            if isinstance(error, OSError):
                raise NotReady(f"worker {number} cannot be started: {error}") from error
            raise
        self._living[worker] = self._burying.spawn(
            self._bury(worker, identity), f"end of worker {number}"
        )
        return worker

    async def _bury(self, worker: WorkerProcess, identity: int) -> None:
        await worker.ended()
        worker.retire()  # closes the connection to it
        del self._living[worker]
        mark_process_dead(identity, str(self._metrics))  # type: ignore[no-untyped-call]
        self._identities.discard(identity)
