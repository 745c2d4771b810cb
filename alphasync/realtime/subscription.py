"""One line to Redis, kept open and proven alive: what it carries comes in as messages."""

import asyncio
import math
import secrets
from collections.abc import Callable, Iterable

import structlog
from redis.exceptions import RedisError

from alphasync.errors import StoreUnavailable
from alphasync.store import keys
from alphasync.store.redis.advice import plain, words
from alphasync.store.redis.attempts import Attempts, backoff
from alphasync.store.redis.channels import Channels, Message
from alphasync.store.redis.lines import Line
from alphasync.store.redis.pipeline import Pipeline, ReplyError
from alphasync.tasks import Tasks

PROBE_INTERVAL = 2.0
"""Seconds between two messages that the server publishes to itself."""
RENEWED_FOR = 2.5
"""Seconds after a renewal of the server's lease that came in, in which no probe is needed: by then
there is another one."""
PROBE_TIMEOUT = 5.0
"""Seconds without an echo after which the line counts as dead."""

RENEWED = b"renewed"
"""What ``lease_renew`` publishes."""
NO_ECHO = "what is published does not come back"

log = structlog.get_logger(__name__)


class Subscription:
    """``wanted`` says which of the channels that the line carries are to be subscribed to, and
    ``receive`` is given each message."""

    def __init__(
        self,
        line: Line,
        pipeline: Pipeline,
        wanted: Callable[[Line], Iterable[str]],
        receive: Callable[[Message], None],
    ) -> None:
        self.line = line
        self._pipeline = pipeline
        self._wanted = wanted
        self._receive = receive
        self.probe_channel = keys.probe(line.tag, secrets.token_hex(8))
        """For this server alone: whatever comes in there proves the line."""
        self._own = self.probe_channel.encode()
        self._renewed_at = -math.inf
        self._channels: Channels | None = None
        self._echoed = False
        """Whether a message has come back over this connection."""
        self.trouble = ""
        """Why there was none the last time, as Redis says it."""
        self._busy = False
        """Whether anything else has come in since the last probe."""
        self._until: asyncio.Timeout | None = None
        """When the line counts as dead."""
        self._tasks = Tasks()

    @property
    def connected(self) -> bool:
        """Whether what is published comes in: not only a connection is needed for that."""
        return self._channels is not None and self._echoed

    def start(self) -> None:
        self._tasks.spawn(self._keep_subscribed(), f"subscription {self.line.name}")
        self._tasks.spawn(self._probe(), f"subscription probe {self.line.name}")

    async def close(self) -> None:
        await self._tasks.close()

    async def subscribe(self, channel: str) -> None:
        """One channel more; without a connection it comes with all others once there is one."""
        channels = self._channels
        if channels is None:
            return
        try:
            await channels.subscribe(channel)
        except (RedisError, OSError) as error:
            log.warning("subscribing failed", channel=channel, error=plain(error))
            await channels.close()  # it is made anew, with all channels

    async def unsubscribe(self, channel: str) -> None:
        if self._channels is not None:
            try:
                await self._channels.unsubscribe(channel)
            except (RedisError, OSError):
                log.debug("unsubscribing on a connection that is lost", channel=channel)

    async def _keep_subscribed(self) -> None:
        attempts = Attempts()
        while True:
            channels = self.line.open(self._hear)
            try:
                await channels.subscribe(self.probe_channel, *self._wanted(self.line))
                self._channels = channels
                attempts.connected()
                self._tasks.spawn(self._say_alive(), f"first probe {self.line.name}")
                # A channel that was added while subscribing.
                await channels.subscribe(*self._wanted(self.line), self.probe_channel)
                async with asyncio.timeout(PROBE_TIMEOUT) as self._until:
                    await channels.lost()
            except (RedisError, OSError, TimeoutError) as error:
                silent = isinstance(error, TimeoutError)
                self.trouble = NO_ECHO if silent else words(error, "subscribe")
                log.warning(
                    "redis subscription lost",
                    line=self.line.name,
                    error=plain(error),
                    attempt=attempts.failed(),
                )
            except Exception:  # a message that nobody understands must not end all others
                attempts.failed()
                log.exception("subscription failed")
            finally:
                self._channels = self._until = None
                self._echoed = False
                await channels.close()
            await asyncio.sleep(backoff(attempts.number))

    def _hear(self, message: Message) -> None:
        """For as long as anything comes in, the line is alive: at least the own probes."""
        if message.channel != self._own:
            self._busy = self._busy or message.kind == "message"
            self._receive(message)
            return
        self._echoed = self._echoed or message.kind == "message"
        if message.data == RENEWED:
            self._renewed_at = asyncio.get_running_loop().time()
        self._lives_on()

    def _lives_on(self) -> None:
        if self._until is not None and not self._until.expired():
            self._until.reschedule(asyncio.get_running_loop().time() + PROBE_TIMEOUT)

    async def _probe(self) -> None:
        probe: asyncio.Task[None] | None = None
        pause = PROBE_INTERVAL
        while True:
            await asyncio.sleep(pause)
            if self._busy:  # so much may come in that the echo is far behind
                self._busy = False
                self._lives_on()
            renewed_for = asyncio.get_running_loop().time() - self._renewed_at
            if renewed_for < RENEWED_FOR:
                pause = RENEWED_FOR - renewed_for
                continue
            pause = PROBE_INTERVAL
            if probe is None or probe.done():  # a Redis that does not keep up takes its time
                probe = self._tasks.spawn(self._say_alive(), f"probe {self.line.name}")

    async def _say_alive(self) -> None:
        try:
            await self._pipeline.submit(self._pipeline.publishes_with, self.probe_channel, "alive")
        except (StoreUnavailable, ReplyError) as error:
            log.debug("probe not sent", error=str(error))
