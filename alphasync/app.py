"""The composition root: a server, put together from its settings."""

import asyncio

from aiohttp import web

from alphasync import telemetry
from alphasync.config import Settings
from alphasync.gauges import Gauges
from alphasync.http_calls import account_calls
from alphasync.intake import Capacity
from alphasync.intake.capacity import connections_max
from alphasync.intake.hosts import HostRule
from alphasync.intake.origins import OriginRule
from alphasync.lifecycle import ClientPort, MetricsPort, Server
from alphasync.membership.internal import InternalPort
from alphasync.membership.membership import membership_of
from alphasync.membership.terms import Agreement, terms_of
from alphasync.options import (
    account_bounds,
    connection_bounds,
    connection_limits,
    ending_ttl,
    event_limits,
    frame_allowance,
    http_gateway,
    join_limits,
    key_set,
    lifetimes,
    pace_bounds,
    preview_bounds,
    push_contact,
    push_limits,
    request_limits,
    sign_in_grace,
    trust,
    upstream_times,
)
from alphasync.readiness import Readiness
from alphasync.realtime.handlers import Handlers
from alphasync.realtime.limits import client_network
from alphasync.realtime.realtime import Realtime
from alphasync.realtime.strangers import Strangers
from alphasync.services.account_state import AccountState
from alphasync.services.blocklist import Blocklist
from alphasync.services.builds import Builds
from alphasync.services.devices import Devices
from alphasync.services.do_not_contact import DoNotContact
from alphasync.services.drafts import Drafts
from alphasync.services.due_plans import DuePlans
from alphasync.services.endings import Ended, Endings
from alphasync.services.failed import Failed
from alphasync.services.grace import Graces
from alphasync.services.launching import Launching
from alphasync.services.listed_profiles import ListedProfiles, asking
from alphasync.services.lost import LostRuns
from alphasync.services.measured import MeasuredGateway
from alphasync.services.messaged import MessagedBefore
from alphasync.services.own_devices import OwnDevices
from alphasync.services.plan_notes import PlanNotes
from alphasync.services.plans import Plans
from alphasync.services.previews import Previews
from alphasync.services.progress import Progress
from alphasync.services.push_message import PushKeys
from alphasync.services.push_services import PushServices
from alphasync.services.pushes import Pushes
from alphasync.services.refusals import Refusals
from alphasync.services.roster import Roster
from alphasync.services.run_texts import RunTexts
from alphasync.services.runs import Runs
from alphasync.services.takeover import Takeover
from alphasync.services.tokens import Tokens
from alphasync.services.uncertain import Uncertain
from alphasync.services.upstream import Upstream
from alphasync.services.versions import Versions
from alphasync.services.webhook_message import Secrets
from alphasync.services.webhook_sender import WebhookSender
from alphasync.services.webhooks import Webhooks
from alphasync.store.connect import MEMORY, make_store
from alphasync.store.eviction import EvictionWatch
from alphasync.strain import Strain
from alphasync.web.addresses import ClientAddress
from alphasync.web.console import DOCS, Build, Console, console_folder
from alphasync.web.cors import allow
from alphasync.web.docs_page import DocsPage
from alphasync.web.json_bodies import errors
from alphasync.web.metrics import Metrics
from alphasync.web.pages import Pages
from alphasync.web.tracing import traced
from alphasync.worker.plan_watch import PlanWatch
from alphasync.worker.pool import Pool
from alphasync.worker.tools import Tools


