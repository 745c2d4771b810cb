"""Whether what a server needs is there and of use: before it starts, and for doctor."""

import asyncio
from urllib.parse import urlsplit

import structlog
from redis.exceptions import NoPermissionError

from alphasync.config import Settings
from alphasync.gateway.addresses import AddressRefused, Resolver, is_address
from alphasync.options import lifetimes
from alphasync.store.connect import MEMORY, UnsupportedUrl, make_client, make_store, redacted
from alphasync.store.eviction import objection, policy_of
from alphasync.store.redis.advice import plain, refuses_password, words
from alphasync.store.redis.urls import on_this_machine
from alphasync.store.rights import Unusable, try_all

REDIS_TIMEOUT = 3.0
"""Seconds for Redis to answer at start."""
GATEWAY_TIMEOUT = 5.0
"""Seconds for the gateway to accept a connection at start."""
CHECK_INTERVAL = 1.0
"""Seconds between two looks for what is waited for."""

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """Something the server needs is not there; the text is one line for people."""

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.advice = advice
        """What to do about it, where the text does not say so."""


class NoRedis(CannotStart):
    """It may be there a moment later."""


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
            await asyncio.sleep(CHECK_INTERVAL)
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
        async with asyncio.timeout(REDIS_TIMEOUT):
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


class NotThere(CannotStart):
    """The gateway's name leads where nothing is to be sent."""


async def check_gateway(url: str, *, wait: bool = False, private: bool = False) -> None:
    """Raise CannotStart when nothing accepts connections at the gateway's address; with ``wait``
    try until somebody does. NotThere is not waited for."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    resolver = Resolver(private=private)
    while True:
        try:
            async with asyncio.timeout(GATEWAY_TIMEOUT):
                if not is_address(str(parts.hostname)):
                    await resolver.resolve(str(parts.hostname), port)
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except AddressRefused as error:
            raise NotThere(f"GATEWAY_URL: {error}") from error
        except (OSError, TimeoutError) as error:
            text = f"GATEWAY_URL: no answer from {url} ({str(error) or type(error).__name__})"
            if not wait:
                raise CannotStart(text, "Start it, or unset GATEWAY_URL") from error
            log.warning("waiting for the gateway", reason=text)
            await asyncio.sleep(CHECK_INTERVAL)
        else:
            writer.close()
            return
