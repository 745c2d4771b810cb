"""A JSON Web Key Set that changes while the server runs: whoever signs takes on another key, says
so in the set, and signs with it.

It is read at the start and again every so often, and when a token names a key that is not in it.
While it cannot be read, the last keys are used; what came by https is kept in Redis, too, for
servers that start in that time.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Collection

import structlog

from alphasync.log_subject import about
from alphasync.services.key_source import KeySource, NotRead
from alphasync.services.public_keys import NoKeys, PublicKey, of_jwks, shown
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks

LOOK_INTERVAL_MIN = 30.0
"""Seconds between two readings at least, whoever asks: names of keys can be made up."""
SEEK_TIMEOUT = 2.0
"""Seconds that whoever brings a token waits for its key to be looked for."""
START_TIMEOUT = 5.0
"""Seconds that a start waits for the keys."""
RECALL_AFTER = 2.0
"""Seconds without an answer until the keys are taken that Redis has."""
RECALL_TIMEOUT = 2.0
"""Seconds for Redis to say them."""
KEPT_TTL = 30 * 86400
"""Seconds in Redis after the last time that it was read."""

log = structlog.get_logger(__name__)


class KeySet:
    """``allowed``: how its keys may sign; ``interval``: seconds between two readings.
    ``pipeline``: to keep it in Redis, where it may be away at the next start."""

    def __init__(
        self,
        source: KeySource,
        allowed: Collection[str],
        interval: float,
        pipeline: Pipeline | None = None,
    ) -> None:
        self.allowed = allowed
        self.public: tuple[PublicKey, ...] = ()
        self.source = source.name
        """What it is called, for people."""
        self._source = source
        self._interval = interval
        self._pipeline = pipeline
        self._key = keys.key_set(hashlib.sha256(source.whole.encode()).hexdigest()[:32])
        self._tasks = Tasks()
        self._reading: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._read_at = float("-inf")
        self._ready = asyncio.Event()
        self._wrong = ""
        """Why it could not be read the last time."""
        self._left_out: tuple[str, ...] = ()

    def take(self, text: bytes) -> None:
        """Go by this from now on. Raises NoKeys, and then nothing is changed."""
        found = of_jwks(text, self.allowed)
        if found.left_out and found.left_out != self._left_out:
            log.warning(
                "keys of the key set are left out", source=self._source.name, keys=found.left_out
            )
        self._left_out = found.left_out
        if found.keys != list(self.public):
            named = [shown(key.kid) if key.kid else "one without a name" for key in found.keys]
            log.info("the key set has these keys", source=self._source.name, keys=named)
        self.public = tuple(found.keys)

    async def read(self) -> bytes:
        """Read it now, and go by it. Raises NotRead and NoKeys, and then nothing is changed."""
        text = await self._source.read()
        self.take(text)
        return text

    async def start(self) -> None:
        """Look, and go on looking; returns when there are keys, or it is not to be waited for."""
        self._tasks.spawn(self._watch(), "key set")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                await self._ready.wait()

    async def seek(self) -> None:
        """Look whether there are other keys by now, if it was not looked just now."""
        idle = self._reading is None or self._reading.done()
        if idle and asyncio.get_running_loop().time() - self._read_at < LOOK_INTERVAL_MIN:
            return
        await asyncio.wait({self._look()}, timeout=SEEK_TIMEOUT)

    async def close(self) -> None:
        await self._tasks.close()

    async def _watch(self) -> None:
        while True:
            reading = self._look()
            await asyncio.wait({reading}, timeout=None if self.public else RECALL_AFTER)
            if not self.public:
                await self._recall()
            if self.public:
                self._ready.set()
            await asyncio.wait({reading})
            self._ready.set()
            await asyncio.sleep(LOOK_INTERVAL_MIN if self._wrong else self._interval)

    def _look(self) -> asyncio.Task[None]:
        """One reading at a time serves all who ask."""
        if self._reading is None or self._reading.done():
            self._read_at = asyncio.get_running_loop().time()
            self._reading = self._tasks.spawn(self._read(), "key set reading")
        return self._reading

    async def _read(self) -> None:
        about(None)  # it is for all, whoever brought it about
        try:
            text = await self.read()
        except (NotRead, NoKeys) as error:
            self._failed(str(error))
            return
        if self._wrong:
            log.info("the key set can be read again", source=self._source.name)
        self._wrong = ""
        if self._pipeline is not None:
            if self._keeping is not None:
                self._keeping.cancel()
            self._keeping = self._tasks.spawn(self._keep(self._pipeline, text), "key set kept")

    def _failed(self, reason: str) -> None:
        said = {"source": self._source.name, "reason": reason}
        if not self.public:
            # Again and again: nobody gets in by it.
            log.error("the key set cannot be read, and no keys of it are known", **said)
        elif reason != self._wrong:
            log.warning("the key set cannot be read: its last keys are used", **said)
        self._wrong = reason

    async def _keep(self, pipeline: Pipeline, text: bytes) -> None:
        await until_redis_answers(pipeline.submit, "SET", self._key, text, "EX", str(KEPT_TTL))

    async def _recall(self) -> None:
        if self._pipeline is None:
            return
        try:
            async with asyncio.timeout(RECALL_TIMEOUT):
                text = await until_redis_answers(self._pipeline.submit, "GET", self._key)
            if self.public or not isinstance(text, bytes):
                return
            self.take(text)
        except (TimeoutError, NoKeys):
            return
        log.warning("the keys are those that Redis has of the key set", source=self._source.name)