def build(settings: Settings, redis_url: str, gateway_url: str) -> Server:
    """Put a server together; nothing is connected yet.

    Raises WrongSetting (from the keys, the hosts and the gateway's CA) and UnsupportedUrl.
    """
    secrets = settings.secrets()
    store = make_store(redis_url, lifetimes(settings), settings.redis_wait_replicas)
    scripts, pipeline = store.scripts, store.pipeline
    backend = http_gateway(settings, gateway_url)
    gateway = MeasuredGateway(backend)
    trusted = trust(settings)
    others_keys = key_set(settings, pipeline)
    tokens = Tokens(secrets, settings.token_ttl, settings.token_leeway, trusted, others_keys)
    refusals = Refusals(scripts)
    upstream = Upstream(
        scripts, pipeline, secrets, upstream_times(settings), settings.sessions_per_operator
    )
    listed = ListedProfiles(asking(gateway, upstream))
    blocklist, uncertain = Blocklist(scripts, pipeline), Uncertain(scripts, pipeline)
    messaged = MessagedBefore(scripts, uncertain)
    do_not_contact = DoNotContact(scripts, settings.do_not_contact_max)
    bounds, requests = account_bounds(settings), connection_bounds(settings)
    agreed = terms_of(secrets, lifetimes(settings), trusted.audience, trusted.issuer)
    agreement = Agreement(scripts, agreed)
    internal = InternalPort(
        settings.internal_host or "", settings.internal_port, store.url, requests
    )
    membership = membership_of(scripts, pipeline, internal, agreement.tell, store.tide)
    roster = Roster(scripts)
    devices = Devices(
        scripts,
        membership.holdings,
        roster,
        settings.device_grace,
        settings.page_grace,
        sign_in_grace(settings),
        bounds=bounds,
    )
    graces = Graces(devices)
    failed = Failed(scripts)
    push_keys = PushKeys(secrets, push_contact(settings))

    def announce(ended: Ended) -> None:
        realtime.sign_offs.announce(ended)

    endings = Endings(scripts, ending_ttl(settings), announce)
    pushes = Pushes(
        scripts,
        pipeline,
        endings,
        push_keys,
        PushServices(private=settings.push_private),
        push_limits(settings),
    )
    webhook_secrets = Secrets(secrets)
    webhook_sender = WebhookSender(
        scripts,
        pipeline,
        webhook_secrets,
        membership.name,
        membership.lease.webhook_due,
        private=settings.webhook_private,
    )
    tools = Tools(
        gateway=gateway,
        progress=Progress(scripts, bounds),
        lost=LostRuns(scripts, bounds),
        told=(pushes, webhook_sender),
        failed=failed,
        blocklist=blocklist,
        upstream=upstream,
        service_token=settings.gateway_token,
        sign_in_timeout=settings.sign_in_timeout,
        interval=settings.send_interval,
        recipients_max=settings.recipients_max,
        lease=membership.lease,
        draining=asyncio.Event(),
    )
    takeover = Takeover(scripts, membership.holdings)
    pool = Pool(tools, membership.holdings, takeover, settings.lock_ttl)
    pace = pace_bounds(settings)
    runs = Runs(scripts, membership.holdings, pool.launch, pool.adopt, bounds, pace)
    notes = PlanNotes(scripts, pipeline)
    launching = Launching(scripts, membership.holdings, pool.launch, pool.adopt)
    due = DuePlans(scripts, notes, upstream, launching, bounds)
    drafts = Drafts(scripts, bounds)
    address_of = ClientAddress(settings.trusted_proxies)

    async def sign_off(session: str) -> None:
        await realtime.sign_off(session)

    origins = OriginRule(frozenset(settings.cors_origins))
    realtime = Realtime(
        store=store,
        server_name=membership.name,
        tokens=tokens,
        complete=upstream.completed,
        registered=listed.look,
        check=endings.check,
        devices=devices,
        graces=graces,
        account_state=AccountState(scripts, notes.put_back),
        handlers=Handlers(
            runs=runs,
            plans=Plans(scripts, notes, bounds, pace),
            previews=Previews(
                gateway,
                upstream,
                blocklist,
                uncertain,
                settings.gateway_token,
                preview_bounds(settings),
            ),
            run_texts=RunTexts(pipeline),
            drafts=drafts,
            versions=Versions(scripts, drafts),
            blocklist=blocklist,
            do_not_contact=do_not_contact,
            messaged=messaged,
            uncertain=uncertain,
            failed=failed,
            devices=devices,
            listed=listed,
            pushes=pushes,
            own_devices=OwnDevices(scripts, roster, bounds),
            sign_off=sign_off,
        ),
        refusals=refusals,
        origins=origins,
        heartbeat=settings.heartbeat_interval,
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        limits=connection_limits(settings),
        events=event_limits(settings),
        allowance=frame_allowance(settings),
        joins=join_limits(settings),
        secrets=secrets,
        find_peer=membership.registry.find,
        other_servers=lambda: membership.registry.others(membership.name.base),
        echo_on=membership.lease.echo_on,
        address_of=address_of,
    )

    def client_of(request: web.Request) -> str:
        return client_network(address_of(request))

    capacity = Capacity(
        connections_max(settings.connections_max),
        elsewhere=lambda: realtime.detached,
        cut=realtime.cut_stranger,
        network_of=client_network,
        refused=telemetry.limits.labels("connections_max").inc,
    )

    embedded = settings.redis_url is None and settings.data_dir.is_dir() and redis_url != MEMORY
    own = settings.data_dir if embedded else None
    strain = Strain()
    readiness = Readiness(runs, capacity, store, realtime.subscriber, own, strain)
    web_app = web.Application(middlewares=[allow(origins), errors, traced])
    builds = Builds(pipeline)
    console = Console(Build.read(console_folder()), builds)
    pages = Pages(
        store,
        readiness.objection,
        console,
        sandbox=settings.uses_sandbox,
        push_key=push_keys.public,
        outspoken=settings.env == "development",
    )
    web_app.add_routes(pages.routes())
    web_app.add_routes(DocsPage(console_folder() / DOCS).routes())
    metrics = Metrics(settings.metrics_token)
    if settings.figures_for_clients:
        web_app.add_routes(metrics.routes())
    calls = account_calls(
        settings,
        store,
        gateway=gateway,
        tokens=tokens,
        upstream=upstream,
        listed=listed,
        endings=endings,
        refusals=refusals,
        do_not_contact=do_not_contact,
        messaged=messaged,
        realtime=realtime,
        webhooks=Webhooks(
            scripts,
            pipeline,
            webhook_secrets,
            webhook_sender.look_at,
            settings.webhooks_per_account,
            private=settings.webhook_private,
        ),
        client_of=client_of,
    )
    web_app.add_routes(calls)
    realtime.attach(web_app)
    return Server(
        membership=membership,
        store=store,
        realtime=realtime,
        runs=runs,
        pool=pool,
        plan_watch=PlanWatch(due, membership.lease),
        graces=graces,
        roster=roster,
        eviction=EvictionWatch(store.client),
        builds=builds,
        console=console,
        listed=listed,
        key_set=others_keys,
        refusals=refusals,
        pushes=pushes,
        webhook_sender=webhook_sender,
        gateway=backend,
        gauges=Gauges(store, realtime, membership.lease, strain),
        clients=ClientPort(
            web_app,
            requests,
            capacity,
            Strangers(request_limits(settings), address_of, realtime.knows),
            HostRule(settings.hosts),
        ),
        metrics=MetricsPort(metrics.port(), requests),
    )
