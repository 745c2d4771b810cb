"""HTTP connections of clients that may be slow, broken or mean.

aiohttp bounds how long a connection is idle between two requests, and no more. Here are bounds for
a request's head, for its body, for a client that does not take its answer, and for the number of
connections; nothing is unpacked; and what is no HTTP is answered, with one line in the log that
quotes nothing of it.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import structlog
from aiohttp import StreamReader, hdrs, web
from aiohttp.http import HttpProcessingError
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from alphasync.errors import (
    AlphasyncError,
    BodyTimeout,
    MalformedRequest,
)
from alphasync.intake.admission import Outcome
from alphasync.intake.answers import (
    EVERYWHERE,
    HEAD_OVERDUE,
    SERVER,
    TOO_MANY_LINES,
    BodyOverdue,
    TooManyLines,
    refusal,
)
from alphasync.intake.unread import Unread
from alphasync.log_subject import REQUEST_ID, Request, about

if TYPE_CHECKING:
    from alphasync.intake.handling import Connections

ANSWER_WITHIN = 60.0
"""Seconds for a client to take an answer, once what it has not taken is too much to go on."""
LINES_MAX = 4096
"""Ends of lines of one request, in its head and its chunks: the parser takes 5 us for a chunk, and
a body in chunks of one byte is no body that anybody needs to send."""

log = structlog.get_logger(__name__)


class Connection(RequestHandler):
    """One connection of a client."""

    __slots__ = (
        "_answer_by",
        "_asked",
        "_body",
        "_counted",
        "_head_by",
        "_intake",
        "_lines",
        "_refused",
        "_serving",
        "_socket",
        "_turn",
        "_unread",
        "late",
        "network",
        "since",
        "turned_away",
        "unreadable",
    )

    def __init__(self, intake: "Connections", **options: Any) -> None:
        super().__init__(intake, **options)
        self._intake = intake
        self._socket: asyncio.Transport | None = None
        self._counted = False
        self._head_by: asyncio.TimerHandle | None = None
        self._answer_by: asyncio.TimerHandle | None = None
        self._serving = False
        """Whether a request's head has come that is not answered yet."""
        self._unread = Unread()
        self._body: StreamReader | None = None
        self._refused = False
        """Whether nothing is read of it any more."""
        self._turn: asyncio.Future[None] | None = None
        """Comes when the present request may be carried out."""
        self._lines = 0
        """Of the present request, and of what came together with its head."""
        self.late = False
        """Whether a body is overdue."""
        self._asked: Request | None = None
        """Of the present request."""
        self.since = 0.0
        self.network = ""
        self.turned_away = False
        """Whether it came when there was no room."""
        self.unreadable = ""
        """Why the address of the present request cannot be read, if so."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket = cast("asyncio.Transport", transport)
        self._socket = socket
        self.network = self._intake.network_of(socket)
        outcome = self._intake.admission.admit(self)
        if outcome is Outcome.NO_ROOM:
            socket.abort()
            return
        self.turned_away = outcome is Outcome.TURNED_AWAY
        self._counted = True
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if data:  # aiohttp calls this, too, without any
            if self._refused:
                return
            self._lines += self._unread.come(data).count(b"\n")
            if self._lines > LINES_MAX:
                self._refuse_lines()
                return
            if self._head_by is None and not self._serving and self._unread:
                self._expect_head()
        try:
            super().data_received(data)
        except (LookupError, ValueError):
            # Not the parser's own errors, but of what it reads addresses with. It stays where it
            # fell, and says in its turn that what comes next is malformed.
            super().data_received(b"\0")

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._socket is not None:
            loop = asyncio.get_running_loop()
            self._answer_by = loop.call_later(ANSWER_WITHIN, self._socket.abort)
        self._await_client()

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._answer_by)
        if self._serving:
            self._intake.admission.serve(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Also called when a WebSocket takes the connection over."""
        _cancel(self._head_by)
        _cancel(self._answer_by)
        if self._turn is not None:
            self._turn.cancel()
        self.uncount()
        super().connection_lost(exc)

    # What the intake calls

    def uncount(self) -> None:
        if self._counted:
            self._counted = False
            self._intake.admission.leave(self)

    def give_up(self) -> None:
        """Make room for somebody else."""
        self.uncount()
        if self._socket is not None:
            self._socket.abort()

    def begin(self, request: web.BaseRequest) -> asyncio.TimerHandle | None:
        """A request's head has come; returns the timer of its body."""
        _cancel(self._head_by)
        self._head_by = None
        self._serving = True
        self._lines = 0
        self._asked = asked = Request(request.headers.get(REQUEST_ID))
        about(asked)
        self._body = body = request.content
        chunked = "chunked" in request.headers.get(hdrs.TRANSFER_ENCODING, "").lower()
        self._unread.begin(request.content_length or 0, chunked=chunked)
        if body.is_eof():
            self._take_body()
            return None
        body.on_eof(self._take_body)
        loop = asyncio.get_running_loop()
        return loop.call_later(self._intake.bounds.body, self._miss_body, request)

    @property
    def more(self) -> bool:
        """Whether a next request has begun to come, behind the present one."""
        return bool(self._unread)

    async def pause(self, seconds: float) -> None:
        """Carry the present request out so much later; it is cancelled when the client goes.

        It counts as one that keeps us waiting: who asks too much is not to have the room of others.
        """
        loop = asyncio.get_running_loop()
        self._turn = turn = loop.create_future()
        timer = loop.call_later(seconds, _let, turn)
        self._await_client()
        try:
            await turn
        finally:
            timer.cancel()
            self._turn = None
        if self._body is not None and self._body.is_eof():
            self._intake.admission.serve(self)

    def rest(self) -> None:
        """A request has been carried out and answered."""
        self._serving = False
        self._asked = None
        about(None)
        self._body = None
        self._await_client()
        if self._unread and self._counted:
            self._expect_head()

    def _await_client(self) -> None:
        if self._counted:
            self._intake.admission.wait(self)

    def _take_body(self) -> None:
        self._unread.end_body()
        if self._serving and self._turn is None:
            self._intake.admission.serve(self)

    def _expect_head(self) -> None:
        _cancel(self._head_by)  # behind what is no HTTP there is one: that began no request
        loop = asyncio.get_running_loop()
        self._head_by = loop.call_later(self._intake.bounds.head, self._miss_head)

    def _miss_head(self) -> None:
        self._head_by = None
        if self._socket is not None:
            self._socket.write(HEAD_OVERDUE)
        self.force_close()

    def _refuse_lines(self) -> None:
        if self._refused or self._socket is None:
            return
        self._refused = True
        log.info("malformed request", error=TooManyLines.__name__)
        if self._body is not None and not self._body.is_eof():
            self._socket.pause_reading()
            self._body.set_exception(TooManyLines())
        else:
            self._socket.write(TOO_MANY_LINES)
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
            for name, value in EVERYWHERE.items():
                resp.headers.setdefault(name, value)
            # Polls come by the million and are short: theirs is said where somebody asks for it.
            if self._asked is not None and (REQUEST_ID in request.headers or resp.status >= 400):
                resp.headers[REQUEST_ID] = self._asked.id
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
        if self._refused:
            response = refusal(MalformedRequest(), 400)
        elif isinstance(exc, HttpProcessingError | RequestPayloadError):
            # It quotes nothing: tokens may stand there.
            log.info("malformed request", error=type(exc).__name__)
            response = refusal(MalformedRequest(), 400)
        elif self.late:
            response = refusal(BodyTimeout(), 408)
        elif isinstance(exc, ConnectionError) and (
            self._socket is None or self._socket.is_closing()
        ):
            raise ConnectionError("the client has gone") from exc
        else:
            log.error("request failed", exc_info=exc)
            response = refusal(AlphasyncError(), 500)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        log.error("connection failed", exc_info=kw.get("exc_info"))


def _let(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
