"""The runs of this server: each a task with a name, owned here."""

import asyncio

import structlog

from alphasync import telemetry
from alphasync.domain.runs import Counters
from alphasync.errors import StoreUnavailable
from alphasync.gateway.tracing import begin_run
from alphasync.log_subject import Named, about
from alphasync.membership.holdings import Holding, Holdings
from alphasync.membership.lease_table import Adoption
from alphasync.services.progress import NOTHING, NoLongerRunner
from alphasync.services.runs import Ticket
from alphasync.services.takeover import Resume, Takeover
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks
from alphasync.worker.processor import Processor
from alphasync.worker.steps import HandedOver
from alphasync.worker.tools import Tools

RUNS_DRAIN_TIMEOUT = 12.0
"""Seconds for running runs to come to a recipient's boundary: a gateway call and a little more."""

log = structlog.get_logger(__name__)


class Pool:
    """The keeper of runs.

    ``lifetime``: seconds that a lock and a record last; they are renewed well before.
    """

    def __init__(
        self, tools: Tools, holdings: Holdings, takeover: Takeover, lifetime: float
    ) -> None:
        self._tools = tools
        self._holdings = holdings
        self._takeover = takeover
        self._renew_interval = lifetime / 3
        self._runs: dict[asyncio.Task[None], Ticket] = {}
        self._running = Tasks()
        self._adoptions = Tasks()
        self._renewal = Tasks()

    def __len__(self) -> int:
        return len(self._runs)

    def start(self) -> None:
        self._renewal.spawn(self._renew_locks(), "lock renewal")

    def launch(self, ticket: Ticket, resume: Resume | None = None) -> None:
        """Process a run that is on record as this server's."""
        holding = _holding(self._holdings.owner, ticket)
        work = self._process(ticket, resume, holding)
        task = self._running.spawn(work, f"run {ticket.run_id}")
        self._runs[task] = ticket
        telemetry.runs.inc()
        task.add_done_callback(self._done)

    def adopt(self, holding: Holding, adoption: Adoption | None = None) -> None:
        """Look after a run whose server is gone, or one that may be on record as this server's.
        When the server was lost makes no difference to a run."""
        self._adoptions.spawn(self._adopt(holding), f"adopt run {holding.name}")

    def reclaim(self, former: str) -> None:
        """Go on under the new name with what nobody took over from the former one: runs that were
        started after it was taken for dead and before this server heard of it."""
        for ticket in self._runs.values():
            self.adopt(_holding(former, ticket))

    def note_again(self) -> None:
        """The notes of what this server holds are gone: whoever takes over is to find its runs."""
        for ticket in self._runs.values():
            self._holdings.hold(_holding(self._holdings.owner, ticket))

    async def drain(self) -> None:
        """Bring all runs to a boundary; cut what does not come to one in time."""
        self._tools.draining.set()
        try:
            async with asyncio.timeout(RUNS_DRAIN_TIMEOUT):
                await self._adoptions.wait()
                await self._running.wait()
        except TimeoutError:
            log.warning("cutting runs that come to no boundary", runs=len(self._runs))
        await self._adoptions.close()
        await self._running.close()
        await self._renewal.close()

    async def _process(self, ticket: Ticket, resume: Resume | None, holding: Holding) -> None:
        # Of this task alone: each run has one.
        structlog.contextvars.bind_contextvars(trace=begin_run(ticket.run_id))
        processor = Processor(self._tools, ticket, resume)
        about(processor)
        try:
            await processor.process()
        except HandedOver:
            telemetry.runs_ended.labels("handed_over").inc()
            log.info("run handed over")
            return  # the note of it stays, for whoever takes over
        except Exception:  # a fault of ours: the run ends for its devices too, and we get the trace
            telemetry.runs_ended.labels("failed").inc()
            log.exception("run failed")
            if not await until_redis_answers(self._tools.progress.abandon, ticket):
                await until_redis_answers(self._tools.lost.tell, ticket, NOTHING, Counters())
        for told in self._tools.told:
            told.ended(processor.ticket)
        # The note that it was launched with: under a later name the run may be held anew.
        await until_redis_answers(self._holdings.drop, holding, noted_for=holding.owner)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._runs[task]
        telemetry.runs.dec()

    async def _adopt(self, holding: Holding) -> None:
        about(Named(account=holding.account, run=holding.instance))
        resumed = await until_redis_answers(self._takeover.run, holding)
        if resumed is not None:
            ticket, resume = resumed
            if any(self._same(ticket, other) for other in self._runs.values()):
                return  # noted twice, or asked for again: it is on its way already
            telemetry.takeovers.labels("run").inc()
            log.info("run taken over", owner=holding.owner)
            self.launch(ticket, resume)

    @staticmethod
    def _same(one: Ticket, other: Ticket) -> bool:
        return (one.run_id, one.fence) == (other.run_id, other.fence)

    async def _renew_locks(self) -> None:
        while True:
            await asyncio.sleep(self._renew_interval)
            for ticket in list(self._runs.values()):
                try:
                    await self._tools.progress.touch(ticket)
                except (StoreUnavailable, NoLongerRunner) as error:
                    log.debug("lock not renewed", run=ticket.run_id, reason=str(error))


def _holding(owner: str, ticket: Ticket) -> Holding:
    return Holding("run", owner, ticket.account, ticket.profile, ticket.type, ticket.run_id)
