"""Running a replica in a process of its own, with what it needs and has not been given."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import structlog

from alphasync.app import Replica, build, listen
from alphasync.config import Settings, WrongSetting
from alphasync.gateway.sandbox import start_sandbox
from alphasync.store.connect import MEMORY, UnsupportedUrl, make_client, redacted
from alphasync.store.embedded import EmbeddedUnavailable, EmbeddedValkey, open_embedded

GATEWAY_WITHIN = 5.0
"""Seconds for the gateway to accept a connection at start."""

COLLECT_AFTER = 50_000
"""Objects, net of those that went, before the youngest are looked at: some 10 MB at most."""
LOOK_EVERY = 0.5
"""Seconds between two looks whether the embedded Valkey lives: a lock is tried, no more."""

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """Something the server needs is not there; the text is one line for people."""


@contextlib.asynccontextmanager
async def redis_url(settings: Settings) -> AsyncIterator[str]:
    """The Redis to use: the setting's, or the embedded Valkey of the data directory."""
    if settings.redis_url:
        yield settings.redis_url
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
        await embedded.close()


async def _keep_running(embedded: EmbeddedValkey) -> None:
    """Start the embedded Valkey again when it dies: on its own data, by one replica of several."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            if await embedded.ensure_running():
                log.warning("embedded Valkey had died and was started again", pid=embedded.pid)
        except EmbeddedUnavailable as error:
            log.error("embedded Valkey cannot be started again", reason=str(error))


@contextlib.asynccontextmanager
async def gateway_url(settings: Settings) -> AsyncIterator[str]:
    """The gateway to use: the setting's, or a sandbox on a loopback port."""
    if settings.gateway_url:
        yield settings.gateway_url
        return
    sandbox = await start_sandbox("127.0.0.1", 0)
    try:
        yield sandbox.url
    finally:
        await sandbox.close()


async def check_redis(url: str, *, wait: bool) -> None:
    """Raise CannotStart when Redis does not answer; with ``wait`` try until it does."""
    try:
        client = make_client(url)
    except (UnsupportedUrl, ValueError) as error:
        raise CannotStart(f"REDIS_URL: {error}") from error
    try:
        while True:
            try:
                async with asyncio.timeout(3):
                    await client.ping()
                return
            except Exception as error:
                # Whatever redis-py raises here (refused, auth, TLS, DNS), the answer is the same.
                text = (
                    f"REDIS_URL: no answer from {redacted(url)} ({type(error).__name__}: {error})"
                )
                if not wait:
                    raise CannotStart(text) from error
                log.warning("waiting for Redis", reason=text)
                await asyncio.sleep(1)
    finally:
        await client.aclose()


async def check_gateway(url: str) -> None:
    """Raise CannotStart when nothing accepts connections at the gateway's address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(GATEWAY_WITHIN):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        raise CannotStart(f"GATEWAY_URL: no answer from {url} ({error})") from error
    writer.close()


@contextlib.asynccontextmanager
async def running(
    settings: Settings, *, wait: bool = False
) -> AsyncIterator[tuple[Replica, int, str]]:
    """A replica that serves: itself, its port and its gateway's address. Raises CannotStart."""
    async with redis_url(settings) as redis, gateway_url(settings) as gateway:
        await check_redis(redis, wait=wait)
        await check_gateway(gateway)
        try:
            replica = build(settings, redis, gateway)
        except WrongSetting as error:
            raise CannotStart(str(error)) from error
        await replica.start()
        try:
            runner, port = await listen(replica, settings.host, settings.port)
        except OSError as error:
            await replica.stop()
            raise CannotStart(
                f"PORT: cannot listen on {settings.port} ({error.strerror})"
            ) from error
        try:
            yield replica, port, gateway
        finally:
            await replica.stop()
            await runner.cleanup()


async def serve(settings: Settings, *, wait: bool) -> None:
    """Serve until SIGINT or SIGTERM. Raises CannotStart."""
    async with running(settings, wait=wait) as (replica, port, gateway):
        log.info(
            "serving", port=port, replica=replica.name.value, redis=redacted(replica.store.url)
        )
        print(_welcome(settings, port, gateway), flush=True)
        tune_collector()
        await until_stopped()
        log.info("stopping")


def tune_collector() -> None:
    """Look for garbage less often: sockets and sessions live long, and what an event leaves behind
    goes by itself. With Python's own thresholds a tenth of the work is looking at them in vain."""
    gc.collect()
    gc.freeze()  # what is there by now is there to stay
    gc.set_threshold(COLLECT_AFTER, 20, 20)


async def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _welcome(settings: Settings, port: int, gateway: str) -> str:
    lines = [f"alphasync is up:   http://localhost:{port}"]
    if settings.gateway_url is None:
        lines += [
            "  sign in with     demo@example.com   password: demo",
            f"  what arrives     {gateway}   (the sandbox gateway: nobody real is messaged)",
        ]
    kept = redacted(settings.redis_url or f"embedded Valkey in {settings.data_dir}")
    lines.append(f"  state            {kept}")
    return "\n".join(lines)
