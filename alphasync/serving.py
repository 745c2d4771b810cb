"""Running a server in a process of its own, with what it needs and has not been given."""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from redis.exceptions import NoPermissionError

from alphasync.app import build
from alphasync.config import Settings, WrongSetting
from alphasync.config.values import GOT_MAX
from alphasync.gateway.sandbox import RunningSandbox, start_sandbox
from alphasync.intake import Intake
from alphasync.intake.sockets import NoSuchHost
from alphasync.lifecycle import Server
from alphasync.options import lifetimes
from alphasync.store.connect import MEMORY, UnsupportedUrl, make_client, make_store, redacted
from alphasync.store.embedded.valkey import EmbeddedUnavailable, EmbeddedValkey, open_embedded
from alphasync.store.eviction import objection, policy_of
from alphasync.store.redis.advice import plain, refuses_password, words
from alphasync.store.redis.urls import on_this_machine, with_tls
from alphasync.store.rights import Unusable, try_all

GATEWAY_WITHIN = 5.0
"""Seconds for the gateway to accept a connection at start."""
WAIT_EVERY = 1.0
"""Seconds between two looks for what is waited for."""
SANDBOX_PORT = 3002
"""The own sandbox's, or the next one that is free."""
SANDBOX_PORTS = 20
"""Ports that are tried; then any will do."""
NOTICE = 1.0
"""Seconds from readiness going red to the first socket that is closed: load balancers look about
once a second, and a client that comes back is not to be sent here again."""

COLLECT_AFTER = 50_000
"""Objects, net of those that went, before the youngest are looked at: some 10 MB at most."""
LOOK_EVERY = 0.5
"""Seconds between two looks whether the embedded Valkey lives: a lock is tried, no more."""

LOOK_EVERY_MAX = 4.0
"""The same while it cannot be started, as on a full disk: each try writes to its log."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """Something the server needs is not there; the text is one line for people."""

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.advice = advice
        """What to do about it, where the text does not say so."""


class NoRedis(CannotStart):
    """It may be there a moment later."""


@contextlib.asynccontextmanager
async def redis_url(settings: Settings) -> AsyncIterator[str]:
    """The Redis to use: the setting's, or the embedded Valkey of the data directory."""
    if settings.redis_url:
        try:
            url = with_tls(settings.redis_url, settings.redis_ca_file, verify=settings.redis_verify)
        except UnsupportedUrl as error:
            raise CannotStart(f"REDIS_URL: {error}") from error
        yield url
        return
    try:
        embedded = await open_embedded(settings.data_dir)
    except EmbeddedUnavailable as error:
        if error.code != "no_binary":
            raise CannotStart(f"ALPHASYNC_DATA_DIR: {error}") from error
        log.warning("NOTHING IS KEPT: no Valkey for this platform, using memory", reason=str(error))
        yield MEMORY
        return
    supervisor = asyncio.create_task(_keep_running(embedded), name="embedded Valkey")
    try:
        yield embedded.url
    finally:
        supervisor.cancel()
        await asyncio.gather(supervisor, return_exceptions=True)
        try:
            await embedded.close()
        except EmbeddedUnavailable as error:
            log.error("embedded Valkey was not ended", reason=str(error))


async def _keep_running(embedded: EmbeddedValkey) -> None:
    """Start the embedded Valkey again when it dies: on its own data, by one server of several."""
    trouble, pause = "", LOOK_EVERY
    while True:
        await asyncio.sleep(pause)
        try:
            if await embedded.ensure_running():
                log.warning("embedded Valkey was gone and was started again", pid=embedded.pid)
            trouble, pause = "", LOOK_EVERY
        except EmbeddedUnavailable as error:
            pause = min(2 * pause, LOOK_EVERY_MAX)
            reason = str(error)
            if error.code != trouble:
                log.error("embedded Valkey cannot be started again", reason=reason)
            trouble = error.code


@contextlib.asynccontextmanager
async def gateway_url(settings: Settings) -> AsyncIterator[str]:
    """The gateway to use: the setting's, or a sandbox on a loopback port. Raises CannotStart."""
    try:
        to_sandbox = settings.uses_sandbox
    except WrongSetting as error:
        raise CannotStart(str(error)) from error
    if settings.gateway_url and not to_sandbox:
        yield settings.gateway_url
        return
    sandbox = await _own_sandbox(settings.port)
    try:
        yield sandbox.url
    finally:
        await sandbox.close()


