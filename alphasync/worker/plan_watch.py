"""Looking for planned runs whose time has come, for as long as this server takes new runs."""

import asyncio
import random

import structlog

from alphasync.errors import StoreUnavailable
from alphasync.membership.lease import Lease
from alphasync.services.due_plans import DuePlans
from alphasync.tasks import Tasks

LOOK_INTERVAL = 1.0
"""Seconds between two looks of a server while a planned run is due, more or less: it starts within
two of its time. A renewal of the lease says when the next one is due."""
LOOK_JITTER = 0.2
"""Seconds over which the looks of many servers are spread, and the share by which they differ."""

log = structlog.get_logger(__name__)


class PlanWatch:
    def __init__(self, due: DuePlans, lease: Lease) -> None:
        self._due = due
        self._lease = lease
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._keep_looking(), "planned runs")

    async def close(self) -> None:
        """Start none any more. One that was just being started is for whoever takes over."""
        await self._tasks.close()

    async def _keep_looking(self) -> None:
        while True:
            await self._lease.plan_due()
            await asyncio.sleep(random.uniform(0, LOOK_JITTER))
            try:
                while await self._due.look():
                    pass
            except StoreUnavailable:
                log.debug("not looked for planned runs: Redis is away")
            except Exception:  # whatever it is, those after it have their time, too
                log.exception("not looked for planned runs")
            await asyncio.sleep(LOOK_INTERVAL * random.uniform(1 - LOOK_JITTER, 1 + LOOK_JITTER))
