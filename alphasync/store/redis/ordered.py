"""One ordered stream of commands to Redis per server.

Commands are written in the order in which they were submitted, many to one write, and answered in
that order. ``submit`` itself never awaits: a handler that submits before it first awaits anything
keeps its place. A command that is not answered in time fails; while Redis stalls nothing new is
sent behind it, so that no command can overtake one that may still be carried out. What fails after
it was sent has an unknown outcome; what fails before that is never sent.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse, ReadOnlyError, RedisError, ResponseError

from alphasync import telemetry
from alphasync.errors import Overloaded, StoreUnavailable, UnknownOutcome
from alphasync.store.redis.advice import plain
from alphasync.store.redis.attempts import Attempts, backoff
from alphasync.store.redis.functions import Library, as_function, ends_functions, heads_for
from alphasync.store.redis.pipeline import (
    ANSWER_TIMEOUT,
    SCRIPT_CALLS,
    WAITING_MAX,
    WATCH_INTERVAL,
    Argument,
    Entry,
    Reply,
    fail,
    packed,
    refuse,
    reply_error,
)
from alphasync.store.redis.wire import Wire, wire_of
from alphasync.tasks import Tasks

STALL_TIMEOUT = 10.0
"""Seconds without an answer after which the connection is given up: the peer may be gone without
a word. Shorter stalls keep it, because its order would be lost with it."""
CONNECT_TIMEOUT = 2.0
"""Seconds for one attempt to connect, loading the scripts included."""

TURNS_TO_HEAR = 3
"""Turns of the loop in which an answer that has come is read, whatever the loop does first."""
MEASURE_INTERVAL = 0.1
"""Seconds between two measurements of the way to Redis and back."""

NO_LINEAGE_PACKED = b"$0\r\n\r\n"
"""An empty last argument, which the lineage takes the place of when a script call is written."""

log = structlog.get_logger(__name__)


class OrderedPipeline:
    """The pipeline over one connection of its own, which it makes anew when it breaks.

    ``lineage_of`` says of a connection whose history the primary behind it goes on with: another
    text after each failover, the same one after a restart. Scripts compare it with the lineage
    that an account's log was written under. It is asked once for each connection, and raises
    RedisError or OSError when that is no connection to work with.
    """

    publishes_with = "PUBLISH"

    def __init__(
        self,
        make_connection: Callable[[], AbstractConnection],
        lineage_of: Callable[[AbstractConnection], Awaitable[str]] | None = None,
    ) -> None:
        self.on_connect: tuple[tuple[Argument, ...], ...] = ()
        self.library: Library | None = None
        self._functions: dict[str, bytes] = {}
        """What is called as a function over the present connection (``Library.heads``)."""
        self._hung_up = False
        """Whether the last connection ended as it was asked for functions: the next one is not."""
        self._make_connection = make_connection
        self._lineage_of = lineage_of
        self._lineage = ""
        self.trouble: Exception | None = None
        self._wire: Wire | None = None
        self._waiting: deque[Entry] = deque()
        self._sent: deque[Entry] = deque()
        self._stalled = False
        self._scheduled = False
        self._measured: Entry | None = None
        """The command whose round trip is being measured."""
        self._measured_at = -math.inf
        self.heard_at = -math.inf
        """When Redis answered last."""
        self._tasks = Tasks()

    @property
    def connected(self) -> bool:
        return self._wire is not None and not self._stalled

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks.spawn(self._keep_connected(), "redis-pipeline")
        self._tasks.spawn(self._watch(), "redis-pipeline-watch")

    async def close(self) -> None:
        await self._tasks.close()
        fail(self._sent, UnknownOutcome)
        fail(self._waiting, StoreUnavailable)

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        # One connection: whatever was submitted earlier comes first anyway.
        entry = Entry(command, self._loop.create_future(), self._loop.time())
        self.enqueue(entry)
        return entry.answer

    def enqueue(self, entry: Entry) -> None:
        """Queue a command that may have waited elsewhere: its time has run since then."""
        if len(self._waiting) >= WAITING_MAX:
            entry.answer.set_exception(_why(answers=self._answers(self._loop.time()))())
            return
        try:
            # Here and not where many are written at once: what cannot be packed fails alone.
            entry.packed = packed([entry.command])
        except Exception as error:  # noqa: BLE001 - as a text that is no Unicode, a number too great
            entry.answer.set_exception(error)
        else:
            self._waiting.append(entry)
            self._schedule()

    def confirmed(self, *command: Argument) -> asyncio.Future[Reply]:
        """There is no replica to wait for."""
        return self.submit(*command)

    async def _keep_connected(self) -> None:
        attempts = Attempts()
        while True:
            connection = self._make_connection()
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    await self._prepare(connection)
                attempts.connected()
                self._wire = await wire_of(connection, self._hear, self._schedule)
                self._schedule()
                await self._wire.lost()
            except (RedisError, OSError, TimeoutError, UnicodeEncodeError) as error:
                self.trouble = error
                log.warning("redis connection lost", error=plain(error), attempt=attempts.failed())
            except Exception as error:
                # Whatever it is, a server without Redis is of no use to anybody.
                self.trouble = error
                log.exception("redis connection failed", attempt=attempts.failed())
            finally:
                self._wire = None
                self._stalled = False
                self._measured = None
                fail(self._sent, UnknownOutcome, self.trouble)
                await connection.disconnect(nowait=True)
            await asyncio.sleep(backoff(attempts.number))

    async def _prepare(self, connection: AbstractConnection) -> None:
        await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
        self._lineage = await self._lineage_of(connection) if self._lineage_of else ""
        if self.on_connect:
            await connection.send_packed_command(packed(self.on_connect), check_health=False)
            for _ in self.on_connect:
                await connection.read_response(timeout=math.inf)
        self._functions = {}
        if self.library and not self._hung_up:
            self._hung_up = True
            self._functions = await heads_for(connection, self.library)
        self._hung_up = False

    def _schedule(self) -> None:
        """Write what waits once whoever is at work now has submitted all it has."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._scheduled = False
        wire = self._wire
        if wire is None or wire.gone or wire.full or self._stalled:
            return  # what waits has not been sent: the next connection may do so
        batch = [entry for entry in self._waiting if not entry.answer.done()]
        self._waiting.clear()
        if batch:
            now = self._loop.time()
            if self._measured is None and now - self._measured_at >= MEASURE_INTERVAL:
                self._measured, self._measured_at = batch[0], now
            self._sent.extend(batch)
            wire.write(b"".join(map(self._complete, batch)))

    def _complete(self, entry: Entry) -> bytes:
        # Only now is it known which primary gets the command.
        call = entry.packed
        if entry.command[0] not in SCRIPT_CALLS:
            return call
        if head := self._functions.get(str(entry.command[1])):
            call = as_function(call, head)
            entry.as_function = True
        if self._lineage:
            lineage = self._lineage.encode()
            call = b"%b$%d\r\n%b\r\n" % (
                call.removesuffix(NO_LINEAGE_PACKED),
                len(lineage),
                lineage,
            )
        return call

    def _hear(self, reply: Reply | ResponseError) -> None:
        if not self._sent:
            raise InvalidResponse("a reply that nobody asked for")
        entry = self._sent.popleft()
        self.heard_at = self._loop.time()
        if entry is self._measured:
            self._measured = None
            telemetry.redis_seconds.observe(self._loop.time() - self._measured_at)
        if isinstance(reply, ReadOnlyError):
            refuse(entry, cause=reply)
            raise reply  # this is no longer the primary: find the one that is
        if self._stalled:
            self._stalled = False
            self._schedule()
        if entry.as_function and isinstance(reply, ResponseError) and ends_functions(reply):
            log.info("redis is called without functions", error=plain(reply))
            self._functions = {}
        if entry.answer.done():
            return  # answered too late, or the caller is gone
        if isinstance(reply, ResponseError):
            entry.answer.set_exception(reply_error(reply))
        else:
            entry.answer.set_result(reply)

    async def _watch(self) -> None:
        """Fail what is overdue, and give up a connection that stalls for too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_INTERVAL)
            for _ in range(TURNS_TO_HEAR):  # where the loop is late, answers have come meanwhile
                await asyncio.sleep(0)
            now = loop.time()
            answers = self._answers(now)
            # What Redis works through is answered, if late: only what is not sent need not wait.
            patience = STALL_TIMEOUT if answers else ANSWER_TIMEOUT
            _fail_older(self._sent, now - patience, UnknownOutcome)
            _fail_older(self._waiting, now - ANSWER_TIMEOUT, _why(answers=answers))
            while self._waiting and self._waiting[0].answer.done():
                self._waiting.popleft()
            if self._sent and not answers and now - self._sent[0].since >= ANSWER_TIMEOUT:
                self._stalled = True
                if now - self._sent[0].since >= STALL_TIMEOUT and self._wire:
                    self._wire.cut(TimeoutError("Redis does not answer"))

    def _answers(self, now: float) -> bool:
        """Whether Redis answers, and at most does not keep up."""
        return self._wire is not None and now - self.heard_at < ANSWER_TIMEOUT


def _why(*, answers: bool) -> type[StoreUnavailable]:
    """Why a command is refused that was not sent."""
    return Overloaded if answers else StoreUnavailable


def _fail_older(queue: deque[Entry], since: float, error: type[StoreUnavailable]) -> None:
    for entry in queue:
        if entry.since > since:
            break
        refuse(entry, error)