async def _own_sandbox(not_on: int) -> RunningSandbox:
    """At the same address each time, where that is free: a page of it stays open in a browser."""
    for port in range(SANDBOX_PORT, SANDBOX_PORT + SANDBOX_PORTS):
        if port != not_on:
            with contextlib.suppress(OSError):
                return await start_sandbox("127.0.0.1", port)
    return await start_sandbox("127.0.0.1", 0)


async def check_redis(settings: Settings, url: str, *, wait: bool, every: bool = False) -> None:
    """Raise CannotStart when Redis does not answer, or not all that is needed of it can be done;
    with ``wait`` try until it does. ``every``: with a cluster, on each of its shards."""
    while True:
        try:
            await _try_redis(settings, url, every=every)
        except NoRedis as error:
            if not wait:
                raise
            log.warning("waiting for Redis", reason=str(error))
            await asyncio.sleep(WAIT_EVERY)
        else:
            return


def only_here(settings: Settings) -> str | None:
    """What is wrong when servers on other machines are meant, and cannot have the same Redis."""
    host = settings.internal_host
    if host is None or on_this_machine(f"redis://{host}"):
        return None
    if settings.redis_url and not on_this_machine(settings.redis_url):
        return None
    redis = redacted(settings.redis_url) if settings.redis_url else "the embedded Valkey"
    return (
        f"{redis} is for this machine only, and INTERNAL_HOST is for servers on others: "
        "they would have a Redis of their own"
    )


async def _try_redis(settings: Settings, url: str, *, every: bool) -> None:
    try:
        client = make_client(url)
        store = make_store(url, lifetimes(settings), settings.redis_wait_replicas)
    except (UnsupportedUrl, ValueError) as error:
        raise CannotStart(f"REDIS_URL: {error}") from None
    try:
        async with asyncio.timeout(3):
            await client.ping()
    except NoPermissionError:
        pass  # it is there, and what is missing is found next
    except Exception as error:
        if refuses_password(error):
            raise NoRedis(f"REDIS_URL: {redacted(url)} is of no use: {words(error)}") from error
        # Whatever else redis-py raises here (refused, TLS, DNS), the answer is the same.
        reason = f"{type(error).__name__}: {plain(error)}"
        advice = "Start Redis, or unset REDIS_URL"
        if "CERTIFICATE_VERIFY" in reason.upper():
            advice = "REDIS_CA_FILE names the certificate of who has signed its own"
        raise NoRedis(f"REDIS_URL: no answer from {redacted(url)} ({reason})", advice) from error
    finally:
        await client.aclose()
    try:
        store.start()
        await try_all(store, every=every)
    except Unusable as error:
        raise NoRedis(f"REDIS_URL: {redacted(url)} is of no use: {error}") from error
    finally:
        await store.close()


async def check_eviction(settings: Settings, url: str) -> None:
    """Raise CannotStart in production when Redis may drop keys; elsewhere servers warn of it."""
    if url == MEMORY or settings.env != "production":
        return
    client = make_client(url)
    try:
        policy = await policy_of(client)
    finally:
        await client.aclose()
    if wrong := objection(policy):
        raise CannotStart(f"REDIS_URL: {wrong}")
    if policy is None:
        log.warning("redis does not tell its maxmemory-policy: see to it that it is noeviction")


async def check_gateway(url: str, *, wait: bool = False) -> None:
    """Raise CannotStart when nothing accepts connections at the gateway's address; with ``wait``
    try until somebody does."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    while True:
        try:
            async with asyncio.timeout(GATEWAY_WITHIN):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except (OSError, TimeoutError) as error:
            text = f"GATEWAY_URL: no answer from {url} ({str(error) or type(error).__name__})"
            if not wait:
                raise CannotStart(text, "Start it, or unset GATEWAY_URL") from error
            log.warning("waiting for the gateway", reason=text)
            await asyncio.sleep(WAIT_EVERY)
        else:
            writer.close()
            return


@dataclass
class Serving:
    """A server with its port open."""

    server: Server
    runner: Intake
    port: int
    notice: float = NOTICE

    async def stop_listening(self) -> None:
        """Take no more connections; those that are there go on."""
        self.notice = 0.0  # nobody can come any more
        for site in list(self.runner.sites):
            await site.stop()


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, redis: str, gateway: str, sockets: Sequence[socket.socket] = ()
) -> AsyncIterator[Serving]:
    """A server that serves, on these sockets or else on its settings' port. Raises CannotStart."""
    try:
        server = build(settings, redis, gateway)
    except WrongSetting as error:
        raise CannotStart(str(error)) from error
    try:
        await server.start()
        runner, port = await server.listen(settings.host, settings.port, sockets)
    except BaseException as error:
        await server.stop()
        if isinstance(error, OSError):
            raise cannot_listen(settings, error) from error
        if isinstance(error, WrongSetting):
            raise CannotStart(str(error)) from error
        raise
    up = Serving(server, runner, port)
    try:
        yield up
    finally:
        await server.stop(up.notice)
        await runner.cleanup()


