"""The Redis and the gateway of a server: those that it was given, or its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from alphasync.checks import (
    CannotStart,
    NotThere,
    check_eviction,
    check_gateway,
    check_redis,
    only_here,
)
from alphasync.config import Settings, WrongSetting
from alphasync.gateway.sandbox import RunningSandbox, start_sandbox
from alphasync.store.connect import MEMORY, UnsupportedUrl
from alphasync.store.embedded.valkey import EmbeddedUnavailable, EmbeddedValkey, open_embedded
from alphasync.store.redis.urls import with_tls

SANDBOX_PORT = 3002
"""The own sandbox's, or the next one that is free."""
SANDBOX_PORTS_MAX = 20
"""Ports that are tried; then any will do."""
EMBEDDED_LOOK_INTERVAL = 0.5
"""Seconds between two looks whether the embedded Valkey lives: a lock is tried, no more."""
EMBEDDED_RETRY_INTERVAL_MAX = 4.0
"""The same while it cannot be started, as on a full disk: each try writes to its log."""

log = structlog.get_logger(__name__)


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
    trouble, pause = "", EMBEDDED_LOOK_INTERVAL
    while True:
        await asyncio.sleep(pause)
        try:
            if await embedded.ensure_running():
                log.warning("embedded Valkey was gone and was started again", pid=embedded.pid)
            trouble, pause = "", EMBEDDED_LOOK_INTERVAL
        except EmbeddedUnavailable as error:
            pause = min(2 * pause, EMBEDDED_RETRY_INTERVAL_MAX)
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
    for port in range(SANDBOX_PORT, SANDBOX_PORT + SANDBOX_PORTS_MAX):
        if port != not_on:
            with contextlib.suppress(OSError):
                return await start_sandbox("127.0.0.1", port)
    return await start_sandbox("127.0.0.1", 0)


@contextlib.asynccontextmanager
async def surroundings(settings: Settings, *, wait: bool) -> AsyncIterator[tuple[str, str]]:
    """Addresses of a Redis that answers and of a gateway, given or our own. Raises CannotStart."""
    try:
        settings.secrets()  # made here, once, if it has to be made
        _ = settings.uses_sandbox, settings.hosts
    except WrongSetting as error:
        raise CannotStart(str(error)) from error
    async with redis_url(settings) as redis, gateway_url(settings) as gateway:
        await check_redis(settings, redis, wait=wait)
        await check_eviction(settings, redis)
        try:
            await check_gateway(gateway, wait=wait, private=settings.gateway_private)
        except NotThere:
            raise  # waiting mends nothing, and a server that takes another's place could not send
        except CannotStart as error:
            # Devices are kept in step without it: a server that restarts meanwhile comes up.
            log.warning("the gateway is away: no logins and no runs meanwhile", reason=str(error))
        if wrong := only_here(settings):
            log.error("redis is not shared", reason=wrong)
        yield redis, gateway
