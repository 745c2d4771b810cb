"""What the server needs: whether it is there, and of use."""

import re
import time
from collections.abc import AsyncIterator

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError, ResponseError

from alphasync.checks import CannotStart, check_gateway, check_redis, only_here
from alphasync.config import Settings, WrongSetting
from alphasync.config.signing_key import weakness_among
from alphasync.doctor.finding import Finding
from alphasync.gateway.port import GatewayError, GatewayRefused
from alphasync.intake.hosts import ANY
from alphasync.options import http_gateway, key_set, trust
from alphasync.services.key_source import NotRead
from alphasync.services.public_keys import NoKeys
from alphasync.store.connect import MEMORY, make_client, redacted, replicas_waited_for
from alphasync.store.eviction import objection, policy_of
from alphasync.store.persistence import may_be_lost
from alphasync.store.redis.advice import words
from alphasync.surroundings import gateway_url, redis_url
from alphasync.web.console import CLIENT_BUNDLE, console_folder

REDIS_MIN = (6, 2)
"""ZMSCORE came with it."""
CLUSTER_MIN = (7, 0)
"""Sharded publishing came with it."""

_REPLICA = re.compile(r"^slave\d+$")


async def examine_needed(settings: Settings) -> AsyncIterator[Finding]:
    """One finding after the other, also of what is well."""
    yield _secret(settings)
    if (found := await _key_set(settings)) is not None:
        yield found
    yield _hosts(settings)
    yield _console()
    try:
        async with redis_url(settings) as redis:
            await check_redis(settings, redis, wait=False, every=True)
            yield await _redis(redis, settings.redis_wait_replicas)
            if wrong := only_here(settings):
                yield Finding("redis", ok=False, text=wrong)
            yield await _clock(redis, settings.token_leeway)
    except CannotStart as error:
        yield Finding("redis", ok=False, text=str(error), remedy=error.advice)
    try:
        _ = settings.uses_sandbox
    except WrongSetting as error:
        yield Finding("gateway", ok=False, text=str(error))
        return
    try:
        async with gateway_url(settings) as gateway:
            await check_gateway(gateway, private=settings.gateway_private)
            yield await _gateway(settings, gateway)
    except CannotStart as error:
        yield Finding("gateway", ok=False, text=str(error), remedy=error.advice)


def _secret(settings: Settings) -> Finding:
    try:
        keys = settings.secrets()
    except WrongSetting as error:
        return Finding("secret", ok=False, text=str(error))
    if weakness := weakness_among(keys):
        text, _, remedy = f"JWT_SECRET {weakness}".partition(": ")
        # In production no server starts with it.
        return Finding("secret", ok=False, text=text, weak=True, remedy=remedy.capitalize())
    source = "JWT_SECRET" if settings.jwt_secret else f"kept in {settings.data_dir}"
    if len(keys) > 1:
        source += f": {len(keys)} keys, the first signs"
    try:
        public = trust(settings).public
    except WrongSetting as error:
        return Finding("secret", ok=False, text=str(error))
    if public:
        how = ", ".join(sorted({name for key in public for name in key.algorithms}))
        source += f"; besides {len(public)} public keys of others ({how})"
    return Finding("secret", ok=True, text=source)


async def _key_set(settings: Settings) -> Finding | None:
    """Whether the keys of others are to be had where the setting says; None where there are none.
    Servers start without them, too."""
    try:
        found = key_set(settings)
    except WrongSetting as error:
        return Finding("key_set", ok=False, text=str(error))
    if found is None:
        return None
    try:
        await found.read()
    except (NotRead, NoKeys) as error:
        return Finding("key_set", ok=False, text=f"JWT_JWKS: {found.source}: {error}")
    text = f"{found.source}, keys that are taken: {len(found.public)}"
    return Finding("key_set", ok=True, text=text)


def _hosts(settings: Settings) -> Finding:
    try:
        hosts = settings.hosts
    except WrongSetting as error:
        return Finding("hosts", ok=False, text=str(error))
    if ANY in hosts:
        text = "any name will do: pages of others may reach this server (ALLOWED_HOSTS)"
        if settings.env != "production":  # so by default: a machine has many names
            return Finding("hosts", ok=True, text=text)
        remedy = "Name in ALLOWED_HOSTS what clients call it"
        return Finding("hosts", ok=False, text=text, weak=True, remedy=remedy)
    return Finding("hosts", ok=True, text=", ".join(hosts))


