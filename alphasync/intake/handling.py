"""The HTTP server: each request is taken in its turn, and passed on when nothing is against it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler

from alphasync.errors import (
    MalformedRequest,
    TooManyConnections,
    TooManyRequests,
    UnknownHost,
    UnsupportedEncoding,
    UnsupportedExpectation,
)
from alphasync.intake.admission import Admission
from alphasync.intake.answers import refusal
from alphasync.intake.capacity import Bounds, Capacity
from alphasync.intake.connections import Connection
from alphasync.intake.pace import WAIT_MAX, Pace, Turnstile

ALWAYS_SERVED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths for which there is room also when there is none, and whatever the server is called: load
balancers and monitoring ask by address, and nothing there is anybody's."""
CONTINUE = "100-continue"
"""The only expectation that there is (RFC 9110, section 10.1.1)."""

HOST_SHOWN_MAX = 80
"""Characters of a host that are logged."""

Handler = Callable[[Any], Awaitable[web.StreamResponse]]
Hosts = Callable[[str], bool]
"""Whether the server answers to this ``Host``."""

log = structlog.get_logger(__name__)


class Connections(web.Server):
    """The connections of one HTTP server. Without a capacity their number is not bounded."""

    def __init__(
        self,
        handler: Handler,
        bounds: Bounds,
        capacity: Capacity | None,
        pace: Pace | None = None,
        hosts: Hosts | None = None,
        **options: Any,
    ) -> None:
        super().__init__(self._handle, **options)
        self.bounds = bounds
        self.admission = Admission(capacity)
        self._handler = handler
        self._pace = pace
        self._hosts = hosts
        self._turnstile = Turnstile()
        self._refused = capacity.refused if capacity is not None else lambda: None
        self._network_of = capacity.network_of if capacity is not None else str

    def __call__(self) -> RequestHandler:
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=self.bounds.idle,
            auto_decompress=False,
        )

    def network_of(self, transport: asyncio.Transport) -> str:
        """Whose connection it is: of the nearest proxy, where there is one."""
        peer = transport.get_extra_info("peername")
        return self._network_of(peer[0]) if isinstance(peer, tuple) else ""

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = cast("Connection", request.protocol)
        body_by = connection.begin(request)
        try:
            if connection.unreadable:
                log.info("malformed request", error=connection.unreadable)
                unreadable = refusal(MalformedRequest(), 400)
                unreadable.force_close()
                return unreadable
            if connection.turned_away:
                response = await self._turn_away(request)
                response.force_close()
                return response
            if self._pace is not None and not await self._take_turn(
                connection, request, self._pace
            ):
                response = refusal(TooManyRequests(retryAfter=int(WAIT_MAX)), 429)
                response.force_close()
                return response
            if not self._answers_to(request):
                return refusal(UnknownHost(), 421)
            if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
                return refusal(UnsupportedEncoding(), 400)
            if request.headers.get(hdrs.EXPECT, CONTINUE).lower() != CONTINUE:
                # aiohttp's own answer quotes it.
                return refusal(UnsupportedExpectation(), 417)
            return await self._handler(request)
        finally:
            if body_by is not None:
                body_by.cancel()

    async def _take_turn(
        self, connection: Connection, request: web.BaseRequest, pace: Pace
    ) -> bool:
        """Return when the request may be carried out, or at once that it may not be."""
        client = pace.client_of(request)
        if client is None:
            if connection.more:
                # The next one follows at once: in between it is the turn of others.
                await asyncio.sleep(0)
            return True
        seconds = pace.reserve(client, WAIT_MAX)
        if seconds is None:
            return False
        if seconds:
            await connection.pause(seconds)
        await self._turnstile.enter(client)
        return True

    def _answers_to(self, request: web.BaseRequest) -> bool:
        host = request.headers.get(hdrs.HOST, "")
        if self._hosts is None or self._hosts(host) or request.path in ALWAYS_SERVED:
            return True
        # Said in the log, too: the one who has forgotten a name looks there.
        log.warning("asked for an unknown host (ALLOWED_HOSTS)", host=ascii(host[:HOST_SHOWN_MAX]))
        return False

    async def _turn_away(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path in ALWAYS_SERVED:
            return await self._handler(request)
        self._refused()
        return refusal(TooManyConnections(retryAfter=1), 503)
