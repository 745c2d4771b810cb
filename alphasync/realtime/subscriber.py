"""What this server hears from Redis: one channel per account that has a device here."""

import asyncio
from collections.abc import Callable, Hashable, Iterator

from alphasync.realtime.relay import Relay
from alphasync.realtime.subscription import Subscription
from alphasync.store import keys
from alphasync.store.connect import Store
from alphasync.store.redis.channels import Message
from alphasync.store.redis.lines import Line
from alphasync.tasks import Tasks


class Subscriber:
    def __init__(
        self,
        store: Store,
        make_relay: Callable[[str], Relay],
        echo_on: Callable[[str], None] = lambda _channel: None,
    ) -> None:
        """``echo_on`` is told of a channel to publish the renewals of the lease on, where all that
        is published comes in over one line."""
        self._store = store
        self._echo_on = echo_on
        self._make_relay = make_relay
        self._relays: dict[str, Relay] = {}
        self._others: dict[str, Callable[[bytes], None]] = {}
        self._subscriptions: dict[Hashable, Subscription] = {}
        self._lines_changed = asyncio.Event()
        self._tasks = Tasks()

    @property
    def connected(self) -> bool:
        """Whether what is published reaches this server: of several shards, that of any."""
        return any(subscription.connected for subscription in self._subscriptions.values())

    @property
    def trouble(self) -> str:
        """Why it does not, as far as it is known."""
        return next((s.trouble for s in self._subscriptions.values() if not s.connected), "")

    def __len__(self) -> int:
        return len(self._relays)

    def listen(self, channel: str, receive: Callable[[bytes], None]) -> None:
        """Hear a channel that is no account's, from the start and for good."""
        self._others[channel] = receive

    def start(self) -> None:
        self._store.lines.on_change(self._lines_changed.set)
        self._tasks.spawn(self._keep_lines(), "subscriber")

    async def close(self) -> None:
        await self._tasks.close()
        for subscription in self._subscriptions.values():
            await subscription.close()
        for relay in self._relays.values():
            await relay.close()

    def look(self) -> None:
        """Have each account's relay compare what it knows with the log."""
        for relay in self._relays.values():
            if relay.ready.is_set():
                relay.recover()

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
            channel = keys.channel_of(relay.account)
            subscription = self._subscription_of(channel)
            if subscription is not None:
                await subscription.subscribe(channel)
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
            subscription = self._subscription_of(channel)
            if subscription is not None and channel not in self._relays:
                await subscription.unsubscribe(channel)

    def _subscription_of(self, channel: str) -> Subscription | None:
        for subscription in self._subscriptions.values():
            if subscription.line.carries(channel):
                return subscription
        return None

    def _wanted(self, line: Line) -> Iterator[str]:
        return filter(line.carries, [*self._others, *self._relays])

    async def _keep_lines(self) -> None:
        """Have a subscription on each line there is."""
        while True:
            self._lines_changed.clear()
            lines = self._store.lines.current()
            for key in self._subscriptions.keys() - lines.keys():
                await self._subscriptions[key].close()
                del self._subscriptions[key]
            for key in lines.keys() - self._subscriptions.keys():
                subscription = Subscription(
                    lines[key], self._store.pipeline, self._wanted, self._dispatch
                )
                self._subscriptions[key] = subscription
                if not subscription.line.tag:
                    self._echo_on(subscription.probe_channel)
                subscription.start()
            await self._lines_changed.wait()

    def _dispatch(self, message: Message) -> None:
        channel = message.channel.decode()
        relay = self._relays.get(channel)
        if relay is not None:
            if message.kind == "message":
                relay.feed(message.data)
            elif message.kind == "subscribe":
                relay.recover()
        elif message.kind == "message" and channel in self._others:
            self._others[channel](message.data)
