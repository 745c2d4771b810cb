"""The WebSockets of a server: how they are accepted, flushed and closed."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator

from aiohttp import web

from alphasync.transport import handshake
from alphasync.transport.meter import Meter
from alphasync.transport.options import Options
from alphasync.transport.refusals import BAD_REQUEST, Refused
from alphasync.transport.websocket import Link


class Links:
    def __init__(self, options: Options, logger: logging.Logger) -> None:
        self._options = options
        self._logger = logger
        self._links: set[Link] = set()
        self._none_left = asyncio.Event()
        self._dirty: list[Link] = []
        """To be flushed."""

    def __len__(self) -> int:
        return len(self._links)

    def __iter__(self) -> Iterator[Link]:
        return iter(list(self._links))

    def accept(
        self, request: web.Request, begin: Callable[[Link], None], meter: Meter
    ) -> handshake.Detached:
        """Make a request a WebSocket, to which ``begin`` is to give an owner. Raises Refused."""

        def accepted(link: Link) -> None:
            self._links.add(link)
            begin(link)

        options = self._options
        try:
            handshake.accept(
                request,
                accepted,
                self._schedule,
                self._remove,
                options.payload_max,
                meter,
                deflate=options.websocket_compression,
            )
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None
        return handshake.Detached(status=101)

    def _remove(self, link: Link) -> None:
        self._links.discard(link)
        if not self._links:
            self._none_left.set()

    def _schedule(self, link: Link) -> None:
        """Flush this connection once in the next turn of the loop."""
        if not self._dirty:
            link.loop.call_soon(self._flush)
        self._dirty.append(link)

    async def close(self, timeout: float) -> None:
        """Let the clients close their side, for so many seconds at most."""
        if self._links:
            self._none_left.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._none_left.wait()
        for link in self._links:
            link.abort()

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for link in dirty:
            try:
                link.flush()
            except Exception:  # one connection's trouble is not the others'
                self._logger.exception("a connection failed")
                link.abort()