def _console() -> Finding:
    folder = console_folder()
    if (folder / CLIENT_BUNDLE).is_file():
        return Finding("console", ok=True, text=str(folder))
    text = f"{folder / CLIENT_BUNDLE} is missing: install again with `pip install .`"
    return Finding("console", ok=False, text=text)


async def _redis(url: str, wait_replicas: int | None) -> Finding:
    if url == MEMORY:
        return Finding("redis", ok=False, text="in memory: nothing is kept. Set REDIS_URL")
    client = make_client(url)
    try:
        info = await client.info("server")
        cluster = await client.info("cluster")
        policy = await policy_of(client)
        replicas = await _replicas(client)
        losable = await may_be_lost(client)
    except ResponseError as error:
        return Finding("redis", ok=False, text=f"{redacted(url)}: {words(error, 'info')}")
    except RedisError as error:  # it has just answered
        return Finding("redis", ok=False, text=f"{redacted(url)}: {type(error).__name__}")
    finally:
        await client.aclose()
    version = str(info.get("valkey_version") or info["redis_version"])
    name = "Valkey" if "valkey_version" in info else "Redis"
    text = f"{name} {version} at {redacted(url)}"
    oldest = CLUSTER_MIN if isinstance(client, RedisCluster) else REDIS_MIN
    if tuple(int(part) for part in version.split(".")[:2]) < oldest:
        text += f": {'.'.join(map(str, oldest))} or newer is needed"
        return Finding("redis", ok=False, text=text)
    if cluster.get("cluster_enabled") and not isinstance(client, RedisCluster):
        text += ": it is one of a cluster; write redis+cluster:// to use all of it"
        return Finding("redis", ok=False, text=text)
    if wrong := objection(policy):
        return Finding("redis", ok=False, text=f"{text}: {wrong}")
    needed = replicas_waited_for(url, wait_replicas)
    if replicas < needed:
        text += f": {replicas} replicas, and runs wait for {needed} to have each claim"
        return Finding("redis", ok=False, text=f"{text}. Connect them, or set REDIS_WAIT_REPLICAS")
    # Good enough to try things on; the operator decides what a crash may cost.
    return Finding("redis", ok=True, text=f"{text}. Note: {losable}" if losable else text)


async def _replicas(client: Redis | RedisCluster) -> int:
    """How many follow the primary; of several primaries, the one that has the fewest."""
    if isinstance(client, RedisCluster):
        shards = await client.execute_command("CLUSTER SLOTS")
        return min(len(shard["replicas"]) for shard in shards.values())
    info = await client.info("replication")
    replicas = [fields for name, fields in info.items() if _REPLICA.match(name)]
    return len([fields for fields in replicas if fields["state"] == "online"])


async def _clock(url: str, leeway: float) -> Finding:
    """Whether tokens, which go by this machine's clock, are good on servers that go by theirs."""
    client = make_client(url)
    try:
        seconds, microseconds = await client.time()
    except ResponseError as error:
        return Finding("clock", ok=False, text=words(error, "time"))
    except RedisError as error:
        return Finding("clock", ok=False, text=f"{redacted(url)}: {type(error).__name__}")
    finally:
        await client.aclose()
    skew = time.time() - (seconds + microseconds / 1e6)
    if abs(skew) > leeway:
        text = f"{skew:+.1f} s against Redis: tokens expire early or late. Set the clock (NTP)"
        return Finding("clock", ok=False, text=text)
    return Finding("clock", ok=True, text=f"{skew * 1000:+.0f} ms against Redis")


async def _gateway(settings: Settings, url: str) -> Finding:
    source = "not set" if settings.gateway_url is None else settings.gateway_url
    name = f"sandbox (GATEWAY_URL is {source})" if settings.uses_sandbox else url
    try:
        gateway = http_gateway(settings, url)
    except WrongSetting as error:
        return Finding("gateway", ok=False, text=str(error))
    try:
        profiles = await gateway.profiles(settings.gateway_token)
    except GatewayRefused:
        return Finding("gateway", ok=True, text=f"{name} answers, and asks for a login")
    except GatewayError as error:
        return Finding("gateway", ok=False, text=f"{name}: {error}")
    finally:
        await gateway.aclose()
    return Finding("gateway", ok=True, text=f"{name}, {len(profiles)} profiles")
