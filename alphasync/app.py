"""The composition root: a replica, put together from its settings."""

import asyncio
from dataclasses import dataclass

import structlog
from aiohttp import web

from alphasync.config import Settings
from alphasync.errors import StoreUnavailable
from alphasync.gateway.http import HttpGateway
from alphasync.realtime.handlers import Handlers
from alphasync.realtime.limits import Limits
from alphasync.realtime.server import OriginRule, Realtime
from alphasync.services.blocklist import Blocklist
from alphasync.services.devices import Devices
from alphasync.services.drafts import Drafts
from alphasync.services.grace import Graces
from alphasync.services.history import Log
from alphasync.services.leases import Leases, ReplicaName
from alphasync.services.progress import Progress
from alphasync.services.runs import Runs
from alphasync.services.takeover import Takeover
from alphasync.services.tokens import Tokens
from alphasync.services.uncertain import Uncertain
from alphasync.services.upstream import Upstream
from alphasync.store.connect import Store, make_store
from alphasync.store.scripts import Lifetimes
from alphasync.web.accounts import Accounts
from alphasync.web.answers import errors
from alphasync.web.cors import allow
from alphasync.web.pages import Pages
from alphasync.worker.lease import Lease
from alphasync.worker.pool import Pool
from alphasync.worker.processor import Tools

KEEP_ALIVE = 75.0
"""Seconds that a connection without a request stays open; aiohttp's own is an hour."""
SOCKET_CLOSE_WITHIN = 3.0
"""Seconds that aiohttp waits for open requests at the end; long polls never end by themselves."""

log = structlog.get_logger(__name__)


@dataclass
class Replica:
    """One server process: ``start`` it, serve ``web_app``, ``stop`` it."""

    name: ReplicaName
    store: Store
    realtime: Realtime
    runs: Runs
    pool: Pool
    lease: Lease
    graces: Graces
    gateway: HttpGateway
    web_app: web.Application
    stopped: bool = False

    async def start(self) -> None:
        self.store.start()
        self.pool.start()
        self.lease.start(self.pool.adopt, self._start_over)
        self.realtime.start()

    def _start_over(self, before: str) -> None:
        """Others have taken over from this replica under the name that it had before."""
        self.realtime.restore()
        self.pool.reclaim(before)

    async def stop(self) -> None:
        """Not ready, no new runs, running ones to a boundary, sockets closed, the rest left to the
        other replicas, Redis last. A second call does nothing."""
        if self.stopped:
            return
        self.stopped = True
        self.runs.accepting = False
        self.lease.adopting = False
        await self.pool.drain()
        await self.realtime.close()
        await self.graces.close()
        try:
            await self.lease.resign()
        except StoreUnavailable:
            log.warning("lease not given up: the others wait until it ends")
        await self.gateway.aclose()
        await self.store.close()


def lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        lock=settings.lock_ttl,
        run=settings.run_ttl,
        draft=settings.draft_ttl,
        device=settings.device_ttl,
        sent=settings.blocklist_ttl,
    )


def build(settings: Settings, redis_url: str, gateway_url: str) -> Replica:
    """Put a replica together; nothing is connected yet.

    Raises WrongSetting (from the secret) and UnsupportedUrl.
    """
    name = ReplicaName()
    secret = settings.secret()
    store = make_store(redis_url, lifetimes(settings))
    scripts, pipeline = store.scripts, store.pipeline
    gateway = HttpGateway(gateway_url, timeout=settings.gateway_timeout)
    tokens = Tokens(secret, settings.token_ttl)
    upstream = Upstream(scripts, pipeline, secret, settings.token_ttl)
    blocklist = Blocklist(scripts, pipeline)
    leases = Leases(scripts, pipeline)
    devices = Devices(scripts, leases, name, settings.device_grace)
    graces = Graces(devices)
    lease = Lease(leases, name)
    tools = Tools(
        gateway=gateway,
        progress=Progress(scripts),
        blocklist=blocklist,
        upstream=upstream,
        service_token=settings.gateway_token,
        interval=settings.send_interval,
        lease=lease,
        draining=asyncio.Event(),
    )
    takeover = Takeover(scripts, leases, name)
    pool = Pool(
        tools, leases, name, takeover, devices, graces, min(settings.lock_ttl, settings.run_ttl)
    )
    runs = Runs(scripts, leases, name, pool.launch, pool.adopt)
    origins = frozenset(settings.cors_origins)
    realtime = Realtime(
        store=store,
        replica=name,
        tokens=tokens,
        devices=devices,
        graces=graces,
        history=Log(scripts),
        handlers=Handlers(runs, Drafts(scripts), blocklist, Uncertain(scripts, pipeline), devices),
        origins=OriginRule(origins),
        heartbeat=settings.heartbeat_interval,
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        limits=Limits(
            account=settings.connections_per_account,
            address=settings.connections_per_address,
            rate=settings.event_rate,
            burst=settings.event_burst,
        ),
    )

    def not_ready() -> str | None:
        if not runs.accepting:
            return "shutting down"
        return None if store.pipeline.connected else "no connection to Redis"

    web_app = web.Application(middlewares=[allow(origins), errors])
    pages = Pages(store, not_ready, sandbox=settings.gateway_url is None)
    web_app.add_routes(pages.routes())
    web_app.add_routes(Accounts(gateway, tokens, upstream).routes())
    realtime.server.attach(web_app)
    return Replica(name, store, realtime, runs, pool, lease, graces, gateway, web_app)


async def listen(replica: Replica, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Open the port; returns the runner and the port. Raises OSError when it is taken."""
    runner = web.AppRunner(
        replica.web_app,
        access_log=None,
        shutdown_timeout=SOCKET_CLOSE_WITHIN,
        keepalive_timeout=KEEP_ALIVE,
    )
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    return runner, int(runner.addresses[0][1])
