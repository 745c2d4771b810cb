"""The composition root: a replica, put together from its settings."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web

from alphasync import internal
from alphasync.config import Settings, WrongSetting
from alphasync.data_dir import trouble
from alphasync.errors import StoreUnavailable
from alphasync.gateway.http import HttpGateway
from alphasync.intake import Bounds, Capacity, Intake, Pace, open_intake
from alphasync.intake.capacity import connections_max
from alphasync.intake.origins import OriginRule
from alphasync.intake.sockets import open_sockets, unspecified
from alphasync.realtime.allowance import EventLimits
from alphasync.realtime.handlers import Handlers
from alphasync.realtime.limits import Allowance, Limits, client_network
from alphasync.realtime.server import Realtime
from alphasync.realtime.strangers import RequestLimits, Strangers
from alphasync.realtime.turns import JoinLimits
from alphasync.services.account_state import AccountState
from alphasync.services.blocklist import Blocklist
from alphasync.services.bounds import AccountBounds
from alphasync.services.builds import Builds
from alphasync.services.devices import Devices
from alphasync.services.drafts import Drafts
from alphasync.services.grace import Graces
from alphasync.services.leases import Leases, ReplicaName
from alphasync.services.listed_profiles import ListedProfiles, asking
from alphasync.services.login_tries import LoginLimits, LoginTries
from alphasync.services.logins import Logins
from alphasync.services.lost import LostRuns
from alphasync.services.profiles import Profiles
from alphasync.services.progress import Progress
from alphasync.services.registry import Registry
from alphasync.services.runs import Runs
from alphasync.services.takeover import Takeover
from alphasync.services.terms import Agreement, terms_of
from alphasync.services.tokens import Tokens
from alphasync.services.uncertain import Uncertain
from alphasync.services.upstream import Upstream, UpstreamTimes
from alphasync.store.connect import MEMORY, Store, make_store
from alphasync.store.eviction import EvictionWatch
from alphasync.store.redis.advice import words
from alphasync.store.scripts.limits import Lifetimes
from alphasync.web.accounts import Accounts
from alphasync.web.addresses import ClientAddress
from alphasync.web.answers import errors
from alphasync.web.console import Build, Console, console_folder
from alphasync.web.cors import allow
from alphasync.web.pages import Pages
from alphasync.worker.lease import Lease
from alphasync.worker.pool import Pool
from alphasync.worker.processor import Tools

TOO_MANY = "too many connections"
"""Why a server is not ready that has no room for one more client."""
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
    registry: Registry
    eviction: EvictionWatch
    builds: Builds
    console: Console
    listed: ListedProfiles
    gateway: HttpGateway
    web_app: web.Application
    internal: tuple[str, int]
    """Where to listen for the other replicas."""
    bounds: Bounds
    capacity: Capacity
    pace: Pace
    internal_runner: Intake | None = None
    stopped: bool = False

    async def start(self) -> None:
        self.store.start()
        self.eviction.start()
        self.pool.start()
        self.lease.start(self.pool.adopt, self._start_over, self._note_again)
        self.realtime.start()
        self.builds.share(self.console.build.name, self.console.build.pack())
        # Whoever was here before may have left devices that are about to come back.
        await self.lease.looked()

    def _start_over(self, before: str) -> None:
        """Others have taken over from this replica under the name that it had before."""
        self.realtime.restore()
        self.pool.reclaim(before)

    def _note_again(self) -> None:
        """The notes of what this replica holds are gone from Redis."""
        self.pool.note_again()
        self.realtime.note_again()

    async def stop(self, notice: float = 0.0) -> None:
        """Not ready, no new runs, running ones to a boundary, sockets closed, the rest left to the
        other replicas, Redis last. A second call does nothing.

        ``notice``: seconds at least from the first to the sockets, where there are any.
        """
        if self.stopped:
            return
        self.stopped = True
        self.runs.accepting = False
        self.lease.adopting = False
        noticed = asyncio.sleep(notice if self.realtime.connections else 0)
        await asyncio.gather(self.pool.drain(), noticed)
        loop = asyncio.get_running_loop()
        closed_at = loop.time()
        self.graces.stop()  # as from here nobody can come back to this replica
        await self.realtime.close()
        await self.graces.close()
        try:
            await self.lease.resign(closed_for=loop.time() - closed_at)
        except StoreUnavailable:
            log.warning("lease not given up: the others wait until it ends")
        await self.registry.close()
        await self.builds.close()
        if self.internal_runner is not None:
            await self.internal_runner.cleanup()
        await self.listed.close()
        await self.gateway.aclose()
        await self.eviction.close()
        await self.store.close()


def lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        lock=settings.lock_ttl,
        run=settings.run_ttl,
        draft=settings.draft_ttl,
        device=settings.device_ttl,
        sent=settings.blocklist_ttl,
    )


def login_limits(settings: Settings) -> LoginLimits:
    return LoginLimits(
        pair=settings.login_tries,
        account=settings.login_tries_per_account,
        address=settings.login_tries_per_address,
        overall=settings.login_tries_overall,
        window=settings.login_window,
    )


def build(settings: Settings, redis_url: str, gateway_url: str) -> Replica:
    """Put a replica together; nothing is connected yet.

    Raises WrongSetting (from the secret) and UnsupportedUrl.
    """
    name = ReplicaName()
    secret = settings.secret()
    store = make_store(redis_url, lifetimes(settings), settings.redis_wait_replicas)
    scripts, pipeline = store.scripts, store.pipeline
    gateway = HttpGateway(gateway_url, settings.gateway_timeout, settings.gateway_answer_max)
    tokens = Tokens(secret, settings.token_ttl, settings.token_leeway)
    tries = LoginTries(scripts, login_limits(settings))
    times = UpstreamTimes(lifetime=settings.token_ttl, lasts=settings.session_max)
    upstream = Upstream(scripts, pipeline, secret, times, settings.sessions_per_operator)
    listed = ListedProfiles(asking(gateway, upstream))
    blocklist = Blocklist(scripts, pipeline)
    leases = Leases(scripts, pipeline)
    bounds = AccountBounds(
        drafts=settings.drafts_per_account,
        runs=settings.runs_per_account,
        running=settings.running_per_account,
        devices=settings.devices_per_account,
    )
    devices = Devices(
        scripts,
        leases,
        name,
        settings.device_grace,
        settings.page_grace,
        min(settings.sign_in_timeout, settings.device_ttl / 2),
        bounds=bounds,
    )
    graces = Graces(devices)
    agreement = Agreement(scripts, terms_of(secret, lifetimes(settings)))
    lease = Lease(leases, name, agreement.tell)
    tools = Tools(
        gateway=gateway,
        progress=Progress(scripts),
        lost=LostRuns(scripts),
        blocklist=blocklist,
        upstream=upstream,
        service_token=settings.gateway_token,
        sign_in_timeout=settings.sign_in_timeout,
        interval=settings.send_interval,
        recipients_max=settings.recipients_max,
        lease=lease,
        draining=asyncio.Event(),
    )
    takeover = Takeover(scripts, leases, name)
    pool = Pool(
        tools, leases, name, takeover, devices, graces, min(settings.lock_ttl, settings.run_ttl)
    )
    runs = Runs(scripts, leases, name, pool.launch, pool.adopt, bounds)
    registry = Registry(pipeline)
    address_of = ClientAddress(settings.trusted_proxies)
    origins = OriginRule(frozenset(settings.cors_origins))
    realtime = Realtime(
        store=store,
        replica=name,
        tokens=tokens,
        complete=upstream.completed,
        registered=listed.look,
        devices=devices,
        graces=graces,
        account_state=AccountState(scripts),
        handlers=Handlers(
            runs, Drafts(scripts, bounds), blocklist, Uncertain(scripts), devices, listed
        ),
        origins=origins,
        heartbeat=settings.heartbeat_interval,
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        limits=Limits(
            account=settings.connections_per_account,
            address=settings.connections_per_address,
            early_bytes=settings.early_bytes_per_account,
        ),
        events=EventLimits(
            rate=settings.event_rate,
            burst=settings.event_burst,
            account_rate=settings.event_rate_per_account,
            account_burst=settings.event_burst_per_account,
            address_rate=settings.event_rate_per_address,
            address_burst=settings.event_burst_per_address,
        ),
        allowance=Allowance(
            rate=settings.control_rate,
            burst=settings.control_burst,
            byte_rate=settings.byte_rate,
            byte_burst=settings.byte_burst,
        ),
        joins=JoinLimits(
            rate=settings.join_rate,
            burst=settings.join_burst,
            address_rate=settings.join_rate_per_address,
            address_burst=settings.join_burst_per_address,
        ),
        secret=secret,
        find_peer=registry.find,
        address_of=address_of,
    )

    def client_of(request: web.Request) -> str:
        return client_network(address_of(request))

    capacity = Capacity(
        connections_max(settings.connections_max),
        elsewhere=lambda: realtime.detached,
        cut=realtime.cut_stranger,
        network_of=client_network,
    )

    embedded = settings.redis_url is None and settings.data_dir.is_dir() and redis_url != MEMORY
    own = settings.data_dir if embedded else None

    def not_ready() -> str | None:
        if not runs.accepting:
            return "shutting down"
        if capacity.full:
            return TOO_MANY
        if not store.pipeline.connected:
            error = store.pipeline.trouble
            reason = (own and trouble(own)) or (words(error) if error else None)
            return f"no connection to Redis{': ' + reason if reason else ''}"
        if not realtime.subscriber.connected:
            reason_ = realtime.subscriber.trouble
            return f"no subscription to Redis{': ' + reason_ if reason_ else ''}"
        return None

    web_app = web.Application(middlewares=[allow(origins), errors])
    builds = Builds(pipeline)
    console = Console(Build.read(console_folder()), builds)
    pages = Pages(store, not_ready, console, sandbox=settings.uses_sandbox)
    web_app.add_routes(pages.routes())
    web_app.add_routes(
        Accounts(
            Logins(gateway, tokens, upstream, listed, tries, settings.profiles_max),
            Profiles(gateway, upstream, listed),
            client_of,
        ).routes()
    )
    realtime.attach(web_app)
    return Replica(
        name=name,
        store=store,
        realtime=realtime,
        runs=runs,
        pool=pool,
        lease=lease,
        graces=graces,
        registry=registry,
        eviction=EvictionWatch(store.client),
        builds=builds,
        console=console,
        listed=listed,
        gateway=gateway,
        web_app=web_app,
        internal=(settings.internal_host or "", settings.internal_port),
        bounds=Bounds(settings.head_timeout, settings.body_timeout, settings.idle_timeout),
        capacity=capacity,
        pace=Strangers(
            RequestLimits(settings.request_rate_per_address, settings.request_burst_per_address),
            address_of,
            realtime.knows,
        ),
    )


async def listen(
    replica: Replica, host: str, port: int, sockets: Sequence[socket.socket] = ()
) -> tuple[Intake, int]:
    """Open the port, or take connections from these sockets; returns the runner and the port.

    The port for the other replicas is opened too, and announced to them. Raises NoSuchHost, another
    OSError when the port is taken, and WrongSetting for the internal one.
    """
    await _listen_internally(replica)
    sockets = sockets or open_sockets(host, port)
    runner = await open_intake(
        replica.web_app,
        shutdown_timeout=SOCKET_CLOSE_WITHIN,
        bounds=replica.bounds,
        capacity=replica.capacity,
        pace=replica.pace,
    )
    return runner, await runner.listen(sockets)


async def _listen_internally(replica: Replica) -> None:
    host, port = replica.internal
    own = await internal.own_address(replica.store.url)
    try:
        runner, port = await internal.open_port(
            replica.realtime.attach_internal, host or own, port, replica.bounds
        )
    except OSError as error:
        reason = error.strerror or error
        raise WrongSetting(
            f"INTERNAL_HOST: cannot listen on {host or own}:{port} ({reason})"
        ) from error
    replica.internal_runner = runner
    # Nobody else can reach us at all addresses of a machine.
    announced = own if not host or unspecified(host) else host
    await replica.registry.announce(replica.realtime.peer_name, announced, port)
