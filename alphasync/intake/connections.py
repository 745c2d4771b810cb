"""HTTP connections of clients that may be slow, broken or mean.

aiohttp bounds how long a connection is idle between two requests, and no more. Here are bounds for
a request's head, for its body, for a client that does not take its answer, and for the number of
connections; nothing is unpacked; and what is no HTTP is answered, with one line in the log that
quotes nothing of it.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import structlog
from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from alphasync.errors import (
    AlphasyncError,
    BodyTimeout,
    MalformedRequest,
    TooManyConnections,
    UnsupportedEncoding,
)
from alphasync.intake.answers import SERVER, refusal
from alphasync.intake.capacity import Capacity
from alphasync.intake.sockets import BACKLOG, TAKEN_AT_ONCE

ANSWER_WITHIN = 60.0
"""Seconds for a client to take an answer, once what it has not taken is too much to go on."""
SETTLED = 1.0
"""Seconds that a connection may be without a request before it makes room for another."""
SAID_EVERY = 1.0
"""Seconds between two lines of the log that say the same of somebody's requests."""
ALWAYS_SERVED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths for which there is room also when there is none."""
HEAD_OVERDUE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Handler = Callable[[Any], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Bounds:
    """Seconds for the head of a request, for its body, and between two requests."""

    head: float = 10.0
    body: float = 15.0
    idle: float = 75.0


class BodyOverdue(TimeoutError):
    """What a handler gets that reads a body which does not come."""


class Connection(RequestHandler):
    """One connection of a client."""

    __slots__ = (
        "_answer_by",
        "_counted",
        "_head_by",
        "_intake",
        "_socket",
        "late",
        "since",
        "turned_away",
    )

    def __init__(self, intake: "Connections", **options: Any) -> None:
        super().__init__(intake, **options)
        self._intake = intake
        self._socket: asyncio.Transport | None = None
        self._counted = False
        self._head_by: asyncio.TimerHandle | None = None
        self._answer_by: asyncio.TimerHandle | None = None
        self.late = False
        """Whether a body is overdue."""
        self.since = 0.0
        """When it began to be without a request, on the loop's clock."""
        self.turned_away = False
        """Whether it came when there was no room."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket = cast("asyncio.Transport", transport)
        self._socket = socket
        if not self._intake.make_room(self):
            socket.abort()
            return
        self._counted = True
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if data and self._head_by is None and self in self._intake.waiting:
            self._expect_head()
        super().data_received(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._socket is not None:
            loop = asyncio.get_running_loop()
            self._answer_by = loop.call_later(ANSWER_WITHIN, self._socket.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._answer_by)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Also called when a WebSocket takes the connection over."""
        _cancel(self._head_by)
        _cancel(self._answer_by)
        self.uncount()
        super().connection_lost(exc)

    # What the intake calls

    def uncount(self) -> None:
        if self._counted:
            self._counted = False
            self._intake.leave(self)

    def give_up(self) -> None:
        """Make room for somebody else."""
        self.uncount()
        if self._socket is not None:
            self._socket.abort()

    def begin(self, request: web.BaseRequest) -> asyncio.TimerHandle | None:
        """A request's head has come; returns the timer of its body."""
        _cancel(self._head_by)
        self._head_by = None
        self._intake.waiting.pop(self, None)
        if request.content.is_eof():
            return None
        loop = asyncio.get_running_loop()
        return loop.call_later(self._intake.bounds.body, self._miss_body, request)

    def rest(self) -> None:
        """A request has been carried out and answered."""
        if self._counted:
            self._intake.wait(self)

    def _expect_head(self) -> None:
        loop = asyncio.get_running_loop()
        self._head_by = loop.call_later(self._intake.bounds.head, self._miss_head)

    def _miss_head(self) -> None:
        self._head_by = None
        if self._socket is not None:
            self._socket.write(HEAD_OVERDUE)
        self.force_close()

    def _miss_body(self, request: web.BaseRequest) -> None:
        if not request.content.is_eof():
            self.late = True
            request.content.set_exception(BodyOverdue())

    # What aiohttp calls

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if resp is not None:
            resp.headers.setdefault(hdrs.SERVER, SERVER)
        done = await super().finish_response(request, resp, start_time)
        # Only now: a client that is still taking its answer does not keep us waiting for a request.
        self.rest()
        return done

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, or to what a handler has raised."""
        response: web.Response
        if isinstance(exc, HttpProcessingError | RequestPayloadError):
            self._intake.say_malformed(exc)
            response = refusal(MalformedRequest(), 400)
        elif self.late:
            response = refusal(BodyTimeout(), 408)
        else:
            log.error("request failed", exc_info=exc)
            response = refusal(AlphasyncError(), 500)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        log.error("connection failed", exc_info=kw.get("exc_info"))


class Connections(web.Server):
    """The connections of one HTTP server. Without a capacity their number is not bounded."""

    def __init__(
        self, handler: Handler, bounds: Bounds, capacity: Capacity | None, **options: Any
    ) -> None:
        super().__init__(self._handle, **options)
        self.bounds = bounds
        self.waiting: dict[Connection, None] = {}
        """Those without a request, the one that has waited longest first."""
        self._handler = handler
        self._capacity = capacity
        self._said_at = -SAID_EVERY
        self._unsaid = 0

    def __call__(self) -> RequestHandler:
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=self.bounds.idle,
            auto_decompress=False,
        )

    def make_room(self, connection: Connection) -> bool:
        """Whether it may stay: if need be, in place of one that does nothing."""
        capacity = self._capacity
        if capacity is not None:
            if capacity.full:
                oldest = next(iter(self.waiting), None)
                now = asyncio.get_running_loop().time()
                if oldest is not None and oldest.since <= now - SETTLED:
                    oldest.give_up()
                elif capacity.exhausted:
                    return False
                else:
                    connection.turned_away = True
            capacity.requests += 1
        self.wait(connection)
        return True

    def leave(self, connection: Connection) -> None:
        self.waiting.pop(connection, None)
        if self._capacity is not None:
            self._capacity.requests -= 1

    def wait(self, connection: Connection) -> None:
        connection.since = asyncio.get_running_loop().time()
        self.waiting[connection] = None

    def say_malformed(self, error: BaseException) -> None:
        """One line, which quotes nothing: tokens may stand there."""
        now = asyncio.get_running_loop().time()
        self._unsaid += 1
        if now >= self._said_at + SAID_EVERY:
            log.warning("malformed request", kind=type(error).__name__, count=self._unsaid)
            self._said_at, self._unsaid = now, 0

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = cast("Connection", request.protocol)
        body_by = connection.begin(request)
        try:
            if connection.turned_away:
                response = await self._turn_away(request)
                response.force_close()
                return response
            if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
                return refusal(UnsupportedEncoding(), 400)
            return await self._handler(request)
        finally:
            _cancel(body_by)

    async def _turn_away(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path in ALWAYS_SERVED:
            return await self._handler(request)
        return refusal(TooManyConnections(retryAfter=1), 503)


class Intake(web.ServerRunner):
    """An application that is served."""

    def __init__(self, app: web.AppRunner, server: web.Server, shutdown_timeout: float) -> None:
        super().__init__(server, shutdown_timeout=shutdown_timeout)
        self._app = app

    async def listen(self, sockets: Sequence[socket.socket]) -> int:
        """Take connections from these sockets, which are its own from now on; returns the port."""
        for given in sockets:
            await web.SockSite(self, given, backlog=TAKEN_AT_ONCE).start()
            given.listen(BACKLOG)
        return int(sockets[0].getsockname()[1])

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._app.cleanup()


async def open_intake(
    app: web.Application,
    *,
    shutdown_timeout: float,
    bounds: Bounds | None = None,
    capacity: Capacity | None = None,
) -> Intake:
    """A runner for the application, to which sites can be added. ``shutdown_timeout``: seconds."""
    inner = web.AppRunner(app)
    await inner.setup()
    made = cast("web.Server", inner.server)
    server = Connections(
        made.request_handler, bounds or Bounds(), capacity, request_factory=made.request_factory
    )
    runner = Intake(inner, server, shutdown_timeout)
    await runner.setup()
    return runner


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
