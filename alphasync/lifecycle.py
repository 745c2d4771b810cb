"""A server's life: its parts are started, it listens, and all is ended in order."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from alphasync.config import WrongSetting
from alphasync.gateway.http import HttpGateway
from alphasync.gauges import Gauges
from alphasync.intake import Bounds, Capacity, Intake, Pace, open_intake
from alphasync.intake.hosts import HostRule
from alphasync.intake.sockets import open_sockets
from alphasync.membership.internal import CannotListenInternally
from alphasync.membership.membership import Membership
from alphasync.realtime.realtime import Realtime
from alphasync.services.builds import Builds
from alphasync.services.grace import Graces
from alphasync.services.key_set import KeySet
from alphasync.services.listed_profiles import ListedProfiles
from alphasync.services.pushes import Pushes
from alphasync.services.refusals import Refusals
from alphasync.services.roster import Roster
from alphasync.services.runs import Runs
from alphasync.services.webhook_sender import WebhookSender
from alphasync.store.connect import Store
from alphasync.store.eviction import EvictionWatch
from alphasync.web.console import Console
from alphasync.worker.plan_watch import PlanWatch
from alphasync.worker.pool import Pool

SOCKET_CLOSE_TIMEOUT = 3.0
"""Seconds that aiohttp waits for open requests at the end; long polls never end by themselves."""


WATCHERS_MAX = 16
"""Connections to the port of the metrics: one or two ask there, each a few times a minute."""


@dataclass(frozen=True)
class ClientPort:
    """What is served to clients, and what a client may ask of the port."""

    web_app: web.Application
    bounds: Bounds
    capacity: Capacity
    pace: Pace
    hosts: HostRule

    async def open(self, sockets: Sequence[socket.socket]) -> tuple[Intake, int]:
        """Take connections from these sockets; returns the runner and the port."""
        runner = await open_intake(
            self.web_app,
            shutdown_timeout=SOCKET_CLOSE_TIMEOUT,
            bounds=self.bounds,
            capacity=self.capacity,
            pace=self.pace,
            hosts=self.hosts,
        )
        return runner, await runner.listen(sockets)


@dataclass(frozen=True)
class MetricsPort:
    """What is served to whoever watches the server, and to nobody else."""

    web_app: web.Application
    bounds: Bounds

    async def open(self, sockets: Sequence[socket.socket]) -> Intake:
        runner = await open_intake(
            self.web_app,
            shutdown_timeout=SOCKET_CLOSE_TIMEOUT,
            bounds=self.bounds,
            capacity=Capacity(WATCHERS_MAX),
        )
        await runner.listen(sockets)
        return runner


@dataclass
class Server:
    """One server process: ``start`` it, ``listen`` for clients, ``stop`` it."""

    membership: Membership
    store: Store
    realtime: Realtime
    runs: Runs
    pool: Pool
    plan_watch: PlanWatch
    graces: Graces
    roster: Roster
    eviction: EvictionWatch
    builds: Builds
    console: Console
    listed: ListedProfiles
    key_set: KeySet | None
    refusals: Refusals
    pushes: Pushes
    webhook_sender: WebhookSender
    gateway: HttpGateway
    gauges: Gauges
    clients: ClientPort
    metrics: MetricsPort
    stopped: bool = False

    async def start(self) -> None:
        self.store.start()
        if self.key_set is not None:
            await self.key_set.start()
        self.eviction.start()
        self.pool.start()
        self.realtime.start()
        self.builds.share(self.console.build.name, self.console.build.pack())
        await self.membership.start({"device": self.realtime, "run": self.pool})
        self.plan_watch.start()
        self.webhook_sender.start()
        self.gauges.start()

    async def listen(
        self, host: str, port: int, sockets: Sequence[socket.socket] = ()
    ) -> tuple[Intake, int]:
        """Open the port, or take connections from these sockets; returns the runner and the port.

        The port for the other servers is opened too, and announced to them. Raises NoSuchHost,
        another OSError when the port is taken, and WrongSetting for the internal one.
        """
        try:
            await self.membership.listen(self.realtime.attach_internal)
        except CannotListenInternally as error:
            raise WrongSetting(f"INTERNAL_HOST: {error}") from error
        return await self.clients.open(sockets or open_sockets(host, port))

    async def stop(self, notice: float = 0.0) -> None:
        """Not ready, no new runs, running ones to a boundary, sockets closed, the rest left to the
        other servers, Redis last. A second call does nothing.

        ``notice``: seconds at least from the first to the sockets, where there are any.
        """
        if self.stopped:
            return
        self.stopped = True
        self.runs.accepting = False
        self.membership.stop_adopting()
        await self.plan_watch.close()
        noticed = asyncio.sleep(notice if self.realtime.connections else 0)
        await asyncio.gather(self.pool.drain(), self.graces.drain(), noticed)
        loop = asyncio.get_running_loop()
        closed_at = loop.time()
        self.graces.stop()  # as from here nobody can come back to this server
        await self.realtime.close()
        await self.graces.close()
        await self.membership.leave(closed_for=loop.time() - closed_at)
        await self.roster.close()
        await self.builds.close()
        await self.listed.close()
        if self.key_set is not None:
            await self.key_set.close()
        await self.refusals.close()
        await self.pushes.close()
        await self.webhook_sender.close()
        await self.gateway.aclose()
        await self.eviction.close()
        await self.gauges.close()
        await self.store.close()