def cannot_listen(settings: Settings, error: OSError) -> CannotStart:
    if isinstance(error, NoSuchHost):
        host = settings.host if len(settings.host) <= GOT_MAX else settings.host[:GOT_MAX] + "..."
        return CannotStart(f"HOST: this machine cannot listen on {host!r} ({error.strerror})")
    text = f"PORT: cannot listen on {settings.port} ({error.strerror})"
    if error.errno == errno.EADDRINUSE:
        text += (
            f"; `lsof -i :{settings.port}` says who does, PORT={_free_after(settings.port)} is free"
        )
    elif error.errno in (errno.EACCES, errno.EPERM):
        text += "; ports below 1024 are for root: take a higher one"
    return CannotStart(text)


def _free_after(port: int) -> int:
    """A port that nobody listens on, not far from this one where there is one."""
    for candidate in (*range(port + 1, min(port + SANDBOX_PORTS, 65536)), 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("", candidate))
            return int(probe.getsockname()[1])
    return 0


@contextlib.asynccontextmanager
async def surroundings(settings: Settings, *, wait: bool) -> AsyncIterator[tuple[str, str]]:
    """Addresses of a Redis that answers and of a gateway, given or our own. Raises CannotStart."""
    try:
        settings.secret()  # made here, once, if it has to be made
        _ = settings.uses_sandbox
    except WrongSetting as error:
        raise CannotStart(str(error)) from error
    async with redis_url(settings) as redis, gateway_url(settings) as gateway:
        await check_redis(settings, redis, wait=wait)
        await check_eviction(settings, redis)
        try:
            await check_gateway(gateway, wait=wait)
        except CannotStart as error:
            # Devices are kept in step without it: a server that restarts meanwhile comes up.
            log.warning("the gateway is away: no logins and no runs meanwhile", reason=str(error))
        if wrong := only_here(settings):
            log.warning("redis is not shared", reason=wrong)
        yield redis, gateway


async def serve(settings: Settings, *, wait: bool) -> None:
    """Serve until it is cancelled. Raises CannotStart."""
    async with (
        surroundings(settings, wait=wait) as (redis, gateway),
        serving(settings, redis, gateway) as up,
    ):
        announce(up)
        print(welcome(settings, up.port, gateway), flush=True)
        tune_collector()
        await asyncio.Event().wait()


def announce(up: Serving) -> None:
    """Say in the log which server this is."""
    log.info(
        "serving",
        port=up.port,
        replica=up.server.membership.name.current,
        redis=redacted(up.server.store.url),
        pid=os.getpid(),
    )


def tune_collector() -> None:
    """Look for garbage less often: sockets and sessions live long, and what an event leaves behind
    goes by itself. With Python's own thresholds a tenth of the work is looking at them in vain."""
    gc.collect()
    gc.freeze()  # what is there by now is there to stay
    gc.set_threshold(COLLECT_AFTER, 20, 20)


async def until_stopped(work: Coroutine[None, None, T]) -> T | None:
    """Carry the work out, and cancel it at SIGINT, SIGTERM, or SIGHUP unless that is to be ignored
    (nohup): from its first step on, so that what it has started never stays behind."""
    loop = asyncio.get_running_loop()
    working = asyncio.create_task(work, name="main")

    def stop() -> None:
        if not stopped.done():  # a second signal does not break off the orderly end
            log.info("stopping")
            stopped.set_result(None)
            working.cancel()

    stopped: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop)
    try:
        return await working
    except asyncio.CancelledError:
        if stopped.done():
            return None
        raise


def _where_state_is(settings: Settings) -> str:
    if not settings.redis_url:
        return f"embedded Valkey in {settings.data_dir}"
    url = redacted(settings.redis_url)
    return f"{url}   (nothing is kept)" if settings.redis_url.startswith(MEMORY) else url


def welcome(settings: Settings, port: int, gateway: str, workers: int = 1) -> str:
    """What a person has to know who has started it."""
    lines = [f"alphasync is up:   http://localhost:{port}"]
    if settings.uses_sandbox:
        lines += [
            "  sign in with     demo@example.com   password: demo",
            f"  what arrives     {gateway}   (the sandbox gateway: nobody real is messaged)",
        ]
    else:
        lines.append(f"  gateway          {gateway}")
    lines.append(f"  state            {_where_state_is(settings)}")
    if workers > 1:
        lines.append(f"  workers          {workers}")
    return "\n".join(lines)
