"""What is counted by looking, every few seconds: it costs the hot roads nothing."""

import asyncio

from alphasync import telemetry
from alphasync.membership.lease import Lease
from alphasync.realtime.realtime import BUFFER_MAX, Realtime
from alphasync.store.connect import Store
from alphasync.strain import Strain
from alphasync.tasks import Tasks

LOOK_INTERVAL = 5.0
"""Seconds: a look at 10,000 sockets takes some milliseconds, and a scrape comes every 15 s."""
LAG_INTERVAL = 0.5
"""Seconds between two looks how late the loop is."""
SLOW_BYTES = BUFFER_MAX // 10
"""Bytes that wait for a client, from which it counts as slow."""


class Gauges:
    def __init__(self, store: Store, realtime: Realtime, lease: Lease, strain: Strain) -> None:
        self._store = store
        self._realtime = realtime
        self._lease = lease
        self._strain = strain
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._keep_looking(), "gauges")
        self._tasks.spawn(self._measure_lag(), "loop lag")

    async def close(self) -> None:
        """A last look, too: what stands in files is read on after this process."""
        await self._tasks.close()
        self.look()

    async def _keep_looking(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_INTERVAL)

    async def _measure_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            late = max(0.0, loop.time() - due)
            telemetry.loop_lag.observe(late)
            self._strain.note(late, self._realtime.server.eio.unread)

    def look(self) -> None:
        sockets = list(self._realtime.server.eio.sockets.values())
        waiting = [socket.waiting for socket in sockets]
        upgraded = sum(socket.upgraded for socket in sockets)
        telemetry.connections.labels("websocket").set(upgraded)
        telemetry.connections.labels("polling").set(len(sockets) - upgraded)
        telemetry.queue_bytes.set(sum(waiting))
        telemetry.slow_consumers.set(sum(size > SLOW_BYTES for size in waiting))
        telemetry.servers.set(1)
        telemetry.redis_connected.set(self._store.pipeline.connected)
        telemetry.leases.set(self._lease.valid)
        telemetry.count_up()
