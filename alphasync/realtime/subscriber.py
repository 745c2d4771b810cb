"""This replica's subscription: one connection, one channel per account that has a device here."""

import asyncio
import secrets
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from alphasync.errors import StoreUnavailable
from alphasync.realtime.relay import Relay
from alphasync.store import keys
from alphasync.store.channels import Channels
from alphasync.store.connect import Store
from alphasync.store.pipeline import backoff
from alphasync.tasks import Tasks

PROBE_EVERY = 2.0
"""Seconds between two messages that the replica publishes to itself."""
PROBE_WITHIN = 5.0
"""Seconds without an echo after which the subscription counts as dead."""

log = structlog.get_logger(__name__)


class Subscriber:
    def __init__(self, store: Store, make_relay: Callable[[str], Relay]) -> None:
        self._store = store
        self._probe_channel = f"{keys.PROBE_PREFIX}{secrets.token_hex(8)}"
        self._make_relay = make_relay
        self._relays: dict[str, Relay] = {}
        self._channels: Channels | None = None
        self._tasks = Tasks()

    @property
    def connected(self) -> bool:
        return self._channels is not None

    def __len__(self) -> int:
        return len(self._relays)

    def start(self) -> None:
        self._tasks.spawn(self._keep_subscribed(), "subscriber")
        self._tasks.spawn(self._probe(), "subscriber-probe")

    async def close(self) -> None:
        await self._tasks.close()
        for relay in self._relays.values():
            await relay.close()

    def hold(self, account: str) -> Relay:
        """The account's relay, for one session more. Pair with ``release``."""
        channel = keys.channel_of(account)
        relay = self._relays.get(channel)
        if relay is None:
            relay = self._relays[channel] = self._make_relay(account)
        relay.users += 1
        return relay

    async def follow(self, relay: Relay) -> None:
        """Wait until the relay follows its channel."""
        if not relay.subscribing:
            relay.subscribing = True
            await self._subscribe(keys.channel_of(relay.account))
        await relay.ready.wait()

    async def release(self, account: str) -> None:
        """One session less; the last one ends the subscription."""
        channel = keys.channel_of(account)
        relay = self._relays.get(channel)
        if relay is None:
            return
        relay.users -= 1
        if relay.users == 0:
            del self._relays[channel]
            await relay.close()
            if self._channels is not None and channel not in self._relays:
                try:
                    await self._channels.unsubscribe(channel)
                except (RedisError, OSError):
                    log.debug("unsubscribing on a connection that is lost", channel=channel)

    async def _subscribe(self, channel: str) -> None:
        channels = self._channels
        if channels is None:
            return  # subscribed with all others once there is a connection
        try:
            await channels.subscribe(channel)
        except (RedisError, OSError) as error:
            log.warning("subscribing failed", channel=channel, error=str(error))
            await channels.close()  # it is made anew, with all channels

    async def _keep_subscribed(self) -> None:
        attempt = 0
        while True:
            channels = self._store.channels()
            try:
                await channels.subscribe(self._probe_channel, *self._relays)
                self._channels = channels
                # A channel that was added while subscribing.
                await channels.subscribe(*self._relays, self._probe_channel)
                attempt = 0
                async with asyncio.timeout(PROBE_WITHIN) as until:
                    await self._read(channels, until)
            except (RedisError, OSError, TimeoutError) as error:
                attempt += 1
                log.warning("redis subscription lost", error=str(error), attempt=attempt)
            except Exception:  # a message that nobody understands must not end all others
                attempt += 1
                log.exception("subscription failed")
            finally:
                self._channels = None
                await channels.close()
            await asyncio.sleep(backoff(attempt))

    async def _read(self, channels: Channels, until: asyncio.Timeout) -> None:
        """Read for as long as the own probes come back."""
        loop = asyncio.get_running_loop()
        probe = self._probe_channel.encode()
        while True:
            kind, channel, data = await channels.read()
            if channel == probe:
                until.reschedule(loop.time() + PROBE_WITHIN)
                continue
            relay = self._relays.get(channel.decode())
            if relay is None:
                continue  # the last device of that account has just left
            if kind == "message":
                relay.feed(data)
            elif kind == "subscribe":
                relay.recover()

    async def _probe(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY)
            try:
                await self._store.pipeline.submit("PUBLISH", self._probe_channel, "alive")
            except StoreUnavailable:
                log.debug("probe not sent")
